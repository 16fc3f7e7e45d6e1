"""Several people at the same record in the same moment, with real threads on PostgreSQL."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from branches.actions.meetings import (
    MeetingMoved,
    StaleMeeting,
    save_meeting,
    submit_meeting,
    withdraw_meeting,
)
from branches.actions.reviews import SelectionChanged, bulk_confirm, confirm_meeting
from branches.choices import MeetingStatus
from branches.models import AuditEntry, DirtyMark, Meeting
from branches.queries.meetings import waiting_below
from tests.meetings import NOW, actor, minutes, record

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*jobs):
    """Start the jobs together; return what each gave back or raised."""
    gate = threading.Barrier(len(jobs))

    def run(job):
        try:
            gate.wait(timeout=10)
            return job()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_a_double_click_makes_one_record(cast):
    key, who, content = uuid.uuid4(), actor(cast, "li"), minutes(cast)

    def submit():
        return submit_meeting(actor=who, organization=cast.first, minutes=content, entry_key=key, now=NOW).pk

    answers = at_once(*[submit] * 6)
    assert len(set(answers)) == 1
    assert Meeting.objects.count() == 1
    assert AuditEntry.objects.filter(event="提交会议").count() == 1


def test_many_units_submit_without_waiting_for_each_other(cast):
    content = minutes(cast)

    def submit(key):
        return lambda: (
            submit_meeting(
                actor=actor(cast, "li"), organization=cast.first, minutes=content, entry_key=key, now=NOW
            ).pk
        )

    answers = at_once(*[submit(uuid.uuid4()) for _ in range(8)])
    assert len(set(answers)) == 8
    assert Meeting.objects.count() == 8


@pytest.mark.parametrize("attempt", range(4))
def test_confirming_and_withdrawing_at_once_leaves_one_of_them(cast, attempt):
    meeting = record(cast)
    zhao, li = actor(cast, "zhao"), actor(cast, "li")
    answers = at_once(
        lambda: confirm_meeting(actor=zhao, meeting=meeting, now=NOW),
        lambda: withdraw_meeting(actor=li, meeting=meeting, now=NOW),
    )
    assert sum(isinstance(answer, MeetingMoved) for answer in answers) == 1
    meeting.refresh_from_db()
    is_confirmed = meeting.status == MeetingStatus.CONFIRMED
    assert is_confirmed or meeting.status == MeetingStatus.DRAFT
    assert DirtyMark.objects.exists() is is_confirmed
    assert meeting.reviews.exists() is is_confirmed


def test_of_two_editors_the_second_is_told(cast):
    meeting = record(cast, status=MeetingStatus.RETURNED)
    li = actor(cast, "li")

    def save(place):
        return lambda: (
            save_meeting(
                actor=li, meeting=meeting, minutes=minutes(cast, place=place), version=1, now=NOW
            ).place
        )

    answers = at_once(save("甲"), save("乙"))
    assert sum(isinstance(answer, StaleMeeting) for answer in answers) == 1
    meeting.refresh_from_db()
    assert meeting.place in answers
    assert (meeting.version, meeting.agenda.count()) == (2, 1)


def test_two_bulk_confirmations_confirm_each_record_once(cast):
    for number in range(12):
        record(cast, title=f"会议{number}")
    zhao, qian = actor(cast, "zhao"), actor(cast, "qian")
    answers = at_once(
        lambda: bulk_confirm(actor=zhao, meetings=waiting_below(cast.town, zhao), total=12, now=NOW),
        lambda: bulk_confirm(actor=qian, meetings=waiting_below(cast.county, qian), total=12, now=NOW),
    )
    assert sorted(str(type(answer).__name__) for answer in answers) == ["SelectionChanged", "int"]
    assert any(isinstance(answer, SelectionChanged) for answer in answers)
    assert Meeting.objects.confirmed().count() == 12
    assert AuditEntry.objects.filter(event="确认会议").count() == 12
