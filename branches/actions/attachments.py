"""Files beside a record: optional, checked, stored under their digest outside the web root."""

import hashlib
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.db import transaction

from branches.access import Actor, Right
from branches.models import Attachment, Meeting

from .audit import record_event
from .meetings import MeetingMoved, locked

MOST_FILES = 10


@transaction.atomic
def add_attachment(
    *, actor: Actor, meeting: Meeting, name: str, content: bytes, content_type: str, now
) -> Attachment:
    """Store a checked file (see `branches.uploads.check_upload`) with a record that is not confirmed yet."""
    meeting = locked(meeting)
    actor.require(Right.LOG_MEETINGS, meeting.organization)
    if meeting.is_locked:
        raise MeetingMoved("这份记录已经确认，不能再添加附件。", meeting)
    digest = hashlib.sha256(content).hexdigest()
    held = dict(meeting.attachments.values_list("sha256", "pk"))
    if digest in held:
        return meeting.attachments.get(pk=held[digest])
    if len(held) >= MOST_FILES:
        raise MeetingMoved(f"一份记录最多 {MOST_FILES} 个附件。", meeting)
    attachment = Attachment(
        meeting=meeting, file_name=name, content_type=content_type, size=len(content), sha256=digest
    )
    attachment.file.save(f"{digest}{PurePath(name).suffix.lower()}", ContentFile(content), save=False)
    attachment.save()
    record_event(actor=actor, event="添加附件", row=meeting, summary=name, at=now)
    return attachment


@transaction.atomic
def remove_attachment(*, actor: Actor, meeting: Meeting, attachment: Attachment, now) -> None:
    """Take a file away from a record that is not confirmed yet."""
    meeting = locked(meeting)
    actor.require(Right.LOG_MEETINGS, meeting.organization)
    if meeting.is_locked:
        raise MeetingMoved("这份记录已经确认，附件不能再删除。", meeting)
    record_event(actor=actor, event="删除附件", row=meeting, summary=attachment.file_name, at=now)
    storage, name = attachment.file.storage, str(attachment.file.name)
    attachment.delete()
    transaction.on_commit(lambda: storage.delete(name))
