"""How one edition of a scheme differs from another: the head, lines and items by their codes, rules as sentences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accountability.scheme_tables import sentence
from accountability.scoring import Scheme
from accountability.scoring.numbers import plain

from .spreadsheet import (
    DEFAULTS,
    HEAD_ROWS,
    ITEM_COLUMNS,
    ITEM_DEFAULTS,
    LINE_COLUMNS,
    LINE_DEFAULTS,
    Entry,
    in_cell,
)


@dataclass(frozen=True)
class Detail:
    """One value before and after; empty for nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """What happens to the head, a line or an item: `kind` is added, removed or changed."""

    kind: str
    what: str
    title: str
    details: tuple[Detail, ...]

    @property
    def label(self) -> str:
        """Chinese name of the kind."""
        return {"added": "新增", "removed": "删去", "changed": "改动"}[self.kind]

    @property
    def tone(self) -> str:
        """The badge it bears."""
        return {"added": "ok", "removed": "alert", "changed": "note"}[self.kind]


def compare(old: Scheme | None, new: Scheme) -> list[Change]:
    """Every change from `old` to `new`, in the order of the new table, what is taken away last."""
    lines = [{each.key: each for each in table.lines} if table else {} for table in (old, new)]
    items = [{each.key: each for _, each in table.items()} if table else {} for table in (old, new)]
    homes = [{each.key: line.title for line, each in table.items()} if table else {} for table in (old, new)]

    def of_line(before, after):
        return (
            *_details(LINE_COLUMNS[1:], LINE_DEFAULTS, before, after),
            *_rule_details(old, before.rules if before else (), new, after.rules),
        )

    def of_item(before, after):
        home = Detail("分类", *(each.get(after.key, "") for each in homes))
        return (
            *((home,) if home.before != home.after else ()),
            *_details(ITEM_COLUMNS[2:], ITEM_DEFAULTS, before, after),
            *_rule_details(old, before.rules if before else (), new, after.rules),
        )

    found = []
    if old and (
        details := (*_details(HEAD_ROWS, DEFAULTS, old, new), *_rule_details(old, old.rules, new, new.rules))
    ):
        found.append(Change("changed", "办法", new.title, details))
    found += [*_rows("分类", lines[0], lines[1], of_line), *_rows("评价项", items[0], items[1], of_item)]
    if not found and old != new:
        found.append(
            Change("changed", "办法", new.title, (Detail("次序", "", "分类、评价项或规则换了位置"),))
        )
    return found


def _rows(what: str, before: Mapping[str, Any], after: Mapping[str, Any], details) -> Iterable[Change]:
    for key, row in after.items():
        if key not in before:
            yield Change("added", what, row.title, details(None, row))
        elif changed := details(before[key], row):
            yield Change("changed", what, row.title, changed)
    for key, row in before.items():
        if key not in after:
            yield Change("removed", what, row.title, ())


def _details(entries: Sequence[Entry], defaults: Mapping[str, Any], before, after) -> Iterable[Detail]:
    for each in entries:
        one, two = (
            _said(each, getattr(row, each.field), defaults) if row is not None else ""
            for row in (before, after)
        )
        if one != two:
            yield Detail(each.title, one, two)


def _said(entry: Entry, value: Any, defaults: Mapping[str, Any]) -> str:
    cell = in_cell(entry, value, defaults)
    return plain(cell) if isinstance(cell, Decimal) else cell


def _rule_details(old: Scheme | None, before, new: Scheme, after) -> Iterable[Detail]:
    """Rules that went and came; one that stands in the place of another is shown beside it."""
    gone = [sentence(old, rule) for rule in before if rule not in after] if old else []
    come = [sentence(new, rule) for rule in after if rule not in before]
    for number in range(max(len(gone), len(come))):
        one, two = (each[number] if number < len(each) else "" for each in (gone, come))
        yield Detail("规则", one, two)
