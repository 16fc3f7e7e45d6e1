"""Why two heats differ: by measure, by rate and composition of sectors, and between which units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import fsum

from branches.tally import Tally
from supervision.attenuation.gradient.rates import Weight, exact_heat, exact_weights


def split_by_measure(
    upper: Mapping[str, Tally], lower: Mapping[str, Tally], weights: Mapping[str, Weight]
) -> dict[str, float]:
    """Split heat(upper) − heat(lower) into measures; the parts sum to the drop, positive where it fell.

    With the same measures on both sides a part is 100·w·Δrate/W. A measure owed on one side alone enters with its
    distance from the mean of the two heats, so that owing more kinds of things is not itself a drop.
    Empty when one side has no reading.
    """
    above, below = exact_heat(upper, weights), exact_heat(lower, weights)
    if above is None or below is None:
        return {}
    centre = (above + below) / 2
    parts: dict[str, Fraction] = {}
    for tallies, sign in ((upper, 1), (lower, -1)):
        counted = exact_weights(tallies, weights)
        total = sum(counted.values())
        for measure, weight in counted.items():
            part = sign * weight / total * (100 * (tallies[measure].rate or 0) - centre)
            parts[measure] = parts.get(measure, Fraction(0)) + part
    return {measure: float(parts[measure]) for measure in weights if measure in parts}


@dataclass(frozen=True)
class Kitagawa:
    """An exact split of the difference of two pooled rates; `by_group` holds (rate part, composition part)."""

    rate_part: Fraction
    composition_part: Fraction
    by_group: Mapping[str, tuple[Fraction, Fraction]]

    @property
    def total(self) -> Fraction:
        """The difference that was split."""
        return self.rate_part + self.composition_part


def kitagawa(upper: Mapping[str, Tally], lower: Mapping[str, Tally]) -> Kitagawa | None:
    """Split rate(upper) − rate(lower), pooled over groups such as sectors, into rate and composition.

    A group that only one side has differs in composition alone. None when one side has no reading.
    """
    above, below = Tally.sum(upper.values()), Tally.sum(lower.values())
    if not above.has_reading or not below.has_reading:
        return None
    nothing = Tally(0, 0)
    by_group = {}
    for group in dict.fromkeys((*upper, *lower)):
        one, other = upper.get(group, nothing), lower.get(group, nothing)
        one_rate = one.rate if one.rate is not None else other.rate
        other_rate = other.rate if other.rate is not None else one.rate
        if one_rate is None or other_rate is None:
            continue
        one_share, other_share = Fraction(one.due, above.due), Fraction(other.due, below.due)
        by_group[group] = (
            (one_share + other_share) / 2 * (one_rate - other_rate),
            (one_rate + other_rate) / 2 * (one_share - other_share),
        )
    return Kitagawa(
        rate_part=sum((part[0] for part in by_group.values()), Fraction(0)),
        composition_part=sum((part[1] for part in by_group.values()), Fraction(0)),
        by_group=by_group,
    )


def variance_share(groups: Iterable[Sequence[float]]) -> float | None:
    """Share of the variance of unit heats that lies between parents (ICC of a one-way layout), from 0 to 1.

    `groups` holds the heats of the units under each parent. High: help the committee above; low: help single
    units. None with fewer than two parents, no parent with two units, or no variance at all.
    """
    filled = [list(group) for group in groups if group]
    sizes = [len(group) for group in filled]
    total = sum(sizes)
    if len(filled) < 2 or total == len(filled):
        return None
    mean = fsum(value for group in filled for value in group) / total
    means = [fsum(group) / len(group) for group in filled]
    between = fsum(size * (each - mean) ** 2 for size, each in zip(sizes, means, strict=True)) / (
        len(filled) - 1
    )
    within = fsum(
        (value - each) ** 2 for group, each in zip(filled, means, strict=True) for value in group
    ) / (total - len(filled))
    # The mean group size of an unbalanced layout.
    size = (total - sum(each * each for each in sizes) / total) / (len(filled) - 1)
    spread = between + (size - 1) * within
    if spread <= 0:
        return None
    return min(1.0, max(0.0, (between - within) / spread))
