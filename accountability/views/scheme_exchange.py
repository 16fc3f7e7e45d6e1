from io import BytesIO

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.access import readable_schemes
from accountability.actions.scheme_exchange import FORMATS, export_scheme, import_scheme
from accountability.actions.schemes import Outdated
from accountability.forms.scheme_exchange import MOST_SEALED, SchemeApplyForm, SchemeFileForm, seal
from accountability.queries.scheme_imports import scheme_import_preview
from accountability.scheme_exchange.drafts import Draft, judged
from accountability.scheme_exchange.reading import read_spreadsheet
from accountability.scheme_exchange.toml import located, read_toml
from accountability.scheme_exchange.writing import write_blank
from accountability.scheme_layout import layout_of
from accountability.scoring import read_scheme
from branches.access import Right, door
from branches.imports.problems import FileRefused
from branches.models import Organization


@door(Right.CONFIGURE, Organization)
def scheme_import(request, organization):
    """The first step: a file is read and judged, and what importing it would do is shown; nothing is written."""
    is_sent = request.method == "POST"
    form = SchemeFileForm(request.POST, request.FILES) if is_sent else SchemeFileForm()
    if is_sent and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            draft = _read(upload)
        except FileRefused as refused:
            form.add_error("file", refused.message)
        else:
            return _preview(request, organization, draft, upload.name)
    context = {"organization": organization, "form": form}
    return render(request, "accountability/scheme_import.html", context, status=422 if is_sent else 200)


def _read(upload) -> Draft:
    if upload.name.lower().endswith(".toml"):
        return read_toml(upload.read())
    return read_spreadsheet(upload.file)


def _preview(request, organization, draft, file_name, *, form=None, reason="", status=200):
    preview = None
    if not draft.faults:
        preview = scheme_import_preview(organization, draft.table)
        if form is None:
            version = preview.stored.version if preview.stored else None
            token = seal(organization, draft.table, version)
            if len(token) > MOST_SEALED:
                messages.error(request, "这份办法太大，放不进一次预览，请精简条款后再导入。")
                return redirect("scheme-import", organization.pk)
            reason = reason or f"导入 {file_name}".strip()[:200]
            form = SchemeApplyForm(initial={"token": token, "reason": reason}, organization=organization)
    context = {
        "organization": organization,
        "preview": preview,
        "reading": draft,
        "file_name": file_name,
        "form": form,
        "layout": layout_of(preview.table) if preview and not preview.stored else None,
    }
    return render(request, "accountability/scheme_import_preview.html", context, status=status)


@require_POST
@door(Right.CONFIGURE, Organization)
def scheme_import_apply(request, organization):
    """The second step: exactly what the preview showed is written."""
    form = SchemeApplyForm(request.POST, organization=organization)
    if not form.is_valid() and "token" in form.errors:
        messages.error(request, form.errors["token"][0])
        return redirect("scheme-import", organization.pk)
    sealed = form.cleaned_data["token"]
    table = read_scheme(sealed["document"])
    if not form.is_valid():
        return _preview(request, organization, judged(table, located), "", form=form, status=422)
    try:
        scheme, has_changed = import_scheme(
            actor=request.actor,
            organization=organization,
            table=table,
            version=sealed["version"],
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except Outdated:
        messages.warning(request, "预览之后有人保存了这份办法，下面是与现在相比的差别，请核对后再导入。")
        reason = form.cleaned_data["reason"]
        return _preview(request, organization, judged(table, located), "", reason=reason, status=409)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect("scheme-import", organization.pk)
    if has_changed:
        messages.success(request, f"已导入“{scheme.title}”，现为第{scheme.version}版。")
    else:
        messages.info(request, "文件与现有办法相同，没有改动。")
    return redirect("scheme-detail", scheme.pk)


@require_POST
@door(Right.VIEW_EVALUATIONS)
def scheme_export(request, pk):
    """A scheme, or with `version` an earlier edition of it, as a file in `format`."""
    scheme = get_object_or_404(readable_schemes(request.actor), pk=pk)
    form = request.POST.get("format", "")
    form = form if form in FORMATS else "xlsx"
    number = request.POST.get("version", "")
    version = (
        get_object_or_404(scheme.versions, number=number) if number.isdecimal() and len(number) < 10 else None
    )
    try:
        file, name = export_scheme(
            actor=request.actor, scheme=scheme, version=version, form=form, now=timezone.now()
        )
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect("scheme-detail", scheme.pk)
    return FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS[form])


@require_POST
@door(Right.CONFIGURE, Organization)
def scheme_blank(request, organization):
    """The sheets with nothing in them, with the page that says how to fill them in."""
    file = BytesIO()
    write_blank(file, mark="考核办法表样")
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="考核办法表样.xlsx", content_type=FORMATS["xlsx"])
