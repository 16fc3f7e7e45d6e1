"""What the paper record says, line by line; the page, the print and the Word file show the same."""

from dataclasses import dataclass

from django.utils import timezone

from branches.choices import AbsenceReason
from branches.models import Meeting
from branches.rosters import EXPECTED_LABELS, Person, people_on
from branches.votes import VoteRule

_WEEKDAYS = "一二三四五六日"
_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True)
class Mark:
    """One person of the roster of the day: present, or why not."""

    name: str
    note: str
    absence: str

    @property
    def is_present(self) -> bool:
        return not self.absence


@dataclass(frozen=True)
class RecordSheet:
    """A record in words. `facts` are pairs of label and text; `attendance` the roster of the day with its marks."""

    facts: list[tuple[str, str]]
    attendance: list[Mark]
    expected_label: str
    attendance_words: str
    absence_words: str
    guest_words: str
    votes: list[tuple[str, str]]
    resolutions: list[str]


def record_sheet(meeting: Meeting) -> RecordSheet:
    """Put a record (see `queries.meetings.meeting_record`) into words. Two queries for the roster of the day."""
    roster = people_on(meeting.organization, meeting.held_on).roster(meeting.kinds, meeting.group_id)
    is_invited = roster.expected_from == "invited"
    absences = {each.member_id: each for each in meeting.absences.all()}
    if is_invited:
        people = [
            Person(each.member_id, each.member.name, True, False) for each in meeting.participants.all()
        ]
    else:
        known = roster.ids
        # Who was absent stays on the sheet even when the roster of that day was put right afterwards.
        late = [Person(pk, each.member.name, True, False) for pk, each in absences.items() if pk not in known]
        people = [*roster.people, *late]
    return RecordSheet(
        facts=_facts(meeting),
        attendance=[Mark(each.name, each.note, _absence(absences.get(each.member_id))) for each in people],
        expected_label=EXPECTED_LABELS[roster.expected_from],
        attendance_words=f"参加 {len(people)} 人" if is_invited else _attendance(meeting),
        absence_words="、".join(f"{each.member.name}（{_absence(each)}）" for each in meeting.absences.all()),
        guest_words="、".join(
            f"{each.name}（{each.title}）" if each.title else each.name for each in meeting.guests.all()
        ),
        votes=[(each.subject, _vote(each)) for each in meeting.votes.all()],
        resolutions=[_resolution(each) for each in meeting.resolutions.all()],
    )


def when_in_words(meeting: Meeting) -> str:
    """2026年10月3日（星期六）14:00—16:00."""
    zone = timezone.get_current_timezone()
    day = meeting.held_on
    started, ended = meeting.started_at.astimezone(zone), meeting.ended_at.astimezone(zone)
    return (
        f"{day.year}年{day.month}月{day.day}日（星期{_WEEKDAYS[day.weekday()]}）{started:%H:%M}—{ended:%H:%M}"
    )


def chinese_number(number: int) -> str:
    """一 to 九十九, for headings."""
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def _facts(meeting):
    facts = [
        ("党组织", meeting.organization.name),
        ("党小组", meeting.group.short_name if meeting.group else ""),
        ("会议类型", "、".join(meeting.kind_labels)),
        ("时间", when_in_words(meeting)),
        ("地点", meeting.place),
        ("主持人", meeting.chair.name),
        ("记录人", meeting.recorder.name),
        ("授课人", meeting.lecturer),
        ("党课内容", meeting.lecture_topic),
        ("学时", f"{meeting.lecture_hours.normalize():f}" if meeting.lecture_hours else ""),
    ]
    return [(label, text) for label, text in facts if text]


def _attendance(meeting):
    words = f"应到 {meeting.expected} 人，实到 {meeting.present} 人"
    if meeting.expected_full != meeting.expected:
        words += (
            f"（其中正式党员应到 {meeting.expected_full} 人、实到 {meeting.present_full} 人，"
            f"预备党员应到 {meeting.expected - meeting.expected_full} 人、实到 {meeting.present - meeting.present_full} 人）"
        )
    return words + (f"，有表决权的党员 {meeting.entitled} 人" if meeting.votes.all() else "")


def _absence(absence):
    if absence is None:
        return ""
    return AbsenceReason(absence.reason).label + (f"，{absence.note}" if absence.note else "")


def _vote(vote):
    parts = [
        VoteRule(vote.rule).label,
        f"应到有表决权 {vote.entitled} 人，到会 {vote.present} 人",
        f"赞成 {vote.in_favour}，反对 {vote.against}，弃权 {vote.abstained}",
    ]
    if vote.written_in_favour or vote.written_against:
        parts.append(f"书面赞成 {vote.written_in_favour}，书面反对 {vote.written_against}")
    if vote.issued is not None or vote.returned is not None:
        parts.append(f"发出选票 {vote.issued or 0} 张，收回 {vote.returned or 0} 张，无效 {vote.invalid} 张")
    if vote.passed is not None:
        parts.append("通过" if vote.passed else "未通过")
    return "；".join(parts)


def _resolution(resolution):
    words = resolution.text
    if resolution.owner:
        words += f"（责任人：{resolution.owner.name}）"
    if resolution.due_on:
        words += f"，{resolution.due_on.year}年{resolution.due_on.month}月{resolution.due_on.day}日前完成"
    return words
