"""Rules of 民主评议 and 组织处置 as plain values: shares, terms, the order of steps. Nothing here decides for anybody."""

from collections.abc import Iterable
from datetime import date

from branches.periods import add_months

#: 优秀 are at most one in so many of the members who are graded.
EXCELLENT_ONE_IN = 3
#: 限期改正 lasts at most so many calendar months.
MOST_IMPROVE_MONTHS = 12
#: The steps of 组织处置, in the order in which they are taken; values of `choices.DispositionStepKind`.
STEPS = ("VERIFY", "COMMITTEE", "PREEXAMINE", "ASSEMBLY", "APPROVE", "ANNOUNCE", "FOLLOW")
#: Steps that the committee above takes.
STEPS_ABOVE = ("PREEXAMINE", "APPROVE")
#: Steps at which nothing is agreed to or not: they are done.
PLAIN_STEPS = ("ANNOUNCE",)


def most_excellent(graded: int) -> int:
    """How many of `graded` members may be 优秀: one third, rounded down."""
    return graded // EXCELLENT_ONE_IN


def latest_improvement(day: date) -> date:
    """The last day to which a term of 限期改正 that begins on `day` may run."""
    return add_months(day, MOST_IMPROVE_MONTHS)


def steps_of(kind: str, *, has_committee: bool) -> tuple[str, ...]:
    """The steps a case of `kind` has: no 支委会 where the branch has none, 转化考察 only after 限期改正."""
    return tuple(
        step
        for step in STEPS
        if (step != "COMMITTEE" or has_committee) and (step != "FOLLOW" or kind == "IMPROVE")
    )


def next_step(order: tuple[str, ...], taken: Iterable[tuple[str, bool]]) -> str | None:
    """The step that comes next after `taken`, pairs (step, whether it passed); None at the end.

    What is not agreed to goes back to the first step; 转化考察 is the last whatever it found. A step that the case has
    no more (the branch lost its 支委会) counts as passed over.
    """
    place = 0
    for step, passed in taken:
        if step == "FOLLOW":
            return None
        if not passed:
            place = 0
        elif step in order:
            place = order.index(step) + 1
    return order[place] if place < len(order) else None
