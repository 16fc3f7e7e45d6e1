"""Terms of countable duties and what was held for them, straight in the database."""

from datetime import date

from accountability.choices import CountedBy, DutyKind
from accountability.models import Duty, DutyList, DutyRecord
from branches.choices import MeetingKind, MeetingStatus
from branches.models import Participant
from branches.periods import Interval, Period
from tests.accountability.conftest import NOW
from tests.branches.test_cadence import hold


def owe(
    organization,
    *,
    owner=None,
    is_personal=True,
    due_on=date(2026, 12, 31),
    year=None,
    kind=DutyKind.PRINCIPAL,
    **facts,
):
    """Owe one term of a duty as the unit, or as its officer `owner`; return the record.

    `year` keeps several lists of one unit apart.
    """
    duty_list = DutyList.objects.create(
        title="责任清单",
        kind=kind,
        year=year or due_on.year,
        organization=organization,
        appointment=owner if is_personal else None,
        issuer=organization.parent or organization,
        issued_on=date(2026, 1, 5),
    )
    values = {
        "heading": "专题研究",
        "content": "研究全面从严治党。",
        "interval": Interval.HALF,
        "counted_by": CountedBy.MEETINGS,
        "target": 2,
        "meeting_kinds": int(MeetingKind.SPECIAL_STUDY),
    }
    duty = Duty.objects.create(
        duty_list=duty_list, organization=organization, owner=owner, number=1, **values | facts
    )
    return DutyRecord.objects.create(
        duty=duty,
        organization=organization,
        period=Period.month_of(due_on).key,
        due_on=due_on,
        is_deployment=kind == DutyKind.DEPLOYMENT,
        opened_at=NOW,
    )


def talk(organization, chair, persons, held_on, status=MeetingStatus.CONFIRMED, kinds=MeetingKind.TALK):
    """Log a talk of `chair` with `persons`."""
    meeting = hold(organization, kinds, held_on, status)
    meeting.chair = chair
    meeting.save()
    Participant.objects.bulk_create(Participant(meeting=meeting, member=each) for each in persons)
    return meeting
