"""Files beside a record: versioned, kept under their digest, never needed unless the item says so."""

import hashlib
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.evidence import (
    MOST_FILES,
    DamagedFile,
    add_evidence,
    read_evidence,
    remove_evidence,
)
from accountability.actions.records import submit_record
from accountability.choices import EvidenceKind
from accountability.models import EvidenceFile
from branches.models import AuditEntry
from tests.accountability.conftest import NOW
from tests.accountability.owing import owe


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def record(cast):
    return owe(cast.first, counted_by="", target=None)


def add(actor, record, content=b"%PDF-1.7 one", name="会议纪要.pdf"):
    return add_evidence(
        actor=actor, record=record, name=name, content=content, content_type="application/pdf", now=NOW
    )


def remove(actor, evidence):
    remove_evidence(actor=actor, record=evidence.record, evidence=evidence, now=NOW)


def test_a_file_is_kept_under_its_digest_outside_the_web_root(acting, record):
    kept = add(acting("li"), record)
    digest = hashlib.sha256(b"%PDF-1.7 one").hexdigest()
    assert (kept.sha256, kept.version, kept.size) == (digest, 1, 12)
    path = Path(kept.file.path)
    assert path.name == f"{digest}.pdf"
    assert not path.is_relative_to(configured.STATIC_ROOT)
    assert read_evidence(actor=acting("zhao"), evidence=kept, now=NOW) == b"%PDF-1.7 one"
    assert AuditEntry.objects.filter(event="添加佐证文件").count() == 1


def test_the_same_name_makes_the_next_version_and_the_older_one_stays_readable(acting, record):
    li = acting("li")
    first = add(li, record)
    second = add(li, record, b"%PDF-1.7 two")
    first.refresh_from_db()
    assert (second.version, first.replaced_by, second.replaced_by) == (2, second, None)
    assert read_evidence(actor=li, evidence=first, now=NOW) == b"%PDF-1.7 one"
    assert add(li, record, b"%PDF-1.7 two") == second  # a double click
    assert add(li, record, b"%PDF-1.7 one").version == 3  # back to what it said before


def test_removing_is_soft_and_takes_all_versions(acting, record):
    li = acting("li")
    files = [add(li, record, content) for content in (b"%PDF-1.7 one", b"%PDF-1.7 two")]
    remove(li, files[1])
    for each in EvidenceFile.objects.all():
        assert (each.removed_at, each.removed_by) == (NOW, li.user)
        assert Path(each.file.path).exists()
    assert add(li, record).version == 3


def test_at_most_ten_files(acting, record):
    li = acting("li")
    for number in range(MOST_FILES):
        add(li, record, b"%PDF-1.7 " + bytes([65 + number]), name=f"{number}.pdf")
    with pytest.raises(ValidationError, match="最多附 10 个"):
        add(li, record, name="第十一个.pdf")
    assert add(li, record, b"%PDF-1.7 new", name="0.pdf").version == 2
    remove(li, EvidenceFile.objects.filter(file_name="3.pdf").first())
    assert add(li, record, name="第十一个.pdf").version == 1


def test_what_was_handed_in_keeps_its_files_as_they_are(acting, record):
    li = acting("li")
    kept = add(li, record)
    submit_record(
        actor=li,
        record=record,
        version=1,
        done_on=date(2026, 11, 12),
        summary="办妥。",
        meetings=[],
        now=NOW,
    )
    with pytest.raises(ValidationError, match="不能再增减"):
        add(li, record, b"%PDF-1.7 two")
    with pytest.raises(ValidationError, match="不能再增减"):
        remove(li, kept)


def test_who_may_not_write_may_not_add(acting, record):
    kept = add(acting("li"), record)
    for who in ("wang", "zhao", "qian", "zhou", "wu"):
        with pytest.raises(PermissionDenied):
            add(acting(who), record, b"%PDF-1.7 two")
        with pytest.raises(PermissionDenied):
            remove(acting(who), kept)


def test_a_file_that_is_asked_for_lets_the_record_be_handed_in(cast, acting):
    record = owe(cast.first, counted_by="", target=None, evidence=EvidenceKind.DOCUMENT)
    li = acting("li")
    facts = {"done_on": date(2026, 11, 12), "summary": "办妥。", "meetings": [], "now": NOW}
    kept = add(li, record)
    remove(li, kept)
    with pytest.raises(ValidationError, match="至少上传一份"):
        submit_record(actor=li, record=record, version=1, **facts)
    add(li, record)
    assert submit_record(actor=li, record=record, version=1, **facts).status == "SUBMITTED"


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_file_says_so_and_leaves_a_line(acting, record, damage):
    kept = add(acting("li"), record)
    path = Path(kept.file.path)
    if damage == "changed":
        path.write_bytes(b"%PDF-1.7 One")
    else:
        path.unlink()
    with pytest.raises(DamagedFile, match="已损坏"):
        read_evidence(actor=acting("zhao"), evidence=kept, now=NOW)
    assert AuditEntry.objects.get(event="佐证文件校验").result == "失败"
