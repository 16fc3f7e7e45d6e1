"""Files beside a record or an entry: optional, checked, versioned, stored under their digest outside the web root."""

import hashlib
from pathlib import PurePath
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction

from accountability.evaluation_access import require_change
from accountability.models import DutyRecord, EntryFile, EvaluationEntry, EvidenceFile, StoredFile
from branches.access import Actor, Right
from branches.actions.audit import record_event

Stored = TypeVar("Stored", bound=StoredFile)

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
    blank = EvidenceFile(record=record, organization=record.organization)
    return _add(actor, record, "一份纪实", blank, name, content, content_type, now)


@transaction.atomic
def add_entry_file(
    *, actor: Actor, entry: EvaluationEntry, name: str, content: bytes, content_type: str, now
) -> EntryFile:
    """The same beside an entry of an evaluation that may still be changed."""
    entry = _statable(actor, entry)
    blank = EntryFile(entry=entry, organization=entry.evaluation.organization)
    return _add(actor, entry, "一条事实", blank, name, content, content_type, now)


@transaction.atomic
def remove_evidence(*, actor: Actor, record: DutyRecord, evidence: EvidenceFile, now) -> None:
    """Take a file with all its versions away from a record that may still be edited; the rows and files are kept."""
    _remove(actor, _editable(actor, record), evidence, now)


@transaction.atomic
def remove_entry_file(*, actor: Actor, entry: EvaluationEntry, evidence: EntryFile, now) -> None:
    """The same for an entry that may still be changed."""
    _remove(actor, _statable(actor, entry), evidence, now)


def _add(actor, row, what, blank: Stored, name, content, content_type, now) -> Stored:
    digest = hashlib.sha256(content).hexdigest()
    files = list(row.files.order_by("version"))
    held = [each for each in files if each.removed_at is None and each.replaced_by_id is None]
    for each in held:
        if each.sha256 == digest:
            return each
    former = next((each for each in held if each.file_name == name), None)
    if former is None and len(held) >= MOST_FILES:
        raise ValidationError(f"{what}最多附 {MOST_FILES} 个文件。")
    version = 1 + max((each.version for each in files if each.file_name == name), default=0)
    if version > MOST_VERSIONS:
        raise ValidationError(f"“{name}”已有 {MOST_VERSIONS} 个版次，请换一个文件名。")
    blank.file_name, blank.version = name, version
    blank.content_type, blank.size, blank.sha256 = content_type, len(content), digest
    blank.uploaded_by, blank.uploaded_at = actor.user, now
    blank.file.save(f"{digest}{PurePath(name).suffix.lower()}", ContentFile(content), save=False)
    blank.save()
    if former is not None:
        former.replaced_by = blank
        former.save(update_fields=["replaced_by"])
    record_event(
        actor=actor, event="添加佐证文件", row=row, summary=f"{name} 第{version}版 {digest[:16]}", at=now
    )
    return blank


def _remove(actor, row, evidence, now) -> None:
    files = list(row.files.select_for_update().filter(file_name=evidence.file_name, removed_at=None))
    for each in files:
        each.removed_at, each.removed_by = now, actor.user
    type(evidence).objects.bulk_update(files, ["removed_at", "removed_by"])
    if files:
        record_event(actor=actor, event="移除佐证文件", row=row, summary=evidence.file_name, at=now)


def read_evidence(*, actor: Actor, evidence: StoredFile, now) -> bytes:
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
        row=evidence.entry if isinstance(evidence, EntryFile) else evidence.record,
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


def _statable(actor, entry) -> EvaluationEntry:
    kept = EvaluationEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    require_change(actor, kept)
    if kept.withdrawn_at is not None:
        raise ValidationError("这一条已经改过或撤销，文件请附在现在的那一条上。")
    return kept
