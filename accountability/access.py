"""Who reviews what was done about a duty (somebody above, never the one who wrote it), and who may answer for one."""

from django.core.exceptions import PermissionDenied, ValidationError

from branches.access import POWERS, Actor, Right

#: Posts that may answer for a duty: whoever may write down what was done about it.
BEARING_POSTS = tuple(post for post, powers in POWERS.items() if Right.RECORD_DUTIES in powers)


def require_bearer(appointment, organization, today) -> None:
    """Raise `ValidationError` unless the appointment is in force at `organization` and its post may bear a duty."""
    if appointment.organization_id != organization.pk:
        raise ValidationError(f"{appointment.user}不在{organization}任职。")
    if appointment.starts_on > today or (appointment.ends_on and appointment.ends_on <= today):
        raise ValidationError(
            f"{appointment.user}的{appointment.get_post_display()}任职已经结束或还没有开始。"
        )
    if appointment.post not in BEARING_POSTS:
        raise ValidationError(f"{appointment.get_post_display()}不填写履责纪实，不能作责任人。")


def may_review(actor: Actor, record) -> bool:
    """Whether the actor accepts or returns this record.

    Nobody stands above the top of the tree: there a second person of the same body reviews.
    """
    return _reaches(actor, record.organization) and record.author_id != actor.user.pk


def require_review(actor: Actor, record) -> None:
    """Raise `PermissionDenied` unless the actor may review the record."""
    if not _reaches(actor, record.organization):
        raise PermissionDenied(f"您当前的任职没有“{Right.REVIEW_DUTIES.value}”的权限。")
    if record.author_id == actor.user.pk:
        raise PermissionDenied("不能审核自己填报的履责纪实，请由其他同志审核。")


def reviewed_by(actor: Actor, records):
    """Those of `records` that the actor may review."""
    if not actor.has(Right.REVIEW_DUTIES):
        return records.none()
    own = actor.organization
    records = records.in_subtree(own).exclude(author=actor.user)
    return records if own.is_root() else records.exclude(organization=own)


def may_trigger(actor: Actor, organization) -> bool:
    """Whether the actor registers and answers what touches the 负面清单: the unit itself, or who reviews it."""
    return actor.may(Right.RECORD_DUTIES, organization) or _reaches(actor, organization)


def _reaches(actor, organization) -> bool:
    own = actor.organization
    if actor.may(Right.REVIEW_DUTIES, organization):
        return True
    return (
        actor.has(Right.REVIEW_DUTIES)
        and own is not None
        and own.pk == organization.pk
        and organization.is_root()
    )
