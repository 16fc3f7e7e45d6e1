"""数字怎么算的: generated from the declarations and the arithmetic itself, so that the page cannot disagree with them."""

from dataclasses import dataclass
from datetime import date

from accountability.choices import Measure
from accountability.models import Formula
from branches.periods import Period
from branches.tally import Tally
from supervision.attenuation.gradient import (
    Bounds,
    attenuation,
    cumulative,
    heat,
    heat_interval,
    loss_shares,
    per_step,
)
from supervision.attenuation.measures import MEASURES, starting_weights
from supervision.queries.formula import formula_in_force, since, weight_lines

#: Worked examples; the same vectors are held by tests.
EXAMPLE = {
    Measure.CORE_MEETINGS.value: Tally(45, 60),
    Measure.ATTENDANCE.value: Tally(540, 600),
    Measure.DUTIES.value: Tally(12, 20),
    Measure.DUAL_LIFE.value: Tally(0, 0),
}
RETENTIONS = [0.92391, 0.83529, 0.81690]


@dataclass(frozen=True)
class Explained:
    """A measure as declared, with its present weight and its share of all."""

    key: str
    label: str
    meaning: str
    source: str
    remedy: str
    pair: str
    weight: float
    share: float


@dataclass(frozen=True)
class ExampleRow:
    label: str
    weight: float
    tally: Tally


@dataclass(frozen=True)
class Example:
    rows: list[ExampleRow]
    heat: float
    interval: Bounds


@dataclass(frozen=True)
class ExampleStep:
    kept: float
    lost: float
    share: float


@dataclass(frozen=True)
class Numbers:
    formula: Formula
    is_stored: bool
    since: str
    measures: list[Explained]
    example: Example
    steps: list[ExampleStep]
    kept: float
    rho: float


def explained(today: date) -> Numbers:
    """The page for the version in force, or for the declared weights while there is none."""
    stored = formula_in_force(Period.month_of(today))
    formula = stored or Formula(number=0, effective_from=0, weights=dict(starting_weights()))
    measures = [
        Explained(each.key, each.label, each.meaning, each.source, each.remedy, each.pair, weight, share)
        for each, weight, share in weight_lines(formula.weights)
    ]
    weights = starting_weights()
    rows = [ExampleRow(MEASURES[key].label, weights[key], tally) for key, tally in EXAMPLE.items()]
    shares = loss_shares(RETENTIONS) or []
    return Numbers(
        formula=formula,
        is_stored=stored is not None,
        since=since(Period.from_key(stored.effective_from)) if stored else "",
        measures=measures,
        example=Example(rows, heat(EXAMPLE, weights) or 0, heat_interval(EXAMPLE, weights) or Bounds(0, 100)),
        steps=[
            ExampleStep(kept, attenuation(kept) or 0, share or 0)
            for kept, share in zip(RETENTIONS, shares, strict=True)
        ],
        kept=cumulative(RETENTIONS) or 0,
        rho=per_step(RETENTIONS) or 0,
    )
