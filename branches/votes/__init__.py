"""Quorum and majorities of votes (VOTE-01 … VOTE-07), in whole numbers only.

Nothing here decides for anybody: it says whether a meeting may sit, whether a motion passes and which counts
cannot be right.
"""

from branches.votes.ballots import FIELD_LABELS, Ballot, Verdict, candidates_needed, judge
from branches.votes.elections import Election, elect, paper_is_valid
from branches.votes.rules import (
    EXCUSED_GROUND_LABELS,
    VOTE_RULE_LABELS,
    ExcusedGround,
    Problem,
    Quorum,
    Severity,
    VoteRule,
    entitled,
)

__all__ = [
    "EXCUSED_GROUND_LABELS",
    "FIELD_LABELS",
    "VOTE_RULE_LABELS",
    "Ballot",
    "Election",
    "ExcusedGround",
    "Problem",
    "Quorum",
    "Severity",
    "Verdict",
    "VoteRule",
    "candidates_needed",
    "elect",
    "entitled",
    "judge",
    "paper_is_valid",
]
