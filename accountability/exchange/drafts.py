"""A template as it was read from a file, whole or with what is wrong: where, in which column, and how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from accountability.editions import FACTS, ITEM, freeze, thaw
from accountability.held import find_held
from accountability.requirements import TEXTS, faults_of
from branches.identity import CellError

from .values import FACT_DEFAULTS, ITEM_DEFAULTS, YearlyDay

LARGEST = 2 * 1024 * 1024  # bytes of a file
MOST_ITEMS = 200
_NEEDED_FACTS = ("code", "title", "kind", "year", "source")
_NEEDED = ("heading", "content", "interval")


@dataclass(frozen=True)
class Fault:
    """Something about one value: `place` is a row, a cell or an item as the author sees it."""

    place: str
    column: str
    message: str


@dataclass
class Entry:
    """What one row, or one [[item]], says: the values that could be read, and where it stands."""

    values: dict
    place: str
    refused: set[str] = field(default_factory=set)
    cells: Mapping[str, str] = field(default_factory=dict)

    def fault(self, name: str, label: str, message: str) -> Fault:
        return Fault(self.cells.get(name) or self.place, label, message)


@dataclass
class Draft:
    """Facts and items as plain values; with `faults` nothing of it may be written, `hints` only warn."""

    facts: dict
    items: list[dict]
    faults: list[Fault] = field(default_factory=list)
    hints: list[Fault] = field(default_factory=list)

    @property
    def edition(self) -> dict:
        """The draft as a frozen edition, to be laid beside a stored one."""
        return {
            "facts": {name: self.facts.get(name) for name in FACTS},
            "items": [
                {"key": None, "number": number} | freeze({name: item[name] for name in ITEM})
                for number, item in enumerate(self.items, start=1)
            ],
        }

    @classmethod
    def of(cls, edition: Mapping) -> "Draft":
        """What `edition` was made from."""
        return cls(
            dict(edition["facts"]),
            [thaw({name: item[name] for name in ITEM}) for item in edition["items"]],
        )


def make_draft(facts: Entry, entries: list[Entry], faults: list[Fault]) -> Draft:
    """Fill in what follows from the template and judge the whole; `faults` are those found while reading."""
    faults = list(faults)
    for name in _NEEDED_FACTS:
        if facts.values.get(name) in (None, "") and name not in facts.refused:
            faults.append(facts.fault(name, FACTS[name], "没有填写。"))
    known = FACT_DEFAULTS | facts.values
    year = known.get("year")
    if not entries:
        faults.append(Fault(facts.place, "", "没有条目，请至少填写一条。"))
    if len(entries) > MOST_ITEMS:
        faults.append(Fault(entries[MOST_ITEMS].place, "", f"一份模板最多{MOST_ITEMS}条，请分成几份。"))
    hints: list[Fault] = []
    items = [_item(entry, known.get("source", ""), year, faults, hints) for entry in entries[:MOST_ITEMS]]
    return Draft(known, items, faults, hints)


def _item(entry, source, year, faults, hints) -> dict:
    values = ITEM_DEFAULTS | {"legal_basis": source} | entry.values
    if not values["legal_basis"]:
        values["legal_basis"] = source
    if year and values.get("sunset_on") is None and "sunset_on" not in entry.refused:
        values["sunset_on"] = date(year, 12, 31)
    refused = set(entry.refused)
    for name in ("deadline", "sunset_on"):
        if isinstance(values.get(name), YearlyDay):
            try:
                values[name] = values[name].in_year(year) if year else None
            except CellError as error:
                values[name] = None
                refused.add(name)
                faults.append(entry.fault(name, ITEM[name], f"{error.message}。"))
    for name in _NEEDED:
        if not values.get(name) and name not in refused:
            faults.append(entry.fault(name, ITEM[name], "没有填写。"))
    values = {name: values.get(name) for name in ITEM}
    if year:
        for name, messages in faults_of(values, year).items():
            if name not in refused:
                faults += [entry.fault(name, ITEM[name], message) for message in messages]
    for name in TEXTS:
        hints += [entry.fault(name, ITEM[name], str(hint)) for hint in find_held(values.get(name) or "")]
    return values
