"""Rows that hundreds of tests begin with: made by the product once a process, put back as they were afterwards."""

import pickle
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.db.models.sql import InsertQuery
from django.utils import timezone

#: Keys of remembered rows begin here, above those of whatever a test has made before it asks for them.
FIRST_KEY = 1_000_000

_kept: dict[tuple, tuple[bytes, list]] = {}


def once(name: str, models: list[type[Model]], make: Callable[[], Any]):
    """Return what `make` returns, after its rows of `models` and of their history are in the database.

    The first time on a day, `make` makes them; every further time they are inserted as they were then. Where one of
    the tables is not empty, `make` is always asked: its rows may not be the only ones.
    """
    if any(model._base_manager.exists() for model in models):
        return make()
    key = name, timezone.localdate()
    if key not in _kept:
        tables = [each for model in models for each in (model, *_history_of(model))]
        for model in tables:
            _count_from(FIRST_KEY, model)
        made = make()
        _kept[key] = pickle.dumps(made), [insert for model in tables for insert in _inserts(model)]
        return made
    made, inserts = _kept[key]
    with connection.cursor() as cursor:
        for sql, params in inserts:
            cursor.execute(sql, params)
    return pickle.loads(made)


def _history_of(model) -> list[type[Model]]:
    name = f"Historical{model.__name__}"
    return [each for each in apps.get_app_config(model._meta.app_label).get_models() if each.__name__ == name]


def _inserts(model) -> list[tuple[str, tuple]]:
    """The statements that write the rows of a table again, keys and moments included."""
    rows = list(model._base_manager.order_by("pk"))
    if not rows:
        return []
    query = InsertQuery(model)
    query.insert_values(model._meta.concrete_fields, rows, raw=True)
    return query.get_compiler(connection=connection).as_sql()


def _count_from(number: int, model) -> None:
    """Let the keys of an empty table go on from `number`, unless they are further on already."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = f"pg_get_serial_sequence('{table}', '{column}')"
            cursor.execute(f"SELECT setval({sequence}, greatest(nextval({sequence}), {number}))")
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
