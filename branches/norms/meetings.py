"""What each kind of meeting asks for.

Keys are the member names of `choices.MeetingKind`; a test says the sets agree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from branches.votes import VoteRule

#: Who is expected, broadest first: all members of the branch, its 支委会, one 党小组, the leading body, those named.
EXPECTED = ("members", "committee", "group", "leaders", "invited")

_BRANCH_RULES = "《中国共产党支部工作条例（试行）》"


@dataclass(frozen=True)
class MeetingNorm:
    """The norm of one kind of meeting.

    `quorum` is the share of the expected who must be present (None: no rule of sitting); whether it must be
    exceeded says `vote_rule.quorum`. `together_with` names kinds usually held in the same event. `obligations`
    are the ids of the cadence rules that such an event may satisfy.
    """

    kind: str
    label: str
    expected: str
    source: str
    may_vote: bool = False
    vote_rule: VoteRule | None = None
    asks_lecture: bool = False
    together_with: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()

    @property
    def quorum(self) -> Fraction | None:
        """Share of the expected who must be present, None when there is no rule of sitting."""
        return None if self.vote_rule is None else self.vote_rule.quorum.share


@dataclass(frozen=True)
class JointNorm:
    """The merged norm of one event that is of several kinds; `unusual` pairs are not usually held together."""

    kinds: tuple[str, ...]
    label: str
    expected: str
    may_vote: bool
    vote_rule: VoteRule | None
    quorum: Fraction | None
    asks_lecture: bool
    sources: tuple[str, ...]
    together_with: tuple[str, ...]
    obligations: tuple[str, ...]
    unusual: tuple[tuple[str, str], ...]


_DECLARED = (
    MeetingNorm(
        kind="GENERAL_MEETING",
        label="党员大会",
        expected="members",
        source=_BRANCH_RULES + "第十一条",
        may_vote=True,
        vote_rule=VoteRule.GENERAL,
        together_with=("PARTY_DAY", "LECTURE", "ORGANIZATION_LIFE", "APPRAISAL", "WORK_REPORT"),
        obligations=("CAD-01",),
    ),
    MeetingNorm(
        kind="COMMITTEE_MEETING",
        label="支委会",
        expected="committee",
        source=_BRANCH_RULES + "第十二条",
        may_vote=True,
        vote_rule=VoteRule.COMMITTEE,
        obligations=("CAD-02",),
    ),
    MeetingNorm(
        kind="GROUP_MEETING",
        label="党小组会",
        expected="group",
        source=_BRANCH_RULES + "第十三条",
        together_with=("PARTY_DAY", "ORGANIZATION_LIFE"),
        obligations=("CAD-03",),
    ),
    MeetingNorm(
        kind="LECTURE",
        label="党课",
        expected="members",
        source=_BRANCH_RULES + "第五章",
        asks_lecture=True,
        together_with=("GENERAL_MEETING", "PARTY_DAY", "TRAINING"),
        obligations=("CAD-04", "CAD-05"),
    ),
    MeetingNorm(
        kind="PARTY_DAY",
        label="主题党日",
        expected="members",
        source=_BRANCH_RULES + "第五章",
        together_with=("GENERAL_MEETING", "GROUP_MEETING", "LECTURE", "ORGANIZATION_LIFE", "APPRAISAL"),
        obligations=("CAD-06",),
    ),
    MeetingNorm(
        kind="ORGANIZATION_LIFE",
        label="组织生活会",
        expected="members",
        source=_BRANCH_RULES + "第五章",
        together_with=("GENERAL_MEETING", "GROUP_MEETING", "PARTY_DAY", "APPRAISAL"),
        obligations=("CAD-07", "CAD-11"),
    ),
    MeetingNorm(
        kind="DEMOCRATIC_LIFE",
        label="民主生活会",
        expected="leaders",
        source="《县以上党和国家机关党员领导干部民主生活会若干规定》",
        vote_rule=VoteRule.DEMOCRATIC_LIFE,
        obligations=("CAD-10", "CAD-11"),
    ),
    MeetingNorm(
        kind="APPRAISAL",
        label="民主评议党员",
        expected="members",
        source=_BRANCH_RULES + "第五章",
        together_with=("GENERAL_MEETING", "PARTY_DAY", "ORGANIZATION_LIFE"),
        obligations=("CAD-08",),
    ),
    MeetingNorm(
        kind="STUDY_GROUP",
        label="理论学习中心组学习",
        expected="leaders",
        source="《中国共产党党委（党组）理论学习中心组学习规则》",
        together_with=("SPECIAL_STUDY", "LEADING_MEETING"),
        obligations=("CAD-12",),
    ),
    MeetingNorm(
        kind="SPECIAL_STUDY",
        label="专题研究全面从严治党",
        expected="leaders",
        source="《党委（党组）落实全面从严治党主体责任规定》",
        together_with=("LEADING_MEETING", "STUDY_GROUP"),
        obligations=("CAD-13",),
    ),
    MeetingNorm(
        kind="LEADING_MEETING",
        label="党委（党组）会",
        expected="leaders",
        source="《中国共产党地方委员会工作条例》《中国共产党党组工作条例》",
        may_vote=True,
        vote_rule=VoteRule.COMMITTEE,
        together_with=("SPECIAL_STUDY", "STUDY_GROUP", "WORK_REPORT"),
    ),
    MeetingNorm(
        kind="TALK",
        label="谈心谈话",
        expected="invited",
        source=_BRANCH_RULES + "第五章",
        obligations=("CAD-09",),
    ),
    MeetingNorm(
        kind="WORK_REPORT",
        label="述职",
        expected="members",
        source="党组织书记抓基层党建述职评议考核有关规定",
        together_with=("GENERAL_MEETING", "LEADING_MEETING"),
        obligations=("CAD-14",),
    ),
    MeetingNorm(
        kind="TRAINING",
        label="集中学习培训",
        expected="members",
        source="《中国共产党党员教育管理工作条例》",
        together_with=("LECTURE",),
        obligations=("CAD-15", "CAD-16"),
    ),
)

NORMS: Mapping[str, MeetingNorm] = MappingProxyType({norm.kind: norm for norm in _DECLARED})


def for_kinds(kinds: Iterable[str]) -> JointNorm:
    """Merge the norms of an event of several kinds: broadest attendance, strictest quorum, any lecture.

    ValueError when `kinds` is empty or names an unknown kind.
    """
    wanted = set(kinds)
    unknown = wanted - NORMS.keys()
    if unknown or not wanted:
        raise ValueError(
            f"未知的会议类型：{'、'.join(sorted(unknown))}" if unknown else "请至少选择一种会议类型"
        )
    norms = [norm for norm in _DECLARED if norm.kind in wanted]
    rules = [norm.vote_rule for norm in norms if norm.vote_rule is not None]
    rule = max(rules, key=lambda each: (each.quorum.share, each.quorum.strict), default=None)
    return JointNorm(
        kinds=tuple(norm.kind for norm in norms),
        label="、".join(norm.label for norm in norms),
        expected=min((norm.expected for norm in norms), key=EXPECTED.index),
        may_vote=any(norm.may_vote for norm in norms),
        vote_rule=rule,
        quorum=None if rule is None else rule.quorum.share,
        asks_lecture=any(norm.asks_lecture for norm in norms),
        sources=tuple(dict.fromkeys(norm.source for norm in norms)),
        together_with=tuple(
            norm.kind
            for norm in _DECLARED
            if norm.kind not in wanted and any(norm.kind in each.together_with for each in norms)
        ),
        obligations=tuple(sorted({each for norm in norms for each in norm.obligations})),
        unusual=tuple(
            (one.kind, other.kind)
            for place, one in enumerate(norms)
            for other in norms[place + 1 :]
            if other.kind not in one.together_with
        ),
    )


def late_entry(held_on: date, entered_on: date, limit: int = 7) -> bool:
    """Whether an event bears the mark 补录: entered more than `limit` days after it was held. It lowers nothing."""
    return (entered_on - held_on).days > limit


def excellent_limit(graded: int) -> int:
    """Most members who may be graded 优秀 among `graded`: one third, rounded down."""
    return graded // 3
