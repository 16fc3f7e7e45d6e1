from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from .. import tasks
from ..access import Right, door
from ..actions.exports import export_file, export_wrong_rows
from ..actions.imports import (
    discard_import,
    importable_kinds,
    recheck_import,
    request_apply,
    upload_import,
)
from ..choices import ImportStep
from ..forms.imports import ApplyForm, ExportForm, ImportForm
from ..models import ImportJob, Organization
from ..queries.imports import import_list as list_imports
from ..queries.imports import import_page
from ..uploads import is_out_of_space

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@door(Right.IMPORT, Organization)
@require_safe
def import_list(request, organization):
    return _list_page(request, organization)


@door(Right.IMPORT, Organization)
@require_POST
def import_upload(request, organization):
    kinds = importable_kinds(request.actor, organization)
    form = ImportForm(request.POST, request.FILES, kinds=kinds)
    if not form.is_valid():
        return _list_page(request, organization, upload=form)
    try:
        job = upload_import(
            actor=request.actor,
            organization=organization,
            kind=form.cleaned_data["kind"],
            upload=form.cleaned_data["file"],
            now=timezone.now(),
        )
    except OSError as error:
        if not is_out_of_space(error):
            raise
        form.add_error("file", "服务器存储空间不足，文件没有保存。请联系管理员后再上传。")
        return _list_page(request, organization, upload=form)
    _start(request, tasks.check_import, job)
    return redirect("import-detail", job.pk)


@door(Right.IMPORT, ImportJob)
@require_safe
def import_detail(request, job):
    number = request.GET.get("page", "")
    page = import_page(
        job, state=request.GET.get("state", ""), number=int(number) if number.isdecimal() else 1
    )
    return render(
        request, "branches/import_detail.html", {"page": page, "job": job, "organization": job.organization}
    )


@door(Right.IMPORT, ImportJob)
@require_safe
def import_progress(request, job):
    """The part of the page that asks again while work is under way; once it is done the whole page is loaded."""
    response = render(request, "branches/import_progress.html", {"page": import_page(job), "job": job})
    if not job.is_busy:
        response["HX-Refresh"] = "true"
    return response


@door(Right.IMPORT, ImportJob)
@require_POST
def import_check(request, job):
    try:
        job = recheck_import(actor=request.actor, job=job, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        _start(request, tasks.check_import, job)
    return redirect("import-detail", job.pk)


@door(Right.IMPORT, ImportJob)
@require_POST
def import_apply(request, job):
    options = ApplyForm(request.POST).options()
    try:
        job = request_apply(actor=request.actor, job=job, now=timezone.now(), **options)
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        _start(request, tasks.apply_import, job)
    return redirect("import-detail", job.pk)


@door(Right.IMPORT, ImportJob)
@require_POST
def import_discard(request, job):
    try:
        discard_import(actor=request.actor, job=job, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("import-detail", job.pk)
    messages.success(request, f"已放弃“{job.file_name}”，文件已删除，没有导入任何内容。")
    return redirect("import-list", job.organization_id)


@door(Right.IMPORT, ImportJob)
@require_POST
def import_wrong_rows(request, job):
    try:
        file, name = export_wrong_rows(actor=request.actor, job=job, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("import-detail", job.pk)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


@door(Right.IMPORT, Organization)
@require_POST
def export_download(request, organization):
    form = ExportForm(request.POST, may_reveal=request.actor.may(Right.REVEAL_ID, organization))
    if not form.is_valid():
        return _list_page(request, organization, export=form)
    try:
        file, name = export_file(
            actor=request.actor, organization=organization, now=timezone.now(), **form.cleaned_data
        )
    except ValidationError as error:
        form.add_error(None, error)
        return _list_page(request, organization, export=form)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _list_page(request, organization, *, upload=None, export=None):
    actor = request.actor
    kinds = importable_kinds(actor, organization)
    context = {
        "organization": organization,
        "jobs": list_imports(organization),
        "upload": upload or (ImportForm(kinds=kinds) if kinds else None),
        "export": export or ExportForm(may_reveal=actor.may(Right.REVEAL_ID, organization)),
    }
    return render(request, "branches/import_list.html", context, status=422 if upload or export else 200)


def _start(request, task, job):
    """Hand the work to a worker; while none can be reached the upload waits and its page offers to try again."""
    try:
        task.delay(str(job.pk))
    except OperationalError:
        again = "重新检查" if job.step == ImportStep.CHECK else "返回检查"
        messages.warning(request, f"文件已保存，但后台任务暂时无法启动；稍后请在本页点“{again}”。")
