"""What a unit does in a month, given its character: plain values, no rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from branches.choices import BRANCH_KINDS, COMMITTEE_KINDS, AbsenceReason, MeetingKind, OrganizationKind
from branches.periods import Period

from .character import Character

K = MeetingKind


@dataclass(frozen=True, slots=True)
class Person:
    pk: int
    is_full: bool = True
    is_key: bool = False
    is_dual: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """Who could meet: `leaders` are the 支委 or 班子, `groups` pairs (pk, members)."""

    pk: int
    code: str
    kind: str
    has_committee: bool
    members: Sequence[Person]
    leaders: Sequence[Person]
    groups: Sequence[tuple[int, Sequence[Person]]]


@dataclass(slots=True)
class Event:
    """A meeting that was held; `absent` pairs persons with their reason."""

    unit: Unit
    group: int | None
    kinds: int
    title: str
    held_on: date
    starts: time
    minutes: int
    people: Sequence[Person]
    absent: list[tuple[Person, str]]
    entered_on: date
    topics: tuple[str, ...]
    resolution: str = ""


TOPICS = {
    K.GENERAL_MEETING: (
        "学习上级会议精神，讨论本季度工作",
        "通报党费收缴情况",
        "讨论志愿服务安排",
        "听取支委会工作报告",
    ),
    K.COMMITTEE_MEETING: (
        "研究本月组织生活安排",
        "研究困难党员走访",
        "讨论积极分子培养",
        "检查责任清单落实情况",
    ),
    K.GROUP_MEETING: ("交流学习体会", "讨论小组分工", "汇报结对帮扶进展"),
    K.LECTURE: ("党课：把责任落到每一个岗位", "党课：基层治理中的党员作用", "党课：纪律是底线"),
    K.PARTY_DAY: ("集中学习与志愿服务", "环境整治义务劳动", "走访慰问老党员", "重温入党誓词"),
    K.STUDY_GROUP: ("中心组专题学习研讨", "学习廉洁自律要求"),
    K.SPECIAL_STUDY: ("专题研究全面从严治党工作", "分析本地作风建设情况"),
    K.LEADING_MEETING: ("研究重点工作落实", "听取基层党建工作汇报", "研究干部教育培训"),
    K.DEMOCRATIC_LIFE: ("对照检查与批评和自我批评",),
    K.ORGANIZATION_LIFE: ("年度组织生活会",),
}
RESOLUTIONS = (
    "整理学习笔记并交流",
    "完成困难党员走访",
    "张贴公开栏并更新",
    "与包联户见面一次",
    "汇总意见并答复",
)
REASONS = (
    AbsenceReason.SICK,
    AbsenceReason.PERSONAL,
    AbsenceReason.OFFICIAL,
    AbsenceReason.OTHER,
    AbsenceReason.OTHER,
    AbsenceReason.OTHER,
)


def month_of_life(unit: Unit, month: Period, character: Character, seed: str) -> list[Event]:
    """Return the events `unit` holds in `month` (a month Period), the same ones for the same seed."""
    random = Random(f"{seed}/{unit.code}/{month.key}")
    events: list[Event] = []

    def hold(kinds: int, title: str, people: Sequence[Person], group: int | None = None) -> None:
        if random.random() < character.hold and people:
            events.append(_event(random, unit, month, character, kinds, title, people, group))

    label = f"{month.index}月"
    closes_quarter = month.index % 3 == 0
    quarter = (month.index + 2) // 3
    if unit.kind in BRANCH_KINDS:
        lecture = K.LECTURE if month.index % 3 == 2 and random.random() < character.hold else 0
        hold(K.PARTY_DAY | lecture, f"{label}主题党日" + ("暨党课" if lecture else ""), unit.members)
        if unit.has_committee:
            hold(K.COMMITTEE_MEETING, f"{label}支委会", unit.leaders)
        for group, people in unit.groups:
            hold(K.GROUP_MEETING, f"{label}党小组会", people, group)
        if closes_quarter:
            year_end = K.ORGANIZATION_LIFE | K.APPRAISAL if month.index == 12 else 0
            title = "组织生活会暨民主评议党员" if year_end else f"第{'一二三四'[quarter - 1]}季度党员大会"
            hold(K.GENERAL_MEETING | year_end, title, unit.members)
    elif unit.kind == OrganizationKind.GENERAL_BRANCH:
        hold(K.COMMITTEE_MEETING, f"{label}总支委员会会议", unit.leaders)
    elif unit.kind in COMMITTEE_KINDS:
        hold(K.LEADING_MEETING, f"{label}党委（党组）会", unit.leaders)
        if closes_quarter:
            study = K.SPECIAL_STUDY if month.index in (6, 12) and random.random() < character.hold else 0
            hold(K.STUDY_GROUP | study, f"第{'一二三四'[quarter - 1]}季度中心组学习", unit.leaders)
        if month.index == 12:
            hold(K.DEMOCRATIC_LIFE, "年度民主生活会", unit.leaders)
    return events


def _event(random, unit, month, character, kinds, title, people, group) -> Event:
    last = month.ends_on
    if random.random() < character.rush:
        held_on = last - timedelta(days=random.randrange(5))
    else:
        held_on = month.starts_on + timedelta(days=random.randrange(max(month.days - 5, 1)))
    absent = [
        (person, random.choice(REASONS).value)
        for person in people
        if random.random() > character.attend + (1 - character.attend) * 0.35
    ]
    lag = random.choice((0, 0, 1, 1, 2, 3, 5)) if random.random() < 0.94 else random.randrange(8, 22)
    topics = tuple(random.choice(TOPICS[kind]) for kind in K.unpack(kinds) if kind in TOPICS) or ("学习交流",)
    return Event(
        unit=unit,
        group=group,
        kinds=int(kinds),
        title=title,
        held_on=held_on,
        starts=time(random.choice((9, 14, 15, 19)), random.choice((0, 30))),
        minutes=random.choice((45, 60, 75, 90, 120)),
        people=people,
        absent=absent,
        entered_on=held_on + timedelta(days=lag),
        topics=topics,
        resolution=random.choice(RESOLUTIONS)
        if kinds & K.COMMITTEE_MEETING and random.random() < 0.5
        else "",
    )


def moment(event: Event, zone) -> tuple[datetime, datetime]:
    """Return the aware start and end of an event."""
    start = datetime.combine(event.held_on, event.starts, tzinfo=zone)
    return start, start + timedelta(minutes=event.minutes)
