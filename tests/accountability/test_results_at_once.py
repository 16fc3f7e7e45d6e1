"""Several people at the same result in the same moment, with real threads on PostgreSQL."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from accountability.actions.objections import agree_with_result, answer_objection, raise_objection
from accountability.actions.plans import Outdated, Step, ask_plans, write_plan
from accountability.actions.publication import publish_round, show_results
from accountability.choices import ObjectionState, RoundState
from accountability.models import EvaluationRound, ImprovementPlan, Objection
from branches.choices import Level, OrganizationKind
from branches.models import AuditEntry
from tests.accountability.evaluating import NOW, make_round, make_scheme, said
from tests.accountability.test_records_at_once import at_once
from tests.conftest import plant

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def round(cast):
    units = [
        plant(f"010101{number}", f"云村{number}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
        for number in (30, 31)
    ]
    marks = {unit: said(4, str(30 + place)) for place, unit in enumerate(units)}
    marks |= {cast.first: said(0, "10"), cast.second: said(4, "60")}
    return make_round(cast.town, cast.people["zhao"], make_scheme(cast.town), marks, state=RoundState.SHOWN)


def of(round, unit):
    return round.evaluations.get(organization=unit)


def refused(results):
    return [str(each) for each in results if isinstance(each, Exception)]


def test_two_answers_make_one(cast, acting, round):
    made = raise_objection(actor=acting("li"), evaluation=of(round, cast.first), reason="少计", now=NOW)
    results = at_once(
        *(
            lambda who=who, uphold=uphold: answer_objection(
                actor=acting(who), objection=made, uphold=uphold, answer=f"{who}答", now=NOW
            )
            for who, uphold in (("zhao", True), ("qian", False))
        )
    )
    (problem,) = refused(results)
    made.refresh_from_db()
    assert f"已由{made.answered_by}答复" in problem
    assert made.state != ObjectionState.OPEN
    assert AuditEntry.objects.filter(event="答复考核异议").count() == 1


def test_a_double_click_objects_once(cast, acting, round):
    evaluation = of(round, cast.first)
    results = at_once(
        *[lambda: raise_objection(actor=acting("li"), evaluation=evaluation, reason="少计", now=NOW)] * 3
    )
    assert Objection.objects.count() == 1
    assert all("未答复的异议" in each for each in refused(results))
    assert len(refused(results)) == 2


def test_an_objection_and_the_publication_exclude_each_other(cast, acting, round):
    for who, unit in (("li", cast.first), ("wang", cast.second)):
        agree_with_result(actor=acting(who), evaluation=of(round, unit), now=NOW)
    round.evaluations.filter(agreed_at=None).update(agreed_at=NOW)
    at_once(
        lambda: publish_round(actor=acting("zhao"), round=round, now=NOW),
        lambda: raise_objection(actor=acting("li"), evaluation=of(round, cast.first), reason="少计", now=NOW),
    )
    round.refresh_from_db()
    is_open = Objection.objects.filter(state=ObjectionState.OPEN).exists()
    assert (round.state == RoundState.PUBLISHED) != is_open


def test_showing_twice_shows_once(acting, round):
    EvaluationRound.objects.filter(pk=round.pk).update(state=RoundState.COLLECTING)
    results = at_once(
        *(lambda who=who: show_results(actor=acting(who), round=round, now=NOW) for who in ("zhao", "qian"))
    )
    assert len(refused(results)) == 1
    assert AuditEntry.objects.filter(event="反馈考核结果").count() == 1


def test_plans_asked_for_twice_are_one_each_and_written_once(cast, acting, round):
    results = at_once(
        *(lambda who=who: ask_plans(actor=acting(who), round=round, now=NOW) for who in ("zhao", "qian"))
    )
    assert sorted(each.new for each in results) == [0, 2]
    plan = ImprovementPlan.objects.get(organization=cast.first)
    owner = cast.people["li"].appointments.get()

    def write(goal):
        return write_plan(
            actor=acting("li"),
            plan=plan,
            version=1,
            goal=goal,
            owner=owner,
            due_on=date(2027, 6, 30),
            steps=[Step("排计划", date(2027, 1, 1))],
            now=NOW,
        )

    results = at_once(lambda: write("甲"), lambda: write("乙"))
    assert sum(isinstance(each, Outdated) for each in results) == 1
    assert plan.steps.count() == 1
    assert not any(isinstance(each, ValidationError) for each in results)
