from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from accountability.actions.evidence import (
    DamagedFile,
    add_entry_file,
    add_evidence,
    read_evidence,
    remove_evidence,
)
from accountability.models import DutyRecord
from branches.access import Right, door
from branches.uploads import LARGEST, check_upload, is_out_of_space


class Refused(Exception):
    """A file that is not taken; the message says why, in the user's words."""


@require_POST
@door(Right.RECORD_DUTIES, DutyRecord)
def evidence_add(request, record):
    uploads = request.FILES.getlist("file")
    try:
        if not uploads:
            raise Refused("请先选择文件。")
        keep_files(actor=request.actor, record=record, uploads=uploads)
        messages.success(request, f"已添加{'、'.join(f'“{each.name}”' for each in uploads)}。")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("duty-record-detail", record.pk)


@door(Right.VIEW, DutyRecord)
def evidence_download(request, record, number):
    evidence = get_object_or_404(record.files.filter(removed_at=None), pk=number)
    try:
        return file_response(request.actor, evidence)
    except DamagedFile as damaged:
        messages.error(request, str(damaged))
        return redirect("duty-record-detail", record.pk)


@require_POST
@door(Right.RECORD_DUTIES, DutyRecord)
def evidence_remove(request, record, number):
    evidence = get_object_or_404(record.files.filter(removed_at=None), pk=number)
    try:
        remove_evidence(actor=request.actor, record=record, evidence=evidence, now=timezone.now())
        messages.success(request, f"已移除“{evidence.file_name}”。")
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("duty-record-detail", record.pk)


def file_response(actor, evidence) -> HttpResponse:
    """A stored file as a download that a browser neither shows nor keeps; `DamagedFile` when it is not what it was."""
    content = read_evidence(actor=actor, evidence=evidence, now=timezone.now())
    response = HttpResponse(content, content_type=evidence.content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, evidence.file_name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def keep_files(*, actor, uploads, **row) -> None:
    """Check and store uploads one after the other beside `record=` or `entry=`; `Refused` at the first not taken."""
    add = add_entry_file if "entry" in row else add_evidence
    for upload in uploads:
        name = upload.name.strip()[-200:]
        # Read one byte more than allowed, so that the check sees what is too large without holding it all.
        content = upload.read(LARGEST + 1)
        try:
            add(
                actor=actor,
                name=name,
                content=content,
                content_type=check_upload(name, content),
                now=timezone.now(),
                **row,
            )
        except ValidationError as error:
            raise Refused(error.messages[0]) from error
        except ValueError as error:
            raise Refused(f"“{name}”：{error}") from error
        except OSError as error:
            if not is_out_of_space(error):
                raise
            raise Refused(
                "服务器存储空间不足，文件没有保存；已写的内容不受影响。请联系管理员后再添加。"
            ) from error
