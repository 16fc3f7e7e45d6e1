"""A scoring table laid out for reading: every line, item and rule in words, with what is wrong at its place."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from .known import wanted
from .scheme_edits import Spot
from .scheme_tables import in_words, placed, problems_of, sentence
from .scoring import Item, Line, Place, Problem, Rule, Scheme
from .scoring.kinds import kind_of
from .scoring.numbers import ONE, plain


@dataclass(frozen=True)
class Fault:
    """Something wrong at a place: whether it stands in the way, and what."""

    blocks: bool
    words: str


@dataclass(frozen=True)
class RuleRow:
    """A rule in one sentence."""

    spot: Spot
    label: str
    sentence: str


@dataclass(frozen=True)
class ItemRow:
    """An item with its rules in words; `filled` what the system fills in, `bounds` what limits its points beyond the
    usual."""

    spot: Spot
    item: Item
    full: str
    source: str
    filled: list[str]
    bounds: str
    rules: list[RuleRow]
    faults: list[Fault]
    anchor: str


@dataclass(frozen=True)
class LineBlock:
    """A line with its items."""

    spot: Spot
    line: Line
    full: str
    weight: str
    bounds: str
    rules: list[RuleRow]
    items: list[ItemRow]
    faults: list[Fault]
    anchor: str


@dataclass(frozen=True)
class Layout:
    """The whole table."""

    table: Scheme
    full: str
    bounds: str
    rules: list[RuleRow]
    lines: list[LineBlock]
    faults: list[Fault]
    every_fault: list[Fault] = field(default_factory=list)

    @property
    def errors(self) -> list[Fault]:
        """What stands in the way of using it."""
        return [fault for fault in self.every_fault if fault.blocks]

    @property
    def warnings(self) -> list[Fault]:
        """What is allowed but should be looked at."""
        return [fault for fault in self.every_fault if not fault.blocks]

    @property
    def item_count(self) -> int:
        """How many items there are."""
        return sum(len(line.items) for line in self.lines)


def layout_of(table: Scheme) -> Layout:
    """The table for reading."""
    problems = problems_of(table)
    filled: dict[str, list[str]] = {}
    for want in wanted(table):
        filled.setdefault(want.item.key, []).append(want.datum.label)
    at = placed(table, problems)
    return Layout(
        table,
        plain(table.full),
        _bounds(table.floor or None, table.cap),
        _rules(table, Spot("scheme"), table.rules),
        [
            _block(table, line, at, filled, f"line-{number}", number)
            for number, line in enumerate(table.lines, start=1)
        ],
        _faults(at.get(("scheme", ""), ())),
        _faults(problems),
    )


def anchor_of(table: Scheme, spot: Spot) -> str:
    """Where on the page of the table a piece stands."""
    for number, line in enumerate(table.lines, start=1):
        if spot.kind == "line" and line.key == spot.key:
            return f"line-{number}"
        for place, item in enumerate(line.items, start=1):
            if spot.kind == "item" and item.key == spot.key:
                return f"item-{number}-{place}"
    return "scheme"


def _block(table, line: Line, at, filled, anchor: str, number: int) -> LineBlock:
    items = [
        ItemRow(
            Spot("item", item.key),
            item,
            "" if item.full is None else plain(item.full),
            item.source.label,
            filled.get(item.key, []),
            _bounds(item.floor, item.cap, item.start),
            _rules(table, Spot("item", item.key), item.rules),
            _faults(at.get(("item", item.key), ())),
            f"item-{number}-{place}",
        )
        for place, item in enumerate(line.items, start=1)
    ]
    return LineBlock(
        Spot("line", line.key),
        line,
        "" if line.full is None else plain(line.full),
        "" if line.weight == ONE else plain(line.weight),
        _bounds(line.floor, line.cap),
        _rules(table, Spot("line", line.key), line.rules),
        items,
        _faults(at.get(("line", line.key), ())),
        anchor,
    )


def _rules(table: Scheme, holder: Spot, rules: Iterable[Rule]) -> list[RuleRow]:
    return [
        RuleRow(holder.at(number), kind_of(rule).label, sentence(table, rule))
        for number, rule in enumerate(rules, start=1)
    ]


def _faults(problems: Iterable[Problem]) -> list[Fault]:
    return [Fault(problem.blocks, in_words(problem)) for problem in problems]


def _bounds(floor: Decimal | None, cap: Decimal | None, start: Decimal | None = None) -> str:
    said = []
    if start is not None:
        said.append(f"从{plain(start)}分起")
    if floor is not None:
        said.append(f"不低于{plain(floor)}分")
    if cap is not None:
        said.append(f"不高于{plain(cap)}分")
    return "，".join(said)


#: The place of a rule in the sense of the engine, by the kind of its spot.
PLACES = {"scheme": Place.SCHEME, "line": Place.LINE, "item": Place.ITEM}
