"""Move, merge and dissolve organisations: dated, with everything that hangs on them."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from branches.actions.audit import record_event
from branches.actions.history import save_with_trail
from branches.actions.organizations import check_standing, record_change, require_structure
from branches.actions.placements import check_day, close_stretches
from branches.actions.refresh import mark_months_dirty
from branches.actions.tree import lock_organization, transplant
from branches.choices import EventKind, OrganizationKind
from branches.hierarchy import HOMES, chain_under, level_under, same_family
from branches.models import Appointment, Member, Membership, Organization


def check_move(organization: Organization, parent: Organization, effective_on: date, today: date) -> None:
    """Raise ValidationError unless the move may take effect on that day."""
    check_day(organization, effective_on, today)
    if organization.parent_id is None:
        raise ValidationError("最上一级党组织不能移动。")
    if organization.parent_id == parent.pk:
        raise ValidationError(f"“{organization}”已经隶属于“{parent}”。")
    if parent.path.startswith(organization.path):
        raise ValidationError(f"“{organization}”不能移到自己或自己的下级之下。")
    _check_receiver(parent, effective_on)
    moved = _moved(organization, parent)
    check_standing(moved, parent)
    for child in _standing_children(organization):
        check_standing(child, moved)


@transaction.atomic
def move_organization(
    *, actor, now, organization: Organization, new_parent: Organization, effective_on: date, reason: str
) -> Organization:
    """Put an organisation with everything below it under another parent from `effective_on` on; return it.

    Its level and the chain of everything below follow the new parent where they must.
    """
    organization = lock_organization(organization.pk)
    new_parent = lock_organization(new_parent.pk)
    require_structure(actor, organization)
    require_structure(actor, new_parent)
    today = timezone.localdate(now)
    check_move(organization, new_parent, effective_on, today)
    _move(organization, new_parent, effective_on, actor=actor, now=now, reason=reason)
    record_event(
        actor=actor,
        event="调整隶属",
        row=organization,
        summary=f"{organization.name} 移至 {new_parent.name}",
        at=now,
    )
    return organization


def check_merge(sources: list[Organization], into: Organization, effective_on: date, today: date) -> None:
    """Raise ValidationError unless the sources may be merged into the other on that day."""
    if not sources:
        raise ValidationError("请选择要合并的党组织。")
    check_day(into, effective_on, today)
    for source in sources:
        check_day(source, effective_on, today)
        if source.pk == into.pk:
            raise ValidationError(f"“{into}”不能并入自己。")
        if source.parent_id is None:
            raise ValidationError("最上一级党组织不能并入其他组织。")
        if not same_family(source.kind, into.kind):
            raise ValidationError(
                f"{source.get_kind_display()}“{source}”不能并入{into.get_kind_display()}“{into}”。"
            )
        if into.path.startswith(source.path):
            raise ValidationError(f"“{source}”不能并入自己的下级“{into}”。")
        for child in _standing_children(source):
            check_standing(_moved(child, into), into)
        _check_members_since(source, effective_on)


@transaction.atomic
def merge_organizations(
    *, actor, now, sources: list[Organization], into: Organization, effective_on: date, reason: str
) -> Organization:
    """Merge the sources into `into` from `effective_on` on and return it.

    Their children and members pass over on that day, their appointments end, and the sources are dissolved.
    """
    into = lock_organization(into.pk)
    sources = [lock_organization(each.pk) for each in sources]
    for each in (into, *sources):
        require_structure(actor, each)
    today = timezone.localdate(now)
    check_merge(sources, into, effective_on, today)
    trail = {"actor": actor, "now": now, "reason": reason}
    for source in sources:
        source.refresh_from_db()
        for child in _standing_children(source):
            _move(child, into, effective_on, **trail)
        source.refresh_from_db()
        _pass_members_on(source, into, effective_on, keep_groups=True, **trail)
        _end(source, effective_on, merged_into=into, **trail)
        record_change(source, EventKind.MERGED, actor, effective_on, reason, former=source.parent, to=into)
        record_event(
            actor=actor, event="合并党组织", row=source, summary=f"{source.name} 并入 {into.name}", at=now
        )
    mark_months_dirty(organizations=[*sources, into], since=effective_on, until=today)
    into.refresh_from_db()
    return into


def check_dissolve(
    organization: Organization, effective_on: date, today: date, members_to: Organization | None = None
) -> None:
    """Raise ValidationError unless the organisation may end on that day."""
    check_day(organization, effective_on, today)
    if organization.parent_id is None:
        raise ValidationError("最上一级党组织不能撤销。")
    below = [child for child in _standing_children(organization) if not child.is_group]
    if below:
        names = "、".join(str(child) for child in below[:5])
        raise ValidationError(
            f"“{organization}”之下还有{len(below)}个党组织（{names}），请先调整它们的隶属。"
        )
    members = Membership.objects.filter(organization=organization, ends_on__isnull=True).count()
    if not members:
        return
    if members_to is None:
        raise ValidationError(f"“{organization}”还有{members}名党员，请先转出，或选择接收的党支部。")
    if members_to.kind not in HOMES or members_to.pk == organization.pk:
        raise ValidationError("接收党员的应是另一个党支部。")
    _check_receiver(members_to, effective_on)
    _check_members_since(organization, effective_on)


@transaction.atomic
def dissolve_organization(
    *,
    actor,
    now,
    organization: Organization,
    effective_on: date,
    reason: str,
    members_to: Organization | None = None,
) -> Organization:
    """End an organisation on `effective_on` and return it; it stays readable, but nothing more happens in it.

    Its members go to `members_to`, its groups end with it, its appointments end.
    """
    organization = lock_organization(organization.pk)
    require_structure(actor, organization, organization.kind)
    if members_to is not None:
        require_structure(actor, members_to)
    today = timezone.localdate(now)
    check_dissolve(organization, effective_on, today, members_to)
    trail = {"actor": actor, "now": now, "reason": reason}
    if organization.is_group:
        _pass_members_on(organization, organization.parent, effective_on, keep_groups=False, **trail)
    elif members_to is not None:
        _pass_members_on(organization, members_to, effective_on, keep_groups=False, **trail)
    ending = [organization, *_standing_children(organization)]
    for each in ending:
        _end(each, effective_on, **trail)
        record_change(
            each, EventKind.DISSOLVED, actor, effective_on, reason, former=each.parent, to=members_to
        )
    mark_months_dirty(organizations=[*ending, organization.parent], since=effective_on, until=today)
    record_event(actor=actor, event="撤销党组织", row=organization, summary=organization.name, at=now)
    return organization


def _move(organization, parent, effective_on, *, actor, now, reason) -> None:
    former, chain = organization.parent, organization.chain
    moved = _moved(organization, parent)
    followers = []
    if moved.chain != chain:
        followers = list(Organization.objects.below(organization).filter(chain=chain))
    close_stretches([organization, *followers], effective_on)
    transplant(organization, parent)
    organization.level, organization.chain = moved.level, moved.chain
    save_with_trail(organization, actor=actor, now=now, reason=reason)
    for each in followers:
        each.chain = moved.chain
    bulk_update_with_history(
        followers,
        Organization,
        ["chain"],
        batch_size=1000,
        default_user=actor.user if actor else None,
        default_change_reason=reason[:100],
        default_date=now,
    )
    record_change(organization, EventKind.MOVED, actor, effective_on, reason, former=former, to=parent)
    mark_months_dirty(
        organizations=[organization, former, parent, *followers],
        since=effective_on,
        until=timezone.localdate(now),
    )


def _moved(organization: Organization, parent: Organization) -> Organization:
    """The organisation as it would stand under `parent`, not saved."""
    return Organization(
        short_name=organization.short_name,
        kind=organization.kind,
        level=level_under(organization.kind, parent.level, organization.level, parent_kind=parent.kind),
        chain=chain_under(organization.kind, parent.chain, organization.chain),
    )


def _standing_children(organization: Organization) -> list[Organization]:
    return list(organization.children.filter(dissolved_on__isnull=True).order_by("path"))


def _check_receiver(organization: Organization, effective_on: date) -> None:
    if organization.dissolved_on is not None:
        raise ValidationError(f"“{organization}”已撤销，不能接收。")
    if organization.founded_on and effective_on < organization.founded_on:
        raise ValidationError(
            f"生效日期不能早于“{organization}”的成立日期（{organization.founded_on:%Y年%m月%d日}）。"
        )


def _check_members_since(organization: Organization, effective_on: date) -> None:
    late = Membership.objects.filter(
        organization=organization, ends_on__isnull=True, starts_on__gt=effective_on
    )
    if first := late.select_related("member").first():
        raise ValidationError(
            f"党员{first.member}在{first.starts_on:%Y年%m月%d日}才转入，生效日期不能早于那一天。"
        )


def _pass_members_on(source, into, effective_on, *, keep_groups, actor, now, reason) -> None:
    """Close the current memberships at `source` (a branch, or one of its groups) and open the next ones at `into`."""
    at_source = {"group": source} if source.kind == OrganizationKind.GROUP else {"organization": source}
    current = list(Membership.objects.filter(ends_on__isnull=True, **at_source).select_related("member"))
    closed = [each for each in current if each.starts_on is None or each.starts_on < effective_on]
    opened = [
        Membership(
            member=each.member,
            organization=into,
            group=each.group if keep_groups else None,
            starts_on=effective_on,
        )
        for each in closed
    ]
    for each in closed:
        each.ends_on = effective_on
    begun = [each for each in current if each.ends_on is None]
    for each in begun:
        each.organization = into
        each.group = each.group if keep_groups else None
    Membership.objects.bulk_update([*closed, *begun], ["organization", "group", "ends_on"], batch_size=500)
    Membership.objects.bulk_create(opened, batch_size=1000)
    members = [each.member for each in current if each.member.organization_id != into.pk]
    for member in members:
        member.organization = into
    bulk_update_with_history(
        members,
        Member,
        ["organization"],
        batch_size=500,
        default_user=actor.user if actor else None,
        default_change_reason=reason[:100],
        default_date=now,
    )


def _end(organization, effective_on, *, actor, now, reason, merged_into=None) -> None:
    appointments = list(Appointment.objects.filter(organization=organization, ends_on__isnull=True))
    for each in appointments:
        each.ends_on = max(effective_on, each.starts_on)
    bulk_update_with_history(
        appointments,
        Appointment,
        ["ends_on"],
        batch_size=500,
        default_user=actor.user if actor else None,
        default_change_reason=reason[:100],
        default_date=now,
    )
    organization.dissolved_on = effective_on
    organization.merged_into = merged_into
    save_with_trail(organization, actor=actor, now=now, reason=reason)
