"""Counts of responsibility for the floor above: chainable, one row an organisation, read from an index."""

from django.db.models import Count, F, Q, QuerySet

from branches.counts import EVERYONE, Everyone
from branches.periods import Period, months_judging

from .models import DutyRecord


def duty_counts(month: Period, cutoff, among: Everyone = EVERYONE) -> QuerySet:
    """Rows (organization_id, duties_due, duties_done, duties_timely) over the records judged in `month`.

    Done is what was accepted by `cutoff`; timely is what of it was done by its day.
    """
    done = Q(accepted_at__lte=cutoff)
    return (
        _judged(month, cutoff, among)
        .values("organization_id")
        .annotate(
            duties_due=Count("organization"),
            duties_done=Count("organization", filter=done),
            duties_timely=Count("organization", filter=done & Q(done_on__lte=F("due_on"))),
        )
    )


def carried_duty_counts(month: Period, cutoff, among: Everyone = EVERYONE) -> QuerySet:
    """Rows (organization_id, carried_due, carried_done, timely_carried_due, timely_carried_done).

    The records whose parent record, from whose duty theirs was decomposed, was fulfilled by `cutoff`; of those done,
    the timely ones beside parents that were fulfilled in time. A parent record is the term whose window holds the
    child's, so it is judged in this month or in one that ends a longer window around it.
    """
    done = Q(accepted_at__lte=cutoff)
    parent_timely = Q(parent__done_on__lte=F("parent__due_on"))
    return (
        _judged(month, cutoff, among)
        .filter(
            Q(parent__withdrawn_at__isnull=True) | Q(parent__withdrawn_at__gt=cutoff),
            parent__accepted_at__lte=cutoff,
            parent__period__in=months_judging(month.ends_on),
        )
        .values("organization_id")
        .annotate(
            carried_due=Count("organization"),
            carried_done=Count("organization", filter=done),
            timely_carried_due=Count("organization", filter=done & parent_timely),
            timely_carried_done=Count(
                "organization", filter=done & parent_timely & Q(done_on__lte=F("due_on"))
            ),
        )
    )


def _judged(month: Period, cutoff, among: Everyone) -> QuerySet:
    return DutyRecord.objects.known_at(cutoff).filter(among.of("organization"), period=month.key).order_by()
