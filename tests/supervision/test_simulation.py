"""The fictional city's deployments: handed down and taken up as the product would have it done."""

from datetime import UTC, datetime

import pytest
from django.db.models import F

from accountability.choices import DeploymentState, ListStatus, RecordStatus
from accountability.models import Deployment, Duty, DutyList, DutyRecord, QualityCheck
from branches.actions.tree import bulk_plant
from branches.choices import Level, Post, TaskState
from branches.models import Appointment, DirtyMark, Organization, User
from supervision.simulation import demo, deployments, duties
from supervision.simulation.character import Pattern
from supervision.simulation.city import CITY_CODE, places

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def city(time_machine):
    """The first three counties with two townships each, and nothing of the offices."""
    time_machine.move_to(NOW)
    chosen = [
        place
        for place in places(TODAY, seed=1, counties=3, branches_per_town=4)
        if "W" not in place.code and (len(place.code) < 8 or place.code[6:8] in ("03", "04"))
    ]
    assert {place.pattern for place in chosen} == {Pattern.STEADY, Pattern.MIDDLE, Pattern.BOTTOM}
    return chosen


@pytest.fixture
def nodes(db, city):
    bulk_plant((place.row() for place in city), keep_history=False)
    nodes = {node.code: node for node in Organization.objects.all()}
    demo.plant_people(city=city, nodes=nodes, today=TODAY, seed=1)
    user = User.objects.create(username="wu", name="吴敏")
    Appointment.objects.create(
        user=user, organization=nodes[CITY_CODE], post=Post.ADMINISTRATOR, starts_on="2024-03-01"
    )
    return nodes


@pytest.fixture
def deployed(city, nodes):
    deployments.deploy(
        nodes=nodes, city=city, reviewers=demo.reviewers_of(city, nodes, TODAY), now=NOW, seed=1
    )
    return list(Deployment.objects.order_by("pk"))


def test_one_goes_from_level_to_level_and_one_straight_to_the_last_branch(deployed, nodes, city):
    by_levels, directly = deployed
    assert {each.state for each in deployed} == {DeploymentState.ISSUED}
    everybody = {node.pk for node in nodes.values() if not node.is_group}
    assert set(directly.lists.values_list("organization", flat=True)) == everybody
    assert directly.batches.get().state == TaskState.DONE
    reached = set(by_levels.lists.values_list("organization", flat=True))
    assert reached < everybody
    for pk in everybody - reached:
        # It never came because somebody above has not handed it on.
        parent = Organization.objects.get(pk=Organization.objects.get(pk=pk).parent_id)
        assert parent.pk not in reached or not Duty.objects.filter(
            duty_list__deployment=by_levels, organization=parent, children__isnull=False
        )
    middle = [nodes[place.code].pk for place in city if place.pattern is Pattern.MIDDLE and place.rank == 1]
    waiting = Duty.objects.filter(duty_list__deployment=by_levels, organization__in=middle, arranged_at=None)
    assert waiting.exists()


def test_nothing_was_carried_out_that_was_not_signed_for_and_arranged(deployed):
    records = DutyRecord.objects.filter(is_deployment=True).exclude(status=RecordStatus.OPEN)
    assert records.filter(status=RecordStatus.ACCEPTED, done_on__lte=F("due_on")).exists()
    assert records.filter(done_on__gt=F("due_on")).exists()
    assert records.filter(organization__level=Level.BRANCH).exists()
    assert not records.exclude(duty__duty_list__status=ListStatus.SIGNED).exists()
    assert not records.filter(duty__arranged_at=None).exists()
    assert not records.filter(done_on__lt=F("duty__arranged_at__date")).exists()
    assert not DutyList.objects.filter(signed_at__date__lt=F("issued_on")).exists()
    assert not records.filter(done_on__gte=TODAY).exists()
    assert not DirtyMark.objects.exists()


def test_every_pair_hangs_on_the_unit_above(deployed):
    below = DutyRecord.objects.filter(is_deployment=True).exclude(organization__code=CITY_CODE)
    assert below.exists()
    assert not below.filter(parent=None).exists()
    assert not below.exclude(parent__organization=F("organization__parent")).exists()
    assert not below.exclude(parent__duty=F("duty__parent")).exists()


def test_some_was_checked_and_most_faults_were_answered(deployed):
    checks = QualityCheck.objects.all()
    assert checks.exists()
    assert not checks.exclude(record__status=RecordStatus.ACCEPTED).exists()
    assert not checks.filter(answered_at__isnull=False).exclude(passed=False).exists()


def test_the_years_lists_are_signed_for_and_owned_but_for_some(city, nodes):
    duties.issue(nodes=nodes, city=city, opened_on=TODAY.replace(month=1, day=5))
    lists, owned = DutyList.objects.all(), Duty.objects.filter(is_negative=False)
    for some, all_of in (
        (lists.filter(status=ListStatus.ISSUED), lists),
        (owned.filter(owner=None), owned),
    ):
        assert 0 < some.count() < all_of.count() / 4
    assert not Duty.objects.exclude(owner=None).exclude(owner__organization=F("organization")).exists()
    shares = Duty.objects.filter(is_personal=True)
    assert shares.exists()
    assert not shares.exclude(parent__organization=F("organization")).exists()
