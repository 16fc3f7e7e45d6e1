"""One letter a person and day with everything that is to be done; nobody gets it twice, and none is lost."""

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from email.errors import MessageError

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accountability.choices import NoticeKind
from accountability.models import Notice
from accountability.queries.notices import by_urgency
from branches.actions.audit import record_event
from branches.models import User
from branches.workdays import is_working_day

from .notices import end_notices

logger = structlog.get_logger(__name__)

#: Lines of one letter; the rest is in the inbox.
LINES = 40
#: So many letters refused in a row mean that it is the server and not the addresses.
PATIENCE = 5
#: What a mail server, the way to it, or an address that is none may raise.
FAILURES = (smtplib.SMTPException, OSError, ValueError, MessageError)


def send_digests(*, today: date, now: datetime) -> int:
    """Send each user with an address what is still to be done and has not been mailed; returns how many letters went.

    One letter a person and day, on working days. A letter that cannot be sent stays to be sent: the next call tries
    again. With a server that refuses everybody the call ends early.
    """
    if not settings.SENDS_MAIL or not is_working_day(today):
        return 0
    end_notices(today=today, now=now)
    sent = failed = 0
    connection = get_connection()
    for pk in list(_addressees(today).values_list("pk", flat=True)):
        try:
            connection.open()
            sent += _send(pk, connection, today=today, now=now)
        except FAILURES as error:
            failed += 1
            logger.warning("digest not sent", user=pk, error=repr(error)[:200])
            _close(connection)
            if failed == PATIENCE:
                break
        else:
            failed = 0
    _close(connection)
    return sent


@dataclass(frozen=True)
class Section:
    """The notices of one kind in a letter, as many of them as there is room for."""

    label: str
    shown: list[Notice]
    number: int

    @property
    def left(self) -> int:
        return self.number - len(self.shown)


@transaction.atomic
def set_mail(*, user: User, email: str, wants_mail: bool, now: datetime, actor) -> User:
    """Keep the user's own address and whether anything is to be sent there."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if wants_mail and not email:
        raise ValidationError({"email": "要接收提醒邮件，请填写邮箱地址。"})
    user.email, user.wants_mail = email, wants_mail
    user.save(update_fields=["email", "wants_mail"])
    record_event(
        actor=actor,
        event="修改邮件提醒",
        row=user,
        summary="接收提醒邮件" if wants_mail else "不接收提醒邮件",
        at=now,
    )
    return user


def _addressees(today: date):
    notices = Notice.objects.filter(user=OuterRef("pk"))
    return (
        User.objects.filter(
            Exists(notices.filter(mailed_at__isnull=True, ended_at__isnull=True)),
            is_active=True,
            wants_mail=True,
        )
        .exclude(email="")
        .exclude(Exists(notices.filter(mailed_at__gte=_midnight(today))))
        .order_by("pk")
    )


@transaction.atomic
def _send(pk: int, connection, *, today: date, now: datetime) -> bool:
    """Send one letter; its notices count as mailed only when the server has taken it."""
    user = User.objects.select_for_update(no_key=True).get(pk=pk)
    notices = Notice.objects.filter(user=user)
    if notices.filter(mailed_at__gte=_midnight(today)).exists():
        return False  # somebody else was faster
    waiting = list(notices.filter(mailed_at__isnull=True, ended_at__isnull=True))
    if not waiting:
        return False
    _letter(user, waiting, connection, today).send()
    Notice.objects.filter(pk__in=[each.pk for each in waiting]).update(mailed_at=now)
    return True


def _letter(user: User, notices: list[Notice], connection, today: date) -> EmailMessage:
    sections, room = [], LINES
    for kind, found in by_urgency(notices):
        sections.append(Section(kind.label, found[:room], len(found)))
        room -= len(sections[-1].shown)
    overdue = sum(each.kind == NoticeKind.OVERDUE for each in notices)
    context = {
        "user": user,
        "today": today,
        "sections": sections,
        "total": len(notices),
        "site": settings.SITE_URL,
        "inbox": settings.SITE_URL + reverse("notice-list"),
        "own_settings": settings.SITE_URL + reverse("notice-settings"),
    }
    return EmailMessage(
        subject=f"责任传导：{len(notices)}项待办{f'，其中{overdue}项已逾期' if overdue else ''}",
        body=render_to_string("accountability/notice_digest.txt", context),
        to=[user.email],
        connection=connection,
        # No machine answers a letter that no person wrote (RFC 3834).
        headers={"Auto-Submitted": "auto-generated"},
    )


def _midnight(today: date) -> datetime:
    return timezone.make_aware(datetime.combine(today, time.min))


def _close(connection) -> None:
    """Leave the connection, whatever state it is in; the next letter opens its own."""
    with suppress(smtplib.SMTPException, OSError):
        connection.close()
