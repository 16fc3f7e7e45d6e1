"""The .xlsx form of a scheme: 办法 (a row for each thing said of the whole), 分类, 评价项, 规则, and 说明 for those who fill it in."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO, Any, BinaryIO

import xlsxwriter

from accountability.known import KNOWN
from accountability.scoring import (
    KINDS,
    Inapplicable,
    Item,
    Kind,
    Line,
    Peers,
    Place,
    Problem,
    Role,
    Rule,
    Scheme,
    Source,
    Subject,
    rule_of,
)
from accountability.scoring.checks import written_at
from accountability.scoring.files import parse
from accountability.scoring.kinds import FACT
from accountability.scoring.numbers import ONE, ZERO, plain
from accountability.scoring.shapes import (
    DAY,
    FACTOR,
    PLACES,
    POINTS,
    POSITIVE,
    TEXT,
    TEXTS,
    YEAR,
    Shape,
    choices,
)
from branches.identity import CellError, normalize_cell
from branches.imports.cells import Cell, Judge
from branches.imports.spreadsheet import Column, Limits, Row, Table, escape, read_tables, without_remark

from . import words
from .drafts import MOST_RULES, Draft, Fault, judged, too_many
from .parameters import LONGEST, main_parameter, read_parameters, spoken, write_parameters, written

HEAD, LINES, ITEMS, RULES, HELP = "办法", "分类", "评价项", "规则", "说明"
LIMITS = Limits(rows=MOST_RULES + 100, columns=40)


@dataclass(frozen=True)
class Entry:
    """A column of a sheet, or a row of 办法: the field it fills, its heading, what is written there, how it is read."""

    field: str
    title: str
    help: str
    shape: Shape = TEXT
    aliases: tuple[str, ...] = ()
    required: bool = False  # the value; a heading that tells the sheet from others may be needed without it
    is_heading: bool = False
    width: int = 12
    read: Callable[[object], Any] | None = None
    is_raw: bool = False  # put together with other cells before it is read

    @property
    def column(self) -> Column:
        return Column(self.field, self.title, self.aliases, self.required or self.is_heading)

    def read_cell(self, value: object) -> Any:
        """The value of a cell; CellError says what is wrong with it."""
        try:
            if self.read is not None:
                return self.shape.read(self.read(value))
            if self.shape is TEXT:
                return TEXT.read(words.tidy(value))
            return words.read_value(self.shape, value)
        except ValueError as error:
            raise CellError("unknown_word", str(error)) from error


def _codes(name):
    return lambda value: words.read_codes(name, value)


def _datum(value):
    """A datum by its code or its Chinese name."""
    text = words.tidy(value)
    labels = {words.plain_word(datum.label): code for code, datum in reversed(KNOWN.items())}
    return text if text in KNOWN else labels.get(words.plain_word(text), text)


HEAD_ROWS = (
    Entry("code", "编号", "办法的代号，同一单位同一年度不重复", TEXT, required=True),
    Entry("title", "名称", "办法的名称", TEXT, ("办法名称",), required=True),
    Entry("year", "年度", "四位数字", YEAR),
    Entry("starts_on", "起用日期", "如 2026年1月1日；可不填", DAY),
    Entry("ends_on", "停用日期", "可不填", DAY),
    Entry("subject", "考核对象", "单位、个人；不填为单位。个人之间不作比较", choices(Subject)),
    Entry("kinds", "适用组织类别", "用顿号隔开；不填不限", TEXTS, read=_codes("kinds")),
    Entry("levels", "适用层级", "用顿号隔开；不填不限", TEXTS, read=_codes("levels")),
    Entry("sectors", "适用领域", "用顿号隔开；不填不限", TEXTS, read=_codes("sectors")),
    Entry("basis", "依据", "文件名称；可不填", TEXT),
    Entry("full", "满分", "总分的满分", POSITIVE, ("总分",), required=True),
    Entry("grades", "等次", "由高到低，用顿号隔开，如 优秀、合格、不合格；没有等次不填", TEXTS),
    Entry("floor", "总分保底", "不填为 0", POINTS, ("保底",)),
    Entry("cap", "总分封顶", "不填不封顶", POINTS, ("封顶",)),
    Entry("places", "小数位数", "总分保留几位小数，0 到 6；不填为 2", PLACES),
    Entry(
        "peers",
        "比较范围",
        "排名和名额在哪些单位之间算：全部被考核单位、同组单位；不填为全部被考核单位",
        choices(Peers),
    ),
    Entry(
        "inapplicable",
        "不适用的评价项",
        "按满分计；或 不计，其余项按比例放大。不填为按满分计",
        choices(Inapplicable),
    ),
)
LINE_COLUMNS = (
    Entry("key", "代码", "分类的代号，不重复；不填就用名称", TEXT, ("分类代码",), width=14),
    Entry("title", "名称", "分类的名称", TEXT, ("分类名称",), required=True, width=30),
    Entry("role", "性质", "基本分、加分项、扣分项；不填为基本分", choices(Role), is_heading=True),
    Entry("full", "满分", "基本分必填；加分项是最多加几分，扣分项是最多扣几分", POSITIVE, ("分值",)),
    Entry("floor", "保底", "不填为 0（扣分项为满分的负数）", POINTS),
    Entry("cap", "封顶", "不填为满分（扣分项为 0）", POINTS),
    Entry("weight", "权重", "不填为 1；30% 写 0.3 或 30%", FACTOR),
)
ITEM_COLUMNS = (
    Entry(
        "line",
        "分类",
        "属于哪一分类：写代码或名称；不填与上一行相同",
        TEXT,
        ("所属分类",),
        is_heading=True,
        width=18,
    ),
    Entry("key", "代码", "评价项的代号，全办法不重复；不填就用名称", TEXT, ("评价项代码",), width=16),
    Entry(
        "title", "名称", "评价项的名称", TEXT, ("评价项名称", "评价项", "考核内容"), required=True, width=36
    ),
    Entry("full", "满分", "基本分必填", POSITIVE, ("分值",)),
    Entry("floor", "保底", "不填为 0", POINTS),
    Entry("cap", "封顶", "不填为满分", POINTS),
    Entry("start", "起评分", "一般不填：扣分的从满分起，其余从 0 起", POINTS, ("起点分",)),
    Entry(
        "source",
        "来源",
        "人工填报、系统指标、会议记录、责任清单、评价打分、监督检查；不填为人工填报",
        choices(Source),
    ),
    Entry("datum", "系统数据", "来源是系统的，取哪一项数据：写代码或名称", TEXT, width=22, read=_datum),
    Entry("clause", "条款", "评分依据的条文；可不填", TEXT, ("评分标准",), width=44),
)
RULE_COLUMNS = (
    Entry("place", "用在", "办法、分类、评价项之一；不填按对象判断", width=10, is_raw=True),
    Entry(
        "target", "对象", "分类或评价项的代码或名称；用在办法的不填", is_heading=True, width=22, is_raw=True
    ),
    Entry("kind", "种类", "规则的种类，见下", aliases=("规则种类",), required=True, width=20, is_raw=True),
    Entry("fact", "事实名称", "这条规则看哪一类事实；只有一类的可不填", TEXT, ("事实",), width=20),
    Entry("parameters", "参数", "见下；几个参数用分号隔开", width=64, is_raw=True),
)
_PLACES = {Place.SCHEME: "办法", Place.LINE: "分类", Place.ITEM: "评价项"}
_HEAD_LAYOUT = (Column("name", "栏目", required=True), Column("value", "内容", required=True))
_LAYOUTS = {
    HEAD: _HEAD_LAYOUT,
    ITEMS: tuple(each.column for each in ITEM_COLUMNS),
    LINES: tuple(each.column for each in LINE_COLUMNS),
    RULES: tuple(each.column for each in RULE_COLUMNS),
}


# reading


@dataclass
class _Line:
    """What a row says, with its number; `inside` are the rows of what belongs to it."""

    values: dict[str, Any]
    row: int
    items: list["_Line"] = field(default_factory=list)
    rules: list[tuple[Rule, int]] = field(default_factory=list)


def read_spreadsheet(stream: BinaryIO) -> Draft:
    """The scheme in an .xlsx file; FileRefused when it cannot be read or lacks one of its sheets."""
    return _Book(read_tables(stream, _LAYOUTS, LIMITS)).draft()


class _Book:
    """The four sheets while they are put together."""

    def __init__(self, tables: dict[str, Table]):
        self.tables = tables
        self.faults: list[Fault] = []
        self.head_rows: dict[str, int] = {}
        self.head = self._head()
        self.lines = [_Line(values, row) for values, row in self._rows(LINES, LINE_COLUMNS)]
        self.items: list[_Line] = []
        self._place_items()
        self.rules: list[tuple[Rule, int]] = []
        self.rule_count = 0
        self._place_rules()

    def draft(self) -> Draft:
        """Judge the whole."""
        if found := too_many(len(self.lines), len(self.items), self.rule_count):
            return Draft(None, found)
        if not self.lines:
            self.faults.append(Fault(LINES, "", "", "没有分类，请至少填写一个。"))
        if self.faults:
            return Draft(None, self.faults)
        table = self._table()
        places = self._places(table)
        return judged(table, lambda problem: self._located(problem, places))

    # rows into values

    def _rows(self, name: str, entries: tuple[Entry, ...]) -> Iterable[tuple[dict[str, Any], int]]:
        table = self.tables[name]
        cells = [
            Cell(each.field, each.read_cell, notes=False, tidy=False) for each in entries if not each.is_raw
        ]
        memory: dict[str, dict[str, object]] = {}
        for row in table.rows:
            if name == ITEMS:
                row.merged = tuple(each for each in row.merged if each != "line")
            judge = Judge(table, row, memory)
            judge.read(cells)
            for problem in judge.problems:
                if problem.is_error:
                    message = problem.message.rstrip("。") + "。"
                    self._fault(name, row, problem.field, message)
            values = judge.values | {"refused": {each.field for each in judge.problems if each.is_error}}
            yield values | {"raw": row.cells}, row.number

    def _fault(self, sheet: str, row: Row | int, field: str, message: str) -> None:
        table = self.tables[sheet]
        number = row if isinstance(row, int) else row.number
        place = table.place(number, field) or f"第{number}行"
        self.faults.append(Fault(sheet, place, table.titles.get(field, ""), message))

    def _head(self) -> dict[str, Any]:
        known = {
            words.plain_word(name): entry
            for entry in HEAD_ROWS
            for name in (entry.title, *entry.aliases, entry.field)
        }
        found: dict[str, Any] = {}
        table = self.tables[HEAD]
        for row in table.rows:
            title = without_remark(words.tidy(row.cells.get("name", "")).rstrip("*＊：:"))
            entry = known.get(words.plain_word(title))
            judge = Judge(table, row, {})
            problems = [each for each in judge.problems if each.is_error and each.field == "value"]
            for problem in problems:
                self._head_fault(row.number, title, problem.message)
            if entry is None:
                if words.tidy(row.cells.get("value", "")):
                    titles = "、".join(each.title for each in HEAD_ROWS)
                    self._head_fault(row.number, title, f"没有这个栏目；可填：{titles}。")
                continue
            if entry.field in self.head_rows:
                self._head_fault(row.number, title, f"“{entry.title}”写了两次。")
                continue
            self.head_rows[entry.field] = row.number
            value = row.cells.get("value", "")
            if problems or value is None or (isinstance(value, str) and not normalize_cell(value)):
                if problems:
                    found[entry.field] = None
                continue
            try:
                found[entry.field] = entry.read_cell(value)
            except CellError as error:
                found[entry.field] = None
                self._head_fault(row.number, entry.title, f"{error.message}。")
        for entry in HEAD_ROWS:
            if entry.required and entry.field not in found:
                self._head_fault(self.head_rows.get(entry.field), entry.title, "没有填写。")
        return found

    def _head_fault(self, row: int | None, title: str, message: str) -> None:
        place = self.tables[HEAD].place(row, "value") if row else ""
        self.faults.append(Fault(HEAD, place, title, message))

    def _place_items(self) -> None:
        finder = _Finder(self.lines)
        line: _Line | None = None
        for line_row in self.lines:
            self._named(LINES, line_row)
        for values, number in self._rows(ITEMS, ITEM_COLUMNS):
            item = _Line(values, number)
            self.items.append(item)
            self._named(ITEMS, item)
            if values.get("line"):
                line, message = finder.find(values["line"])
                if message:
                    self._fault(ITEMS, number, "line", f"{message}。“分类”表里有：{finder.titles()}。")
            elif "line" not in values["refused"] and line is None:
                self._fault(ITEMS, number, "line", "没有填写。")
            if line is not None:
                line.items.append(item)

    def _named(self, sheet: str, row: _Line) -> None:
        values = row.values
        if "title" not in values and "title" not in values["refused"]:
            self._fault(sheet, row.row, "title", "没有填写。")
        if "key" not in values and "key" not in values["refused"]:
            values["key"] = values.get("title", "")

    def _place_rules(self) -> None:
        finders = {Place.LINE: _Finder(self.lines), Place.ITEM: _Finder(self.items)}
        kinds: dict[str, Kind] = {}
        for kind in (KINDS[name] for each in Place for name in written_at(each)):
            kinds |= {words.plain_word(kind.label): kind, words.plain_word(kind.name): kind}
        for values, number in self._rows(RULES, RULE_COLUMNS):
            self.rule_count += 1
            said = {name: words.tidy(value) for name, value in values["raw"].items()}
            place, owner = self._owner(number, said, finders)
            found = kinds.get(words.plain_word(said.get("kind", "")))
            if found is None:
                self._fault(RULES, number, "kind", self._no_kind(said.get("kind", ""), place))
                continue
            kind = found
            if place is None:
                continue
            if kind.name not in written_at(place):
                allowed = "、".join(_PLACES[each] for each in Place if each in kind.places)
                self._fault(
                    RULES, number, "kind", f"“{kind.label}”不能用在{_PLACES[place]}，可用在：{allowed}。"
                )
                continue
            rule = self._rule(number, kind, place, values)
            if rule is not None:
                (self.rules if owner is None else owner.rules).append((rule, number))

    @staticmethod
    def _no_kind(said: str, place: Place | None) -> str:
        labels = "、".join(KINDS[name].label for name in written_at(place or Place.ITEM))
        if words.plain_word(said) in ("floor", "cap", "保底", "封顶"):
            return "保底、封顶不是规则，请填在“分类”“评价项”表的同名列，或“办法”表的同名栏目。"
        return f"没有规则“{said[:40]}”，可填：{labels}。" if said else f"没有填写，可填：{labels}。"

    def _owner(self, number: int, said: Mapping[str, str], finders) -> tuple[Place | None, _Line | None]:
        """Where a rule stands and what it belongs to; (None, None) when that cannot be told."""
        target, where = said.get("target", ""), words.plain_word(said.get("place", ""))
        places = {words.plain_word(label): place for place, label in _PLACES.items()} | {
            "全办法": Place.SCHEME,
            "总分": Place.SCHEME,
            "item": Place.ITEM,
            "line": Place.LINE,
            "scheme": Place.SCHEME,
        }
        if where and where not in places:
            self._fault(
                RULES, number, "place", f"没有“{said['place'][:40]}”，应填：{'、'.join(_PLACES.values())}。"
            )
            return None, None
        place = places.get(where)
        if place is Place.SCHEME or (
            place is None and words.plain_word(target) in ("办法", "全办法", "总分")
        ):
            return Place.SCHEME, None
        if not target:
            self._fault(
                RULES,
                number,
                "target",
                "没有填写：写明是哪个分类或评价项的规则；整个办法的规则，“用在”填“办法”。",
            )
            return None, None
        found, messages = [], []
        for each in [place] if place else [Place.ITEM, Place.LINE]:
            owner, message = finders[each].find(target)
            messages.append(message)
            if owner is not None:
                found.append((each, owner))
        if len(found) == 1:
            return found[0]
        if found:
            messages = [f"“{target[:40]}”既是分类又是评价项，请在“用在”里写明"]
        # That there are several says more than that there is none elsewhere.
        self._fault(RULES, number, "target", f"{max(messages, key=lambda each: each.startswith('有'))}。")
        return None, None

    def _rule(self, number: int, kind: Kind, place: Place, values: dict) -> Rule | None:
        raw, params = values["raw"], written(kind, place)
        refused = values["refused"] & {"parameters", "fact"}
        if refused:
            return None
        text = raw.get("parameters") or ""
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            text = plain(words.read_number(text))
        text = text if isinstance(text, str) else words.tidy(text)
        if len(text) > LONGEST:
            self._fault(RULES, number, "parameters", f"超过 {LONGEST:,} 个字。")
            return None
        found, problems = read_parameters(kind, place, text)
        for message in problems:
            example = f"；例如：{example_of(kind, place)}" if params else "；这种规则不写参数"
            self._fault(RULES, number, "parameters", f"{message.rstrip('。')}{example}。")
        fact = values.get("fact", "")
        has_fact = any(param.name == FACT for param in kind.params_at(place))
        if fact and not has_fact:
            self._fault(RULES, number, "fact", f"“{kind.label}”用在{_PLACES[place]}时不看事实名称，请留空。")
            return None
        if problems:
            return None
        if fact:
            found[FACT] = fact
        return Rule(
            kind.name, {param.name: found.get(param.name, param.default) for param in kind.params_at(place)}
        )

    # values into the table

    def _table(self) -> Scheme:
        head = {name: value for name, value in self.head.items() if value is not None}
        for name, meaning in (("subject", Subject), ("peers", Peers), ("inapplicable", Inapplicable)):
            if name in head:
                head[name] = meaning(head[name])
        finder = {Place.LINE: _Finder(self.lines), Place.ITEM: _Finder(self.items)}
        return Scheme(
            **head,
            rules=tuple(_with_keys(rule, finder) for rule, _ in self.rules),
            lines=tuple(
                Line(
                    **_kept(line.values, LINE_COLUMNS),
                    rules=tuple(rule for rule, _ in line.rules),
                    items=tuple(
                        Item(**_kept(item.values, ITEM_COLUMNS), rules=tuple(rule for rule, _ in item.rules))
                        for item in line.items
                    ),
                )
                for line in self.lines
            ),
        )

    def _places(self, table: Scheme) -> dict[str, tuple[str, int]]:
        """Where a problem stands, by what `check_scheme` calls it."""
        places: dict[str, tuple[str, int]] = {}

        def rules(where, owned):
            for number, (rule, row) in enumerate(owned, start=1):
                for name in (f"rule[{number}]", f"rule[{number}]（{KINDS[rule.kind].label}）"):
                    places[f"{where}.{name}" if where else name] = (RULES, row)

        rules("", self.rules)
        for at, (line, row) in enumerate(zip(table.lines, self.lines, strict=True), start=1):
            where = f"line[{at}]（{line.title}）"
            places[where] = (LINES, row.row)
            places.setdefault(f"line（{line.title}）", (LINES, row.row))
            rules(where, row.rules)
            for number, (item, inner) in enumerate(zip(line.items, row.items, strict=True), start=1):
                inside = f"{where}.item[{number}]（{item.title}）"
                places[inside] = (ITEMS, inner.row)
                places.setdefault(f"item（{item.title}）", (ITEMS, inner.row))
                rules(inside, inner.rules)
        return places

    def _located(self, problem: Problem, places) -> tuple[str, str, str]:
        if problem.field in places:
            sheet, row = places[problem.field]
            return sheet, f"第{row}行", ""
        titles = {entry.field: entry.title for entry in HEAD_ROWS}
        if problem.field in titles:
            row = self.head_rows.get(problem.field)
            return HEAD, self.tables[HEAD].place(row, "value") if row else "", titles[problem.field]
        return {"line": LINES, "item": ITEMS, "rule": RULES}.get(problem.field, ""), "", ""


class _Finder:
    """Finds a row by its code or its name: exactly, else without regard to blanks, width and case."""

    def __init__(self, rows: list[_Line]):
        self.rows = rows
        self.known: list[dict[str, list[_Line]]] = []
        for name in ("key", "title"):
            for said in (str, words.plain_word):
                found: dict[str, list[_Line]] = {}
                for row in rows:
                    found.setdefault(said(row.values.get(name, "")), []).append(row)
                self.known.append(found)

    def find(self, said: str) -> tuple[_Line | None, str]:
        for found, name in zip(self.known, (said, words.plain_word(said)) * 2, strict=True):
            rows = found.get(name, [])
            if len(rows) == 1:
                return rows[0], ""
            if rows:
                return None, f"有{len(rows)}个“{said[:40]}”，请写代码"
        return None, f"找不到“{said[:40]}”"

    def titles(self) -> str:
        return "、".join(row.values.get("title", "") for row in self.rows[:20])


def _kept(values: dict[str, Any], entries: tuple[Entry, ...]) -> dict[str, Any]:
    kept = {
        each.field: values[each.field] for each in entries if each.field in values and each.field != "line"
    }
    for name, meaning in (("role", Role), ("source", Source)):
        if name in kept:
            kept[name] = meaning(kept[name])
    return kept


def _with_keys(rule: Rule, finders) -> Rule:
    """A rule that names lines or items by their names, with their codes."""

    def key(name, places):
        for place in places:
            owner, _ = finders[place].find(name)
            if owner is not None:
                return owner.values["key"]
        return name

    if rule.kind == "GATE":
        return Rule(
            rule.kind, rule.params | {"lines": tuple(key(each, [Place.LINE]) for each in rule["lines"])}
        )
    if rule.kind == "VETO" and rule["of"]:
        return Rule(rule.kind, rule.params | {"of": key(rule["of"], [Place.LINE, Place.ITEM])})
    return rule


def example_of(kind: Kind, place: Place) -> str:
    """What may stand in the cell of parameters of a rule of this kind."""
    if kind.name == "GATE":  # whose example names lines as a test does
        return "各级的分类：组织健全、治理有序；达标线：80；各级达标后的等次：三星、四星"
    text = re.sub(r"^\[\[.*\]\]$", "[[rule]]", f"[[rule]]\n{kind.example.rule}", flags=re.MULTILINE)
    values = next(each for each in parse(text)["rule"] if each.pop("kind") == kind.name)
    values.pop(FACT, None)
    return write_parameters(rule_of(kind.name, place, **values), place)


# writing


class TooLong(ValueError):
    """A rule that no cell holds."""


def write_spreadsheet(stream: IO[bytes], table: Scheme, *, mark: str) -> None:
    """Write a scheme as .xlsx that `read_spreadsheet` reads back as the same; `mark` says who exported and when."""
    _write(
        stream,
        mark,
        [in_cell(each, getattr(table, each.field), DEFAULTS) for each in HEAD_ROWS],
        [
            [in_cell(each, getattr(line, each.field), LINE_DEFAULTS) for each in LINE_COLUMNS]
            for line in table.lines
        ],
        [
            [
                line.key,
                *(in_cell(each, getattr(item, each.field), ITEM_DEFAULTS) for each in ITEM_COLUMNS[1:]),
            ]
            for line, item in table.items()
        ],
        list(_rule_rows(table)),
    )


def write_blank(stream: IO[bytes], *, mark: str) -> None:
    """Write the sheets with nothing in them, to be filled in."""
    _write(stream, mark, [""] * len(HEAD_ROWS), [], [], [])


def _write(stream: IO[bytes], mark: str, head, lines, items, rules) -> None:
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    writer = _Writer(book, mark)
    rows = [
        (each.title, value, f"必填。{each.help}" if each.required else each.help)
        for each, value in zip(HEAD_ROWS, head, strict=True)
    ]
    writer.sheet(HEAD, (("栏目", 18), ("内容", 60), ("怎样填", 60)), rows)
    for name, columns, found in (
        (LINES, LINE_COLUMNS, lines),
        (ITEMS, ITEM_COLUMNS, items),
        (RULES, RULE_COLUMNS, rules),
    ):
        options_of = {
            position: _OPTIONS.get(each.field) or words.choice_words(each.shape)
            for position, each in enumerate(columns)
            if each.field in _OPTIONS or each.shape.choices
        }
        writer.sheet(name, [(each.title, each.width) for each in columns], found, options_of)
    writer.sheet(HELP, (("表", 10), ("栏目或种类", 26), ("写什么", 70), ("例", 64)), list(_help_rows()))
    book.close()


_OPTIONS = {
    "place": tuple(_PLACES.values()),
    "kind": tuple(dict.fromkeys(KINDS[name].label for place in Place for name in written_at(place))),
}
DEFAULTS = {
    "floor": ZERO,
    "places": 2,
    "subject": Subject.UNIT,
    "peers": Peers.ALL,
    "inapplicable": Inapplicable.FULL,
}
LINE_DEFAULTS = {"weight": ONE}
ITEM_DEFAULTS = {"source": Source.HAND}


def in_cell(entry: Entry, value: Any, defaults: Mapping[str, Any]) -> Any:
    """A value as its cell shows it; what is the default is left blank."""
    if value is None or value in ("", ()) or (entry.field in defaults and value == defaults[entry.field]):
        return ""
    if entry.field in words.ORGANIZATION_WORDS:
        known = words.ORGANIZATION_WORDS[entry.field]
        return "、".join(known.get(each) or words.plainly(each) for each in value)
    if entry.shape is TEXT:
        return value
    if isinstance(value, (Decimal, int)):
        return Decimal(value)
    text = words.write_value(entry.shape, value)
    if entry.shape is TEXTS and words.read_texts(text) != list(value):
        text = words.write_value(entry.shape, value, words.quoted)
    return text


def _rule_rows(table: Scheme) -> Iterable[tuple[str, ...]]:
    owned = [(Place.SCHEME, "", table.rules)]
    for line in table.lines:
        owned.append((Place.LINE, line.key, line.rules))
        owned += [(Place.ITEM, item.key, item.rules) for item in line.items]
    for place, target, rules in owned:
        for rule in rules:
            text = write_parameters(rule, place)
            if len(text) > LONGEST:
                raise TooLong(f"规则“{KINDS[rule.kind].label}”太长，表格的一格放不下，请导出为 .toml。")
            yield _PLACES[place], target, KINDS[rule.kind].label, rule.fact, text


def _help_rows() -> Iterable[tuple[str, ...]]:
    for sheet, entries in (
        (HEAD, HEAD_ROWS),
        (LINES, LINE_COLUMNS),
        (ITEMS, ITEM_COLUMNS),
        (RULES, RULE_COLUMNS),
    ):
        for each in entries:
            yield sheet, each.title + ("（必填）" if each.required else ""), each.help, ""
    for place in Place:
        for name in written_at(place):
            kind = KINDS[name]
            if place is not next(each for each in Place if each in kind.places):
                continue
            where = "、".join(_PLACES[each] for each in Place if each in kind.places)
            yield (
                RULES,
                f"{kind.label}（{kind.name}）",
                f"用在{where}。{kind.meaning}",
                example_of(kind, place),
            )
            for param in written(kind, place):
                yield RULES, f"　{spoken(param)}", _param_help(kind, param), ""
    for code, datum in KNOWN.items():
        yield (
            ITEMS,
            f"系统数据 {datum.label}",
            f"代码 {code}，来源填“{datum.source.label}”。{datum.meaning}",
            "",
        )


def _param_help(kind: Kind, param) -> str:
    said = "必填" if param.is_required else "可不填"
    if param.shape.choices:
        said += "，" + "、".join(words.choice_words(param.shape))
    if param is main_parameter(kind):
        said += "；只写这一个时可省去名称"
    return f"{param.label}：{said}" if spoken(param) != param.label else said


class _Writer:
    """Writes sheets that look alike."""

    def __init__(self, book, mark: str):
        self.book = book
        self.footer = f"&L{mark.replace('&', '&&')[:200]}&R第 &P 页，共 &N 页"
        self.heading = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1})
        self.text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.number = book.add_format({"valign": "top", "num_format": "General"})

    def sheet(self, name: str, columns, rows, options: Mapping[int, tuple[str, ...]] | None = None) -> None:
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(self.footer)
        for position, (title, width) in enumerate(columns):
            sheet.write_string(0, position, title, self.heading)
            sheet.set_column(position, position, width)
        for position, choices_of in (options or {}).items():
            last = max(len(rows), 200)
            sheet.data_validation(
                1, position, last, position, {"validate": "list", "source": list(choices_of)}
            )
        for at, row in enumerate(rows, 1):
            for position, value in enumerate(row):
                if isinstance(value, Decimal):
                    sheet.write_number(at, position, float(value), self.number)
                elif value:
                    sheet.write_string(at, position, escape(value), self.text)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
