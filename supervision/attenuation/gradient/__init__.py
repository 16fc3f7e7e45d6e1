"""The arithmetic of 热 / 温 / 冷 and of 传导衰减 on integer tallies: no rows, no clock, no request.

Rates are exact fractions until the one division at the end; heat runs from 0 to 100, retention from 0 to 1;
None always means no reading.
"""

from supervision.attenuation.gradient.change import (
    Rebound,
    half_life,
    rebound,
    rush_share,
)
from supervision.attenuation.gradient.composition import (
    Kitagawa,
    kitagawa,
    split_by_measure,
    variance_share,
)
from supervision.attenuation.gradient.intervals import (
    Z90,
    Z95,
    Bounds,
    difference_interval,
    heat_interval,
    heat_variance,
    wilson,
)
from supervision.attenuation.gradient.ladder import Ladder, Loss, Rung, build_ladder, sentence
from supervision.attenuation.gradient.loss import (
    THETA,
    attenuation,
    cumulative,
    loss_by_measure,
    loss_shares,
    per_step,
    reached,
    retention,
)
from supervision.attenuation.gradient.patterns import (
    PATTERN_LABELS,
    LevelReading,
    Pattern,
    pattern,
    pool,
)
from supervision.attenuation.gradient.rates import (
    BAND_LABELS,
    HOT,
    WARM,
    Band,
    Weight,
    band,
    exact_heat,
    heat,
    rate,
    shrink,
    shrunk_heat,
    weighted_rate,
)

__all__ = [
    "BAND_LABELS",
    "HOT",
    "PATTERN_LABELS",
    "THETA",
    "WARM",
    "Z90",
    "Z95",
    "Band",
    "Bounds",
    "Kitagawa",
    "Ladder",
    "LevelReading",
    "Loss",
    "Pattern",
    "Rebound",
    "Rung",
    "Weight",
    "attenuation",
    "band",
    "build_ladder",
    "cumulative",
    "difference_interval",
    "exact_heat",
    "half_life",
    "heat",
    "heat_interval",
    "heat_variance",
    "kitagawa",
    "loss_by_measure",
    "loss_shares",
    "pattern",
    "per_step",
    "pool",
    "rate",
    "reached",
    "rebound",
    "retention",
    "rush_share",
    "sentence",
    "shrink",
    "shrunk_heat",
    "split_by_measure",
    "variance_share",
    "weighted_rate",
    "wilson",
]
