from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accountability.choices import IssueReach, ListStatus
from accountability.models import DutyList, DutyRecord, DutyTemplate
from accountability.querysets import targets_of, without_list
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Appointment, Organization

from .ending import end_lists
from .marks import mark_records
from .notices import stop_reminders
from .opening import BATCH, open_template_lists


@transaction.atomic
def issue_list(
    *, actor, template: DutyTemplate, organization: Organization, appointment: Appointment | None = None, now
) -> DutyList:
    """Issue a template to one unit, or to one of its officers; `ValidationError` when that has been done."""
    actor.require(Right.ISSUE_DUTIES, organization)
    lock_template(template, actor)
    if bool(template.posts) != (appointment is not None):
        raise ValidationError("此模板须下发给个人。" if template.posts else "此模板须下发给单位。")
    if appointment and appointment.organization_id != organization.pk:
        raise ValidationError("此人不在该单位任职。")
    if template.lists.in_force().filter(organization=organization, appointment=appointment).exists():
        raise ValidationError("该清单已下发给此单位或此人。")
    (issued,) = _issue(actor, template, [(organization, appointment)], now)
    record_event(
        actor=actor, event="下发责任清单", row=issued, summary=f"{organization} {issued.title}", at=now
    )
    return issued


@transaction.atomic
def issue_lists(
    *,
    actor,
    template: DutyTemplate,
    scope: Organization,
    reach: str = IssueReach.SUBTREE,
    filters: dict | None = None,
    now,
) -> int:
    """Issue a template at once to every unit or officer it is made for and return how many lists are new.

    `reach` and `filters` as in `querysets.targets_of`. Those that have the list already are left alone, so issuing
    twice is issuing once. Pages issue by `batches`, in steps.
    """
    actor.require(Right.ISSUE_DUTIES, scope)
    lock_template(template, actor)
    targets = targets_of(template, scope, reach, actor.today, filters)
    number = 0
    after: str | None = ""
    while after is not None:
        made, after = issue_next(actor=actor, template=template, targets=targets, after=after, now=now)
        number += made
    record_event(
        actor=actor,
        event="批量下发责任清单",
        row=template,
        summary=f"{scope}{'及以下' if reach == IssueReach.SUBTREE else ''} {number}份 {template}",
        at=now,
    )
    return number


def issue_next(*, actor, template, targets, after: str, now, batch=None) -> tuple[int, str | None]:
    """Issue to the next `BATCH` of `targets` behind the place `after` that have no list yet; the template is locked.

    Returns how many lists are new and the place behind which the next step goes on, None after the last.
    """
    key, rows = "path", without_list(targets, template)
    if template.posts:
        key, rows = "pk", rows.select_related("organization")
    if after:
        rows = rows.filter(**{f"{key}__gt": after})
    rows = list(rows.order_by(key)[:BATCH])
    if rows:
        pairs = [(row.organization, row) if template.posts else (row, None) for row in rows]
        _issue(actor, template, pairs, now, batch)
    return len(rows), str(getattr(rows[-1], key)) if len(rows) == BATCH else None


def lock_template(template, actor) -> None:
    """Serialise issuing of one template, so that two people pressing the button issue once, and what was saved
    meanwhile is what goes out."""
    template.refresh_from_db(from_queryset=DutyTemplate.objects.select_for_update())
    if template.year < actor.today.year:
        raise ValidationError("往年的模板不能再下发，请先复制为今年的模板。")
    if not template.items.exists():
        raise ValidationError("模板还没有条目。")


def _issue(actor, template, targets, now, batch=None) -> list[DutyList]:
    lists = open_template_lists(
        actor=actor,
        template=template,
        items=list(template.items.all()),
        targets=targets,
        now=now,
        batch=batch,
    )
    opened = DutyRecord.objects.filter(duty__duty_list__in=[each.pk for each in lists])
    mark_records(records=opened, today=timezone.localdate(now), now=now)
    return lists


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
    stop_reminders(rows=[signed], now=now)
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
    ended = end_lists(actor=actor, lists=[withdrawn], reason=reason, now=now)
    record_event(
        actor=actor,
        event="撤回责任清单",
        row=withdrawn,
        summary=f"{withdrawn.organization} {withdrawn}：{reason}（{ended}期）",
        at=now,
    )
    return ended
