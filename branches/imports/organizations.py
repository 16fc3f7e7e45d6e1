"""The sheet of organisations: its columns, and what is judged of a row without the database."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from sys import intern

from ..choices import Chain, Level, OrganizationKind, Sector
from ..hierarchy import FIXED_LEVELS
from .cells import Cell, Judge, day, free_text, short_text, word
from .problems import Problem
from .spreadsheet import Column, Table

LAYOUT = (
    Column("code", "党组织编码", ("组织编码", "编码", "党组织代码"), required=True),
    Column("name", "党组织全称", ("组织全称", "党组织名称", "名称"), required=True),
    Column("parent", "上级党组织编码", ("上级编码", "上级组织编码", "上级党组织代码")),
    Column("kind", "组织类别", ("党组织类别",)),
    Column("level", "层级"),
    Column("unit_name", "所在单位", ("所在单位名称",)),
    Column("sector", "单位类别", ("领域",)),
    Column("founded_on", "成立日期", ("党组织成立日期",)),
    Column("election_due_on", "届满日期", ("任期届满日期",)),
)
KINDS = {choice.label: choice for choice in OrganizationKind}
LEVELS = {choice.label: choice for choice in Level} | {
    "乡镇": Level.PRIMARY,
    "街道": Level.PRIMARY,
    "乡镇街道": Level.PRIMARY,
    "部门": Level.DEPARTMENT,
    "总支": Level.GENERAL_BRANCH,
    "支部": Level.BRANCH,
    "小组": Level.GROUP,
}
SECTORS = {choice.label: choice for choice in Sector} | {
    "村": Sector.RURAL,
    "两新": Sector.NEW_ORGANIZATION,
    "民营企业": Sector.NEW_ORGANIZATION,
    "社会组织": Sector.NEW_ORGANIZATION,
}
#: How the sheet writes a sector; the others by their label.
SECTOR_WORDS = {choice.value: choice.label for choice in Sector} | {Sector.RURAL.value: "村"}
#: Numbered steps of an administrative division: its committee, or its branch at the sixth.
NUMBERED = {
    "1": (OrganizationKind.COMMITTEE, Level.NATION),
    "2": (OrganizationKind.COMMITTEE, Level.PROVINCE),
    "3": (OrganizationKind.COMMITTEE, Level.CITY),
    "4": (OrganizationKind.COMMITTEE, Level.COUNTY),
    "5": (OrganizationKind.COMMITTEE, Level.PRIMARY),
    "6": (OrganizationKind.BRANCH, Level.BRANCH),
}
_OFFICE_KINDS = (
    OrganizationKind.WORK_COMMITTEE,
    OrganizationKind.LEADING_GROUP,
    OrganizationKind.OFFICE_COMMITTEE,
)
_FIELDS = tuple(each.field for each in LAYOUT)


@dataclass(slots=True)
class OrganizationLine:
    """One organisation's row; None where a cell is blank or wrong. `raw` holds texts that reading has changed."""

    number: int
    code: str | None
    name: str | None
    parent: str | None
    kind: OrganizationKind | None
    level: Level | None
    unit_name: str | None
    sector: Sector | None
    founded_on: date | None
    election_due_on: date | None
    raw: dict | None
    problems: list[Problem] | None

    def report(self, problem: Problem) -> None:
        self.problems = [*(self.problems or ()), problem]


def layout_of(columns: Mapping[str, str] | None) -> tuple[Column, ...]:
    """The layout, with its headings replaced by `columns` (field → heading) when some are given.

    ValueError for a field that organisations do not have, or when code or name is left out.
    """
    if not columns:
        return LAYOUT
    if unknown := set(columns) - set(_FIELDS):
        raise ValueError(f"未知的栏目：{'、'.join(sorted(unknown))}；可用：{'、'.join(_FIELDS)}。")
    if missing := {"code", "name"} - set(columns):
        raise ValueError(f"必须指定栏目：{'、'.join(sorted(missing))}。")
    return tuple(
        replace(each, title=columns[each.field], aliases=()) for each in LAYOUT if each.field in columns
    )


def read_organizations(table: Table, today: date) -> Iterator[OrganizationLine]:
    """Judge each row on its own and against the codes before it; rows come as they are read."""
    seen: dict[str, int] = {}
    memory: dict[str, dict[str, object]] = {}
    has_kinds = "kind" in table.titles
    cells = (
        Cell("code", short_text(64)),
        Cell("name", free_text(200), notes=False, tidy=False),  # 幸福ｅ家社区 is an official name
        Cell("parent", short_text(64)),
        Cell("kind", word(KINDS)),
        Cell("level", word(LEVELS if has_kinds else NUMBERED)),
        Cell("unit_name", free_text(200), notes=False, tidy=False),
        Cell("sector", word(SECTORS)),
        Cell("founded_on", day(today)),
        Cell("election_due_on", day(None)),
    )
    for row in table.rows:
        judge = Judge(table, row, memory)
        judge.read(cells)
        if "code" not in judge.values and not judge.is_refused("code"):
            judge.report("code", "blank_code", "党组织编码为空，请填写。")
        if "name" not in judge.values and not judge.is_refused("name"):
            judge.report("name", "blank_name", "党组织全称为空，请填写。")
        values = judge.values
        if isinstance(values.get("level"), tuple):
            values["kind"], values["level"] = values["level"]
            values["sector"] = _sector_of_place(values)
        elif values.get("kind") and values.get("level"):
            values["level"] = level_of(values["kind"], values["level"])
        if code := values.get("code"):
            first = seen.setdefault(code, row.number)
            if first != row.number:
                judge.report(
                    "code", "duplicate_code", f"编码“{code}”与第 {first} 行相同，每个党组织只能填一行。"
                )
        yield _line(judge, has_kinds)


def _line(judge: Judge, has_kinds: bool) -> OrganizationLine:
    values, cells = judge.values, judge.row.cells
    raw = {
        field: cells[field]
        for field in ("name", "unit_name")
        if field in cells and cells[field] != values.get(field)
    }
    if has_kinds and isinstance(cells.get("level"), str):
        raw["level"] = intern(cells["level"])
    line = OrganizationLine(
        judge.row.number, *(values.get(field) for field in _FIELDS), raw or None, judge.problems or None
    )
    # Every code but a leaf's comes again as somebody's parent.
    line.code = intern(line.code) if line.code else None
    line.parent = intern(line.parent) if line.parent else None
    return line


def level_of(kind: OrganizationKind, level: Level) -> Level:
    """The rung on which an organisation of `kind` stands whose sheet says `level`, in the sheet's looser words."""
    if kind == OrganizationKind.WORK_COMMITTEE and level < Level.OFFICE_WORK_COMMITTEE:
        return Level.OFFICE_WORK_COMMITTEE
    if kind == OrganizationKind.OFFICE_COMMITTEE and level == Level.DEPARTMENT:
        return Level(FIXED_LEVELS[kind])
    return level


def chain_of(kind: OrganizationKind, parent_chain: str | None) -> Chain:
    """The chain a new organisation belongs to: the office chain from a 工委, 党组 or 机关党委 downward."""
    return Chain.OFFICE if kind in _OFFICE_KINDS or parent_chain == Chain.OFFICE else Chain.LOCAL


def has_committee(kind: str, name: str) -> bool:
    """Whether a branch has a 支委会: by usage only such a branch is called 支部委员会."""
    return kind in (OrganizationKind.BRANCH, OrganizationKind.JOINT_BRANCH) and name.endswith("支部委员会")


def _sector_of_place(values: dict) -> Sector:
    if values["kind"] != OrganizationKind.BRANCH:
        return Sector.OTHER
    name = values.get("name") or ""
    return Sector.COMMUNITY if re.search("社区|居委|居民", name) else Sector.RURAL


_ABBREVIATIONS = (
    ("联合支部委员会", "联合支部"),
    ("总支部委员会", "总支"),
    ("支部委员会", "支部"),
    ("县级机关工作委员会", "县直机关工委"),
    ("市级机关工作委员会", "市直机关工委"),
    ("机关工作委员会", "机关工委"),
    ("工作委员会", "工委"),
    ("机关委员会", "机关党委"),
    ("省委员会", "省委"),
    ("市委员会", "市委"),
    ("县委员会", "县委"),
    ("区委员会", "区委"),
    ("委员会", "党委"),
)
_PLACE_ENDS = "省市县区旗镇乡"


def short_name_of(name: str, parent_name: str = "") -> str:
    """A name for lists: without 中共 and without the place its superior's name already says.

    中共青陌镇新民村支部委员会 under 中共望川县青陌镇委员会 → 新民村支部.
    """
    text = name.removeprefix("中共")
    rest = text[_shared_place(text, parent_name.removeprefix("中共")) :].removeprefix("委")
    if len(rest) >= 3 and not rest.startswith("第"):
        text = rest
    for long, short in _ABBREVIATIONS:
        if text.endswith(long) and len(text) > len(long):
            text = text.removesuffix(long) + short
            break
    return text[:60]


def _shared_place(text: str, parent: str) -> int:
    """How many characters of `text` repeat a place that `parent` names, cut after 县, 镇 and the like."""
    for start in range(len(parent)):
        length = 0
        while start + length < len(parent) and length < len(text) and parent[start + length] == text[length]:
            length += 1
        while length and text[length - 1] not in _PLACE_ENDS:
            length -= 1
        if length >= 2:
            return length
    return 0
