"""Countable duties: what is frozen when they are handed in, and terms that close by themselves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from accountability.actions.counted import settle_counted
from accountability.actions.records import accept_record, return_record, submit_record
from accountability.choices import CountedBy, DutyKind, EvidenceKind
from accountability.models import DutyRecord
from accountability.queries.records import progress_of, record_detail
from accountability.tasks import settle_all_counted
from branches.choices import MeetingKind, MeetingStatus
from branches.models import AuditEntry, DirtyMark, Meeting
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.owing import owe, talk
from tests.branches.test_cadence import hold

K = MeetingKind
LATER = NOW + timedelta(minutes=5)


def study(organization, *days, status=MeetingStatus.CONFIRMED):
    return [hold(organization, K.SPECIAL_STUDY, day, status) for day in days]


def submit(actor, record, **values):
    facts = {
        "version": record.version,
        "done_on": date(2026, 11, 12),
        "summary": "研究了两次。",
        "meetings": [],
        "now": NOW,
    }
    return submit_record(actor=actor, record=record, **facts | values)


def settle(**values):
    return settle_counted(**{"now": NOW, "today": TODAY} | values)


# Handing in


def test_the_count_is_frozen_when_it_is_handed_in(cast, acting):
    record = owe(cast.first)
    study(cast.first, date(2026, 8, 3), date(2026, 10, 9))
    assert submit(acting("li"), record, counted=77).counted == 2
    study(cast.first, date(2026, 11, 3))
    record.refresh_from_db()
    assert (record.counted, record.is_short) == (2, False)


def test_less_than_the_target_needs_a_reason_and_is_shown(cast, acting):
    record = owe(cast.first, target=4)
    study(cast.first, date(2026, 8, 3), date(2026, 10, 9))
    with pytest.raises(ValidationError, match="写明原因"):
        submit(acting("li"), record)
    handed_in = submit(acting("li"), record, summary="研究了两次。原因：换届期间未开会。")
    assert (handed_in.counted, handed_in.is_short, handed_in.status) == (2, True, "SUBMITTED")
    assert settle() == 0
    accepted = accept_record(actor=acting("zhao"), record=handed_in, version=handed_in.version, now=NOW)
    assert accepted.is_short
    assert not accepted.is_settled_by_count


def test_a_count_by_hand_is_typed(cast, acting):
    record = owe(cast.first, counted_by=CountedBy.HAND, target=3)
    with pytest.raises(ValidationError, match="完成了几次"):
        submit(acting("li"), record)
    with pytest.raises(ValidationError, match="写明原因"):
        submit(acting("li"), record, counted=0)
    assert submit(acting("li"), record, counted=3).counted == 3


def test_what_counts_nothing_stores_no_number(cast, acting):
    record = owe(cast.first, counted_by="", target=None)
    assert submit(acting("li"), record, counted=5).counted is None
    assert progress_of(record) is None


def test_evidence_is_asked_for_only_where_the_item_says_so(cast, acting):
    meeting_asked = owe(cast.first, counted_by="", target=None, evidence=EvidenceKind.MEETING)
    with pytest.raises(ValidationError, match="至少勾选一次"):
        submit(acting("li"), meeting_asked)
    (meeting,) = study(cast.first, date(2026, 8, 3))
    assert submit(acting("li"), meeting_asked, meetings=[meeting]).status == "SUBMITTED"
    file_asked = owe(cast.first, counted_by="", target=None, evidence=EvidenceKind.DOCUMENT, year=2027)
    with pytest.raises(ValidationError, match="至少上传一份"):
        submit(acting("li"), file_asked)


def test_what_came_back_counts_anew(cast, acting):
    record = owe(cast.first, target=3)
    study(cast.first, date(2026, 8, 3), date(2026, 10, 9))
    handed_in = submit(acting("li"), record, summary="原因：十一月才开第三次。")
    returned = return_record(
        actor=acting("zhao"), record=handed_in, version=handed_in.version, note="开过再报", now=NOW
    )
    study(cast.first, date(2026, 11, 10))
    assert settle() == 0  # a person answers the note
    assert submit(acting("li"), returned).counted == 3


# Closing by itself


def test_a_term_closes_itself_on_the_day_its_target_was_reached(cast):
    record = owe(cast.first, target=2)
    child = owe(cast.second, counted_by="", target=None)
    DutyRecord.objects.filter(pk=child.pk).update(parent=record, period=202611)
    held = study(cast.first, date(2026, 10, 9), date(2026, 8, 3), date(2026, 11, 2))
    assert settle() == 1
    record.refresh_from_db()
    assert (record.status, record.done_on, record.accepted_at) == ("ACCEPTED", date(2026, 10, 9), NOW)
    assert (record.counted, record.is_settled_by_count, record.version) == (3, True, 2)
    assert record.author is None
    assert set(record.meetings.all()) == set(held)
    assert "10月9日" in record.summary
    (settled,) = record.history.filter(history_change_reason="自动计数达标")
    assert (settled.history_user, settled.history_date) == (None, NOW)
    marks = set(DirtyMark.objects.values_list("organization", "period"))
    assert (cast.second.pk, 202611) in marks  # the pair has come into being; December has not begun
    assert AuditEntry.objects.filter(event="自动计数达标").count() == 1
    assert settle(now=LATER) == 0
    assert record.history.filter(status="ACCEPTED").count() == 1


def test_what_somebody_has_written_already_is_kept(cast, acting):
    record = owe(cast.first, target=1)
    DutyRecord.objects.filter(pk=record.pk).update(summary="研究了基层减负。")
    study(cast.first, date(2026, 8, 3))
    settle()
    record.refresh_from_db()
    assert record.summary == "研究了基层减负。"
    with pytest.raises(Exception, match="他人改动"):
        submit(acting("li"), record, version=1)


def test_a_term_of_persons_closes_on_the_talk_that_completed_it(cast):
    record = owe(
        cast.first, counted_by=CountedBy.PERSONS, target=3, meeting_kinds=int(K.TALK), interval="year"
    )
    chair, *others = cast.first.members.all()[:5]
    talk(cast.first, chair, others[:2], date(2026, 3, 3))
    talk(cast.first, chair, others[:2], date(2026, 5, 3))
    assert settle() == 0
    talk(cast.first, chair, others[1:3], date(2026, 6, 3))
    assert settle() == 1
    record.refresh_from_db()
    assert (record.counted, record.done_on, record.meetings.count()) == (3, date(2026, 6, 3), 2)


@pytest.mark.parametrize(
    "facts",
    [
        {"target": 3},
        {"kind": DutyKind.DEPLOYMENT},
        {"evidence": EvidenceKind.DOCUMENT},
        {"counted_by": CountedBy.HAND},
        {"due_on": date(2027, 6, 30)},
        {"due_on": date(2026, 6, 30)},
    ],
    ids=["below the target", "deployment", "a file is asked for", "by hand", "not begun", "long over"],
)
def test_what_does_not_close_by_itself(cast, facts):
    record = owe(cast.first, **facts)
    year = record.due_on.year
    month = 1 if record.due_on.month == 6 else 8
    study(cast.first, date(year, month, 3), date(year, month, 9))
    assert settle() == 0
    record.refresh_from_db()
    assert record.status == "OPEN"


def test_nothing_closes_itself_with_a_zero_or_with_what_only_waits(cast):
    owe(cast.first, target=1)
    study(cast.first, date(2026, 8, 3), date(2026, 8, 9), status=MeetingStatus.SUBMITTED)
    assert settle() == 0


def test_at_the_top_nobody_above_has_confirmed_anything(cast):
    owe(cast.city, target=1)
    (meeting,) = study(cast.first, date(2026, 8, 3))
    Meeting.objects.filter(pk=meeting.pk).update(organization=cast.city)
    assert settle() == 0


def test_withdrawn_terms_stay_withdrawn(cast):
    record = owe(cast.first, target=1)
    study(cast.first, date(2026, 8, 3))
    DutyRecord.objects.filter(pk=record.pk).update(withdrawn_at=NOW)
    assert settle() == 0


def test_the_frequent_round_looks_at_units_with_news_and_the_nightly_one_at_all(cast):
    owe(cast.first, target=1)
    owe(cast.second, target=1)
    study(cast.first, date(2026, 8, 3))
    (new,) = study(cast.second, date(2026, 8, 3))
    Meeting.objects.filter(pk=new.pk).update(counted_from=NOW - timedelta(minutes=10))
    assert settle(since=NOW - timedelta(hours=1)) == 1
    assert DutyRecord.objects.get(status="ACCEPTED").organization == cast.second
    assert settle() == 1


def test_the_number_of_statements_does_not_follow_the_terms(cast, django_assert_max_num_queries):
    for number in range(12):
        owe(cast.first, target=1, year=2030 + number)
    study(cast.first, date(2026, 8, 3), date(2026, 9, 3))
    with django_assert_max_num_queries(16):
        assert settle() == 12


def test_batches_add_up(cast, monkeypatch):
    monkeypatch.setattr("accountability.actions.counted.BATCH", 3)
    monkeypatch.setattr("accountability.actions.counted.LOOK_UP", 5)
    for number in range(12):
        owe(cast.first, target=1 + number % 3, year=2030 + number)
    study(cast.first, date(2026, 8, 3), date(2026, 9, 3))
    assert settle() == 8
    assert AuditEntry.objects.filter(event="自动计数达标").count() == 3


def test_a_later_correction_reopens_nothing_and_is_told(cast, acting):
    record = owe(cast.first, target=2)
    held = study(cast.first, date(2026, 8, 3), date(2026, 10, 9))
    settle()
    Meeting.objects.filter(pk=held[0].pk).update(kinds=int(K.PARTY_DAY))
    assert settle(now=LATER) == 0
    detail = record_detail(record, acting("li"))
    assert detail.record.status == "ACCEPTED"
    assert (detail.progress.number, detail.progress.counting.number) == (2, 1)
    assert detail.progress.has_shrunk
    assert ("系统", "自动计数达标") in [(step.who, step.what) for step in detail.steps]


def test_the_task_runs_by_the_clock_of_the_machine(cast, monkeypatch):
    import time_machine

    with time_machine.travel(datetime(2026, 11, 20, 2, 0, tzinfo=UTC), tick=False):
        owe(cast.first, target=1)
        study(cast.first, date(2026, 8, 3))
        assert settle_all_counted() == 1
