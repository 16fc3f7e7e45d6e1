"""Several people at one ballot box in the same moment, with real threads on PostgreSQL."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accountability.actions.polls import cast_ballot, close_poll
from accountability.actions.review_cycles import start_cycle
from accountability.models import Ballot, PollVoter, ReviewCycle, WorkReport
from tests.accountability.conftest import NOW
from tests.accountability.review_worlds import DAYS, begin, rate, session_of
from tests.accountability.test_records_at_once import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def poll(cast, acting):
    return rate(acting("zhao"), session_of(begin(acting("zhao"), cast.town), cast.town)).poll


def cast_one(poll, user, choice):
    return lambda: cast_ballot(poll=poll, user=user, answers={1: choice, 2: choice}, now=NOW)


@pytest.mark.parametrize("attempt", range(4))
def test_a_voter_in_two_windows_votes_once(poll, attempt):
    voter = poll.voters.select_related("user").first()
    answers = at_once(*[cast_one(poll, voter.user, choice) for choice in ("好", "差", "一般")])
    assert sum(isinstance(answer, ValidationError) for answer in answers) == 2
    assert answers.count(None) == 1
    assert Ballot.objects.count() == 1


def test_no_transaction_and_no_place_in_the_table_ties_a_ballot_to_a_voter(poll):
    """What PostgreSQL itself keeps of a row: all ballots are of the last vote, whoever gave them."""
    for voter in poll.voters.select_related("user"):
        cast_one(poll, voter.user, "好")()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT xmin::text FROM {Ballot._meta.db_table}")
        ballots = {row[0] for row in cursor.fetchall()}
        cursor.execute(f"SELECT DISTINCT xmin::text FROM {PollVoter._meta.db_table} WHERE has_voted")
        voters = {row[0] for row in cursor.fetchall()}
    assert len(ballots) == 1
    assert len(voters) == poll.voters.count()


@pytest.mark.parametrize("attempt", range(4))
def test_whoever_votes_while_it_closes_is_counted_or_told(poll, attempt):
    voters = [each.user for each in poll.voters.select_related("user")]
    *answers, closed = at_once(
        *[cast_one(poll, user, "好") for user in voters],
        lambda: close_poll(actor=None, poll=poll, now=NOW + timedelta(hours=1)).state,
    )
    counted = answers.count(None)
    assert closed == "CLOSED"
    assert counted + sum(isinstance(answer, ValidationError) for answer in answers) == len(voters)
    assert Ballot.objects.count() == counted == PollVoter.objects.filter(has_voted=True).count()


def test_two_clocks_close_once(poll):
    cast_one(poll, poll.voters.first().user, "好")()
    answers = at_once(*[lambda: close_poll(actor=None, poll=poll, now=NOW)] * 3)
    assert sum(isinstance(answer, ValidationError) for answer in answers) == 2
    assert Ballot.objects.count() == 1


def test_a_double_press_starts_one_review(cast, acting):
    zhao = acting("zhao")
    start = [lambda: start_cycle(actor=zhao, organization=cast.town, now=NOW, **DAYS)] * 3
    answers = at_once(*start)
    assert len({answer.pk for answer in answers}) == 1
    assert ReviewCycle.objects.count() == 1
    assert WorkReport.objects.count() == 2
