"""Writes simulated events as rows, in bulk: no forms, no history, no trail; for the demo and the benchmarks only."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from branches.choices import RECOGNISED_REASONS, Decision, MeetingKind, MeetingStatus
from branches.models import Absence, AgendaItem, Meeting, MeetingReview, Resolution
from branches.periods import Period

from .life import Event, moment

_SPACE = uuid.UUID("5f0c6a6e-6f0a-4a57-9d2b-000000000000")


def meeting_row(
    event: Event, *, author_id: int, chair_id: int, recorder_id: int, now: datetime, zone
) -> Meeting:
    """Return the unsaved meeting of `event`; it is confirmed some days later, or still waiting if that is not yet."""
    starts, ends = moment(event, zone)
    entered = max(starts + timedelta(hours=3), starts + (event.entered_on - event.held_on))
    confirmed = entered + timedelta(days=1 + len(event.absent) % 4, hours=2)
    is_confirmed = confirmed < now
    excused = {person.pk for person, reason in event.absent if reason in RECOGNISED_REASONS}
    absent = {person.pk for person, _reason in event.absent}
    expected_full = [person for person in event.people if person.is_full]
    keys = [person for person in event.people if person.is_key and person.pk not in excused]
    duals = [person for person in event.people if person.is_dual and person.pk not in excused]
    lecture = bool(event.kinds & MeetingKind.LECTURE)
    return Meeting(
        entry_key=uuid.uuid5(_SPACE, f"{event.unit.code}/{event.group}/{event.title}/{event.held_on}"),
        organization_id=event.unit.pk,
        group_id=event.group,
        kinds=event.kinds,
        title=event.title,
        held_on=event.held_on,
        period=Period.month_of(event.held_on).key,
        started_at=starts,
        ended_at=ends,
        place="党员活动室",
        chair_id=chair_id,
        recorder_id=recorder_id,
        lecturer="支部书记" if lecture else "",
        lecture_topic=event.topics[-1] if lecture else "",
        lecture_hours="1.5" if lecture else None,
        expected=len(event.people),
        present=len(event.people) - len(absent),
        excused=len(excused),
        expected_full=len(expected_full),
        present_full=sum(person.pk not in absent for person in expected_full),
        entitled=len(expected_full),
        key_due=len(keys),
        key_done=sum(person.pk not in absent for person in keys),
        dual_due=len(duals),
        dual_done=sum(person.pk not in absent for person in duals),
        status=MeetingStatus.CONFIRMED if is_confirmed else MeetingStatus.SUBMITTED,
        author_id=author_id,
        entered_on=timezone.localdate(entered),
        is_late_entry=(event.entered_on - event.held_on).days > 7,
        submitted_at=entered,
        confirmed_at=confirmed if is_confirmed else None,
        counted_from=confirmed if is_confirmed else None,
    )


@transaction.atomic
def write_events(
    pairs: Iterable[tuple[Event, Meeting]],
    *,
    reviewers: dict[int, tuple[int, int]] | None = None,
    batch: int = 2000,
) -> int:
    """Insert the meetings with what belongs to them and return how many.

    `reviewers` maps an organisation to (user, appointment) of the one who confirmed; without it, and for stand-in
    persons (negative keys), only the meetings are written.
    """
    pairs = list(pairs)
    Meeting.objects.bulk_create([meeting for _event, meeting in pairs], batch_size=batch)
    if reviewers is None:
        return len(pairs)
    Absence.objects.bulk_create(
        (
            Absence(meeting=meeting, member_id=person.pk, reason=reason)
            for event, meeting in pairs
            for person, reason in event.absent
        ),
        batch_size=batch,
    )
    AgendaItem.objects.bulk_create(
        (
            AgendaItem(meeting=meeting, number=number, topic=topic, discussion="与会同志结合实际作了发言。")
            for event, meeting in pairs
            for number, topic in enumerate(event.topics, start=1)
        ),
        batch_size=batch,
    )
    Resolution.objects.bulk_create(
        (
            Resolution(
                meeting=meeting,
                number=1,
                text=event.resolution,
                owner_id=event.people[len(event.topics[0]) % len(event.people)].pk,
                due_on=event.held_on + timedelta(days=21),
                done_on=event.held_on + timedelta(days=15) if len(event.absent) % 5 else None,
            )
            for event, meeting in pairs
            if event.resolution
        ),
        batch_size=batch,
    )
    MeetingReview.objects.bulk_create(
        (
            MeetingReview(
                meeting=meeting,
                decision=Decision.CONFIRMED,
                reviewer_id=reviewers[meeting.organization_id][0],
                appointment_id=reviewers[meeting.organization_id][1],
                decided_at=meeting.confirmed_at,
            )
            for _event, meeting in pairs
            if meeting.confirmed_at and meeting.organization_id in reviewers
        ),
        batch_size=batch,
    )
    return len(pairs)
