"""The log is append-only and chained: whatever is altered afterwards is found."""

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from branches.actions.audit import SEALED, digest_of, record_event, seal_audit, verify_audit
from branches.models import AuditEntry, AuditLink
from branches.tasks import seal_audit as seal_task

NOW = timezone.make_aware(datetime(2026, 11, 20, 9, 30, 0, 123456))
OTHERWISE = {
    "at": NOW + timedelta(microseconds=1),
    "username": "others",
    "appointment": "别处书记",
    "address": "10.9.9.9",
    "event": "别的事件",
    "object_type": "branches.Other",
    "object_id": "99",
    "summary": "改过的摘要",
    "result": "失败",
    "request_id": "another",
}


@pytest.fixture
def log(cast):
    for number in range(5):
        record_event(actor=None, event="确认会议", row=cast.first, summary=f"第{number}件", at=NOW)
    return list(AuditEntry.objects.order_by("pk"))


def verify(*options):
    out, code = StringIO(), 0
    try:
        call_command("verify_audit", *options, stdout=out)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue()


def test_sealing_links_everything_once(log):
    assert seal_audit(batch=2) == 5
    assert seal_audit() == 0
    assert [link.number for link in AuditLink.objects.order_by("number")] == [1, 2, 3, 4, 5]
    report = verify_audit()
    assert (report.links, report.broken_at, report.unlinked) == (5, None, 0)


def test_every_field_is_sealed():
    assert set(SEALED) == {field.name for field in AuditEntry._meta.fields}
    assert set(OTHERWISE) == set(SEALED) - {"id"}


@pytest.mark.parametrize("name", OTHERWISE)
@pytest.mark.parametrize("which", [0, 2, 4])
def test_tampering_with_any_field_of_any_entry_is_found(log, name, which):
    seal_audit()
    AuditEntry.objects.filter(pk=log[which].pk).update(**{name: OTHERWISE[name]})
    report = verify_audit()
    assert (report.broken_at, report.entry) == (which + 1, log[which].pk)
    code, text = verify()
    assert code == 1
    assert f"第 {which + 1} 环断裂" in text


def test_an_entry_that_is_taken_out_is_found(log):
    seal_audit()
    AuditLink.objects.filter(number=3).delete()
    AuditEntry.objects.filter(pk=log[2].pk).delete()
    assert (verify_audit().broken_at, verify_audit().reason) == (3, "缺少第3环")


def test_a_link_rewritten_with_its_entry_is_found_at_the_next(log):
    seal_audit()
    AuditEntry.objects.filter(pk=log[1].pk).update(summary="改过")
    link = AuditLink.objects.get(number=2)
    facts = AuditEntry.objects.values(*SEALED).get(pk=log[1].pk)
    AuditLink.objects.filter(number=2).update(digest=digest_of(2, link.previous_digest, facts))
    assert (verify_audit().broken_at, verify_audit().reason) == (3, "与上一环的摘要不符")


def test_a_chain_cut_short_is_found_by_its_kept_head(log):
    seal_audit()
    head = f"5:{verify_audit().head}"
    assert verify("--head", head)[0] == 0
    AuditLink.objects.filter(number=5).delete()
    AuditEntry.objects.filter(pk=log[4].pk).delete()
    assert verify()[0] == 0
    assert verify("--head", head)[0] == 1


def test_the_command_speaks_json_and_counts_what_waits(log):
    seal_audit()
    record_event(actor=None, event="撤销党组织", at=NOW)
    code, text = verify("--json")
    facts = json.loads(text)
    assert (code, facts["ok"], facts["links"], facts["unlinked"]) == (0, True, 5, 1)
    assert json.loads(verify("--json", "--seal")[1])["unlinked"] == 0


def test_the_task_seals(log):
    assert seal_task.delay().get() == 5


def test_an_entry_that_commits_late_is_linked_late(log):
    late = log.pop(2)
    values = AuditEntry.objects.values().get(pk=late.pk)
    late.delete()
    seal_audit()
    AuditEntry.objects.create(**values)
    assert seal_audit() == 1
    assert AuditLink.objects.get(number=5).entry_id == values["id"]
    assert verify_audit().broken_at is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_writers_do_not_wait_for_the_sealer_nor_sealers_break_the_chain():
    import threading

    record_event(actor=None, event="确认会议", at=NOW)
    done = []

    def elsewhere(work):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            done.append(work())
        finally:
            connection.close()

    with transaction.atomic():
        assert seal_audit() == 1  # its links are written and not yet committed
        writer = threading.Thread(
            target=elsewhere, args=[lambda: record_event(actor=None, event="另一件", at=NOW).pk]
        )
        writer.start()
        writer.join(5)
        assert len(done) == 1
    sealers = [threading.Thread(target=elsewhere, args=[lambda: seal_audit(batch=1)]) for _ in range(4)]
    for number in range(20):
        record_event(actor=None, event=f"第{number}件", at=NOW)
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        sealer.join()
    seal_audit()
    report = verify_audit()
    assert (report.links, report.broken_at, report.unlinked) == (22, None, 0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize(
    ("table", "change"), [("branches_auditentry", "event = 'x'"), ("branches_auditlink", "digest = 'x'")]
)
def test_postgresql_refuses_to_alter_the_log(statement, table, change):
    from django.db.utils import DatabaseError

    from branches.postgres import FORBID, PERMIT

    record_event(actor=None, event="确认会议", at=NOW)
    seal_audit()
    with connection.cursor() as cursor:
        cursor.execute(FORBID)
        try:
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                cursor.execute(statement.format(table, change))
        finally:
            cursor.execute(PERMIT)
    assert verify_audit().broken_at is None
