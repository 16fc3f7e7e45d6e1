"""确认 and 退回 by the level above."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from simple_history.utils import bulk_update_with_history

from branches.access import Actor, Right
from branches.choices import Decision, MeetingStatus
from branches.models import Meeting, MeetingReview

from .audit import record_event
from .meetings import MeetingMoved, locked, save_with_reason
from .refresh import mark_all_dirty, mark_dirty

#: Most records one bulk confirmation takes: a transaction that ends within seconds.
BULK_LIMIT = 2000


class SelectionChanged(Exception):
    """What matches the filter is no longer what was shown; the message says so to the user."""


@transaction.atomic
def confirm_meeting(*, actor: Actor, meeting: Meeting, now, note: str = "") -> Meeting:
    """Confirm a submitted record: from now on it counts."""
    meeting = _waiting(actor, meeting)
    meeting.status = MeetingStatus.CONFIRMED
    meeting.confirmed_at = meeting.counted_from = now
    save_with_reason(
        meeting, actor, "确认", "status", "confirmed_at", "counted_from", "version", "updated_at"
    )
    _review(actor, meeting, Decision.CONFIRMED, note, now)
    record_event(actor=actor, event="确认会议", row=meeting, summary=meeting.title, at=now)
    mark_dirty(organization=meeting.organization, held_on=meeting.held_on)
    return meeting


@transaction.atomic
def return_meeting(*, actor: Actor, meeting: Meeting, note: str, now) -> Meeting:
    """Give a submitted record back with what is to be mended; ValueError without a note."""
    if not note.strip():
        raise ValueError("退回须写明需要修改什么")
    meeting = _waiting(actor, meeting)
    meeting.status = MeetingStatus.RETURNED
    meeting.submitted_at = None
    save_with_reason(meeting, actor, "退回", "status", "submitted_at", "version", "updated_at")
    _review(actor, meeting, Decision.RETURNED, note, now)
    record_event(actor=actor, event="退回会议", row=meeting, summary=f"{meeting.title}：{note}", at=now)
    return meeting


@transaction.atomic
def bulk_confirm(*, actor: Actor, meetings, total: int, now) -> int:
    """Confirm exactly the submitted records of the queryset `meetings` and return how many.

    `total` is the number that was shown to the user; SelectionChanged when another number matches by now.
    """
    rows = list(
        meetings.waiting()
        .exclude(author=actor.user)
        .select_for_update(of=("self",))
        .select_related("organization")
        .order_by("pk")[: BULK_LIMIT + 1]
    )
    if len(rows) > BULK_LIMIT:
        raise SelectionChanged(f"一次最多确认 {BULK_LIMIT} 条，请缩小筛选范围。")
    if len(rows) != total:
        raise SelectionChanged(f"待确认的记录已有变化：刚才 {total} 条，现在 {len(rows)} 条。请重新核对。")
    for meeting in rows:
        actor.require(Right.CONFIRM_MEETINGS, meeting.organization)
        meeting.status = MeetingStatus.CONFIRMED
        meeting.confirmed_at = meeting.counted_from = now
        meeting.updated_at = now
        meeting.version += 1
    bulk_update_with_history(
        rows,
        Meeting,
        ["status", "confirmed_at", "counted_from", "updated_at", "version"],
        batch_size=200,
        default_user=actor.user,
        default_change_reason="批量确认",
        default_date=now,
    )
    MeetingReview.objects.bulk_create(
        MeetingReview(
            meeting=meeting,
            decision=Decision.CONFIRMED,
            reviewer=actor.user,
            appointment=actor.appointment,
            decided_at=now,
        )
        for meeting in rows
    )
    for meeting in rows:
        record_event(actor=actor, event="确认会议", row=meeting, summary=f"批量：{meeting.title}", at=now)
    mark_all_dirty({(meeting.organization_id, meeting.held_on) for meeting in rows})
    return len(rows)


def _waiting(actor: Actor, meeting: Meeting) -> Meeting:
    meeting = locked(meeting)
    actor.require(Right.CONFIRM_MEETINGS, meeting.organization)
    if meeting.author_id == actor.user.pk:
        raise PermissionDenied("自己填报的会议由他人确认。")
    if meeting.status != MeetingStatus.SUBMITTED:
        words = {
            MeetingStatus.DRAFT: "已被填报单位撤回",
            MeetingStatus.RETURNED: "已经退回",
            MeetingStatus.CONFIRMED: "已经确认",
        }
        raise MeetingMoved(f"这份记录{words[MeetingStatus(meeting.status)]}，无需再处理。", meeting)
    return meeting


def _review(actor: Actor, meeting: Meeting, decision: str, note: str, now) -> None:
    MeetingReview.objects.create(
        meeting=meeting,
        decision=decision,
        note=note,
        reviewer=actor.user,
        appointment=actor.appointment,
        decided_at=now,
    )
