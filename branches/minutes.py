"""会议记录 as plain values: what is entered, told again in words, and what differs between two of them.

Neither rows nor clock: forms make it, actions store it, corrections and conflicts compare it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .choices import AbsenceReason, MeetingKind
from .votes import Ballot, VoteRule


@dataclass(frozen=True)
class AbsenceEntry:
    member_id: int
    reason: str
    note: str = ""


@dataclass(frozen=True)
class GuestEntry:
    """列席: a name and, if known, unit and post."""

    name: str
    title: str = ""

    def __str__(self):
        return f"{self.name}（{self.title}）" if self.title else self.name


@dataclass(frozen=True)
class AgendaEntry:
    topic: str
    discussion: str = ""


@dataclass(frozen=True)
class ResolutionEntry:
    text: str
    owner_id: int | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class VoteEntry:
    """One vote as counted; the fields are those of `Ballot`, with its subject."""

    subject: str
    rule: str
    entitled: int
    present: int
    in_favour: int = 0
    against: int = 0
    abstained: int = 0
    written_in_favour: int = 0
    written_against: int = 0
    invalid: int = 0
    issued: int | None = None
    returned: int | None = None
    seats: int | None = None
    candidates: int | None = None
    is_differential: bool = True

    @property
    def ballot(self) -> Ballot:
        """The counts as the rules of voting read them."""
        return Ballot(
            rule=VoteRule(self.rule),
            entitled=self.entitled,
            present=self.present,
            in_favour=self.in_favour,
            against=self.against,
            abstained=self.abstained,
            written_in_favour=self.written_in_favour,
            written_against=self.written_against,
            issued=self.issued,
            returned=self.returned,
            invalid=self.invalid,
            seats=self.seats,
            candidates=self.candidates,
            differential=self.is_differential,
        )


@dataclass(frozen=True)
class Minutes:
    """Everything a meeting's record says, ids for rows. `kinds` is a mask of `MeetingKind`; times are aware."""

    kinds: int
    title: str
    held_on: date
    started_at: datetime
    ended_at: datetime
    place: str
    chair_id: int
    recorder_id: int
    group_id: int | None = None
    lecturer: str = ""
    lecture_topic: str = ""
    lecture_hours: Decimal | None = None
    absences: tuple[AbsenceEntry, ...] = ()
    participants: tuple[int, ...] = ()
    guests: tuple[GuestEntry, ...] = ()
    agenda: tuple[AgendaEntry, ...] = ()
    resolutions: tuple[ResolutionEntry, ...] = ()
    votes: tuple[VoteEntry, ...] = ()

    @property
    def kind_list(self) -> list[MeetingKind]:
        return MeetingKind.unpack(self.kinds)


@dataclass(frozen=True)
class Difference:
    """One field in which two records differ, in words; "" means nothing entered."""

    label: str
    before: str
    after: str


def default_title(kinds: list[MeetingKind], held_on: date) -> str:
    """Title of a meeting that was given none: 2026年10月主题党日、党课."""
    return f"{held_on.year}年{held_on.month}月{'、'.join(kind.label for kind in kinds)}"[:120]


def in_words(minutes: Minutes, names: Mapping[int, str], groups: Mapping[int, str], zone) -> dict[str, str]:
    """Tell the record as label → text, in the order of the page; `names` and `groups` are labels by id."""

    def name(member_id):
        return names.get(member_id, f"党员{member_id}") if member_id else ""

    started, ended = minutes.started_at.astimezone(zone), minutes.ended_at.astimezone(zone)
    hours = "" if minutes.lecture_hours is None else f"{minutes.lecture_hours.normalize():f}"
    return {
        "会议类型": "、".join(kind.label for kind in minutes.kind_list),
        "党小组": groups.get(minutes.group_id, "") if minutes.group_id else "",
        "会议名称": minutes.title,
        "召开日期": f"{minutes.held_on:%Y-%m-%d}",
        "开始时间": f"{started:%H:%M}",
        "结束时间": f"{ended:%H:%M}",
        "地点": minutes.place,
        "主持人": name(minutes.chair_id),
        "记录人": name(minutes.recorder_id),
        "授课人": minutes.lecturer,
        "党课内容": minutes.lecture_topic,
        "学时": hours,
        "缺席": "、".join(
            f"{name(each.member_id)}（{AbsenceReason(each.reason).label}{'，' + each.note if each.note else ''}）"
            for each in minutes.absences
        ),
        "参加人": "、".join(name(each) for each in minutes.participants),
        "列席人员": "、".join(str(each) for each in minutes.guests),
        "议题": "\n".join(
            f"{number}. {each.topic}{'：' + each.discussion if each.discussion else ''}"
            for number, each in enumerate(minutes.agenda, 1)
        ),
        "决议": "\n".join(
            f"{number}. {each.text}"
            + (f"（{name(each.owner_id)}）" if each.owner_id else "")
            + (f"，{each.due_on:%Y-%m-%d}前" if each.due_on else "")
            for number, each in enumerate(minutes.resolutions, 1)
        ),
        "表决": "\n".join(
            f"{number}. {_vote_in_words(each)}" for number, each in enumerate(minutes.votes, 1)
        ),
    }


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """The fields that differ between two records in words, in the order of `after`."""
    return [
        Difference(label, before.get(label, ""), text)
        for label, text in after.items()
        if before.get(label, "") != text
    ]


def _vote_in_words(vote: VoteEntry) -> str:
    parts = [
        f"应到有表决权{vote.entitled}",
        f"到会{vote.present}",
        f"赞成{vote.in_favour}",
        f"反对{vote.against}",
        f"弃权{vote.abstained}",
    ]
    for label, count in (
        ("书面赞成", vote.written_in_favour),
        ("书面反对", vote.written_against),
        ("发出选票", vote.issued),
        ("收回选票", vote.returned),
        ("无效票", vote.invalid),
        ("应选", vote.seats),
        ("候选人", vote.candidates),
    ):
        if count:
            parts.append(f"{label}{count}")
    if vote.rule == VoteRule.ELECTION and not vote.is_differential:
        parts.append("等额")
    return f"{vote.subject}（{VoteRule(vote.rule).label}）：{'，'.join(parts)}"
