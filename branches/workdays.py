"""Working days (工作日) with the published holidays and make-up days (调休)."""

from collections.abc import Collection
from datetime import date, timedelta

import chinese_calendar


def is_working_day(
    day: date, *, holidays: Collection[date] = frozenset(), workdays: Collection[date] = frozenset()
) -> bool:
    """Whether people work on `day`.

    `holidays` and `workdays` are days entered by an admin and win over the published table; a day in both
    is a holiday. Years without a published table count Monday to Friday.
    """
    if day in holidays:
        return False
    if day in workdays:
        return True
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def add_working_days(
    day: date, n: int, *, holidays: Collection[date] = frozenset(), workdays: Collection[date] = frozenset()
) -> date:
    """The n-th working day after `day`, which itself is not counted (before it when n is negative).

    A notice (公示) put up on `day` has hung for n full working days once the returned day is over; n = 0 gives `day`.
    """
    step = timedelta(days=1 if n > 0 else -1)
    remaining = abs(n)
    while remaining:
        day += step
        if is_working_day(day, holidays=holidays, workdays=workdays):
            remaining -= 1
    return day


def working_days_between(
    after: date,
    until: date,
    *,
    holidays: Collection[date] = frozenset(),
    workdays: Collection[date] = frozenset(),
) -> int:
    """Number of working days later than `after` and not later than `until`; 0 when `until` is not later."""
    days = (after + timedelta(days=step) for step in range(1, (until - after).days + 1))
    return sum(is_working_day(day, holidays=holidays, workdays=workdays) for day in days)
