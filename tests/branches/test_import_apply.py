"""From upload to result: nothing before it is asked for, all or nothing, nothing twice, never in plain sight."""

import json
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from branches import tasks
from branches.access import Actor
from branches.actions import import_rows
from branches.actions.imports import (
    apply_import,
    check_import,
    discard_import,
    erase_stale_imports,
    open_upload,
    recheck_import,
    request_apply,
    upload_import,
)
from branches.choices import ImportKind, ImportStep, Post, Standing, TaskState
from branches.models import AuditEntry, DirtyMark, ImportJob, Member, Membership, Organization, PreviewPage
from tests.conftest import employ
from tests.import_sheets import organizations_file, person, roster_file

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.django_db


def acting(cast, who) -> Actor:
    user = cast.people[who]
    return Actor(user=user, appointment=user.appointments.select_related("organization").get(), today=TODAY)


def uploaded(cast, stream, *, who="zhao", kind=ImportKind.ROSTER, organization=None, name="名册.xlsx"):
    job = upload_import(
        actor=acting(cast, who),
        organization=organization or cast.town,
        kind=kind,
        upload=SimpleUploadedFile(name, stream.getvalue()),
        now=NOW,
    )
    check_import(job=job, now=NOW)
    job.refresh_from_db()
    return job


def applied(cast, job, *, who="zhao", partial=False, corrected=False):
    job = request_apply(
        actor=acting(cast, who), job=job, partial=partial, accepts_corrections=corrected, now=NOW
    )
    apply_import(job=job, now=NOW)
    job.refresh_from_db()
    return job


def people(count, **changes):
    return [
        person(number, "第一支部" if number % 2 else "第二支部", **changes) for number in range(1, count + 1)
    ]


def test_checking_writes_nothing_but_the_preview(cast):
    before = Member.objects.count()
    job = uploaded(cast, roster_file([*people(3), person(9, "第九支部")]))
    assert (job.state, job.step) == (TaskState.DONE, ImportStep.CHECK)
    assert {key: job.counts[key] for key in ("rows", "new", "changed", "unchanged", "wrong")} == {
        "rows": 4,
        "new": 3,
        "changed": 0,
        "unchanged": 0,
        "wrong": 1,
    }
    assert job.counts["errors"] == {"unknown_branch": 1}
    assert Member.objects.count() == before
    assert PreviewPage.objects.get(job=job, state="WRONG").rows[0]["problems"][0]["kind"] == "unknown_branch"


def test_neither_file_nor_preview_holds_an_id_number_in_plain_sight(cast):
    rows = [*people(2), person(3, "第一支部", 公民身份证号=" " + person(3, "")["公民身份证号"])]
    stream = roster_file(rows)
    job = uploaded(cast, stream)
    with job.file.open("rb") as stored:
        content = stored.read()
    assert not content.startswith(b"PK")
    assert open_upload(job).getvalue() == stream.getvalue()
    preview = json.dumps([page.rows for page in job.pages.all()], ensure_ascii=False)
    for row in rows:
        assert row["公民身份证号"].strip() not in preview


def test_applied_members_have_numbers_memberships_history_and_search_keys(cast):
    job = applied(cast, uploaded(cast, roster_file(people(4))))
    assert job.counts["applied"] == {"new": 4, "changed": 0}
    row = person(1, "")
    member = Member.objects.get(name=row["姓名"], organization=cast.first)
    assert member.id_number == row["公民身份证号"]
    assert len(member.id_number_index) == 64
    assert member.pinyin
    membership = Membership.objects.get(member=member)
    assert (membership.organization, membership.starts_on, membership.ends_on) == (
        cast.first,
        member.joined_on,
        None,
    )
    past = member.history.get()
    assert (past.history_change_reason, past.history_user) == ("导入 名册.xlsx", cast.people["zhao"])
    line = AuditEntry.objects.get(event="导入党员名册")
    assert line.username == "zhao"
    assert line.summary == "名册.xlsx：新增 4，变更 0，无变化 0"
    assert set(DirtyMark.objects.values_list("organization", flat=True)) == {cast.first.pk, cast.second.pk}


def test_the_file_is_erased_once_it_is_applied(cast):
    job = uploaded(cast, roster_file(people(2)))
    storage, name = job.file.storage, job.file.name
    assert storage.exists(name)
    assert not applied(cast, job).file
    assert not storage.exists(name)


def test_the_same_file_again_changes_nothing(cast):
    applied(cast, uploaded(cast, roster_file(people(6))))
    before = list(Member.objects.order_by("pk").values())
    job = uploaded(cast, roster_file(people(6)))
    assert (job.counts["unchanged"], job.counts["new"], job.counts["changed"]) == (6, 0, 0)
    with pytest.raises(ValidationError, match="没有需要导入的行"):
        applied(cast, job)
    assert list(Member.objects.order_by("pk").values()) == before


def test_changes_are_written_with_before_and_after(cast):
    applied(cast, uploaded(cast, roster_file(people(3))))
    job = uploaded(cast, roster_file(people(3, 家庭住址="新路8号")))
    assert PreviewPage.objects.get(job=job).rows[0]["changes"] == [["家庭住址", "幸福路1号", "新路8号"]]
    assert applied(cast, job).counts["applied"] == {"new": 0, "changed": 3}
    member = Member.objects.get(name=person(1, "")["姓名"])
    new, old = member.history.order_by("-history_id")
    assert (old.address, new.address) == ("幸福路1号", "新路8号")
    assert member.id_number == person(1, "")["公民身份证号"]


def test_leaving_ends_the_membership_and_coming_back_opens_one(cast):
    applied(cast, uploaded(cast, roster_file(people(1))))
    member = Member.objects.get(name=person(1, "")["姓名"])
    applied(cast, uploaded(cast, roster_file(people(1, 党籍状态="已出党"))))
    member.refresh_from_db()
    assert member.standing == Standing.LEFT
    assert member.memberships.get().ends_on == TODAY
    applied(cast, uploaded(cast, roster_file(people(1))))
    assert member.memberships.get(ends_on__isnull=True).starts_on == TODAY


def test_wrong_rows_stop_everything_unless_the_right_ones_are_asked_for(cast):
    job = uploaded(cast, roster_file([*people(3), person(9, "第九支部")]))
    with pytest.raises(ValidationError, match="有 1 行有错误"):
        applied(cast, job)
    job = applied(cast, job, partial=True)
    assert (job.counts["applied"], job.counts["skipped"]) == ({"new": 3, "changed": 0}, 1)


def test_certain_corrections_are_applied_on_request(cast):
    job = uploaded(cast, roster_file(people(2, 手机号=" １９９76075057 ")))
    assert job.counts["correctable"] == 2
    assert applied(cast, job, partial=True, corrected=True).counts["applied"] == {"new": 2, "changed": 0}
    assert Member.objects.filter(mobile="19976075057").count() == 2


def test_applying_twice_is_applying_once(cast):
    job = applied(cast, uploaded(cast, roster_file(people(3))))
    apply_import(job=job, now=NOW)
    assert Member.objects.filter(id_number_index__isnull=False).count() == 3
    with pytest.raises(ValidationError, match="已经导入"):
        applied(cast, job)


def test_a_worker_killed_between_batches_leaves_nothing_and_the_run_repeats(cast, monkeypatch):
    job = uploaded(cast, roster_file(people(9)))
    job = request_apply(
        actor=acting(cast, "zhao"), job=job, partial=False, accepts_corrections=False, now=NOW
    )
    monkeypatch.setattr(import_rows, "BATCH", 4)

    class Killed(BaseException):
        """What a kill looks like from inside: nobody catches it."""

    enrol, calls = import_rows._enrol, []

    def enrol_once(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise Killed
        enrol(*arguments)

    monkeypatch.setattr(import_rows, "_enrol", enrol_once)
    with pytest.raises(Killed):
        apply_import(job=job, now=NOW)
    job.refresh_from_db()
    assert (job.step, job.applied_at) == (ImportStep.APPLY, None)
    assert Member.objects.filter(id_number_index__isnull=False).count() == 0
    monkeypatch.setattr(import_rows, "_enrol", enrol)
    tasks.apply_import(str(job.pk))
    job.refresh_from_db()
    assert job.counts["applied"] == {"new": 9, "changed": 0}
    assert Member.objects.filter(id_number_index__isnull=False).count() == 9


def test_what_changed_after_the_preview_is_not_written_unseen(cast):
    first, second = (uploaded(cast, roster_file(people(3))) for _ in range(2))
    applied(cast, first)
    job = applied(cast, second)
    assert (job.step, job.state) == (ImportStep.CHECK, TaskState.FAILED)
    assert "重新检查" in job.message
    recheck_import(actor=acting(cast, "zhao"), job=job, now=NOW)
    tasks.check_import(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.counts["unchanged"]) == (TaskState.DONE, 3)


def test_power_that_ended_before_the_worker_came_is_no_power(cast):
    job = uploaded(cast, roster_file(people(1)))
    job = request_apply(
        actor=acting(cast, "zhao"), job=job, partial=False, accepts_corrections=False, now=NOW
    )
    cast.people["zhao"].appointments.update(ends_on=TODAY)
    apply_import(job=job, now=NOW)
    job.refresh_from_db()
    assert (job.step, job.state, job.applied_at) == (ImportStep.CHECK, TaskState.FAILED, None)


def test_a_file_that_cannot_be_read_says_why_and_can_be_given_up(cast):
    job = uploaded(cast, roster_file([]))
    assert (job.state, job.counts["refused"]) == (TaskState.FAILED, "no_rows")
    discard_import(actor=acting(cast, "zhao"), job=job, now=NOW)
    job.refresh_from_db()
    assert (job.step, bool(job.file)) == (ImportStep.DISCARD, False)


@pytest.mark.django_db(transaction=True)
def test_giving_up_erases_the_file(cast):
    job = uploaded(cast, roster_file(people(1)))
    storage, name = job.file.storage, job.file.name
    discard_import(actor=acting(cast, "zhao"), job=job, now=NOW)
    assert not storage.exists(name)
    assert not PreviewPage.objects.filter(job=job).exists()
    with pytest.raises(ValidationError):
        recheck_import(actor=acting(cast, "zhao"), job=job, now=NOW)


def test_old_uploads_are_erased(cast):
    job = uploaded(cast, roster_file(people(1)))
    assert erase_stale_imports(now=NOW) == 0
    ImportJob.objects.filter(pk=job.pk).update(created_at=datetime(2026, 10, 1, tzinfo=UTC))
    assert erase_stale_imports(now=NOW) == 1
    job.refresh_from_db()
    assert (job.step, bool(job.file), job.pages.count()) == (ImportStep.DISCARD, False, 0)
    assert erase_stale_imports(now=NOW) == 0


def test_who_may_import_what(cast):
    with pytest.raises(PermissionDenied):
        uploaded(cast, roster_file(people(1)), who="li", organization=cast.first)
    with pytest.raises(PermissionDenied):
        uploaded(cast, roster_file(people(1)), organization=cast.county)
    with pytest.raises(PermissionDenied):
        uploaded(cast, organizations_file([]), kind=ImportKind.ORGANIZATIONS)
    cast.people["gu"] = employ("gu", "顾工", (cast.county, Post.ADMINISTRATOR))
    rows = [["0101010", "中共柳汀镇新民村支部委员会", "010101", "党支部", "支部", "", "村", None, None]]
    job = uploaded(
        cast, organizations_file(rows), who="gu", kind=ImportKind.ORGANIZATIONS, organization=cast.county
    )
    assert applied(cast, job, who="gu").counts["applied"] == {"new": 1, "changed": 0}
    assert Organization.objects.get(code="0101010").parent == cast.town
