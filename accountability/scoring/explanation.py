"""The result of an evaluation and how it came about: fact → rule → item → line → total → grade."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from accountability.scoring.facts import Entry
from accountability.scoring.numbers import EXACT, ONE, ZERO, divide, plain


@dataclass(frozen=True, slots=True)
class Step:
    """A value and what it is made of: `points` is the sum of `parts` × `times` ÷ `over`.

    What has no parts stands by itself, with the `facts` it was read from. `what` is one of fact, rule, start, limit,
    inapplicable, share, item, line, weight, adjustment, sum, coefficient, scale, rank, round, veto, total.
    """

    what: str
    key: str
    label: str
    points: Decimal
    because: str = ""
    parts: tuple["Step", ...] = ()
    times: Decimal = ONE
    over: Decimal = ONE
    facts: tuple[Entry, ...] = ()
    about: dict = field(default_factory=dict)
    unfilled: bool = False

    @classmethod
    def of(cls, what, key, label, parts, because="", *, times=ONE, over=ONE, **facts) -> "Step":
        """The step that its parts make."""
        parts = tuple(parts)
        points = sum((part.points for part in parts), ZERO)
        if times != ONE or over != ONE:
            points = divide(points * times, over)
        return cls(what, key, label, points, because, parts, times, over, **facts)

    def walk(self) -> Iterator["Step"]:
        """Itself and everything beneath it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def earned(self, what: str, key: str) -> Decimal | None:
        """What one item or line brought in, before the weight of its line; None when it is not beneath."""
        if self.what == what and self.key == key:
            return self.points
        found = [points for part in self.parts if (points := part.earned(what, key)) is not None]
        if not found:
            return None
        total = sum(found, ZERO)
        return total if self.what != "share" else divide(total * self.times, self.over)

    def earnings(self) -> dict[tuple[str, str], Decimal]:
        """What `earned` says of every line and item beneath, by (what, key)."""
        found = {(self.what, self.key): self.points} if self.what in ("line", "item") else {}
        inside: dict[tuple[str, str], Decimal] = {}
        for part in self.parts:
            for key, points in part.earnings().items():
                inside[key] = inside.get(key, ZERO) + points
        if self.what == "share":
            inside = {key: divide(points * self.times, self.over) for key, points in inside.items()}
        return inside | found

    def as_dict(self) -> dict:
        """Plain values; numbers as text, so that no digit is lost."""
        found: dict[str, Any] = {
            "what": self.what,
            "key": self.key,
            "label": self.label,
            "points": plain(self.points),
        }
        if self.because:
            found["because"] = self.because
        if self.times != ONE:
            found["times"] = plain(self.times)
        if self.over != ONE:
            found["over"] = plain(self.over)
        if self.unfilled:
            found["unfilled"] = True
        if self.about:
            found["about"] = self.about
        if self.facts:
            found["facts"] = [entry.as_dict() for entry in self.facts]
        if self.parts:
            found["parts"] = [part.as_dict() for part in self.parts]
        return found


@dataclass(frozen=True)
class GradeStep:
    """One decision about the grade; `grade` is what it is after it."""

    kind: str
    grade: str | None
    because: str

    def as_dict(self) -> dict:
        """Plain values."""
        return {"kind": self.kind, "grade": self.grade, "because": self.because}


@dataclass(frozen=True)
class Missing:
    """What nobody has filled in: the item, the name of the fact, and within which share."""

    item: str
    title: str
    fact: str = ""
    share: str = ""

    def __str__(self) -> str:
        return " · ".join(part for part in (self.share, self.title, self.fact) if part)

    def as_dict(self) -> dict:
        """Plain values."""
        values = {"item": self.item, "title": self.title, "fact": self.fact, "share": self.share}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class Result:
    """One unit's total and grade; `explanation` is the tree of the total."""

    id: str
    name: str
    total: Decimal
    grade: str | None
    explanation: Step
    grading: tuple[GradeStep, ...] = ()
    missing: tuple[Missing, ...] = ()

    def item_points(self, key: str) -> Decimal | None:
        """The points of one item, unrounded."""
        with localcontext(EXACT):
            return self.explanation.earned("item", key)

    def line_points(self, key: str) -> Decimal | None:
        """The points of one line before its weight, unrounded."""
        with localcontext(EXACT):
            return self.explanation.earned("line", key)

    def as_dict(self) -> dict:
        """Plain values; the total as text, lines and items by key."""
        with localcontext(EXACT):
            earnings = self.explanation.earnings()
        return {
            "id": self.id,
            "name": self.name,
            "total": str(self.total),
            "grade": self.grade,
            "lines": {key: plain(points) for (what, key), points in earnings.items() if what == "line"},
            "items": {key: plain(points) for (what, key), points in earnings.items() if what == "item"},
            "explanation": self.explanation.as_dict(),
            "grading": [step.as_dict() for step in self.grading],
            "missing": [each.as_dict() for each in self.missing],
        }


@dataclass(frozen=True)
class Evaluation:
    """The results of the units that were evaluated together, in the order in which they were given."""

    scheme: str
    title: str
    results: tuple[Result, ...]

    def __getitem__(self, unit: str) -> Result:
        return next(result for result in self.results if result.id == unit)

    def as_dict(self) -> dict:
        """Plain values."""
        return {
            "scheme": self.scheme,
            "title": self.title,
            "units": [result.as_dict() for result in self.results],
        }
