"""Two integers, and the one place that says there is no reading."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branches.tally import NOTHING_DUE, Tally

tallies = st.integers(0, 10**9).flatmap(lambda due: st.builds(Tally, st.integers(0, due), st.just(due)))


@pytest.mark.parametrize(
    ("done", "due"), [(-1, 3), (4, 3), (0, -1), (1.0, 2), (1, "2"), (True, 2), (None, 1)]
)
def test_impossible_counts_are_refused(done, due):
    with pytest.raises(ValueError):
        Tally(done, due)


def test_nothing_due_is_no_reading():
    assert NOTHING_DUE.rate is None
    assert NOTHING_DUE.percent is None
    assert not NOTHING_DUE.has_reading
    assert Tally(0, 1).rate == 0
    assert Tally(0, 1).has_reading


def test_rate_is_exact():
    assert Tally(1, 3).rate == Fraction(1, 3)
    assert Tally(2, 3).percent == pytest.approx(66.6667, abs=1e-4)
    assert Tally(2, 3).shortfall == 1
    assert str(Tally(2, 3)) == "2/3"


def test_more_than_due_is_what_is_due():
    assert Tally.capped(7, 3) == Tally(3, 3)
    assert Tally.capped(2, 3) == Tally(2, 3)
    assert Tally.capped(2, 0) == NOTHING_DUE


@given(st.lists(tallies, max_size=20))
def test_sums_agree_however_they_are_taken(many):
    pooled = Tally.sum(many)
    assert pooled == sum(many, NOTHING_DUE) == Tally.sum(reversed(many))
    assert pooled.done + pooled.shortfall == pooled.due
    if many:
        assert sum(many) == pooled


@given(tallies, tallies)
def test_a_pooled_rate_lies_between_its_parts(one, other):
    rates = [each.rate for each in (one, other) if each.has_reading]
    pooled = (one + other).rate
    assert pooled is None if not rates else min(rates) <= pooled <= max(rates)


def test_only_tallies_add():
    with pytest.raises(TypeError):
        Tally(1, 2) + 1
    with pytest.raises(TypeError):
        3 + Tally(1, 2)
