"""评分明细 as people read it: the table of the scheme beside what a result says of every line and item.

Plain values only: a scheme, and a result as `scoring.Result.as_dict()` wrote it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accountability.scoring import KINDS, Item, Line, Role, Scheme, Source
from accountability.scoring.numbers import shown, signed

_ON_THE_WAY = ("adjustment", "limit", "coefficient", "scale", "rank", "round", "share", "veto")
_COMING_ON_TOP = ("adjustment", "limit", "round", "veto")


@dataclass(frozen=True)
class ItemRow:
    """One item: its points, its rule in words, and the steps they came from as a result of its own.

    `scored` is None while points are not shown. `rows` are added by whoever knows the facts.
    """

    item: Item
    line: Line
    points: str
    rule: str
    scored: Mapping[str, Any] | None
    missing: list[str]
    rows: list = field(default_factory=list)
    objections: list = field(default_factory=list)

    @property
    def full(self) -> str:
        """Its full marks."""
        return "" if self.item.full is None else shown(self.item.full)

    @property
    def source(self) -> str:
        """Where its facts come from."""
        return self.item.source.label

    @property
    def is_assessed(self) -> bool:
        """Whether assessors give its points."""
        return self.item.source is Source.ASSESSOR

    @property
    def why(self) -> str:
        """The steps in words, one a line."""
        parts = self.scored["explanation"]["parts"] if self.scored else ()
        return "\n".join(line for part in parts for line in _in_lines(part))

    @property
    def lost(self) -> bool:
        """Whether something is missing from the full marks, or was taken off."""
        if not self.points:
            return False
        points = Decimal(self.points)
        return points < 0 if self.item.full is None else points < self.item.full


@dataclass(frozen=True)
class LineRow:
    """One line with its items; `notes`: what became of their sum, as where it was capped or not scored at all."""

    line: Line
    points: str
    items: list[ItemRow]
    notes: list[str]

    @property
    def full(self) -> str:
        """Its full marks."""
        return "" if self.line.full is None else shown(self.line.full)

    @property
    def role(self) -> str:
        """加分项 or 扣分项; nothing for what is scored ordinarily."""
        return "" if self.line.role is Role.BASE else self.line.role.label

    @property
    def weight(self) -> str:
        """Its weight, when it has one."""
        return "" if self.line.weight == 1 else shown(self.line.weight)


@dataclass(frozen=True)
class OnTheWay:
    """What became of the sum of the lines on its way to the total."""

    label: str
    points: str
    because: str


@dataclass(frozen=True)
class Sheet:
    """A result by lines and items, what happened to the total afterwards, how the grade came about, what is missing."""

    lines: list[LineRow]
    way: list[OnTheWay]
    grading: list[Mapping[str, Any]]
    missing: list[str]

    def items(self) -> Iterator[ItemRow]:
        """Every item."""
        for line in self.lines:
            yield from line.items


def sheet_of(scheme: Scheme, result: Mapping[str, Any] | None) -> Sheet:
    """The sheet of a result; without one, or as long as points are not shown, the table alone."""
    steps = _steps_of_items(result["explanation"]) if result else {}
    points = result["items"] if result else {}
    lines = [
        LineRow(
            line,
            shown(Decimal(result["lines"].get(line.key, "0"))) if result else "",
            [
                ItemRow(
                    item,
                    line,
                    shown(Decimal(points[item.key])) if item.key in points else "",
                    "；".join(rules_in_words(item)),
                    _scored(steps[item.key]) if item.key in steps else None,
                    [_name(each) for each in result["missing"] if each["item"] == item.key] if result else [],
                )
                for item in line.items
            ],
            list(_notes(result["explanation"], line.key)) if result else [],
        )
        for line in scheme.lines
    ]
    return Sheet(
        lines,
        list(_way(result["explanation"])) if result else [],
        result["grading"] if result else [],
        [_name(each) for each in result["missing"]] if result else [],
    )


def rules_in_words(item: Item) -> list[str]:
    """The rules of an item, each in one sentence."""
    return [(f"{rule.fact}：" if rule.fact else "") + KINDS[rule.kind].sentence(rule) for rule in item.rules]


def _steps_of_items(step: Mapping, path: tuple[str, ...] = ()) -> dict[str, list]:
    """The steps beneath every item by its key; scored several times, those of each time under its name."""
    if step["what"] == "item":
        parts = [_joined(_without_facts(part)) for part in step.get("parts", ())]
        if path:
            parts = [{**step, "what": "share", "label": "，".join(path), "parts": parts}]
        return {step["key"]: parts}
    found: dict[str, list] = {}
    inside = (*path, step["label"]) if step["what"] == "share" else path
    for part in step.get("parts", ()):
        for key, steps in _steps_of_items(part, inside).items():
            found.setdefault(key, []).extend(steps)
    return found


def _notes(step: Mapping, line: str, path: tuple[str, ...] = ()) -> Iterator[str]:
    """What is said of a line beside its items; each time it was scored, when that was several times."""
    if step["what"] == "item":
        return
    if step["what"] == "line":
        if step["key"] == line:
            parts = step.get("parts", ())
            said = [_in_words(part) for part in parts if part["what"] not in ("item", "share")]
            if not parts and "because" in step:
                said.append(step["because"])
            yield from (f"{'，'.join(path)}：{words}" if path else words for words in said)
        return
    inside = (*path, step["label"]) if step["what"] == "share" else path
    for part in step.get("parts", ()):
        yield from _notes(part, line, inside)


def _joined(step: Mapping) -> Mapping:
    """A rule with the only mark it gave, as one step: the rule itself stands beside the item."""
    parts = step.get("parts", ())
    if step["what"] == "rule" and len(parts) == 1 and "parts" not in parts[0]:
        return {**parts[0], "label": step["label"]}
    return step


def _without_facts(step: Mapping) -> Mapping:
    """The step without the facts it was read from: they stand beside it, as far as they are open to see."""
    kept = {name: value for name, value in step.items() if name not in ("facts", "parts")}
    parts = [_without_facts(part) for part in step.get("parts", ())]
    return kept | {"parts": parts} if parts else kept


def _scored(parts: list) -> Mapping:
    return {
        "explanation": {"what": "sum", "key": "sum", "label": "", "points": "0", "parts": parts},
        "grading": [],
        "missing": [],
    }


def _way(step: Mapping) -> Iterator[OnTheWay]:
    if step["what"] in ("line", "item"):
        return
    for part in step.get("parts", ()):
        yield from _way(part)
    if step["what"] in _ON_THE_WAY:
        value = Decimal(step["points"])
        yield OnTheWay(
            step["label"],
            signed(value) if step["what"] in _COMING_ON_TOP else shown(value),
            _factor(step) + step.get("because", ""),
        )


def _in_lines(step: Mapping, depth: int = 0) -> Iterator[str]:
    """The steps in words, those beneath a step further in."""
    parts = step.get("parts", ())
    yield "　" * depth + _in_words(step)
    for part in parts:
        yield from _in_lines(part, depth + 1)


def _in_words(step: Mapping) -> str:
    return f"{step['label']} {signed(Decimal(step['points']))} {step.get('because', '')}".strip()


def _factor(step: Mapping) -> str:
    times = f"× {step['times']}" if "times" in step else ""
    over = f" ÷ {step['over']}" if "over" in step else ""
    return f"{times}{over} ".lstrip() if times or over else ""


def _name(missing: Mapping) -> str:
    return " · ".join(missing[name] for name in ("share", "title", "fact") if missing.get(name))


def fact_in_words(entry) -> str:
    """What an entry says, apart from who, when and on which evidence; `entry` has the fields of `scoring.Entry`."""
    words = []
    if not entry.applies:
        words.append("不适用")
    if entry.due is not None:
        words.append(f"应{entry.due}，实{1 if entry.count is None else entry.count}")
    elif entry.count is not None:
        words.append(f"{entry.count}次")
    if entry.value is not None:
        words.append(shown(entry.value))
    if entry.level:
        words.append(entry.level)
    if entry.points is not None:
        words.append(f"{shown(entry.points)}分")
    if entry.yes is not None:
        words.append("是" if entry.yes else "否")
    words += entry.flags
    for lead, value in (
        ("对象 ", entry.of),
        ("事项 ", entry.matter),
        ("理由：", entry.reason),
        ("", entry.note),
    ):
        if value:
            words.append(f"{lead}{value}")
    told = "，".join(words) or "1次"
    return f"{entry.fact}：{told}" if entry.fact else told
