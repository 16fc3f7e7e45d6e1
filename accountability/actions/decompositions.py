from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from simple_history.utils import bulk_create_with_history

from accountability.access import require_bearer
from accountability.choices import CountedBy
from accountability.models import Duty, DutyList, DutyRecord
from accountability.windows import carrying_window, terms
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Appointment, Organization
from branches.periods import Interval, Period, window_of

from .marks import mark_records
from .opening import open_records


@dataclass(frozen=True)
class Share:
    """What a child unit takes over of a duty, or an officer of the own unit (`is_personal`, the officer is `owner`).

    Empty values are the parent's. `deadline` is earlier than the parent's; `target` is the share of a counted duty.
    """

    organization: Organization
    measure: str = ""
    interval: str = ""
    owner: Appointment | None = None
    deadline: date | None = None
    target: int | None = None
    is_personal: bool = False

    @property
    def key(self) -> tuple[int, int | None]:
        """Who takes it over: one share of a duty each."""
        return self.organization.pk, self.owner.pk if self.is_personal and self.owner else None

    def requirement(self, parent: Duty) -> dict:
        """What is asked of the share: the parent's requirement with what is particular to it."""
        own = {
            "measure": self.measure,
            "interval": self.interval,
            "deadline": self.deadline,
            "target": self.target,
        }
        return parent.requirement() | {name: value for name, value in own.items() if value}


@transaction.atomic
def decompose_duty(*, actor, duty: Duty, shares: list[Share], now) -> int:
    """Give child units and officers of the own unit their share of a duty; returns how many shares are new.

    Those that have a share already are left alone. A unit's shares come into one list a year and kind (a deployment:
    one list a deployment), an officer's into a list of their own. Each term of a share is opened under the parent's
    term whose window holds it, so that retention has its pair. The duty counts as arranged (`arranged_at`) from now,
    a share from now when its owner is named. `ValidationError` says which share cannot be and why.
    """
    actor.require(Right.DECOMPOSE_DUTIES, duty.organization)
    # Two duties of one unit decomposed at once would issue the same child's list twice.
    Organization.objects.select_for_update(no_key=True).get(pk=duty.organization_id)
    parent = (
        Duty.objects.select_for_update(of=("self",))
        .select_related("duty_list__deployment", "organization")
        .get(pk=duty.pk)
    )
    carriers = _carriers(parent, actor.today)
    shares = _new_shares(parent, shares)
    for share in shares:
        _check(parent, share, carriers, actor.today)
    _check_sum(parent, shares)
    if not shares:
        return 0
    lists = _lists(actor, parent, shares, now)
    numbers = Counter(
        dict(
            Duty.objects.filter(duty_list__in=lists.values())
            .order_by()
            .values("duty_list")
            .annotate(last=Max("number"))
            .values_list("duty_list", "last")
        )
    )
    duties = bulk_create_with_history(
        [
            Duty(
                duty_list=lists[share.key],
                organization=share.organization,
                parent=parent,
                owner=share.owner,
                is_personal=share.is_personal,
                number=numbers[lists[share.key].pk] + 1,
                arranged_at=now if share.owner else None,
                **share.requirement(parent),
            )
            for share in shares
        ],
        Duty,
        default_user=actor.user,
        default_change_reason="分解",
        default_date=now,
    )
    last = max(carriers)
    by_window: dict[Period | None, int] = {
        window_of(parent.interval, due_on): pk for due_on, pk in carriers.items()
    }
    open_records(
        duties=duties,
        terms_of=lambda each: terms(each.interval, last.year, actor.today, last, each.deadline),
        parent_of=lambda each, term: by_window.get(carrying_window(parent.interval, term)),
        now=now,
    )
    opened = DutyRecord.objects.filter(duty__parent=parent, opened_at=now)
    mark_records(records=opened, today=actor.today, now=now)
    if parent.arranged_at is None:
        parent.arranged_at = now
        parent._change_reason = "分解"
        parent.save(update_fields=["arranged_at"])
    record_event(
        actor=actor,
        event="分解责任",
        row=parent,
        summary=f"{parent.organization} {parent.heading} 分解给{words_of(shares)}",
        at=now,
    )
    return len(duties)


def words_of(shares: list[Share]) -> str:
    """To how many units and officers, in words."""
    officers = sum(share.is_personal for share in shares)
    parts = []
    if units := len(shares) - officers:
        parts.append(f"{units}个下级单位")
    if officers:
        parts.append(f"{officers}名班子成员")
    return "、".join(parts)


def _carriers(parent, today) -> dict[date, int]:
    """The parent's terms in force by their day; `ValidationError` when there is none left to share."""
    if parent.is_withdrawn:
        raise ValidationError("这项责任已撤回，不能分解。")
    if parent.is_negative:
        raise ValidationError("负面清单条目发生了才登记，不用分解。")
    if parent.is_personal:
        raise ValidationError("这项责任已分到个人，不能再分解。")
    carriers = dict(parent.records.in_force().values_list("due_on", "pk"))
    if not carriers or max(carriers) < today:
        raise ValidationError("这项责任已没有以后的履责期，不能分解。")
    return carriers


def taken_shares(duty: Duty) -> set[tuple[int, int | None]]:
    """The keys (`Share.key`) of the units and officers that have their share."""
    shares = duty.children.in_force().values_list("organization", "owner", "is_personal")
    return {(unit, owner if is_personal else None) for unit, owner, is_personal in shares}


def _new_shares(parent, shares) -> list[Share]:
    """Those of `shares` whose unit or officer has none yet, each once."""
    taken = taken_shares(parent)
    return list({share.key: share for share in reversed(shares) if share.key not in taken}.values())[::-1]


def _check(parent, share, carriers, today):
    unit = share.organization
    if share.is_personal:
        if share.owner is None:
            raise ValidationError("分给个人的，请指定由谁承担。")
        if unit.pk != parent.organization_id:
            raise ValidationError(f"个人分工只分给{parent.organization}自己的班子成员。")
    elif unit.parent_id != parent.organization_id or unit.is_group:
        raise ValidationError(f"{unit}不是直接下级党组织，不能分解给它。")
    if unit.dissolved_on and unit.dissolved_on <= today:
        raise ValidationError(f"{unit}已撤销。")
    if share.owner:
        require_bearer(share.owner, unit, today)
    if share.interval and Interval(share.interval).length > Interval(parent.interval).length:
        raise ValidationError(
            "下级的周期不能比本级长：本级完成了，下级还没到期，就看不出传导。", code="interval"
        )
    if share.target is not None and not parent.counted_by:
        raise ValidationError("这项责任不计数，不能给下级定数量。")
    if share.deadline:
        _check_deadline(parent, share.deadline, carriers, today)


def _check_deadline(parent, deadline, carriers, today):
    ahead = [due_on for due_on in carriers if due_on >= today]
    if len(ahead) > 1:
        raise ValidationError(
            f"本级每{parent.get_interval_display()}都要履行，下级不能只定一个日期；请改用周期。",
            code="deadline",
        )
    if deadline < today:
        raise ValidationError(f"下级的完成期限{deadline:%Y-%m-%d}已经过去。", code="deadline")
    if deadline > ahead[0]:
        raise ValidationError(
            f"下级的完成期限{deadline:%Y-%m-%d}晚于本级的{ahead[0]:%Y-%m-%d}，请定得早一些。", code="deadline"
        )
    if window_of(parent.interval, deadline) != window_of(parent.interval, ahead[0]):
        raise ValidationError(
            f"下级的完成期限{deadline:%Y-%m-%d}不在本级这一期（{window_of(parent.interval, ahead[0]).label}）之内。",
            code="deadline",
        )


def _check_sum(parent, shares):
    """What is counted by hand is split without remainder: the shares together reach at least the parent's target."""
    if parent.counted_by != CountedBy.HAND or not shares:
        return
    length = Interval(parent.interval).length
    asked = list(parent.children.in_force().values_list("target", "interval"))
    for share in shares:
        wanted = share.requirement(parent)
        asked.append((wanted["target"], wanted["interval"]))
    total = sum(target * length // Interval(interval).length for target, interval in asked)
    if total < parent.target:
        raise ValidationError(
            f"本级每{parent.get_interval_display()}要{parent.target}次，分下去合计只有{total}次，"
            f"还差{parent.target - total}次；请补足后再分解。"
        )


def _lists(actor, parent, shares, now) -> dict[tuple[int, int | None], DutyList]:
    """The list of each share's unit or officer; those missing are issued."""
    above = parent.duty_list
    lists = DutyList.objects.in_force().filter(template=None, deployment=above.deployment)
    if above.deployment is None:
        lists = lists.filter(year=above.year, kind=above.kind)
    officers = [share.owner.pk for share in shares if share.is_personal]
    units = [share.organization.pk for share in shares if not share.is_personal]
    found = {
        (each.organization_id, each.appointment_id): each
        for rows in (
            lists.filter(organization__in=units, appointment=None),
            lists.filter(appointment__in=officers),
        )
        for each in rows.select_for_update()
    }
    for made in bulk_create_with_history(
        [
            DutyList(
                deployment=above.deployment,
                title=_title(parent, share),
                kind=above.kind,
                year=above.year,
                organization=share.organization,
                appointment=share.owner if share.is_personal else None,
                issuer=parent.organization,
                issued_on=actor.today,
                issued_by=actor.user,
            )
            for share in shares
            if share.key not in found
        ],
        DutyList,
        default_user=actor.user,
        default_change_reason="分解下达",
        default_date=now,
    ):
        found[made.organization_id, made.appointment_id] = made
    return found


def _title(parent, share) -> str:
    above = parent.duty_list
    if share.is_personal:
        return f"{above.deployment or above.get_kind_display()}分工清单"
    if above.deployment:
        return above.deployment.title
    return f"{parent.organization.short_name}分解{above.get_kind_display()}清单"
