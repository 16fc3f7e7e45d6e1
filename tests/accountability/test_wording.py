"""The texts of reminders: what may stand in them, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accountability.choices import NoticeKind
from accountability.wording import ALLOWED, GAPS, SAMPLE, STARTERS, fill, problems


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_has_words_that_can_be_filled(kind):
    starter = STARTERS[kind]
    for text in (starter.subject, starter.body):
        assert problems(text, kind) == []
        assert "{" not in fill(text, SAMPLE)


def test_every_gap_is_explained_and_has_a_sample():
    named = {name for names in ALLOWED.values() for name in names}
    assert named == set(GAPS) == set(SAMPLE)
    assert set(ALLOWED) == set(STARTERS) == set(NoticeKind)


def test_an_unknown_gap_is_refused_with_those_that_are_known():
    (problem,) = problems("{unit}的{owner}", NoticeKind.TO_SIGN)
    assert problem == "不能用{owner}；这里可用的占位符是{unit}、{list}、{link}。"


@pytest.mark.parametrize("text", ["{unit", "unit}", "{unit}}", "{{unit}}", "}{"])
def test_a_lone_brace_is_refused(text):
    assert any("花括号不成对" in problem for problem in problems(text, NoticeKind.OVERDUE))


@pytest.mark.parametrize(
    "text", ["{unit.__class__}", "{unit[0]}", "{unit!r}", "{0}", "{}", "{ unit }", "{unit:>9999999}"]
)
def test_nothing_reaches_into_what_is_filled_in(text):
    assert problems(text, NoticeKind.OVERDUE)
    assert fill(text, {"unit": "第一支部"}) == text


def test_what_a_value_says_is_no_gap():
    assert fill("{unit}：{duty}", {"unit": "{duty}", "duty": "甲"}) == "{duty}：甲"


@given(st.text(), st.dictionaries(st.sampled_from(sorted(GAPS)), st.text()))
def test_filling_never_fails_and_leaves_the_rest_alone(text, values):
    filled = fill(text, values)
    if "{" not in text:
        assert filled == text


@given(st.text(), st.sampled_from(list(NoticeKind)))
def test_what_is_accepted_is_filled_to_the_end(text, kind):
    if not problems(text, kind):
        assert "{" not in fill(text, dict.fromkeys(GAPS, ""))
