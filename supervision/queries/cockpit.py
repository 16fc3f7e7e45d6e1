"""传导总览: one committee's subtree at a glance; the page reads stored numbers only, in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Min

from accountability.models import RollUp
from accountability.queries.records import waiting_records
from branches.access import Actor, Right
from branches.choices import Chain, Sector
from branches.models import Organization
from branches.periods import Period
from branches.queries.meetings import waiting_below
from branches.tally import Tally
from supervision.attenuation.gradient import Rung, rate
from supervision.attenuation.measures import MEASURES, Declaration
from supervision.queries import readings
from supervision.queries.choice import Choice, PeriodGroup, period_groups

#: More children than this are not drawn at once; the list behind has them all.
MOST_CHILDREN = 120


@dataclass(frozen=True)
class RungLine:
    """One rung as shown: its level, and the measures that lose most on the step that leads to it.

    `pair` is a measure of that step whose list stands behind its retention.
    """

    rung: Rung
    label: str
    above: str
    measures: list[Declaration]
    pair: str

    @property
    def has_step(self) -> bool:
        return bool(self.above)


@dataclass(frozen=True)
class LadderView:
    """The ladder of one chain with its sentence."""

    chain: str
    label: str
    sentence: str
    lines: list[RungLine]
    kept: float | None
    attenuation: float | None
    rho: float | None


@dataclass(frozen=True)
class Cell:
    """One child unit and one measure; `share` from 0 to 1, None without a reading."""

    measure: str
    tally: Tally
    heat: float | None


@dataclass(frozen=True)
class ChildLine:
    unit: readings.UnitHeat
    cells: list[Cell]


@dataclass(frozen=True)
class ColdLine:
    """A unit that needs help, with the measure it lacks most and what usually helps."""

    unit: readings.UnitHeat
    measure: Declaration
    tally: Tally


@dataclass(frozen=True)
class Waiting:
    """What waits for a decision: in which queue, how many, and since when the oldest one."""

    label: str
    url_name: str
    number: int
    since: datetime


@dataclass(frozen=True)
class TrendView:
    """Heat by level of one chain over twelve months, for the chart and for the table of the same numbers."""

    label: str
    periods: list[Period]
    series: list[tuple[str, list[float | None]]]

    @property
    def ticks(self) -> list[str]:
        return [f"{period.index}月" for period in self.periods]

    @property
    def title(self) -> str:
        return f"{self.label}近十二个月各级热度"

    @property
    def rows(self):
        """Rows of the table: (period, heats in the order of the series), oldest first."""
        return [
            (period, [values[place] for _, values in self.series])
            for place, period in enumerate(self.periods)
        ]


@dataclass(frozen=True)
class Cockpit:
    organization: Organization
    choice: Choice
    groups: list[PeriodGroup]
    chains: list[tuple[str, str]]
    sectors: list[tuple[str, str]]
    source: readings.Source | None = None
    ladders: list[LadderView] = field(default_factory=list)
    measures: list[Declaration] = field(default_factory=list)
    children: list[ChildLine] = field(default_factory=list)
    children_left: int = 0
    trends: list[TrendView] = field(default_factory=list)
    cold: list[ColdLine] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    running: Period | None = None

    @property
    def formula(self):
        return self.source.formula if self.source else None

    @property
    def remedies(self) -> list[Declaration]:
        """The measures that cold units lack most, each once, the most frequent first."""
        keys = [line.measure.key for line in self.cold]
        return [MEASURES[key] for key in sorted(set(keys), key=lambda key: (-keys.count(key), key))]

    @property
    def due(self) -> int:
        """n: items due over all ladders shown."""
        return sum(line.rung.due for ladder in self.ladders for line in ladder.lines)


def cockpit(*, actor: Actor, organization: Organization, asked) -> Cockpit:
    """Fill the page of `organization` as the query `asked` wants it seen."""
    months = readings.periods_with_readings()
    choice = Choice.read(asked, months, actor.today)
    waiting = waiting_for(actor, organization)
    source = readings.source(choice.period) if choice.period else None
    if source is None:
        return Cockpit(organization, choice, period_groups(months), [], [], waiting=waiting)
    chains, sectors = _facets(organization, source)
    ladders = readings.ladders(organization, choice.period, choice.sector or None)
    shown = [each for chain, each in ladders.items() if choice.chain in ("", chain)]
    units = readings.children_heat(organization, choice.period, choice.chain or None, choice.sector or None)
    cold = readings.cold_spots(organization, choice.period, 8, choice.chain or None, choice.sector or None)
    present = {
        key
        for each in shown
        for rung in each.ladder.rungs
        for key, tally in rung.tallies.items()
        if tally.due
    }
    measures = [declared for key, declared in MEASURES.items() if key in present]
    if asked.get("sort") == "cold":
        units = sorted(units, key=lambda unit: 101 if unit.shrunk is None else unit.shrunk)
    return Cockpit(
        organization,
        choice,
        period_groups(months),
        chains,
        sectors,
        source=source,
        ladders=[_ladder_view(each) for each in shown if each.ladder.rungs],
        measures=measures,
        children=[ChildLine(unit, _cells(unit, measures)) for unit in units[:MOST_CHILDREN]],
        children_left=max(0, len(units) - MOST_CHILDREN),
        trends=[_trend(organization, choice, each.chain) for each in shown if each.ladder.rungs],
        cold=[line for line in (_cold_line(unit, source) for unit in cold) if line],
        running=months[0] if months[0] != choice.period and months[0].ends_on >= actor.today else None,
        waiting=waiting,
    )


def waiting_for(actor: Actor, organization: Organization) -> list[Waiting]:
    """What waits below `organization` and this post may decide."""
    queues = []
    if actor.has(Right.CONFIRM_MEETINGS):
        queues.append(("会议记录", "review-queue", waiting_below(organization, actor)))
    if actor.has(Right.REVIEW_DUTIES):
        queues.append(("履责纪实", "duty-review-queue", waiting_records(organization, actor)))
    found = []
    for label, url_name, rows in queues:
        sums = rows.order_by().aggregate(number=Count("pk"), since=Min("submitted_at"))
        if sums["number"]:
            found.append(Waiting(label, url_name, sums["number"], sums["since"]))
    return found


def _facets(organization: Organization, source: readings.Source):
    """The chains and sectors present in the scope, as choices for the selector."""
    pairs = set(
        RollUp.objects.filter(run=source.runs[-1], scope=organization)
        .order_by()
        .values_list("chain", "sector")
        .distinct()
    )
    chains = {chain for chain, _ in pairs}
    sectors = {sector for _, sector in pairs}
    return (
        [(value, label) for value, label in Chain.choices if value in chains],
        [(value, label) for value, label in Sector.choices if value in sectors],
    )


def _ladder_view(each: readings.ScopeLadder) -> LadderView:
    lines, above = [], ""
    for rung in each.ladder.rungs:
        label = readings.LEVEL_LABELS[rung.level]
        parts = rung.loss_by_measure if rung.retention is not None else rung.drop_by_measure
        main = _main(parts)
        paired = [key for key, tally in rung.carried.items() if tally.due]
        pair = main[0].key if main else paired[0] if paired else ""
        lines.append(RungLine(rung, label, above, main, pair))
        above = label
    return LadderView(
        each.chain,
        Chain(each.chain).label,
        each.sentence,
        lines,
        each.ladder.kept,
        each.ladder.attenuation,
        each.ladder.rho,
    )


def _main(parts, most: int = 2) -> list[Declaration]:
    """The measures that lose most on a step, the largest first."""
    losses = sorted(((part, key) for key, part in parts.items() if part > 0), reverse=True)
    return [MEASURES[key] for part, key in losses[:most] if part >= losses[0][0] / 4]


def _cells(unit: readings.UnitHeat, measures: Sequence[Declaration]) -> list[Cell]:
    cells = []
    for declared in measures:
        tally = unit.tallies.get(declared.key, Tally(0, 0))
        cells.append(Cell(declared.key, tally, tally.percent))
    return cells


def _cold_line(unit: readings.UnitHeat, source: readings.Source) -> ColdLine | None:
    """A unit that is not hot, with the measure that costs it most points."""
    if unit.shrunk is None or unit.shrunk >= source.formula.hot_from:
        return None
    lost = {
        key: source.weights[key] * (1 - (rate(unit.tallies[key]) or 0))
        for key in MEASURES
        if key in source.weights and key in unit.tallies and unit.tallies[key].due
    }
    if not lost:
        return None
    worst = max(lost, key=lambda key: lost[key])
    return ColdLine(unit, MEASURES[worst], unit.tallies[worst])


def _trend(organization: Organization, choice: Choice, chain: str) -> TrendView:
    """The twelve months that end with the chosen period; a line a level."""
    periods = choice.period.last_month.trailing(12)
    points = readings.trend(organization, periods, chain, choice.sector or None)
    levels = sorted({level for point in points for level in point.by_level})
    series = [
        (readings.LEVEL_LABELS[level], [point.by_level.get(level) for point in points]) for level in levels
    ]
    return TrendView(Chain(chain).label, periods, series)
