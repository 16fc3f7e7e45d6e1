from itertools import islice

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from simple_history.utils import bulk_update_with_history

from accountability.choices import ListStatus, RecordStatus
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate
from accountability.querysets import targets_of, without_list
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Appointment, Organization

from .marks import mark_records
from .opening import BATCH, open_template_lists


@transaction.atomic
def issue_list(
    *, actor, template: DutyTemplate, organization: Organization, appointment: Appointment | None = None, now
) -> DutyList:
    """Issue a template to one unit, or to one of its officers; `ValidationError` when that has been done."""
    actor.require(Right.ISSUE_DUTIES, organization)
    _lock(template, actor)
    if bool(template.posts) != (appointment is not None):
        raise ValidationError("此模板须下发给个人。" if template.posts else "此模板须下发给单位。")
    if appointment and appointment.organization_id != organization.pk:
        raise ValidationError("此人不在该单位任职。")
    if template.lists.in_force().filter(organization=organization, appointment=appointment).exists():
        raise ValidationError("该清单已下发给此单位或此人。")
    (issued,) = _issue(actor, template, [(organization, appointment)], now)
    _mark_opened(actor, template, now)
    record_event(
        actor=actor, event="下发责任清单", row=issued, summary=f"{organization} {issued.title}", at=now
    )
    return issued


@transaction.atomic
def issue_lists(*, actor, template: DutyTemplate, scope: Organization, reach: str = "subtree", now) -> int:
    """Issue a template to every unit or officer it is made for and return how many lists are new.

    `reach` "subtree" means `scope` and everything below, "own" means `scope` alone. Those that have the list already
    are left alone, so issuing twice is issuing once.
    """
    actor.require(Right.ISSUE_DUTIES, scope)
    _lock(template, actor)
    rows = without_list(targets_of(template, scope, reach, actor.today), template)
    if template.posts:
        rows = rows.select_related("organization").order_by("pk")
        targets = iter([(row.organization, row) for row in rows])
    else:
        targets = iter([(row, None) for row in rows.order_by("path")])
    number = 0
    while batch := list(islice(targets, BATCH)):
        number += len(_issue(actor, template, batch, now))
    _mark_opened(actor, template, now)
    record_event(
        actor=actor,
        event="批量下发责任清单",
        row=template,
        summary=f"{scope}{'及以下' if reach == 'subtree' else ''} {number}份 {template}",
        at=now,
    )
    return number


def _lock(template, actor):
    """Serialise issuing of one template, so that two people pressing the button issue once."""
    DutyTemplate.objects.select_for_update().get(pk=template.pk)
    if template.year < actor.today.year:
        raise ValidationError("往年的模板不能再下发，请先复制为今年的模板。")


def _issue(actor, template, targets, now, batch=None) -> list[DutyList]:
    items = list(template.items.all())
    if not items:
        raise ValidationError("模板还没有条目。")
    return open_template_lists(
        actor=actor, template=template, items=items, targets=targets, now=now, batch=batch
    )


def _mark_opened(actor, template, now):
    opened = DutyRecord.objects.filter(duty__duty_list__template=template, opened_at=now)
    mark_records(records=opened, today=actor.today, now=now)


@transaction.atomic
def sign_list(*, actor, duty_list: DutyList, now) -> DutyList:
    """Sign for a list: the officer it is made out to, or whoever records duties for the unit."""
    actor.require(Right.RECORD_DUTIES, duty_list.organization)
    signed = DutyList.objects.select_for_update().get(pk=duty_list.pk)
    if signed.appointment and signed.appointment.user_id != actor.user.pk:
        raise PermissionDenied("这份清单由责任人本人签收。")
    if signed.status != ListStatus.ISSUED:
        raise ValidationError("这份清单已经签收或撤回。")
    signed.status, signed.signed_at, signed.signed_by = ListStatus.SIGNED, now, actor.user
    signed._change_reason = "签收"
    signed.save()
    record_event(actor=actor, event="签收责任清单", row=signed, summary=str(signed), at=now)
    return signed


def may_withdraw(actor, duty_list: DutyList) -> bool:
    """Whether the actor stands where the list was issued, or above; a unit never takes back what it was given."""
    return actor.may(Right.ISSUE_DUTIES, duty_list.organization) and duty_list.issuer.path.startswith(
        actor.organization.path
    )


@transaction.atomic
def withdraw_list(*, actor, duty_list: DutyList, reason: str, now) -> int:
    """Take back a list and everything decomposed from it; returns how many open records end.

    What has been accepted stays and keeps counting. Runs with an earlier cut-off still see what was due then.
    """
    withdrawn = DutyList.objects.select_for_update(of=("self",)).select_related("issuer").get(pk=duty_list.pk)
    if not may_withdraw(actor, withdrawn):
        raise PermissionDenied("只有下发单位或其上级可以撤回清单。")
    if withdrawn.status == ListStatus.WITHDRAWN:
        raise ValidationError("这份清单已经撤回。")
    withdrawn.status = ListStatus.WITHDRAWN
    withdrawn._change_reason = reason[:100]
    withdrawn.save()
    generation = list(withdrawn.duties.in_force().select_for_update())
    ended = 0
    while generation:
        ended += _end(actor, generation, reason, now)
        generation = list(Duty.objects.in_force().filter(parent__in=generation).select_for_update())
    record_event(
        actor=actor,
        event="撤回责任清单",
        row=withdrawn,
        summary=f"{withdrawn.organization} {withdrawn}：{reason}（{ended}期）",
        at=now,
    )
    return ended


def _end(actor, duties, reason, now) -> int:
    """End these duties and what is open of them."""
    trail = {"default_user": actor.user, "default_change_reason": reason[:100], "default_date": now}
    for duty in duties:
        duty.is_withdrawn = True
    bulk_update_with_history(duties, Duty, ["is_withdrawn"], batch_size=500, **trail)
    records = list(
        DutyRecord.objects.in_force()
        .filter(duty__in=duties)
        .exclude(status=RecordStatus.ACCEPTED)
        .select_for_update()
    )
    for record in records:
        record.withdrawn_at = now
        record.version += 1
    bulk_update_with_history(records, DutyRecord, ["withdrawn_at", "version"], batch_size=500, **trail)
    mark_records(
        records=DutyRecord.objects.filter(duty__in=duties, withdrawn_at=now), today=actor.today, now=now
    )
    return len(records)
