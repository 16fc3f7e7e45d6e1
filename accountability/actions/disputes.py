"""有异议: what the system filled in is disputed while facts are gathered, and answered by the committee."""

from dataclasses import replace

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accountability import filling, scoring
from accountability.actions.entries import check_evidence, live_entries, touch, write_entry
from accountability.choices import EntryOrigin, ObjectionState, RoundState
from accountability.evaluation_access import is_evaluated, lock_round
from accountability.models import Evaluation, EvaluationEntry, Objection
from accountability.queries.units import unit_of
from branches.access import Right
from branches.actions.audit import record_event


@transaction.atomic
def raise_dispute(*, actor, entry: EvaluationEntry, reason: str, now) -> Objection:
    """Dispute what the system filled in; one that waits already is returned, so that a double click makes one."""
    evaluation = _gathering(entry.evaluation)
    if not is_evaluated(actor, evaluation):
        raise PermissionDenied("只有被考核的单位（本人）可以提出异议。")
    kept = EvaluationEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if kept.origin != EntryOrigin.SYSTEM:
        raise ValidationError("只有系统带入的数据可以在这里提出异议。")
    if kept.withdrawn_at is not None:
        raise ValidationError("这项数据刚刚更新过，请看过现在的数据再提。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明哪里不符、实际是多少、依据在哪里可查。"})
    waiting = Objection.objects.filter(entry=kept, state=ObjectionState.OPEN).first()
    if waiting is not None:
        return waiting
    made = Objection(
        evaluation=evaluation,
        organization=evaluation.organization,
        item=kept.item,
        entry=kept,
        reason=reason.strip(),
        author=actor.user,
        raised_at=now,
    )
    made._change_reason = "提出"
    made.save()
    record_event(
        actor=actor,
        event="对系统数据提出异议",
        row=made,
        summary=f"{evaluation} {kept.item} {kept.fact} {filling.words(kept.as_entry())}",
        at=now,
    )
    return made


@transaction.atomic
def answer_dispute(
    *,
    actor,
    objection: Objection,
    uphold: bool,
    answer: str,
    said: scoring.Entry | None = None,
    evidence=(),
    now,
) -> Objection:
    """Answer a dispute: not upheld, with why; upheld with what is right (`said`), which takes the place of what the
    system filled in; or upheld without, when the source itself is put right and filled in anew."""
    evaluation = _gathering(objection.evaluation)
    actor.require(Right.EVALUATE, evaluation.round.organization)
    kept = Objection.objects.select_for_update(of=("self",)).get(pk=objection.pk)
    if kept.entry_id is None:
        raise ValidationError("这是对考核结果的异议，请在结果反馈阶段答复。")
    if kept.state == ObjectionState.WITHDRAWN:
        raise ValidationError("提出的单位已撤回这条异议。")
    if kept.state != ObjectionState.OPEN:
        raise ValidationError(f"这条异议已由{kept.answered_by}答复。")
    if kept.author_id == actor.user.pk:
        raise PermissionDenied("不能答复自己提出的异议，请由其他同志答复。")
    if not answer.strip():
        raise ValidationError({"answer": "请写明答复：采纳的写怎样更正，不采纳的写依据。提出的单位会看到。"})
    if uphold and said is not None:
        _correct(actor, evaluation, kept, said, evidence, now)
    kept.state = ObjectionState.UPHELD if uphold else ObjectionState.REJECTED
    kept.answer, kept.answered_by, kept.answered_at = answer.strip(), actor.user, now
    kept._change_reason = kept.get_state_display()
    kept.save()
    record_event(
        actor=actor,
        event="答复对系统数据的异议",
        row=kept,
        summary=f"{evaluation} {kept.item} {kept.get_state_display()}",
        at=now,
    )
    return kept


@transaction.atomic
def take_back_objection(*, actor, objection: Objection, now) -> Objection:
    """Take back what waits for its answer, to a figure or to a result; it stays readable. A second time nothing
    happens."""
    state = RoundState.COLLECTING if objection.entry_id else RoundState.SHOWN
    lock_round(objection.evaluation.round_id, state)
    evaluation = Evaluation.objects.select_related("organization", "appointment").get(
        pk=objection.evaluation_id
    )
    if not is_evaluated(actor, evaluation):
        raise PermissionDenied("只有提出异议的单位（本人）可以撤回。")
    kept = Objection.objects.select_for_update(of=("self",)).get(pk=objection.pk)
    if kept.state == ObjectionState.WITHDRAWN:
        return kept
    if kept.state != ObjectionState.OPEN:
        raise ValidationError(f"这条异议已由{kept.answered_by}答复，不能撤回。")
    kept.state, kept.answered_by, kept.answered_at = ObjectionState.WITHDRAWN, actor.user, now
    kept._change_reason = "撤回"
    kept.save()
    record_event(
        actor=actor,
        event="撤回考核异议",
        row=kept,
        summary=f"{evaluation} {kept.item} {kept.reason}",
        at=now,
    )
    return kept


def _correct(actor, evaluation, objection, said, evidence, now) -> None:
    """Withdraw what is disputed and state what is right. A figure filled in anew meanwhile goes with it."""
    former = EvaluationEntry.objects.get(pk=objection.entry_id)
    said = replace(said, item=former.item, fact=former.fact, of=former.of)
    same = live_entries(evaluation, former.item).filter(fact=former.fact, of=former.of)
    replaced = list(same.filter(origin__in=(EntryOrigin.SYSTEM, EntryOrigin.CORRECTED)))
    beside = [each.as_entry() for each in same if each not in replaced]
    found = filling.objections(
        evaluation.scheme.version.table, unit_of(evaluation, actor.today), said, beside
    )
    if found:
        raise ValidationError({field or "__all__": message for field, message in found.items()})
    check_evidence(evaluation, evidence)
    for each in replaced:
        each.withdrawn_at, each.withdrawn_by, each.withdraw_reason = now, actor.user, "异议采纳，已更正"
        each.save(update_fields=["withdrawn_at", "withdrawn_by", "withdraw_reason"])
    write_entry(
        actor=actor,
        evaluation=evaluation,
        entry=said,
        origin=EntryOrigin.CORRECTED,
        evidence=evidence,
        now=now,
        datum=former.datum,
    )
    touch([evaluation.pk], now)


def _gathering(evaluation) -> Evaluation:
    """The evaluation, its round held while facts are gathered."""
    held = lock_round(evaluation.round_id, RoundState.COLLECTING)
    kept = Evaluation.objects.select_related(
        "organization", "appointment__user", "scheme__version", "round__organization"
    ).get(pk=evaluation.pk)
    kept.round = held
    return kept
