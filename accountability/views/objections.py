from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.actions.objections import answer_objection, raise_objection
from accountability.choices import ObjectionState
from accountability.evaluation_access import is_evaluated, sees_points
from accountability.forms.objections import AnswerForm, ObjectionForm
from accountability.models import Evaluation, EvaluationRound, Objection
from accountability.queries.objections import objection_page, objections_page
from branches.access import Right, door

from .results import seen


@door(Right.VIEW_EVALUATIONS, Evaluation)
def objection_raise(request, evaluation):
    actor = request.actor
    evaluation = seen(request, evaluation.pk)
    if not is_evaluated(actor, evaluation):
        raise PermissionDenied("只有被考核单位（本人）可以提出异议。")
    if not sees_points(actor, evaluation):
        raise PermissionDenied("结果还没有反馈，请等考核单位反馈后核对。")
    form = ObjectionForm(
        request.POST or None,
        table=evaluation.scheme.version.table,
        initial={"item": request.GET.get("item", "")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = raise_objection(
                actor=actor,
                evaluation=evaluation,
                item=form.cleaned_data["item"],
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"异议已提交，由{evaluation.round.organization}在公布前答复。")
            return redirect("objection-detail", made.pk)
    context = {"organization": evaluation.organization, "evaluation": evaluation, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/objection_form.html", context, status=status)


@door(Right.VIEW_EVALUATIONS, EvaluationRound)
@require_safe
def objection_list(request, round):
    state = request.GET.get("state", "")
    page = objections_page(
        round, state if state in ObjectionState.values else "", request.GET.get("after", ""), request.actor
    )
    context = {"organization": round.organization, "round": round, "page": page}
    return render(request, "accountability/objection_list.html", context)


@door(Right.VIEW_EVALUATIONS, Objection)
@require_safe
def objection_detail(request, objection):
    return _page(request, objection)


@require_POST
@door(Right.VIEW_EVALUATIONS, Objection)
def objection_answer(request, objection):
    form = AnswerForm(request.POST)
    seen(request, objection.evaluation_id)
    if form.is_valid():
        uphold = "uphold" in request.POST
        try:
            answer_objection(
                actor=request.actor,
                objection=objection,
                uphold=uphold,
                answer=form.cleaned_data["answer"],
                now=timezone.now(),
            )
        except ValidationError as error:
            if not hasattr(error, "error_dict"):
                messages.error(request, error.messages[0])
                return redirect("objection-detail", objection.pk)
            form.add_error(None, error)
        else:
            messages.success(
                request, "已采纳；请退回采集，更正后再次反馈。" if uphold else "已答复，不采纳。"
            )
            return redirect("objection-list", objection.evaluation.round_id)
    return _page(request, objection, form)


def _page(request, objection, form=None):
    evaluation = seen(request, objection.evaluation_id)
    page = objection_page(objection, evaluation, request.actor)
    context = {"organization": evaluation.organization, "page": page, "form": form or AnswerForm()}
    status = 422 if form is not None else 200
    return render(request, "accountability/objection_detail.html", context, status=status)
