"""One value of a scheme as a clerk writes it: read generously, written so that it reads back as the same.

Which value is meant is said by its `Shape`; what comes out is what `Shape.read` takes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from accountability.scoring import Inapplicable, Peers, Role, Source, Subject
from accountability.scoring.numbers import plain
from accountability.scoring.shapes import LONGEST_TEXT, Shape, choices
from branches.choices import Level, OrganizationKind, Sector
from branches.identity import CellError, format_date, normalize_cell, parse_date

#: What separates one thing from the next, outside quotation marks.
BETWEEN = "；;，,、\n"
_EQUALS = ("=＝", ":：", "≥")
_LONGEST_PART = 2 * LONGEST_TEXT + 100  # a name between quotation marks with its number
_CLOSING = {'"': '"', "“": "”"}
_SPECIAL = re.compile("[" + re.escape(BETWEEN + "".join(_EQUALS) + '"“”') + "]")
_UNIT = re.compile(r"(?:个百分点|[分次个年档倍名人期项位条])$")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", re.ASCII)
_TRAILING = re.compile(r"([^0-9０-９]*?[^0-9０-９+\-−－.．\s])\s*([+\-−－]?[0-9０-９].*)", re.DOTALL)
_FROM_BELOW = re.compile(r"(.+?)(?:至|到|~|～|—+|–|(?<=[0-9分%％])-)(.+)", re.DOTALL)
_MINUS = dict.fromkeys(map(ord, "−－﹣"), "-")

#: The words for the values of a choice that brings none itself, in its order.
_CHOICES: dict[tuple[str, ...], tuple[str, ...]] = {
    choices(Subject).choices: ("单位", "个人"),
    choices(Peers).choices: ("全部被考核单位", "同组单位"),
    choices(Inapplicable).choices: ("按满分计", "不计，其余项按比例放大"),
    choices(Role).choices: tuple(role.label for role in Role),
    choices(Source).choices: tuple(source.label for source in Source),
}
_YES = ("是", "要", "有", "对", "√", "✓", "true", "yes", "y", "1")
_NO = ("否", "不", "不要", "无", "没有", "×", "false", "no", "n", "0")


def pieces(text: str, separators: str = BETWEEN) -> Iterator[tuple[int, int]]:
    """Where a text falls apart at separators outside quotation marks, as (start, end)."""
    start = at = 0
    unclosed = set()
    while at < len(text):
        char = text[at]
        closing = _CLOSING.get(char)
        if closing and closing not in unclosed:
            end = text.find(closing, at + 1)
            if end >= 0:
                at = end + 1
                continue
            unclosed.add(closing)
        elif char in separators:
            yield start, at
            start = at + 1
        at += 1
    yield start, at


def parts(text: str, separators: str = BETWEEN) -> list[str]:
    """What stands between the separators, blanks left out."""
    return [part for start, end in pieces(text, separators) if (part := text[start:end].strip())]


def tidy(value: object) -> str:
    """Text of one line as it was written; numbers and days as people read them."""
    if not isinstance(value, str):
        return normalize_cell(value)
    return re.sub(r"[\t\r\n\v\f]+", " ", value).strip()


def unquoted(text: str) -> str:
    """A text without the quotation marks around the whole of it."""
    text = tidy(text)
    inside = text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in inside.replace('""', ""):
        return inside.replace('""', '"')
    if len(text) > 1 and text[0] == "“" and text[-1] == "”" and not {"“", "”"} & set(inside):
        return inside
    return text


def quoted(text: str) -> str:
    """A text between quotation marks, so that nothing in it separates."""
    return '"' + text.replace('"', '""') + '"'


def plainly(text: str) -> str:
    """A text, between quotation marks when something in it would separate or its end looks like a number."""
    return quoted(text) if _SPECIAL.search(text) or text[-1].isdecimal() else text


def plain_word(text: object) -> str:
    """A word as it is compared: half-width, no blanks, codes in lower case."""
    return normalize_cell(text).replace(" ", "").replace("(", "（").replace(")", "）").lower()


def read_number(value: object, *, percent: str = "") -> Decimal:
    """An exact number; a unit after it is passed over. `percent` says what 30% is: "share" 0.3, "percent" 30."""
    if isinstance(value, (bool, date, datetime)) or (isinstance(value, float) and not isfinite(value)):
        raise ValueError(f"应为数，现为“{normalize_cell(value)}”")
    if isinstance(value, float):
        return Decimal(repr(round(value, 9)))
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    text = normalize_cell(unquoted(str(value))).translate(_MINUS).replace(" ", "").replace("％", "%")
    bare = _UNIT.sub("", text)
    is_percent = bare.endswith("%")
    if is_percent and not percent:
        raise ValueError(f"“{text}”：这里写数，不写百分比")
    bare = _UNIT.sub("", bare.rstrip("%"))
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    if not _NUMBER.fullmatch(bare) or len(bare) > 40:
        raise ValueError(f"应为数，现为“{text[:40]}”")
    number = Decimal(bare)
    return number / 100 if is_percent and percent == "share" else number


def read_whole(value: object) -> int:
    """A whole number, a unit after it passed over."""
    number = read_number(value)
    if number != number.to_integral_value():
        raise ValueError(f"应为整数，现为“{normalize_cell(value)}”")
    return int(number)


def read_flag(value: object) -> bool:
    """是 or 否."""
    word = plain_word(value)
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError(f"应填“是”或“否”，现为“{tidy(value)[:40]}”")


def read_day(value: object) -> date:
    """A day in any of the usual forms."""
    try:
        return parse_date(value)
    except CellError as error:
        raise ValueError(error.message) from error


def choice_words(shape: Shape) -> tuple[str, ...]:
    """The Chinese words of a choice, in its order."""
    return shape.words or _CHOICES[shape.choices]


def read_choice(shape: Shape, value: object) -> str:
    """The code of a choice from its words or the code itself."""
    words = choice_words(shape)
    known = dict(zip(words, shape.choices, strict=True)) | {code: code for code in shape.choices}
    return one_of(known, unquoted(str(value)), words)


def one_of(known: Mapping[str, Any], value: object, words) -> Any:
    """What a word stands for; `ValueError` names the `words` that may be written."""
    found = {plain_word(word): meaning for word, meaning in known.items()}.get(plain_word(value), ...)
    if found is ...:
        raise ValueError(f"没有“{tidy(value)[:40]}”，应填：{'、'.join(words)}")
    return found


def _pairs(text: str, named: Callable[[str], str] = unquoted) -> Iterator[tuple[str, str]]:
    """(name, value) of “好=20；较好 15”."""
    for part in parts(text):
        if len(part) > _LONGEST_PART:
            raise ValueError(f"“{part[:40]}……”太长")
        halves = [part]
        for signs in _EQUALS:
            if len(halves) == 1:
                halves = [part[start:end] for start, end in pieces(part, signs)]
        if len(halves) == 1 and (found := _TRAILING.fullmatch(part)):
            halves = [found[1], found[2]]
        if len(halves) != 2 or not halves[0].strip() or not halves[1].strip():
            raise ValueError(
                f"“{part[:40]}”看不懂：要写成“名称=数”，几个之间用分号隔开；名称里有标点的加引号"
            )
        yield named(halves[0]), halves[1].strip()


def _by_name(read: Callable[[object], Any]) -> Callable[[object], dict]:
    def read_all(value):
        found: dict[str, Any] = {}
        for name, each in _pairs(str(value)):
            if name in found:
                raise ValueError(f"“{name[:40]}”写了两次")
            try:
                found[name] = read(each)
            except ValueError as error:
                raise ValueError(f"“{name[:40]}”{error}") from error
        return found

    return read_all


def _steps(value) -> list[dict]:
    def start(text):
        return re.sub(r"^≥\s*|\s*(?:及)?以上$", "", text.strip())

    return [
        {"from": read_number(start(name), percent="percent"), "p": read_number(points)}
        for name, points in _pairs(str(value), start)
    ]


def _bands(value) -> list[dict]:
    found = []
    for name, said in _pairs(str(value)):
        bounds = _FROM_BELOW.fullmatch(said)
        start = re.sub(r"\s*(?:及)?以上$", "", said if bounds is None else bounds[1])
        band = {"grade": name, "from": read_number(start)}
        if bounds is not None:
            band["below"] = read_number(re.sub(r"\s*以下$", "", bounds[2]))
        found.append(band)
    return found


def read_texts(value: object) -> list[str]:
    """Several texts, between 、 or any other separator."""
    return [unquoted(part) for part in parts(str(value) if isinstance(value, str) else normalize_cell(value))]


def _number(percent=""):
    return lambda value: read_number(value, percent=percent)


_READERS: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: unquoted(value) if isinstance(value, str) else tidy(value),
    "list of texts": read_texts,
    "true or false": read_flag,
    "date": read_day,
    "points": _number(),
    "positive points": _number(),
    "points from 0": _number(),
    "number": _number(),
    "positive number": _number("percent"),
    "percent": _number("percent"),
    "share": _number("share"),
    "factor": _number("share"),
    "count": read_whole,
    "count from 1": read_whole,
    "year": read_whole,
    "places": read_whole,
    "steps": read_whole,
    "points by name": _by_name(_number()),
    "shares by name": _by_name(_number("share")),
    "factors by name": _by_name(_number("share")),
    "percent by name": _by_name(_number("percent")),
    "counts by name": _by_name(read_whole),
    "counts from 1 by name": _by_name(read_whole),
    "list of { from, p }": _steps,
    "list of { grade, from, below }": _bands,
}


def read_value(shape: Shape, value: object) -> Any:
    """The value of a cell or of a part of one; `ValueError` says in Chinese what is wrong with it."""
    if shape.choices:
        return shape.read(read_choice(shape, value))
    return shape.read(_READERS[shape.name](value))


def write_value(shape: Shape, value: Any, name: Callable[[str], str] = plainly) -> str:
    """A value in words; `name` is what is done with texts, so that they read back."""
    if shape.choices:
        return choice_words(shape)[shape.choices.index(value)]
    if shape.name == "list of { from, p }":
        return "；".join(f"{plain(each['from'])}={plain(each['p'])}" for each in value)
    if shape.name == "list of { grade, from, below }":
        return "；".join(
            f"{name(each['grade'])}={plain(each['from'])}"
            + (f"至{plain(each['below'])}" if "below" in each else "")
            for each in value
        )
    if isinstance(value, Mapping):
        return "；".join(f"{name(key)}={plain(each)}" for key, each in value.items())
    if isinstance(value, (tuple, list)):
        return "、".join(name(each) for each in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (Decimal, int)):
        return plain(value)
    if isinstance(value, date):
        return format_date(value)
    return name(str(value))


#: Codes of organisations ↔ their Chinese names.
ORGANIZATION_WORDS: dict[str, dict[str, str]] = {
    "kinds": {each.name: str(each.label) for each in OrganizationKind if each != OrganizationKind.GROUP},
    "levels": {each.name: str(each.label) for each in Level if each != Level.GROUP},
    "sectors": {each.name: str(each.label) for each in Sector},
}


def read_codes(column: str, value: object) -> list[str]:
    """Codes of organisations from their Chinese names or the codes themselves."""
    words = ORGANIZATION_WORDS[column]
    known = {label: code for code, label in words.items()} | {code: code for code in words}
    return [one_of(known, each, words.values()) for each in read_texts(value)]
