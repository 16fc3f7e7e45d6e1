"""The burden meter: how many fields and minutes a list asks of one unit in an average month."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from branches.periods import Interval

from .choices import COUNTED_BY_ITSELF, CountedBy, EvidenceKind

#: What one 履责纪实 asks for: the day and a few sentences; ticking a meeting is optional.
FIELDS_PER_RECORD = 2
#: A typed count is one more, and so is evidence that must stand beside the record.
FIELDS_FOR_A_COUNT = 1
FIELDS_FOR_EVIDENCE = 1
MINUTES_PER_FIELD = Fraction(1)
#: What counts by itself is handed in by a glance: nothing is typed, the meetings are there.
MINUTES_FOR_A_GLANCE = Fraction(1, 4)


@dataclass(frozen=True)
class Burden:
    """Exact averages of one unit and month."""

    records: Fraction
    fields: Fraction
    minutes: Fraction

    def __str__(self) -> str:
        return f"每月约{float(self.records):.1f}份纪实、{float(self.fields):.1f}项填写、{float(self.minutes):.1f}分钟"

    def __add__(self, other: "Burden") -> "Burden":
        return Burden(self.records + other.records, self.fields + other.fields, self.minutes + other.minutes)


NONE = Burden(Fraction(0), Fraction(0), Fraction(0))


def burden_of(items: Iterable) -> Burden:
    """The burden of items (anything with the attributes of a `Requirement`), or of bare intervals."""
    return sum((_of_one(item) for item in items), NONE)


def _of_one(item) -> Burden:
    if isinstance(item, str):
        return _returning(Fraction(1, Interval(item).length), FIELDS_PER_RECORD)
    if item.is_negative:
        return NONE  # written down only when it happens
    often = Fraction(1, 12 if item.deadline else Interval(item.interval).length)
    evidence = 0 if item.evidence == EvidenceKind.OPTIONAL else FIELDS_FOR_EVIDENCE
    if item.counted_by in COUNTED_BY_ITSELF and not evidence:
        return Burden(often, Fraction(0), often * MINUTES_FOR_A_GLANCE)
    typed = FIELDS_FOR_A_COUNT if item.counted_by == CountedBy.HAND else 0
    return _returning(often, FIELDS_PER_RECORD + typed + evidence)


def _returning(often: Fraction, fields: int) -> Burden:
    return Burden(often, often * fields, often * fields * MINUTES_PER_FIELD)
