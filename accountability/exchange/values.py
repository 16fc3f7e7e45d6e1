"""One value of a file at a time, the same in both formats: Chinese words or their codes, days, whole numbers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from accountability.choices import TEMPLATE_KINDS, CountedBy, EvidenceKind
from accountability.requirements import LARGEST_TARGET
from branches.choices import COMMITTEE_POSTS, Chain, Level, MeetingKind, OrganizationKind, Post
from branches.identity import CellError, normalize_cell, parse_date
from branches.imports.cells import text_of
from branches.periods import Interval

FIRST_YEAR, LAST_YEAR = 2019, 2099
#: Kinds, levels and posts that a template may be made for.
UNIT_KINDS = tuple(kind for kind in OrganizationKind if kind != OrganizationKind.GROUP)
BEARERS = (*COMMITTEE_POSTS, Post.LIAISON)

_IN_ANY_YEAR = re.compile(r"([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?", re.ASCII)
_BETWEEN = re.compile(r"[、，,;；\n]+")


@dataclass(frozen=True)
class YearlyDay:
    """A month and day without a year: it means the year of the template."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        """CellError "impossible_date" when the year has no such day."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            raise CellError("impossible_date", f"{year}年没有{self.month}月{self.day}日") from None


def text(limit: int) -> Callable[[object], str]:
    """A reader of text of at most `limit` characters, its lines ended alike."""

    def read(value):
        found = text_of(value).replace("\r\n", "\n").replace("\r", "\n")
        if len(found) > limit:
            raise CellError("too_long", f"内容有 {len(found)} 个字，最多 {limit} 个字")
        return found

    return read


def word(choices: Mapping[str, object]) -> Callable[[object], object]:
    """A reader of one of the given words."""
    known = {_plain(name): value for name, value in choices.items()}

    def read(value):
        if isinstance(value, bool):
            value = "是" if value else "否"
        found = normalize_cell(value)
        if _plain(found) not in known:
            raise CellError("unknown_word", f"“{found}”不在规定的选项内，应填：{_some(choices)}")
        return known[_plain(found)]

    return read


def word_list(choices: Mapping[str, object]) -> Callable[[object], list]:
    """A reader of several of the given words, between 、 or as a list; in the order of the choices, each once."""
    known = {_plain(name): value for name, value in choices.items()}

    def read(value):
        parts = value if isinstance(value, list) else _BETWEEN.split(normalize_cell(value))
        found = [normalize_cell(each) for each in parts]
        wrong = [each for each in found if each and _plain(each) not in known]
        if wrong:
            raise CellError("unknown_word", f"“{wrong[0]}”不在规定的选项内，应填：{_some(choices)}")
        chosen = {known[_plain(each)] for each in found if each}
        return [value for value in dict.fromkeys(choices.values()) if value in chosen]

    return read


def whole_number(first: int, last: int) -> Callable[[object], int]:
    def read(value):
        found = normalize_cell(value)
        if not (found.isascii() and found.isdecimal() and first <= int(found[:9]) <= last):
            raise CellError("bad_number", f"应填 {first} 到 {last} 之间的整数，现为“{found}”")
        return int(found)

    return read


def day(value: object) -> date | YearlyDay:
    """A day, or a month and day that mean the template's year."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str) and (found := _IN_ANY_YEAR.fullmatch(normalize_cell(value))):
        month, number = int(found[1]), int(found[2])
        if not (1 <= month <= 12 and 1 <= number <= 31):
            raise CellError("impossible_date", f"没有{month}月{number}日")
        return YearlyDay(month, number)
    return parse_date(value)


def kinds_mask(value: object) -> int:
    return MeetingKind.mask(_MEETINGS(value))


def _plain(name: str) -> str:
    """A word as it is compared: codes in any case, brackets of either width."""
    return name.replace("(", "（").replace(")", "）").upper()


def _some(choices) -> str:
    return "、".join([name for name in choices if not name.isascii()][:14])


def _labels(choices, **more) -> dict[str, object]:
    """Label → value and code → value."""
    return (
        {str(each.label): each.value for each in choices} | {each.name: each.value for each in choices} | more
    )


_INTERVALS = (
    {each.label: each.value for each in Interval}
    | {f"每{each.label}": each.value for each in Interval}
    | {each.value: each.value for each in Interval}
)
_COUNTS = _labels(CountedBy) | {
    "次数": CountedBy.HAND.value,
    "会议次数": CountedBy.MEETINGS.value,
    "谈话人数": CountedBy.PERSONS.value,
}
_YES = {"是": True, "否": False, "true": True, "false": False}
_MEETINGS = word_list({each.label: each for each in MeetingKind} | {each.name: each for each in MeetingKind})

#: Field of a template → how its value is read.
FACT_READERS: dict[str, Callable[[object], object]] = {
    "code": text(40),
    "title": text(120),
    "kind": word(_labels(TEMPLATE_KINDS)),
    "year": whole_number(FIRST_YEAR, LAST_YEAR),
    "organization_kinds": word_list(_labels(UNIT_KINDS)),
    "levels": word_list(_labels(Level)),
    "chain": word(_labels(Chain)),
    "posts": word_list(_labels(BEARERS)),
    "source": text(200),
}
#: Field of an item → how its value is read.
ITEM_READERS: dict[str, Callable[[object], object]] = {
    "heading": text(80),
    "content": text(500),
    "measure": text(500),
    "interval": word(_INTERVALS),
    "deadline": day,
    "counted_by": word(_COUNTS),
    "target": whole_number(1, LARGEST_TARGET),
    "meeting_kinds": kinds_mask,
    "evidence": word(_labels(EvidenceKind)),
    "is_common": word({"共性": True, "个性": False} | _YES),
    "is_negative": word(_YES),
    "legal_basis": text(200),
    "sunset_on": day,
}
#: What a value is when nothing is written; the article and the sunset follow from the template.
FACT_DEFAULTS = {"organization_kinds": [], "levels": [], "chain": "", "posts": [], "source": ""}
ITEM_DEFAULTS = {
    "measure": "",
    "deadline": None,
    "counted_by": "",
    "target": None,
    "meeting_kinds": 0,
    "evidence": EvidenceKind.OPTIONAL.value,
    "is_common": True,
    "is_negative": False,
}
