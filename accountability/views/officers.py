from django.http import FileResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.actions.exports import export_responsibility_matrix
from accountability.choices import DutyKind, Part
from accountability.queries.coverage import years_with_lists
from accountability.queries.officers import officer_page
from accountability.queries.responsibility import responsibility_matrix as matrix_of
from branches.access import Right, door, open_to_signed_in
from branches.models import Appointment, Organization
from branches.views.imports import XLSX

from .coverage import read_year, year_in


@require_safe
@open_to_signed_in
def my_duties(request):
    return _page(request, request.user, None)


@require_safe
@door(Right.VIEW, Appointment)
def officer_duties(request, appointment):
    return _page(request, appointment.user, appointment.organization)


def _page(request, person, organization):
    actor = request.actor
    page = officer_page(person, actor, read_year(request))
    context = {
        "organization": organization,
        "page": page,
        "is_own": person.pk == request.user.pk,
        "today": actor.today,
        "may_record": _where(actor, Right.RECORD_DUTIES, page),
        "may_view": _where(actor, Right.VIEW, page),
    }
    return render(request, "accountability/officer_duties.html", context)


def _where(actor, right, page) -> set[int]:
    """Of the organisations the page speaks of, those where the acting post has the right.

    One's own page shows every post; links and buttons lead only where one may go without switching to another.
    """
    if actor.organization is None:
        return set()
    rows = [each.appointment for each in page.posts] + page.open + page.chaired
    rows += [each.meeting for each in page.resolutions]
    return {each.organization_id for each in rows if actor.may(right, each.organization)}


@require_safe
@door(Right.VIEW, Organization)
def responsibility_matrix(request, organization):
    year, kind = read_year(request), _kind(request.GET)
    context = {
        "organization": organization,
        "matrix": matrix_of(organization, year, kind, request.actor.today),
        "kinds": DutyKind.choices,
        "years": years_with_lists(year, request.actor.today),
        "parts": Part,
    }
    return render(request, "accountability/responsibility_matrix.html", context)


@require_POST
@door(Right.VIEW, Organization)
def responsibility_matrix_export(request, organization):
    file, name = export_responsibility_matrix(
        actor=request.actor,
        organization=organization,
        year=year_in(request.POST, request.actor.today),
        kind=_kind(request.POST),
        now=timezone.now(),
    )
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _kind(asked) -> str:
    kind = asked.get("kind", "")
    return kind if kind in DutyKind.values else ""
