"""Carried sums counted one organisation at a time in plain Python: the yardstick of the set-based SQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True)
class Node:
    """One organisation: its parent's key (None at the top), its level, and by measure the integers due and done."""

    key: object
    parent: object
    level: object
    due: Mapping[str, int] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)


def brute_force_carried(nodes: Iterable[Node], theta: Fraction = Fraction(4, 5)):
    """Sum due and done by level and measure over the nodes whose nearest parent reached `theta` on that measure.

    The nearest parent is the closest organisation above that owes the measure: one that owes nothing of it, as a
    missing level, is passed over. Returns {level: {measure: (carried_done, carried_due)}}.
    """
    by_key = {node.key: node for node in nodes}
    sums: dict = {}
    for node in by_key.values():
        for measure, due in node.due.items():
            if not due:
                continue
            above = by_key.get(node.parent)
            while above is not None and not above.due.get(measure, 0):
                above = by_key.get(above.parent)
            if above is None:
                continue
            if Fraction(above.done.get(measure, 0), above.due[measure]) < theta:
                continue
            done_sum, due_sum = sums.setdefault(node.level, {}).get(measure, (0, 0))
            sums[node.level][measure] = (done_sum + node.done.get(measure, 0), due_sum + due)
    return sums
