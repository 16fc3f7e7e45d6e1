"""Quorum and majorities (VOTE-01 … VOTE-07), in whole numbers only.

Nothing here decides for anybody: it says whether a meeting may sit, whether a motion passes and which counts
cannot be right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Severity(StrEnum):
    """ERROR blocks a submission; WARNING is shown and asks for a reason at most."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """Something wrong with an entry: the field to mend, a Chinese sentence, and whether it blocks."""

    field: str
    message_zh: str
    severity: Severity = Severity.ERROR

    @property
    def blocks(self) -> bool:
        """Whether the entry cannot be submitted as it is."""
        return self.severity is Severity.ERROR


class VoteRule(StrEnum):
    """Which rule of sitting and passing applies."""

    GENERAL = "GENERAL"
    ADMISSION = "ADMISSION"
    ELECTION = "ELECTION"
    COMMITTEE = "COMMITTEE"
    DEMOCRATIC_LIFE = "DEMOCRATIC_LIFE"

    @property
    def label(self) -> str:
        """Chinese name."""
        return VOTE_RULE_LABELS[self]

    @property
    def quorum(self) -> "Quorum":
        """Share of the entitled who must be present."""
        return _QUORUMS[self]

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Pairs (value, label) for a model field or a form."""
        return [(rule.value, rule.label) for rule in cls]


VOTE_RULE_LABELS: dict[VoteRule, str] = {
    VoteRule.GENERAL: "一般表决",
    VoteRule.ADMISSION: "接收预备党员、转正表决",
    VoteRule.ELECTION: "选举",
    VoteRule.COMMITTEE: "支委会",
    VoteRule.DEMOCRATIC_LIFE: "民主生活会",
}


@dataclass(frozen=True)
class Quorum:
    """A share that must be reached, or exceeded when `strict`."""

    share: Fraction
    strict: bool = False

    def needed(self, entitled: int) -> int:
        """Smallest number present that lets `entitled` people sit; never below 1."""
        product = entitled * self.share.numerator
        whole, rest = divmod(product, self.share.denominator)
        return max(1, whole + 1 if self.strict or rest else whole)

    @property
    def label(self) -> str:
        """Chinese words: 超过1/2 or 不少于4/5."""
        return f"{'超过' if self.strict else '不少于'}{self.share}"


_QUORUMS: dict[VoteRule, Quorum] = {
    VoteRule.GENERAL: Quorum(Fraction(1, 2)),  # VOTE-01
    VoteRule.ADMISSION: Quorum(Fraction(1, 2), strict=True),  # VOTE-02
    VoteRule.ELECTION: Quorum(Fraction(4, 5)),  # VOTE-03
    VoteRule.COMMITTEE: Quorum(Fraction(1, 2)),  # VOTE-06
    VoteRule.DEMOCRATIC_LIFE: Quorum(Fraction(2, 3)),  # VOTE-07
}


class ExcusedGround(StrEnum):
    """Why a member may be left out of 应到, with the branch's consent and reported upward."""

    ILLNESS = "ILLNESS"
    ABROAD = "ABROAD"
    IMPRISONED = "IMPRISONED"
    BEDRIDDEN = "BEDRIDDEN"
    AWAY = "AWAY"

    @property
    def label(self) -> str:
        """Chinese wording."""
        return EXCUSED_GROUND_LABELS[self]


EXCUSED_GROUND_LABELS: dict[ExcusedGround, str] = {
    ExcusedGround.ILLNESS: "患病丧失意志表达能力",
    ExcusedGround.ABROAD: "自费出国半年以上",
    ExcusedGround.IMPRISONED: "在押服刑且未受留党察看以上处分",
    ExcusedGround.BEDRIDDEN: "年老体弱或长期卧病",
    ExcusedGround.AWAY: "外出半年以上未转组织关系",
}


def entitled(
    full_members: int,
    *,
    on_probation_within_party: int = 0,
    rights_suspended: int = 0,
    excused: int = 0,
) -> int:
    """应到会有表决权: full members (正式党员) less 留党察看, less rights suspended, less excused on a named ground.

    The three groups do not overlap. 预备党员 are never among `full_members`.
    ValueError when a count is negative or the groups exceed the full members.
    """
    groups = (on_probation_within_party, rights_suspended, excused)
    if full_members < 0 or any(count < 0 for count in groups):
        raise ValueError("人数不能是负数")
    if sum(groups) > full_members:
        raise ValueError("无表决权与可不计入应到的人数超过了正式党员人数")
    return full_members - sum(groups)


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
            Problem("votes", f"得票合计 {sum(votes.values())}，超过有效票 {valid} × 应选名额 {seats}，每张票所选人数不得多于应选名额")
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
                Problem("candidates", f"等额选举应选 {ballot.seats} 人，候选人也应为 {ballot.seats} 人，现为 {ballot.candidates} 人")
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
