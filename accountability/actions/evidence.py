"""Files beside a record: optional, checked, versioned, stored under their digest outside the web root."""

import hashlib
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction

from accountability.models import DutyRecord, EvidenceFile
from branches.access import Actor, Right
from branches.actions.audit import record_event

MOST_FILES = 10
#: Versions of one file: who needs more has another file.
MOST_VERSIONS = 20


class DamagedFile(Exception):
    """What is stored is not what was uploaded; the message says so to the user."""


@transaction.atomic
def add_evidence(
    *, actor: Actor, record: DutyRecord, name: str, content: bytes, content_type: str, now
) -> EvidenceFile:
    """Store a checked file (see `branches.uploads.check_upload`) with a record that may still be edited.

    A file of the same name becomes its next version, and the older one stays readable; the same content twice is one.
    """
    record = _editable(actor, record)
    digest = hashlib.sha256(content).hexdigest()
    files = list(record.files.order_by("version"))
    held = [each for each in files if each.removed_at is None and each.replaced_by_id is None]
    for each in held:
        if each.sha256 == digest:
            return each
    former = next((each for each in held if each.file_name == name), None)
    if former is None and len(held) >= MOST_FILES:
        raise ValidationError(f"一份纪实最多附 {MOST_FILES} 个文件。")
    version = 1 + max((each.version for each in files if each.file_name == name), default=0)
    if version > MOST_VERSIONS:
        raise ValidationError(f"“{name}”已有 {MOST_VERSIONS} 个版次，请换一个文件名。")
    evidence = EvidenceFile(
        record=record,
        organization=record.organization,
        file_name=name,
        version=version,
        content_type=content_type,
        size=len(content),
        sha256=digest,
        uploaded_by=actor.user,
        uploaded_at=now,
    )
    evidence.file.save(f"{digest}{PurePath(name).suffix.lower()}", ContentFile(content), save=False)
    evidence.save()
    if former is not None:
        former.replaced_by = evidence
        former.save(update_fields=["replaced_by"])
    record_event(
        actor=actor, event="添加佐证文件", row=record, summary=f"{name} 第{version}版 {digest[:16]}", at=now
    )
    return evidence


@transaction.atomic
def remove_evidence(*, actor: Actor, record: DutyRecord, evidence: EvidenceFile, now) -> None:
    """Take a file with all its versions away from a record that may still be edited; the rows and files are kept."""
    record = _editable(actor, record)
    files = list(record.files.select_for_update().filter(file_name=evidence.file_name, removed_at=None))
    for each in files:
        each.removed_at, each.removed_by = now, actor.user
    EvidenceFile.objects.bulk_update(files, ["removed_at", "removed_by"])
    if files:
        record_event(actor=actor, event="移除佐证文件", row=record, summary=evidence.file_name, at=now)


def read_evidence(*, actor: Actor, evidence: EvidenceFile, now) -> bytes:
    """The content as it was uploaded; `DamagedFile`, and a line in the trail, when its digest is another one."""
    try:
        with evidence.file.open("rb") as file:
            content = file.read()
    except FileNotFoundError:
        content = None
    if content is not None and hashlib.sha256(content).hexdigest() == evidence.sha256:
        return content
    words = "不在存储中" if content is None else "与上传时的校验值不一致"
    record_event(
        actor=actor,
        event="佐证文件校验",
        row=evidence.record,
        summary=f"{evidence.file_name} 第{evidence.version}版 {words}",
        result="失败",
        at=now,
    )
    raise DamagedFile(
        f"文件“{evidence.file_name}”已损坏（{words}），没有提供下载。请联系管理员从备份中恢复。"
    )


def _editable(actor, record) -> DutyRecord:
    kept = DutyRecord.objects.select_for_update(of=("self",)).select_related("organization").get(pk=record.pk)
    actor.require(Right.RECORD_DUTIES, kept.organization)
    if not kept.is_editable:
        raise ValidationError("这份纪实已提交或已认可，文件不能再增减。")
    return kept
