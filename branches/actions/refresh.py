"""Tell the floors above what has changed, without touching a row they own."""

from datetime import date

from ..models import DirtyMark
from ..periods import Period, months_judging


def mark_dirty(*, organization, held_on: date) -> None:
    """Mark every month in whose reading an event of `held_on` may count; plain inserts, nothing is locked."""
    DirtyMark.objects.bulk_create(
        DirtyMark(organization=organization, period=key) for key in months_judging(held_on)
    )


def mark_months_dirty(*, organizations, since: date, until: date) -> None:
    """Mark every month from `since` to `until` for organisations that stand otherwise in the tree since then."""
    keys, month = [], Period.month_of(since)
    while month.starts_on <= until:
        keys.append(month.key)
        month = month.next()
    DirtyMark.objects.bulk_create(
        DirtyMark(organization=organization, period=key) for organization in organizations for key in keys
    )


def mark_all_dirty(held) -> None:
    """The same for many events at once: `held` holds pairs (organisation id, day held)."""
    months = {(organization_id, key) for organization_id, day in held for key in months_judging(day)}
    DirtyMark.objects.bulk_create(
        DirtyMark(organization_id=organization_id, period=key) for organization_id, key in sorted(months)
    )
