"""Loads the fictional city into an empty database, step by step, each step once."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from branches.choices import BRANCH_KINDS, COMMITTEE_POSTS, Gender, MemberCategory, OrganizationKind, Post
from branches.fields import blind_index
from branches.identity import pinyin_of
from branches.models import Appointment, Member, Membership, Organization, User
from branches.periods import Period

from .character import Pattern, character_of
from .city import CITY_CODE, Place, places
from .life import Person, Unit, month_of_life
from .names import person as invent_name
from .writer import meeting_row, write_events

PASSWORD = "Yunting-2026"
#: months between the inspection of the inspected county and today
INSPECTED_MONTHS_AGO = 5

OCCUPATIONS = ("农牧渔民", "公务员", "教师", "医生", "企业职工", "个体工商户", "离退休人员", "社区工作者")
EDUCATIONS = ("初中", "高中", "中专", "大专", "大学", "研究生")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

Progress = Callable[[str], None]


def id_number(random: Random, born_on: date, gender: str) -> str:
    """Return a valid number of the area 710000, which is never issued, so that it is nobody's."""
    order = random.randrange(0, 999) // 2 * 2 + (gender == Gender.MALE)
    digits = f"710000{born_on:%Y%m%d}{order:03d}"
    check = "10X98765432"[sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=True)) % 11]
    return digits + check


@transaction.atomic
def plant_people(*, city: list[Place], nodes: dict[str, Organization], today: date, seed: int) -> None:
    """Enrol about twenty members in each branch and fill the posts of every organisation."""
    random = Random(f"people/{seed}")
    groups = defaultdict(list)
    for place in city:
        if place.kind == OrganizationKind.GROUP:
            groups[place.parent_code].append(nodes[place.code])
    seen: set[str] = set()
    members: list[tuple[Member, Organization | None]] = []
    for place in city:
        if place.kind not in BRANCH_KINDS:
            continue
        mine = groups[place.code]
        for index in range(
            random.choice((14, 18, 20, 23, 24, 25, 27, 31, 36))
            if place.has_committee
            else random.randrange(4, 7)
        ):
            member = _member(random, nodes[place.code], today, seen)
            members.append((member, mine[index % len(mine)] if mine else None))
    Member.objects.bulk_create([member for member, _group in members], batch_size=2000)
    Membership.objects.bulk_create(
        (
            Membership(
                member=member, organization=member.organization, group=group, starts_on=member.joined_on
            )
            for member, group in members
        ),
        batch_size=2000,
    )
    _fill_posts(random, city, nodes, [member for member, _group in members], today)


def _member(random: Random, branch: Organization, today: date, seen: set[str]) -> Member:
    name = invent_name(random)
    gender = random.choice((Gender.MALE, Gender.MALE, Gender.FEMALE))
    born_on = date(random.randrange(1944, 2004), random.randrange(1, 13), random.randrange(1, 28))
    joined_on = date(
        min(born_on.year + random.randrange(20, 45), today.year - 2), random.randrange(1, 13), 12
    )
    probationary = random.random() < 0.03
    if probationary:
        joined_on = today - timedelta(days=random.randrange(40, 340))
    number = id_number(random, born_on, gender)
    while number in seen:
        number = id_number(random, born_on, gender)
    seen.add(number)
    pinyin, initials = pinyin_of(name)
    return Member(
        name=name,
        pinyin=pinyin,
        initials=initials,
        id_number=number,
        id_number_index=blind_index(number),
        gender=gender,
        ethnicity="汉族",
        born_on=born_on,
        education=random.choice(EDUCATIONS),
        category=MemberCategory.PROBATIONARY if probationary else MemberCategory.FULL,
        joined_on=joined_on,
        full_on=None if probationary else joined_on.replace(year=joined_on.year + 1),
        occupation=random.choice(OCCUPATIONS),
        mobile=f"199{random.randrange(10**7, 10**8)}",
        is_floating=random.random() < 0.05,
        organization=branch,
    )


def _fill_posts(random, city, nodes, members, today) -> None:
    by_branch = defaultdict(list)
    for member in members:
        if member.category == MemberCategory.FULL:
            by_branch[member.organization_id].append(member)
    offices: list[tuple[Member | None, Organization, str]] = []
    taken: set[int] = set()
    below = defaultdict(list)  # committee code → branches in its subtree, to draw its leaders from
    parents = {place.code: place.parent_code for place in city}
    for place in city:
        if place.kind not in BRANCH_KINDS:
            continue
        node = nodes[place.code]
        posts = [Post.SECRETARY]
        if place.has_committee:
            posts += [
                Post.DEPUTY_SECRETARY,
                Post.ORGANIZATION_MEMBER,
                Post.PUBLICITY_MEMBER,
                Post.DISCIPLINE_MEMBER,
            ][: random.choice((2, 3, 4))]
        for post, member in zip(posts, by_branch[node.pk], strict=False):
            offices.append((member, node, post))
            taken.add(member.pk)
        above = place.parent_code
        while above:
            below[above].append(node.pk)
            above = parents[above]
    for place in city:
        if place.kind in BRANCH_KINDS or place.kind == OrganizationKind.GROUP:
            continue
        node = nodes[place.code]
        small = place.kind == OrganizationKind.GENERAL_BRANCH
        posts = [Post.SECRETARY, Post.DEPUTY_SECRETARY, *[Post.COMMITTEE_MEMBER] * (1 if small else 4)]
        if not small:
            posts += [Post.DISCIPLINE_SECRETARY]
        branches = below[place.code]
        for post in posts:
            member = None
            for _attempt in range(20):
                drawn = random.choice(by_branch[random.choice(branches)])
                if drawn.pk not in taken:
                    member = drawn
                    taken.add(drawn.pk)
                    break
            offices.append((member, node, post))
        offices.append((None, node, Post.ORGANIZATION_OFFICER))
    users = [
        User(
            username=f"u{number:05d}",
            name=member.name if member else invent_name(random),
            member=member,
            password=make_password(None),
        )
        for number, (member, _node, _post) in enumerate(offices, start=1)
    ]
    User.objects.bulk_create(users, batch_size=2000)
    Appointment.objects.bulk_create(
        (
            Appointment(user=user, organization=node, post=post, starts_on=date(today.year - 2, 3, 1))
            for user, (_member, node, post) in zip(users, offices, strict=True)
        ),
        batch_size=2000,
    )


def units(nodes: dict[str, Organization], today: date) -> list[Unit]:
    """Return every unit that could meet, with its people, in a constant number of queries."""
    leaders = defaultdict(list)
    dual: set[int] = set()
    held = (
        Appointment.objects.on(today)
        .filter(post__in=COMMITTEE_POSTS, user__member__isnull=False)
        .order_by("pk")
        .values_list("user__member_id", "organization_id", "organization__kind")
    )
    for member_id, organization_id, kind in held:
        leaders[organization_id].append(member_id)
        if kind not in BRANCH_KINDS:
            dual.add(member_id)
    people: dict[int, Person] = {}
    members, grouped = defaultdict(list), defaultdict(list)
    keys = {member for each in leaders.values() for member in each}
    for member_id, organization_id, group_id, category in (
        Membership.objects.on(today)
        .order_by("pk")
        .values_list("member_id", "organization_id", "group_id", "member__category")
    ):
        person = Person(member_id, category == MemberCategory.FULL, member_id in keys, member_id in dual)
        people[member_id] = person
        members[organization_id].append(person)
        if group_id:
            grouped[group_id].append(person)
    groups = defaultdict(list)
    for node in nodes.values():
        if node.is_group:
            groups[node.parent_id].append((node.pk, grouped[node.pk]))
    return [
        Unit(
            pk=node.pk,
            code=node.code,
            kind=node.kind,
            has_committee=node.has_committee,
            members=members[node.pk],
            leaders=[Person(pk, True, True, False) for pk in leaders[node.pk]],
            groups=groups[node.pk],
        )
        for node in nodes.values()
        if not node.is_group
    ]


@transaction.atomic
def live(
    *,
    city: list[Place],
    nodes: dict[str, Organization],
    months: list[Period],
    now: datetime,
    seed: int,
    say: Progress,
) -> int:
    """Let every unit live through `months` up to now and return the number of meetings."""
    zone = timezone.get_current_timezone()
    today = timezone.localdate(now)
    place_of = {place.code: place for place in city}
    everyone = units(nodes, today)
    reviewers = reviewers_of(city, nodes, today)
    authors = dict(Appointment.objects.on(today).order_by("-pk").values_list("organization_id", "user_id"))
    written = 0
    inspected = inspected_month(today)
    for month in months:
        since = (month.year - inspected.year) * 12 + month.index - inspected.index
        pairs = []
        for unit in everyone:
            place = place_of[unit.code]
            factor = 0.9 + 0.2 * Random(f"factor/{seed}/{unit.code}").random()
            character = character_of(place.pattern, place.rank, since, factor)
            for event in month_of_life(unit, month, character, f"life/{seed}"):
                if event.held_on >= today or event.entered_on > today:
                    continue
                chair = (unit.leaders or event.people)[0].pk
                recorder = (unit.leaders or event.people)[-1].pk
                pairs.append(
                    (
                        event,
                        meeting_row(
                            event,
                            author_id=authors[unit.pk],
                            chair_id=chair,
                            recorder_id=recorder,
                            now=now,
                            zone=zone,
                        ),
                    )
                )
        written += write_events(pairs, reviewers=reviewers)
        say(f"{month.label}：{len(pairs)} 场会议")
    return written


def reviewers_of(city, nodes, today) -> dict[int, tuple[int, int]]:
    """Return organisation → (user, appointment) of the officer of the nearest organisation above."""
    officers = {
        organization_id: (user_id, pk)
        for organization_id, user_id, pk in Appointment.objects.on(today)
        .filter(post=Post.ORGANIZATION_OFFICER)
        .values_list("organization_id", "user_id", "pk")
    }
    parents = {place.code: place.parent_code for place in city}
    found = {}
    for place in city:
        above = parents[place.code]
        while above and nodes[above].pk not in officers:
            above = parents[above]
        if above:
            found[nodes[place.code].pk] = officers[nodes[above].pk]
    return found


#: username → (who, where); the people the demo's start page introduces
CAST = {
    "li": ("支部书记", "一个村支部"),
    "zhao": ("镇党委组织干事", "上述支部的上级"),
    "qian": ("县委书记", "“下冷”的那个县"),
    "shi": ("市委副书记", "云汀市"),
    "sun": ("县纪委书记", "同一个县"),
    "zhou": ("普通党员", "李书记的支部"),
    "wu": ("业务管理员", "云汀市"),
    "feng": ("系统管理员", "云汀市"),
    "zheng": ("安全审计员", "云汀市"),
}


@transaction.atomic
def introduce_cast(*, city: list[Place], nodes: dict[str, Organization], today: date) -> None:
    """Give the people of `CAST` their usernames and the demo's password."""
    county = next(place for place in city if place.pattern is Pattern.BOTTOM and place.rank == 0)
    town = next(
        place for place in city if place.parent_code == county.code and not place.short_name.endswith("工委")
    )
    branch = next(
        place
        for place in city
        if place.kind == OrganizationKind.BRANCH
        and place.has_committee
        and place.parent_code == town.code
        and any(other.parent_code == place.code for other in city)
    )
    password = make_password(PASSWORD)

    def rename(username: str, code: str, post: str) -> None:
        user = User.objects.filter(appointments__organization=nodes[code], appointments__post=post).order_by(
            "pk"
        )[0]
        User.objects.filter(pk=user.pk).update(username=username, password=password)

    rename("li", branch.code, Post.SECRETARY)
    rename("zhao", town.code, Post.ORGANIZATION_OFFICER)
    rename("qian", county.code, Post.SECRETARY)
    rename("shi", CITY_CODE, Post.DEPUTY_SECRETARY)
    rename("sun", county.code, Post.DISCIPLINE_SECRETARY)
    member = Member.objects.filter(organization=nodes[branch.code], user__isnull=True).order_by("pk")[0]
    starts_on = date(today.year - 2, 3, 1)
    for username, name, linked, code, post in (
        ("zhou", member.name, member, branch.code, Post.MEMBER),
        ("wu", "吴敏", None, CITY_CODE, Post.ADMINISTRATOR),
        ("feng", "冯成", None, CITY_CODE, Post.SYSTEM_ADMINISTRATOR),
        ("zheng", "郑安", None, CITY_CODE, Post.SECURITY_AUDITOR),
    ):
        user = User.objects.create(username=username, name=name, member=linked, password=password)
        Appointment.objects.create(user=user, organization=nodes[code], post=post, starts_on=starts_on)


def inspected_month(today: date) -> Period:
    """The month in which the county of `Pattern.INSPECTED` was inspected."""
    return Period.month_of(today).shift(-INSPECTED_MONTHS_AGO)


def last_months(today: date, count: int = 12) -> list[Period]:
    """Return the `count` months before this one, and this one."""
    months = [Period.month_of(today)]
    for _step in range(count):
        months.insert(0, months[0].previous())
    return months


def invent_city(today: date, seed: int) -> list[Place]:
    return list(places(today, seed))
