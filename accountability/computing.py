"""Units scored together, each with its own faults: pure, on top of the engine."""

import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from . import scoring

MOST_FAULTS = 20
#: Words of the facts file as people know them.
_WORDS = {
    "count": "数量",
    "due": "应有数",
    "value": "数值",
    "level": "档次",
    "points": "分值",
    "yes": "是否达到",
    "applies": "是否适用",
    "reason": "理由",
    "condition": "情形",
    "steps": "降几档",
    "fact": "事实名称",
    "by": "评价方",
    "of": "对象",
} | {name: f"“{kind.label}”" for name, kind in scoring.KINDS.items()}
_WORD = re.compile(rf"\s?(?<![\w“])({'|'.join(_WORDS)})(?![\w”])\s?", re.ASCII)


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
    """A problem of one unit in words, without the address it has in a file."""
    where = problem.field.partition("）")[2]
    message = _WORD.sub(lambda found: _WORDS[found.group(1)], problem.message_zh)
    if where.startswith(".entry["):
        entry = unit.entries[int(where.removeprefix(".entry[").rstrip("]")) - 1]
        name = titles.get(entry.item, entry.item)
        return f"{name}{f' · {entry.fact}' if entry.fact else ''}：{message}"
    if where.startswith(".adjustment["):
        adjustment = unit.adjustments[int(where.removeprefix(".adjustment[").rstrip("]")) - 1]
        return f"{adjustment.kind.label}“{adjustment.reason}”：{message}"
    return message


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
