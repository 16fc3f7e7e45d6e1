from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.access import may_trigger
from accountability.actions.decompositions import decompose_duty, taken_shares, words_of
from accountability.actions.lists import may_withdraw, sign_list, withdraw_list
from accountability.actions.owners import assign_owner, claim_duty, may_claim
from accountability.actions.personal_items import may_add_item, may_withdraw_item
from accountability.actions.succession import may_hand_over
from accountability.choices import DutyKind, ListStatus
from accountability.forms.decompositions import DecompositionForm, OwnerForm
from accountability.forms.records import WithdrawForm
from accountability.models import Duty, DutyList, DutyRecord
from accountability.queries.lists import OnlyDuties, list_index, list_lines, stricter_page
from branches.access import Right, door
from branches.choices import Level, OrganizationKind
from branches.models import Organization


@door(Right.VIEW, Organization)
def duty_list_index(request, organization):
    actor = request.actor
    year, kind = request.GET.get("year", ""), request.GET.get("kind", "")
    page = list_index(
        organization,
        int(year) if year.isdecimal() and len(year) == 4 else actor.today.year,
        kind if kind in DutyKind.values else "",
        actor.today,
    )
    context = {
        "organization": organization,
        "page": page,
        "kinds": DutyKind.choices,
        "may_issue": actor.may(Right.ISSUE_DUTIES, organization),
        "may_review": actor.has(Right.REVIEW_DUTIES),
        "may_hand_over": may_hand_over(actor, organization),
        "may_view_cockpit": actor.may(Right.VIEW_COCKPIT, organization) and not organization.is_branch,
    }
    return render(request, "accountability/duty_list_index.html", context)


@door(Right.VIEW, DutyList)
def duty_list_detail(request, duty_list):
    actor = request.actor
    duty_list = DutyList.objects.select_related(
        "organization", "issuer", "signed_by", "appointment__user"
    ).get(pk=duty_list.pk)
    organization = duty_list.organization
    only = request.GET.get("only", "")
    only = only if only in OnlyDuties.values else ""
    stands = duty_list.status != ListStatus.WITHDRAWN
    arranges = stands and actor.may(Right.DECOMPOSE_DUTIES, organization)
    # A list made out to an officer is that officer's, each of its duties.
    is_units = duty_list.appointment_id is None
    lines = list_lines(duty_list, only)
    context = {
        "organization": organization,
        "duty_list": duty_list,
        "lines": lines,
        "only": only,
        "choices": OnlyDuties.choices,
        "today": actor.today,
        "may_decompose": arranges,
        "may_assign": arranges and is_units,
        "may_claim": stands and is_units and may_claim(actor, organization),
        "may_sign": _may_sign(actor, duty_list),
        "may_add_item": may_add_item(actor, duty_list),
        "returnable": {line.duty.pk for line in lines if may_withdraw_item(actor, line.duty)},
        "may_trigger": stands and may_trigger(actor, organization),
        "may_withdraw": stands and may_withdraw(actor, duty_list),
    }
    return render(request, "accountability/duty_list_detail.html", context)


def _may_sign(actor, duty_list):
    if duty_list.status != ListStatus.ISSUED or not actor.may(Right.RECORD_DUTIES, duty_list.organization):
        return False
    return duty_list.appointment_id is None or duty_list.appointment.user_id == actor.user.pk


@require_POST
@door(Right.RECORD_DUTIES, DutyList)
def duty_list_sign(request, duty_list):
    try:
        sign_list(actor=request.actor, duty_list=duty_list, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已签收。")
    return redirect("duty-list-detail", duty_list.pk)


@door(Right.ISSUE_DUTIES, DutyList)
def duty_list_withdraw(request, duty_list):
    if not may_withdraw(request.actor, duty_list):
        raise PermissionDenied("只有下发单位或其上级可以撤回清单。")
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ended = withdraw_list(
                actor=request.actor,
                duty_list=duty_list,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"清单已撤回，{ended}期未完成的履责不再要求；已认可的保留。")
            return redirect("duty-list-index", duty_list.organization_id)
    unfinished = DutyRecord.objects.unfinished()
    context = {
        "organization": duty_list.organization,
        "duty_list": duty_list,
        "form": form,
        "unfinished": unfinished.filter(duty__duty_list=duty_list).count(),
        "shared": Duty.objects.in_force().filter(parent__duty_list=duty_list).count(),
    }
    return render(request, "accountability/duty_list_withdraw.html", context)


@door(Right.DECOMPOSE_DUTIES, Duty)
def duty_decompose(request, duty):
    actor = request.actor
    units = (
        Organization.objects.filter(parent=duty.organization)
        .active_on(actor.today)
        .exclude(kind=OrganizationKind.GROUP)
        .order_by("path")
    )
    form = DecompositionForm(
        request.POST or None,
        duty=duty,
        units=units,
        taken=taken_shares(duty),
        ahead=list(
            duty.records.in_force()
            .filter(due_on__gte=actor.today)
            .order_by("due_on")
            .values_list("due_on", flat=True)[:2]
        ),
        today=actor.today,
    )
    stricter = []
    if request.method == "POST" and form.is_valid():
        stricter = [] if "stricter" in request.POST else form.stricter
        if not stricter:
            try:
                decompose_duty(actor=actor, duty=duty, shares=form.shares, now=timezone.now())
            except ValidationError as error:
                field = getattr(error, "code", None)
                form.add_error(field if field in form.fields else None, error)
            else:
                messages.success(request, f"已分解给{words_of(form.shares)}，各自的履责从本期开始。")
                return redirect(_in_list(duty))
    context = {"organization": duty.organization, "duty": duty, "form": form, "stricter": stricter}
    return render(request, "accountability/duty_decompose.html", context)


@require_POST
@door(Right.RECORD_DUTIES, Duty)
def duty_claim(request, duty):
    try:
        claim_duty(actor=request.actor, duty=duty, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"已认领“{duty.heading}”，由您负责。")
    return redirect(_in_list(duty))


@door(Right.DECOMPOSE_DUTIES, Duty)
def duty_owner(request, duty):
    form = OwnerForm(request.POST or None, duty=duty, today=request.actor.today)
    if request.method == "POST" and form.is_valid():
        owner = form.cleaned_data["owner"]
        try:
            assign_owner(
                actor=request.actor,
                duty=duty,
                owner=owner,
                instead_of=form.cleaned_data["seen"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"“{duty.heading}”由{owner.user}负责。")
            return redirect(_in_list(duty))
    context = {"organization": duty.organization, "duty": duty, "form": form}
    return render(request, "accountability/duty_owner.html", context)


@door(Right.VIEW_COCKPIT, Organization)
def duty_stricter(request, organization):
    """层层加码 below a committee: what asks for more than the level above does."""
    filters = {"level": request.GET.get("level", ""), "unit": request.GET.get("unit", "").strip()}
    levels = {str(value): label for value, label in Level.choices}
    filters["level"] = filters["level"] if filters["level"] in levels else ""
    page = stricter_page(organization, filters, request.GET.get("after", ""))
    words = {"level": levels.get(filters["level"], ""), "unit": f"单位含“{filters['unit']}”"}
    query = {name: value for name, value in filters.items() if value}
    context = {
        "organization": organization,
        "page": page,
        "filters": filters,
        "levels": levels.items(),
        "active": [(name, words[name]) for name in query],
        "total": f"共 {page.count} 条",
        "next_url": f"?{urlencode(query | {'after': page.after})}" if page.after else "",
        "first_url": f"?{urlencode(query)}" if request.GET.get("after") else "",
    }
    return render(request, "accountability/duty_stricter.html", context)


def _in_list(duty) -> str:
    """Where the duty stands in its list."""
    return f"{reverse('duty-list-detail', args=[duty.duty_list_id])}#duty-{duty.pk}"
