"""Change over time: how fast a deployment fades, 突击 before the deadline, 反弹 after an inspection."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, log, sqrt

from branches.tally import Tally
from supervision.attenuation.gradient.intervals import Z90, Bounds
from supervision.attenuation.gradient.loss import FLOOR


def half_life(rates: Sequence[float | None]) -> float | None:
    """Months until a monthly rate halves, by least squares on its logarithm; rates below 0.01 count as 0.01.

    `rates` are in order of months after the start, None for a month without a reading. None with fewer than three
    readings, or when the rate does not fall.
    """
    points = [(month, log(max(rate, FLOOR))) for month, rate in enumerate(rates) if rate is not None]
    if len(points) < 3:
        return None
    count = len(points)
    mean_month = fsum(month for month, _ in points) / count
    mean_log = fsum(value for _, value in points) / count
    slope = fsum((month - mean_month) * (value - mean_log) for month, value in points) / fsum(
        (month - mean_month) ** 2 for month, _ in points
    )
    # Rates that are all equal leave a slope of rounding errors, which would be a half-life of aeons.
    return -log(2) / slope if slope < -1e-9 else None


def rush_share(held_late: int, held: int, days: int, window: int = 5) -> float | None:
    """突击 share: the part held in the last `window` days of a period of `days`, beyond the even share; 0 at least.

    None when nothing was held.
    """
    late = Tally(held_late, held)
    share = late.rate
    if share is None:
        return None
    return float(max(Fraction(0), share - Fraction(min(window, days), days)))


@dataclass(frozen=True)
class Rebound:
    """Rates before, during and after an inspection of a unit, from 0 to 1, None without a reading.

    `rise` and `fall` are differences to the rate during it; `relaxed` says 检查一走就放松.
    """

    before: float | None
    during: float | None
    after: float | None
    rise: float | None
    fall: float | None
    fall_interval: Bounds | None
    relaxed: bool


def rebound(before: Tally, during: Tally, after: Tally, *, margin: float = 0.05, z: float = Z90) -> Rebound:
    """Compare an inspection with the windows on either side of it (thirty days each, counted by the caller)."""
    rise, fall = _difference(during, before), _difference(during, after)
    bounds = None
    if fall is not None:
        half = z * sqrt(_variance(during) + _variance(after))
        bounds = Bounds(float(fall) - half, float(fall) + half)
    return Rebound(
        before=_rate(before),
        during=_rate(during),
        after=_rate(after),
        rise=None if rise is None else float(rise),
        fall=None if fall is None else float(fall),
        fall_interval=bounds,
        relaxed=fall is not None and bounds is not None and fall >= margin and bounds.low > 0,
    )


def _rate(tally: Tally) -> float | None:
    return None if tally.rate is None else float(tally.rate)


def _difference(one: Tally, other: Tally) -> Fraction | None:
    return None if one.rate is None or other.rate is None else one.rate - other.rate


def _variance(tally: Tally) -> Fraction:
    share = tally.rate
    return Fraction(0) if share is None else share * (1 - share) / tally.due
