"""Who reviews what was done about a duty: somebody above, never the one who wrote it."""

from django.core.exceptions import PermissionDenied

from branches.access import Actor, Right


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
