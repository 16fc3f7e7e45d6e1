"""Templates as files: what leaves comes back the same, and what is wrong in a file is said cell by cell."""

import re
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from accountability.actions.starters import STARTERS
from accountability.choices import TEMPLATE_KINDS, CountedBy, EvidenceKind
from accountability.editions import edition_of
from accountability.exchange.drafts import MOST_ITEMS, Draft
from accountability.exchange.spreadsheet import FACT_LAYOUT, ITEM_LAYOUT, read_spreadsheet, write_spreadsheet
from accountability.exchange.toml import read_toml, write_toml
from accountability.exchange.values import BEARERS, FACT_READERS, ITEM_READERS, UNIT_KINDS
from accountability.requirements import faults_of
from branches.choices import Chain, Level, MeetingKind
from branches.identity import normalize_cell
from branches.imports.problems import FileRefused
from branches.periods import Interval
from tests.accountability.template_shapes import SHAPES, shaped


def through_xlsx(edition):
    file = BytesIO()
    write_spreadsheet(file, edition, mark="导出：测试")
    file.seek(0)
    return read_spreadsheet(file, "清单.xlsx")


def through_toml(edition):
    return read_toml(write_toml(edition).encode())


def without_keys(edition):
    return {"facts": edition["facts"], "items": [each | {"key": None} for each in edition["items"]]}


THROUGH = pytest.mark.parametrize("through", [through_xlsx, through_toml])


@THROUGH
@pytest.mark.parametrize("path", sorted(STARTERS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_starter_comes_back_the_same(through, path):
    edition = read_toml(path.read_bytes(), 2026).edition
    draft = through(edition)
    assert draft.faults == []
    assert draft.hints == []
    assert draft.edition == edition


@THROUGH
@pytest.mark.parametrize("number", SHAPES)
def test_published_lengths_come_back_the_same(through, number):
    edition = without_keys(edition_of(*shaped(number)))
    draft = through(edition)
    assert draft.faults == []
    assert draft.edition == edition


# Texts as people write them, formulas and quotes among them; a cell holds no control characters.
WORDS = (
    st.text(
        alphabet=st.one_of(
            st.sampled_from("=+-@'\"\\#[]{}，。；“”（）《》 \n\t,:;=党建支部责任"),
            st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")),
        ),
        min_size=1,
        max_size=70,
    )
    .map(str.strip)
    .filter(normalize_cell)  # some characters are nothing to see
)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def items(draw):
    counted_by = draw(st.sampled_from(CountedBy.values))
    is_negative = draw(st.booleans())
    values = {
        "heading": draw(WORDS),
        "content": draw(WORDS),
        "measure": draw(st.one_of(st.just(""), WORDS)),
        "interval": draw(st.sampled_from([each.value for each in Interval])),
        "deadline": None,
        "counted_by": "",
        "target": None,
        "meeting_kinds": 0,
        "evidence": EvidenceKind.OPTIONAL.value,
        "is_common": draw(st.booleans()),
        "is_negative": is_negative,
        "legal_basis": draw(WORDS),
        "sunset_on": date(2026, 12, 31),
    }
    if not is_negative:
        values["evidence"] = draw(st.sampled_from(EvidenceKind.values))
        values["counted_by"] = counted_by
        values["target"] = draw(st.integers(1, 999)) if counted_by else None
        if counted_by == CountedBy.MEETINGS:
            values["meeting_kinds"] = MeetingKind.mask(
                draw(st.sets(st.sampled_from(list(MeetingKind)), min_size=1))
            )
        if draw(st.booleans()):
            values |= {"interval": "year", "deadline": draw(DAYS)}
    return values


@st.composite
def drafts(draw):
    facts = {
        "code": draw(WORDS)[:40].strip(),
        "title": draw(WORDS),
        "kind": draw(st.sampled_from(["PRINCIPAL", "LEADERSHIP", "DUAL"])),
        "year": 2026,
        "organization_kinds": draw(st.sampled_from([[], ["COMMITTEE", "BRANCH"]])),
        "levels": draw(st.sampled_from([[], [int(Level.COUNTY), int(Level.BRANCH)]])),
        "chain": draw(st.sampled_from(["", Chain.OFFICE.value])),
        "posts": draw(st.sampled_from([[], ["SECRETARY"]])),
        "source": draw(WORDS),
    }
    return Draft(facts, draw(st.lists(items(), min_size=1, max_size=4)))


@THROUGH
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(draft=drafts())
def test_whatever_is_written_comes_back_the_same(through, draft):
    if any(faults_of(item, 2026) for item in draft.items):
        return  # chance has written something that may not be asked
    again = through(draft.edition)
    assert again.faults == []
    assert again.edition == draft.edition


def test_a_formula_stays_text():
    template, rows = shaped(1)
    rows[0].content = '=HYPERLINK("http://example.invalid","点我")'
    file = BytesIO()
    write_spreadsheet(file, edition_of(template, rows), mark="导出")
    sheet = load_workbook(file)["条目"]
    assert sheet["C2"].data_type == "s"
    assert sheet["C2"].value.startswith("'=")


# What a stranger writes

FACTS = ("编号", "名称", "责任类别", "年度", "适用组织类别", "依据")
ITEMS = ("条目", "责任内容", "周期", "完成期限", "计数方式", "每期至少", "会议类型", "负面清单", "落实要求")


def book(*rows, facts=("LOCAL", "地方清单", "主体责任", 2026, "党委、党总支", "试行办法")):
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "模板"
    sheet.append(FACTS)
    sheet.append(facts)
    sheet = workbook.create_sheet("条目")
    sheet.append(ITEMS)
    for row in rows:
        sheet.append(row)
    file = BytesIO()
    workbook.save(file)
    file.seek(0)
    return file


def test_chinese_words_and_days_without_a_year():
    draft = read_spreadsheet(
        book(
            ("年度安排", "定下全年要点", "年", "3月31日"),
            ("讲党课", "给党员讲党课", "每半年", None, "会议次数", 2, "党课，主题党日"),
            ("出了问题", "发生违纪", "年", None, None, None, None, "是"),
        ),
        "清单.xlsx",
    )
    assert draft.faults == []
    assert draft.facts["organization_kinds"] == ["COMMITTEE", "GENERAL_BRANCH"]
    first, second, third = draft.items
    assert first["deadline"] == date(2026, 3, 31)
    assert (first["legal_basis"], first["sunset_on"]) == ("试行办法", date(2026, 12, 31))
    assert (second["interval"], second["counted_by"], second["target"]) == ("half", "MEETINGS", 2)
    assert second["meeting_kinds"] == MeetingKind.LECTURE | MeetingKind.PARTY_DAY
    assert third["is_negative"]


def test_faults_name_the_cell_the_column_and_the_remedy():
    draft = read_spreadsheet(
        book(
            ("甲", "听取意见", "旬"),
            ("", "听取意见", "季度"),
            ("丙", "听取意见", "季度", None, "会议次数", 1),
            ("丁", "听取意见", "年", "2027-01-05"),
            ("戊", "听取意见", "季度", None, "次数", "两次"),
            ("己", "听取意见", "季度", None, None, None, None, None, "每天打卡"),
            ("庚", "=1+1", "季度"),
        ),
        "清单.xlsx",
    )
    found = {(each.place, each.column): each.message for each in draft.faults}
    assert "应填：月、季度、半年、年" in found["C2", "周期"]
    assert found["A3", "条目"] == "没有填写。"
    assert "哪些会议" in found["G4", "计入的会议类型"]
    assert "2026年之内" in found["D5", "完成期限"]
    assert "整数" in found["F6", "每期至少"]
    assert "不得以打卡" in found["I7", "落实要求"]
    assert "公式" in found["B8", "责任内容"]
    assert len(draft.faults) == 7


def test_what_the_facts_lack():
    draft = read_spreadsheet(book(("甲", "听取意见", "季度"), facts=("", "", "部署任务", 2026)), "清单.xlsx")
    messages = {(each.column, each.message.partition("，")[0]) for each in draft.faults}
    assert ("编号", "没有填写。") in messages
    assert ("责任类别", "“部署任务”不在规定的选项内") in messages
    assert any(each.column == "依据" for each in draft.faults)


def test_a_file_of_another_kind_is_refused():
    workbook, file = Workbook(), BytesIO()
    workbook.active.append(["姓名", "电话"])
    workbook.save(file)
    file.seek(0)
    with pytest.raises(FileRefused, match="找不到表头"):
        read_spreadsheet(file, "名册.xlsx")
    with pytest.raises(FileRefused):
        read_spreadsheet(BytesIO(b"PK\x03\x04 nothing"), "坏.xlsx")
    with pytest.raises(FileRefused, match="不是有效的 TOML"):
        read_toml(b"code = ")
    with pytest.raises(FileRefused, match="编码"):
        read_toml(b"\xff\xfe\x00")
    with pytest.raises(FileRefused, match=r"\[\[item\]\]"):
        read_toml('item = "一条"'.encode())


def test_toml_says_which_item_and_key():
    text = """
code = "LOCAL"
title = "地方清单"
kind = "主体责任"
year = 2026
source = "试行办法"
color = "red"

[[item]]
heading = "甲"
content = "听取意见"
interval = "季度"
target = { at_least = 2 }

[[item]]
heading = "乙"
content = "报党员花名册"
interval = "month"
deadline = "02-30"
"""
    draft = read_toml(text.encode())
    found = {(each.place, each.column): each.message for each in draft.faults}
    assert "没有这个键" in found["文件开头", "color"]
    assert "不是表" in found["第1个 [[item]]", "每期至少"]
    assert "2026年没有2月30日" in found["第2个 [[item]]", "完成期限"]
    assert len(draft.faults) == 3
    (hint,) = draft.hints
    assert "名册" in hint.message


def test_too_many_items_are_refused():
    rows = [(f"第{number}项", f"办第{number}件事", "季度") for number in range(MOST_ITEMS + 1)]
    draft = read_spreadsheet(book(*rows), "清单.xlsx")
    assert f"最多{MOST_ITEMS}条" in draft.faults[0].message
    assert read_spreadsheet(book(), "清单.xlsx").faults[0].message.startswith("没有条目")


# The description


DESCRIPTION = Path(__file__).parents[2] / "docs" / "checklists.md"


def test_the_example_of_the_description_is_right():
    example = re.search(r"```toml\n(.*?)```", DESCRIPTION.read_text(), re.DOTALL)[1]
    draft = read_toml(example.encode())
    assert draft.faults == []
    assert draft.hints == []
    assert len(draft.items) == 3


def test_the_description_names_every_key_heading_and_word():
    description = DESCRIPTION.read_text()
    for name in (*FACT_READERS, *ITEM_READERS):
        assert f"| `{name}` |" in description
    for column in (*FACT_LAYOUT, *ITEM_LAYOUT):
        assert f"| {column.title} |" in description
    levels = [level for level in Level if level != Level.GROUP]
    for word in (*TEMPLATE_KINDS, *UNIT_KINDS, *levels, *Chain, *BEARERS, *MeetingKind, *EvidenceKind):
        assert f"{word.label} `{word.name}`" in description, word
    for word in CountedBy:
        assert not word or f"{word.label}`{word.name}`" in description.replace(" `", "`"), word
