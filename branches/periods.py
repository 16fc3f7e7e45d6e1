"""Calendar windows in which obligations fall due: month (月), quarter (季度), half-year (半年), year (年)."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self


class Interval(StrEnum):
    """How often an obligation returns; the value is what the database stores."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"

    @property
    def label(self) -> str:
        """Chinese name, as in 每季度."""
        return _LABELS[self]

    @property
    def length(self) -> int:
        """Number of months in one window: 1, 3, 6 or 12."""
        return _LENGTHS[self]

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Pairs (value, label) for a model field or a form."""
        return [(interval.value, interval.label) for interval in cls]


_LABELS = {Interval.MONTH: "月", Interval.QUARTER: "季度", Interval.HALF: "半年", Interval.YEAR: "年"}
_LENGTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.HALF: 6, Interval.YEAR: 12}
_LENGTH_INTERVALS = {length: interval for interval, length in _LENGTHS.items()}
# Keys of longer windows follow the twelve months of their year, so yyyy01…yyyy12 selects months alone.
_KEY_OFFSETS = {Interval.MONTH: 0, Interval.QUARTER: 20, Interval.HALF: 30, Interval.YEAR: 40}
_QUARTER_WORDS = "一二三四"
_HALF_WORDS = "上下"
_CODE = re.compile(r"([0-9]{4})(?:-(?:([0-9]{2})|Q([1-4])|H([12])))?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


@dataclass(frozen=True)
class Period:
    """One window of the calendar.

    `index` counts windows inside the year from 1: months 1–12, quarters 1–4, halves 1–2, year 1.
    Periods sort by first day, a longer one before its parts.
    Raises ValueError (message in Chinese) when the window does not exist.
    """

    year: int
    interval: Interval
    index: int

    def __post_init__(self) -> None:
        if not _FIRST_YEAR <= self.year <= _LAST_YEAR:
            raise ValueError(f"年份应在 {_FIRST_YEAR} 到 {_LAST_YEAR} 之间：{self.year}")
        if not 1 <= self.index <= 12 // self.interval.length:
            raise ValueError(f"{self.year} 年没有第 {self.index} 个{self.interval.label}")

    @classmethod
    def parse(cls, code: str) -> Self:
        """Read "2026-10", "2026-Q3", "2026-H1" or "2026"; ValueError for anything else."""
        found = _CODE.fullmatch(code)
        if found is None:
            raise ValueError(f"期别应写成 2026-10、2026-Q3、2026-H1 或 2026，现在是“{code}”")
        year, month, quarter, half = found.groups()
        if month:
            return cls(int(year), Interval.MONTH, int(month))
        if quarter:
            return cls(int(year), Interval.QUARTER, int(quarter))
        if half:
            return cls(int(year), Interval.HALF, int(half))
        return cls(int(year), Interval.YEAR, 1)

    @classmethod
    def from_key(cls, key: int) -> Self:
        """The period whose `.key` this is; ValueError when there is none."""
        year, rest = divmod(key, 100)
        for interval in (Interval.YEAR, Interval.HALF, Interval.QUARTER, Interval.MONTH):
            if rest > _KEY_OFFSETS[interval] or interval is Interval.MONTH:
                return cls(year, interval, rest - _KEY_OFFSETS[interval])
        raise AssertionError("every key belongs to an interval")

    @classmethod
    def month_of(cls, day: date) -> Self:
        """The month in which `day` lies."""
        return cls(day.year, Interval.MONTH, day.month)

    @property
    def key(self) -> int:
        """Integer key: 202610 for a month, 202623 for 2026-Q3, 202631 for 2026-H1, 202641 for 2026."""
        return self.year * 100 + _KEY_OFFSETS[self.interval] + self.index

    @property
    def code(self) -> str:
        """Canonical text that `parse` reads."""
        match self.interval:
            case Interval.MONTH:
                return f"{self.year:04d}-{self.index:02d}"
            case Interval.QUARTER:
                return f"{self.year:04d}-Q{self.index}"
            case Interval.HALF:
                return f"{self.year:04d}-H{self.index}"
            case Interval.YEAR:
                return f"{self.year:04d}"

    @property
    def label(self) -> str:
        """Chinese name: 2026年10月, 2026年第三季度, 2026年上半年, 2026年."""
        match self.interval:
            case Interval.MONTH:
                return f"{self.year}年{self.index}月"
            case Interval.QUARTER:
                return f"{self.year}年第{_QUARTER_WORDS[self.index - 1]}季度"
            case Interval.HALF:
                return f"{self.year}年{_HALF_WORDS[self.index - 1]}半年"
            case Interval.YEAR:
                return f"{self.year}年"

    @property
    def starts_on(self) -> date:
        """First day."""
        return date(self.year, self._first_month, 1)

    @property
    def ends_on(self) -> date:
        """Last day, included."""
        last_month = self._first_month + self.interval.length - 1
        return date(self.year, last_month, monthrange(self.year, last_month)[1])

    @property
    def days(self) -> int:
        """Number of days, both ends included."""
        return (self.ends_on - self.starts_on).days + 1

    @property
    def months(self) -> list["Period"]:
        """The months it consists of, in order."""
        first = self._first_month
        return [Period(self.year, Interval.MONTH, first + step) for step in range(self.interval.length)]

    @property
    def last_month(self) -> "Period":
        """The month in whose reading its obligations are judged."""
        return self.months[-1]

    def shift(self, count: int) -> "Period":
        """The period `count` windows later (earlier when negative)."""
        per_year = 12 // self.interval.length
        year, index = divmod(self.year * per_year + self.index - 1 + count, per_year)
        return Period(year, self.interval, index + 1)

    def previous(self) -> "Period":
        """The window just before."""
        return self.shift(-1)

    def next(self) -> "Period":
        """The window just after."""
        return self.shift(1)

    def trailing(self, count: int) -> list["Period"]:
        """The `count` windows that end with this one, oldest first."""
        return [self.shift(step - count + 1) for step in range(count)]

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on

    def __lt__(self, other: "Period") -> bool:
        return self._order < other._order

    def __le__(self, other: "Period") -> bool:
        return self._order <= other._order

    def __gt__(self, other: "Period") -> bool:
        return self._order > other._order

    def __ge__(self, other: "Period") -> bool:
        return self._order >= other._order

    def __str__(self) -> str:
        return self.code

    @property
    def _first_month(self) -> int:
        return (self.index - 1) * self.interval.length + 1

    @property
    def _order(self) -> tuple[int, int, int]:
        return self.year, self._first_month, -self.interval.length


def window_of(interval: Interval | str, day: date) -> Period:
    """The month, quarter, half or year in which `day` lies."""
    interval = Interval(interval)
    return Period(day.year, interval, (day.month - 1) // interval.length + 1)


def is_due_in(interval: Interval | str, month: Period | int) -> bool:
    """Whether an obligation of this interval is judged in the reading of `month` (a month Period or its key).

    It is judged once, in the month that ends its window: months then add up exactly to quarters and years.
    """
    period = Period.from_key(month) if isinstance(month, int) else month
    if period.interval is not Interval.MONTH:
        raise ValueError(f"需要一个月份，现在是 {period.code}")
    return period.index % Interval(interval).length == 0


def windows_judged_in(month: Period | int) -> list[Period]:
    """The windows whose obligations are judged in `month`, shortest first: itself, then what it ends."""
    period = Period.from_key(month) if isinstance(month, int) else month
    return [window_of(interval, period.ends_on) for interval in Interval if is_due_in(interval, period)]


def months_judging(day: date) -> list[int]:
    """Keys of the months in whose reading an event held on `day` may count, ascending and distinct.

    They are its own month and the months that end its quarter, half-year and year.
    """
    return sorted({window_of(interval, day).last_month.key for interval in Interval})


def add_months(day: date, count: int) -> date:
    """The same day `count` calendar months later, or the last day of a shorter month (31 Jan + 1 = 28/29 Feb)."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def days_between(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included; empty when `last` is earlier."""
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]
