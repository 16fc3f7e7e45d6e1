"""Schemes as spreadsheets: what is written comes back the same, and a clerk's own sheet is understood or told why not."""

import re
import time
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl import Workbook

from accountability.filling import asks_of
from accountability.scheme_exchange.columns import HEAD_ROWS, ITEM_COLUMNS, LINE_COLUMNS, RULE_COLUMNS
from accountability.scheme_exchange.fact_cells import STATED, read_cell, said, write_cell
from accountability.scheme_exchange.parameters import read_parameters, spoken, write_parameters, written
from accountability.scheme_exchange.reading import read_spreadsheet
from accountability.scheme_exchange.toml import read_toml
from accountability.scheme_exchange.words import choice_words
from accountability.scheme_exchange.writing import write_spreadsheet
from accountability.scoring import KINDS, Place, read_scheme, to_toml
from accountability.scoring.checks import written_at
from branches.imports.problems import FileRefused

from .scheme_shapes import rules, schemes
from .test_properties import tables
from .test_worked_examples import WHOLE


def through_sheets(table):
    file = BytesIO()
    write_spreadsheet(file, table, mark="导出：测试")
    file.seek(0)
    return read_spreadsheet(file)


def through_toml(table):
    return read_toml(to_toml(table).encode())


@pytest.mark.parametrize("through", [through_sheets, through_toml])
@pytest.mark.parametrize("path", [path for path, _ in WHOLE], ids=lambda path: path.stem)
def test_every_starter_comes_back_the_same(through, path):
    table = read_scheme(path.read_bytes())
    draft = through(table)
    assert [str(each) for each in draft.faults if each.message != "请写明年度。"] == []
    assert draft.warnings == []
    assert draft.table == table


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(schemes())
def test_whatever_is_written_comes_back_the_same_from_both_formats(table):
    assert through_sheets(table).table == table
    assert through_toml(through_sheets(table).table).table == table


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_a_scheme_that_is_scored_with_comes_back_the_same(table):
    scheme, _ = table
    draft = through_sheets(scheme)
    assert draft.table == scheme
    assert {str(each.message) for each in draft.faults} == {
        str(each.message) for each in through_toml(scheme).faults
    }


@settings(max_examples=200)
@given(rules(Place.SCHEME, (["a", "办法"], ["b", "最多"])) | rules(Place.ITEM))
def test_the_parameters_of_a_rule_come_back_from_their_cell(rule):
    place = Place.ITEM if Place.ITEM in KINDS[rule.kind].places else Place.SCHEME
    found, problems = read_parameters(KINDS[rule.kind], place, write_parameters(rule, place))
    assert problems == []
    for param in KINDS[rule.kind].params_at(place):
        if param.name != "fact":
            assert found.get(param.name, param.default) == rule[param.name]


# What a clerk writes

HEAD = (
    ("栏目", "内容"),
    ("编号", "ＺＢ－１"),
    ("办法名称：", " 支部年度考核 "),
    ("年度", "２０２６年"),
    ("满分", "100分"),
    ("等次（由高到低）", "优秀，合格、不合格"),
    ("适用组织类别", "党支部；联合党支部"),
    ("适用层级", "党支部"),
    ("考核对象", "单位"),
    ("起用日期", "2026.1.1"),
    (None, None),
)
LINES = (
    ("代码", "名称", "性质", "满分", "权重"),
    ("A", "组织生活", "基本分", "６０", "100%"),
    (None, "发挥作用", None, 40, 1),
)
ITEMS = (
    ("分类", "代码", "名称", "满分", "来源", "系统数据", "条款"),
    ("组织生活", "life", "三会一课", "60分", "会议记录"),
    (None, None, None),
    ("发挥作用", None, "群众\n评议", 30.0, "评价打分", None, "每年一次"),
    (None, "income", "办实事", 10),
)
RULES = (
    ("用在", "对象", "种类", "事实名称", "参数"),
    ("评价项", " life", "少一次扣分", "党员大会", "应有次数：4次；每少一次扣：2分"),
    (None, "三会一课", "miss_count", "支委会", "每少一次扣1，应有次数 12"),
    (None, "群众 评议", "分档评价", None, "好 30，较好=24分；一般：15、差0"),
    ("评价项", "办实事", "按数得分", None, 2),
    ("办法", None, "按分数线定等次", None, "优秀≥９０；合格 60分以上"),
    (None, "办法", "等次名额", None, "各等次最多百分之几：优秀=30%；并列超出名额的：都取"),
    (
        "办法",
        None,
        "一票否决",
        None,
        "情形：“黄赌毒”，或受刑事处罚；后果：不得为最高等次；哪一分类或评价项：组织生活；得分低于：36",
    ),
)


def book(*, head=HEAD, lines=LINES, items=ITEMS, rules=RULES, edit=None):
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in (("办法", head), ("分类", lines), ("评价项 (2)", items), ("规则", rules)):
        sheet = workbook.create_sheet(name)
        sheet.append(["某某县委组织部"] if name == "分类" else [])
        for row in rows:
            sheet.append(row)
    if edit:
        edit(workbook)
    file = BytesIO()
    workbook.save(file)
    file.seek(0)
    return file


def faults(file):
    return {(each.sheet, each.place, each.column): each.message for each in read_spreadsheet(file).faults}


def test_a_sheet_filled_in_by_hand_says_what_it_means():
    draft = read_spreadsheet(book())
    assert draft.faults == []
    table = draft.table
    assert (table.code, table.title, table.year, table.full) == ("ＺＢ－１", "支部年度考核", 2026, 100)
    assert (table.grades, table.kinds, table.levels) == (
        ("优秀", "合格", "不合格"),
        ("BRANCH", "JOINT_BRANCH"),
        ("BRANCH",),
    )
    first, second = table.lines
    assert (first.key, first.full, first.weight, second.key, second.full) == ("A", 60, 1, "发挥作用", 40)
    (life,), (review, services) = first.items, second.items
    assert [(rule.fact, rule["n"], rule["p"]) for rule in life.rules] == [
        ("党员大会", 4, 2),
        ("支委会", 12, 1),
    ]
    assert (review.key, review.title, review.source.value) == ("群众 评议", "群众 评议", "assessor")
    assert review.rules[0]["levels"] == {"好": 30, "较好": 24, "一般": 15, "差": 0}
    assert (services.key, services.rules[0]["p"]) == ("income", 2)
    cutoff, quota, veto = table.rules
    assert cutoff["bands"] == ({"grade": "优秀", "from": 90}, {"grade": "合格", "from": 60})
    assert (quota["shares"], quota["ties"]) == ({"优秀": 30}, "higher")
    assert (veto["condition"], veto["effect"], veto["of"], veto["below"]) == (
        "“黄赌毒”，或受刑事处罚",
        "no_top",
        "A",
        36,
    )
    assert through_sheets(table).table == table


def test_every_fault_names_sheet_cell_and_column():
    found = faults(
        book(
            head=(*HEAD[:3], ("年度", "今年"), *HEAD[4:5], ("满分", 90), ("颜色", "红")),
            lines=(*LINES, ("C", "加分", "加分", "五分", 1)),
            items=(
                *ITEMS,
                ("不存在", "x", "名称", 10),
                ("发挥作用", "y", None, "=1+1", "打听"),
                ("组织生活", "z", "名" * 501, 1),
            ),
            rules=(
                *RULES[:3],
                (None, "群众评议", "打分", None, "好=30"),
                (None, "没有这项", "分档评价", None, "好=30"),
                (None, None, "分档评价", None, "好=30"),
                ("评价项", "办实事", "等次名额", None, "优秀=30"),
                ("评价项", "办实事", "按数得分", None, "每项得：很多"),
                ("评价项", "办实事", "分档评价", None, "好20 较好15"),
                ("评价项", "办实事", "少一次扣分", None, "应有次数：2.5；每少一次扣：1"),
                ("评价项", "办实事", "逐次扣分", None, "最多：2"),
                ("办法", None, "折算", "事实", 100),
                ("办法", None, "封顶", None, 100),
                ("楼道", "办实事", "按数得分", None, 2),
                ("评价项", "办实事", "分档评价", None, "好=20；好=10"),
                ("评价项", "办实事", "每低几个百分点扣分", None, "目标：95%；每低：5；扣：1"),
            ),
        )
    )
    assert "应为数" in found["办法", "B5", "年度"]
    assert "写了两次" in found["办法", "B7", "满分"]
    assert "没有这个栏目" in found["办法", "B8", "颜色"]
    assert "应填：基本分、加分项、扣分项" in found["分类", "C5", "性质"]
    assert "应为数，现为“五分”" in found["分类", "D5", "满分"]
    assert "找不到“不存在”" in found["评价项", "A7", "分类"]
    assert "没有填写" in found["评价项", "C8", "名称"]
    assert "公式" in found["评价项", "D8", "满分"]
    assert "没有“打听”" in found["评价项", "E8", "来源"]
    assert "最多 500 个字" in found["评价项", "C9", "名称"]
    assert "没有规则“打分”" in found["规则", "C5", "种类"]
    assert "找不到“没有这项”" in found["规则", "B6", "对象"]
    assert "没有填写" in found["规则", "B7", "对象"]
    assert "不能用在评价项" in found["规则", "C8", "种类"]
    assert "“每项得”：应为数，现为“很多”；例如：2" in found["规则", "E9", "参数"]
    assert "现为“20较好15”；例如：好=10；" in found["规则", "E10", "参数"]
    assert "应为整数" in found["规则", "E11", "参数"]
    assert "缺少“每次扣”" in found["规则", "E12", "参数"]
    assert "请留空" in found["规则", "D13", "事实名称"]
    assert "保底、封顶不是规则" in found["规则", "C14", "种类"]
    assert "应填：办法、分类、评价项" in found["规则", "A15", "用在"]
    assert "“好”写了两次" in found["规则", "E16", "参数"]
    assert "“每低：5”看不懂，可写的参数有：目标、每低几个百分点、扣" in found["规则", "E17", "参数"]
    assert len(found) == 23


def test_what_the_whole_lacks_is_placed_in_its_row():
    draft = read_spreadsheet(
        book(
            head=(*HEAD, ("总分封顶", "-1")),
            items=(*ITEMS[:4], (None, "likes", "微信点赞数", None), (None, "w", "党支部会议次数", 10)),
            rules=(
                *RULES[:4],
                (None, "w", "按数得分", None, 1),
                ("办法", None, "按分数线定等次", None, "良好=80"),
            ),
        )
    )
    found = {(each.sheet, each.place, each.column): each.message for each in draft.faults}
    assert "封顶低于保底" in found["办法", "B13", "总分封顶"]
    assert any(each.is_refused and (each.sheet, each.place) == ("评价项", "第6行") for each in draft.faults)
    assert any("没有计分规则" in each.message and each.place == "第6行" for each in draft.faults)
    assert any("已" in each.message and each.place == "第7行" for each in draft.warnings)
    graded = read_spreadsheet(
        book(rules=(*RULES, ("办法", None, "直接定等次", None, "情形：先进；等次：良好")))
    )
    assert [(each.sheet, each.place, each.message) for each in graded.faults] == [
        ("规则", "第10行", "没有等次“良好”，等次有 优秀、合格、不合格。")
    ]


def test_cells_of_a_class_may_be_merged_and_others_not():
    def merge(workbook):
        workbook["评价项 (2)"].merge_cells("A5:A6")

    def merge_marks(workbook):
        workbook["评价项 (2)"].merge_cells("D5:D6")

    assert read_spreadsheet(book(edit=merge)).faults == []
    assert "合并" in faults(book(edit=merge_marks))["评价项", "D5", "满分"]


def test_hidden_rows_and_unknown_columns_are_pointed_out():
    def hide(workbook):
        workbook["规则"].row_dimensions[4].hidden = True
        workbook["分类"]["F2"] = "分  数"

    draft = read_spreadsheet(book(edit=hide))
    assert [(each.sheet, each.place, each.column) for each in draft.warnings] == [
        ("分类", "", "分 数"),
        ("规则", "第4行", ""),
    ]
    assert draft.faults == []


def test_a_name_that_means_two_things_is_asked_about():
    found = faults(
        book(
            items=(*ITEMS, ("发挥作用", "again", "三会一课", 1), ("发挥作用", "org", "组织生活", 1)),
            rules=(*RULES, (None, "组织生活", "按数得分", None, 1)),
        )
    )
    assert found["规则", "B4", "对象"] == "有2个“三会一课”，请写代码。"
    assert "既是分类又是评价项" in found["规则", "B10", "对象"]


def test_what_is_no_scheme_is_refused_at_once():
    workbook, file = Workbook(), BytesIO()
    workbook.active.append(["姓名", "电话"])
    workbook.save(file)
    file.seek(0)
    with pytest.raises(FileRefused, match="找不到“办法”表"):
        read_spreadsheet(file)
    with pytest.raises(FileRefused):
        read_spreadsheet(BytesIO(b"PK\x03\x04 nothing"))
    with pytest.raises(FileRefused, match="空"):
        read_spreadsheet(BytesIO())
    large = BytesIO()
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", " " * (20 * 1024 * 1024))
    large.seek(0)
    with pytest.raises(FileRefused, match="解压"):
        read_spreadsheet(large)


SIZE = 600_000
HOSTILE = {
    "deep arrays": "x = " + "[" * SIZE,
    "deep keys": "a." * (SIZE // 2) + "b = 1",
    "many tables": "[[line]]\n" * (SIZE // 9),
    "many items": "[[line]]\n" + "[[line.item]]\n" * (SIZE // 15),
    "many tables in a row": "line = [" + "{item = [{rule = [{}]}]}," * (SIZE // 24) + "]",
    "many keys": "".join(f"k{number}=1\n" for number in range(60_000)),
    "a long text": 'title = "' + "好" * (SIZE // 3) + '"',
    "a long number": "full = 1" + "0" * SIZE,
    "many quotes": "x = " + '"" ' * (SIZE // 3),
    "many levels": "l = {" + ",".join(f'"{number}"=1' for number in range(50_000)) + "}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_told_off_soon(text):
    began = time.process_time()
    draft = read_toml(text.encode())
    assert draft.faults
    assert len(draft.faults) <= 100
    assert time.process_time() - began < 4


def test_a_hostile_cell_is_told_off_soon():
    cells = (
        "“" * 16_000 + "”" * 16_000,
        '"' * 31_999,
        "好=1；" * 8_000,
        "每次扣" * 10_000,
        "=" * 30_000,
        "-" * 30_000,
    )
    began = time.process_time()
    found = faults(book(rules=(*RULES, *((None, "办实事", "逐次扣分", None, f"{cell}x") for cell in cells))))
    assert len(found) == len(cells)
    assert time.process_time() - began < 4


# The description


DOCS = (Path(__file__).resolve().parents[3] / "docs" / "scoring.md").read_text()


def test_the_description_names_every_column_parameter_and_word():
    for entry in (*HEAD_ROWS, *LINE_COLUMNS, *ITEM_COLUMNS, *RULE_COLUMNS):
        assert f"| {entry.title} | `{entry.field}` |" in DOCS
    for place in Place:
        for kind in (KINDS[name] for name in written_at(place)):
            names = "、".join(f"{spoken(param)} `{param.name}`" for param in written(kind, place)) or "–"
            assert f"| {kind.label} `{kind.name}` | {names} |" in DOCS
            for param in written(kind, place):
                assert (
                    not param.shape.choices
                    or f"{spoken(param)}: {'、'.join(choice_words(param.shape))}" in DOCS
                )


def test_the_examples_of_the_description_are_read_as_they_stand():
    found = re.findall(r"^\| \S+ `([A-Z_]+)` \| .*? \| (.*?) \|$", DOCS, re.MULTILINE)
    assert len(found) == len({name for place in Place for name in written_at(place)})
    for name, example in found:
        kind = KINDS[name]
        place = next(each for each in Place if each in kind.places)
        values, problems = read_parameters(kind, place, "" if example == "–" else example)
        assert problems == []
        assert {param.name for param in written(kind, place) if param.is_required} <= set(values)


# Facts in cells


@settings(max_examples=40)
@given(tables())
def test_what_a_cell_can_say_of_a_fact_comes_back_the_same(table):
    scheme, facts = table
    for ask in asks_of(scheme):
        for unit in facts.units:
            entries = [
                each
                for each in unit.entries
                if each.item == ask.item.key and not (each.by or each.of or each.flags)
            ]
            text = write_cell(ask, entries)
            if text != STATED:
                assert [said(each) for each in read_cell(ask, text)] == [said(each) for each in entries]


def test_a_cell_of_a_fact_is_read_as_it_is_meant():
    rules = """[
        { kind = "STEP", fact = "率", steps = [{ from = 90, p = 10 }] },
        { kind = "TIERED", fact = "奖", tiers = { "县" = 1, "市（地）" = 2 } },
        { kind = "BOOL", fact = "有", p = 1 },
        { kind = "DISCRETION", fact = "评", from = -5, to = 5 },
        { kind = "ESCALATE", fact = "年", n = 3, p = 1, q = 1 },
        { kind = "MISS_COUNT", fact = "会", n = 4, p = 1 },
        { kind = "DEDUCT_EACH", fact = "迟", p = 1 },
        { kind = "MAX_ONLY" },
    ]"""
    table = read_scheme(
        'code = "c"\ntitle = "办法"\nfull = 10\n[[line]]\nkey = "l"\ntitle = "分类"\nfull = 10\n'
        f'[[line.item]]\nkey = "x"\ntitle = "评价项"\nfull = 10\nrule = {rules}'
    )
    asks = {ask.fact: ask for ask in asks_of(table)}

    def found(fact, value):
        return [
            {name: each for name, each in said(entry).items() if name != "fact"}
            for entry in read_cell(asks[fact], value)
        ]

    assert found("率", "３８ / ４０") == [{"count": 38, "due": 40}]
    assert found("率", "92.5%") == found("率", 92.5) == [{"value": "92.5"}]
    assert found("奖", "县（河道治理）；市（地）×2 ") == [
        {"level": "县", "matter": "河道治理"},
        {"level": "市（地）", "count": 2},
    ]
    assert found("奖", "市(地)") == [{"level": "市（地）"}]
    assert found("有", "√") == found("有", True) == [{"yes": True}]
    assert found("评", "－2（迟到两次）") == [{"points": "-2", "reason": "迟到两次"}]
    assert found("年", "5年") == [{"value": "5"}]
    assert found("会", 3.0) == [{"count": 3}]
    assert found("会", "不适用（不设支委会）") == [{"applies": False, "reason": "不设支委会"}]
    assert found("迟", "2次；1（“三月；四月”）") == [{"count": 2}, {"count": 1, "matter": "三月；四月"}]
    assert found("迟", "  ") == []
    for fact, value, message in (
        ("率", 0.95, "95% 请填 95"),
        ("率", "1；2", "只填一个"),
        ("率", date(2026, 3, 4), "成了日期"),
        ("奖", "省", "应填：县、市（地）"),
        ("有", "可能", "应填“是”或“否”"),
        ("评", "3", "理由"),
        ("评", "8（好）", "-5到5分之间"),
        ("会", "不适用", "为什么不适用"),
        ("迟", "1.5", "应为整数"),
        ("迟", "（" * 3000, "最多 2000 个字"),
    ):
        with pytest.raises(ValueError, match=message):
            read_cell(asks[fact], value)
