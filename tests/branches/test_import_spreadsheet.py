"""Files that are not what they say, or too much of it: each is refused with a reason, quickly and in little memory."""

import zipfile
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter

from branches.imports import roster, workbook
from branches.imports.problems import FILE_KINDS, FileRefused
from branches.imports.spreadsheet import SHELL_LIMITS, Limits, column_letters, escape, read_table, unescape
from tests.import_sheets import TITLES, csv_file, person, roster_file

BRANCH = "第一支部"


def read(stream, name="名册.xlsx", **options):
    return list(read_table(stream, name, roster.LAYOUT, **options).rows)


def refusal(stream, name="名册.xlsx", **options):
    with pytest.raises(FileRefused) as caught:
        read(stream, name, **options)
    assert caught.value.kind in FILE_KINDS
    assert caught.value.message.endswith("。")
    return caught.value.kind


def repacked(stream, **parts):
    """The same archive with parts replaced or added."""
    result = BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename not in parts:
                new.writestr(info.filename, old.read(info))
        for name, content in parts.items():
            new.writestr(name, content)
    result.seek(0)
    return result


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def test_the_national_layout_is_found_by_its_headings():
    rows = read(roster_file([person(1, BRANCH), person(2, BRANCH)]))
    assert [row.number for row in rows] == [5, 6]
    assert rows[0].cells["branch"] == BRANCH


def test_columns_may_stand_in_any_order_and_a_row_lower():
    def shift(sheet):
        sheet.insert_rows(1, 3)

    rows = read(roster_file([person(1, BRANCH)], titles=tuple(reversed(TITLES)), change=shift))
    assert rows[0].number == 8
    assert rows[0].cells["id_number"] == person(1, BRANCH)["公民身份证号"]


def test_a_heading_in_two_rows_is_read_from_both():
    book = openpyxl.Workbook()
    book.active.append(["姓名", "所在党支部", "身份证号码（18位）", "联系电话", None])
    book.active.append([None, None, None, "手机号码", "座机"])
    book.active.append(["周安", BRANCH, "x", "19900000001", "0571-88880000"])
    stream = BytesIO()
    book.save(stream)
    stream.seek(0)
    (row,) = read(stream)
    assert (row.number, row.cells["mobile"], row.cells["landline"]) == (3, "19900000001", "0571-88880000")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_files_are_read_in_both_encodings(encoding):
    rows = read(csv_file([["姓名", "所在党支部", "身份证号"], ["周㐂", BRANCH, "1"]], encoding), "名册.csv")
    assert rows[0].cells == {"name": "周㐂", "branch": BRANCH, "id_number": "1"}


def test_a_compressed_text_file_is_for_the_shell_only():
    import gzip

    stream = BytesIO(
        gzip.compress(csv_file([["姓名", "党支部", "身份证号"], ["周安", BRANCH, "1"]]).getvalue())
    )
    assert len(read(stream, "名册.csv.gz", limits=SHELL_LIMITS)) == 1
    stream.seek(0)
    assert refusal(stream, "名册.csv.gz") == "wrong_extension"


@pytest.mark.parametrize("name", ["名册.xls", "名册.pdf", "名册", "名册.xlsx.exe", "名册.xlsm"])
def test_other_extensions_are_refused(name):
    assert refusal(roster_file([person(1, BRANCH)]), name) == "wrong_extension"


def test_a_file_that_is_no_workbook_is_refused():
    assert refusal(BytesIO(b"%PDF-1.7 something else entirely")) == "not_a_workbook"
    assert refusal(BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)) == "encrypted_workbook"
    assert refusal(BytesIO(b"")) == "empty_file"
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("word/document.xml", "<x/>")
    archive.seek(0)
    assert refusal(archive) == "not_a_workbook"


def test_a_truncated_workbook_is_refused():
    content = roster_file([person(1, BRANCH)]).getvalue()
    assert refusal(BytesIO(content[: len(content) // 2])) == "damaged_workbook"


def test_headers_alone_and_no_header_at_all():
    assert read(roster_file([])) == []
    book = openpyxl.Workbook()
    book.active.append(["甲", "乙"])
    stream = BytesIO()
    book.save(stream)
    stream.seek(0)
    assert refusal(stream) == "no_header"
    stream = BytesIO()
    openpyxl.Workbook().save(stream)
    stream.seek(0)
    assert refusal(stream) == "empty_file"


def test_a_heading_that_comes_twice_is_refused():
    titles = (*TITLES, "手机")
    assert refusal(roster_file([person(1, BRANCH)], titles=titles)) == "repeated_column"


def test_two_hundred_columns_are_refused():
    titles = (*TITLES, *(f"附加{number}" for number in range(180)))
    assert refusal(roster_file([person(1, BRANCH)], titles=titles)) == "too_many_columns"
    assert refusal(csv_file([["x"] * 200]), "名册.csv") == "too_many_columns"


def test_a_far_cell_is_refused_before_calamine_lays_out_the_rectangle():
    def far(sheet):
        sheet["XFD1048576"] = "x"

    assert refusal(roster_file([person(1, BRANCH)], change=far)) in ("too_many_rows", "too_many_columns")


def test_a_million_empty_rows_are_no_rows():
    rows = b"".join(b'<row r="%d"/>' % number for number in range(1, 1_000_001))
    stream = repacked(roster_file([person(1, BRANCH)]), **{SHEET: HEAD + rows + b"</sheetData></worksheet>"})
    assert refusal(stream) == "empty_file"


def test_too_many_rows_are_refused_as_they_are_counted():
    people = [person(number, BRANCH) for number in range(40)]
    assert refusal(roster_file(people), limits=Limits(rows=15)) == "too_many_rows"
    lines = [["姓名", "所在党支部", "身份证号"], *([["周安", BRANCH, "1"]] * 40)]
    assert refusal(csv_file(lines), "名册.csv", limits=Limits(rows=15)) == "too_many_rows"


def test_a_bomb_is_refused_by_what_it_says_of_itself():
    zeros = HEAD + b" " * (workbook.SMALL + 1024) + b"</sheetData></worksheet>"
    assert refusal(repacked(roster_file([]), **{SHEET: zeros})) == "bomb"
    parts = {f"xl/extra{number}.xml": b"<x/>" for number in range(workbook.MAX_PARTS)}
    assert refusal(repacked(roster_file([]), **parts)) == "bomb"


def test_a_bomb_that_understates_its_size_gives_nothing_away():
    """The archive's directory says one kilobyte; the stream unpacks to twenty megabytes."""
    stream = repacked(roster_file([]), **{SHEET: HEAD + b" " * 20_000_000 + b"</sheetData></worksheet>"})
    content = bytearray(stream.getvalue())
    at = content.rindex(SHEET.encode()) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    content[at + 24 : at + 28] = (1024).to_bytes(4, "little")
    assert refusal(BytesIO(bytes(content))) == "damaged_workbook"


def test_one_long_text_named_by_every_cell_is_a_bomb():
    text = "长" * 30_000
    cells = b"".join(
        b'<row r="%d">%s</row>'
        % (row, b"".join(b'<c r="%s%d" t="s"><v>0</v></c>' % (bytes([65 + at]), row) for at in range(20)))
        for row in range(1, 400)
    )
    shared = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    )
    stream = repacked(
        roster_file([]),
        **{SHEET: HEAD + cells + b"</sheetData></worksheet>", "xl/sharedStrings.xml": shared.encode()},
    )
    assert refusal(stream) == "bomb"


def test_entities_are_refused():
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + HEAD + b"</sheetData></worksheet>"
    assert refusal(repacked(roster_file([]), **{SHEET: laughs})) == "damaged_workbook"


def test_broken_xml_is_refused():
    assert refusal(repacked(roster_file([]), **{SHEET: HEAD + b"<row"})) == "damaged_workbook"
    odd = HEAD + b'<row r="1"><c r="?1" t="s"><v>0</v></c></row></sheetData></worksheet>'
    assert refusal(repacked(roster_file([]), **{SHEET: odd})) == "damaged_workbook"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01" * 8, b"\x81\xff\xff" * 9, b"a\0b"])
def test_unreadable_text_is_refused(content):
    assert refusal(BytesIO(content), "名册.csv") == "encoding"


def test_formulas_merged_cells_and_hidden_rows_are_told_cell_by_cell():
    def spoil(sheet):
        sheet["O6"] = '=HYPERLINK("#A1","点我")'
        sheet.merge_cells("C7:C8")
        sheet.row_dimensions[9].hidden = True

    first, second, third, fourth, fifth = read(
        roster_file([person(n, BRANCH) for n in range(5)], change=spoil)
    )
    assert first.formulas == ()
    assert second.formulas == ("address",)
    assert third.merged == ("branch",)
    assert fourth.merged == ("branch",)
    assert fifth.hidden
    assert not fourth.hidden


def test_a_hidden_sheet_is_not_read_and_the_right_one_is_found():
    book = openpyxl.load_workbook(roster_file([person(1, BRANCH)]))
    book.create_sheet("说明", 0).append(["请先阅读"])
    hidden = book.copy_worksheet(book["党员基本信息汇总表"])
    hidden.sheet_state = "hidden"
    book.move_sheet(hidden, -5)
    stream = BytesIO()
    book.save(stream)
    stream.seek(0)
    table = read_table(stream, "名册.xlsx", roster.LAYOUT)
    assert table.notes[0] == "工作表“党员基本信息汇总表”"


def test_cells_without_an_address_count_from_the_left():
    cells = "".join(
        f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in ("姓名", "所在党支部", "身份证号")
    )
    row = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in ("周安", BRANCH, "1"))
    sheet = HEAD + f"<row>{cells}</row><row>{row}</row></sheetData></worksheet>".encode()
    (found,) = read(repacked(roster_file([]), **{SHEET: sheet}))
    assert found.number == 2
    assert found.cells["name"] == "周安"


def test_what_xlsxwriter_streams_is_read():
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": True, "in_memory": True})
    sheet = book.add_worksheet()
    for column, title in enumerate(("姓名", "所在党支部", "身份证号")):
        sheet.write_string(0, column, title)
    sheet.write_string(1, 0, " 周 安 ")
    book.close()
    stream.seek(0)
    (row,) = read(stream)
    assert row.cells["name"] == " 周 安 "


@pytest.mark.parametrize("text", ["=1+1", "+86", "-", "@x", "'", "''", "'=1", "''=1", "'a", "", "a=1", "'-"])
def test_escaping_is_undone_exactly(text):
    assert unescape(escape(text)) == text
    assert escape(text)[:1] not in ("=", "+", "-", "@")


def test_columns_have_letters():
    assert [column_letters(each) for each in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
