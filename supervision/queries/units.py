"""The list behind a number: the organisations that were counted, with what was due and done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from django.db.models import Exists, F, OuterRef, Q, Sum

from accountability.choices import Measure
from accountability.models import Reading, RollUp
from branches.choices import Chain, Level, Sector
from branches.models import Organization
from branches.querysets.organizations import subtree
from branches.tally import Tally
from supervision.attenuation.gradient import heat
from supervision.attenuation.measures import MEASURES, Declaration
from supervision.queries import readings
from supervision.queries.choice import Choice, PeriodGroup, period_groups

PAGE = 50


@dataclass(frozen=True)
class UnitFilter:
    """Which organisations: of a level, and only those that miss something (of one measure, or of any).

    `carried` keeps what the level above had carried of one measure: the pairs a retention is made of.
    """

    level: int | None = None
    measure: str = ""
    only_short: bool = False
    carried: bool = False

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Self:
        """Read the query of an address; what makes no sense is left out."""
        level = asked.get("level", "")
        measure = asked.get("measure", "")
        return cls(
            level=int(level) if level.isdecimal() and int(level) in Level.values else None,
            measure=measure if measure in MEASURES else "",
            only_short=asked.get("short") == "1",
            carried=asked.get("carried") == "1" and measure in MEASURES,
        )

    @property
    def query(self) -> dict[str, str]:
        return {
            "level": str(self.level or ""),
            "measure": self.measure,
            "short": "1" if self.only_short else "",
            "carried": "1" if self.carried else "",
        }


@dataclass(frozen=True)
class UnitLine:
    """One organisation alone: its own tallies, and the one the list asks about."""

    organization: Organization
    level: str
    tally: Tally
    heat: float | None
    tallies: list[tuple[Declaration, Tally]]


@dataclass(frozen=True)
class UnitPage:
    """One page of the list; `total` are all organisations of the filter but for `only_short`."""

    organization: Organization
    choice: Choice
    filter: UnitFilter
    groups: list[PeriodGroup]
    source: readings.Source | None
    lines: list[UnitLine]
    total: int
    tally: Tally
    levels: list[tuple[int, str]]
    chains: list[tuple[str, str]]
    sectors: list[tuple[str, str]]
    next_query: str = ""
    first_query: str = ""

    @property
    def measure(self) -> Declaration | None:
        return MEASURES.get(self.filter.measure)

    @property
    def formula(self):
        return self.source.formula if self.source else None

    @property
    def all_measures(self) -> list[Declaration]:
        return list(MEASURES.values())

    @property
    def chips(self) -> list[tuple[str, str]]:
        """The filters that are on: (query parameter, words)."""
        chips = []
        if self.choice.chain:
            chips.append(("chain", Chain(self.choice.chain).label))
        if self.choice.sector:
            chips.append(("sector", Sector(self.choice.sector).label))
        if self.filter.level:
            chips.append(("level", Level(self.filter.level).label))
        if self.measure:
            chips.append(("measure", self.measure.label))
        if self.filter.carried:
            chips.append(("carried", "只看上级已做到的"))
        if self.filter.only_short:
            chips.append(("short", "只看有缺口的"))
        return chips


def unit_page(*, organization: Organization, asked: Mapping[str, str], today) -> UnitPage:
    """The organisations counted in the subtree of `organization`, in tree order, page by page."""
    months = readings.periods_with_readings()
    choice, wanted = Choice.read(asked, months, today), UnitFilter.read(asked)
    source = readings.source(choice.period) if choice.period else None
    groups = period_groups(months)
    if source is None:
        return UnitPage(organization, choice, wanted, groups, None, [], 0, Tally(0, 0), [], [], [])
    rows = _rows(organization, choice, wanted, source)
    after = asked.get("after", "")
    if after:
        rows = rows.filter(organization__path__gt=after)
    found = list(rows[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    nodes = Organization.objects.select_related("parent").in_bulk([row["organization_id"] for row in found])
    lines = [_line(nodes[row["organization_id"]], row, wanted, source) for row in found]
    sums = _sums(organization, choice, wanted, source)
    return UnitPage(
        organization,
        choice,
        wanted,
        groups,
        source,
        lines,
        next_query=choice.query(**wanted.query, after=found[-1]["path"]) if more else "",
        first_query=choice.query(**wanted.query) if after else "",
        **sums,
    )


#: Duties are paired record by record, by the duty each was decomposed from.
_PAIRED_BY_RECORD = (Measure.DUTIES, Measure.DUTIES_TIMELY)


def _parent_reached(key: str, source: readings.Source) -> Q:
    """Readings whose committee above reached the pass mark on the same measure, as the sums count them."""
    reached = Q()
    for run in source.runs:
        above = (
            Reading.objects.filter(run=run, organization=OuterRef("parent"), **{f"{key}_due__gt": 0})
            .alias(won=F(f"{key}_done") * 100, asked=F(f"{key}_due") * int(run.formula.theta * 100))
            .filter(won__gte=F("asked"))
        )
        reached |= Q(Exists(above), run=run)
    return reached


def _columns(wanted: UnitFilter) -> list[str]:
    return [wanted.measure] if wanted.measure else list(MEASURES)


def _rows(organization: Organization, choice: Choice, wanted: UnitFilter, source: readings.Source):
    """Own integers by organisation, the months of the period added up, in the order of the tree."""
    narrowed = {"chain": choice.chain, "sector": choice.sector, "level": wanted.level}
    rows = Reading.objects.filter(run_id__in=[run.pk for run in source.runs]).filter(
        subtree(organization, "organization"), **{name: value for name, value in narrowed.items() if value}
    )
    columns = {f"{key}_{side}": f"{key}_{side}" for key in MEASURES for side in ("due", "done")}
    if wanted.carried and wanted.measure in _PAIRED_BY_RECORD:
        for side in ("due", "done"):
            columns[f"{wanted.measure}_{side}"] = f"{wanted.measure}_carried_{side}"
    elif wanted.carried:
        rows = rows.filter(_parent_reached(wanted.measure, source))
    # A single month has one reading a unit: without grouping, a page stops reading after its last row.
    total = F if len(source.runs) == 1 else Sum
    rows = (
        rows.order_by()
        .values("organization_id", path=F("organization__path"))
        .annotate(**{f"sum_{name}": total(column) for name, column in columns.items()})
    )
    if wanted.measure:
        rows = rows.filter(**{f"sum_{wanted.measure}_due__gt": 0})
    if wanted.only_short:
        lacking = sum(F(f"sum_{key}_due") - F(f"sum_{key}_done") for key in _columns(wanted))
        rows = rows.alias(lacking=lacking).filter(lacking__gt=0)
    return rows.order_by("organization__path")


def _line(organization: Organization, row, wanted: UnitFilter, source: readings.Source) -> UnitLine:
    tallies = {key: Tally(row[f"sum_{key}_done"], row[f"sum_{key}_due"]) for key in MEASURES}
    return UnitLine(
        organization,
        Level(organization.level).label,
        Tally.sum(tallies[key] for key in _columns(wanted)),
        heat(tallies, source.weights),
        [(declared, tallies[key]) for key, declared in MEASURES.items() if tallies[key].due],
    )


def _sums(organization: Organization, choice: Choice, wanted: UnitFilter, source: readings.Source) -> dict:
    """Totals from the sums that are stored, so that counting costs nothing however many there are."""
    newest = source.runs[-1].pk
    rows = list(
        RollUp.objects.filter(run_id__in=[run.pk for run in source.runs], scope=organization)
        .order_by()
        .values(
            "run_id",
            "level",
            "chain",
            "sector",
            "organizations",
            *(f"{key}_{side}" for key in MEASURES for side in ("due", "done", "carried_due", "carried_done")),
        )
    )
    counted = [
        row
        for row in rows
        if choice.chain in ("", row["chain"])
        and choice.sector in ("", row["sector"])
        and wanted.level in (None, row["level"])
    ]
    kind = "carried_" if wanted.carried else ""
    return {
        "total": sum(row["organizations"] for row in counted if row["run_id"] == newest),
        "tally": Tally.sum(
            Tally(row[f"{key}_{kind}done"], row[f"{key}_{kind}due"])
            for row in counted
            for key in _columns(wanted)
        ),
        "levels": [(level, Level(level).label) for level in sorted({row["level"] for row in rows})],
        "chains": [each for each in Chain.choices if each[0] in {row["chain"] for row in rows}],
        "sectors": [each for each in Sector.choices if each[0] in {row["sector"] for row in rows}],
    }
