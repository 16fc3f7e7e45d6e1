from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability import filling, scoring
from accountability.actions.disputes import answer_dispute, raise_dispute, take_back_objection
from accountability.choices import EntryOrigin
from accountability.evaluation_access import is_evaluated, runs_round, sees_evaluation
from accountability.forms.disputes import AnswerForm, DisputeForm
from accountability.forms.entries import EntryForm, pointer
from accountability.models import Evaluation, Objection
from accountability.queries.entries import evidence_choices, read_evaluation
from branches.access import Right, door


@door(Right.VIEW_EVALUATIONS, Evaluation)
def dispute_raise(request, evaluation, number):
    evaluation = _read(request, evaluation.pk)
    if not is_evaluated(request.actor, evaluation):
        raise PermissionDenied("只有被考核的单位（本人）可以提出异议。")
    entry = get_object_or_404(evaluation.entries.filter(origin=EntryOrigin.SYSTEM), pk=number)
    form = DisputeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            raise_dispute(actor=request.actor, entry=entry, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"异议已提交，由{evaluation.round.organization}答复。")
            return redirect("evaluation-fill", evaluation.pk)
    context = {
        "organization": evaluation.organization,
        "evaluation": evaluation,
        "form": form,
        "entry": entry,
        "ask": filling.find_ask(evaluation.scheme.version.table, entry.item, entry.fact),
        "words": filling.words(entry.as_entry()),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/dispute_raise.html", context, status=status)


@door(Right.VIEW_EVALUATIONS, Objection)
def dispute_answer(request, objection):
    """Reject it, uphold it with what is right or because the item does not apply, or because the source is put right."""
    evaluation = _read(request, objection.evaluation_id)
    if not runs_round(request.actor, evaluation.round):
        raise PermissionDenied("由组织考核的单位答复异议。")
    if objection.entry_id is None:
        return redirect("objection-detail", objection.pk)
    entry = evaluation.entries.select_related("author").get(pk=objection.entry_id)
    ask = filling.find_ask(evaluation.scheme.version.table, entry.item, entry.fact)
    if ask is None:
        raise Http404
    form = AnswerForm(request.POST or None)
    right = EntryForm(request.POST or None, ask=ask, number="right", entry=None if request.POST else entry)
    is_corrected = "correct" in request.POST
    if request.method == "POST" and form.is_valid() and (not is_corrected or right.is_valid()):
        try:
            answer_dispute(
                actor=request.actor,
                objection=objection,
                uphold="reject" not in request.POST,
                answer=form.cleaned_data["answer"],
                said=_right(request, form, right),
                evidence=right.evidence() if is_corrected else (),
                now=timezone.now(),
            )
        except ValidationError as error:
            if "answer" in getattr(error, "error_dict", {}) or not is_corrected:
                form.add_error(None, error)
            else:
                right.take(error)
        else:
            messages.success(request, "已答复，提出的单位会看到。")
            return redirect("objection-list", evaluation.round_id)
    context = {
        "organization": evaluation.organization,
        "evaluation": evaluation,
        "objection": objection,
        "entry": entry,
        "ask": ask,
        "words": filling.words(entry.as_entry()),
        "form": form,
        "right": right,
        "choices": [pointer(each) for each in evidence_choices(evaluation)],
        "is_corrected": is_corrected,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/dispute_answer.html", context, status=status)


@require_POST
@door(Right.VIEW_EVALUATIONS, Objection)
def objection_take_back(request, objection):
    _read(request, objection.evaluation_id)
    try:
        take_back_objection(actor=request.actor, objection=objection, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "异议已撤回。")
    if objection.entry_id is None:
        return redirect("evaluation-detail", objection.evaluation_id)
    return redirect("evaluation-fill", objection.evaluation_id)


def _right(request, form, right) -> scoring.Entry | None:
    """What takes the place of the disputed figure: what was typed, or that the item does not apply."""
    if "correct" in request.POST:
        return right.said()
    if "inapplicable" in request.POST:
        return scoring.Entry(right.ask.item.key, applies=False, reason=form.cleaned_data["answer"][:500])
    return None


def _read(request, pk) -> Evaluation:
    evaluation = read_evaluation(pk)
    if not sees_evaluation(request.actor, evaluation):
        raise Http404
    return evaluation
