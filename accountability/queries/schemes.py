"""The scoring tables of an organisation, those it is judged by, and which units below none or two of them are for."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.db.models import Count

from accountability.choices import Subject
from accountability.models import RoundScheme, Scheme, SchemeDraft, SchemeVersion
from accountability.scheme_differences import TableDifference, compare_tables
from branches.access import Right
from branches.choices import Level, OrganizationKind, Sector
from branches.models import Organization


@dataclass(frozen=True)
class TypeGap:
    """Units below of one kind, level and sector, and the schemes that are for them: none, or more than one."""

    kind: str
    level: str
    sector: str
    units: int
    schemes: list[Scheme] = field(default_factory=list)


@dataclass(frozen=True)
class SchemeList:
    """The schemes of a year: one's own, those of the committees above, and drafts of new ones."""

    own: list[Scheme]
    inherited: list[Scheme]
    drafts: list[SchemeDraft]
    years: list[int]
    uncovered: list[TypeGap]
    doubled: list[TypeGap]


def scheme_list(
    organization: Organization, year: int, today: date, *, subject="", sector="", drafts=False
) -> SchemeList:
    """What the page of an organisation shows; a constant number of queries."""
    day = min(max(today, date(year, 1, 1)), date(year, 12, 31))
    above = list(Organization.objects.above(organization).values_list("pk", flat=True))
    every = Scheme.objects.filter(organization__in=[*above, organization.pk])
    years = sorted({year, *every.order_by().values_list("year", flat=True).distinct()}, reverse=True)
    rows = list(
        every.filter(year=year)
        .select_related("organization", "draft")
        .annotate(round_count=Count("rounds"))
        .order_by("organization__path", "code")
    )
    units = [scheme for scheme in rows if scheme.subject == Subject.UNIT and is_in_force(scheme, day)]
    gaps = type_gaps(organization, units) if units else []
    shown = [
        scheme
        for scheme in rows
        if (not subject or scheme.subject == subject)
        and (not sector or not scheme.sectors or sector in scheme.sectors)
    ]
    waiting = SchemeDraft.objects.filter(organization=organization, scheme=None).select_related("author")
    return SchemeList(
        [scheme for scheme in shown if scheme.organization_id == organization.pk],
        [scheme for scheme in shown if scheme.organization_id != organization.pk],
        list(waiting) if drafts else [],
        years,
        [gap for gap in gaps if not gap.schemes],
        [gap for gap in gaps if len(gap.schemes) > 1],
    )


def type_gaps(organization: Organization, schemes: list[Scheme]) -> list[TypeGap]:
    """The types of units below that not exactly one of the schemes is for. One query."""
    below = (
        Organization.objects.below(organization)
        .exclude(kind=OrganizationKind.GROUP)
        .filter(dissolved_on=None)
        .order_by("level", "kind", "sector")
        .values("kind", "level", "sector")
        .annotate(units=Count("pk"))
    )
    found = []
    for row in below:
        fitting = [scheme for scheme in schemes if is_for(scheme, row["kind"], row["level"], row["sector"])]
        if len(fitting) != 1:
            found.append(
                TypeGap(
                    OrganizationKind(row["kind"]).label,
                    Level(row["level"]).label,
                    Sector(row["sector"]).label if row["sector"] else "",
                    row["units"],
                    fitting,
                )
            )
    return found


def is_in_force(scheme: Scheme, day: date) -> bool:
    """Whether a scheme is used on `day`."""
    return (scheme.starts_on is None or scheme.starts_on <= day) and (
        scheme.ends_on is None or scheme.ends_on >= day
    )


def is_for(scheme: Scheme, kind: str, level: int, sector: str) -> bool:
    """Whether a scheme is meant for units of this kind, level and sector."""
    return (
        (not scheme.kinds or kind in scheme.kinds)
        and (not scheme.levels or level in scheme.levels)
        and (not scheme.sectors or sector in scheme.sectors)
    )


def units_of(actor, scheme, text: str = ""):
    """The units the actor may try a scheme on: those it is meant for, where their evaluations may be seen."""
    units = Organization.objects.filter(actor.within(Right.VIEW_EVALUATIONS, prefix="")).exclude(
        kind=OrganizationKind.GROUP
    )
    units = units.in_subtree(scheme.organization).filter(dissolved_on=None)
    for name, values in (("kind", scheme.kinds), ("level", scheme.levels), ("sector", scheme.sectors)):
        if values:
            units = units.filter(**{f"{name}__in": values})
    return units.named(text).order_by("path")


def rounds_of(actor, scheme: Scheme):
    """The rounds that score by a scheme, as far as the actor sees them, with the version each goes by."""
    return (
        RoundScheme.objects.filter(
            actor.within(Right.VIEW_EVALUATIONS, prefix="round__organization"), scheme=scheme
        )
        .select_related("round__organization", "version")
        .order_by("-round__year", "-round__pk")
    )


@dataclass(frozen=True)
class VersionPage:
    """The versions of a scheme, and two of them side by side."""

    versions: list[SchemeVersion]
    before: SchemeVersion | None
    after: SchemeVersion | None

    @cached_property
    def difference(self) -> TableDifference | None:
        """What is different; None unless two versions are chosen."""
        if self.before is None or self.after is None or self.before == self.after:
            return None
        return compare_tables(self.before.table, self.after.table)


def version_page(scheme: Scheme, before: str, after: str) -> VersionPage:
    """Two versions by their numbers; the last and the one before when none are named."""
    versions = list(scheme.versions.select_related("author").defer("document"))
    known = {str(each.number): each for each in versions}
    later = known.get(after) or (versions[0] if versions else None)
    older = [each for each in versions if later and each.number < later.number]
    earlier = known.get(before) or (older[0] if older else None)
    if earlier and later and earlier.number > later.number:
        earlier, later = later, earlier
    return VersionPage(versions, earlier, later)
