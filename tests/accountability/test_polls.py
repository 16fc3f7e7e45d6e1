from datetime import timedelta
from fractions import Fraction

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from accountability.actions.polls import (
    cancel_poll,
    cast_ballot,
    close_due,
    close_poll,
    extend_poll,
    open_poll,
)
from accountability.choices import PollPurpose
from accountability.models import Ballot, PaperCount, Poll, PollVoter
from accountability.queries.polls import my_polls, poll_results, polls_to_vote
from accountability.tallies import LEAST
from branches.models import AuditEntry, User
from tests.accountability.conftest import NOW

CHOICES = ["好", "较好", "一般", "差"]
WEIGHTS = {"代表": "0.4", "领导班子": "0.6"}
LATER = NOW + timedelta(days=3)


def voters_of(number, prefix="rater"):
    return [
        User.objects.create(username=f"{prefix}{each}", name=f"评{prefix}{each}") for each in range(number)
    ]


@pytest.fixture
def opened(cast, acting):
    """A poll of the town on two secretaries with twelve voters."""

    def open_(**given):
        users = given.pop("users", None) or voters_of(12)
        values = {
            "actor": acting("zhao"),
            "organization": cast.town,
            "purpose": PollPurpose.REVIEW,
            "title": "柳汀镇述职评议",
            "choices": CHOICES,
            "categories": WEIGHTS,
            "subjects": ["第一支部 李明", "第二支部 王丽"],
            "voters": [(user, None, "领导班子" if at < 6 else "代表") for at, user in enumerate(users)],
            "opens_at": NOW,
            "closes_at": LATER,
            "now": NOW,
        } | given
        return open_poll(**values), users

    return open_


def vote(poll, user, *choices, now=NOW):
    cast_ballot(poll=poll, user=user, answers=dict(enumerate(choices, start=1)), now=now)


def test_a_ballot_a_voter(opened):
    poll, users = opened()
    vote(poll, users[0], "好", "差")
    with pytest.raises(ValidationError, match="每人只能投一次"):
        vote(poll, users[0], "好", "好")
    (ballot,) = Ballot.objects.all()
    assert (ballot.category, ballot.answers) == ("领导班子", {"1": "好", "2": "差"})
    assert poll.LEAST_BALLOTS == LEAST


def test_only_those_entitled_vote_and_only_in_time(cast, opened):
    poll, users = opened()
    with pytest.raises(ValidationError, match="不在这次测评"):
        vote(poll, cast.people["zhou"], "好", "好")
    with pytest.raises(ValidationError, match="还没有开始"):
        vote(poll, users[0], "好", "好", now=NOW - timedelta(minutes=1))
    with pytest.raises(ValidationError, match="已经结束"):
        vote(poll, users[0], "好", "好", now=LATER)
    with pytest.raises(ValidationError) as refused:
        vote(poll, users[0], "好")
    assert list(refused.value.message_dict) == ["subject_2"]
    with pytest.raises(ValidationError):
        vote(poll, users[0], "好", "优秀")
    with pytest.raises(ValidationError, match="不属于这次测评"):
        vote(poll, users[0], "好", "好", "好")
    assert not Ballot.objects.exists()
    assert not PollVoter.objects.filter(has_voted=True).exists()


def test_no_more_of_the_best_than_allowed(opened):
    poll, users = opened(most={"好": 1})
    with pytest.raises(ValidationError, match="最多给1个，您给了2个"):
        vote(poll, users[0], "好", "好")
    vote(poll, users[0], "好", "较好")


def test_nothing_in_any_table_ties_a_vote_to_a_voter_or_a_time(opened):
    """Every row of every table is compared before and after: nothing but the ballot and the tick is new."""

    def rows():
        return {
            model: {row[0]: row for row in model._base_manager.values_list("pk", *names(model))}
            for model in apps.get_models()
        }

    def names(model):
        return [field.attname for field in model._meta.concrete_fields]

    poll, users = opened()
    vote(poll, users[1], "好", "好")
    before = rows()
    vote(poll, users[0], "差", "一般")
    after = rows()
    changed = {
        model: [row for key, row in found.items() if before[model].get(key) != row]
        for model, found in after.items()
    }
    assert {model for model, found in changed.items() if found} == {Ballot, PollVoter}
    # The ballot that lay in the box was written anew together with it.
    assert not before[Ballot].keys() & after[Ballot].keys()
    assert sorted((row[3:] for row in changed[Ballot]), key=str) == sorted(
        [("领导班子", {"1": "好", "2": "好"}), ("领导班子", {"1": "差", "2": "一般"})], key=str
    )
    voter = PollVoter.objects.get(user=users[0])
    assert changed[PollVoter] == [(voter.pk, voter.pk, poll.pk, users[0].pk, None, "领导班子", True)]
    assert {field.name for field in Ballot._meta.get_fields()} == {"id", "poll", "category", "answers"}
    # Neither has a history, and what the log tells is who opened and who closed.
    assert not hasattr(Ballot, "history")
    assert not hasattr(PollVoter, "history")
    close_poll(actor=None, poll=poll, now=LATER)
    told = AuditEntry.objects.filter(object_type="accountability.Poll").values_list("event", flat=True)
    assert sorted(told) == ["开始测评", "结束测评"]
    log = " ".join(AuditEntry.objects.values_list("summary", flat=True))
    assert not any(user.name in log for user in users)


def test_closing_writes_the_ballots_anew_in_an_order_of_chance(opened):
    poll, users = opened()
    for at, user in enumerate(users):
        vote(poll, user, CHOICES[at % 4], CHOICES[at // 3])
    came = list(poll.ballots.values_list("category", "answers"))
    keys = set(poll.ballots.values_list("pk", flat=True))
    close_poll(actor=None, poll=poll, now=LATER)
    stored = list(poll.ballots.order_by("pk").values_list("category", "answers"))
    assert sorted(map(str, stored)) == sorted(map(str, came))
    assert not keys & set(poll.ballots.values_list("pk", flat=True))
    PollVoter.objects.filter(user=users[0]).update(has_voted=False)
    with pytest.raises(ValidationError, match="已经结束"):
        vote(poll, users[0], "好", "好")
    with pytest.raises(ValidationError, match="已结束，不能再改"):
        close_poll(actor=None, poll=poll, now=LATER)


def test_results_are_closed_until_the_end(opened):
    poll, users = opened()
    for user in users:
        vote(poll, user, "好", "一般")
    running = poll_results(poll)
    assert (running.is_shown, running.tally, running.due, running.voted) == (False, None, 12, 12)
    poll = close_poll(actor=None, poll=poll, now=LATER)
    found = poll_results(poll)
    assert found.subjects[0].tally.counts == {"好": 12, "较好": 0, "一般": 0, "差": 0}
    assert found.subjects[1].tally.shares["一般"] == Fraction(1)
    assert [(each.category, each.due, each.voted) for each in found.turnout] == [
        ("领导班子", 6, 6),
        ("代表", 6, 6),
    ]


def test_too_few_ballots_stay_closed(opened):
    poll, users = opened()
    for user in users[:4]:
        vote(poll, user, "差", "差")
    found = poll_results(close_poll(actor=None, poll=poll, now=LATER))
    assert found.tally.is_hidden
    assert found.subjects[0].tally is None


def test_paper_ballots_wait_for_two_persons_who_agree(opened):
    poll, users = opened()
    for user in users[:6]:
        vote(poll, user, "好", "好")
    poll = close_poll(actor=None, poll=poll, now=LATER)

    def count(author, good):
        PaperCount.objects.create(
            poll=poll,
            category="代表",
            author=author,
            issued=6,
            returned=6,
            valid=6,
            numbers={"1": {"好": good, "差": 6 - good}, "2": {"好": 6}},
            entered_at=NOW,
        )

    count(users[0], 4)
    assert (poll_results(poll).is_shown, poll_results(poll).disputed) == (False, ["代表"])
    count(users[1], 4)
    found = poll_results(poll)
    assert found.subjects[0].tally.counts == {"好": 10, "较好": 0, "一般": 0, "差": 2}


def test_the_clock_closes_what_is_past_its_end(opened):
    poll, _ = opened()
    assert close_due(now=LATER - timedelta(seconds=1)) == 0
    assert close_due(now=LATER) == 1
    assert close_due(now=LATER) == 0
    poll.refresh_from_db()
    assert (poll.state, poll.closed_at) == ("CLOSED", LATER)


def test_more_time_and_cancelling(acting, opened):
    poll, users = opened()
    with pytest.raises(ValidationError, match="晚于原来"):
        extend_poll(actor=acting("zhao"), poll=poll, closes_at=LATER - timedelta(hours=1), now=NOW)
    with pytest.raises(ValidationError, match="不能超过一年"):
        extend_poll(actor=acting("zhao"), poll=poll, closes_at=LATER + timedelta(days=366), now=NOW)
    extend_poll(actor=acting("zhao"), poll=poll, closes_at=LATER + timedelta(days=1), now=NOW)
    vote(poll, users[0], "好", "好", now=LATER)
    with pytest.raises(ValidationError, match="原因"):
        cancel_poll(actor=acting("zhao"), poll=poll, reason=" ", now=NOW)
    cancel_poll(actor=acting("zhao"), poll=poll, reason="名单有误", now=NOW)
    assert not Ballot.objects.exists()
    with pytest.raises(ValidationError, match="已经取消"):
        vote(poll, users[1], "好", "好")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"closes_at": NOW}, "closes_at"),
        ({"choices": ["好"]}, "choices"),
        ({"choices": ["好", "好"]}, "choices"),
        ({"categories": {"领导班子": "0", "代表": "1"}}, "categories"),
        ({"categories": {"领导班子": "x", "代表": "1"}}, "categories"),
        ({"categories": {"代表": "1"}}, "voters"),
        ({"subjects": []}, "subjects"),
        ({"voters": []}, "voters"),
        ({"most": {"优": 1}}, "choices"),
    ],
)
def test_a_poll_that_cannot_be_held_is_refused(opened, wrong, field):
    with pytest.raises(ValidationError) as refused:
        opened(users=voters_of(7), **wrong)
    assert field in refused.value.message_dict
    assert not Poll.objects.exists()


def test_somebody_named_twice_votes_once(cast, opened):
    li = cast.people["li"]
    poll, _ = opened(voters=[(li, None, "领导班子"), (None, li.member, "代表"), (li, li.member, "代表")])
    assert [each.category for each in poll.voters.all()] == ["领导班子"]


def test_what_a_voter_is_asked(cast, opened):
    poll, users = opened()
    assert list(polls_to_vote(users[0], NOW)) == [poll]
    vote(poll, users[0], "好", "好")
    assert not polls_to_vote(users[0], NOW).exists()
    assert [each.state for each in my_polls(users[0], NOW)] == ["done"]
    assert [each.state for each in my_polls(users[1], NOW - timedelta(days=1))] == ["early"]
    assert [each.state for each in my_polls(users[1], LATER)] == ["over"]
    assert my_polls(cast.people["zhou"], NOW) == []


@pytest.mark.parametrize("few", [2, 30])
def test_results_take_the_same_queries_for_few_and_many(opened, django_assert_num_queries, few):
    poll, users = opened(subjects=[f"书记{each}" for each in range(few)], users=voters_of(10))
    for user in users:
        vote(poll, user, *["好"] * few)
    poll = close_poll(actor=None, poll=poll, now=LATER)
    with django_assert_num_queries(4):
        assert len(poll_results(poll).subjects) == few
