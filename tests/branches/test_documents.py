import io
import zipfile

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from branches.documents import meeting_docx, record_sheet
from branches.documents.sheets import chinese_number
from branches.models import AgendaItem, Guest, Resolution, Vote
from branches.queries.meetings import meeting_record
from branches.uploads import check_upload
from tests.meetings import member, record


@pytest.fixture
def document(cast):
    meeting = record(cast, title="十一月<党员>大会 & “学习”\x0b")
    AgendaItem.objects.create(
        meeting=meeting, number=1, topic="学习\x01全会]]>精神", discussion="第一段\n第二段\x1f"
    )
    Guest.objects.create(meeting=meeting, name="刘洋", title="县委组织部")
    Resolution.objects.create(meeting=meeting, number=1, text="撰写心得", owner=member(cast, "zhou"))
    Vote.objects.create(
        meeting=meeting,
        number=1,
        subject="决议",
        rule="GENERAL",
        entitled=9,
        present=9,
        in_favour=9,
        passed=True,
    )
    meeting = meeting_record(meeting)
    return Document(io.BytesIO(meeting_docx(meeting, record_sheet(meeting))))


def runs(document):
    return [run for paragraph in document.paragraphs for run in paragraph.runs if run.text]


def test_the_page_is_that_of_an_official_document(document):
    section = document.sections[0]
    for side, length in {
        "page_width": 210,
        "page_height": 297,
        "top_margin": 37,
        "bottom_margin": 35,
        "left_margin": 28,
        "right_margin": 26,
    }.items():
        assert abs(getattr(section, side) - Mm(length)) < Mm(0.1), side


def test_fonts_sizes_and_line_pitch(document):
    faces = {}
    for run in runs(document):
        fonts = run._r.rPr.find(qn("w:rFonts"))
        assert fonts.get(qn("w:eastAsia")) == fonts.get(qn("w:ascii"))
        faces.setdefault(fonts.get(qn("w:eastAsia")), set()).add(run.font.size)
    assert faces == {
        "方正小标宋简体": {Pt(22)},
        "黑体": {Pt(16)},
        "楷体_GB2312": {Pt(16)},
        "仿宋_GB2312": {Pt(16)},
    }
    for paragraph in document.paragraphs:
        assert abs(paragraph.paragraph_format.line_spacing - Pt(28.95)) < Pt(0.1)


def test_the_text_says_everything_and_no_character_breaks_it(document):
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for part in (
        "十一月<党员>大会 & “学习”",
        "一、基本情况",
        "（一）学习全会]]>精神",
        "第二段",
        "刘洋（县委组织部）",
        "责任人：周兰",
        "通过",
    ):
        assert part in text
    names = [cell.text for row in document.tables[0].rows for cell in row.cells]
    assert "李明" in names
    assert "严新（预备）" in names


def test_the_footer_numbers_the_pages(document):
    footer = document.sections[0].footer.paragraphs[0]
    assert "PAGE" in footer._p.xml
    assert footer.text.startswith("— ")
    assert {run.font.size for run in footer.runs} == {Pt(14)}


def test_numbers_in_words():
    assert [chinese_number(n) for n in (1, 10, 11, 20, 35)] == ["一", "十", "十一", "二十", "三十五"]


def office_file(inside):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(inside, "<x/>")
    return stream.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(20)


@pytest.mark.parametrize(
    ("name", "content"),
    [("通知.pdf", PDF), ("照片.PNG", PNG), ("签到.docx", office_file("word/document.xml"))],
)
def test_what_may_be_attached(name, content):
    assert check_upload(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("页面.html", b"<script>"),
        ("程序.pdf", b"MZ\x90\x00" + bytes(60)),
        ("页面.png", b"<html><script>alert(1)</script>"),
        ("压缩.docx", office_file("xl/workbook.xml")),
        ("大.pdf", PDF + bytes(10 * 1024 * 1024)),
        ("空.pdf", b""),
        ("无扩展名", PDF),
    ],
)
def test_what_may_not_be_attached(name, content):
    with pytest.raises(ValueError, match=r"[只接受文件]"):
        check_upload(name, content)
