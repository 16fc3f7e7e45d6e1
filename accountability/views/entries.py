from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.actions.entries import add_entry, change_entry, withdraw_entry
from accountability.actions.evidence import DamagedFile, remove_entry_file
from accountability.evaluation_access import sees_evaluation
from accountability.forms.entries import EntryForm, InapplicableForm, pointer
from accountability.models import EntryFile, Evaluation
from accountability.queries.entries import (
    AskRow,
    FillPage,
    ItemRow,
    evidence_choices,
    fill_page,
    read_evaluation,
)
from accountability.views.evidence import Refused, file_response, keep_files
from branches.access import Right, door


@dataclass(frozen=True)
class Block:
    """One item on the page with the forms that stand open in it."""

    row: ItemRow
    asks: list[tuple[AskRow, EntryForm | None]]
    closing: InapplicableForm | None
    number: int


@door(Right.VIEW_EVALUATIONS, Evaluation)
def evaluation_fill(request, evaluation):
    page = _page(request, evaluation)
    editing = _key(request.GET.get("edit", ""))
    blocks = _blocks(page, editing=editing)
    if request.htmx and editing:
        block = next((each for each in blocks if _holds(each, editing)), None)
        if block is not None:
            return render(
                request, "accountability/fill_item.html", _context(request, page, blocks) | {"block": block}
            )
    return render(request, "accountability/evaluation_fill.html", _context(request, page, blocks))


@require_POST
@door(Right.VIEW_EVALUATIONS, Evaluation)
def entry_save(request, evaluation):
    """State a fact of one item, or state it anew; the answer is the item, or without htmx the whole page."""
    page = _page(request, evaluation)
    row = page.item(request.POST.get("item", ""))
    if row is None:
        raise Http404
    form = _inapplicable(request, page, row) if "inapplicable" in request.POST else _entry(request, page, row)
    return _answer(request, page, row, form)


@require_POST
@door(Right.VIEW_EVALUATIONS, Evaluation)
def entry_withdraw(request, evaluation, number):
    page = _page(request, evaluation)
    entry = get_object_or_404(page.evaluation.entries, pk=number)
    try:
        withdraw_entry(actor=request.actor, entry=entry, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return _answer(request, page, page.item(entry.item), None)


@door(Right.VIEW_EVALUATIONS, Evaluation)
def entry_file(request, evaluation, number):
    page = _page(request, evaluation)
    file = get_object_or_404(EntryFile, entry__evaluation=page.evaluation, pk=number, removed_at=None)
    try:
        return file_response(request.actor, file)
    except DamagedFile as damaged:
        messages.error(request, str(damaged))
        return redirect("evaluation-fill", page.evaluation.pk)


@require_POST
@door(Right.VIEW_EVALUATIONS, Evaluation)
def entry_file_remove(request, evaluation, number):
    page = _page(request, evaluation)
    file = get_object_or_404(EntryFile, entry__evaluation=page.evaluation, pk=number, removed_at=None)
    try:
        remove_entry_file(actor=request.actor, entry=file.entry, evidence=file, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return _answer(request, page, page.item(file.entry.item), None)


def _page(request, evaluation) -> FillPage:
    evaluation = read_evaluation(evaluation.pk)
    if not sees_evaluation(request.actor, evaluation):
        raise Http404
    return fill_page(evaluation, request.actor)


def _entry(request, page, row):
    """Keep what was typed about a fact; the form when it was not taken."""
    ask = next((each for each in row.asks if each.ask.fact == request.POST.get("fact", "")), None)
    if ask is None:
        raise Http404
    former = None
    if number := request.POST.get("entry"):
        former = get_object_or_404(page.evaluation.entries, pk=_key(number))
    form = EntryForm(
        request.POST,
        request.FILES,
        ask=ask.ask,
        about=ask.about,
        entry=former,
        number=_number(page, row, ask),
    )
    if not form.is_valid():
        return form
    facts = {"actor": request.actor, "evidence": form.evidence(), "now": timezone.now()}
    try:
        if former is not None:
            entry = change_entry(entry=former, said=form.said(), **facts)
        else:
            entry = add_entry(evaluation=page.evaluation, entry=form.said(), **facts)
            if entry.created_at != facts["now"]:
                messages.info(request, "与已有的一条完全相同，没有重复计；如又发生一次，请改数量或写明日期。")
    except ValidationError as error:
        form.take(error)
        return form
    try:
        keep_files(actor=request.actor, uploads=form.cleaned_data["files"], entry=entry)
    except Refused as refused:
        messages.warning(request, f"已保存；文件没有保存：{refused}")
    return None


def _inapplicable(request, page, row):
    form = InapplicableForm(request.POST, number=page.items.index(row) + 1)
    if form.is_valid():
        try:
            add_entry(
                actor=request.actor,
                evaluation=page.evaluation,
                entry=form.said(row.item.key),
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(
                None if "__all__" in getattr(error, "error_dict", {}) else "reason", error.messages
            )
        else:
            return None
    return form


def _answer(request, page, row, form):
    """The item as it stands now; without htmx a refused form comes back in the whole page."""
    if not request.htmx and form is None:
        return redirect(f"{reverse('evaluation-fill', args=[page.evaluation.pk])}#{_anchor(page, row)}")
    page = fill_page(read_evaluation(page.evaluation.pk), request.actor)
    blocks = _blocks(page, refused=(row.item.key, form) if form else None)
    context = _context(request, page, blocks)
    if not request.htmx:
        return render(request, "accountability/evaluation_fill.html", context)
    block = next(each for each in blocks if each.row.item.key == row.item.key)
    return render(request, "accountability/fill_saved.html", context | {"block": block})


def _context(request, page, blocks) -> dict:
    by_key = {each.row.item.key: each for each in blocks}
    return {
        "organization": page.evaluation.organization,
        "evaluation": page.evaluation,
        "round": page.evaluation.round,
        "page": page,
        "lines": [(line, [by_key[row.item.key] for row in rows]) for line, rows in page.lines],
        "choices": [pointer(each) for each in evidence_choices(page.evaluation)] if page.may_state else [],
        "today": request.actor.today,
    }


def _blocks(page, editing=None, refused=None) -> list[Block]:
    """Every item with its forms: an empty one for what is missing, a filled one for the entry that is edited."""
    blocks = []
    for number, row in enumerate(page.items, start=1):
        form = refused[1] if refused and refused[0] == row.item.key else None
        asks = [(ask, _form(page, row, ask, editing, form)) for ask in row.asks]
        closing = _closing(row, number, form)
        blocks.append(Block(row, asks, closing, number))
    return blocks


def _closing(row, number, refused) -> InapplicableForm | None:
    if isinstance(refused, InapplicableForm):
        return refused
    return InapplicableForm(number=number) if row.may_close else None


def _form(page, row, ask, editing, refused) -> EntryForm | None:
    if isinstance(refused, EntryForm) and refused.ask.fact == ask.ask.fact:
        return refused
    number = _number(page, row, ask)
    for each in ask.entries:
        if each.entry.pk == editing and each.may_change:
            return EntryForm(
                ask=ask.ask,
                about=ask.about,
                entry=each.entry,
                evidence=each.entry.evidence.all(),
                number=number,
            )
    return EntryForm(ask=ask.ask, about=ask.about, number=number) if ask.may_add else None


def _number(page, row, ask) -> str:
    return f"{page.items.index(page.item(row.item.key))}_{[each.ask.fact for each in row.asks].index(ask.ask.fact)}"


def _anchor(page, row) -> str:
    return f"item-{page.items.index(page.item(row.item.key)) + 1}"


def _key(text) -> int | None:
    """The key in an address or a field; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _holds(block, editing) -> bool:
    return any(each.entry.pk == editing for ask, _ in block.asks for each in ask.entries)
