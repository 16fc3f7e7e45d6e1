"""Counting secret ballots, exactly, so that nothing said about them tells how a few voted.

A *group* is what is counted together: one category of voters, or several put together. Ballots of a category are told
apart from the others only from `LEAST` up. Smaller categories are put together; while that is still too few, the
smallest of the others joins them. Sums and weighted shares are drawn from the groups alone, so a category that is not
shown cannot be worked out from what is. Whoever counted the paper ballots knows them, so the ballots on screen of a
group are none or `LEAST` by themselves.

A *pile* is {number of the subject: {choice: ballots}} with how many ballots it holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

#: Fewer ballots would tell who gave them.
LEAST = 5

Counts = dict[int, dict[str, int]]


@dataclass(frozen=True)
class Paper:
    """What one person counted of the paper ballots of one category; `valid` is how many ballots `counts` holds."""

    category: str
    author: int
    issued: int
    returned: int
    valid: int
    counts: Counts

    @property
    def content(self):
        """What two persons must agree on."""
        counts = {(number, choice): n for number, by in self.counts.items() for choice, n in by.items() if n}
        return self.issued, self.returned, self.valid, frozenset(counts.items())


@dataclass
class Pile:
    """The ballots of one category: those given on screen, those counted on paper, and the choices of both."""

    screen: int = 0
    paper: int = 0
    counts: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    @property
    def ballots(self) -> int:
        return self.screen + self.paper

    @property
    def is_shown(self) -> bool:
        """Whether the choices of these ballots may be shown by themselves."""
        return self.ballots >= LEAST and (self.screen == 0 or self.screen >= LEAST)

    def add(self, other: "Pile") -> None:
        self.screen += other.screen
        self.paper += other.paper
        for number, by_choice in other.counts.items():
            for choice, ballots in by_choice.items():
                self.counts[number][choice] += ballots


@dataclass(frozen=True)
class Group:
    """Categories counted together: their names in the order of the poll, the sum of their weights, their ballots."""

    categories: tuple[str, ...]
    weight: Fraction
    ballots: int


@dataclass(frozen=True)
class SubjectTally:
    """What one subject was given: ballots by choice, in each group and in all, and the weighted share of each choice.

    `shares` sum to 1: the share of a choice in each group × the weight of the group, over the weights present.
    """

    number: int
    by_group: tuple[dict[str, int], ...]
    counts: dict[str, int]
    shares: dict[str, Fraction]

    def suggested(self) -> str:
        """From the best choice down, the first at which half of the weighted ballots is reached."""
        reached = Fraction(0)
        for choice, share in self.shares.items():
            reached += share
            if reached >= Fraction(1, 2):
                return choice
        return ""


@dataclass(frozen=True)
class Tally:
    """The result of a poll; without groups it is kept closed, because there are too few ballots in all."""

    choices: tuple[str, ...]
    ballots: int
    groups: tuple[Group, ...]
    subjects: tuple[SubjectTally, ...]

    @property
    def is_hidden(self) -> bool:
        return not self.groups

    def of(self, number: int) -> SubjectTally | None:
        """What the subject of this number was given; None while the result is kept closed."""
        return next((each for each in self.subjects if each.number == number), None)


def pile_up(ballots: Iterable[tuple[str, Mapping]]) -> dict[str, Pile]:
    """The ballots (category, {number of the subject: choice}) by category."""
    piles: dict[str, Pile] = defaultdict(Pile)
    for category, answers in ballots:
        pile = piles[category]
        pile.screen += 1
        for number, choice in answers.items():
            pile.counts[int(number)][choice] += 1
    return dict(piles)


def agreed_papers(papers: Iterable[Paper]) -> tuple[dict[str, Paper], list[str]]:
    """What two persons counted alike, by category, and the categories on which nobody agrees with anybody yet."""
    by_category: dict[str, dict] = defaultdict(lambda: defaultdict(dict))
    for paper in papers:
        by_category[paper.category][paper.content][paper.author] = paper
    agreed, open_ = {}, []
    for category, contents in by_category.items():
        alike = [list(by_author.values()) for by_author in contents.values() if len(by_author) > 1]
        if len(alike) == 1:
            agreed[category] = alike[0][0]
        else:
            open_.append(category)
    return agreed, open_


def add_papers(piles: Mapping[str, Pile], papers: Mapping[str, Paper]) -> dict[str, Pile]:
    """The piles with the agreed paper ballots put on them."""
    merged: dict[str, Pile] = {}
    for category in [*piles, *(each for each in papers if each not in piles)]:
        merged[category] = Pile()
        if category in piles:
            merged[category].add(piles[category])
        if category in papers:
            paper = papers[category]
            merged[category].add(Pile(paper=paper.valid, counts=paper.counts))
    return merged


def group_up(piles: Mapping[str, Pile], order: Sequence[str]) -> list[tuple[tuple[str, ...], Pile]]:
    """The piles as they may be shown, each with its categories in `order`; [] when there are too few in all."""
    present = [category for category in order if category in piles and piles[category].ballots]
    alone = [category for category in present if piles[category].is_shown]
    merged = [category for category in present if category not in alone]
    together = _together(piles, merged)
    alone.sort(key=lambda category: (piles[category].ballots, order.index(category)))
    while merged and not together.is_shown and alone:
        merged.append(alone.pop(0))
        together = _together(piles, merged)
    if merged and not together.is_shown:
        return []
    found: list[tuple[tuple[str, ...], Pile]] = [((category,), piles[category]) for category in alone]
    if merged:
        found.append((tuple(sorted(merged, key=order.index)), together))
    return sorted(found, key=lambda each: order.index(each[0][0]))


def tally(
    *,
    piles: Mapping[str, Pile],
    weights: Mapping[str, Decimal | str | int],
    choices: Sequence[str],
    subjects: Sequence[int],
) -> Tally:
    """The result by subject. `weights` of the categories, in the order they are shown; {} for a poll without any.

    A subject that nobody of a group rated takes its weights from the other groups.
    """
    order = [*weights] or [""]
    shown = group_up(piles, order)
    groups = tuple(
        Group(categories, sum((_weight(weights, each) for each in categories), Fraction(0)), pile.ballots)
        for categories, pile in shown
    )
    return Tally(
        choices=tuple(choices),
        ballots=sum(pile.ballots for pile in piles.values()),
        groups=groups,
        subjects=tuple(
            _subject(number, groups, [pile for _, pile in shown], choices) for number in subjects if groups
        ),
    )


def _subject(number, groups, piles, choices) -> SubjectTally:
    by_group = tuple(
        {choice: pile.counts.get(number, {}).get(choice, 0) for choice in choices} for pile in piles
    )
    counts = {choice: sum(each[choice] for each in by_group) for choice in choices}
    shares = dict.fromkeys(choices, Fraction(0))
    present = sum(
        (group.weight for group, each in zip(groups, by_group, strict=True) if any(each.values())),
        Fraction(0),
    )
    for group, each in zip(groups, by_group, strict=True):
        rated = sum(each.values())
        for choice in choices:
            if rated:
                shares[choice] += Fraction(each[choice], rated) * group.weight / present
    return SubjectTally(number, by_group, counts, shares)


def _together(piles, categories) -> Pile:
    pile = Pile()
    for category in categories:
        pile.add(piles[category])
    return pile


def _weight(weights, category) -> Fraction:
    return Fraction(Decimal(str(weights[category]))) if category in weights else Fraction(1)
