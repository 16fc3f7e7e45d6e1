"""Spreadsheets for the import tests, built as clerks build them: the national layout, and ways to get it wrong."""

from datetime import date, timedelta
from io import BytesIO

from openpyxl import Workbook
from stdnum.cn import ric

from branches.identity import format_date

TITLES = (
    *(
        "序号",
        "姓名",
        "所在党支部",
        "公民身份证号",
        "性别",
        "民族",
        "出生日期",
        "学历",
        "人员类别",
        "加入党组织日期",
    ),
    *(
        "转为正式党员日期",
        "工作岗位",
        "手机号",
        "固定电话",
        "家庭住址",
        "党籍状态",
        "是否为失联党员",
        "失去联系日期",
    ),
    *("是否为流动党员", "外出流向"),
)
NAMES = ["周安", "吴定", "郑平", "冯和", "陈静", "褚宁", "卫康", "蒋泰", "沈顺", "韩祥"]
ORGANIZATION_TITLES = (
    *(
        "党组织编码",
        "党组织全称",
        "上级党组织编码",
        "组织类别",
        "层级",
        "所在单位",
        "单位类别",
        "成立日期",
        "届满日期",
    ),
)


def id_number(serial: int, born_on: date = date(1980, 5, 6), *, male: bool = True) -> str:
    """A number of an area that is not issued; serials below 400 are distinct for a day and gender."""
    body = f"710000{born_on:%Y%m%d}{serial:02d}{1 if male else 2}"
    return body + ric.calc_check_digit(body + "0")


def person(serial: int, branch: str, **changes) -> dict:
    """A right row, heading → cell; `changes` are given by heading."""
    born_on = date(1960, 1, 1) + timedelta(days=serial * 37 % 12_000)
    male = serial % 3 != 0
    joined_on = born_on + timedelta(days=365 * 21)
    return {
        "姓名": NAMES[serial % 10] + NAMES[serial // 10 % 10][1],
        "所在党支部": branch,
        "公民身份证号": id_number(serial % 99, born_on, male=male),
        "性别": "男" if male else "女",
        "民族": "汉族",
        "出生日期": format_date(born_on),
        "学历": "大学",
        "人员类别": "正式党员",
        "加入党组织日期": format_date(joined_on),
        "转为正式党员日期": format_date(joined_on + timedelta(days=366)),
        "工作岗位": "农牧渔民",
        "手机号": f"1990000{serial % 10_000:04d}",
        "家庭住址": f"幸福路{serial}号",
        "党籍状态": "正常",
        "是否为失联党员": "否",
        "是否为流动党员": "否",
    } | changes


def roster_file(people: list[dict], *, titles=TITLES, change=None) -> BytesIO:
    """The national layout: four header rows, data from row 5, 填表说明 last. `change(sheet)` spoils it."""
    book = Workbook()
    sheet = book.active
    sheet.title = "党员基本信息汇总表"
    sheet.append(["某县党员基本信息汇总表"])
    sheet.append(["填报单位（盖章）："])
    sheet.append(list(titles))
    for column in range(1, len(titles) + 1):
        sheet.merge_cells(start_row=3, end_row=4, start_column=column, end_column=column)
    for number, row in enumerate(people, 1):
        for column, title in enumerate(titles, 1):
            value = number if title == "序号" else row.get(title)
            if value is not None:
                sheet.cell(row=number + 4, column=column, value=value)
    sheet.cell(row=len(people) + 5, column=1, value="填表说明：身份证号为18位。")
    return saved(book, change)


def organizations_file(rows: list[list], *, titles=ORGANIZATION_TITLES, change=None) -> BytesIO:
    """The sheet of organisations: headings in the first row."""
    book = Workbook()
    sheet = book.active
    sheet.append(list(titles))
    for row in rows:
        sheet.append(row)
    return saved(book, change)


def csv_file(rows: list[list[str]], encoding: str = "utf-8") -> BytesIO:
    return BytesIO("\r\n".join(",".join(row) for row in rows).encode(encoding))


def saved(book: Workbook, change=None) -> BytesIO:
    if change:
        change(book.active)
    stream = BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream
