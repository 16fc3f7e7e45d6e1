"""体检: what a meeting's record would be asked about, found before it is submitted. Plain values in, findings out.

An error blocks; a warning is shown once and may be passed; a hint is only said. Nothing here lowers a number.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from .norms import late_entry
from .periods import Period
from .votes import Severity, Verdict, VoteRule

LONGEST = timedelta(hours=8)
#: [default] A month is frozen on this day of the next one; what is confirmed later counts in a correction run.
CLOSING_DAY = 10


class Weight(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"

    @property
    def label(self) -> str:
        return {"error": "须改正", "warning": "请核对", "hint": "提示"}[self.value]


@dataclass(frozen=True)
class Finding:
    """One sentence of the X-ray and the field it is about (an anchor of the form); `code` names the check."""

    weight: Weight
    code: str
    message: str
    anchor: str

    @property
    def blocks(self) -> bool:
        return self.weight is Weight.ERROR


@dataclass(frozen=True)
class VoteFacts:
    """A vote's subject, its number in the form and what the rules say of it; `roster_entitled` is 应到会有表决权 by roster."""

    subject: str
    row: int
    entitled: int
    roster_entitled: int
    verdict: Verdict


@dataclass(frozen=True)
class Facts:
    """What the checks need. `expected_from` is one of `norms.EXPECTED`; counts are persons of the roster of the day.

    `duplicates` are titles of other records of the same unit, kind and day. Times are naive local or all aware.
    """

    today: date
    now: datetime
    held_on: date
    started_at: datetime
    ended_at: datetime
    expected_from: str
    expected: int
    present: int
    entitled: int
    entitled_present: int
    vote_rule: VoteRule | None = None
    chair_absent: bool = False
    recorder_absent: bool = False
    founded_on: date | None = None
    dissolved_on: date | None = None
    duplicates: tuple[str, ...] = ()
    unlinked: tuple[str, ...] = ()
    unusual: tuple[tuple[str, str], ...] = ()
    resolutions_without_owner: int = 0
    votes: tuple[VoteFacts, ...] = field(default=())


def is_closed(held_on: date, today: date, closing_day: int = CLOSING_DAY) -> bool:
    """Whether the month of `held_on` has been frozen by `today`."""
    following = Period.month_of(held_on).next()
    return today >= following.starts_on.replace(day=closing_day)


def examine(facts: Facts) -> list[Finding]:
    """Return what is to be mended or looked at, errors first, then warnings, then hints."""
    found = [*_when(facts), *_who(facts), *_votes(facts), *_what(facts)]
    order = list(Weight)
    return sorted(found, key=lambda finding: order.index(finding.weight))


def _when(facts: Facts) -> list[Finding]:
    found = []
    if facts.ended_at <= facts.started_at:
        found.append(_error("ends-before-start", "结束时间须晚于开始时间。", "id_ends"))
    elif facts.ended_at - facts.started_at > LONGEST:
        hours = (facts.ended_at - facts.started_at).total_seconds() / 3600
        found.append(
            _warning("too-long", f"会议持续 {hours:.1f} 小时，超过 8 小时，请核对起止时间。", "id_ends")
        )
    if facts.started_at > facts.now:
        found.append(
            _error(
                "in-the-future",
                "会议还没有召开：开始时间在现在之后。会后再提交，先存草稿即可。",
                "id_held_on",
            )
        )
    elif facts.ended_at > facts.now:
        found.append(_warning("not-over", "按所填结束时间，会议还没有结束，请核对。", "id_ends"))
    if facts.founded_on and facts.held_on < facts.founded_on:
        found.append(
            _error("before-founding", f"召开日期早于本组织成立日期 {_day(facts.founded_on)}。", "id_held_on")
        )
    if facts.dissolved_on and facts.held_on >= facts.dissolved_on:
        found.append(
            _error(
                "after-dissolution",
                f"本组织已于 {_day(facts.dissolved_on)} 撤销，不能再记录此后的会议。",
                "id_held_on",
            )
        )
    if facts.held_on <= facts.today:
        if is_closed(facts.held_on, facts.today):
            month = Period.month_of(facts.held_on).label
            found.append(
                _warning(
                    "month-closed", f"{month}的数据已经封存，这次会议将计入该月的更正轮次。", "id_held_on"
                )
            )
        if late_entry(facts.held_on, facts.today):
            days = (facts.today - facts.held_on).days
            found.append(
                _hint(
                    "late-entry",
                    f"会议已过去 {days} 天，记录将标注“补录”；补录不影响任何评价。",
                    "id_held_on",
                )
            )
    for title in facts.duplicates:
        found.append(
            _warning("duplicate", f"同一天已有同类会议记录“{title}”，请确认不是重复填报。", "id_kinds")
        )
    return found


def _who(facts: Facts) -> list[Finding]:
    found = []
    if facts.expected == 0:
        if facts.expected_from == "invited":
            found.append(_error("nobody", "请勾选参加谈心谈话的人员。", "attendance"))
        else:
            found.append(
                _error(
                    "empty-roster",
                    "当天应到名册为空，请核对召开日期、会议类型，或先维护党员与任职信息。",
                    "attendance",
                )
            )
    elif facts.present == 0:
        found.append(_error("nobody", "应到人员全部缺席，不能作为一次会议提交。", "attendance"))
    elif facts.vote_rule is not None and not facts.votes:
        of_entitled = facts.vote_rule in (VoteRule.GENERAL, VoteRule.ADMISSION, VoteRule.ELECTION)
        base = facts.entitled if of_entitled else facts.expected
        there = facts.entitled_present if of_entitled else facts.present
        needed = facts.vote_rule.quorum.needed(base)
        if base and there < needed:
            named = "有表决权的党员" if of_entitled else "人员"
            found.append(
                _warning(
                    "quorum",
                    f"应到{named} {base} 人，实到 {there} 人，未达到 {needed} 人（{facts.vote_rule.quorum.label}）。",
                    "attendance",
                )
            )
    if facts.chair_absent:
        found.append(_error("chair-absent", "主持人被勾为缺席，请改主持人或改考勤。", "id_chair"))
    if facts.recorder_absent:
        found.append(_warning("recorder-absent", "记录人被勾为缺席，请核对。", "id_recorder"))
    if facts.unlinked:
        found.append(
            _hint(
                "unlinked",
                f"{'、'.join(facts.unlinked)}的账号未对应党员信息，未列入应到名册。",
                "attendance",
            )
        )
    return found


def _votes(facts: Facts) -> list[Finding]:
    found = []
    for vote in facts.votes:
        anchor = f"vote-{vote.row}"
        for problem in vote.verdict.problems:
            weight = Weight.ERROR if problem.severity is Severity.ERROR else Weight.WARNING
            found.append(Finding(weight, "vote", f"表决“{vote.subject}”：{problem.message_zh}。", anchor))
        if vote.entitled > vote.roster_entitled:
            found.append(
                _error(
                    "vote-entitled",
                    f"表决“{vote.subject}”：应到有表决权 {vote.entitled} 人，多于当天名册的 {vote.roster_entitled} 人。",
                    anchor,
                )
            )
        elif vote.entitled < vote.roster_entitled:
            left = vote.roster_entitled - vote.entitled
            found.append(
                _hint(
                    "vote-excused",
                    f"表决“{vote.subject}”：有 {left} 人未计入应到，须经支部大会同意并报上级备案。",
                    anchor,
                )
            )
    return found


def _what(facts: Facts) -> list[Finding]:
    found = []
    for one, other in facts.unusual:
        found.append(
            _hint("unusual", f"“{one}”与“{other}”一般不在同一次会议中进行，请核对会议类型。", "id_kinds")
        )
    if facts.resolutions_without_owner:
        found.append(
            _hint(
                "no-owner",
                f"有 {facts.resolutions_without_owner} 条决议没有明确责任人，不会进入任何人的待办。",
                "resolutions",
            )
        )
    return found


def _error(code, message, anchor):
    return Finding(Weight.ERROR, code, message, anchor)


def _warning(code, message, anchor):
    return Finding(Weight.WARNING, code, message, anchor)


def _hint(code, message, anchor):
    return Finding(Weight.HINT, code, message, anchor)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
