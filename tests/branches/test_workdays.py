"""Working days with holidays, make-up days and what an admin entered."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branches.workdays import add_working_days, is_working_day, working_days_between

days = st.dates(date(2005, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2024, 10, 1), False),  # National Day, a Tuesday
        (date(2024, 9, 29), True),  # a Sunday worked in exchange
        (date(2024, 10, 12), True),  # a Saturday worked in exchange
        (date(2024, 9, 28), False),  # an ordinary Saturday
        (date(2024, 9, 27), True),
        (date(2031, 10, 1), True),  # no table published yet: a Wednesday counts
        (date(2031, 10, 4), False),
    ],
)
def test_published_table_with_monday_to_friday_beyond_it(day, works):
    assert is_working_day(day) is works


def test_what_an_admin_entered_wins():
    wednesday, saturday = date(2031, 10, 1), date(2031, 10, 4)
    assert not is_working_day(wednesday, holidays={wednesday})
    assert is_working_day(saturday, workdays={saturday})
    assert not is_working_day(saturday, holidays={saturday}, workdays={saturday})
    assert is_working_day(date(2024, 10, 1), workdays={date(2024, 10, 1)})


def test_five_working_days_of_public_notice_over_the_national_day():
    # 27 Sep is a Friday; 29 Sep is worked, 1–7 Oct are off: 29, 30 Sep, 8, 9, 10 Oct.
    assert add_working_days(date(2024, 9, 27), 5) == date(2024, 10, 10)
    assert add_working_days(date(2024, 10, 10), -5) == date(2024, 9, 27)
    assert working_days_between(date(2024, 9, 27), date(2024, 10, 10)) == 5


def test_nothing_to_add():
    assert add_working_days(date(2024, 10, 1), 0) == date(2024, 10, 1)
    assert working_days_between(date(2024, 10, 8), date(2024, 10, 8)) == 0
    assert working_days_between(date(2024, 10, 9), date(2024, 10, 8)) == 0


@given(days, st.integers(1, 40), st.frozensets(days, max_size=5))
def test_adding_is_counting(day, n, holidays):
    end = add_working_days(day, n, holidays=holidays)
    assert is_working_day(end, holidays=holidays)
    walked = [day + timedelta(days=step) for step in range(1, (end - day).days + 1)]
    assert sum(is_working_day(each, holidays=holidays) for each in walked) == n
    assert working_days_between(day, end, holidays=holidays) == n
