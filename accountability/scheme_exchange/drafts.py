"""A scheme as it was read from a file, whole or with what is wrong: on which sheet, where, and how to mend it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from accountability.scheme_tables import in_words, problems_of
from accountability.scoring import Problem, Scheme

LARGEST = 2 * 1024 * 1024  # bytes of a file
MOST_LINES = 100
MOST_ITEMS = 1_000
MOST_RULES = 4_000
MOST_FAULTS = 100
_REFUSED = "不予采用"


@dataclass(frozen=True)
class Fault:
    """Something about one value: `place` is a cell or a row of the `sheet`, or a part of the table in words."""

    sheet: str
    place: str
    column: str
    message: str

    @property
    def is_refused(self) -> bool:
        """Whether the file asks for what is not scored at all."""
        return self.message.startswith(_REFUSED)

    def as_dict(self) -> dict:
        """Plain values."""
        return {"sheet": self.sheet, "place": self.place, "column": self.column, "message": self.message}

    def __str__(self) -> str:
        where = " ".join(each for each in (self.sheet, self.place, self.column) if each)
        return f"{where}：{self.message}" if where else self.message


@dataclass
class Draft:
    """A table; with `faults` nothing of it may be written, `warnings` should be looked at."""

    table: Scheme | None
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    @property
    def refused(self) -> list[Fault]:
        """The faults of what is not scored at all."""
        return [fault for fault in self.faults if fault.is_refused]

    @property
    def mistakes(self) -> list[Fault]:
        """All other faults."""
        return [fault for fault in self.faults if not fault.is_refused]

    @property
    def has_sheets(self) -> bool:
        """Whether faults are told by sheet."""
        return any(fault.sheet for fault in self.faults)

    @property
    def item_count(self) -> int:
        """How many items the table has."""
        return len(list(self.table.items())) if self.table else 0


def too_many(lines: int, items: int, rules: int) -> list[Fault]:
    """That a table is larger than any that is worked with."""
    return [
        Fault("", "", "", f"一份办法最多{most}{what}，这里有{number}{what}。")
        for number, most, what in (
            (lines, MOST_LINES, "个分类"),
            (items, MOST_ITEMS, "个评价项"),
            (rules, MOST_RULES, "条规则"),
        )
        if number > most
    ]


def judged(
    table: Scheme, locate: Callable[[Problem], tuple[str, str, str]], faults: Iterable[Fault] = ()
) -> Draft:
    """The table with everything that stands in its way or should be looked at, placed by `locate`."""
    found = Draft(table, list(faults))
    for problem in problems_of(table):
        fault = Fault(*locate(problem), in_words(problem).rstrip("。") + "。")
        (found.faults if problem.blocks else found.warnings).append(fault)
    found.faults = found.faults[:MOST_FAULTS]
    found.warnings = found.warnings[:MOST_FAULTS]
    return found
