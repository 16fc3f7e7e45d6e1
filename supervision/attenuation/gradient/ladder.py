"""The ladder of a scope: one rung a level, what is lost between them, and the sentence that says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor

from branches.tally import Tally
from supervision.attenuation.gradient.composition import split_by_measure
from supervision.attenuation.gradient.intervals import Z90, Bounds, heat_interval
from supervision.attenuation.gradient.loss import (
    attenuation,
    cumulative,
    loss_by_measure,
    loss_shares,
    per_step,
    retention,
)
from supervision.attenuation.gradient.patterns import LevelReading, Pattern, pattern, pool
from supervision.attenuation.gradient.rates import HOT, WARM, Band, Number, Weight, band, exact_heat


@dataclass(frozen=True)
class Rung:
    """One level of a ladder.

    `carried`, `retention` (with its interval) and `attenuation` concern the step from the rung above and are
    empty or None on the first; `share_of_loss` is its part of the whole loss. `drop` is the heat above minus the
    heat here, in points, and `drop_by_measure` splits it; `loss_by_measure` splits the attenuation.
    """

    level: int | str
    organizations: int
    tallies: Mapping[str, Tally]
    carried: Mapping[str, Tally]
    heat: float
    interval: Bounds
    band: Band
    retention: float | None
    retention_interval: Bounds | None
    attenuation: float | None
    share_of_loss: float | None
    drop: float | None
    drop_by_measure: Mapping[str, float]
    loss_by_measure: Mapping[str, float]

    @property
    def due(self) -> int:
        """Items due over all measures (n)."""
        return sum(tally.due for tally in self.tallies.values())


@dataclass(frozen=True)
class Loss:
    """The step that loses most, and its measures, the largest first, with their part of it.

    `measured` is True when it comes from pairs (attenuation); False when no pair has a reading, so that only the
    heats of the levels could be compared.
    """

    upper: int | str
    lower: int | str
    measures: tuple[tuple[str, float], ...]
    measured: bool


@dataclass(frozen=True)
class Ladder:
    """All rungs from the top down; `skipped` levels had no organisations or nothing due.

    `kept` is Π retention, `attenuation` 1 − kept, `rho` the even step; None when no step has a reading.
    `pattern` is None when there are fewer than three rungs or too few items or organisations.
    """

    rungs: tuple[Rung, ...]
    skipped: tuple[int | str, ...]
    kept: float | None
    attenuation: float | None
    rho: float | None
    pattern: Pattern | None
    biggest_loss: Loss | None


def build_ladder(
    levels: Sequence[LevelReading],
    weights: Mapping[str, Weight],
    *,
    margin: Number = 5,
    z: float = Z90,
    hot: Number = HOT,
    warm: Number = WARM,
    min_due: int = 8,
    min_organizations: int = 3,
) -> Ladder:
    """Summarise the levels of one scope and one chain, given from the top down.

    A level without organisations or with nothing due is skipped and loses nothing. Carried sums of the first rung
    are left out: they speak of its parent, which lies outside the scope. The middle of the pattern is everything
    between the first and the last rung, pooled.
    """
    kept_levels: list[LevelReading] = []
    heats: list[Fraction] = []
    skipped: list[int | str] = []
    for reading in levels:
        exact = exact_heat(reading.tallies, weights) if reading.organizations else None
        if exact is None:
            skipped.append(reading.level)
        else:
            kept_levels.append(reading)
            heats.append(exact)
    retentions = [
        retention(reading.carried, weights) if place else None for place, reading in enumerate(kept_levels)
    ]
    shares = loss_shares(retentions) or [None] * len(retentions)
    rungs = []
    for place, reading in enumerate(kept_levels):
        above = kept_levels[place - 1].tallies if place else {}
        interval = heat_interval(reading.tallies, weights, z)
        shown = band(heats[place], hot, warm)
        if interval is None or shown is None:
            raise AssertionError("a rung has a reading")
        rungs.append(
            Rung(
                level=reading.level,
                organizations=reading.organizations,
                tallies=reading.tallies,
                carried=reading.carried if place else {},
                heat=float(heats[place]),
                interval=interval,
                band=shown,
                retention=retentions[place],
                retention_interval=_retention_interval(reading.carried, weights, z) if place else None,
                attenuation=attenuation(retentions[place]),
                share_of_loss=shares[place],
                drop=float(heats[place - 1] - heats[place]) if place else None,
                drop_by_measure=split_by_measure(above, reading.tallies, weights) if place else {},
                loss_by_measure=loss_by_measure(reading.carried, weights) if place else {},
            )
        )
    shape = None
    if len(kept_levels) >= 3:
        shape = pattern(
            kept_levels[0],
            pool(kept_levels[1:-1]),
            kept_levels[-1],
            weights,
            margin=margin,
            z=z,
            hot=hot,
            warm=warm,
            min_due=min_due,
            min_organizations=min_organizations,
        )
    kept = cumulative(retentions)
    return Ladder(
        rungs=tuple(rungs),
        skipped=tuple(skipped),
        kept=kept,
        attenuation=attenuation(kept),
        rho=per_step(retentions),
        pattern=shape,
        biggest_loss=_biggest_loss(rungs),
    )


def sentence(ladder: Ladder, level_labels: Mapping[int | str, str], measure_labels: Mapping[str, str]) -> str:
    """The ladder in one Chinese sentence.

    “市级 92 → 县级 85 → 乡镇 71 → 支部 58：上热中温下冷；损失最大在乡镇→支部，主要是‘党小组会’与‘整改销号’”
    """
    if not ladder.rungs:
        return "本期还没有读数"

    def named(level: int | str) -> str:
        return level_labels.get(level, str(level))

    text = " → ".join(f"{named(rung.level)} {floor(rung.heat + 0.5)}" for rung in ladder.rungs)
    clauses = [] if ladder.pattern is None else [ladder.pattern.label]
    loss = ladder.biggest_loss
    if loss is not None:
        found = "损失最大在" if loss.measured else "落差最大在"
        clause = f"{found}{named(loss.upper)}→{named(loss.lower)}"
        measures = [f"‘{measure_labels.get(measure, measure)}’" for measure, _ in loss.measures]
        if measures:
            clause += f"，主要是{'与'.join(measures)}"
        clauses.append(clause)
    elif ladder.kept is not None:
        clauses.append("逐级没有损失")
    return f"{text}：{'；'.join(clauses)}" if clauses else text


def _retention_interval(
    carried: Mapping[str, Tally], weights: Mapping[str, Weight], z: float
) -> Bounds | None:
    points = heat_interval(carried, weights, z)
    return None if points is None else Bounds(points.low / 100, points.high / 100)


def _biggest_loss(rungs: Sequence[Rung]) -> Loss | None:
    """The step with the largest share of the loss; without any pair, the one with the largest drop of heat."""
    steps = list(pairwise(rungs))
    read = [step for step in steps if step[1].retention is not None]
    if read:
        upper, lower = max(read, key=lambda step: step[1].share_of_loss or 0)
        if not lower.share_of_loss:
            return None
        return Loss(upper.level, lower.level, _main_measures(lower.loss_by_measure), measured=True)
    fallen = [step for step in steps if (step[1].drop or 0) > 0]
    if not fallen:
        return None
    upper, lower = max(fallen, key=lambda step: step[1].drop or 0)
    return Loss(upper.level, lower.level, _main_measures(lower.drop_by_measure), measured=False)


def _main_measures(parts: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """At most two measures that explain most: the largest, and the next if it bears a fifth of the losses."""
    losses = sorted(((part, measure) for measure, part in parts.items() if part > 0), reverse=True)
    total = sum(part for part, _ in losses)
    named = losses[:1] + [each for each in losses[1:2] if each[0] >= total / 5]
    return tuple((measure, part / total) for part, measure in named)
