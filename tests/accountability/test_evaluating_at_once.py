"""Several people and workers at the same round in the same moment, with real threads on PostgreSQL."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accountability import scoring
from accountability.actions import evaluating
from accountability.actions.entries import add_entry
from accountability.actions.evaluating import ask_evaluation, fill_in, run_evaluation
from accountability.actions.rounds import create_round
from accountability.choices import EntryOrigin
from accountability.models import EvaluationEntry, EvaluationRound
from branches.choices import MeetingKind, TaskState
from tests.accountability.evaluating import make_scheme
from tests.accountability.test_evaluating import NOW, TABLE
from tests.branches.test_cadence import hold
from tests.branches.test_meetings_at_once import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def press(cast, acting):
    scheme, actor = make_scheme(cast.town, table=TABLE), acting("zhao")
    hold(cast.first, MeetingKind.GENERAL_MEETING, date(2026, 2, 10))

    def make():
        return create_round(
            actor=actor, organization=cast.town, title="2026年度支部考核", year=2026,
            starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), fill_until=date(2026, 12, 20),
            schemes=[scheme], now=NOW,
        )  # fmt: skip

    return make


def test_setting_up_at_once_makes_one_round(press):
    answers = at_once(*[press] * 3)
    assert sum(isinstance(each, ValidationError) for each in answers) == 2
    assert EvaluationRound.objects.get().evaluations.count() == 2


def test_asking_and_working_at_once_computes_once(acting, press):
    round = press()
    actors = [acting("zhao"), acting("qian"), acting("zhao")]
    asked = at_once(*[lambda who=who: ask_evaluation(actor=who, round=round, now=NOW) for who in actors])
    assert sorted(asked) == [False, False, True]
    worked = at_once(*[lambda: run_evaluation(pk=round.pk, now=timezone.now())] * 3)
    assert sorted(worked) == [False, False, True]
    round.refresh_from_db()
    assert round.run_state == TaskState.DONE
    assert all(each.evaluated_at for each in round.evaluations.all())


def test_filling_in_at_once_writes_every_fact_once(press):
    round = press()
    at_once(*[lambda: fill_in(round=round, now=NOW)] * 3)
    live = EvaluationEntry.objects.filter(origin=EntryOrigin.SYSTEM, withdrawn_at=None)
    assert live.count() == 4


def test_what_is_stated_while_it_is_computed_makes_the_total_out_of_date(cast, acting, press, monkeypatch):
    round = press()
    first = round.evaluations.get(organization=cast.first)
    ask_evaluation(actor=acting("zhao"), round=round, now=NOW)
    write, committee = evaluating._write, acting("zhao")

    def stated_meanwhile(*args):
        entry = scoring.Entry("service", points=Decimal(60))
        add_entry(actor=committee, evaluation=first, entry=entry, now=timezone.now())
        write(*args)

    monkeypatch.setattr(evaluating, "_write", stated_meanwhile)
    assert run_evaluation(pk=round.pk, now=timezone.now())
    first.refresh_from_db()
    assert first.total is not None
    assert first.is_outdated
