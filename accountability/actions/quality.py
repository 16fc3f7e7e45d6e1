"""质量抽查 in place of universal traces: drawn by chance, judged by a person, answered by the unit."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accountability.access import require_review
from accountability.models import DutyRecord, QualityCheck
from accountability.queries.quality import drawable
from accountability.sampling import LEAST_PERCENT, MOST_PERCENT, draw, draw_size
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Organization


@transaction.atomic
def draw_checks(*, actor, records, percent: int, seed: int, what: str = "", now) -> int:
    """Draw records for a check until `percent` of those the actor may review have been; returns how many are new.

    `records` is a queryset; what was drawn before counts, so drawing twice draws once. `seed` and the sizes go into
    the log, so that a draw can be repeated; `what` says there what was drawn from.
    """
    if not actor.has(Right.REVIEW_DUTIES):
        raise PermissionDenied(f"您当前的任职没有“{Right.REVIEW_DUTIES.value}”的权限。")
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        raise ValidationError({"percent": f"比例应在{LEAST_PERCENT}%到{MOST_PERCENT}%之间。"})
    # Two people of one committee draw one after the other.
    Organization.objects.select_for_update(no_key=True).get(pk=actor.organization.pk)
    candidates = drawable(actor, records)
    population = candidates.count()
    if not population:
        raise ValidationError("这个范围内还没有已认可的履责可抽。")
    waiting = list(candidates.filter(quality_check=None).order_by().values_list("pk", flat=True))
    wanted = draw_size(population, percent) - (population - len(waiting))
    if wanted <= 0:
        raise ValidationError(
            f"这个范围内{population}份已认可的履责，已抽{population - len(waiting)}份，"
            f"达到{percent}%，不用再抽。"
        )
    drawn = draw(waiting, wanted, seed)
    QualityCheck.objects.bulk_create(
        (
            QualityCheck(record_id=pk, organization_id=organization, drawn_at=now, drawn_by=actor.user)
            for pk, organization in DutyRecord.objects.filter(pk__in=drawn)
            .order_by("pk")
            .values_list("pk", "organization")
        ),
        batch_size=500,
        ignore_conflicts=True,  # another committee may have drawn the same record a moment ago
    )
    record_event(
        actor=actor,
        event="抽取质量抽查",
        row=actor.organization,
        summary=f"{what or actor.organization}：{population}份中按{percent}%抽{len(drawn)}份，种子{seed}",
        at=now,
    )
    return len(drawn)


@transaction.atomic
def judge_check(*, actor, check: QualityCheck, passed: bool, note: str, now) -> QualityCheck:
    """Say whether what was accepted is good; a fault must be written down, for the unit is asked to answer it."""
    kept = _locked(check)
    require_review(actor, kept.record)
    if kept.passed is not None:
        raise ValidationError("这份抽查已有结论，不能再改。")
    if not passed and not note.strip():
        raise ValidationError({"note": "不合格的，请写明问题在哪里，让对方知道怎么改。"})
    kept.passed, kept.note, kept.checker, kept.checked_at = passed, note.strip(), actor.user, now
    verdict = "合格" if passed else "不合格"
    kept._change_reason = f"抽查{verdict}"
    kept.save()
    record_event(
        actor=actor,
        event="质量抽查",
        row=kept,
        summary=f"{kept.organization} {kept.record.duty.heading} {verdict} {kept.note}".strip(),
        at=now,
    )
    return kept


@transaction.atomic
def answer_check(*, actor, check: QualityCheck, answer: str, now) -> QualityCheck:
    """反馈整改: what the unit did about a fault that a check found."""
    kept = _locked(check)
    actor.require(Right.RECORD_DUTIES, kept.organization)
    if kept.passed is not False:
        raise ValidationError("只有抽查不合格的才需要反馈整改。")
    if kept.answered_at is not None:
        raise ValidationError("已经反馈过了。")
    if not answer.strip():
        raise ValidationError({"answer": "请写明怎么改的。"})
    kept.answer, kept.answered_by, kept.answered_at = answer.strip(), actor.user, now
    kept._change_reason = "反馈整改"
    kept.save()
    record_event(
        actor=actor,
        event="反馈整改",
        row=kept,
        summary=f"{kept.organization} {kept.record.duty.heading}",
        at=now,
    )
    return kept


def _locked(check) -> QualityCheck:
    return (
        QualityCheck.objects.select_for_update(of=("self",))
        .select_related("organization", "record__organization", "record__duty")
        .get(pk=check.pk)
    )
