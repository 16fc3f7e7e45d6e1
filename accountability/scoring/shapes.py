"""What a value in a file must be: each shape reads what TOML hands over or says in Chinese what is wrong with it."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accountability.scoring.numbers import HUNDRED, ZERO, plain, to_decimal

MOST_POINTS = Decimal(1_000_000)
MOST_AMOUNT = Decimal(1_000_000_000_000)
MOST_TIMES = 1_000_000
MOST_TIMES_OVER = Decimal(100)
MOST_PLACES = 6
LONGEST_TEXT = 500
MOST_NAMES = 500


@dataclass(frozen=True)
class Shape:
    """The name in the documentation, the Chinese one, and the function that reads a value or raises `ValueError`.

    `words` are the Chinese ones for its choices, in their order.
    """

    name: str
    label: str
    read: Callable[[Any], Any]
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def _decimal(value: Any, low: Decimal, high: Decimal) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise ValueError(f"应为数，不能是{_described(value)}")
    if isinstance(value, int):
        if abs(value) > high:
            raise ValueError(f"不得超过 {plain(high)}")
        number = Decimal(value)
    else:
        number = value if isinstance(value, Decimal) else to_decimal(value)
    if not number.is_finite():
        raise ValueError("必须是有限的数，不能是 NaN 或 Infinity")
    if not number:
        number = ZERO
    elif number.adjusted() > high.adjusted() or number > high:
        raise ValueError(f"不得超过 {plain(high)}")
    elif number < low:
        raise ValueError(f"不得小于 {plain(low)}")
    if -_places(number) > MOST_PLACES:
        raise ValueError(f"小数最多 {MOST_PLACES} 位")
    return number


def _places(number: Decimal) -> int:
    """The exponent of the last digit that says something."""
    _, digits, exponent = number.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0")) if number else 0
    return int(exponent) + zeros


def _described(value: Any) -> str:
    names = {bool: "是非值", str: "文字", dict: "表", list: "数组", float: "浮点数"}
    if isinstance(value, datetime):
        return "时刻"
    return names.get(type(value), "日期" if isinstance(value, date) else type(value).__name__)


def _points(value):
    return _decimal(value, -MOST_POINTS, MOST_POINTS)


def _positive(value):
    number = _decimal(value, ZERO, MOST_POINTS)
    if not number:
        raise ValueError("必须大于 0")
    return number


def _not_negative(value):
    return _decimal(value, ZERO, MOST_POINTS)


def _amount(value):
    return _decimal(value, -MOST_AMOUNT, MOST_AMOUNT)


def _share(value):
    number = _decimal(value, ZERO, MOST_POINTS)
    if number > 1:
        raise ValueError("应在 0 到 1 之间，30% 写作 0.3")
    return number


def _factor(value):
    return _decimal(value, ZERO, MOST_TIMES_OVER)


def _percent(value):
    return _decimal(value, ZERO, HUNDRED)


def whole(low: int, high: int) -> Callable[[Any], int]:
    """Reads whole numbers from `low` to `high`."""

    def read(value):
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"应为整数，不能是{_described(value)}")
        if not low <= value <= high:
            raise ValueError(f"应在 {low} 到 {high} 之间")
        return value

    return read


def _text(value):
    if not isinstance(value, str):
        raise ValueError(f"应为文字，不能是{_described(value)}")
    text = value.strip()
    if not text:
        raise ValueError("不能为空")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"最多 {LONGEST_TEXT} 个字")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise ValueError("不能含换行和控制字符")
    if all(unicodedata.category(letter) in ("Cf", "Zs") for letter in text):
        raise ValueError("只有看不见的字符，等于没有填写")
    return text


def _flag(value):
    if not isinstance(value, bool):
        raise ValueError("应为 true 或 false")
    return value


def _day(value):
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("应为日期，如 2026-03-31")
    return value


def _texts(value):
    if not isinstance(value, list):
        raise ValueError('应为数组，如 ["甲", "乙"]')
    if len(value) > MOST_NAMES:
        raise ValueError(f"最多 {MOST_NAMES} 个")
    names = tuple(_text(each) for each in value)
    if len(set(names)) != len(names):
        raise ValueError("有重复")
    return names


def _by_name(read):
    def read_all(value):
        if not isinstance(value, dict) or not value:
            raise ValueError('应为非空的表，如 { "好" = 20, "较好" = 15 }')
        if len(value) > MOST_NAMES:
            raise ValueError(f"最多 {MOST_NAMES} 个")
        found = {}
        for name, each in value.items():
            try:
                found[_text(name)] = read(each)
            except ValueError as error:
                raise ValueError(f"“{name[:40]}”{error}") from error
        return found

    return read_all


def _rows(required: dict, optional: dict | None = None):
    optional = optional or {}

    def read_all(value):
        if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
            raise ValueError(f"应为非空的表的数组，每个表写明 {'、'.join(required)}")
        if len(value) > MOST_NAMES:
            raise ValueError(f"最多 {MOST_NAMES} 个")
        return tuple(row(number, each) for number, each in enumerate(value, start=1))

    def row(number, given):
        unknown = [name for name in given if name not in required and name not in optional]
        if unknown:
            raise ValueError(f"第{number}个：没有“{unknown[0]}”，可写 {'、'.join([*required, *optional])}")
        absent = [name for name in required if name not in given]
        if absent:
            raise ValueError(f"第{number}个：缺少 {absent[0]}")
        found = {}
        for name, each in given.items():
            try:
                found[name] = (required | optional)[name](each)
            except ValueError as error:
                raise ValueError(f"第{number}个的 {name}：{error}") from error
        return found

    return read_all


def choice(*values: str, words: tuple[str, ...] = ()) -> Shape:
    """One of a few words, with the Chinese ones for them."""

    def read(value):
        if value not in values or not isinstance(value, str):
            raise ValueError(f"应为 {'、'.join(values)} 之一")
        return value

    return Shape("choice", "选项", read, values, words)


def choices(values: Iterable[str]) -> Shape:
    """`choice` of an enumeration."""
    return choice(*(str(each) for each in values))


POINTS = Shape("points", "分值", _points)
POSITIVE = Shape("positive points", "正的分值", _positive)
NOT_NEGATIVE = Shape("points from 0", "不小于 0 的分值", _not_negative)
NUMBER = Shape("number", "数", _amount)
WIDTH = Shape("positive number", "正数", _positive)
PERCENT = Shape("percent", "百分比", _percent)
SHARE = Shape("share", "0 到 1 的权重", _share)
FACTOR = Shape("factor", "倍数", _factor)
TIMES = Shape("count", "次数", whole(0, MOST_TIMES))
FROM_ONE = Shape("count from 1", "不小于 1 的次数", whole(1, MOST_TIMES))
YEAR = Shape("year", "年份", whole(1949, 2200))
PLACES = Shape("places", "小数位数", whole(0, 6))
STEPS_DOWN = Shape("steps", "档数", whole(1, 20))
TEXT = Shape("text", "文字", _text)
FLAG = Shape("true or false", "是非", _flag)
DAY = Shape("date", "日期", _day)
TEXTS = Shape("list of texts", "文字数组", _texts)
POINTS_BY = Shape("points by name", "名称与分值的表", _by_name(_points))
SHARES_BY = Shape("shares by name", "名称与权重的表", _by_name(_share))
PERCENT_BY = Shape("percent by name", "名称与百分比的表", _by_name(_percent))
TIMES_BY = Shape("counts by name", "名称与数目的表", _by_name(whole(0, MOST_TIMES)))
ONE_IN = Shape("counts from 1 by name", "名称与每几个的表", _by_name(whole(1, MOST_TIMES)))
FACTORS_BY = Shape("factors by name", "名称与系数的表", _by_name(_factor))
STEPS = Shape("list of { from, p }", "分档数组", _rows({"from": _amount, "p": _points}))
BANDS = Shape(
    "list of { grade, from, below }",
    "等次数组",
    _rows({"grade": _text, "from": _points}, {"below": _points}),
)
