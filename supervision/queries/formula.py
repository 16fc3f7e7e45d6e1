"""口径: its versions, the month a new one may begin with, and what it would change in last month's numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from accountability.models import Formula, Run
from branches.choices import Chain
from branches.models import Organization
from branches.periods import Period
from branches.tally import Tally
from supervision.attenuation.gradient import heat
from supervision.attenuation.measures import MEASURES, Declaration
from supervision.queries import readings
from supervision.queries.choice import Choice

#: The first formula is stored with a month long before any record.
FIRST_YEAR = 2000
#: Months ahead for which a new version may be announced.
MONTHS_AHEAD = 12


def formula_in_force(month: Period) -> Formula | None:
    """The version that judges `month`, as the engine chooses it: the newest of those that have begun."""
    return Formula.objects.filter(effective_from__lte=month.key).order_by("-number").first()


def first_free_month(today: date) -> Period:
    """The earliest month a new version may begin with: no month that has been computed is judged anew."""
    newest = Run.objects.aggregate(newest=Max("period"))["newest"]
    this = Period.month_of(today)
    return max(this, Period.from_key(newest).next()) if newest else this


def months_to_choose(today: date) -> list[Period]:
    """The months a new version may begin with, the earliest first."""
    first = first_free_month(today)
    return [first.shift(step) for step in range(MONTHS_AHEAD)]


@dataclass(frozen=True)
class Version:
    """One version as listed: `state` is 现行, 未起用 or 已停用; `weights` pairs (measure, weight, share)."""

    formula: Formula
    begins: Period
    state: str
    weights: list[tuple[Declaration, float, float]]

    @property
    def since(self) -> str:
        return since(self.begins)


def since(begins: Period) -> str:
    """From when a version counts, in words; the first one has counted from the beginning."""
    return f"自{begins.label}起" if begins.year >= FIRST_YEAR else "自启用本系统起"


def versions(today: date) -> list[Version]:
    """All versions, the newest first."""
    current = formula_in_force(Period.month_of(today))
    found = []
    for formula in Formula.objects.select_related("author"):
        begins = Period.from_key(formula.effective_from)
        if current and formula.pk == current.pk:
            state = "现行"
        else:
            state = "未起用" if begins > Period.month_of(today) else "已停用"
        found.append(Version(formula, begins, state, weight_lines(formula.weights)))
    return found


def weight_lines(weights: Mapping[str, float]) -> list[tuple[Declaration, float, float]]:
    """(measure, weight, its share of all) in the order of declaration."""
    total = sum(weights.get(key, 0) for key in MEASURES) or 1
    return [(each, weights.get(key, 0), weights.get(key, 0) / total) for key, each in MEASURES.items()]


@dataclass(frozen=True)
class Effect:
    """Heat of one level or child unit under the present and the proposed version."""

    label: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class EffectPage:
    """What the proposal would have made of `period`; the stored numbers stay as they are."""

    period: Period | None
    formula: Formula | None
    levels: list[Effect]
    children: list[Effect]

    @property
    def tables(self) -> list[tuple[str, list[Effect]]]:
        return [(title, rows) for title, rows in (("层级", self.levels), ("下级", self.children)) if rows]


def effect_of(proposed: Formula, organization: Organization, today: date) -> EffectPage:
    """Judge the newest closed month of `organization` once more with the proposed weights."""
    choice = Choice.read({}, readings.periods_with_readings(), today)
    source = readings.source(choice.period) if choice.period else None
    if source is None:
        return EffectPage(None, None, [], [])

    def effect(label: str, tallies: Mapping[str, Tally]) -> Effect:
        return Effect(label, heat(tallies, source.weights), heat(tallies, proposed.weights))

    levels = [
        effect(f"{Chain(chain).label} · {readings.LEVEL_LABELS[rung.level]}", rung.tallies)
        for chain, each in readings.ladders(organization, choice.period).items()
        for rung in each.ladder.rungs
    ]
    children = [
        effect(unit.organization.short_name, unit.tallies)
        for unit in readings.children_heat(organization, choice.period)
    ]
    return EffectPage(choice.period, source.formula, levels, children[:40])
