from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from simple_history.utils import bulk_update_with_history

from accountability.access import require_review, reviewed_by
from accountability.choices import CountedBy, Decision, EvidenceKind, RecordStatus
from accountability.counting import gives_a_reason
from accountability.models import DutyRecord, DutyReview
from accountability.queries.counting import RELATED, countings
from branches.access import Right
from branches.actions.audit import record_event
from branches.choices import MeetingStatus

from .deployments import take_up
from .marks import mark_records
from .notices import stop_reminders


class Outdated(Exception):
    """Somebody else has changed the record since it was read; `record` is how it stands now."""

    def __init__(self, record):
        super().__init__("这份纪实刚刚被他人改动。")
        self.record = record


@transaction.atomic
def save_record(
    *,
    actor,
    record: DutyRecord,
    version: int,
    done_on,
    summary: str,
    meetings,
    now,
    counted: int | None = None,
) -> DutyRecord:
    """Keep what has been written so far; `Outdated` when somebody else wrote meanwhile.

    `counted` is the number typed for a duty that is counted by hand; of other duties it is not asked.
    """
    kept = _write(actor, record, version, done_on, summary, meetings, counted)
    kept._change_reason = "保存"
    kept.save()
    return kept


@transaction.atomic
def submit_record(
    *,
    actor,
    record: DutyRecord,
    version: int,
    done_on,
    summary: str,
    meetings,
    now,
    counted: int | None = None,
) -> DutyRecord:
    """Hand in what was done about a duty; it counts once somebody above has accepted it.

    What confirmed meetings amount to is frozen here. Less than the target may be handed in with its reason in the
    summary, and the reviewer sees by how much it falls short.
    """
    kept = _write(actor, record, version, done_on, summary, meetings, counted)
    if done_on is None:
        raise ValidationError({"done_on": "请填写完成日期。"})
    if not summary.strip():
        raise ValidationError({"summary": "请用几句话写明做了什么、解决了什么。"})
    take_up(actor=actor, record=kept, now=now)
    _ask_for_evidence(kept)
    _freeze_count(kept)
    kept.status, kept.submitted_at = RecordStatus.SUBMITTED, now
    kept._change_reason = "提交"
    kept.save()
    stop_reminders(rows=[kept], now=now)
    record_event(
        actor=actor,
        event="提交履责纪实",
        row=kept,
        summary=f"{kept.organization} {kept.duty.heading}",
        at=now,
    )
    return kept


def _ask_for_evidence(record) -> None:
    asked = record.duty.evidence
    if asked == EvidenceKind.MEETING and not record.meetings.exists():
        raise ValidationError({"meetings": "这一项要求用会议记录佐证，请至少勾选一次已确认的会议。"})
    if asked == EvidenceKind.DOCUMENT and not record.files.filter(removed_at=None).exists():
        raise ValidationError({"files": "这一项要求附文件佐证，请至少上传一份。"})


def _freeze_count(record) -> None:
    duty = record.duty
    if not duty.counted_by:
        return
    if duty.counts_by_itself:
        record.counted = countings([record])[record.pk].number
    elif record.counted is None:
        raise ValidationError({"counted": "请填写本期完成了几次。"})
    if record.is_short and not gives_a_reason(record.summary):
        raise ValidationError(
            {
                "summary": f"本期计{record.counted}，应不少于{duty.target}。可以提交，"
                "请在这里写明原因，例如“原因：……”。"
            }
        )


def _write(actor, record, version, done_on, summary, meetings, counted) -> DutyRecord:
    actor.require(Right.RECORD_DUTIES, record.organization)
    kept = _locked(record, version)
    if not kept.is_editable:
        raise ValidationError("这份纪实已提交或已认可，不能再改。")
    window = kept.window
    if done_on is not None and done_on < kept.starts_on:
        raise ValidationError({"done_on": f"{window.label}从{kept.starts_on:%Y-%m-%d}开始，不能早于这一天。"})
    if done_on is not None and done_on > actor.today:
        raise ValidationError({"done_on": "完成日期不能晚于今天。"})
    meetings = list(meetings)
    if any(
        each.organization_id != kept.organization_id or each.status != MeetingStatus.CONFIRMED
        for each in meetings
    ):
        raise ValidationError({"meetings": "佐证只能选本单位已确认的会议。"})
    kept.done_on, kept.summary, kept.author = done_on, summary, actor.user
    kept.counted = counted if kept.duty.counted_by == CountedBy.HAND else None
    kept.version += 1
    kept.meetings.set(meetings)
    return kept


def _locked(record, version) -> DutyRecord:
    kept = (
        DutyRecord.objects.select_for_update(of=("self",))
        .select_related("organization", *RELATED)
        .get(pk=record.pk)
    )
    if kept.version != version:
        raise Outdated(kept)
    return kept


@transaction.atomic
def accept_record(*, actor, record: DutyRecord, version: int, note: str = "", now) -> DutyRecord:
    """Accept what was done; from this moment it counts, here and for the children whose duty hangs on it."""
    kept = _waiting(actor, record, version)
    kept.status, kept.accepted_at = RecordStatus.ACCEPTED, now
    _decide(actor, kept, Decision.ACCEPTED, note, now)
    mark_accepted([kept.pk], actor.today, now)
    return kept


@transaction.atomic
def return_record(*, actor, record: DutyRecord, version: int, note: str, now) -> DutyRecord:
    """Send it back with a note that stays pinned until it is handed in again."""
    if not note.strip():
        raise ValidationError({"note": "请写明退回原因，让对方知道怎么改。"})
    kept = _waiting(actor, record, version)
    kept.status = RecordStatus.RETURNED
    _decide(actor, kept, Decision.RETURNED, note, now)
    return kept


def _waiting(actor, record, version) -> DutyRecord:
    kept = _locked(record, version)
    require_review(actor, kept)
    if kept.withdrawn_at is not None:
        raise ValidationError("这项责任已撤回，不必审核。")
    if kept.status != RecordStatus.SUBMITTED:
        raise ValidationError("这份纪实不在待审核状态：已认可的不能再改，未提交的还不能审核。")
    return kept


def _decide(actor, record, decision, note, now):
    record.version += 1
    record._change_reason = f"{Decision(decision).label} {note}".strip()[:100]
    record.save()
    DutyReview.objects.create(
        record=record,
        decision=decision,
        note=note,
        reviewer=actor.user,
        appointment=actor.appointment,
        decided_at=now,
    )
    record_event(
        actor=actor,
        event=f"{Decision(decision).label}履责纪实",
        row=record,
        summary=f"{record.organization} {record.duty.heading} {note}".strip(),
        at=now,
    )


@transaction.atomic
def accept_records(*, actor, pks: list[int], now) -> int:
    """Accept exactly these records, as far as they still wait and the actor may; returns how many were accepted."""
    if not actor.has(Right.REVIEW_DUTIES):
        raise PermissionDenied(f"您当前的任职没有“{Right.REVIEW_DUTIES.value}”的权限。")
    records = list(
        reviewed_by(actor, DutyRecord.objects.waiting().filter(pk__in=pks))
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    for record in records:
        record.status, record.accepted_at = RecordStatus.ACCEPTED, now
        record.version += 1
    bulk_update_with_history(
        records,
        DutyRecord,
        ["status", "accepted_at", "version"],
        batch_size=500,
        default_user=actor.user,
        default_change_reason="批量认可",
        default_date=now,
    )
    DutyReview.objects.bulk_create(
        (
            DutyReview(
                record=record,
                decision=Decision.ACCEPTED,
                reviewer=actor.user,
                appointment=actor.appointment,
                decided_at=now,
            )
            for record in records
        ),
        batch_size=500,
    )
    mark_accepted([record.pk for record in records], actor.today, now)
    record_event(actor=actor, event="批量认可履责纪实", summary=f"{len(records)}份", at=now)
    return len(records)


def mark_accepted(pks, today, now) -> None:
    """Mark the records' own months, and those of the children, whose pairs have just come into being."""
    mark_records(records=DutyRecord.objects.filter(pk__in=pks), today=today, now=now)
    mark_records(records=DutyRecord.objects.filter(parent__in=pks), today=today, now=now)
