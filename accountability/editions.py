"""What a template says as plain values: frozen for a version, laid beside another edition, told apart word by word."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher

from branches.choices import Chain, Level, MeetingKind, OrganizationKind, Post
from branches.periods import Interval

from .choices import CountedBy, DutyKind, EvidenceKind
from .similarity import similarity

#: The facts of a template that its versions keep, with their words.
FACTS = {
    "code": "编号",
    "title": "名称",
    "kind": "责任类别",
    "year": "年度",
    "organization_kinds": "适用组织类别",
    "levels": "适用层级",
    "chain": "适用链条",
    "posts": "下发给担任这些职务的人",
    "source": "依据",
}
#: The fields of an item, in the order in which they are read; `key` and `number` stand beside them.
ITEM = {
    "heading": "条目",
    "content": "责任内容",
    "measure": "落实要求",
    "interval": "周期",
    "deadline": "完成期限",
    "counted_by": "计数方式",
    "target": "每期至少",
    "meeting_kinds": "计入的会议类型",
    "evidence": "佐证",
    "is_common": "共性或个性",
    "is_negative": "负面清单",
    "legal_basis": "依据条款",
    "sunset_on": "日落日期",
}
DAYS = ("deadline", "sunset_on")
#: Fields whose change opens or ends terms; a change of the others changes what open terms ask for.
TIMING = ("interval", "deadline", "is_negative", "sunset_on")
#: From here on two items of different editions are taken for one that was reworded.
ALIKE = 0.4

_TOKEN = re.compile(r"[0-9A-Za-z]+|.", re.DOTALL)
_LISTS = {"organization_kinds": OrganizationKind, "levels": Level, "posts": Post}
_CHOICES = {
    "interval": dict(Interval.choices()),
    "counted_by": dict(CountedBy.choices),
    "evidence": dict(EvidenceKind.choices),
    "kind": dict(DutyKind.choices),
    "chain": {"": "不限"} | dict(Chain.choices),
    "is_common": {True: "共性", False: "个性"},
    "is_negative": {True: "是", False: "否"},
}


def freeze(values: Mapping) -> dict:
    """The same values with days as ISO text, as JSON keeps them."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def thaw(values: Mapping) -> dict:
    """What `freeze` was given."""
    return {
        name: date.fromisoformat(value) if name in DAYS and value else value for name, value in values.items()
    }


def words(name: str, value) -> str:
    """A value of a template or an item as people read it."""
    if name in _LISTS:
        return "、".join(_LISTS[name](each).label for each in value) or "不限"
    if name == "meeting_kinds":
        return "、".join(kind.label for kind in MeetingKind.unpack(value))
    if name in _CHOICES:
        return str(_CHOICES[name].get(value, value))
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Segment:
    """A stretch of text: `kind` is same, gone or new."""

    kind: str
    text: str


@dataclass(frozen=True)
class FieldDifference:
    name: str
    label: str
    segments: list[Segment]


@dataclass(frozen=True)
class ItemDifference:
    """One item that is new, gone or changed between two editions, with its number in each."""

    kind: str
    heading: str
    before: Mapping | None
    after: Mapping | None
    fields: list[FieldDifference] = field(default_factory=list)

    @property
    def number_before(self) -> int | None:
        return self.before["number"] if self.before else None

    @property
    def number_after(self) -> int | None:
        return self.after["number"] if self.after else None

    @property
    def changes_timing(self) -> bool:
        return any(each.name in TIMING for each in self.fields)


@dataclass(frozen=True)
class Difference:
    """What is different in the later of two editions; `kept` items say the same in both."""

    facts: list[FieldDifference]
    items: list[ItemDifference]
    kept: int
    is_reordered: bool

    def __bool__(self) -> bool:
        return bool(self.facts or self.items or self.is_reordered)

    def of(self, kind: str) -> list[ItemDifference]:
        return [each for each in self.items if each.kind == kind]

    @property
    def added(self) -> list[ItemDifference]:
        return self.of("added")

    @property
    def removed(self) -> list[ItemDifference]:
        return self.of("removed")

    @property
    def changed(self) -> list[ItemDifference]:
        return self.of("changed")


def compare(before: Mapping, after: Mapping, *, across_years: bool = False) -> Difference:
    """Lay two editions {"facts": …, "items": […]} side by side; both frozen.

    `across_years`: two yearly editions, where the year itself and days moved along with it are no difference.
    """
    facts = [
        _field(name, label, before["facts"].get(name), after["facts"].get(name))
        for name, label in FACTS.items()
        if before["facts"].get(name) != after["facts"].get(name) and not (across_years and name == "year")
    ]
    shift = after["facts"]["year"] - before["facts"]["year"] if across_years else 0
    items, kept, places = [], 0, []
    for old, new in match(before["items"], after["items"]):
        if old is None:
            items.append(ItemDifference("added", new["heading"], None, new))
            continue
        if new is None:
            items.append(ItemDifference("removed", old["heading"], old, None))
            continue
        places.append(old["number"])
        fields = [
            _field(name, label, old.get(name), new.get(name))
            for name, label in ITEM.items()
            if _differs(name, old.get(name), new.get(name), shift)
        ]
        if fields:
            items.append(ItemDifference("changed", new["heading"], old, new, fields))
        else:
            kept += 1
    return Difference(facts, items, kept, places != sorted(places))


def match(before: Sequence[Mapping], after: Sequence[Mapping]) -> list[tuple[Mapping | None, Mapping | None]]:
    """Pairs of items that are the same one in two editions, in the order of the later; then what is gone.

    The same item by its key, else by its words, else by its heading, else by words that are much alike.
    """
    pairs: dict[int, Mapping] = {}
    old, new = list(before), list(enumerate(after))
    for identity in (
        lambda item: item.get("key"),
        lambda item: (item["heading"], item["content"]),
        lambda item: item["heading"],
    ):
        known: dict[object, list[Mapping]] = {}
        for item in old:
            if identity(item) is not None:
                known.setdefault(identity(item), []).append(item)
        for place, item in new:
            if found := known.get(identity(item)):
                pairs[place] = found.pop(0)
        taken = {id(item) for item in pairs.values()}
        old = [item for item in old if id(item) not in taken]
        new = [(place, item) for place, item in new if place not in pairs]
    alike = sorted(
        (
            (-likeness, place, position)
            for place, item in new
            for position, other in enumerate(old)
            if (likeness := similarity(_said(item), _said(other))) >= ALIKE
        ),
    )
    gone = set()
    for _, place, position in alike:
        if place not in pairs and position not in gone:
            pairs[place] = old[position]
            gone.add(position)
    rest = [item for position, item in enumerate(old) if position not in gone]
    return [(pairs.get(place), item) for place, item in enumerate(after)] + [(item, None) for item in rest]


def segments(before: str, after: str) -> list[Segment]:
    """The later text with what is gone from the earlier one, in the order of reading."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    found: list[Segment] = []
    for tag, start, end, at, to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Segment("same", "".join(old[start:end])))
            continue
        if end > start:
            found.append(Segment("gone", "".join(old[start:end])))
        if to > at:
            found.append(Segment("new", "".join(new[at:to])))
    return _joined(found)


def _joined(found: list[Segment]) -> list[Segment]:
    """A single character that happens to be the same between two changes belongs to both of them."""
    joined: list[Segment] = []
    gone = fresh = ""
    for place, each in enumerate(found):
        is_inside = 0 < place < len(found) - 1
        if each.kind == "gone":
            gone += each.text
        elif each.kind == "new":
            fresh += each.text
        elif is_inside and len(each.text) == 1:
            gone += each.text
            fresh += each.text
        else:
            joined += _change(gone, fresh)
            gone = fresh = ""
            joined.append(each)
    return joined + _change(gone, fresh)


def _change(gone: str, fresh: str) -> Iterable[Segment]:
    return [segment for segment in (Segment("gone", gone), Segment("new", fresh)) if segment.text]


def _field(name, label, old, new) -> FieldDifference:
    if name in ("heading", "content", "measure", "legal_basis", "title", "source"):
        return FieldDifference(name, label, segments(words(name, old), words(name, new)))
    return FieldDifference(name, label, list(_change(words(name, old) or "无", words(name, new) or "无")))


def _differs(name, old, new, shift) -> bool:
    if name in DAYS and shift and old and new:
        # A day carried over to the next year is the same day.
        return old[5:] != new[5:] or int(new[:4]) - int(old[:4]) not in (0, shift)
    return old != new


def _said(item: Mapping) -> str:
    return f"{item['heading']}{item['content']}"


def edition_of(template, items: Iterable) -> dict:
    """A template and its items as one frozen edition {"facts": …, "items": …}; anything with their attributes."""
    return {
        "facts": {name: getattr(template, name) for name in FACTS},
        "items": [
            {"key": item.pk, "number": number} | freeze({name: getattr(item, name) for name in ITEM})
            for number, item in enumerate(items, start=1)
        ],
    }
