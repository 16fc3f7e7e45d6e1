"""Duties of the fictional city: issued and decomposed by the product's own actions, then lived through in bulk."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_lists
from accountability.actions.starters import load_duty_starters
from accountability.choices import COUNTED_BY_ITSELF, CountedBy, Decision, ListStatus, RecordStatus
from accountability.models import Duty, DutyList, DutyRecord, DutyReview
from accountability.queries.counting import with_counted
from branches.access import Actor
from branches.actions.cadence import load_cadence_starters
from branches.choices import COMMITTEE_POSTS, Level, Post
from branches.models import Appointment, DirtyMark, Organization
from branches.periods import Period

from .character import Character, character_of
from .city import CITY_CODE, Place

#: heading of the item that every committee hands on, level by level, down to its branches
HANDED_DOWN = "基层党建"
#: headings of the items that committees share among their officers
SHARED = ("作风建设", "纪律建设")
#: of so many lists one is not signed for yet, of so many duties one has no owner
UNSIGNED = 19
UNOWNED = 9
SUMMARIES = (
    "已研究部署并逐项落实，问题当场交办，下月回看。",
    "走访两个支部，帮助解决场地和资料两件事。",
    "召开碰头会对照清单检查，未完成的一项已明确到人。",
    "听取汇报并到现场查看，提出三条改进意见。",
)
FELL_SHORT = "没有达到要求的次数，原因：与防汛值守冲突；已向上级说明，下期补上。"


@transaction.atomic
def issue(*, nodes: dict[str, Organization], city: list[Place], opened_on: date) -> None:
    """Issue the year's starter lists to everybody they are made for and hand the common item down the tree."""
    load_cadence_starters()
    now = moment(opened_on, 9)
    administrator = actor_of(nodes[CITY_CODE], Post.ADMINISTRATOR, opened_on)
    for template in load_duty_starters(year=opened_on.year):
        if template.posts and opened_on.month > 1:
            continue  # officers' lists come with the new year
        issue_lists(actor=administrator, template=template, scope=nodes[CITY_CODE], now=now)
    children = defaultdict(list)
    for place in city:
        if place.parent_code and place.kind != "GROUP":
            children[place.parent_code].append(nodes[place.code])
    top = Duty.objects.filter(
        organization=nodes[CITY_CODE], heading=HANDED_DOWN, duty_list__year=opened_on.year, parent=None
    )
    handed = {CITY_CODE: top.select_related("organization", "duty_list").get()}
    codes = {node.pk: code for code, node in nodes.items()}
    for place in city:  # parents come before children
        below, duty = children[place.code], handed.get(place.code)
        if not below or duty is None:
            continue
        actor = actor_of(nodes[place.code], Post.SECRETARY, opened_on)
        decompose_duty(actor=actor, duty=duty, shares=[Share(organization=node) for node in below], now=now)
        for child in Duty.objects.filter(parent=duty).select_related("organization", "duty_list"):
            handed[codes[child.organization_id]] = child
    _share(nodes, opened_on, now)
    _take_on(opened_on)


def _share(nodes: dict[str, Organization], opened_on: date, now: datetime) -> None:
    """The committees of the city and its counties share two duties among their officers."""
    for node in sorted(
        (each for each in nodes.values() if each.level <= Level.COUNTY), key=lambda each: each.path
    ):
        actor = actor_of(node, Post.SECRETARY, opened_on)
        officers = [
            Appointment.objects.filter(organization=node, post=post).select_related("user").order_by("pk")[0]
            for post in (Post.DEPUTY_SECRETARY, Post.DISCIPLINE_SECRETARY)
        ]
        shared = Duty.objects.filter(organization=node, heading__in=SHARED, is_personal=False, owner=None)
        for duty in shared.filter(duty_list__year=opened_on.year).select_related("organization", "duty_list"):
            shares = [Share(organization=node, owner=each, is_personal=True) for each in officers]
            decompose_duty(actor=actor, duty=duty, shares=shares, now=now)


def _take_on(opened_on: date) -> None:
    """Most lists are signed for within the week, and most duties get an owner; the others are gaps to be found."""
    serving = Appointment.objects.filter(organization=OuterRef("organization")).order_by("pk")
    signer = Coalesce(
        Subquery(Appointment.objects.filter(pk=OuterRef("appointment")).values("user")[:1]),
        Subquery(serving.filter(post=Post.SECRETARY).values("user")[:1]),
    )
    lists = DutyList.objects.alias(place=F("pk") % UNSIGNED).filter(year=opened_on.year)
    for days in range(1, UNSIGNED):
        lists.filter(status=ListStatus.ISSUED, place=days).update(
            status=ListStatus.SIGNED,
            signed_at=moment(opened_on + timedelta(days=1 + days % 7), 10),
            signed_by=signer,
        )
    officers = serving.filter(post__in=COMMITTEE_POSTS).values("pk")
    duties = Duty.objects.alias(place=F("number") % 4, chance=F("pk") % UNOWNED).filter(
        duty_list__year=opened_on.year, owner=None, is_negative=False, chance__gt=0
    )
    for place in range(4):
        duties.filter(place=place).update(
            owner=Coalesce(Subquery(officers[place : place + 1]), Subquery(officers[:1])),
            arranged_at=Coalesce("arranged_at", Value(moment(opened_on + timedelta(days=3 + 2 * place), 15))),
        )


def actor_of(node: Organization, post: str, today: date) -> Actor:
    appointment = (
        Appointment.objects.filter(organization=node, post=post)
        .select_related("organization", "user")
        .order_by("pk")[0]
    )
    return Actor(user=appointment.user, appointment=appointment, today=today)


@transaction.atomic
def fulfil(
    *,
    nodes: dict[str, Organization],
    city: list[Place],
    months: list[Period],
    inspected: Period,
    reviewers: dict[int, tuple[int, int]],
    shown: int,
    now: datetime,
    seed: int,
) -> int:
    """Do what each unit's character does about its duties of `months`; return how many were accepted.

    `shown` is the branch in whose name visitors of the demo sign in.
    """
    today = timezone.localdate(now)
    place_of = {nodes[place.code].pk: place for place in city}
    accepted: dict[date, list[int]] = defaultdict(list)
    waiting: dict[date, list[int]] = defaultdict(list)
    characters: dict[tuple[int, int], Character] = {}
    rows = DutyRecord.objects.filter(
        period__in=[month.key for month in months], status=RecordStatus.OPEN, is_deployment=False
    )
    fields = ("pk", "organization_id", "period", "due_on", "duty__interval")
    for pk, organization_id, period, due_on, interval in rows.order_by("pk").values_list(*fields):
        place = place_of[organization_id]
        random = Random(f"duty/{seed}/{pk}")
        if (character := characters.get((organization_id, period))) is None:
            since = (period // 100 - inspected.year) * 12 + period % 100 - inspected.index
            factor = 0.9 + 0.2 * Random(f"factor/{seed}/{place.code}").random()
            character = character_of(place.pattern, place.rank, since, factor)
            characters[organization_id, period] = character
        # The demo's secretary has a list one can read: what is long past is done.
        is_long_past = organization_id == shown and due_on < today - timedelta(days=40)
        if random.random() > character.duty and not is_long_past:
            continue
        days = {"month": 25, "quarter": 60, "half": 90, "year": 150}[interval]
        if random.random() < character.timely:
            done_on = due_on - timedelta(days=random.randrange(days))
        else:
            done_on = due_on + timedelta(days=random.randrange(1, 15))
        if done_on < today - timedelta(days=6):
            accepted[done_on].append(pk)
        elif done_on < today:
            waiting[done_on].append(pk)
    for done_on, pks in waiting.items():
        hand_in(pks, done_on, SUMMARIES)
    for done_on, pks in accepted.items():
        accept(pks, done_on, SUMMARIES, reviewers)
    _count()
    DirtyMark.objects.all().delete()  # the readings are taken as a whole after this
    return sum(map(len, accepted.values()))


def _count() -> None:
    """What counts by itself is counted from the confirmed meetings, and what fell short says why."""
    done = DutyRecord.objects.filter(status__in=[RecordStatus.SUBMITTED, RecordStatus.ACCEPTED])
    counted = with_counted(done.filter(duty__counted_by__in=COUNTED_BY_ITSELF))
    by_count: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for pk, number, target in counted.values_list("pk", "counted_now", "duty__target"):
        by_count[number, number >= target].append(pk)
    for (number, is_reached), pks in by_count.items():
        records = done.filter(pk__in=pks)
        records.update(counted=number)
        if is_reached:
            records.filter(status=RecordStatus.ACCEPTED).update(is_settled_by_count=True)
        else:
            records.update(summary=FELL_SHORT)
    by_hand = done.filter(duty__counted_by=CountedBy.HAND)
    by_hand.update(counted=Subquery(Duty.objects.filter(pk=OuterRef("duty")).values("target")))


def hand_in(pks: list[int], done_on: date, summaries: Sequence[str]) -> None:
    """Write these records as done on a day and waiting for the level above."""
    _update(pks, done_on, summaries, status=RecordStatus.SUBMITTED)


def accept(
    pks: list[int], done_on: date, summaries: Sequence[str], reviewers: dict[int, tuple[int, int]]
) -> None:
    """Write these records as done on a day and accepted three days later by the unit's reviewer."""
    decided_at = moment(done_on + timedelta(days=3), 16)
    _update(pks, done_on, summaries, status=RecordStatus.ACCEPTED, accepted_at=decided_at)
    DutyReview.objects.bulk_create(
        (
            DutyReview(
                record_id=pk,
                decision=Decision.ACCEPTED,
                reviewer_id=reviewers[organization_id][0],
                appointment_id=reviewers[organization_id][1],
                decided_at=decided_at,
            )
            for pk, organization_id in DutyRecord.objects.filter(pk__in=pks)
            .order_by("pk")
            .values_list("pk", "organization_id")
            if organization_id in reviewers
        ),
        batch_size=1000,
    )


def moment(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=timezone.get_current_timezone())


def _update(pks: list[int], done_on: date, summaries: Sequence[str], **values) -> None:
    for start in range(0, len(pks), 5000):
        DutyRecord.objects.filter(pk__in=pks[start : start + 5000]).update(
            done_on=done_on,
            summary=summaries[done_on.day % len(summaries)],
            submitted_at=moment(done_on, 16),
            **values,
        )
