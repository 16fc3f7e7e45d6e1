from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from branches.access import Right, door
from branches.actions.appointments import appoint, relieve
from branches.actions.history import version_of
from branches.forms.people import AppointmentForm, RelieveForm, namesakes_of
from branches.models import Appointment, Organization, User
from branches.queries.people import appointment_page, find_accounts


@door(Right.VIEW, Organization)
def appointment_list(request, organization):
    return render(
        request,
        "branches/appointment_list.html",
        {
            "organization": organization,
            "page": appointment_page(organization, request.actor.today),
            "may_change": request.actor.may(Right.MANAGE_APPOINTMENTS, organization),
            "today": request.actor.today,
        },
    )


@door(Right.MANAGE_APPOINTMENTS, Organization)
def appointment_create(request, organization):
    """First the person is looked for, then the post is given."""
    actor = request.actor
    text = request.GET.get("q", "")
    user = (
        get_object_or_404(User, pk=request.GET["user"], is_active=True)
        if request.GET.get("user", "").isdecimal()
        else None
    )
    form = None
    if user is not None:
        namesakes = namesakes_of(user, actor.within(Right.VIEW_MEMBERS))
        form = AppointmentForm(
            request.POST or None,
            organization=organization,
            user=user,
            namesakes=namesakes,
            initial={"starts_on": actor.today},
        )
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            made = appoint(
                actor=actor, now=timezone.now(), user=user, organization=organization, **form.cleaned_data
            )
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, f"已任命：{made}。")
            return redirect("appointment-list", organization.pk)
    return render(
        request,
        "branches/appointment_form.html",
        {
            "organization": organization,
            "q": text,
            "found": find_accounts(text) if user is None else [],
            "person": user,
            "form": form,
        },
    )


@door(Right.MANAGE_APPOINTMENTS, Appointment)
def appointment_relieve(request, appointment):
    form = RelieveForm(
        request.POST or None, initial={"ends_on": request.actor.today, "seen": version_of(appointment)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            relieve(actor=request.actor, now=timezone.now(), appointment=appointment, **form.cleaned_data)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, f"已免去{appointment}。")
            return redirect("appointment-list", appointment.organization_id)
    return render(
        request,
        "branches/appointment_relieve.html",
        {"form": form, "appointment": appointment, "organization": appointment.organization},
    )
