"""Who runs a 述职评议 session, whose a report is, and until when it may be written."""

from accountability.choices import CycleState, PollState, SessionState
from branches.access import Actor, Right
from branches.choices import Post


def runs(actor: Actor, session) -> bool:
    """Whether the actor runs this session: for the committee that reviews, or above it."""
    return actor.may(Right.EVALUATE, session.organization)


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
