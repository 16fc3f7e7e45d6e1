from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from accountability import filling
from accountability.choices import EntryOrigin, ObjectionState, RoundState
from accountability.evaluation_access import (
    is_evaluated,
    may_change_entry,
    may_state,
    runs_round,
)
from accountability.filling import Ask
from accountability.known import filled_in, find_datum
from accountability.models import DutyRecord, Evaluation, EvaluationEntry, Objection
from accountability.queries.units import charges_of, members_of
from accountability.scoring import Item, Line, Source
from branches.access import Actor
from branches.models import Meeting

#: So many records of a unit are offered as evidence, the newest first.
MOST_CHOICES = 200


@dataclass(frozen=True)
class EntryRow:
    """An entry as a page shows it: its words, where it is from, what it rests on, and the objection to it."""

    entry: EvaluationEntry
    source: str
    objection: Objection | None
    may_change: bool
    may_dispute: bool
    may_take_back: bool = False

    @property
    def words(self) -> str:
        return filling.words(self.entry.as_entry())

    @property
    def files(self):
        return [each for each in self.entry.files.all() if each.removed_at is None]

    @property
    def who(self) -> str:
        post = self.entry.appointment
        return f"{post.organization} {self.entry.author}" if post else str(self.entry.author or "")


@dataclass(frozen=True)
class AskRow:
    """One fact of an item: what is stated, and whether the actor may state (more of) it."""

    ask: Ask
    entries: list[EntryRow]
    is_known: bool
    may_add: bool
    about: tuple[str, ...] = ()

    @property
    def is_owed(self) -> bool:
        """Whether it is still missing, and it is for the actor to state it."""
        if not (self.may_add and self.ask.is_owed):
            return False
        if self.ask.asks_of:
            return len({each.entry.of for each in self.entries}) < len(self.about)
        return not self.entries


@dataclass(frozen=True)
class ItemRow:
    """One item with its facts; `closed` is what says that it does not apply."""

    line: Line
    item: Item
    asks: list[AskRow]
    closed: EntryRow | None

    @property
    def has_entries(self) -> bool:
        return any(each.entries for each in self.asks)

    @property
    def may_close(self) -> bool:
        """Whether it may be said that the item does not apply: as long as nothing is stated about it."""
        return any(each.may_add for each in self.asks) and not self.has_entries

    @property
    def owed(self) -> int:
        return sum(each.is_owed for each in self.asks)

    @property
    def waits(self) -> str:
        """Who else states it, when the actor does not."""
        if any(each.may_add for each in self.asks) or self.has_entries or self.closed:
            return ""
        return {Source.ASSESSOR: "由评价方在评价窗口里评", Source.SUPERVISION: "由组织考核的单位填"}.get(
            self.item.source, "系统还没有数据"
        )


@dataclass(frozen=True)
class FillPage:
    """The table of an evaluation with everything stated so far."""

    evaluation: Evaluation
    items: list[ItemRow]
    may_state: bool
    is_evaluator: bool

    @cached_property
    def lines(self) -> list[tuple[Line, list[ItemRow]]]:
        found: dict[str, tuple[Line, list[ItemRow]]] = {}
        for row in self.items:
            found.setdefault(row.line.key, (row.line, []))[1].append(row)
        return list(found.values())

    @cached_property
    def owed(self) -> int:
        """How many facts are still missing."""
        return sum(row.owed for row in self.items)

    @cached_property
    def optional(self) -> int:
        """Of how many items nothing is stated, nor need it be."""
        return sum(
            not row.owed
            and not row.has_entries
            and row.closed is None
            and any(each.may_add for each in row.asks)
            for row in self.items
        )

    def item(self, key: str) -> ItemRow | None:
        return next((row for row in self.items if row.item.key == key), None)


def read_evaluation(pk: int) -> Evaluation:
    """An evaluation with all its pages need of it."""
    return Evaluation.objects.select_related(
        "organization",
        "appointment__user",
        "appointment__organization",
        "scheme__version__scheme",
        "round__organization",
    ).get(pk=pk)


def fill_page(evaluation: Evaluation, actor: Actor) -> FillPage:
    """Seven queries at most, whatever is stated; `evaluation` as `read_evaluation` gives it."""
    table = evaluation.scheme.version.table
    known, asks = filled_in(table), filling.asks_of(table)
    states, is_evaluator = may_state(actor, evaluation), runs_round(actor, evaluation.round)
    entries = _entries(evaluation, sees_assessors=is_evaluator)
    objections = _objections(evaluation)
    disputes = evaluation.round.state == RoundState.COLLECTING and is_evaluated(actor, evaluation)
    by_item: dict[str, list[EntryRow]] = defaultdict(list)
    for each in entries:
        objection = objections.get(each.pk)
        is_open = objection is not None and objection.state == ObjectionState.OPEN
        by_item[each.item].append(
            EntryRow(
                entry=each,
                source=_source(each),
                objection=objection,
                may_change=may_change_entry(actor, each),
                may_dispute=disputes and each.origin == EntryOrigin.SYSTEM and not is_open,
                may_take_back=disputes and is_open,
            )
        )
    members = members_of(evaluation, actor.today) if any(ask.of_members for ask in asks) else ()
    charges = charges_of(evaluation) if any(ask.of_charges for ask in asks) else ()
    items: dict[str, ItemRow] = {}
    for ask in asks:
        rows = by_item[ask.item.key]
        closed = next((row for row in rows if not row.entry.applies), None)
        own = [row for row in rows if row.entry.applies and row.entry.fact == ask.fact]
        about = (members if ask.of_members else ()) + (charges if ask.of_charges else ())
        row = items.setdefault(ask.item.key, ItemRow(ask.line, ask.item, [], closed))
        is_known = (ask.item.key, ask.fact) in known
        row.asks.append(
            AskRow(
                ask=ask,
                entries=own,
                is_known=is_known,
                may_add=states
                and closed is None
                and _may_add(ask, is_known, own, is_evaluator)
                and (not ask.is_single or not own or len(about) >= len(own)),
                about=about,
            )
        )
    return FillPage(evaluation, list(items.values()), states, is_evaluator)


def evidence_choices(evaluation: Evaluation) -> list[Meeting | DutyRecord]:
    """Confirmed meetings and accepted duty records of the unit in the period of the round. Two queries."""
    held = evaluation.round
    meetings = (
        Meeting.objects.confirmed()
        .filter(organization=evaluation.organization_id)
        .filter(held_on__range=(held.starts_on, held.ends_on))
        .order_by("-held_on", "-pk")[:MOST_CHOICES]
    )
    records = (
        DutyRecord.objects.in_force()
        .filter(organization=evaluation.organization_id, accepted_at__isnull=False)
        .filter(due_on__range=(held.starts_on, held.ends_on))
        .select_related("duty")
        .order_by("-due_on", "-pk")[:MOST_CHOICES]
    )
    return [*meetings, *records]


def _may_add(ask, is_known, own, is_evaluator) -> bool:
    if ask.item.source is Source.ASSESSOR or (is_known and own):
        return False
    return is_evaluator or ask.is_asked_of_unit(is_known)


def _entries(evaluation, sees_assessors) -> list[EvaluationEntry]:
    rows = evaluation.entries.filter(withdrawn_at__isnull=True)
    if not sees_assessors:
        rows = rows.exclude(origin=EntryOrigin.ASSESSOR)
    rows = list(
        rows.select_related("author", "appointment__organization")
        .prefetch_related("evidence__meeting", "evidence__record__duty", "files__uploaded_by")
        .order_by("pk")
    )
    for each in rows:
        each.evaluation = evaluation
    return rows


def _objections(evaluation) -> dict[int, Objection]:
    """The newest dispute of each entry."""
    rows = evaluation.objections.filter(entry__isnull=False).order_by("pk")
    return {row.entry_id: row for row in rows.select_related("author", "answered_by")}


def _source(entry) -> str:
    if entry.origin == EntryOrigin.SYSTEM:
        datum = find_datum(entry.datum)
        return f"系统带入：{datum.label}" if datum else "系统带入"
    return entry.get_origin_display()
