"""A typed form for every kind of rule, made from its declaration: numbers, words, and rows of label → points.

Nobody writes a formula. What a rule says is rendered into cells, and the cells read back as the same rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accountability.choices import AssessorRole
from accountability.scoring import KINDS, Group, Kind, Param, Place, Refused, Rule, Scheme, rule_of
from accountability.scoring.checks import written_at
from accountability.scoring.files import parse
from accountability.scoring.numbers import HUNDRED, divide, plain
from accountability.scoring.schemes import Role
from accountability.scoring.shapes import (
    BANDS,
    FACTOR,
    FACTORS_BY,
    FLAG,
    FROM_ONE,
    NUMBER,
    ONE_IN,
    PERCENT,
    PERCENT_BY,
    PLACES,
    POINTS,
    POINTS_BY,
    SHARE,
    SHARES_BY,
    STEPS,
    STEPS_DOWN,
    TEXT,
    TEXTS,
    TIMES,
    TIMES_BY,
    WIDTH,
    Shape,
)

MOST_ROWS = 60
SPARE_ROWS = 2
MORE_ROWS = 5

_WHOLE = (TIMES, FROM_ONE, STEPS_DOWN, PLACES)
_SUFFIX = {SHARE: "%", PERCENT: "%", FACTOR: "倍", STEPS_DOWN: "档", TIMES: "", FROM_ONE: ""}
_VALUES = {
    POINTS_BY: (POINTS, "分值"),
    SHARES_BY: (SHARE, "权重（%）"),
    PERCENT_BY: (PERCENT, "最多（%）"),
    TIMES_BY: (TIMES, "最多几个"),
    ONE_IN: (FROM_ONE, "每几个一个"),
    FACTORS_BY: (FACTOR, "系数"),
}
_NAMES = {POINTS_BY: "档次", SHARES_BY: "评价方", FACTORS_BY: "组别"}

#: What is to be known about a parameter beyond its name.
_HELP = {
    "fact": "一项里有几条规则时，用来区分各条看哪一种事实，如“支委会”；只有一条的可以不填。",
    "per": "如“党小组”：有两个小组的单位，应有次数按两倍算。不填即不成倍。",
    "cap": "不填即不另设上限。",
    "condition": "如“催办后仍未完成”；登记事实时可以勾选。",
    "of": "不填即只由人登记；选了就在得分低于所填分数时自动触发。",
    "groups": "不填即各单位一样。",
}
_HELP_OF = {
    ("BOOL", "p"): "填负数的，发生一次就扣这么多。",
    ("SCALE", "of"): "",
    ("VETO", "condition"): "如“发生安全责任事故”。",
    ("DIRECT_GRADE", "condition"): "如“获省级以上先进基层党组织”。",
    ("DOWNGRADE", "condition"): "如“巡察整改不到位”。",
    ("LEVEL", "levels"): "如 好 20、较好 15、一般 10、差 0。",
    ("TIERED", "tiers"): "如 镇 2、县 4、市 6、省 10。",
    ("STEP", "steps"): "起点本身属于这一段，如 95 以上 10 分、85 以上 8 分；低于最低一段的不得分。",
    (
        "CUTOFF",
        "bands",
    ): "分数线本身属于这一等次。上限可以不填，填了只用来核对有没有重叠和空档；最低一等不用填。",
    ("GATE", "lines"): "由低到高。",
    ("ASSESSORS", "weights"): "各方权重合计为 100%。",
    ("QUOTA", "shares"): "三种写法可以只用一种，都写的取最少的；不限名额的等次不填。",
}


@dataclass
class Cell:
    """One input: its name in the form, what is in it, what was wrong with it."""

    name: str
    label: str
    shape: Shape
    raw: str = ""
    required: bool = True
    options: list[tuple[str, str]] | None = None
    suggestions: list[str] = field(default_factory=list)
    help: str = ""
    error: str = ""

    @property
    def is_flag(self) -> bool:
        """Whether it is a tick."""
        return self.shape is FLAG

    @property
    def is_number(self) -> bool:
        """Whether digits are expected."""
        return self.shape is not TEXT and not self.options and not self.is_flag

    @property
    def suffix(self) -> str:
        """The unit behind the number."""
        if not self.is_number:
            return ""
        return _SUFFIX.get(self.shape, "" if self.shape is NUMBER else "分")

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The options, with one that is not among them any more but is what stands there."""
        options = list(self.options or ())
        if self.raw and self.raw not in [value for value, _ in options]:
            options.append((self.raw, self.raw))
        return options

    def read(self) -> Any:
        """The value; None when nothing was entered or it is wrong, which is noted."""
        if self.is_flag:
            return bool(self.raw)
        if not self.raw.strip():
            if self.required:
                self.error = "请选择。" if self.options is not None else "请填写。"
            return None
        try:
            return decoded(self.shape, self.raw)
        except ValueError as wrong:
            self.error = f"{wrong}。"
            return None


@dataclass
class Rows:
    """A table of inputs, one row of it an entry of the parameter."""

    name: str
    label: str
    headings: list[str]
    rows: list[list[Cell]]
    help: str = ""
    error: str = ""

    @property
    def cells(self) -> Iterable[Cell]:
        """All its inputs."""
        for row in self.rows:
            yield from row


def encoded(shape: Shape, value: Any) -> str:
    """A value as it stands in an input; shares as percent."""
    if value is None or value == "":
        return ""
    if shape is FLAG:
        return "on" if value else ""
    if shape is SHARE:
        return plain(value * HUNDRED)
    return plain(value) if isinstance(value, (Decimal, int)) else str(value)


def decoded(shape: Shape, raw: str) -> Any:
    """What an input says; `ValueError` in the user's words."""
    text = raw.strip()
    if shape is TEXT or shape.choices:
        return shape.read(text)
    text = text.removesuffix("分").strip()
    bare = text.removesuffix("%").removesuffix("％").strip()
    if bare != text and shape is FACTOR:
        return FACTOR.read(plain(divide(NUMBER.read(bare), HUNDRED)))
    if bare != text and shape not in (SHARE, PERCENT, NUMBER, WIDTH):
        raise ValueError("这里不填百分比")
    text = bare
    if shape in _WHOLE:
        try:
            number = int(text)
        except ValueError as error:
            raise ValueError("应为整数") from error
        return shape.read(number)
    if shape is SHARE:
        return SHARE.read(divide(PERCENT.read(text), HUNDRED).normalize())
    return shape.read(text)


class RuleForm:
    """The form of one kind at one place of a table; unbound it shows `rule`, bound it reads `data`."""

    def __init__(
        self,
        kind: Kind,
        place: Place,
        table: Scheme,
        *,
        rule: Rule | None = None,
        data: Mapping[str, str] | None = None,
        more: bool = False,
    ):
        self.kind, self.place, self.table = kind, place, table
        self.is_bound, self._data, self._more = data is not None, data or {}, more
        self.errors: list[str] = []
        self.rule: Rule | None = None
        params = rule.params if rule is not None else {}
        self.parts: list[Cell | Rows] = []
        for param in kind.params_at(place):
            value = params.get(param.name, None if param.is_required else param.default)
            if kind.name == "GATE" and param.name == "grades":
                continue
            if param.shape in _VALUES or param.shape in (STEPS, BANDS, TEXTS):
                self.parts.append(self._rows(param, value, params))
            else:
                self.parts.append(self._cell(param, value))

    @property
    def data(self) -> dict[str, str]:
        """What a browser sends back when nothing is touched."""
        cells = [cell for part in self.parts for cell in (part.cells if isinstance(part, Rows) else [part])]
        return {cell.name: cell.raw for cell in cells if cell.raw or not cell.is_flag}

    @property
    def has_rows(self) -> bool:
        """Whether rows can be added."""
        return any(isinstance(part, Rows) for part in self.parts)

    def is_valid(self) -> bool:
        """Read the rule; False when something is wrong, which then stands at its input."""
        params: dict[str, Any] = {}
        for part in self.parts:
            params |= self._read_rows(part) if isinstance(part, Rows) else {part.name: part.read()}
        if any(
            part.error or (isinstance(part, Rows) and any(cell.error for cell in part.cells))
            for part in self.parts
        ):
            return False
        try:
            self.rule = rule_of(
                self.kind.name,
                self.place,
                **{name: _toml(value) for name, value in params.items() if value is not None},
            )
        except Refused as refused:
            self.errors = [problem.message_zh for problem in refused.problems]
        return not self.errors

    # simple parameters

    def _cell(self, param: Param, value: Any) -> Cell:
        options: list[tuple[str, str]] | None = None
        if param.shape.choices:
            words = param.shape.words or param.shape.choices
            options = list(zip(param.shape.choices, words, strict=True))
        elif param.name == "grade":
            options = [(grade, grade) for grade in self.table.grades]
        elif (self.kind.name, param.name) == ("VETO", "of"):
            options = [(line.key, f"分类：{line.title}") for line in self.table.lines]
            options += [(item.key, item.title) for _, item in self.table.items()]
        name = param.name
        raw = self._data.get(name, "") if self.is_bound else encoded(param.shape, value)
        help_text = _HELP_OF.get((self.kind.name, name), _HELP.get(name, ""))
        return Cell(name, param.label, param.shape, raw, param.is_required, options, help=help_text)

    # parameters of several rows

    def _rows(self, param: Param, value: Any, params: Mapping[str, Any]) -> Rows:
        columns = self._columns(param)
        written = self._written(param, value, params)
        if not self.is_bound and self._is_by_grade(param):
            named = {row[0] for row in written}
            written += [
                (grade, *[None] * (len(columns) - 1)) for grade in self.table.grades if grade not in named
            ]
            count = max(len(written), SPARE_ROWS)
        else:
            count = len(written) + SPARE_ROWS if written else SPARE_ROWS + 2
        if self.is_bound:
            numbers = [
                int(number)
                for key in self._data
                for name, _, rest in [key.partition("-")]
                if name == param.name and (number := rest.partition("-")[0]).isdecimal() and len(number) < 4
            ]
            count = max(numbers, default=SPARE_ROWS) + 1 + (MORE_ROWS if self._more else 0)
        rows = []
        for number in range(min(count, MOST_ROWS)):
            cells = []
            for position, (key, label, shape, required, options, suggestions) in enumerate(columns):
                name = f"{param.name}-{number}-{key}"
                raw = self._data.get(name, "") if self.is_bound else ""
                if not self.is_bound and number < len(written):
                    raw = encoded(shape, written[number][position])
                cells.append(Cell(name, label, shape, raw, required, options, suggestions))
            rows.append(cells)
        help_text = _HELP_OF.get((self.kind.name, param.name), _HELP.get(param.name, ""))
        label = "各级的分类和达标后的等次" if self.kind.name == "GATE" else param.label
        return Rows(param.name, label, [column[1] for column in columns], rows, help_text)

    def _is_by_grade(self, param: Param) -> bool:
        """Whether each grade has its row, left open when nothing is said of it."""
        return self.kind.group is Group.GRADE and param.shape is not TEXTS

    def _columns(self, param: Param) -> list[tuple]:
        """(key, heading, shape, required, options, suggestions) of each column."""
        grades = [(grade, grade) for grade in self.table.grades]
        if param.shape is STEPS:
            return [("from", "从", NUMBER, True, None, []), ("p", "得", POINTS, True, None, [])]
        if param.shape is BANDS:
            return [
                ("grade", "等次", TEXT, True, grades, []),
                ("from", "总分从", POINTS, True, None, []),
                ("below", "低于（可不填）", POINTS, False, None, []),
            ]
        if param.shape is TEXTS:
            lines = [(line.key, line.title) for line in self.table.lines if line.role is Role.BASE]
            return [
                ("line", "分类", TEXT, True, lines, []),
                ("grade", "达标后的等次", TEXT, True, grades, []),
            ]
        shape, heading = _VALUES[param.shape]
        is_grade = self.kind.group is Group.GRADE
        suggestions = [role.label for role in AssessorRole] if self.kind.name == "ASSESSORS" else []
        name = "等次" if is_grade else _NAMES.get(param.shape, "名称")
        if self.kind.name == "TIERED":
            name = "级别"
        return [
            ("name", name, TEXT, True, grades if is_grade else None, suggestions),
            ("value", heading, shape, True, None, []),
        ]

    def _written(self, param: Param, value: Any, params: Mapping[str, Any]) -> list[tuple]:
        """The rows of a stored value."""
        if param.shape is TEXTS:
            lines, grades = list(value or ()), list(params.get("grades") or ())
            longest = max(len(lines), len(grades))
            pad = [""] * longest
            return list(zip((lines + pad)[:longest], (grades + pad)[:longest], strict=True))
        if param.shape is STEPS:
            return [(row["from"], row["p"]) for row in value or ()]
        if param.shape is BANDS:
            return [(row["grade"], row["from"], row.get("below")) for row in value or ()]
        return list((value or {}).items())

    def _read_rows(self, part: Rows) -> dict[str, Any]:
        param = next(param for param in self.kind.params if param.name == part.name)
        found, seen = [], set()
        for row in part.rows:
            typed = row[1:] if self._is_by_grade(param) else row
            if not any(cell.raw.strip() for cell in typed):
                continue
            values = [cell.read() for cell in row]
            first = row[0]
            if param.shape is not STEPS and values[0] is not None:
                if values[0] in seen:
                    first.error = "与上面重复。"
                seen.add(values[0])
            found.append(values)
        if not found and param.is_required:
            part.error = "请至少填写一行。"
        if not found:
            return {part.name: None}
        if param.shape is TEXTS:
            return {part.name: [row[0] for row in found], "grades": [row[1] for row in found]}
        if param.shape is STEPS:
            return {part.name: [{"from": start, "p": points} for start, points in found]}
        if param.shape is BANDS:
            return {
                part.name: [
                    {"grade": grade, "from": start} | ({} if below is None else {"below": below})
                    for grade, start, below in found
                ]
            }
        return {part.name: dict(found)}


def _toml(value: Any) -> Any:
    """As a file hands it over."""
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class KindChoice:
    """A kind as it is offered: what it means and an example, in words."""

    kind: Kind
    example: str


def kind_choices(place: Place) -> list[tuple[str, list[KindChoice]]]:
    """The kinds that may be written at a place, by group."""
    found: dict[str, list[KindChoice]] = {}
    for name in written_at(place):
        kind = KINDS[name]
        found.setdefault(kind.group.label, []).append(KindChoice(kind, example_of(kind)))
    return list(found.items())


def example_of(kind: Kind) -> str:
    """The declared example in one sentence."""
    return kind.sentence(example_rule(kind))


def example_rule(kind: Kind) -> Rule:
    """The rule of the declared example."""
    place = Place.ITEM if Place.ITEM in kind.places else Place.SCHEME
    head = "line.item.rule" if place is Place.ITEM else "rule"
    values = parse(f"[[{head}]]\n{kind.example.rule}")
    rules = values["line"]["item"]["rule"] if place is Place.ITEM else values["rule"]
    params = next(dict(rule) for rule in rules if rule["kind"] == kind.name)
    del params["kind"]
    return rule_of(kind.name, place, **params)
