"""Accounts: what people change about their own, and what system administrators do for others."""

import secrets
import string

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from branches.access import Actor, Right
from branches.actions.appointments import SECURITY_POSTS
from branches.actions.audit import record_event
from branches.choices import Post
from branches.middleware import SESSION_KEY
from branches.models import User


@transaction.atomic
def change_password(*, actor, form, now) -> None:
    """Save a validated `PasswordChangeForm` and lift the demand to change the password."""
    user = form.save(commit=False)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    record_event(actor=actor, event="修改密码", row=user, at=now)


@transaction.atomic
def switch_appointment(*, session, actor, appointment, now) -> None:
    """Act from now on in another of one's own current appointments."""
    session[SESSION_KEY] = appointment.pk
    record_event(actor=actor, event="切换任职", row=appointment, summary=str(appointment), at=now)


def record_sign_in(*, user, now) -> None:
    """Tell the log that somebody has signed in."""
    record_event(
        actor=Actor(user=user, appointment=None, today=timezone.localdate(now)),
        event="登录",
        row=user,
        at=now,
    )


def record_failed_sign_in(*, username: str, now) -> None:
    """Tell the log that somebody has failed to sign in under that name."""
    record_event(actor=None, username=username or "（未填）", event="登录", result="失败", at=now)


def record_sign_out(*, actor, now) -> None:
    """Tell the log that somebody has signed out."""
    record_event(actor=actor, event="退出", row=actor.user, at=now)


def initial_password() -> str:
    """A password to hand over once: fourteen characters nobody mistakes for others, of all four classes."""
    plain = [each for each in string.ascii_letters + string.digits if each not in "0O1lI"]
    return (
        "".join(secrets.choice(plain) for _ in range(10))
        + "-"
        + secrets.choice("ABCDEFGH")
        + secrets.choice("23456789")
        + secrets.choice("abcdefgh")
    )


def require_account(actor, user: User) -> None:
    """Raise PermissionDenied unless `actor` may keep the account.

    Every post its owner holds lies where the actor keeps accounts. The accounts of 三员 are kept by the 安全管理员,
    and the 安全管理员's by the 系统管理员, so that none of them can take over another's.
    """
    if actor is None:
        return
    if actor.user.pk == user.pk:
        raise PermissionDenied("不能维护自己的账号，请由其他管理员办理。")
    if not actor.has(Right.MANAGE_ACCOUNTS):
        raise PermissionDenied("您当前的任职没有“维护账号”的权限。")
    posts = list(user.appointments.on(actor.today).select_related("organization"))
    for each in posts:
        actor.require(Right.MANAGE_ACCOUNTS, each.organization)
    held = {each.post for each in posts} & set(SECURITY_POSTS)
    keeper = Post.SYSTEM_ADMINISTRATOR if Post.SECURITY_ADMINISTRATOR in held else Post.SECURITY_ADMINISTRATOR
    if held and actor.appointment.post != keeper:
        raise PermissionDenied(f"此人是三员之一，其账号由{keeper.label}维护。")


@transaction.atomic
def create_account(*, actor, now, username: str, name: str) -> tuple[User, str]:
    """Make an account and return it with its initial password, which is shown once and must be changed."""
    if actor is not None and not actor.has(Right.MANAGE_ACCOUNTS):
        raise PermissionDenied("您当前的任职没有“维护账号”的权限。")
    if User.objects.filter(username__iexact=username).exists():
        raise ValidationError({"username": "已有这个登录名。"})
    password = initial_password()
    user = User(username=username, name=name, must_change_password=True)
    user.set_password(password)
    user.full_clean()
    user.save()
    record_event(actor=actor, event="新建账号", row=user, summary=f"{username} {name}", at=now)
    return user, password


@transaction.atomic
def reset_password(*, actor, now, user: User) -> str:
    """Give the account a new initial password, and return it; its sessions end with the old one."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    require_account(actor, user)
    password = initial_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    record_event(actor=actor, event="重置密码", row=user, summary=user.username, at=now)
    return password


@transaction.atomic
def set_account_active(*, actor, now, user: User, is_active: bool) -> None:
    """Close an account, or open it again; a closed one is out at its next click."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    require_account(actor, user)
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    record_event(
        actor=actor, event="启用账号" if is_active else "停用账号", row=user, summary=user.username, at=now
    )
