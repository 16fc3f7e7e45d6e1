"""A table out of a file: .xlsx or .csv, headings found by name wherever they stand, rows numbered as people see them."""

import codecs
import csv
import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import chain, islice
from typing import BinaryIO

from ..identity import normalize_cell
from . import workbook
from .problems import FileRefused

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 60
SHELL_ROWS = 10_000_000  # of a text file given in the shell; an .xlsx sheet ends at 1,048,576
_HEADER_WITHIN = 20  # rows
_NOTE = re.compile(r"\s*(?:填表说明|填报说明|导出说明|说明|备注|注)\s*[：:]")
_ESCAPED = re.compile(r"'+[=+\-@]")


@dataclass(frozen=True)
class Column:
    """A column of a layout: the field it fills, its heading, other headings it is known by."""

    field: str
    title: str
    aliases: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Limits:
    """How much of a file is read at most."""

    rows: int = MAX_ROWS
    columns: int = MAX_COLUMNS
    compressed: bool = False  # whether .csv.gz is taken


SHELL_LIMITS = Limits(rows=SHELL_ROWS, compressed=True)


@dataclass(slots=True)
class Row:
    """A row with something in it: raw values by field, its number as the spreadsheet shows it."""

    number: int
    cells: dict[str, object]
    formulas: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    hidden: bool = False


@dataclass
class Table:
    """The rows below a recognised header; they are read as they are asked for, and once."""

    rows: Iterator[Row]
    titles: dict[str, str]  # field → heading as it stands in the file
    positions: dict[str, int]  # field → column, from zero
    header_row: int
    notes: list[str] = field(default_factory=list)

    def place(self, row: int, name: str) -> str:
        """The cell of a field in a row as people write it (C12); "" for a column the file does not have."""
        position = self.positions.get(name)
        return "" if position is None else f"{column_letters(position)}{row}"


@dataclass(slots=True)
class _Grid:
    name: str
    rows: Iterator[list]
    formulas: frozenset = frozenset()
    broken: frozenset = frozenset()
    merged: list = field(default_factory=list)
    hidden_rows: frozenset = frozenset()
    is_text: bool = False


def column_letters(position: int) -> str:
    """A, B, … Z, AA for 0, 1, … 25, 26."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def escape(text: str) -> str:
    """Text that no spreadsheet program takes for a formula: ' before a leading = + - @."""
    return "'" + text if text[:1] in ("=", "+", "-", "@") or _ESCAPED.match(text) else text


def unescape(text: str) -> str:
    """Exactly what `escape` was given."""
    return text[1:] if _ESCAPED.match(text) else text


def read_table(
    stream: BinaryIO, file_name: str, layout: tuple[Column, ...], limits: Limits = Limits()
) -> Table:
    """Find the header of `layout` in an uploaded file and return the rows below it; FileRefused otherwise."""
    low = file_name.lower()
    if low.endswith(".xlsx"):
        _refuse_empty(stream)
        grids = (
            _Grid(each.name, each.rows, each.formulas, each.broken, each.merged, each.hidden_rows)
            for each in workbook.open_sheets(
                stream, max_rows=limits.rows + _HEADER_WITHIN, max_columns=limits.columns
            )
        )
    elif low.endswith(".csv"):
        _refuse_empty(stream)
        grids = iter([_Grid("", _csv_rows(stream, limits), is_text=True)])
    elif low.endswith(".csv.gz") and limits.compressed:
        grids = iter([_Grid("", _csv_rows(gzip.GzipFile(fileobj=stream), limits), is_text=True)])
    else:
        raise FileRefused(
            "wrong_extension", "只接受 .xlsx 或 .csv 文件；旧版 .xls 请用 Excel 或 WPS 另存为 .xlsx。"
        )
    return _find_table(grids, layout, limits)


def read_tables(
    stream: BinaryIO, layouts: Mapping[str, tuple[Column, ...]], limits: Limits = Limits()
) -> dict[str, Table]:
    """The tables of an .xlsx file that is opened once: each in a sheet of its own, known by its header, not by the
    name of the sheet. FileRefused names the layout that no sheet has."""
    _refuse_empty(stream)
    found: dict[str, Table] = {}
    for each in workbook.open_sheets(
        stream, max_rows=limits.rows + _HEADER_WITHIN, max_columns=limits.columns
    ):
        rows = list(each.rows)
        for name in [name for name in layouts if name not in found]:
            grid = _Grid(each.name, iter(rows), each.formulas, each.broken, each.merged, each.hidden_rows)
            try:
                found[name] = _find_table(iter([grid]), layouts[name], limits)
            except FileRefused as refused:
                if refused.kind not in ("no_header", "empty_file"):
                    raise
            else:
                break
    for name, layout in layouts.items():
        if name not in found:
            needed = "、".join(column.title for column in layout if column.required)
            raise FileRefused(
                "no_header",
                f"找不到“{name}”表：没有哪张表在前 {_HEADER_WITHIN} 行里有“{needed}”这些列名。请不要改动表样的列名。",
            )
    return found


def _refuse_empty(stream: BinaryIO) -> None:
    if not stream.read(1):
        raise FileRefused("empty_file", "文件是空的，请检查后重新上传。")
    stream.seek(0)


def _find_table(grids: Iterator[_Grid], layout: tuple[Column, ...], limits: Limits) -> Table:
    best: set[str] = set()
    was_empty = True
    for grid in grids:
        head = list(islice(grid.rows, _HEADER_WITHIN + 1))
        was_empty = was_empty and not any(_is_filled(row) for row in head)
        for at, row in enumerate(head[:_HEADER_WITHIN]):
            found = _match(row, layout)
            depth = 1
            if found and at + 1 < len(head):
                below = _match(head[at + 1], layout)
                if below and not set(below) & set(found) and not set(below.values()) & set(found.values()):
                    found, depth = found | below, 2
            if all(each.field in found for each in layout if each.required):
                start = at + depth
                body = chain(head[start:], grid.rows)
                return _table(
                    grid, body, start, found, [head[each] for each in range(at, start)], layout, limits
                )
            if len(found) > len(best):
                best = set(found)
    if was_empty:
        raise FileRefused("empty_file", "文件里没有内容，请检查后重新上传。")
    missing = "、".join(each.title for each in layout if each.required and each.field not in best)
    raise FileRefused(
        "no_header", f"在前 {_HEADER_WITHIN} 行里找不到表头：缺少“{missing}”。请不要改动表样的列名。"
    )


def _heading(value: object) -> str:
    return without_remark(re.sub(r"\s+", "", normalize_cell(value)).strip("*＊"))


def without_remark(text: str) -> str:
    """A text without what stands in brackets at its end, unless that is all."""
    if not text.endswith(("）", ")")):
        return text
    starts = [at for at in (text.find("（"), text.find("(")) if at >= 0]
    return text[: min(starts, default=0)] or text


def _match(row: list, layout: tuple[Column, ...]) -> dict[str, int]:
    """Field → position of the headings recognised in a row; FileRefused when a heading comes twice."""
    known = {_heading(name): each.field for each in layout for name in (each.title, *each.aliases)}
    found: dict[str, int] = {}
    for position, value in enumerate(row):
        if not isinstance(value, str) or not value:
            continue
        name = known.get(_heading(value))
        if name is None:
            continue
        if name in found:
            # The same words in one row of data are no header.
            if len(found) < 2:
                return {}
            raise FileRefused("repeated_column", f"表头“{value.strip()}”出现了两次，请只保留一列。")
        found[name] = position
    return found


def _table(grid, body, start, found, header, layout, limits) -> Table:
    titles = {}
    for name, position in found.items():
        titles[name] = next(
            normalize_cell(row[position])
            for row in header
            if position < len(row) and normalize_cell(row[position])
        )
    notes = [f"工作表“{grid.name}”"] if grid.name else []
    unknown = [
        normalize_cell(value)
        for row in header
        for position, value in enumerate(row)
        if normalize_cell(value) and position not in found.values()
    ]
    ignored = [each for each in unknown if each not in ("序号", "错误说明")]
    if ignored:
        notes.append(f"未识别而略过的列：{'、'.join(ignored[:10])}")
    absent = [each.title for each in layout if each.field not in found]
    if absent:
        notes.append(f"文件中没有的列，原有内容不变：{'、'.join(absent)}")
    return Table(_body_rows(grid, body, start, found, limits), titles, found, start, notes)


def _body_rows(
    grid: _Grid, body: Iterator[list], start: int, found: dict[str, int], limits: Limits
) -> Iterator[Row]:
    merged = _merged_cells(grid.merged, start, set(found.values()))
    pairs = list(found.items())
    by_position = {position: name for name, position in pairs}
    formulas, broken = _by_row(grid.formulas, by_position), _by_row(grid.broken, by_position)
    for number, row in enumerate(body, start + 1):
        if number > start + limits.rows:
            raise FileRefused("too_many_rows", f"表格超过 {limits.rows:,} 行，请分成几个文件导入。")
        at = number - 1
        in_formula = formulas.get(at, [])
        cells = {}
        width = len(row)
        for name, position in pairs:
            value = row[position] if position < width else ""
            if isinstance(value, str):
                if not value:
                    continue
                # In a text file a formula is what a spreadsheet program would take for one.
                if value[0] == "=":
                    in_formula = [*in_formula, name]
                elif value[0] == "'":
                    value = unescape(value)
            cells[name] = value
        is_broken = broken.get(at, ())
        if not in_formula and not is_broken and (not _is_filled(cells.values()) or _is_note(row)):
            continue
        yield Row(
            number,
            cells,
            tuple(in_formula),
            tuple(is_broken),
            tuple(by_position[position] for position in merged.get(at, ())),
            at in grid.hidden_rows,
        )


def _by_row(places, by_position: dict[int, str]) -> dict[int, list[str]]:
    """Row → fields of the given places."""
    rows: dict[int, list[str]] = {}
    for row, position in places:
        if position in by_position:
            rows.setdefault(row, []).append(by_position[position])
    return rows


def _merged_cells(ranges, start: int, positions: set[int]) -> dict[int, list[int]]:
    """Row → columns of the layout that lie in a merged range below the header, its first cell included."""
    cells: dict[int, list[int]] = {}
    for (first_row, first_column), (last_row, last_column) in ranges[:10_000]:
        columns = [each for each in positions if first_column <= each <= last_column]
        for row in range(max(first_row, start), min(last_row, start + MAX_ROWS) + 1 if columns else 0):
            cells.setdefault(row, []).extend(columns)
    return cells


def _is_filled(values) -> bool:
    return any(value not in ("", None) and (not isinstance(value, str) or value.strip()) for value in values)


def _is_note(row: list) -> bool:
    """Whether a row is only a remark (填表说明：…) and no data."""
    filled = [value for value in row if isinstance(value, str) and value.strip()]
    return len(filled) == 1 and len(filled[0]) > 3 and _NOTE.match(filled[0]) is not None


def _csv_rows(stream: BinaryIO, limits: Limits) -> Iterator[list]:
    encoding = _encoding(stream)
    try:
        text = TextIOWrapper(stream, encoding=encoding, newline="")
        first = text.readline()
        delimiter = max(",\t;", key=first.count)
        for row in csv.reader(chain([first], text), delimiter=delimiter):
            if len(row) > limits.columns:
                raise FileRefused(
                    "too_many_columns", f"第一处超过 {limits.columns} 列，不像是约定的表样，请检查分隔符。"
                )
            yield row
    except UnicodeDecodeError as error:
        raise _unknown_encoding() from error
    except (csv.Error, OSError, EOFError) as error:
        raise FileRefused(
            "damaged_workbook", "文本表格已损坏，或某一格过长，请用 Excel 或 WPS 另存后再上传。"
        ) from error


def _encoding(stream: BinaryIO) -> str:
    """UTF-8 (with or without its mark) or GB18030, decided on the first megabyte."""
    size = 1024 * 1024
    sample = stream.read(size)
    stream.seek(0)
    if b"\0" in sample:
        raise _unknown_encoding()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(sample, final=len(sample) < size)
        except UnicodeDecodeError:
            continue
        return encoding
    raise _unknown_encoding()


def _unknown_encoding() -> FileRefused:
    return FileRefused("encoding", "无法识别文件编码，请另存为“CSV UTF-8”或 .xlsx 后再上传。")
