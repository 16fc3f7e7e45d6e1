"""What ballots and reviews ask of somebody now, each in a sentence with the page where it is done."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from accountability.choices import CycleState, PollState, ProblemState, SessionState
from accountability.models import ReviewProblem, ReviewSession, WorkReport
from accountability.review_access import is_own
from branches.access import Actor, Right

from .evaluation_tasks import MOST, EvaluationTask
from .polls import polls_to_vote


def review_tasks(actor: Actor, now: datetime) -> list[EvaluationTask]:
    """Ballots to cast, reports to write, results to read, problems to put right; for the committee the next step of its
    sessions and what waits to be checked. Five queries at most."""
    own = actor.organization
    tasks = [_of_poll(each) for each in polls_to_vote(actor.user, now)[:MOST]]
    if actor.may(Right.FILL_EVALUATIONS, own):
        tasks += _of_unit(actor)
    if own.is_committee and actor.may(Right.EVALUATE, own):
        tasks += _of_committee(actor)
    return tasks


def _of_poll(poll) -> EvaluationTask:
    return EvaluationTask(
        f"请投票：{poll.title}",
        "秘密投票，每人一次。",
        reverse("poll-vote", args=[poll.pk]),
        "去投票",
        poll.closes_at.date(),
    )


def _of_unit(actor) -> list[EvaluationTask]:
    unwritten = Q(
        submitted_at=None,
        session__cycle__state=CycleState.RUNNING,
        session__state__in=[SessionState.PREPARING, SessionState.RATING],
    )
    unread = Q(session__state=SessionState.PUBLISHED, seen_at=None)
    reports = (
        WorkReport.objects.filter(unwritten | unread, organization=actor.organization)
        .exclude(session__cycle__state=CycleState.WITHDRAWN)
        .select_related("session__cycle", "session__organization", "appointment")
        .defer("facts")
        .order_by("-session__cycle__year", "pk")
    )
    tasks = [task for report in reports[:MOST] if (task := _of_report(report, actor))]
    problems = (
        ReviewProblem.objects.filter(
            organization=actor.organization,
            state=ProblemState.OPEN,
            report__session__state=SessionState.PUBLISHED,
        )
        .exclude(report__session__cycle__state=CycleState.WITHDRAWN)
        .order_by("due_on", "pk")
    )
    return tasks + [
        EvaluationTask(
            f"述职评议问题整改：{each.content[:60]}",
            f"核实未通过：{each.check_note}" if each.check_note else "改好后报送，由上级另一位同志核实销号。",
            reverse("review-problem-detail", args=[each.pk]),
            "去报送",
            each.due_on,
        )
        for each in problems[:MOST]
    ]


def _of_report(report, actor) -> EvaluationTask | None:
    if not is_own(actor, report):
        return None
    cycle = report.session.cycle
    if report.session.state == SessionState.PUBLISHED:
        url = reverse("work-report-detail", args=[report.pk])
        return EvaluationTask(f"阅知评议结果：{cycle}", "综合等次、点评和问题清单已通报。", url, "去看")
    words = (
        f"被退回：{report.return_note}" if report.return_note else f"向{report.session.organization}述职。"
    )
    return EvaluationTask(
        f"写述职报告：{cycle}",
        words,
        reverse("work-report-edit", args=[report.pk]),
        "去写",
        cycle.reports_due_on,
    )


def _of_committee(actor) -> list[EvaluationTask]:
    waiting = (
        Q(state=SessionState.PREPARING, cycle__reports_due_on__lt=actor.today)
        | Q(state=SessionState.RATING, poll__state__in=[PollState.CLOSED, PollState.CANCELLED])
        | Q(state=SessionState.GRADING)
    )
    sessions = (
        ReviewSession.objects.filter(waiting, organization=actor.organization)
        .exclude(cycle__state=CycleState.WITHDRAWN)
        .select_related("cycle")
        .order_by("cycle__sessions_due_on", "pk")
    )
    words = {
        SessionState.PREPARING: "报告已到截止，可以开评议会、发起测评。",
        SessionState.RATING: "测评已结束，核对后进入综合定等。",
        SessionState.GRADING: "逐人点评、定等，然后通报。",
    }
    tasks = [
        EvaluationTask(
            f"本级评议会：{each.cycle}",
            words[each.state],
            reverse("review-session-detail", args=[each.pk]),
            "去办理",
            each.cycle.sessions_due_on,
        )
        for each in sessions[:MOST]
    ]
    reported = (
        ReviewProblem.objects.in_subtree(actor.organization)
        .filter(report__session__organization=actor.organization, state=ProblemState.REPORTED)
        .exclude(done_by=actor.user)
        .count()
    )
    if reported:
        tasks.append(
            EvaluationTask(
                f"核实述职评议问题 {reported} 个",
                "单位已报送整改情况，请核实销号或退回。",
                reverse("review-problem-list", args=[actor.organization.pk]) + "?state=reported",
                "去核实",
            )
        )
    return tasks
