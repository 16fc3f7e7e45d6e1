"""Pages for machines: who may ask, and what they hear when something is away."""

import os
import subprocess
import sys
import time

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from config import health


@pytest.fixture
def broker_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def test_without_a_broker_the_site_is_degraded_but_up(client, db, settings, monkeypatch):
    settings.REDIS_URL = ""
    monkeypatch.setattr(health, "_migrated", True)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "degraded", "database": "ok", "migrations": "ok", "broker": "none"}
    assert "no-store" in answer["Cache-Control"]


def test_a_broker_that_is_gone_is_noticed_at_once(client, db, broker_away, monkeypatch):
    monkeypatch.setattr(health, "_migrated", True)
    client.get("/healthz")  # the first request of a process imports every page
    began = time.monotonic()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["broker"]) == (200, "unreachable")
    assert time.monotonic() - began < 5


def test_a_migration_that_was_not_run_fails(tmp_path):
    ask = "from django.test import Client; r = Client().get('/healthz'); print(r.status_code, r.json()['migrations'])"
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/new.sqlite3", "REDIS_URL": ""}
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", ask]
    result = subprocess.run(
        command, env=environment | {"ALLOWED_HOSTS": "testserver"}, capture_output=True, text=True
    )
    assert result.stdout == "503 pending\n"


def test_a_database_that_is_gone_fails(client, db, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        patch.setattr(connection, "close", lambda: None)
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")


@pytest.mark.broker
def test_with_everything_there_it_is_ok(client, broker, monkeypatch):
    monkeypatch.setattr(health, "_migrated", True)
    assert client.get("/healthz").json()["status"] == "ok"


def test_metrics_are_for_this_machine(client, db):
    assert client.get("/metrics").status_code == 200
    assert b"django_http_requests" in client.get("/metrics").content
    assert Client(REMOTE_ADDR="10.1.2.3").get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 403


def test_metrics_open_to_the_token(db, settings):
    settings.METRICS_TOKEN = "a-long-token"
    outside = Client(REMOTE_ADDR="10.1.2.3")
    assert outside.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).status_code == 200
    assert outside.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 403
    assert outside.get("/metrics").status_code == 403


def test_a_database_that_is_away_gives_a_page_that_says_so():
    try:
        raise OperationalError("server closed the connection")
    except OperationalError:
        answer = health.server_error(RequestFactory().get("/"))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "系统正忙" in answer.content.decode()


def test_any_other_fault_gives_the_page_for_faults():
    try:
        raise ValueError
    except ValueError:
        answer = health.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "ValueError" not in answer.content.decode()
