"""What a reader of the cockpit has chosen: the period, and optionally one chain and one sector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from urllib.parse import urlencode

from branches.choices import Chain, Sector
from branches.periods import Interval, Period, window_of


@dataclass(frozen=True)
class Choice:
    """One way to look at a scope; `period` is None while nothing has been computed."""

    period: Period | None
    chain: str = ""
    sector: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str], months: Sequence[Period], today: date) -> Self:
        """Read the query of an address; what is missing or makes no sense falls back to what is usual.

        `months` are those with numbers, newest first. Usual is the newest month that has ended: the one under way
        has had little time.
        """
        period = None
        try:
            period = Period.parse(asked.get("period", ""))
        except ValueError:
            period = None
        if period is None or not any(month in months for month in period.months):
            ended = (month for month in months if month.ends_on < today)
            period = next(ended, months[0] if months else None)
        chain, sector = asked.get("chain", ""), asked.get("sector", "")
        return cls(
            period,
            chain if chain in Chain.values else "",
            sector if sector in Sector.values else "",
        )

    def query(self, **more) -> str:
        """The query of an address that repeats this choice, with `more` added; empty values are left out."""
        asked = {
            "period": self.period.code if self.period else "",
            "chain": self.chain,
            "sector": self.sector,
            **more,
        }
        return urlencode({name: value for name, value in asked.items() if value not in ("", None)})

    def at(self, period: Period) -> "Choice":
        """The same in another period."""
        return replace(self, period=period)


@dataclass(frozen=True)
class PeriodGroup:
    """Periods of one interval, for the selector."""

    label: str
    periods: list[Period]


def period_groups(months: Sequence[Period]) -> list[PeriodGroup]:
    """Months with numbers and the longer windows that contain one, newest first."""
    groups = [PeriodGroup("月", list(months[:24]))]
    for interval, most in ((Interval.QUARTER, 8), (Interval.YEAR, 3)):
        windows = list(dict.fromkeys(window_of(interval, month.starts_on) for month in months))[:most]
        groups.append(PeriodGroup(interval.label, windows))
    return [group for group in groups if group.periods]
