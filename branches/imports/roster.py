"""党员基本信息汇总表: its columns in the national order, and what is judged of a row without the database."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from ..choices import Gender, MemberCategory, Standing
from ..identity import (
    CellError,
    birth_date_of,
    check_id_number,
    check_landline,
    check_mobile,
    check_party_dates,
    format_date,
    gender_of,
    normalize_cell,
    normalize_name,
    parse_date,
)
from .cells import Cell, Doubt, Judge, day, free_text, looks_like_rounded_number, short_text, text_of, word
from .problems import WARNING, Problem
from .spreadsheet import Column, Table

LAYOUT = (
    Column("name", "姓名", ("党员姓名",), required=True),
    Column("branch", "所在党支部", ("所在支部", "党支部", "所在党组织", "所属党支部"), required=True),
    Column(
        "id_number",
        "公民身份证号",
        ("身份证号", "身份证号码", "公民身份号码", "公民身份证号码"),
        required=True,
    ),
    Column("gender", "性别"),
    Column("ethnicity", "民族"),
    Column("born_on", "出生日期", ("出生年月日",)),
    Column("education", "学历", ("文化程度",)),
    Column("category", "人员类别", ("党员类别",)),
    Column("joined_on", "加入党组织日期", ("入党日期", "入党时间", "加入党组织时间")),
    Column("full_on", "转为正式党员日期", ("转正日期", "转正时间", "转为正式党员时间")),
    Column("occupation", "工作岗位", ("职业",)),
    Column("mobile", "手机号", ("手机号码", "手机", "移动电话")),
    Column("landline", "固定电话", ("座机",)),
    Column("address", "家庭住址", ("家庭地址",)),
    Column("standing", "党籍状态"),
    Column("is_lost", "是否为失联党员", ("是否失联", "是否失联党员")),
    Column("lost_on", "失去联系日期", ("失联日期",)),
    Column("is_floating", "是否为流动党员", ("是否流动", "是否流动党员")),
    Column("floating_to", "外出流向", ("流向",)),
)
MASKED = re.compile(r"[0-9]{6}\*{8}[0-9]{3}[0-9X]")
YES_NO = {"是": True, "否": False}
GENDERS = {choice.label: choice.value for choice in Gender}
CATEGORIES = {choice.label: choice.value for choice in MemberCategory}
STANDINGS = {choice.label: choice.value for choice in Standing}
_MONTH_ONLY = re.compile(r"([0-9]{4})(?:年|[-./])([0-9]{1,2})月?")
#: Problems that follow from somebody else's id number in the row.
_FOLLOWS_FROM_ID = frozenset({"female_with_odd_id", "male_with_even_id", "birth_differs_from_id"})


@dataclass(slots=True)
class RosterLine:
    """One person's row: cleaned values of the cells that hold something, what they held, what is wrong."""

    number: int
    values: dict[str, object]
    raw: dict[str, object]
    problems: list[Problem]

    @property
    def is_masked(self) -> bool:
        return "*" in str(self.values.get("id_number", ""))


def read_roster(table: Table, today: date) -> list[RosterLine]:
    """Judge each row on its own and against the others; whoever copied somebody's id number is `duplicate_id`."""
    lines = []
    cells = _cells(today)
    memory: dict[str, dict[str, object]] = {}
    for row in table.rows:
        judge = Judge(table, row, memory)
        judge.read(cells)
        _ask_for_missing(judge)
        _compare_cells(judge)
        lines.append(RosterLine(row.number, judge.values, row.cells, judge.problems))
    _find_copies(table, lines)
    return lines


def _find_copies(table: Table, lines: list[RosterLine]) -> None:
    """Report rows that share an id number, except the one it belongs to.

    It belongs to the first row whose birth date and gender agree with it; to none when no row agrees.
    """
    holders: dict[str, list[RosterLine]] = {}
    for line in lines:
        id_number = line.values.get("id_number")
        if id_number and not line.is_masked:
            holders.setdefault(id_number, []).append(line)
    for rows in holders.values():
        if len(rows) == 1:
            continue
        owner = next((line for line in rows if _agrees(line)), None)
        for line in rows:
            if line is owner:
                continue
            other = owner or next(each for each in rows if each is not line)
            line.problems = [each for each in line.problems if each.kind not in _FOLLOWS_FROM_ID]
            line.problems.append(
                Problem(
                    line.number,
                    table.titles["id_number"],
                    "duplicate_id",
                    f"身份证号与第 {other.number} 行（{other.values.get('name', '姓名未填')}）相同，请核对是谁的号码。",
                    cell=table.place(line.number, "id_number"),
                    field="id_number",
                )
            )


def _agrees(line: RosterLine) -> bool:
    return not any(each.kind in _FOLLOWS_FROM_ID for each in line.problems)


def _cells(today: date) -> tuple[Cell, ...]:
    any_day = day(today)
    return (
        Cell("name", _name),
        Cell("branch", free_text(200), notes=False, tidy=False),
        Cell("id_number", _id_reader(today)),
        Cell("gender", word(GENDERS)),
        Cell("ethnicity", short_text(20)),
        Cell("born_on", any_day),
        Cell("education", short_text(30)),
        Cell("category", word(CATEGORIES)),
        Cell("joined_on", any_day),
        Cell("full_on", any_day),
        Cell("occupation", free_text(60), notes=False, tidy=False),
        Cell("mobile", _phone_reader(check_mobile)),
        Cell("landline", _phone_reader(check_landline), notes=False, tidy=False),
        Cell("address", free_text(200), notes=False, tidy=False),
        Cell("standing", word(STANDINGS)),
        Cell("is_lost", word(YES_NO)),
        Cell("lost_on", _month_or_day(any_day)),
        Cell("is_floating", word(YES_NO)),
        Cell("floating_to", free_text(200), notes=False, tidy=False),
    )


def _ask_for_missing(judge: Judge) -> None:
    for field, kind, message in (
        ("name", "blank_name", "姓名为空，请填写。"),
        ("branch", "blank_branch", "所在党支部为空，请填写支部全称。"),
    ):
        if field not in judge.values and not judge.is_refused(field):
            judge.report(field, kind, message)


def _compare_cells(judge: Judge) -> None:
    """Cells of one row against each other."""
    values = judge.values
    id_number, gender, born_on = values.get("id_number"), values.get("gender"), values.get("born_on")
    if id_number and "*" not in id_number:
        if gender and gender != gender_of(id_number):
            kind = "female_with_odd_id" if gender == Gender.FEMALE else "male_with_even_id"
            stated, digit = ("女", "奇数，应为男") if gender == Gender.FEMALE else ("男", "偶数，应为女")
            judge.report(
                "gender", kind, f"性别填“{stated}”，但身份证号第 17 位是{digit}；请核对性别和身份证号。"
            )
        if born_on and born_on != birth_date_of(id_number):
            judge.report(
                "born_on",
                "birth_differs_from_id",
                f"与身份证号中的 {format_date(birth_date_of(id_number))} 不同，请核对（档案认定的除外）。",
                severity=WARNING,
            )
    joined_on, full_on = values.get("joined_on"), values.get("full_on")
    if joined_on and full_on:
        try:
            check_party_dates(joined_on, full_on)
        except CellError as error:
            judge.report("full_on", "full_before_join", f"{error.message}。")
    if joined_on and born_on and joined_on < _eighteenth(born_on):
        judge.report("joined_on", "joined_before_18", "入党时不满十八岁，请核对。", severity=WARNING)
    category = values.get("category")
    if category == MemberCategory.FULL and judge.is_blank("full_on"):
        judge.report("full_on", "blank_full_date", "正式党员没有转正日期，请补填。", severity=WARNING)
    if category == MemberCategory.PROBATIONARY and full_on:
        judge.report(
            "full_on",
            "probationary_with_full_date",
            "预备党员填了转正日期，请核对人员类别。",
            severity=WARNING,
        )
    if values.get("is_lost") and judge.is_blank("lost_on"):
        judge.report("lost_on", "blank_lost_date", "失联党员没有失去联系日期，请补填。", severity=WARNING)
    if values.get("is_floating") and judge.is_blank("floating_to"):
        judge.report("floating_to", "blank_destination", "流动党员没有外出流向，请补填。", severity=WARNING)
    if "mobile" in judge.table.titles and judge.is_blank("mobile") and judge.is_blank("landline"):
        judge.report("mobile", "no_phone", "手机号和固定电话至少填一项。", severity=WARNING)


def _name(value):
    name = normalize_name(value)
    if len(name) > 60:
        raise CellError("too_long", f"姓名有 {len(name)} 个字，最多 60 个字")
    return name


def _id_reader(today):
    def read(value):
        text = normalize_cell(value).replace(" ", "").upper()
        if MASKED.fullmatch(text):
            return text
        if looks_like_rounded_number(value):
            raise CellError(
                "id_as_a_number", "身份证号在表格里存成了数字，末几位已经丢失，请把单元格设为文本后重新填写"
            )
        return check_id_number(value, today=today)

    return read


def _phone_reader(check):
    """A doubtful number is kept as written, with a warning."""

    def read(value):
        try:
            return check(value)
        except CellError as error:
            text = text_of(value)
            if len(text) > 20:
                raise CellError("too_long", f"号码有 {len(text)} 个字，最多 20 个字") from None
            return Doubt(text, "doubtful_phone", f"{error.message}，请核对。")

    return read


def _month_or_day(any_day):
    """失去联系日期 is often known to the month only: the first of it is taken, with a warning."""

    def read(value):
        found = _MONTH_ONLY.fullmatch(normalize_cell(value)) if isinstance(value, str) else None
        if found is None:
            return any_day(value)
        first = parse_date(f"{found.group(1)}年{found.group(2)}月1日")
        return Doubt(first, "day_missing", f"只写到月，按 {format_date(first)} 登记。")

    return read


def _eighteenth(born_on: date) -> date:
    try:
        return born_on.replace(year=born_on.year + 18)
    except ValueError:  # 29 February
        return born_on.replace(year=born_on.year + 18, day=28) + timedelta(days=1)
