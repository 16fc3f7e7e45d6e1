"""Who reviews what was done about a duty (somebody above, never the one who wrote it), who may answer for one, and
who may know of a 问责 and handle it."""

import functools

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404

from accountability.models import AccountabilityCase, Scheme
from branches.access import POWERS, Actor, Right
from branches.choices import KEY_POSTS
from branches.models import Appointment, Organization

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


def handles_cases(actor: Actor, case=None) -> bool:
    """Whether the actor's post handles 问责 at all, or this case: at the committee that has opened it."""
    if not (actor.has(Right.HANDLE_CASES) and actor.organization.is_committee):
        return False
    return case is None or case.handler_id == actor.organization.pk


def must_stand_aside(actor: Actor, organization, appointment=None) -> bool:
    """回避: whether a case against the unit, or its officer, is the actor's own or one of a unit they serve in."""
    if appointment is not None and appointment.user_id == actor.user.pk:
        return True
    return Appointment.objects.on(actor.today).filter(user=actor.user, organization=organization).exists()


def is_concerned(actor: Actor, case) -> bool:
    """Whether the case is about the actor: the person, or for a unit one of its 班子成员."""
    if case.appointment_id is not None:
        return case.appointment.user_id == actor.user.pk
    own = actor.appointment
    return own is not None and own.organization_id == case.organization_id and own.post in KEY_POSTS


def case_door(view):
    """Guard a view of one 问责: hand it over to who may know of it; for everybody else there is none (404)."""

    @functools.wraps(view)
    def guarded(request, pk, *args, **kwargs):
        rows = AccountabilityCase.objects.visible_to(request.actor)
        related = ("handler", "organization", "appointment__user", "appointment__organization")
        return view(request, get_object_or_404(rows.select_related(*related), pk=pk), *args, **kwargs)

    guarded.door = "signed in"
    return guarded


def handler_door(view):
    """The same, for what only the body that handles it does: those who merely know of it are refused (403)."""

    @functools.wraps(view)
    def guarded(request, case, *args, **kwargs):
        if not handles_cases(request.actor, case):
            raise PermissionDenied("您是这件问责的知悉人，只能查看；办理由承办单位负责。")
        return view(request, case, *args, **kwargs)

    return case_door(guarded)


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


def readable_schemes(actor: Actor):
    """The scoring tables the actor may read: those of the units whose evaluations they see, and those of the
    committees above their own, by which it is judged."""
    if not actor.has(Right.VIEW_EVALUATIONS):
        return Scheme.objects.none()
    above = Organization.objects.above(actor.organization).values("pk")
    return Scheme.objects.filter(
        actor.within(Right.VIEW_EVALUATIONS) | Q(organization__in=above)
    ).select_related("organization")
