"""Who was expected on a day, and the counts that are frozen on a meeting; derived from dated rows, stored nowhere."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from django.db.models import BigIntegerField, DateField, ExpressionWrapper, F, Q, QuerySet

from . import norms
from .choices import (
    COMMITTEE_KINDS,
    COMMITTEE_POSTS,
    KEY_POSTS,
    RECOGNISED_REASONS,
    MeetingKind,
    MemberCategory,
    OrganizationKind,
    Post,
    Standing,
    VotingRight,
)
from .models import Appointment, Member, Membership, Organization
from .prepared import Prepared, Slot
from .querysets.organizations import subtree

EXPECTED_LABELS = {
    "members": "全体党员",
    "committee": "支委会成员",
    "group": "本小组党员",
    "leaders": "班子成员",
    "invited": "参加人员",
}


@dataclass(frozen=True)
class Person:
    """A member as they stood on the day: 正式 or 预备, with or without a vote, in which group and which post."""

    member_id: int
    name: str
    is_full: bool
    may_vote: bool
    group_id: int | None = None
    post: str = ""

    @property
    def note(self) -> str:
        """What stands beside the name: the post, or 预备."""
        if self.post:
            return Post(self.post).label
        return "" if self.is_full else "预备"


@dataclass(frozen=True)
class KeyPost:
    """A post of 关键少数 that a member holds on the day, here or anywhere."""

    member_id: int
    organization_id: int
    path: str
    kind: str


@dataclass(frozen=True)
class Roster:
    """Those expected at an event; `expected_from` is one of `norms.EXPECTED`, `unlinked` accounts without a member.

    `key_posts` are those of these people as far as they have been read with them, else None.
    """

    expected_from: str
    people: tuple[Person, ...]
    unlinked: tuple[str, ...] = ()
    key_posts: tuple[KeyPost, ...] | None = None

    @property
    def label(self) -> str:
        return EXPECTED_LABELS[self.expected_from]

    @property
    def ids(self) -> set[int]:
        return {person.member_id for person in self.people}

    @property
    def full(self) -> int:
        return sum(person.is_full for person in self.people)

    @property
    def entitled(self) -> int:
        return sum(person.may_vote for person in self.people)

    def entitled_without(self, absent: Collection[int]) -> int:
        """How many of those with a vote are left when `absent` stay away."""
        return sum(person.may_vote and person.member_id not in absent for person in self.people)


@dataclass(frozen=True)
class People:
    """Everybody of an organisation on a day: its members and those who sit in its committee.

    `key_posts` are those that members of a branch hold, here or anywhere; None for other bodies: not read.
    """

    organization: Organization
    day: date
    members: tuple[Person, ...]
    committee: tuple[Person, ...]
    unlinked: tuple[str, ...]
    key_posts: tuple[KeyPost, ...] | None = None

    @property
    def everybody(self) -> list[Person]:
        """Each person once, the committee first: who may chair, record, take part or own a resolution."""
        leading = {person.member_id for person in self.committee}
        return [*self.committee, *(person for person in self.members if person.member_id not in leading)]

    def roster(self, kinds: int, group_id: int | None = None) -> Roster:
        """Those expected at an event of the mask `kinds` (of the group, where it is the group's own)."""
        expected = expected_from(self.organization, kinds, group_id)
        if expected == "members":
            return Roster(expected, self.members, key_posts=self.key_posts)
        if expected == "group":
            mine = tuple(each for each in self.members if each.group_id == group_id and group_id)
            return Roster(expected, mine, key_posts=self.key_posts)
        if expected == "invited":
            return Roster(expected, tuple(self.everybody))
        return Roster(expected, self.committee, self.unlinked)


@dataclass(frozen=True)
class Counts:
    """The integers frozen on a meeting; see `MeetingCounts`."""

    expected: int = 0
    present: int = 0
    excused: int = 0
    expected_full: int = 0
    present_full: int = 0
    entitled: int = 0
    key_due: int = 0
    key_done: int = 0
    dual_due: int = 0
    dual_done: int = 0


def expected_from(organization: Organization, kinds: int, group_id: int | None = None) -> str:
    """Say who is expected, one of `norms.EXPECTED`; "members" while no kind is chosen yet.

    A group meeting together with what groups may hold by themselves (主题党日, 组织生活会) expects the group alone.
    A body that has no members of its own expects those who sit in it.
    """
    chosen = MeetingKind.unpack(kinds)
    names = [kind.name for kind in chosen]
    if not names:
        expected = "members"
    elif MeetingKind.GROUP_MEETING in chosen and group_id:
        own = {"GROUP_MEETING", *norms.NORMS["GROUP_MEETING"].together_with}
        expected = "group" if own.issuperset(names) else norms.for_kinds(names).expected
    else:
        expected = norms.for_kinds(names).expected
    has_members = organization.is_branch or organization.kind == OrganizationKind.GENERAL_BRANCH
    if expected in ("members", "group") and not has_members:
        return "leaders"
    return expected


def people_on(organization: Organization, day: date) -> People:
    """Read everybody of `organization` on `day`: two queries."""
    members, accounts = (), []
    if organization.is_branch or organization.kind == OrganizationKind.GENERAL_BRANCH:
        if organization.is_branch:
            rows = _MEMBERS.rows(organization=organization.pk, day=day)
        else:
            rows = _members(subtree(organization, "organization"), day)
        members = tuple(_person(*row[:5], day=day, group_id=row[5]) for row in rows)
        accounts = [row[6] for row in rows if row[6]] if organization.is_branch else []
    posts = _posts_on(organization, day, accounts)
    committee, unlinked = _committee_of(organization, day, posts)
    held = None
    if organization.is_branch:
        ids = {person.member_id for person in members}
        held = tuple(
            KeyPost(row.member_id, row.organization_id, row.path, row.kind)
            for row in posts
            if row.post in KEY_POSTS and row.member_id in ids
        )
    return People(organization, day, members, committee, unlinked, held)


def _members(where: Q, day) -> QuerySet:
    return (
        Membership.objects.on(day)
        .filter(where, member__standing=Standing.NORMAL)
        .order_by("member__pinyin", "member_id")
        .values_list(
            "member_id",
            "member__name",
            "member__category",
            "member__full_on",
            "member__voting_right",
            "group_id",
            "member__user__id",
        )
    )


_ORGANIZATION, _DAY = Slot("organization", BigIntegerField()), Slot("day", DateField())
_MEMBERS = Prepared(lambda: _members(Q(organization=_ORGANIZATION), _DAY))


def count(
    roster: Roster,
    absences: Mapping[int, str],
    *,
    organization: Organization,
    day: date,
    participants: Collection[int] = (),
) -> Counts:
    """Count an event from its roster and its absences (member → reason).

    One query where the key posts were not read with the roster, else none.

    Those named for a 谈心谈话 are all present by definition, so nothing about them is judged: 0 of 0.
    """
    if roster.expected_from == "invited":
        return Counts()
    ids = roster.ids
    absent = {member: reason for member, reason in absences.items() if member in ids}
    excused = {member for member, reason in absent.items() if reason in RECOGNISED_REASONS}
    held = key_posts_of(ids, day) if roster.key_posts is None else roster.key_posts
    key, dual = posts_of(ids, held, organization=organization)
    due_key, due_dual = key - excused, dual - excused
    there = [person for person in roster.people if person.member_id not in absent]
    return Counts(
        expected=len(roster.people),
        present=len(there),
        excused=len(excused),
        expected_full=roster.full,
        present_full=sum(person.is_full for person in there),
        entitled=roster.entitled,
        key_due=len(due_key),
        key_done=len(due_key - absent.keys()),
        dual_due=len(due_dual),
        dual_done=len(due_dual - absent.keys()),
    )


def key_posts_of(members: Collection[int], day: date) -> tuple[KeyPost, ...]:
    """Read the key posts that `members` hold on `day`, wherever: one query."""
    rows = Appointment.objects.on(day).key_posts().filter(user__member__in=members)
    names = ("user__member_id", "organization_id", "organization__path", "organization__kind")
    return tuple(KeyPost(*row) for row in rows.values_list(*names))


def posts_of(
    members: Collection[int], held: Collection[KeyPost], *, organization: Organization
) -> tuple[set[int], set[int]]:
    """Return who of `members` is 关键少数 here, and who is a leading cadre attending as an ordinary member.

    The first hold a key post at the organisation or above it; the second hold one in a committee that is not this
    organisation and sit in this branch without a key post of its own (双重组织生活, CAD-11).
    """
    key, leaders, own = set(), set(), set()
    for post in held:
        if post.member_id not in members:
            continue
        if organization.path.startswith(post.path):
            key.add(post.member_id)
        if post.organization_id == organization.pk:
            own.add(post.member_id)
        elif post.kind in COMMITTEE_KINDS:
            leaders.add(post.member_id)
    return key, (leaders - own if organization.is_branch else set())


def names_of(ids: Collection[int]) -> dict[int, str]:
    """Names of members by id, whatever branch they are in now."""
    return dict(Member.objects.filter(pk__in=ids).values_list("pk", "name"))


class _Held(NamedTuple):
    """A post with whoever holds it; the member's facts are None for an account without a member."""

    member_id: int | None
    name: str
    category: str
    full_on: date | None
    voting_right: str
    standing: str
    user_name: str
    post: str
    organization_id: int
    path: str
    kind: str


def _posts_on(organization, day, accounts) -> list[_Held]:
    """Who sits in the committee, and the key posts that `accounts` hold anywhere: one query."""
    # The number of accounts is rounded up, so that there are only a few queries to prepare.
    asked = 1 << (len(accounts) - 1).bit_length() if accounts else 0
    values = {f"account_{place}": accounts[min(place, len(accounts) - 1)] for place in range(asked)}
    rows = _posts(asked).rows(organization=organization.pk, day=day, **values)
    return [_Held(*row) for row in rows]


@cache
def _posts(accounts: int) -> Prepared:
    """The query of `_posts_on` for so many accounts."""

    def build():
        wanted = Q(organization=_ORGANIZATION, post__in=COMMITTEE_POSTS)
        if accounts:
            asked = [Slot(f"account_{place}", BigIntegerField()) for place in range(accounts)]
            wanted |= Q(account__in=asked, post__in=KEY_POSTS)
        member = [
            f"user__member__{name}" for name in ("name", "category", "full_on", "voting_right", "standing")
        ]
        return (
            Appointment.objects.on(_DAY)
            .alias(account=ExpressionWrapper(F("user_id"), output_field=BigIntegerField()))
            .filter(wanted)
            .order_by("pk")
            .values_list(
                "user__member_id",
                *member,
                "user__name",
                "post",
                "organization_id",
                "organization__path",
                "organization__kind",
            )
        )

    return Prepared(build)


def _committee_of(organization, day, posts):
    here = [
        each for each in posts if each.organization_id == organization.pk and each.post in COMMITTEE_POSTS
    ]
    people: dict[int, Person] = {}
    unlinked: list[str] = []
    for each in sorted(here, key=lambda each: COMMITTEE_POSTS.index(each.post)):
        if each.member_id is None:
            unlinked.append(each.user_name)
        elif each.standing == Standing.NORMAL and each.member_id not in people:
            facts = (each.member_id, each.name, each.category, each.full_on, each.voting_right)
            people[each.member_id] = _person(*facts, day=day, post=each.post)
    return tuple(people.values()), tuple(dict.fromkeys(unlinked))


def _person(member_id, name, category, full_on, voting_right, *, day, group_id=None, post=""):
    is_full = category == MemberCategory.FULL and (full_on is None or full_on <= day)
    return Person(
        member_id=member_id,
        name=name,
        is_full=is_full,
        may_vote=is_full and voting_right == VotingRight.FULL,
        group_id=group_id,
        post=post,
    )
