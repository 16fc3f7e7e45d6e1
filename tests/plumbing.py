"""Real services for the tests that ask for them; loaded as a plugin, starts nothing by itself."""

import os
import shutil
import sys
import tempfile

import pytest

from deploy.processes import start, stop


def pytest_sessionfinish(session):
    """Remove the uploads that the tests made."""
    from django.conf import settings

    if settings.configured and "gauge-media-" in str(settings.MEDIA_ROOT):
        shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


def pytest_addoption(parser):
    parser.addoption("--asks-database", action="store_true", help="leave out the tests that ask no database")


def asks_database(item) -> bool:
    """Whether a test asks a database, and so has something to say on each kind of it."""
    kept = {"django_db", "database", "postgres", "broker"} & set(item.keywords)
    return bool(kept) or not {"db", "transactional_db"}.isdisjoint(item.fixturenames)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config, items):
    """Skip what needs PostgreSQL or a broker where there is none, and say how to have them."""
    if config.getoption("asks_database"):
        config.hook.pytest_deselected(items=[item for item in items if not asks_database(item)])
        items[:] = filter(asks_database, items)
    on_postgres = os.environ.get("DATABASE_URL", "").startswith("postgres")
    with_broker = bool(os.environ.get("REDIS_URL"))
    for item in items:
        if "postgres" in item.keywords and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: make test-postgres"))
        if "broker" in item.keywords:
            if not (on_postgres and with_broker):
                item.add_marker(pytest.mark.skip(reason="needs PostgreSQL and Redis: make test-postgres"))
            # One at a time, in one test process: each has a worker of its own on the same queue.
            item.add_marker(pytest.mark.xdist_group("broker"))


@pytest.fixture
def broker(transactional_db):
    """Publishing goes to the real broker, empty at the start; yields its address."""
    import redis

    from config.celery import app

    url = os.environ["REDIS_URL"]
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    app.conf.task_always_eager = False
    yield url
    app.conf.task_always_eager = True


@pytest.fixture
def start_worker(broker):
    """Return a function that starts a Celery worker process on the test's own database and returns the process.

    `start_worker("--concurrency", "2")` passes options on; every worker is stopped when the test is over.
    """
    workers = []

    def begin(*options: str):
        log = tempfile.NamedTemporaryFile(prefix="gauge-worker-", suffix=".log")  # noqa: SIM115
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "INFO"]
        command += ["--without-gossip", "--without-mingle", "--hostname", f"test{len(workers)}@%h", *options]
        if "--concurrency" not in options:
            command += ["--concurrency", "1"]
        process = start(command, env=_worker_environment(broker), stdout=log, stderr=log)
        process.log_path = log.name
        workers.append((process, log))
        return process

    yield begin
    for process, log in workers:
        stop(process, patience=5)
        log.close()


@pytest.fixture
def worker(start_worker):
    """One Celery worker process on the test's own database."""
    return start_worker()


def _worker_environment(broker: str) -> dict:
    from django.db import connection

    database = connection.settings_dict
    host = f"{database['HOST'] or '127.0.0.1'}:{database['PORT'] or 5432}"
    account = database["USER"] + (f":{database['PASSWORD']}" if database["PASSWORD"] else "")
    return os.environ | {
        "DATABASE_URL": f"postgres://{account}@{host}/{database['NAME']}",
        "REDIS_URL": broker,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "APP_MODE": "development",
    }
