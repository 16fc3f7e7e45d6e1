"""Cells that identify a person: id numbers, telephones, dates, names; read strictly, explained in Chinese."""

import functools
import re
from collections.abc import Collection
from datetime import date, datetime, timedelta

from stdnum.cn import ric

JOINED_WITHOUT_PROBATION = (date(1969, 4, 1), date(1977, 8, 11))

# Digits, letters and + - . / = only: brackets stay full-width, as names of organisations are written.
_FULL_WIDTH = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
} | {0xFF0B: ord("+"), 0xFF1D: ord("="), 0xFF0D: ord("-"), 0xFF0E: ord("."), 0xFF0F: ord("/")}
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x200E, 0x200F))
_CLEANING = {**_FULL_WIDTH, **_INVISIBLE}
_UNTIDY = re.compile(f"[\\s{re.escape(''.join(map(chr, _CLEANING)))}]")
_MOBILE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_LANDLINE = re.compile(r"(?:0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(?:-[0-9]{1,6})?", re.ASCII)
_DATE_FORMS = (
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日", re.ASCII),
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII),
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})", re.ASCII),
    re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})", re.ASCII),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII),
)
_SERIAL = re.compile(r"[0-9]{4,6}(?:\.[0-9]+)?", re.ASCII)
_SERIAL_DAY_ZERO = date(1899, 12, 30)
_DOTS = dict.fromkeys(map(ord, "•・‧∙⋅.．"), "·")
# Surnames read otherwise than the same character elsewhere.
_SURNAME_READINGS = {
    "单": "shan", "仇": "qiu", "区": "ou", "解": "xie", "查": "zha", "曾": "zeng", "朴": "piao", "任": "ren",
    "乐": "yue", "盖": "ge", "缪": "miao", "翟": "zhai", "覃": "qin", "燕": "yan", "宁": "ning", "尉": "wei",
    "员": "yun", "召": "shao", "谌": "chen", "冼": "xian", "逄": "pang", "种": "chong", "折": "she",
    "秘": "bi", "句": "gou", "牟": "mou", "钭": "tou", "哈": "ha", "洗": "xian",
}  # fmt: skip
_COMPOUND_READINGS = {
    "尉迟": "yu chi", "万俟": "mo qi", "长孙": "zhang sun", "澹台": "tan tai", "单于": "chan yu",
    "令狐": "ling hu", "皇甫": "huang fu", "宰父": "zai fu", "夏侯": "xia hou", "鲜于": "xian yu",
}  # fmt: skip


class CellError(ValueError):
    """A cell that cannot be read: `kind` is a stable word for programs, `message` a sentence for people."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def normalize_cell(value: object) -> str:
    """The text of a spreadsheet cell: half-width digits and letters, single inner spaces, nothing invisible.

    None gives "", whole floats their integer, dates the national form yyyy年MM月dd日.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    # Nearly every cell of a large file is tidy.
    return " ".join(text.translate(_CLEANING).split()) if _UNTIDY.search(text) else text


def was_untidy(value: object) -> bool:
    """Whether a text cell had stray spaces, full-width digits or invisible signs that reading removed."""
    return isinstance(value, str) and normalize_cell(value) != value


def normalize_name(value: object) -> str:
    """A person's name: no spaces between Chinese characters (张　三), one kind of middle dot (·).

    CellError "blank_name" when nothing is left, "name" when it holds digits or signs no name has.
    """
    text = normalize_cell(value).translate(_DOTS)
    text = re.sub(r"(?<=[^\x00-\x7f]) +| +(?=[^\x00-\x7f])", "", text)
    if not text:
        raise CellError("blank_name", "姓名为空")
    if not all(char.isalpha() or char in "· '-" for char in text):
        raise CellError("name", f"姓名“{text}”含有不该出现的字符")
    return text


def check_id_number(value: object, *, today: date | None = None) -> str:
    """The 18 characters of an id number (公民身份证号) after checks of length, digits, date and checksum.

    The area code is not looked up, so that unissued areas may serve as test data. With `today`, a birth in
    the future is refused.
    CellError kinds: "id_blank", "id_as_number", "id_length", "id_format", "id_date", "id_checksum".
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise CellError("id_as_number", "身份证号存成了数字，末几位已经丢失，请把单元格设为文本后重新填写")
    text = normalize_cell(value).replace(" ", "").upper()
    if not text:
        raise CellError("id_blank", "身份证号为空")
    if len(text) != 18:
        raise CellError("id_length", f"身份证号应为 18 位，现为 {len(text)} 位")
    if not (text[:17].isascii() and text[:17].isdigit() and text[17] in "0123456789X"):
        raise CellError("id_format", "身份证号前 17 位应为数字，末位为数字或 X")
    born_on = birth_date_of(text)
    if born_on.year < 1900 or (today is not None and born_on > today):
        raise CellError("id_date", f"身份证号中的出生日期 {format_date(born_on)} 不合理")
    if ric.calc_check_digit(text) != text[17]:
        raise CellError("id_checksum", "身份证号校验位不符，请核对每一位数字")
    return text


def birth_date_of(id_number: str) -> date:
    """Date of birth in an id number of 18 characters; CellError "id_date" when there is no such day."""
    try:
        return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        raise CellError("id_date", f"身份证号中的出生日期“{id_number[6:14]}”不存在") from None


def gender_of(id_number: str) -> str:
    """Gender in an id number as in `choices.Gender`: MALE when the 17th digit is odd, FEMALE when even."""
    return "MALE" if int(id_number[16]) % 2 else "FEMALE"


def check_gender(id_number: str, gender: str) -> None:
    """Compare 男/女 (or MALE/FEMALE) with the id number; CellError "gender" when they disagree."""
    stated = {"男": "MALE", "女": "FEMALE", "MALE": "MALE", "FEMALE": "FEMALE"}.get(gender)
    if stated is None:
        raise CellError("gender", f"性别应填“男”或“女”，现为“{gender}”")
    if stated != gender_of(id_number):
        read = "奇数（男）" if stated == "FEMALE" else "偶数（女）"
        raise CellError("gender", f"性别与身份证号不符：身份证号第 17 位为{read}")


def check_birth_date(id_number: str, born_on: date) -> None:
    """Compare a stated date of birth with the id number; CellError "birth_date" when they disagree."""
    if birth_date_of(id_number) != born_on:
        read = format_date(birth_date_of(id_number))
        raise CellError("birth_date", f"出生日期 {format_date(born_on)} 与身份证号中的 {read} 不符")


def check_word(value: object, allowed: Collection[str], column: str) -> str:
    """A cell that must be one of the `allowed` words; CellError "word" names the column and the words."""
    text = normalize_cell(value)
    if text in allowed:
        return text
    near = [word for word in allowed if word and text.startswith(word)]
    hint = f"，是否为“{max(near, key=len)}”？请删去其余文字" if near else f"，应为：{'、'.join(allowed)}"
    raise CellError("word", f"{column}“{text}”不在可选范围内{hint}")


def refuse_formula(value: object) -> None:
    """Refuse a cell that holds a formula instead of a value; CellError "formula"."""
    if isinstance(value, str) and normalize_cell(value).startswith("="):
        raise CellError("formula", "单元格里是公式，请改为填写内容本身")


def mask(text: str) -> str:
    """Hide the birth date of an id number: 110101********1234. Other texts keep two characters at each end."""
    if len(text) == 18:
        return text[:6] + "********" + text[14:]
    if len(text) <= 4:
        return "*" * len(text)
    return text[:2] + "*" * (len(text) - 4) + text[-2:]


def mask_phone(text: str) -> str:
    """Hide the middle of a telephone number: 138****1234."""
    if len(text) < 8:
        return "*" * len(text)
    return text[:3] + "*" * (len(text) - 7) + text[-4:]


def check_mobile(value: object) -> str:
    """The 11 digits of a mobile number, without +86, spaces or hyphens; CellError "mobile" otherwise."""
    text = re.sub(r"[ -]", "", normalize_cell(value))
    text = re.sub(r"^(?:\+|00)86|^86(?=1[0-9]{10}$)", "", text)
    if _MOBILE.fullmatch(text) is None:
        raise CellError("mobile", "手机号应为 1 开头的 11 位数字")
    return text


def check_landline(value: object) -> str:
    """A landline as 区号-号码, area code and extension optional; CellError "landline" otherwise."""
    text = re.sub(r"[()（）]", "-", normalize_cell(value)).replace(" ", "").replace("—", "-")
    text = re.sub(r"-+", "-", text).strip("-")
    if _LANDLINE.fullmatch(text) is None:
        raise CellError("landline", "固定电话应写成 0571-88886666 的形式")
    return text


def check_phone(value: object) -> str:
    """A mobile or a landline number; CellError "phone" when it is neither."""
    for check in (check_mobile, check_landline):
        try:
            return check(value)
        except CellError:
            continue
    raise CellError("phone", "联系电话应为 11 位手机号，或带区号的固定电话")


def parse_date(value: object) -> date:
    """A day from a date cell or from text: 2026年10月01日, 2026-10-1, 2026/10/1, 2026.10.1 or 20261001.

    CellError kinds: "date_blank", "date_as_number" (a bare spreadsheet number; the message says which day it
    may mean), "date_impossible" (2001年02月30日), "date_format".
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    # Spreadsheets that are saved as text leave midnight behind a day.
    text = re.sub(r" 00:00(?::00)?$", "", normalize_cell(value)).replace(" ", "")
    if not text:
        raise CellError("date_blank", "日期为空")
    for form in _DATE_FORMS:
        found = form.fullmatch(text)
        if found is None:
            continue
        year, month, day = map(int, found.groups())
        try:
            read = date(year, month, day)
        except ValueError:
            raise CellError("date_impossible", f"没有“{text}”这一天") from None
        if not 1900 <= year <= 2100:
            raise CellError("date_impossible", f"年份 {year} 不合理")
        return read
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number or _SERIAL.fullmatch(text):
        raise CellError("date_as_number", f"日期成了数字 {text}{_meant(text)}，请按 yyyy年MM月dd日 填写")
    raise CellError("date_format", f"日期“{text}”应按 yyyy年MM月dd日 填写")


def format_date(day: date) -> str:
    """The national form of a date: 2026年10月01日."""
    return f"{day.year:04d}年{day.month:02d}月{day.day:02d}日"


def check_party_dates(joined_on: date, full_on: date | None) -> None:
    """入党 before 转正; equal only for those who joined 1969-04-01 … 1977-08-11.

    CellError "full_before_joined".
    """
    if full_on is None or joined_on < full_on:
        return
    first, last = JOINED_WITHOUT_PROBATION
    if joined_on == full_on and first <= joined_on <= last:
        return
    raise CellError(
        "full_before_joined",
        f"转正日期 {format_date(full_on)} 应晚于入党日期 {format_date(joined_on)}"
        "（1969年4月1日至1977年8月11日入党的可以相同）",
    )


def pinyin_of(name: str, *, person: bool = True) -> tuple[str, str]:
    """Search keys of a name, lower case without tones: 欧阳华 → ("ouyanghua", "oyh"); ü is written v.

    With `person`, a surname of several readings is read as a surname (单 shan, 曾 zeng).
    """
    # The dictionary takes half a second to load, and only imports and saving a name need it.
    from pypinyin.seg.simpleseg import seg

    text = normalize_cell(name)
    syllables = [syllable for piece in seg(text) for syllable in _reading(piece)]
    if person and text[:2] in _COMPOUND_READINGS:
        syllables[:2] = _COMPOUND_READINGS[text[:2]].split()
    elif person and text[:1] in _SURNAME_READINGS:
        syllables[0] = _SURNAME_READINGS[text[0]]
    return _letters("".join(syllables)), _letters("".join(each[0] for each in syllables))


@functools.lru_cache(maxsize=50_000)
def _reading(piece: str) -> tuple[str, ...]:
    """The syllables of one word; reading words is the slow part, and names are made of the same few again and again."""
    from pypinyin import lazy_pinyin

    # What is no Chinese character comes back letter by letter, so that each is its own initial.
    return tuple(part.lower() for read in lazy_pinyin(piece, errors=" ".join) for part in read.split())


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isalnum())


def _meant(text: str) -> str:
    days = float(text)
    if not 1 <= days < 73_000:
        return ""
    return f"（可能是 {format_date(_SERIAL_DAY_ZERO + timedelta(days=int(days)))}）"
