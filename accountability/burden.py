"""The burden meter: how many fields and minutes a list asks of one unit in an average month."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from branches.periods import Interval

#: What one 履责纪实 asks for: the day and a few sentences; ticking a meeting is optional.
FIELDS_PER_RECORD = 2
MINUTES_PER_RECORD = 2


@dataclass(frozen=True)
class Burden:
    """Exact averages of one unit and month."""

    records: Fraction

    @property
    def fields(self) -> Fraction:
        return self.records * FIELDS_PER_RECORD

    @property
    def minutes(self) -> Fraction:
        return self.records * MINUTES_PER_RECORD

    def __str__(self) -> str:
        return f"每月约{float(self.records):.1f}份纪实、{float(self.fields):.1f}项填写、{float(self.minutes):.1f}分钟"

    def __add__(self, other: "Burden") -> "Burden":
        return Burden(self.records + other.records)


def burden_of(intervals: Iterable[Interval | str]) -> Burden:
    """The burden of items that return at these intervals."""
    return Burden(sum((Fraction(1, Interval(interval).length) for interval in intervals), Fraction(0)))
