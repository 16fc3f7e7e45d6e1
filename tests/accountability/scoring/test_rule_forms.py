"""What a rule says, rendered into the cells of its form and read back, is the same rule."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accountability.forms.scheme_rules import (
    RuleForm,
    decoded,
    encoded,
    example_of,
    example_rule,
    kind_choices,
)
from accountability.scoring import KINDS, Place, read_scheme, rule_of, shapes
from accountability.scoring.checks import written_at

TABLE = replace(
    read_scheme(Path("accountability/starters/schemes/village.toml").read_bytes()),
    grades=("优秀", "良好", "合格", "不合格"),
)
WRITTEN = sorted({(name, place) for place in Place for name in written_at(place)})


def decimals(low, high):
    return st.decimals(low, high, places=6).map(lambda number: number.normalize() + 0)


TEXTS = st.text("甲乙丙丁abc（）·1", min_size=1, max_size=8)


def by_name(values):
    return st.dictionaries(TEXTS, values, min_size=1, max_size=5)


VALUES = {
    shapes.POINTS: decimals(-1000, 1000),
    shapes.POSITIVE: decimals("0.000001", 1000),
    shapes.NOT_NEGATIVE: decimals(0, 1000),
    shapes.NUMBER: decimals(-(10**9), 10**9),
    shapes.WIDTH: decimals("0.000001", 1000),
    shapes.PERCENT: decimals(0, 100),
    shapes.SHARE: decimals(0, 1),
    shapes.FACTOR: decimals(0, 100),
    shapes.TIMES: st.integers(0, 10**6),
    shapes.FROM_ONE: st.integers(1, 10**6),
    shapes.STEPS_DOWN: st.integers(1, 20),
    shapes.TEXT: TEXTS,
    shapes.FLAG: st.booleans(),
    shapes.POINTS_BY: by_name(decimals(-1000, 1000)),
    shapes.SHARES_BY: by_name(decimals(0, 1)),
    shapes.PERCENT_BY: by_name(decimals(0, 100)),
    shapes.TIMES_BY: by_name(st.integers(0, 1000)),
    shapes.ONE_IN: by_name(st.integers(1, 1000)),
    shapes.FACTORS_BY: by_name(decimals(0, 100)),
    shapes.STEPS: st.lists(
        st.fixed_dictionaries({"from": decimals(0, 1000), "p": decimals(-100, 100)}), min_size=1, max_size=5
    ),
    shapes.BANDS: st.lists(
        st.fixed_dictionaries(
            {"grade": TEXTS, "from": decimals(0, 1000)}, optional={"below": decimals(0, 1000)}
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda band: band["grade"],
    ),
}


@st.composite
def rules(draw, name, place):
    """Any rule of a kind, its optional parameters there or not."""
    params = {}
    if name == "GATE":
        count = draw(st.integers(1, 4))
        for param in ("lines", "grades"):
            params[param] = draw(st.lists(TEXTS, min_size=count, max_size=count, unique=True))
        params["pass"] = draw(VALUES[shapes.NOT_NEGATIVE])
        return rule_of(name, place, **params)
    for param in KINDS[name].params_at(place):
        if not param.is_required and draw(st.booleans()):
            continue
        is_choice = bool(param.shape.choices)
        params[param.name] = draw(st.sampled_from(param.shape.choices) if is_choice else VALUES[param.shape])
    return rule_of(name, place, **params)


def read_back(rule, place):
    shown = RuleForm(KINDS[rule.kind], place, TABLE, rule=rule)
    form = RuleForm(KINDS[rule.kind], place, TABLE, data=shown.data)
    assert form.is_valid(), (form.errors, [part for part in form.parts if part.error])
    return form.rule


@pytest.mark.parametrize(("name", "place"), WRITTEN)
@settings(max_examples=30)
@given(data=st.data())
def test_a_rule_comes_back_from_its_form(name, place, data):
    rule = data.draw(rules(name, place))
    assert read_back(rule, place) == rule


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.places], ids=lambda kind: kind.name)
def test_every_kind_has_an_example_in_words_that_comes_back(kind):
    if kind.group.value == "limit":
        return
    rule = example_rule(kind)
    place = Place.ITEM if Place.ITEM in kind.places else Place.SCHEME
    assert read_back(rule, place) == rule
    assert example_of(kind)
    assert not set("{}[]") & set(example_of(kind))


def test_every_kind_that_may_be_written_is_offered_in_plain_words():
    for place in Place:
        offered = [choice.kind for _, group in kind_choices(place) for choice in group]
        assert [kind.name for kind in offered] == written_at(place)
        for kind in offered:
            text = kind.meaning + kind.label + "".join(param.label for param in kind.params)
            assert not [letter for letter in text if letter.isascii() and letter.isalpha()], kind.name
            for param in kind.params:
                assert len(param.shape.words) == len(param.shape.choices), (kind.name, param.name)


@pytest.mark.parametrize(
    ("shape", "raw", "value"),
    [
        (shapes.SHARE, "30", "0.3"),
        (shapes.SHARE, "33.3333%", "0.333333"),
        (shapes.POSITIVE, " 0.50 分", "0.5"),
        (shapes.PERCENT, "85％", "85"),
    ],
)
def test_numbers_are_read_as_people_write_them(shape, raw, value):
    assert encoded(shapes.POINTS, decoded(shape, raw)) == value


@pytest.mark.parametrize(
    ("name", "data", "place", "error"),
    [
        ("DEDUCT_EACH", {"p": ""}, "p", "请填写。"),
        ("DEDUCT_EACH", {"p": "半分"}, "p", "“半”不是数。"),
        ("DEDUCT_EACH", {"p": "0"}, "p", "必须大于 0。"),
        ("MISS_COUNT", {"n": "1.5", "p": "1"}, "n", "应为整数。"),
        ("CHAIN_WEIGHT", {"own": "180"}, "own", "不得超过 100。"),
        ("LEVEL", {}, "levels", "请至少填写一行。"),
        ("LEVEL", {"levels-0-name": "好", "levels-0-value": ""}, "levels-0-value", "请填写。"),
        (
            "LEVEL",
            {
                "levels-0-name": "好",
                "levels-0-value": "1",
                "levels-1-name": "好",
                "levels-1-value": "2",
            },
            "levels-1-name",
            "与上面重复。",
        ),
        ("STEP", {"steps-2-from": "九", "steps-2-p": "1"}, "steps-2-from", "“九”不是数。"),
    ],
)
def test_what_is_wrong_stands_at_its_cell_and_what_was_typed_stays(name, data, place, error):
    form = RuleForm(KINDS[name], Place.ITEM, TABLE, data=data)
    assert not form.is_valid()
    parts = {part.name: part for part in form.parts}
    cells = {cell.name: cell for part in form.parts if hasattr(part, "cells") for cell in part.cells}
    assert (parts | cells)[place].error == error
    assert {name: value for name, value in form.data.items() if value} == {
        name: value for name, value in data.items() if value
    }


def test_more_rows_are_shown_on_request():
    data = {"levels-0-name": "好", "levels-0-value": "10", "levels-3-name": ""}
    few = RuleForm(KINDS["LEVEL"], Place.ITEM, TABLE, data=data)
    more = RuleForm(KINDS["LEVEL"], Place.ITEM, TABLE, data=data, more=True)
    assert (len(few.parts[1].rows), len(more.parts[1].rows)) == (4, 9)
    assert more.is_valid()


def test_every_grade_has_a_row_that_may_stay_open():
    form = RuleForm(KINDS["CUTOFF"], Place.SCHEME, TABLE)
    (bands,) = form.parts
    assert [row[0].raw for row in bands.rows] == list(TABLE.grades)
    filled = RuleForm(KINDS["CUTOFF"], Place.SCHEME, TABLE, data=form.data | {"bands-0-from": "85"})
    assert filled.is_valid()
    assert filled.rule == rule_of("CUTOFF", Place.SCHEME, bands=[{"grade": "优秀", "from": "85"}])
    assert not RuleForm(KINDS["CUTOFF"], Place.SCHEME, TABLE, data=form.data).is_valid()


def test_a_percentage_is_one_where_it_makes_sense_and_refused_elsewhere():
    assert decoded(shapes.FACTOR, "30％") == Decimal("0.3")
    assert decoded(shapes.SHARE, "30%") == Decimal("0.3")
    assert decoded(shapes.NUMBER, "90%") == decoded(shapes.PERCENT, "90") == 90
    assert decoded(shapes.WIDTH, "5%") == 5
    for shape in (shapes.POINTS, shapes.POSITIVE, shapes.TIMES):
        with pytest.raises(ValueError, match="不填百分比"):
            decoded(shape, "50%")
