"""How a meeting's record comes to be, is sent up, taken back, and put right once it is confirmed."""

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from branches import norms
from branches.access import Actor, Right
from branches.choices import MeetingStatus
from branches.minutes import Minutes
from branches.models import (
    Absence,
    AgendaItem,
    Correction,
    FormerMeeting,
    Guest,
    Meeting,
    MeetingDraft,
    Organization,
    Participant,
    Resolution,
    Vote,
)
from branches.periods import Period
from branches.queries.minutes import minutes_of, words_of
from branches.rosters import People, count, people_on
from branches.votes import judge

from .audit import record_event
from .refresh import mark_dirty


class MeetingMoved(Exception):
    """The record is no longer in the state the caller saw; the message says so to the user."""

    def __init__(self, message: str, meeting: Meeting):
        super().__init__(message)
        self.meeting = meeting


class StaleMeeting(MeetingMoved):
    """Somebody else has saved the record in between; `meeting` is what stands now."""


def save_meeting(
    *, actor: Actor, meeting: Meeting, minutes: Minutes, version: int, now, people: People | None = None
) -> Meeting:
    """Store a draft or a returned record again without sending it up.

    Raises `StaleMeeting` when `version` is not the one that stands, `MeetingMoved` when it may not be edited.
    """
    with transaction.atomic():
        meeting = _editable(actor, meeting, version)
        _write(meeting, minutes, people, actor=actor, now=now, reason="保存")
        record_event(actor=actor, event="保存会议", row=meeting, summary=meeting.title, at=now)
        return meeting


def submit_meeting(
    *,
    actor: Actor,
    organization: Organization,
    minutes: Minutes,
    entry_key,
    now,
    meeting: Meeting | None = None,
    version: int | None = None,
    people: People | None = None,
) -> Meeting:
    """Send a record up: a new one, or a draft or returned one again.

    The same `entry_key` makes one record however often it arrives. At the top of the tree nobody stands above to
    confirm, so there the record counts at once. Raises like `save_meeting`.
    """
    try:
        with transaction.atomic():
            return _submit(actor, organization, minutes, entry_key, now, meeting, version, people)
    except IntegrityError:
        sent = Meeting.objects.filter(
            entry_key=entry_key, organization=organization, author=actor.user
        ).first()
        if sent is None or meeting is not None:
            raise
        return sent


def _submit(actor, organization, minutes, entry_key, now, meeting, version, people):
    if meeting is None:
        actor.require(Right.LOG_MEETINGS, organization)
        meeting = Meeting(organization=organization, entry_key=entry_key, author=actor.user)
    else:
        meeting = _editable(actor, meeting, version)
    meeting.status = MeetingStatus.SUBMITTED
    meeting.submitted_at = now
    if organization.depth == 1:
        meeting.status = MeetingStatus.CONFIRMED
        meeting.confirmed_at = meeting.counted_from = now
    _write(meeting, minutes, people, actor=actor, now=now, reason="提交")
    drafts = MeetingDraft.objects.filter(author=actor.user, entry_key=entry_key)
    drafts._raw_delete(drafts.db)  # nothing hangs on a draft
    record_event(actor=actor, event="提交会议", row=meeting, summary=meeting.title, at=now)
    if meeting.status == MeetingStatus.CONFIRMED:
        record_event(actor=actor, event="确认会议", row=meeting, summary="无上级党组织，提交即确认", at=now)
        mark_dirty(organization=organization, held_on=meeting.held_on)
    return meeting


@transaction.atomic
def withdraw_meeting(*, actor: Actor, meeting: Meeting, now) -> Meeting:
    """Take a submission back before it is confirmed; it becomes a draft of its own unit again."""
    meeting = locked(meeting)
    actor.require(Right.LOG_MEETINGS, meeting.organization)
    if meeting.status != MeetingStatus.SUBMITTED:
        raise MeetingMoved(f"这份记录{_state(meeting)}，不能撤回。", meeting)
    meeting.status = MeetingStatus.DRAFT
    meeting.submitted_at = None
    save_with_reason(meeting, actor, "撤回", "status", "submitted_at", "version", "updated_at")
    record_event(actor=actor, event="撤回会议", row=meeting, summary=meeting.title, at=now)
    return meeting


@transaction.atomic
def correct_meeting(
    *,
    actor: Actor,
    meeting: Meeting,
    minutes: Minutes,
    reason: str,
    version: int,
    now,
    people: People | None = None,
) -> Correction:
    """Put a confirmed record right, dated and with its reason: the only way it changes.

    What it counted until now stays readable in `FormerMeeting`; the new counts stand from now on.
    """
    meeting = locked(meeting)
    if not may_correct(actor, meeting.organization):
        raise PermissionDenied("已确认的会议由确认它的上级党组织更正。")
    if not meeting.is_locked:
        raise MeetingMoved(f"这份记录{_state(meeting)}，可直接修改，不需要更正。", meeting)
    if meeting.version != version:
        raise StaleMeeting("这份记录刚刚被他人更正过。", meeting)
    if not reason.strip():
        raise ValueError("更正须说明原因")
    before, after = words_of(minutes_of(meeting), minutes)
    held_before = meeting.held_on
    FormerMeeting.objects.create(
        meeting=meeting, counted_until=now, **{name: getattr(meeting, name) for name in Meeting.COUNTED}
    )
    meeting.counted_from = now
    _write(meeting, minutes, people, actor=actor, now=now, reason=f"更正：{reason}"[:100])
    correction = Correction.objects.create(
        meeting=meeting, reason=reason, before=before, after=after, author=actor.user, corrected_at=now
    )
    record_event(actor=actor, event="更正会议", row=meeting, summary=f"{meeting.title}：{reason}", at=now)
    mark_dirty(organization=meeting.organization, held_on=meeting.held_on)
    if Period.month_of(held_before) != Period.month_of(meeting.held_on):
        mark_dirty(organization=meeting.organization, held_on=held_before)
    return correction


@transaction.atomic
def complete_resolution(*, actor: Actor, meeting: Meeting, number: int, now) -> Resolution:
    """Mark a resolution done: by its owner, or by who keeps the records of the unit."""
    resolution = Resolution.objects.select_for_update().get(meeting=meeting, number=number)
    is_owner = resolution.owner_id is not None and resolution.owner_id == actor.user.member_id
    if not is_owner:
        actor.require(Right.LOG_MEETINGS, meeting.organization)
    if resolution.done_on is None:
        resolution.done_on = actor.today
        resolution.save(update_fields=["done_on"])
        record_event(actor=actor, event="完成决议", row=resolution, summary=resolution.text, at=now)
    return resolution


def may_correct(actor: Actor, organization: Organization) -> bool:
    """Who confirmed may correct: the level above, or the top itself, above which there is nobody."""
    right = Right.LOG_MEETINGS if organization.depth == 1 else Right.CONFIRM_MEETINGS
    return actor.may(right, organization)


def locked(meeting: Meeting) -> Meeting:
    """Read the row again under its lock, so that of two who decide at once the second sees the first."""
    return Meeting.objects.select_for_update(of=("self",)).select_related("organization").get(pk=meeting.pk)


def save_with_reason(meeting: Meeting, actor: Actor, reason: str, *fields: str) -> None:
    """Save the row with who and why in its history; every save is a new version."""
    if meeting.pk:
        meeting.version += 1
    meeting._history_user = actor.user
    meeting._change_reason = reason
    meeting.save(update_fields=fields or None)


def _editable(actor: Actor, meeting: Meeting, version: int | None) -> Meeting:
    meeting = locked(meeting)
    actor.require(Right.LOG_MEETINGS, meeting.organization)
    if meeting.version != version:
        raise StaleMeeting("您编辑期间，这份记录已被他人保存。", meeting)
    if not meeting.is_editable:
        raise MeetingMoved(f"这份记录{_state(meeting)}，不能修改。", meeting)
    return meeting


def _write(meeting: Meeting, minutes: Minutes, people: People | None, *, actor, now, reason: str) -> None:
    """Store the record and its parts, with the counts of its roster frozen."""
    organization = meeting.organization
    if people is None:
        people = people_on(organization, minutes.held_on)
    roster = people.roster(minutes.kinds, minutes.group_id)
    counts = count(
        roster,
        {each.member_id: each.reason for each in minutes.absences},
        organization=organization,
        day=minutes.held_on,
    )
    for name, value in vars(counts).items():
        setattr(meeting, name, value)
    for name in (
        "kinds",
        "title",
        "held_on",
        "started_at",
        "ended_at",
        "place",
        "chair_id",
        "recorder_id",
        "group_id",
        "lecturer",
        "lecture_topic",
        "lecture_hours",
    ):
        setattr(meeting, name, getattr(minutes, name))
    meeting.period = Period.month_of(minutes.held_on).key
    is_new = meeting.pk is None
    if not meeting.is_locked or is_new:
        meeting.entered_on = timezone.localdate(now) if is_new else meeting.entered_on
        meeting.is_late_entry = norms.late_entry(minutes.held_on, meeting.entered_on)
    save_with_reason(meeting, actor, reason)
    _write_parts(meeting, minutes, is_new=is_new)


def _write_parts(meeting: Meeting, minutes: Minutes, *, is_new: bool) -> None:
    done = {}
    if not is_new:
        done = dict(meeting.resolutions.filter(done_on__isnull=False).values_list("text", "done_on"))
        for parts in ("absences", "participants", "guests", "agenda", "resolutions", "votes"):
            getattr(meeting, parts).all().delete()
    for model, rows in (
        (Absence, [vars(each) for each in minutes.absences]),
        (Participant, [{"member_id": each} for each in minutes.participants]),
        (Guest, [vars(each) for each in minutes.guests]),
        (AgendaItem, _numbered(vars(each) for each in minutes.agenda)),
        (
            Resolution,
            _numbered(vars(each) | {"done_on": done.get(each.text)} for each in minutes.resolutions),
        ),
        (Vote, _numbered(vars(each) | {"passed": judge(each.ballot).passes} for each in minutes.votes)),
    ):
        if rows:
            model.objects.bulk_create(model(meeting=meeting, **row) for row in rows)


def _numbered(rows):
    return [row | {"number": number} for number, row in enumerate(rows, 1)]


def _state(meeting: Meeting) -> str:
    return {
        MeetingStatus.DRAFT: "还是草稿",
        MeetingStatus.SUBMITTED: "已经提交，正待上级确认",
        MeetingStatus.RETURNED: "已被退回",
        MeetingStatus.CONFIRMED: "已经确认",
    }[MeetingStatus(meeting.status)]
