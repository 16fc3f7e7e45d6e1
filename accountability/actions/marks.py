from django.db.models import DateTimeField, Value

from branches.insertion import insert_select
from branches.models import DirtyMark
from branches.periods import Period


def mark_records(*, records, today, now) -> None:
    """Mark the organisations and months of `records` dirty by one INSERT … SELECT, whatever their number.

    Only months that have begun: a later one has no reading to refresh.
    """
    rows = (
        records.filter(period__lte=Period.month_of(today).key)
        .order_by()
        .values_list("organization_id", "period")
        .distinct()
        .annotate(marked_at=Value(now, output_field=DateTimeField()))
    )
    insert_select(DirtyMark, ["organization", "period", "marked_at"], rows)
