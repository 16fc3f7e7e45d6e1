"""Enrol, change and transfer members; put them into groups. Where a member belongs is dated."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from branches.access import Right
from branches.actions.audit import record_event
from branches.actions.history import check_version, save_with_trail
from branches.choices import OrganizationKind
from branches.fields import blind_index
from branches.hierarchy import HOMES
from branches.identity import CellError, check_id_number, check_party_dates, pinyin_of
from branches.models import Member, Membership, Organization

#: What `change_member` takes.
CHANGEABLE = (
    "name",
    "gender",
    "ethnicity",
    "born_on",
    "education",
    "category",
    "joined_on",
    "full_on",
    "occupation",
    "mobile",
    "landline",
    "address",
    "standing",
    "voting_right",
    "is_lost",
    "lost_on",
    "is_floating",
    "floating_to",
)


@transaction.atomic
def enrol_member(
    *,
    actor,
    now,
    organization: Organization,
    name: str,
    starts_on: date,
    id_number: str = "",
    reason: str = "",
    **facts,
) -> Member:
    """Enrol somebody as a member of a branch from `starts_on` on and return them.

    ValidationError when the branch cannot take them or somebody with the same id number is enrolled already.
    """
    if actor is not None:
        actor.require(Right.MANAGE_MEMBERS, organization)
    _check_home(organization, starts_on, timezone.localdate(now))
    member = Member(name=name, organization=organization, **_known(facts))
    _identify(member, id_number, timezone.localdate(now))
    _check_facts(member)
    save_with_trail(member, actor=actor, now=now, reason=reason)
    Membership.objects.create(member=member, organization=organization, starts_on=starts_on)
    record_event(actor=actor, event="登记党员", row=member, summary=f"{organization} {name}", at=now)
    return member


@transaction.atomic
def change_member(
    *, actor, now, member: Member, reason: str, seen: int | None = None, id_number: str | None = None, **facts
) -> Member:
    """Change facts of a member (`CHANGEABLE`, and the id number when given) and return them.

    `seen` is the version that was shown; `ChangedMeanwhile` when somebody else was faster.
    """
    member = Member.objects.select_for_update(no_key=True).select_related(None).get(pk=member.pk)
    if actor is not None:
        actor.require(Right.MANAGE_MEMBERS, member.organization)
    check_version(member, seen)
    changed = [key for key, value in _known(facts).items() if getattr(member, key) != value]
    for key in changed:
        setattr(member, key, facts[key])
    if id_number is not None and id_number != member.id_number:
        _identify(member, id_number, timezone.localdate(now))
        changed.append("id_number")
    if not changed:
        return member
    _check_facts(member)
    save_with_trail(member, actor=actor, now=now, reason=reason)
    labels_of = {field.name: str(field.verbose_name) for field in Member._meta.fields}
    labels = "、".join(labels_of[key] for key in changed)
    record_event(actor=actor, event="修改党员信息", row=member, summary=f"{member.name}：{labels}", at=now)
    return member


@transaction.atomic
def transfer_member(
    *, actor, now, member: Member, to: Organization, effective_on: date, reason: str
) -> Membership:
    """Transfer a member to another branch from `effective_on` on and return the new membership.

    Whoever does it keeps the members of both branches. ValidationError when the day or the branch does not fit.
    """
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if actor is not None:
        actor.require(Right.MANAGE_MEMBERS, member.organization)
        actor.require(Right.MANAGE_MEMBERS, to)
    _check_home(to, effective_on, timezone.localdate(now))
    if to.pk == member.organization_id:
        raise ValidationError(f"{member.name}已经在“{to}”。")
    former = member.organization
    membership = _continue(member, to, None, effective_on)
    member.organization = to
    save_with_trail(member, actor=actor, now=now, reason=reason)
    record_event(
        actor=actor, event="转接组织关系", row=member, summary=f"{member.name}：{former} → {to}", at=now
    )
    return membership


@transaction.atomic
def assign_group(*, actor, now, members: list[Member], group: Organization | None, effective_on: date) -> int:
    """Put members of one branch into one of its groups (None: into no group) from a day on; return how many moved."""
    if not members:
        raise ValidationError("请先选择党员。")
    branch = members[0].organization
    if actor is not None:
        actor.require(Right.MANAGE_MEMBERS, branch)
    if any(each.organization_id != branch.pk for each in members):
        raise ValidationError("只能把同一党支部的党员编入党小组。")
    if group is not None:
        if group.kind != OrganizationKind.GROUP or group.parent_id != branch.pk or group.dissolved_on:
            raise ValidationError(f"“{group}”不是“{branch}”现有的党小组。")
        if group.founded_on and effective_on < group.founded_on:
            raise ValidationError("生效日期不能早于党小组的成立日期。")
    if effective_on > timezone.localdate(now):
        raise ValidationError("生效日期不能晚于今天。")
    moved = 0
    for member in members:
        current = member.memberships.filter(ends_on__isnull=True).first()
        if current is None or current.group_id != (group.pk if group else None):
            _continue(member, branch, group, effective_on)
            moved += 1
    record_event(
        actor=actor,
        event="调整党小组",
        row=group or branch,
        summary=f"{group or '不编组'}：{'、'.join(each.name for each in members)}",
        at=now,
    )
    return moved


@transaction.atomic
def reveal_id_number(*, actor, now, member: Member, reason: str) -> str:
    """Return the whole id number to somebody who says why; the act is in the log before the number is shown."""
    actor.require(Right.REVEAL_ID, member.organization)
    if not reason.strip():
        raise ValidationError("请填写查看原因。")
    record_event(
        actor=actor, event="查看完整身份证号", row=member, summary=f"{member.name}：{reason}", at=now
    )
    return member.id_number


def end_memberships(*, actor, now, members: list[Member], effective_on: date, reason: str, **facts) -> None:
    """Close the current membership of members who left or died and set `facts` (standing) on them."""
    with transaction.atomic():
        for member in members:
            if actor is not None:
                actor.require(Right.MANAGE_MEMBERS, member.organization)
            Membership.objects.filter(member=member, ends_on__isnull=True).update(ends_on=effective_on)
            for key, value in facts.items():
                setattr(member, key, value)
        bulk_update_with_history(
            members,
            Member,
            list(facts),
            batch_size=500,
            default_user=actor.user if actor else None,
            default_change_reason=reason[:100],
            default_date=now,
        )


def _continue(
    member: Member, organization: Organization, group: Organization | None, day: date
) -> Membership:
    """Close the member's current stretch on `day` and open the next; a stretch that began that day is rewritten."""
    current = member.memberships.select_for_update(no_key=True).filter(ends_on__isnull=True).first()
    if current is not None:
        if current.starts_on and current.starts_on > day:
            raise ValidationError(
                f"{member.name}在{current.starts_on:%Y年%m月%d日}才转入现在的支部，生效日期不能早于那一天。"
            )
        if current.starts_on == day:
            current.organization, current.group = organization, group
            current.save(update_fields=["organization", "group"])
            return current
        current.ends_on = day
        current.save(update_fields=["ends_on"])
    return Membership.objects.create(member=member, organization=organization, group=group, starts_on=day)


def _check_home(organization: Organization, day: date, today: date) -> None:
    if organization.kind not in HOMES:
        raise ValidationError(f"“{organization}”不是党支部，党员应编入党支部。")
    if organization.dissolved_on is not None:
        raise ValidationError(f"“{organization}”已撤销。")
    if day > today:
        raise ValidationError("日期不能晚于今天。")
    if organization.founded_on and day < organization.founded_on:
        raise ValidationError(
            f"日期不能早于“{organization}”的成立日期（{organization.founded_on:%Y年%m月%d日}）。"
        )


def _identify(member: Member, id_number: str, today: date) -> None:
    try:
        member.id_number = check_id_number(id_number, today=today) if id_number else ""
    except CellError as error:
        raise ValidationError({"id_number": error.message}) from error
    member.id_number_index = blind_index(member.id_number) or None
    twin = Member.objects.filter(id_number_index=member.id_number_index).exclude(pk=member.pk)
    if member.id_number_index and twin.exists():
        raise ValidationError({"id_number": "已有党员登记了这个身份证号，请先核对是否需要转接组织关系。"})


def _check_facts(member: Member) -> None:
    member.pinyin, member.initials = pinyin_of(member.name)
    if member.joined_on and member.full_on:
        try:
            check_party_dates(member.joined_on, member.full_on)
        except CellError as error:
            raise ValidationError({"full_on": error.message}) from error
    if member.is_lost and not member.lost_on:
        raise ValidationError({"lost_on": "失联党员须填写失去联系日期。"})
    member.full_clean(exclude=["organization", "id_number"])


def _known(facts: dict) -> dict:
    if unknown := set(facts) - set(CHANGEABLE):
        raise TypeError(f"a member has no changeable {sorted(unknown)}")
    return facts
