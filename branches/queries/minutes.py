"""The record of a stored meeting as plain values and as words."""

from django.utils import timezone

from branches.minutes import (
    AbsenceEntry,
    AgendaEntry,
    GuestEntry,
    Minutes,
    ResolutionEntry,
    VoteEntry,
    in_words,
)
from branches.models import Meeting, Organization
from branches.rosters import names_of

_VOTE_FIELDS = list(VoteEntry.__dataclass_fields__)


def minutes_of(meeting: Meeting) -> Minutes:
    """Return what the stored meeting says: six queries, fewer when its parts were prefetched."""
    return Minutes(
        kinds=meeting.kinds,
        title=meeting.title,
        held_on=meeting.held_on,
        started_at=meeting.started_at,
        ended_at=meeting.ended_at,
        place=meeting.place,
        chair_id=meeting.chair_id,
        recorder_id=meeting.recorder_id,
        group_id=meeting.group_id,
        lecturer=meeting.lecturer,
        lecture_topic=meeting.lecture_topic,
        lecture_hours=meeting.lecture_hours,
        absences=tuple(
            AbsenceEntry(each.member_id, each.reason, each.note) for each in meeting.absences.all()
        ),
        participants=tuple(each.member_id for each in meeting.participants.all()),
        guests=tuple(GuestEntry(each.name, each.title) for each in meeting.guests.all()),
        agenda=tuple(AgendaEntry(each.topic, each.discussion) for each in meeting.agenda.all()),
        resolutions=tuple(
            ResolutionEntry(each.text, each.owner_id, each.due_on) for each in meeting.resolutions.all()
        ),
        votes=tuple(
            VoteEntry(**{name: getattr(each, name) for name in _VOTE_FIELDS}) for each in meeting.votes.all()
        ),
    )


def words_of(*records: Minutes) -> list[dict[str, str]]:
    """Tell several records as label → text, with the names looked up together: at most two queries."""
    members, groups = set(), set()
    for minutes in records:
        members |= {minutes.chair_id, minutes.recorder_id, *minutes.participants}
        members |= {each.member_id for each in minutes.absences}
        members |= {each.owner_id for each in minutes.resolutions if each.owner_id}
        groups |= {minutes.group_id} - {None}
    names = names_of(members)
    labels = (
        dict(Organization.objects.filter(pk__in=groups).values_list("pk", "short_name")) if groups else {}
    )
    zone = timezone.get_current_timezone()
    return [in_words(minutes, names, labels, zone) for minutes in records]
