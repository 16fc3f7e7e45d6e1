"""Appoint and relieve: power comes from here, so each is dated, reasoned and in the log."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from branches.access import Right
from branches.actions.audit import record_event
from branches.actions.history import check_version, save_with_trail
from branches.choices import OrganizationKind, Post
from branches.models import Appointment, Member, Organization, User

#: 三员: one person holds one of them at most, and nothing else.
SECURITY_POSTS = (Post.SYSTEM_ADMINISTRATOR, Post.SECURITY_ADMINISTRATOR, Post.SECURITY_AUDITOR)


def require_appointing(actor, organization: Organization, post: str) -> None:
    """Raise PermissionDenied unless `actor` may fill that post there: 三员 by those who keep accounts, a group's
    leader by whoever keeps the branch's members, all else by those who keep appointments."""
    if actor is None:
        return
    if post in SECURITY_POSTS:
        actor.require(Right.MANAGE_ACCOUNTS, organization)
    elif post == Post.GROUP_LEADER and actor.may(Right.MANAGE_MEMBERS, organization):
        return
    else:
        actor.require(Right.MANAGE_APPOINTMENTS, organization)


@transaction.atomic
def appoint(
    *,
    actor,
    now,
    user: User,
    organization: Organization,
    post: str,
    starts_on: date,
    in_charge_of: str = "",
    reason: str = "",
    member: Member | None = None,
) -> Appointment:
    """Appoint somebody to a post from a day on and return the appointment.

    `member` ties the account to the person it belongs to, once. Nobody appoints themselves. ValidationError when the
    post does not fit the organisation, is taken, or may not be held beside another one.
    """
    require_appointing(actor, organization, post)
    # Two at once for the same person: the second waits here and then sees what the first has done.
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if actor is not None and actor.user.pk == user.pk:
        raise ValidationError("不能给自己任职，请由其他管理员办理。")
    if not user.is_active:
        raise ValidationError(f"账号“{user.username}”已停用，请先启用。")
    _check_post(organization, post, starts_on)
    _check_exclusive(user, post, starts_on)
    if post == Post.SECRETARY:
        current = (
            organization.appointments.filter(post=post)
            .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on))
            .select_related("user")
            .first()
        )
        if current is not None:
            raise ValidationError(f"“{organization}”的书记现为{current.user}，请先办理免职。")
    if member is not None and user.member_id != member.pk:
        _tie(user, member)
    appointment = Appointment(
        user=user, organization=organization, post=post, starts_on=starts_on, in_charge_of=in_charge_of
    )
    appointment.full_clean()
    save_with_trail(appointment, actor=actor, now=now, reason=reason)
    record_event(actor=actor, event="任职", row=appointment, summary=str(appointment), at=now)
    return appointment


@transaction.atomic
def relieve(
    *, actor, now, appointment: Appointment, ends_on: date, reason: str, seen: int | None = None
) -> Appointment:
    """End an appointment: `ends_on` is the first day on which it no longer holds."""
    appointment = Appointment.objects.select_for_update(no_key=True).get(pk=appointment.pk)
    require_appointing(actor, appointment.organization, appointment.post)
    check_version(appointment, seen)
    if actor is not None and actor.user.pk == appointment.user_id:
        raise ValidationError("不能给自己免职，请由其他管理员办理。")
    if appointment.ends_on is not None:
        raise ValidationError(f"{appointment.user}的这项任职已于{appointment.ends_on:%Y年%m月%d日}免去。")
    if ends_on < appointment.starts_on:
        raise ValidationError("免职日期不能早于任职日期。")
    appointment.ends_on = ends_on
    save_with_trail(appointment, actor=actor, now=now, reason=reason)
    record_event(actor=actor, event="免职", row=appointment, summary=str(appointment), at=now)
    return appointment


def _check_post(organization: Organization, post: str, starts_on: date) -> None:
    label = Post(post).label
    if organization.dissolved_on is not None:
        raise ValidationError(f"“{organization}”已撤销，不能任职。")
    if organization.founded_on and starts_on < organization.founded_on:
        raise ValidationError(f"任职日期不能早于“{organization}”的成立日期。")
    is_group = organization.kind == OrganizationKind.GROUP
    if (post == Post.GROUP_LEADER) != is_group:
        raise ValidationError(f"“{organization}”是{organization.get_kind_display()}，不设“{label}”。")
    discipline = (OrganizationKind.DISCIPLINE_COMMISSION, OrganizationKind.DISCIPLINE_TEAM)
    if organization.kind in discipline and post in (Post.SECRETARY, Post.ADMINISTRATOR, Post.BRANCH_CLERK):
        raise ValidationError(f"“{organization}”是{organization.get_kind_display()}，不设“{label}”。")


def _check_exclusive(user: User, post: str, starts_on: date) -> None:
    held = user.appointments.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on)).select_related(
        "organization"
    )
    others = held if post in SECURITY_POSTS else held.filter(post__in=SECURITY_POSTS)
    if other := others.first():
        raise ValidationError(
            f"{user}现任{other.organization}{other.get_post_display()}。系统管理员、安全管理员、安全审计员（三员）"
            "不得互相兼任，也不得兼任业务职务；请先免去原任职，或另选他人。"
        )


def _tie(user: User, member: Member) -> None:
    if user.member_id is not None:
        raise ValidationError(f"账号“{user.username}”已对应党员{user.member}。")
    if User.objects.filter(member=member).exists():
        raise ValidationError(f"党员{member}已有对应的账号。")
    user.member = member
    user.save(update_fields=["member"])
