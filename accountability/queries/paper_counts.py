"""What one person counting papers sees: their own figures, and of the other's only where both differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from accountability.actions.paper_counts import as_paper, is_countable, may_count
from accountability.models import PaperCount, Poll, PollSubject
from accountability.papers import COUNTERS, SUMS, differences
from branches.access import Actor


class Stand(StrEnum):
    """How far the count of one category is, for the one who looks."""

    OPEN = "open"
    WAITING = "waiting"
    DIFFERENT = "different"
    AGREED = "agreed"
    TAKEN = "taken"


@dataclass(frozen=True)
class Cell:
    """One figure to type: what stands in it, what is wrong with it, what the other one has where it differs."""

    name: str
    label: str
    value: str
    differs: bool = False
    other: int | None = None


@dataclass(frozen=True)
class SubjectLine:
    subject: PollSubject
    cells: list[Cell]
    error: str = ""


@dataclass(frozen=True)
class SumCell:
    cell: Cell
    error: str = ""


@dataclass(frozen=True)
class CountPage:
    poll: Poll
    category: str
    stand: Stand
    sums: list[SumCell]
    lines: list[SubjectLine]
    own: PaperCount | None
    other: PaperCount | None
    may_enter: bool
    papers: int
    counts: int
    problems: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many figures differ."""
        cells = [each.cell for each in self.sums] + [cell for line in self.lines for cell in line.cells]
        return sum(cell.differs for cell in cells)


def count_page(
    poll: Poll, actor: Actor, category: str, typed: Mapping[str, str] | None = None, errors=None
) -> CountPage:
    """Three queries; `typed` is what was sent and could not be saved, `errors` what is wrong with it, by field."""
    errors = errors or {}
    subjects = list(poll.subjects.order_by("number"))
    counts = list(poll.paper_counts.filter(category=category).select_related("author").order_by("pk"))
    own = next((each for each in counts if each.author_id == actor.user.pk), None)
    other = next((each for each in counts if each.author_id != actor.user.pk), None) if own else None
    stand = _stand(own, other, len(counts))
    found = differences(as_paper(own), as_paper(other)) if own and other else set()

    def cell(name, label, key, mine, theirs) -> Cell:
        value = typed.get(name, "") if typed is not None else "" if mine is None else str(mine)
        return Cell(name, label, value, key in found, theirs if key in found else None)

    return CountPage(
        poll=poll,
        category=category,
        stand=stand,
        sums=[
            SumCell(
                cell(name, label, name, getattr(own, name, None), getattr(other, name, None)),
                " ".join(errors.get(name, [])),
            )
            for name, label in SUMS.items()
        ],
        lines=[
            SubjectLine(
                each,
                [
                    cell(
                        f"n_{each.number}_{place}",
                        choice,
                        (each.number, choice),
                        _figure(own, each.number, choice),
                        _figure(other, each.number, choice),
                    )
                    for place, choice in enumerate(poll.choices)
                ],
                " ".join(errors.get(f"subject_{each.number}", [])),
            )
            for each in subjects
        ],
        own=own,
        other=other,
        may_enter=is_countable(poll) and may_count(actor, poll) and stand not in (Stand.AGREED, Stand.TAKEN),
        papers=poll.voters.filter(category=category, has_voted=False).count(),
        counts=len(counts),
        problems=errors.get("__all__", []),
    )


def _stand(own, other, number) -> Stand:
    if own is None:
        return Stand.TAKEN if number >= COUNTERS else Stand.OPEN
    if other is None:
        return Stand.WAITING
    return Stand.DIFFERENT if differences(as_paper(own), as_paper(other)) else Stand.AGREED


def _figure(row, number, choice) -> int | None:
    return row.numbers.get(str(number), {}).get(choice, 0) if row else None
