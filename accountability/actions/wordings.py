from django.core.exceptions import ValidationError
from django.db import transaction

from accountability.choices import NoticeKind
from accountability.models import NoticeWording
from accountability.wording import problems
from branches.access import Actor, Right
from branches.actions.audit import record_event


def check_wording(*, kind: str, subject: str, body: str) -> None:
    """Raise `ValidationError`, field by field, when a text names what the kind of notice cannot say."""
    found = {"subject": problems(subject, kind), "body": problems(body, kind)}
    if any(found.values()):
        raise ValidationError({name: words for name, words in found.items() if words})


@transaction.atomic
def change_wording(
    *, actor: Actor, kind: str, subject: str, body: str, is_active: bool, now
) -> NoticeWording:
    """Say a kind of notice in other words from now on, or switch it off; what was written stays as it was."""
    actor.require_everywhere(Right.CONFIGURE)
    check_wording(kind=kind, subject=subject, body=body)
    wording, _ = NoticeWording.objects.update_or_create(
        kind=kind,
        defaults={"subject": subject, "body": body, "is_active": is_active, "updated_by": actor.user},
    )
    record_event(
        actor=actor,
        event="修改提醒文本",
        row=wording,
        summary=f"{NoticeKind(kind).label}：{subject}{'' if is_active else '（停用）'}",
        at=now,
    )
    return wording


@transaction.atomic
def reset_wording(*, actor: Actor, kind: str, now) -> None:
    """Go back to the words the program came with, switched on."""
    actor.require_everywhere(Right.CONFIGURE)
    if NoticeWording.objects.filter(kind=kind).delete()[0]:
        record_event(actor=actor, event="恢复提醒文本", summary=NoticeKind(kind).label, at=now)
