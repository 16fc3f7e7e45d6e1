"""Loss on the way down (衰减): measured only on pairs, where the parent did the same thing itself."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import exp, fsum, log, prod

from branches.tally import Tally
from supervision.attenuation.gradient.rates import Weight, exact_weights, weighted_rate

#: A parent that did this share of a measure has carried it; what its children then miss was lost on the way.
THETA = Fraction(4, 5)
#: A retention below this is clipped before its logarithm is taken.
FLOOR = 0.01


def reached(parent: Tally, theta: Fraction = THETA) -> bool:
    """Whether the parent's own tally reaches θ, in whole numbers; without a reading it does not."""
    return parent.has_reading and parent.done * theta.denominator >= parent.due * theta.numerator


def retention(carried: Mapping[str, Tally], weights: Mapping[str, Weight]) -> float | None:
    """What the children kept of what their parents had carried, from 0 to 1; None when nothing was carried."""
    exact = weighted_rate(carried, weights)
    return None if exact is None else float(exact)


def attenuation(kept: float | None) -> float | None:
    """What was lost: 1 − retention; None stays None."""
    return None if kept is None else 1 - kept


def cumulative(retentions: Sequence[float | None]) -> float | None:
    """What is kept over all steps, Π r; steps without a reading lose nothing; None when no step has one."""
    read = [each for each in retentions if each is not None]
    return prod(read) if read else None


def per_step(retentions: Sequence[float | None]) -> float | None:
    """ρ = (Π r)^(1/L), the even step that keeps as much, over the L steps with a reading; None without any."""
    read = [each for each in retentions if each is not None]
    if not read:
        return None
    if min(read) == 0:
        return 0.0
    return exp(fsum(map(log, read)) / len(read))


def loss_shares(retentions: Sequence[float | None]) -> list[float | None] | None:
    """Share of the whole loss at each step, ln r / Σ ln r with r clipped to [0.01, 1]; they sum to 1.

    A step without a reading has None. Nothing lost anywhere gives None instead of a list.
    """
    logs = [None if each is None else log(min(max(each, FLOOR), 1.0)) for each in retentions]
    total = fsum(each for each in logs if each is not None)
    if total == 0:
        return None
    # Adding zero turns the −0.0 of a step that lost nothing into 0.0.
    return [None if each is None else each / total + 0.0 for each in logs]


def loss_by_measure(carried: Mapping[str, Tally], weights: Mapping[str, Weight]) -> dict[str, float]:
    """Split of 1 − retention into measures, w·(1 − carried rate)/Σ w; the parts sum to the attenuation."""
    counted = exact_weights(carried, weights)
    total = sum(counted.values())
    return {
        measure: float(weight * (1 - (carried[measure].rate or 0)) / total)
        for measure, weight in counted.items()
    }
