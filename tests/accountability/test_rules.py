"""Pure modules: what may not be asked, how heavy a list is, which terms are opened."""

import tomllib
from datetime import date
from fractions import Fraction

import pytest

from accountability.actions.starters import STARTERS
from accountability.burden import burden_of
from accountability.forbidden import find_forbidden
from accountability.windows import carrying_period, is_stricter, terms
from branches.periods import Period


@pytest.mark.parametrize(
    "text",
    [
        "每日登录次数不少于一次",
        "党员在线时长达到要求",
        "转发、点赞活动信息",
        "每天打卡学习",
        "按积分排名通报",
        "照片必传",
        "须上传现场照片",
        "简报不少于12篇",
        "学习心得3000字以上",
        "每次拍照留痕",
    ],
)
def test_forbidden_indicators_are_found(text):
    (finding, *_) = find_forbidden(text)
    assert finding.words in text
    assert finding.ban.why in str(finding)


@pytest.mark.parametrize(
    "text",
    [
        "每季度研究一次，有明确的责任人",
        "不得以打卡、登录次数考核基层",
        "严禁强制上传照片",
        "整治积分排名等加重负担的做法",
        "签到簿由支部保存",
        "组织观看警示教育片并讨论",
    ],
)
def test_what_is_no_indicator_passes(text):
    assert find_forbidden(text) == []


def test_a_negation_covers_its_own_clause_only():
    assert find_forbidden("不得重复填报，每天打卡")


def test_starters_ask_for_nothing_forbidden():
    for path in STARTERS.glob("*.toml"):
        for item in tomllib.loads(path.read_text())["item"]:
            assert not find_forbidden(f"{item['heading']}。{item['content']}。{item['measure']}")


def test_the_eleven_headings():
    assert len(tomllib.loads((STARTERS / "principal.toml").read_text())["item"]) == 11


def test_burden_is_an_exact_average():
    burden = burden_of(["month", "quarter", "half", "year"])
    assert burden.records == Fraction(19, 12)
    assert burden.minutes == Fraction(19, 6)
    assert burden_of([]).records == 0


def test_terms_begin_with_the_month_of_issue():
    assert [each.code for each in terms("quarter", 2026, date(2026, 5, 20))] == [
        "2026-Q2",
        "2026-Q3",
        "2026-Q4",
    ]
    assert len(terms("month", 2026, date(2025, 12, 1))) == 12
    assert terms("month", 2026, date(2027, 1, 1)) == []


def test_terms_end_with_the_sunset():
    assert [each.code for each in terms("quarter", 2026, date(2026, 1, 1), date(2026, 8, 31))] == [
        "2026-Q1",
        "2026-Q2",
    ]


@pytest.mark.parametrize(
    ("interval", "term", "key"),
    [
        ("quarter", "2026-05", 202606),
        ("month", "2026-05", 202605),
        ("year", "2026-Q2", 202612),
        ("month", "2026-Q2", None),
        ("quarter", "2026-H1", None),
    ],
)
def test_the_carrying_term_holds_the_child(interval, term, key):
    assert carrying_period(interval, Period.parse(term)) == key


def test_asking_more_often_is_stricter():
    assert is_stricter("month", "quarter")
    assert not is_stricter("quarter", "quarter")
