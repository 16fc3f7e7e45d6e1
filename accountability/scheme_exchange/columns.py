"""The sheets of a scheme: 办法 (a row for each thing said of the whole), 分类, 评价项, 规则, and 说明 for those who fill them in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accountability.known import KNOWN
from accountability.scoring import (
    Inapplicable,
    Peers,
    Place,
    Role,
    Source,
    Subject,
)
from accountability.scoring.shapes import (
    DAY,
    FACTOR,
    PLACES,
    POINTS,
    POSITIVE,
    TEXT,
    TEXTS,
    YEAR,
    Shape,
    choices,
)
from branches.identity import CellError
from branches.imports.spreadsheet import Column

from . import words

HEAD, LINES, ITEMS, RULES, HELP = "办法", "分类", "评价项", "规则", "说明"


@dataclass(frozen=True)
class Entry:
    """A column of a sheet, or a row of 办法: the field it fills, its heading, what is written there, how it is read."""

    field: str
    title: str
    help: str
    shape: Shape = TEXT
    aliases: tuple[str, ...] = ()
    required: bool = False  # the value; a heading that tells the sheet from others may be needed without it
    is_heading: bool = False
    width: int = 12
    read: Callable[[object], Any] | None = None
    is_raw: bool = False  # put together with other cells before it is read

    @property
    def column(self) -> Column:
        return Column(self.field, self.title, self.aliases, self.required or self.is_heading)

    def read_cell(self, value: object) -> Any:
        """The value of a cell; CellError says what is wrong with it."""
        try:
            if self.read is not None:
                return self.shape.read(self.read(value))
            if self.shape is TEXT:
                return TEXT.read(words.tidy(value))
            return words.read_value(self.shape, value)
        except ValueError as error:
            raise CellError("unknown_word", str(error)) from error


def _codes(name):
    return lambda value: words.read_codes(name, value)


def _datum(value):
    """A datum by its code or its Chinese name."""
    text = words.tidy(value)
    labels = {words.plain_word(datum.label): code for code, datum in reversed(KNOWN.items())}
    return text if text in KNOWN else labels.get(words.plain_word(text), text)


HEAD_ROWS = (
    Entry("code", "编号", "办法的代号，同一单位同一年度不重复", TEXT, required=True),
    Entry("title", "名称", "办法的名称", TEXT, ("办法名称",), required=True),
    Entry("year", "年度", "四位数字", YEAR),
    Entry("starts_on", "起用日期", "如 2026年1月1日；可不填", DAY),
    Entry("ends_on", "停用日期", "可不填", DAY),
    Entry("subject", "考核对象", "单位、个人；不填为单位。个人之间不作比较", choices(Subject)),
    Entry("kinds", "适用组织类别", "用顿号隔开；不填不限", TEXTS, read=_codes("kinds")),
    Entry("levels", "适用层级", "用顿号隔开；不填不限", TEXTS, read=_codes("levels")),
    Entry("sectors", "适用领域", "用顿号隔开；不填不限", TEXTS, read=_codes("sectors")),
    Entry("basis", "依据", "文件名称；可不填", TEXT),
    Entry("full", "满分", "总分的满分", POSITIVE, ("总分",), required=True),
    Entry("grades", "等次", "由高到低，用顿号隔开，如 优秀、合格、不合格；没有等次不填", TEXTS),
    Entry("floor", "总分保底", "不填为 0", POINTS, ("保底",)),
    Entry("cap", "总分封顶", "不填不封顶", POINTS, ("封顶",)),
    Entry("places", "小数位数", "总分保留几位小数，0 到 6；不填为 2", PLACES),
    Entry(
        "peers",
        "比较范围",
        "排名和名额在哪些单位之间算：全部被考核单位、同组单位；不填为全部被考核单位",
        choices(Peers),
    ),
    Entry(
        "inapplicable",
        "不适用的评价项",
        "按满分计；或 不计，其余项按比例放大。不填为按满分计",
        choices(Inapplicable),
    ),
)
LINE_COLUMNS = (
    Entry("key", "代码", "分类的代号，不重复；不填就用名称", TEXT, ("分类代码",), width=14),
    Entry("title", "名称", "分类的名称", TEXT, ("分类名称",), required=True, width=30),
    Entry("role", "性质", "基本分、加分项、扣分项；不填为基本分", choices(Role), is_heading=True),
    Entry("full", "满分", "基本分必填；加分项是最多加几分，扣分项是最多扣几分", POSITIVE, ("分值",)),
    Entry("floor", "保底", "不填为 0（扣分项为满分的负数）", POINTS),
    Entry("cap", "封顶", "不填为满分（扣分项为 0）", POINTS),
    Entry("weight", "权重", "不填为 1；30% 写 0.3 或 30%", FACTOR),
)
ITEM_COLUMNS = (
    Entry(
        "line",
        "分类",
        "属于哪一分类：写代码或名称；不填与上一行相同",
        TEXT,
        ("所属分类",),
        is_heading=True,
        width=18,
    ),
    Entry("key", "代码", "评价项的代号，全办法不重复；不填就用名称", TEXT, ("评价项代码",), width=16),
    Entry(
        "title", "名称", "评价项的名称", TEXT, ("评价项名称", "评价项", "考核内容"), required=True, width=36
    ),
    Entry("full", "满分", "基本分必填", POSITIVE, ("分值",)),
    Entry("floor", "保底", "不填为 0", POINTS),
    Entry("cap", "封顶", "不填为满分", POINTS),
    Entry("start", "起评分", "一般不填：扣分的从满分起，其余从 0 起", POINTS, ("起点分",)),
    Entry(
        "source",
        "来源",
        "人工填报、系统指标、会议记录、责任清单、评价打分、监督检查；不填为人工填报",
        choices(Source),
    ),
    Entry("datum", "系统数据", "来源是系统的，取哪一项数据：写代码或名称", TEXT, width=22, read=_datum),
    Entry("clause", "条款", "评分依据的条文；可不填", TEXT, ("评分标准",), width=44),
)
RULE_COLUMNS = (
    Entry("place", "用在", "办法、分类、评价项之一；不填按对象判断", width=10, is_raw=True),
    Entry(
        "target", "对象", "分类或评价项的代码或名称；用在办法的不填", is_heading=True, width=22, is_raw=True
    ),
    Entry("kind", "种类", "规则的种类，见下", aliases=("规则种类",), required=True, width=20, is_raw=True),
    Entry("fact", "事实名称", "这条规则看哪一类事实；只有一类的可不填", TEXT, ("事实",), width=20),
    Entry("parameters", "参数", "见下；几个参数用分号隔开", width=64, is_raw=True),
)
PLACE_NAMES = {Place.SCHEME: "办法", Place.LINE: "分类", Place.ITEM: "评价项"}
_HEAD = (Column("name", "栏目", required=True), Column("value", "内容", required=True))
LAYOUTS = {
    HEAD: _HEAD,
    ITEMS: tuple(each.column for each in ITEM_COLUMNS),
    LINES: tuple(each.column for each in LINE_COLUMNS),
    RULES: tuple(each.column for each in RULE_COLUMNS),
}
