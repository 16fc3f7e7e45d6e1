"""What evaluations ask of somebody now, each in a sentence with the page where it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.urls import reverse

from accountability.access import handles_cases
from accountability.choices import CaseState, ObjectionState, PlanState, RoundState
from accountability.models import AccountabilityCase, Evaluation, ImprovementPlan, Objection
from accountability.queries.assessing import sheets_left
from accountability.queries.rounds import asked_items, filled_of
from branches.access import Actor, Right

#: Most lines of one kind.
MOST = 10


@dataclass(frozen=True)
class EvaluationTask:
    """One thing to do, by when, and where."""

    title: str
    words: str
    url: str
    action: str
    due_on: date | None = None


def evaluation_tasks(actor: Actor) -> list[EvaluationTask]:
    """For who is evaluated: facts, results, plans; for the committee: objections and plans; for assessors: sheets.

    Seven queries at most, and two for each open window of assessors.
    """
    tasks: list[EvaluationTask] = []
    own = actor.organization
    if actor.has(Right.VIEW_EVALUATIONS):
        tasks += _of_assessor(actor)
    if actor.may(Right.FILL_EVALUATIONS, own):
        tasks += _of_unit(actor)
    if own.is_committee and actor.may(Right.EVALUATE, own):
        tasks += _of_committee(actor)
    if handles_cases(actor):
        tasks += _of_handler(actor)
    return tasks


def _of_handler(actor: Actor) -> list[EvaluationTask]:
    """Cases that wait for another than their drafter; no more is said of them than that. One query."""
    words = {CaseState.PROPOSED: "一件问责待决定", CaseState.APPEALED: "一件问责申诉待复查"}
    rows = AccountabilityCase.objects.visible_to(actor).filter(
        handler=actor.organization, state__in=list(words)
    )
    return [
        EvaluationTask(
            words[CaseState(each.state)],
            "由起草人以外的同志办理。",
            reverse("case-detail", args=[each.pk]),
            "去看",
        )
        for each in rows.exclude(drafted_by=actor.user).order_by("pk")[:MOST]
    ]


def _of_assessor(actor: Actor) -> list[EvaluationTask]:
    return [
        EvaluationTask(
            f"{each.window.get_role_display()}：{each.window.round}",
            f"还差 {each.left} 份评价表。",
            reverse("assessment-list"),
            "去评价",
            each.window.closes_on,
        )
        for each in sheets_left(actor)[:MOST]
    ]


def _of_unit(actor: Actor) -> list[EvaluationTask]:
    today = actor.today
    mine = Q(organization=actor.organization, appointment__isnull=True) | Q(appointment__user=actor.user)
    now = Q(round__state=RoundState.COLLECTING, round__fill_until__gte=today) | Q(
        round__state=RoundState.SHOWN, round__objections_until__gte=today, agreed_at__isnull=True
    )
    rows = (
        Evaluation.objects.filter(mine & now)
        .annotate(waiting=Count("objections", filter=Q(objections__state=ObjectionState.OPEN)))
        .select_related("round", "scheme__version")
        .order_by("round__fill_until", "pk")
    )
    found = list(rows[:MOST])
    left = _left(found)
    tasks = [
        _of_evaluation(each, left.get(each.pk, 0))
        for each in found
        if not each.waiting and left.get(each.pk) != 0
    ]
    plans = (
        ImprovementPlan.objects.filter(organization=actor.organization)
        .filter(Q(state=PlanState.ASKED) | Q(state=PlanState.RUNNING))
        .select_related("evaluation__round")
        .order_by("due_on", "pk")
    )
    return tasks + [_of_plan(each) for each in plans[:MOST]]


def _left(evaluations: Sequence[Evaluation]) -> dict[int, int]:
    """How many items each of those whose facts are being gathered still has to say something about. Two queries."""
    open_ones = [each for each in evaluations if each.round.state == RoundState.COLLECTING]
    if not open_ones:
        return {}
    filled = filled_of(
        Evaluation.objects.filter(pk__in=[each.pk for each in open_ones]),
        {each.scheme_id: asked_items(each.scheme) for each in open_ones},
    )
    return {pk: each.asked - each.done for pk, each in filled.items()}


def _of_evaluation(evaluation: Evaluation, left: int) -> EvaluationTask:
    round = evaluation.round
    if round.state == RoundState.COLLECTING:
        return EvaluationTask(
            f"填报考核事实：{round}",
            f"还差 {left} 项；系统已有的不用填，有误的可以提出异议。",
            reverse("evaluation-fill", args=[evaluation.pk]),
            "去填报",
            round.fill_until,
        )
    return EvaluationTask(
        f"核对考核结果：{round}",
        "逐项核对；有异议写明理由提出，没有就确认无异议。",
        reverse("evaluation-detail", args=[evaluation.pk]),
        "去核对",
        round.objections_until,
    )


def _of_plan(plan: ImprovementPlan) -> EvaluationTask:
    is_asked = plan.state == PlanState.ASKED
    words = f"{plan.evaluation.round}，{plan.get_quarter_display()}"
    return EvaluationTask(
        "制定提升计划" if is_asked else f"推进提升计划：{plan.goal[:40]}",
        f"被退回：{plan.note}" if plan.note and not is_asked else words,
        reverse("plan-edit" if is_asked else "plan-detail", args=[plan.pk]),
        "去制定" if is_asked else "报告进展",
        plan.due_on,
    )


def _of_committee(actor: Actor) -> list[EvaluationTask]:
    objections = (
        Objection.objects.filter(
            evaluation__round__organization=actor.organization,
            evaluation__removed_at__isnull=True,
            state=ObjectionState.OPEN,
        )
        .order_by()
        .values("evaluation__round", "evaluation__round__title")
        .annotate(number=Count("pk"))
    )
    tasks = [
        EvaluationTask(
            f"答复考核异议 {each['number']} 条",
            f"{each['evaluation__round__title']}；全部答复后才能公布。",
            reverse("objection-list", args=[each["evaluation__round"]]) + f"?state={ObjectionState.OPEN}",
            "去答复",
        )
        for each in objections.order_by("evaluation__round")[:MOST]
    ]
    reported = ImprovementPlan.objects.filter(
        evaluation__round__organization=actor.organization, state=PlanState.REPORTED
    ).count()
    if reported:
        tasks.append(
            EvaluationTask(
                f"验收提升计划 {reported} 个",
                "单位已报告结果，请验收或退回。",
                reverse("plan-list", args=[actor.organization.pk]) + f"?only={PlanState.REPORTED}",
                "去验收",
            )
        )
    return tasks
