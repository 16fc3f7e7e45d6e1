"""抓两头带中间: the first and the last quarter of a round each make a plan, which is followed through to its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accountability.choices import PlanState, Quarter, RoundState
from accountability.evaluation_access import lock_round
from accountability.models import EvaluationRound, ImprovementPlan, PlanStep
from accountability.quarters import Band
from accountability.queries.grades import quarters_by_table
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Appointment, Organization

from .notices import stop_plan, tell_of_plans

#: Most steps of a plan.
MAX_STEPS = 10
_QUARTERS = {Band.FIRST: Quarter.FIRST, Band.LAST: Quarter.LAST}


class Outdated(Exception):
    """Somebody else has changed the plan since it was read."""


@dataclass(frozen=True)
class Step:
    """A measure of a plan and its day."""

    content: str
    due_on: date


@dataclass(frozen=True)
class Asked:
    """How many plans were asked for, and how many no longer are."""

    new: int
    dropped: int


def wanted_quarters(round: EvaluationRound) -> dict[int, Quarter]:
    """Which evaluations belong to the first and to the last quarter."""
    return {
        each.pk: _QUARTERS[band]
        for table in quarters_by_table(round)
        if table.quarters is not None
        for each in table.units
        if each.total is not None and (band := table.quarters.band(each.total)) in _QUARTERS
    }


@transaction.atomic
def ask_plans(*, actor, round: EvaluationRound, now) -> Asked:
    """Ask the units of both quarters for a plan; asking again asks only those not yet asked.

    Where the result was corrected meanwhile, a plan that is no longer wanted and not yet written is dropped.
    """
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.SHOWN, RoundState.PUBLISHED)
    wanted = wanted_quarters(kept)
    plans = {plan.evaluation_id: plan for plan in ImprovementPlan.objects.filter(evaluation__round=kept)}
    dropped = 0
    for pk, plan in list(plans.items()):
        if plan.state == PlanState.ASKED and wanted.get(pk) != plan.quarter:
            stop_plan(plan=plan, now=now)
            plan.delete()
            del plans[pk]
            dropped += 1
    units = dict(kept.evaluations.filter(pk__in=wanted).values_list("pk", "organization"))
    ImprovementPlan.objects.bulk_create(
        (
            ImprovementPlan(evaluation_id=pk, organization_id=units[pk], quarter=quarter, created_at=now)
            for pk, quarter in wanted.items()
            if pk not in plans
        ),
        batch_size=500,
    )
    new = list(
        ImprovementPlan.objects.filter(evaluation__in=wanted.keys() - plans.keys())
        .select_related("organization", "evaluation__round")
        .order_by("pk")
    )
    tell_of_plans(plans=new, today=actor.today, now=now)
    record_event(
        actor=actor,
        event="要求制定提升计划",
        row=kept,
        summary=f"{kept.organization} {kept}：新增{len(new)}个，取消{dropped}个",
        at=now,
    )
    return Asked(len(new), dropped)


@transaction.atomic
def write_plan(
    *,
    actor,
    plan: ImprovementPlan,
    version: int,
    goal: str,
    owner: Appointment | None,
    due_on: date | None,
    steps: Sequence[Step],
    partner: Organization | None = None,
    now,
) -> ImprovementPlan:
    """Write the plan, or change what is not done of it; steps that are done stay as they are."""
    kept = _locked(plan, version)
    actor.require(Right.FILL_EVALUATIONS, kept.organization)
    if kept.state not in (PlanState.ASKED, PlanState.RUNNING):
        raise ValidationError("计划已报告完成或已验收，不能再改。")
    _check(actor, kept, goal, owner, due_on, steps, partner)
    done = kept.steps.filter(done_on__isnull=False).order_by("number")
    last = max((step.number for step in done), default=0)
    if last + len(steps) > MAX_STEPS:
        raise ValidationError(f"措施最多{MAX_STEPS}条。")
    for step in kept.steps.filter(done_on__isnull=True):
        step.delete()
    for number, wanted in enumerate(steps, last + 1):
        PlanStep(plan=kept, number=number, content=wanted.content.strip(), due_on=wanted.due_on).save()
    kept.goal, kept.owner, kept.due_on, kept.partner = goal.strip(), owner, due_on, partner
    kept.state = PlanState.RUNNING
    _save(kept, "制定计划")
    stop_plan(plan=kept, now=now)
    record_event(actor=actor, event="制定提升计划", row=kept, summary=_summary(kept), at=now)
    return kept


@transaction.atomic
def report_step(*, actor, plan: ImprovementPlan, number: int, done_on: date, result: str, now) -> PlanStep:
    """Say what came of one measure."""
    kept = _locked(plan)
    actor.require(Right.FILL_EVALUATIONS, kept.organization)
    if kept.state != PlanState.RUNNING:
        raise ValidationError("计划不在推进中，不能再报。")
    step = kept.steps.filter(number=number).first()
    if step is None:
        raise ValidationError("没有这条措施，可能刚刚被改过，请刷新后再报。")
    if step.done_on is not None:
        raise ValidationError("这条措施已报告完成。")
    if done_on > actor.today:
        raise ValidationError({"done_on": "完成日期不能晚于今天。"})
    if not result.strip():
        raise ValidationError({"result": "请用一两句话写明做了什么、有什么变化。"})
    step.done_on, step.result = done_on, result.strip()
    step._change_reason = "完成措施"
    step.save()
    record_event(
        actor=actor, event="完成提升措施", row=kept, summary=f"{_summary(kept)} {step.content[:50]}", at=now
    )
    return step


@transaction.atomic
def report_plan(*, actor, plan: ImprovementPlan, version: int, outcome: str, now) -> ImprovementPlan:
    """Report the whole plan, once every measure is done."""
    kept = _locked(plan, version)
    actor.require(Right.FILL_EVALUATIONS, kept.organization)
    if kept.state != PlanState.RUNNING:
        raise ValidationError("计划不在推进中，不能报告。")
    if open_steps := kept.steps.filter(done_on__isnull=True).count():
        raise ValidationError(f"还有{open_steps}条措施没有完成，全部完成后再报告。")
    if not outcome.strip():
        raise ValidationError({"outcome": "请写明结果：目标达到没有，凭什么说。"})
    kept.state, kept.outcome, kept.reported_by = PlanState.REPORTED, outcome.strip(), actor.user
    _save(kept, "报告结果")
    record_event(actor=actor, event="报告提升计划", row=kept, summary=_summary(kept), at=now)
    return kept


@transaction.atomic
def review_plan(
    *, actor, plan: ImprovementPlan, version: int, accept: bool, note: str = "", now
) -> ImprovementPlan:
    """验收: somebody of the committee other than who reported accepts, or returns with what is still missing."""
    kept = _locked(plan, version)
    actor.require(Right.EVALUATE, kept.evaluation.round.organization)
    if kept.state != PlanState.REPORTED:
        raise ValidationError("这个计划不在待验收状态。")
    if kept.reported_by_id == actor.user.pk:
        raise PermissionDenied("不能验收自己报告的计划，请由其他同志验收。")
    if not accept and not note.strip():
        raise ValidationError({"note": "退回的，请写明还差什么。"})
    kept.note, kept.reviewed_by = note.strip(), actor.user
    kept.state = PlanState.CLOSED if accept else PlanState.RUNNING
    kept.closed_at = now if accept else None
    _save(kept, "验收" if accept else "退回")
    record_event(
        actor=actor,
        event="验收提升计划" if accept else "退回提升计划",
        row=kept,
        summary=f"{_summary(kept)} {kept.note}".strip(),
        at=now,
    )
    return kept


def _locked(plan, version: int | None = None) -> ImprovementPlan:
    ImprovementPlan.objects.select_for_update().get(pk=plan.pk)
    kept = ImprovementPlan.objects.select_related("organization", "evaluation__round__organization").get(
        pk=plan.pk
    )
    if version is not None and kept.version != version:
        raise Outdated
    return kept


def _save(plan, reason) -> None:
    plan.version += 1
    plan._change_reason = reason
    plan.save()


def _summary(plan) -> str:
    return f"{plan.organization} {plan.evaluation.round} {plan.get_quarter_display()}"


def _check(actor, plan, goal, owner, due_on, steps, partner) -> None:
    problems = {}
    is_last = plan.quarter == Quarter.LAST
    if not goal.strip():
        problems["goal"] = (
            "请写明目标：到什么时候、做到什么程度。"
            if is_last
            else "请写明可以推广的经验：怎么做的、管用在哪里。"
        )
    if owner is None or owner.organization_id != plan.organization_id:
        problems["owner"] = "请选本单位的责任人。"
    elif owner.starts_on > actor.today or (owner.ends_on and owner.ends_on <= actor.today):
        problems["owner"] = "责任人的任职已经结束或还没有开始。"
    if due_on is None:
        problems["due_on"] = "请填写完成期限。"
    elif due_on < actor.today:
        problems["due_on"] = "完成期限不能早于今天。"
    elif any(step.due_on > due_on for step in steps):
        problems["due_on"] = "完成期限不能早于各条措施的期限。"
    if partner is not None and partner.pk == plan.organization_id:
        problems["partner"] = "不能与本单位结对。"
    if problems:
        raise ValidationError(problems)
    if is_last and not steps and not plan.steps.filter(done_on__isnull=False).exists():
        raise ValidationError("请至少写一条措施。")
