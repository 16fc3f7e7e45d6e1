"""A scheme into an .xlsx file, with a sheet that says how to fill it in."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from accountability.known import KNOWN
from accountability.scoring import (
    KINDS,
    Inapplicable,
    Kind,
    Peers,
    Place,
    Scheme,
    Source,
    Subject,
)
from accountability.scoring.checks import written_at
from accountability.scoring.numbers import ONE, ZERO
from accountability.scoring.shapes import (
    TEXT,
    TEXTS,
)
from branches.imports.spreadsheet import escape

from . import words
from .columns import (
    HEAD,
    HEAD_ROWS,
    HELP,
    ITEM_COLUMNS,
    ITEMS,
    LINE_COLUMNS,
    LINES,
    PLACE_NAMES,
    RULE_COLUMNS,
    RULES,
    Entry,
)
from .parameters import LONGEST, example_of, main_parameter, spoken, write_parameters, written


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
    "place": tuple(PLACE_NAMES.values()),
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
            yield PLACE_NAMES[place], target, KINDS[rule.kind].label, rule.fact, text


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
            where = "、".join(PLACE_NAMES[each] for each in Place if each in kind.places)
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
