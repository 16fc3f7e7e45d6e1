"""Heat (热度): the weighted share done of what was due, pooled over any set of organisations."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from branches.tally import Tally

#: A figure an admin sets: a limit, a margin, or a weight, of which only proportions matter.
Number = int | float | Decimal | Fraction
Weight = Number

HOT = 85
WARM = 60


class Band(StrEnum):
    """热 ≥ 85 > 温 ≥ 60 > 冷, the two figures being settings."""

    HOT = "HOT"
    WARM = "WARM"
    COLD = "COLD"

    @property
    def label(self) -> str:
        """热, 温 or 冷."""
        return BAND_LABELS[self]


BAND_LABELS: dict[Band, str] = {Band.HOT: "热", Band.WARM: "温", Band.COLD: "冷"}


def rate(tally: Tally) -> float | None:
    """Share done, from 0 to 1; None when nothing was due."""
    exact = tally.rate
    return None if exact is None else float(exact)


def weighted_rate(tallies: Mapping[str, Tally], weights: Mapping[str, Weight]) -> Fraction | None:
    """Σ w·rate / Σ w over the measures that have a reading and a weight, exactly, from 0 to 1.

    None when no measure has both. ValueError when a weight is negative.
    """
    total = Fraction(0)
    weight_sum = Fraction(0)
    for measure, weight in exact_weights(tallies, weights).items():
        total += weight * (tallies[measure].rate or 0)
        weight_sum += weight
    return total / weight_sum if weight_sum else None


def exact_weights(tallies: Mapping[str, Tally], weights: Mapping[str, Weight]) -> dict[str, Fraction]:
    """The weights that count here: of measures with a reading, above zero, in the order of `weights`."""
    counted = {}
    for measure, weight in weights.items():
        exact = Fraction(weight)
        if exact < 0:
            raise ValueError(f"negative weight of {measure}: {weight}")
        if exact and measure in tallies and tallies[measure].has_reading:
            counted[measure] = exact
    return counted


def exact_heat(tallies: Mapping[str, Tally], weights: Mapping[str, Weight]) -> Fraction | None:
    """Heat from 0 to 100 as an exact fraction; None when there is no reading."""
    share = weighted_rate(tallies, weights)
    return None if share is None else 100 * share


def heat(tallies: Mapping[str, Tally], weights: Mapping[str, Weight]) -> float | None:
    """Heat from 0 to 100; None when there is no reading."""
    exact = exact_heat(tallies, weights)
    return None if exact is None else float(exact)


def band(value: Number | None, hot: Number = HOT, warm: Number = WARM) -> Band | None:
    """The band of a heat; None for no reading. ValueError unless hot > warm."""
    if not Fraction(hot) > Fraction(warm):
        raise ValueError(f"the limit of 热 ({hot}) must lie above that of 温 ({warm})")
    if value is None:
        return None
    exact = Fraction(value)
    if exact >= Fraction(hot):
        return Band.HOT
    return Band.WARM if exact >= Fraction(warm) else Band.COLD


def shrink(tally: Tally, level_rate: Fraction | float | None, kappa: int = 10) -> float | None:
    """The rate of a small unit drawn towards its level's mean as if `kappa` more items had gone as the level's.

    Without a level rate it is the unit's own; None when the unit has no reading.
    """
    exact = _shrunk(tally, level_rate, kappa)
    return None if exact is None else float(exact)


def shrunk_heat(
    tallies: Mapping[str, Tally],
    weights: Mapping[str, Weight],
    level_tallies: Mapping[str, Tally],
    kappa: int = 10,
) -> float | None:
    """Heat of a unit from shrunk rates, for lists of units of unequal size; None when it has no reading."""
    counted = exact_weights(tallies, weights)
    if not counted:
        return None
    total = Fraction(0)
    for measure, weight in counted.items():
        level = level_tallies.get(measure)
        total += weight * (_shrunk(tallies[measure], level.rate if level else None, kappa) or 0)
    return float(100 * total / sum(counted.values()))


def _shrunk(tally: Tally, level_rate: Fraction | float | None, kappa: int) -> Fraction | None:
    if not tally.has_reading or level_rate is None:
        return tally.rate
    return (tally.done + kappa * Fraction(level_rate)) / (tally.due + kappa)
