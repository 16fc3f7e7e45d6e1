"""The database is restarted while people submit: clear pages, no half-written record, nobody restarts the site."""

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from datetime import date

import psycopg2
import pytest

from benchmarks.secretary import Secretary, meeting_fields
from benchmarks.servers import gunicorn
from benchmarks.world import Desk
from tests.faults.postgres import RestartablePostgres

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
DESKS = 4
SETTINGS = "benchmarks.settings"


@pytest.fixture
def database():
    server = RestartablePostgres()
    yield server
    server.remove()


@pytest.fixture
def desks(database):
    environment = os.environ | {
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "REDIS_URL": "",
    }
    made = subprocess.run(
        [sys.executable, "-m", "tests.faults.furnish", str(DESKS)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return [
        Desk(each["username"], each["branch"], tuple(each["members"])) for each in json.loads(made.stdout)
    ]


class Diligent(threading.Thread):
    """A secretary who sends one record after another, each as often as it takes, and notes every answer."""

    def __init__(self, secretary: Secretary, stop: threading.Event):
        super().__init__()
        self.secretary, self.stop = secretary, stop
        self.answers: list[tuple[int, str, str]] = []
        self.sent: list[uuid.UUID] = []

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            key = uuid.uuid4()
            fields = meeting_fields(self.secretary.desk, number, date.today(), key)
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                try:
                    answer = self.secretary.send(self.secretary.address, fields)
                except OSError as error:
                    answer = (0, "", repr(error))
                self.answers.append(answer)
                if answer[0] == 302:
                    self.sent.append(key)
                    break
                time.sleep(0.1)


def test_a_restart_under_load_gives_clear_pages_and_whole_records(database, desks, tmp_path):
    with (
        (tmp_path / "log").open("wb") as log,
        gunicorn(database.url, settings=SETTINGS, log=log, REDIS_URL="") as port,
    ):
        secretaries = [Secretary(port, desk) for desk in desks]
        for secretary in secretaries:
            secretary.sign_in()
            secretary.open_form()
            secretary.close()  # the server gives up a connection that rests for five seconds
        stop = threading.Event()
        people = [Diligent(secretary, stop) for secretary in secretaries]
        for each in people:
            each.start()
        try:
            time.sleep(1.5)
            database.restart("fast", away=1)  # as for maintenance
            time.sleep(1.5)
            database.restart("immediate", away=0.5)  # as after a crash
            time.sleep(1)
        finally:
            stop.set()
            for each in people:
                each.join(90)
        health, _location, _page = secretaries[0].request("GET", "/healthz")
    answers = [answer for each in people for answer in each.answers]
    sent = [key for each in people for key in each.sent]
    refused = [answer for answer in answers if answer[0] != 302]
    assert health == 200
    assert refused, "the restart was not noticed, so nothing was tested"
    for status, _location, page in refused:
        assert status == 503, (status, page[:500])
        assert "系统正忙" in page
        assert "Traceback" not in page
    assert all("/submitted/" in location for status, location, _page in answers if status == 302)
    assert all(each.sent for each in people)
    _expect_whole_records(database, sent)


def _expect_whole_records(database, sent: list[uuid.UUID]) -> None:
    """Exactly one record for everything that was sent, however often, each with all its parts and its trail."""
    connection = psycopg2.connect(database.url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT m.entry_key::text, m.status,
                (SELECT count(*) FROM branches_absence WHERE meeting_id = m.id),
                (SELECT count(*) FROM branches_agendaitem WHERE meeting_id = m.id),
                (SELECT count(*) FROM branches_resolution WHERE meeting_id = m.id),
                (SELECT count(*) FROM branches_historicalmeeting h WHERE h.id = m.id),
                (SELECT count(*) FROM branches_auditentry a
                    WHERE a.object_type = 'branches.Meeting' AND a.object_id = m.id::text)
            FROM branches_meeting m"""
        )
        rows = cursor.fetchall()
    connection.close()
    assert sorted(row[0] for row in rows) == sorted(str(key) for key in sent)
    assert {row[1:] for row in rows} == {("SUBMITTED", 3, 1, 1, 1, 1)}
