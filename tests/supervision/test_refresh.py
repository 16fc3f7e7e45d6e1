"""What changes is refreshed from marks, seconds later, and equals a full computation."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from accountability.choices import RecordStatus
from accountability.models import DutyRecord, Formula, Reading, RollUp, Run
from branches.choices import MeetingStatus, OrganizationKind
from branches.models import CadenceRule, DirtyMark, FormerMeeting, Meeting, Organization, Placement
from branches.periods import Period, months_judging
from supervision.attenuation import refresh
from supervision.attenuation.engine import close_period, take_readings
from supervision.attenuation.refresh import refresh_dirty

from .brute_force import World
from .worlds import MONTH, NOW, Planter, stored_readings, stored_rollups

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 5)


def mark(organization, day=date(2026, 9, 20)):
    DirtyMark.objects.bulk_create(
        DirtyMark(organization=organization, period=key, marked_at=NOW) for key in months_judging(day)
    )
    DirtyMark.objects.update(marked_at=NOW)


def refresh_now(at=NOW):
    return refresh_dirty(now=at, today=TODAY)


def edit(planter, at):
    """One random change of the records or of the tree, and the mark that the action behind it leaves."""
    random = planter.random
    what = random.choice(
        ["meeting", "meeting", "confirm", "correct", "accept", "accept", "move", "dissolve", "found"]
    )
    if what == "meeting":
        meeting = planter.meeting()
        mark(meeting.organization, meeting.held_on)
    elif what == "confirm":
        meeting = Meeting.objects.exclude(status=MeetingStatus.CONFIRMED).order_by("pk").first()
        if meeting:
            Meeting.objects.filter(pk=meeting.pk).update(
                status=MeetingStatus.CONFIRMED, counted_from=at, confirmed_at=at
            )
            mark(meeting.organization, meeting.held_on)
    elif what == "correct":
        meeting = random.choice(list(Meeting.objects.filter(status=MeetingStatus.CONFIRMED).order_by("pk")))
        former = {name: getattr(meeting, name) for name in Meeting.COUNTED}
        FormerMeeting.objects.create(meeting=meeting, counted_until=at, **former)
        mark(meeting.organization, meeting.held_on)
        counted = planter.counts(meeting.organization)
        Meeting.objects.filter(pk=meeting.pk).update(counted_from=at, **counted)
        mark(meeting.organization, counted["held_on"])
    elif what == "accept":
        record = DutyRecord.objects.filter(accepted_at=None).order_by("?").first()
        if record:
            DutyRecord.objects.filter(pk=record.pk).update(
                status=RecordStatus.ACCEPTED, accepted_at=at, done_on=date(2026, 9, 20)
            )
            DirtyMark.objects.create(organization=record.organization, period=record.period)
    else:
        reshape(planter, what)


def reshape(planter, what):
    random = planter.random
    organization = random.choice(planter.organizations[1:])
    organization.refresh_from_db()
    if what == "dissolve":
        organization.dissolved_on = random.choice([date(2026, 9, 15), None])
    elif what == "found":
        parent = random.choice(
            [each for each in planter.organizations if each.kind == OrganizationKind.COMMITTEE]
        )
        organization = planter.plant(OrganizationKind.BRANCH, 70, parent)
    elif not Placement.objects.filter(organization=organization).exists():
        planter.place(organization, None, date(2026, 10, 1))
    organization.save()
    mark(organization)


@pytest.mark.parametrize("seed", range(4))
def test_random_edits_refreshed_from_marks_equal_a_count_over_the_records(seed):
    planter = Planter(100 + seed, 28).live()
    run = take_readings(MONTH, cutoff=NOW)
    for step in range(4):
        at = NOW + timedelta(minutes=step)
        for _ in range(planter.random.randrange(1, 5)):
            edit(planter, at)
        while DirtyMark.objects.filter(period=MONTH.key).exists():
            refresh_now(at)
        run.refresh_from_db()
        world = World(MONTH, run.cutoff)
        assert stored_readings(run) == world.readings()
        assert stored_rollups(run) == {key: dict(row) for key, row in world.rollups().items()}


def test_a_confirmation_reaches_every_committee_above_and_only_changed_rows_are_written():
    planter = Planter(7, 30).live()
    run = take_readings(MONTH, cutoff=NOW)
    meeting = Meeting.objects.filter(period=MONTH.key).exclude(status=MeetingStatus.CONFIRMED).first()
    meeting.expected = meeting.present = 40
    meeting.excused = 0
    meeting.status, meeting.counted_from, meeting.confirmed_at = MeetingStatus.CONFIRMED, NOW, NOW
    meeting.save()
    before = {row["scope_id"]: row["attendance_due"] for row in sums(run)}
    mark(meeting.organization)
    assert refresh_now().refreshed
    after = {row["scope_id"]: row["attendance_due"] for row in sums(run)}
    above = Organization.objects.filter(pk__in=after).filter(
        path__in=[meeting.organization.path[:end] for end in range(4, len(meeting.organization.path) + 1, 4)]
    )
    changed = {pk for pk in after if after[pk] != before[pk]}
    assert changed
    assert planter.city.pk in changed
    assert len(changed) <= above.count() + 2
    run.refresh_from_db()
    assert run.written <= 3 + 3 * len(changed)
    assert not DirtyMark.objects.filter(period=MONTH.key).exists()


def sums(run):
    rows = {}
    for row in RollUp.objects.filter(run=run).values("scope_id", "attendance_due"):
        into = rows.setdefault(row["scope_id"], {"scope_id": row["scope_id"], "attendance_due": 0})
        into["attendance_due"] += row["attendance_due"]
    return rows.values()


def test_a_month_nobody_has_computed_is_computed_and_one_to_come_waits_for_its_time():
    planter = Planter(3).live()
    DirtyMark.objects.create(organization=planter.city, period=202609)
    DirtyMark.objects.create(organization=planter.city, period=202612)
    refresh_now()
    assert list(Run.objects.values_list("period", "is_current")) == [(202609, True)]
    assert not DirtyMark.objects.filter(period=MONTH.key).exists()


def test_a_refresh_that_dies_loses_no_mark(monkeypatch):
    planter = Planter(4).live()
    run = take_readings(MONTH, cutoff=NOW)
    meeting = planter.meeting()
    mark(meeting.organization)
    marks = DirtyMark.objects.count()
    stood = stored_readings(run)

    def die(*args, **kwargs):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(refresh, "refold", die)
        with pytest.raises(RuntimeError), transaction.atomic():
            refresh_now()
    assert DirtyMark.objects.count() == marks
    assert stored_readings(run) == stood
    refresh_now()
    assert not DirtyMark.objects.filter(period=MONTH.key).exists()


def test_a_correction_of_a_closed_month_makes_a_new_run_and_leaves_the_old_one_readable():
    planter = Planter(5).live()
    take_readings(MONTH, cutoff=NOW)
    old = close_period(MONTH, now=NOW)
    stood = stored_readings(old), stored_rollups(old)
    planter.random.seed(1)
    branch = Organization.objects.filter(kind=OrganizationKind.BRANCH).first()
    at = NOW + timedelta(hours=1)
    meeting = planter.meeting(branch)
    Meeting.objects.filter(pk=meeting.pk).update(
        status=MeetingStatus.CONFIRMED,
        counted_from=at,
        confirmed_at=at,
        period=202609,
        expected=50,
        present=50,
    )
    DirtyMark.objects.create(organization=branch, period=202609)
    DirtyMark.objects.update(marked_at=at)
    waiting = refresh_now(at + timedelta(seconds=1))
    assert waiting.waiting == (202609,)
    done = refresh_now(at + timedelta(hours=3))
    assert done.corrected == (202609,)
    new = Run.objects.get(period=202609, is_current=True)
    assert (new.number, new.frozen_at is not None, new.formula) == (old.number + 1, True, old.formula)
    old.refresh_from_db()
    assert not old.is_current
    assert (stored_readings(old), stored_rollups(old)) == stood
    assert stored_readings(new) != stood[0]


def test_a_changed_rule_concerns_everybody_at_once():
    Planter(6).live()
    run = take_readings(MONTH, cutoff=datetime(2026, 10, 5, tzinfo=UTC))
    rule = CadenceRule.objects.get(code="A4")
    rule.at_least = 3
    rule.save()
    refresh_now(datetime.now(UTC) + timedelta(minutes=1))
    run.refresh_from_db()
    assert stored_readings(run) == World(MONTH, run.cutoff).readings()


def test_new_weights_judge_open_months_and_leave_closed_ones_alone():
    Planter(8).live()
    august = Period.parse("2026-08")
    take_readings(august, cutoff=NOW)
    closed = close_period(august, now=NOW)
    opened = take_readings(MONTH, cutoff=NOW)
    new = Formula.objects.create(number=2, effective_from=202601, weights={"core_meetings": 1}, theta="0.50")
    refresh_now(NOW + timedelta(minutes=1))
    opened.refresh_from_db()
    closed.refresh_from_db()
    assert opened.formula == new
    assert closed.formula.number == 1
    assert take_readings(august, cutoff=NOW + timedelta(days=1)).formula.number == 1


def test_many_marks_at_once_are_one_refresh(django_assert_max_num_queries):
    planter = Planter(9, 30).live()
    take_readings(MONTH, cutoff=NOW)
    for organization in planter.organizations:
        mark(organization)
    DirtyMark.objects.exclude(period=MONTH.key).delete()
    with django_assert_max_num_queries(90):
        refresh_now()
    assert Reading.objects.count()
    assert not DirtyMark.objects.filter(period=MONTH.key).exists()
