"""One database per world: made from a migrated template, so that no measurement sees another one's rows."""

from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection

TEMPLATE = "bench_template"


def name_of(world: str) -> str:
    return f"bench_{world}"


def prepare() -> None:
    """Migrate the template once."""
    _create(TEMPLATE, "template0")
    with opened(TEMPLATE):
        call_command("migrate", verbosity=0)


def create(world: str, like: str | None = None) -> str:
    """Make the empty database of a world (or a copy of another world's) and return its name."""
    name = name_of(world)
    _create(name, name_of(like) if like else TEMPLATE)
    return name


def drop(world: str) -> None:
    """Remove a world when nothing measures it any more."""
    with _maintenance() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name_of(world)} WITH (FORCE)")


@contextmanager
def opened(name: str):
    """Let this process work on the database `name`."""
    before = connection.settings_dict["NAME"]
    use(name)
    try:
        yield
    finally:
        use(before)


def use(name: str) -> None:
    """Point this process at another database; the next query connects to it."""
    connection.close()
    connection.settings_dict["NAME"] = name


def address(name: str) -> str:
    """The DATABASE_URL of a database, for another process."""
    facts = connection.settings_dict
    account = facts["USER"] + (f":{facts['PASSWORD']}" if facts["PASSWORD"] else "")
    return f"postgres://{account}@{facts['HOST']}:{facts['PORT']}/{name}"


def settle() -> None:
    """Bring statistics and visibility map up to date, as autovacuum has on a database that is in use."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _create(name: str, template: str) -> None:
    with _maintenance() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


@contextmanager
def _maintenance():
    connection.close()
    with connection._nodb_cursor() as cursor:
        yield cursor
