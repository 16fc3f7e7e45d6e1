"""What is judged in the fictional city: evaluations, reviews, appraisals and cases as the product would have them."""

from datetime import UTC, datetime

import pytest

from accountability.actions.evaluating import reproduce
from accountability.choices import (
    AppraisalStep,
    CaseState,
    CycleState,
    DispositionState,
    ObjectionState,
    PlanState,
    ProblemState,
    RoundState,
    SessionState,
)
from accountability.models import (
    AccountabilityCase,
    Adjustment,
    AppraisalProgramme,
    AssessorSheet,
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
    ImprovementPlan,
    Objection,
    ReviewProblem,
    ReviewSession,
    WorkReport,
)
from accountability.queries.polls import poll_results
from branches.actions.tree import bulk_plant
from branches.choices import OrganizationKind, Post
from branches.models import Appointment, Organization, User
from supervision.simulation import appraisals, cases, demo, evaluations, reviews
from supervision.simulation.character import Pattern
from supervision.simulation.city import CITY_CODE, places

DAYS = (datetime(2026, 11, 26, 4, tzinfo=UTC), datetime(2027, 1, 3, 4, tzinfo=UTC))


@pytest.fixture(params=DAYS, ids=lambda now: f"{now:%m-%d}")
def world(request, db, time_machine):
    """One county with four townships, on a day late in the year and on one early in it."""
    now = request.param
    time_machine.move_to(now)
    today = now.date()
    city = [
        place
        for place in places(today, seed=1, counties=3, branches_per_town=7)
        if place.code == CITY_CODE
        or (place.pattern is Pattern.BOTTOM and place.code[6:8] in ("", "03", "04", "05", "06"))
    ]
    bulk_plant((place.row() for place in city), keep_history=False)
    nodes = {node.code: node for node in Organization.objects.all()}
    demo.plant_people(city=city, nodes=nodes, today=today, seed=1)
    user = User.objects.create(username="wu", name="吴敏")
    Appointment.objects.create(
        user=user, organization=nodes[CITY_CODE], post=Post.ADMINISTRATOR, starts_on="2024-03-01"
    )
    county = Organization.objects.get(parent=nodes[CITY_CODE])
    towns = list(Organization.objects.filter(parent=county).order_by("path"))
    branches = Organization.objects.filter(parent=towns[0], kind=OrganizationKind.BRANCH, has_committee=True)
    return {
        "city": nodes[CITY_CODE],
        "county": county,
        "towns": towns,
        "branches": list(branches),
        "now": now,
    }


def test_evaluations_stand_as_the_product_would_have_them(world):
    number = evaluations.evaluate(
        city=world["city"],
        counties=[world["county"]],
        towns=world["towns"],
        shown=world["branches"][0],
        now=world["now"],
        seed=1,
    )
    assert number == Evaluation.objects.count() > 40
    states = set(EvaluationRound.objects.values_list("state", flat=True))
    assert states == {RoundState.PUBLISHED, RoundState.SHOWN, RoundState.COLLECTING}
    for round in EvaluationRound.objects.exclude(evaluated_at=None):
        assert not round.evaluations.exclude(faults=[]).exists(), round
        for pinned in round.schemes.all():
            assert reproduce(pinned) == []
    assert Objection.objects.filter(state=ObjectionState.OPEN, entry__isnull=False).count() == 1
    assert Objection.objects.filter(state=ObjectionState.OPEN, entry__isnull=True).count() == 1
    assert Objection.objects.filter(evaluation__round__state=RoundState.PUBLISHED).count() == 1
    lowered = Adjustment.objects.get(kind="DOWNGRADE")
    result = lowered.organization.evaluations.get(round__state=RoundState.SHOWN).sheet.result
    assert lowered.reason in str(result)
    assert set(ImprovementPlan.objects.values_list("state", flat=True)) == set(PlanState.values)
    assert AssessorSheet.objects.filter(submitted_at__isnull=False).exists()
    assert not EvaluationEntry.objects.filter(created_at__gt=world["now"]).exists()


def test_reviews_stand_at_three_stages(world):
    town, shown = world["towns"][0], world["branches"][0]
    number = reviews.review(county=world["county"], published=town, shown=shown, now=world["now"], seed=1)
    assert number == WorkReport.objects.count()
    states = dict(ReviewSession.objects.values_list("organization", "state"))
    assert states[town.pk] == SessionState.PUBLISHED
    assert states[world["county"].pk] == SessionState.RATING
    assert set(states.values()) == {SessionState.PUBLISHED, SessionState.RATING, SessionState.PREPARING}
    published = WorkReport.objects.filter(session__organization=town)
    assert not published.filter(comment="").exists()
    assert not published.filter(grade="").exists()
    assert set(ReviewProblem.objects.values_list("state", flat=True)) == set(ProblemState.values)
    assert ReviewProblem.objects.get(organization=shown).state == ProblemState.OPEN
    voters = ReviewSession.objects.get(organization=world["county"]).poll.voters
    assert voters.filter(has_voted=True).exists()
    assert voters.filter(has_voted=False, user__appointments__organization=world["county"]).exists()
    assert ReviewSession.objects.first().cycle.state == CycleState.RUNNING


def test_one_appraisal_is_over_and_one_is_being_voted_on(world):
    shown, other = world["branches"][:2]
    appraisals.appraise(branch=shown, now=world["now"], seed=1)
    last, current = AppraisalProgramme.objects.order_by("year")
    assert (last.step, current.step) == (AppraisalStep.DONE, AppraisalStep.POLL)
    graded = last.appraisals.filter(is_graded=True)
    assert not graded.filter(told_at=None).exists()
    assert graded.filter(grade="EXCELLENT").count() <= graded.count() // 3
    assert poll_results(last.poll).is_shown
    first, second = current.poll.paper_counts.values_list("numbers", flat=True)
    assert first != second
    assert not current.poll.voters.filter(has_voted=True).exists()
    case = appraisals.dispose(branch=other, now=world["now"])
    assert case.state == DispositionState.RUNNING
    assert [step.kind for step in case.steps.order_by("pk")] == ["VERIFY", "COMMITTEE"]


def test_two_cases_wait_for_their_next_step(world):
    assert cases.hold_to_account(county=world["county"], towns=world["towns"], now=world["now"]) == 2
    waiting, announced = AccountabilityCase.objects.order_by("pk")
    assert (waiting.state, announced.state) == (CaseState.PROPOSED, CaseState.ANNOUNCED)
    assert announced.appeal_until >= world["now"].date()
    assert announced.decided_by != announced.drafted_by
