from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateTimeField, Value

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
    try:
        select, params = rows.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return
    table = connection.ops.quote_name(DirtyMark._meta.db_table)
    with connection.cursor() as cursor:
        # Names of our own tables and the ORM's SQL; every value is a parameter.
        cursor.execute(f"INSERT INTO {table} (organization_id, period, marked_at) {select}", params)
