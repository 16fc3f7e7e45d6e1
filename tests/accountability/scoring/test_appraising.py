from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accountability.appraising import latest_improvement, most_excellent, next_step, steps_of
from accountability.papers import count_problems, differences
from accountability.tallies import Paper

FULL = steps_of("IMPROVE", has_committee=True)


@pytest.mark.parametrize(
    ("graded", "most"), [(0, 0), (1, 0), (2, 0), (3, 1), (5, 1), (6, 2), (8, 2), (9, 3), (100, 33)]
)
def test_one_third_is_rounded_down(graded, most):
    assert most_excellent(graded) == most


@given(st.integers(0, 100_000))
def test_one_third_is_the_most_that_fits(graded):
    most = most_excellent(graded)
    assert most * 3 <= graded < (most + 1) * 3


def test_a_term_ends_after_a_year_at_the_latest():
    assert latest_improvement(date(2026, 11, 20)) == date(2027, 11, 20)
    assert latest_improvement(date(2028, 2, 29)) == date(2029, 2, 28)


def test_which_steps_a_case_has():
    assert FULL == ("VERIFY", "COMMITTEE", "PREEXAMINE", "ASSEMBLY", "APPROVE", "ANNOUNCE", "FOLLOW")
    assert "COMMITTEE" not in steps_of("IMPROVE", has_committee=False)
    assert steps_of("REMOVE", has_committee=True)[-1] == "ANNOUNCE"


@given(
    st.sampled_from(["IMPROVE", "PERSUADE", "REMOVE"]), st.booleans(), st.lists(st.booleans(), max_size=30)
)
def test_steps_come_in_order_whatever_is_agreed_to(kind, has_committee, results):
    order, taken = steps_of(kind, has_committee=has_committee), []
    for passed in results:
        step = next_step(order, taken)
        if step is None:
            break
        place = order.index(step)
        if taken:
            before, agreed = taken[-1]
            assert place == (order.index(before) + 1 if agreed else 0)
        else:
            assert place == 0
        taken.append((step, passed))
    if taken and next_step(order, taken) is None:
        last, passed = taken[-1]
        assert last == order[-1]
        assert passed or last == "FOLLOW"


def test_a_branch_that_lost_its_committee_goes_on():
    order = steps_of("REMOVE", has_committee=False)
    assert next_step(order, [("VERIFY", True), ("COMMITTEE", True)]) == "PREEXAMINE"


def paper(author=1, issued=9, returned=9, valid=9, **counts):
    numbers = {1: {"优秀": 3, "合格": 6}} | {int(key[1:]): value for key, value in counts.items()}
    return Paper("", author, issued, returned, valid, numbers)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, set()),
        ({"issued": 10}, {"issued"}),
        ({"returned": 10}, {"returned"}),
        ({"returned": 8}, {"valid"}),
        ({"valid": 8}, {1}),
        ({"n1": {"优秀": 3, "合格": 5}}, set()),  # somebody left a line empty
        ({"n1": {"优秀": 4, "合格": 6}}, {1}),
    ],
)
def test_what_cannot_be_right_in_a_count(changes, wrong):
    assert set(count_problems(paper(**changes), [1], most=9)) == wrong


def test_where_two_counts_differ():
    assert differences(paper(1), paper(2)) == set()
    assert differences(paper(1), paper(2, n1={"优秀": 4, "合格": 6}, valid=10)) == {"valid", (1, "优秀")}
    # A cell left out is a nought.
    assert differences(paper(1), paper(2, n1={"优秀": 3, "合格": 6, "不合格": 0})) == set()
