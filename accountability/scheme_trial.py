"""A trial of a scoring table on one unit: inputs for what its rules read, and the facts that are made of them.

What the system knows is taken unless something is typed over it. Nothing is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from .scheme_tables import told
from .scoring import (
    Adjustment,
    AdjustmentKind,
    Entry,
    Facts,
    Item,
    Line,
    Result,
    Rule,
    Scheme,
    Unit,
    check_facts,
    check_scheme,
    evaluate,
)
from .scoring.kinds import Group, kind_of
from .scoring.numbers import ONE, plain
from .scoring.rules.marks import readers
from .scoring.shapes import FACTOR, NUMBER, POINTS, TIMES, WIDTH, Shape


def alone(table: Scheme, key: str) -> Scheme:
    """A table of one item, scored as it is in the whole: its points are the total."""
    rules = tuple(rule for rule in table.rules if kind_of(rule).group in (Group.CHANGE, Group.SHARE))
    lines = tuple(
        replace(line, items=(item,), weight=ONE, floor=None, cap=None)
        for line, item in table.items()
        if item.key == key
    )
    return replace(table, lines=lines, rules=rules, grades=(), floor=POINTS.read(-1_000_000), cap=None)


#: Stands for the members of the leading body where none are known.
MEMBERS = ("班子成员",)
REASON = "试算"
_GRADES = {
    "DIRECT_GRADE": AdjustmentKind.TITLE,
    "VETO": AdjustmentKind.VETO,
    "DOWNGRADE": AdjustmentKind.DOWNGRADE,
}
_YES = (("yes", "是"), ("no", "否"))


@dataclass
class Input:
    """One input: how it reads, what is typed, what is known without it, and what was wrong."""

    name: str
    label: str
    reads: str
    raw: str = ""
    sentence: str = ""
    options: Sequence[tuple[str, str]] = ()
    hint: str = ""
    known: str = ""
    error: str = ""

    @property
    def is_tick(self) -> bool:
        """Whether it is a tick."""
        return self.reads == "tick"


@dataclass
class ItemInputs:
    """An item with its inputs."""

    item: Item
    inputs: list[Input] = field(default_factory=list)


@dataclass
class LineInputs:
    """A line with its items."""

    line: Line
    items: list[ItemInputs] = field(default_factory=list)


class Trial:
    """The inputs of a table, filled from `data`, and what comes out for the unit.

    `known` are the entries, sizes and members that the system has of it.
    """

    def __init__(
        self,
        table: Scheme,
        name: str,
        *,
        data: Mapping[str, str] | None = None,
        entries: Iterable[Entry] = (),
        numbers: Mapping[str, int] | None = None,
        members: Sequence[str] = (),
    ):
        self.table, self.name, self.data = table, name, data or {}
        self.numbers, self.members = dict(numbers or {}), tuple(members) or MEMBERS
        self.known: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            self.known.setdefault((entry.item, entry.fact), []).append(entry)
        self.entries: list[Entry] = []
        self.sizes = self._sizes()
        self.lines = [self._line(at, line) for at, line in enumerate(table.lines)]
        self.group, self.coefficient = self._totals()
        self.extras = self._extras()
        self.problems = [told(table, problem) for problem in check_scheme(table) if problem.blocks]
        self.result: Result | None = None
        if not self.problems and not any(each.error for each in self.inputs):
            self._evaluate()

    @property
    def inputs(self) -> list[Input]:
        """All of them."""
        found = [each for line in self.lines for item in line.items for each in item.inputs]
        found += [*self.sizes, *self.extras]
        return found + [each for each in (self.group, self.coefficient) if each]

    @property
    def is_alone(self) -> bool:
        """Whether something is compared with other units, which a trial has none of."""
        rules = [*self.table.rules]
        for line, item in self.table.items():
            rules += [*line.rules, *item.rules]
        return any(kind_of(rule).group is Group.PEER or rule.kind == "QUOTA" for rule in rules)

    # inputs

    def _input(self, name: str, label: str, reads: str, **facts: Any) -> Input:
        return Input(name, label, reads, self.data.get(name, "").strip(), **facts)

    def _line(self, at: int, line: Line) -> LineInputs:
        found = LineInputs(line)
        for place, item in enumerate(line.items):
            rows = ItemInputs(item)
            for number, rule in enumerate(readers(item)):
                self._rule(rows, f"e-{at}-{place}-{number}", line, item, rule)
            found.items.append(rows)
        return found

    def _rule(self, rows: ItemInputs, name: str, line: Line, item: Item, rule: Rule) -> None:
        """The inputs of one rule, one set for each assessor, and the entries they make."""
        shares = [*self.table.rules, *line.rules, *item.rules]
        assessors = [each for other in shares if other.kind == "ASSESSORS" for each in other["weights"]]
        is_earlier = any(other.fact == rule.fact for other in readers(item)[: int(name.rpartition("-")[2])])
        if is_earlier:
            return
        known = self.known.get((item.key, rule.fact), [])
        for number, by in enumerate(assessors or [""]):
            label = " · ".join(part for part in (by, rule.fact or kind_of(rule).label) if part)
            each = self._reading(f"{name}-{number}", label, rule)
            each.sentence = kind_of(rule).sentence(rule)
            each.known = "；".join(_said(entry) for entry in known)
            rows.inputs.append(each)
            typed = self._value(each, rule)
            conditions = self._conditions(rows, f"{name}-{number}", label, rule, shares)
            if typed is not None:
                self._add(line, item, rule, by, typed)
                for condition, count in conditions:
                    self._add(line, item, rule, by, {"count": count}, (condition,))
        if known and all(not each.raw for each in rows.inputs if each.known):
            self.entries += known

    def _reading(self, name: str, label: str, rule: Rule) -> Input:
        reads = kind_of(rule).reads
        if "level" in reads:
            levels = rule.params.get("levels") or rule.params["tiers"]
            return self._input(
                name, label, "level", options=[(each, f"{each}（{plain(levels[each])}）") for each in levels]
            )
        if "yes" in reads:
            return self._input(name, label, "yes", options=_YES)
        if "points" in reads:
            return self._input(name, label, "points", hint=f"{plain(rule['from'])}～{plain(rule['to'])}分")
        if reads == ("value",):
            return self._input(name, label, "value", hint="年数")
        if "value" in reads:
            return self._input(name, label, "figure", hint="数值，或 17/20")
        if "due" in reads:
            return self._input(name, label, "held", hint="实有次数，或 10/12")
        return self._input(name, label, "count", hint="次数")

    def _conditions(self, rows, name, label, rule, shares) -> list[tuple[str, int]]:
        """How many of the occurrences fall under a condition that multiplies them."""
        if kind_of(rule).reads != ("count",):
            return []
        found = []
        for number, other in enumerate(each for each in shares if each.kind == "MULT"):
            each = self._input(f"{name}-c{number}", f"另有{other['condition']}的", "count", hint="次数")
            rows.inputs.append(each)
            typed = self._value(each, rule)
            if typed is not None:
                found.append((other["condition"], typed["count"]))
        return found

    def _value(self, each: Input, rule: Rule) -> dict[str, Any] | None:
        """What was typed as the data of an entry; None when nothing was or it is wrong."""
        if not each.raw:
            return None
        try:
            return _parsed(each, rule)
        except ValueError as wrong:
            each.error = f"{wrong}。"
            return None

    def _add(self, line, item, rule, by, values, flags=()) -> None:
        nearby = [*line.rules, *item.rules]
        owners = self.members if any(each.kind == "AVG_OVER" for each in nearby) else [""]
        reason = {"reason": REASON} if "points" in values else {}
        for of in owners:
            self.entries.append(
                Entry(item.key, rule.fact, by=by, of=of, flags=tuple(flags), **values, **reason)
            )

    def _sizes(self) -> list[Input]:
        names = dict.fromkeys(
            rule.params["per"]
            for _, item in self.table.items()
            for rule in item.rules
            if rule.params.get("per")
        )
        found = []
        for place, name in enumerate(names):
            each = self._input(f"n-{place}", f"{name}数", "count", hint="个数")
            each.known = str(self.numbers[name]) if name in self.numbers else ""
            try:
                self.numbers[name] = TIMES.read(_whole(each.raw)) if each.raw else self.numbers.get(name, 1)
            except ValueError as wrong:
                each.error = f"{wrong}。"
            found.append(each)
        return found

    def _totals(self) -> tuple[Input | None, Input | None]:
        rules = self.table.of_kind("COEFF")
        if not rules:
            return None, None
        groups = rules[0]["groups"] or {}
        group = self._input("group", "组别", "level", options=[(name, name) for name in groups])
        coefficient = self._input("coefficient", "难度系数", "factor", hint="不填按组别")
        return (group if groups else None), coefficient

    def _extras(self) -> list[Input]:
        """Additions and deductions beside the items, and what decides on the grade."""
        found = [
            self._input("bonus", "另加分", "width", hint="分"),
            self._input("deduction", "另扣分", "width", hint="分"),
        ]
        for number, rule in enumerate(self.table.rules):
            if rule.kind in _GRADES:
                label = f"{_GRADES[rule.kind].label}：{rule['condition']}"
                found.append(self._input(f"a-{number}", label, "tick"))
        return found

    # result

    def _evaluate(self) -> None:
        coefficient = self._number(self.coefficient, FACTOR) if self.coefficient else None
        adjustments = tuple(self._adjustments())
        if any(each.error for each in self.inputs):
            return
        unit = Unit(
            id="trial",
            name=self.name,
            group=self.group.raw if self.group else "",
            coefficient=coefficient,
            numbers=self.numbers,
            members=self.members,
            entries=tuple(self.entries),
            adjustments=adjustments,
        )
        facts = Facts((unit,))
        self.problems = [problem.message_zh for problem in check_facts(self.table, facts) if problem.blocks]
        if not self.problems:
            (self.result,) = evaluate(self.table, facts).results

    def _number(self, each: Input, shape: Shape) -> Decimal | None:
        try:
            return shape.read(each.raw) if each.raw else None
        except ValueError as wrong:
            each.error = f"{wrong}。"
            return None

    def _adjustments(self) -> Iterable[Adjustment]:
        for each in self.extras:
            if not each.raw:
                continue
            if each.reads == "width":
                kind = AdjustmentKind.BONUS if each.name == "bonus" else AdjustmentKind.DEDUCTION
                yield Adjustment(kind, REASON, points=self._number(each, WIDTH))
            else:
                rule = self.table.rules[int(each.name.partition("-")[2])]
                yield Adjustment(_GRADES[rule.kind], REASON, condition=rule["condition"])


def _parsed(each: Input, rule: Rule) -> dict[str, Any]:
    raw = each.raw.removesuffix("%").removesuffix("％").removesuffix("分").strip()
    match each.reads:
        case "level":
            if raw not in [value for value, _ in each.options]:
                raise ValueError("没有这一档")
            return {"level": raw}
        case "yes":
            return {"yes": raw == "yes"}
        case "points":
            points = POINTS.read(raw)
            if not rule["from"] <= points <= rule["to"]:
                raise ValueError(f"应在 {plain(rule['from'])} 到 {plain(rule['to'])} 之间")
            return {"points": points}
        case "value":
            value = NUMBER.read(raw)
            if value < 0:
                raise ValueError("不能为负")
            return {"value": value}
        case "figure" | "held" if "/" in raw:
            done, _, due = raw.partition("/")
            return {"count": TIMES.read(_whole(done)), "due": TIMES.read(_whole(due))}
        case "figure":
            value = NUMBER.read(raw)
            if rule.kind == "RATIO_TO_BEST" and value < 0:
                raise ValueError("不能为负")
            return {"value": value}
    return {"count": TIMES.read(_whole(raw))}


def _whole(text: str) -> int:
    text = text.strip()
    if not text.lstrip("-").isdecimal() or len(text) > 12:
        raise ValueError("应为整数")
    return int(text)


def _said(entry: Entry) -> str:
    """A known entry in a few words."""
    if not entry.applies:
        return "不适用"
    if entry.due is not None:
        return f"{entry.times}/{entry.due}"
    if entry.count is not None:
        return str(entry.count)
    if isinstance(entry.value, Decimal):
        return plain(entry.value)
    if entry.yes is not None:
        return "是" if entry.yes else "否"
    return entry.level or entry.note
