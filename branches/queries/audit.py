"""What the auditor reads: the log newest first, and how far the chain over it reaches."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Max
from django.utils import timezone

from branches.models import AuditEntry, AuditLink
from branches.paging import Slice, slice_before


@dataclass(frozen=True)
class Chain:
    links: int
    head: str
    waiting: int


def audit_page(
    *,
    username="",
    event="",
    object_type="",
    object_id="",
    since=None,
    until=None,
    before: str = "",
    size: int = 50,
) -> Slice:
    """One page of entries that fit all filters; `since` and `until` are days, both included."""
    rows = AuditEntry.objects.all()
    equals = {"username": username, "event": event, "object_type": object_type, "object_id": object_id}
    rows = rows.filter(**{name: value for name, value in equals.items() if value})
    if since:
        rows = rows.filter(at__gte=_midnight(since))
    if until:
        rows = rows.filter(at__lt=_midnight(until + timedelta(days=1)))
    return slice_before(rows, "pk", before, size)


def chain_state() -> Chain:
    """How many entries are linked and how many wait, from the ends of both tables: nothing is counted."""
    last = AuditLink.objects.order_by("-number").first()
    newest = AuditEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0
    if last is None:
        return Chain(0, "", AuditEntry.objects.filter(link__isnull=True)[:1000].count())
    waiting = AuditEntry.objects.filter(pk__gt=min(last.entry_id, newest) - 1000, link__isnull=True)
    return Chain(last.number, last.digest, waiting[:1000].count())


def _midnight(day) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
