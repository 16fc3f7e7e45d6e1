from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.actions.dispositions import may_take, open_case, stop_case, take_step
from accountability.choices import DispositionKind, DispositionStepKind
from accountability.forms.dispositions import OpenForm, StepForm, StopForm
from accountability.queries.appraisals import members_on
from accountability.queries.dispositions import (
    case_detail,
    case_page,
    case_votes,
    step_meetings,
    unqualified_appraisals,
    visible_cases,
)
from branches.access import Right, door, open_to_signed_in
from branches.models import Organization


@require_safe
@door(Right.VIEW_APPRAISALS, Organization)
def disposition_list(request, organization):
    tab, after = request.GET.get("tab", ""), request.GET.get("after", "")
    page = case_page(organization, request.actor, tab, after)
    may_open = organization.is_branch and request.actor.may(Right.APPRAISE, organization)
    context = {
        "organization": organization,
        "page": page,
        "may_open": may_open,
        "unqualified": list(unqualified_appraisals(organization)[:20]) if may_open else [],
        "next_url": f"?tab={page.tab}&after={page.after}" if page.after else "",
        "first_url": f"?tab={page.tab}" if after else "",
    }
    return render(request, "accountability/disposition_list.html", context)


@door(Right.APPRAISE, Organization)
def disposition_create(request, organization):
    if not organization.is_branch:
        raise Http404
    asked = request.POST.get("appraisal") or request.GET.get("appraisal", "")
    appraisal = None
    if asked.isdecimal() and len(asked) < 19:
        appraisal = unqualified_appraisals(organization).filter(pk=asked).first()
    form = OpenForm(
        request.POST or None,
        members=members_on(organization, request.actor.today),
        initial={
            "member": appraisal.member_id if appraisal else None,
            "kind": DispositionKind.IMPROVE,
            "grounds": appraisal.opinion if appraisal else "",
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            case = open_case(
                actor=request.actor,
                organization=organization,
                appraisal=appraisal,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, "已启动，先核实。")
            return redirect("disposition-detail", case.pk)
    context = {"organization": organization, "form": form, "appraisal": appraisal}
    return render(request, "accountability/disposition_create.html", context)


@require_safe
@open_to_signed_in
def disposition_detail(request, pk):
    return _page(request, _find(request, pk))


@open_to_signed_in
def disposition_step(request, pk):
    """The step that is next, for those who take it."""
    actor, case = request.actor, _find(request, pk)
    detail = case_detail(case)
    case, step = detail.case, detail.step
    if not may_take(actor, case, step):
        raise PermissionDenied("现在这一步不由您当前的任职办理。")
    form = StepForm(
        request.POST or None,
        step=step,
        is_improvement=case.kind == DispositionKind.IMPROVE,
        meetings=step_meetings(case, step, actor.organization),
        votes=case_votes(case),
        today=actor.today,
    )
    if request.method == "POST" and form.is_valid():
        try:
            take_step(actor=actor, case=case, now=timezone.now(), **form.said())
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, f"“{DispositionStepKind(step).label}”已记下。")
            return redirect("disposition-detail", case.pk)
    context = {"organization": case.organization, "case": case, "detail": detail, "form": form}
    return render(request, "accountability/disposition_step.html", context)


@require_POST
@open_to_signed_in
def disposition_stop(request, pk):
    case = _find(request, pk)
    form = StopForm(request.POST)
    if form.is_valid():
        try:
            stop_case(actor=request.actor, case=case, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, "处置已终止。")
            return redirect("disposition-detail", case.pk)
    request.actor.require(Right.APPRAISE, case.organization)
    return _page(request, case, stop_form=form)


def _find(request, pk):
    """Everybody who may not know of it finds nothing."""
    cases = visible_cases(request.actor).select_related("organization", "member")
    return get_object_or_404(cases, pk=pk)


def _page(request, case, stop_form=None):
    actor = request.actor
    detail = case_detail(case)
    case = detail.case
    is_own = request.user.member_id == case.member_id
    context = {
        "organization": case.organization,
        "case": case,
        "detail": detail,
        "may_take": may_take(actor, case, detail.step),
        "may_stop": not is_own and detail.step and actor.may(Right.APPRAISE, case.organization),
        "may_manage": not is_own and actor.may(Right.MANAGE_MEMBERS, case.organization),
        "sees_list": actor.may(Right.VIEW_APPRAISALS, case.organization),
        "stop_form": stop_form or StopForm(),
    }
    return render(request, "accountability/disposition_detail.html", context)


def _blame(form, error) -> None:
    """Put an error beside the fields it names; what the form does not have stands above it."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, found in error.error_dict.items():
        form.add_error(name if name in form.fields else None, found)
