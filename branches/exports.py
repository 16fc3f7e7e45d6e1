"""Organisations and rosters as spreadsheets, in the layouts the importer reads; written row by row, in flat memory.

Every text goes through `escape`, so that no spreadsheet program runs it; the importer undoes exactly that.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO

import xlsxwriter
from django.db.models import Count

from .choices import Level, OrganizationKind
from .identity import format_date, mask
from .imports import organizations, roster
from .imports.cells import shown
from .imports.roster_changes import CHUNK, chunks
from .imports.spreadsheet import column_letters, escape
from .models import Member, Organization

_LABELS = {
    "gender": {value: label for label, value in roster.GENDERS.items()},
    "category": {value: label for label, value in roster.CATEGORIES.items()},
    "standing": {value: label for label, value in roster.STANDINGS.items()},
}
_FIRST_EXCEL_DAY = date(1900, 3, 1)  # before it spreadsheet programs disagree by a day
_WIDTHS = {"name": 12, "branch": 34, "id_number": 21, "address": 28, "unit_name": 28}


class Book:
    """A workbook of one sheet whose rows are written from the top down."""

    def __init__(self, stream: IO[bytes], sheet_name: str, mark: str) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(stream, options)
        self.sheet = self.book.add_worksheet(sheet_name)
        self.text = self.book.add_format({"num_format": "@"})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.head = self.book.add_format(
            {"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True, "border": 1}
        )
        self.title = self.book.add_format({"bold": True, "align": "center", "font_size": 16})
        self.note = self.book.add_format({"italic": True, "font_color": "#666666"})
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        # & begins a code in headers and footers.
        self.sheet.set_footer(f"&L{mark.replace('&', '&&')[:200]}&R第 &P 页，共 &N 页")

    def widths(self, fields: Iterable[str], first: int = 0) -> None:
        for position, name in enumerate(fields, first):
            self.sheet.set_column(position, position, _WIDTHS.get(name, 14))

    def write(self, row: int, column: int, value: object) -> None:
        if value is None or value == "":
            return
        if isinstance(value, date) and value >= _FIRST_EXCEL_DAY:
            self.sheet.write_datetime(row, column, value, self.day)
        else:
            self.sheet.write_string(row, column, escape(shown(value)), self.text)


def write_roster(
    stream: IO[bytes], organization: Organization, *, mark: str, day: date, with_id_numbers: bool
) -> int:
    """Write the members below `organization` in the national layout and return how many.

    `mark` says who exported and when; id numbers are masked unless `with_id_numbers`.
    """
    book = Book(stream, "党员基本信息汇总表", mark)
    sheet, last = book.sheet, len(roster.LAYOUT)
    fields = [column.field for column in roster.LAYOUT]
    sheet.set_column(0, 0, 6)
    book.widths(fields, 1)
    sheet.merge_range(0, 0, 0, last, f"{organization.name}党员基本信息汇总表", book.title)
    sheet.write_string(1, 0, f"填报单位（盖章）：{organization.name}")
    sheet.write_string(1, 12, f"填报日期：{format_date(day)}")
    # Rows 3 and 4 are one heading to the eye; merging them would need the whole sheet in memory.
    top = book.book.add_format(
        {"bold": True, "align": "center", "text_wrap": True, "top": 1, "left": 1, "right": 1}
    )
    bottom = book.book.add_format({"bottom": 1, "left": 1, "right": 1})
    for position, title in enumerate(("序号", *(column.title for column in roster.LAYOUT))):
        sheet.write_string(2, position, title, top)
    for position in range(last + 1):
        sheet.write_blank(3, position, None, bottom)
    row = 3
    for number, values in enumerate(_members(organization, with_id_numbers), 1):
        row = number + 3
        sheet.write_number(row, 0, number)
        for position, name in enumerate(fields, 1):
            value = values[name]
            book.write(row, position, format_date(value) if isinstance(value, date) else value)
    sheet.write_string(row + 1, 0, f"填表说明：身份证号为18位；日期按“yyyy年MM月dd日”填写。{mark}", book.note)
    sheet.freeze_panes(4, 2)
    book.book.close()
    return row - 3


def _members(organization: Organization, with_id_numbers: bool) -> Iterator[dict]:
    names = _shared_names(organization)
    plain = [column.field for column in roster.LAYOUT if column.field != "branch"]
    rows = (
        Member.objects.in_subtree(organization)
        .order_by("organization__path", "pk")
        .values(*plain, "organization__name", "organization__code")
    )
    for row in rows.iterator(chunk_size=2000):
        name = row["organization__name"]
        row["branch"] = row["organization__code"] if name in names else name
        if not with_id_numbers:
            row["id_number"] = mask(row["id_number"] or "")
        for field, labels in _LABELS.items():
            row[field] = labels.get(row[field], row[field])
        yield row


def _shared_names(organization: Organization) -> set[str]:
    """Names below `organization` that several organisations bear: those are written as codes."""
    homes = Organization.objects.in_subtree(organization).filter(members__isnull=False).order_by()
    names = sorted(set(homes.values_list("name", flat=True).distinct()))
    shared = set()
    for chunk in chunks(names, CHUNK):
        counted = (
            Organization.objects.filter(name__in=chunk)
            .order_by()
            .values("name")
            .annotate(bearers=Count("pk"))
        )
        shared |= set(counted.filter(bearers__gt=1).values_list("name", flat=True))
    return shared


def write_organizations(stream: IO[bytes], organization: Organization, *, mark: str, day: date) -> int:
    """Write the organisations of a subtree that stand on `day`, from the top down, and return how many."""
    book = Book(stream, "党组织", mark)
    fields = [column.field for column in organizations.LAYOUT]
    book.widths(fields)
    for position, column in enumerate(organizations.LAYOUT):
        book.sheet.write_string(0, position, column.title, book.head)
    rows = Organization.objects.in_subtree(organization).active_on(day).order_by("path")
    number = 0
    stored = [name for name in fields if name != "parent"]
    for number, row in enumerate(rows.values(*stored, "parent__code").iterator(chunk_size=2000), 1):
        row["parent"] = row["parent__code"]
        row["kind"] = OrganizationKind(row["kind"]).label
        row["level"] = Level(row["level"]).label
        row["sector"] = organizations.SECTOR_WORDS[row["sector"]]
        for position, name in enumerate(fields):
            book.write(number, position, row[name])
    book.sheet.write_string(number + 1, 0, f"导出说明：{mark}", book.note)
    book.sheet.freeze_panes(1, 2)
    book.sheet.autofilter(f"A1:{column_letters(len(fields) - 1)}1")
    book.book.close()
    return number


def write_wrong_rows(stream: IO[bytes], table, problems: dict[int, str], *, mark: str) -> int:
    """Write the rows of an uploaded table that are in `problems`, with what is wrong in a last column; mended there,
    the file can be uploaded again."""
    book = Book(stream, "有错误的行", mark)
    fields = list(table.titles)
    book.widths(fields)
    book.sheet.set_column(len(fields), len(fields), 60)
    for position, title in enumerate((*table.titles.values(), "错误说明")):
        book.sheet.write_string(0, position, title, book.head)
    number = 0
    for row in table.rows:
        if row.number not in problems:
            continue
        number += 1
        for position, name in enumerate(fields):
            value = row.cells.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                book.sheet.write_number(number, position, value)
            else:
                book.write(number, position, value)
        book.sheet.write_string(number, len(fields), f"原第 {row.number} 行：{problems[row.number]}")
    book.sheet.freeze_panes(1, 0)
    book.book.close()
    return number
