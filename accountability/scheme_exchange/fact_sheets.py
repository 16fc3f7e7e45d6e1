"""Facts of a round as .xlsx: a sheet for each scheme, a row a unit, a column for each fact that is stated by hand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, BinaryIO

import xlsxwriter

from accountability.filling import Ask
from accountability.scoring import Entry
from branches.identity import normalize_cell
from branches.imports.cells import Judge
from branches.imports.spreadsheet import Column, Limits, escape, read_tables

from . import words
from .drafts import MOST_FAULTS, Fault
from .fact_cells import example_of, read_cell
from .reading import UNKNOWN_COLUMNS

LIMITS = Limits(rows=20_000, columns=400)
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


@dataclass(frozen=True)
class Page:
    """A scheme of a round: `key` tells its sheet, `names` the evaluations by their number, `cells` what is stated."""

    key: int
    title: str
    asks: list[Ask]
    names: dict[int, str]
    cells: Mapping[tuple[int, int], str]

    @property
    def layout(self) -> tuple[Column, ...]:
        """Number and name of the unit, and a column a fact."""
        facts = (Column(f"ask{at}", heading(ask, at)) for at, ask in enumerate(self.asks, start=1))
        return (Column("number", f"编号-{self.key}", required=True), Column("name", "名称"), *facts)


@dataclass(frozen=True)
class Stated:
    """What one cell says about a unit: the entries, which fact, and where it stands."""

    evaluation: int
    ask: int
    entries: tuple[Entry, ...]
    text: str
    page: Page
    place: str

    def fault(self, message: str) -> Fault:
        """Something wrong with it."""
        title = heading(self.page.asks[self.ask - 1], self.ask)
        return Fault(self.page.title, self.place, title, f"{message.rstrip('。')}。")


def heading(ask: Ask, at: int) -> str:
    """The heading of a column."""
    return f"{at}. {ask.item.title}{f' · {ask.fact}' if ask.fact else ''}"


def write_facts(stream: IO[bytes], pages: list[Page], *, mark: str) -> None:
    """Write the sheets with what is stated so far; all cells are text, so that 3/4 stays 3/4."""
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1})
    hint = book.add_format({"italic": True, "text_wrap": True, "valign": "top", "font_color": "#555555"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    for at, page in enumerate(pages, start=1):
        sheet = book.add_worksheet(f"{at} {page.title.translate(_FORBIDDEN)[:26]}".strip())
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_footer(f"&L{mark.replace('&', '&&')[:200]}&R第 &P 页，共 &N 页")
        sheet.write_string(0, 1, "怎样填", hint)
        for position, column in enumerate(page.layout):
            sheet.write_string(1, position, column.title, head)
        sheet.set_column(0, 0, 10, text)
        sheet.set_column(1, 1, 24, text)
        for position, ask in enumerate(page.asks, start=2):
            rules = "；".join(ask.sentences)
            sheet.write_string(0, position, f"如 {example_of(ask)}。{rules}"[:500], hint)
            sheet.set_column(position, position, 18, text)
        for row, (number, name) in enumerate(page.names.items(), start=2):
            sheet.write_string(row, 0, str(number), text)
            sheet.write_string(row, 1, escape(name), text)
            for position in range(len(page.asks)):
                if stated := page.cells.get((number, position + 1)):
                    sheet.write_string(row, position + 2, escape(stated), text)
        sheet.freeze_panes(2, 2)
        sheet.repeat_rows(0, 1)
    book.close()


def read_facts(stream: BinaryIO, pages: list[Page]) -> tuple[list[Stated], list[Fault]]:
    """What the sheets say beyond what is stated already, and what is wrong with them; FileRefused when they cannot be
    read."""
    tables = read_tables(stream, {str(page.key): page.layout for page in pages}, LIMITS)
    found: list[Stated] = []
    faults: list[Fault] = []
    for page in pages:
        table = tables[str(page.key)]
        for note in table.notes:
            if note.startswith(UNKNOWN_COLUMNS):
                faults.append(
                    Fault(
                        page.title, "", note.removeprefix(UNKNOWN_COLUMNS), "表里没有这一列，请重新下载表样。"
                    )
                )
        seen: set[int] = set()
        for row in table.rows:
            judge = Judge(table, row, {})
            wrong = [each for each in judge.problems if each.is_error]
            faults += [Fault(page.title, each.cell, each.column, each.message) for each in wrong]
            number = _number(page, table, row, seen, faults)
            if number is not None:
                refused = {each.field for each in wrong}
                found += _cells(page, table, row, number, refused, faults)
            if len(faults) >= MOST_FAULTS:
                return found, faults[:MOST_FAULTS]
    return found, faults


def _number(page: Page, table, row, seen: set[int], faults: list[Fault]) -> int | None:
    """The evaluation a row is about."""
    text = normalize_cell(row.cells.get("number", "")).lstrip("'")
    place = table.place(row.number, "number")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    if number not in page.names:
        faults.append(
            Fault(
                page.title,
                place,
                "编号",
                f"没有编号为“{text[:40]}”的单位，请不要改动编号。" if text else "没有编号。",
            )
        )
        return None
    if number in seen:
        faults.append(Fault(page.title, place, "编号", f"编号{number}写了两行。"))
        return None
    seen.add(number)
    name = words.plain_word(row.cells.get("name", ""))
    if name and name != words.plain_word(page.names[number]):
        faults.append(
            Fault(
                page.title,
                table.place(row.number, "name"),
                "名称",
                f"编号{number}是“{page.names[number]}”，请核对。",
            )
        )
        return None
    return number


def _cells(page: Page, table, row, number: int, refused: set[str], faults: list[Fault]) -> Iterator[Stated]:
    for at, ask in enumerate(page.asks, start=1):
        value = row.cells.get(f"ask{at}", "")
        text = value.strip() if isinstance(value, str) else value
        if text in ("", None) or f"ask{at}" in refused or text == page.cells.get((number, at)):
            continue
        place = table.place(row.number, f"ask{at}")
        try:
            entries = read_cell(ask, value)
        except ValueError as error:
            faults.append(Fault(page.title, place, heading(ask, at), f"{error}；例如：{example_of(ask)}。"))
            continue
        yield Stated(number, at, tuple(entries), normalize_cell(value), page, place)
