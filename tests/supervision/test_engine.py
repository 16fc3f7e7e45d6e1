"""The set-based result equals a count over the records in plain Python, whatever happened to the tree."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accountability.models import DutyRecord
from branches.choices import MeetingStatus
from branches.models import CadenceRule, Meeting
from branches.periods import Period
from supervision.attenuation.engine import take_readings

from .brute_force import World
from .worlds import MONTH, NOW, Planter, stored_readings, stored_rollups

pytestmark = pytest.mark.django_db


def agrees(run, cutoff):
    world = World(Period.from_key(run.period), cutoff)
    assert stored_readings(run) == world.readings()
    assert stored_rollups(run) == {key: dict(row) for key, row in world.rollups().items()}


@pytest.mark.parametrize("seed", range(8))
def test_the_set_based_result_equals_a_brute_force_count(seed):
    Planter(seed, 16 + 2 * seed).live()
    agrees(take_readings(MONTH, cutoff=NOW), NOW)


@pytest.mark.parametrize("seed", range(20, 24))
def test_an_earlier_cut_off_leaves_out_what_came_later_and_puts_back_what_was_corrected(seed):
    Planter(seed).live()
    earlier = NOW - timedelta(days=8)
    agrees(take_readings(MONTH, cutoff=earlier), earlier)


def test_extra_meetings_change_nothing_but_attendance():
    planter = Planter(30, 16).live(500, 5)
    run = take_readings(MONTH, cutoff=NOW)
    before = stored_readings(run)
    full = [
        pk
        for pk, row in before.items()
        if all(row[f"{key}_due"] == row[f"{key}_done"] for key in ("core_meetings", "special_study"))
    ]
    for meeting in Meeting.objects.filter(status=MeetingStatus.CONFIRMED, organization__in=full):
        again = {
            field.attname: getattr(meeting, field.attname)
            for field in Meeting._meta.concrete_fields
            if field.attname != "id"
        }
        again |= {"entry_key": uuid4(), "expected": 0, "present": 0, "excused": 0, "counted_from": NOW}
        again |= {"key_due": 0, "key_done": 0, "dual_due": 0, "dual_done": 0}
        Meeting.objects.create(**again)
    assert any(before[pk]["core_meetings_due"] for pk in full)
    assert planter.city.pk in before
    take_readings(MONTH, cutoff=NOW)
    after = stored_readings(run)
    for pk in full:
        assert after[pk] == before[pk]


def test_what_is_not_due_or_withdrawn_changes_nothing():
    planter = Planter(31, 24).live()
    run = take_readings(MONTH, cutoff=NOW)
    before = stored_readings(run), stored_rollups(run)
    record = planter.duty()
    DutyRecord.objects.filter(pk=record.pk).update(period=MONTH.key, withdrawn_at=NOW)
    other = planter.duty()
    DutyRecord.objects.filter(pk=other.pk).update(period=202612)
    CadenceRule.objects.filter(code="A8").update(at_least=9)  # judged in December
    take_readings(MONTH, cutoff=NOW)
    assert (stored_readings(run), stored_rollups(run)) == before
