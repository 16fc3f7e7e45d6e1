"""Gives every signed-in request its actor: the user in the appointment they have chosen, today."""

from datetime import date

from django.db import DEFAULT_DB_ALIAS
from django.db.models import BigIntegerField, DateField
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from .access import Actor
from .models import Appointment, Organization
from .prepared import Prepared, Slot

SESSION_KEY = "acting_appointment"


_POST = [field.attname for field in Appointment._meta.concrete_fields]
_PLACE = [field.attname for field in Organization._meta.concrete_fields]
_HELD = Prepared(
    lambda: (
        Appointment.objects.filter(user=Slot("user", BigIntegerField()))
        .on(Slot("day", DateField()))
        .order_by("organization__path", "pk")
        .values_list(*_POST, *(f"organization__{name}" for name in _PLACE))
    )
)


def acting(request) -> Actor:
    """Return the actor of the request: the chosen appointment if it is still in force, else the first one."""
    today = timezone.localdate()
    current = posts_of(request.user, today)
    chosen = request.session.get(SESSION_KEY)
    appointment = next((each for each in current if each.pk == chosen), current[0] if current else None)
    return Actor(user=request.user, appointment=appointment, today=today, held=tuple(current))


def posts_of(user, day: date) -> list[Appointment]:
    """The appointments of `user` on `day` with their organisations, from the top of the tree down. One query."""
    posts = []
    for row in _HELD.rows(user=user.pk, day=day):
        post = Appointment.from_db(DEFAULT_DB_ALIAS, _POST, row[: len(_POST)])
        post.user, post.organization = user, Organization.from_db(DEFAULT_DB_ALIAS, _PLACE, row[len(_POST) :])
        posts.append(post)
    return posts


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
