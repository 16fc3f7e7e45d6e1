"""The disk is full while a file is uploaded: it is said, nothing is left behind, everything else goes on."""

import os
import resource
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accountability.models import EvidenceFile
from branches.models import Attachment, AuditEntry, ImportJob
from tests.accountability.owing import owe
from tests.meetings import record

SPACE = 64 * 1024


@contextmanager
def little_space():
    """No file of this process may grow over SPACE: the operating system refuses the write, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SPACE, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return tmp_path


def pdf(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("签到表.pdf", b"%PDF-1.7\n" + os.urandom(size), content_type="application/pdf")


def files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_an_attachment_that_finds_no_space_is_refused_in_words(cast):
    meeting = record(cast)
    client = cast.client("li")
    with little_space():
        answer = client.post(
            reverse("attachment-add", args=[meeting.pk]), {"file": pdf(2 * SPACE)}, follow=True
        )
    assert answer.status_code == 200
    assert "存储空间不足，附件没有保存" in answer.content.decode()
    assert not Attachment.objects.exists()
    assert not AuditEntry.objects.filter(event="添加附件").exists()
    assert files() == []
    client.post(reverse("attachment-add", args=[meeting.pk]), {"file": pdf(2 * SPACE)})
    assert Attachment.objects.count() == len(files()) == 1


def test_a_file_beside_a_duty_record_that_finds_no_space_costs_nothing_that_was_typed(cast):
    term = owe(cast.first, counted_by="", target=None)
    client, url = cast.client("li"), reverse("duty-record-edit", args=[term.pk])
    sent = {"summary": "走访了两户", "version": 1, "save": "1"}
    with little_space():
        answer = client.post(url, sent | {"files": pdf(2 * SPACE)})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "存储空间不足，文件没有保存" in page
    assert "走访了两户" in page
    assert not EvidenceFile.objects.exists()
    assert files() == []
    client.post(url, sent | {"files": pdf(2 * SPACE)})
    assert EvidenceFile.objects.count() == len(files()) == 1


def test_a_spreadsheet_that_finds_no_space_is_refused_on_its_own_page(cast):
    client = cast.client("wu")
    upload = SimpleUploadedFile("名册.xlsx", b"PK\x03\x04" + os.urandom(2 * SPACE))
    with little_space():
        answer = client.post(
            reverse("import-upload", args=[cast.city.pk]), {"kind": "ROSTER", "file": upload}
        )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "存储空间不足，文件没有保存" in page
    assert not ImportJob.objects.exists()
    assert files() == []


def test_a_large_upload_that_cannot_even_be_received_gets_a_page_that_says_so(cast, settings):
    """What is too large for memory is written to disk while it arrives, before any view is asked."""
    meeting = record(cast)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = SPACE
    client = cast.client("li")
    client.raise_request_exception = False
    with little_space():
        answer = client.post(reverse("attachment-add", args=[meeting.pk]), {"file": pdf(2 * SPACE)})
    assert answer.status_code == 507
    assert "存储空间不足" in answer.content.decode()
    assert not Attachment.objects.exists()
