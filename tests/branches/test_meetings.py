"""What changes a meeting's record, and who may."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from branches.actions.meetings import (
    MeetingMoved,
    StaleMeeting,
    complete_resolution,
    correct_meeting,
    save_meeting,
    submit_meeting,
    withdraw_meeting,
)
from branches.actions.reviews import SelectionChanged, bulk_confirm, confirm_meeting, return_meeting
from branches.choices import AbsenceReason, MeetingStatus
from branches.minutes import ResolutionEntry, VoteEntry
from branches.models import AuditEntry, DirtyMark, FormerMeeting, Meeting, MeetingDraft
from branches.queries.meetings import open_resolutions_of, waiting_below
from tests.meetings import DAY, NOW, actor, member, minutes, record


def submit(cast, who="li", *, key=None, organization=None, now=NOW, **changes):
    return submit_meeting(
        actor=actor(cast, who),
        organization=organization or cast.first,
        minutes=minutes(cast, **changes),
        entry_key=key or uuid.uuid4(),
        now=now,
    )


def test_a_submitted_record_has_its_counts_frozen_and_its_trail(cast):
    meeting = submit(cast, absences=[(member(cast, "qian"), AbsenceReason.OTHER)])
    meeting.refresh_from_db()
    assert (meeting.status, meeting.period, meeting.is_late_entry) == (MeetingStatus.SUBMITTED, 202611, False)
    assert (meeting.expected, meeting.present, meeting.excused) == (10, 9, 0)
    assert (meeting.key_due, meeting.key_done, meeting.dual_due, meeting.dual_done) == (2, 1, 1, 0)
    assert (meeting.expected_full, meeting.present_full, meeting.entitled) == (9, 8, 9)
    assert meeting.counted_from is None
    assert [row.event for row in AuditEntry.objects.all()] == ["提交会议"]
    assert meeting.history.get().history_change_reason == "提交"
    assert not DirtyMark.objects.exists()


def test_a_double_submit_makes_one_record(cast):
    key = uuid.uuid4()
    first, again = submit(cast, key=key), submit(cast, key=key)
    assert first.pk == again.pk
    assert Meeting.objects.count() == 1


def test_somebody_elses_entry_key_is_refused(cast):
    key = uuid.uuid4()
    submit(cast, key=key)
    theirs = minutes(cast, chair_id=member(cast, "wang").pk, recorder_id=member(cast, "wang").pk)
    with pytest.raises(Exception, match=r"(?i)unique"):
        submit_meeting(
            actor=actor(cast, "wang"), organization=cast.second, minutes=theirs, entry_key=key, now=NOW
        )


def test_only_who_keeps_the_records_submits(cast):
    for who in ("wang", "zhou", "zhao", "sun"):
        with pytest.raises(PermissionDenied):
            submit(cast, who)


def test_late_entry_is_a_mark_that_stays(cast):
    meeting = submit(cast, now=NOW + timedelta(days=4))
    assert meeting.is_late_entry


def test_submitting_deletes_the_draft(cast):
    key = uuid.uuid4()
    MeetingDraft.objects.create(author=cast.people["li"], organization=cast.first, entry_key=key)
    submit(cast, key=key)
    assert not MeetingDraft.objects.exists()


def test_confirming_counts_and_marks_every_month_that_judges_it(cast):
    meeting = submit(cast)
    confirm_meeting(actor=actor(cast, "zhao"), meeting=meeting, now=NOW)
    meeting.refresh_from_db()
    assert (meeting.status, meeting.counted_from, meeting.confirmed_at) == (MeetingStatus.CONFIRMED, NOW, NOW)
    marks = DirtyMark.objects.values_list("organization_id", "period")
    assert sorted(marks) == [(cast.first.pk, 202611), (cast.first.pk, 202612)]
    assert meeting.reviews.get().reviewer == cast.people["zhao"]


def test_the_own_unit_a_sibling_and_the_discipline_side_do_not_confirm(cast):
    meeting = submit(cast)
    for who in ("li", "wang", "sun", "zhou", "wu"):
        with pytest.raises(PermissionDenied):
            confirm_meeting(actor=actor(cast, who), meeting=meeting, now=NOW)


def test_nobody_confirms_what_they_entered_themselves(cast):
    meeting = record(cast, author="qian")
    with pytest.raises(PermissionDenied):
        confirm_meeting(actor=actor(cast, "qian"), meeting=meeting, now=NOW)


def test_a_return_needs_a_note_and_opens_the_record_again(cast):
    meeting = submit(cast)
    with pytest.raises(ValueError, match="写明"):
        return_meeting(actor=actor(cast, "zhao"), meeting=meeting, note=" ", now=NOW)
    return_meeting(actor=actor(cast, "zhao"), meeting=meeting, note="请补充发言要点", now=NOW)
    meeting.refresh_from_db()
    assert meeting.is_editable
    again = submit_meeting(
        actor=actor(cast, "li"),
        organization=cast.first,
        minutes=minutes(cast, title="改过的"),
        entry_key=meeting.entry_key,
        meeting=meeting,
        version=meeting.version,
        now=NOW,
    )
    assert (again.pk, again.title, again.status) == (meeting.pk, "改过的", MeetingStatus.SUBMITTED)


def test_the_second_editor_is_told(cast):
    meeting = record(cast, status=MeetingStatus.RETURNED)
    seen = meeting.version
    save_meeting(
        actor=actor(cast, "li"), meeting=meeting, minutes=minutes(cast, place="会议室"), version=seen, now=NOW
    )
    with pytest.raises(StaleMeeting) as stale:
        save_meeting(
            actor=actor(cast, "li"),
            meeting=meeting,
            minutes=minutes(cast, place="礼堂"),
            version=seen,
            now=NOW,
        )
    assert stale.value.meeting.place == "会议室"


def test_a_submission_can_be_withdrawn_until_it_is_confirmed(cast):
    meeting = submit(cast)
    withdraw_meeting(actor=actor(cast, "li"), meeting=meeting, now=NOW)
    meeting.refresh_from_db()
    assert meeting.status == MeetingStatus.DRAFT
    with pytest.raises(MeetingMoved, match="撤回"):
        confirm_meeting(actor=actor(cast, "zhao"), meeting=meeting, now=NOW)
    confirmed = record(cast, status=MeetingStatus.CONFIRMED)
    with pytest.raises(MeetingMoved, match="已经确认"):
        withdraw_meeting(actor=actor(cast, "li"), meeting=confirmed, now=NOW)


def test_a_confirmed_record_is_locked(cast):
    meeting = record(cast, status=MeetingStatus.CONFIRMED)
    with pytest.raises(MeetingMoved):
        save_meeting(
            actor=actor(cast, "li"), meeting=meeting, minutes=minutes(cast), version=meeting.version, now=NOW
        )


def test_a_correction_keeps_what_counted_before(cast):
    meeting = submit(cast)
    confirm_meeting(actor=actor(cast, "zhao"), meeting=meeting, now=NOW)
    DirtyMark.objects.all().delete()
    meeting.refresh_from_db()
    later = NOW + timedelta(days=3)
    corrected = minutes(
        cast,
        absences=[(member(cast, "qian"), AbsenceReason.OTHER)],
        held_on=date(2026, 10, 30),
        started_at=minutes(cast).started_at - timedelta(days=13),
        ended_at=minutes(cast).ended_at - timedelta(days=13),
    )
    correction = correct_meeting(
        actor=actor(cast, "zhao"),
        meeting=meeting,
        minutes=corrected,
        reason="日期和缺席漏登",
        version=meeting.version,
        now=later,
    )
    meeting.refresh_from_db()
    former = FormerMeeting.objects.get(meeting=meeting)
    assert (former.held_on, former.period, former.present) == (DAY, 202611, 10)
    assert (former.counted_from, former.counted_until) == (NOW, later)
    assert (meeting.period, meeting.present, meeting.counted_from) == (202610, 9, later)
    assert (meeting.status, meeting.confirmed_at) == (MeetingStatus.CONFIRMED, NOW)
    assert correction.before["召开日期"] == "2026-11-12"
    assert correction.after["召开日期"] == "2026-10-30"
    assert correction.after["缺席"] == "钱峰（其他）"
    periods = set(DirtyMark.objects.values_list("period", flat=True))
    assert {202610, 202611, 202612} == periods
    assert meeting.entered_on == NOW.date()


def test_the_branch_itself_does_not_correct_what_was_confirmed(cast):
    meeting = record(cast, status=MeetingStatus.CONFIRMED)
    with pytest.raises(PermissionDenied):
        correct_meeting(
            actor=actor(cast, "li"), meeting=meeting, minutes=minutes(cast), reason="改", version=1, now=NOW
        )


def test_at_the_top_a_submission_counts_at_once(cast):
    from branches.choices import MeetingKind, Post
    from tests.conftest import employ, enrol

    boss = enrol("市委书记", cast.second)
    cast.people["boss"] = employ("boss", "市委书记", (cast.city, Post.SECRETARY), member=boss)
    meeting = submit(
        cast,
        "boss",
        organization=cast.city,
        kinds=MeetingKind.STUDY_GROUP,
        chair_id=boss.pk,
        recorder_id=boss.pk,
    )
    assert (meeting.status, meeting.counted_from) == (MeetingStatus.CONFIRMED, NOW)
    assert DirtyMark.objects.filter(organization=cast.city).exists()


def test_bulk_confirmation_takes_exactly_what_was_shown(cast):
    one, other = record(cast), record(cast, cast.second, author="wang")
    record(cast, status=MeetingStatus.RETURNED)
    zhao = actor(cast, "zhao")
    waiting = waiting_below(cast.town, zhao)
    with pytest.raises(SelectionChanged, match="刚才 3 条，现在 2 条"):
        bulk_confirm(actor=zhao, meetings=waiting, total=3, now=NOW)
    assert bulk_confirm(actor=zhao, meetings=waiting, total=2, now=NOW) == 2
    for meeting in (one, other):
        meeting.refresh_from_db()
        assert meeting.status == MeetingStatus.CONFIRMED
        assert meeting.counted_from == NOW
        assert meeting.version == 2
        assert meeting.history.filter(history_change_reason="批量确认").count() == 1
    assert DirtyMark.objects.count() == 4
    assert AuditEntry.objects.filter(event="确认会议").count() == 2


def test_bulk_confirmation_reaches_no_further_than_the_right(cast):
    record(cast)
    with pytest.raises(PermissionDenied):
        bulk_confirm(actor=actor(cast, "wang"), meetings=Meeting.objects.all(), total=1, now=NOW)


def test_a_resolution_waits_for_its_owner_until_done(cast):
    zhou = member(cast, "zhou")
    meeting = submit(cast, resolutions=(ResolutionEntry("撰写心得", zhou.pk, date(2026, 11, 30)),))
    assert open_resolutions_of(zhou).get().text == "撰写心得"
    with pytest.raises(PermissionDenied):
        complete_resolution(actor=actor(cast, "wang"), meeting=meeting, number=1, now=NOW)
    complete_resolution(actor=actor(cast, "zhou"), meeting=meeting, number=1, now=NOW)
    assert not open_resolutions_of(zhou).exists()


def test_votes_store_what_the_rules_say_of_them(cast):
    vote = VoteEntry("接收严新", "ADMISSION", entitled=9, present=9, in_favour=9)
    lost = replace(vote, subject="另一项", in_favour=4, against=5)
    meeting = submit(cast, votes=(vote, lost))
    assert list(meeting.votes.values_list("passed", flat=True)) == [True, False]


def test_submitting_costs_few_statements(cast, django_assert_max_num_queries):
    entry, content = uuid.uuid4(), minutes(cast, absences=[(member(cast, "qian"), AbsenceReason.SICK)])
    who = actor(cast, "li")
    # Roster 2, key posts 1, meeting and its history 2, absences, agenda, draft, audit: 1 each, savepoint 2.
    with django_assert_max_num_queries(11):
        submit_meeting(actor=who, organization=cast.first, minutes=content, entry_key=entry, now=NOW)
