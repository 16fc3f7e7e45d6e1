"""What the page is filled with before anybody types: from the last meeting, from a stored record, from a draft."""

import uuid
from datetime import date

from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from branches.choices import MeetingKind
from branches.minutes import Minutes
from branches.models import Meeting

_VOTE_COUNTS = (
    "entitled",
    "present",
    "in_favour",
    "against",
    "abstained",
    "written_in_favour",
    "written_against",
    "issued",
    "returned",
    "invalid",
    "seats",
    "candidates",
)


def blank_page(today: date, *, last: Meeting | None, kinds=(), group=None) -> MultiValueDict:
    """A new record: today, with time, place, chair and recorder of the last meeting."""
    typed = MultiValueDict()
    typed["entry_key"] = str(uuid.uuid4())
    typed.setlist("kinds", [str(int(kind)) for kind in kinds])
    typed["held_on"] = today.isoformat()
    if group:
        typed["group"] = str(group)
    if last is not None:
        typed["starts"], typed["ends"] = _clock(last.started_at), _clock(last.ended_at)
        typed["place"] = last.place
        typed["chair"], typed["recorder"] = str(last.chair_id), str(last.recorder_id)
    return typed


def copied_page(minutes: Minutes, today: date) -> MultiValueDict:
    """A new record after an old one: its kinds, hours, place, people, topics and guests; what was said is new."""
    typed = stored_page(minutes, entry_key=uuid.uuid4(), version="")
    typed["held_on"] = today.isoformat()
    for name in [
        name for name in typed if name.startswith(("absent", "reason-", "note-", "resolution-", "vote-"))
    ]:
        typed.pop(name)
    for name in [name for name in typed if name.startswith("agenda-") and name.endswith("-discussion")]:
        typed[name] = ""
    typed["title"] = typed["lecture_topic"] = ""
    return typed


def stored_page(minutes: Minutes, *, entry_key, version) -> MultiValueDict:
    """A stored record as it would have been typed."""
    typed = MultiValueDict()
    typed["entry_key"], typed["version"] = str(entry_key), str(version)
    typed.setlist("kinds", [str(int(kind)) for kind in MeetingKind.unpack(minutes.kinds)])
    typed["group"] = str(minutes.group_id or "")
    typed["title"], typed["place"] = minutes.title, minutes.place
    typed["held_on"] = minutes.held_on.isoformat()
    typed["starts"], typed["ends"] = _clock(minutes.started_at), _clock(minutes.ended_at)
    typed["chair"], typed["recorder"] = str(minutes.chair_id), str(minutes.recorder_id)
    typed["lecturer"], typed["lecture_topic"] = minutes.lecturer, minutes.lecture_topic
    typed["lecture_hours"] = "" if minutes.lecture_hours is None else str(minutes.lecture_hours)
    typed["guests"] = "、".join(str(guest) for guest in minutes.guests)
    typed.setlist("absent", [str(each.member_id) for each in minutes.absences])
    typed.setlist("participants", [str(each) for each in minutes.participants])
    for each in minutes.absences:
        typed[f"reason-{each.member_id}"], typed[f"note-{each.member_id}"] = each.reason, each.note
    _rows(typed, "agenda", [{"topic": each.topic, "discussion": each.discussion} for each in minutes.agenda])
    _rows(
        typed,
        "resolution",
        [
            {
                "text": each.text,
                "owner": str(each.owner_id or ""),
                "due_on": each.due_on.isoformat() if each.due_on else "",
            }
            for each in minutes.resolutions
        ],
    )
    votes = []
    for each in minutes.votes:
        row = {"subject": each.subject, "rule": each.rule}
        row |= {
            name: "" if getattr(each, name) is None else str(getattr(each, name)) for name in _VOTE_COUNTS
        }
        votes.append(row | ({} if each.is_differential else {"is_equal": "on"}))
    _rows(typed, "vote", votes)
    return typed


def _rows(typed, prefix, rows):
    typed[f"{prefix}-TOTAL_FORMS"] = str(max(1, len(rows)))
    for number, row in enumerate(rows):
        for name, text in row.items():
            typed[f"{prefix}-{number}-{name}"] = text


def _clock(moment) -> str:
    return f"{moment.astimezone(timezone.get_current_timezone()):%H:%M}"
