"""Meetings for tests: a page as a browser would send it, and records put straight into the database."""

from datetime import date, datetime

from django.utils import timezone

from branches.choices import MeetingKind, MeetingStatus
from branches.minutes import AbsenceEntry, AgendaEntry, Minutes
from branches.models import Meeting
from branches.periods import Period

DAY = date(2026, 11, 12)
#: The moment at which these tests happen.
NOW = timezone.make_aware(datetime(2026, 11, 16, 10, 0))


def at(hour, minute=0, day=DAY):
    """An aware moment of `day` in local time."""
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour, minute))


def member(cast, who):
    return cast.people[who].member


def minutes(cast, *, kinds=MeetingKind.GENERAL_MEETING, absences=(), **changes) -> Minutes:
    """A record of the first branch, chaired by 李, recorded by 周; `absences` are pairs (member, reason)."""
    values = {
        "kinds": int(kinds),
        "title": "十一月党员大会",
        "held_on": DAY,
        "started_at": at(14),
        "ended_at": at(15, 30),
        "place": "党员活动室",
        "chair_id": member(cast, "li").pk,
        "recorder_id": member(cast, "zhou").pk,
        "absences": tuple(AbsenceEntry(who.pk, reason) for who, reason in absences),
        "agenda": (AgendaEntry("学习全会精神", "李明领学"),),
    }
    return Minutes(**values | changes)


def page(cast, **changes) -> dict:
    """What a browser sends for a simple meeting of the first branch; `changes` replace or add fields."""
    values = {
        "entry_key": "0c2b8a52-6f0f-4a55-9d0e-2f9b3d9a1c11",
        "kinds": [str(int(MeetingKind.GENERAL_MEETING))],
        "held_on": DAY.isoformat(),
        "starts": "14:00",
        "ends": "15:30",
        "place": "党员活动室",
        "chair": str(member(cast, "li").pk),
        "recorder": str(member(cast, "zhou").pk),
        "agenda-TOTAL_FORMS": "1",
        "agenda-0-topic": "学习全会精神",
        "agenda-0-discussion": "李明领学",
        "resolution-TOTAL_FORMS": "1",
        "vote-TOTAL_FORMS": "1",
        "vote-0-rule": "GENERAL",
        "action": "submit",
    }
    return values | changes


def record(
    cast, organization=None, *, status=MeetingStatus.SUBMITTED, day=DAY, author="li", **changes
) -> Meeting:
    """A record straight in the database."""
    organization = organization or cast.first
    values = {
        "organization": organization,
        "kinds": int(MeetingKind.GENERAL_MEETING),
        "title": "十一月党员大会",
        "held_on": day,
        "period": Period.month_of(day).key,
        "started_at": at(14, day=day),
        "ended_at": at(15, 30, day=day),
        "place": "党员活动室",
        "chair": member(cast, "li"),
        "recorder": member(cast, "zhou"),
        "expected": 10,
        "present": 10,
        "status": status,
        "author": cast.people[author],
        "entered_on": day,
        "submitted_at": None if status in (MeetingStatus.DRAFT, MeetingStatus.RETURNED) else at(18, day=day),
    }
    if status == MeetingStatus.CONFIRMED:
        values |= {"confirmed_at": at(20, day=day), "counted_from": at(20, day=day)}
    return Meeting.objects.create(**values | changes)


def actor(cast, who):
    """Whoever it is in their first appointment, on the day of these tests."""
    from branches.access import Actor

    user = cast.people[who]
    return Actor(
        user=user, appointment=user.appointments.select_related("organization").first(), today=NOW.date()
    )
