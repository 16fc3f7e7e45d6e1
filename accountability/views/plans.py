from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.actions.plans import (
    MAX_STEPS,
    Outdated,
    ask_plans,
    report_plan,
    report_step,
    review_plan,
    write_plan,
)
from accountability.choices import PlanState, Quarter, RoundState
from accountability.forms.plans import OutcomeForm, PlanForm, PlanReviewForm, StepDoneForm, StepFormSet
from accountability.models import EvaluationRound, ImprovementPlan
from accountability.queries.grades import quarters_by_table
from accountability.queries.plans import owners_for, partners_for, plan_detail_page, plan_page
from branches.access import Right, door
from branches.models import Organization

OUTDATED = "这个计划刚刚被他人改动，请看过现在的内容再办。"
#: Rows for steps that a new plan offers.
ROWS = 3


@door(Right.VIEW_EVALUATIONS, Organization)
@require_safe
def plan_list(request, organization):
    query = request.GET
    page = plan_page(
        organization,
        query.get("only", ""),
        query.get("quarter", ""),
        query.get("after", ""),
        request.actor.today,
    )
    context = {
        "organization": organization,
        "page": page,
        "quarters": Quarter.choices,
        "today": request.actor.today,
    }
    return render(request, "accountability/plan_list.html", context)


@door(Right.EVALUATE, EvaluationRound)
def plan_ask(request, round):
    """Who would be asked is shown first."""
    is_over = round.state in (RoundState.SHOWN, RoundState.PUBLISHED)
    if request.method == "POST" and is_over:
        asked = ask_plans(actor=request.actor, round=round, now=timezone.now())
        words = f"已要求{asked.new}个单位制定提升计划。" if asked.new else "没有新的单位，都已要求过。"
        messages.success(request, words + (f"{asked.dropped}个不再需要的已取消。" if asked.dropped else ""))
        return redirect("plan-list", round.organization_id)
    context = {
        "organization": round.organization,
        "round": round,
        "is_over": is_over,
        "tables": quarters_by_table(round) if is_over else [],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/plan_ask.html", context, status=status)


@door(Right.VIEW_EVALUATIONS, ImprovementPlan)
@require_safe
def plan_detail(request, plan):
    return _page(request, plan)


@door(Right.FILL_EVALUATIONS, ImprovementPlan)
def plan_edit(request, plan):
    actor = request.actor
    page = plan_detail_page(plan, actor)
    if not page.may_edit:
        messages.warning(request, "计划已报告完成或已验收，不能再改。")
        return redirect("plan-detail", plan.pk)
    current = page.plan
    data = request.POST if request.method == "POST" else None
    initial = {
        "goal": current.goal,
        "owner": current.owner_id,
        "due_on": current.due_on,
        "partner": current.partner_id,
        "version": current.version,
    }
    form = PlanForm(
        data,
        initial=initial,
        quarter=current.quarter,
        owners=owners_for(current.organization, actor.today),
        partners=partners_for(current.organization, actor.today),
    )
    undone = [{"content": step.content, "due_on": step.due_on} for step in page.undone]
    room = MAX_STEPS - (len(page.steps) - len(undone))
    blank = min(room, max(ROWS, len(undone) + 1)) - len(undone)
    steps = StepFormSet(data, initial=undone + [{} for _ in range(blank)], prefix="steps")
    if data is not None and form.is_valid() & steps.is_valid():
        values = form.cleaned_data
        try:
            write_plan(
                actor=actor,
                plan=plan,
                version=values["version"],
                goal=values["goal"],
                owner=values["owner"],
                due_on=values["due_on"],
                partner=values["partner"],
                steps=steps.steps(),
                now=timezone.now(),
            )
        except Outdated:
            form.add_error(None, OUTDATED)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "计划已保存，按期报告完成情况。")
            return redirect("plan-detail", plan.pk)
    context = {"organization": current.organization, "page": page, "form": form, "steps": steps}
    status = 422 if data is not None else 200
    return render(request, "accountability/plan_edit.html", context, status=status)


@require_POST
@door(Right.FILL_EVALUATIONS, ImprovementPlan)
def plan_step(request, plan, number):
    form = StepDoneForm(request.POST, prefix=f"step-{number}")
    if form.is_valid():
        try:
            report_step(
                actor=request.actor,
                plan=plan,
                number=number,
                done_on=form.cleaned_data["done_on"],
                result=form.cleaned_data["result"],
                now=timezone.now(),
            )
        except ValidationError as error:
            if not hasattr(error, "error_dict"):
                messages.error(request, error.messages[0])
                return redirect("plan-detail", plan.pk)
            form.add_error(None, error)
        else:
            messages.success(request, "已记为完成。")
            return redirect("plan-detail", plan.pk)
    return _page(request, plan, step=(number, form))


@require_POST
@door(Right.FILL_EVALUATIONS, ImprovementPlan)
def plan_report(request, plan):
    form = OutcomeForm(request.POST)
    return _decide(
        request,
        plan,
        form,
        lambda values: report_plan(
            actor=request.actor,
            plan=plan,
            version=values["version"],
            outcome=values["outcome"],
            now=timezone.now(),
        ),
        "已报告，等待考核单位验收。",
        outcome=form,
    )


@require_POST
@door(Right.VIEW_EVALUATIONS, ImprovementPlan)
def plan_review(request, plan):
    request.actor.require(Right.EVALUATE, plan.evaluation.round.organization)
    form, accept = PlanReviewForm(request.POST), "accept" in request.POST
    return _decide(
        request,
        plan,
        form,
        lambda values: review_plan(
            actor=request.actor,
            plan=plan,
            version=values["version"],
            accept=accept,
            note=values["note"],
            now=timezone.now(),
        ),
        "已验收。" if accept else "已退回，等待补做。",
        review=form,
    )


def _decide(request, plan, form, act, words, **forms):
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except Outdated:
            messages.error(request, OUTDATED)
            return redirect("plan-detail", plan.pk)
        except ValidationError as error:
            if not hasattr(error, "error_dict"):
                messages.error(request, error.messages[0])
                return redirect("plan-detail", plan.pk)
            form.add_error(None, error)
        else:
            messages.success(request, words)
            return redirect("plan-detail", plan.pk)
    return _page(request, plan, **forms)


def _page(request, plan, step=None, outcome=None, review=None):
    page = plan_detail_page(plan, request.actor)
    today, version = request.actor.today, {"version": page.plan.version}
    writes = request.actor.may(Right.FILL_EVALUATIONS, page.plan.organization)
    is_running = page.plan.state == PlanState.RUNNING
    rows = []
    for each in page.steps:
        form = None
        if writes and is_running and each.done_on is None:
            form = (
                step[1]
                if step and step[0] == each.number
                else StepDoneForm(prefix=f"step-{each.number}", initial={"done_on": today})
            )
        rows.append((each, form))
    context = {
        "organization": page.plan.organization,
        "page": page,
        "rows": rows,
        "outcome_form": outcome or OutcomeForm(initial=version | {"outcome": page.plan.outcome}),
        "review_form": review or PlanReviewForm(initial=version),
        "today": today,
    }
    status = 422 if any((step, outcome, review)) else 200
    return render(request, "accountability/plan_detail.html", context, status=status)
