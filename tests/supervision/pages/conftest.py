"""October 2026 as the pages show it: rules, some meetings, one run; today is 5 November."""

from datetime import UTC, date, datetime, timedelta

import pytest

from branches.actions.cadence import load_cadence_starters
from branches.choices import MeetingKind, MeetingStatus
from branches.models import CadenceRule, Meeting
from branches.periods import Period
from supervision.attenuation.engine import take_readings
from tests.snapshots import once

OCTOBER = Period.parse("2026-10")
TODAY = date(2026, 11, 5)


def hold(cast, organization, kind, day, *, present=8, expected=8, status=MeetingStatus.CONFIRMED, **facts):
    """Put a meeting on record, as if it had gone through its form and review."""
    chair = cast.people["li"].member
    started = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    confirmed = started + timedelta(days=2) if status == MeetingStatus.CONFIRMED else None
    return Meeting.objects.create(
        **{
            "organization": organization,
            "kinds": int(kind),
            "held_on": day,
            "period": Period.month_of(day).key,
            "expected": expected,
            "present": present,
            "title": f"{day.month}月{kind.label}",
            "started_at": started,
            "ended_at": started + timedelta(hours=1),
            "place": "会议室",
            "chair": chair,
            "recorder": chair,
            "author": cast.people["li"],
            "entered_on": day,
            "status": status,
            "submitted_at": None if status == MeetingStatus.DRAFT else started + timedelta(days=1),
            "counted_from": confirmed,
            "confirmed_at": confirmed,
            **facts,
        }
    )


@pytest.fixture
def november(time_machine):
    time_machine.move_to(datetime(2026, 11, 5, 2, tzinfo=UTC))
    return TODAY


@pytest.fixture
def rules(db):
    once("cadence rules", [CadenceRule], load_cadence_starters)


@pytest.fixture
def october(cast, rules, november):
    """The first branch held everything it owed with one absent, the second nothing; the committees met in full."""
    for kind in (MeetingKind.COMMITTEE_MEETING, MeetingKind.PARTY_DAY):
        hold(cast, cast.first, kind, date(2026, 10, 15), present=7)
    hold(cast, cast.office_branch, MeetingKind.PARTY_DAY, date(2026, 10, 16), present=6)
    for committee in (cast.city, cast.county, cast.town, cast.work_committee, cast.department):
        hold(cast, committee, MeetingKind.LEADING_MEETING, date(2026, 10, 12), key_due=8, key_done=8)
    return take_readings(OCTOBER)
