"""A scheme out of an .xlsx file: the four sheets put together, every fault told by sheet, cell and column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

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
)
from accountability.scoring.checks import written_at
from accountability.scoring.kinds import FACT
from accountability.scoring.numbers import plain
from branches.identity import CellError, normalize_cell
from branches.imports.cells import Cell, Judge
from branches.imports.spreadsheet import Limits, Row, Table, read_tables, without_remark

from . import words
from .columns import (
    HEAD,
    HEAD_ROWS,
    ITEM_COLUMNS,
    ITEMS,
    LAYOUTS,
    LINE_COLUMNS,
    LINES,
    PLACE_NAMES,
    RULE_COLUMNS,
    RULES,
    Entry,
)
from .drafts import MOST_RULES, Draft, Fault, judged, too_many
from .parameters import LONGEST, example_of, read_parameters, written

LIMITS = Limits(rows=MOST_RULES + 100, columns=40)
#: How `read_tables` notes columns it does not know; that of 办法 which explains them is ours.
UNKNOWN_COLUMNS = "未识别而略过的列："
_GUIDE = f"{UNKNOWN_COLUMNS}怎样填"


@dataclass
class _Line:
    """A line or an item: what its row says, the number of the row, and what belongs to it."""

    values: dict[str, Any]
    row: int
    items: list["_Line"] = field(default_factory=list)
    rules: list[tuple[Rule, int]] = field(default_factory=list)


def read_spreadsheet(stream: BinaryIO) -> Draft:
    """The scheme in an .xlsx file; FileRefused when it cannot be read or lacks one of its sheets."""
    return _Book(read_tables(stream, LAYOUTS, LIMITS)).draft()


class _Book:
    """The four sheets while they are put together."""

    def __init__(self, tables: dict[str, Table]):
        self.tables = tables
        self.faults: list[Fault] = []
        self.warnings = [
            Fault(name, "", note.removeprefix(UNKNOWN_COLUMNS), "没有认出这些列，其中的内容没有读入。")
            for name, table in tables.items()
            for note in table.notes
            if note.startswith(UNKNOWN_COLUMNS) and note != _GUIDE
        ]
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
            return Draft(None, self.faults, self.warnings)
        table = self._table()
        places = self._places(table)
        draft = judged(table, lambda problem: self._located(problem, places))
        draft.warnings[:0] = self.warnings
        return draft

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
                else:
                    self.warnings.append(Fault(name, f"第{row.number}行", "", problem.message))
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
                allowed = "、".join(PLACE_NAMES[each] for each in Place if each in kind.places)
                self._fault(
                    RULES, number, "kind", f"“{kind.label}”不能用在{PLACE_NAMES[place]}，可用在：{allowed}。"
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
        places = {words.plain_word(label): place for place, label in PLACE_NAMES.items()} | {
            "全办法": Place.SCHEME,
            "总分": Place.SCHEME,
            "item": Place.ITEM,
            "line": Place.LINE,
            "scheme": Place.SCHEME,
        }
        if where and where not in places:
            self._fault(
                RULES,
                number,
                "place",
                f"没有“{said['place'][:40]}”，应填：{'、'.join(PLACE_NAMES.values())}。",
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
            self._fault(
                RULES, number, "fact", f"“{kind.label}”用在{PLACE_NAMES[place]}时不看事实名称，请留空。"
            )
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
