"""Queries that differ in their values alone: composed and compiled once a process, then only filled in.

For the few that every submission asks: composing them takes the ORM longer than the database takes to answer.
"""

from collections.abc import Callable

from django.db import connection
from django.db.models import Expression, Field, QuerySet


class Slot(Expression):
    """Stands in a query for a value that is given each time; `field` is the kind of column it is compared with."""

    def __init__(self, name: str, field: Field):
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler, connection):
        return "%s", [self]

    def filled(self, values: dict):
        return self.output_field.get_db_prep_value(values[self.name], connection)


class Prepared:
    """What a `values_list` queryset gives. `build` makes it, with a `Slot` wherever a value is to be filled in."""

    def __init__(self, build: Callable[[], QuerySet]):
        self.build = build
        self.compiled: dict[str, tuple] = {}

    def rows(self, **values) -> list[tuple]:
        """The rows of the queryset with `values` in its slots, by one query."""
        if (compiled := self.compiled.get(connection.vendor)) is None:
            compiled = self.compiled[connection.vendor] = self._compile()
        sql, params, converters = compiled
        with connection.cursor() as cursor:
            cursor.execute(sql, [each.filled(values) if isinstance(each, Slot) else each for each in params])
            rows = cursor.fetchall()
        if not converters:
            return rows
        return [tuple(self._converted(row, converters)) for row in rows]

    def _compile(self) -> tuple:
        compiler = self.build().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        found = compiler.get_converters([column for column, *_rest in compiler.select])
        return sql, params, found

    @staticmethod
    def _converted(row: tuple, converters: dict) -> list:
        row = list(row)
        for place, (functions, expression) in converters.items():
            for function in functions:
                row[place] = function(row[place], expression, connection)
        return row
