"""Signing in is Django's; here is what people change about their own account."""

from django.db import transaction

from ..middleware import SESSION_KEY
from .audit import record_event


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
