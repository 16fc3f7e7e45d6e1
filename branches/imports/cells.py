"""One cell at a time: a reader gives its value, and what is wrong with it becomes a `Problem`."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ..identity import CellError, format_date, mask, normalize_cell, parse_date
from .problems import WARNING, Problem
from .spreadsheet import Row, Table

#: Kinds of `identity.CellError` in the words of `problems.KINDS`.
_KINDS = {
    "blank_name": "blank_name",
    "name": "bad_name",
    "id_blank": "blank_id",
    "id_as_number": "id_as_a_number",
    "id_length": "bad_id",
    "id_format": "bad_id",
    "id_date": "bad_id",
    "id_checksum": "bad_checksum",
    "date_as_number": "date_as_a_number",
    "date_impossible": "impossible_date",
    "date_format": "bad_date",
}
_TRAILING_NOTE = re.compile(r"(.*[^（(])[（(][^（()）]*[）)]", re.DOTALL)
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{2}")

REMEMBERED = 5_000  # texts of one column
#: Fields whose content is never quoted in full: previews are stored.
SECRET = frozenset({"id_number"})


@dataclass(frozen=True, slots=True)
class Cell:
    """How a cell is read: with `notes` a remark in brackets at its end is refused, with `tidy` stray spaces and
    full-width digits are."""

    field: str
    read: Callable[[object], object]
    notes: bool = True
    tidy: bool = True


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a reader gives back for a value that is taken, with a warning."""

    value: object
    kind: str
    message: str


class Judge:
    """Collects the values and problems of one row of a table.

    `memory` is shared by the rows of a table: most columns hold the same few texts again and again.
    """

    def __init__(self, table: Table, row: Row, memory: dict[str, dict[str, object]]) -> None:
        self.memory = memory
        self.table = table
        self.row = row
        self.values: dict[str, object] = {}
        self.problems: list[Problem] = []
        for field in row.formulas:
            self.report(field, "formula", "单元格里是公式；请复制后“粘贴为数值”，再上传。")
        for field in row.broken:
            if field not in row.formulas:
                self.report(field, "cell_error", "单元格显示的是错误值（如 #REF!），请改成实际内容。")
        for field in row.merged:
            if field not in row.formulas:
                self.report(field, "merged_cell", "单元格与其他单元格合并了；请取消合并，逐行填写。")
        if row.hidden:
            self.report(
                next(iter(table.titles)), "hidden_row", "这一行在表格里是隐藏的，也会导入。", severity=WARNING
            )

    def report(
        self, field: str, kind: str, message: str, *, severity: str = "error", proposal: str = ""
    ) -> None:
        self.problems.append(
            Problem(
                self.row.number,
                self.table.titles.get(field, ""),
                kind,
                message,
                severity,
                self.table.place(self.row.number, field),
                proposal,
                field,
            )
        )

    def raw(self, field: str) -> object:
        return self.row.cells.get(field, "")

    def is_blank(self, field: str) -> bool:
        """Whether nothing was written: then there is neither a value nor a problem."""
        value = self.raw(field)
        return value is None or value == "" or (isinstance(value, str) and not normalize_cell(value))

    def is_refused(self, field: str) -> bool:
        return any(problem.field == field and problem.is_error for problem in self.problems)

    def read(self, cells: Iterable[Cell]) -> None:
        """Put what the readers make of the cells into `values`, and what is wrong with them into `problems`."""
        given, values, memory = self.row.cells, self.values, self.memory
        refused = {*self.row.formulas, *self.row.merged}
        for cell in cells:
            value = given.get(cell.field)
            if value is None or value == "" or cell.field in refused:
                continue
            known = memory.setdefault(cell.field, {})
            if value in known:
                values[cell.field] = known[value]
                continue
            before = len(self.problems)
            self._read_anew(cell, value)
            is_clean = cell.field in values and len(self.problems) == before
            if is_clean and isinstance(value, str) and len(known) < REMEMBERED:
                known[value] = values[cell.field]

    def _read_anew(self, cell: Cell, value: object) -> None:
        field = cell.field
        quote = mask if field in SECRET else str
        text = ""
        if isinstance(value, str):
            text = normalize_cell(value)
            if not text:
                return
            if cell.notes and text[-1] in "）)" and (found := _TRAILING_NOTE.fullmatch(text)):
                kept = found.group(1).strip()
                self.report(
                    field,
                    "trailing_note_in_a_cell",
                    f"“{quote(text)}”末尾带有备注；请只填“{quote(kept)}”，备注另记。",
                    proposal=quote(kept),
                )
                return
        try:
            read = cell.read(value)
        except CellError as error:
            self.report(field, _KINDS.get(error.kind, error.kind), f"{error.message}。")
            return
        if isinstance(read, Doubt):
            self.report(field, read.kind, read.message, severity=WARNING)
            read = read.value
        self.values[field] = read
        if (
            cell.tidy
            and isinstance(value, str)
            and (value != text or (isinstance(read, str) and " " in value))
        ):
            kept = read if isinstance(read, str) else text
            if kept != value:
                self.report(
                    field,
                    "spaces_and_full_width_digits",
                    f"“{quote(value)}”含有多余的空格或全角字符，可自动更正为“{quote(kept)}”。",
                    proposal=quote(kept),
                )


def text_of(value: object) -> str:
    """Free text as it was written, numbers and dates as people read them, without blanks at its ends."""
    return value.strip() if isinstance(value, str) else normalize_cell(value)


def short_text(limit: int) -> Callable[[object], str]:
    """A reader of tidy text of at most `limit` characters; CellError "too_long"."""

    def read(value):
        text = normalize_cell(value)
        if len(text) > limit:
            raise CellError("too_long", f"内容有 {len(text)} 个字，最多 {limit} 个字")
        return text

    return read


def free_text(limit: int) -> Callable[[object], str]:
    """A reader of text as it stands of at most `limit` characters; CellError "too_long"."""

    def read(value):
        text = text_of(value)
        if len(text) > limit:
            raise CellError("too_long", f"内容有 {len(text)} 个字，最多 {limit} 个字")
        return text

    return read


def word(words: Mapping[str, object]) -> Callable[[object], object]:
    """A reader of one of the given words; CellError "unknown_word"."""

    def read(value):
        text = normalize_cell(value)
        if text not in words:
            shown = "、".join(list(words)[:8])
            raise CellError("unknown_word", f"“{text}”不在规定的选项内，应填：{shown}")
        return words[text]

    return read


def day(today: date | None) -> Callable[[object], date]:
    """A reader of days; with `today`, a later day is refused (CellError "future_date")."""

    def read(value):
        found = parse_date(value)
        if today is not None and found > today:
            raise CellError("future_date", f"日期 {format_date(found)} 晚于今天")
        return found

    return read


def looks_like_rounded_number(value: object) -> bool:
    """Whether a text holds a long number in scientific notation (7.1E+17): its digits are lost."""
    return isinstance(value, str) and _SCIENTIFIC.fullmatch(value.strip()) is not None


def shown(value: object) -> str:
    """A value as a preview or an export shows it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        value = value.date()
    return format_date(value) if isinstance(value, date) else str(value)
