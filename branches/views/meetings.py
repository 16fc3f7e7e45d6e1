"""Reading meetings: list, calendar, matrix, one record, its print and its Word file."""

from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from branches.access import Right, door
from branches.actions.meetings import MeetingMoved, complete_resolution, may_correct, withdraw_meeting
from branches.choices import MeetingStatus
from branches.documents import meeting_docx, record_sheet
from branches.filters import MeetingFilter
from branches.forms.meetings import ReturnForm
from branches.minutes import differences
from branches.models import Meeting, Organization
from branches.periods import Interval, Period, window_of
from branches.queries.meetings import (
    calendar_of,
    child_units,
    drafts_of,
    matrix_of,
    meeting_record,
    meetings_in,
    month_of,
    newest_first,
    outcome_of,
    year_of,
)

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@door(Right.VIEW, Organization)
def meeting_list(request, organization):
    if organization.is_group:
        return redirect("meeting-list", organization.parent_id)
    meetings = meetings_in(organization, request.actor)
    found = MeetingFilter(request.GET, meetings, scope=organization, today=request.actor.today)
    page = newest_first(found.qs if found.is_valid() else meetings.none(), request.GET.get("after", ""))
    may_log = request.actor.may(Right.LOG_MEETINGS, organization)
    context = {
        "organization": organization,
        "filter": found,
        "page": page,
        "next_url": _next_url(request, page.next_cursor),
        "first_url": _next_url(request, "") if request.GET.get("after") else "",
        "units": child_units(organization),
        "may_log": may_log,
        "drafts": list(drafts_of(request.user, organization)[:5]) if may_log else [],
    }
    return render(request, "branches/meeting_list.html", context)


@door(Right.VIEW, Organization)
def meeting_calendar(request, organization):
    month = month_of(request.GET.get("month", ""), request.actor.today)
    context = {
        "organization": organization,
        "month": month,
        "weeks": calendar_of(organization, month, request.actor),
        "today": request.actor.today,
        "may_log": request.actor.may(Right.LOG_MEETINGS, organization),
    }
    return render(request, "branches/meeting_calendar.html", context)


@door(Right.VIEW, Organization)
def meeting_matrix(request, organization):
    year = year_of(request.GET.get("year", ""), request.actor.today)
    context = {
        "organization": organization,
        "year": year,
        "rows": matrix_of(organization, year, request.actor),
        "this_year": window_of(Interval.YEAR, request.actor.today),
        "this_month": Period.month_of(request.actor.today),
    }
    return render(request, "branches/meeting_matrix.html", context)


@door(Right.VIEW, Meeting)
def meeting_detail(request, meeting):
    hide_drafts(request, meeting)
    return render(request, "branches/meeting_detail.html", detail_context(request, meeting))


def detail_context(request, meeting, return_form=None):
    actor, unit = request.actor, meeting.organization
    meeting = meeting_record(meeting)
    may_log = actor.may(Right.LOG_MEETINGS, unit)
    may_review = (
        meeting.status == MeetingStatus.SUBMITTED
        and actor.may(Right.CONFIRM_MEETINGS, unit)
        and meeting.author_id != request.user.pk
    )
    reviews = list(meeting.reviews.all())
    return {
        "organization": unit,
        "meeting": meeting,
        "sheet": record_sheet(meeting),
        "note": reviews[0] if meeting.status == MeetingStatus.RETURNED and reviews else None,
        "reviews": reviews,
        "corrections": [(each, differences(each.before, each.after)) for each in meeting.corrections.all()],
        "may_log": may_log,
        "may_review": may_review,
        "may_correct": meeting.is_locked and may_correct(actor, unit),
        "return_form": return_form or ReturnForm(),
        "own_member": request.user.member_id,
    }


@door(Right.LOG_MEETINGS, Meeting)
def meeting_submitted(request, meeting):
    context = {
        "organization": meeting.organization,
        "meeting": meeting,
        "outcome": outcome_of(meeting, request.actor.today),
        "reviewer": meeting.organization.parent,
    }
    return render(request, "branches/meeting_submitted.html", context)


@door(Right.VIEW, Meeting)
def meeting_print(request, meeting):
    hide_drafts(request, meeting)
    meeting = meeting_record(meeting)
    context = {"organization": meeting.organization, "meeting": meeting, "sheet": record_sheet(meeting)}
    return render(request, "branches/meeting_print.html", context)


@door(Right.VIEW, Meeting)
def meeting_docx_file(request, meeting):
    hide_drafts(request, meeting)
    meeting = meeting_record(meeting)
    response = HttpResponse(meeting_docx(meeting, record_sheet(meeting)), content_type=_DOCX)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"meeting-{meeting.pk}.docx\"; filename*=UTF-8''{quote(meeting.title)}.docx"
    )
    return response


@require_POST
@door(Right.LOG_MEETINGS, Meeting)
def meeting_withdraw(request, meeting):
    try:
        withdraw_meeting(actor=request.actor, meeting=meeting, now=timezone.now())
    except MeetingMoved as moved:
        messages.warning(request, str(moved))
        return redirect("meeting-detail", meeting.pk)
    messages.success(request, "已撤回，可以修改后再提交。")
    return redirect("meeting-edit", meeting.pk)


@require_POST
@door(Right.VIEW, Meeting)
def resolution_complete(request, meeting, number):
    get_object_or_404(meeting.resolutions, number=number)
    complete_resolution(actor=request.actor, meeting=meeting, number=number, now=timezone.now())
    messages.success(request, "决议已标记为完成。")
    return redirect("meeting-detail", meeting.pk)


def hide_drafts(request, meeting):
    """A draft is its own unit's affair."""
    if meeting.status == MeetingStatus.DRAFT and not request.actor.may(
        Right.LOG_MEETINGS, meeting.organization
    ):
        raise Http404


def _next_url(request, cursor):
    query = request.GET.copy()
    query.pop("after", None)
    if cursor:
        query["after"] = cursor
        return f"?{query.urlencode()}"
    return f"?{query.urlencode()}" if request.GET.get("after") else ""
