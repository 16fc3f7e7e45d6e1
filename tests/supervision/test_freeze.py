"""Runs: in place while a month is open, numbered once it is closed; a run that dies leaves the last one standing."""

from datetime import date, timedelta

import pytest

from accountability.choices import RunState
from accountability.models import Reading, Run
from branches.periods import Period
from supervision.attenuation import engine
from supervision.attenuation.engine import close_due_periods, close_period, take_readings

from .worlds import MONTH, NOW, Planter, stored_readings, stored_rollups

pytestmark = pytest.mark.django_db


def test_running_twice_equals_running_once():
    Planter(1).live()
    first = take_readings(MONTH, cutoff=NOW)
    stood = stored_readings(first), stored_rollups(first)
    again = take_readings(MONTH, cutoff=NOW)
    assert again.pk == first.pk
    assert again.written == 0
    assert (stored_readings(again), stored_rollups(again)) == stood


def test_computing_again_writes_only_what_changed():
    planter = Planter(2).live()
    run = take_readings(MONTH, cutoff=NOW)
    first = run.written
    planter.meeting()
    again = take_readings(MONTH, cutoff=NOW)
    assert again.written < first / 2


def test_a_run_that_dies_leaves_the_previous_one_standing_and_is_taken_up_again(monkeypatch):
    Planter(3).live()
    august = Period.parse("2026-08")
    take_readings(august, cutoff=NOW)
    close_period(august, now=NOW)
    stood = Run.objects.get(period=august.key, is_current=True)

    def die(*args, **kwargs):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "fold", die)
        for month in (august, MONTH):
            with pytest.raises(RuntimeError):
                take_readings(month, cutoff=NOW + timedelta(minutes=1))
    assert Run.objects.get(period=august.key, is_current=True) == stood
    assert not Run.objects.filter(period=MONTH.key, is_current=True).exists()
    failed = Run.objects.get(period=MONTH.key)
    assert failed.state == RunState.FAILED
    assert not Reading.objects.filter(run=failed).exists()
    again = take_readings(MONTH, cutoff=NOW)
    assert (again.pk, again.number, again.is_current) == (failed.pk, 1, True)


def test_a_closed_month_is_never_rewritten_and_says_the_same_as_of_its_own_cut_off():
    planter = Planter(4).live()
    take_readings(MONTH, cutoff=NOW)
    closed = close_period(MONTH, now=NOW)
    stood = stored_readings(closed), stored_rollups(closed)
    assert take_readings(MONTH, cutoff=NOW) == closed  # the same numbers make no new run
    for _ in range(20):
        planter.meeting()
    new = take_readings(MONTH, cutoff=NOW + timedelta(days=1))
    assert (new.number, new.is_current) == (2, True)
    assert (stored_readings(closed), stored_rollups(closed)) == stood
    closed.refresh_from_db()
    assert not closed.is_current


def test_a_month_closes_on_its_day_and_not_before():
    Planter(5).live(10, 5)
    take_readings(MONTH, cutoff=NOW)
    assert close_due_periods(today=date(2026, 10, 9), now=NOW) == []
    assert [run.period for run in close_due_periods(today=date(2026, 10, 10), now=NOW)] == [MONTH.key]
    assert close_due_periods(today=date(2026, 10, 10), now=NOW) == []
    assert close_period(MONTH, now=NOW) is None


def test_a_quarter_is_not_computed_but_added_up():
    with pytest.raises(ValueError, match="按月"):
        take_readings(Period.parse("2026-Q3"))
