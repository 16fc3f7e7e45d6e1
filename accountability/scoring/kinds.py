"""The kinds of rules (规则种类), one declared function each; files, checks, help and tests iterate `KINDS`."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from accountability.scoring.facts import Entry, Unit
from accountability.scoring.numbers import ZERO, plain
from accountability.scoring.schemes import Rule
from accountability.scoring.shapes import Shape


class Group(StrEnum):
    """What the function of a kind is handed and hands back; see the module that declares it."""

    MARK = "mark"
    PEER = "peer"
    CHANGE = "change"
    SHARE = "share"
    TOTAL = "total"
    GRADE = "grade"
    LIMIT = "limit"
    REFUSAL = "refusal"

    @property
    def label(self) -> str:
        """Chinese name."""
        return _GROUP_LABELS[self]


_GROUP_LABELS = {
    Group.MARK: "由事实得分",
    Group.PEER: "与同类比较",
    Group.CHANGE: "修正",
    Group.SHARE: "分别计算再合并",
    Group.TOTAL: "总分",
    Group.GRADE: "等次",
    Group.LIMIT: "保底封顶",
    Group.REFUSAL: "不予采用",
}


class Place(StrEnum):
    """Where in a scheme a kind may be written."""

    ITEM = "item"
    LINE = "line"
    SCHEME = "scheme"


class Gives(StrEnum):
    """What a rule does to its item: takes from the full marks, earns them, or adds on top."""

    LOSS = "loss"
    MARK = "mark"
    EXTRA = "extra"


REQUIRED: Any = object()
#: The parameter of the groups MARK and PEER that says which facts of its item a rule reads.
FACT = "fact"


@dataclass(frozen=True)
class Param:
    """A parameter of a kind: its shape, its Chinese name, and its default (None: left open)."""

    name: str
    shape: Shape
    label: str
    default: Any = REQUIRED

    @property
    def is_required(self) -> bool:
        """Whether it must be written."""
        return self.default is REQUIRED


@dataclass(frozen=True)
class Example:
    """A worked example: the rule and the units as they are written in files, and what comes out.

    `scores` are points of the item for rules of an item, totals for others; `grades` where there are any.
    """

    rule: str
    units: str
    scores: Mapping[str, str] = field(default_factory=dict)
    grades: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind as declared; `meaning` is the docstring of its function, `phrase` its sentence with gaps for parameters."""

    name: str
    label: str
    group: Group
    places: frozenset[Place]
    params: tuple[Param, ...]
    phrase: str | Callable[[Rule], str]
    meaning: str
    example: Example
    function: Callable
    gives: Gives
    reads: tuple[str, ...]
    asks: bool
    worth: Callable[[Rule], Iterable[Decimal]] | None
    objection: Callable[[Rule, Entry], str | None] | None

    def params_at(self, place: Place) -> list[Param]:
        """The parameters it has there: only rules of items read facts by name."""
        return [param for param in self.params if param.name != FACT or place is Place.ITEM]

    def sentence(self, rule: Rule) -> str:
        """The rule in one Chinese sentence."""
        words = {
            param.name: dict(zip(param.shape.choices, param.shape.words, strict=True))
            for param in self.params
            if param.shape.words
        }
        params = {
            name: words.get(name, {}).get(value, value) if isinstance(value, str) else value
            for name, value in rule.params.items()
        }
        return _fill(self.phrase if isinstance(self.phrase, str) else self.phrase(rule), params)

    def leaning(self, rule: Rule) -> Gives:
        """What the rule does to its item; one whose points are all negative takes away."""
        if self.worth is None:
            return self.gives
        points = list(self.worth(rule))
        return Gives.LOSS if max(points) <= 0 and min(points) < 0 else self.gives


@dataclass(frozen=True, slots=True)
class Mark:
    """Points from facts, with the sentence that says why."""

    points: Decimal
    because: str
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule of an item sees: the entries on its fact, the unit, the full marks of its item."""

    entries: tuple[Entry, ...]
    unit: Unit
    full: Decimal | None = None


KINDS: dict[str, Kind] = {}


def kind(
    name: str,
    label: str,
    group: Group,
    places: Iterable[Place],
    *params: Param,
    phrase: str | Callable[[Rule], str],
    example: Example,
    gives: Gives = Gives.MARK,
    reads: tuple[str, ...] = (),
    asks: bool = False,
    worth: Callable[[Rule], Iterable[Decimal]] | None = None,
    objection: Callable[[Rule, Entry], str | None] | None = None,
):
    """Declare a kind.

    `reads` are the data of an entry it uses; `asks` says that an item without an entry is listed as 未填; `worth` the
    points it can give for one fact; `objection` what is wrong with an entry.
    """

    def declare(function):
        KINDS[name] = Kind(
            name,
            label,
            group,
            frozenset(places),
            params,
            phrase,
            (function.__doc__ or "").strip(),
            example,
            function,
            gives,
            reads,
            asks,
            worth,
            objection,
        )
        return function

    return declare


def kind_of(rule: Rule) -> Kind:
    """The declaration of a rule."""
    return KINDS[rule.kind]


def kinds_at(place: Place) -> list[str]:
    """The names of the kinds that may be written there, those that read facts first."""
    order = list(Group)
    found = [kind for kind in KINDS.values() if place in kind.places]
    return [kind.name for kind in sorted(found, key=lambda kind: order.index(kind.group))]


def _fill(phrase: str, params: Mapping[str, Any]) -> str:
    """Put the parameters into a phrase; a part in [ ] falls away when a parameter in it is open.

    {shares:_%} writes every value of several as what stands for _ there.
    """

    def part(match):
        inside = match.group(1)
        named = re.findall(r"{(\w+)[:}]", inside)
        return inside if all(params.get(name) not in (None, "", ()) for name in named) else ""

    return re.sub(
        r"{(\w+)(?::([^}]*))?}",
        lambda match: _worded(params.get(match.group(1)), match.group(2) or "_"),
        re.sub(r"\[([^\]]*)\]", part, phrase),
    )


def _worded(value: Any, each_as: str = "_") -> str:
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        return plain(value)
    if isinstance(value, Mapping) and "from" in value:
        start = f"{plain(value['from'])}分以上" if "grade" in value else f"{plain(value['from'])}以上"
        return f"{value['grade']} {start}" if "grade" in value else f"{start} {plain(value['p'])}分"
    if isinstance(value, Mapping):
        return "、".join(f"{name} {each_as.replace('_', _worded(each))}" for name, each in value.items())
    if isinstance(value, tuple):
        return "、".join(_worded(each) for each in value)
    return "" if value is None else str(value)


def within_zero(points: Decimal, cap: Decimal | None) -> Decimal:
    """The points, no further from 0 than the cap of their rule."""
    if cap is None or abs(points) <= cap:
        return points
    return cap if points > ZERO else -cap
