"""评分明细 of every starter's worked examples: nothing of a result is lost on the way to the reader."""

import json
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from accountability import scoring
from accountability.scoring import evaluate, read_facts, read_scheme
from accountability.scoring.numbers import EXACT, shown
from accountability.sheets import fact_in_words, sheet_of

STARTERS = Path(scoring.__file__).parents[1] / "starters" / "schemes"
CODES = sorted(path.stem for path in STARTERS.glob("*.toml"))


def results(code):
    scheme = read_scheme((STARTERS / f"{code}.toml").read_text())
    facts = read_facts((STARTERS / "examples" / f"{code}.facts.toml").read_text())
    return scheme, [json.loads(json.dumps(each.as_dict())) for each in evaluate(scheme, facts).results]


@pytest.mark.parametrize("code", CODES)
def test_every_point_of_a_result_stands_in_its_sheet(code):
    scheme, found = results(code)
    for result in found:
        sheet = sheet_of(scheme, result)
        assert {line.line.key: line.points for line in sheet.lines if line.points} == {
            line.key: shown(Decimal(result["lines"].get(line.key, "0"))) for line in scheme.lines
        }
        for row in sheet.items():
            if row.item.key not in result["items"]:
                assert any("不计分" in note for line in sheet.lines for note in line.notes)
                continue
            assert row.points == shown(Decimal(result["items"][row.item.key]))
            steps = row.scored["explanation"]["parts"]
            if all(step["what"] != "share" for step in steps):
                with localcontext(EXACT):
                    total = sum(Decimal(step["points"]) for step in steps)
                assert total == Decimal(result["items"][row.item.key])
            assert row.rule
        assert sheet.missing == [
            " · ".join(each[name] for name in ("share", "title", "fact") if each.get(name))
            for each in result["missing"]
        ]


def test_single_facts_stand_only_beside_the_steps():
    def facts(step):
        return bool(step.get("facts")) or any(facts(part) for part in step.get("parts", ()))

    scheme, found = results("village")
    assert any(facts(result["explanation"]) for result in found)
    for result in found:
        assert not any(
            row.scored and facts(row.scored["explanation"]) for row in sheet_of(scheme, result).items()
        )


def test_a_line_that_was_capped_or_not_scored_says_so():
    scheme = read_scheme(
        'code = "c"\ntitle = "办法"\nfull = 10\n'
        '[[line]]\nkey = "a"\ntitle = "加分"\nrole = "bonus"\nfull = 3\n'
        '[[line.item]]\nkey = "x"\ntitle = "表扬"\nrule = [{ kind = "ADD_EACH", p = 2 }]\n'
        '[[line]]\nkey = "b"\ntitle = "基本"\nfull = 10\n'
        '[[line.item]]\nkey = "y"\ntitle = "工作"\nfull = 10\nrule = [{ kind = "DEDUCT_EACH", p = 1 }]\n'
    )
    facts = read_facts('[[unit]]\nid = "A"\nentry = [{ item = "x", count = 2 }]')
    sheet = sheet_of(scheme, evaluate(scheme, facts)["A"].as_dict())
    (note,) = sheet.lines[0].notes
    assert note.startswith("封顶 −1")
    assert sheet.lines[1].notes == []


def test_without_a_result_the_table_stands_alone():
    scheme, _ = results("county")
    sheet = sheet_of(scheme, None)
    assert all(row.points == "" and row.scored is None for row in sheet.items())
    assert (sheet.way, sheet.grading, sheet.missing) == ([], [], [])


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"count": 3}, "3次"),
        ({"due": 4, "count": 3}, "应4，实3"),
        ({"value": Decimal("85.50")}, "85.5"),
        ({"level": "好", "count": 12}, "12次，好"),
        ({"points": Decimal("8.0"), "reason": "按时"}, "8分，理由：按时"),
        ({"yes": False}, "否"),
        ({"applies": False, "reason": "没有在建项目"}, "不适用，理由：没有在建项目"),
        (
            {"fact": "支委会", "matter": "防汛", "flags": ("催办后仍未完成",)},
            "支委会：催办后仍未完成，事项 防汛",
        ),
        ({}, "1次"),
    ],
)
def test_a_fact_in_words(facts, words):
    assert fact_in_words(scoring.Entry("x", **facts)) == words
