"""The page on which a meeting's record is written: new, again, copied, or put right."""

import uuid

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from branches.access import Right, door
from branches.actions.meetings import (
    MeetingMoved,
    StaleMeeting,
    correct_meeting,
    may_correct,
    save_meeting,
    submit_meeting,
)
from branches.choices import MeetingKind
from branches.forms.entry import PREFIXES, MeetingEntry
from branches.forms.meetings import ReasonForm
from branches.forms.prefill import blank_page, copied_page, stored_page
from branches.forms.typed import as_typed, with_one_more_row
from branches.minutes import differences
from branches.models import Meeting, MeetingDraft, Organization
from branches.queries.meetings import drafts_of, last_meeting, same_day
from branches.queries.minutes import minutes_of, words_of
from branches.views.drafts import keep_typed, keeps_typed, read_key, ticket_for
from branches.views.live import entry_context
from branches.xray import Weight


@keeps_typed
@door(Right.LOG_MEETINGS, Organization)
def meeting_create(request, organization):
    if organization.is_group:
        return redirect(f"{reverse('meeting-create', args=[organization.parent_id])}?group={organization.pk}")
    if request.method == "POST":
        return _answer(request, organization)
    draft = _draft(request, organization, None)
    if draft is not None:
        typed = as_typed(draft.typed)
        typed["entry_key"] = str(draft.entry_key)
    elif request.GET.get("copy"):
        last = _to_copy(request, organization)
        typed = (
            blank_page(request.actor.today, last=None)
            if last is None
            else copied_page(minutes_of(last), request.actor.today)
        )
    else:
        typed = blank_page(
            request.actor.today,
            last=last_meeting(organization),
            kinds=[kind for kind in MeetingKind if str(int(kind)) in request.GET.getlist("kind")],
            group=request.GET.get("group"),
        )
    entry = MeetingEntry(organization, typed, today=request.actor.today, judged=False)
    offered = [] if draft else list(drafts_of(request.user, organization).filter(meeting=None)[:3])
    return _page(request, entry, drafts=offered, may_copy=not draft and not request.GET.get("copy"))


@keeps_typed
@door(Right.LOG_MEETINGS, Meeting)
def meeting_edit(request, meeting):
    if request.method == "POST":
        return _answer(request, meeting.organization, meeting=meeting)
    if not meeting.is_editable:
        messages.info(request, "这份记录现在不能修改；需要修改请先撤回，已确认的记录由上级更正。")
        return redirect("meeting-detail", meeting.pk)
    draft = _draft(request, meeting.organization, meeting)
    typed = (
        as_typed(draft.typed)
        if draft is not None
        else stored_page(minutes_of(meeting), entry_key=meeting.entry_key, version=meeting.version)
    )
    entry = MeetingEntry(meeting.organization, typed, today=request.actor.today, judged=False)
    offered = [] if draft else list(drafts_of(request.user, meeting.organization).filter(meeting=meeting)[:1])
    return _page(request, entry, meeting=meeting, drafts=offered)


@door(Right.VIEW, Meeting)
def meeting_correct(request, meeting):
    if not may_correct(request.actor, meeting.organization) or not meeting.is_locked:
        messages.info(request, "只有已确认的记录需要更正，由确认它的上级党组织办理。")
        return redirect("meeting-detail", meeting.pk)
    if request.method == "POST":
        return _answer(request, meeting.organization, meeting=meeting, correcting=True)
    typed = stored_page(minutes_of(meeting), entry_key=meeting.entry_key, version=meeting.version)
    entry = MeetingEntry(meeting.organization, typed, today=request.actor.today, judged=False)
    return _page(request, entry, meeting=meeting, reason_form=ReasonForm())


@door(Right.LOG_MEETINGS, Meeting)
def meeting_copy(request, meeting):
    return redirect(f"{reverse('meeting-create', args=[meeting.organization_id])}?copy={meeting.pk}")


# Answering what was sent


def _answer(request, organization, *, meeting=None, correcting=False):
    action = request.POST.get("action", "submit")
    part = action.removeprefix("add-")
    if part in PREFIXES or action == "refresh":
        data = with_one_more_row(request.POST, PREFIXES[part]) if part in PREFIXES else request.POST
        entry = MeetingEntry(organization, data, today=request.actor.today, judged=False)
        reason_form = ReasonForm(initial={"reason": request.POST.get("reason", "")}) if correcting else None
        return _page(request, entry, meeting=meeting, reason_form=reason_form)
    if action == "draft" and not correcting:
        return _keep_draft(request, organization, meeting)
    entry = MeetingEntry(organization, request.POST, today=request.actor.today)
    reason_form = ReasonForm(request.POST) if correcting else None
    is_valid = entry.is_valid()
    if reason_form is not None:
        is_valid = reason_form.is_valid() and is_valid
    if not is_valid:
        return _page(request, entry, meeting=meeting, reason_form=reason_form, findings=entry.form_findings())
    sent, duplicates = same_day(
        organization, entry.minutes, meeting.entry_key if meeting else entry.entry_key
    )
    if meeting is None and sent is not None:
        return _already_sent(request, organization, sent)
    now = timezone.now()
    findings = entry.findings(now=now, duplicates=duplicates)
    warnings = {each.code for each in findings if each.weight is Weight.WARNING}
    seen = set(request.POST.get("seen", "").split(","))
    if any(each.blocks for each in findings) or (warnings and not warnings <= seen) or action == "check":
        return _page(
            request, entry, meeting=meeting, reason_form=reason_form, findings=findings, checked=True
        )
    try:
        if correcting:
            return _correct(request, meeting, entry, reason_form, now)
        if action == "save" and meeting is not None:
            save_meeting(
                actor=request.actor,
                meeting=meeting,
                minutes=entry.minutes,
                version=entry.version,
                now=now,
                people=entry.people,
            )
            messages.success(request, "修改已保存，还没有提交。")
            return redirect("meeting-detail", meeting.pk)
        stored = submit_meeting(
            actor=request.actor,
            organization=organization,
            minutes=entry.minutes,
            entry_key=entry.entry_key if meeting is None else meeting.entry_key,
            now=now,
            meeting=meeting,
            version=entry.version,
            people=entry.people,
        )
    except StaleMeeting as stale:
        return _conflict(request, entry, stale, reason_form)
    except MeetingMoved as moved:
        keep_typed(request, organization, meeting)
        messages.warning(request, f"{moved}您填写的内容已存为草稿，没有丢失。")
        return redirect("meeting-detail", meeting.pk)
    return redirect("meeting-submitted", stored.pk)


def _correct(request, meeting, entry, reason_form, now):
    if differences(*words_of(minutes_of(meeting), entry.minutes)) == []:
        reason_form.add_error(None, "内容与现有记录相同，没有需要更正的地方。")
        return _page(request, entry, meeting=meeting, reason_form=reason_form)
    correct_meeting(
        actor=request.actor,
        meeting=meeting,
        minutes=entry.minutes,
        reason=reason_form.cleaned_data["reason"],
        version=entry.version,
        now=now,
        people=entry.people,
    )
    messages.success(request, "更正已记录，新的计数从现在起生效；更正前的内容可在下方查看。")
    return redirect("meeting-detail", meeting.pk)


def _conflict(request, entry, stale, reason_form):
    """Show what the other editor saved beside what this one typed; sending again puts this one's over it."""
    meeting = stale.meeting
    if reason_form is None:
        keep_typed(request, meeting.organization, meeting)
    theirs, mine = words_of(minutes_of(meeting), entry.minutes)
    data = as_typed({name: request.POST.getlist(name) for name in request.POST})
    data["version"] = str(meeting.version)
    entry = MeetingEntry(meeting.organization, data, today=request.actor.today, judged=False)
    other = meeting.history.select_related("history_user").first()
    return _page(
        request,
        entry,
        meeting=meeting,
        reason_form=reason_form,
        conflict=differences(theirs, mine),
        conflict_by=other.history_user if other else None,
        may_resend=meeting.is_editable or reason_form is not None,
        status=409,
    )


def _already_sent(request, organization, sent):
    if sent.author_id != request.user.pk or sent.organization_id != organization.pk:
        messages.error(request, "这份表单已失效，请重新打开后填写；内容已存为草稿。")
        keep_typed(request, organization, None, entry_key=uuid.uuid4())
        return redirect("meeting-create", organization.pk)
    messages.info(request, "这份记录此前已经提交，没有重复生成。需要修改请先撤回。")
    return redirect("meeting-submitted", sent.pk)


def _keep_draft(request, organization, meeting):
    if keep_typed(request, organization, meeting):
        messages.success(request, "草稿已保存，下次打开“记录会议”可以继续填写。")
        return redirect("meeting-list", organization.pk)
    entry = MeetingEntry(organization, request.POST, today=request.actor.today, judged=False)
    messages.error(request, "内容太长，草稿没有保存，请精简发言要点。")
    return _page(request, entry, meeting=meeting)


def _draft(request, organization, meeting) -> MeetingDraft | None:
    if "draft" not in request.GET:
        return None
    key = read_key(request.GET["draft"])
    return drafts_of(request.user, organization).filter(meeting=meeting, entry_key=key).first()


def _to_copy(request, organization) -> Meeting | None:
    copy = request.GET["copy"]
    if copy == "last":
        return last_meeting(organization)
    pk = int(copy) if copy.isascii() and copy.isdigit() and len(copy) < 19 else 0
    return get_object_or_404(Meeting, pk=pk, organization=organization)


def _page(request, entry, *, meeting=None, status=200, findings=(), checked=False, **extra):
    warnings = sorted({each.code for each in findings if each.weight is Weight.WARNING})
    blocked = any(each.blocks for each in findings)
    context = entry_context(entry) | {
        "meeting": meeting,
        "findings": findings,
        "checked": checked,
        "blocked": blocked,
        "seen": ",".join(warnings) if checked and not blocked else "",
        "ticket": ticket_for(request.user, entry, meeting),
        "note": meeting.reviews.select_related("reviewer").first()
        if meeting and meeting.status == "RETURNED"
        else None,
        **extra,
    }
    return render(request, "branches/meeting_form.html", context, status=status)
