from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accountability import filling
from accountability.actions.entries import add_entry, change_entry, withdraw_entry
from accountability.choices import EntryOrigin, RoundState
from accountability.forms.entries import RowForm
from accountability.models import Evaluation, EvaluationEntry, EvaluationRound
from accountability.queries.grids import find_grid, grid_lines, grid_units, stated_of
from branches.access import Right, door
from branches.paging import CappedPaginator

PAGE = 50


@dataclass
class GridRow:
    """One unit: what is stated, the form where something may be stated, and what came of saving it."""

    evaluation: Evaluation
    entries: list[EvaluationEntry]
    form: RowForm | None
    conflict: str = ""

    @property
    def seen(self) -> int | str:
        """The entry that stands in the form now."""
        return self.form.row.pk if self.form.row else ""

    @property
    def shown(self) -> list[str]:
        """What is stated and stands in no form."""
        edited = self.form.row if self.form else None
        return [
            f"{filling.words(each.as_entry())}（{each.author or each.get_origin_display()}）"
            for each in self.entries
            if each is not edited
        ]


@door(Right.EVALUATE, EvaluationRound)
@require_safe
def round_items(request, round):
    context = {
        "organization": round.organization,
        "round": round,
        "lines": grid_lines(round),
        "is_gathering": round.state == RoundState.COLLECTING,
    }
    return render(request, "accountability/round_items.html", context)


@door(Right.EVALUATE, EvaluationRound)
def round_item_fill(request, round):
    """One fact of an item × all units: what was typed is saved row by row, and nothing of others is overwritten."""
    scheme, item, fact = (request.GET.get(name, "") for name in ("scheme", "item", "fact"))
    is_key = scheme.isascii() and scheme.isdigit() and len(scheme) < 19
    found = find_grid(round, int(scheme), item, fact) if is_key else None
    if found is None:
        raise Http404
    pinned, ask = found
    pages = CappedPaginator(grid_units(pinned), PAGE)
    page = pages.get_page(request.GET.get("page"))
    evaluations = list(page)
    for each in evaluations:
        each.round = round
    is_gathering = round.state == RoundState.COLLECTING
    data = request.POST if request.method == "POST" else None
    rows = _rows(evaluations, ask, data, is_gathering)
    if data is not None:
        saved = sum(_save(request.actor, row, ask) for row in rows)
        refused = [row for row in rows if row.conflict or (row.form and row.form.errors)]
        if saved:
            messages.success(request, f"已保存 {saved} 个单位。")
        if not refused:
            if not saved:
                messages.info(request, "没有改动。")
            return redirect(request.get_full_path())
        messages.warning(request, f"{len(refused)} 个单位没有保存，见标出的地方。")
        rows = _after(rows, ask, evaluations, is_gathering)
    kept = {"scheme": scheme, "item": item, "fact": fact}
    context = {
        "organization": round.organization,
        "round": round,
        "ask": ask,
        "rows": rows,
        "is_gathering": is_gathering,
        "total": f"共 {pages.total} 个",
        "next_url": f"?{urlencode(kept | {'page': page.next_page_number()})}" if page.has_next() else "",
        "first_url": f"?{urlencode(kept)}" if page.has_previous() else "",
    }
    return render(
        request, "accountability/round_item_fill.html", context, status=422 if data is not None else 200
    )


def _rows(evaluations, ask, data, is_gathering) -> list[GridRow]:
    stated = stated_of(evaluations, ask)
    return [_row(each, stated.get(each.pk, []), ask, data, is_gathering) for each in evaluations]


def _row(evaluation, entries, ask, data, is_gathering) -> GridRow:
    closed = any(not each.applies for each in entries)
    own = next((each for each in entries if each.origin == EntryOrigin.HAND), None) if ask.is_single else None
    if not is_gathering or closed or (ask.is_single and entries and own is None):
        return GridRow(evaluation, entries, None)
    return GridRow(evaluation, entries, RowForm(data, ask=ask, evaluation=evaluation.pk, entry=own))


def _save(actor, row, ask) -> bool:
    """Save one row; whether something changed."""
    form = row.form
    if form is None or not form.is_valid():
        return False
    seen, now = form.cleaned_data["seen"], timezone.now()
    live = form.row
    try:
        if form.is_blank:
            if live is None or not seen:
                return False
            if str(live.pk) != seen:
                row.conflict = _others(live)
                return False
            withdraw_entry(actor=actor, entry=live, reason="清空", now=now)
            return True
        if live is None:
            if seen:
                row.conflict = "这一条刚刚被他人撤销；要填，请再保存一次。"
                return False
            before = len(row.entries)
            made = add_entry(actor=actor, evaluation=row.evaluation, entry=form.said(), now=now)
            return not before or all(each.pk != made.pk for each in row.entries)
        if str(live.pk) != seen:
            if live.as_entry().as_dict() == form.said().as_dict():
                return False
            row.conflict = _others(live)
            return False
        said = replace(form.said(), note=live.note)
        return change_entry(actor=actor, entry=live, said=said, now=now).pk != live.pk
    except (ValidationError, PermissionDenied) as error:
        if isinstance(error, PermissionDenied):
            row.conflict = str(error)
        else:
            form.take(error)
        return False


def _others(live) -> str:
    return f"{live.author or '他人'}刚刚填了“{filling.words(live.as_entry())}”；要以您的为准，请再保存一次。"


def _after(rows, ask, evaluations, is_gathering) -> list[GridRow]:
    """The rows as they stand now: what was refused keeps what was typed, beside what is stated."""
    now = _rows(evaluations, ask, None, is_gathering)
    for fresh, row in zip(now, rows, strict=True):
        if fresh.form is not None and (row.conflict or (row.form and row.form.errors)):
            live = fresh.form.row
            fresh.form, fresh.conflict = row.form, row.conflict
            fresh.form.row = live
        elif row.conflict:
            fresh.conflict = row.conflict
    return now
