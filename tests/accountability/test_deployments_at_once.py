"""Several people at the same deployment or check in the same moment, with real threads on PostgreSQL."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accountability.actions.batches import take_step
from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.deployments import extend_deployment, withdraw_deployment
from accountability.actions.quality import draw_checks, judge_check
from accountability.models import Deployment, Duty, DutyList, DutyRecord, QualityCheck
from accountability.sampling import draw_size
from tests.accountability.conftest import NOW
from tests.accountability.test_deployments import DUE, deploy, hand_in, lists_of, record_of
from tests.accountability.test_quality import accepted as accepted
from tests.accountability.test_records_at_once import at_once
from tests.conftest import employ

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def refused(answers):
    return [each for each in answers if isinstance(each, ValidationError)]


def test_two_presses_make_one_deployment(cast, acting):
    cast.people["he"] = employ("he", "何静", (cast.county, "DEPUTY_SECRETARY"))
    actors = [acting("qian"), acting("he")]
    answers = at_once(*[lambda who=who: deploy(who, cast.county, [cast.town]) for who in actors * 2])
    assert len(refused(answers)) == 3
    assert Deployment.objects.count() == 1
    assert DutyList.objects.count() == 2


@pytest.mark.parametrize("attempt", range(4))
def test_who_decomposes_while_it_is_extended_gets_the_new_day(cast, acting, attempt):
    made = deploy(acting("qian"), cast.county, [cast.town])
    duty, zhao, qian = lists_of(made)[cast.town].duties.get(number=2), acting("zhao"), acting("qian")
    later = DUE + timedelta(days=10)
    answers = at_once(
        lambda: extend_deployment(actor=qian, deployment=made, due_on=later, reason="雨雪", now=NOW),
        lambda: decompose_duty(
            actor=zhao, duty=duty, shares=[Share(cast.first), Share(cast.second)], now=NOW
        ),
    )
    assert not [each for each in answers if isinstance(each, Exception)]
    shares = Duty.objects.filter(parent=duty)
    assert {each.deadline for each in shares} == {later}
    assert {each.due_on for each in DutyRecord.objects.filter(duty__in=shares)} == {later}


def test_of_two_who_withdraw_one_is_told(acting, cast):
    made = deploy(acting("qian"), cast.county, [cast.town])
    qian, wu = acting("qian"), acting("wu")
    answers = at_once(
        *[
            lambda who=who: withdraw_deployment(actor=who, deployment=made, reason="撤", now=NOW)
            for who in (qian, wu)
        ]
    )
    assert sorted(map(type, answers), key=str) == [ValidationError, int]
    assert not DutyRecord.objects.in_force().exists()


@pytest.mark.parametrize("attempt", range(4))
def test_withdrawn_while_it_goes_down_nothing_is_left(cast, acting, attempt):
    made = deploy(acting("qian"), cast.county, [cast.town], is_direct=True)
    batch, qian = made.batches.get(), acting("qian")
    answers = at_once(
        lambda: take_step(pk=batch.pk, after="", now=NOW),
        lambda: withdraw_deployment(actor=qian, deployment=made, reason="撤", now=NOW),
    )
    assert not [each for each in answers if isinstance(each, Exception)]
    while take_step(pk=batch.pk, after="", now=NOW) is not None:
        pass
    assert not made.lists.in_force().exists()
    assert not DutyRecord.objects.in_force().exists()
    batch.refresh_from_db()
    assert (batch.state, batch.done) == ("DONE", batch.total)


def test_two_workers_hand_down_once(cast, acting):
    made = deploy(acting("qian"), cast.county, [cast.town], is_direct=True)
    batch = made.batches.get()

    def work():
        while take_step(pk=batch.pk, after="", now=NOW) is not None:
            pass

    at_once(*[work] * 3)
    work()
    assert set(lists_of(made)) == {cast.county, cast.town, cast.first, cast.second}
    assert Duty.objects.filter(duty_list__deployment=made).count() == 8
    batch.refresh_from_db()
    assert (batch.state, batch.done) == ("DONE", 2)


def test_a_branch_signs_once_for_two_items_handed_in_together(cast, acting):
    made = deploy(acting("zhao"), cast.town, [cast.first])
    li, records = acting("li"), [record_of(made, cast.first, number) for number in (1, 2)]
    answers = at_once(*[lambda each=each: hand_in(li, each) for each in records])
    assert [each.status for each in answers] == ["SUBMITTED", "SUBMITTED"]
    assert lists_of(made)[cast.first].history.filter(history_change_reason="提交时签收").count() == 1


def test_two_committees_draw_and_two_people_judge(cast, acting, accepted):
    zhao, qian = acting("zhao"), acting("qian")
    records = DutyRecord.objects.filter(pk__in=list(accepted.values_list("pk", flat=True)))
    at_once(
        lambda: draw_checks(actor=zhao, records=records, percent=20, seed=3, now=NOW),
        lambda: draw_checks(actor=qian, records=records, percent=20, seed=3, now=NOW),
    )
    assert QualityCheck.objects.count() == draw_size(accepted.count(), 20)
    check = QualityCheck.objects.first()
    answers = at_once(
        lambda: judge_check(actor=zhao, check=check, passed=True, note="", now=NOW),
        lambda: judge_check(actor=qian, check=check, passed=False, note="空话", now=NOW),
    )
    assert len(refused(answers)) == 1
    assert check.history.count() == 1
