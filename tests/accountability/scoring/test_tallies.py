"""Ballots counted and grouped, against the same done by hand ballot by ballot."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from accountability.tallies import LEAST, Paper, Pile, add_papers, agreed_papers, group_up, pile_up, tally

CHOICES = ("好", "较好", "一般", "差")
CATEGORIES = ("班子", "书记", "代表")
WEIGHTS = {"班子": "0.5", "书记": "0.3", "代表": "0.2"}

ballot = st.tuples(st.sampled_from(CATEGORIES), st.fixed_dictionaries({"1": st.sampled_from(CHOICES)}))


def paper(category, author, **given):
    return Paper(category, author, 9, 8, sum(given.values()), {1: given})


def result(ballots, weights=WEIGHTS):
    return tally(piles=pile_up(ballots), weights=weights, choices=CHOICES, subjects=[1])


def cast(**numbers):
    """Ballots of the categories, each "好"×n."""
    return [(category, {"1": "好"}) for category, number in numbers.items() for _ in range(number)]


@given(st.lists(ballot, max_size=40))
def test_groups_and_counts_are_what_one_counts_by_hand(ballots):
    found = result(ballots)
    assert found.ballots == len(ballots)
    if found.is_hidden:
        assert len(ballots) < LEAST
        return
    (subject,) = found.subjects
    for group, counts in zip(found.groups, subject.by_group, strict=True):
        inside = [answers["1"] for category, answers in ballots if category in group.categories]
        assert counts == {choice: inside.count(choice) for choice in CHOICES}
        assert group.ballots == len(inside) >= LEAST
    assert subject.counts == {choice: sum(a["1"] == choice for _, a in ballots) for choice in CHOICES}
    # Every category that voted is in exactly one group.
    present = {category for category, _ in ballots}
    assert sorted(sum((group.categories for group in found.groups), ())) == sorted(present)


@given(st.lists(ballot, min_size=LEAST, max_size=40))
def test_shares_are_exact_and_sum_to_one(ballots):
    found = result(ballots)
    (subject,) = found.subjects
    assert sum(subject.shares.values()) == 1
    weight = sum(group.weight for group in found.groups)
    for choice in CHOICES:
        by_hand = Fraction(0)
        for group in found.groups:
            inside = [answers["1"] for category, answers in ballots if category in group.categories]
            by_hand += Fraction(inside.count(choice), len(inside)) * group.weight / weight
        assert subject.shares[choice] == by_hand


@given(st.lists(ballot, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_ballots_says_nothing(ballots, chance):
    mixed = list(ballots)
    chance.shuffle(mixed)
    assert result(mixed) == result(ballots)


@given(st.lists(ballot, min_size=LEAST, max_size=30), st.randoms(use_true_random=False))
def test_nothing_shown_depends_on_who_in_a_group_said_what(ballots, chance):
    """Choices exchanged within a group, also between its categories, change nothing that is shown."""
    found = result(ballots)
    exchanged = []
    for group in found.groups:
        inside = [each for each in ballots if each[0] in group.categories]
        answers = [each for _, each in inside]
        chance.shuffle(answers)
        exchanged += [(category, each) for (category, _), each in zip(inside, answers, strict=True)]
    assert result(exchanged) == found


def test_a_small_category_is_put_together_and_not_left_to_subtraction():
    def groups(**numbers):
        return [(group.categories, group.ballots) for group in result(cast(**numbers)).groups]

    assert groups(班子=5, 书记=6, 代表=7) == [(("班子",), 5), (("书记",), 6), (("代表",), 7)]
    # 4 alone could be had as total − 13: the smallest of the others joins them.
    assert groups(班子=4, 书记=6, 代表=7) == [(("班子", "书记"), 10), (("代表",), 7)]
    assert groups(班子=4, 书记=1, 代表=7) == [(("班子", "书记"), 5), (("代表",), 7)]
    assert groups(班子=2, 书记=2, 代表=7) == [(("班子", "书记", "代表"), 11)]
    assert groups(班子=2, 书记=2) == []
    assert groups(书记=9) == [(("书记",), 9)]
    assert result(cast(班子=4, 书记=6, 代表=7)).groups[0].weight == Fraction(8, 10)


def test_weights_count_over_the_categories_present():
    ballots = [("班子", {"1": "好"})] * 5 + [("代表", {"1": "差"})] * 10
    (subject,) = result(ballots).subjects
    assert subject.shares == {"好": Fraction(5, 7), "较好": 0, "一般": 0, "差": Fraction(2, 7)}
    assert subject.suggested() == "好"
    assert result([("", {"1": "好"})] * 5, weights={}).subjects[0].counts["好"] == 5


def test_the_suggestion_is_where_half_is_reached():
    def suggested(*given):
        ballots = [
            ("", {"1": choice}) for choice, number in zip(CHOICES, given, strict=True) for _ in range(number)
        ]
        return result(ballots, weights={}).subjects[0].suggested()

    assert suggested(5, 5, 0, 0) == "好"
    assert suggested(4, 5, 1, 0) == "较好"
    assert suggested(0, 4, 2, 3) == "一般"
    assert suggested(0, 0, 0, 6) == "差"


def test_paper_ballots_count_when_two_persons_say_the_same():
    alike = [paper("代表", 1, 好=6, 差=0), paper("代表", 2, 好=6)]
    agreed, disputed = agreed_papers(alike)
    assert (list(agreed), disputed) == (["代表"], [])
    assert agreed_papers([paper("代表", 1, 好=6)]) == ({}, ["代表"])
    assert agreed_papers([paper("代表", 1, 好=6), paper("代表", 2, 好=5, 差=1)]) == ({}, ["代表"])
    # The same person twice is one person.
    assert agreed_papers([paper("代表", 1, 好=6), paper("代表", 1, 好=6)])[1] == ["代表"]
    third = [paper("代表", 1, 好=6), paper("代表", 2, 好=5), paper("代表", 3, 好=5)]
    assert agreed_papers(third)[0]["代表"].counts == {1: {"好": 5}}
    piles = add_papers(pile_up(cast(代表=5)), agreed)
    assert (piles["代表"].ballots, piles["代表"].counts[1]["好"]) == (11, 11)


def test_one_vote_on_screen_beside_paper_is_not_told_to_those_who_counted_the_paper():
    lone = {"代表": Pile(screen=1, paper=20, counts={1: {"好": 21}})}
    assert group_up(lone, CATEGORIES) == []
    lone["书记"] = Pile(screen=6, counts={1: {"好": 6}})
    assert [categories for categories, _ in group_up(lone, CATEGORIES)] == [("书记", "代表")]
    assert group_up({"代表": Pile(paper=6)}, CATEGORIES)[0][0] == ("代表",)


def test_weights_are_read_as_they_are_written():
    weights = {"班子": Decimal("0.1"), "书记": "0.2"}
    found = result(cast(班子=5, 书记=5), weights=weights)
    assert [group.weight for group in found.groups] == [Fraction(1, 10), Fraction(1, 5)]
