"""Invented worlds of any size in the shape of the country's divisions, with months of life, quickly.

The tree is planted by the product; the life is set-based SQL with a hash for chance, because millions of invented
meetings would otherwise take longer to write than to measure. PostgreSQL only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count, islice

from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Count

from accountability.choices import DeploymentKind
from accountability.models import Deployment, Duty, DutyList, DutyRecord
from branches.actions.cadence import load_cadence_starters
from branches.actions.tree import bulk_plant
from branches.choices import Level, MeetingKind, OrganizationKind, Post, Sector
from branches.models import Appointment, Meeting, Member, Membership, Organization, User
from branches.periods import Period

PASSWORD = "Ceshi-2026-x"
#: What one unit of each rung has below it: 31 provinces, 11 cities each, … 15 branches a township, as in the country.
RUNGS = (
    (Level.NATION, OrganizationKind.COMMITTEE, "中央", 31),
    (Level.PROVINCE, OrganizationKind.COMMITTEE, "省委", 11),
    (Level.CITY, OrganizationKind.COMMITTEE, "市委", 9),
    (Level.COUNTY, OrganizationKind.COMMITTEE, "县委", 14),
    (Level.PRIMARY, OrganizationKind.COMMITTEE, "镇党委", 15),
    (Level.BRANCH, OrganizationKind.BRANCH, "支部", 0),
)
_SECTORS = (
    Sector.RURAL,
    Sector.RURAL,
    Sector.COMMUNITY,
    Sector.NEW_ORGANIZATION,
    Sector.SCHOOL,
    Sector.OFFICE,
)
K = MeetingKind


@dataclass(frozen=True)
class Desk:
    """A branch that writes: its secretary's login and everybody on its roster."""

    username: str
    branch: int
    members: tuple[int, ...]


def tree(size: int, *, own_names: bool = False) -> Iterator[dict]:
    """Yield `size` organisations as `bulk_plant` takes them: the largest rung that is needed, then downwards.

    There are few names, so that looking up their pinyin takes no time, unless each is to have its own.
    """
    weights = [1]
    for *_facts, below in reversed(RUNGS[:-1]):
        weights.insert(0, 1 + below * weights[0])
    top = max(rung for rung, weight in enumerate(weights) if weight >= min(size, weights[0]))
    return islice(_below(top, "", count(1), 10**9 if own_names else 300), size)


def _below(rung: int, parent_code: str, numbers, names: int) -> Iterator[dict]:
    level, kind, word, children = RUNGS[rung]
    number = next(numbers)
    code = f"{number:07d}"
    yield {
        "code": code,
        "parent_code": parent_code,
        "name": f"第{number % names}{word}",
        "kind": kind,
        "level": level,
        "sector": _SECTORS[number % 6] if children == 0 else Sector.OTHER,
        "has_committee": children == 0 and number % 5 > 0,
        "founded_on": date(2001, 7, 1),
    }
    for _child in range(children):
        yield from _below(rung + 1, code, numbers, names)


def build(size: int, months: list[Period], now) -> None:
    """Plant `size` organisations with cadence rules, three duties each and a life of `months`, in the open database."""
    bulk_plant(tree(size), keep_history=False)
    load_cadence_starters()
    live(months, now)


def live(months: list[Period], now) -> None:
    """Give every organisation of the open database its duties and its meetings of `months`."""
    author, member = _stand_ins()
    with connection.cursor() as cursor:
        # Every key is right by construction; looking up millions of them would take longer than writing the rows.
        cursor.execute("SET session_replication_role = replica")
        _promise(cursor, months, now)
        for month in months:
            _hold(cursor, month, now, author, member)
        cursor.execute("SET session_replication_role = DEFAULT")


def furnish(branches: int, members: int) -> list[Desk]:
    """Give `branches` branches a roster of `members` and a secretary each who can sign in; return their desks."""
    chosen = list(
        Organization.objects.branches()
        .annotate(people=Count("memberships"))
        .filter(people=0, has_committee=True)
        .order_by("path")[:branches]
    )
    since, password = date(2015, 7, 1), make_password(PASSWORD)
    desks = []
    with transaction.atomic():
        for branch in chosen:
            people = Member.objects.bulk_create(
                Member(name=f"党员{number}", pinyin=f"dangyuan{number}", joined_on=since, organization=branch)
                for number in range(members)
            )
            Membership.objects.bulk_create(
                Membership(member=person, organization=branch, starts_on=since) for person in people
            )
            username = f"desk{branch.pk}"
            user = User.objects.create(username=username, name="书记", password=password, member=people[0])
            Appointment.objects.create(
                user=user, organization=branch, post=Post.SECRETARY, starts_on=date(2024, 1, 1)
            )
            desks.append(Desk(username, branch.pk, tuple(person.pk for person in people)))
    return desks


def appoint(username: str, organization: Organization, post: str) -> User:
    """Make an account that serves at `organization`."""
    user = User.objects.create(username=username, name=username, password=make_password(PASSWORD))
    Appointment.objects.create(user=user, organization=organization, post=post, starts_on=date(2024, 1, 1))
    return user


def _stand_ins() -> tuple[int, int]:
    top = Organization.objects.order_by("path").first()
    user = User.objects.create(username="stand-in", name="模拟", is_active=False)
    return user.pk, Member.objects.create(name="模拟", organization=top).pk


def _chance(salt: int) -> str:
    """SQL of a number in [0, 1) that depends on the organisation and `salt` alone."""
    return f"((hashint8extended(o.id, {salt}) & 1048575) / 1048576.0)"


def _hold(cursor, month: Period, now, author: int, member: int) -> None:
    """Insert what was held in `month`: four of five obligations, nine of ten persons."""
    closes_quarter = month.index % 3 == 0
    lecture = K.LECTURE if month.index % 3 == 2 else 0
    branch = "o.kind = 'BRANCH'"
    events = [
        (K.PARTY_DAY | lecture, "主题党日", branch, 1),
        (K.COMMITTEE_MEETING, "支委会", f"{branch} AND o.has_committee", 2),
        (K.LEADING_MEETING, "党委会", "o.kind <> 'BRANCH'", 3),
    ]
    if closes_quarter:
        events += [
            (K.GENERAL_MEETING, "党员大会", branch, 4),
            (K.STUDY_GROUP, "中心组学习", "o.kind <> 'BRANCH'", 5),
        ]
    last = min(month.ends_on, now.date())
    for kinds, title, who, number in events:
        salt = month.key * 10 + number
        size = f"(5 + floor(35 * {_chance(7)}))::int"
        if number in (2, 3, 5):
            size = "5"
        cursor.execute(
            f"""
            INSERT INTO {Meeting._meta.db_table} (
                organization_id, group_id, kinds, held_on, period, expected, present, excused, key_due, key_done,
                dual_due, dual_done, counted_from, entry_key, title, started_at, ended_at, place, chair_id,
                recorder_id, lecturer, lecture_topic, lecture_hours, expected_full, present_full, entitled, status,
                version, author_id, entered_on, is_late_entry, submitted_at, confirmed_at, updated_at)
            SELECT id, NULL, %(kinds)s, held_on, %(period)s, people, people - away, away / 2, least(people, 3),
                least(people - away, 3), 0, 0, CASE WHEN waits THEN NULL ELSE at END, gen_random_uuid(), %(title)s,
                held_on + time '09:00', held_on + time '10:30', '党员活动室', %(member)s, %(member)s, '', '', NULL,
                people, people - away, people, CASE WHEN waits THEN 'SUBMITTED' ELSE 'CONFIRMED' END, 1, %(author)s,
                held_on, false, at, CASE WHEN waits THEN NULL ELSE at END, at
            FROM (
                SELECT o.id, {size} AS people, floor({size} * 0.2 * {_chance(salt + 1_000_000)})::int AS away,
                    %(first)s::date + floor({(last - month.starts_on).days + 1} * {_chance(salt + 2_000_000)})::int
                        AS held_on,
                    %(at)s::timestamptz AS at,
                    {_chance(salt + 3_000_000)} < %(waiting)s AS waits
                FROM {Organization._meta.db_table} o
                WHERE {who} AND {_chance(salt)} < 0.8
            ) event""",
            {
                "kinds": int(kinds),
                "period": month.key,
                "title": f"{month.label}{title}",
                "member": member,
                "author": author,
                "first": month.starts_on,
                "at": now,
                # Of the month that runs, some still wait for the level above.
                "waiting": 0.02 if month.ends_on >= now.date() else 0,
            },
        )


def _promise(cursor, months: list[Period], now) -> None:
    """Two monthly duties an organisation, decomposed from the two of its parent, with their terms of `months`, and its
    share of a deployment that is due in the last of them.

    Keys are computed from the organisation's, so that parents are known without looking them up.
    """
    lists, duties, records = (model._meta.db_table for model in (DutyList, Duty, DutyRecord))
    organizations = Organization._meta.db_table
    facts = {"year": months[-1].year, "now": now, "issued": date(months[0].year, 1, 5)}
    facts |= {"months": len(months), "due": months[-1].ends_on}
    top = Organization.objects.order_by("path").first()
    deployment = Deployment.objects.create(
        organization=top,
        title="专项行动",
        kind=DeploymentKind.CAMPAIGN,
        issued_on=facts["issued"],
        due_on=facts["due"],
        author=User.objects.first(),
        created_at=now,
    )
    facts["deployment"] = deployment.pk
    cursor.execute(
        f"""
        INSERT INTO {lists} (id, title, kind, year, organization_id, issuer_id, status, issued_on, signed_at,
            deployment_id)
        SELECT id * 2 + deployed, CASE deployed WHEN 0 THEN '主体责任清单' ELSE '专项行动' END,
            CASE deployed WHEN 0 THEN 'PRINCIPAL' ELSE 'DEPLOYMENT' END, %(year)s, id, coalesce(parent_id, id),
            'SIGNED', %(issued)s, %(now)s, CASE deployed WHEN 1 THEN %(deployment)s END
        FROM {organizations} CROSS JOIN generate_series(0, 1) deployed""",
        facts,
    )
    cursor.execute(
        f"""
        INSERT INTO {duties} (id, parent_id, duty_list_id, organization_id, number, heading, content, measure,
            interval, counted_by, meeting_kinds, evidence, is_common, is_negative, legal_basis, is_personal,
            is_withdrawn, arranged_at)
        SELECT id * 3 + number, parent_id * 3 + number, id * 2 + number / 2, id, number + 1,
            '第' || number + 1 || '项', '每月落实一次', '', 'month', '', 0, 'OPTIONAL', true, false, '', false, false,
            %(now)s
        FROM {organizations} CROSS JOIN generate_series(0, 2) number""",
        facts,
    )
    for number, month in enumerate(months):
        facts |= {"period": month.key, "due": month.ends_on, "first": month.starts_on}
        facts |= {"number": number, "is_last": month == months[-1]}
        cursor.execute(
            f"""
            INSERT INTO {records} (id, parent_id, duty_id, organization_id, is_deployment, period, due_on, status,
                done_on, summary, is_settled_by_count, version, opened_at, submitted_at, accepted_at)
            SELECT id * %(months)s + %(number)s, parent_id * %(months)s + %(number)s, id, organization_id,
                number = 3, %(period)s, %(due)s, CASE WHEN done THEN 'ACCEPTED' ELSE 'OPEN' END,
                CASE WHEN done THEN %(first)s::date + 20 END, '', false, 1, %(issued)s,
                CASE WHEN done THEN %(now)s END, CASE WHEN done THEN %(now)s END
            FROM (SELECT o.*, {_chance(month.key)} < 0.75 AS done FROM {duties} o) duty
            WHERE number < 3 OR %(is_last)s""",
            facts,
        )
    for statement in connection.ops.sequence_reset_sql(no_style(), [DutyList, Duty, DutyRecord]):
        cursor.execute(statement)
