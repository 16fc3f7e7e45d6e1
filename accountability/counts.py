"""Counts of responsibility for the floor above: chainable, one row an organisation, read from an index."""

from django.db.models import Count, F, Q, QuerySet

from branches.counts import EVERYONE, Everyone
from branches.periods import Interval, Period, window_of

from .models import DutyRecord


def duty_counts(month: Period, cutoff, among: Everyone = EVERYONE) -> QuerySet:
    """Rows (organization_id, duties_due, duties_done, duties_timely, deployments_due, deployments_done) over the
    records judged in `month`.

    Done is what was accepted by `cutoff`; timely is what of it was done by its day. A deployment is done when it was
    carried out in time; that it was received and arranged is asked before anybody can hand it in.
    """
    done = Q(accepted_at__lte=cutoff)
    timely = done & Q(done_on__lte=F("due_on"))
    duty, deployment = Q(is_deployment=False), Q(is_deployment=True)
    return (
        _judged(month, cutoff, among)
        .values("organization_id")
        .annotate(
            duties_due=Count("organization", filter=duty),
            duties_done=Count("organization", filter=duty & done),
            duties_timely=Count("organization", filter=duty & timely),
            deployments_due=Count("organization", filter=deployment),
            deployments_done=Count("organization", filter=deployment & timely),
        )
    )


def carried_duty_counts(month: Period, cutoff, among: Everyone = EVERYONE) -> QuerySet:
    """Rows (organization_id, carried_due, carried_done, timely_carried_due, timely_carried_done,
    deployed_carried_due, deployed_carried_done).

    The records whose parent record, from whose duty theirs was decomposed, was fulfilled by `cutoff`; of those done,
    the timely ones beside parents that were fulfilled in time. A parent record is the term of the same year whose
    window holds the child's. An officer's share of the own unit's duty is no step down: it is left out.
    """
    done = Q(accepted_at__lte=cutoff)
    parent_timely = Q(parent__done_on__lte=F("parent__due_on"))
    timely = done & Q(done_on__lte=F("due_on"))
    duty, deployment = Q(is_deployment=False), Q(is_deployment=True)
    year = window_of(Interval.YEAR, month.ends_on)
    return (
        _judged(month, cutoff, among)
        .filter(
            Q(parent__withdrawn_at__isnull=True) | Q(parent__withdrawn_at__gt=cutoff),
            ~Q(parent__organization=F("organization")),
            parent__accepted_at__lte=cutoff,
            parent__period__in=[each.key for each in year.months],
        )
        .values("organization_id")
        .annotate(
            carried_due=Count("organization", filter=duty),
            carried_done=Count("organization", filter=duty & done),
            timely_carried_due=Count("organization", filter=duty & done & parent_timely),
            timely_carried_done=Count("organization", filter=duty & timely & parent_timely),
            deployed_carried_due=Count("organization", filter=deployment & parent_timely),
            deployed_carried_done=Count("organization", filter=deployment & parent_timely & timely),
        )
    )


def _judged(month: Period, cutoff, among: Everyone) -> QuerySet:
    return DutyRecord.objects.known_at(cutoff).filter(among.of("organization"), period=month.key).order_by()
