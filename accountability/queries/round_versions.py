"""What it would mean for a round to be scored by another version of its scheme."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from accountability.computing import faults_of, scored
from accountability.models import Evaluation, RoundScheme, SchemeVersion
from accountability.scheme_differences import TableDifference, compare_tables
from accountability.scoring import Refused
from accountability.scoring.rules.marks import readers

from .evaluation_facts import charges_of, evaluations_of, known_of, units_of

#: Units × items that are computed while somebody waits for the page.
MOST = 30_000
SHOWN = 100


@dataclass(frozen=True)
class Change:
    """One whose total or grade would be another."""

    evaluation: Evaluation
    total: Decimal | None
    grade: str


@dataclass(frozen=True)
class Effect:
    """What moving would do: facts nobody would read any more, and whose totals change (None: too many to say now)."""

    difference: TableDifference
    lost: int
    changes: list[Change] | None
    faulty: int
    evaluations: int
    refusal: str = ""

    @property
    def shown(self) -> list[Change]:
        return (self.changes or [])[:SHOWN]


def effect_of(pinned: RoundScheme, version: SchemeVersion, now: datetime) -> Effect:
    """Compute everybody of the scheme by both versions over the facts known at `now`; nothing is written.

    Both, so that what changes is due to the version alone.
    """
    before, after = pinned.version.table, version.table
    difference = compare_tables(before, after)
    evaluations = evaluations_of(pinned)
    size = len(evaluations) * sum(1 for _ in after.items())
    if size > MOST:
        return Effect(difference, 0, None, 0, len(evaluations))
    round, charges = pinned.round, charges_of(pinned)
    read = {(item.key, rule.fact) for _, item in after.items() for rule in readers(item)}
    keys = {item for item, _ in read}
    results, lost, faulty = [], 0, 0
    for table in (before, after):
        known = known_of(table, evaluations, charges, round, now)
        units = units_of(pinned, table, evaluations, charges, known, round)
        if table is after:
            kept = []
            for unit in units:
                entries = tuple(
                    entry
                    for entry in unit.entries
                    if (entry.item, entry.fact) in read
                    or (entry.item in keys and not entry.applies and not entry.fact)
                )
                lost += len(unit.entries) - len(entries)
                kept.append(replace(unit, entries=entries))
            units = kept
        faults = faults_of(table, units)
        if table is after:
            faulty = len(faults)
        sound = [unit for unit in units if unit.id not in faults]
        try:
            results.append(
                {unit.id: (result.total, result.grade or "") for unit, result in scored(table, sound)}
            )
        except Refused as refusal:
            return Effect(difference, lost, [], faulty, len(evaluations), str(refusal))
    old, new = results
    changes = [
        Change(each, *new.get(str(each.pk), (None, "")))
        for each in evaluations
        if new.get(str(each.pk)) != old.get(str(each.pk))
    ]
    changes.sort(key=lambda change: change.evaluation.organization.path)
    return Effect(difference, lost, changes, faulty, len(evaluations))
