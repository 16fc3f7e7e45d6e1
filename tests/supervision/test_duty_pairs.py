"""Duties and deployments in pairs: an item below is judged against the very item above that it was handed down from."""

from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from accountability.choices import RecordStatus
from accountability.counts import carried_duty_counts, duty_counts
from accountability.models import Duty, DutyRecord, Formula
from branches.choices import Chain, Level, OrganizationKind
from branches.tally import Tally
from supervision.attenuation.engine import take_readings
from supervision.attenuation.statements import CARRIED_DUTIES
from supervision.queries.readings import ladders

from .brute_force import OWN_PAIRS
from .worlds import MONTH, NOW, Planter, stored_readings, stored_rollups

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[61, 62])
def planter(request):
    return Planter(request.param, 24).live(meetings=0, duties=40, deployments=6)


def carried(run):
    """Organisation key → its columns that count pairs, those without any left out."""
    rows = {pk: {name: row[name] for name in CARRIED_DUTIES} for pk, row in stored_readings(run).items()}
    return {pk: row for pk, row in rows.items() if any(row.values())}


def settle(records, *, done_on=None, accepted_at=NOW):
    """Accept records, or open them again when there is no `done_on`."""
    records.update(
        status=RecordStatus.ACCEPTED if done_on else RecordStatus.OPEN,
        done_on=done_on,
        accepted_at=accepted_at if done_on else None,
    )


def above():
    return DutyRecord.objects.filter(children__isnull=False).distinct()


def keys(records):
    return DutyRecord.objects.filter(pk__in=list(records.values_list("pk", flat=True)))


def test_nothing_below_an_item_that_was_not_fulfilled_is_carried(planter):
    assert carried(take_readings(MONTH, cutoff=NOW))
    for parent in planter.random.sample(list(above()), 8):
        stood = (parent.status, parent.done_on, parent.accepted_at)
        before = carried(take_readings(MONTH, cutoff=NOW))
        settle(DutyRecord.objects.filter(pk=parent.pk))
        after = carried(take_readings(MONTH, cutoff=NOW))
        below = set(parent.children.values_list("organization", flat=True)) | {parent.organization_id}
        for pk in before.keys() | after.keys():
            for name in CARRIED_DUTIES:
                fewer = before.get(pk, {}).get(name, 0) - after.get(pk, {}).get(name, 0)
                assert fewer >= 0
                assert pk in below or fewer == 0
        status, done_on, accepted_at = stood
        DutyRecord.objects.filter(pk=parent.pk).update(
            status=status, done_on=done_on, accepted_at=accepted_at
        )
    settle(keys(above()))
    assert carried(take_readings(MONTH, cutoff=NOW)) == {}


@pytest.mark.parametrize("how", ["accepted after the cut-off", "withdrawn", "late"])
def test_an_item_above_that_came_too_late_or_was_taken_back_carries_no_deployment(planter, how):
    parents = keys(above())
    settle(parents, done_on=date(2026, 9, 10))
    run = take_readings(MONTH, cutoff=NOW)
    before = carried(run)
    assert any(row["deployments_carried_due"] for row in before.values())
    if how == "accepted after the cut-off":
        settle(parents, done_on=date(2026, 9, 10), accepted_at=NOW + timedelta(seconds=1))
    elif how == "withdrawn":
        parents.update(withdrawn_at=NOW)
    else:
        settle(parents, done_on=date(2026, 9, 26))
    after = carried(take_readings(MONTH, cutoff=NOW))
    if how != "late":
        assert after == {}
    for row in after.values():
        # Late is fulfilled, though not in time: the duty itself is carried, and nothing that asks for the day.
        assert row["duties_carried_due"]
        assert {name for name, number in row.items() if number} <= {
            "duties_carried_due",
            "duties_carried_done",
        }


def test_what_is_done_below_never_exceeds_what_was_carried(planter):
    for row in stored_rollups(take_readings(MONTH, cutoff=NOW)).values():
        for key in OWN_PAIRS:
            assert row[f"{key}_carried_done"] <= row[f"{key}_carried_due"] <= row[f"{key}_due"]
            assert row[f"{key}_carried_done"] <= row[f"{key}_done"]


def deploy(planter, units, chance):
    """A deployment of the city's, handed down along `units` (parents first); `chance` says what came of each record."""
    made = {planter.city.pk: planter.deployment()}
    root = made[planter.city.pk]
    Duty.objects.filter(pk=root.duty_id).update(organization=planter.city)
    DutyRecord.objects.filter(pk=root.pk).update(organization=planter.city)
    for unit in units:
        if unit.parent_id in made:
            made[unit.pk] = planter.duty(made[unit.parent_id], unit)
    for pk, record in made.items():
        done_on = chance(pk)
        DutyRecord.objects.filter(pk=record.pk).update(
            period=MONTH.key, opened_at=NOW - timedelta(days=90), withdrawn_at=None
        )
        settle(DutyRecord.objects.filter(pk=record.pk), done_on=done_on)
    return made


@pytest.mark.parametrize("seed", range(60, 63))
def test_retention_of_a_deployment_by_level_equals_counting_its_pairs_by_hand(seed):
    planter = Planter(seed, 0)
    kinds, units = OrganizationKind, []
    for _ in range(3):
        county = planter.plant(kinds.COMMITTEE, Level.COUNTY, planter.city, chain=Chain.LOCAL)
        units.append(county)
        for _ in range(3):
            town = planter.plant(kinds.COMMITTEE, Level.PRIMARY, county, chain=Chain.LOCAL)
            units.append(town)
            units += [planter.plant(kinds.BRANCH, Level.BRANCH, town, chain=Chain.LOCAL) for _ in range(4)]
    planter.city.chain, planter.city.dissolved_on = Chain.LOCAL, None
    planter.city.founded_on = date(2001, 7, 1)
    planter.city.save()
    planter.city.placements.all().delete()
    Formula.objects.create(number=1, effective_from=202601, weights={"deployments": 1})
    random = planter.random
    days = [date(2026, 9, 20)] * 6 + [date(2026, 9, 26), None]
    made = [deploy(planter, units, lambda pk: random.choice(days)) for _ in range(3)]

    take_readings(MONTH, cutoff=NOW)
    ladder = ladders(planter.city, MONTH)[Chain.LOCAL].ladder

    tallies, pairs = defaultdict(list), defaultdict(list)
    levels = {unit.pk: unit.level for unit in [planter.city, *units]}
    in_time = {
        record.pk: record.done_on is not None and record.done_on <= record.due_on
        for record in DutyRecord.objects.all()
    }
    for each in made:
        for pk, record in each.items():
            tallies[levels[pk]].append(in_time[record.pk])
            if record.parent_id and in_time[record.parent_id]:
                pairs[levels[pk]].append(in_time[record.pk])
    assert [rung.level for rung in ladder.rungs] == sorted(set(levels.values()))
    for rung in ladder.rungs:
        counted = tallies[rung.level]
        assert rung.tallies["deployments"] == Tally(sum(counted), len(counted))
        assert rung.heat == pytest.approx(100 * sum(counted) / len(counted))
        if rung.level != Level.CITY:
            kept = pairs[rung.level]
            assert rung.carried["deployments"] == Tally(sum(kept), len(kept))
            assert rung.retention == pytest.approx(sum(kept) / len(kept))


def test_an_officers_share_of_the_own_units_duty_changes_no_pair(planter):
    run = take_readings(MONTH, cutoff=NOW)
    before, rows = carried(run), stored_rollups(run)
    for record in list(DutyRecord.objects.all()):
        for _ in range(planter.random.randrange(3)):
            share = planter.duty(record, DutyRecord.objects.get(pk=record.pk).organization)
            assert share.duty.is_personal
            DutyRecord.objects.filter(pk=share.pk).update(period=MONTH.key)
    run = take_readings(MONTH, cutoff=NOW)
    assert carried(run) == before
    shared = stored_rollups(run)
    for key, row in rows.items():
        for name, number in row.items():
            if "carried" in name:
                assert shared[key][name] == number
    assert sum(row["duties_due"] for row in shared.values()) > sum(row["duties_due"] for row in rows.values())


@pytest.mark.parametrize(
    ("parent", "counts"),
    [(202601, True), (202606, True), (202609, True), (202612, True), (202512, False), (202701, False)],
)
def test_the_item_above_may_be_owed_by_any_day_of_the_same_year(parent, counts):
    planter = Planter(70, 0)
    town = planter.plant(OrganizationKind.COMMITTEE, Level.PRIMARY, planter.city)
    upper = planter.duty(organization=planter.city)
    lower = planter.duty(upper, town)
    records = DutyRecord.objects.filter(pk__in=[upper.pk, lower.pk])
    records.update(withdrawn_at=None, opened_at=datetime(2026, 1, 1, tzinfo=NOW.tzinfo), period=MONTH.key)
    settle(records, done_on=date(2026, 9, 20))
    DutyRecord.objects.filter(pk=upper.pk).update(period=parent)
    found = carried(take_readings(MONTH, cutoff=NOW))
    one_pair = {name: int(not name.startswith("deployments")) for name in CARRIED_DUTIES}
    assert found == ({town.pk: one_pair} if counts else {})


def plan_of(rows):
    """The words in which the database says how it will read `rows`, with the one index that is meant for it.

    On a handful of rows PostgreSQL thinks every index equally good; so the others are gone for as long as it is asked.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for way in ("seqscan", "bitmapscan"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = %s::regclass"
                " AND NOT indisunique AND indexrelid <> %s::regclass",
                [DutyRecord._meta.db_table, "duty_record_reading"],
            )
            for (rival,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX {rival}")
    return rows.explain()


@pytest.mark.parametrize("counts", [duty_counts, carried_duty_counts])
def test_the_records_of_a_month_are_read_from_their_index_alone(planter, counts):
    alone = {"postgresql": "Index Only Scan using", "sqlite": "USING COVERING INDEX"}[connection.vendor]
    assert f"{alone} duty_record_reading" in plan_of(counts(MONTH, NOW))
