"""Which terms of a duty are opened, and within which term of the parent duty each lies; plain values."""

from dataclasses import dataclass
from datetime import date

from branches.periods import Interval, Period, window_of


@dataclass(frozen=True)
class Term:
    """One window in which a duty is owed, and the day by which: its last, or the deadline that was set."""

    window: Period
    due_on: date

    @property
    def period(self) -> int:
        """The key of the month in which it is judged."""
        return Period.month_of(self.due_on).key


def terms(
    interval: Interval | str,
    year: int,
    from_day: date,
    until: date | None = None,
    deadline: date | None = None,
) -> list[Term]:
    """The terms of `year` from the window that holds `from_day` on, none that ends after the sunset day `until`.

    A deadline makes it one term. A list issued in a later year than its own opens nothing; one issued before its year
    opens all of it.
    """
    if deadline is not None:
        lasts = deadline >= from_day and deadline.year == year and (until is None or deadline <= until)
        return [Term(window_of(interval, deadline), deadline)] if lasts else []
    first = window_of(interval, date(year, 1, 1))
    windows = [first.shift(step) for step in range(12 // Interval(interval).length)]
    return [
        Term(each, each.ends_on)
        for each in windows
        if each.ends_on >= from_day and (until is None or each.ends_on <= until)
    ]


def carrying_window(parent_interval: Interval | str, term: Term) -> Period | None:
    """The parent's window that holds the window of `term`; None when the parent's windows are the shorter ones."""
    window = window_of(parent_interval, term.due_on)
    return window if window.starts_on <= term.window.starts_on else None


def is_stricter(child, parent) -> bool:
    """Whether a requirement asks for more than the one it comes from: 层层加码.

    More often, earlier, a higher target in as long a window, or evidence where none was asked. Both have the
    attributes `interval`, `deadline`, `target`, `counted_by`, `evidence`.
    """
    return bool(stricter_points(child, parent))


def stricter_points(child, parent) -> list[str]:
    """In which points a requirement asks for more than the one it comes from, in words."""
    points = []
    if Interval(child.interval).length < Interval(parent.interval).length:
        points.append(
            f"频次：上级每{Interval(parent.interval).label}，本级每{Interval(child.interval).label}"
        )
    last = child.deadline and (parent.deadline or window_of(parent.interval, child.deadline).ends_on)
    if last and child.deadline < last:
        theirs = f"{last:%m月%d日}" if parent.deadline else f"每{Interval(parent.interval).label}末"
        points.append(f"期限：上级{theirs}，本级{child.deadline:%m月%d日}")
    if (child.target or 0) * Interval(parent.interval).length > (parent.target or 0) * Interval(
        child.interval
    ).length and child.interval == parent.interval:
        points.append(f"数量：上级{parent.target or '不限'}，本级{child.target}")
    if child.evidence != "OPTIONAL" and parent.evidence == "OPTIONAL":
        points.append("佐证：上级不要求，本级要求")
    return points
