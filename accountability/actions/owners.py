"""Who of a unit answers for a duty: an officer claims it, or the secretary names one."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accountability.access import require_bearer
from accountability.models import Duty
from branches.access import Right
from branches.actions.audit import record_event
from branches.choices import COMMITTEE_POSTS
from branches.models import Appointment


def may_claim(actor, organization) -> bool:
    """Whether the actor sits in the committee of this very unit."""
    own = actor.organization
    return own is not None and own.pk == organization.pk and actor.appointment.post in COMMITTEE_POSTS


@transaction.atomic
def claim_duty(*, actor, duty: Duty, now) -> Duty:
    """认领: an officer of the unit takes over a duty nobody owns; the first of two who press at once has it."""
    actor.require(Right.RECORD_DUTIES, duty.organization)
    if not may_claim(actor, duty.organization):
        raise PermissionDenied("只有本单位的班子成员可以认领责任。")
    claimed = _locked(duty)
    if claimed.owner_id == actor.appointment.pk:
        raise ValidationError("这项责任已经由您负责。")
    if claimed.owner:
        raise ValidationError(f"{claimed.owner.user}刚刚认领了这项责任；需要调整请由书记重新指定。")
    require_bearer(actor.appointment, claimed.organization, actor.today)
    return _own(actor, claimed, actor.appointment, "认领", now)


@transaction.atomic
def assign_owner(
    *, actor, duty: Duty, owner: Appointment, instead_of: Appointment | None = None, now
) -> Duty:
    """The secretary names who answers for a duty; `instead_of` is the owner as the page showed it."""
    actor.require(Right.DECOMPOSE_DUTIES, duty.organization)
    assigned = _locked(duty)
    if assigned.is_personal or assigned.duty_list.appointment_id:
        raise ValidationError("这项责任写在个人清单里，由本人负责；需要换人请撤回后重新分解。")
    if assigned.owner_id != (instead_of.pk if instead_of else None):
        whose = f"现在由{assigned.owner.user}负责" if assigned.owner else "现在没有责任人"
        raise ValidationError(f"刚刚有人改动了责任人，{whose}；请看过再定。")
    if assigned.owner_id == owner.pk:
        raise ValidationError(f"已经由{owner.user}负责。")
    require_bearer(owner, assigned.organization, actor.today)
    return _own(actor, assigned, owner, "指定责任人", now)


def _locked(duty) -> Duty:
    """The duty as it is now, held until the end of the transaction."""
    # Locked first and read afterwards: a row that was waited for brings what was joined to it before.
    Duty.objects.select_for_update().get(pk=duty.pk)
    found = Duty.objects.select_related("organization", "duty_list", "owner__user").get(pk=duty.pk)
    if found.is_withdrawn:
        raise ValidationError("这项责任已撤回。")
    return found


def _own(actor, duty, owner, event, now) -> Duty:
    before = f"（原为{duty.owner.user}）" if duty.owner_id else ""
    duty.owner = owner
    duty.arranged_at = duty.arranged_at or now
    duty._change_reason = event
    duty.save(update_fields=["owner", "arranged_at"])
    record_event(
        actor=actor,
        event=event,
        row=duty,
        summary=f"{duty.organization} {duty.heading}：{owner.user}{before}",
        at=now,
    )
    return duty
