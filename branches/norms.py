"""What each kind of meeting asks for, and the structural rules of organisations (ORG-01 … ORG-08).

Keys are the member names of `choices.MeetingKind` and `choices.OrganizationKind`; a test says the sets agree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from branches.periods import add_months
from branches.votes import Problem, Severity, VoteRule

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
        raise ValueError(f"未知的会议类型：{'、'.join(sorted(unknown))}" if unknown else "请至少选择一种会议类型")
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


def term_years(kind: str, setting: str = "") -> int | None:
    """Length of a term in years by kind of organisation and its sector (ORG-06); None when it has no term.

    `setting` is a value of `choices.Sector`: RURAL (村) and COMMUNITY (社区) have five years throughout.
    """
    if kind in ("COMMITTEE", "OFFICE_COMMITTEE", "DISCIPLINE_COMMISSION"):
        return 5
    if kind in ("GENERAL_BRANCH", "BRANCH", "JOINT_BRANCH"):
        return 5 if setting in ("RURAL", "COMMUNITY") else 3
    return None


def term_ends_on(elected_on: date, kind: str, setting: str = "") -> date | None:
    """Day the 换届 is due; None when the organisation has no term."""
    years = term_years(kind, setting)
    return None if years is None else add_months(elected_on, 12 * years)


def term_problem(ends_on: date, today: date, *, remind_months: int = 6, grace_months: int = 12) -> Problem | None:
    """Reminder that a 换届 is near or late (ORG-06); a delay beyond `grace_months` is no longer covered by approval."""
    if today > add_months(ends_on, grace_months):
        return Problem("term_ends_on", f"应于 {_day(ends_on)} 换届，已超过一年，须尽快换届并向上级报告")
    if today > ends_on:
        return Problem("term_ends_on", f"应于 {_day(ends_on)} 换届，已逾期，延期须经上级批准", Severity.WARNING)
    if add_months(today, remind_months) >= ends_on:
        return Problem("term_ends_on", f"将于 {_day(ends_on)} 任期届满，请着手准备换届", Severity.WARNING)
    return None


def vacancy_problem(vacant_since: date, today: date, *, months: int = 3) -> Problem | None:
    """Warning that a place in the 支委会 has been vacant for `months` or longer (ORG-08)."""
    due_on = add_months(vacant_since, months)
    if today < due_on:
        return None
    return Problem("committee_size", f"委员自 {_day(vacant_since)} 起空缺，应在 {_day(due_on)} 前补选", Severity.WARNING)


def secretary_problem(joined_on: date, appointed_on: date) -> Problem | None:
    """Warning that a 书记 had been in the Party for less than a year when appointed (ORG-07)."""
    if add_months(joined_on, 12) <= appointed_on:
        return None
    return Problem("secretary", "书记一般应有一年以上党龄", Severity.WARNING)


def structure_warnings(
    kind: str,
    full_members: int,
    members: int,
    committee_size: int,
    *,
    has_secretary: bool = True,
    has_leader: bool = True,
    units: int = 1,
    in_village: bool = False,
    approved: bool = False,
) -> list[Problem]:
    """What is unusual in the make-up of an organisation (ORG-01 … ORG-05), as warnings; more than 7 委员 is an error.

    `committee_size` counts 支委会 members, 书记 included; `has_leader` is the 党小组组长; `units` are those joined in
    a 联合党支部; `in_village` marks a village's own 党委; `approved` a smaller size that the level above approved.
    """
    match kind:
        case "BRANCH":
            found = [*_branch_size(full_members, members), *_branch_committee(full_members, committee_size)]
        case "JOINT_BRANCH":
            found = [*_branch_size(full_members, members), *_branch_committee(full_members, committee_size)]
            if not 2 <= units <= 5:
                found.append(_warn("units", f"联合党支部一般由 2 至 5 个单位组成，现为 {units} 个"))
        case "GROUP":
            found = _group(full_members, members, has_leader)
        case "GENERAL_BRANCH":
            found = _least(full_members, 50, "党总支", approved)
        case "OFFICE_COMMITTEE":
            found = _least(full_members, 100, "机关党委", approved)
        case "COMMITTEE" if in_village:
            found = _least(full_members, 100, "村党委", approved)
        case _:
            found = []
    if kind != "GROUP" and not has_secretary:
        found.append(_warn("secretary", "尚未明确书记"))
    return found


def _branch_size(full_members: int, members: int) -> list[Problem]:
    found = []
    if full_members < 3:
        found.append(_warn("full_members", f"正式党员 {full_members} 人，不足 3 人，应与邻近单位成立联合党支部"))
    if members > 50:
        found.append(_warn("members", f"党员 {members} 人，党支部一般不超过 50 人"))
    return found


def _branch_committee(full_members: int, committee_size: int) -> list[Problem]:
    if committee_size > 7:
        return [Problem("committee_size", f"支委会 {committee_size} 人，最多 7 人")]
    if full_members >= 7:
        if committee_size < 3:
            return [
                _warn("committee_size", f"正式党员 {full_members} 人，应设支委会 3 至 5 人，现为 {committee_size} 人")
            ]
        if committee_size > 5:
            return [_warn("committee_size", f"支委会 {committee_size} 人，一般为 3 至 5 人")]
    elif committee_size > 2:
        return [
            _warn("committee_size", f"正式党员 {full_members} 人，不足 7 人，一般不设支委会，设书记 1 人，必要时设副书记 1 人")
        ]
    return []


def _group(full_members: int, members: int, has_leader: bool) -> list[Problem]:
    found = []
    if members < 3:
        found.append(_warn("members", f"党小组 {members} 人，一般不少于 3 人"))
    if full_members < 1:
        found.append(_warn("full_members", "党小组至少应有 1 名正式党员"))
    if not has_leader:
        found.append(_warn("leader", "尚未明确党小组组长"))
    return found


def _least(full_members: int, least: int, label: str, approved: bool) -> list[Problem]:
    if approved or full_members >= least:
        return []
    return [_warn("full_members", f"正式党员 {full_members} 人，设{label}一般不少于 {least} 人，较少时须经上级批准")]


def _warn(field: str, message: str) -> Problem:
    return Problem(field, message, Severity.WARNING)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
