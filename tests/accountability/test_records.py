from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.records import (
    Outdated,
    accept_record,
    accept_records,
    return_record,
    save_record,
    submit_record,
)
from accountability.choices import RecordStatus
from accountability.counts import carried_duty_counts, duty_counts
from accountability.models import Duty, DutyRecord, DutyReview
from accountability.queries.records import evidence_for, open_records, returned_records
from branches.choices import MeetingKind, MeetingStatus
from branches.models import DirtyMark
from branches.periods import Period
from tests.accountability.conftest import NOW, TODAY
from tests.branches.test_cadence import hold


@pytest.fixture
def record(cast, issued):
    """A record of 李's branch that is due in November."""
    return DutyRecord.objects.get(organization=cast.first, period=202611)


def submit(actor, record, **values):
    facts = {
        "version": record.version,
        "done_on": date(2026, 11, 12),
        "summary": "为两户群众办妥了手续。",
        "meetings": [],
        "now": NOW,
    }
    return submit_record(actor=actor, record=record, **facts | values)


def test_the_whole_way(cast, acting, record):
    handed_in = submit(acting("li"), record)
    assert (handed_in.status, handed_in.author, handed_in.version) == ("SUBMITTED", cast.people["li"], 2)
    with pytest.raises(ValidationError, match="不能再改"):
        submit(acting("li"), handed_in)
    returned = return_record(actor=acting("zhao"), record=handed_in, version=2, note="写明哪两户", now=NOW)
    assert returned.status == RecordStatus.RETURNED
    assert [each.pk for each in returned_records(cast.first)] == [record.pk]
    again = submit(acting("li"), returned, summary="为李、周两户办妥了手续。")
    accepted = accept_record(actor=acting("zhao"), record=again, version=again.version, now=NOW)
    assert (accepted.status, accepted.accepted_at, accepted.is_timely) == ("ACCEPTED", NOW, True)
    assert list(DutyReview.objects.order_by("pk").values_list("decision", flat=True)) == [
        "RETURNED",
        "ACCEPTED",
    ]
    assert accepted.history.count() == 4


def test_acceptance_is_final(cast, acting, record):
    handed_in = submit(acting("li"), record)
    accepted = accept_record(actor=acting("zhao"), record=handed_in, version=2, now=NOW)
    with pytest.raises(ValidationError):
        return_record(actor=acting("zhao"), record=accepted, version=3, note="重来", now=NOW)
    with pytest.raises(ValidationError):
        save_record(
            actor=acting("li"), record=accepted, version=3, done_on=None, summary="", meetings=[], now=NOW
        )


def test_returning_needs_words(acting, record):
    handed_in = submit(acting("li"), record)
    with pytest.raises(ValidationError, match="退回原因"):
        return_record(actor=acting("zhao"), record=handed_in, version=2, note=" ", now=NOW)


def test_two_writers_lose_nothing(acting, record):
    save_record(
        actor=acting("li"), record=record, version=1, done_on=None, summary="先写一半", meetings=[], now=NOW
    )
    with pytest.raises(Outdated) as outdated:
        submit(acting("li"), record, version=1)
    assert outdated.value.record.summary == "先写一半"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"done_on": date(2026, 11, 21)}, "今天"),
        ({"done_on": date(2026, 10, 31)}, "不能早于"),
        ({"done_on": None}, "完成日期"),
        ({"summary": "  "}, "几句话"),
    ],
)
def test_what_makes_no_sense_is_refused(acting, record, values, words):
    with pytest.raises(ValidationError, match=words):
        submit(acting("li"), record, **values)
    record.refresh_from_db()
    assert record.status == RecordStatus.OPEN


def test_evidence_is_the_units_own_and_confirmed(cast, acting, record):
    own = hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 11, 5))
    early = hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 10, 5))
    waiting = hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 11, 6), MeetingStatus.SUBMITTED)
    foreign = hold(cast.second, MeetingKind.PARTY_DAY, date(2026, 11, 5))
    assert list(evidence_for(record, TODAY)) == [own]
    for each in (waiting, foreign):
        with pytest.raises(ValidationError, match="已确认"):
            submit(acting("li"), record, meetings=[each])
    assert early not in evidence_for(record, TODAY)
    assert list(submit(acting("li"), record, meetings=[own]).meetings.all()) == [own]


def test_rights(cast, acting, record):
    for who in ("wang", "zhao", "zhou", "wu"):
        with pytest.raises(PermissionDenied):
            submit(acting(who), record)
    handed_in = submit(acting("li"), record)
    for who in ("li", "wang", "zhou", "wu", "zheng"):
        with pytest.raises(PermissionDenied):
            accept_record(actor=acting(who), record=handed_in, version=2, now=NOW)
    accept_record(actor=acting("sun"), record=handed_in, version=2, now=NOW)


def test_at_the_top_a_second_person_reviews(cast, acting, issued):
    from tests.conftest import employ

    cast.people["shi"] = employ("shi", "史明", (cast.city, "SECRETARY"))
    cast.people["fu"] = employ("fu", "傅敏", (cast.city, "DEPUTY_SECRETARY"))
    own = DutyRecord.objects.get(organization=cast.city, period=202611)
    handed_in = submit(acting("shi"), own)
    with pytest.raises(PermissionDenied, match="自己填报"):
        accept_record(actor=acting("shi"), record=handed_in, version=2, now=NOW)
    assert accept_record(actor=acting("fu"), record=handed_in, version=2, now=NOW).status == "ACCEPTED"


def test_accepting_marks_the_children_too(cast, acting, issued):
    duty = Duty.objects.filter(organization=cast.town, interval="quarter").first()
    decompose_duty(
        actor=acting("zhao"),
        duty=duty,
        shares=[Share(cast.first, interval="month"), Share(cast.second)],
        now=NOW,
    )
    own = duty.records.get(period=202612)
    DirtyMark.objects.all().delete()
    handed_in = submit(acting("zhao"), own, done_on=date(2026, 11, 3))
    assert not DirtyMark.objects.exists()
    accept_record(actor=acting("qian"), record=handed_in, version=2, now=NOW)
    # Only months that have begun: the parent's own and the second branch's are judged in December.
    assert list(DirtyMark.objects.values_list("organization", "period")) == [(cast.first.pk, 202611)]


def test_bulk_acceptance_takes_what_still_waits(cast, acting, issued):
    records = list(DutyRecord.objects.filter(organization=cast.first, period__in=[202611, 202612])[:3])
    for record in records[:2]:
        submit(acting("li"), record)
    pks = [record.pk for record in records]
    DirtyMark.objects.all().delete()
    assert accept_records(actor=acting("li"), pks=pks, now=NOW) == 0
    assert accept_records(actor=acting("zhao"), pks=pks, now=NOW) == 2
    assert accept_records(actor=acting("zhao"), pks=pks, now=NOW) == 0
    assert DutyReview.objects.count() == 2
    assert DirtyMark.objects.filter(organization=cast.first).exists()
    with pytest.raises(PermissionDenied):
        accept_records(actor=acting("wu"), pks=pks, now=NOW)


def test_what_the_unit_has_to_do_now(cast, issued):
    now = open_records(cast.first, TODAY)
    assert {record.period for record in now} >= {202609, 202611, 202612}
    in_april = open_records(cast.first, date(2026, 4, 10))
    # The second quarter and half have begun, the third quarter has not.
    assert not in_april.filter(period=202609).exists()
    assert in_april.filter(period=202606).exists()


def test_counts_are_what_was_known_at_the_cut_off(cast, acting, issued):
    record = DutyRecord.objects.get(organization=cast.first, period=202611)
    handed_in = submit(acting("li"), record)
    accept_record(actor=acting("zhao"), record=handed_in, version=2, now=NOW)
    month = Period.parse("2026-11")
    before = duty_counts(month, datetime(2026, 11, 19, tzinfo=UTC)).get(organization_id=cast.first.pk)
    after = duty_counts(month, NOW).get(organization_id=cast.first.pk)
    assert (before["duties_due"], before["duties_done"]) == (1, 0)
    assert (after["duties_due"], after["duties_done"], after["duties_timely"]) == (1, 1, 1)
    assert not carried_duty_counts(month, NOW).exists()
