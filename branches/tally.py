"""Done of due (完成/应完成): the two integers from which every rate is made."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Self


@dataclass(frozen=True, slots=True)
class Tally:
    """`done` of `due` items, whole numbers with 0 ≤ done ≤ due; ValueError otherwise."""

    done: int
    due: int

    def __post_init__(self) -> None:
        for count in (self.done, self.due):
            if not isinstance(count, int) or isinstance(count, bool):
                raise ValueError(f"计数必须是整数：{count!r}")
        if not 0 <= self.done <= self.due:
            raise ValueError(f"完成数应在 0 与应完成数之间：{self.done}/{self.due}")

    @classmethod
    def capped(cls, done: int, due: int) -> Self:
        """A tally in which doing more than is due counts as doing what is due."""
        return cls(min(done, due), due)

    @classmethod
    def sum(cls, tallies: Iterable["Tally"]) -> Self:
        """The pooled tally; nothing gives 0 of 0."""
        done = due = 0
        for tally in tallies:
            done += tally.done
            due += tally.due
        return cls(done, due)

    @property
    def rate(self) -> Fraction | None:
        """Exact share done, from 0 to 1; None means no reading: nothing was due."""
        return Fraction(self.done, self.due) if self.due else None

    @property
    def has_reading(self) -> bool:
        """Whether anything was due, so that there is something to judge."""
        return self.rate is not None

    @property
    def percent(self) -> float | None:
        """The rate in percent, for display; None when nothing was due."""
        rate = self.rate
        return None if rate is None else float(100 * rate)

    @property
    def shortfall(self) -> int:
        """Items still owed."""
        return self.due - self.done

    def __add__(self, other: "Tally") -> "Tally":
        if not isinstance(other, Tally):
            return NotImplemented
        return Tally(self.done + other.done, self.due + other.due)

    def __radd__(self, other: int) -> "Tally":
        # The built-in sum() starts from 0.
        if other != 0:
            return NotImplemented
        return self

    def __str__(self) -> str:
        return f"{self.done}/{self.due}"


NOTHING_DUE = Tally(0, 0)
