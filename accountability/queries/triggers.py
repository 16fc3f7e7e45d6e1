from django.db.models import QuerySet

from accountability.models import DutyTrigger
from branches.models import Organization


def trigger_rows(organization: Organization, *, only_open: bool) -> QuerySet:
    """What touched the 负面清单 in the subtree, newest entry first; `only_open`: what nobody has answered yet."""
    rows = DutyTrigger.objects.in_subtree(organization)
    if only_open:
        rows = rows.filter(answered_at=None)
    return rows.select_related("organization", "duty", "reporter", "answered_by")


def negative_duties(organization: Organization) -> QuerySet:
    """The unit's own items of the 负面清单 in force, the newest list first."""
    return (
        organization.duties.in_force()
        .filter(is_negative=True)
        .select_related("duty_list", "organization")
        .order_by("-duty_list__year", "duty_list", "number")
    )
