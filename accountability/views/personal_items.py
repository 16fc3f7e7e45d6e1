from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone

from accountability.actions.personal_items import (
    add_personal_item,
    may_add_item,
    may_withdraw_item,
    withdraw_personal_item,
)
from accountability.forms.personal_items import PersonalItemForm
from accountability.forms.records import WithdrawForm
from accountability.models import Duty, DutyList, DutyRecord
from branches.access import Right, door


@door(Right.VIEW, DutyList)
def personal_item_add(request, duty_list):
    actor = request.actor
    duty_list = DutyList.objects.select_related("organization", "issuer").get(pk=duty_list.pk)
    if not may_add_item(actor, duty_list):
        raise PermissionDenied("只有本单位或下发单位可以在这份清单上增列个性条目。")
    is_own = actor.organization.pk == duty_list.organization_id
    form = PersonalItemForm(request.POST or None, duty_list=duty_list, is_own=is_own, today=actor.today)
    if request.method == "POST" and form.is_valid():
        try:
            item = add_personal_item(actor=actor, duty_list=duty_list, item=form.instance, now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"已增列“{item.heading}”，从本期开始。")
            return redirect("duty-list-detail", duty_list.pk)
    context = {
        "organization": duty_list.organization,
        "duty_list": duty_list,
        "form": form,
        "is_own": is_own,
    }
    return render(request, "accountability/personal_item_add.html", context)


@door(Right.VIEW, Duty)
def personal_item_withdraw(request, duty):
    duty = Duty.objects.select_related("organization", "added_by", "duty_list").get(pk=duty.pk)
    if not may_withdraw_item(request.actor, duty):
        raise PermissionDenied("个性条目由增列它的单位或其上级撤回。")
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        ended = withdraw_personal_item(
            actor=request.actor, duty=duty, reason=form.cleaned_data["reason"], now=timezone.now()
        )
        messages.success(request, f"已撤回“{duty.heading}”，{ended}期未完成的履责不再要求。")
        return redirect("duty-list-detail", duty.duty_list_id)
    context = {
        "organization": duty.organization,
        "duty": duty,
        "form": form,
        "unfinished": DutyRecord.objects.unfinished().filter(duty=duty).count(),
        "shared": duty.children.in_force().count(),
    }
    return render(request, "accountability/personal_item_withdraw.html", context)
