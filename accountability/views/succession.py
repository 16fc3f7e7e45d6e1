from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone

from accountability.actions.succession import hand_over_duties, require_handing_over
from accountability.forms.succession import HandoverForm, PartiesForm
from accountability.queries.succession import duties_of, handover_page, handover_plan
from branches.access import Right, door
from branches.models import Organization


@door(Right.VIEW, Organization)
def duty_handover(request, organization):
    """First from whom to whom; then what that would be; then it is done, with a reason."""
    actor = request.actor
    require_handing_over(actor, organization)
    page = handover_page(organization, actor.today)
    officers = {
        "givers": [each.appointment for each in page.givers],
        "receivers": page.receivers,
    }
    plan = None
    data = request.POST or (request.GET if "giver" in request.GET else None)
    form = PartiesForm(data, **officers)
    reason = None
    if form.is_bound and form.is_valid():
        giver, receiver = form.cleaned_data["giver"], form.cleaned_data["receiver"]
        plan = handover_plan(duties_of(giver, actor.today, organization), giver, receiver)
        reason = HandoverForm(request.POST or None, **officers)
    if request.method == "POST" and reason is not None and reason.is_valid():
        try:
            followed = hand_over_duties(
                actor=actor, organization=organization, now=timezone.now(), **reason.cleaned_data
            )
        except ValidationError as error:
            reason.add_error(None, error.messages)
        else:
            messages.success(
                request, f"已移交{followed.passed}项责任；此前的记录仍在原责任人名下，已通知接收人。"
            )
            return redirect("duty-handover", organization.pk)
    context = {
        "organization": organization,
        "page": page,
        "form": form,
        "reason": reason,
        "plan": plan,
        "parties": form.cleaned_data if plan else None,
    }
    return render(request, "accountability/handover_form.html", context)
