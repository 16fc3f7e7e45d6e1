"""Quarters of totals against counting one by one."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from accountability.quarters import Band, quarters_of

totals = st.lists(st.integers(0, 40).map(lambda number: Decimal(number) / 4), min_size=4, max_size=40)


@given(totals)
def test_who_is_first_and_last_is_what_counting_says(values):
    quarters = quarters_of(values)
    size = len(values) // 4
    for value in values:
        # In the first quarter stand those who have fewer than a quarter of the units before them.
        is_first = sum(other > value for other in values) < size
        is_last = sum(other < value for other in values) < size
        band = quarters.band(value)
        assert (band is Band.FIRST) == (is_first and not is_last)
        assert (band is Band.LAST) == (is_last and not is_first)
        above = sorted(values)
        middle = (above[(len(above) - 1) // 2] + above[len(above) // 2]) / 2
        if band in (Band.UPPER, Band.LOWER):
            assert (band is Band.UPPER) == (value >= middle)
    assert quarters.first == sum(quarters.band(value) is Band.FIRST for value in values)
    assert quarters.last == sum(quarters.band(value) is Band.LAST for value in values)


@given(totals, st.randoms())
def test_the_order_makes_no_difference(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert quarters_of(shuffled) == quarters_of(values)


@given(totals)
def test_a_better_total_never_stands_lower(values):
    quarters = quarters_of(values)
    order = list(Band)
    ranks = [order.index(quarters.band(value)) for value in sorted(values, reverse=True)]
    if quarters.upper > quarters.lower:
        assert ranks == sorted(ranks)


def test_ties_are_said():
    assert quarters_of([Decimal(n) for n in range(1, 9)]).ties == []
    quarters = quarters_of(map(Decimal, (90, 80, 80, 80, 70, 60, 50, 40)))
    assert (quarters.first, quarters.last) == (4, 2)
    assert quarters.ties == ["前四分之一应为2个，80分并列，一并列入，共4个。"]
    equal = quarters_of([Decimal(80)] * 8)
    assert (equal.first, equal.last) == (0, 0)
    assert equal.band(Decimal(80)) is Band.UPPER
    assert "不列入" in equal.ties[0]


def test_too_few_have_no_quarters():
    assert quarters_of(map(Decimal, (1, 2, 3))) is None
    assert quarters_of(map(Decimal, range(7)), 8) is None
    assert quarters_of(map(Decimal, range(8)), 8).size == 2
