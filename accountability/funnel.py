"""The stage funnel of a deployment: how far it came, how long each hop took, and where it is stuck; plain values.

A unit reaches a stage once it has reached those before it: an execution nobody signed for does not count. So the
funnel never widens, and each unit that has not finished waits at exactly one stage.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import median

from branches.choices import Level

from .choices import Stage

_WAITS = {
    Stage.RECEIVED: "还没有签收",
    Stage.ARRANGED: "收到后还没有分解",
    Stage.EXECUTED: "分解后还没有落实",
    Stage.COMPLIANT: "交来后还在等审核",
}

#: The stages every unit goes through; 质量 and 反馈 concern those that were drawn, and those that did not pass.
COMMON = (Stage.RECEIVED, Stage.ARRANGED, Stage.EXECUTED, Stage.COMPLIANT)


class Standing(StrEnum):
    """How a unit stands at a stage; each is one number of the funnel."""

    DUE = "due"
    REACHED = "reached"
    LATE = "late"
    WAITING = "waiting"
    OVERDUE = "overdue"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Standing.DUE: "应到",
    Standing.REACHED: "已到",
    Standing.LATE: "超期才到",
    Standing.WAITING: "停在这一步",
    Standing.OVERDUE: "停在这一步且已逾期",
}


@dataclass(frozen=True)
class Progress:
    """How far a deployment has come at one unit; a day is None until everything of that stage is done there.

    `due_on` is the last day of all it was given, `owed_on` the first of what it has not handed in. `is_late`: something
    was carried out after its day. `drawn` records were drawn for a check, of which `checked`, `failed`, `answered`.
    """

    level: int
    given_on: date
    due_on: date
    owed_on: date | None = None
    received_on: date | None = None
    arranged_on: date | None = None
    executed_on: date | None = None
    accepted_on: date | None = None
    is_late: bool = False
    drawn: int = 0
    checked: int = 0
    failed: int = 0
    answered: int = 0
    drawn_on: date | None = None
    checked_on: date | None = None
    answered_on: date | None = None

    def reached_on(self, stage: Stage) -> date | None:
        """The day on which the stage was reached; None when it has not been, or is not due."""
        match stage:
            case Stage.QUALITY:
                return self.checked_on if self.checked == self.drawn and not self.failed else None
            case Stage.FEEDBACK:
                if not self.failed or self.answered < self.failed:
                    return None
                return max(day for day in (self.checked_on, self.answered_on) if day)
        steps = (self.received_on, self.arranged_on, self.executed_on, self.accepted_on)
        day = self.given_on
        for step in steps[: COMMON.index(stage) + 1]:
            if step is None:
                return None
            day = max(day, step)
        return day

    def came_on(self, stage: Stage) -> date | None:
        """The day from which the stage was due: when the one before it was reached. None when it is not due."""
        match stage:
            case Stage.RECEIVED:
                return self.given_on
            case Stage.QUALITY:
                return self.drawn_on
            case Stage.FEEDBACK:
                return self.checked_on if self.failed else None
        return self.reached_on(COMMON[COMMON.index(stage) - 1])

    def standings(self, stage: Stage, today: date) -> list[Standing]:
        """Which numbers of the stage count this unit.

        Late are those that reached a stage after their last day, or carried something out after its day; overdue those
        that still owe something whose day has passed. A check has no day.
        """
        came, reached = self.came_on(stage), self.reached_on(stage)
        if came is None:
            return []
        if reached is None:
            is_overdue = (
                stage in COMMON
                and stage != Stage.COMPLIANT
                and self.owed_on is not None
                and self.owed_on < today
            )
            return [Standing.DUE, Standing.WAITING, *([Standing.OVERDUE] if is_overdue else [])]
        is_late = reached > self.due_on if stage in (Stage.RECEIVED, Stage.ARRANGED) else self.is_late
        return [Standing.DUE, Standing.REACHED, *([Standing.LATE] if is_late and stage in COMMON else [])]


@dataclass(frozen=True)
class Step:
    """One stage over several units. `median_days` is what the hop took those who made it, `median_wait` how long
    those who stand before it have waited; None without any."""

    stage: Stage
    due: int
    reached: int
    late: int
    waiting: int
    overdue: int
    median_days: float | None
    median_wait: float | None

    @property
    def conversion(self) -> float | None:
        """Reached of those that had come to it, 0 to 1; None when nobody had."""
        return self.reached / self.due if self.due else None


@dataclass(frozen=True)
class Funnel:
    """The steps of several units, and how many were given the deployment."""

    given: int
    due_on: date | None
    steps: tuple[Step, ...]

    def share(self, step: Step) -> float | None:
        """Those that reached a common stage of all who were given the deployment, 0 to 1."""
        return step.reached / self.given if self.given else None

    @property
    def common(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.stage in COMMON)


@dataclass(frozen=True)
class Stuck:
    """Where most units wait: a level and the step they have not made."""

    level: int
    step: Step


def funnel(units: Iterable[Progress], today: date) -> Funnel:
    """Count `units` at every stage, as things stand on `today`. Linear; the order of the units changes nothing."""
    units = list(units)
    return Funnel(
        len(units),
        max((unit.due_on for unit in units), default=None),
        tuple(_step(stage, units, today) for stage in Stage),
    )


def by_level(units: Iterable[Progress], today: date) -> dict[int, Funnel]:
    """The funnel of each level, from the top down."""
    levels = defaultdict(list)
    for unit in units:
        levels[unit.level].append(unit)
    return {level: funnel(levels[level], today) for level in sorted(levels)}


def sticking_point(levels: dict[int, Funnel]) -> Stuck | None:
    """The level and step at which most units wait (of equals the longer wait, then the higher level); None if none."""
    waits = [Stuck(level, step) for level, each in levels.items() for step in each.common if step.waiting]
    return max(waits, key=lambda each: (each.step.waiting, each.step.median_wait, -each.level), default=None)


def sentence(whole: Funnel, stuck: Stuck | None) -> str:
    """The funnel in one sentence: how far it came, and where it is stuck for how long."""
    if not whole.given:
        return "还没有部署给下级单位。"
    chain = " → ".join(f"{step.stage.label} {percent(step.reached, whole.given)}" for step in whole.common)
    text = f"部署给 {whole.given} 个单位：{chain}"
    if stuck is None:
        return f"{text}，各单位都已落实并认可。"
    level, step = Level(stuck.level).label, stuck.step
    return f"{text}；卡在{level}，{step.waiting} 个单位{_WAITS[step.stage]}，中位已等 {days(step.median_wait)} 天。"


def percent(part: int, whole: int) -> str:
    """A share in whole per cent that is 100 % or 0 % only when it is all or nothing; — of nothing."""
    if not whole:
        return "—"
    rounded = (200 * part + whole) // (2 * whole)
    return f"{min(99, max(1, rounded)) if 0 < part < whole else rounded}%"


def days(number: float | None) -> str:
    """A median of days as printed: whole, or with its half; — without one."""
    return "—" if number is None else f"{number:.1f}".removesuffix(".0")


def _step(stage, units, today) -> Step:
    counts: Counter[Standing] = Counter()
    hops: list[int] = []
    waits: list[int] = []
    for unit in units:
        counts.update(unit.standings(stage, today))
        came, reached = unit.came_on(stage), unit.reached_on(stage)
        if came is not None:
            (waits if reached is None else hops).append(((reached or today) - came).days)
    return Step(
        stage=stage,
        due=counts[Standing.DUE],
        reached=counts[Standing.REACHED],
        late=counts[Standing.LATE],
        waiting=counts[Standing.WAITING],
        overdue=counts[Standing.OVERDUE],
        median_days=median(hops) if hops else None,
        median_wait=median(waits) if waits else None,
    )
