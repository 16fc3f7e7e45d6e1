"""Tell the floors above what has changed, without touching a row they own."""

from datetime import date

from ..models import DirtyMark
from ..periods import months_judging


def mark_dirty(*, organization, held_on: date) -> None:
    """Mark every month in whose reading an event of `held_on` may count; plain inserts, nothing is locked."""
    DirtyMark.objects.bulk_create(
        DirtyMark(organization=organization, period=key) for key in months_judging(held_on)
    )
