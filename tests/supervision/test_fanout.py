"""One month worked off in parts equals the single-process run bit by bit, in any order and after any death."""

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command

from accountability.choices import RunState
from accountability.models import Run, RunPart
from branches.choices import Level, MeetingStatus, OrganizationKind
from branches.models import DirtyMark, Meeting, Organization
from branches.periods import Period
from supervision.attenuation import fanout
from supervision.attenuation.engine import take_readings
from supervision.attenuation.refresh import refresh_dirty

from .worlds import MONTH, NOW, Planter, stored_readings, stored_rollups


def numbers(run):
    return stored_readings(run), stored_rollups(run)


def fan_out(order: Random | None = None, *, least=3, cutoff=NOW):
    """Compute MONTH in parts, in random order and some of them twice; the run."""
    published = []
    run = fanout.start(MONTH, cutoff=cutoff, publish=published.append, parts=8, least=least)
    if order:
        order.shuffle(published)
        published += order.sample(published, len(published) // 2)
    for part in published:
        fanout.do_part(part)
    return Run.objects.get(pk=run.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_parts_in_any_order_and_twice_equal_the_single_process(seed):
    Planter(200 + seed, 40).live()
    single = take_readings(MONTH, cutoff=NOW)
    expected = numbers(single)
    run = fan_out(Random(seed))
    assert run.is_current
    assert run.state == RunState.DONE
    assert numbers(run) == expected
    assert not Run.objects.filter(pk=single.pk).exists()
    assert not RunPart.objects.exists()


@pytest.mark.django_db
def test_the_shares_cover_the_tree_once():
    Planter(11, 60)
    shares, above = fanout.plan(6, 3)
    covered = [
        path
        for share in shares
        for path in Organization.objects.filter(path__gte=share.low, path__lt=share.high).values_list(
            "path", flat=True
        )
    ]
    tops = set(Organization.objects.filter(pk__in=above).values_list("path", flat=True))
    assert sorted([*covered, *tops]) == sorted(Organization.objects.values_list("path", flat=True))
    assert len(shares) > 3
    assert sum(share.organizations for share in shares) == len(covered)


@pytest.mark.django_db
def test_what_was_not_done_is_taken_up_where_it_stopped():
    Planter(12, 40).live()
    expected = numbers(take_readings(MONTH, cutoff=NOW))
    published = []
    run = fanout.start(MONTH, cutoff=NOW, publish=published.append, parts=8, least=3)
    for part in published[:2]:
        fanout.do_part(part)
    left = []
    again = fanout.start(MONTH, cutoff=NOW + timedelta(days=1), publish=left.append, parts=8, least=3)
    assert again.pk == run.pk
    assert left == published[2:]
    for part in left:
        fanout.do_part(part)
    run.refresh_from_db()
    assert run.is_current
    assert run.cutoff == NOW
    assert numbers(run) == expected


@pytest.mark.django_db
def test_a_record_accepted_while_the_parts_run_is_not_lost():
    planter = Planter(13, 30).live()
    take_readings(MONTH, cutoff=NOW)
    published = []
    later = datetime.now(UTC)
    fanout.start(MONTH, cutoff=later, publish=published.append, parts=8, least=3)
    fanout.do_part(published[0])
    meeting = Meeting.objects.exclude(status=MeetingStatus.CONFIRMED).filter(period=MONTH.key).first()
    at = later + timedelta(seconds=1)
    Meeting.objects.filter(pk=meeting.pk).update(
        status=MeetingStatus.CONFIRMED, counted_from=at, confirmed_at=at, expected=30, present=30, excused=0
    )
    DirtyMark.objects.create(organization=meeting.organization, period=MONTH.key)
    DirtyMark.objects.update(marked_at=at)
    refresh_dirty(now=at, today=at.date())  # the run that stands shows it, the mark stays for the one to come
    assert DirtyMark.objects.filter(period=MONTH.key).exists()
    for part in published[1:]:
        fanout.do_part(part)
    refresh_dirty(now=at, today=at.date())
    assert not DirtyMark.objects.filter(period=MONTH.key).exists()
    run = Run.objects.get(period=MONTH.key, is_current=True)
    expected = numbers(run)
    take_readings(MONTH, cutoff=run.cutoff)
    assert numbers(run) == expected
    assert planter.city.pk in expected[0]


@pytest.mark.django_db
def test_an_organisation_moved_while_the_parts_run_is_still_counted_once():
    planter = Planter(14, 40).live()
    published = []
    run = fanout.start(MONTH, cutoff=NOW, publish=published.append, parts=8, least=3)
    fanout.do_part(published[0])
    planter.plant(OrganizationKind.BRANCH, Level.BRANCH, planter.city)  # beside all shares
    for part in published[1:]:
        fanout.do_part(part)
    run.refresh_from_db()
    expected = numbers(run)
    take_readings(MONTH, cutoff=NOW)
    assert numbers(run) == expected


@pytest.mark.django_db
def test_the_shell_command_fans_out_and_says_what_it_did():
    Planter(15, 20).live()
    out = StringIO()
    call_command("take_readings", "2026-09", "--fan-out", stdout=out)
    assert "第 1 轮" in out.getvalue()
    assert Run.objects.get(period=MONTH.key).is_current


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.1)


@pytest.mark.broker
@pytest.mark.postgres
@pytest.mark.slow
def test_real_workers_share_a_run_and_a_killed_one_loses_nothing(start_worker):
    from supervision.tasks import take_part

    Planter(16, 120).live(200, 40)
    expected = numbers(take_readings(MONTH, cutoff=NOW))
    first = start_worker()
    run = fanout.start(MONTH, cutoff=NOW, publish=take_part.delay, parts=40, least=2)
    wait_for(lambda: run.parts.filter(number__gt=0, done_at__isnull=False).exists() or _is_current(run))
    os.killpg(first.pid, signal.SIGKILL)
    assert not _is_current(run), "the worker was quicker than the kill"
    start_worker()
    # What the dead worker held comes back with its visibility timeout; repeating the run does not wait for that.
    fanout.start(MONTH, cutoff=NOW, publish=take_part.delay, parts=40, least=2)
    wait_for(lambda: _is_current(run))
    assert numbers(Run.objects.get(pk=run.pk)) == expected


def _is_current(run):
    return Run.objects.filter(pk=run.pk, is_current=True).exists()


@pytest.mark.broker
@pytest.mark.postgres
@pytest.mark.slow
def test_two_workers_equal_one_process_on_a_month_nobody_has_computed(start_worker):
    from supervision.tasks import take_part

    Planter(17, 80).live(150, 40)
    start_worker()
    start_worker()
    run = fanout.start(MONTH, cutoff=NOW, publish=take_part.delay, parts=16, least=2)
    wait_for(lambda: _is_current(run))
    fanned = numbers(Run.objects.get(pk=run.pk))
    assert fanned == numbers(take_readings(Period.from_key(run.period), cutoff=NOW))


@pytest.mark.django_db
def test_saving_while_the_broker_is_away_leaves_marks_that_the_next_beat_picks_up(monkeypatch):
    """The request makes no call to the broker: it inserts a mark beside the record, and that is all."""
    from branches.actions.refresh import mark_dirty
    from supervision.tasks import refresh_dirty_readings

    planter = Planter(18, 10).live(5, 2)
    take_readings(MONTH, cutoff=NOW)

    def away(*args, **kwargs):
        raise ConnectionError("broker is away")

    with monkeypatch.context() as patch:
        patch.setattr("celery.app.task.Task.apply_async", away)
        meeting = planter.meeting()
        mark_dirty(organization=meeting.organization, held_on=meeting.held_on)
    assert DirtyMark.objects.exists()
    refresh_dirty_readings()
    assert not DirtyMark.objects.filter(period=MONTH.key).exists()
