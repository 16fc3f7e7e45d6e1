"""Who may vote, how many must be present, and what is wrong with an entry."""

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
    VoteRule.COMMITTEE: "委员会表决",
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
