"""异议: whoever is evaluated objects with reasons, the committee answers before anything is published."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accountability.choices import ObjectionState, RoundState
from accountability.evaluation_access import is_evaluated, lock_round
from accountability.models import Evaluation, Objection
from branches.access import Right
from branches.actions.audit import record_event

from .notices import stop_results


@transaction.atomic
def raise_objection(*, actor, evaluation: Evaluation, item: str = "", reason: str, now) -> Objection:
    """Object to one item of a result that was shown, or to the whole of it (`item` empty), in time and with reasons."""
    kept = _shown(actor, evaluation)
    if not reason.strip():
        raise ValidationError({"reason": "请写明理由：哪项事实不对、实际是怎样、凭什么说。"})
    title = _title(kept, item)
    if Objection.objects.filter(
        evaluation=kept, item=item, entry__isnull=True, state=ObjectionState.OPEN
    ).exists():
        raise ValidationError(f"对“{title}”已有一条未答复的异议，请等答复。")
    made = Objection(
        evaluation=kept,
        organization=kept.organization,
        item=item,
        reason=reason.strip(),
        author=actor.user,
        raised_at=now,
    )
    made._change_reason = "提出异议"
    made.save()
    _set_agreed(kept, None, None)
    record_event(
        actor=actor,
        event="提出考核异议",
        row=made,
        summary=f"{kept.organization} {kept.round} {title}",
        at=now,
    )
    return made


@transaction.atomic
def agree_with_result(*, actor, evaluation: Evaluation, now) -> Evaluation:
    """确认无异议: the unit has checked its result; what it objected to must have been answered."""
    kept = _shown(actor, evaluation)
    if kept.agreed_at is not None:
        return kept
    if kept.objections.filter(state=ObjectionState.OPEN).exists():
        raise ValidationError("还有未答复的异议，答复后再确认。")
    _set_agreed(kept, now, actor.user)
    stop_results(round=kept.round, evaluation=kept, now=now)
    record_event(
        actor=actor,
        event="确认考核结果无异议",
        row=kept,
        summary=f"{kept.organization} {kept.round} {kept}",
        at=now,
    )
    return kept


@transaction.atomic
def answer_objection(*, actor, objection: Objection, uphold: bool, answer: str, now) -> Objection:
    """Answer an objection to a result: upheld with what will be changed, or not, with why.

    One that is upheld keeps the round from being published until its facts were corrected and the result shown again.
    """
    round = lock_round(objection.evaluation.round_id, RoundState.SHOWN)
    actor.require(Right.EVALUATE, round.organization)
    Objection.objects.select_for_update().get(pk=objection.pk)
    kept = Objection.objects.select_related("organization", "answered_by", "evaluation").get(pk=objection.pk)
    if kept.entry_id is not None:
        raise ValidationError("这是对系统数据的异议，请在采集阶段按数据异议答复。")
    if kept.state == ObjectionState.WITHDRAWN:
        raise ValidationError("提出的单位已撤回这条异议。")
    if kept.state != ObjectionState.OPEN:
        raise ValidationError(f"这条异议已由{kept.answered_by}答复。")
    if kept.author_id == actor.user.pk:
        raise PermissionDenied("不能答复自己提出的异议，请由其他同志答复。")
    if not answer.strip():
        raise ValidationError(
            {"answer": "请写明答复：采纳的写怎样更正，不采纳的写依据。提出异议的单位会看到。"}
        )
    kept.state = ObjectionState.UPHELD if uphold else ObjectionState.REJECTED
    kept.answer, kept.answered_by, kept.answered_at = answer.strip(), actor.user, now
    kept._change_reason = kept.get_state_display()
    kept.save()
    record_event(
        actor=actor,
        event="答复考核异议",
        row=kept,
        summary=f"{kept.organization} {round} {kept.get_state_display()}",
        at=now,
    )
    return kept


def _shown(actor, evaluation) -> Evaluation:
    """The evaluation, locked with its round, while those evaluated may still object."""
    round = lock_round(evaluation.round_id, RoundState.SHOWN)
    kept = Evaluation.objects.select_related("organization", "appointment", "scheme__version").get(
        pk=evaluation.pk
    )
    kept.round = round
    if not is_evaluated(actor, kept):
        raise PermissionDenied("只有被考核单位（本人）可以确认结果或提出异议。")
    if actor.today > round.objections_until:
        raise ValidationError(f"异议期已于{round.objections_until:%Y-%m-%d}截止。")
    return kept


def _title(evaluation, item) -> str:
    if not item:
        return "整个结果"
    for _, each in evaluation.scheme.version.table.items():
        if each.key == item:
            return each.title
    raise ValidationError("考核办法里没有这个评价项。")


def _set_agreed(evaluation, at, by) -> None:
    evaluation.agreed_at, evaluation.agreed_by = at, by
    evaluation.save(update_fields=["agreed_at", "agreed_by"])
