"""The suite makes its tables from the models; this is the one place that walks the migrations."""

import os
import subprocess
import sys

import pytest
from django.db import connection


@pytest.fixture
def new_database(tmp_path):
    """Address of an empty database of the kind that the suite runs on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path}/new.sqlite3"
        return
    import psycopg2

    server = os.environ["DATABASE_URL"]
    name = f"migrations_{os.getpid()}"
    admin = psycopg2.connect(server)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield server.rsplit("/", 1)[0] + f"/{name}"
    with admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


@pytest.mark.database
@pytest.mark.slow
def test_the_migrations_build_what_the_models_say(new_database):
    environment = os.environ | {"DATABASE_URL": new_database, "DJANGO_SETTINGS_MODULE": "config.settings"}
    for command in (
        ["migrate", "-v", "0"],
        ["makemigrations", "--check", "--dry-run"],
        ["migrate", "--check"],
    ):
        result = subprocess.run(
            [sys.executable, "manage.py", *command], env=environment, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
