"""Stored numbers for pages: ladders, child units, trends, cold spots and quartiles; a page reads rows, never records.

Everywhere `period` is a `branches.periods.Period` (a month, or a longer window whose months are added up), `chain` a
`branches.choices.Chain` value and `sector` a `Sector` value or None for all. Only current runs are read. A result of
None means that nothing has been computed for the period; `due == 0` means no reading. The number of queries never
depends on the number of rows.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Q, Sum

from accountability.choices import Measure
from accountability.models import Formula, Reading, RollUp, Run
from branches.choices import Chain, Level
from branches.models import Organization
from branches.periods import Interval, Period
from branches.tally import Tally
from supervision.attenuation.gradient import (
    Band,
    Bounds,
    Ladder,
    LevelReading,
    band,
    build_ladder,
    heat,
    heat_interval,
    sentence,
    shrunk_heat,
)

MEASURE_KEYS = tuple(measure.value for measure in Measure)
MEASURE_LABELS = {measure.value: str(measure.label) for measure in Measure}
#: What people call the rungs in a sentence.
LEVEL_LABELS = {level.value: str(level.label) for level in Level} | {
    Level.PRIMARY.value: "乡镇",
    Level.BRANCH.value: "支部",
}
#: A quartile among fewer similar units would say more about chance than about the unit.
LEAST_PEERS = 8
_OWN = [f"{key}_{side}" for key in MEASURE_KEYS for side in ("due", "done")]
_CARRIED = [f"{key}_carried_{side}" for key in MEASURE_KEYS for side in ("due", "done")]


@dataclass(frozen=True)
class Source:
    """Where the numbers of a period come from, to be printed beside them.

    `runs` are the current runs of its months, oldest first; `formula` is that of the newest. `is_open` says that a
    month of it is not closed yet, `missing` lists months of it without a run.
    """

    period: Period
    runs: tuple[Run, ...]
    formula: Formula
    missing: tuple[Period, ...]

    @property
    def cutoff(self) -> datetime:
        """Data cut-off of the newest run."""
        return self.runs[-1].cutoff

    @property
    def number(self) -> int:
        """Number of the newest run."""
        return self.runs[-1].number

    @property
    def is_open(self) -> bool:
        return any(run.frozen_at is None for run in self.runs)

    @property
    def weights(self) -> Mapping[str, float]:
        return self.formula.weights

    def band(self, value: float | None) -> Band | None:
        """热, 温 or 冷 by the formula's limits."""
        return band(value, self.formula.hot_from, self.formula.warm_from)


@dataclass(frozen=True)
class ScopeLadder:
    """The ladder of one chain inside the subtree of `scope`; `sentence` says it in one Chinese sentence."""

    scope: Organization
    chain: str
    sector: str | None
    source: Source
    ladder: Ladder
    sentence: str

    @property
    def organizations(self) -> int:
        return sum(rung.organizations for rung in self.ladder.rungs)


@dataclass(frozen=True)
class UnitHeat:
    """One unit: `organization` with everything below it (`organizations` of them), or alone when it leads none.

    `tallies` by measure key; `heat` 0–100, None without a reading; `shrunk` is drawn towards `of_level`'s mean and is
    what lists are sorted by; `due` is n.
    """

    organization: Organization
    organizations: int
    tallies: Mapping[str, Tally]
    heat: float | None
    interval: Bounds | None
    band: Band | None
    shrunk: float | None

    @property
    def due(self) -> int:
        return sum(tally.due for tally in self.tallies.values())

    @property
    def shortfall(self) -> int:
        return sum(tally.shortfall for tally in self.tallies.values())


@dataclass(frozen=True)
class TrendPoint:
    """One period of a scope; heats are 0–100 and None without a reading. `by_level` is keyed by `Level` value."""

    period: Period
    heat: float | None
    kept: float | None
    by_level: Mapping[int, float | None]
    by_measure: Mapping[str, Tally]
    is_open: bool


@dataclass(frozen=True)
class OwnReading:
    """The numbers of one organisation alone, without what is below it."""

    organization: Organization
    source: Source
    level: int
    chain: str
    sector: str
    tallies: Mapping[str, Tally]
    heat: float | None
    interval: Bounds | None
    band: Band | None


@dataclass(frozen=True)
class Quartile:
    """Where a unit stands among `peers` similar units (same level, chain and sector nearby): 1 is the hottest quarter."""

    quartile: int
    peers: int
    median: float


def source(period: Period) -> Source | None:
    """The current runs behind a period; one query."""
    return _sources([period]).get(period)


def latest_period(interval: Interval = Interval.MONTH) -> Period | None:
    """The newest period with numbers, whether closed or not."""
    key = Run.objects.filter(is_current=True).aggregate(newest=Max("period"))["newest"]
    if key is None:
        return None
    month = Period.from_key(key)
    return Period(month.year, interval, (month.index - 1) // interval.length + 1)


def periods_with_readings() -> list[Period]:
    """Months that have a current run, newest first."""
    keys = Run.objects.filter(is_current=True).order_by("-period").values_list("period", flat=True)
    return [Period.from_key(key) for key in keys]


def ladder(scope: Organization, period: Period, chain: str, sector: str | None = None) -> ScopeLadder | None:
    """The ladder of one chain of `scope`; None without a run. A scope without that chain has no rungs."""
    found = source(period)
    if found is None:
        return None
    return _ladder(scope, found, chain, sector, _levels(scope, found.runs, sector).get(chain, []))


def ladders(scope: Organization, period: Period, sector: str | None = None) -> dict[str, ScopeLadder]:
    """The ladders of all chains present in `scope`, keyed by chain; empty without a run. Two queries."""
    found = source(period)
    if found is None:
        return {}
    levels = _levels(scope, found.runs, sector)
    return {
        chain: _ladder(scope, found, chain, sector, levels[chain])
        for chain in Chain.values
        if chain in levels
    }


def children_heat(
    scope: Organization, period: Period, chain: str | None = None, sector: str | None = None
) -> list[UnitHeat]:
    """The units directly below `scope` as the tree stood, each with its whole subtree, in tree order."""
    found = source(period)
    if found is None:
        return []
    below = _below(found.runs[-1], [scope.pk])
    return _units(below, found, chain, sector)


def cold_spots(
    scope: Organization, period: Period, limit: int = 10, chain: str | None = None, sector: str | None = None
) -> list[UnitHeat]:
    """The coldest units one or two steps below `scope`, coldest first by shrunk heat.

    Two steps keep the list at hand for a committee of any size: who wants to see further down walks down.
    """
    found = source(period)
    if found is None:
        return []
    run = found.runs[-1]
    below = _below(run, [scope.pk])
    deeper = _below(run, [reading.organization_id for reading in below if reading.leads])
    units = [unit for unit in _units(below + deeper, found, chain, sector) if unit.shrunk is not None]
    units.sort(key=lambda unit: (unit.shrunk, -unit.shortfall, unit.organization.path))
    return units[:limit]


def trend(
    scope: Organization, periods: Sequence[Period], chain: str | None = None, sector: str | None = None
) -> list[TrendPoint]:
    """Heat of a scope over periods, in the order given; a period without a run has no heat. Three queries."""
    sources = _sources(periods)
    run_ids = {run.pk for each in sources.values() for run in each.runs}
    rows: dict[int, list[dict]] = {}
    for row in _scope_rows(scope, run_ids, sector, chain):
        rows.setdefault(row["run_id"], []).append(row)
    return [_point(period, sources.get(period), rows) for period in periods]


def own_reading(organization: Organization, period: Period) -> OwnReading | None:
    """The unit's own numbers; None without a run or when it did not count in the period."""
    found = source(period)
    if found is None:
        return None
    rows = list(Reading.objects.filter(run_id__in=[run.pk for run in found.runs], organization=organization))
    if not rows:
        return None
    newest = max(rows, key=lambda row: [run.pk for run in found.runs].index(row.run_id))
    tallies = _sum_tallies([{name: getattr(row, name) for name in _OWN} for row in rows])
    value = heat(tallies, found.weights)
    return OwnReading(
        organization,
        found,
        newest.level,
        newest.chain,
        newest.sector,
        tallies,
        value,
        heat_interval(tallies, found.weights),
        found.band(value),
    )


def quartile(organization: Organization, period: Period) -> Quartile | None:
    """The quarter a unit falls in among similar units under the committee two steps above it.

    None without a reading or with fewer than `LEAST_PEERS` similar units: no name and no rank is ever given.
    """
    found = source(period)
    if found is None:
        return None
    run = found.runs[-1]
    own = Reading.objects.filter(run=run, organization=organization).first()
    if own is None or own.parent_id is None:
        return None
    above = Reading.objects.filter(run=run, organization=own.parent_id).values("parent_id")
    near = Reading.objects.filter(run=run, parent__in=above, leads=True).values("organization_id")
    peers = Reading.objects.filter(run=run, level=own.level, chain=own.chain, sector=own.sector).filter(
        Q(parent=own.parent_id) | Q(parent__in=near)
    )
    sums: dict[int, list[dict]] = {}
    ids = [each.pk for each in found.runs]
    if len(ids) == 1:
        rows: Iterable[dict] = peers.values("organization_id", *_OWN)
    else:
        rows = Reading.objects.filter(
            run_id__in=ids, organization__in=peers.values("organization_id")
        ).values("organization_id", *_OWN)
    for row in rows:
        sums.setdefault(row["organization_id"], []).append(row)
    heats = {pk: _quick_heat(rows, found.weights) for pk, rows in sums.items()}
    mine = heats.get(organization.pk)
    others = sorted(value for value in heats.values() if value is not None)
    if mine is None or len(others) < LEAST_PEERS:
        return None
    hotter = len(others) - bisect_right(others, mine)
    middle = len(others) // 2
    median = others[middle] if len(others) % 2 else (others[middle - 1] + others[middle]) / 2
    return Quartile(1 + 4 * hotter // len(others), len(others), median)


def _sources(periods: Iterable[Period]) -> dict[Period, Source]:
    periods = list(periods)
    keys = {month.key for period in periods for month in period.months}
    runs = {
        run.period: run
        for run in Run.objects.filter(is_current=True, period__in=sorted(keys)).select_related("formula")
    }
    sources = {}
    for period in periods:
        found = tuple(runs[month.key] for month in period.months if month.key in runs)
        if found:
            missing = tuple(month for month in period.months if month.key not in runs)
            sources[period] = Source(period, found, found[-1].formula, missing)
    return sources


def _scope_rows(scope: Organization, run_ids: Iterable[int], sector: str | None, chain: str | None = None):
    """Sums by run, chain and level inside a scope: its roll-up, or its own reading when it leads nobody."""
    run_ids = sorted(run_ids)
    columns = [*_OWN, *_CARRIED]
    rows = RollUp.objects.filter(run_id__in=run_ids, scope=scope)
    if sector:
        rows = rows.filter(sector=sector)
    if chain:
        rows = rows.filter(chain=chain)
    found = list(
        rows.values("run_id", "chain", "level").annotate(
            count=Sum("organizations"), **{f"sum_{name}": Sum(name) for name in columns}
        )
    )
    for row in found:
        for name in columns:
            row[name] = row.pop(f"sum_{name}")
    if found:
        return found
    own = Reading.objects.filter(run_id__in=run_ids, organization=scope)
    if sector:
        own = own.filter(sector=sector)
    if chain:
        own = own.filter(chain=chain)
    return [
        dict.fromkeys(_CARRIED, 0) | row | {"count": 1}
        for row in own.values("run_id", "chain", "level", *_OWN)
    ]


def _levels(scope: Organization, runs: Sequence[Run], sector: str | None) -> dict[str, list[LevelReading]]:
    """Level readings from the top down, by chain; months are added up, organisations are those of the newest run."""
    newest = runs[-1].pk
    grouped: dict[tuple[str, int], list[dict]] = {}
    for row in _scope_rows(scope, [run.pk for run in runs], sector):
        grouped.setdefault((row["chain"], row["level"]), []).append(row)
    levels: dict[str, list[LevelReading]] = {}
    for (chain, level), rows in sorted(grouped.items()):
        levels.setdefault(chain, []).append(_level(level, rows, newest))
    return levels


def _level(level: int, rows: Sequence[dict], newest: int) -> LevelReading:
    def column(suffix):
        return {key: sum(row[f"{key}_{suffix}"] for row in rows) for key in MEASURE_KEYS}

    counts = {row["run_id"]: row["count"] for row in rows}
    return LevelReading(
        level=level,
        organizations=counts.get(newest, max(counts.values())),
        due=column("due"),
        done=column("done"),
        carried_due=column("carried_due"),
        carried_done=column("carried_done"),
    )


def _ladder(
    scope, found: Source, chain: str, sector: str | None, levels: Sequence[LevelReading]
) -> ScopeLadder:
    formula = found.formula
    built = build_ladder(
        levels,
        formula.weights,
        margin=formula.margin,
        hot=formula.hot_from,
        warm=formula.warm_from,
    )
    return ScopeLadder(scope, chain, sector, found, built, sentence(built, LEVEL_LABELS, MEASURE_LABELS))


def _below(run: Run, parents: Sequence[int]) -> list[Reading]:
    return list(
        Reading.objects.filter(run=run, parent__in=parents)
        .select_related("organization")
        .order_by("organization__path")
    )


def _units(
    readings: Sequence[Reading], found: Source, chain: str | None, sector: str | None
) -> list[UnitHeat]:
    """Units with their subtrees; readings alone for those that lead nobody. Two queries whatever the number."""
    run_ids = [run.pk for run in found.runs]
    newest = run_ids[-1]
    narrowed = {name: value for name, value in (("chain", chain), ("sector", sector)) if value}
    sums: dict[int, list[dict]] = {}
    leading = [reading.organization_id for reading in readings if reading.leads]
    rolled = RollUp.objects.filter(run_id__in=run_ids, scope__in=leading, **narrowed)
    for row in rolled.values("run_id", unit=F("scope_id")).annotate(
        count=Sum("organizations"), **{f"sum_{name}": Sum(name) for name in _OWN}
    ):
        sums.setdefault(row["unit"], []).append(
            {name: row[f"sum_{name}"] for name in _OWN}
            | {"count": row["count"] if row["run_id"] == newest else 0}
        )
    single = [reading.organization_id for reading in readings if not reading.leads]
    own = Reading.objects.filter(run_id__in=run_ids, organization__in=single, **narrowed)
    for row in own.values("run_id", "organization_id", *_OWN):
        sums.setdefault(row["organization_id"], []).append(row | {"count": int(row["run_id"] == newest)})
    by_level: dict[int, list[dict]] = {}
    for reading in readings:
        by_level.setdefault(reading.level, []).extend(sums.get(reading.organization_id, []))
    means = {level: _sum_tallies(rows) for level, rows in by_level.items()}
    units = []
    for reading in readings:
        rows = sums.get(reading.organization_id)
        if not rows:
            continue
        tallies = _sum_tallies(rows)
        value = heat(tallies, found.weights)
        units.append(
            UnitHeat(
                reading.organization,
                sum(row["count"] for row in rows),
                tallies,
                value,
                heat_interval(tallies, found.weights),
                found.band(value),
                shrunk_heat(tallies, found.weights, means[reading.level]),
            )
        )
    return units


def _sum_tallies(rows: Iterable[Mapping]) -> dict[str, Tally]:
    rows = list(rows)
    return {
        key: Tally(sum(row[f"{key}_done"] for row in rows), sum(row[f"{key}_due"] for row in rows))
        for key in MEASURE_KEYS
    }


def _quick_heat(rows: Sequence[Mapping], weights: Mapping[str, float]) -> float | None:
    """Heat in floating point, for comparing hundreds of peers at once."""
    total = weight_sum = 0.0
    for key, weight in weights.items():
        due = sum(row[f"{key}_due"] for row in rows)
        if due and weight:
            total += weight * sum(row[f"{key}_done"] for row in rows) / due
            weight_sum += weight
    return 100 * total / weight_sum if weight_sum else None


def _point(period: Period, found: Source | None, rows: Mapping[int, list[dict]]) -> TrendPoint:
    if found is None:
        return TrendPoint(period, None, None, {}, {}, is_open=False)
    own = [row for run in found.runs for row in rows.get(run.pk, [])]
    by_level: dict[int, list[dict]] = {}
    for row in own:
        by_level.setdefault(row["level"], []).append(row)
    tallies = _sum_tallies(own)
    levels = [_level(level, grouped, found.runs[-1].pk) for level, grouped in sorted(by_level.items())]
    chains = {row["chain"] for row in own}
    return TrendPoint(
        period=period,
        heat=heat(tallies, found.weights),
        kept=build_ladder(levels, found.weights).kept if len(chains) == 1 else None,
        by_level={reading.level: heat(reading.tallies, found.weights) for reading in levels},
        by_measure=tallies,
        is_open=found.is_open,
    )
