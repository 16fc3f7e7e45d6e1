"""The shape of a ladder in one word, such as 上热中温下冷; no word when the numbers are too small to say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from branches.tally import Tally
from supervision.attenuation.gradient.intervals import Z90, difference_interval
from supervision.attenuation.gradient.rates import (
    HOT,
    WARM,
    Band,
    Number,
    Weight,
    band,
    exact_heat,
    exact_weights,
)


@dataclass(frozen=True)
class LevelReading:
    """The integers of one level inside one scope, by measure.

    `carried_due` and `carried_done` are sums over the organisations of this level whose nearest parent reached
    θ on the same measure. A measure that is absent counts as nothing due.
    """

    level: int | str
    organizations: int
    due: Mapping[str, int]
    done: Mapping[str, int]
    carried_due: Mapping[str, int] = field(default_factory=dict)
    carried_done: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def tallies(self) -> dict[str, Tally]:
        """Own tallies; ValueError when done exceeds due."""
        return _tallies(self.done, self.due)

    @cached_property
    def carried(self) -> dict[str, Tally]:
        """Tallies of the pairs whose parent reached θ; ValueError when done exceeds due."""
        return _tallies(self.carried_done, self.carried_due)


class Pattern(StrEnum):
    """Shapes of top, middle and bottom."""

    FALLING = "FALLING"
    MIDDLE_BLOCK = "MIDDLE_BLOCK"
    COLD_BOTTOM = "COLD_BOTTOM"
    COLD_TOP = "COLD_TOP"
    ALL_HOT = "ALL_HOT"
    ALL_WARM = "ALL_WARM"
    ALL_COLD = "ALL_COLD"
    UNCLEAR = "UNCLEAR"

    @property
    def label(self) -> str:
        """Chinese name."""
        return PATTERN_LABELS[self]


PATTERN_LABELS: dict[Pattern, str] = {
    Pattern.FALLING: "上热中温下冷",
    Pattern.MIDDLE_BLOCK: "中梗阻",
    Pattern.COLD_BOTTOM: "下冷",
    Pattern.COLD_TOP: "上冷下热",
    Pattern.ALL_HOT: "全热",
    Pattern.ALL_WARM: "全温",
    Pattern.ALL_COLD: "全冷",
    Pattern.UNCLEAR: "不明显",
}
_UNIFORM = {Band.HOT: Pattern.ALL_HOT, Band.WARM: Pattern.ALL_WARM, Band.COLD: Pattern.ALL_COLD}


def pool(readings: Iterable[LevelReading], level: int | str = "") -> LevelReading:
    """One reading with the integers of several added up."""
    organizations = 0
    sums: tuple[dict[str, int], ...] = ({}, {}, {}, {})
    for reading in readings:
        organizations += reading.organizations
        columns = (reading.due, reading.done, reading.carried_due, reading.carried_done)
        for into, column in zip(sums, columns, strict=True):
            for measure, count in column.items():
                into[measure] = into.get(measure, 0) + count
    return LevelReading(level, organizations, *sums)


def pattern(
    top: LevelReading,
    middle: LevelReading,
    bottom: LevelReading,
    weights: Mapping[str, Weight],
    *,
    margin: Number = 5,
    z: float = Z90,
    hot: Number = HOT,
    warm: Number = WARM,
    min_due: int = 8,
    min_organizations: int = 3,
) -> Pattern | None:
    """The shape of three levels; None when there is too little to judge by.

    A step falls (rises) when the heats differ by at least `margin` points and their interval excludes 0. Each
    level needs `min_due` items due, the middle and the bottom `min_organizations` organisations each: the top of
    a scope is one committee by nature.
    """
    levels = (top, middle, bottom)
    if any(_items(level, weights) < min_due for level in levels):
        return None
    if any(level.organizations < min_organizations for level in (middle, bottom)):
        return None
    first = _step(top, middle, weights, margin, z)
    second = _step(middle, bottom, weights, margin, z)
    if first < 0 and second < 0:
        return Pattern.FALLING
    if first < 0:
        return Pattern.MIDDLE_BLOCK
    if second < 0:
        return Pattern.COLD_BOTTOM
    if _step(top, bottom, weights, margin, z) > 0:
        return Pattern.COLD_TOP
    bands = {band(exact_heat(level.tallies, weights), hot, warm) for level in levels}
    only = bands.pop()
    if bands or only is None or first or second:
        return Pattern.UNCLEAR
    return _UNIFORM[only]


def _step(
    upper: LevelReading, lower: LevelReading, weights: Mapping[str, Weight], margin: Number, z: float
) -> int:
    """−1 when heat falls from `upper` to `lower`, +1 when it rises, 0 when neither is certain."""
    above, below = exact_heat(upper.tallies, weights), exact_heat(lower.tallies, weights)
    bounds = difference_interval(upper.tallies, lower.tallies, weights, z)
    if above is None or below is None or bounds is None or not bounds.excludes_zero:
        return 0
    drop = above - below
    if abs(drop) < Fraction(margin):
        return 0
    return -1 if drop > 0 else 1


def _items(level: LevelReading, weights: Mapping[str, Weight]) -> int:
    return sum(level.tallies[measure].due for measure in exact_weights(level.tallies, weights))


def _tallies(done: Mapping[str, int], due: Mapping[str, int]) -> dict[str, Tally]:
    measures = dict.fromkeys((*due, *done))
    return {measure: Tally(done.get(measure, 0), due.get(measure, 0)) for measure in measures}
