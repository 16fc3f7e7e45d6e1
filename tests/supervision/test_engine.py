"""The set-based result equals a count over the records in plain Python, whatever happened to the tree."""

from datetime import timedelta

import pytest

from branches.periods import Period
from supervision.attenuation.engine import take_readings

from .brute_force import World
from .worlds import MONTH, NOW, Planter, stored_readings, stored_rollups

pytestmark = pytest.mark.django_db


def agrees(run, cutoff):
    world = World(Period.from_key(run.period), cutoff)
    assert stored_readings(run) == world.readings()
    assert stored_rollups(run) == {key: dict(row) for key, row in world.rollups().items()}


@pytest.mark.parametrize("seed", range(12))
def test_the_set_based_result_equals_a_brute_force_count(seed):
    Planter(seed, 16 + 2 * seed).live()
    agrees(take_readings(MONTH, cutoff=NOW), NOW)


@pytest.mark.parametrize("seed", range(20, 24))
def test_an_earlier_cut_off_leaves_out_what_came_later_and_puts_back_what_was_corrected(seed):
    Planter(seed).live()
    earlier = NOW - timedelta(days=8)
    agrees(take_readings(MONTH, cutoff=earlier), earlier)
