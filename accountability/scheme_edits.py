"""Changes to a scoring table piece by piece: each takes a table and hands back another.

A piece is told by its address: "scheme", "line:KEY", "item:KEY", or "rule:NUMBER:" before one of them.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .scoring import Item, Line, Rule, Scheme


class Gone(LookupError):
    """The piece is not in the table any more."""


@dataclass(frozen=True)
class Spot:
    """Where a piece stands: `kind` is scheme, line or item; with `rule` it is the rule of that number there."""

    kind: str
    key: str = ""
    rule: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Spot":
        """Read an address; `Gone` when it is none."""
        rule = None
        if text.startswith("rule:"):
            number, _, text = text[len("rule:") :].partition(":")
            if not number.isascii() or not number.isdigit() or len(number) > 3:
                raise Gone(text)
            rule = int(number)
        kind, _, key = text.partition(":")
        if kind not in ("scheme", "line", "item") or (kind == "scheme") == bool(key):
            raise Gone(text)
        return cls(kind, key, rule)

    @property
    def holder(self) -> "Spot":
        """The scheme, line or item itself."""
        return Spot(self.kind, self.key)

    def at(self, rule: int) -> "Spot":
        """The rule of that number there."""
        return Spot(self.kind, self.key, rule)

    def __str__(self) -> str:
        text = f"{self.kind}:{self.key}" if self.key else self.kind
        return text if self.rule is None else f"rule:{self.rule}:{text}"


def piece(table: Scheme, spot: Spot) -> Any:
    """The scheme, line, item or rule at an address; `Gone` when there is none."""
    if spot.rule is not None:
        rules = piece(table, spot.holder).rules
        if not 1 <= spot.rule <= len(rules):
            raise Gone(str(spot))
        return rules[spot.rule - 1]
    if spot.kind == "scheme":
        return table
    rows = table.lines if spot.kind == "line" else [item for _, item in table.items()]
    for row in rows:
        if row.key == spot.key:
            return row
    raise Gone(str(spot))


def mark_of(found: Any) -> str:
    """Tells apart two states of a piece."""
    return hashlib.sha256(repr(found).encode()).hexdigest()[:24]


def line_of(table: Scheme, key: str) -> Line:
    """The line in which an item stands; `Gone` when there is no such item."""
    for line, item in table.items():
        if item.key == key:
            return line
    raise Gone(key)


def put(table: Scheme, spot: Spot, new: Any) -> Scheme:
    """The table with the piece at an address replaced by `new`; taken away when that is None."""
    piece(table, spot)
    if spot.rule is not None:
        holder = piece(table, spot.holder)
        return put(table, spot.holder, replace(holder, rules=_with(holder.rules, spot.rule - 1, new)))
    if spot.kind == "scheme":
        return new
    if spot.kind == "line":
        place = [line.key for line in table.lines].index(spot.key)
        return replace(table, lines=_with(table.lines, place, new))
    line = line_of(table, spot.key)
    place = [item.key for item in line.items].index(spot.key)
    return put(table, Spot("line", line.key), replace(line, items=_with(line.items, place, new)))


def add_line(table: Scheme, line: Line) -> Scheme:
    """The table with a line more at its end."""
    return replace(table, lines=(*table.lines, line))


def add_item(table: Scheme, line: str, item: Item) -> Scheme:
    """The table with an item more at the end of a line."""
    holder = piece(table, Spot("line", line))
    return put(table, Spot("line", line), replace(holder, items=(*holder.items, item)))


def add_rule(table: Scheme, spot: Spot, rule: Rule) -> Scheme:
    """The table with a rule more at an address; the same rule twice would score every fact twice, and is one."""
    holder = piece(table, spot.holder)
    if rule in holder.rules:
        return table
    return put(table, spot.holder, replace(holder, rules=(*holder.rules, rule)))


def move(table: Scheme, spot: Spot, step: int) -> Scheme:
    """The table with a piece one place up (−1) or down (+1); an item at the edge goes over into the next line."""
    piece(table, spot)
    if spot.rule is not None:
        holder = piece(table, spot.holder)
        return put(table, spot.holder, replace(holder, rules=_exchanged(holder.rules, spot.rule - 1, step)))
    if spot.kind == "line":
        place = [line.key for line in table.lines].index(spot.key)
        return replace(table, lines=_exchanged(table.lines, place, step))
    if spot.kind != "item":
        raise Gone(str(spot))
    line = line_of(table, spot.key)
    place = [item.key for item in line.items].index(spot.key)
    if 0 <= place + step < len(line.items):
        return put(table, Spot("line", line.key), replace(line, items=_exchanged(line.items, place, step)))
    position = [each.key for each in table.lines].index(line.key) + step
    if not 0 <= position < len(table.lines):
        return table
    item, other = line.items[place], table.lines[position]
    table = put(table, Spot("item", spot.key), None)
    items = (item, *other.items) if step > 0 else (*other.items, item)
    return put(table, Spot("line", other.key), replace(other, items=items))


def fresh_key(table: Scheme, letter: str) -> str:
    """A key that no line or item of the table bears."""
    taken = {line.key for line in table.lines} | {item.key for _, item in table.items()}
    number = 1
    while f"{letter}{number}" in taken:
        number += 1
    return f"{letter}{number}"


def _with(rows: Sequence, place: int, new: Any) -> tuple:
    kept = () if new is None else (new,)
    return (*rows[:place], *kept, *rows[place + 1 :])


def _exchanged(rows: Sequence, place: int, step: int) -> tuple:
    other = place + step
    if not 0 <= other < len(rows):
        return tuple(rows)
    found = list(rows)
    found[place], found[other] = found[other], found[place]
    return tuple(found)


Change = Callable[[Scheme], Scheme]
