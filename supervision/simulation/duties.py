"""Duties of the fictional city: issued and decomposed by the product's own actions, then lived through in bulk."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_lists
from accountability.actions.starters import load_duty_starters
from accountability.choices import Decision, RecordStatus
from accountability.models import Duty, DutyRecord, DutyReview
from branches.access import Actor
from branches.actions.cadence import load_cadence_starters
from branches.choices import Post
from branches.models import Appointment, DirtyMark, Organization
from branches.periods import Period

from .character import character_of
from .city import CITY_CODE, Place

#: heading of the item that every committee hands on, level by level, down to its branches
HANDED_DOWN = "基层党建"
SUMMARIES = (
    "已研究部署并逐项落实，问题当场交办，下月回看。",
    "走访两个支部，帮助解决场地和资料两件事。",
    "召开碰头会对照清单检查，未完成的一项已明确到人。",
    "听取汇报并到现场查看，提出三条改进意见。",
)


@transaction.atomic
def issue(*, nodes: dict[str, Organization], city: list[Place], opened_on: date) -> None:
    """Issue the year's starter lists to everybody they are made for and hand the common item down the tree."""
    load_cadence_starters()
    now = datetime.combine(opened_on, time(9), tzinfo=timezone.get_current_timezone())
    administrator = _actor(nodes[CITY_CODE], Post.ADMINISTRATOR, opened_on)
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
        actor = _actor(nodes[place.code], Post.SECRETARY, opened_on)
        decompose_duty(actor=actor, duty=duty, shares=[Share(organization=node) for node in below], now=now)
        for child in Duty.objects.filter(parent=duty).select_related("organization", "duty_list"):
            handed[codes[child.organization_id]] = child


def _actor(node: Organization, post: str, today: date) -> Actor:
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
    zone = timezone.get_current_timezone()
    place_of = {nodes[place.code].pk: place for place in city}
    accepted: dict[date, list[int]] = defaultdict(list)
    waiting: dict[date, list[int]] = defaultdict(list)
    rows = DutyRecord.objects.filter(period__in=[month.key for month in months], status=RecordStatus.OPEN)
    fields = ("pk", "organization_id", "period", "due_on", "duty__interval")
    for pk, organization_id, period, due_on, interval in rows.order_by("pk").values_list(*fields):
        place = place_of[organization_id]
        random = Random(f"duty/{seed}/{pk}")
        since = (period // 100 - inspected.year) * 12 + period % 100 - inspected.index
        factor = 0.9 + 0.2 * Random(f"factor/{seed}/{place.code}").random()
        character = character_of(place.pattern, place.rank, since, factor)
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
        _update(pks, done_on, zone, status=RecordStatus.SUBMITTED)
    for done_on, pks in accepted.items():
        decided_at = _at(done_on + timedelta(days=3), zone)
        _update(pks, done_on, zone, status=RecordStatus.ACCEPTED, accepted_at=decided_at)
        DutyReview.objects.bulk_create(
            (
                DutyReview(
                    record_id=pk,
                    decision=Decision.ACCEPTED,
                    reviewer_id=reviewers[organization_id][0],
                    appointment_id=reviewers[organization_id][1],
                    decided_at=decided_at,
                )
                for pk, organization_id in DutyRecord.objects.filter(pk__in=pks).values_list(
                    "pk", "organization_id"
                )
                if organization_id in reviewers
            ),
            batch_size=1000,
        )
    DirtyMark.objects.all().delete()  # the readings are taken as a whole after this
    return sum(map(len, accepted.values()))


def _at(day: date, zone) -> datetime:
    return datetime.combine(day, time(16), tzinfo=zone)


def _update(pks: list[int], done_on: date, zone, **values) -> None:
    for start in range(0, len(pks), 5000):
        DutyRecord.objects.filter(pk__in=pks[start : start + 5000]).update(
            done_on=done_on,
            summary=SUMMARIES[done_on.day % len(SUMMARIES)],
            submitted_at=_at(done_on, zone),
            **values,
        )
