"""Each kind of rule: the example it declares, and its boundary values."""

from decimal import Decimal

import pytest

from accountability.scoring import KINDS, Place, Refused, evaluate, read_facts, rule_of

from .tables import entries, grades, item_scheme, of_example, points, total_scheme, totals

SHOWN = [kind for kind in KINDS.values() if kind.example.rule]


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.name)
def test_the_declared_example_comes_out(kind):
    results = {
        result.id: result for result in evaluate(of_example(kind), read_facts(kind.example.units)).results
    }
    assert kind.example.scores
    for unit, expected in kind.example.scores.items():
        assert results[unit].total == Decimal(expected), unit
    for unit, expected in kind.example.grades.items():
        assert results[unit].grade == expected, unit


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_is_declared_in_full(kind):
    assert kind.label
    assert kind.meaning.endswith("。")
    assert kind.phrase
    assert all(param.label for param in kind.params)
    assert kind is KINDS["REFUSE"] or (kind.places and kind.example.scores)


@pytest.mark.parametrize(
    ("rule", "written", "expected"),
    [
        # 扣完为止
        ('kind = "DEDUCT_EACH"\np = 3', ["count = 3"], "1"),
        ('kind = "DEDUCT_EACH"\np = 3', ["count = 4"], "0"),
        ('kind = "DEDUCT_EACH"\np = 1', ["count = 0"], "10"),
        ('kind = "DEDUCT_EACH"\np = 1\ncap = 4', ["count = 3", "count = 1"], "6"),
        ('kind = "DEDUCT_EACH"\np = 1\ncap = 4', ["count = 3", "count = 2"], "6"),
        ('kind = "DEDUCT_EACH"\np = 1', ["count = 1000000"], "0"),
        ('kind = "ADD_EACH"\np = 2.5\ncap = 5', ["count = 2"], "5"),
        ('kind = "ADD_EACH"\np = 2.5\ncap = 5', ["count = 3"], "5"),
        ('kind = "GAIN_PER"\np = 5', ["count = 2"], "10"),
        ('kind = "GAIN_PER"\np = 5', ["count = 3"], "10"),
        ('kind = "GAIN_PER"\np = 5', ["count = 0"], "0"),
        ('kind = "MISS_COUNT"\nn = 4\np = 1', ["count = 4"], "10"),
        ('kind = "MISS_COUNT"\nn = 4\np = 1', ["count = 3"], "9"),
        ('kind = "MISS_COUNT"\nn = 4\np = 1', ["count = 9"], "10"),
        ('kind = "MISS_COUNT"\nn = 4\np = 1', ["", "", "count = 2"], "10"),
        ('kind = "MISS_COUNT"\nn = 4\np = 1', ["count = 0"], "6"),
        ('kind = "MISS_COUNT"\nn = 4\np = 1', ["count = 0, due = 0"], "10"),
        ('kind = "MISS_COUNT"\nn = 4\np = 1', ["count = 1, due = 1", "count = 1, due = 2"], "9"),
        ('kind = "MISS_COUNT"\nn = 4\np = 5', ["count = 0"], "0"),
        ('kind = "MISS_COUNT"\nn = 4\np = 5\ncap = 7', ["count = 0"], "3"),
        ('kind = "BOOL"\np = 10', ["yes = true"], "10"),
        ('kind = "BOOL"\np = 10', ["yes = false"], "0"),
        ('kind = "BOOL"\np = -4', ["yes = false"], "10"),
        ('kind = "BOOL"\np = -4', ["yes = false", "yes = true"], "6"),
        ('kind = "LEVEL"\nlevels = { "好" = 10, "差" = 0 }', ['level = "好", count = 0'], "0"),
        ('kind = "LEVEL"\nlevels = { "好" = 10, "差" = 0 }', ['level = "好"', 'level = "差"'], "5"),
        (
            'kind = "LEVEL"\nlevels = { "好" = 10, "差" = 0 }',
            ['level = "好", count = 2', 'level = "差"'],
            "6.67",
        ),
        ('kind = "LEVEL"\nlevels = { "无" = 0, "有" = -3 }', ['level = "有"'], "7"),
        ('kind = "STEP"\nsteps = [{ from = 80, p = 6 }, { from = 90, p = 10 }]', ["value = 90"], "10"),
        ('kind = "STEP"\nsteps = [{ from = 80, p = 6 }, { from = 90, p = 10 }]', ["value = 89.999999"], "6"),
        ('kind = "STEP"\nsteps = [{ from = 80, p = 6 }, { from = 90, p = 10 }]', ["value = 80"], "6"),
        ('kind = "STEP"\nsteps = [{ from = 80, p = 6 }, { from = 90, p = 10 }]', ["value = 79.999999"], "0"),
        ('kind = "STEP"\nsteps = [{ from = 80, p = 6 }]', ["count = 1, due = 3", "count = 3, due = 2"], "6"),
        (
            'kind = "STEP"\nsteps = [{ from = 2, p = 6 }, { from = 3, p = 9 }]',
            ["count = 1", "count = 1"],
            "6",
        ),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1', ["value = 90"], "10"),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1', ["value = 88.01"], "10"),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1', ["value = 88"], "9"),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1\ncount = "started"', ["value = 89.99"], "9"),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1\ncount = "started"', ["value = 88"], "9"),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1\ncount = "started"', ["value = 87.99"], "8"),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1\ncount = "proportional"', ["value = 89"], "9.5"),
        ('kind = "PER_PP"\ntarget = 90\nx = 3\ny = 1\ncount = "proportional"', ["value = 89"], "9.67"),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1', ["value = 0"], "0"),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1\ncap = 4', ["value = 0"], "6"),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1\ncap = 4', [], "6"),
        ('kind = "DISCRETION"\nfrom = 0\nto = 10\nreason = false', ["points = 0"], "0"),
        ('kind = "DISCRETION"\nfrom = 0\nto = 10\nreason = false', ["points = 10"], "10"),
        ('kind = "DISCRETION"\nfrom = -3\nto = -1', ['points = -1, reason = "r"'], "9"),
        (
            'kind = "DISCRETION"\nfrom = -3\nto = -1\nseveral = "sum"',
            ['points = -1, reason = "r"', 'points = -3, reason = "r"'],
            "6",
        ),
        ('kind = "TIERED"\ntiers = { "县" = 4 }\ncap = 6', ['level = "县", count = 2'], "6"),
        ('kind = "TIERED"\ntiers = { "县" = -4, "市" = -5 }', ['level = "县"'], "6"),
        ('kind = "ESCALATE"\nn = 3\np = 5\nq = 1', ["value = 2.999999"], "0"),
        ('kind = "ESCALATE"\nn = 3\np = 5\nq = 1', ["value = 3"], "5"),
        ('kind = "ESCALATE"\nn = 3\np = 5\nq = 1', ["value = 3.999999"], "5"),
        ('kind = "ESCALATE"\nn = 3\np = 5\nq = 1', ["value = 4"], "6"),
        ('kind = "ESCALATE"\nn = 3\np = 5\nq = 1\ncap = 7', ["value = 30"], "7"),
        ('kind = "ESCALATE"\nn = 0\np = 1\nq = 2', ["value = 0"], "1"),
        ('kind = "ESCALATE"\nn = 3\np = -5\nq = -1', ["value = 5"], "3"),
        ('kind = "RATIO_TO_BEST"\nmax = 10', ["value = 0"], "0"),
        ('kind = "RATIO_TO_BEST"\nmax = 10', ["value = 0.000001"], "10"),
        ('kind = "RANK_STEP"\nfull = 9\nd = 1', ["value = 0"], "9"),
        ('kind = "RANK_LINEAR"\nhi = 9\nlo = 1', ["value = 0"], "9"),
    ],
)
def test_boundary_values(rule, written, expected):
    assert points(item_scheme(rule), entries(*written)) == Decimal(expected)


@pytest.mark.parametrize(
    ("rule", "expected", "listed"),
    [
        ('kind = "DEDUCT_EACH"\np = 1', "10", False),
        ('kind = "ADD_EACH"\np = 1', "0", False),
        ('kind = "GAIN_PER"\np = 1', "0", False),
        ('kind = "TIERED"\ntiers = { "县" = 4 }', "0", False),
        ('kind = "ESCALATE"\nn = 3\np = 5\nq = 1', "0", False),
        ('kind = "MISS_COUNT"\nn = 4\np = 1', "6", True),
        ('kind = "PER_PP"\ntarget = 90\nx = 2\ny = 1', "0", True),
        ('kind = "BOOL"\np = 10', "0", True),
        ('kind = "LEVEL"\nlevels = { "好" = 10 }', "0", True),
        ('kind = "STEP"\nsteps = [{ from = 0, p = 10 }]', "0", True),
        ('kind = "DISCRETION"\nfrom = 0\nto = 10', "0", True),
        ('kind = "RATIO_TO_BEST"\nmax = 10', "0", True),
        ('kind = "RANK_STEP"\nfull = 10\nd = 1', "0", True),
        ('kind = "RANK_LINEAR"\nhi = 10\nlo = 1', "0", True),
    ],
)
def test_what_is_not_filled_in(rule, expected, listed):
    result = evaluate(item_scheme(rule), entries())["A"]
    assert result.total == Decimal(expected)
    assert [missing.item for missing in result.missing] == (["x"] if listed else [])


def test_what_does_not_apply_is_neither_missing_nor_lost():
    scheme = item_scheme('kind = "LEVEL"\nlevels = { "好" = 10 }')
    result = evaluate(scheme, entries('applies = false, reason = "不设"'))["A"]
    assert (result.total, result.missing) == (10, ())


SHARED_STEP = (
    'kind = "STEP"\nsteps = [{ from = 50, p = 10 }]\n\n[[line.item.rule]]\nkind = "CHAIN_WEIGHT"\nown = 0.6'
)
LEADER = '[[unit]]\nid = "L"\nin_charge_of = ["A"]\nentry = [{ item = "x", %s }]\n[[unit]]\nid = "A"\nentry = [{ item = "x", %s }]'


@pytest.mark.parametrize(
    ("own", "charge", "expected"),
    [
        ('applies = false, reason = "r"', "value = 9", "10"),
        ("count = 0, due = 0", "value = 9", "6"),
        ("value = 9", 'applies = false, reason = "r"', "4"),
        ("value = 9", "count = 0, due = 0", "4"),
        ("value = 9", "value = 90", "4"),
    ],
)
def test_what_does_not_apply_to_one_side_of_a_chain_gives_that_side_in_full(own, charge, expected):
    facts = read_facts(LEADER % (own, charge))
    for inapplicable in ("full", "scale"):
        scheme = item_scheme(SHARED_STEP, scheme=f'inapplicable = "{inapplicable}"')
        assert points(scheme, facts, "L") == Decimal(expected)


def test_nothing_due_is_no_reading():
    assert (
        points(item_scheme('kind = "STEP"\nsteps = [{ from = 90, p = 10 }]'), entries("count = 0, due = 0"))
        == 10
    )
    scheme = item_scheme('kind = "RANK_STEP"\nfull = 10\nd = 1')
    facts = read_facts(
        "\n".join(
            f'[[unit]]\nid = "{unit}"\nentry = [{{ item = "x", count = {count}, due = {due} }}]'
            for unit, count, due in [("A", 0, 0), ("B", 1, 2), ("C", 2, 4), ("D", 0, 1)]
        )
    )
    assert [result.total for result in evaluate(scheme, facts).results] == [10, 10, 10, 8]


PEERS = "\n".join(
    f'[[unit]]\nid = "{unit}"\ngroup = "{group}"\nentry = [{{ item = "x", value = {value} }}]'
    for unit, group, value in [("A", "山", 3), ("B", "山", 3), ("C", "山", 1), ("D", "川", 2), ("E", "川", 9)]
)


@pytest.mark.parametrize(
    ("rule", "peers", "expected"),
    [
        ('kind = "RANK_STEP"\nfull = 10\nd = 2', "all", ["8", "8", "2", "4", "10"]),
        ('kind = "RANK_STEP"\nfull = 10\nd = 2\nbetter = "low"', "all", ["6", "6", "10", "8", "2"]),
        ('kind = "RANK_STEP"\nfull = 10\nd = 6', "all", ["4", "4", "0", "0", "10"]),
        ('kind = "RANK_LINEAR"\nhi = 10\nlo = 2', "all", ["8", "8", "2", "4", "10"]),
        ('kind = "RANK_STEP"\nfull = 10\nd = 2', "group", ["10", "10", "6", "8", "10"]),
        ('kind = "RANK_LINEAR"\nhi = 10\nlo = 2', "group", ["10", "10", "2", "2", "10"]),
        ('kind = "RATIO_TO_BEST"\nmax = 9', "all", ["3", "3", "1", "2", "9"]),
        ('kind = "RATIO_TO_BEST"\nmax = 9', "group", ["9", "9", "3", "2", "9"]),
    ],
)
def test_ranks_and_ratios_share_places(rule, peers, expected):
    results = evaluate(item_scheme(rule, scheme=f'peers = "{peers}"'), read_facts(PEERS)).results
    assert [result.total for result in results] == [Decimal(each) for each in expected]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('kind = "RANK_STEP"\nfull = 100\nd = 5', ["100", "95", "95", "85"]),
        ('kind = "RANK_LINEAR"\nhi = 100\nlo = 70', ["100", "90", "90", "70"]),
        ('kind = "RATIO_TO_BEST"\nmax = 50', ["50", "45", "45", "20"]),
        ('kind = "SCALE"\nto = 30', ["30", "27", "27", "12"]),
        ('kind = "SCALE"\nto = 30\nof = 120', ["25", "22.5", "22.5", "10"]),
        ('kind = "COEFF"\nk = 1.005', ["100.5", "90.45", "90.45", "40.2"]),
    ],
)
def test_totals_are_scaled_and_ranked(rule, expected):
    results = evaluate(total_scheme(rule), totals(A=100, B=90, C=90, D=40)).results
    assert [result.total for result in results] == [Decimal(each) for each in expected]


def test_coefficient_comes_before_scale_and_cap():
    scheme = total_scheme('kind = "SCALE"\nto = 10\n[[rule]]\nkind = "COEFF"\nk = 1.5', scheme="cap = 12")
    assert points(scheme, totals(A=60)) == 9
    assert points(scheme, totals(A=100)) == 12


@pytest.mark.parametrize(("given", "expected"), [("1.005", "1.01"), ("1.0049", "1"), ("2.675", "2.68")])
def test_halves_are_rounded_up_once_and_last(given, expected):
    assert points(total_scheme(""), totals(A=given)) == Decimal(expected)


def test_a_third_three_times_is_whole():
    scheme = item_scheme(
        'kind = "DISCRETION"\nfrom = 0\nto = 10\nreason = false\n[[line.item.rule]]\nkind = "AVG_OVER"',
        scheme='[[rule]]\nkind = "COEFF"\nk = 0.3',
    )
    facts = entries(
        'points = 1, of = "一"',
        'points = 0.15, of = "二"',
        'points = 0, of = "三"',
        head='members = ["一", "二", "三"]',
    )
    assert points(scheme, facts) == Decimal("0.12")  # 1.15 ÷ 3 × 0.3 = 0.115


BANDS = 'kind = "CUTOFF"\nbands = [{ grade = "优秀", from = 90 }, { grade = "良好", from = 80 }, { grade = "合格", from = 60 }]'


@pytest.mark.parametrize(
    ("given", "grade"),
    [
        ("90", "优秀"),
        ("89.995", "优秀"),
        ("89.994", "良好"),
        ("80", "良好"),
        ("60", "合格"),
        ("59.99", "不合格"),
        ("0", "不合格"),
    ],
)
def test_the_lower_bound_of_a_cutoff_is_included(given, grade):
    assert grades(total_scheme(BANDS), totals(A=given)) == {"A": grade}


def spread(scheme, given):
    """The grades of units with these totals, by total and number."""
    found = grades(scheme, totals(**{f"U{number}": each for number, each in enumerate(given)}))
    return [found[f"U{number}"] for number in range(len(given))]


TOP, GOOD, FAIR, LOW = "优秀", "良好", "合格", "不合格"


@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        (
            'shares = { "优秀" = 10, "良好" = 40, "合格" = 30 }',
            range(10, 0, -1),
            [TOP, GOOD, GOOD, GOOD, GOOD, FAIR, FAIR, FAIR, LOW, LOW],
        ),
        ('shares = { "优秀" = 10 }', range(9, 0, -1), [GOOD] * 9),
        ('shares = { "优秀" = 10 }\nrounding = "up"', range(9, 0, -1), [TOP] + [GOOD] * 8),
        ('shares = { "优秀" = 50 }\nrounding = "half_up"', [3, 2, 1], [TOP, TOP, GOOD]),
        ('shares = { "优秀" = 40 }\nrounding = "half_up"', [3, 2, 1], [TOP, GOOD, GOOD]),
        ('numbers = { "优秀" = 1, "良好" = 1, "合格" = 0 }', [3, 2, 1], [TOP, GOOD, LOW]),
        ('numbers = { "优秀" = 1 }', [3, 3, 1], [GOOD, GOOD, GOOD]),
        ('numbers = { "优秀" = 2 }', [3, 3, 1], [TOP, TOP, GOOD]),
        ('numbers = { "优秀" = 2, "良好" = 1 }', [4, 3, 3, 1], [TOP, FAIR, FAIR, FAIR]),
        ('numbers = { "优秀" = 2, "良好" = 2 }', [4, 3, 3, 1], [TOP, GOOD, GOOD, FAIR]),
        ('numbers = { "优秀" = 2 }\nties = "higher"', [4, 3, 3, 1], [TOP, TOP, TOP, GOOD]),
        ('numbers = { "优秀" = 0 }\nties = "higher"', [4, 4], [GOOD, GOOD]),
        ('one_in = { "优秀" = 3 }', [5, 4, 3, 2, 1, 0], [TOP, TOP, GOOD, GOOD, GOOD, GOOD]),
        ('one_in = { "优秀" = 3 }', [5, 4], [GOOD, GOOD]),
        (
            'one_in = { "优秀" = 3 }\nnumbers = { "优秀" = 1 }',
            [5, 4, 3, 2, 1, 0],
            [TOP, GOOD, GOOD, GOOD, GOOD, GOOD],
        ),
    ],
)
def test_quotas_and_their_ties(rule, given, expected):
    assert spread(total_scheme(f'kind = "QUOTA"\n{rule}'), list(given)) == expected


def test_quotas_never_lift_above_the_cutoff():
    scheme = total_scheme(BANDS + '\n[[rule]]\nkind = "QUOTA"\nnumbers = { "优秀" = 1, "良好" = 2 }')
    assert spread(scheme, [99, 98, 97, 85, 50]) == [TOP, GOOD, GOOD, FAIR, LOW]
    assert spread(scheme, [89, 88, 87]) == [GOOD, GOOD, FAIR]
    assert spread(scheme, [95, 95]) == [GOOD, GOOD]


def adjusted(total, *adjustments):
    inside = ", ".join("{ " + each + ', reason = "因" }' for each in adjustments)
    return read_facts(
        f'[[unit]]\nid = "A"\nentry = [{{ item = "x", points = {total} }}]\nadjustment = [{inside}]'
    )


VETOES = BANDS + "".join(
    f'\n[[rule]]\nkind = "VETO"\ncondition = "{effect}"\neffect = "{effect}"'
    + ('\ngrade = "合格"' if effect == "grade" else "")
    for effect in ("zero", "lowest", "no_top", "grade")
)


@pytest.mark.parametrize(
    ("effect", "given", "expected"),
    [
        ("zero", 95, ("0", LOW)),
        ("lowest", 95, ("95", LOW)),
        ("no_top", 95, ("95", GOOD)),
        ("no_top", 70, ("70", FAIR)),
        ("grade", 95, ("95", FAIR)),
        ("grade", 10, ("10", LOW)),
    ],
)
def test_vetoes(effect, given, expected):
    result = evaluate(total_scheme(VETOES), adjusted(given, f'kind = "VETO", condition = "{effect}"'))["A"]
    assert (result.total, result.grade) == (Decimal(expected[0]), expected[1])
    assert "因" in result.grading[-1].because


def test_a_veto_follows_from_a_line_below_its_mark():
    scheme = total_scheme(
        BANDS + '\n[[rule]]\nkind = "VETO"\ncondition = "不足"\neffect = "lowest"\nof = "l"\nbelow = 75'
    )
    assert grades(scheme, totals(A=75, B="74.99")) == {"A": FAIR, "B": LOW}


def test_downgrades_add_up_and_end_at_the_lowest():
    scheme = total_scheme(BANDS + '\n[[rule]]\nkind = "DOWNGRADE"\ncondition = "逾期"\nsteps = 2')
    assert evaluate(scheme, adjusted(95, 'kind = "DOWNGRADE"'))["A"].grade == GOOD
    assert evaluate(scheme, adjusted(95, 'kind = "DOWNGRADE", condition = "逾期"'))["A"].grade == FAIR
    both = adjusted(95, 'kind = "DOWNGRADE", steps = 1', 'kind = "DOWNGRADE", condition = "逾期"')
    assert evaluate(scheme, both)["A"].grade == LOW
    assert evaluate(scheme, adjusted(65, 'kind = "DOWNGRADE", steps = 9'))["A"].grade == LOW


def test_a_title_gives_the_grade_and_takes_no_place():
    title = '\n[[rule]]\nkind = "DIRECT_GRADE"\ncondition = "先进"\ngrade = "优秀"'
    quota = '\n[[rule]]\nkind = "QUOTA"\nnumbers = { "优秀" = 1 }'
    units = "\n".join(
        f'[[unit]]\nid = "{unit}"\nentry = [{{ item = "x", points = {given} }}]'
        + ('\nadjustment = [{ kind = "TITLE", condition = "先进", reason = "因" }]' if unit == "C" else "")
        for unit, given in [("A", 95), ("B", 92), ("C", 70)]
    )
    assert grades(total_scheme(BANDS + title + quota), read_facts(units)) == {"A": TOP, "B": GOOD, "C": TOP}
    counted = title + "\nin_quota = true"
    assert grades(total_scheme(BANDS + counted + quota), read_facts(units)) == {
        "A": TOP,
        "B": GOOD,
        "C": GOOD,
    }


def test_a_title_never_lowers():
    title = '\n[[rule]]\nkind = "DIRECT_GRADE"\ncondition = "先进"\ngrade = "合格"'
    assert (
        evaluate(total_scheme(BANDS + title), adjusted(95, 'kind = "TITLE", condition = "先进"'))["A"].grade
        == TOP
    )


def test_floors_and_caps_of_item_line_and_total():
    rule = 'kind = "DEDUCT_EACH"\np = 1'
    assert points(item_scheme(rule, item="floor = 4"), entries("count = 9")) == 4
    assert points(item_scheme(rule, item="cap = 8"), entries()) == 8
    assert points(item_scheme(rule, line="floor = 5"), entries("count = 9")) == 5
    assert points(item_scheme(rule, line="cap = 7"), entries()) == 7
    assert points(item_scheme(rule, scheme="floor = 3"), entries("count = 9")) == 3
    assert points(item_scheme(rule, scheme="cap = 9.5"), entries()) == Decimal("9.5")


def test_what_is_missing_in_the_middle_is_refused():
    with pytest.raises(Refused):
        evaluate(item_scheme('kind = "MISS_COUNT"\nn = 1\np = 1\nper = "党小组"'), entries())


def test_a_sentence_says_what_changes_the_points():
    for name, place, params, said in (
        ("PER_PP", Place.ITEM, {"target": 95, "x": 2, "y": 1}, "目标95%，每低2个百分点扣1分"),
        (
            "PER_PP",
            Place.ITEM,
            {"target": 95, "x": 2, "y": 1, "count": "started"},
            "目标95%，每低2个百分点扣1分（不足一档的按一档扣）",
        ),
        (
            "RANK_STEP",
            Place.ITEM,
            {"full": 10, "d": 1, "better": "low"},
            "第一名得10分，每后一名少1分（数值小的为好）",
        ),
        (
            "DISCRETION",
            Place.ITEM,
            {"from": 0, "to": 5, "several": "sum"},
            "在0到5分之间酌情评分，几个分相加",
        ),
        (
            "QUOTA",
            Place.SCHEME,
            {"shares": {"好": 30, "较好": 40}, "rounding": "up", "ties": "higher"},
            "按总分排序限名额，好 最多30%、较好 最多40%，名额的小数进一，并列的都取",
        ),
        ("QUOTA", Place.SCHEME, {"one_in": {"好": 3}}, "按总分排序限名额，好 每3个最多1个"),
    ):
        assert KINDS[name].sentence(rule_of(name, place, **params)) == said
