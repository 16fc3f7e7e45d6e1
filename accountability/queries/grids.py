from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q

from accountability import filling
from accountability.choices import EntryOrigin
from accountability.filling import Ask
from accountability.known import filled_in
from accountability.models import Evaluation, EvaluationEntry, EvaluationRound, RoundScheme
from accountability.scoring import Source


@dataclass(frozen=True)
class GridLine:
    """One fact of an item that the committee may state for all its units, and of how many it is stated."""

    pinned: RoundScheme
    ask: Ask
    stated: int
    units: int
    is_for_committee: bool

    @property
    def left(self) -> int:
        return self.units - self.stated


def grid_lines(round: EvaluationRound) -> list[GridLine]:
    """What a committee fills in item by item, what is its own to state first. Two queries."""
    units = Count("evaluations", filter=Q(evaluations__removed_at__isnull=True))
    pinned = list(round.schemes.select_related("version__scheme").annotate(units=units).order_by("pk"))
    rows = EvaluationEntry.objects.filter(
        evaluation__scheme__in=pinned, evaluation__removed_at__isnull=True, withdrawn_at__isnull=True
    ).exclude(origin=EntryOrigin.ASSESSOR)
    stated: dict[tuple, int] = {
        (scheme, item, fact if applies else None): number
        for scheme, item, fact, applies, number in rows.order_by()
        .values_list("evaluation__scheme", "item", "fact", "applies")
        .annotate(number=Count("evaluation", distinct=True))
    }
    found = []
    for each in pinned:
        known = filled_in(each.version.table)
        for ask in filling.asks_of(each.version.table):
            key = ask.item.key, ask.fact
            if key in known or not is_in_grid(ask):
                continue
            done = stated.get((each.pk, *key), 0) + stated.get((each.pk, ask.item.key, None), 0)
            found.append(GridLine(each, ask, done, each.units, not ask.is_asked_of_unit(False)))
    return sorted(found, key=lambda line: not line.is_for_committee)


def is_in_grid(ask: Ask) -> bool:
    """Whether one row a unit is enough to state it: nothing of assessors, nothing of single members."""
    return ask.item.source is not Source.ASSESSOR and not ask.asks_of and not ask.asks_by


def find_grid(round: EvaluationRound, scheme: int, item: str, fact: str) -> tuple[RoundScheme, Ask] | None:
    """The scheme of a round and the fact of an item that an address names. One query."""
    pinned = round.schemes.select_related("version__scheme").filter(pk=scheme).first()
    if pinned is None:
        return None
    for ask in filling.asks_of(pinned.version.table):
        if (ask.item.key, ask.fact) == (item, fact) and is_in_grid(ask):
            return pinned, ask
    return None


def grid_units(pinned: RoundScheme):
    """The evaluations of a scheme in a round, in the order of the tree, with their round."""
    return (
        Evaluation.objects.filter(scheme=pinned)
        .select_related("organization", "appointment__user", "appointment__organization")
        .order_by("organization__path", "pk")
    )


def stated_of(evaluations: list[Evaluation], ask: Ask) -> dict[int, list[EvaluationEntry]]:
    """What is stated about a fact of an item, by evaluation, not-applicable first. One query."""
    rows = EvaluationEntry.objects.filter(
        evaluation__in=evaluations, item=ask.item.key, withdrawn_at__isnull=True
    ).exclude(origin=EntryOrigin.ASSESSOR)
    found: dict[int, list[EvaluationEntry]] = defaultdict(list)
    for row in rows.select_related("author").order_by("applies", "pk"):
        if not row.applies or (row.fact == ask.fact and not row.of):
            found[row.evaluation_id].append(row)
    return found
