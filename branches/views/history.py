from django.shortcuts import render

from branches.access import Right, door
from branches.models import Appointment, Meeting, Member, Organization
from branches.queries.history import history_page
from branches.views.meetings import hide_drafts


@door(Right.VIEW, Organization)
def organization_history(request, organization):
    return _history(request, organization, organization, "organization-detail", organization.pk)


@door(Right.VIEW_MEMBERS, Member)
def member_history(request, member):
    return _history(request, member, member.organization, "member-detail", member.pk)


@door(Right.VIEW, Appointment)
def appointment_history(request, appointment):
    return _history(
        request, appointment, appointment.organization, "appointment-list", appointment.organization_id
    )


@door(Right.VIEW, Meeting)
def meeting_history(request, meeting):
    hide_drafts(request, meeting)
    return _history(request, meeting, meeting.organization, "meeting-detail", meeting.pk)


def _history(request, row, organization, back, back_pk):
    return render(
        request,
        "branches/history.html",
        {
            "row": row,
            "label": row._meta.verbose_name,
            "organization": organization,
            "page": history_page(row, before=request.GET.get("before", "")),
            "back": back,
            "back_pk": back_pk,
        },
    )
