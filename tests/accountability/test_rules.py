"""Pure modules: what may not be asked, how heavy a list is, which terms are opened."""

import tomllib
from datetime import date
from fractions import Fraction

import pytest

from accountability.actions.starters import STARTERS
from accountability.burden import burden_of
from accountability.forbidden import find_forbidden
from accountability.models import Duty
from accountability.windows import Term, carrying_window, is_stricter, stricter_points, terms
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


def codes(found):
    return [each.window.code for each in found]


def test_terms_begin_with_the_month_of_issue():
    assert codes(terms("quarter", 2026, date(2026, 5, 20))) == ["2026-Q2", "2026-Q3", "2026-Q4"]
    assert len(terms("month", 2026, date(2025, 12, 1))) == 12
    assert terms("month", 2026, date(2027, 1, 1)) == []


def test_terms_end_with_the_sunset():
    found = terms("quarter", 2026, date(2026, 1, 1), date(2026, 8, 31))
    assert codes(found) == ["2026-Q1", "2026-Q2"]
    assert [(each.period, each.due_on) for each in found] == [
        (202603, date(2026, 3, 31)),
        (202606, date(2026, 6, 30)),
    ]


def test_a_deadline_makes_one_term_judged_in_its_own_month():
    (term,) = terms("year", 2026, date(2026, 5, 20), deadline=date(2026, 9, 10))
    assert (term.window.code, term.period, term.due_on) == ("2026", 202609, date(2026, 9, 10))
    assert terms("year", 2026, date(2026, 9, 11), deadline=date(2026, 9, 10)) == []
    assert terms("year", 2026, date(2026, 5, 20), date(2026, 8, 31), date(2026, 9, 10)) == []
    assert terms("year", 2025, date(2025, 1, 1), deadline=date(2026, 9, 10)) == []


@pytest.mark.parametrize(
    ("interval", "term", "code"),
    [
        ("quarter", "2026-05", "2026-Q2"),
        ("month", "2026-05", "2026-05"),
        ("year", "2026-Q2", "2026"),
        ("month", "2026-Q2", None),
        ("quarter", "2026-H1", None),
    ],
)
def test_the_carrying_window_holds_the_child(interval, term, code):
    window = Period.parse(term)
    found = carrying_window(interval, Term(window, window.ends_on))
    assert (found and found.code) == code


def asked(**facts):
    return Duty(interval="quarter", heading="h", content="c", **facts)


@pytest.mark.parametrize(
    ("parent", "child", "points"),
    [
        (asked(), asked(), 0),
        (asked(), Duty(interval="month"), 1),
        (Duty(interval="month"), asked(), 0),
        (asked(deadline=date(2026, 6, 30)), asked(deadline=date(2026, 6, 20)), 1),
        (asked(deadline=date(2026, 6, 20)), asked(deadline=date(2026, 6, 30)), 0),
        (asked(), asked(deadline=date(2026, 6, 29)), 1),
        (asked(), asked(deadline=date(2026, 6, 30)), 0),
        (asked(counted_by="HAND", target=2), asked(counted_by="HAND", target=3), 1),
        (asked(counted_by="HAND", target=2), asked(counted_by="HAND", target=2), 0),
        (asked(), asked(evidence="DOCUMENT"), 1),
    ],
)
def test_what_is_stricter_is_named(parent, child, points):
    found = stricter_points(child, parent)
    assert len(found) == points
    assert is_stricter(child, parent) == bool(points)
