"""Which terms of a duty are opened, and by which term of the parent duty each is carried; plain values."""

from datetime import date

from branches.periods import Interval, Period, window_of


def terms(interval: Interval | str, year: int, from_day: date, until: date | None = None) -> list[Period]:
    """The windows of `year` from the one that holds `from_day` on, none that ends after the sunset day `until`.

    A list issued in a later year than its own opens nothing; one issued before its year opens all of it.
    """
    first = window_of(interval, date(year, 1, 1))
    windows = [first.shift(step) for step in range(12 // Interval(interval).length)]
    return [each for each in windows if each.ends_on >= from_day and (until is None or each.ends_on <= until)]


def carrying_period(parent_interval: Interval | str, term: Period) -> int | None:
    """The key of the parent's term whose window holds `term`; None when the parent's windows are the shorter ones."""
    window = window_of(parent_interval, term.ends_on)
    return window.last_month.key if window.starts_on <= term.starts_on else None


def is_stricter(child: Interval | str, parent: Interval | str) -> bool:
    """Whether the child is asked more often than its parent: 层层加码."""
    return Interval(child).length < Interval(parent).length
