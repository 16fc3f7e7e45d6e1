"""What a scoring table asks people for, and what is wrong with an answer, said at its field. Plain values only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from accountability import scoring
from accountability.scoring import Entry, Facts, Group, Item, Line, Rule, Scheme, Source, Unit
from accountability.scoring.numbers import ZERO, divide, plain

#: Kinds of which an item has one answer; of all others every occurrence is an entry of its own.
SINGLE = frozenset(
    {"BOOL", "LEVEL", "STEP", "PER_PP", "MISS_COUNT", "RATIO_TO_BEST", "RANK_STEP", "RANK_LINEAR"}
)
#: Kinds that read a figure: a value, or so many of so many.
FIGURES = frozenset({"STEP", "PER_PP", "RATIO_TO_BEST", "RANK_STEP", "RANK_LINEAR"})
DATA = ("yes", "level", "points", "value", "count", "due")


@dataclass(frozen=True)
class Ask:
    """One fact of an item that somebody may state: the rules that read it and what surrounds them.

    `assessors` are the names in the nearest ASSESSORS; `conditions` those of MULT; `of_members` and `of_charges` say
    about whom it may be, `asks_of` that it must say about whom, `asks_by` that it must name its assessor.
    """

    line: Line
    item: Item
    fact: str
    rules: tuple[Rule, ...]
    assessors: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    has_matter: bool = False
    of_members: bool = False
    of_charges: bool = False
    asks_of: bool = False
    asks_by: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its rules."""
        return frozenset(rule.kind for rule in self.rules)

    @property
    def sentences(self) -> list[str]:
        """The rules in words."""
        return [scoring.KINDS[rule.kind].sentence(rule) for rule in self.rules]

    @property
    def fields(self) -> tuple[str, ...]:
        """The data its form asks for, in the order of `DATA`; of a level given once nobody asks how often."""
        read = {name for rule in self.rules for name in scoring.KINDS[rule.kind].reads}
        if "LEVEL" in self.kinds:
            read.discard("count")
        return tuple(name for name in DATA if name in read)

    @property
    def is_single(self) -> bool:
        """Whether it has one answer."""
        return any(
            rule.kind in SINGLE or (rule.kind == "DISCRETION" and rule["several"] == "mean")
            for rule in self.rules
        )

    def is_asked_of_unit(self, is_known: bool) -> bool:
        """Whether the unit itself states it: what is entered by hand, and what the system does not know after all."""
        others = (Source.ASSESSOR, Source.SUPERVISION)
        return not is_known and not self.asks_by and self.item.source not in others

    @property
    def is_owed(self) -> bool:
        """Whether it is listed as 未填 when nobody states it."""
        return self.line.role is not scoring.Role.BONUS and any(
            scoring.KINDS[rule.kind].asks for rule in self.rules
        )

    @property
    def levels(self) -> dict[str, Decimal]:
        """The levels to choose from with their points."""
        found: dict[str, Decimal] = {}
        for rule in self.rules:
            found |= rule.params.get("levels") or rule.params.get("tiers") or {}
        return found

    @property
    def range(self) -> tuple[Decimal, Decimal] | None:
        """The lowest and the highest points of 酌情."""
        bounds = [(rule["from"], rule["to"]) for rule in self.rules if rule.kind == "DISCRETION"]
        return bounds[0] if bounds else None

    @property
    def asks_reason(self) -> bool:
        """Whether points must come with a reason."""
        return any(rule.kind == "DISCRETION" and rule["reason"] for rule in self.rules)

    @property
    def required(self) -> int | None:
        """How many are required in the period, when that does not depend on the unit."""
        for rule in self.rules:
            if rule.kind == "MISS_COUNT" and not rule.params.get("per"):
                return rule["n"]
        return None

    def objections(self, entry: Entry) -> dict[str, str]:
        """What is wrong with an answer, by the field it is wrong in."""
        if not entry.applies:
            return {} if entry.reason.strip() else {"reason": "请写明为什么不适用。"}
        found = {}
        if "yes" in self.fields and entry.yes is None:
            found["yes"] = "请选择是或否。"
        if self.levels and entry.level not in self.levels:
            found["level"] = f"请在{'、'.join(self.levels)}中选一档。"
        if self.range:
            low, high = self.range
            if entry.points is None:
                found["points"] = f"请评{plain(low)}到{plain(high)}分。"
            elif not low <= entry.points <= high:
                found["points"] = f"应在{plain(low)}到{plain(high)}分之间，不能是{plain(entry.points)}分。"
            if self.asks_reason and not entry.reason.strip():
                found["reason"] = "酌情评分请写明理由。"
        if self.kinds & FIGURES:
            found |= _figure(entry, is_share="PER_PP" in self.kinds)
        elif "value" in self.fields and entry.value is None:
            found["value"] = "请填写数值。"
        elif "count" in self.fields and not self.levels and entry.count is None:
            found["count"] = "请填写数量，没有的填 0。"
        if self.asks_of and not entry.of:
            found["of"] = "请选择是哪一位（哪个单位）的。"
        if self.asks_by and entry.by not in self.assessors:
            found["by"] = "请选择是哪一方的评价。"
        return found


def _figure(entry: Entry, is_share: bool) -> dict[str, str]:
    if entry.value is not None and (entry.count is not None or entry.due is not None):
        return {"value": "百分比（数值）与完成数只填一种。"}
    if entry.value is None and entry.count is None:
        return {"value": "请填数值，或填完成数与应完成数。"}
    if entry.value is None and entry.due is None and is_share:
        return {"due": "请填应完成数，系统据此计算比例。"}
    return {}


def asks_of(scheme: Scheme) -> list[Ask]:
    """What the table asks for, fact by fact in the order of the table."""
    return [ask for line, item in scheme.items() for ask in _asks(scheme, line, item)]


def _asks(scheme: Scheme, line: Line, item: Item) -> Iterator[Ask]:
    nearby = [*item.rules, *line.rules]
    everywhere = [*nearby, *scheme.rules]
    weights = [rule["weights"] for rule in everywhere if rule.kind == "ASSESSORS"]
    kinds = {rule.kind for rule in everywhere}
    reading: dict[str, list[Rule]] = {}
    for rule in item.rules:
        if scoring.KINDS[rule.kind].group in (Group.MARK, Group.PEER):
            reading.setdefault(rule.fact, []).append(rule)
    for fact, rules in reading.items():
        yield Ask(
            line=line,
            item=item,
            fact=fact,
            rules=tuple(rules),
            assessors=tuple(weights[0]) if weights else (),
            conditions=tuple(dict.fromkeys(rule["condition"] for rule in everywhere if rule.kind == "MULT")),
            has_matter="MAX_ONLY" in kinds,
            of_members="AVG_OVER" in kinds,
            of_charges="CHAIN_WEIGHT" in kinds,
            asks_of=any(rule.kind == "AVG_OVER" for rule in nearby),
            asks_by=any(rule.kind == "ASSESSORS" for rule in nearby),
        )


def find_ask(scheme: Scheme, item: str, fact: str = "") -> Ask | None:
    """The ask of a fact; without a fact the first of the item."""
    found = [ask for line, each in scheme.items() if each.key == item for ask in _asks(scheme, line, each)]
    return next((ask for ask in found if ask.fact == fact), found[0] if found and not fact else None)


def objections(scheme: Scheme, unit: Unit, entry: Entry, beside: Iterable[Entry] = ()) -> dict[str, str]:
    """What is wrong with an entry of a unit beside what is stated already, by field; "" for the whole of it.

    The unit's own entries are not looked at. What the form cannot say at a field, `scoring.check_facts` says.
    """
    ask = find_ask(scheme, entry.item, entry.fact)
    if ask is None:
        return {"": "这张表里没有这一项。"}
    found = ask.objections(entry)
    if found:
        return found
    beside = list(beside)
    if not entry.applies and beside:
        return {"reason": "这一项已经填了事实；请先撤销，再写不适用。"}
    if entry.applies and any(not each.applies for each in beside):
        return {"": "这一项已写明不适用；请先撤销，再填事实。"}
    unit = replace(unit, entries=(*beside, entry), adjustments=(), expected=None)
    place, title = f".entry[{len(unit.entries)}]", f"评价项“{ask.item.title}”"
    for problem in scoring.check_facts(scheme, Facts((unit,))):
        is_together = problem.message_zh.startswith(title) and not problem.field.endswith(".numbers")
        if problem.field.endswith(place) or is_together:
            return {"": problem.message_zh}
    return {}


def words(entry: Entry) -> str:
    """What an entry says, in a few words."""
    if not entry.applies:
        return "不适用"
    said = []
    if entry.yes is not None:
        said.append("是" if entry.yes else "否")
    if entry.level:
        said.append(entry.level + (f" {entry.count}" if entry.count not in (None, 1) else ""))
    if entry.points is not None:
        said.append(f"{plain(entry.points)}分")
    if entry.value is not None:
        said.append(plain(entry.value))
    if entry.count is not None and not entry.level:
        said.append(f"{entry.count}／{entry.due}" if entry.due is not None else f"计 {entry.count}")
    return "，".join(said) or "计 1"


def pooled(ask: Ask, entries: Iterable[Entry]) -> list[Entry]:
    """What several assessors of one body stated about one fact, as the engine is to read it.

    Levels are ballots and 酌情 points are marks, of which the engine takes the exact mean itself. Where a rule adds up
    (酌情 with several = "sum") or takes one figure (a value), the assessors' mean is one entry, carried to 30 places.
    """
    entries = list(entries)
    adds_up = any(rule.kind == "DISCRETION" and rule["several"] == "sum" for rule in ask.rules)
    name = "points" if adds_up else "value" if "value" in ask.fields else ""
    given = [each for each in entries if name and getattr(each, name) is not None]
    if len(given) < 2:
        return entries
    mean = divide(sum((getattr(each, name) for each in given), ZERO), Decimal(len(given)))
    notes = "；".join(each.reason for each in given if each.reason)
    one = replace(
        given[0], **{name: mean}, reason=notes[:500], note=f"{len(given)}人评价，取平均", evidence=()
    )
    return [one, *(each for each in entries if each not in given)]
