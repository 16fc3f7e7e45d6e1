from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.actions.objections import agree_with_result
from accountability.actions.result_exports import export_result_sheet, export_round_results
from accountability.evaluation_access import (
    OPEN_STATES,
    is_committee,
    runs_round,
    sees_evaluation,
    sees_points,
)
from accountability.models import Evaluation, EvaluationRound
from accountability.queries.comparison import comparison_of
from accountability.queries.grades import grades_page
from accountability.queries.results import result_page, with_round
from branches.access import Right, door
from branches.views.imports import XLSX


def seen(request, pk) -> Evaluation:
    """The evaluation with its round, as long as the actor may open it; else there is none."""
    evaluation = get_object_or_404(with_round(Evaluation.objects.all()), pk=pk)
    if not sees_evaluation(request.actor, evaluation):
        raise Http404
    return evaluation


@door(Right.VIEW_EVALUATIONS, Evaluation)
@require_safe
def evaluation_detail(request, evaluation):
    page = result_page(seen(request, evaluation.pk), request.actor)
    context = {
        "organization": page.evaluation.organization,
        "page": page,
        "comparison": comparison_of(page.evaluation) if page.shows_points else None,
    }
    return render(request, "accountability/evaluation_detail.html", context)


@door(Right.VIEW_EVALUATIONS, Evaluation)
@require_safe
def evaluation_print(request, evaluation):
    evaluation = seen(request, evaluation.pk)
    _require_points(request, evaluation)
    page = result_page(evaluation, request.actor)
    context = {"organization": evaluation.organization, "page": page}
    return render(request, "accountability/evaluation_print.html", context)


@require_POST
@door(Right.VIEW_EVALUATIONS, Evaluation)
def evaluation_export(request, evaluation):
    evaluation = seen(request, evaluation.pk)
    _require_points(request, evaluation)
    file, name = export_result_sheet(actor=request.actor, evaluation=evaluation, now=timezone.now())
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


@door(Right.VIEW_EVALUATIONS, Evaluation)
@require_safe
def evaluation_comparison(request, evaluation):
    evaluation = seen(request, evaluation.pk)
    _require_points(request, evaluation)
    if evaluation.appointment_id is not None:
        raise Http404  # persons are not compared
    context = {
        "organization": evaluation.organization,
        "evaluation": evaluation,
        "comparison": comparison_of(evaluation),
        "is_committee": is_committee(request.actor, evaluation.round),
    }
    return render(request, "accountability/evaluation_comparison.html", context)


@require_POST
@door(Right.VIEW_EVALUATIONS, Evaluation)
def evaluation_agree(request, evaluation):
    evaluation = seen(request, evaluation.pk)
    try:
        agree_with_result(actor=request.actor, evaluation=evaluation, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已确认无异议。")
    return redirect("evaluation-detail", evaluation.pk)


@door(Right.VIEW_EVALUATIONS, EvaluationRound)
@require_safe
def round_grades(request, round):
    query = request.GET
    page = grades_page(round, query.get("change", ""), query.get("grade", ""), query.get("after", ""))
    context = {
        "organization": round.organization,
        "round": round,
        "page": page,
        "may_run": runs_round(request.actor, round),
        "is_over": round.state in OPEN_STATES,
    }
    return render(request, "accountability/round_grades.html", context)


@require_POST
@door(Right.EVALUATE, EvaluationRound)
def round_export(request, round):
    file, name = export_round_results(actor=request.actor, round=round, now=timezone.now())
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _require_points(request, evaluation) -> None:
    if not sees_points(request.actor, evaluation):
        raise PermissionDenied("结果还没有反馈，请等考核单位反馈后查看。")
