"""A worker is killed in the middle of a refresh: nothing is lost, and the next one gives the right numbers."""

import os
import signal
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accountability.models import Reading, RollUp
from branches.actions.cadence import load_cadence_starters
from branches.actions.refresh import mark_dirty
from branches.choices import MeetingKind, MeetingStatus
from branches.models import DirtyMark
from branches.periods import Period
from config.celery import app
from supervision.attenuation.engine import take_readings
from tests.meetings import record

pytestmark = [pytest.mark.broker, pytest.mark.slow]
REFRESH = "supervision.tasks.refresh_dirty_readings"


def until(ready, what: str) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def waits_for_a_row() -> bool:
    """Whether another connection to this database waits for a lock while it writes readings."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
            "AND query ILIKE %s",
            [f"%{Reading._meta.db_table}%"],
        )
        return cursor.fetchone()[0] > 0


def numbers(run) -> list:
    """Every stored number of the month, comparable."""
    return [
        list(model.objects.filter(run=run).order_by(*order).values_list(*names_of(model)))
        for model, order in ((Reading, ["organization"]), (RollUp, ["scope", "level", "chain", "sector"]))
    ]


def names_of(model) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname != "run_id"]


def test_a_refresh_that_is_killed_in_the_middle_is_done_by_the_next(broker, cast, start_worker):
    held_on = timezone.localdate() - timedelta(days=1)
    month = Period.month_of(held_on)
    load_cadence_starters()
    run = take_readings(month)
    before = numbers(run)
    now = timezone.now()
    record(
        cast,
        status=MeetingStatus.CONFIRMED,
        day=held_on,
        kinds=int(MeetingKind.PARTY_DAY),
        confirmed_at=now,
        counted_from=now,
    )
    mark_dirty(organization=cast.first, held_on=held_on)
    marked = DirtyMark.objects.count()

    doomed = start_worker()
    with transaction.atomic():
        # The worker gets as far as this row, its run locked and its marks read, and waits for us there.
        list(Reading.objects.select_for_update().filter(run=run, organization=cast.first))
        app.send_task(REFRESH)
        until(waits_for_a_row, "the worker did not come to the row")
        other = start_worker()
        os.killpg(doomed.pid, signal.SIGKILL)
        doomed.wait(10)
    assert other.poll() is None
    assert DirtyMark.objects.count() == marked
    assert numbers(run) == before

    app.send_task(REFRESH)
    until(lambda: not DirtyMark.objects.filter(period=month.key).exists(), "the other worker did not refresh")
    after = numbers(run)
    assert after != before
    assert Reading.objects.get(run=run, organization=cast.first).core_meetings_done == 1
    run.delete()
    Reading.objects.all()._raw_delete("default")
    RollUp.objects.all()._raw_delete("default")
    assert numbers(take_readings(month)) == after
