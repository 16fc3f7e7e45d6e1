"""1+X: a list that was issued gets 个性 items of its own, from the unit itself or from whoever issued it."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max

from accountability.access import require_bearer
from accountability.choices import DutyKind, ListStatus
from accountability.models import Duty, DutyList, DutyRecord
from accountability.requirements import faults_of
from accountability.windows import terms
from branches.access import Right
from branches.actions.audit import record_event

from .ending import Trail, end_duties
from .lists import may_withdraw
from .marks import mark_records
from .opening import open_records


def may_add_item(actor, duty_list: DutyList) -> bool:
    """Whether the actor may add a 个性 item: the unit to its own list, or whoever issued it, or above."""
    if duty_list.status == ListStatus.WITHDRAWN or duty_list.kind == DutyKind.DEPLOYMENT:
        return False
    if duty_list.year < actor.today.year:
        return False
    return actor.may(Right.DECOMPOSE_DUTIES, duty_list.organization) or may_withdraw(actor, duty_list)


def may_withdraw_item(actor, duty: Duty) -> bool:
    """Whether the actor may take back a 个性 item: the body that added it, or one above; never below."""
    if duty.added_by is None or duty.is_withdrawn:
        return False
    if not duty.added_by.path.startswith(actor.organization.path):
        return False
    if actor.organization.pk == duty.organization_id and actor.may(Right.DECOMPOSE_DUTIES, duty.organization):
        return True
    return actor.may(Right.ISSUE_DUTIES, duty.organization)


@transaction.atomic
def add_personal_item(*, actor, duty_list: DutyList, item: Duty, now) -> Duty:
    """Add `item` (what it requires, perhaps its owner) to one list; its terms open from now to the end of the year.

    An item from above stands on an article; one that a unit sets itself may go without.
    """
    kept = (
        DutyList.objects.select_for_update(of=("self",))
        .select_related("organization", "issuer", "appointment")
        .get(pk=duty_list.pk)
    )
    if not may_add_item(actor, kept):
        raise PermissionDenied("只有本单位或下发单位可以在这份清单上增列个性条目。")
    faults = faults_of(item.requirement(), kept.year, needs_sunset=False)
    if actor.organization.pk == kept.organization_id:
        faults.pop("legal_basis", None)
    if faults:
        raise ValidationError(faults)
    item.is_common = False
    item.duty_list, item.organization, item.added_by = kept, kept.organization, actor.organization
    item.number = (kept.duties.aggregate(last=Max("number"))["last"] or 0) + 1
    item.owner = kept.appointment or item.owner
    if item.owner:
        if item.owner.pk != kept.appointment_id:
            require_bearer(item.owner, kept.organization, actor.today)
        item.arranged_at = now
    found = terms(item.interval, kept.year, actor.today, None, item.deadline)
    if not found and not item.is_negative:
        raise ValidationError({"deadline": "完成期限已经过去，今年没有可以履行的期了。"})
    item.clean_fields()
    item._change_reason, item._history_user, item._history_date = "增列个性条目", actor.user, now
    item.save()
    open_records(duties=[item], terms_of=lambda each: found, now=now)
    mark_records(records=DutyRecord.objects.filter(duty=item), today=actor.today, now=now)
    record_event(
        actor=actor,
        event="增列个性条目",
        row=item,
        summary=f"{kept.organization} {kept}：{item.heading}（{len(found)}期）",
        at=now,
    )
    return item


@transaction.atomic
def withdraw_personal_item(*, actor, duty: Duty, reason: str, now) -> int:
    """Take back a 个性 item with whatever was decomposed from it; returns how many open records end."""
    kept = (
        Duty.objects.select_for_update(of=("self",))
        .select_related("organization", "added_by", "duty_list")
        .get(pk=duty.pk)
    )
    if not may_withdraw_item(actor, kept):
        raise PermissionDenied("个性条目由增列它的单位或其上级撤回。")
    ended = end_duties(keys=[kept.pk], trail=Trail(actor.user, reason[:100], now))
    record_event(
        actor=actor,
        event="撤回个性条目",
        row=kept,
        summary=f"{kept.organization} {kept.heading}：{reason}（{ended}期）",
        at=now,
    )
    return ended
