"""The record as a Word file after GB/T 9704: page, fonts and line pitch of an official document.

Fonts are named, never shipped. Every run carries w:eastAsia, without which Word sets Chinese in another face.
"""

import io
import re

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from branches.documents.sheets import RecordSheet, chinese_number
from branches.models import Meeting

TITLE, HEADING, SUBHEADING, BODY = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"
LINE = Pt(28.95)
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def meeting_docx(meeting: Meeting, sheet: RecordSheet) -> bytes:
    """Return the .docx of a record (see `queries.meetings.meeting_record`)."""
    document = Document()
    _page(document)
    _line(
        document,
        meeting.title if "记录" in meeting.title else f"{meeting.title}会议记录",
        TITLE,
        22,
        centred=True,
    )
    _line(document, "", BODY, 16)
    chapters = iter(range(1, 100))
    _chapter(document, chapters, "基本情况")
    for label, text in sheet.facts:
        _body(document, f"{label}：{text}")
    _body(document, f"出席情况：{sheet.attendance_words}")
    if sheet.absence_words:
        _body(document, f"缺席：{sheet.absence_words}")
    if sheet.guest_words:
        _body(document, f"列席：{sheet.guest_words}")
    _chapter(document, chapters, "议题")
    for item in meeting.agenda.all():
        _line(document, f"（{chinese_number(item.number)}）{item.topic}", SUBHEADING, 16, indent=True)
        for text in item.discussion.splitlines():
            if text.strip():
                _body(document, text.strip())
    if sheet.votes:
        _chapter(document, chapters, "表决情况")
        for number, (subject, words) in enumerate(sheet.votes, 1):
            _body(document, f"{number}. {subject}：{words}。")
    if sheet.resolutions:
        _chapter(document, chapters, "决议")
        for number, words in enumerate(sheet.resolutions, 1):
            _body(document, f"{number}. {words}。")
    _chapter(document, chapters, "参加人员签到")
    _attendance(document, sheet)
    _line(document, "", BODY, 16)
    _body(document, "主持人签字：                记录人签字：")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def clean(text: str) -> str:
    """Leave out the characters no XML may hold."""
    return _ILLEGAL.sub("", text)


def _page(document):
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(28)
    normal = document.styles["Normal"]
    normal.font.size = Pt(16)
    _face(normal.element.get_or_add_rPr(), BODY)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for part in ("— ", "PAGE", " —"):
        run = footer.add_run()
        run.font.size = Pt(14)
        _face(run._r.get_or_add_rPr(), "宋体")
        if part == "PAGE":
            _field(run, part)
        else:
            run.text = part


def _field(run, code):
    for kind in ("begin", None, "end"):
        if kind is None:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = code
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _face(properties, name):
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for side in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(side), name)


def _line(document, text, face, size, *, centred=False, indent=False):
    paragraph = document.add_paragraph()
    layout = paragraph.paragraph_format
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    layout.space_before = layout.space_after = Pt(0)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if indent:
        layout.first_line_indent = Pt(2 * size)
    run = paragraph.add_run(clean(text))
    run.font.size = Pt(size)
    _face(run._r.get_or_add_rPr(), face)
    return paragraph


def _chapter(document, chapters, text):
    _line(document, f"{chinese_number(next(chapters))}、{text}", HEADING, 16, indent=True)


def _body(document, text):
    _line(document, text, BODY, 16, indent=True)


def _attendance(document, sheet):
    """Names in two columns, each with room to sign, or with the reason for being absent."""
    marks = sheet.attendance
    half = -(-len(marks) // 2)
    table = document.add_table(rows=1, cols=4)
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for cell, text in zip(table.rows[0].cells, ("姓名", "签到", "姓名", "签到"), strict=True):
        _cell(cell, text, HEADING)
    for place in range(half):
        cells = table.add_row().cells
        for column, number in ((0, place), (2, place + half)):
            if number < len(marks):
                mark = marks[number]
                _cell(cells[column], f"{mark.name}（{mark.note}）" if mark.note else mark.name, BODY)
                _cell(cells[column + 1], mark.absence, BODY)


def _cell(cell, text, face):
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(clean(text))
    run.font.size = Pt(14)
    _face(run._r.get_or_add_rPr(), face)
