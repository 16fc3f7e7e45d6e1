"""What waits for the level above: one by one, or exactly what a filter matches."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from branches.access import Right, door
from branches.actions.meetings import MeetingMoved
from branches.actions.reviews import SelectionChanged, bulk_confirm, confirm_meeting, return_meeting
from branches.filters import MeetingFilter
from branches.forms.meetings import ReturnForm
from branches.models import Meeting, Organization
from branches.queries.meetings import child_units, longest_waiting, waiting_below
from branches.views.meetings import detail_context

SAMPLE = 5


@door(Right.VIEW, Organization)
def review_queue(request, organization):
    _require_reviewer(request)
    meetings = waiting_below(organization, request.actor)
    found = MeetingFilter(request.GET, meetings, scope=organization, today=request.actor.today)
    page = longest_waiting(found.qs if found.is_valid() else meetings.none(), request.GET.get("after", ""))
    query = request.GET.copy()
    query.pop("after", None)
    filters = query.urlencode()
    context = {
        "organization": organization,
        "filter": found,
        "filters": filters,
        "page": page,
        "next_url": f"?{urlencode({'after': page.next_cursor})}&{filters}" if page.next_cursor else "",
        "first_url": f"?{filters}" if request.GET.get("after") else "",
        "units": child_units(organization),
        "today": request.actor.today,
    }
    return render(request, "branches/review_queue.html", context)


@require_POST
@door(Right.VIEW, Organization)
def review_bulk(request, organization):
    """First show how many and a sample, then confirm exactly those."""
    _require_reviewer(request)
    queue = reverse("review-queue", args=[organization.pk])
    filters = request.POST.get("filters", "")
    back = f"{queue}?{filters}" if filters else queue
    now = timezone.now()
    as_of = parse_datetime(request.POST.get("as_of", "")) or now
    try:
        meetings = _chosen(request, organization, filters, as_of)
    except ValueError:
        messages.error(request, "筛选条件无效，请重新选择。")
        return redirect(queue)
    total = meetings.count()
    if not total:
        messages.warning(request, "没有选中待确认的会议。")
        return redirect(back)
    if request.POST.get("confirmed"):
        return _confirm_chosen(request, meetings, back, now)
    sample = meetings.select_related("organization").order_by("submitted_at", "pk")[:SAMPLE]
    hidden = [("filters", filters), ("total", total), ("as_of", as_of.isoformat())]
    hidden += (
        [("chosen", pk) for pk in request.POST.getlist("chosen")]
        if not _all(request)
        else [("all_matching", "1")]
    )
    context = {
        "title": "批量确认会议",
        "question": f"将确认 {total} 条会议记录，确认后计入各单位的数据。",
        "facts": ["确认后如需修改，只能办理更正。", "本人填报的记录不在其中。"],
        "sample": [f"{each.organization} · {each.title}（{each.held_on:%Y-%m-%d}）" for each in sample],
        "total": total,
        "hidden": hidden,
        "action": f"确认 {total} 条",
        "cancel_url": back,
        "organization": organization,
    }
    return render(request, "branches/review_bulk.html", context)


def _require_reviewer(request):
    """The right reaches below a unit, never the unit itself, so the door asks to see it and this asks the right."""
    if not request.actor.has(Right.CONFIRM_MEETINGS):
        raise PermissionDenied(f"您当前的任职没有“{Right.CONFIRM_MEETINGS.value}”的权限。")


def _confirm_chosen(request, meetings, back, now):
    shown = request.POST.get("total", "")
    try:
        number = bulk_confirm(
            actor=request.actor,
            meetings=meetings,
            total=int(shown) if shown.isdecimal() and len(shown) < 10 else -1,
            now=now,
        )
    except SelectionChanged as changed:
        messages.warning(request, str(changed))
        return redirect(back)
    messages.success(request, f"已确认 {number} 条会议记录。")
    return redirect(back)


def _all(request) -> bool:
    return bool(request.POST.get("all_matching"))


def _chosen(request, organization, filters, as_of):
    """The records ticked, or all that the filter matched when it was shown; ValueError for a filter that is none."""
    meetings = waiting_below(organization, request.actor).filter(submitted_at__lte=as_of)
    if _all(request):
        found = MeetingFilter(QueryDict(filters), meetings, scope=organization, today=request.actor.today)
        if not found.is_valid():
            raise ValueError("invalid filter")
        return found.qs
    chosen = [
        int(pk) for pk in request.POST.getlist("chosen") if pk.isascii() and pk.isdigit() and len(pk) < 19
    ]
    return meetings.filter(pk__in=chosen[:500])


@require_POST
@door(Right.CONFIRM_MEETINGS, Meeting)
def meeting_confirm(request, meeting):
    try:
        confirm_meeting(actor=request.actor, meeting=meeting, now=timezone.now())
    except MeetingMoved as moved:
        messages.warning(request, str(moved))
        return redirect("meeting-detail", meeting.pk)
    messages.success(request, f"已确认“{meeting.title}”。")
    return redirect("review-queue", request.actor.organization.pk)


@require_POST
@door(Right.CONFIRM_MEETINGS, Meeting)
def meeting_return(request, meeting):
    form = ReturnForm(request.POST)
    if not form.is_valid():
        context = detail_context(request, meeting, return_form=form)
        return render(request, "branches/meeting_detail.html", context, status=422)
    try:
        return_meeting(
            actor=request.actor, meeting=meeting, note=form.cleaned_data["note"], now=timezone.now()
        )
    except MeetingMoved as moved:
        messages.warning(request, str(moved))
        return redirect("meeting-detail", meeting.pk)
    messages.success(request, f"已退回“{meeting.title}”，填报单位会看到您的说明。")
    return redirect("review-queue", request.actor.organization.pk)
