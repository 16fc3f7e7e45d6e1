"""INSERT … SELECT through the ORM: many rows by one statement, the same on both databases."""

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet


def insert_select(model: type[Model], fields: list[str], rows: QuerySet) -> int:
    """Insert what `rows` selects (a `values_list` in the order of `fields`) and return how many rows were inserted.

    Fields left out become NULL, as the database knows no other defaults. No history rows are written.
    """
    try:
        select, params = rows.order_by().query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return 0
    quote = connection.ops.quote_name
    columns = ", ".join(quote(model._meta.get_field(name).column) for name in fields)
    with connection.cursor() as cursor:
        # Names of our own tables and columns and the ORM's SQL; every value is a parameter.
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) {select}", params)
        return max(cursor.rowcount, 0)
