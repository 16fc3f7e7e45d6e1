"""考核 in one county of the fictional city: last year's is published and has its plans, this year's gathers facts, and that
of the townships has been shown and is objected to. Facts are written as rows, everything else by the product's own
actions."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from random import Random

from django.db import transaction
from django.utils import timezone

from accountability.actions.adjustments import adjust_by_hand, adjust_evaluation
from accountability.actions.assessing import open_window, submit_sheet
from accountability.actions.disputes import answer_dispute, raise_dispute
from accountability.actions.evaluating import ask_evaluation, fill_in, run_evaluation
from accountability.actions.objections import agree_with_result, answer_objection, raise_objection
from accountability.actions.plans import Step, ask_plans, report_plan, report_step, review_plan, write_plan
from accountability.actions.publication import publish_round, show_results
from accountability.actions.rounds import create_round, set_group
from accountability.actions.scheme_starters import load_scheme_starters
from accountability.actions.schemes import create_scheme
from accountability.choices import AdjustmentKind, AssessorRole, EntryOrigin, Quarter
from accountability.known import filled_in
from accountability.models import (
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
    Fact,
    ImprovementPlan,
    Scheme,
)
from accountability.scoring import Entry, read_scheme
from branches.choices import Level, Post
from branches.models import Appointment, Organization
from branches.periods import Period

from .duties import actor_of, moment
from .evaluation_facts import BY_ASSESSORS, BY_HAND, BY_THE_SYSTEM, stated

#: The starter for villages, reworded for communities.
COMMUNITY = (
    ("VILLAGE", "COMMUNITY"),
    ('"RURAL"', '"COMMUNITY"'),
    ("村党组织", "社区党组织"),
    ("集体收入在同类村中的位次", "党组织服务群众经费的使用"),
    ("村民代表测评", "居民代表测评"),
    ("矛盾化解在村", "矛盾化解在社区"),
    ("村干部", "社区干部"),
)
#: Last year there were no records yet, and everything was stated by hand.
BY_SAYING = (('source = "meetings"\n', ""), ('source = "measure"\n', ""), ('datum = "attendance"\n', ""))
#: Below a county, branches are evaluated by these.
BRANCH_SCHEMES = ("village", "community", "new_organization")
#: What a township asks of its branches each half-year, and has scored by them and by itself.
OF_A_TOWN = """
format = 1
code = "TOWN-BRANCHES"
title = "党支部工作半年评"
kinds = ["BRANCH", "JOINT_BRANCH"]
full = 100
grades = ["好", "较好", "一般", "差"]

[[rule]]
kind = "CUTOFF"
bands = [{ grade = "好", from = 85 }, { grade = "较好", from = 70 }, { grade = "一般", from = 60 }]

[[line]]
key = "life"
title = "组织生活"
full = 50

[[line.item]]
key = "on-time"
title = "三会一课和主题党日按期召开"
full = 30
source = "measure"
datum = "core_meetings"
rule = [{ kind = "STEP", steps = [{ from = 95, p = 30 }, { from = 80, p = 24 }, { from = 60, p = 15 }] }]

[[line.item]]
key = "duties"
title = "责任事项按期完成"
full = 20
source = "duties"
datum = "duties"
rule = [{ kind = "PER_PP", target = 100, x = 1, y = 0.4 }]

[[line]]
key = "effect"
title = "作用发挥"
full = 50

[[line.item]]
key = "leads"
title = "支部在中心工作中发挥作用"
full = 30
source = "assessor"
rule = [
    { kind = "ASSESSORS", weights = { "自评" = 0.3, "镇党委评" = 0.7 } },
    { kind = "LEVEL", levels = { "好" = 30, "较好" = 24, "一般" = 18, "差" = 0 } },
]

[[line.item]]
key = "helped"
title = "为群众解决的实际问题"
full = 20
rule = [{ kind = "GAIN_PER", p = 5 }]
"""
MEASURES = (
    ("每月第一周排出党小组会日程，书记到场一次", 20),
    ("补齐会议室和学习资料，开放给群众使用", 45),
)
GOALS = {
    Quarter.FIRST: "把“四议两公开”一事一档的做法写成一页纸，请同类支部来看一次会。",
    Quarter.LAST: "三个月内三会一课按期召开，集体收入有一个新的来源。",
}


@transaction.atomic
def evaluate(
    *,
    city: Organization,
    counties: list[Organization],
    towns: list[Organization],
    shown: Organization,
    now: datetime,
    seed: int,
) -> int:
    """Give `counties` their schemes and let the first of them evaluate its branches and `towns`.

    `shown` is the branch in whose name visitors sign in; it still has facts to state. Returns how many are evaluated.
    """
    today = timezone.localdate(now)
    year = (today - timedelta(days=100)).year
    starters = {scheme.code: scheme for scheme in load_scheme_starters(organization=city, year=year)}
    last_year = _schemes(city, counties, year - 1, today, BY_SAYING)
    this_year = _schemes(city, counties, year, today, ())
    county = counties[0]
    published = _last_year(county, year - 1, last_year[county.pk], today, seed)
    _plans(published, today)
    _this_year(county, year, this_year[county.pk], shown, today, now, seed)
    _townships(county, year, towns, this_year[county.pk], today, now, seed)
    _in_a_town(city, towns[0], shown, year, today, now)
    _of_offices(city, year, starters["OFFICE"], today, now)
    return Evaluation.objects.count()


def _table(name: str, year: int, changes: Iterable[tuple[str, str]]):
    """A starter for a year, with words changed."""
    file = "village" if name == "community" else name
    if name == "county":
        changes = (*changes, ('kinds = ["COMMITTEE"]', 'kinds = ["COMMITTEE", "WORK_COMMITTEE"]'))
    text = resources.files("accountability.starters.schemes").joinpath(f"{file}.toml").read_text("utf-8")
    for former, words in (*(COMMUNITY if name == "community" else ()), *changes):
        text = text.replace(former, words)
    return replace(read_scheme(text), year=year)


def _schemes(city, counties, year: int, today: date, changes) -> dict[int, dict[str, Scheme]]:
    """The schemes of each county by their name, for branches and for townships."""
    administrator = actor_of(city, Post.ADMINISTRATOR, today)
    day = min(date(year, 1, 15), today - timedelta(days=60))
    found: dict[int, dict[str, Scheme]] = {}
    for county in counties:
        found[county.pk] = {
            name: create_scheme(
                actor=administrator,
                organization=county,
                table=_table(name, year, changes),
                reason="由系统示例修改",
                now=moment(day, 10),
            )
            for name in (*BRANCH_SCHEMES, "county")
        }
    return found


def _round(
    county, title, year, schemes, day, *, starts_on, ends_on, fill_until, levels=()
) -> EvaluationRound:
    return create_round(
        actor=actor_of(county, Post.SECRETARY, day),
        organization=county,
        title=title,
        year=year,
        starts_on=starts_on,
        ends_on=ends_on,
        fill_until=fill_until,
        schemes=schemes,
        leave_out=True,
        levels=levels,
        now=moment(day, 9),
    )


def _last_year(county, year, schemes, today, seed) -> EvaluationRound:
    """Everything was stated, shown, agreed with and published at the beginning of this year."""
    day = min(date(year + 1, 1, 8), today - timedelta(days=70))
    round = _round(
        county,
        f"{year}年度基层党组织考核",
        year,
        [schemes[name] for name in BRANCH_SCHEMES],
        day,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        fill_until=day + timedelta(days=10),
    )
    _state(round, date(year, 12, 31), moment(day + timedelta(days=5), 15), f"{seed}/{year}", BY_THE_SYSTEM)
    _compute(round, day + timedelta(days=12))
    shown_on = day + timedelta(days=13)
    round = show_results(
        actor=actor_of(county, Post.SECRETARY, shown_on),
        round=round,
        objections_until=shown_on + timedelta(days=7),
        now=moment(shown_on, 9),
    )
    _object(round, shown_on, answered=True, number=1)
    published_on = shown_on + timedelta(days=10)
    return publish_round(
        actor=actor_of(county, Post.SECRETARY, published_on), round=round, now=moment(published_on, 10)
    )


def _this_year(county, year, schemes, shown, today, now, seed) -> None:
    """Facts are being gathered: the system's are filled in, most units have stated theirs, one disputes a figure."""
    day = today - timedelta(days=21)
    round = _round(
        county,
        f"{year}年度基层党组织考核",
        year,
        [schemes[name] for name in BRANCH_SCHEMES],
        day,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        fill_until=today + timedelta(days=14),
    )
    fill_in(round=round, now=now - timedelta(hours=6))
    left_out = ("services", "income", "honours")
    _state(round, today, moment(today - timedelta(days=5), 15), f"{seed}/{year}", {}, {shown.pk: left_out})
    entry = (
        EvaluationEntry.objects.filter(evaluation__round=round, origin=EntryOrigin.SYSTEM, fact="支委会")
        .exclude(evaluation__organization=shown)
        .select_related("evaluation__organization")
        .order_by("count", "pk")[0]
    )
    day = today - timedelta(days=2)
    raise_dispute(
        actor=actor_of(entry.evaluation.organization, Post.SECRETARY, day),
        entry=entry,
        reason="8月的支委会与党员大会同日召开，分开记了两份，其中一份还在镇党委待确认。",
        now=moment(day, 20),
    )
    _compute(round, today, now - timedelta(hours=3))


def _townships(county, year, towns, schemes, today, now, seed) -> None:
    """The results are shown: one figure was put right before, one township objects, one was lowered for its cause."""
    ends_on = min(Period.month_of(today).previous().ends_on, date(year, 12, 31))
    day = today - timedelta(days=15)
    round = _round(
        county,
        f"{year}年乡镇党委主体责任考核（1至{ends_on.month}月）",
        year,
        [schemes["county"]],
        day,
        starts_on=date(year, 1, 1),
        ends_on=ends_on,
        fill_until=day + timedelta(days=8),
        levels=[Level.PRIMARY],
    )
    secretary = actor_of(county, Post.SECRETARY, day)
    rows = list(round.evaluations.select_related("organization").order_by("organization__path"))
    set_group(
        actor=secretary,
        round=round,
        evaluations=[row.pk for row in rows[-2:]],
        group="山区",
        now=moment(day, 10),
    )
    fill_in(round=round, now=moment(day, 11))
    _state(round, ends_on, moment(day + timedelta(days=4), 15), f"{seed}/towns", {})
    _correct(round, day + timedelta(days=5))
    _adjust(county, rows, day + timedelta(days=6), ends_on)
    _compute(round, day + timedelta(days=9))
    shown_on = today - timedelta(days=4)
    round = show_results(
        actor=actor_of(county, Post.SECRETARY, shown_on),
        round=round,
        objections_until=today + timedelta(days=5),
        now=moment(shown_on, 9),
    )
    first = towns[0].pk
    _object(round, shown_on, answered=False, number=2, left_alone=first)


def _in_a_town(city, town, shown, year, today, now) -> None:
    """The township scores its branches, and they themselves: both windows are open, some sheets have come in."""
    day = today - timedelta(days=8)
    scheme = create_scheme(
        actor=actor_of(city, Post.ADMINISTRATOR, day),
        organization=town,
        table=replace(read_scheme(OF_A_TOWN), year=year),
        reason="新建",
        now=moment(day, 9),
    )
    starts_on = max(date(year, 1, 1), Period.month_of(today).shift(-6).starts_on)
    round = _round(
        town,
        f"{year}年党支部工作半年评",
        year,
        [scheme],
        day,
        starts_on=starts_on,
        ends_on=date(year, 12, 31),
        fill_until=today + timedelta(days=10),
    )
    fill_in(round=round, now=now - timedelta(hours=5))
    secretary = actor_of(town, Post.SECRETARY, day)
    windows = [
        open_window(
            actor=secretary,
            round=round,
            role=role,
            by=by,
            opens_on=day,
            closes_on=today + timedelta(days=9),
            now=moment(day, 10),
        )
        for role, by in ((AssessorRole.SELF, "自评"), (AssessorRole.SUPERIOR, "镇党委评"))
    ]
    officer = actor_of(town, Post.ORGANIZATION_OFFICER, today)
    units = round.evaluations.exclude(organization=shown).select_related("organization")
    for place, evaluation in enumerate(units.order_by("organization__path")[:6]):
        level = ("好", "较好", "较好")[place % 3]
        answers = {("leads", ""): Entry("leads", level=level)}
        branch = actor_of(evaluation.organization, Post.SECRETARY, today)
        assessors = [(windows[0], branch), *([(windows[1], officer)] if place < 2 else [])]
        for window, actor in assessors:
            submit_sheet(
                actor=actor,
                window=window,
                evaluation=evaluation,
                version=0,
                answers=answers,
                now=now - timedelta(hours=2),
            )


def _of_offices(city, year, scheme, today, now) -> None:
    """The city has begun to evaluate the branches of its offices: nothing is known but what the system fills in."""
    if (
        not Organization.objects.in_subtree(city)
        .filter(kind__in=scheme.kinds, sector__in=scheme.sectors)
        .exists()
    ):
        return
    day = today - timedelta(days=3)
    round = _round(
        city,
        f"{year}年度机关党支部双向考核",
        year,
        [scheme],
        day,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        fill_until=today + timedelta(days=20),
    )
    fill_in(round=round, now=now - timedelta(hours=4))


def _correct(round, day) -> None:
    """A dispute about what the system filled in was upheld, and the right figure put in its place."""
    entry = (
        EvaluationEntry.objects.filter(evaluation__round=round, item="study-sessions", withdrawn_at=None)
        .select_related("evaluation__organization")
        .order_by("-pk")
        .first()
    )
    if entry is None:
        return
    objection = raise_dispute(
        actor=actor_of(entry.evaluation.organization, Post.SECRETARY, day),
        entry=entry,
        reason="6月的专题研究与理论学习中心组合并召开，只登记了一个类型。",
        now=moment(day, 10),
    )
    answer_dispute(
        actor=actor_of(round.organization, Post.SECRETARY, day + timedelta(days=1)),
        objection=objection,
        uphold=True,
        answer="查阅会议纪要属实，按两次计。",
        said=replace(entry.as_entry(), count=2, note=""),
        now=moment(day + timedelta(days=1), 10),
    )


def _adjust(county, rows, day, ends_on) -> None:
    """Supervision lowers one township by a grade; the committee adds a point to another."""
    happened_on = min(day, ends_on) - timedelta(days=10)
    adjust_evaluation(
        actor=actor_of(county, Post.DISCIPLINE_SECRETARY, day),
        organization=rows[2].organization,
        kind=AdjustmentKind.DOWNGRADE,
        condition="巡察反馈问题逾期未改",
        reason="县委巡察反馈的村级工程招标问题，整改期限过后仍有两项没有完成。",
        on=happened_on,
        source="监督：巡察整改跟踪",
        now=moment(day, 9),
    )
    adjust_by_hand(
        actor=actor_of(county, Post.SECRETARY, day),
        organization=rows[1].organization,
        kind=AdjustmentKind.BONUS,
        points=Decimal(1),
        reason="防汛抢险中党员突击队得到市防指通报表扬。",
        on=happened_on,
        now=moment(day, 9),
    )


def _state(round, day, stated_at, seed, also, left_out=None) -> None:
    """Write what the units state about themselves and what assessors gave; `left_out`: organisation → items not yet."""
    writers = {
        organization: (user, pk)
        for organization, user, pk in Appointment.objects.filter(post=Post.SECRETARY)
        .order_by("-pk")
        .values_list("organization", "user", "pk")
    }
    rows = []
    asked = {pinned.pk: _asked(pinned.version.table) for pinned in round.schemes.select_related("version")}
    for evaluation in round.evaluations.select_related("organization").order_by("pk"):
        unit = evaluation.organization
        random = Random(f"facts/{seed}/{unit.code}")
        # How good a unit is stays much the same from year to year.
        quality = 0.8 * Random(f"quality/{unit.code}").betavariate(5, 1.5) + 0.2 * random.random()
        skipped = (left_out or {}).get(unit.pk, ())
        keys = [key for key in asked[evaluation.scheme_id] if key not in skipped]
        user, appointment = writers.get(unit.pk, (None, None))
        for origin, makers in ((EntryOrigin.HAND, BY_HAND | also), (EntryOrigin.ASSESSOR, BY_ASSESSORS)):
            for entry in stated(makers, keys, quality, random, day):
                is_own = origin == EntryOrigin.HAND
                rows.append(
                    EvaluationEntry(
                        evaluation=evaluation,
                        origin=origin,
                        **{name: getattr(entry, name) for name in Fact.SAID},
                        flags=list(entry.flags),
                        author_id=user if is_own else None,
                        appointment_id=appointment if is_own else None,
                        created_at=stated_at,
                    )
                )
    EvaluationEntry.objects.bulk_create(rows, batch_size=2000)
    round.evaluations.update(changed_at=stated_at)


def _asked(table) -> list[str]:
    """The items of a table about which somebody has to say something."""
    known = {item for item, _ in filled_in(table)}
    return [item.key for _, item in table.items() if item.key not in known]


def _compute(round, day, at=None) -> None:
    """Compute the round, as of a day."""
    at = at or moment(day, 17)
    ask_evaluation(actor=actor_of(round.organization, Post.SECRETARY, day), round=round, now=at)
    run_evaluation(pk=round.pk, now=at)
    round.evaluations.filter(evaluated_at__isnull=False).update(evaluated_at=at, changed_at=at)
    EvaluationRound.objects.filter(pk=round.pk).update(evaluated_at=at, run_asked_at=at)
    round.refresh_from_db()


def _object(round, day, *, answered: bool, number: int, left_alone=None) -> None:
    """Some agree with their result, `number` object; the first of them is always answered, others if `answered`."""
    rows = list(
        round.evaluations.exclude(organization=left_alone)
        .select_related("organization", "scheme__version")
        .order_by("total", "pk")
    )
    for place, evaluation in enumerate(rows[:number]):
        key = next(item.key for _, item in evaluation.scheme.version.table.items() if item.key in BY_HAND)
        objection = raise_objection(
            actor=actor_of(evaluation.organization, Post.SECRETARY, day + timedelta(days=1)),
            evaluation=evaluation,
            item=key,
            reason="填报之后又办成一件，台账和照片在综合办可查，请复核。",
            now=moment(day + timedelta(days=1), 16),
        )
        if answered or place == 0:
            answer_objection(
                actor=actor_of(round.organization, Post.SECRETARY, day + timedelta(days=3)),
                objection=objection,
                uphold=False,
                answer="办成的时间在填报截止之后，计入下一年度。",
                now=moment(day + timedelta(days=3), 11),
            )
    for evaluation in rows[number : number + 3]:
        agree_with_result(
            actor=actor_of(evaluation.organization, Post.SECRETARY, day + timedelta(days=2)),
            evaluation=evaluation,
            now=moment(day + timedelta(days=2), 10),
        )


def _plans(round, today) -> None:
    """The first and the last quarter are asked for plans; of those written two have come to their end."""
    asked_on = max(timezone.localdate(round.published_at), today - timedelta(days=90)) + timedelta(days=2)
    secretary = actor_of(round.organization, Post.SECRETARY, asked_on)
    ask_plans(actor=secretary, round=round, now=moment(asked_on, 9))
    plans = ImprovementPlan.objects.filter(evaluation__round=round).select_related("organization")
    lowest = list(plans.filter(quarter=Quarter.LAST).order_by("evaluation__total", "pk")[:9])
    best = list(plans.filter(quarter=Quarter.FIRST).order_by("-evaluation__total", "pk")[:5])
    for place, plan in enumerate([*lowest, *best]):
        _follow(plan, place, best[0].organization if plan in lowest else None, asked_on, today)


def _follow(plan, place, partner, asked_on, today) -> None:
    """Write a plan; every second reports its first measure, two are finished, one of them accepted."""
    day = asked_on + timedelta(days=6)
    owner = Appointment.objects.filter(organization=plan.organization, post=Post.SECRETARY).order_by("pk")[0]
    writer = actor_of(plan.organization, Post.SECRETARY, day)
    steps = [Step(content, day + timedelta(days=days)) for content, days in MEASURES]
    plan = write_plan(
        actor=writer,
        plan=plan,
        version=plan.version,
        goal=GOALS[Quarter(plan.quarter)],
        owner=owner,
        due_on=max(today, day) + timedelta(days=60),
        steps=steps,
        partner=partner,
        now=moment(day, 15),
    )
    done_on = day + timedelta(days=12)
    numbers = {0: (1, 2), 1: (1,), 3: (1, 2)}.get(place, ())
    for number in numbers:
        report_step(
            actor=replace(writer, today=done_on + timedelta(days=1)),
            plan=plan,
            number=number,
            done_on=done_on,
            result="已办好，群众代表看过。",
            now=moment(done_on + timedelta(days=1), 9),
        )
    if len(numbers) == 2:
        reported = report_plan(
            actor=replace(writer, today=done_on + timedelta(days=4)),
            plan=plan,
            version=plan.version,
            outcome="三会一课连续三个月按期召开，新增一项物业收入。",
            now=moment(done_on + timedelta(days=4), 9),
        )
        if place == 0:
            day = done_on + timedelta(days=7)
            review_plan(
                actor=actor_of(plan.evaluation.round.organization, Post.DEPUTY_SECRETARY, day),
                plan=reported,
                version=reported.version,
                accept=True,
                note="到村看过，属实。",
                now=moment(day, 9),
            )
