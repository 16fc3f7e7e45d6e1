"""One unit beside its own earlier years, and where it stands among similar units without saying who they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from accountability.choices import RoundState
from accountability.models import Evaluation, ResultSheet, SchemeVersion
from accountability.quarters import LEAST_SHOWN, Band, Quarters, quarters_of
from accountability.scoring.numbers import HUNDRED, ZERO, shown
from accountability.scoring.schemes import Role, Scheme

#: Most years looked back.
YEARS = 6


@dataclass(frozen=True)
class Share:
    """Points of full marks, with the share in percent (None without full marks)."""

    points: Decimal
    full: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """Percent of the full marks."""
        return self.points * HUNDRED / self.full if self.full else None

    @property
    def percent(self) -> str:
        """The same in words."""
        return "—" if self.share is None else f"{self.share:.0f}%"

    @property
    def width(self) -> str:
        """The same as the width of a bar."""
        return f"{min(HUNDRED, max(ZERO, self.share or ZERO)):.1f}"

    def __str__(self) -> str:
        return shown(self.points)


@dataclass(frozen=True)
class Year:
    """One earlier (or the present) result of the unit; `lines` beside the lines of the whole comparison."""

    evaluation: Evaluation
    total: Share
    lines: list[Share | None]


@dataclass(frozen=True)
class Comparison:
    """Years, newest first, over `lines` (titles); `quarters` of similar units and where this one stands in them."""

    years: list[Year]
    lines: list[str]
    quarters: Quarters | None
    band: Band | None
    similar: str

    @property
    def before(self) -> Year | None:
        """The year before."""
        return self.years[1] if len(self.years) > 1 else None

    @property
    def is_comparing(self) -> bool:
        """Whether there is anything to compare with."""
        return self.before is not None or self.quarters is not None


def comparison_of(evaluation: Evaluation) -> Comparison | None:
    """What a unit's result is compared with; None for persons, who are never compared. Three queries, four at most."""
    if evaluation.appointment_id is not None or evaluation.total is None:
        return None
    rows = list(
        Evaluation.objects.of_units()
        .filter(
            Q(pk=evaluation.pk) | Q(round__state=RoundState.PUBLISHED, round__year__lt=evaluation.round.year),
            organization=evaluation.organization_id,
            round__organization=evaluation.round.organization_id,
            scheme__scheme__code=evaluation.scheme.scheme.code,
            total__isnull=False,
        )
        .select_related("round")
        .order_by("-round__year", "-round__pk")[:YEARS]
    )
    sheets = {
        row["evaluation"]: row
        for row in ResultSheet.objects.filter(evaluation__in=rows).values(
            "evaluation", "version", "result__lines"
        )
    }
    tables = {
        version.pk: version.table
        for version in SchemeVersion.objects.filter(pk__in={row["version"] for row in sheets.values()})
    }
    keys: dict[str, str] = {}
    for row in rows:
        if row.pk in sheets:
            for line in tables[sheets[row.pk]["version"]].lines:
                keys.setdefault(line.key, line.title)
    years = [_year(row, sheets[row.pk], tables, keys) for row in rows if row.pk in sheets]
    quarters = quarters_of(_similar(evaluation), LEAST_SHOWN)
    return Comparison(
        years,
        list(keys.values()),
        quarters,
        quarters.band(evaluation.total) if quarters else None,
        similar_in_words(evaluation.organization),
    )


def _year(row: Evaluation, sheet: Mapping, tables: Mapping[int, Scheme], keys: Mapping[str, str]) -> Year:
    table = tables[sheet["version"]]
    lines = {line.key: line for line in table.lines}
    shares = []
    for key in keys:
        line, points = lines.get(key), (sheet["result__lines"] or {}).get(key)
        if line is None or points is None:
            shares.append(None)
        else:
            shares.append(Share(Decimal(points), line.full if line.role is Role.BASE else None))
    return Year(row, Share(row.total, table.full), shares)


def _similar(evaluation: Evaluation) -> list[Decimal]:
    """Totals of the units of the same kind, level and sector that the same table was used for, this one included."""
    unit = evaluation.organization
    return list(
        Evaluation.objects.of_units()
        .filter(
            scheme=evaluation.scheme_id,
            organization__kind=unit.kind,
            organization__level=unit.level,
            organization__sector=unit.sector,
            total__isnull=False,
        )
        .order_by()
        .values_list("total", flat=True)
    )


def similar_in_words(unit) -> str:
    """Which units are similar: kind, level and sector."""
    words = (unit.get_sector_display(), unit.get_level_display(), unit.get_kind_display())
    return "·".join(dict.fromkeys(filter(None, words)))
