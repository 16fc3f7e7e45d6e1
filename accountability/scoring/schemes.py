"""A scoring table as plain values: scheme → lines → items → rules."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from accountability.scoring.numbers import ONE, ZERO


class Role(StrEnum):
    """What the points of a line do to the total."""

    BASE = "base"
    BONUS = "bonus"
    DEDUCTION = "deduction"

    @property
    def label(self) -> str:
        """Chinese name."""
        return {Role.BASE: "基本分", Role.BONUS: "加分项", Role.DEDUCTION: "扣分项"}[self]


class Source(StrEnum):
    """Where the facts of an item come from."""

    HAND = "hand"
    MEASURE = "measure"
    MEETINGS = "meetings"
    DUTIES = "duties"
    ASSESSOR = "assessor"
    SUPERVISION = "supervision"

    @property
    def label(self) -> str:
        """Chinese name."""
        return _SOURCE_LABELS[self]


_SOURCE_LABELS = {
    Source.HAND: "人工填报",
    Source.MEASURE: "系统指标",
    Source.MEETINGS: "会议记录",
    Source.DUTIES: "责任清单",
    Source.ASSESSOR: "评价打分",
    Source.SUPERVISION: "监督检查",
}


class Subject(StrEnum):
    """Who is scored: units, or persons, among whom no league table is made."""

    UNIT = "unit"
    PERSON = "person"


class Peers(StrEnum):
    """Whom a unit is ranked with: all units of the evaluation, or those of its own group."""

    ALL = "all"
    GROUP = "group"


class Inapplicable(StrEnum):
    """What an item gives a unit to which it does not apply: its full marks, or nothing while its line is scaled up."""

    FULL = "full"
    SCALE = "scale"


@dataclass(frozen=True)
class Rule:
    """A kind with its parameters, complete: what was not written has the declared default."""

    kind: str
    params: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.params[name]

    @property
    def fact(self) -> str:
        """The name of the facts it reads; empty for those without a name."""
        return self.params.get("fact") or ""


@dataclass(frozen=True)
class Bounds:
    """保底 and 封顶 of an item, a line or a total; None leaves that side open."""

    floor: Decimal | None
    cap: Decimal | None

    @property
    def are_crossed(self) -> bool:
        """Whether the cap lies below the floor."""
        return self.floor is not None and self.cap is not None and self.floor > self.cap


@dataclass(frozen=True)
class Item:
    """One row of the table (评价项)."""

    key: str
    title: str
    rules: tuple[Rule, ...]
    full: Decimal | None = None
    floor: Decimal | None = None
    cap: Decimal | None = None
    start: Decimal | None = None
    source: Source = Source.HAND
    datum: str = ""
    clause: str = ""

    def bounds(self, role: Role) -> Bounds:
        """What its points stay within."""
        return _bounds(role, self.full, self.floor, self.cap)


@dataclass(frozen=True)
class Line:
    """A class of items (分类); `weight` is taken after its own floor and cap."""

    key: str
    title: str
    items: tuple[Item, ...]
    role: Role = Role.BASE
    full: Decimal | None = None
    floor: Decimal | None = None
    cap: Decimal | None = None
    weight: Decimal = ONE
    rules: tuple[Rule, ...] = ()

    @property
    def bounds(self) -> Bounds:
        """What its points stay within."""
        return _bounds(self.role, self.full, self.floor, self.cap)


@dataclass(frozen=True)
class Scheme:
    """A whole table; `grades` from the best to the lowest, `rules` those of the total and of the grade."""

    code: str
    title: str
    full: Decimal
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...] = ()
    grades: tuple[str, ...] = ()
    year: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    subject: Subject = Subject.UNIT
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    basis: str = ""
    floor: Decimal = ZERO
    cap: Decimal | None = None
    places: int = 2
    peers: Peers = Peers.ALL
    inapplicable: Inapplicable = Inapplicable.FULL

    @property
    def bounds(self) -> Bounds:
        """What the total stays within."""
        return Bounds(self.floor, self.cap)

    def items(self) -> Iterator[tuple[Line, Item]]:
        """Every item with its line."""
        for line in self.lines:
            for item in line.items:
                yield line, item

    def of_kind(self, kind: str) -> list[Rule]:
        """The rules of one kind that belong to the scheme itself."""
        return [rule for rule in self.rules if rule.kind == kind]


def _bounds(role, full, floor, cap) -> Bounds:
    if role is Role.DEDUCTION:
        return Bounds(floor if floor is not None else (-full if full is not None else None), cap or ZERO)
    return Bounds(floor if floor is not None else ZERO, cap if cap is not None else full)
