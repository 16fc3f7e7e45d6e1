"""Filling the seats of an election from the votes of each candidate (VOTE-03 … VOTE-05)."""

from collections.abc import Mapping
from dataclasses import dataclass

from branches.votes.ballots import Ballot, judge
from branches.votes.rules import Problem


def paper_is_valid(names: int, seats: int) -> bool:
    """Whether a ballot paper with `names` chosen counts: no more names than seats (VOTE-05)."""
    return 0 <= names <= seats


@dataclass(frozen=True)
class Election:
    """Who is elected, in order of votes; `tied` share the last free place and need another round."""

    elected: tuple[str, ...]
    tied: tuple[str, ...]
    majority_needed: int
    problems: tuple[Problem, ...] = ()


def elect(ballot: Ballot, votes: Mapping[str, int], *, base: str = "present") -> Election:
    """Fill `ballot.seats` from `votes` (candidate → votes for); nobody is elected without quorum or with wrong counts.

    A candidate needs more than half of the base; of those, the most votes win; equal votes at the edge are `tied`.
    """
    verdict = judge(ballot, base=base)
    problems = list(verdict.problems)
    seats = ballot.seats or 0
    papers = ballot.returned if ballot.returned is not None else ballot.present
    valid = papers - ballot.invalid
    for name, count in votes.items():
        if not 0 <= count <= valid:
            problems.append(Problem("votes", f"{name}得票 {count}，应在 0 到有效票 {valid} 之间"))
    if sum(votes.values()) > valid * seats:
        problems.append(
            Problem(
                "votes",
                f"得票合计 {sum(votes.values())}，超过有效票 {valid} × 应选名额 {seats}，每张票所选人数不得多于应选名额",
            )
        )
    if not verdict.may_sit or any(problem.blocks for problem in problems):
        return Election((), (), verdict.majority_needed, tuple(problems))
    passed = sorted(
        (name for name, count in votes.items() if count >= verdict.majority_needed),
        key=lambda name: -votes[name],
    )
    if len(passed) <= seats:
        return Election(tuple(passed), (), verdict.majority_needed, tuple(problems))
    edge = votes[passed[seats]]
    elected = tuple(name for name in passed[:seats] if votes[name] > edge)
    if votes[passed[seats - 1]] > edge:
        return Election(elected, (), verdict.majority_needed, tuple(problems))
    tied = tuple(name for name in passed if votes[name] == edge)
    return Election(elected, tied, verdict.majority_needed, tuple(problems))
