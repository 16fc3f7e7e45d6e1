from datetime import date, datetime, time

from django.db import transaction
from django.http import HttpResponseRedirect
from django.utils import timezone

from branches.choices import MeetingKind
from branches.models import Absence, AgendaItem, AuditEntry, Meeting, Resolution


def insert_meeting(request, pk):
    """Insert what a submission inserts (the record with its history, absences, agenda, resolution, audit line).

    No form, no rights, no roster, no rules: what was sent is believed.
    """
    typed = request.POST
    now = timezone.now()
    held_on = date.fromisoformat(typed["held_on"])
    absent = typed.getlist("absent")
    with transaction.atomic():
        meeting = Meeting.objects.create(
            entry_key=typed["entry_key"],
            organization_id=pk,
            kinds=int(MeetingKind.PARTY_DAY),
            title=typed["title"],
            held_on=held_on,
            period=held_on.year * 100 + held_on.month,
            started_at=timezone.make_aware(datetime.combine(held_on, time.fromisoformat(typed["starts"]))),
            ended_at=timezone.make_aware(datetime.combine(held_on, time.fromisoformat(typed["ends"]))),
            place=typed["place"],
            chair_id=typed["chair"],
            recorder_id=typed["recorder"],
            expected=30,
            present=30 - len(absent),
            excused=len(absent),
            status="SUBMITTED",
            author_id=request.user.pk if hasattr(request, "user") else typed["author"],
            entered_on=timezone.localdate(now),
            submitted_at=now,
        )
        Absence.objects.bulk_create(
            Absence(meeting=meeting, member_id=member, reason=typed[f"reason-{member}"]) for member in absent
        )
        AgendaItem.objects.bulk_create(
            [
                AgendaItem(
                    meeting=meeting,
                    number=1,
                    topic=typed["agenda-0-topic"],
                    discussion=typed["agenda-0-discussion"],
                )
            ]
        )
        Resolution.objects.bulk_create(
            [
                Resolution(
                    meeting=meeting,
                    number=1,
                    text=typed["resolution-0-text"],
                    owner_id=typed["resolution-0-owner"],
                    due_on=typed["resolution-0-due_on"],
                )
            ]
        )
        AuditEntry.objects.create(
            at=now,
            event="提交会议",
            object_type="branches.Meeting",
            object_id=str(meeting.pk),
            summary=meeting.title,
        )
    return HttpResponseRedirect(f"/meetings/{meeting.pk}/submitted/")
