"""Several people state facts of one evaluation in the same moment, with real threads on PostgreSQL."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from accountability.actions.adjustments import adjust_evaluation
from accountability.actions.assessing import Outdated as SheetOutdated
from accountability.actions.assessing import open_window, save_sheet, submit_sheet
from accountability.actions.disputes import answer_dispute, raise_dispute
from accountability.actions.entries import Outdated, add_entry, change_entry
from accountability.choices import EntryOrigin, RoundState
from accountability.models import Adjustment, AssessorSheet, EvaluationEntry, EvaluationRound, Objection
from accountability.scoring import Entry
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.filling_worlds import gathering
from tests.accountability.test_records_at_once import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def evaluation(cast):
    return gathering(cast)


@pytest.fixture
def stating(evaluation):
    def state(actor, entry):
        return lambda: add_entry(actor=actor, evaluation=evaluation, entry=entry, now=NOW)

    return state


def live(item):
    return EvaluationEntry.objects.filter(item=item, withdrawn_at=None)


def test_two_clerks_both_occurrences_and_a_double_click_one(acting, stating):
    li, zhao = acting("li"), acting("zhao")
    one, other = Entry("late", count=1, on=date(2026, 3, 1)), Entry("late", count=1, on=date(2026, 4, 1))
    at_once(stating(li, one), stating(zhao, other), stating(li, one), stating(li, one))
    assert sorted(live("late").values_list("on", flat=True)) == [one.on, other.on]


def test_of_two_answers_to_one_question_the_second_is_told(acting, stating):
    li, zhao = acting("li"), acting("zhao")
    answers = at_once(
        stating(li, Entry("visits", value=Decimal(90))), stating(zhao, Entry("visits", value=Decimal(80)))
    )
    assert sum(isinstance(each, ValidationError) for each in answers) == 1
    assert live("visits").count() == 1


def test_of_two_changes_of_one_entry_the_second_is_told(acting, stating):
    li, zhao = acting("li"), acting("zhao")
    entry = stating(li, Entry("visits", value=Decimal(70)))()
    answers = at_once(
        *(
            lambda actor=actor, value=value: change_entry(
                actor=actor, entry=entry, said=Entry("visits", value=Decimal(value)), now=NOW
            )
            for actor, value in ((li, 80), (zhao, 90))
        )
    )
    assert sum(isinstance(each, Outdated) for each in answers) == 1
    assert live("visits").count() == 1


def test_nothing_is_stated_once_the_round_is_shown(acting, evaluation, stating):
    def show():
        EvaluationRound.objects.filter(pk=evaluation.round_id).update(state=RoundState.SHOWN)

    show()
    answers = at_once(*[stating(acting("li"), Entry("visits", value=Decimal(90)))] * 3)
    assert all(isinstance(each, ValidationError) for each in answers)


def test_two_assessors_both_count_and_a_sheet_sent_twice_once(acting, evaluation):
    window = open_window(
        actor=acting("zhao"),
        round=evaluation.round,
        role="SELF",
        by="自评",
        opens_on=TODAY,
        closes_on=TODAY + timedelta(days=1),
        now=NOW,
    )
    other = evaluation.round.evaluations.exclude(pk=evaluation.pk).get()
    answers = {("opinion", ""): Entry("opinion", level="好")}

    def submit(who, about):
        actor = acting(who)
        return lambda: submit_sheet(
            actor=actor, window=window, evaluation=about, version=0, answers=answers, now=NOW
        )

    at_once(
        submit("li", evaluation), submit("wang", other), submit("li", evaluation), submit("li", evaluation)
    )
    assert AssessorSheet.objects.filter(submitted_at=NOW).count() == 2
    assert live("opinion").count() == 2


def test_of_two_drafts_the_second_is_told(acting, evaluation):
    window = open_window(
        actor=acting("zhao"),
        round=evaluation.round,
        role="SELF",
        by="自评",
        opens_on=TODAY,
        closes_on=TODAY + timedelta(days=1),
        now=NOW,
    )
    li = acting("li")

    def save(level):
        return lambda: save_sheet(
            actor=li,
            window=window,
            evaluation=evaluation,
            version=0,
            answers={("opinion", ""): Entry("opinion", level=level)},
            now=NOW,
        )

    found = at_once(save("好"), save("差"))
    assert sum(isinstance(each, SheetOutdated) for each in found) == 1
    assert AssessorSheet.objects.count() == 1


def test_a_dispute_is_raised_once_and_answered_once(acting, evaluation):
    entry = evaluation.entries.get(origin=EntryOrigin.SYSTEM)
    li, zhao, qian = acting("li"), acting("zhao"), acting("qian")
    at_once(*[lambda: raise_dispute(actor=li, entry=entry, reason="漏记", now=NOW)] * 3)
    dispute = Objection.objects.get()
    answers = at_once(
        lambda: answer_dispute(
            actor=zhao,
            objection=dispute,
            uphold=True,
            answer="属实",
            said=Entry("meetings", count=4, due=4),
            now=NOW,
        ),
        lambda: answer_dispute(actor=qian, objection=dispute, uphold=False, answer="没有记录", now=NOW),
    )
    assert sum(isinstance(each, ValidationError) for each in answers) == 1
    assert live("meetings").count() == 1


def test_the_same_adjustment_from_two_windows_is_one(cast):
    def push():
        return adjust_evaluation(
            organization=cast.first,
            kind="BONUS",
            points=Decimal(1),
            reason="推广",
            on=date(2026, 6, 1),
            source="通报",
            now=NOW,
        )

    at_once(push, push, push)
    assert Adjustment.objects.count() == 1
