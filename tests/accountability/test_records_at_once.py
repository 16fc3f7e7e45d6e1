"""Several people at the same duty record in the same moment, with real threads on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accountability.actions.counted import settle_counted
from accountability.actions.evidence import add_evidence
from accountability.actions.records import (
    Outdated,
    accept_record,
    accept_records,
    return_record,
    save_record,
    submit_record,
)
from accountability.models import DutyRecord, DutyReview, EvidenceFile
from branches.choices import MeetingKind
from branches.models import AuditEntry
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.owing import owe
from tests.branches.test_cadence import hold

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*jobs):
    """Start the jobs together; return what each gave back or raised."""
    gate = threading.Barrier(len(jobs))

    def run(job):
        try:
            gate.wait(timeout=10)
            return job()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture
def waiting(cast, acting):
    """What 李 has handed in, one term a year."""

    def hand_in(number):
        records = [
            owe(cast.first, counted_by="", target=None, year=2030 + each, heading=f"第{each}项")
            for each in range(number)
        ]
        return [
            submit_record(
                actor=acting("li"),
                record=each,
                version=1,
                done_on=date(2026, 11, 12),
                summary="办妥。",
                meetings=[],
                now=NOW,
            )
            for each in records
        ]

    return hand_in


@pytest.mark.parametrize("attempt", range(4))
def test_of_two_reviewers_one_decides_and_the_other_is_told(acting, waiting, attempt):
    (record,) = waiting(1)
    zhao, qian = acting("zhao"), acting("qian")
    answers = at_once(
        lambda: accept_record(actor=zhao, record=record, version=2, now=NOW),
        lambda: return_record(actor=qian, record=record, version=2, note="写明哪两户", now=NOW),
    )
    assert sum(isinstance(answer, Outdated) for answer in answers) == 1
    record.refresh_from_db()
    (review,) = DutyReview.objects.all()
    assert review.decision == record.status
    assert record.version == 3


def test_two_bulk_acceptances_accept_each_record_once(acting, waiting):
    pks = [each.pk for each in waiting(12)]
    zhao, qian = acting("zhao"), acting("qian")
    answers = at_once(
        lambda: accept_records(actor=zhao, pks=pks, now=NOW),
        lambda: accept_records(actor=qian, pks=list(reversed(pks)), now=NOW),
    )
    assert sum(answers) == 12
    assert DutyReview.objects.count() == 12
    assert set(DutyRecord.objects.values_list("status", "version")) == {("ACCEPTED", 3)}


def test_the_note_of_a_return_survives_a_bulk_acceptance(acting, waiting):
    records = waiting(6)
    zhao, qian = acting("zhao"), acting("qian")
    returned, accepted = at_once(
        lambda: return_record(actor=zhao, record=records[3], version=2, note="补充", now=NOW),
        lambda: accept_records(actor=qian, pks=[each.pk for each in records], now=NOW),
    )
    assert accepted == 6 - isinstance(returned, DutyRecord)
    assert DutyReview.objects.count() == 6


def test_of_two_writers_the_second_is_told(cast, acting):
    record = owe(cast.first, counted_by="", target=None)
    li = acting("li")

    def save(words):
        return lambda: (
            save_record(
                actor=li, record=record, version=1, done_on=None, summary=words, meetings=[], now=NOW
            ).summary
        )

    answers = at_once(save("甲"), save("乙"))
    assert sum(isinstance(answer, Outdated) for answer in answers) == 1
    record.refresh_from_db()
    assert record.summary in answers


def test_two_rounds_settle_each_term_once(cast):
    for number in range(20):
        owe(cast.first, target=1, year=2030 + number)
    hold(cast.first, MeetingKind.SPECIAL_STUDY, date(2026, 8, 3))

    def settle():
        return settle_counted(now=NOW, today=TODAY)

    assert sum(at_once(settle, settle, settle)) == 20
    settled = DutyRecord.history.filter(history_change_reason="自动计数达标")
    assert settled.count() == 20
    assert sum(1 for each in AuditEntry.objects.filter(event="自动计数达标")) >= 1


@pytest.mark.parametrize("attempt", range(4))
def test_handing_in_and_closing_by_itself_at_once_leaves_one_of_them(cast, acting, attempt):
    record = owe(cast.first, target=1)
    hold(cast.first, MeetingKind.SPECIAL_STUDY, date(2026, 8, 3))
    li = acting("li")
    answer, settled = at_once(
        lambda: submit_record(
            actor=li, record=record, version=1, done_on=TODAY, summary="研究了。", meetings=[], now=NOW
        ),
        lambda: settle_counted(now=NOW, today=TODAY),
    )
    record.refresh_from_db()
    assert record.status == ("ACCEPTED" if settled else "SUBMITTED")
    assert isinstance(answer, Outdated | ValidationError) is bool(settled)


def test_the_same_file_from_two_windows_is_one_and_two_files_of_a_name_are_two_versions(
    cast, acting, tmp_path, settings
):
    settings.MEDIA_ROOT = str(tmp_path)
    record = owe(cast.first, counted_by="", target=None)
    li = acting("li")

    def add(content):
        return lambda: add_evidence(
            actor=li,
            record=record,
            name="纪要.pdf",
            content=content,
            content_type="application/pdf",
            now=NOW,
        )

    at_once(*[add(b"%PDF-1.7 one")] * 3)
    assert EvidenceFile.objects.count() == 1
    at_once(add(b"%PDF-1.7 two"), add(b"%PDF-1.7 three"))
    assert sorted(EvidenceFile.objects.values_list("version", flat=True)) == [1, 2, 3]
    assert EvidenceFile.objects.filter(replaced_by=None).count() == 1
