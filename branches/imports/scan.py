"""The XML of a workbook's parts, walked once by expat before calamine lays anything out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from .problems import FileRefused

MAX_TEXT = 128 * 1024 * 1024  # characters of all cells that name a shared text
MAX_CELLS = 8_000_000  # of the rectangle


@dataclass(slots=True)
class Scan:
    """What one pass over a worksheet tells; places are (row, column) from zero."""

    last_row: int = -1
    last_column: int = -1
    shared_cells: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
    broken: set[tuple[int, int]] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)


def damaged() -> FileRefused:
    return FileRefused(
        "damaged_workbook", "表格文件已损坏或不完整，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。"
    )


def parse_part(content: bytes, *, start: Callable | None = None, text: Callable | None = None) -> None:
    """Run expat over a part; local names only, document types (and so entities) refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse_doctype(*_):
        raise damaged()

    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = start
    parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, KeyError, IndexError) as error:
        raise damaged() from error


def local_name(name: str) -> str:
    """The name of an element without its prefix."""
    return name.rpartition(":")[2] if ":" in name else name


def scan_sheet(content: bytes, lengths: list[int], *, max_rows: int, max_columns: int) -> Scan:
    """Measure the rectangle that holds values and note formulas, errors and hidden rows; FileRefused beyond the limits.

    `lengths` are the characters of each shared text: a short file may name a long one in every cell.
    """
    scan = _measure(content, max_rows, max_columns)
    if (scan.last_row + 1) * (scan.last_column + 1) > MAX_CELLS:
        raise FileRefused("too_many_rows", "表格的行数与列数相乘过大，请分成几个文件导入。")
    # Adding the texts up takes a call for each cell, so it is left out where they cannot be too much.
    if lengths and scan.shared_cells * max(lengths) > MAX_TEXT and _shared_text(content, lengths) > MAX_TEXT:
        raise FileRefused("bomb", "表格中的文字总量过大，已拒绝打开。请只保留需要导入的内容。")
    return scan


def _measure(content: bytes, max_rows: int, max_columns: int) -> Scan:
    scan = Scan()
    row = column = -1
    columns: dict[str, int] = {}

    def start(name, attributes):
        nonlocal row, column
        if ":" in name:
            name = local_name(name)
        if name == "c":
            reference = attributes.get("r")
            if reference:
                letters = reference.rstrip("0123456789")
                row = int(reference[len(letters) :]) - 1
                column = columns.get(letters, -1)
                if column < 0:
                    column = columns[letters] = _column_number(letters)
            else:
                column += 1
            kind = attributes.get("t")
            if kind == "s":
                scan.shared_cells += 1
            elif kind == "e":
                scan.broken.add((row, column))
        elif name in ("v", "f", "is"):
            if name == "f":
                scan.formulas.add((row, column))
            if row > scan.last_row:
                scan.last_row = row
                if row >= max_rows:
                    raise FileRefused("too_many_rows", f"表格超过 {max_rows:,} 行，请分成几个文件导入。")
            if column > scan.last_column:
                scan.last_column = column
                if column >= max_columns:
                    raise FileRefused(
                        "too_many_columns",
                        f"表格超过 {max_columns} 列，不像是约定的表样；请删去多余的列（含右侧看不见的内容）后再上传。",
                    )
        elif name == "row":
            row = int(attributes["r"]) - 1 if "r" in attributes else row + 1
            column = -1
            if attributes.get("hidden") in ("1", "true"):
                scan.hidden_rows.add(row)

    parse_part(content, start=start)
    return scan


def _shared_text(content: bytes, lengths: list[int]) -> int:
    """Characters of all cells that name a shared text."""
    total = 0
    is_shared = False
    index: list[str] = []

    def settle():
        nonlocal total
        if index:
            total += lengths[int("".join(index))]
            index.clear()

    def start(name, attributes):
        nonlocal is_shared
        name = local_name(name)
        if name == "c":
            settle()
            is_shared = attributes.get("t") == "s"

    def text(data):
        if is_shared:
            index.append(data.strip())

    parse_part(content, start=start, text=text)
    settle()
    return total


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise ValueError(letters)
        number = number * 26 + ord(letter) - 64
    if not 1 <= number <= 16_384:
        raise ValueError(letters)
    return number - 1
