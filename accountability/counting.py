"""What the meetings of a unit amount to for a countable item, and when it had enough of them; plain values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from branches.choices import MeetingKind
from branches.periods import Period

from .choices import CountedBy

#: Meetings called by name in a summary; the page lists them all.
MOST_NAMED = 6


@dataclass(frozen=True)
class Bearer:
    """Whose own meetings count for a personal duty; of a predecessor those held before the day of the handover."""

    member_id: int | None
    name: str
    before: date | None = None


@dataclass(frozen=True)
class Ask:
    """What one term counts: `bearers` is None where everything the unit held counts."""

    counted_by: str
    target: int
    meeting_kinds: int
    window: Period
    bearers: tuple[Bearer, ...] | None = None


@dataclass(frozen=True)
class Held:
    """One confirmed meeting of the unit; `persons` are the members named in it, the chair perhaps among them."""

    pk: int
    held_on: date
    kinds: int
    chair_id: int
    lecturer: str = ""
    persons: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Counting:
    """The count with what it rests on: `meetings` (keys, oldest first) each added to it, `repeats` added nothing.

    `reached_on` is the day on which the target was reached, None while it has not been.
    """

    number: int
    target: int
    meetings: tuple[int, ...] = ()
    repeats: int = 0
    reached_on: date | None = None

    @property
    def is_short(self) -> bool:
        return self.number < self.target

    @property
    def lacking(self) -> int:
        return max(self.target - self.number, 0)


def count(ask: Ask, held: Iterable[Held]) -> Counting:
    """Count the meetings, or the distinct persons talked with, that fulfil what is asked."""
    counts_persons = ask.counted_by == CountedBy.PERSONS
    kinds = MeetingKind.TALK if counts_persons else ask.meeting_kinds
    number, repeats, reached_on = 0, 0, None
    meetings, seen = [], set()
    for each in sorted(held, key=lambda one: (one.held_on, one.pk)):
        if not each.kinds & kinds or each.held_on not in ask.window or not _is_theirs(ask, each):
            continue
        persons = each.persons - {each.chair_id} - seen
        seen |= persons
        added = len(persons) if counts_persons else 1
        if not added:
            repeats += 1
            continue
        number += added
        meetings.append(each.pk)
        if reached_on is None and number >= ask.target:
            reached_on = each.held_on
    return Counting(number, ask.target, tuple(meetings), repeats, reached_on)


def _is_theirs(ask, held) -> bool:
    """Whether a bearer chaired it, or gave the lecture when it is a 党课 and no talk."""
    if ask.bearers is None:
        return True
    lectures = ask.counted_by == CountedBy.MEETINGS and held.kinds & MeetingKind.LECTURE
    return any(
        (each.before is None or held.held_on < each.before)
        and (held.chair_id == each.member_id or (lectures and each.name and held.lecturer == each.name))
        for each in ask.bearers
    )


def in_words(counted_by: str, counting: Counting, window: Period, events: Sequence[tuple[date, str]]) -> str:
    """The count as sentences a person may go on with; `events` are (day, title) of the meetings it rests on.

    Where it falls short, the last words ask for the reason.
    """
    unit = "人" if counted_by == CountedBy.PERSONS else "次"
    if counted_by == CountedBy.PERSONS:
        text = f"{window.label}与{counting.number}人谈心谈话"
    else:
        text = f"{window.label}召开{counting.number}次"
    named = "、".join(f"{day.month}月{day.day}日“{title}”" for day, title in events[:MOST_NAMED])
    text += (f"：{named}{'等' if len(events) > MOST_NAMED else ''}" if named else "") + "。"
    return f"{text}\n还差{counting.lacking}{unit}，原因：" if counting.is_short else text


def gives_a_reason(summary: str) -> bool:
    """Whether the words say why it fell short: something follows “原因”."""
    return any(part.strip("：:，。； \n\r\t为是在于") for part in summary.split("原因")[1:])
