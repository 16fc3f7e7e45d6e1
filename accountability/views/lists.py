from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.access import may_trigger
from accountability.actions.decompositions import decompose_duty
from accountability.actions.lists import may_withdraw, sign_list, withdraw_list
from accountability.choices import DutyKind, ListStatus
from accountability.forms.decompositions import DecompositionForm
from accountability.forms.records import WithdrawForm
from accountability.models import Duty, DutyList, DutyRecord
from accountability.queries.lists import list_index, list_lines
from accountability.windows import is_stricter
from branches.access import Right, door
from branches.choices import OrganizationKind
from branches.models import Organization


@door(Right.VIEW, Organization)
def duty_list_index(request, organization):
    actor = request.actor
    year, kind = request.GET.get("year", ""), request.GET.get("kind", "")
    page = list_index(
        organization,
        int(year) if year.isdigit() and len(year) == 4 else actor.today.year,
        kind if kind in DutyKind.values else "",
        actor.today,
    )
    context = {
        "organization": organization,
        "page": page,
        "kinds": DutyKind.choices,
        "may_issue": actor.may(Right.ISSUE_DUTIES, organization),
        "may_review": actor.has(Right.REVIEW_DUTIES),
    }
    return render(request, "accountability/duty_list_index.html", context)


@door(Right.VIEW, DutyList)
def duty_list_detail(request, duty_list):
    actor = request.actor
    duty_list = DutyList.objects.select_related(
        "organization", "issuer", "signed_by", "appointment__user"
    ).get(pk=duty_list.pk)
    context = {
        "organization": duty_list.organization,
        "duty_list": duty_list,
        "lines": list_lines(duty_list),
        "today": actor.today,
        "may_decompose": actor.may(Right.DECOMPOSE_DUTIES, duty_list.organization)
        and not duty_list.organization.is_branch,
        "may_sign": _may_sign(actor, duty_list),
        "may_trigger": may_trigger(actor, duty_list.organization),
        "may_withdraw": duty_list.status != ListStatus.WITHDRAWN and may_withdraw(actor, duty_list),
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
    taken = set(duty.children.in_force().values_list("organization", flat=True))
    form = DecompositionForm(request.POST or None, duty=duty, units=units, taken=taken, today=actor.today)
    stricter = False
    if request.method == "POST" and form.is_valid():
        stricter = is_stricter(Duty(**duty.requirement() | {"interval": form.cleaned_data["interval"]}), duty)
        if not stricter or "stricter" in request.POST:
            try:
                number = decompose_duty(actor=actor, duty=duty, shares=form.shares, now=timezone.now())
            except ValidationError as error:
                form.add_error(None, error)
                stricter = False
            else:
                messages.success(request, f"已分解给{number}个下级单位，各自的履责从本期开始。")
                return redirect("duty-list-detail", duty.duty_list_id)
    context = {"organization": duty.organization, "duty": duty, "form": form, "stricter": stricter}
    return render(request, "accountability/duty_decompose.html", context)
