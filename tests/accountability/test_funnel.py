from datetime import date, timedelta
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from accountability.choices import Stage
from accountability.funnel import COMMON, Progress, Standing, by_level, funnel, sticking_point
from accountability.sampling import draw, draw_size

TODAY = date(2026, 11, 20)
GIVEN = date(2026, 11, 1)


def day(number):
    return date(2026, 11, number)


def step(units, stage, today=TODAY):
    return next(each for each in funnel(units, today).steps if each.stage == stage)


days = st.integers(-10, 40).map(lambda number: GIVEN + timedelta(days=number))


@st.composite
def progresses(draw_one):
    """Any unit at all, also such as no real one is: executed but never received, checked but not accepted."""
    drawn = draw_one(st.integers(0, 3))
    checked = draw_one(st.integers(0, drawn))
    failed = draw_one(st.integers(0, checked))
    answered = draw_one(st.integers(0, failed))
    maybe = st.none() | days
    return Progress(
        level=draw_one(st.sampled_from([40, 50, 70])),
        given_on=draw_one(days),
        due_on=draw_one(days),
        owed_on=draw_one(maybe),
        received_on=draw_one(maybe),
        arranged_on=draw_one(maybe),
        executed_on=draw_one(maybe),
        accepted_on=draw_one(maybe),
        is_late=draw_one(st.booleans()),
        drawn=drawn,
        checked=checked,
        failed=failed,
        answered=answered,
        drawn_on=draw_one(days) if drawn else None,
        checked_on=draw_one(days) if checked else None,
        answered_on=draw_one(days) if answered else None,
    )


units = st.lists(progresses(), max_size=12)


def brute_force(rows, today):
    """Stage by stage in plain words: (due, reached, late, waiting, overdue, hops, waits)."""
    found = {}
    standing = [(unit, unit.given_on) for unit in rows]
    columns = {
        "RECEIVED": "received_on",
        "ARRANGED": "arranged_on",
        "EXECUTED": "executed_on",
        "COMPLIANT": "accepted_on",
    }
    for stage, column in columns.items():
        reached = [
            (unit, came, max(came, getattr(unit, column))) for unit, came in standing if getattr(unit, column)
        ]
        waiting = [(unit, came) for unit, came in standing if not getattr(unit, column)]
        late = [
            unit
            for unit, _, on in reached
            if (unit.is_late if stage in ("EXECUTED", "COMPLIANT") else on > unit.due_on)
        ]
        overdue = [
            unit for unit, _ in waiting if stage != "COMPLIANT" and unit.owed_on and unit.owed_on < today
        ]
        found[stage] = (
            len(standing),
            len(reached),
            len(late),
            len(waiting),
            len(overdue),
            [(on - came).days for _, came, on in reached],
            [(today - came).days for _, came in waiting],
        )
        standing = [(unit, on) for unit, _, on in reached]
    sampled = [unit for unit in rows if unit.drawn]
    passed = [unit for unit in sampled if unit.checked == unit.drawn and unit.failed == 0]
    failed = [unit for unit in rows if unit.failed]
    answered = [unit for unit in failed if unit.answered == unit.failed]
    found["QUALITY"] = (
        len(sampled), len(passed), 0, len(sampled) - len(passed), 0,
        [(unit.checked_on - unit.drawn_on).days for unit in passed],
        [(today - unit.drawn_on).days for unit in sampled if unit not in passed],
    )  # fmt: skip
    found["FEEDBACK"] = (
        len(failed), len(answered), 0, len(failed) - len(answered), 0,
        [max(0, (unit.answered_on - unit.checked_on).days) for unit in answered],
        [(today - unit.checked_on).days for unit in failed if unit not in answered],
    )  # fmt: skip
    return found


@given(units)
def test_the_funnel_equals_counting_by_hand(rows):
    found = brute_force(rows, TODAY)
    made = funnel(rows, TODAY)
    assert made.given == len(rows)
    assert [each.stage for each in made.steps] == list(Stage)
    for each in made.steps:
        *numbers, hops, waits = found[each.stage]
        assert [each.due, each.reached, each.late, each.waiting, each.overdue] == numbers, each.stage
        assert each.median_days == (median(hops) if hops else None)
        assert each.median_wait == (median(waits) if waits else None)


@given(units, st.randoms())
def test_the_order_of_the_units_changes_nothing(rows, chance):
    mixed = list(rows)
    chance.shuffle(mixed)
    assert funnel(rows, TODAY) == funnel(mixed, TODAY)


@given(units)
def test_it_never_widens_and_everybody_stands_somewhere(rows):
    made = funnel(rows, TODAY).common
    reached = [each.reached for each in made]
    assert reached == sorted(reached, reverse=True)
    assert sum(each.waiting for each in made) + made[-1].reached == len(rows)
    for each in made:
        assert each.due == each.reached + each.waiting
        assert each.late <= each.reached
        assert each.overdue <= each.waiting


@given(units)
def test_the_levels_add_up_to_the_whole(rows):
    levels = by_level(rows, TODAY)
    whole = funnel(rows, TODAY)
    assert list(levels) == sorted(levels)
    for place, each in enumerate(whole.steps):
        for column in ("due", "reached", "late", "waiting", "overdue"):
            total = sum(getattr(level.steps[place], column) for level in levels.values())
            assert total == getattr(each, column)


@given(units)
def test_a_number_and_the_list_behind_it_agree(rows):
    for each in funnel(rows, TODAY).steps:
        for standing in Standing:
            behind = [unit for unit in rows if standing in unit.standings(each.stage, TODAY)]
            assert len(behind) == getattr(each, standing.value)


@given(units)
def test_where_it_is_stuck_most_units_wait(rows):
    levels = by_level(rows, TODAY)
    stuck = sticking_point(levels)
    waits = [each.waiting for level in levels.values() for each in level.common]
    if stuck is None:
        assert not any(waits)
    else:
        assert stuck.step.waiting == max(waits)


def test_days_at_each_hop():
    rows = [
        Progress(50, GIVEN, day(30), None, day(2), day(6), day(16), day(17)),
        Progress(50, GIVEN, day(30), day(30), day(4), day(5)),
        Progress(50, GIVEN, day(10), day(10), day(12)),
    ]
    assert step(rows, Stage.RECEIVED).median_days == 3
    assert step(rows, Stage.ARRANGED).median_days == 2.5
    assert step(rows, Stage.ARRANGED).median_wait == 8
    assert step(rows, Stage.EXECUTED).median_days == 10
    assert step(rows, Stage.RECEIVED).late == 1
    assert (step(rows, Stage.ARRANGED).waiting, step(rows, Stage.ARRANGED).overdue) == (1, 1)
    made = funnel(rows, TODAY)
    assert [made.share(each) for each in made.common] == [1, 2 / 3, 1 / 3, 1 / 3]
    assert made.due_on == day(30)
    stuck = sticking_point(by_level(rows, TODAY))
    assert (stuck.level, stuck.step.stage) == (50, Stage.EXECUTED)  # the longer wait of two equal ones


def test_an_execution_nobody_signed_for_does_not_count():
    rows = [Progress(70, GIVEN, day(30), executed_on=day(9), accepted_on=day(9), arranged_on=day(9))]
    assert [each.reached for each in funnel(rows, TODAY).common] == [0, 0, 0, 0]


def test_nobody_was_given_it():
    made = funnel([], TODAY)
    assert (made.given, made.due_on, sticking_point({})) == (0, None, None)
    assert all(made.share(each) is None and each.conversion is None for each in made.steps)
    assert tuple(Stage)[:4] == COMMON


# Drawing


@given(st.integers(0, 10_000), st.integers(1, 20))
def test_a_share_is_rounded_up_and_at_least_one(population, percent):
    size = draw_size(population, percent)
    assert size <= population
    assert bool(size) == bool(population)
    assert 0 <= size - population * percent / 100 < 1


@given(st.sets(st.integers(1, 500)), st.integers(0, 60), st.integers(0, 2**32 - 1), st.randoms())
def test_the_same_seed_draws_the_same(keys, number, seed, chance):
    drawn = draw(keys, number, seed)
    assert len(drawn) == min(number, len(keys)) == len(set(drawn))
    assert set(drawn) <= keys
    mixed = list(keys)
    chance.shuffle(mixed)
    assert draw(mixed, number, seed) == drawn


def test_every_key_is_drawn_about_as_often():
    hits = dict.fromkeys(range(20), 0)
    for seed in range(2000):
        for key in draw(range(20), 2, seed):
            hits[key] += 1
    assert all(130 < number < 270 for number in hits.values())  # 200 expected, five standard deviations
