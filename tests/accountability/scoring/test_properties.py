"""What holds for every scheme and all facts, and the same points reckoned once more by other means."""

import random
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from accountability.scoring import (
    Adjustment,
    AdjustmentKind,
    Entry,
    Facts,
    Inapplicable,
    Item,
    Line,
    Peers,
    Place,
    Role,
    Scheme,
    Unit,
    evaluate,
    read_scheme,
    rule_of,
    to_toml,
)
from accountability.scoring.numbers import EXACT, ONE, ZERO, divide, rounded

GRADES = ("优秀", "良好", "合格", "不合格")
ASSESSORS = {"自评": Decimal("0.3"), "上级评": Decimal("0.7")}
tenths = st.integers(1, 60).map(lambda each: Decimal(each) / 10)
percents = st.integers(0, 1000).map(lambda each: Decimal(each) / 10)


@st.composite
def readings(draw):
    """A rule of an item and how to draw an entry for it."""
    kind = draw(
        st.sampled_from(
            [
                "DEDUCT_EACH",
                "ADD_EACH",
                "GAIN_PER",
                "MISS_COUNT",
                "BOOL",
                "LEVEL",
                "STEP",
                "PER_PP",
                "DISCRETION",
                "TIERED",
                "ESCALATE",
                "RATIO_TO_BEST",
                "RANK_STEP",
                "RANK_LINEAR",
            ]
        )
    )
    p, q = draw(tenths), draw(tenths)
    cap = draw(st.none() | tenths)
    counts = st.integers(0, 9).map(lambda each: {"count": each})
    shares = st.integers(1, 9).flatmap(
        lambda due: st.integers(0, due).map(lambda count: {"count": count, "due": due})
    )
    names = {"好": p + q, "一般": p, "差": ZERO}
    levels = st.builds(
        lambda level, count: {"level": level, "count": count}, st.sampled_from(list(names)), st.integers(0, 4)
    )
    params, entry = {
        "DEDUCT_EACH": ({"p": p, "cap": cap}, counts),
        "ADD_EACH": ({"p": p, "cap": cap}, counts),
        "GAIN_PER": ({"p": p, "cap": cap}, counts),
        "MISS_COUNT": ({"n": 4, "p": p, "per": draw(st.sampled_from([None, "组"])), "cap": cap}, counts),
        "BOOL": ({"p": draw(st.sampled_from([p, -p]))}, st.booleans().map(lambda each: {"yes": each})),
        "LEVEL": ({"levels": names}, levels),
        "STEP": ({"steps": [{"from": p, "p": q}, {"from": p + q, "p": p}]}, shares),
        "PER_PP": (
            {
                "target": draw(percents),
                "x": p,
                "y": q,
                "count": draw(st.sampled_from(["full", "started", "proportional"])),
            },
            shares,
        ),
        "DISCRETION": (
            {"from": ZERO, "to": Decimal(6), "reason": False},
            tenths.map(lambda each: {"points": each}),
        ),
        "TIERED": ({"tiers": names, "cap": cap}, levels),
        "ESCALATE": ({"n": 2, "p": p, "q": q, "cap": cap}, percents.map(lambda each: {"value": each})),
        "RATIO_TO_BEST": ({"max": p}, percents.map(lambda each: {"value": each})),
        "RANK_STEP": ({"full": p + q, "d": q, "better": draw(st.sampled_from(["high", "low"]))}, shares),
        "RANK_LINEAR": ({"hi": p + q, "lo": q}, shares),
    }[kind]
    return rule_of(kind, **{name: value for name, value in params.items() if value is not None}), entry


@st.composite
def tables(draw):
    """A scheme with facts that fit it."""
    lines, entries_of = [], {}
    total_share = draw(st.sampled_from([None, None, "ASSESSORS", "CHAIN_WEIGHT"]))
    for number, role in enumerate(draw(st.lists(st.sampled_from(Role), min_size=1, max_size=3))):
        items = []
        for position in range(draw(st.integers(1, 3))):
            key = f"i{number}{position}"
            rule, entry = draw(readings())
            share = (
                draw(st.sampled_from([None, None, "ASSESSORS", "CHAIN_WEIGHT"])) if not total_share else None
            )
            rules = (rule,)
            if share == "ASSESSORS":
                rules += (rule_of("ASSESSORS", weights=ASSESSORS),)
            elif share:
                rules += (rule_of("CHAIN_WEIGHT", own=Decimal("0.8")),)
            changes = draw(st.lists(st.sampled_from(["MULT", "MAX_ONLY"]), unique=True))
            if "MULT" in changes:
                rules += (rule_of("MULT", condition="加重", k=Decimal("1.5")),)
            if "MAX_ONLY" in changes:
                rules += (rule_of("MAX_ONLY"),)
            full = draw(tenths) if role is Role.BASE else draw(st.none() | tenths)
            items.append(Item(key, f"项{key}", rules, full=full))
            entries_of[key] = (entry, share, "MULT" in changes)
        full = draw(tenths) * 2 if role is Role.BASE else draw(st.none() | tenths)
        line_rules = draw(st.sampled_from([(), (rule_of("MAX_ONLY", Place.LINE),)]))
        weight = draw(st.sampled_from([ONE, Decimal("0.35")]))
        lines.append(
            Line(f"l{number}", f"类{number}", tuple(items), role, full, rules=line_rules, weight=weight)
        )
    rules = []
    if total_share == "ASSESSORS":
        rules.append(rule_of("ASSESSORS", Place.SCHEME, weights=ASSESSORS))
    elif total_share:
        rules.append(rule_of("CHAIN_WEIGHT", Place.SCHEME, own=Decimal("0.6")))
    if draw(st.booleans()):
        rules.append(rule_of("COEFF", Place.SCHEME, k=Decimal("1.03")))
    if draw(st.booleans()):
        rules.append(rule_of("SCALE", Place.SCHEME, to=Decimal(100), of=Decimal(7)))
    if draw(st.booleans()):
        bands = [
            {"grade": grade, "from": Decimal(start)} for grade, start in zip(GRADES, (9, 5, 2), strict=False)
        ]
        rules.append(rule_of("CUTOFF", Place.SCHEME, bands=bands))
    if draw(st.booleans()):
        rules.append(rule_of("QUOTA", Place.SCHEME, shares={"优秀": Decimal(30), "良好": Decimal(40)}))
    scheme = Scheme(
        "c",
        "办法",
        Decimal(10),
        tuple(lines),
        tuple(rules),
        GRADES,
        cap=draw(st.none() | tenths),
        places=draw(st.integers(0, 3)),
        peers=draw(st.sampled_from(Peers)),
        inapplicable=draw(st.sampled_from(Inapplicable)),
    )
    units = []
    for number in range(draw(st.integers(1, 4))):
        found = []
        for key, (entry, share, multiplied) in entries_of.items():
            if draw(st.integers(0, 9)) == 0:
                found.append(Entry(key, applies=False, reason="不适用"))
                continue
            single = any(
                rule.kind in ("STEP", "PER_PP")
                for line in lines
                for item in line.items
                if item.key == key
                for rule in item.rules
            )
            for _ in range(draw(st.integers(0, 1 if single else 3))):
                values = draw(entry)
                if share == "ASSESSORS" or total_share == "ASSESSORS":
                    values["by"] = draw(st.sampled_from(list(ASSESSORS)))
                if multiplied and draw(st.booleans()):
                    values["flags"] = ("加重",)
                values["matter"] = draw(st.sampled_from(["", "甲", "乙"]))
                found.append(Entry(key, **values))
        bonus = draw(st.none() | tenths)
        units.append(
            Unit(
                f"u{number}",
                f"单位{number}",
                group=draw(st.sampled_from(["", "山"])),
                numbers={"组": draw(st.integers(0, 3))},
                in_charge_of=tuple(f"u{other}" for other in range(number)),
                entries=tuple(found),
                adjustments=(Adjustment(AdjustmentKind.BONUS, "急难任务", bonus),) if bonus else (),
            )
        )
    return scheme, Facts(tuple(units))


@given(tables(), st.integers())
def test_the_order_of_entries_and_units_does_not_matter(table, seed):
    scheme, facts = table
    chance = random.Random(seed)
    units = [
        replace(unit, entries=tuple(chance.sample(unit.entries, len(unit.entries)))) for unit in facts.units
    ]
    chance.shuffle(units)
    expected = {result.id: result.as_dict() for result in evaluate(scheme, facts).results}
    assert {
        result.id: result.as_dict() for result in evaluate(scheme, Facts(tuple(units))).results
    } == expected


@given(tables())
def test_every_step_is_the_sum_of_its_parts_up_to_the_total(table):
    for result in evaluate(*table).results:
        with localcontext(EXACT):
            assert result.explanation.points == result.total
            for step in result.explanation.walk():
                if step.parts:
                    total = sum((part.points for part in step.parts), ZERO)
                    if (step.times, step.over) != (ONE, ONE):
                        total = divide(total * step.times, step.over)
                    assert step.points == total


@given(tables())
def test_floors_and_caps_hold_at_every_level(table):
    scheme, facts = table
    bounds = {("item", item.key): item.bounds(line.role) for line, item in scheme.items()}
    bounds |= {("line", line.key): line.bounds for line in scheme.lines}
    half = Decimal(1).scaleb(-scheme.places)
    for result in evaluate(scheme, facts).results:
        assert result.total >= 0
        assert scheme.cap is None or result.total <= scheme.cap + half
        for step in result.explanation.walk():
            within = bounds.get((step.what, step.key))
            if within:
                assert within.floor is None or step.points >= within.floor
                assert within.cap is None or step.points <= within.cap


@given(tables())
def test_a_scheme_reads_back_from_its_file_as_it_was(table):
    scheme, _ = table
    assert read_scheme(to_toml(scheme)) == scheme


@given(tables())
def test_a_better_total_never_has_a_lower_grade(table):
    scheme, facts = table
    results = {result.id: result for result in evaluate(scheme, facts).results}
    for one in facts.units:
        for other in facts.units:
            if scheme.peers is Peers.GROUP and one.group != other.group:
                continue
            first, second = results[one.id], results[other.id]
            if first.total > second.total and first.grade:
                assert GRADES.index(first.grade) <= GRADES.index(second.grade)
            if first.total == second.total:
                assert first.grade == second.grade


@given(
    st.lists(st.integers(0, 8), min_size=1, max_size=30),
    st.integers(0, 100),
    st.sampled_from(["lower", "higher"]),
)
def test_quotas_are_kept_unless_ties_are_taken_in(points, share, ties):
    quota = rule_of("QUOTA", Place.SCHEME, shares={"优秀": Decimal(share)}, ties=ties)
    scheme = Scheme("c", "办法", Decimal(10), (given_line(),), (quota,), GRADES)
    found = evaluate(scheme, given_points(points)).results
    seats = share * len(points) // 100
    best = [result.total for result in found if result.grade == "优秀"]
    if ties == "lower":
        assert len(best) <= seats
    elif len(best) > seats:
        assert best.count(min(best)) > len(best) - seats
    outside = [result.total for result in found if result.grade != "优秀"]
    assert not best or not outside or min(best) > max(outside)
    if ties == "lower" and outside:
        assert len(best) + outside.count(max(outside)) > seats


def given_line(full=10):
    rule = rule_of("DISCRETION", **{"from": ZERO, "to": Decimal(full), "reason": False})
    return Line("l", "类", (Item("x", "项", (rule,), full=Decimal(full)),), full=Decimal(full))


def given_points(points):
    return Facts(
        tuple(
            Unit(f"u{number}", f"单位{number}", entries=(Entry("x", points=Decimal(each)),))
            for number, each in enumerate(points)
        )
    )


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=9), st.integers(1, 300), st.integers(1, 300))
def test_scales_and_averages_round_like_fractions(points, to, of):
    """What does not end in decimals is rounded as the exact fraction would be."""
    share = rule_of("AVG_OVER")
    line = given_line(1000)
    line = replace(line, items=(replace(line.items[0], rules=(*line.items[0].rules, share)),))
    scale = rule_of("SCALE", Place.SCHEME, to=Decimal(to), of=Decimal(of))
    members = tuple(f"m{number}" for number in range(len(points)))
    entries = tuple(
        Entry("x", points=Decimal(each), of=member) for member, each in zip(members, points, strict=True)
    )
    facts = Facts((Unit("u", "单位", members=members, entries=entries),))
    (result,) = evaluate(Scheme("c", "办法", Decimal(1000), (line,), (scale,)), facts).results
    assert result.total == half_up(Fraction(sum(points), len(points)) * to / of, 2)


def half_up(value, places):
    whole = (value * 10**places * 2 + 1) // 2
    return Decimal(int(whole)).scaleb(-places)


def test_rounding_agrees_with_the_decimal_module():
    for given_value in ("0.005", "0.0049", "-0.005", "1.115", "12345.675", "-0.001"):
        expected = Decimal(given_value).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert rounded(Decimal(given_value), 2) == expected
    assert str(rounded(Decimal("-0.001"), 2)) == "0.00"


simple = st.fixed_dictionaries(
    {
        "missed": st.lists(st.integers(0, 5), max_size=3),
        "late": st.lists(st.integers(0, 5), max_size=3),
        "held": st.integers(0, 15),
        "votes": st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
        "done": st.integers(0, 20),
        "figure": st.integers(0, 50),
        "self": st.integers(0, 20),
        "above": st.integers(0, 20),
        "praise": st.lists(st.tuples(st.sampled_from("县市省"), st.sampled_from("甲乙")), max_size=4),
        "overdue": st.lists(st.booleans(), max_size=4),
    }
)
TIERS = {"县": 2, "市": 4, "省": 6}

BY_HAND = read_scheme("""
code = "by-hand"
title = "办法"
full = 100
cap = 103

[[rule]]
kind = "COEFF"
k = 1.05

[[line]]
key = "a"
title = "甲"
full = 60
item = [
    { key = "d", title = "会议", full = 10, rule = [
        { kind = "DEDUCT_EACH", fact = "缺席", p = 0.7, cap = 6 }, { kind = "DEDUCT_EACH", fact = "迟到", p = 0.3 } ] },
    { key = "m", title = "次数", full = 10, rule = [{ kind = "MISS_COUNT", n = 12, p = 1.1 }] },
    { key = "v", title = "测评", full = 20, rule = [{ kind = "LEVEL", levels = { "好" = 20, "中" = 13, "差" = 0 } }] },
    { key = "s", title = "比例", full = 20, rule = [{ kind = "PER_PP", target = 90, x = 7, y = 1.5 }] },
]

[[line]]
key = "b"
title = "乙"
full = 40
item = [
    { key = "r", title = "数量", full = 20, rule = [{ kind = "RATIO_TO_BEST", max = 20 }] },
    { key = "w", title = "评分", full = 20, rule = [
        { kind = "DISCRETION", from = 0, to = 20, reason = false },
        { kind = "ASSESSORS", weights = { "自" = 0.3, "上" = 0.7 } } ] },
]

[[line]]
key = "c"
title = "加分"
role = "bonus"
full = 9
item = [{ key = "p", title = "表彰", rule = [{ kind = "TIERED", tiers = { "县" = 2, "市" = 4, "省" = 6 } }, { kind = "MAX_ONLY" }] }]

[[line]]
key = "e"
title = "扣分"
role = "deduction"
full = 5
item = [{ key = "o", title = "逾期", rule = [{ kind = "DEDUCT_EACH", p = 0.9 }, { kind = "MULT", condition = "催", k = 2 }] }]
""")


def facts_of(case):
    values = [Entry("d", fact="缺席", count=each) for each in case["missed"]]
    values += [Entry("d", fact="迟到", count=each) for each in case["late"]]
    values += [Entry("m", count=case["held"]), Entry("s", count=case["done"], due=20)]
    values += [
        Entry("v", level=level, count=count) for level, count in zip("好中差", case["votes"], strict=True)
    ]
    values += [Entry("r", value=Decimal(case["figure"]))]
    values += [
        Entry("w", by="自", points=Decimal(case["self"])),
        Entry("w", by="上", points=Decimal(case["above"])),
    ]
    values += [Entry("p", level=level, matter=matter) for level, matter in case["praise"]]
    values += [Entry("o", flags=("催",) if urged else ()) for urged in case["overdue"]]
    return tuple(values)


def reckoned(case, best):
    """The total of BY_HAND, reckoned in fractions without the engine."""
    meetings = 10 - min(sum(case["missed"]) * Fraction(7, 10), 6) - sum(case["late"]) * Fraction(3, 10)
    counted = 10 - max(0, 12 - case["held"]) * Fraction(11, 10)
    good, middling, bad = case["votes"]
    ballots = good + middling + bad
    voted = Fraction(20 * good + 13 * middling, ballots) if ballots else Fraction(0)
    gap = 90 - Fraction(100 * case["done"], 20)
    share = 20 - (gap // 7 * Fraction(3, 2) if gap > 0 else 0)
    first = sum(max(Fraction(0), each) for each in (meetings, counted, voted, share))
    ratio = Fraction(20 * case["figure"], best) if best else Fraction(0)
    second = ratio + Fraction(3, 10) * case["self"] + Fraction(7, 10) * case["above"]
    highest = {}
    for level, matter in case["praise"]:
        highest[matter] = max(highest.get(matter, 0), TIERS[level])
    bonus = min(9, sum(highest.values()))
    lost = min(5, sum(Fraction(9, 10) * (2 if urged else 1) for urged in case["overdue"]))
    total = (min(60, first) + min(40, second) + bonus - lost) * Fraction(105, 100)
    return half_up(min(Fraction(103), max(Fraction(0), total)), 2)


@given(st.lists(simple, min_size=1, max_size=4))
def test_the_same_points_come_out_of_plain_fractions(cases):
    units = tuple(
        Unit(f"u{number}", f"单位{number}", entries=facts_of(case)) for number, case in enumerate(cases)
    )
    best = max(case["figure"] for case in cases)
    found = [result.total for result in evaluate(BY_HAND, Facts(units)).results]
    assert found == [reckoned(case, best) for case in cases]


@given(st.lists(simple, min_size=1, max_size=3))
def test_doubling_every_mark_doubles_the_total(cases):
    text = to_toml(replace(BY_HAND, cap=None))
    doubled = replace(
        read_scheme(text),
        lines=tuple(
            replace(
                line,
                full=line.full * 2,
                items=tuple(
                    replace(
                        item,
                        full=item.full * 2 if item.full else None,
                        rules=tuple(twice(rule) for rule in item.rules),
                    )
                    for item in line.items
                ),
            )
            for line in BY_HAND.lines
        ),
        full=Decimal(200),
    )
    units = [Unit(f"u{number}", f"单位{number}", entries=facts_of(case)) for number, case in enumerate(cases)]
    twofold = [
        replace(
            unit,
            entries=tuple(
                replace(each, points=each.points * 2) if each.item == "w" else each for each in unit.entries
            ),
        )
        for unit in units
    ]
    exact = replace(read_scheme(text), places=6)
    once = evaluate(exact, Facts(tuple(units))).results
    again = evaluate(replace(doubled, places=6), Facts(tuple(twofold))).results
    for one, two in zip(once, again, strict=True):
        assert abs(two.total - one.total * 2) <= Decimal("0.000001")


def twice(rule):
    if rule.kind in ("MULT", "MAX_ONLY", "ASSESSORS"):
        return rule
    params = dict(rule.params)
    for name in ("p", "y", "max", "cap", "to"):
        if params.get(name) is not None:
            params[name] *= 2
    for name in ("levels", "tiers"):
        if name in params:
            params[name] = {level: points * 2 for level, points in params[name].items()}
    return replace(rule, params=params)
