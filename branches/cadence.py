"""Whom a cadence rule asks, how many times, and where a window stands; plain values only.

A rule is anything with the attributes of `models.CadenceRule`. Three things are never confused: what is not due
yet, what is not applicable (a five-member branch has no 支委会), and what is missing.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from .periods import Interval, Period, is_due_in

#: Days before the end of a window from which its obligation is pressing. [default]
SOON = {Interval.MONTH: 10, Interval.QUARTER: 21, Interval.HALF: 30, Interval.YEAR: 45}


class State(StrEnum):
    """Where an obligation stands; the value names it in addresses and style classes."""

    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    NOT_DUE_YET = "not_due_yet"
    WAITING = "waiting"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"

    @property
    def label(self) -> str:
        """Chinese name."""
        return _LABELS[self]


_LABELS = {
    State.OVERDUE: "已逾期",
    State.DUE_SOON: "即将到期",
    State.NOT_DUE_YET: "未到期",
    State.WAITING: "待确认",
    State.DONE: "已完成",
    State.NOT_APPLICABLE: "不适用",
}


@dataclass(frozen=True)
class OrganizationFacts:
    """What of an organisation a rule looks at, as it stood on some day; `groups` counts its 党小组."""

    kind: str
    level: int
    chain: str
    sector: str
    has_committee: bool = False
    groups: int = 0


def addresses(rule, facts: OrganizationFacts) -> bool:
    """Whether the rule speaks to such an organisation at all; an empty list restricts nothing."""
    return (
        (not rule.organization_kinds or facts.kind in rule.organization_kinds)
        and (not rule.levels or facts.level in rule.levels)
        and (not rule.sectors or facts.sector in rule.sectors)
        and (not rule.chain or facts.chain == rule.chain)
    )


def why_not(rule, facts: OrganizationFacts) -> str:
    """Why a rule that addresses the organisation does not apply to it now; empty when it does."""
    if rule.applies_when == "HAS_COMMITTEE" and not facts.has_committee:
        return "未设支委会"
    if (rule.applies_when == "HAS_GROUPS" or rule.is_per_group) and not facts.groups:
        return "未设党小组"
    return ""


def applies(rule, facts: OrganizationFacts) -> bool:
    """Whether the organisation owes what the rule asks."""
    return addresses(rule, facts) and not why_not(rule, facts)


def due_count(rule, facts: OrganizationFacts) -> int:
    """How many events one window of the rule asks of the organisation; 0 when it does not apply."""
    if not applies(rule, facts):
        return 0
    return rule.at_least * (facts.groups if rule.is_per_group else 1)


def done_count(rule, groups: Iterable[Hashable], held: Iterable[Hashable]) -> int:
    """How many of the events held count for one window.

    `held` names for each event the group that held it (None: the whole branch), `groups` the present groups.
    Of a rule per group each group counts for itself: three meetings of one group are not one each of three.
    """
    if not rule.is_per_group:
        return min(len(list(held)), rule.at_least)
    per_group = Counter(held)
    return sum(min(per_group[group], rule.at_least) for group in groups)


def windows_in(interval: Interval | str, period: Period) -> int:
    """How many windows of the interval are judged in `period`."""
    return sum(is_due_in(interval, month) for month in period.months)


def state_of(*, due: int, done: int, waiting: int, window: Period, today: date) -> State:
    """Where the obligation of `window` stands today; `done` are confirmed, `waiting` submitted events."""
    if done >= due:
        return State.DONE
    if done + waiting >= due:
        return State.WAITING
    if window.ends_on < today:
        return State.OVERDUE
    if window.ends_on - timedelta(days=SOON[window.interval]) <= today:
        return State.DUE_SOON
    return State.NOT_DUE_YET


def day_problem(day: date, today: date) -> str:
    """Why a change of rules may not start on `day`; empty when it may."""
    if day.day != 1:
        return "请选择某个月的1日：规则按整月生效。"
    if day < today.replace(day=1):
        return "不能早于本月1日：已经过去的月份仍按当时的规则计算。"
    return ""
