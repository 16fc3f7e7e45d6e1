from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accountability.actions.deployments import (
    MAX_ITEMS,
    close_deployment,
    create_deployment,
    extend_deployment,
    may_deploy,
    may_manage,
    units_below,
    withdraw_deployment,
)
from accountability.choices import DeploymentState, Stage
from accountability.forms.deployments import (
    CloseForm,
    DeploymentForm,
    ExtendForm,
    ItemFormSet,
    StateForm,
    WithdrawDeploymentForm,
    digest,
)
from accountability.funnel import Standing
from accountability.models import Deployment, Duty, DutyList, DutyRecord
from accountability.queries.deployments import (
    UnitFilter,
    chain_page,
    children_of,
    deployment_page,
    deployment_preview,
    issued_index,
    received_index,
    root_list,
    unit_page,
)
from accountability.queries.issuing import batch_line
from accountability.views.issuing import publish
from branches.access import Right, door
from branches.models import Organization


@door(Right.VIEW, Organization)
@require_safe
def deployment_list(request, organization):
    actor = request.actor
    form = StateForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    show = chosen.get("show") or ("issued" if organization.is_committee else "received")
    state = chosen.get("state", "")
    index = issued_index if show == "issued" else received_index
    page = index(organization, state, request.GET.get("after", ""), actor.today)
    query = urlencode({"show": show, "state": state})
    context = {
        "organization": organization,
        "show": show,
        "state": state,
        "form": form,
        "page": page,
        "may_deploy": may_deploy(actor, organization),
        "next_url": f"?{query}&{urlencode({'after': page.after})}" if page.after else "",
        "first_url": f"?{query}" if request.GET.get("after") else "",
    }
    return render(request, "accountability/deployment_list.html", context)


@door(Right.ISSUE_DUTIES, Organization)
def deployment_create(request, organization):
    """What it asks for and whom it reaches is shown once before it is done; exactly that is then done."""
    actor, today = request.actor, request.actor.today
    if not may_deploy(actor, organization):
        raise PermissionDenied("部署由本级党委（党组）作出，只能以本单位名义部署给直接下级。")
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and "more" in data:
        data["items-TOTAL_FORMS"] = str(min(_number(data.get("items-TOTAL_FORMS")) + 1, MAX_ITEMS))
    form = DeploymentForm(data, children=children_of(organization, today), today=today)
    items = ItemFormSet(data, organization=organization, today=today)
    preview, is_adding = None, data is not None and "more" in data
    if is_adding:
        # Nobody is told off for what is not written yet.
        for each in (form, *items.forms):
            each.helper.form_show_errors = False
    if data is not None and not is_adding and _is_valid(form, items):
        if "confirmed" in data and data.get("seen") == digest(data):
            try:
                deployment = create_deployment(
                    actor=actor,
                    organization=organization,
                    items=items.items(form.cleaned_data["due_on"]),
                    now=timezone.now(),
                    **form.values,
                )
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                if deployment.is_direct:
                    publish(request, deployment.batches.get())
                messages.success(request, f"已部署给{len(form.receivers)}个单位，等待签收。")
                return redirect("deployment-detail", deployment.pk)
        else:
            below = (
                units_below(form.receivers, today)
                if form.cleaned_data["is_direct"]
                else Organization.objects.none()
            )
            asked = items.items(form.cleaned_data["due_on"])
            preview = deployment_preview(form.receivers, below, asked, today.year)
    context = {
        "organization": organization,
        "form": form,
        "items": items,
        "preview": preview,
        "seen": digest(data) if preview else "",
        "is_adding": is_adding,
        "most": MAX_ITEMS,
    }
    return render(request, "accountability/deployment_create.html", context)


def _is_valid(form, items):
    """Every fault of both is found at once, so that nobody mends them one after another."""
    is_valid = form.is_valid() & items.is_valid()
    return is_valid and items.check_days(form.cleaned_data["due_on"])


def _number(text) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


@door(Right.VIEW, Deployment)
@require_safe
def deployment_detail(request, deployment):
    return _detail(request, root_list(deployment))


@door(Right.VIEW, DutyList)
@require_safe
def deployment_part(request, duty_list):
    """The same for a unit it was handed to: its own part, itself and everything below."""
    duty_list = _deployed(duty_list)
    if duty_list.organization_id == duty_list.deployment.organization_id:
        return redirect("deployment-detail", duty_list.deployment_id)
    return _detail(request, duty_list)


def _detail(request, duty_list):
    actor = request.actor
    level = request.GET.get("level", "")
    page = deployment_page(
        duty_list, int(level) if level.isdecimal() and len(level) < 10 else None, actor.today
    )
    manages = may_manage(actor, page.deployment) and page.deployment.state == DeploymentState.ISSUED
    context = {
        "organization": duty_list.organization,
        "deployment": page.deployment,
        "duty_list": duty_list,
        "page": page,
        "line": batch_line(page.batch) if page.batch else None,
        "may_manage": manages and page.own is None,
        "may_check": actor.has(Right.REVIEW_DUTIES),
        "today": actor.today,
    }
    return render(request, "accountability/deployment_detail.html", context)


def _deployed(duty_list) -> DutyList:
    if duty_list.deployment_id is None or duty_list.appointment_id is not None:
        raise Http404
    return DutyList.objects.select_related(
        "organization", "deployment__organization", "deployment__author"
    ).get(pk=duty_list.pk)


@door(Right.VIEW, DutyList)
@require_safe
def deployment_units(request, duty_list):
    """The units behind a number of the funnel."""
    duty_list = _deployed(duty_list)
    wanted = UnitFilter.of(request.GET)
    page = unit_page(duty_list, wanted, request.GET.get("after", ""), request.actor.today)
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "organization": duty_list.organization,
        "deployment": duty_list.deployment,
        "duty_list": duty_list,
        "wanted": wanted,
        "stages": Stage.choices,
        "standings": [(each.value, each.label) for each in Standing],
        "page": page,
        "total": "" if page.total is None else f"共 {page.total} 个",
        "today": request.actor.today,
        "next_url": f"?{query.urlencode()}&{urlencode({'after': page.after})}" if page.after else "",
        "first_url": f"?{query.urlencode()}" if request.GET.get("after") else "",
    }
    return render(request, "accountability/deployment_units.html", context)


@door(Right.VIEW, Duty)
@require_safe
def deployment_chain(request, duty):
    """One item of a deployment followed down, a level a page."""
    if duty.duty_list.deployment_id is None:
        raise Http404
    page = chain_page(duty, request.actor, request.GET.get("after", ""))
    context = {
        "organization": duty.organization,
        "deployment": page.here.duty.duty_list.deployment,
        "duty": page.here.duty,
        "page": page,
        "today": request.actor.today,
        "next_url": f"?{urlencode({'after': page.after})}" if page.after else "",
        "first_url": request.path if request.GET.get("after") else "",
    }
    return render(request, "accountability/deployment_chain.html", context)


@door(Right.ISSUE_DUTIES, Deployment)
def deployment_extend(request, deployment):
    form = ExtendForm(request.POST or None, deployment=deployment)
    if request.method == "POST" and form.is_valid():
        try:
            number = extend_deployment(
                actor=request.actor, deployment=deployment, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"已延期，{number}项没有完成的任务顺延。")
            return redirect("deployment-detail", deployment.pk)
    return _change(request, deployment, form, "延期", "延期")


@door(Right.ISSUE_DUTIES, Deployment)
def deployment_close(request, deployment):
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            close_deployment(
                actor=request.actor, deployment=deployment, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "部署已办结。")
            return redirect("deployment-detail", deployment.pk)
    return _change(request, deployment, form, "办结", "办结")


@door(Right.ISSUE_DUTIES, Deployment)
def deployment_withdraw(request, deployment):
    form = WithdrawDeploymentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ended = withdraw_deployment(
                actor=request.actor, deployment=deployment, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if ended is None:
                publish(request, deployment.batches.latest("created_at"))
                messages.success(request, "部署已撤回，各级清单正在后台逐批收回；已认可的保留。")
            else:
                messages.success(request, f"部署已撤回，{ended}项未完成的任务不再要求；已认可的保留。")
            return redirect("deployment-detail", deployment.pk)
    return _change(request, deployment, form, "撤回", "撤回部署")


def _change(request, deployment, form, word, action):
    unfinished = DutyRecord.objects.unfinished().filter(duty__duty_list__deployment=deployment)
    context = {
        "organization": deployment.organization,
        "deployment": deployment,
        "form": form,
        "word": word,
        "action": action,
        "units": deployment.lists.in_force().exclude(organization=deployment.organization).count(),
        "unfinished": unfinished.count(),
    }
    return render(request, "accountability/deployment_change.html", context)
