from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from simple_history.utils import bulk_create_with_history

from accountability.models import Duty, DutyList, DutyRecord
from accountability.windows import carrying_window, terms
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Appointment, Organization
from branches.periods import Interval, window_of

from .marks import mark_records
from .opening import open_records


@dataclass(frozen=True)
class Share:
    """What one child unit takes over of a duty; empty values are the parent's."""

    organization: Organization
    measure: str = ""
    interval: str = ""
    owner: Appointment | None = None


@transaction.atomic
def decompose_duty(*, actor, duty: Duty, shares: list[Share], now) -> int:
    """Give child units their share of a duty and return how many are new; those that have one are left alone.

    Each term of a share is opened under the parent's term whose window holds it, so that retention has its pair.
    """
    actor.require(Right.DECOMPOSE_DUTIES, duty.organization)
    parent = (
        Duty.objects.select_for_update(of=("self",))
        .select_related("duty_list", "organization")
        .get(pk=duty.pk)
    )
    if parent.is_withdrawn:
        raise ValidationError("这项责任已撤回，不能分解。")
    last = parent.records.in_force().aggregate(last=Max("due_on"))["last"]
    if last is None or last < actor.today:
        raise ValidationError("这项责任已没有以后的履责期，不能分解。")
    taken = set(parent.children.in_force().values_list("organization", flat=True))
    shares = [share for share in shares if share.organization.pk not in taken]
    for share in shares:
        _check(parent, share, actor.today)
    lists = _lists(actor, parent, [share.organization for share in shares], now)
    numbers = dict(
        Duty.objects.filter(duty_list__in=lists.values())
        .order_by()
        .values("duty_list")
        .annotate(last=Max("number"))
        .values_list("duty_list", "last")
    )
    duties = bulk_create_with_history(
        [
            Duty(
                duty_list=lists[share.organization.pk],
                organization=share.organization,
                parent=parent,
                owner=share.owner,
                number=numbers.get(lists[share.organization.pk].pk, 0) + 1,
                arranged_at=now if share.owner else None,
                **parent.requirement()
                | {
                    "measure": share.measure or parent.measure,
                    "interval": share.interval or parent.interval,
                },
            )
            for share in shares
        ],
        Duty,
        default_user=actor.user,
        default_change_reason="分解",
        default_date=now,
    )
    carriers = {
        window_of(parent.interval, due_on): pk
        for due_on, pk in parent.records.in_force().values_list("due_on", "pk")
    }
    open_records(
        duties=duties,
        terms_of=lambda each: terms(each.interval, parent.duty_list.year, actor.today, last, each.deadline),
        parent_of=lambda each, term: carriers.get(carrying_window(parent.interval, term)),
        now=now,
    )
    opened = DutyRecord.objects.filter(duty__parent=parent, opened_at=now)
    mark_records(records=opened, today=actor.today, now=now)
    record_event(
        actor=actor,
        event="分解责任",
        row=parent,
        summary=f"{parent.organization} {parent.heading} 分解给{len(duties)}个单位",
        at=now,
    )
    return len(duties)


def _check(parent, share, today):
    unit = share.organization
    if unit.parent_id != parent.organization_id or unit.is_group:
        raise ValidationError(f"{unit}不是直接下级党组织，不能分解给它。")
    if unit.dissolved_on and unit.dissolved_on <= today:
        raise ValidationError(f"{unit}已撤销。")
    if share.owner and share.owner.organization_id != unit.pk:
        raise ValidationError(f"{share.owner.user}不在{unit}任职。")
    if share.interval and Interval(share.interval).length > Interval(parent.interval).length:
        raise ValidationError("下级的周期不能比本级长：本级完成了，下级还没到期，就看不出传导。")


def _lists(actor, parent, units, now) -> dict[int, DutyList]:
    """The list of decomposed duties of each unit for this year and kind; those missing are issued."""
    year, kind = parent.duty_list.year, parent.duty_list.kind
    found = {
        each.organization_id: each
        for each in DutyList.objects.in_force()
        .filter(template=None, year=year, kind=kind, organization__in=units)
        .select_for_update()
    }
    for made in bulk_create_with_history(
        [
            DutyList(
                title=f"{parent.organization.short_name}分解{parent.duty_list.get_kind_display()}清单",
                kind=kind,
                year=year,
                organization=unit,
                issuer=parent.organization,
                issued_on=actor.today,
                issued_by=actor.user,
            )
            for unit in units
            if unit.pk not in found
        ],
        DutyList,
        default_user=actor.user,
        default_change_reason="分解下达",
        default_date=now,
    ):
        found[made.organization_id] = made
    return found
