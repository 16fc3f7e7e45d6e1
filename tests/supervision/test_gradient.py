"""Heat, attenuation and the ladder: check vectors of the formula and its properties."""

from decimal import Decimal
from fractions import Fraction
from math import log, prod, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from branches.tally import NOTHING_DUE, Tally
from supervision.attenuation.gradient import (
    BAND_LABELS,
    PATTERN_LABELS,
    Z90,
    Band,
    LevelReading,
    Pattern,
    attenuation,
    band,
    build_ladder,
    cumulative,
    difference_interval,
    half_life,
    heat,
    heat_interval,
    heat_variance,
    kitagawa,
    loss_by_measure,
    loss_shares,
    pattern,
    per_step,
    pool,
    rate,
    reached,
    rebound,
    retention,
    rush_share,
    sentence,
    shrink,
    shrunk_heat,
    split_by_measure,
    variance_share,
    wilson,
)
from tests.supervision.carried import Node, brute_force_carried

MEASURES = ("core_meetings", "attendance", "duties", "special_study")
WEIGHTS = {"core_meetings": 30, "attendance": 20, "duties": 40, "special_study": 10}

tallies = st.integers(0, 500).flatmap(lambda due: st.builds(Tally, st.integers(0, due), st.just(due)))
read_tallies = st.integers(1, 500).flatmap(lambda due: st.builds(Tally, st.integers(0, due), st.just(due)))
rows = st.dictionaries(st.sampled_from(MEASURES), tallies)
read_rows = st.dictionaries(st.sampled_from(MEASURES), read_tallies, min_size=1)
weightings = st.fixed_dictionaries({measure: st.integers(1, 100) for measure in MEASURES})
retentions = st.lists(st.none() | st.floats(0, 1), max_size=6)
groups = st.dictionaries(st.sampled_from(["农村", "社区", "机关", "学校"]), tallies)


@st.composite
def readings(draw, level="支部", min_due=0):
    due = {measure: draw(st.integers(min_due, 200)) for measure in MEASURES}
    done = {measure: draw(st.integers(0, count)) for measure, count in due.items()}
    carried_due = {measure: draw(st.integers(0, count)) for measure, count in due.items()}
    carried_done = {
        measure: draw(st.integers(0, min(count, done[measure]))) for measure, count in carried_due.items()
    }
    return LevelReading(level, draw(st.integers(0, 40)), due, done, carried_due, carried_done)


def at(level, percent, organizations=10, due=1000, kept=None):
    """A level at `percent` on one measure, its children having kept `kept` percent of what was carried."""
    carried = {} if kept is None else {"duties": 1000}
    carried_done = {} if kept is None else {"duties": kept * 10}
    return LevelReading(
        level, organizations, {"duties": due}, {"duties": due * percent // 100}, carried, carried_done
    )


# Heat


def test_heat_weighs_the_rates_of_what_was_due():
    row = {"core_meetings": Tally(1, 2), "duties": Tally(3, 3), "attendance": NOTHING_DUE}
    assert heat(row, WEIGHTS) == float(100 * (30 * Fraction(1, 2) + 40) / 70)


def test_no_reading_is_not_zero():
    assert heat({}, WEIGHTS) is None
    assert heat({"duties": NOTHING_DUE}, WEIGHTS) is None
    assert heat({"duties": Tally(3, 4)}, {}) is None
    assert heat({"duties": Tally(3, 4)}, {"duties": 0}) is None
    assert heat({"duties": Tally(0, 4)}, WEIGHTS) == 0
    assert rate(NOTHING_DUE) is None
    assert rate(Tally(1, 4)) == 0.25


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError):
        heat({"duties": Tally(1, 2)}, {"duties": -1})


@given(st.dictionaries(st.sampled_from(MEASURES), st.integers(1, 500), min_size=1), weightings)
def test_all_done_is_a_hundred_and_loses_nothing(due, weights):
    row = {measure: Tally(count, count) for measure, count in due.items()}
    assert heat(row, weights) == 100
    assert retention(row, weights) == 1
    assert attenuation(retention(row, weights)) == 0


@given(rows, weightings, st.integers(1, 1000), st.integers(1, 1000))
def test_scaling_weights_changes_nothing(row, weights, times, over):
    scaled = {measure: Fraction(weight * times, over) for measure, weight in weights.items()}
    assert heat(row, scaled) == heat(row, weights)


@given(rows, weightings)
def test_weights_may_be_of_any_exact_kind(row, weights):
    assert heat(row, {measure: Decimal(weight) for measure, weight in weights.items()}) == heat(row, weights)
    assert heat(row, {measure: float(weight) for measure, weight in weights.items()}) == heat(row, weights)


@given(rows, weightings, st.sampled_from(MEASURES))
def test_what_is_not_due_changes_nothing(row, weights, measure):
    without = {key: tally for key, tally in row.items() if key != measure}
    assert heat({**without, measure: NOTHING_DUE}, weights) == heat(without, weights)
    assert heat({**row, "not declared": Tally(0, 9)}, weights) == heat(row, weights)


@given(rows, weightings)
def test_order_changes_nothing(row, weights):
    turned = dict(reversed(row.items()))
    assert heat(turned, weights) == heat(row, weights)
    assert heat(row, dict(reversed(weights.items()))) == heat(row, weights)


@given(read_rows, weightings, st.integers(1, 20))
def test_merging_children_of_equal_rates_keeps_heat(row, weights, times):
    other = {measure: Tally(tally.done * times, tally.due * times) for measure, tally in row.items()}
    merged = {measure: row[measure] + other[measure] for measure in row}
    assert heat(merged, weights) == heat(row, weights) == heat(other, weights)


@given(read_rows, weightings)
def test_heat_lies_between_its_rates(row, weights):
    percents = [tally.percent for tally in row.values()]
    assert min(percents) - 1e-9 <= heat(row, weights) <= max(percents) + 1e-9


@given(read_rows, weightings, st.sampled_from(MEASURES), st.integers(1, 9))
def test_extra_meetings_change_nothing(row, weights, measure, extra):
    due = row[measure].due if measure in row else 5
    full = {**row, measure: Tally(due, due)}
    more = {**row, measure: Tally.capped(due + extra, due)}
    assert heat(more, weights) == heat(full, weights)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (100, Band.HOT),
        (85, Band.HOT),
        (84.999999, Band.WARM),
        (60, Band.WARM),
        (59.999999, Band.COLD),
        (0, Band.COLD),
        (None, None),
    ],
)
def test_bands(value, expected):
    assert band(value) is expected


def test_the_limits_of_bands_are_settings():
    assert band(85, hot=Decimal("90"), warm=Decimal("70.5")) is Band.WARM
    with pytest.raises(ValueError):
        band(85, hot=60, warm=60)
    assert {each.label for each in Band} == set(BAND_LABELS.values()) == {"热", "温", "冷"}


def test_heat_on_the_limit_is_hot():
    # 17/20 has no exact binary form; the comparison must not lose it.
    assert band(heat({"duties": Tally(17, 20)}, WEIGHTS)) is Band.HOT
    assert band(heat({"duties": Tally(3, 5)}, WEIGHTS)) is Band.WARM


@pytest.mark.parametrize(
    ("tally", "level_rate", "expected"),
    [
        (Tally(0, 0), Fraction(1, 2), None),
        (Tally(0, 10), Fraction(1, 2), 0.25),
        (Tally(2, 2), Fraction(1, 2), 7 / 12),
        (Tally(2, 2), None, 1.0),
        (Tally(990, 990), 0.0, 0.99),
    ],
)
def test_small_units_shrink_towards_their_level(tally, level_rate, expected):
    assert shrink(tally, level_rate) == (None if expected is None else pytest.approx(expected))


@given(read_tallies, st.fractions(0, 1), st.integers(0, 100))
def test_shrinking_stays_between_unit_and_level(tally, level_rate, kappa):
    low, high = sorted([tally.rate, level_rate])
    assert float(low) - 1e-12 <= shrink(tally, level_rate, kappa) <= float(high) + 1e-12
    assert shrink(tally, level_rate, 0) == float(tally.rate)


@given(read_rows, weightings)
def test_a_unit_like_its_level_does_not_move(row, weights):
    assert shrunk_heat(row, weights, row) == pytest.approx(heat(row, weights))
    assert shrunk_heat(row, weights, {}) == pytest.approx(heat(row, weights))
    assert shrunk_heat({}, weights, row) is None


# Attenuation


def test_check_vector():
    steps = [0.92391, 0.83529, 0.81690]
    assert cumulative(steps) == pytest.approx(0.6304, abs=5e-5)
    assert per_step(steps) == pytest.approx(0.8575, abs=5e-5)
    shares = [round(100 * share, 1) for share in loss_shares(steps)]
    assert shares == [17.2, 39.0, 43.8]


def test_check_vector_through_a_ladder():
    ladder = build_ladder(
        [
            LevelReading("市级", 1, {"duties": 100}, {"duties": 95}),
            LevelReading("县级", 6, {"duties": 100}, {"duties": 90}, {"duties": 92}, {"duties": 85}),
            LevelReading("乡镇", 60, {"duties": 100}, {"duties": 80}, {"duties": 85}, {"duties": 71}),
            LevelReading("支部", 900, {"duties": 100}, {"duties": 60}, {"duties": 71}, {"duties": 58}),
        ],
        WEIGHTS,
    )
    assert [rung.retention for rung in ladder.rungs[1:]] == pytest.approx(
        [0.92391, 0.83529, 0.81690], abs=5e-6
    )
    assert ladder.kept == pytest.approx(58 / 92)
    assert ladder.attenuation == pytest.approx(1 - 58 / 92)
    assert ladder.rho == pytest.approx(0.8575, abs=5e-5)
    assert [round(100 * rung.share_of_loss, 1) for rung in ladder.rungs[1:]] == [17.2, 39.0, 43.8]
    assert (ladder.biggest_loss.upper, ladder.biggest_loss.lower) == ("乡镇", "支部")


@given(retentions)
def test_attenuation_lies_between_none_and_all(steps):
    kept = cumulative(steps)
    read = [each for each in steps if each is not None]
    if not read:
        assert kept is None
        assert attenuation(kept) is None
        assert per_step(steps) is None
        return
    assert 0 <= attenuation(kept) <= 1
    assert kept == pytest.approx(prod(read))
    assert per_step(steps) ** len(read) == pytest.approx(kept, abs=1e-9)


@given(retentions)
def test_shares_sum_to_one_or_there_are_none(steps):
    shares = loss_shares(steps)
    read = [each for each in steps if each is not None]
    if shares is None:
        assert all(each == 1 for each in read)
        return
    assert len(shares) == len(steps)
    assert sum(share for share in shares if share is not None) == pytest.approx(1)
    for step, share in zip(steps, shares, strict=True):
        assert (share is None) == (step is None)
        assert share is None or 0 <= share <= 1


def test_a_step_that_kept_nothing_is_clipped_in_shares_and_not_in_the_product():
    assert cumulative([0.0, 0.5]) == 0
    assert per_step([0.0, 0.5]) == 0
    assert loss_shares([0.0, 0.1]) == pytest.approx([2 / 3, 1 / 3])


def test_nothing_lost_has_no_shares():
    assert loss_shares([1.0, None, 1.0]) is None
    assert loss_shares([]) is None


@given(retentions)
def test_a_step_without_a_reading_loses_nothing(steps):
    assert cumulative([*steps, None]) == cumulative(steps)
    assert per_step([None, *steps]) == per_step(steps)


@pytest.mark.parametrize(
    ("parent", "carried"),
    [
        (Tally(4, 5), True),
        (Tally(79, 100), False),
        (Tally(80, 100), True),
        (NOTHING_DUE, False),
        (Tally(3, 4), False),
        (Tally(1, 1), True),
    ],
)
def test_a_parent_reaches_theta_exactly(parent, carried):
    assert reached(parent) is carried


@given(read_rows, weightings)
def test_loss_splits_into_measures(row, weights):
    parts = loss_by_measure(row, weights)
    assert sum(parts.values()) == pytest.approx(attenuation(retention(row, weights)), abs=1e-12)
    assert all(part >= 0 for part in parts.values())


# Intervals


@pytest.mark.parametrize(
    ("tally", "low", "high"),
    # At 95 %; with none done the upper end is z² / (n + z²).
    [(Tally(5, 10), 0.2366, 0.7634), (Tally(0, 10), 0.0, 0.2775), (Tally(10, 10), 0.7225, 1.0)],
)
def test_wilson(tally, low, high):
    bounds = wilson(tally, z=1.959963984540054)
    assert (bounds.low, bounds.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(read_tallies)
def test_wilson_holds_its_rate_and_narrows_with_more_items(tally):
    bounds = wilson(tally)
    assert 0 <= bounds.low <= float(tally.rate) <= bounds.high <= 1
    more = wilson(Tally(4 * tally.done, 4 * tally.due))
    assert more.high - more.low < bounds.high - bounds.low
    mirrored = wilson(Tally(tally.shortfall, tally.due))
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((bounds.low, bounds.high))


def test_no_interval_without_a_reading():
    assert wilson(NOTHING_DUE) is None
    assert heat_interval({}, WEIGHTS) is None
    assert difference_interval({}, {"duties": Tally(1, 2)}, WEIGHTS) is None


def test_delta_method_by_hand():
    row = {"core_meetings": Tally(8, 10), "duties": Tally(15, 20)}
    variance = (30 / 70) ** 2 * 0.8 * 0.2 / 10 + (40 / 70) ** 2 * 0.75 * 0.25 / 20
    assert float(heat_variance(row, WEIGHTS)) == pytest.approx(10_000 * variance)
    bounds = heat_interval(row, WEIGHTS)
    assert bounds.high - bounds.low == pytest.approx(2 * Z90 * 100 * sqrt(variance))


@given(read_rows, read_rows, weightings)
def test_the_interval_of_a_difference_turns_with_its_sides(upper, lower, weights):
    one, other = difference_interval(upper, lower, weights), difference_interval(lower, upper, weights)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.excludes_zero == other.excludes_zero
    bounds = heat_interval(upper, weights)
    assert 0 <= bounds.low <= heat(upper, weights) + 1e-9
    assert heat(upper, weights) - 1e-9 <= bounds.high <= 100


# Patterns


@pytest.mark.parametrize(
    ("percents", "expected"),
    [
        ((92, 78, 58), Pattern.FALLING),
        ((99, 93, 87), Pattern.FALLING),
        ((92, 70, 69), Pattern.MIDDLE_BLOCK),
        ((92, 70, 90), Pattern.MIDDLE_BLOCK),
        ((92, 91, 60), Pattern.COLD_BOTTOM),
        ((60, 91, 70), Pattern.COLD_BOTTOM),
        ((60, 70, 92), Pattern.COLD_TOP),
        ((60, 92, 92), Pattern.COLD_TOP),
        ((92, 91, 90), Pattern.ALL_HOT),
        ((70, 72, 71), Pattern.ALL_WARM),
        ((30, 33, 31), Pattern.ALL_COLD),
        ((86, 84, 86), Pattern.UNCLEAR),
        ((62, 60, 58), Pattern.UNCLEAR),
    ],
)
def test_patterns(percents, expected):
    top, middle, bottom = (at(level, percent) for level, percent in zip("上中下", percents, strict=True))
    assert pattern(top, middle, bottom, WEIGHTS) is expected


def test_a_step_counts_from_the_margin_on():
    levels = [at("上", 90), at("中", 85), at("下", 85)]
    assert pattern(*levels, WEIGHTS) is Pattern.MIDDLE_BLOCK
    assert pattern(*levels, WEIGHTS, margin=6) is Pattern.ALL_HOT
    assert pattern(*levels, WEIGHTS, margin=Decimal("5.0")) is Pattern.MIDDLE_BLOCK


def test_a_step_that_may_be_chance_does_not_count():
    levels = [at("上", 90, due=20), at("中", 80, due=20), at("下", 80, due=20)]
    assert pattern(*levels, WEIGHTS) is Pattern.UNCLEAR


@pytest.mark.parametrize("few", [{"due": 7}, {"organizations": 2}])
def test_too_little_to_judge_by_has_no_label(few):
    enough = {"due": 8, "organizations": 3}
    assert pattern(at("上", 100, 1, 8), at("中", 100, 3, 8), at("下", 100, 3, 8), WEIGHTS) is Pattern.ALL_HOT
    for place in range(3):
        levels = [
            at("上中下"[each], 100, **({**enough, **few} if each == place else enough)) for each in range(3)
        ]
        shape = pattern(*levels, WEIGHTS)
        # The top of a scope is one committee; everything else needs company.
        assert shape is (Pattern.ALL_HOT if place == 0 and "organizations" in few else None)


def test_every_pattern_has_a_label():
    assert set(PATTERN_LABELS) == set(Pattern)
    assert Pattern.FALLING.label == "上热中温下冷"


@given(readings(), readings(), readings(), weightings)
def test_pattern_does_not_mind_the_scale_of_weights(top, middle, bottom, weights):
    thrice = {measure: 3 * weight for measure, weight in weights.items()}
    assert pattern(top, middle, bottom, weights) is pattern(top, middle, bottom, thrice)


# Why


@given(read_rows, read_rows, weightings)
def test_a_drop_splits_exactly_into_measures(upper, lower, weights):
    parts = split_by_measure(upper, lower, weights)
    assert sum(parts.values()) == pytest.approx(heat(upper, weights) - heat(lower, weights), abs=1e-9)
    assert set(parts) == set(upper) | set(lower)


def test_the_part_of_a_measure_is_its_weighted_change_of_rate():
    upper = {"core_meetings": Tally(9, 10), "duties": Tally(8, 10)}
    lower = {"core_meetings": Tally(5, 10), "duties": Tally(8, 10)}
    assert split_by_measure(upper, lower, WEIGHTS) == pytest.approx(
        {"core_meetings": 100 * 30 * 0.4 / 70, "duties": 0}
    )


def test_owing_one_more_kind_of_thing_is_no_drop():
    upper = {"duties": Tally(8, 10)}
    lower = {"duties": Tally(8, 10), "core_meetings": Tally(80, 100)}
    assert split_by_measure(upper, lower, WEIGHTS) == {"core_meetings": 0, "duties": 0}
    assert split_by_measure(upper, {}, WEIGHTS) == {}


@given(groups, groups)
def test_rate_and_composition_sum_exactly_to_the_difference(upper, lower):
    split = kitagawa(upper, lower)
    above, below = Tally.sum(upper.values()).rate, Tally.sum(lower.values()).rate
    if above is None or below is None:
        assert split is None
        return
    assert split.rate_part + split.composition_part == split.total == above - below
    assert sum(rate_part + composition for rate_part, composition in split.by_group.values()) == split.total
    turned = kitagawa(lower, upper)
    assert (turned.rate_part, turned.composition_part) == (-split.rate_part, -split.composition_part)


def test_equal_rates_differ_by_composition_alone_and_equal_shares_by_rate_alone():
    same_rates = kitagawa(
        {"农村": Tally(50, 100), "机关": Tally(90, 100)}, {"农村": Tally(150, 300), "机关": Tally(90, 100)}
    )
    assert same_rates.rate_part == 0
    assert same_rates.composition_part == Fraction(1, 10)
    same_shares = kitagawa(
        {"农村": Tally(50, 100), "机关": Tally(90, 100)}, {"农村": Tally(10, 50), "机关": Tally(45, 50)}
    )
    assert same_shares.composition_part == 0
    assert same_shares.rate_part == Fraction(7, 10) - Fraction(55, 100)


def test_variance_between_parents():
    assert variance_share([[90, 90], [50, 50]]) == 1
    assert variance_share([[90, 50], [90, 50]]) == 0
    assert variance_share([[90, 90], [90, 90]]) is None
    assert variance_share([[90, 50]]) is None
    assert variance_share([[90], [50]]) is None
    assert variance_share([]) is None
    # By hand: means 2 and 5, MSB = 13.5, MSW = 1, ICC = 12.5 / (13.5 + 2).
    assert variance_share([[1, 2, 3], [4, 5, 6]]) == pytest.approx(12.5 / 15.5)


@given(st.lists(st.lists(st.floats(0, 100), max_size=6), max_size=6))
def test_variance_share_is_a_share_whatever_the_order(many):
    share = variance_share(many)
    assert share is None or 0 <= share <= 1
    turned = variance_share([list(reversed(group)) for group in reversed(many)])
    assert turned == (None if share is None else pytest.approx(share, abs=1e-6))


# Over time


def test_half_life():
    assert half_life([0.8, 0.4, 0.2]) == pytest.approx(1)
    assert half_life([0.8, None, 0.4, None, 0.2]) == pytest.approx(2)
    assert half_life([0.8, 0.4]) is None
    assert half_life([0.8, None, 0.4]) is None
    assert half_life([0.5, 0.5, 0.5, 0.5]) is None
    assert half_life([0.2, 0.4, 0.8]) is None
    assert half_life([1.0, 0.1, 0.0]) == pytest.approx(log(2) / log(10), abs=1e-9)


@given(st.floats(0.1, 1), st.floats(0.5, 20), st.integers(3, 12))
def test_half_life_is_found_again(start, months, count):
    rates = [start * 2 ** (-month / months) for month in range(count)]
    assume(rates[-1] > 0.011)
    assert half_life(rates) == pytest.approx(months, rel=1e-6)


@pytest.mark.parametrize(
    ("late", "held", "days", "expected"),
    [(0, 0, 31, None), (10, 10, 30, 25 / 30), (5, 30, 30, 0), (0, 9, 31, 0), (8, 10, 31, 0.8 - 5 / 31)],
)
def test_rush_at_the_end_of_the_period(late, held, days, expected):
    assert rush_share(late, held, days) == (None if expected is None else pytest.approx(expected))


def test_relaxing_after_an_inspection_shows_as_a_fall():
    seen = rebound(Tally(60, 100), Tally(95, 100), Tally(50, 100))
    assert (seen.before, seen.during, seen.after) == (0.6, 0.95, 0.5)
    assert seen.rise == pytest.approx(0.35)
    assert seen.fall == pytest.approx(0.45)
    assert seen.relaxed
    assert not rebound(Tally(60, 100), Tally(95, 100), Tally(94, 100)).relaxed
    assert not rebound(Tally(6, 10), Tally(5, 10), Tally(4, 10)).relaxed
    assert not rebound(Tally(60, 100), Tally(50, 100), Tally(90, 100)).relaxed


def test_nothing_due_after_an_inspection_is_no_fall():
    seen = rebound(NOTHING_DUE, Tally(9, 10), NOTHING_DUE)
    assert (seen.before, seen.rise, seen.after, seen.fall, seen.fall_interval) == (None,) * 5
    assert not seen.relaxed


# The ladder


def city():
    def row(level, organizations, meetings, closed, study, kept_meetings=None, kept_closed=None):
        carried = {} if kept_meetings is None else {"group_meetings": 100, "issues_closed": 100, "study": 100}
        kept = {"group_meetings": kept_meetings, "issues_closed": kept_closed, "study": 98}
        return LevelReading(
            level,
            organizations,
            {"group_meetings": 1000, "issues_closed": 1000, "study": 1000},
            {"group_meetings": meetings, "issues_closed": closed, "study": study},
            carried,
            kept if carried else {},
        )

    return [
        row("CITY", 1, 920, 920, 920),
        row("COUNTY", 6, 850, 850, 850, 95, 95),
        row("TOWNSHIP", 60, 700, 680, 750, 85, 85),
        row("GENERAL_BRANCH", 0, 0, 0, 0),
        row("BRANCH", 900, 500, 560, 680, 60, 70),
    ]


CITY_WEIGHTS = {"group_meetings": 1, "issues_closed": 1, "study": 1}
LEVEL_LABELS = {"CITY": "市级", "COUNTY": "县级", "TOWNSHIP": "乡镇", "BRANCH": "支部"}
MEASURE_LABELS = {"group_meetings": "党小组会", "issues_closed": "整改销号", "study": "专题研究"}


def test_the_sentence():
    ladder = build_ladder(city(), CITY_WEIGHTS)
    assert sentence(ladder, LEVEL_LABELS, MEASURE_LABELS) == (
        "市级 92 → 县级 85 → 乡镇 71 → 支部 58：上热中温下冷；损失最大在乡镇→支部，主要是‘党小组会’与‘整改销号’"
    )
    assert ladder.skipped == ("GENERAL_BRANCH",)
    assert ladder.biggest_loss.measured
    assert [measure for measure, _ in ladder.biggest_loss.measures] == ["group_meetings", "issues_closed"]


def test_a_rung_tells_everything_about_its_level():
    branch = build_ladder(city(), CITY_WEIGHTS).rungs[-1]
    assert (branch.level, branch.organizations, branch.due) == ("BRANCH", 900, 3000)
    assert branch.heat == 58
    assert branch.band is Band.COLD
    assert branch.interval.low < 58 < branch.interval.high
    assert branch.retention == pytest.approx(0.76)
    assert branch.retention_interval.low < 0.76 < branch.retention_interval.high
    assert branch.attenuation == pytest.approx(0.24)
    assert branch.drop == pytest.approx(13)
    assert branch.drop_by_measure == pytest.approx(
        {"group_meetings": 20 / 3, "issues_closed": 4, "study": 7 / 3}
    )
    assert branch.loss_by_measure == pytest.approx(
        {"group_meetings": 0.4 / 3, "issues_closed": 0.1, "study": 0.02 / 3}
    )


def test_the_first_rung_has_no_step():
    first = build_ladder([at("县级", 90, kept=50), at("支部", 80)], WEIGHTS).rungs[0]
    assert (first.retention, first.attenuation, first.share_of_loss, first.drop) == (None,) * 4
    assert first.carried == first.loss_by_measure == first.drop_by_measure == {}


def test_without_pairs_the_heats_are_compared():
    ladder = build_ladder([at("市级", 92), at("县级", 70), at("支部", 60)], WEIGHTS)
    assert (ladder.kept, ladder.attenuation, ladder.rho) == (None, None, None)
    assert not ladder.biggest_loss.measured
    assert sentence(ladder, {}, {"duties": "责任项"}) == (
        "市级 92 → 县级 70 → 支部 60：上热中温下冷；落差最大在市级→县级，主要是‘责任项’"
    )


def test_nothing_lost_is_said():
    ladder = build_ladder([at("市级", 100), at("县级", 100, kept=100), at("支部", 100, kept=100)], WEIGHTS)
    assert ladder.biggest_loss is None
    assert sentence(ladder, {}, {}) == "市级 100 → 县级 100 → 支部 100：全热；逐级没有损失"


def test_short_and_empty_ladders():
    assert sentence(build_ladder([], WEIGHTS), {}, {}) == "本期还没有读数"
    single = build_ladder([at("县级", 84)], WEIGHTS)
    assert sentence(single, {}, {}) == "县级 84"
    assert (single.pattern, single.biggest_loss, single.kept) == (None, None, None)
    assert build_ladder([at("县级", 90), at("支部", 50)], WEIGHTS).pattern is None


@given(st.lists(readings(), max_size=5), weightings)
def test_ladders_hold_together(levels, weights):
    ladder = build_ladder(levels, weights)
    assert len(ladder.rungs) + len(ladder.skipped) == len(levels)
    for place, rung in enumerate(ladder.rungs):
        assert 0 <= rung.interval.low <= rung.heat + 1e-9
        assert rung.heat - 1e-9 <= rung.interval.high <= 100
        assert rung.band is band(rung.heat)
        if place:
            assert sum(rung.drop_by_measure.values()) == pytest.approx(rung.drop, abs=1e-9)
        if rung.attenuation is not None:
            assert 0 <= rung.attenuation <= 1
            assert sum(rung.loss_by_measure.values()) == pytest.approx(rung.attenuation, abs=1e-12)
    shares = [rung.share_of_loss for rung in ladder.rungs if rung.share_of_loss is not None]
    assert not shares or sum(shares) == pytest.approx(1)
    assert ladder.attenuation is None or 0 <= ladder.attenuation <= 1
    assert sentence(ladder, LEVEL_LABELS, MEASURE_LABELS)


@given(st.lists(readings(), max_size=4), st.integers(0, 4), weightings)
def test_an_empty_level_is_skipped_and_loses_nothing(levels, place, weights):
    plain = build_ladder(levels, weights)
    for empty in (
        LevelReading("缺", 0, {"duties": 5}, {"duties": 1}),
        LevelReading("缺", 9, {"duties": 0}, {}),
    ):
        padded = build_ladder([*levels[:place], empty, *levels[place:]], weights)
        assert padded.rungs == plain.rungs
        assert (padded.kept, padded.rho, padded.pattern) == (plain.kept, plain.rho, plain.pattern)


@given(st.lists(readings(), min_size=1, max_size=6))
def test_pooling_adds_every_integer_in_any_order(levels):
    pooled = pool(levels)
    assert pooled.organizations == sum(level.organizations for level in levels)
    for column in ("due", "done", "carried_due", "carried_done"):
        for measure in MEASURES:
            assert getattr(pooled, column).get(measure, 0) == sum(
                getattr(level, column).get(measure, 0) for level in levels
            )
    assert pool(reversed(levels)) == pooled
    assert pool([pool(levels[:1]), pool(levels[1:])]) == pooled


def test_done_above_due_is_refused():
    with pytest.raises(ValueError):
        build_ladder([LevelReading("支部", 1, {"duties": 1}, {"duties": 2})], WEIGHTS)


# The yardstick itself


def test_carried_sums_by_hand():
    nodes = [
        Node("city", None, "市级", {"duties": 5}, {"duties": 4}),
        Node("a", "city", "县级", {"duties": 10}, {"duties": 8}),
        Node("b", "city", "县级", {"duties": 10}, {"duties": 7}),
        Node("a1", "a", "支部", {"duties": 4, "core_meetings": 3}, {"duties": 3, "core_meetings": 1}),
        Node("b1", "b", "支部", {"duties": 4}, {"duties": 1}),
        Node("silent", "a", "总支"),
        Node("s1", "silent", "支部", {"duties": 2}, {"duties": 2}),
    ]
    assert brute_force_carried(nodes) == {
        "县级": {"duties": (15, 20)},
        "支部": {"duties": (5, 6)},
    }


@given(st.data())
def test_order_of_rows_does_not_change_the_carried_sums(data):
    count = data.draw(st.integers(1, 8))
    nodes = []
    for key in range(count):
        due = data.draw(st.integers(0, 5))
        parent = data.draw(st.integers(0, key - 1)) if key else None
        nodes.append(Node(key, parent, key % 3, {"duties": due}, {"duties": data.draw(st.integers(0, due))}))
    assert brute_force_carried(data.draw(st.permutations(nodes))) == brute_force_carried(nodes)
