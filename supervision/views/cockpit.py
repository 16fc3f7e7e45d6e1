from django.shortcuts import redirect, render

from branches.access import Right, door
from branches.models import Organization
from supervision.queries.cockpit import cockpit as cockpit_of
from supervision.queries.unit import unit as unit_of
from supervision.queries.units import unit_page


@door(Right.VIEW_COCKPIT, Organization)
def cockpit(request, organization):
    if not organization.is_committee:
        response = redirect("cockpit-unit", organization.pk)
        response["Location"] += f"?{request.GET.urlencode()}" if request.GET else ""
        return response
    page = cockpit_of(actor=request.actor, organization=organization, asked=request.GET)
    return render(request, "supervision/cockpit.html", {"page": page, "organization": organization})


@door(Right.VIEW_COCKPIT, Organization)
def cockpit_detail(request, organization):
    page = unit_page(organization=organization, asked=request.GET, today=request.actor.today)
    return render(request, "supervision/cockpit_detail.html", {"page": page, "organization": organization})


@door(Right.VIEW_COCKPIT, Organization)
def cockpit_unit(request, organization):
    page = unit_of(organization=organization, asked=request.GET, today=request.actor.today)
    return render(request, "supervision/cockpit_unit.html", {"page": page, "organization": organization})
