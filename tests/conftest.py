"""The cast: one small tree and its people, named as in the documents."""

import os
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string
from hypothesis import settings as hypothesis_settings

from branches.choices import Chain, Level, MemberCategory, OrganizationKind, Post, Sector
from branches.models import Appointment, Member, Membership, Organization, User

from .snapshots import once

# A loaded machine is slow, which is no failure. The suite tries the same examples every time; `explore` looks for others.
hypothesis_settings.register_profile("suite", deadline=None, derandomize=True, max_examples=40)
hypothesis_settings.register_profile("explore", deadline=None, max_examples=500)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

PASSWORD = "Chuan-Dao-2026"


def plant(code, name, kind, level, parent=None, **facts):
    """Put an organisation into the tree and return it."""
    values = {
        "code": code,
        "name": name,
        "short_name": name,
        "kind": kind,
        "level": level,
        "founded_on": date(2001, 7, 1),
        "parent": parent,
        **facts,
    }
    if parent is None:
        return Organization.objects.add_root(values)
    parent.refresh_from_db()
    return Organization.objects.add_child(parent, values)


def enrol(name, branch, *, category=MemberCategory.FULL, group=None, since=date(2015, 7, 1), **facts):
    """Enrol a member in a branch and return them."""
    member = Member.objects.create(
        name=name, organization=branch, category=category, joined_on=since, **facts
    )
    Membership.objects.create(member=member, organization=branch, group=group, starts_on=since)
    return member


def employ(username, name, *posts, member=None):
    """Make an account with its appointments [(organization, post), …] and return it."""
    user = User.objects.create(username=username, name=name, member=member)
    user.set_password(PASSWORD)
    user.save()
    for organization, post in posts:
        Appointment.objects.create(
            user=user, organization=organization, post=post, starts_on=date(2024, 1, 1)
        )
    return user


@dataclass
class Cast:
    """市委 → 县委 → 镇党委 → 第一、第二支部, an office chain beside it, and who serves where."""

    city: Organization
    county: Organization
    town: Organization
    first: Organization
    second: Organization
    work_committee: Organization
    department: Organization
    office_committee: Organization
    office_branch: Organization
    people: dict[str, User] = field(default_factory=dict)

    def client(self, who: str) -> Client:
        """Return a browser in which `who` is signed in: a session of its own, like the first of that person's."""
        client, user = Client(), self.people[who]
        first = user.pk, user.password
        if first not in _signed_in:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            _signed_in[first] = Session.objects.get(pk=client.session.session_key).session_data
            return client
        ends = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        key = get_random_string(32, VALID_KEY_CHARS)
        Session(session_key=key, session_data=_signed_in[first], expire_date=ends).save(force_insert=True)
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        return client


#: What signing in wrote into the session, by account and password; signing in thousands of times takes minutes.
_signed_in: dict[tuple, str] = {}


@pytest.fixture
def cast(db) -> Cast:
    return once("cast", [Organization, Member, Membership, User, Appointment], _make_cast)


def _make_cast() -> Cast:
    kinds = OrganizationKind
    city = plant("01", "云汀市委", kinds.COMMITTEE, Level.CITY)
    county = plant("0101", "望川县委", kinds.COMMITTEE, Level.COUNTY, city)
    town = plant("010101", "柳汀镇党委", kinds.COMMITTEE, Level.PRIMARY, county, sector=Sector.RURAL)
    first = plant(
        "01010101", "第一支部", kinds.BRANCH, Level.BRANCH, town, sector=Sector.RURAL, has_committee=True
    )
    second = plant("01010102", "第二支部", kinds.BRANCH, Level.BRANCH, town, sector=Sector.RURAL)
    office = {"chain": Chain.OFFICE, "sector": Sector.OFFICE}
    work = plant("0109", "市直机关工委", kinds.WORK_COMMITTEE, Level.OFFICE_WORK_COMMITTEE, city, **office)
    department = plant("010901", "市农业局党组", kinds.LEADING_GROUP, Level.DEPARTMENT, work, **office)
    committee = plant(
        "01090101", "农业局机关党委", kinds.OFFICE_COMMITTEE, Level.OFFICE_COMMITTEE, department, **office
    )
    office_branch = plant("0109010101", "机关第一支部", kinds.BRANCH, Level.BRANCH, committee, **office)
    for node in (city, county, town, first, second, work, department, committee, office_branch):
        node.refresh_from_db()
    cast = Cast(city, county, town, first, second, work, department, committee, office_branch)
    li = enrol("李明", first)
    zhou = enrol("周兰", first)
    for name in ("陈强", "何静", "吕伟", "施芳", "张平", "孔华"):
        enrol(name, first)
    enrol("严新", first, category=MemberCategory.PROBATIONARY, since=date(2026, 1, 10))
    wang = enrol("王丽", second)
    enrol("金涛", second)
    enrol("魏红", second)
    qian = enrol("钱峰", first)  # a county leader who lives in the first branch as an ordinary member
    cast.people = {
        "li": employ("li", "李明", (first, Post.SECRETARY), member=li),
        "wang": employ("wang", "王丽", (second, Post.SECRETARY), member=wang),
        "zhao": employ("zhao", "赵勇", (town, Post.ORGANIZATION_OFFICER)),
        "qian": employ("qian", "钱峰", (county, Post.SECRETARY), member=qian),
        "sun": employ("sun", "孙正", (county, Post.DISCIPLINE_SECRETARY)),
        "zhou": employ("zhou", "周兰", (first, Post.MEMBER), member=zhou),
        "wu": employ("wu", "吴敏", (city, Post.ADMINISTRATOR)),
        "zheng": employ("zheng", "郑安", (city, Post.SECURITY_AUDITOR)),
        "feng": employ("feng", "冯系", (city, Post.SYSTEM_ADMINISTRATOR)),
        "nobody": employ("nobody", "褚无职"),
    }
    return cast
