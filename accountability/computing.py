"""Units scored together, each with its own faults: pure, on top of the engine."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from . import scoring

MOST_FAULTS = 20


def faults_of(table: scoring.Scheme, units: Sequence[scoring.Unit]) -> dict[str, list[str]]:
    """What stands in the way of scoring, in words, by the identity of the unit."""
    if not units or not any(each.blocks for each in scoring.check_facts(table, scoring.Facts(tuple(units)))):
        return {}
    titles = {item.key: item.title for _, item in table.items()}
    found = {}
    for unit in units:
        problems = [each for each in scoring.check_facts(table, scoring.Facts((unit,))) if each.blocks]
        if problems:
            found[unit.id] = [_told(unit, titles, each) for each in problems[:MOST_FAULTS]]
    return found


def _told(unit, titles, problem) -> str:
    """A problem of one unit without the address it has in a file."""
    where = problem.field.partition("）")[2]
    if where.startswith(".entry["):
        entry = unit.entries[int(where.removeprefix(".entry[").rstrip("]")) - 1]
        name = titles.get(entry.item, entry.item)
        return f"{name}{f' · {entry.fact}' if entry.fact else ''}：{problem.message_zh}"
    if where.startswith(".adjustment["):
        adjustment = unit.adjustments[int(where.removeprefix(".adjustment[").rstrip("]")) - 1]
        return f"{adjustment.kind.label}“{adjustment.reason}”：{problem.message_zh}"
    return problem.message_zh


def scored(table, units) -> Iterator[tuple[scoring.Unit, scoring.Result]]:
    """The units with their results, each let go of as it is handed over; `faults_of` has named none of them."""
    if not units:
        return
    evaluated = scoring.evaluate(table, scoring.Facts(tuple(units)), are_checked=True)
    results = list(reversed(evaluated.results))
    del evaluated
    for unit in units:
        yield unit, results.pop()


@contextmanager
def without_collector():
    """Without the collector of cyclic garbage: explanations have no cycles, and looking for some takes half the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
