"""问题清单: what a review found, who puts it right by when; a second person checks before it is closed."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accountability.choices import ProblemState, SessionState
from accountability.models import ReviewProblem, WorkReport
from accountability.review_access import checks
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Appointment

from .notices import stop_problem, tell_of_problem

#: Problems are written down from the rating on; after publication more may be added.
_STATES = (SessionState.RATING, SessionState.GRADING, SessionState.PUBLISHED)


@transaction.atomic
def add_problem(
    *, actor, report: WorkReport, content: str, owner: Appointment | None, due_on: date, now: datetime
) -> ReviewProblem:
    """Put a problem on the list of a unit, with its owner (by default who reports) and its day."""
    kept = WorkReport.objects.select_related("organization", "session__organization", "appointment").get(
        pk=report.pk
    )
    actor.require(Right.EVALUATE, kept.session.organization)
    if kept.session.state not in _STATES:
        raise ValidationError("评议开始后才能列问题清单。")
    if not content.strip():
        raise ValidationError({"content": "请写明问题，具体到事。"})
    if due_on < actor.today:
        raise ValidationError({"due_on": "整改期限不能早于今天。"})
    owner = owner or kept.appointment
    if owner is not None and owner.organization_id != kept.organization_id:
        raise ValidationError({"owner": f"责任人应在{kept.organization}任职。"})
    problem = ReviewProblem(
        report=kept, organization=kept.organization, content=content.strip(), owner=owner, due_on=due_on
    )
    problem._change_reason = "列入清单"
    problem.save()
    record_event(
        actor=actor, event="列入问题清单", row=problem, summary=f"{kept.organization} {problem}", at=now
    )
    return problem


@transaction.atomic
def report_problem(*, actor, problem: ReviewProblem, result: str, now: datetime) -> ReviewProblem:
    """Say what was done about it; somebody else then checks."""
    kept = _locked(problem)
    actor.require(Right.FILL_EVALUATIONS, kept.organization)
    if kept.state != ProblemState.OPEN:
        raise ValidationError(f"这个问题{kept.get_state_display()}，不用再报。")
    if kept.report.session.state != SessionState.PUBLISHED:
        raise ValidationError("评议结果通报后再报整改情况。")
    if not result.strip():
        raise ValidationError({"result": "请写明怎么改的、改到什么程度。"})
    kept.result, kept.done_by, kept.done_at = result.strip(), actor.user, now
    kept.state = ProblemState.REPORTED
    kept._change_reason = "报送整改情况"
    kept.save()
    stop_problem(problem=kept, now=now)
    record_event(actor=actor, event="报送整改情况", row=kept, summary=f"{kept.organization} {kept}", at=now)
    return kept


@transaction.atomic
def check_problem(*, actor, problem: ReviewProblem, passed: bool, note: str, now: datetime) -> ReviewProblem:
    """销号 by the committee that reviewed or stands above now, never by who reported; what does not hold goes back with a note."""
    kept = _locked(problem)
    if not checks(actor, kept):
        raise PermissionDenied(f"您当前的任职没有“{Right.EVALUATE.value}”的权限。")
    if kept.state != ProblemState.REPORTED:
        raise ValidationError(f"这个问题{kept.get_state_display()}，现在不能核实。")
    if kept.done_by_id == actor.user.pk:
        raise PermissionDenied("报送整改情况的人不能自己核实，请由另一位同志核实。")
    if not passed and not note.strip():
        raise ValidationError({"note": "不销号的，请写明还差什么。"})
    kept.state = ProblemState.CLOSED if passed else ProblemState.OPEN
    kept.check_note, kept.checked_by, kept.checked_at = note.strip(), actor.user, now
    kept._change_reason = "核实销号" if passed else "核实未通过"
    kept.save()
    if not passed:
        tell_of_problem(problem=kept, today=actor.today, now=now)
    record_event(
        actor=actor,
        event="核实整改",
        row=kept,
        summary=f"{kept.organization} {kept} {'销号' if passed else '未通过'} {kept.check_note}".strip(),
        at=now,
    )
    return kept


def _locked(problem) -> ReviewProblem:
    ReviewProblem.objects.select_for_update(no_key=True).get(pk=problem.pk)
    related = ("organization", "report__session__organization", "report__appointment")
    return ReviewProblem.objects.select_related(*related).get(pk=problem.pk)
