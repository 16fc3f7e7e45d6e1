"""Deployments of the fictional city: handed down by the product's own actions, taken up as each county's pattern has it.

One goes from level to level, each unit handing it on when it gets round to it; the other reaches the last branch at
once. What 中梗阻 and 下冷 look like is thus seen in the funnel as it is in the heat.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from django.db import transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accountability.actions.batches import take_step
from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.deployments import Item, create_deployment
from accountability.actions.quality import answer_check, draw_checks, judge_check
from accountability.actions.triggers import answer_trigger, register_trigger
from accountability.choices import DeploymentKind, ListStatus
from accountability.models import Deployment, Duty, DutyList, DutyRecord, QualityCheck
from branches.choices import COMMITTEE_POSTS, Level, Post
from branches.models import Appointment, DirtyMark, Organization
from branches.periods import Period

from .character import Pattern
from .city import CITY_CODE, Place
from .duties import accept, actor_of, hand_in, moment


@dataclass(frozen=True)
class Pace:
    """How a unit takes up a deployment: days until it signs and until it arranges, how likely it arranges at all,
    that it carries an item out, and that it does so after its day; `rushes`: in the last three days."""

    signs: int
    arranges: int
    arranged: float = 1.0
    done: float = 0.95
    late: float = 0.05
    rushes: bool = False


PROMPT = Pace(1, 3, done=1.0, late=0.0)
STEADY = Pace(2, 3, done=0.95, late=0.06)
SLOW = Pace(5, 8, arranged=0.9, done=0.75, late=0.25)
#: pattern → (county, township committees, 总支, branches)
PACES: dict[Pattern, tuple[Pace, Pace, Pace, Pace]] = {
    Pattern.STEADY: (PROMPT, PROMPT, STEADY, STEADY),
    Pattern.MIDDLE: (PROMPT, Pace(6, 14, arranged=0.2, done=0.6, late=0.4), STEADY, STEADY),
    Pattern.BOTTOM: (PROMPT, STEADY, STEADY, Pace(9, 10, arranged=0.85, done=0.6, late=0.6)),
    Pattern.RUSHED: (PROMPT, STEADY, STEADY, Pace(3, 4, done=0.93, late=0.08, rushes=True)),
    Pattern.INSPECTED: (PROMPT, STEADY, STEADY, Pace(4, 6, done=0.8, late=0.2)),
    Pattern.PLAIN: (PROMPT, SLOW, SLOW, Pace(8, 8, arranged=0.9, done=0.65, late=0.35)),
}
SUMMARIES = (
    "逐项对照清单清理，能合并的合并、能取消的取消，结果已在支部党员大会上说明。",
    "听取干部群众意见后定出要减的事项，现已停报两张报表。",
    "按要求落实并回看一遍，没有反弹。",
    "需要上级协调的一项已经报告，其余当月办结。",
)
FAULTS = ("只写了开会传达，没有写减了什么。", "与上半年的内容相同，请写清这次做了什么。")
ANSWERS = ("已补充本单位取消的报表名称和停报日期。", "已重新梳理，本次新减的两项写明了。")
TRIGGERS = (
    ("对群众反映的问题超过期限没有答复。", "已当面答复并致歉，今后由专人每周核对。"),
    ("应当集体研究的事项由个人决定。", "已重新提交会议研究，负责同志作了说明。"),
    ("向支部重复要求报送已有的数据。", ""),
)


@dataclass(frozen=True)
class Course:
    """The days on which a unit signed for a deployment and arranged it; None while it has not."""

    signed_on: date | None
    arranged_on: date | None


@transaction.atomic
def deploy(
    *,
    nodes: dict[str, Organization],
    city: list[Place],
    reviewers: dict[int, tuple[int, int]],
    now: datetime,
    seed: int,
) -> int:
    """Hand the city's two deployments down, let every unit take them up, and return how many lists that made."""
    today = timezone.localdate(now)
    made = [_by_levels(nodes, city, today, seed), _to_the_last(nodes, city, today, seed)]
    for deployment, courses in made:
        _take_up(deployment, nodes, courses)
        _carry_out(deployment, nodes, city, courses, reviewers, today, seed)
    _check(made[0][0], nodes, today, seed)
    _register(today)
    DirtyMark.objects.all().delete()  # the readings are taken as a whole after this
    return DutyList.objects.filter(deployment__isnull=False).count()


def _by_levels(nodes, city, today, seed) -> tuple[Deployment, dict[str, Course]]:
    """The campaign that every unit receives from the one above it, and hands on when it gets round to it."""
    began = today - timedelta(days=110)
    last = Period.month_of(today).previous().ends_on
    below = defaultdict(list)
    for place in city:
        if place.parent_code and not nodes[place.code].is_group:
            below[place.parent_code].append(place)
    deployment = create_deployment(
        actor=actor_of(nodes[CITY_CODE], Post.DEPUTY_SECRETARY, began),
        organization=nodes[CITY_CODE],
        title="为基层减负专项行动",
        number=f"云汀委办发〔{began.year}〕31号",
        kind=DeploymentKind.CAMPAIGN,
        theme="整治形式主义为基层减负",
        source="《整治形式主义为基层减负若干规定》",
        due_on=last,
        items=[
            Item(
                "清理报表台账",
                "清理要求下级填报的报表和台账，能从已有数据取得的一律停报。",
                Period.month_of(last).previous().ends_on,
            ),
            Item("精简会议文件", "合并内容相近的会议，从严控制发到基层的文件。", last),
        ],
        units=[nodes[place.code] for place in below[CITY_CODE]],
        now=moment(began, 9),
    )
    courses = {CITY_CODE: Course(began, began)}
    for place in below[CITY_CODE]:
        courses[place.code] = _course(place, began, today, f"{deployment.title}/{seed}")
    for place in city:  # parents come before children
        course = courses.get(place.code)
        if course is None or place.code == CITY_CODE or not below[place.code] or course.arranged_on is None:
            continue
        day = course.arranged_on
        actor = actor_of(nodes[place.code], Post.SECRETARY, day)
        duties = Duty.objects.filter(duty_list__deployment=deployment, organization=nodes[place.code])
        for duty in duties.filter(deadline__gte=day).select_related("organization", "duty_list"):
            shares = [Share(organization=nodes[each.code]) for each in below[place.code]]
            decompose_duty(actor=actor, duty=duty, shares=shares, now=moment(day, 11))
        for each in below[place.code]:
            courses[each.code] = _course(each, day, today, f"{deployment.title}/{seed}")
    return deployment, courses


def _to_the_last(nodes, city, today, seed) -> tuple[Deployment, dict[str, Course]]:
    """The theme that the city hands down to the last branch itself."""
    began = today - timedelta(days=45)
    deployment = create_deployment(
        actor=actor_of(nodes[CITY_CODE], Post.DEPUTY_SECRETARY, began),
        organization=nodes[CITY_CODE],
        title="支部组织生活质量提升",
        number=f"云汀组发〔{began.year}〕18号",
        kind=DeploymentKind.THEME,
        theme="支部标准化规范化建设",
        source="《中国共产党支部工作条例（试行）》",
        due_on=today + timedelta(days=15),
        items=[
            Item(
                "帮一个支部开好会",
                "到一个党支部参加组织生活，帮助解决一个具体困难；支部写明解决了什么。",
                today - timedelta(days=5),
            )
        ],
        units=[each for each in nodes.values() if each.parent_id == nodes[CITY_CODE].pk],
        is_direct=True,
        now=moment(began, 9),
    )
    batch = deployment.batches.get()
    while take_step(pk=batch.pk, after="", now=moment(began, 10)) is not None:
        pass
    courses = {
        place.code: _course(place, began, today, f"{deployment.title}/{seed}")
        for place in city
        if not nodes[place.code].is_group
    }
    return deployment, courses | {CITY_CODE: Course(began, began)}


def _course(place: Place, given_on: date, today: date, seed: str) -> Course:
    """When a unit that was given a deployment signs for it and arranges it."""
    random = Random(f"course/{seed}/{place.code}")
    pace = PACES[place.pattern][place.rank]
    signed_on = given_on + timedelta(days=1 + random.randrange(2 * pace.signs))
    arranged_on = signed_on + timedelta(days=random.randrange(1, 2 * pace.arranges))
    if signed_on >= today or (pace.signs > 3 and random.random() < 0.07):
        return Course(None, None)
    is_arranged = arranged_on < today and random.random() < pace.arranged
    return Course(signed_on, arranged_on if is_arranged else None)


def _take_up(deployment, nodes, courses) -> None:
    """Write who signed when, and which officer of a unit was named when."""
    signed, arranged = defaultdict(list), defaultdict(list)
    for code, course in courses.items():
        if course.signed_on:
            signed[course.signed_on].append(nodes[code].pk)
        if course.arranged_on:
            arranged[course.arranged_on].append(nodes[code].pk)
    serving = Appointment.objects.filter(organization=OuterRef("organization")).order_by("pk")
    for day, units in signed.items():
        DutyList.objects.filter(deployment=deployment, organization__in=units).update(
            status=ListStatus.SIGNED,
            signed_at=moment(day, 10),
            signed_by=Subquery(serving.filter(post=Post.SECRETARY).values("user")[:1]),
        )
    for day, units in arranged.items():
        Duty.objects.filter(duty_list__deployment=deployment, organization__in=units).update(
            owner=Subquery(serving.filter(post__in=COMMITTEE_POSTS).values("pk")[:1]),
            arranged_at=Coalesce("arranged_at", Value(moment(day, 11))),
        )


def _carry_out(deployment, nodes, city, courses, reviewers, today, seed) -> None:
    """Write what became of every item at every unit that arranged it."""
    place_of = {nodes[place.code].pk: place for place in city}
    accepted, waiting = defaultdict(list), defaultdict(list)
    rows = DutyRecord.objects.filter(duty__duty_list__deployment=deployment).order_by("pk")
    for pk, organization_id, due_on in rows.values_list("pk", "organization_id", "due_on"):
        place = place_of[organization_id]
        arranged_on = courses[place.code].arranged_on
        random = Random(f"deployed/{seed}/{pk}")
        pace = PACES[place.pattern][place.rank]
        if arranged_on is None or random.random() > pace.done:
            continue
        first = min(max(arranged_on + timedelta(days=2), due_on - timedelta(days=25)), due_on)
        if pace.rushes:
            first = max(first, due_on - timedelta(days=3))
        done_on = first + timedelta(days=random.randrange((due_on - first).days + 1))
        if random.random() < pace.late or arranged_on >= due_on:
            done_on = max(due_on, arranged_on) + timedelta(days=random.randrange(1, 13))
        if done_on < today - timedelta(days=6):
            accepted[done_on].append(pk)
        elif done_on < today:
            waiting[done_on].append(pk)
    for done_on, pks in waiting.items():
        hand_in(pks, done_on, SUMMARIES)
    for done_on, pks in accepted.items():
        accept(pks, done_on, SUMMARIES, reviewers)


def _check(deployment, nodes, today, seed) -> None:
    """The city draws some of what was accepted; most of it is good, and most of what is not is answered."""
    drawn_on = today - timedelta(days=12)
    actor = actor_of(nodes[CITY_CODE], Post.ORGANIZATION_OFFICER, drawn_on)
    records = DutyRecord.objects.filter(duty__duty_list__deployment=deployment)
    draw_checks(actor=actor, records=records, percent=2, seed=seed, now=moment(drawn_on, 9))
    checks = QualityCheck.objects.filter(record__in=records).select_related("organization").order_by("pk")
    for number, check in enumerate(checks):
        if number % 6 == 5:
            continue  # nobody has looked at it yet
        passed = number % 4 > 0
        note = "" if passed else FAULTS[number // 4 % len(FAULTS)]
        judge_check(
            actor=actor, check=check, passed=passed, note=note, now=moment(drawn_on + timedelta(days=4), 15)
        )
        if not passed and number % 3:
            answer_check(
                actor=actor_of(check.organization, Post.SECRETARY, today),
                check=check,
                answer=ANSWERS[number // 4 % len(ANSWERS)],
                now=moment(drawn_on + timedelta(days=9), 9),
            )


def _register(today) -> None:
    """A few items of the 负面清单 were touched this year; most of it has been dealt with."""
    happened_on = max(today - timedelta(days=40), date(today.year, 1, 5))
    duties = Duty.objects.filter(
        is_negative=True, duty_list__year=today.year, organization__level=Level.COUNTY
    ).select_related("organization", "duty_list")
    one_each = {duty.organization_id: duty for duty in duties.order_by("-organization__path", "-pk")}
    for duty, (note, answer) in zip(reversed(one_each.values()), TRIGGERS, strict=False):
        actor = actor_of(duty.organization, Post.SECRETARY, today)
        trigger = register_trigger(
            actor=actor, duty=duty, happened_on=happened_on, note=note, now=moment(happened_on, 17)
        )
        if answer:
            later = happened_on + timedelta(days=6)
            answer_trigger(actor=actor, trigger=trigger, answer=answer, now=moment(later, 10))
