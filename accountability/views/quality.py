import secrets
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.access import require_review
from accountability.actions.quality import answer_check, draw_checks, judge_check
from accountability.forms.quality import AnswerForm, DrawForm, JudgeForm
from accountability.models import QualityCheck
from accountability.queries.quality import (
    CheckState,
    check_detail,
    check_page,
    deployments_to_draw,
    draw_preview,
    records_to_draw,
)
from branches.access import Right, door
from branches.models import Organization
from branches.periods import Period


@door(Right.VIEW, Organization)
@require_safe
def quality_list(request, organization):
    page = check_page(organization, request.GET.get("state", ""), request.GET.get("after", ""))
    query = {"state": page.state} if page.state else {}
    context = {
        "organization": organization,
        "page": page,
        "may_draw": request.actor.has(Right.REVIEW_DUTIES) and organization.is_committee,
        "next_url": f"?{urlencode(query | {'after': page.after})}" if page.after else "",
        "first_url": f"?{urlencode(query)}" if request.GET.get("after") else "",
    }
    return render(request, "accountability/quality_list.html", context)


@door(Right.VIEW, Organization)
def quality_draw(request, organization):
    """How many would be drawn is shown first; the draw is made by pressing the button under it."""
    actor = request.actor
    if not actor.has(Right.REVIEW_DUTIES):
        raise PermissionDenied(f"您当前的任职没有“{Right.REVIEW_DUTIES.value}”的权限。")
    data = request.POST or (request.GET if "percent" in request.GET else None)
    deployments = deployments_to_draw(organization)
    form = DrawForm(data, deployments=deployments, initial={"deployment": request.GET.get("deployment", "")})
    preview, month = None, Period.month_of(actor.today)
    if form.is_bound and form.is_valid():
        deployment, percent = form.cleaned_data["deployment"], form.cleaned_data["percent"]
        records = records_to_draw(organization, deployment, month)
        if request.method == "POST":
            try:
                number = draw_checks(
                    actor=actor,
                    records=records,
                    percent=percent,
                    seed=secrets.randbits(32),
                    what=f"{organization}{deployment or month.label}",
                    now=timezone.now(),
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"已抽取{number}份，请逐份抽查。")
                url = redirect("quality-list", organization.pk)
                url["Location"] += f"?{urlencode({'state': CheckState.TO_CHECK})}"
                return url
        preview = draw_preview(actor, records, percent)
    context = {"organization": organization, "form": form, "preview": preview, "month": month}
    return render(request, "accountability/quality_draw.html", context)


@door(Right.VIEW, QualityCheck)
@require_safe
def quality_detail(request, check):
    return _page(request, check)


@require_POST
@door(Right.VIEW, QualityCheck)
def quality_judge(request, check):
    require_review(request.actor, check.record)
    form = JudgeForm(request.POST)
    if not form.is_valid():
        return _page(request, check, judge_form=form)
    passed = "pass" in request.POST
    try:
        judge_check(
            actor=request.actor,
            check=check,
            passed=passed,
            note=form.cleaned_data["note"],
            now=timezone.now(),
        )
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            form.add_error(None, error)
            return _page(request, check, judge_form=form)
        messages.error(request, error.messages[0])  # somebody else was quicker
        return redirect("quality-detail", check.pk)
    messages.success(request, "已记为合格。" if passed else "已记为不合格，等待该单位反馈整改。")
    return redirect("quality-detail", check.pk)


@require_POST
@door(Right.RECORD_DUTIES, QualityCheck)
def quality_answer(request, check):
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, check, answer_form=form)
    try:
        answer_check(actor=request.actor, check=check, answer=form.cleaned_data["answer"], now=timezone.now())
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            form.add_error(None, error)
            return _page(request, check, answer_form=form)
        messages.error(request, error.messages[0])
        return redirect("quality-detail", check.pk)
    messages.success(request, "已反馈整改情况。")
    return redirect("quality-detail", check.pk)


def _page(request, check, judge_form=None, answer_form=None):
    detail = check_detail(check, request.actor)
    context = {
        "organization": check.organization,
        "detail": detail,
        "check": detail.check,
        "record": detail.record,
        "judge_form": judge_form or JudgeForm(),
        "answer_form": answer_form or AnswerForm(),
    }
    return render(request, "accountability/quality_detail.html", context)
