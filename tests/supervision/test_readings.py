"""Stored numbers as pages ask for them: sums that add up, a constant number of queries, nobody ranked in public."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accountability.models import Reading, RollUp
from branches.choices import Chain, Level, OrganizationKind
from branches.models import Organization
from branches.periods import Period
from branches.tally import Tally
from supervision.attenuation.engine import take_readings
from supervision.queries import readings

from .worlds import MONTH, NOW, Planter

pytestmark = pytest.mark.django_db


@pytest.fixture
def planter():
    planter = Planter(50, 45).live(200, 50)
    take_readings(MONTH, cutoff=NOW)
    return planter


def test_children_and_the_committee_itself_add_up_to_the_whole(planter):
    whole = [
        each.tallies
        for chain in readings.ladders(planter.city, MONTH).values()
        for each in chain.ladder.rungs
    ]
    units = [unit.tallies for unit in readings.children_heat(planter.city, MONTH)]
    own = readings.own_reading(planter.city, MONTH).tallies
    run = readings.source(MONTH).runs[-1]
    for key in readings.MEASURE_KEYS:
        parts = Tally.sum([*(unit[key] for unit in units), own[key]])
        rows = RollUp.objects.filter(run=run, scope=planter.city)
        total = Tally(
            sum(rows.values_list(f"{key}_done", flat=True)), sum(rows.values_list(f"{key}_due", flat=True))
        )
        assert parts == total
        assert Tally.sum(each[key] for each in whole).due <= total.due
    assert (
        sum(unit.organizations for unit in readings.children_heat(planter.city, MONTH)) + 1
        == run.organizations
    )


def test_sums_over_chains_and_sectors_add_up(planter):
    whole = readings.children_heat(planter.city, MONTH)
    apart = [
        unit for chain in Chain.values for unit in readings.children_heat(planter.city, MONTH, chain=chain)
    ]
    assert sum(unit.due for unit in whole) == sum(unit.due for unit in apart)


def test_a_branch_is_its_own_ladder_of_one_rung(planter):
    branch = Reading.objects.filter(level=Level.BRANCH, attendance_due__gt=0).first()
    scope = Organization.objects.get(pk=branch.organization_id)
    [ladder] = readings.ladders(scope, MONTH).values()
    assert [rung.level for rung in ladder.ladder.rungs] == [Level.BRANCH]
    assert ladder.ladder.kept is None


def test_without_a_run_there_is_no_reading(planter):
    nothing = Period.parse("2025-01")
    assert readings.source(nothing) is None
    assert readings.ladder(planter.city, nothing, Chain.LOCAL) is None
    assert readings.ladders(planter.city, nothing) == {}
    assert readings.children_heat(planter.city, nothing) == []
    assert readings.cold_spots(planter.city, nothing) == []
    assert readings.own_reading(planter.city, nothing) is None
    assert readings.quartile(planter.city, nothing) is None
    [point] = readings.trend(planter.city, [nothing])
    assert point.heat is None


def test_a_trend_has_a_point_for_every_period_asked_for(planter):
    periods = MONTH.trailing(12)
    points = readings.trend(planter.city, periods, Chain.LOCAL)
    assert [point.period for point in points] == periods
    assert points[-1].heat is not None
    assert all(point.heat is None for point in points[:-1])
    ladder = readings.ladder(planter.city, MONTH, Chain.LOCAL).ladder
    assert points[-1].kept == ladder.kept
    assert {rung.level: rung.heat for rung in ladder.rungs} == {
        level: heat for level, heat in points[-1].by_level.items() if heat is not None
    }


def test_the_coldest_come_first_and_lie_within_two_steps(planter):
    spots = readings.cold_spots(planter.city, MONTH, limit=8)
    assert [spot.shrunk for spot in spots] == sorted(spot.shrunk for spot in spots)
    near = set(Reading.objects.filter(parent=planter.city.pk).values_list("organization_id", flat=True))
    nearby = near | set(Reading.objects.filter(parent__in=near).values_list("organization_id", flat=True))
    assert {spot.organization.pk for spot in spots} <= nearby


def test_a_quartile_needs_company_and_names_nobody():
    planter = Planter(51, 0)
    town = planter.plant(OrganizationKind.COMMITTEE, Level.PRIMARY, planter.city, chain=Chain.LOCAL)
    branches = []
    for number in range(12):
        branch = planter.plant(OrganizationKind.BRANCH, Level.BRANCH, town, chain=Chain.LOCAL)
        Organization.objects.filter(pk=branch.pk).update(sector="RURAL")
        branches.append((number, branch))
    run = take_readings(MONTH, cutoff=NOW)
    for number, branch in branches:
        Reading.objects.filter(run=run, organization=branch).update(attendance_due=20, attendance_done=number)
    placed = [readings.quartile(branch, MONTH) for _, branch in branches]
    assert {each.peers for each in placed} == {12}
    ranks = [each.quartile for each in placed]
    assert ranks == sorted(ranks, reverse=True)
    assert {ranks.count(quarter) for quarter in (1, 2, 3, 4)} == {3}
    assert readings.quartile(town, MONTH) is None


def asked(scope):
    with CaptureQueriesContext(connection) as captured:
        readings.ladders(scope, MONTH)
        readings.children_heat(scope, MONTH)
        readings.cold_spots(scope, MONTH)
        readings.trend(scope, MONTH.trailing(12))
        readings.own_reading(scope, MONTH)
        readings.quartile(scope, MONTH)
    return len(captured)


def test_queries_do_not_grow_with_the_tree():
    planter = Planter(61, 25).live(60, 20)
    take_readings(MONTH, cutoff=NOW)
    few = asked(planter.city)
    for _ in range(60):
        planter.grow()
    planter.live(100, 20)
    take_readings(MONTH, cutoff=NOW)
    assert asked(planter.city) == few
    assert few <= 20
