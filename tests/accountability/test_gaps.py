"""The gaps found are those a reader with a pencil would find, in small random worlds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accountability.choices import ListStatus, RecordStatus
from accountability.models import Duty, DutyList
from accountability.queries.gap_rows import (
    PARTY_WORK,
    Search,
    handed_down_lists,
    lists_signed_late,
    posts_without_list,
    secretaries_without_party_work,
    units_without_list,
    unowned_duties,
)
from accountability.queries.gaps import GAPS, duty_gaps
from accountability.similarity import is_copied
from branches.access import Actor
from branches.choices import BRANCH_KINDS, Post
from branches.models import Appointment
from tests.accountability.coverage_worlds import TODAY, YEAR, World
from tests.accountability.test_coverage import fits, is_owned, serves, stands

SEEDS = range(3)


@pytest.fixture(params=SEEDS)
def world(db, request):
    return World(request.param)


@pytest.fixture
def search(world):
    return Search(world.scope, YEAR, world.templates, TODAY)


@pytest.fixture
def actor(world):
    user = world.employ(world.scope, Post.ADMINISTRATOR).user
    user.appointments.update(ends_on=None)
    return Actor(user, user.appointments.get(), TODAY)


def keys(rows):
    return {row.pk for row in rows}


def in_force(lists):
    return [each for each in lists if each.status != ListStatus.WITHDRAWN]


def serving(world):
    return [
        each
        for each in Appointment.objects.select_related("organization")
        if serves(each) and stands(each.organization) and not each.organization.is_group
    ]


def duties_in_force():
    rows = Duty.objects.select_related("organization", "owner", "parent", "duty_list__appointment")
    return [
        each
        for each in rows.prefetch_related("children", "records")
        if not each.is_withdrawn and each.duty_list.status != ListStatus.WITHDRAWN
    ]


def test_posts_and_units_without_a_list(world, search):
    held = {
        (each.template_id, each.organization_id, each.appointment_id)
        for each in in_force(DutyList.objects.all())
    }
    assert keys(posts_without_list(search)) == {
        each.pk
        for each in serving(world)
        if any(
            template.posts
            and fits(template, each.organization, each.post)
            and (template.pk, each.organization_id, each.pk) not in held
            for template in world.templates
        )
    }
    assert keys(units_without_list(search)) == {
        each.pk
        for each in world.units
        if stands(each)
        and any(
            not template.posts and fits(template, each) and (template.pk, each.pk, None) not in held
            for template in world.templates
        )
    }


def test_duties_nobody_answers_for(search):
    def is_left(duty):
        return any(
            each.withdrawn_at is None and each.status != RecordStatus.ACCEPTED for each in duty.records.all()
        )

    assert keys(unowned_duties(search)) == {
        each.pk for each in duties_in_force() if is_left(each) and not is_owned(each)
    }


def test_secretaries_without_a_word_of_party_work(world, search):
    def bears(duty, secretary):
        if secretary.pk in (duty.owner_id, duty.duty_list.appointment_id):
            return True
        return (
            duty.organization_id == secretary.organization_id
            and duty.organization.kind in BRANCH_KINDS
            and duty.duty_list.appointment is None
        )

    duties = duties_in_force()
    found = keys(secretaries_without_party_work(search))
    assert found == {
        each.pk
        for each in serving(world)
        if each.post == Post.SECRETARY
        and not any(
            bears(duty, each)
            and any(word in f"{duty.heading}|{duty.content}|{duty.measure}" for word in PARTY_WORK)
            for duty in duties
        )
    }


def test_lists_signed_late_or_not_at_all(search):
    def is_late(each):
        if each.status == ListStatus.ISSUED:
            return (TODAY - each.issued_on).days > 7
        return timezone.localdate(each.signed_at) > each.issued_on + timedelta(days=7)

    assert keys(lists_signed_late(search)) == {
        each.pk for each in in_force(DutyList.objects.all()) if is_late(each)
    }


def test_copied_lists(search, actor):
    alike = {
        each.duty_list_id
        for each in duties_in_force()
        if each.parent
        and not each.is_personal
        and is_copied(each.measure + each.content, each.parent.measure + each.parent.content)
    }
    page = next(each for each in GAPS if each.key == "copied").page(search, actor, "", 3)
    assert {line.pk for line in page.lines} == alike
    assert alike <= keys(handed_down_lists(search))


def test_every_count_is_the_length_of_its_list_page_by_page(search, actor):
    for found in duty_gaps(search, actor):
        lines, after = [], ""
        while True:
            page = found.gap.page(search, actor, after, 2)
            lines += page.lines
            after = page.after
            if not after:
                break
        assert found.count == str(len(lines)), found.gap.key
        assert found.sample == lines[:3]
        places = [(line.organization.path, line.pk) for line in lines]
        assert [path for path, _ in places] == sorted(path for path, _ in places)


def test_what_is_not_closed_here_is_only_looked_at(world, search):
    """A reader without the right to issue is led to the list, one with it to where it is issued."""
    member = world.employ(world.scope, Post.DISCIPLINE_OFFICER)
    looking = Actor(member.user, member, TODAY)
    officer = world.employ(world.scope, Post.ORGANIZATION_OFFICER)
    issuing = Actor(officer.user, officer, TODAY)
    gap = next(each for each in GAPS if each.key == "posts")
    for actor, names in ((looking, {"duty-list-index"}), (issuing, {"template-issue"})):
        assert {line.url_name for line in gap.page(search, actor, "", 50).lines} <= names


def test_each_gap_says_what_it_means_and_what_to_do():
    assert len({each.key for each in GAPS}) == len(GAPS) == 6
    for each in GAPS:
        assert each.meaning.endswith("。"), each.key
        assert each.remedy.endswith("。"), each.key
