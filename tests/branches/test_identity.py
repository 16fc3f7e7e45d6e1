"""Cells about persons: strict to read, plain to explain."""

import re
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from branches.identity import (
    CellError,
    birth_date_of,
    check_birth_date,
    check_gender,
    check_id_number,
    check_landline,
    check_mobile,
    check_party_dates,
    check_phone,
    check_word,
    format_date,
    gender_of,
    mask,
    mask_phone,
    normalize_cell,
    normalize_name,
    parse_date,
    pinyin_of,
    refuse_formula,
    was_untidy,
)


def number_of(born_on, order):
    head = f"710000{born_on:%Y%m%d}{order:03d}"
    return head + ric.calc_check_digit(head + "0")


def kind_of(check, *args, **kwargs):
    with pytest.raises(CellError) as caught:
        check(*args, **kwargs)
    assert any("\u4e00" <= char <= "\u9fff" for char in caught.value.message)
    return caught.value.kind


@given(st.dates(date(1920, 1, 1), date(2026, 12, 31)), st.integers(0, 999))
def test_a_right_number_tells_birth_and_gender(born_on, order):
    number = number_of(born_on, order)
    assert check_id_number(number) == number
    assert check_id_number(f" {number.lower()}　") == number
    assert birth_date_of(number) == born_on
    assert gender_of(number) == ("MALE" if order % 2 else "FEMALE")
    check_gender(number, "男" if order % 2 else "女")
    assert kind_of(check_gender, number, "女" if order % 2 else "男") == "gender"


@given(
    st.dates(date(1920, 1, 1), date(2026, 12, 31)), st.integers(0, 999), st.integers(0, 16), st.integers(1, 9)
)
def test_any_single_wrong_digit_is_noticed(born_on, order, place, step):
    number = number_of(born_on, order)
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assert kind_of(check_id_number, wrong) in ("id_checksum", "id_date")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "id_blank"),
        (None, "id_blank"),
        (7.10000195308114e17, "id_as_number"),
        (710000195308110000, "id_as_number"),
        ("7.10000195308114e+17", "id_length"),
        ("71000019530811", "id_length"),
        ("71000019530811000000", "id_length"),
        ("71000O195308110005", "id_format"),
        ("7100001953081100X5", "id_format"),
        ("710000195302300005", "id_date"),
        ("710000185308110005", "id_date"),
        ("710000196711099121", "id_checksum"),
    ],
)
def test_wrong_numbers_say_what_is_wrong(value, kind):
    assert kind_of(check_id_number, value) == kind


def test_full_width_digits_are_read():
    number = number_of(date(1990, 1, 1), 7)
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"})
    assert check_id_number(wide) == number


def test_nobody_is_born_after_today():
    number = number_of(date(2026, 12, 1), 7)
    assert check_id_number(number, today=date(2026, 12, 1)) == number
    assert kind_of(check_id_number, number, today=date(2026, 11, 30)) == "id_date"


def test_gender_is_one_of_two_words():
    number = number_of(date(1990, 1, 1), 7)
    check_gender(number, "MALE")
    assert kind_of(check_gender, number, "先生") == "gender"


def test_masks():
    assert mask("110101199001011234") == "110101********1234"
    assert mask("E12345678") == "E1*****78"
    assert mask("123") == "***"
    assert mask("") == ""
    assert mask_phone("13812341234") == "138****1234"
    assert mask_phone("8888") == "****"


@given(st.text(min_size=5, max_size=30))
def test_a_mask_keeps_the_length_and_hides_something(text):
    assert len(mask(text)) == len(text)
    assert "*" in mask(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("  张三 ", "张三"),
        (" １９９76075057 ", "19976075057"),
        ("青陌镇　新民村\n支部", "青陌镇 新民村 支部"),
        ("\ufeff党\u200b员", "党员"),
        ("中共某公司（总部）委员会", "中共某公司（总部）委员会"),
        (40.0, "40"),
        (19987403137.0, "19987403137"),
        (1.5, "1.5"),
        (True, "是"),
        (date(2026, 1, 5), "2026年01月05日"),
        (datetime(2026, 1, 5, 0, 0), "2026年01月05日"),
    ],
)
def test_cells_become_text(value, text):
    assert normalize_cell(value) == text


@given(st.text())
def test_reading_a_cell_twice_changes_nothing(text):
    once = normalize_cell(text)
    assert normalize_cell(once) == once
    assert not was_untidy(once)


def test_untidy_cells_are_known():
    assert was_untidy(" １９９76075057 ")
    assert not was_untidy("19976075057")
    assert not was_untidy(40.0)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("张　三", "张三"),
        (" 欧阳 华 ", "欧阳华"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("John Smith", "John Smith"),
    ],
)
def test_names(value, name):
    assert normalize_name(value) == name


@pytest.mark.parametrize(
    ("value", "kind"), [("　", "blank_name"), (None, "blank_name"), ("张3", "name"), ("=1+1", "name")]
)
def test_names_that_are_none(value, kind):
    assert kind_of(normalize_name, value) == kind


@pytest.mark.parametrize(
    "value",
    ["13812341234", "+86 138-1234-1234", "8613812341234", "008613812341234", 13812341234, 13812341234.0],
)
def test_mobiles(value):
    assert check_mobile(value) == "13812341234"
    assert check_phone(value) == "13812341234"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0571-88886666", "0571-88886666"),
        ("057188886666", "057188886666"),
        ("（0571）88886666", "0571-88886666"),
        ("(010) 8888666", "010-8888666"),
        ("88886666", "88886666"),
        ("0571-88886666-801", "0571-88886666-801"),
        ("0571—88886666", "0571-88886666"),
    ],
)
def test_landlines(value, text):
    assert check_landline(value) == text
    assert check_phone(value) == text


@pytest.mark.parametrize("value", ["", None, "1381234123", "138123412345", "12812341234", "电话", "0571-1"])
def test_no_telephone_number(value):
    assert kind_of(check_phone, value) == "phone"
    assert kind_of(check_mobile, value) == "mobile"
    assert kind_of(check_landline, value) == "landline"


@pytest.mark.parametrize(
    "value",
    ["2026年10月01日", "2026年10月1日", "2026-10-1", "2026/10/01", "2026.10.1", "20261001", " ２０２６年１０月０１日 ",
     "2026年 10月 1日", "2026-10-01 00:00:00", "2026-10-01 00:00", 20261001.0, date(2026, 10, 1), datetime(2026, 10, 1, 9, 30)],
)  # fmt: skip
def test_dates_people_write(value):
    assert parse_date(value) == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "date_blank"),
        (None, "date_blank"),
        ("2001年02月30日", "date_impossible"),
        ("2001-13-01", "date_impossible"),
        ("0999年01月01日", "date_impossible"),
        ("99999999", "date_impossible"),
        (31234, "date_as_number"),
        (31234.0, "date_as_number"),
        ("31234", "date_as_number"),
        (True, "date_format"),
        ("2026年10月", "date_format"),
        ("10/1/2026", "date_format"),
        ("26年10月1日", "date_format"),
        ("去年", "date_format"),
        ("2026年10月1日（补）", "date_format"),
    ],
)
def test_dates_that_cannot_be_read(value, kind):
    assert kind_of(parse_date, value) == kind


def test_a_number_says_which_day_it_may_mean():
    with pytest.raises(CellError, match=re.escape("可能是 1985年07月06日")):
        parse_date(31234)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_date_reads_back(day):
    assert parse_date(format_date(day)) == day
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day.year}年{day.month}月{day.day}日") == day


@given(st.text(max_size=20) | st.floats() | st.integers())
def test_anything_is_a_date_or_a_cell_error(value):
    with suppress(CellError):
        assert isinstance(parse_date(value), date)


@pytest.mark.parametrize(
    ("joined_on", "full_on"),
    [
        (date(2000, 7, 1), date(2001, 7, 1)),
        (date(2000, 7, 1), None),
        (date(1969, 4, 1), date(1969, 4, 1)),
        (date(1977, 8, 11), date(1977, 8, 11)),
        (date(1973, 5, 5), date(1974, 5, 5)),
    ],
)
def test_party_dates_in_order(joined_on, full_on):
    check_party_dates(joined_on, full_on)


@pytest.mark.parametrize(
    ("joined_on", "full_on"),
    [
        (date(2000, 7, 1), date(2000, 7, 1)),
        (date(1969, 3, 31), date(1969, 3, 31)),
        (date(1977, 8, 12), date(1977, 8, 12)),
        (date(1973, 5, 5), date(1973, 5, 4)),
        (date(1978, 8, 19), date(1950, 1, 1)),
    ],
)
def test_party_dates_out_of_order(joined_on, full_on):
    assert kind_of(check_party_dates, joined_on, full_on) == "full_before_joined"


@given(st.dates(date(1921, 7, 1), date(2026, 1, 1)), st.integers(1, 1000))
def test_full_after_joined_is_always_right(joined_on, later):
    check_party_dates(joined_on, joined_on + timedelta(days=later))


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("张三", ("zhangsan", "zs")),
        ("欧阳华", ("ouyanghua", "oyh")),
        ("单雄", ("shanxiong", "sx")),
        ("曾国", ("zengguo", "zg")),
        ("尉迟恭", ("yuchigong", "ycg")),
        ("万俟明", ("moqiming", "mqm")),
        ("吕布", ("lvbu", "lb")),
        ("阿依古丽·买买提", ("ayigulimaimaiti", "ayglmmt")),
        ("Li 四", ("lisi", "lis")),
        ("", ("", "")),
    ],
)
def test_pinyin_for_search(name, keys):
    assert pinyin_of(name) == keys


def test_names_of_organisations_are_read_as_words():
    assert pinyin_of("单位党委", person=False) == ("danweidangwei", "dwdw")


def test_the_stated_birth_is_the_one_in_the_number():
    number = number_of(date(1990, 1, 1), 7)
    check_birth_date(number, date(1990, 1, 1))
    assert kind_of(check_birth_date, number, date(1990, 1, 2)) == "birth_date"


def test_a_word_of_a_list():
    degrees = ["大学", "大专", "研究生"]
    assert check_word(" 大学 ", degrees, "学历") == "大学"
    with pytest.raises(CellError, match="是否为“研究生”"):
        check_word("研究生（在读）", degrees, "学历")
    assert kind_of(check_word, "", degrees, "学历") == "word"


@pytest.mark.parametrize("value", ['=HYPERLINK("#A1","点我")', " =1+1", "＝SUM(A1)", "\ufeff=1"])
def test_formulas_are_refused(value):
    assert kind_of(refuse_formula, value) == "formula"


@pytest.mark.parametrize("value", ["+86 13812341234", "-", "a=b", 3, None])
def test_other_cells_are_no_formulas(value):
    refuse_formula(value)
