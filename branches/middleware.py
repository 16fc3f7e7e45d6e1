"""Gives every signed-in request its actor: the user in the appointment they have chosen, today."""

from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from .access import Actor

SESSION_KEY = "acting_appointment"


def acting(request) -> Actor:
    """Return the actor of the request: the chosen appointment if it is still in force, else the first one."""
    today = timezone.localdate()
    current = list(
        request.user.appointments.on(today)
        .select_related("organization")
        .order_by("organization__path", "pk")
    )
    chosen = request.session.get(SESSION_KEY)
    appointment = next((each for each in current if each.pk == chosen), current[0] if current else None)
    return Actor(user=request.user, appointment=appointment, today=today, held=tuple(current))


class ActingAppointmentMiddleware:
    """Set `request.actor`; send people whose password was given to them to the page that changes it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            request.actor = SimpleLazyObject(lambda: acting(request))
            allowed = (reverse("password-change"), reverse("logout"))
            if request.user.must_change_password and request.path not in allowed:
                return redirect("password-change")
        return self.get_response(request)
