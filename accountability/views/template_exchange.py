from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.actions.template_exchange import FORMATS, export_template, import_template
from accountability.actions.templates import Outdated
from accountability.exchange.drafts import Draft
from accountability.exchange.spreadsheet import read_spreadsheet
from accountability.exchange.toml import read_toml
from accountability.forms.template_exchange import TemplateApplyForm, TemplateFileForm, seal
from accountability.models import DutyTemplate
from accountability.queries.template_imports import import_preview
from branches.access import Right, door
from branches.imports.problems import FileRefused


@door(Right.CONFIGURE)
def template_import(request):
    """The first step: a file is read and judged, and what importing it would do is shown; nothing is written."""
    request.actor.require_everywhere(Right.CONFIGURE)
    is_sent = request.method == "POST"
    form = TemplateFileForm(request.POST, request.FILES) if is_sent else TemplateFileForm()
    if is_sent and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            draft = _read(upload)
        except FileRefused as refused:
            form.add_error("file", refused.message)
        else:
            return _preview(request, draft, upload.name)
    status = 422 if is_sent else 200
    return render(request, "accountability/template_import.html", {"form": form}, status=status)


def _read(upload) -> Draft:
    if upload.name.lower().endswith(".toml"):
        return read_toml(upload.read())
    return read_spreadsheet(upload.file, upload.name)


def _preview(request, draft, file_name, *, form=None, status=200):
    preview = import_preview(draft)
    if form is None and not draft.faults:
        version = preview.stored.version if preview.stored else None
        form = TemplateApplyForm(
            initial={"token": seal(draft, version), "reason": f"导入 {file_name}".strip()[:100]}
        )
    context = {"preview": preview, "draft": draft, "file_name": file_name, "form": form}
    return render(request, "accountability/template_import_preview.html", context, status=status)


@require_POST
@door(Right.CONFIGURE)
def template_import_apply(request):
    """The second step: exactly what the preview showed is written."""
    request.actor.require_everywhere(Right.CONFIGURE)
    form = TemplateApplyForm(request.POST)
    if not form.is_valid():
        messages.error(request, next(iter(form.errors.values()))[0])
        return redirect("template-import")
    sealed = form.cleaned_data["token"]
    draft = Draft.of(sealed["edition"])
    try:
        template, has_changed = import_template(
            actor=request.actor,
            draft=draft,
            version=sealed["version"],
            reason=form.cleaned_data["reason"] or "导入",
            now=timezone.now(),
        )
    except Outdated:
        messages.warning(request, "预览之后有人保存了这份模板，下面是与现在相比的差别，请核对后再导入。")
        return _preview(request, draft, "", status=409)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect("template-import")
    if has_changed:
        messages.success(
            request, f"已导入为{template.year}年度第{template.version}版，{len(draft.items)}个条目。"
        )
    else:
        messages.info(request, "文件与现有模板相同，没有改动。")
    return redirect("template-detail", template.pk)


@require_POST
@door(Right.ISSUE_DUTIES, DutyTemplate)
def template_export(request, template):
    form = request.POST.get("format", "")
    form = form if form in FORMATS else "xlsx"
    file, name = export_template(actor=request.actor, template=template, form=form, now=timezone.now())
    return FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS[form])
