"""Issuing to many units: asked for once, worked off in steps, left and come back to, taken back as one."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability import tasks
from accountability.actions import batches, lists
from accountability.actions.batches import resume_batch, start_batch, take_step, withdraw_batch
from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_list, issue_lists, withdraw_list
from accountability.choices import IssueReach
from accountability.models import Duty, DutyList, DutyRecord, IssueBatch
from accountability.querysets import targets_of
from branches.choices import Chain, Level, OrganizationKind, Post, Sector, TaskState
from branches.models import Appointment, AuditEntry, DirtyMark
from tests.accountability.conftest import NOW, TODAY


@pytest.fixture
def two_at_a_time(monkeypatch):
    """Steps so small that a cast of ten takes several."""
    monkeypatch.setattr(lists, "BATCH", 2)
    monkeypatch.setattr(batches, "WITHDRAWN_AT_ONCE", 2)


@pytest.fixture
def start(cast, acting, templates):
    def start(code="PRINCIPAL", who="wu", scope=None, reach=IssueReach.SUBTREE, filters=None):
        return start_batch(
            actor=acting(who),
            template=templates[code],
            scope=scope or cast.city,
            reach=reach,
            filters=filters,
            now=NOW,
        )

    return start


def work_off(batch, steps=100):
    after, taken = "", 0
    while after is not None and taken < steps:
        after = take_step(pk=batch.pk, after=after, now=NOW + timedelta(seconds=taken))
        taken += 1
    batch.refresh_from_db()
    return taken


def in_force():
    return (
        DutyList.objects.in_force().count(),
        Duty.objects.in_force().count(),
        DutyRecord.objects.in_force().count(),
    )


def test_a_batch_is_worked_off_in_steps(cast, start, two_at_a_time):
    batch = start()
    assert (batch.total, batch.state, in_force()) == (6, TaskState.WAITING, (0, 0, 0))
    assert work_off(batch, steps=1) == 1
    assert (batch.done, batch.state) == (2, TaskState.RUNNING)
    # The worker dies here; the clock has it taken up from the beginning.
    assert batches.unfinished_batches() == [str(batch.pk)]
    tasks.resume_issues()
    batch.refresh_from_db()
    assert (batch.done, batch.state, batch.finished_at is not None) == (6, TaskState.DONE, True)
    assert batch.lists.in_force().count() == 6
    assert batches.unfinished_batches() == []
    assert AuditEntry.objects.filter(event="批量下发责任清单", summary__contains="6份").count() == 1
    assert DirtyMark.objects.filter(period=202611).count() == 6


def test_a_batch_equals_issuing_at_once(cast, acting, start, templates, two_at_a_time):
    work_off(start())
    stepwise = in_force()
    withdraw_list(actor=acting("wu"), duty_list=DutyList.objects.first(), reason="比较", now=NOW)
    issue_lists(actor=acting("wu"), template=templates["PRINCIPAL"], scope=cast.city, now=NOW)
    assert in_force() == stepwise


def test_a_task_hands_on_what_is_left(cast, start, two_at_a_time, monkeypatch):
    monkeypatch.setattr(tasks, "STEPS", 1)
    batch = start()
    tasks.issue_batch.delay(str(batch.pk))
    batch.refresh_from_db()
    assert (batch.done, batch.state) == (6, TaskState.DONE)


def test_pressing_twice_asks_once_and_working_twice_issues_once(cast, start, acting, templates):
    batch = start()
    assert start() == batch
    issue_list(actor=acting("wu"), template=templates["PRINCIPAL"], organization=cast.town, now=NOW)
    work_off(batch)
    work_off(batch)
    assert (batch.done, in_force()[0]) == (5, 6)
    with pytest.raises(ValidationError, match="还没收到"):
        start()


def test_filters_narrow_the_units(cast, acting, templates):
    def units(reach=IssueReach.SUBTREE, code="PRINCIPAL", **filters):
        return set(targets_of(templates[code], cast.city, reach, TODAY, filters))

    offices = {cast.work_committee, cast.department, cast.office_committee}
    assert units(chain=Chain.OFFICE) == offices
    assert units(level=Level.COUNTY) == {cast.county}
    assert units(kind=OrganizationKind.LEADING_GROUP) == {cast.department}
    assert units(code="BRANCH", sector=Sector.RURAL) == {cast.first, cast.second}
    assert units(unit="农业局") == {cast.department, cast.office_committee}
    assert units(chosen=[cast.town.pk, cast.first.pk]) == {cast.town}
    assert units(reach=IssueReach.CHILDREN) == {cast.county, cast.work_committee}
    assert units(reach=IssueReach.OWN) == {cast.city}
    assert units(chosen=[]) == set()


def test_filters_narrow_the_officers(cast, templates):
    Appointment.objects.create(
        user=cast.people["nobody"], organization=cast.city, post=Post.SECRETARY, starts_on=date(2024, 1, 1)
    )

    def officers(reach=IssueReach.SUBTREE, **filters):
        rows = targets_of(templates["FIRST"], cast.city, reach, TODAY, filters)
        return {each.user for each in rows}

    qian, nobody = cast.people["qian"], cast.people["nobody"]
    assert officers() == {qian, nobody}
    assert officers(level=Level.COUNTY) == {qian}
    assert officers(reach=IssueReach.CHILDREN) == {qian}
    assert officers(reach=IssueReach.OWN) == {nobody}
    assert officers(chosen=[qian.appointments.get().pk]) == {qian}


def test_a_batch_goes_to_what_was_filtered(cast, start):
    batch = start(code="BRANCH", filters={"sector": Sector.RURAL, "unit": ""})
    assert (batch.total, batch.filters) == (2, {"sector": "RURAL"})
    work_off(batch)
    assert set(DutyList.objects.values_list("organization", flat=True)) == {cast.first.pk, cast.second.pk}


def test_officers_get_their_lists_by_batch(cast, start, two_at_a_time):
    work_off(start(code="FIRST"))
    assert DutyList.objects.get().appointment.user == cast.people["qian"]


def test_withdrawing_a_batch_takes_back_everything_it_made(cast, acting, start, templates, two_at_a_time):
    issue_list(actor=acting("wu"), template=templates["BRANCH"], organization=cast.first, now=NOW)
    before = in_force()
    batch = start()
    work_off(batch)
    duty = Duty.objects.filter(organization=cast.town, interval="quarter").first()
    decompose_duty(actor=acting("zhao"), duty=duty, shares=[Share(cast.first), Share(cast.second)], now=NOW)
    withdraw_batch(actor=acting("wu"), batch=batch, reason="文件已废止", now=NOW)
    assert work_off(batch) == 4
    assert (batch.total, batch.done, batch.state) == (6, 6, TaskState.DONE)
    assert in_force() == before
    with pytest.raises(ValidationError, match="已经撤回"):
        withdraw_batch(actor=acting("wu"), batch=batch, reason="再来", now=NOW)
    assert DutyList.history.filter(history_change_reason="文件已废止").count() == 8


def test_what_was_accepted_stays(cast, acting, start):
    batch = start(scope=cast.town)
    work_off(batch)
    record = DutyRecord.objects.filter(organization=cast.town).first()
    DutyRecord.objects.filter(pk=record.pk).update(status="ACCEPTED", accepted_at=NOW, done_on=TODAY)
    withdraw_batch(actor=acting("wu"), batch=batch, reason="调整", now=NOW)
    work_off(batch)
    assert list(DutyRecord.objects.in_force()) == [record]


def test_withdrawing_in_the_middle_stops_the_rest(cast, acting, start, two_at_a_time):
    batch = start()
    work_off(batch, steps=1)
    withdraw_batch(actor=acting("wu"), batch=batch, reason="发错了", now=NOW)
    assert (batch.total, IssueBatch.objects.get().total) == (6, 2)
    work_off(batch)
    assert in_force() == (0, 0, 0)
    assert DutyList.objects.count() == 2


def test_the_right_is_asked_again_when_it_is_done(cast, acting, start):
    batch = start(who="zhao", scope=cast.town)
    Appointment.objects.filter(user=cast.people["zhao"]).update(ends_on=TODAY)
    work_off(batch)
    assert (batch.state, in_force()[0]) == (TaskState.FAILED, 0)
    assert "任职已结束" in batch.message
    Appointment.objects.filter(user=cast.people["zhao"]).update(ends_on=None)
    resume_batch(actor=acting("wu"), batch=batch)
    work_off(batch)
    assert (batch.state, batch.done) == (TaskState.DONE, 1)
    with pytest.raises(ValidationError, match="已经完成"):
        resume_batch(actor=acting("wu"), batch=batch)


def test_who_may_start_and_withdraw(cast, acting, start):
    for who, scope in (("zhao", cast.county), ("sun", cast.county), ("zhou", cast.first)):
        with pytest.raises(PermissionDenied):
            start(who=who, scope=scope)
    batch = start(who="qian", scope=cast.county)
    work_off(batch)
    for who in ("zhao", "li", "sun"):
        with pytest.raises(PermissionDenied):
            withdraw_batch(actor=acting(who), batch=batch, reason="不想要", now=NOW)
    withdraw_batch(actor=acting("wu"), batch=batch, reason="收回", now=NOW)
