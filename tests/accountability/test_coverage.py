"""What the matrix says is what a reader with a pencil would say, in small random worlds."""

from collections import defaultdict
from dataclasses import replace

import pytest

from accountability.choices import COVERAGE_GAPS, Coverage, ListStatus, RecordStatus
from accountability.coverage import Cell, coverage_of
from accountability.filters import DutyRecordFilter
from accountability.models import DutyList, DutyRecord
from accountability.queries.coverage import (
    OTHER,
    Look,
    coverage_matrix,
    is_made_for,
    made_for,
    read_look,
)
from accountability.querysets import targets_of
from branches.choices import BRANCH_KINDS, COMMITTEE_POSTS
from branches.models import Appointment, Organization
from tests.accountability.coverage_worlds import TODAY, YEAR, World

SEEDS = range(3)


def stands(organization):
    return organization.dissolved_on is None or organization.dissolved_on > TODAY


def serves(appointment):
    return appointment.ends_on is None or appointment.ends_on > TODAY


def is_owned(duty):
    if duty.owner and serves(duty.owner):
        return True
    if any(not child.is_withdrawn for child in duty.children.all()):
        return True
    return duty.duty_list.appointment is None and duty.organization.kind in BRANCH_KINDS


def state_of(duty):
    records = [each for each in duty.records.all() if each.withdrawn_at is None]
    accepted = [each for each in records if each.status == RecordStatus.ACCEPTED]
    late = [each for each in records if each.status != RecordStatus.ACCEPTED and each.due_on < TODAY]
    if records and len(accepted) == len(records):
        state = Coverage.DONE
    elif duty.duty_list.status == ListStatus.ISSUED:
        state = Coverage.UNSIGNED
    elif not records:
        state = Coverage.ON_OCCASION if duty.is_negative else Coverage.NOT_APPLICABLE
    elif not is_owned(duty):
        state = Coverage.UNOWNED
    else:
        state = Coverage.OVERDUE if late else Coverage.RUNNING
    return state, len(records), len(accepted), len(late)


def fits(template, organization, post=None):
    if template.organization_kinds and organization.kind not in template.organization_kinds:
        return False
    if template.levels and organization.level not in template.levels:
        return False
    if template.chain and organization.chain != template.chain:
        return False
    return post in template.posts if template.posts else post is None


def column_of(look, items, duty):
    if look.template is None:
        return duty.heading
    return str(duty.item_key) if duty.item_key in [each.pk for each in items] else OTHER


def by_hand(world, look):
    """Row key → (what is missing of the whole row, {column: (state, opened, accepted, overdue)})."""
    units = [each for each in world.units if stands(each)]
    if look.level:
        units = [each for each in units if each.level == look.level]
    else:
        units = [each for each in units if each.parent_id == world.scope.pk]
    rows = units
    if look.posts:
        posts = look.template.posts if look.template else COMMITTEE_POSTS
        rows = [
            each
            for each in Appointment.objects.select_related("organization")
            if each.organization in units and each.post in posts and serves(each)
        ]
    makers = (
        [look.template] if look.template else [each for each in world.templates if each.kind == look.kind]
    )
    everything = list(
        DutyList.objects.select_related("organization", "appointment", "template").prefetch_related(
            "duties__records",
            "duties__children",
            "duties__owner",
            "duties__organization",
            "duties__duty_list__appointment",
        )
    )
    items = list(look.template.items.all()) if look.template else []
    table = {}
    for row in rows:
        lists = [
            each
            for each in everything
            if each.status != ListStatus.WITHDRAWN
            and (
                each.template == look.template
                if look.template
                else (each.kind, each.year) == (look.kind, YEAR)
            )
            and (
                each.appointment == row
                if look.posts
                else (each.organization, each.appointment) == (row, None)
            )
        ]
        cells = defaultdict(list)
        for each in lists:
            for duty in each.duties.all():
                if not duty.is_withdrawn:
                    cells[column_of(look, items, duty)].append(state_of(duty))
        organization, post = (row.organization, row.post) if look.posts else (row, None)
        is_meant = any(fits(each, organization, post) for each in makers)
        missing = None if lists else Coverage.NO_LIST if is_meant else Coverage.NOT_APPLICABLE
        table[row.pk] = (
            missing,
            {
                key: (
                    min((each[0] for each in found), key=list(Coverage).index),
                    *(sum(numbers) for numbers in list(zip(*found, strict=True))[1:]),
                )
                for key, found in cells.items()
            },
        )
    return table


def as_read(matrix):
    keys = [column.key for column in matrix.columns]
    return {
        (row.appointment or row.organization).pk: (
            row.missing,
            {
                key: (cell.state, cell.opened, cell.accepted, cell.overdue)
                for key, cell in zip(keys, row.cells, strict=True)
                if cell.duties
            },
        )
        for row in matrix.rows
    }


def looks(world):
    principal = Look(YEAR, kind="PRINCIPAL")
    first = Look(YEAR, kind="FIRST_PERSON", posts=True)
    for look in (
        principal,
        first,
        *(Look(YEAR, each, each.kind, bool(each.posts)) for each in world.templates),
    ):
        yield look
        yield replace(look, level=70)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_matrix_equals_counting_by_hand(db, seed):
    world = World(seed)
    for look in looks(world):
        matrix = coverage_matrix(world.scope, look, world.templates, TODAY)
        table = by_hand(world, look)
        assert as_read(matrix) == table, look
        gaps = {
            key
            for key, (missing, cells) in table.items()
            if missing == Coverage.NO_LIST or any(cell[0] in COVERAGE_GAPS for cell in cells.values())
        }
        lacking = coverage_matrix(world.scope, replace(look, only_gaps=True), world.templates, TODAY)
        assert set(as_read(lacking)) == gaps, look
        assert all(row.is_gap for row in lacking.rows)
        for place, column in enumerate(matrix.columns):
            cells = [row.cells[place] for row in matrix.rows]
            assert column.tally.due == sum(cell.opened for cell in cells)
            assert column.tally.done == sum(cell.accepted for cell in cells)
            assert column.overdue == sum(cell.overdue for cell in cells)
            narrow = replace(look, item=column.key, only_gaps=True)
            one = coverage_matrix(world.scope, narrow, world.templates, TODAY)
            assert [each.key for each in one.columns] == [column.key]
            assert set(as_read(one)) == {
                key
                for key, (missing, cells) in table.items()
                if missing == Coverage.NO_LIST or cells.get(column.key, [None])[0] in COVERAGE_GAPS
            }
        assert matrix.without_list.number == sum(missing == Coverage.NO_LIST for missing, _ in table.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_opens_exactly_its_records(db, seed):
    world = World(seed)
    records = DutyRecord.objects.in_force().in_subtree(world.scope)
    for look in looks(world):
        for row in coverage_matrix(world.scope, look, world.templates, TODAY).rows:
            for part in [row, *row.cells]:
                if not (row.lists and getattr(part, "duties", True)):
                    continue
                name, _, keys = part.query.partition("=")
                found = DutyRecordFilter({name: keys}, records, scope=world.scope, today=TODAY)
                opened = part.tally.due if part is row else part.opened
                assert found.qs.count() == opened


@pytest.mark.parametrize("seed", SEEDS)
def test_pages_follow_one_another_without_a_gap(db, seed):
    world = World(seed)
    for look in looks(world):
        whole = [
            (row.organization.pk, row.appointment and row.appointment.pk)
            for row in coverage_matrix(world.scope, look, world.templates, TODAY).rows
        ]
        walked, after = [], ""
        while True:
            page = coverage_matrix(world.scope, look, world.templates, TODAY, after, size=2)
            walked += [(row.organization.pk, row.appointment and row.appointment.pk) for row in page.rows]
            after = page.after
            if not after:
                break
        assert walked == whole


@pytest.mark.parametrize("seed", SEEDS)
def test_whom_a_template_is_made_for_is_whom_it_is_issued_to(db, seed):
    world = World(seed)
    for template in world.templates:
        reached = set(targets_of(template, world.scope, "subtree", TODAY).values_list("pk", flat=True))
        rows = Appointment.objects.on(TODAY) if template.posts else Organization.objects.active_on(TODAY)
        if template.posts:
            rows = rows.filter(organization__in=Organization.objects.active_on(TODAY))
        assert set(rows.filter(made_for(template)).values_list("pk", flat=True)) == reached
        pairs = [(row, row.organization, row.post) if template.posts else (row, row, "") for row in rows]
        assert {row.pk for row, unit, post in pairs if is_made_for(template, unit, post)} == reached


def test_what_is_complete_lacks_nothing_more():
    facts = {
        "is_signed": False,
        "is_owned": False,
        "opened": 2,
        "accepted": 2,
        "overdue": 0,
        "is_negative": False,
    }
    assert coverage_of(**facts) == Coverage.DONE
    assert coverage_of(**facts | {"accepted": 1}) == Coverage.UNSIGNED
    assert coverage_of(**facts | {"accepted": 1, "is_signed": True}) == Coverage.UNOWNED
    owned = facts | {"accepted": 1, "is_signed": True, "is_owned": True}
    assert coverage_of(**owned) == Coverage.RUNNING
    assert coverage_of(**owned | {"overdue": 1}) == Coverage.OVERDUE
    assert coverage_of(**owned | {"opened": 0, "accepted": 0}) == Coverage.NOT_APPLICABLE
    assert coverage_of(**owned | {"opened": 0, "accepted": 0, "is_negative": True}) == Coverage.ON_OCCASION


def test_a_cell_of_several_duties_says_the_first_thing_that_is_missing():
    cell = Cell()
    cell.add(1, Coverage.DONE, 4, 4, 0)
    cell.add(2, Coverage.OVERDUE, 4, 1, 2)
    cell.add(3, Coverage.NOT_APPLICABLE, 0, 0, 0)
    assert (cell.state, cell.opened, cell.accepted, cell.overdue) == (Coverage.OVERDUE, 8, 5, 2)
    assert cell.words == "有逾期，已认可5/8期，逾期2期"
    assert cell.query == "duty=1,2,3"


def test_an_address_that_makes_no_sense_shows_the_usual(cast, templates):
    made = list(templates.values())
    look = read_look({"of": "nonsense", "level": "x", "only": "?"}, cast.city, made, 2026, TODAY)
    assert look.template.code == "PRINCIPAL"
    assert read_look({}, cast.town, made, 2026, TODAY).template.code == "BRANCH"
    assert (look.level, look.only_gaps) == (0, False)
    kind = read_look(
        {"of": "DUAL", "rows": "posts", "level": "70", "only": "gaps"}, cast.city, made, 2026, TODAY
    )
    assert kind.query() == "year=2026&of=DUAL&rows=posts&level=70&only=gaps"
    assert read_look({}, cast.city, [], 2025, TODAY).kind == "PRINCIPAL"


def test_the_branch_shows_itself(cast, issued):
    look = read_look({"of": "PRINCIPAL"}, cast.first, [], 2026, TODAY)
    matrix = coverage_matrix(cast.first, look, [], TODAY)
    assert [row.organization for row in matrix.rows] == [cast.first]
    assert len(matrix.columns) == 8
    assert Organization.objects.in_subtree(cast.first).count() == 1
