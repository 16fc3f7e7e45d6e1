"""How sure a number is: Wilson for a rate, the delta method for a weighted heat and for a difference of two."""

from collections.abc import Mapping
from fractions import Fraction
from math import sqrt
from typing import NamedTuple

from branches.tally import Tally
from supervision.attenuation.gradient.rates import Weight, exact_heat, exact_weights

#: Normal quantiles of two-sided 90 % and 95 % intervals.
Z90 = 1.6448536269514722
Z95 = 1.959963984540054


class Bounds(NamedTuple):
    """An interval, both ends included."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside."""
        return self.low > 0 or self.high < 0


def wilson(tally: Tally, z: float = Z90) -> Bounds | None:
    """Wilson's score interval of a rate, within [0, 1]; None when nothing was due."""
    share = tally.rate
    if share is None:
        return None
    p, n = float(share), tally.due
    scale = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z / scale * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # The formula meets 0 and 1 exactly at the ends; rounding must not leave the rate outside its interval.
    return Bounds(max(0.0, min(centre - half, p)), min(1.0, max(centre + half, p)))


def heat_variance(tallies: Mapping[str, Tally], weights: Mapping[str, Weight]) -> Fraction:
    """Variance of a heat in points squared: 100² · Σ (w/W)²·p(1−p)/n over the measures with a reading."""
    counted = exact_weights(tallies, weights)
    total = sum(counted.values())
    variance = Fraction(0)
    for measure, weight in counted.items():
        tally = tallies[measure]
        p = tally.rate or Fraction(0)
        variance += (weight / total) ** 2 * p * (1 - p) / tally.due
    return 10_000 * variance


def heat_interval(
    tallies: Mapping[str, Tally], weights: Mapping[str, Weight], z: float = Z90
) -> Bounds | None:
    """Interval of a heat, within [0, 100]; None when there is no reading."""
    centre = exact_heat(tallies, weights)
    if centre is None:
        return None
    half = z * sqrt(heat_variance(tallies, weights))
    return Bounds(max(0.0, float(centre) - half), min(100.0, float(centre) + half))


def difference_interval(
    upper: Mapping[str, Tally],
    lower: Mapping[str, Tally],
    weights: Mapping[str, Weight],
    z: float = Z90,
) -> Bounds | None:
    """Interval of heat(upper) − heat(lower) in points; None when one of them has no reading."""
    first, second = exact_heat(upper, weights), exact_heat(lower, weights)
    if first is None or second is None:
        return None
    half = z * sqrt(heat_variance(upper, weights) + heat_variance(lower, weights))
    return Bounds(float(first - second) - half, float(first - second) + half)
