from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone

from accountability.actions.publication import (
    publish_round,
    reopen_round,
    show_results,
    standing_of,
    usual_deadline,
)
from accountability.choices import RoundState
from accountability.forms.publication import ReopenForm, ShowForm
from accountability.models import EvaluationRound
from branches.access import Right, door


@door(Right.EVALUATE, EvaluationRound)
def round_show(request, round):
    today = request.actor.today
    form = ShowForm(request.POST or None, initial={"objections_until": usual_deadline(today)})
    if request.method == "POST" and form.is_valid():
        try:
            shown = show_results(
                actor=request.actor,
                round=round,
                objections_until=form.cleaned_data["objections_until"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request, f"已反馈给被考核单位，异议期到{shown.objections_until:%Y-%m-%d}，已发提醒。"
            )
            return redirect("round-detail", round.pk)
    standing = standing_of(round, today)
    return _step(
        request,
        round,
        form,
        title="反馈结果",
        question=f"把{standing.evaluations}个结果反馈给被考核单位核对：各单位只看到自己的结果。",
        facts=[
            "反馈后不能再改事实；异议采纳的，退回采集、更正后再次反馈。",
            "异议期过后，或全部确认无异议后，才能公布。",
            *standing.early,
        ],
        blocked=standing.to_show if round.state == RoundState.COLLECTING else _not_now(round),
        action="反馈结果",
    )


@door(Right.EVALUATE, EvaluationRound)
def round_publish(request, round):
    standing = standing_of(round, request.actor.today)
    blocked = standing.to_publish if round.state == RoundState.SHOWN else _not_now(round)
    if request.method == "POST":
        try:
            publish_round(actor=request.actor, round=round, now=timezone.now())
        except ValidationError as error:
            blocked = error.messages
        else:
            messages.success(request, "已公布，结果不再变动。")
            return redirect("round-grades", round.pk)
    return _step(
        request,
        round,
        None,
        title="公布结果",
        question=f"公布{standing.evaluations}个结果，其中{standing.agreed}个已确认无异议。",
        facts=["公布后任何人都不能再改事实、分数和等次。", "各单位仍只看到自己的结果，不排名、不张榜。"],
        blocked=blocked,
        action="公布结果",
    )


@door(Right.EVALUATE, EvaluationRound)
def round_reopen(request, round):
    form = ReopenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reopen_round(
                actor=request.actor, round=round, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已退回采集；更正事实、重新计算后再次反馈。")
            return redirect("round-detail", round.pk)
    return _step(
        request,
        round,
        form,
        title="退回采集",
        question="收回已反馈的结果，更正事实后重新计算、再次反馈。",
        facts=["各单位的“无异议”确认一并清除，再次反馈时重新核对。", "已提出的异议和答复都保留。"],
        blocked=[] if round.state == RoundState.SHOWN else _not_now(round),
        action="退回采集",
    )


def _not_now(round) -> list[str]:
    return [f"这次考核现在是“{round.get_state_display()}”，不能这样做。"]


def _step(request, round, form, **words):
    context = {"organization": round.organization, "round": round, "form": form, **words}
    return render(
        request, "accountability/round_step.html", context, status=422 if request.method == "POST" else 200
    )
