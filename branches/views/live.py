"""What the page asks for while it is being filled in; nothing is judged by scripts, nothing is stored."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from branches.access import Right, door
from branches.forms.entry import PREFIXES, MeetingEntry
from branches.forms.typed import with_one_more_row
from branches.models import Organization
from branches.queries.meetings import rules_satisfied


@require_POST
@door(Right.VIEW, Organization)
def meeting_panel(request, organization):
    """What depends on kinds, day and group, read anew; or a block of rows with one more. Judges nothing."""
    part = request.POST.get("action", "").removeprefix("add-")
    data = with_one_more_row(request.POST, PREFIXES[part]) if part in PREFIXES else request.POST
    entry = MeetingEntry(organization, data, today=request.actor.today, judged=False)
    context = entry_context(entry) | {"fragment": True}
    if part in PREFIXES:
        return render(request, f"branches/parts/{part}_rows.html", context)
    return render(request, "branches/parts/meeting_panels.html", context)


@require_POST
@door(Right.VIEW, Organization)
def meeting_vote(request, organization):
    """What the rules of voting say of the row that is being typed."""
    entry = MeetingEntry(organization, request.POST, today=request.actor.today)
    row = request.POST.get("row", "")
    number = int(row) if row.isascii() and row.isdigit() and len(row) < 3 else -1
    if not 0 <= number < len(entry.votes.forms):
        return HttpResponse("")
    form = entry.votes.forms[number]
    verdict, problems = form.live_verdict() if form.has_changed() else (None, [])
    return render(request, "branches/parts/vote_verdict.html", {"verdict": verdict, "problems": problems})


def entry_context(entry):
    return {
        "entry": entry,
        "organization": entry.organization,
        "rules": rules_satisfied(entry.organization, entry.kinds, entry.day, len(entry.groups))
        if entry.kinds
        else [],
    }
