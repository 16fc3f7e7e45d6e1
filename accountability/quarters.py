"""The quarters of a set of totals, by places: no rows, no clock, no request.

A quarter is a fourth of the units, rounded down. Equals at its edge all belong to it, and whoever would belong to the
first and to the last quarter at once belongs to neither: among equals nobody is ahead and nobody behind.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

#: Fewer units than these are not cut into quarters: one would know whose total a limit is.
LEAST_SHOWN = 8
#: Of fewer units a quarter is not even one.
LEAST = 4


class Band(StrEnum):
    """Where a total stands among the others."""

    FIRST = "first"
    UPPER = "upper"
    LOWER = "lower"
    LAST = "last"

    @property
    def label(self) -> str:
        """Chinese name."""
        return _LABELS[self]


_LABELS = {
    Band.FIRST: "前四分之一",
    Band.UPPER: "中上",
    Band.LOWER: "中下",
    Band.LAST: "后四分之一",
}


@dataclass(frozen=True)
class Quarters:
    """`upper`: the lowest total of the first quarter; `lower`: the highest of the last; `size`: units in a quarter."""

    units: int
    size: int
    upper: Decimal
    middle: Decimal
    lower: Decimal
    first: int
    last: int

    def band(self, total: Decimal) -> Band:
        """Where a total stands."""
        is_high, is_low = total >= self.upper, total <= self.lower
        if is_high and not is_low:
            return Band.FIRST
        if is_low and not is_high:
            return Band.LAST
        return Band.UPPER if total >= self.middle else Band.LOWER

    @property
    def ties(self) -> list[str]:
        """What equals at the edges do, in words; nothing when there are none."""
        found = []
        for name, number, edge in (("前", self.first, self.upper), ("后", self.last, self.lower)):
            if number > self.size:
                found.append(
                    f"{name}四分之一应为{self.size}个，{edge.normalize():f}分并列，一并列入，共{number}个。"
                )
            elif number < self.size:
                found.append(f"{name}四分之一应为{self.size}个，并列单位分不出先后的不列入，共{number}个。")
        return found


def quarters_of(totals: Iterable[Decimal], least: int = LEAST) -> Quarters | None:
    """The quarters of these totals; None when there are fewer than `least`."""
    ordered = sorted(totals, reverse=True)
    number = len(ordered)
    if number < max(least, LEAST):
        return None
    size = number // 4
    upper, lower = ordered[size - 1], ordered[-size]
    middle = (ordered[(number - 1) // 2] + ordered[number // 2]) / 2
    return Quarters(
        number,
        size,
        upper,
        middle,
        lower,
        sum(total >= upper and total > lower for total in ordered),
        sum(total <= lower and total < upper for total in ordered),
    )
