from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone

from accountability.access import may_trigger
from accountability.actions.triggers import answer_trigger, register_trigger
from accountability.forms.triggers import TriggerAnswerForm, TriggerForm
from accountability.models import Duty, DutyTrigger
from accountability.queries.triggers import negative_duties, trigger_rows
from branches.access import Right, door
from branches.models import Organization
from branches.paging import capped_count, slice_before


@door(Right.VIEW, Organization)
def duty_trigger_list(request, organization):
    only_open = request.GET.get("only") == "open"
    rows = trigger_rows(organization, only_open=only_open)
    after = request.GET.get("after", "")
    page = slice_before(rows, "pk", after if after.isdecimal() and len(after) < 19 else "")
    kept = "&only=open" if only_open else ""
    context = {
        "organization": organization,
        "page": page,
        "only_open": only_open,
        "filters": [("only", "只看未处理")] if only_open else [],
        "duties": list(negative_duties(organization)),
        "may_trigger": may_trigger(request.actor, organization),
        "total": f"共 {capped_count(rows)} 条",
        "next_url": f"?after={page.after}{kept}" if page.after else "",
        "first_url": f"?{kept[1:]}" if after else "",
    }
    return render(request, "accountability/trigger_list.html", context)


@door(Right.VIEW, Duty)
def duty_trigger_create(request, duty):
    actor = request.actor
    _require(actor, duty.organization)
    form = TriggerForm(request.POST or None, today=actor.today, initial={"happened_on": actor.today})
    if request.method == "POST" and form.is_valid():
        try:
            trigger = register_trigger(actor=actor, duty=duty, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已登记。不会自动产生任何后果，请由人核实处理。")
            return redirect("duty-trigger-detail", trigger.pk)
    context = {"organization": duty.organization, "duty": duty, "form": form}
    return render(request, "accountability/trigger_create.html", context)


@door(Right.VIEW, DutyTrigger)
def duty_trigger_detail(request, trigger):
    """The event; who may answers it here."""
    actor = request.actor
    form = TriggerAnswerForm(request.POST or None)
    if request.method == "POST":
        _require(actor, trigger.organization)
        if form.is_valid():
            try:
                answer_trigger(
                    actor=actor,
                    trigger=trigger,
                    answer=form.cleaned_data["answer"],
                    now=timezone.now(),
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "处理情况已记下。")
                return redirect("duty-trigger-detail", trigger.pk)
    trigger = trigger_rows(trigger.organization, only_open=False).get(pk=trigger.pk)
    context = {
        "organization": trigger.organization,
        "trigger": trigger,
        "form": form,
        "may_answer": trigger.answered_at is None and may_trigger(actor, trigger.organization),
    }
    return render(request, "accountability/trigger_detail.html", context)


def _require(actor, organization):
    if not may_trigger(actor, organization):
        raise PermissionDenied("负面清单由本单位或有权审核其履责的上级登记、处理。")
