from dataclasses import dataclass

from accountability.burden import Burden, burden_of
from accountability.forbidden import Finding, find_forbidden
from accountability.held import Hint, find_held
from accountability.models import DutyTemplate, DutyTemplateItem
from accountability.requirements import TEXTS


@dataclass(frozen=True)
class Line:
    """Something the check says about one item."""

    item: DutyTemplateItem
    field: str
    finding: Finding | Hint


@dataclass(frozen=True)
class Weight:
    """What one item adds to a unit's average month."""

    item: DutyTemplateItem
    burden: Burden

    # A template shows decimals, no fractions.
    @property
    def records(self) -> float:
        return float(self.burden.records)

    @property
    def fields(self) -> float:
        return float(self.burden.fields)

    @property
    def minutes(self) -> float:
        return float(self.burden.minutes)


@dataclass(frozen=True)
class Check:
    """What may not be asked, what the system knows already, and what the list asks of one unit in a month."""

    refused: list[Line]
    hints: list[Line]
    burden: Burden
    weights: list[Weight]
    triggers: int

    @property
    def by_itself(self) -> int:
        return sum(weight.item.counts_by_itself for weight in self.weights)


def check_of(template: DutyTemplate, items: list[DutyTemplateItem]) -> Check:
    """Check the items of a template, the heaviest first; no queries."""
    refused, hints = [], []
    for item in items:
        for name, label in TEXTS.items():
            text = getattr(item, name)
            refused += [Line(item, label, finding) for finding in find_forbidden(text)]
            hints += [Line(item, label, hint) for hint in find_held(text)]
    weights = [Weight(item, burden_of([item])) for item in items if not item.is_negative]
    weights.sort(key=lambda each: (-each.burden.minutes, each.item.number))
    return Check(refused, hints, burden_of(items), weights, sum(item.is_negative for item in items))
