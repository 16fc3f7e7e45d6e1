from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from branches.access import Right, door
from branches.actions.attachments import add_attachment, remove_attachment
from branches.actions.meetings import MeetingMoved
from branches.models import Meeting
from branches.uploads import LARGEST, check_upload, is_out_of_space


@require_POST
@door(Right.LOG_MEETINGS, Meeting)
def attachment_add(request, meeting):
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise ValueError("请先选择文件。")
        name = upload.name.strip()[-200:]
        # Read one byte more than allowed, so that the check sees what is too large without holding it all.
        content = upload.read(LARGEST + 1)
        content_type = check_upload(name, content)
        add_attachment(
            actor=request.actor,
            meeting=meeting,
            name=name,
            content=content,
            content_type=content_type,
            now=timezone.now(),
        )
        messages.success(request, f"已添加附件“{name}”。")
    except (ValueError, MeetingMoved) as refused:
        messages.error(request, str(refused))
    except OSError as error:
        if not is_out_of_space(error):
            raise
        messages.error(request, "服务器存储空间不足，附件没有保存；会议记录不受影响。请联系管理员后再添加。")
    return redirect("meeting-detail", meeting.pk)


@door(Right.VIEW, Meeting)
def attachment_download(request, meeting, number):
    attachment = get_object_or_404(meeting.attachments, pk=number)
    response = FileResponse(
        attachment.file.open("rb"),
        as_attachment=True,
        filename=attachment.file_name,
        content_type=attachment.content_type,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_POST
@door(Right.LOG_MEETINGS, Meeting)
def attachment_remove(request, meeting, number):
    attachment = get_object_or_404(meeting.attachments, pk=number)
    try:
        remove_attachment(actor=request.actor, meeting=meeting, attachment=attachment, now=timezone.now())
        messages.success(request, "附件已删除。")
    except MeetingMoved as moved:
        messages.error(request, str(moved))
    return redirect("meeting-detail", meeting.pk)
