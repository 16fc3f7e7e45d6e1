from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from accountability import filling, scoring
from accountability.choices import EntryOrigin
from accountability.filling import Ask
from accountability.known import filled_in
from accountability.models import Evaluation, EvaluationEntry, EvaluationRound, Fact, RoundScheme
from accountability.scheme_exchange.drafts import Fault
from accountability.scheme_exchange.fact_cells import said, write_cell
from accountability.scheme_exchange.fact_sheets import Page, Stated

from .grids import is_in_grid

#: Facts that one import may state.
MOST_NEW = 1_000


@dataclass
class FactsPreview:
    """What importing sheets would state: new entries by the number of their evaluation."""

    new: list[tuple[Stated, scoring.Entry]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def fact_pages(round: EvaluationRound) -> list[Page]:
    """The sheets of a round with what is stated so far. Three queries."""
    pinned = list(round.schemes.select_related("version__scheme"))
    evaluations: dict[int, dict[int, str]] = defaultdict(dict)
    rows = Evaluation.objects.filter(round=round).order_by("organization__path", "pk")
    for each in rows.select_related("organization", "appointment__user", "appointment__organization"):
        evaluations[each.scheme_id][each.pk] = str(each)
    stated = stated_in(round)
    pages = []
    for each in pinned:
        asks, names = _asks(each), evaluations[each.pk]
        if asks and names:
            cells = {
                (number, at): write_cell(ask, entries)
                for number in names
                for at, ask in enumerate(asks, start=1)
                if (entries := _of(stated, number, ask))
            }
            pages.append(Page(each.pk, each.version.scheme.title, asks, names, cells))
    return pages


def _asks(pinned: RoundScheme) -> list[Ask]:
    table = pinned.version.table
    known = filled_in(table)
    return [
        ask for ask in filling.asks_of(table) if is_in_grid(ask) and (ask.item.key, ask.fact) not in known
    ]


def stated_in(round: EvaluationRound) -> Mapping[tuple[int, str], list[scoring.Entry]]:
    """What is stated in a round beside the assessors, by evaluation and item. One query."""
    found: dict[tuple[int, str], list[scoring.Entry]] = defaultdict(list)
    rows = EvaluationEntry.objects.filter(evaluation__round=round, withdrawn_at__isnull=True)
    # Not read as models: there are hundreds of thousands.
    values = (
        rows.exclude(origin=EntryOrigin.ASSESSOR).order_by("pk").values("evaluation_id", "flags", *Fact.SAID)
    )
    for row in values.iterator(chunk_size=2000):
        evaluation, flags = row.pop("evaluation_id"), tuple(row.pop("flags"))
        found[evaluation, row["item"]].append(scoring.Entry(**row, flags=flags))
    return found


def _of(stated, number: int, ask: Ask) -> list[scoring.Entry]:
    """What is stated of a unit about a fact: also that the whole item does not apply."""
    entries = stated.get((number, ask.item.key), ())
    return [each for each in entries if each.fact == ask.fact or not each.applies]


def facts_preview(round: EvaluationRound, cells: Iterable[Stated]) -> FactsPreview:
    """Lay what sheets say beside what is stated: it is only added to, never changed. Two queries."""
    preview, stated = FactsPreview(), stated_in(round)
    tables = {each.pk: each.version.table for each in round.schemes.select_related("version")}
    added: dict[tuple[int, str], list[scoring.Entry]] = defaultdict(list)
    for cell in cells:
        if len(preview.new) > MOST_NEW:
            break
        ask, table = cell.page.asks[cell.ask - 1], tables[cell.page.key]
        before = _of(stated, cell.evaluation, ask)
        again = [said(each) for each in cell.entries]
        if any(said(each) not in again for each in before):
            shown = "；".join(filling.words(each) for each in before)
            preview.faults.append(
                cell.fault(
                    f"已填“{shown}”，导入只增加、不改动；要改请在“逐项填报”里改，或在原来的后面用分号接着写"
                )
            )
            continue
        known = [said(each) for each in before]
        unit = scoring.Unit(str(cell.evaluation), cell.page.names[cell.evaluation])
        beside = [*stated.get((cell.evaluation, ask.item.key), ()), *added[cell.evaluation, ask.item.key]]
        for entry in cell.entries:
            if said(entry) in known:
                known.remove(said(entry))
                continue
            related = [
                each for each in beside if each.fact == entry.fact or not each.applies or not entry.applies
            ]
            if wrong := filling.objections(table, unit, entry, related):
                preview.faults.append(cell.fault(next(iter(wrong.values()))))
                break
            preview.new.append((cell, entry))
            added[cell.evaluation, ask.item.key].append(entry)
            beside.append(entry)
    if len(preview.new) > MOST_NEW:
        preview.faults.append(
            Fault("", "", "", f"一次最多导入{MOST_NEW:,}条新的事实，表上不止这么多；请分几次导入。")
        )
    return preview
