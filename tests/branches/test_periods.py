"""Windows of the calendar, judged once each in the month that ends them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branches.periods import (
    Interval,
    Period,
    add_months,
    days_between,
    is_due_in,
    months_judging,
    window_of,
    windows_judged_in,
)

days = st.dates(date(1901, 1, 1), date(2199, 12, 31))
intervals = st.sampled_from(Interval)
periods = st.builds(window_of, intervals, days)


@pytest.mark.parametrize(
    ("code", "key", "label", "first", "last", "months"),
    [
        ("2026-10", 202610, "2026年10月", date(2026, 10, 1), date(2026, 10, 31), 1),
        ("2026-Q3", 202623, "2026年第三季度", date(2026, 7, 1), date(2026, 9, 30), 3),
        ("2026-H1", 202631, "2026年上半年", date(2026, 1, 1), date(2026, 6, 30), 6),
        ("2026-H2", 202632, "2026年下半年", date(2026, 7, 1), date(2026, 12, 31), 6),
        ("2026", 202641, "2026年", date(2026, 1, 1), date(2026, 12, 31), 12),
        ("2024-02", 202402, "2024年2月", date(2024, 2, 1), date(2024, 2, 29), 1),
    ],
)
def test_a_period_has_a_code_a_key_a_label_and_its_days(code, key, label, first, last, months):
    period = Period.parse(code)
    assert (period.code, period.key, period.label) == (code, key, label)
    assert (period.starts_on, period.ends_on) == (first, last)
    assert len(period.months) == months
    assert str(period) == code


@pytest.mark.parametrize(
    "code",
    ["", "2026-", "2026-13", "2026-00", "2026-1", "2026-Q5", "2026-Q0", "2026-H3", "2026-q3", "26-01", "202610",
     " 2026", "2026\n", "２０２６-10", "2026-10-01", "0000", "9999", "2026年10月"],
)  # fmt: skip
def test_anything_else_is_no_period(code):
    with pytest.raises(ValueError):
        Period.parse(code)


@given(periods)
def test_code_and_key_read_back(period):
    assert Period.parse(period.code) == period
    assert Period.from_key(period.key) == period


@pytest.mark.parametrize("key", [202600, 202613, 202620, 202625, 202633, 202642, 202699, 10, -1])
def test_a_key_of_no_period_is_refused(key):
    with pytest.raises(ValueError):
        Period.from_key(key)


def test_keys_of_a_year_select_its_months_alone():
    year = Period.parse("2026")
    inside = [
        window_of(interval, day).key
        for interval in Interval
        for day in days_between(year.starts_on, year.ends_on)
    ]
    assert {key for key in inside if 202601 <= key <= 202612} == {month.key for month in year.months}


@given(periods)
def test_neighbours_touch_without_gap(period):
    assert period.next().previous() == period
    assert period.next().starts_on == period.ends_on + timedelta(days=1)
    assert period.previous().ends_on == period.starts_on - timedelta(days=1)
    assert period.previous() < period < period.next()
    assert period.next() >= period >= period.previous()
    assert period <= period.next()


@given(periods)
def test_months_tile_the_period(period):
    covered = [day for month in period.months for day in days_between(month.starts_on, month.ends_on)]
    assert covered == days_between(period.starts_on, period.ends_on)
    assert period.days == len(covered)
    assert period.last_month.ends_on == period.ends_on


@given(days, intervals)
def test_a_day_lies_in_its_window(day, interval):
    window = window_of(interval, day)
    assert day in window
    assert day not in window.next()
    assert window.interval is interval
    assert window_of(interval.value, day) == window


def test_month_of_a_day():
    assert Period.month_of(date(2026, 10, 31)) == Period.parse("2026-10")


def test_trailing_months_end_with_the_month_itself():
    months = Period.parse("2026-02").trailing(12)
    assert [months[0].code, months[-1].code, len(months)] == ["2025-03", "2026-02", 12]
    assert Period.parse("2026-Q1").trailing(1) == [Period.parse("2026-Q1")]


def test_longer_windows_sort_before_their_parts():
    codes = ["2026-01", "2026-Q1", "2026-H1", "2026", "2025-12", "2026-02"]
    assert [each.code for each in sorted(map(Period.parse, codes))] == [
        "2025-12", "2026", "2026-H1", "2026-Q1", "2026-01", "2026-02",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("interval", "months"),
    [
        (Interval.MONTH, list(range(1, 13))),
        (Interval.QUARTER, [3, 6, 9, 12]),
        (Interval.HALF, [6, 12]),
        (Interval.YEAR, [12]),
    ],
)
def test_an_obligation_is_judged_in_the_month_that_ends_its_window(interval, months):
    assert [each.index for each in Period.parse("2026").months if is_due_in(interval, each)] == months
    assert [key % 100 for key in range(202601, 202613) if is_due_in(interval.value, key)] == months


def test_only_a_month_can_judge():
    with pytest.raises(ValueError):
        is_due_in(Interval.YEAR, Period.parse("2026-Q4"))


@given(periods, intervals)
def test_months_add_up_exactly(period, interval):
    """Every window inside a period is judged by exactly one of its months."""
    judged = [
        window
        for month in period.months
        for window in windows_judged_in(month)
        if window.interval is interval and window.starts_on >= period.starts_on
    ]
    inside = {
        window_of(interval, day)
        for day in (month.starts_on for month in period.months)
        if window_of(interval, day).starts_on >= period.starts_on
        and window_of(interval, day).ends_on <= period.ends_on
    }
    assert len(judged) == len(set(judged))
    assert set(judged) == inside


@pytest.mark.parametrize(
    ("day", "keys"),
    [
        (date(2026, 1, 5), [202601, 202603, 202606, 202612]),
        (date(2026, 6, 30), [202606, 202612]),
        (date(2026, 8, 1), [202608, 202609, 202612]),
        (date(2026, 12, 31), [202612]),
    ],
)
def test_months_that_may_count_an_event(day, keys):
    assert months_judging(day) == keys


@given(days)
def test_months_that_may_count_an_event_are_found_by_looking_at_all(day):
    year = window_of(Interval.YEAR, day)
    brute = [month.key for month in year.months if any(day in window for window in windows_judged_in(month))]
    assert months_judging(day) == brute


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_calendar_months(day, count, expected):
    assert add_months(day, count) == expected


@given(days, st.integers(-200, 200))
def test_calendar_months_move_by_months_and_keep_the_day_where_it_exists(day, count):
    moved = add_months(day, count)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == count
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


def test_labels_and_choices_of_intervals():
    assert Interval.choices() == [("month", "月"), ("quarter", "季度"), ("half", "半年"), ("year", "年")]


def test_no_days_between_a_day_and_an_earlier_one():
    assert days_between(date(2026, 1, 2), date(2026, 1, 1)) == []
