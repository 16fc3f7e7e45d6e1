"""Who runs a 述职评议 session, whose a report is, and until when it may be written."""

import functools

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accountability.choices import CycleState, PollState, SessionState
from accountability.models import WorkReport
from branches.access import Actor, Right
from branches.choices import Post
from branches.querysets.organizations import subtree


def report_door(right: Right):
    """Guard a view of one report: of the unit it is about or of the committee that reviews it, which stays so when the
    unit has moved since; what only that committee does asks for its right there. Else as `branches.access.door`."""

    def guard(view):
        @functools.wraps(view)
        def guarded(request, pk, *args, **kwargs):
            actor = request.actor
            rows = WorkReport.objects.select_related("organization", "session__organization")
            if own := actor.organization:
                rows = rows.filter(subtree(own, "organization") | subtree(own, "session__organization"))
            else:
                rows = rows.none()
            report = get_object_or_404(rows, pk=pk)
            places = [report.session.organization]
            if right is not Right.EVALUATE:
                places.append(report.organization)
            if not any(actor.may(right, place) for place in places):
                raise PermissionDenied(f"您当前的任职没有“{right.value}”的权限。")
            return view(request, report, *args, **kwargs)

        guarded.door = right
        return guarded

    return guard


def runs(actor: Actor, session) -> bool:
    """Whether the actor runs this session: for the committee that reviews, or above it."""
    return actor.may(Right.EVALUATE, session.organization)


def checks(actor: Actor, problem) -> bool:
    """Whether the actor checks what was done about a problem: for the committee that reviewed, or, once the unit has
    moved, for the one it stands below now."""
    unit = problem.organization
    return runs(actor, problem.report.session) or (
        actor.may(Right.EVALUATE, unit) and actor.organization.pk != unit.pk
    )


def is_own(actor: Actor, report) -> bool:
    """Whether it is the actor's own report: as the secretary of the unit, or who held the post when it began."""
    mine = report.appointment is not None and report.appointment.user_id == actor.user.pk
    post = actor.appointment
    is_secretary = post is not None and post.post == Post.SECRETARY
    return mine or (is_secretary and post.organization_id == report.organization_id)


def is_writable(report) -> bool:
    """Whether the report may still be written: until the rating begins, and after that while it was never sent in."""
    if report.session.cycle.state != CycleState.RUNNING or report.submitted_at is not None:
        return False
    return report.session.state in (SessionState.PREPARING, SessionState.RATING)


def is_ratable(session) -> bool:
    """Whether the rating may be opened: it was not yet, or its poll was cancelled."""
    if session.state == SessionState.RATING:
        return session.poll is not None and session.poll.state == PollState.CANCELLED
    return session.state == SessionState.PREPARING
