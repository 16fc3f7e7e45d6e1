"""The facts of a round as the engine reads them: everything stated and known about every unit of one scheme."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from accountability import filling, scoring
from accountability.choices import EntryOrigin
from accountability.models import (
    Adjustment,
    EntryEvidence,
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
    Fact,
    RoundScheme,
)
from branches.models import Organization

from .known_facts import Known, known_facts

Charges = dict[int, list[tuple[str, Organization]]]


def evaluations_of(pinned: RoundScheme) -> list[Evaluation]:
    """Everything of a round that is scored by one scheme, with what names it. One query."""
    return list(
        pinned.evaluations.select_related(
            "organization", "appointment__user", "appointment__organization"
        ).order_by("pk")
    )


def charges_of(pinned: RoundScheme) -> Charges:
    """The units in the charge of each evaluation, with the names that facts about them bear. One query."""
    through = Evaluation.in_charge_of.through.objects.filter(
        evaluation__scheme=pinned, evaluation__removed_at__isnull=True
    )
    found: Charges = defaultdict(list)
    for row in through.select_related("organization").order_by("organization__path"):
        found[row.evaluation_id].append((str(row.organization), row.organization))
    return dict(found)


def known_of(
    table: scoring.Scheme,
    evaluations: list[Evaluation],
    charges: Charges,
    round: EvaluationRound,
    cutoff: datetime,
) -> dict[int, Known]:
    """What the system knows, by evaluation. Units in charge that are scored beside are left to their own facts."""
    beside = _beside(evaluations)
    apart = {
        pk: [(name, unit) for name, unit in named if unit.pk not in beside] for pk, named in charges.items()
    }
    return known_facts(table, evaluations, round.starts_on, round.ends_on, cutoff, apart)


def units_of(
    pinned: RoundScheme,
    table: scoring.Scheme,
    evaluations: list[Evaluation],
    charges: Charges,
    known: Mapping[int, Known],
    round: EvaluationRound,
) -> list[scoring.Unit]:
    """The units with their facts, in the order of `evaluations`. Three queries.

    Facts count that were not withdrawn; of assessors what was handed in, each body as one; what a dispute corrected
    in the place of what the system says. Adjustments count whose day lies in the period.
    """
    beside = _beside(evaluations)
    entries = _entries(pinned, table, {pk: _ids(named, beside) for pk, named in charges.items()})
    adjustments = _adjustments(pinned, table, evaluations, round)
    units = []
    for evaluation in evaluations:
        facts = known.get(evaluation.pk, Known((), {}, ()))
        ids = _ids(charges.get(evaluation.pk, ()), beside)
        units.append(
            scoring.Unit(
                id=str(evaluation.pk),
                name=str(evaluation),
                group=evaluation.group,
                coefficient=evaluation.coefficient,
                numbers=evaluation.numbers | facts.numbers,
                members=facts.members,
                in_charge_of=tuple(ids.values()),
                entries=tuple(entries.get(evaluation.pk, ())),
                adjustments=tuple(adjustments.get(_whose(evaluation), ())),
            )
        )
    return units


def _beside(evaluations) -> dict[int, str]:
    """The units that are scored by the same table, by their keys: the identities they have in the facts."""
    return {each.organization_id: str(each.pk) for each in evaluations if each.appointment_id is None}


def _ids(named, beside: Mapping[int, str]) -> dict[str, str]:
    """By name, what each unit in somebody's charge is called in the facts."""
    return {name: beside.get(unit.pk, name) for name, unit in named}


def _whose(evaluation) -> tuple[int, int | None]:
    return evaluation.organization_id, evaluation.appointment.user_id if evaluation.appointment else None


#: What is read of an entry, in this order: its key, whose it is, where it came from, its flags, what it says.
_COLUMNS = ("pk", "evaluation", "origin", "flags", *Fact.SAID)


def _entries(pinned, table, ids: Mapping[int, Mapping[str, str]]) -> dict[int, list[scoring.Entry]]:
    """Two queries."""
    rows = EvaluationEntry.objects.filter(
        Q(sheet__isnull=True) | Q(sheet__submitted_at__isnull=False),
        evaluation__scheme=pinned,
        evaluation__removed_at__isnull=True,
        withdrawn_at__isnull=True,
    ).order_by("pk")
    evidence: dict[int, list[str]] = defaultdict(list)
    for entry, words in (
        EntryEvidence.objects.filter(entry__evaluation__scheme=pinned, entry__withdrawn_at__isnull=True)
        .order_by("pk")
        .values_list("entry", "words")
    ):
        evidence[entry].append(words)
    found: dict[int, list[scoring.Entry]] = defaultdict(list)
    corrected, filled = set(), []
    assessed: dict[tuple, list[scoring.Entry]] = defaultdict(list)
    for pk, whose, origin, flags, *said in rows.values_list(*_COLUMNS).iterator(chunk_size=5000):
        entry = scoring.Entry(
            **dict(zip(Fact.SAID, said, strict=True)),
            flags=tuple(flags),
            evidence=tuple(evidence.get(pk, ())),
        )
        if whose in ids and entry.of in ids[whose]:
            entry = replace(entry, of=ids[whose][entry.of])
        key = (whose, entry.item, entry.fact, entry.of)
        if origin == EntryOrigin.ASSESSOR:
            assessed[*key, entry.by].append(entry)
        elif origin == EntryOrigin.SYSTEM:
            filled.append((key, entry))
        else:
            if origin == EntryOrigin.CORRECTED:
                corrected.add(key)
            found[whose].append(entry)
    for key, entry in filled:
        if key not in corrected:
            found[key[0]].append(entry)
    asks = {(ask.item.key, ask.fact): ask for ask in filling.asks_of(table)} if assessed else {}
    for (whose, item, fact, *_), several in assessed.items():
        ask = asks.get((item, fact))
        found[whose] += filling.pooled(ask, several) if ask and len(several) > 1 else several
    return found


def _adjustments(
    pinned, table, evaluations: Iterable[Evaluation], round
) -> dict[tuple, list[scoring.Adjustment]]:
    """One query. What the table has no rule for belongs to another table: it changes nothing, and is left out."""
    rows = (
        Adjustment.objects.filter(
            organization__in=pinned.evaluations.order_by().values("organization"),
            on__range=(round.starts_on, round.ends_on),
            withdrawn_at__isnull=True,
        )
        .select_related("appointment")
        .order_by("on", "pk")
    )
    found = defaultdict(list)
    for row in rows:
        adjustment = row.as_adjustment()
        if scoring.heeds(table, adjustment):
            user = row.appointment.user_id if row.appointment else None
            found[row.organization_id, user].append(adjustment)
    return found
