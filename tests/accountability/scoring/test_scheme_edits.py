"""Changes piece by piece, the columns, and where a problem stands: no rows."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from accountability.scheme_edits import (
    Gone,
    Spot,
    add_item,
    add_line,
    add_rule,
    fresh_key,
    line_of,
    move,
    piece,
    put,
)
from accountability.scheme_tables import carried, columns_of, in_words, placed, problems_of, sentence, told
from accountability.scoring import KINDS, Item, Line, read_scheme, rule_of, to_toml
from accountability.scoring.problems import error

VILLAGE = replace(read_scheme(Path("accountability/starters/schemes/village.toml").read_bytes()), year=2026)


def keys(table):
    return [[item.key for item in line.items] for line in table.lines]


@pytest.mark.parametrize(
    "text",
    ["scheme", "line:basic", "item:four-steps", "rule:2:item:petitions", "rule:1:scheme", "item:a:b/c"],
)
def test_an_address_reads_back(text):
    assert str(Spot.parse(text)) == text


@pytest.mark.parametrize("text", ["", "line", "line:", "scheme:x", "rule:x:scheme", "rule:1:", "nothing:1"])
def test_nonsense_is_no_address(text):
    with pytest.raises(Gone):
        Spot.parse(text)


def test_pieces_are_found_changed_and_taken_away():
    item = piece(VILLAGE, Spot.parse("item:place"))
    assert item.title == "有固定的活动场所"
    changed = put(VILLAGE, Spot.parse("item:place"), replace(item, title="活动场所"))
    assert piece(changed, Spot.parse("item:place")).title == "活动场所"
    assert piece(changed, Spot.parse("item:life")) == piece(VILLAGE, Spot.parse("item:life"))
    assert keys(put(VILLAGE, Spot.parse("item:place"), None))[0] == ["life", "term"]
    assert len(put(VILLAGE, Spot.parse("line:basic"), None).lines) == 2
    without = put(VILLAGE, Spot.parse("rule:2:item:life"), None)
    assert [rule.fact for rule in piece(without, Spot.parse("item:life")).rules] == ["党员大会", "主题党日"]
    for gone in ("item:nothing", "line:place", "rule:9:item:life", "rule:0:item:life"):
        with pytest.raises(Gone):
            put(VILLAGE, Spot.parse(gone), None)


def test_pieces_are_added_under_keys_of_their_own():
    key = fresh_key(VILLAGE, "f")
    table = add_line(VILLAGE, Line(key, "附加", ()))
    item = Item(fresh_key(table, "x"), "新项", ())
    table = add_item(table, key, item)
    rule = rule_of("BOOL", p="5")
    table = add_rule(table, Spot("item", item.key), rule)
    assert line_of(table, item.key).key == key
    assert piece(table, Spot("item", item.key, 1)) == rule
    assert fresh_key(table, "x") == "x2"


def test_pieces_change_places_and_items_go_over_into_the_next_line():
    assert keys(move(VILLAGE, Spot.parse("item:place"), -1))[0] == ["place", "life", "term"]
    assert move(VILLAGE, Spot.parse("item:life"), -1) == VILLAGE
    over = move(VILLAGE, Spot.parse("item:term"), 1)
    assert keys(over)[:2] == [["life", "place"], ["term", "four-steps", "services", "petitions"]]
    assert move(over, Spot.parse("item:term"), -1) == VILLAGE
    assert move(VILLAGE, Spot.parse("line:basic"), 1).lines[0].key == "standard"
    assert move(VILLAGE, Spot.parse("line:model"), 1) == VILLAGE
    down = move(VILLAGE, Spot.parse("rule:1:item:life"), 1)
    assert [rule.fact for rule in piece(down, Spot.parse("item:life")).rules][:2] == ["支委会", "党员大会"]


def test_columns_follow_from_the_table():
    table = replace(VILLAGE, levels=("BRANCH",), ends_on=date(2026, 12, 31))
    columns = columns_of(table)
    assert columns["levels"] == [70]
    assert (columns["year"], columns["subject"], columns["full"]) == (2026, "unit", 300)
    assert columns["kinds"] == ["BRANCH", "GENERAL_BRANCH"]
    assert columns["ends_on"] == date(2026, 12, 31)


def test_a_year_codes_and_lengths_are_asked_for():
    wrong = replace(
        VILLAGE,
        year=None,
        title="村" * 121,
        code="V" * 41,
        kinds=("VILLAGE",),
        levels=("70",),
        sectors=("X",),
    )
    fields = [problem.field for problem in problems_of(wrong) if problem.blocks]
    assert fields == ["year", "title", "code", "kinds", "levels", "sectors"]
    assert not [problem for problem in problems_of(VILLAGE) if problem.blocks]


def test_a_problem_stands_at_its_piece_in_plain_words():
    item = replace(piece(VILLAGE, Spot.parse("item:place")), title="登录次数", full=None)
    table = put(VILLAGE, Spot.parse("item:place"), item)
    found = placed(table, problems_of(table))
    messages = [in_words(problem) for problem in found["item", "place"]]
    assert messages[0] == "基本分的评价项要写满分"
    assert any(message.startswith("不予采用：“登录次数”") and "依据" in message for message in messages)
    assert told(table, found["item", "place"][0]) == "“登录次数”：基本分的评价项要写满分"
    table = replace(VILLAGE, rules=(*VILLAGE.rules, VILLAGE.rules[2]))
    (twice,) = placed(table, problems_of(table))["scheme", ""]
    assert in_words(twice) == "名额只能写一条"


@pytest.mark.parametrize("name", KINDS)
def test_no_name_of_a_kind_is_left_in_words(name):
    assert name not in in_words(error("rule", f"{name} 只能写一条（{name}）"))


def test_a_rule_is_told_with_the_titles_it_names():
    gate, direct, _, veto, _ = VILLAGE.rules
    assert sentence(VILLAGE, gate).startswith("组织健全、治理有序、示范引领逐级达标，每级不低于80分")
    assert sentence(VILLAGE, direct) == "获省级以上先进基层党组织的，直接定为五星"
    assert sentence(VILLAGE, veto) == "村干部受到刑事处罚的一票否决：定为最低等次"
    held = piece(VILLAGE, Spot.parse("rule:1:item:life"))
    assert sentence(VILLAGE, held) == "党员大会：应有4次，每少一次扣2分"


def test_another_year_takes_the_days_along():
    table = replace(VILLAGE, year=2028, starts_on=date(2028, 2, 29), ends_on=date(2028, 12, 31))
    copy = carried(table, 2029)
    assert (copy.year, copy.starts_on, copy.ends_on) == (2029, date(2029, 2, 28), date(2029, 12, 31))
    assert to_toml(replace(copy, year=2028, starts_on=table.starts_on, ends_on=table.ends_on)) == to_toml(
        table
    )
