"""A query compiled once gives what the ORM gives, for other values every time."""

from datetime import date
from uuid import uuid4

import pytest
from django.db.models import BigIntegerField, DateField, UUIDField

from branches.middleware import posts_of
from branches.models import Appointment, Meeting
from branches.prepared import Prepared, Slot
from branches.rosters import key_posts_of, people_on
from tests.conftest import employ, enrol
from tests.meetings import record

DAY = date(2026, 10, 20)


def test_slots_are_filled_anew_on_every_call(cast):
    held = Prepared(
        lambda: (
            Appointment.objects.on(Slot("day", DateField()))
            .filter(organization=Slot("organization", BigIntegerField()))
            .order_by("pk")
            .values_list("pk", "starts_on", "ends_on", "user__name")
        )
    )
    for organization in (cast.first, cast.county, cast.city, cast.first):
        for day in (date(2023, 12, 31), date(2024, 1, 1), DAY):
            rows = Appointment.objects.on(day).filter(organization=organization).order_by("pk")
            expected = list(rows.values_list("pk", "starts_on", "ends_on", "user__name"))
            assert held.rows(organization=organization.pk, day=day) == expected
    assert expected


def test_values_come_back_as_the_model_has_them(cast):
    meeting = record(cast)
    key = meeting.entry_key
    sent = Prepared(
        lambda: Meeting.objects.filter(entry_key=Slot("key", UUIDField())).values_list("entry_key", "held_on")
    )
    assert sent.rows(key=key) == [(key, meeting.held_on)]
    assert sent.rows(key=uuid4()) == []


def test_it_is_composed_once(cast):
    composed = []

    def build():
        composed.append(1)
        return Appointment.objects.filter(user=Slot("user", BigIntegerField())).values_list("pk")

    prepared = Prepared(build)
    for person in cast.people.values():
        prepared.rows(user=person.pk)
    assert composed == [1]


def test_the_posts_between_which_somebody_may_switch(cast, django_assert_num_queries):
    zhao = cast.people["zhao"]
    Appointment.objects.create(user=zhao, organization=cast.city, post="LIAISON", starts_on=date(2025, 1, 1))
    Appointment.objects.create(
        user=zhao, organization=cast.first, post="MEMBER", starts_on=date(2025, 1, 1), ends_on=DAY
    )
    for person in cast.people.values():
        expected = list(
            person.appointments.on(DAY).select_related("organization").order_by("organization__path", "pk")
        )
        with django_assert_num_queries(1):
            found = posts_of(person, DAY)
            assert [(each.user, each.organization.name) for each in found] == [
                (person, each.organization.name) for each in expected
            ]
        for post, other in zip(found, expected, strict=True):
            for row, same in ((post, other), (post.organization, other.organization)):
                assert row == same
                for field in row._meta.concrete_fields:
                    assert getattr(row, field.attname) == getattr(same, field.attname)
    assert len(posts_of(zhao, DAY)) == 2


@pytest.mark.parametrize("accounts", [0, 1, 2, 3, 5])
def test_a_roster_is_the_same_whatever_number_of_accounts_its_members_have(cast, accounts):
    for number in range(accounts):
        member = enrol(f"党员{number}", cast.second)
        place = (cast.second, cast.county)[number % 2]
        employ(f"member{number}", member.name, (place, "COMMITTEE_MEMBER"), member=member)
    people = people_on(cast.second, DAY)
    ids = {person.member_id for person in people.members}
    assert len(ids) == 3 + accounts
    assert set(people.key_posts) == set(key_posts_of(ids, DAY))
