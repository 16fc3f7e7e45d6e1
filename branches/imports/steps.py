"""What an import would do, row by row; the same for every kind of file."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..choices import RowState
from ..identity import mask
from .cells import SECRET, shown
from .problems import CORRECTABLE, WARNING, Problem


@dataclass(slots=True)
class Change:
    """One field of a stored row: what it holds and what it would hold; `labels` are the words of coded values."""

    field: str
    title: str
    before: Any
    after: Any
    labels: Mapping

    def as_list(self) -> list[str]:
        """Heading, before and after as a preview shows them; of an id number never more than its mask."""
        values = [mask(each) if self.field in SECRET else each for each in (self.before, self.after)]
        return [self.title, *(shown(self.labels.get(each, each)) for each in values)]


@dataclass(slots=True)
class Step:
    """One row of the file: what would happen to it and why not. `target` is the key of the stored row, if any."""

    number: int
    label: str
    place: str
    state: str
    values: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    target: int | None = None

    @property
    def errors(self) -> list[Problem]:
        return [each for each in self.problems if each.is_error]

    @property
    def warnings(self) -> list[Problem]:
        return [each for each in self.problems if not each.is_error]


def soften(problems: list[Problem], accepts_corrections: bool) -> None:
    """Turn errors with one certain correction into warnings when the author accepts it."""
    if accepts_corrections:
        for each in problems:
            if each.kind in CORRECTABLE:
                each.severity = WARNING


def settle(step: Step) -> Step:
    """Set the state that follows from the problems and changes of a step."""
    if any(each.is_error for each in step.problems):
        step.state = RowState.WRONG
    elif step.target is None:
        step.state = RowState.NEW
    else:
        step.state = RowState.CHANGED if step.changes else RowState.UNCHANGED
    return step


class Counts:
    """The numbers of a preview, counted as the steps go by."""

    def __init__(self) -> None:
        self.states: Counter = Counter()
        self.errors: Counter = Counter()
        self.warnings: Counter = Counter()
        self.warned = self.correctable = 0

    def add(self, step: Step) -> None:
        self.states[step.state] += 1
        if not step.problems:
            return
        errors = {each.kind for each in step.problems if each.is_error}
        warnings = {each.kind for each in step.problems if not each.is_error}
        self.errors.update(errors)
        self.warnings.update(warnings)
        self.warned += bool(warnings)
        self.correctable += bool(errors) and errors <= CORRECTABLE

    def add_all(self, steps: Iterable[Step]) -> "Counts":
        for step in steps:
            self.add(step)
        return self

    def of(self, state: str) -> int:
        return self.states.get(state, 0)

    def as_dict(self) -> dict:
        """Rows, rows by state, rows with warnings, rows that only need their certain correction, rows by kind."""
        return {
            "rows": sum(self.states.values()),
            **{state.value.lower(): self.of(state) for state in RowState},
            "warned": self.warned,
            "correctable": self.correctable,
            "errors": dict(self.errors.most_common()),
            "warnings": dict(self.warnings.most_common()),
        }
