"""负面清单: something that must not happen has happened; people write it down and answer it, nothing else follows."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accountability.access import may_trigger
from accountability.models import Duty, DutyTrigger
from branches.access import Actor
from branches.actions.audit import record_event


@transaction.atomic
def register_trigger(*, actor: Actor, duty: Duty, happened_on: date, note: str, now) -> DutyTrigger:
    """Write down that an item of the 负面清单 was touched: by the unit itself, or by who reviews it from above."""
    _require(actor, duty.organization)
    if not duty.is_negative:
        raise ValidationError("这一项是要完成的任务，不是负面清单条目。")
    if duty.is_withdrawn:
        raise ValidationError("这一项已随清单撤回，不再登记。")
    if happened_on > actor.today:
        raise ValidationError({"happened_on": "发生日期不能晚于今天。"})
    if happened_on.year != duty.duty_list.year:
        raise ValidationError(
            {"happened_on": f"这份清单管{duty.duty_list.year}年度，请登记到发生当年的清单。"}
        )
    if not note.strip():
        raise ValidationError({"note": "请写明发生了什么。"})
    trigger = DutyTrigger(
        duty=duty,
        organization=duty.organization,
        happened_on=happened_on,
        note=note.strip(),
        reporter=actor.user,
        reported_at=now,
    )
    trigger._change_reason = "登记"
    trigger.save()
    record_event(
        actor=actor,
        event="登记负面清单触发",
        row=trigger,
        summary=f"{duty.organization} {duty.heading}",
        at=now,
    )
    return trigger


@transaction.atomic
def answer_trigger(*, actor: Actor, trigger: DutyTrigger, answer: str, now) -> DutyTrigger:
    """Write down what was done about it; said once, by a person."""
    kept = (
        DutyTrigger.objects.select_for_update(of=("self",))
        .select_related("organization", "duty")
        .get(pk=trigger.pk)
    )
    _require(actor, kept.organization)
    if kept.answered_at is not None:
        raise ValidationError("这件事的处理情况已经写过了。")
    if not answer.strip():
        raise ValidationError({"answer": "请写明怎么处理的。"})
    kept.answer, kept.answered_by, kept.answered_at = answer.strip(), actor.user, now
    kept._change_reason = "处理"
    kept.save()
    record_event(
        actor=actor,
        event="处理负面清单触发",
        row=kept,
        summary=f"{kept.organization} {kept.duty.heading}",
        at=now,
    )
    return kept


def _require(actor, organization):
    if not may_trigger(actor, organization):
        raise PermissionDenied("负面清单由本单位或有权审核其履责的上级登记、处理。")
