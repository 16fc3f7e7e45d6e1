from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone

from accountability.actions.assessing import Incomplete, Outdated, save_sheet, submit_sheet
from accountability.forms.entries import CellForm
from accountability.models import AssessorSheet, Evaluation
from accountability.queries.assessing import (
    GridTable,
    grid_rows,
    grid_tables,
    is_open,
    sheets_on,
    windows_now,
)
from accountability.views.assessing import typed_version
from branches.access import Right, door
from branches.paging import CappedPaginator

#: So many fields stand on a page at most, in at least one row and at most so many.
MOST_CELLS, MOST_ROWS = 240, 40


@dataclass
class GridRow:
    """One unit with a form for each item; `version` is that of the sheet the row was filled from."""

    evaluation: Evaluation
    sheet: AssessorSheet | None
    forms: list[CellForm]
    version: int
    problem: str = ""

    @property
    def is_done(self) -> bool:
        return self.sheet is not None and self.sheet.submitted_at is not None

    @property
    def is_refused(self) -> bool:
        return bool(self.problem) or any(form.errors for form in self.forms if form.is_bound)

    @property
    def saved(self) -> dict:
        return self.sheet.answers if self.sheet else {}


@door(Right.VIEW_EVALUATIONS)
def assessment_grid(request, window):
    """All units of a window × what is asked of them, for one assessor: rows that were begun are saved together.

    A row is saved or handed in for itself: what is wrong in one keeps no other back, and nobody's is overwritten.
    """
    actor = request.actor
    window = next((each for each in windows_now(actor) if each.pk == window), None)
    if window is None:
        raise Http404
    tables = [each for each in grid_tables(actor, window) if each.has_grid]
    chosen = _chosen(request, tables)
    pages = CappedPaginator(grid_rows(actor, window, chosen.pinned), _rows_of(chosen))
    page = pages.get_page(request.GET.get("page"))
    evaluations = list(page)
    data = request.POST if request.method == "POST" else None
    rows = _rows(actor, window, chosen, evaluations, data)
    if data is not None:
        kept = [row for row in rows if _keep(request, window, row)]
        refused = [row for row in rows if row.is_refused]
        if kept:
            done = "已保存，尚未提交" if "save" in data else "已提交"
            messages.success(request, f"{done}：{len(kept)} 个单位。")
        if not refused:
            if not kept:
                messages.info(request, "没有改动。")
            return redirect(_following(request, actor, window, chosen, page))
        messages.warning(
            request, f"{len(refused)} 个单位没有{'保存' if 'save' in data else '提交'}，见标出的地方。"
        )
    kept = {"scheme": chosen.pinned.pk}
    context = {
        "organization": actor.organization,
        "window": window,
        "tables": tables,
        "chosen": chosen,
        "rows": rows,
        "is_open": is_open(window, actor.today),
        "total": f"共 {pages.total} 个",
        "next_url": f"?{urlencode(kept | {'page': page.next_page_number()})}" if page.has_next() else "",
        "first_url": f"?{urlencode(kept)}" if page.has_previous() else "",
    }
    status = 422 if data is not None else 200
    return render(request, "accountability/assessment_grid.html", context, status=status)


def _chosen(request, tables) -> GridTable:
    """The table in the address, else the first in which something is left."""
    if not tables:
        raise Http404
    if wanted := request.GET.get("scheme"):
        found = next((each for each in tables if str(each.pinned.pk) == wanted), None)
        if found is None:
            raise Http404
        return found
    return next((each for each in tables if each.left), tables[0])


def _rows_of(table) -> int:
    return max(1, min(MOST_ROWS, MOST_CELLS // len(table.asks)))


def _rows(actor, window, table, evaluations, data) -> list[GridRow]:
    sheets = sheets_on(actor, window, evaluations)
    return [_row(each, sheets.get(each.pk), table.asks, data) for each in evaluations]


def _row(evaluation, sheet, asks, data) -> GridRow:
    answers = sheet.answers if sheet else {}
    is_done = sheet is not None and sheet.submitted_at is not None
    forms = [
        CellForm(
            None if is_done else data,
            ask=ask,
            answer=answers.get(f"{ask.item.key}|{ask.fact}", {}),
            number=f"{evaluation.pk}_{number}",
        )
        for number, ask in enumerate(asks)
    ]
    version = typed_version(data.get(f"version{evaluation.pk}", "")) if data and not is_done else None
    return GridRow(evaluation, sheet, forms, (sheet.version if sheet else 0) if version is None else version)


def _keep(request, window, row) -> bool:
    """Save or hand in one row; whether something was. A row that nobody began stays as it is."""
    invalid = [form for form in row.forms if not form.is_valid()]
    if row.is_done or invalid:
        return False
    answers = {(form.ask.item.key, form.ask.fact): form.said() for form in row.forms if form.is_answered}
    plain = {f"{item}|{fact}": said.as_dict() for (item, fact), said in answers.items()}
    if plain == row.saved and ("save" in request.POST or not plain):
        return False
    facts = {
        "actor": request.actor,
        "window": window,
        "evaluation": row.evaluation,
        "answers": answers,
        "now": timezone.now(),
    }
    try:
        if plain != row.saved:
            row.sheet = save_sheet(version=row.version, **facts)
            row.version = row.sheet.version
        if "save" not in request.POST:
            row.sheet = submit_sheet(version=row.version, **facts)
    except Outdated as outdated:
        row.version = outdated.sheet.version
        row.problem = f"{outdated.sheet.author}刚刚保存过；再按一次，以您的为准。"
    except Incomplete as incomplete:
        for form in row.forms:
            if wrong := incomplete.found.get((form.ask.item.key, form.ask.fact)):
                form.take(ValidationError({name or "__all__": text for name, text in wrong.items()}))
    except ValidationError as error:
        row.problem = error.messages[0]
    except PermissionDenied as error:
        row.problem = str(error)
    else:
        return True
    return False


def _following(request, actor, window, chosen, page) -> str:
    """Where it goes on: this page while something is left on it, then the next, at last the list."""
    if "save" in request.POST:
        return request.get_full_path()
    sheets = sheets_on(actor, window, list(page))
    if any(each.pk not in sheets or sheets[each.pk].submitted_at is None for each in page):
        return request.get_full_path()
    if page.has_next():
        return f"{request.path}?{urlencode({'scheme': chosen.pinned.pk, 'page': page.next_page_number()})}"
    if any(each.left for each in grid_tables(actor, window) if each.has_grid):
        return request.path
    return "assessment-list"
