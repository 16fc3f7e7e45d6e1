"""What the system knows by itself (系统数据): which data there are, and what they say to the rules of a scheme.

An item whose source is the system's (`FILLED_IN`) is filled in: a rule with a name of its own (`fact`) by the datum of
that name, a rule without one by the item's `datum`. What is filled in may be disputed and is never typed again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from branches.choices import MeetingKind

from .choices import Measure
from .scoring import Entry, Item, Rule, Scheme, Source, Subject
from .scoring.kinds import Gives, kind_of
from .scoring.rules.marks import readers

#: Sources whose items the system fills in.
FILLED_IN = (Source.MEASURE, Source.MEETINGS, Source.DUTIES)
#: Rules under which an entry says whose it is, so that one for the whole unit says nothing.
_APART = ("ASSESSORS", "AVG_OVER")
#: Ends the code of a datum that is summed over everything below a committee, itself included.
SUBTREE = "_subtree"


class Shape(StrEnum):
    """What a datum is: how many of how many due, how many there are, or whether something is so."""

    SHARE = "share"
    NUMBER = "number"
    STATE = "state"


_GIVES = {
    Shape.SHARE: ("count", "due", "yes"),
    Shape.NUMBER: ("count", "value", "yes"),
    Shape.STATE: ("yes",),
}


@dataclass(frozen=True)
class Datum:
    """A datum as declared: `subjects` says whether of units, of officers, or of both; `meaning` how it is counted."""

    code: str
    label: str
    source: Source
    shape: Shape
    subjects: tuple[Subject, ...]
    meaning: str

    @property
    def gives(self) -> tuple[str, ...]:
        """The data of an entry it can fill, each only where a rule reads it."""
        return _GIVES[self.shape]

    @property
    def is_subtree(self) -> bool:
        """Whether it sums everything below a committee."""
        return self.code.endswith(SUBTREE)

    @property
    def own(self) -> str:
        """The code of the same datum of the unit alone."""
        return self.code.removesuffix(SUBTREE)


UNITS, PERSONS = (Subject.UNIT,), (Subject.PERSON,)
ANYBODY = (Subject.UNIT, Subject.PERSON)

_OF_DUTIES = (Measure.DUTIES, Measure.DUTIES_TIMELY, Measure.DEPLOYMENTS)
_OF_PERSONS = (Measure.ATTENDANCE, *_OF_DUTIES)


def _meetings() -> Iterator[Datum]:
    for kind in MeetingKind:
        yield Datum(
            kind.label,
            kind.label,
            Source.MEETINGS,
            Shape.SHARE,
            ANYBODY,
            "考核期内已确认的次数；应开次数和比例按频次规则。个人的是其主持或主讲的次数",
        )


def _measures() -> Iterator[Datum]:
    for measure in Measure:
        source = Source.DUTIES if measure in _OF_DUTIES else Source.MEASURE
        subjects = ANYBODY if measure in _OF_PERSONS else UNITS
        mine = "；个人的是本人的" if measure in _OF_PERSONS else ""
        yield Datum(
            measure.value,
            str(measure.label),
            source,
            Shape.SHARE,
            subjects,
            f"考核期各月现行读数中本单位的完成数与应完成数{mine}",
        )
        yield Datum(
            measure.value + SUBTREE,
            f"{measure.label}（含下级）",
            source,
            Shape.SHARE,
            UNITS,
            "考核期各月现行读数中本单位及以下全部单位的完成数与应完成数之和",
        )


_OTHERS = (
    Datum(
        "duties_overdue",
        "逾期责任事项",
        Source.DUTIES,
        Shape.NUMBER,
        ANYBODY,
        "考核期内到期而没有认可的责任事项；个人的是本人负责的",
    ),
    Datum(
        "duties_overdue_subtree",
        "逾期责任事项（含下级）",
        Source.DUTIES,
        Shape.NUMBER,
        UNITS,
        "本单位及以下全部单位考核期内到期而没有认可的责任事项",
    ),
    Datum(
        "committee_vacancy",
        "班子职务空缺满三个月",
        Source.MEASURE,
        Shape.NUMBER,
        UNITS,
        "有过任职记录、到考核期末空缺满三个月的班子职务数；从来没有登记过任职的不算",
    ),
    Datum(
        "committee_vacancy_subtree",
        "班子职务空缺满三个月（含下级）",
        Source.MEASURE,
        Shape.NUMBER,
        UNITS,
        "本单位及以下全部单位空缺满三个月的班子职务数",
    ),
    Datum(
        "term_overdue",
        "届满未换届",
        Source.MEASURE,
        Shape.NUMBER,
        UNITS,
        "到考核期末届满日期已过而没有换届；数值为超过的整年数",
    ),
    Datum(
        "term_overdue_subtree",
        "届满未换届的党组织（含下级）",
        Source.MEASURE,
        Shape.NUMBER,
        UNITS,
        "本单位及以下届满未换届的党组织数",
    ),
    Datum(
        "term_in_order",
        "按期换届",
        Source.MEASURE,
        Shape.STATE,
        UNITS,
        "到考核期末届满日期没有过；没有登记届满日期的不带入",
    ),
    Datum(
        "absences",
        "无故缺席",
        Source.MEETINGS,
        Shape.NUMBER,
        PERSONS,
        "考核期内本人应到而没有到、又没有请假的会议次数",
    ),
)

KNOWN: dict[str, Datum] = {each.code: each for each in (*_meetings(), *_measures(), *_OTHERS)}
_BY_LABEL = {each.label: each for each in reversed(KNOWN.values())}

#: Sizes of a unit that `per` of a rule may name, with what they count at the end of the period.
NUMBERS = {
    "党小组": "本单位的党小组数",
    "支部": "本单位及以下的党支部数",
    "党员": "本单位及以下的党员数",
    "班子成员": "本单位在任的班子成员数",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """What is known of one unit or officer for one datum.

    `count` of `due` as percentages are taken; meetings also say how many were `held` in the period, more than due
    included, how many each present group held (`by_group`), what was owed in the period (`owed`) and what would have
    been, had the unit stood and the rule applied all the time (`full`). `value` are years, `note` where it is from.
    """

    count: int = 0
    due: int | None = None
    held: int | None = None
    by_group: tuple[int, ...] | None = None
    owed: int = 0
    full: int = 0
    value: Decimal | None = None
    yes: bool | None = None
    note: str = ""


@dataclass(frozen=True)
class Wanted:
    """A fact of an item that the system fills in: the rules that read it, and the datum."""

    item: Item
    fact: str
    rules: tuple[Rule, ...]
    datum: Datum
    of_charges: bool = False


def find_datum(name: str, subject: Subject | None = None) -> Datum | None:
    """The datum of a code or of a Chinese label, if there is one (for this subject)."""
    found = KNOWN.get(name) or _BY_LABEL.get(name)
    return found if found and (subject is None or subject in found.subjects) else None


def datum_of(item: Item, rule: Rule, subject: Subject = Subject.UNIT) -> Datum | None:
    """What fills in the facts that `rule` of `item` reads; None when somebody has to enter them."""
    if item.source not in FILLED_IN:
        return None
    return find_datum(rule.fact or item.datum, subject)


def wanted(table: Scheme) -> list[Wanted]:
    """Everything in a table that the system fills in, in the order of the table."""
    found = []
    for line, item in table.items():
        nearby = [*line.rules, *item.rules]
        if item.source not in FILLED_IN or any(rule.kind in _APART for rule in nearby):
            continue
        of_charges = any(rule.kind == "CHAIN_WEIGHT" for rule in (*table.rules, *nearby))
        by_fact: dict[str, list[Rule]] = {}
        for rule in readers(item):
            by_fact.setdefault(rule.fact, []).append(rule)
        for fact, rules in by_fact.items():
            datum = datum_of(item, rules[0], table.subject)
            if datum and any(_says(rule, datum) for rule in rules):
                found.append(Wanted(item, fact, tuple(rules), datum, of_charges))
    return found


def filled_in(table: Scheme) -> set[tuple[str, str]]:
    """The facts that the system fills in, so that nobody is asked for them: (key of the item, fact)."""
    return {(each.item.key, each.fact) for each in wanted(table)}


def numbers_wanted(table: Scheme) -> set[str]:
    """The sizes of units that rules of the table multiply by, as far as the system knows them."""
    named = {rule.params.get("per") for _, item in table.items() for rule in item.rules}
    return {name for name in named if name in NUMBERS}


def wants_members(table: Scheme) -> bool:
    """Whether some rule is taken over the members of the leading body."""
    rules = [*table.rules]
    for line, item in table.items():
        rules += [*line.rules, *item.rules]
    return any(rule.kind == "AVG_OVER" for rule in rules)


def entry_of(want: Wanted, figure: Figure, numbers: Mapping[str, int], of: str = "") -> Entry | None:
    """The entry a figure makes for the rules that read it; None when it does not say what they all ask for."""
    said: dict = {}
    for rule in want.rules:
        for name, value in _said(rule, want.datum, figure, numbers).items():
            if said.setdefault(name, value) != value:
                return None
    if not said:
        return None
    entry = Entry(want.item.key, want.fact, of=of, note=figure.note, **said)
    for rule in want.rules:
        objection = kind_of(rule).objection
        if objection and objection(rule, entry):
            return None
    return entry


def _says(rule: Rule, datum: Datum) -> bool:
    """Whether the datum has something to say to the rule at all."""
    sample = Figure(count=1, due=1, held=1, owed=1, full=1, value=Decimal(1), yes=True)
    return bool(_said(rule, datum, sample, {}))


def _said(rule: Rule, datum: Datum, figure: Figure, numbers: Mapping[str, int]) -> dict:
    """The data of an entry that the rule reads, from a figure."""
    kind = kind_of(rule)
    reads = kind.reads
    if "level" in reads or "points" in reads:
        return {}
    if "yes" in reads:
        return _state(rule, datum, figure)
    if datum.shape is Shape.SHARE:
        if "due" not in reads:
            is_gain = "count" in reads and kind.gives is not Gives.LOSS
            return {"count": figure.count if figure.held is None else figure.held} if is_gain else {}
        if "value" in reads or figure.held is None:
            return {} if figure.due is None else {"count": figure.count, "due": figure.due}
        return _held(rule, figure, numbers)
    if datum.shape is Shape.NUMBER:
        if reads == ("value",):
            return {} if figure.value is None else {"value": figure.value}
        return {"count": figure.count} if rule.kind != "MISS_COUNT" else {}
    return {}


def _state(rule: Rule, datum: Datum, figure: Figure) -> dict:
    is_deduction = rule["p"] < 0
    match datum.shape:
        case Shape.SHARE:
            return {} if is_deduction or not figure.due else {"yes": figure.count >= figure.due}
        case Shape.NUMBER:
            return {"yes": figure.count > 0} if is_deduction else {}
        case Shape.STATE:
            return {} if is_deduction or figure.yes is None else {"yes": figure.yes}


def _held(rule: Rule, figure: Figure, numbers: Mapping[str, int]) -> dict:
    """Meetings for a rule that says itself how many are asked for.

    Each group counts for itself where the rule asks by group. A unit that did not stand all the time, or that the kind
    does not concern (no 支委会, no 党小组), owes its part of what the table asks, rounded down.
    """
    n, per = rule["n"], rule.params.get("per")
    groups = figure.by_group if per == "党小组" else None
    said = {"count": (figure.held or 0) if groups is None else sum(min(held, n) for held in groups)}
    if figure.owed < figure.full:
        asked = n * (numbers.get(per, 0) if per else 1)
        said["due"] = asked * figure.owed // figure.full
    return said
