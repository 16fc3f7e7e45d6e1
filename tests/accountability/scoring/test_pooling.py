"""What several assessors of one body amount to, exactly."""

from decimal import Decimal

from accountability import scoring
from accountability.filling import asks_of, pooled
from accountability.scoring import Entry, Facts, Unit

TABLE = """
format = 1
code = "X"
title = "x"
full = 10

[[line]]
key = "l"
title = "l"
full = 10

[[line.item]]
key = "x"
title = "x"
full = 10
source = "assessor"
rule = [{rule}]
"""


def result(rule, *entries):
    scheme = scoring.read_scheme(TABLE.replace("{rule}", rule))
    (ask,) = asks_of(scheme)
    unit = Unit("A", "A", entries=tuple(pooled(ask, entries)))
    return scoring.evaluate(scheme, Facts((unit,)))["A"].total


def given(*points):
    return [Entry("x", points=Decimal(each), reason="因") for each in points]


def test_levels_are_ballots_and_points_are_marks():
    rule = '{ kind = "LEVEL", levels = { "好" = 10, "差" = 0 } }'
    assert result(rule, Entry("x", level="好"), Entry("x", level="好"), Entry("x", level="差")) == Decimal(
        "6.67"
    )
    rule = '{ kind = "DISCRETION", from = 0, to = 10 }'
    assert result(rule, *given(10, 9, 9)) == Decimal("9.33")


def test_what_adds_up_is_averaged_over_the_assessors():
    rule = '{ kind = "DISCRETION", from = 0, to = 10, several = "sum" }'
    assert result(rule, *given(7)) == 7
    assert result(rule, *given(10, 9, 9)) == Decimal("9.33")


def test_one_figure_is_the_mean_of_theirs():
    rule = '{ kind = "STEP", steps = [{ from = 90, p = 10 }, { from = 80, p = 8 }] }'
    assert result(rule, Entry("x", value=Decimal(90)), Entry("x", value=Decimal("89.99"))) == 8
    assert result(rule, Entry("x", value=Decimal(91)), Entry("x", value=Decimal(89))) == 10


def test_the_mean_says_whose_it_is():
    scheme = scoring.read_scheme(
        TABLE.replace("{rule}", '{ kind = "DISCRETION", from = -9, to = 9, several = "sum" }')
    )
    (ask,) = asks_of(scheme)
    (mean,) = pooled(ask, given(1, 2))
    assert (mean.points, mean.note) == (Decimal("1.5"), "2人评价，取平均")
