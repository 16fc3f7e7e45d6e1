"""Faults of units in words of people; the engine's words are for those who write files."""

from decimal import Decimal

import pytest

from accountability.computing import faults_of, scored
from accountability.scoring import Adjustment, AdjustmentKind, Entry, Unit, read_scheme

TABLE = read_scheme("""
format = 1
code = "C"
title = "考核"
full = 20
grades = ["好", "差"]
[[rule]]
kind = "CUTOFF"
bands = [{ grade = "好", from = 10 }]
[[line]]
key = "l"
title = "工作"
full = 20
[[line.item]]
key = "x"
title = "评议"
full = 10
rule = [{ kind = "DISCRETION", from = 0, to = 10 }]
[[line.item]]
key = "y"
title = "参会率"
full = 10
rule = [{ kind = "STEP", fact = "全年", steps = [{ from = 90, p = 10 }] }]
""")


def unit(*entries, name="甲", adjustments=()):
    return Unit(name, name, entries=entries, adjustments=tuple(adjustments))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (Entry("x", points=Decimal(11), reason="好"), "评议：分值应在 0 到 10 之间，不能是 11"),
        (Entry("x", points=Decimal(9)), "评议：酌情给分要写理由（理由）"),
        (Entry("x", level="好"), "评议：“酌情评分”不用档次"),
        (Entry("y", "全年", count=3, value=Decimal(3)), "参会率 · 全年：数值与数量、应有数只写一种"),
        (Entry("z", count=3), "z：没有评价项“z”"),
    ],
)
def test_a_fault_names_the_item_and_says_what_is_wrong(entry, words):
    assert faults_of(TABLE, [unit(entry), unit(name="乙")])["甲"][0] == words


def test_an_adjustment_the_table_knows_nothing_of_is_a_fault():
    veto = Adjustment(AdjustmentKind.VETO, "通报", condition="发生事故")
    assert faults_of(TABLE, [unit(adjustments=[veto])]) == {
        "甲": ["一票否决“通报”：一票否决没有情形“发生事故”"]
    }


def test_the_sound_are_scored_beside_each_other():
    units = [unit(Entry("x", points=Decimal(9), reason="好"), name=name) for name in ("甲", "乙")]
    assert faults_of(TABLE, units) == {}
    assert [(each.id, result.total) for each, result in scored(TABLE, units)] == [("甲", 9), ("乙", 9)]
    assert list(scored(TABLE, [])) == []
