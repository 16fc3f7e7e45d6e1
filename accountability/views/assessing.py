from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.actions.assessing import (
    Incomplete,
    Outdated,
    change_window,
    close_window,
    open_window,
    return_sheet,
    save_sheet,
    submit_sheet,
)
from accountability.choices import RoundState
from accountability.evaluation_access import sees_evaluation
from accountability.forms.assessing import ReturnForm, WindowDaysForm, WindowForm
from accountability.forms.entries import AnswerForm
from accountability.models import AssessorSheet, AssessorWindow, EvaluationRound
from accountability.queries.assessing import (
    asks_in,
    assessed_by,
    bodies_of,
    is_open,
    my_windows,
    next_left,
    polls_of,
    sheet_of,
    sheets_of,
    window_rows,
    windows_now,
)
from accountability.queries.units import charges_of, members_of
from branches.access import Right, door
from branches.paging import CappedPaginator

PAGE = 50


@door(Right.VIEW_EVALUATIONS)
@require_safe
def assessment_list(request):
    context = {"organization": request.actor.organization, "windows": my_windows(request.actor)}
    return render(request, "accountability/assessment_list.html", context)


@door(Right.VIEW_EVALUATIONS)
def assessment_edit(request, window, evaluation):
    """One unit on one page; saved as a draft, handed in once."""
    actor = request.actor
    window = next((each for each in windows_now(actor) if each.pk == window), None)
    if window is None:
        raise Http404
    related = ("organization", "appointment__user", "scheme__version", "round__organization")
    evaluation = get_object_or_404(assessed_by(actor, window).select_related(*related), pk=evaluation)
    sheet = sheet_of(window, evaluation, actor)
    asks = asks_in(evaluation.scheme.version.table, window.by)
    is_done = sheet is not None and sheet.submitted_at is not None
    forms = _forms(request, evaluation, asks, sheet)
    problem, other = "", None
    if request.method == "POST":
        facts = {
            "actor": actor,
            "window": window,
            "evaluation": evaluation,
            "version": typed_version(request.POST.get("version", "")),
            "now": timezone.now(),
        }
        invalid = [form for form in forms if not form.is_valid()]
        if not invalid:
            answers = {(form.ask.item.key, form.ask.fact): form.said() for form in forms if form.is_answered}
            try:
                (save_sheet if "save" in request.POST else submit_sheet)(answers=answers, **facts)
            except Outdated as outdated:
                other = outdated.sheet
            except Incomplete as incomplete:
                problem = incomplete.messages[0]
                for form in forms:
                    wrong = incomplete.found.get((form.ask.item.key, form.ask.fact), {})
                    if wrong:
                        form.take(ValidationError({name or "__all__": text for name, text in wrong.items()}))
            except ValidationError as error:
                problem = error.messages[0]
            else:
                return _saved(request, window, evaluation)
        else:
            problem = "有的地方没有填对，见标出的地方。"
    context = {
        "organization": actor.organization,
        "window": window,
        "evaluation": evaluation,
        "sheet": sheet,
        "version": other.version if other else sheet.version if sheet else 0,
        "forms": forms,
        "is_done": is_done,
        "is_open": is_open(window, actor.today),
        "problem": problem,
        "other": other,
        "may_see_facts": actor.may(Right.VIEW_EVALUATIONS, evaluation.organization)
        and sees_evaluation(actor, evaluation),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/assessment_edit.html", context, status=status)


@door(Right.EVALUATE, EvaluationRound)
def window_list(request, round):
    """The windows of a round, and the form that opens one more."""
    bodies = bodies_of(round)
    taken = set(round.windows.values_list("by", flat=True))
    left = [each for each in bodies if each not in taken]
    form = WindowForm(
        request.POST or None,
        bodies=bodies if request.method == "POST" else left,
        initial={"opens_on": request.actor.today},
    )
    if request.method == "POST" and form.is_valid():
        try:
            open_window(actor=request.actor, round=round, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "评价窗口已开设；到时评价人在“我的评价”里看得到。")
            return redirect("window-list", round.pk)
    context = {
        "organization": round.organization,
        "round": round,
        "rows": window_rows(round, request.actor.today),
        "bodies": bodies,
        "form": form if left or form.is_bound else None,
        "is_gathering": round.state == RoundState.COLLECTING,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/window_list.html", context, status=status)


@door(Right.EVALUATE, EvaluationRound)
def window_change(request, round, number):
    window = get_object_or_404(AssessorWindow.objects.select_related("round"), round=round, pk=number)
    form = WindowDaysForm(
        request.POST or None, initial={"opens_on": window.opens_on, "closes_on": window.closes_on}
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_window(actor=request.actor, window=window, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已更改。")
            return redirect("window-list", round.pk)
    context = {"organization": round.organization, "round": round, "window": window, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/window_change.html", context, status=status)


@door(Right.EVALUATE, EvaluationRound)
@require_safe
def window_sheets(request, round, number):
    """Who has handed in which sheet."""
    return _sheets(request, round, number)


@require_POST
@door(Right.EVALUATE, EvaluationRound)
def sheet_return(request, round, number, sheet):
    kept = get_object_or_404(
        AssessorSheet.objects.select_related("window__round", "evaluation__organization"),
        window__round=round,
        window=number,
        pk=sheet,
    )
    form = ReturnForm(request.POST, auto_id=f"id_return{kept.pk}_%s")
    if form.is_valid():
        try:
            return_sheet(actor=request.actor, sheet=kept, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, "已退回；评价人在窗口时间内可以改后再提交。")
        return redirect("window-sheets", round.pk, number)
    return _sheets(request, round, number, refused=(kept.pk, form))


def _sheets(request, round, number, refused=None):
    window = get_object_or_404(AssessorWindow.objects.select_related("round"), round=round, pk=number)
    pages = CappedPaginator(sheets_of(window), PAGE)
    page = pages.get_page(request.GET.get("page"))
    rows = [
        (
            each,
            refused[1] if refused and refused[0] == each.pk else ReturnForm(auto_id=f"id_return{each.pk}_%s"),
        )
        for each in page
    ]
    context = {
        "organization": round.organization,
        "round": round,
        "window": window,
        "rows": rows,
        "is_gathering": round.state == RoundState.COLLECTING,
        "total": f"共 {pages.total} 份",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
        "first_url": "?" if page.has_previous() else "",
    }
    return render(request, "accountability/window_sheets.html", context, status=422 if refused else 200)


@door(Right.EVALUATE, EvaluationRound)
@require_safe
def window_polls(request, round, number):
    """The polls of a window of many assessors, unit by unit."""
    window = get_object_or_404(AssessorWindow.objects.select_related("round"), round=round, pk=number)
    pages = CappedPaginator(polls_of(window), PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "organization": round.organization,
        "round": round,
        "window": window,
        "rows": list(page),
        "total": f"共 {pages.total} 个单位",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
        "first_url": "?" if page.has_previous() else "",
    }
    return render(request, "accountability/window_polls.html", context)


@require_POST
@door(Right.EVALUATE, EvaluationRound)
def window_close(request, round, number):
    window = get_object_or_404(AssessorWindow.objects.select_related("round"), round=round, pk=number)
    try:
        close_window(actor=request.actor, window=window, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "评价已结束；没有提交的评价表不计入。")
        if few := window.polls.filter(taken_up_at__isnull=True).count():
            messages.warning(request, f"{few} 个单位的测评没有计入：不足五票，或者纸质票还没有两人录入一致。")
    return redirect("window-list", round.pk)


def typed_version(text) -> int:
    """The version a form was filled from; -1, which no sheet has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _forms(request, evaluation, asks, sheet) -> list[AnswerForm]:
    saved = sheet.answers if sheet else {}
    today = request.actor.today
    members = members_of(evaluation, today) if any(ask.of_members for ask in asks) else ()
    charges = charges_of(evaluation) if any(ask.of_charges for ask in asks) else ()
    return [
        AnswerForm(
            request.POST if request.method == "POST" else None,
            ask=ask,
            answer=saved.get(f"{ask.item.key}|{ask.fact}", {}),
            about=(members if ask.of_members else ()) + (charges if ask.of_charges else ()),
            number=number,
        )
        for number, ask in enumerate(asks)
    ]


def _saved(request, window, evaluation):
    if "save" in request.POST:
        messages.success(request, "已保存，尚未提交。")
        return redirect("assessment-edit", window.pk, evaluation.pk)
    messages.success(request, f"已提交对{evaluation}的评价。")
    following = next_left(request.actor, window)
    if following is not None:
        return redirect("assessment-edit", window.pk, following.pk)
    return redirect("assessment-list")
