"""The tree stays whole whatever is done to it, and a past day is judged by the tree as it stood then."""

import random
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from branches.actions.organizations import change_organization, create_organization
from branches.actions.reshaping import dissolve_organization, merge_organizations, move_organization
from branches.actions.tree import bulk_plant
from branches.choices import Level, OrganizationKind, Sector
from branches.models import Organization, OrganizationEvent, Placement
from tests.conftest import plant

TODAY = date(2026, 11, 20)
NOW = timezone.make_aware(datetime(2026, 11, 20, 9))
JUDGED = ("parent_id", "kind", "level", "chain", "sector", "has_committee")


def assert_whole():
    """Every path is its parent's path and four characters, and depth and number of children agree."""
    rows = {row.pk: row for row in Organization.objects.all()}
    paths = [row.path for row in rows.values()]
    assert len(paths) == len(set(paths))
    for row in rows.values():
        assert row.depth == len(row.path) // 4
        assert row.path[:-4] == (rows[row.parent_id].path if row.parent_id else "")
        assert row.numchild == sum(other.parent_id == row.pk for other in rows.values())
    assert Organization.objects.find_problems() == ([], [], [], [], [])


def stood(day):
    rows = Organization.objects.as_of(day).active_on(day)
    return {row.pk: tuple(getattr(row, f"stood_{name}") for name in JUDGED) for row in rows}


def test_bulk_plant_takes_rows_in_any_order(db):
    root = plant("R", "江城市委", OrganizationKind.COMMITTEE, Level.CITY)
    rows = [
        {
            "code": "a1",
            "parent_code": "a",
            "name": "柳河支部",
            "kind": OrganizationKind.BRANCH,
            "level": Level.BRANCH,
        },
        {
            "code": "a",
            "parent_code": "R",
            "name": "柳河镇党委",
            "kind": OrganizationKind.COMMITTEE,
            "level": Level.PRIMARY,
        },
        {
            "code": "a2",
            "parent_code": "a",
            "name": "单家支部",
            "kind": OrganizationKind.BRANCH,
            "level": Level.BRANCH,
        },
        {"code": "S", "name": "山城市委", "kind": OrganizationKind.COMMITTEE, "level": Level.CITY},
        {
            "code": "s1",
            "parent_code": "S",
            "name": "东街支部",
            "kind": OrganizationKind.BRANCH,
            "level": Level.BRANCH,
        },
    ]
    seen = []
    keys = bulk_plant(rows, batch=2, progress=seen.append)
    assert sorted(keys) == ["S", "a", "a1", "a2", "s1"]
    assert seen == [2, 4, 5]
    assert_whole()
    found = Organization.objects.get(code="a1")
    assert (found.initials, found.short_name) == ("lhzb", "柳河支部")
    assert found.history.get().history_change_reason == "批量导入"
    assert set(Organization.objects.below(root).values_list("code", flat=True)) == {"a", "a1", "a2"}
    # The next one, planted singly, collides with nothing.
    plant("b", "后来的党委", OrganizationKind.COMMITTEE, Level.PRIMARY, root)
    assert_whole()


def test_bulk_plant_refuses_doubles_and_orphans(db):
    row = {"code": "x", "name": "甲支部", "kind": OrganizationKind.BRANCH, "level": Level.BRANCH}
    with pytest.raises(ValueError, match="重复"):
        bulk_plant([row, row])
    with pytest.raises(ValueError, match="找不到上级"):
        bulk_plant([row | {"parent_code": "nowhere"}])
    assert not Organization.objects.exists()


def test_bulk_plant_writes_in_batches(db, django_assert_max_num_queries):
    def rows(count, prefix):
        yield {"code": prefix, "name": "总部", "kind": OrganizationKind.COMMITTEE, "level": Level.CITY}
        for number in range(count):
            yield {
                "code": f"{prefix}{number}",
                "parent_code": prefix,
                "name": "支部",
                "kind": OrganizationKind.BRANCH,
                "level": Level.BRANCH,
            }

    with django_assert_max_num_queries(60):
        bulk_plant(rows(900, "p"))
    assert_whole()


@pytest.mark.parametrize("seed", range(3))
def test_random_lives_of_a_tree_keep_it_whole_and_can_be_replayed(db, seed):
    """Founding, changing, moving, merging and dissolving at random; then every past day is compared with a replay."""
    dice = random.Random(seed)
    root = plant("R", "江城市委", OrganizationKind.COMMITTEE, Level.CITY)
    day = date(2026, 1, 1)
    nodes = [
        create_organization(
            actor=None,
            now=NOW,
            parent=root,
            name=f"第{number}镇党委",
            kind="COMMITTEE",
            level=50,
            founded_on=day,
        )
        for number in range(4)
    ]
    nodes += [
        create_organization(
            actor=None,
            now=NOW,
            parent=dice.choice(nodes[:4]),
            name=f"第{number}支部",
            kind="BRANCH",
            founded_on=day,
        )
        for number in range(12)
    ]
    told = {}
    refused = 0
    for _ in range(30):
        day += timedelta(days=dice.choice([0, 1, 5]))
        one, other = (Organization.objects.get(pk=each.pk) for each in dice.sample(nodes, 2))
        common = {"actor": None, "now": NOW, "effective_on": day, "reason": "调整"}
        try:
            match dice.choice(["move", "move", "move", "change", "create", "merge", "dissolve"]):
                case "move":
                    move_organization(organization=one, new_parent=other, **common)
                case "change":
                    change_organization(
                        organization=one,
                        sector=dice.choice(Sector.values),
                        has_committee=dice.random() < 0.5,
                        **common,
                    )
                case "create":
                    nodes.append(
                        create_organization(
                            actor=None,
                            now=NOW,
                            parent=other,
                            name=f"新{day}支部",
                            kind="BRANCH",
                            founded_on=day,
                        )
                    )
                case "merge" if len(nodes) > 8:
                    merge_organizations(sources=[one], into=other, **common)
                case "dissolve":
                    dissolve_organization(organization=one, **common)
        except ValidationError:
            refused += 1
        assert_whole()
        told[day] = {
            row.pk: tuple(getattr(row, name) for name in JUDGED)
            for row in Organization.objects.active_on(day)
        }
    assert refused < 30
    assert Placement.objects.exists()
    assert OrganizationEvent.objects.filter(kind="MOVED").exists()
    last = None
    check = date(2026, 1, 1)
    while check <= day:
        last = told.get(check, last)
        if last is not None:
            assert stood(check) == last, check
        check += timedelta(days=1)


def test_as_of_is_one_query_however_much_has_moved(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(list(Organization.objects.as_of(TODAY))) == 9
    move_organization(
        actor=None,
        now=NOW,
        organization=cast.first,
        new_parent=cast.county,
        effective_on=date(2026, 6, 1),
        reason="代管",
    )
    with django_assert_num_queries(1):
        rows = {row.pk: row for row in Organization.objects.as_of(date(2026, 5, 31)).in_subtree(cast.city)}
    assert rows[cast.first.pk].stood_parent_id == cast.town.pk
    assert (
        Organization.objects.as_of(date(2026, 6, 1)).get(pk=cast.first.pk).stood_parent_id == cast.county.pk
    )


def test_a_stale_object_moves_the_right_subtree(cast):
    stale = Organization.objects.get(pk=cast.first.pk)
    common = {"actor": None, "now": NOW, "effective_on": date(2026, 6, 1), "reason": "调整"}
    move_organization(organization=cast.town, new_parent=cast.city, **common)
    move_organization(organization=stale, new_parent=cast.county, **common)
    assert_whole()
    assert Organization.objects.get(pk=cast.first.pk).parent == cast.county


def test_a_move_into_the_office_chain_takes_everything_below_along(cast):
    group = create_organization(
        actor=None, now=NOW, parent=cast.first, name="第一小组", kind="GROUP", founded_on=date(2024, 1, 1)
    )
    move_organization(
        actor=None,
        now=NOW,
        organization=cast.first,
        new_parent=cast.office_committee,
        effective_on=date(2026, 3, 1),
        reason="划转",
    )
    group.refresh_from_db()
    assert (group.chain, group.level) == ("OFFICE", Level.GROUP)
    before = Organization.objects.as_of(date(2026, 2, 1)).get(pk=group.pk)
    assert before.stood_chain == "LOCAL"
    assert_whole()


def test_only_the_actions_write_the_shape_of_the_tree():
    import re
    from pathlib import Path

    base = Path(__file__).parents[2]
    verbs = re.compile(
        r"\.(add_root|add_child|add_sibling|load_bulk|fix_tree)\(|objects\.move\(|\b(numchild|depth|path)=(?!=)[^=]*Concat"
    )
    writers = {
        str(file.relative_to(base))
        for app in ("branches", "accountability", "supervision")
        for file in (base / app).rglob("*.py")
        if "migrations" not in file.parts and verbs.search(file.read_text())
    }
    assert writers == {"branches/actions/tree.py"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_crossing_moves_at_the_same_moment_leave_a_tree():
    """Each of two administrators hangs the other's committee below theirs: one of them is told why not."""
    import threading

    from django.db import connection

    root = plant("R", "江城市委", OrganizationKind.COMMITTEE, Level.CITY)
    pair = [plant(code, f"{code}党委", OrganizationKind.COMMITTEE, Level.PRIMARY, root) for code in "AB"]
    start, refused = threading.Barrier(2), []

    def move(one, other):
        try:
            start.wait()
            move_organization(
                actor=None,
                now=NOW,
                organization=one,
                new_parent=other,
                effective_on=date(2026, 6, 1),
                reason="调整",
            )
        except ValidationError as problem:
            refused.append(problem.messages[0])
        finally:
            connection.close()

    for _ in range(5):
        moves = [threading.Thread(target=move, args=args) for args in (pair, pair[::-1])]
        for each in moves:
            each.start()
        for each in moves:
            each.join()
        assert_whole()
    assert len(refused) == 9
    assert "自己或自己的下级" in refused[0]
