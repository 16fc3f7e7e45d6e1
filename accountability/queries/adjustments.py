from django.db.models import Q, QuerySet

from accountability.actions.adjustments import OPEN, RULES, conditions_in
from accountability.models import Adjustment, Evaluation, SchemeVersion
from branches.access import Actor, Right
from branches.models import Organization


def visible_adjustments(organization: Organization, actor: Actor) -> QuerySet:
    """What was done to units at or below `organization`; what was done to a person is for them and their evaluators."""
    seen = Q(appointment__isnull=True) | Q(appointment__user=actor.user)
    if actor.has(Right.EVALUATE):
        seen |= actor.within(Right.EVALUATE) & ~Q(organization=actor.organization)
    return (
        Adjustment.objects.in_subtree(organization)
        .filter(seen)
        .select_related("organization", "appointment__user", "author", "withdrawn_by")
        .order_by("-on", "-pk")
    )


def narrowed(
    rows: QuerySet, organization: Organization, *, kind="", year=None, unit="", state=""
) -> QuerySet:
    """Those that a filter leaves."""
    if kind:
        rows = rows.filter(kind=kind)
    if year:
        rows = rows.filter(on__year=year)
    if unit:
        rows = rows.filter(organization__in=Organization.objects.in_subtree(organization).named(unit))
    if state:
        rows = rows.filter(withdrawn_at__isnull=state == "live")
    return rows


def known_conditions(organization: Organization) -> list[str]:
    """The conditions in the tables of open rounds over units at or below `organization`. One query."""
    units = Evaluation.objects.in_subtree(organization).filter(round__state__in=OPEN)
    versions = SchemeVersion.objects.filter(pk__in=units.order_by().values("scheme__version").distinct())
    found = [
        condition
        for version in versions.order_by("pk")[:50]
        for kind in RULES
        for condition in conditions_in(version.table, kind)
    ]
    return list(dict.fromkeys(found))
