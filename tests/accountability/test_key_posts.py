"""What 关键少数 did of what they owe equals counting by hand, and every number opens exactly its records."""

import pytest

from accountability.choices import RecordStatus
from accountability.filters import DutyRecordFilter
from accountability.models import DutyRecord
from accountability.queries.key_posts import Who, key_posts
from branches.choices import KEY_POSTS, Post
from branches.models import Appointment
from branches.periods import Period
from tests.accountability.coverage_worlds import TODAY, World
from tests.accountability.test_coverage import serves, stands

YEAR = Period.parse("2026")


@pytest.fixture(params=range(3))
def world(db, request):
    return World(request.param)


def by_hand(records):
    kept = [each for each in records if each.withdrawn_at is None]
    done = [each for each in kept if each.status == RecordStatus.ACCEPTED]
    late = [each for each in kept if each.status != RecordStatus.ACCEPTED and each.due_on < TODAY]
    timely = [each for each in done if each.done_on <= each.due_on]
    return len(done), len(done) + len(late), len(timely), len(late)


def as_read(owed):
    return owed.tally.done, owed.tally.due, owed.timely, owed.overdue


@pytest.mark.parametrize("level", [0, 50, 70])
def test_officers_and_levels_equal_counting_by_hand(world, level):
    records = list(DutyRecord.objects.select_related("duty__owner", "organization"))
    page = key_posts(world.scope, level, "", YEAR, TODAY)
    units = [each for each in world.units if stands(each)]
    units = [each for each in units if (each.level == level if level else each.parent_id == world.scope.pk)]
    serving = [
        each
        for each in Appointment.objects.select_related("organization")
        if each.organization in units and each.post in KEY_POSTS and serves(each)
    ]
    assert {row.appointment.pk: as_read(row.owed) for row in page.rows} == {
        each.pk: by_hand([record for record in records if record.duty.owner_id == each.pk])
        for each in serving
    }
    places = [
        (row.appointment.organization.path, list(Post).index(row.appointment.post)) for row in page.rows
    ]
    assert places == sorted(places)
    for row in page.levels:
        mine = [each for each in records if each.organization.level == row.level]
        assert as_read(row.everybody) == by_hand(mine)
        key = [each for each in mine if each.duty.owner and each.duty.owner.post in KEY_POSTS]
        assert as_read(row.key_posts) == by_hand(key)


def test_every_number_opens_its_records(world):
    records = DutyRecord.objects.in_force().in_subtree(world.scope)
    page = key_posts(world.scope, 0, "", YEAR, TODAY)

    def opened(**query):
        return DutyRecordFilter(
            {"period": "2026", **query}, records, scope=world.scope, today=TODAY
        ).qs.count()

    wanted = [(row.owed, {"owner": row.appointment.pk}) for row in page.rows]
    wanted += [(row.everybody, {"level": row.level}) for row in page.levels]
    wanted += [(row.key_posts, {"level": row.level, "bearer": "key"}) for row in page.levels]
    for owed, query in wanted:
        assert opened(**query, status="ACCEPTED") == owed.tally.done
        assert opened(**query, only="judged") == owed.tally.due
        assert opened(**query, only="timely") == owed.timely
        assert opened(**query, only="overdue") == owed.overdue


def test_heads_and_others_are_all(world):
    parts = [key_posts(world.scope, 50, who, YEAR, TODAY).rows for who in ("", Who.HEADS, Who.OTHERS)]
    everyone, heads, others = ({row.appointment.pk for row in rows} for rows in parts)
    assert everyone == heads | others
    assert not heads & others
    assert {row.appointment.post for row in parts[1]} <= {Post.SECRETARY}


def test_pages_follow_one_another(world):
    whole = [row.appointment.pk for row in key_posts(world.scope, 70, "", YEAR, TODAY).rows]
    walked, after = [], ""
    while True:
        page = key_posts(world.scope, 70, "", YEAR, TODAY, after, size=2)
        walked += [row.appointment.pk for row in page.rows]
        after = page.after
        if not after:
            break
    assert walked == whole
