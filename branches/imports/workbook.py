"""An .xlsx file opened without trusting it: measured first, then handed to calamine in a container of our own.

Calamine lays a sheet out as a full rectangle and copies each shared text into every cell that names it, and its
unpacking follows the stream, not the sizes the archive states. So the parts are unpacked here within limits, scanned
once by expat for the rectangle, the texts and the formulas, and only these bytes are given to calamine, stored anew.
"""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import python_calamine

from .problems import FileRefused
from .scan import damaged, local_name, parse_part, scan_sheet

MAX_PARTS = 2_000
MAX_UNPACKED = 256 * 1024 * 1024  # bytes of all parts together
MAX_RATIO = 150  # unpacked to packed, asked of files that unpack to more than SMALL
SMALL = 16 * 1024 * 1024
_SKIPPED = (
    "xl/theme/",
    "xl/drawings/",
    "xl/charts/",
    "xl/comments",
    "xl/persons/",
    "customxml/",
    "docprops/",
)


@dataclass(slots=True)
class Sheet:
    """A visible worksheet: rows of plain values from A1 on; places are (row, column) from zero.

    `broken` are cells that show an error such as #REF!, which calamine reads as empty.
    """

    name: str
    rows: Iterator[list]
    formulas: frozenset[tuple[int, int]]
    broken: frozenset[tuple[int, int]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]
    hidden_rows: frozenset[int]


def open_sheets(stream: BinaryIO, *, max_rows: int, max_columns: int) -> Iterator[Sheet]:
    """Yield the visible worksheets of an .xlsx file in their order; FileRefused when it is not safe or not sound."""
    spelling = _unpack(stream)
    parts = {name.lower(): content for name, content in spelling.items()}
    places, targets = _sheet_places(parts)
    lengths = _text_lengths(parts)
    # Whatever calamine might take for a worksheet is measured, not only what the workbook's own list leads to.
    scans = {
        place: scan_sheet(content, lengths, max_rows=max_rows, max_columns=max_columns)
        for place, content in parts.items()
        if place in targets or (place.startswith("xl/worksheets/") and place.endswith(".xml"))
    }
    try:
        workbook = python_calamine.load_workbook(_repack(spelling))
        for meta in workbook.sheets_metadata:
            if meta.typ != python_calamine.SheetTypeEnum.WorkSheet or meta.name not in places:
                continue
            if meta.visible != python_calamine.SheetVisibleEnum.Visible:
                continue
            sheet = workbook.get_sheet_by_name(meta.name)
            scan = scans[places[meta.name]]
            yield Sheet(
                meta.name,
                _rows(sheet),
                frozenset(scan.formulas),
                frozenset(scan.broken),
                sheet.merged_cell_ranges or [],
                frozenset(scan.hidden_rows),
            )
    except (python_calamine.CalamineError, ValueError, OverflowError, OSError) as error:
        raise damaged() from error
    except BaseException as error:
        # A panic of the Rust reader derives from BaseException and has no name to import.
        if type(error).__name__ == "PanicException":
            raise damaged() from error
        raise


def _rows(sheet) -> Iterator[list]:
    if sheet.start is None:
        return
    # Calamine gives the empty rows above the first cell, but not the empty columns before it.
    margin = [""] * sheet.start[1]
    for row in sheet.iter_rows():
        yield margin + row if margin else row


def _unpack(stream: BinaryIO) -> dict[str, bytes]:
    """The XML parts by name, unpacked within the limits."""
    head = stream.read(8)
    stream.seek(0)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(
            "encrypted_workbook", "文件设有密码，或是旧版 .xls 格式；请去掉密码并另存为 .xlsx 后再上传。"
        )
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = archive.infolist()
            _measure(infos)
            return {info.filename: archive.read(info) for info in infos if _is_wanted(info.filename)}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as error:
        kind = "damaged_workbook" if head.startswith(b"PK") else "not_a_workbook"
        if kind == "not_a_workbook":
            raise FileRefused(
                kind, "文件不是 .xlsx 表格（扩展名与内容不符），请用 Excel 或 WPS 另存后再上传。"
            ) from error
        raise damaged() from error
    except (NotImplementedError, RuntimeError) as error:  # unknown compression, encrypted part
        raise damaged() from error


def _measure(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse by the archive's own directory; what it understates fails its checksum and reaches nobody."""
    if len(infos) > MAX_PARTS:
        raise FileRefused("bomb", f"表格文件内含 {len(infos):,} 个部件，超过 {MAX_PARTS:,} 个，已拒绝打开。")
    names = [info.filename.lower() for info in infos]
    if len(set(names)) != len(names):
        raise damaged()
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos) or 1
    if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked / packed > MAX_RATIO):
        raise FileRefused(
            "bomb",
            f"表格文件解压后有 {unpacked / 1024 / 1024:,.0f} MB，是原文件的 {unpacked / packed:,.0f} 倍，已拒绝打开。"
            "请只保留需要导入的工作表，复制到新文件后再上传。",
        )
    if "xl/workbook.xml" not in names:
        raise FileRefused("not_a_workbook", "压缩包里没有表格内容，请上传 .xlsx 表格。")


def _is_wanted(name: str) -> bool:
    low = name.lower()
    return low.endswith((".xml", ".rels")) and not low.startswith(_SKIPPED)


def _repack(parts: dict[str, bytes]) -> BytesIO:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    buffer.seek(0)
    return buffer


def _sheet_places(parts: dict[str, bytes]) -> tuple[dict[str, str], set[str]]:
    """Sheet name → name of its part, and every part the workbook points to except texts and styles."""
    targets: dict[str, str] = {}
    places: dict[str, str] = {}

    def relation(name, attributes):
        if local_name(name) == "Relationship" and attributes.get("TargetMode") != "External":
            targets[attributes["Id"]] = (
                posixpath.normpath(posixpath.join("/xl", attributes["Target"])).lstrip("/").lower()
            )

    def sheet(name, attributes):
        if local_name(name) == "sheet":
            key = next((value for at, value in attributes.items() if at.endswith(":id")), "")
            place = targets.get(key, "")
            if place in parts:
                if attributes["name"] in places:
                    raise damaged()
                places[attributes["name"]] = place

    parse_part(parts.get("xl/_rels/workbook.xml.rels", b"<x/>"), start=relation)
    parse_part(parts["xl/workbook.xml"], start=sheet)
    if not places:
        raise damaged()
    return places, set(places.values()) | {
        place for place in targets.values() if not place.endswith(("sharedstrings.xml", "styles.xml"))
    }


def _text_lengths(parts: dict[str, bytes]) -> list[int]:
    """Characters of each shared text, in order."""
    lengths: list[int] = []

    def start(name, _):
        if local_name(name) == "si":
            lengths.append(0)

    def text(data):
        if lengths:
            lengths[-1] += len(data)

    if "xl/sharedstrings.xml" in parts:
        parse_part(parts["xl/sharedstrings.xml"], start=start, text=text)
    return lengths
