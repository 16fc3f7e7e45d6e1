"""What is known about the units that are scored, as plain values."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from accountability.scoring.numbers import plain

_SAID = (
    "fact", "count", "due", "value", "level", "points", "yes", "matter",
    "flags", "by", "of", "on", "reason", "note", "evidence",
)  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Entry:
    """One fact about an item: what was counted, measured, judged or given, when, by whom and on which evidence.

    `fact` names the rule of the item it is for; `by` the assessor, `of` the member or the unit in one's charge it is
    about; `matter` the matter that counts once; `flags` the conditions that multiply it.
    """

    item: str
    fact: str = ""
    count: int | None = None
    due: int | None = None
    value: Decimal | None = None
    level: str = ""
    points: Decimal | None = None
    yes: bool | None = None
    applies: bool = True
    matter: str = ""
    flags: tuple[str, ...] = ()
    by: str = ""
    of: str = ""
    on: date | None = None
    reason: str = ""
    note: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def times(self) -> int:
        """How many occurrences it stands for; one when it does not say."""
        return 1 if self.count is None else self.count

    @property
    def order(self) -> tuple:
        """A place among the entries that does not depend on how they were entered."""
        return (self.on or date.min, *(repr(each) for each in self.as_dict().items()))

    def as_dict(self) -> dict:
        """What it says, without what it leaves open."""
        found = {}
        for name in _SAID:
            value = getattr(self, name)
            if value or value == 0:  # neither nothing nor an empty text: 0 and "no" say something
                found[name] = _plain(value)
        if not self.applies:
            found["applies"] = False
        return found


class AdjustmentKind(StrEnum):
    """What is done to a unit beside the items: added, taken off, or done to its grade."""

    BONUS = "BONUS"
    DEDUCTION = "DEDUCTION"
    TITLE = "TITLE"
    VETO = "VETO"
    DOWNGRADE = "DOWNGRADE"

    @property
    def label(self) -> str:
        """Chinese name."""
        return _ADJUSTMENT_LABELS[self]


_ADJUSTMENT_LABELS = {
    AdjustmentKind.BONUS: "加分",
    AdjustmentKind.DEDUCTION: "扣分",
    AdjustmentKind.TITLE: "称号",
    AdjustmentKind.VETO: "一票否决",
    AdjustmentKind.DOWNGRADE: "降档",
}


@dataclass(frozen=True)
class Adjustment:
    """An adjustment with its cause: `points` to add or take off, the `condition` of the scheme it meets, `steps` down."""

    kind: AdjustmentKind
    reason: str
    points: Decimal | None = None
    condition: str = ""
    steps: int | None = None
    on: date | None = None
    evidence: tuple[str, ...] = ()

    def as_dict(self) -> dict:
        """What it says, without what it leaves open."""
        values = {
            "kind": self.kind.value,
            "reason": self.reason,
            "points": self.points,
            "condition": self.condition,
            "steps": self.steps,
            "on": self.on,
            "evidence": self.evidence,
        }
        return {name: _plain(value) for name, value in values.items() if value not in (None, "", ())}


@dataclass(frozen=True)
class Expected:
    """What a worked example says must come out."""

    total: Decimal | None = None
    grade: str | None = None
    items: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Unit:
    """One that is scored: `numbers` are its sizes (groups, members …), `members` its leading body."""

    id: str
    name: str
    group: str = ""
    coefficient: Decimal | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    in_charge_of: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    expected: Expected | None = None

    def as_dict(self) -> dict:
        """Plain values in the format of docs/scoring.md, without what it leaves open."""
        values = {
            "group": self.group,
            "coefficient": self.coefficient,
            "numbers": self.numbers,
            "members": self.members,
            "in_charge_of": self.in_charge_of,
        }
        found = {name: _plain(value) for name, value in values.items() if value not in (None, "", (), {})}
        return {
            "id": self.id,
            "name": self.name,
            **found,
            "entry": [{"item": entry.item} | entry.as_dict() for entry in self.entries],
            "adjustment": [adjustment.as_dict() for adjustment in self.adjustments],
        }

    @classmethod
    def from_dict(cls, values: dict) -> "Unit":
        """What `as_dict` made, all digits kept."""
        return cls(
            id=values["id"],
            name=values["name"],
            group=values.get("group", ""),
            coefficient=_decimal(values.get("coefficient")),
            numbers=values.get("numbers", {}),
            members=tuple(values.get("members", ())),
            in_charge_of=tuple(values.get("in_charge_of", ())),
            entries=tuple(Entry(**_typed(each)) for each in values["entry"]),
            adjustments=tuple(
                Adjustment(**_typed(each) | {"kind": AdjustmentKind(each["kind"])})
                for each in values["adjustment"]
            ),
        )


@dataclass(frozen=True)
class Facts:
    """All units that are evaluated together, and the code of the scheme they are meant for."""

    units: tuple[Unit, ...]
    scheme: str = ""


def _plain(value):
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value


def _typed(values: dict) -> dict:
    """Plain values as an entry or an adjustment has them."""
    found = dict(values)
    for name in ("value", "points"):
        if name in found:
            found[name] = _decimal(found[name])
    if "on" in found:
        found["on"] = date.fromisoformat(found["on"])
    for name in ("flags", "evidence"):
        if name in found:
            found[name] = tuple(found[name])
    return found


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
