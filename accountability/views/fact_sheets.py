from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability import filling
from accountability.actions.fact_sheets import export_facts_sheet, import_facts
from accountability.actions.scheme_exchange import FORMATS
from accountability.choices import RoundState
from accountability.forms.fact_sheets import FactsApplyForm, FactsFileForm, seal_facts
from accountability.models import EvaluationRound
from accountability.queries.fact_sheets import fact_pages, facts_preview
from accountability.scheme_exchange.fact_sheets import heading, read_facts
from branches.access import Right, door
from branches.imports.problems import FileRefused

SHOWN = 200


@require_POST
@door(Right.EVALUATE, EvaluationRound)
def round_facts_sheet(request, round):
    """The sheets to be filled in by hand, with what is stated so far."""
    try:
        file, name = export_facts_sheet(actor=request.actor, round=round, now=timezone.now())
    except ValidationError as error:
        messages.info(request, "；".join(error.messages))
        return redirect("round-items", round.pk)
    return FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS["xlsx"])


@door(Right.EVALUATE, EvaluationRound)
def round_facts_import(request, round):
    """The first step: the sheets are read and laid beside what is stated; nothing is written."""
    is_sent = request.method == "POST"
    form = FactsFileForm(request.POST, request.FILES) if is_sent else FactsFileForm()
    is_gathering = round.state == RoundState.COLLECTING
    if is_sent and is_gathering and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            return _preview(request, round, upload)
        except FileRefused as refused:
            form.add_error("file", refused.message)
    context = {
        "organization": round.organization,
        "round": round,
        "form": form,
        "is_gathering": is_gathering,
    }
    return render(request, "accountability/facts_import.html", context, status=422 if is_sent else 200)


def _preview(request, round, upload):
    cells, faults = read_facts(upload.file, fact_pages(round))
    preview = facts_preview(round, cells)
    faults += preview.faults
    new = preview.new
    form = None
    if new and not faults:
        token = seal_facts(round, [(cell.evaluation, entry) for cell, entry in new])
        form = FactsApplyForm(initial={"token": token}, round=round)
    rows = [
        {
            "name": cell.page.names[cell.evaluation],
            "item": heading(cell.page.asks[cell.ask - 1], cell.ask),
            "said": filling.words(entry),
            "aside": entry.reason or entry.matter or entry.note,
        }
        for cell, entry in new[:SHOWN]
    ]
    context = {
        "organization": round.organization,
        "round": round,
        "form": form,
        "faults": faults,
        "rows": rows,
        "count": len(new),
        "units": len({cell.evaluation for cell, _ in new}),
        "file_name": upload.name,
    }
    return render(request, "accountability/facts_import_preview.html", context)


@require_POST
@door(Right.EVALUATE, EvaluationRound)
def round_facts_apply(request, round):
    """The second step: exactly what the preview showed is stated, all of it or nothing."""
    form = FactsApplyForm(request.POST, round=round)
    if not form.is_valid():
        messages.error(request, next(iter(form.errors.values()))[0])
        return redirect("round-facts-import", round.pk)
    try:
        count = import_facts(
            actor=request.actor, round=round, stated=form.cleaned_data["token"], now=timezone.now()
        )
    except ValidationError as error:
        messages.error(request, f"预览之后有变动，没有导入：{'；'.join(error.messages)}")
        return redirect("round-facts-import", round.pk)
    messages.success(request, f"已导入 {count} 条事实。")
    return redirect("round-items", round.pk)
