"""Judging the counts of one vote (VOTE-01 … VOTE-07), in whole numbers only."""

from dataclasses import dataclass

from branches.votes.rules import Problem, Severity, VoteRule


@dataclass(frozen=True)
class Ballot:
    """The counts of one vote; None means not entered (yet).

    `entitled` is 应到会有表决权, `present` 到会有表决权. The written counts are opinions that absent members handed in
    before an admission vote; they come on top of `in_favour` and `against`. `issued`, `returned`, `invalid` are
    ballot papers, `seats` and `candidates` belong to elections; `differential` is False for 书记 and 副书记 (等额).
    """

    rule: VoteRule
    entitled: int
    present: int
    in_favour: int | None = None
    against: int | None = None
    abstained: int | None = None
    written_in_favour: int = 0
    written_against: int = 0
    issued: int | None = None
    returned: int | None = None
    invalid: int = 0
    seats: int | None = None
    candidates: int | None = None
    differential: bool = True


@dataclass(frozen=True)
class Verdict:
    """What follows from the counts.

    `passes` is None while it cannot be told: votes not entered, counts wrong, or a rule without a majority
    (支委会, 民主生活会), for which `majority_needed` is 0.
    """

    may_sit: bool
    quorum_needed: int
    passes: bool | None
    majority_needed: int
    problems: tuple[Problem, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether some count cannot be right."""
        return any(problem.blocks for problem in self.problems)


FIELD_LABELS: dict[str, str] = {
    "entitled": "应到会有表决权人数",
    "present": "到会有表决权人数",
    "in_favour": "赞成票",
    "against": "反对票",
    "abstained": "弃权票",
    "written_in_favour": "书面赞成意见",
    "written_against": "书面反对意见",
    "issued": "发出选票",
    "returned": "收回选票",
    "invalid": "无效票",
    "seats": "应选名额",
    "candidates": "候选人数",
}


def judge(ballot: Ballot, *, base: str = "present") -> Verdict:
    """Say whether the meeting may sit, whether the vote passes, and which counts are wrong.

    `base` is what an election's majority is taken of: "present" (实到, the rule) or "entitled" (应到).
    """
    if base not in ("present", "entitled"):
        raise ValueError(f"unknown base of a majority: {base}")
    problems = [*_negative(ballot)]
    if not problems:
        problems += [*_people(ballot), *_votes(ballot), *_papers(ballot), *_seats(ballot)]
    has_errors = any(problem.blocks for problem in problems)
    quorum_needed = ballot.rule.quorum.needed(max(ballot.entitled, 0))
    may_sit = quorum_needed <= ballot.present <= ballot.entitled
    majority_needed = _majority_needed(ballot, base)
    passes: bool | None = None
    if ballot.in_favour is not None and majority_needed and not has_errors:
        for_votes = ballot.in_favour
        if ballot.rule is VoteRule.ADMISSION:
            for_votes += ballot.written_in_favour
        passes = may_sit and for_votes >= majority_needed
    return Verdict(may_sit, quorum_needed, passes, majority_needed, tuple(problems))


def candidates_needed(seats: int) -> int:
    """Fewest candidates for `seats` places in a 差额 election: 1.2 × seats, rounded up (VOTE-04)."""
    return -(-seats * 6 // 5)


def _majority_needed(ballot: Ballot, base: str) -> int:
    match ballot.rule:
        case VoteRule.GENERAL | VoteRule.ADMISSION:
            return max(ballot.entitled, 0) // 2 + 1
        case VoteRule.ELECTION:
            of = ballot.present if base == "present" else ballot.entitled
            return max(of, 0) // 2 + 1
        case VoteRule.COMMITTEE | VoteRule.DEMOCRATIC_LIFE:
            return 0


def _negative(ballot: Ballot) -> list[Problem]:
    return [
        Problem(field, f"{label}不能是负数")
        for field, label in FIELD_LABELS.items()
        if (getattr(ballot, field) or 0) < 0
    ]


def _people(ballot: Ballot) -> list[Problem]:
    found = []
    if ballot.present > ballot.entitled:
        found.append(
            Problem("present", f"到会有表决权 {ballot.present} 人，多于应到会有表决权 {ballot.entitled} 人")
        )
    written = ballot.written_in_favour + ballot.written_against
    if written and ballot.rule is not VoteRule.ADMISSION:
        found.append(
            Problem("written_in_favour", "书面意见只在接收预备党员和转正表决时计票", Severity.WARNING)
        )
    elif written and ballot.present <= ballot.entitled < ballot.present + written:
        found.append(
            Problem(
                "written_in_favour",
                f"到会 {ballot.present} 人加书面意见 {written} 份，多于应到会有表决权 {ballot.entitled} 人",
            )
        )
    needed = ballot.rule.quorum.needed(ballot.entitled)
    if ballot.present < needed:
        found.append(
            Problem(
                "present",
                f"到会有表决权 {ballot.present} 人，未达到 {needed} 人（应到的{ballot.rule.quorum.label}），不能开会表决",
                Severity.WARNING,
            )
        )
    return found


def _votes(ballot: Ballot) -> list[Problem]:
    votes = (ballot.in_favour, ballot.against, ballot.abstained)
    entered = [count for count in votes if count is not None]
    if not entered:
        return []
    by_paper = ballot.rule is VoteRule.ELECTION and ballot.returned is not None
    voters = ballot.returned if by_paper and ballot.returned is not None else ballot.present
    named = "收回选票" if by_paper else "到会有表决权"
    unit = "张" if by_paper else "人"
    total = sum(entered) + ballot.invalid
    if total > voters or (len(entered) == len(votes) and total != voters):
        parts = [
            f"{label} {count}"
            for label, count in zip(("赞成", "反对", "弃权"), votes, strict=True)
            if count is not None
        ]
        if ballot.invalid:
            parts.append(f"无效票 {ballot.invalid}")
        return [Problem("in_favour", f"{' + '.join(parts)} = {total}，与{named} {voters} {unit}不符")]
    return []


def _papers(ballot: Ballot) -> list[Problem]:
    found = []
    if ballot.issued is not None and ballot.issued > ballot.present:
        found.append(Problem("issued", f"发出选票 {ballot.issued} 张，多于到会有表决权 {ballot.present} 人"))
    if ballot.issued is not None and ballot.returned is not None and ballot.returned > ballot.issued:
        found.append(
            Problem("returned", f"收回选票 {ballot.returned} 张，多于发出 {ballot.issued} 张，选举无效")
        )
    if ballot.returned is not None and ballot.invalid > ballot.returned:
        found.append(Problem("invalid", f"无效票 {ballot.invalid} 张，多于收回选票 {ballot.returned} 张"))
    return found


def _seats(ballot: Ballot) -> list[Problem]:
    if ballot.rule is VoteRule.ADMISSION and ballot.candidates is not None and ballot.candidates > 1:
        return [Problem("candidates", "接收预备党员、转正须逐人讨论表决，一次只表决一人")]
    if ballot.rule is not VoteRule.ELECTION or ballot.seats is None:
        return []
    if ballot.seats == 0:
        return [Problem("seats", "应选名额至少为 1")]
    if ballot.candidates is None:
        return []
    if not ballot.differential:
        if ballot.candidates != ballot.seats:
            return [
                Problem(
                    "candidates",
                    f"等额选举应选 {ballot.seats} 人，候选人也应为 {ballot.seats} 人，现为 {ballot.candidates} 人",
                )
            ]
        return []
    needed = candidates_needed(ballot.seats)
    if ballot.candidates < needed:
        return [
            Problem(
                "candidates",
                f"应选 {ballot.seats} 人，差额不少于 20%，候选人至少 {needed} 人，现为 {ballot.candidates} 人",
            )
        ]
    return []
