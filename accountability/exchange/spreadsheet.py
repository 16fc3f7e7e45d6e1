"""The .xlsx form of a template: a sheet 模板 with one row of facts, a sheet 条目 with a row an item."""

from datetime import date
from typing import IO, BinaryIO

import xlsxwriter

from accountability.choices import TEMPLATE_KINDS, CountedBy, EvidenceKind
from accountability.editions import FACTS, ITEM, thaw, words
from branches.imports.cells import Cell, Judge
from branches.imports.spreadsheet import Column, Limits, escape, read_table
from branches.periods import Interval

from .drafts import MOST_ITEMS, Draft, Entry, Fault, make_draft
from .values import FACT_READERS, ITEM_READERS

LIMITS = Limits(rows=MOST_ITEMS + 100, columns=40)
FACT_LAYOUT = (
    Column("code", "编号", ("模板编号",), required=True),
    Column("title", "名称", ("模板名称",), required=True),
    Column("kind", "责任类别", ("类别",), required=True),
    Column("year", "年度", required=True),
    Column("organization_kinds", "适用组织类别"),
    Column("levels", "适用层级"),
    Column("chain", "适用链条"),
    Column("posts", "下发给担任这些职务的人", ("适用职务",)),
    Column("source", "依据", ("模板依据",)),
)
ITEM_LAYOUT = (
    Column("heading", "条目", ("责任事项", "事项"), required=True),
    Column("content", "责任内容", ("内容",), required=True),
    Column("measure", "落实要求", ("要求", "工作标准")),
    Column("interval", "周期", ("频次",), required=True),
    Column("deadline", "完成期限", ("完成时限",)),
    Column("counted_by", "计数方式"),
    Column("target", "每期至少", ("目标数",)),
    Column("meeting_kinds", "计入的会议类型", ("会议类型",)),
    Column("evidence", "佐证"),
    Column("is_common", "共性或个性"),
    Column("is_negative", "负面清单"),
    Column("legal_basis", "依据条款"),
    Column("sunset_on", "日落日期"),
)
_WIDTHS = {"content": 48, "measure": 40, "heading": 20, "legal_basis": 30, "title": 36, "source": 36}
_OPTIONS = {
    "interval": [each.label for each in Interval],
    "counted_by": [str(label) for label in CountedBy.labels],
    "evidence": [str(label) for label in EvidenceKind.labels],
    "is_common": ["共性", "个性"],
    "is_negative": ["是", "否"],
    "kind": [str(kind.label) for kind in TEMPLATE_KINDS],
}


def read_spreadsheet(stream: BinaryIO, file_name: str) -> Draft:
    """The template in an .xlsx file; FileRefused when it cannot be read or has not the two sheets."""
    faults: list[Fault] = []
    found = _entries(stream, file_name, FACT_LAYOUT, FACT_READERS, faults)
    stream.seek(0)
    items = _entries(stream, file_name, ITEM_LAYOUT, ITEM_READERS, faults)
    if len(found) > 1:
        faults.append(Fault(found[1].place, "", "一个文件一份模板，“模板”表里只填一行。"))
    facts = found[0] if found else Entry({}, "“模板”表")
    return make_draft(facts, items, faults)


def _entries(stream, file_name, layout, readers, faults) -> list[Entry]:
    table = read_table(stream, file_name, layout, LIMITS)
    cells = [Cell(name, reader, notes=False, tidy=False) for name, reader in readers.items()]
    memory: dict[str, dict[str, object]] = {}
    entries = []
    for row in table.rows:
        judge = Judge(table, row, memory)
        judge.read(cells)
        errors = [problem for problem in judge.problems if problem.is_error]
        faults += [
            Fault(problem.cell or f"第{problem.row}行", problem.column, problem.message) for problem in errors
        ]
        places = {name: table.place(row.number, name) for name in table.titles}
        entries.append(
            Entry(judge.values, f"第{row.number}行", {problem.field for problem in errors}, places)
        )
    return entries


def write_spreadsheet(stream: IO[bytes], edition: dict, *, mark: str) -> None:
    """Write an edition as .xlsx that `read_spreadsheet` reads back as the same; `mark` says who exported and when."""
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
    for name, layout, labels, rows in (
        ("模板", FACT_LAYOUT, FACTS, [edition["facts"]]),
        ("条目", ITEM_LAYOUT, ITEM, [thaw(item) for item in edition["items"]]),
    ):
        sheet = book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_footer(f"&L{mark.replace('&', '&&')[:200]}&R第 &P 页，共 &N 页")
        first = 1 if labels is ITEM else 0
        if first:
            sheet.write_string(0, 0, "序号", head)
            sheet.set_column(0, 0, 6)
        for position, column in enumerate(layout, first):
            sheet.write_string(0, position, column.title, head)
            sheet.set_column(position, position, _WIDTHS.get(column.field, 14))
            if column.field in _OPTIONS:
                last = max(len(rows), MOST_ITEMS if first else 1)
                source = {"validate": "list", "source": _OPTIONS[column.field]}
                sheet.data_validation(1, position, last, position, source)
        for at, row in enumerate(rows, 1):
            if first:
                sheet.write_number(at, 0, at)
            for position, column in enumerate(layout, first):
                value = row[column.field]
                if isinstance(value, date):
                    sheet.write_datetime(at, position, value, day)
                elif (
                    isinstance(value, int)
                    and not isinstance(value, bool)
                    and column.field in ("target", "year")
                ):
                    sheet.write_number(at, position, value)
                elif shown := _shown(column.field, value):
                    sheet.write_string(at, position, escape(shown), text)
        sheet.freeze_panes(1, first + 1 if first else 0)
    book.close()


def _shown(name, value) -> str:
    """A value as its column shows it; what sets no limit is left blank."""
    if (value in ([], None, 0) and value is not False) or (name == "chain" and not value):
        return ""
    return words(name, value)
