"""What a known figure says to a rule, without a database."""

from pathlib import Path

import pytest

from accountability.choices import Measure
from accountability.known import (
    KNOWN,
    NUMBERS,
    Figure,
    entry_of,
    filled_in,
    find_datum,
    numbers_wanted,
    wanted,
)
from accountability.scoring import KINDS, Facts, Source, Unit, check_facts, evaluate, read_scheme
from branches.choices import MeetingKind

TABLE = """
format = 1
code = "K"
title = "考核"
full = 10
{head}
[[line]]
key = "l"
title = "组织生活"
full = 10
{line}
[[line.item]]
key = "x"
title = "事项"
full = 10
source = "{source}"
datum = "{datum}"
rule = [{rules}]
"""


def table(*rules, source="meetings", datum="", head="", line=""):
    text = TABLE.format(rules=", ".join(rules), source=source, datum=datum, head=head, line=line)
    return read_scheme(text.replace('datum = ""\n', ""))


def entries(scheme, figure, **numbers):
    return [entry_of(want, figure, numbers) for want in wanted(scheme)]


def said(entry):
    return {
        name: getattr(entry, name)
        for name in ("count", "due", "value", "yes")
        if getattr(entry, name) is not None
    }


def test_every_meeting_kind_and_every_measure_is_known():
    for kind in MeetingKind:
        assert KNOWN[kind.label].source is Source.MEETINGS
    for measure in Measure:
        assert find_datum(measure.label) is KNOWN[measure.value]
        assert KNOWN[f"{measure.value}_subtree"].is_subtree


def test_the_documentation_names_every_datum_and_every_size():
    text = (Path(__file__).parents[3] / "docs" / "scoring.md").read_text(encoding="utf-8")
    section = text.split("## What the product fills in")[1].split("\n## ")[0]
    for datum in KNOWN.values():
        assert datum.own in section, datum.code
    for size in NUMBERS:
        assert size in section


def test_a_rule_is_filled_in_by_its_own_name_and_one_without_by_the_datum_of_the_item():
    scheme = table(
        '{ kind = "MISS_COUNT", fact = "支委会", n = 12, p = 1 }',
        '{ kind = "MISS_COUNT", fact = "走访", n = 2, p = 1 }',
        '{ kind = "MISS_COUNT", n = 4, p = 1 }',
        datum="党课",
    )
    assert filled_in(scheme) == {("x", "支委会"), ("x", "")}
    assert [want.datum.code for want in wanted(scheme)] == ["支委会", "党课"]
    assert not wanted(table('{ kind = "MISS_COUNT", fact = "支委会", n = 12, p = 1 }', source="hand"))


def test_assessors_and_members_are_not_filled_in_for_the_whole_unit():
    rule = '{ kind = "MISS_COUNT", fact = "支委会", n = 12, p = 1 }'
    assessed = '{ kind = "ASSESSORS", weights = { "甲" = 0.5, "乙" = 0.5 } }'
    assert not wanted(table(rule, assessed))
    assert not wanted(table(rule, line='rule = [{ kind = "AVG_OVER" }]'))
    assert wanted(table(rule, '{ kind = "CHAIN_WEIGHT", own = 0.8 }'))[0].of_charges


@pytest.mark.parametrize(
    ("figure", "numbers", "expected"),
    [
        (Figure(10, 12, held=10, owed=12, full=12), {}, {"count": 10}),
        (Figure(6, 6, held=7, owed=6, full=12), {}, {"count": 7, "due": 6}),
        (Figure(0, 0, held=2, owed=0, full=12), {}, {"count": 2, "due": 0}),
        (Figure(0, 0, held=3, owed=0, full=0), {}, {"count": 3}),
    ],
)
def test_the_table_says_how_many_and_a_part_of_the_year_owes_a_part(figure, numbers, expected):
    (entry,) = entries(table('{ kind = "MISS_COUNT", fact = "支委会", n = 12, p = 1 }'), figure, **numbers)
    assert said(entry) == expected


def test_each_group_counts_for_itself():
    scheme = table('{ kind = "MISS_COUNT", fact = "党小组会", n = 12, per = "党小组", p = 0.2 }')
    assert numbers_wanted(scheme) == {"党小组"}
    figure = Figure(18, 24, held=24, by_group=(18, 6), owed=24, full=24)
    assert said(entries(scheme, figure, 党小组=2)[0]) == {"count": 18}
    none = Figure(0, 0, held=0, by_group=(), owed=0, full=12)
    assert said(entries(scheme, none, 党小组=0)[0]) == {"count": 0, "due": 0}


@pytest.mark.parametrize(
    ("rule", "datum", "expected"),
    [
        ('{ kind = "PER_PP", target = 90, x = 1, y = 1 }', "duties", {"count": 17, "due": 20}),
        ('{ kind = "STEP", steps = [{ from = 90, p = 10 }] }', "duties", {"count": 17, "due": 20}),
        ('{ kind = "RATIO_TO_BEST", max = 10 }', "duties", {"count": 17, "due": 20}),
        ('{ kind = "MISS_COUNT", n = 5, p = 1 }', "duties", {"count": 17, "due": 20}),
        ('{ kind = "GAIN_PER", p = 1 }', "duties", {"count": 17}),
        ('{ kind = "BOOL", p = 10 }', "duties", {"yes": False}),
        ('{ kind = "DEDUCT_EACH", p = 1 }', "duties", None),
        ('{ kind = "LEVEL", levels = { "好" = 10 } }', "duties", None),
        ('{ kind = "DEDUCT_EACH", p = 1 }', "duties_overdue", {"count": 17}),
        ('{ kind = "BOOL", p = -5 }', "term_overdue", {"yes": True}),
        ('{ kind = "BOOL", p = 5 }', "term_overdue", None),
        ('{ kind = "PER_PP", target = 90, x = 1, y = 1 }', "committee_vacancy", None),
    ],
)
def test_only_what_a_rule_reads_is_given(rule, datum, expected):
    found = entries(table(rule, source="measure", datum=datum), Figure(17, 20))
    assert (said(found[0]) if found and found[0] else None) == expected


def test_rules_that_ask_for_different_things_of_one_fact_are_left_to_people():
    scheme = table(
        '{ kind = "PER_PP", target = 90, x = 1, y = 1 }',
        '{ kind = "MISS_COUNT", n = 12, p = 1 }',
        datum="支委会",
    )
    assert entries(scheme, Figure(9, 12, held=11, owed=12, full=12)) == [None]


@pytest.mark.parametrize("datum", [each.code for each in KNOWN.values()])
def test_whatever_is_filled_in_is_accepted_by_the_engine(datum):
    """Every kind of rule that reads facts, with every datum, gives facts without a fault."""
    rules = {
        "DEDUCT_EACH": "p = 1",
        "ADD_EACH": "p = 1",
        "GAIN_PER": "p = 1",
        "MISS_COUNT": "n = 4, p = 1",
        "BOOL": "p = 10",
        "LEVEL": 'levels = { "好" = 10 }',
        "STEP": "steps = [{ from = 90, p = 10 }]",
        "PER_PP": "target = 90, x = 1, y = 1",
        "DISCRETION": "from = 0, to = 10",
        "TIERED": 'tiers = { "县" = 4 }',
        "ESCALATE": "n = 3, p = 5, q = 1",
        "RATIO_TO_BEST": "max = 10",
        "RANK_STEP": "full = 10, d = 1",
        "RANK_LINEAR": "hi = 10, lo = 5",
    }
    assert set(rules) == {name for name, kind in KINDS.items() if kind.group in ("mark", "peer")}
    shape = KNOWN[datum].shape
    for name, params in rules.items():
        subject = 'subject = "person"' if KNOWN[datum].subjects == ("person",) else ""
        if subject and KINDS[name].group == "peer":
            continue
        scheme = table(f'{{ kind = "{name}", {params} }}', source="meetings", datum=datum, head=subject)
        for figure in (
            Figure(),
            Figure(3, 4, held=5, owed=4, full=4, yes=True),
            Figure(0, 0, held=0, full=4),
        ):
            made = tuple(entry for entry in entries(scheme, figure) if entry)
            facts = Facts((Unit("A", "甲", entries=made),))
            assert not check_facts(scheme, facts), (name, shape, made)
            evaluate(scheme, facts)
