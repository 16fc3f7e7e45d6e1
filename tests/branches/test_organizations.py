"""What may be done to organisations, and what each act leaves behind."""

from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from branches.access import Actor
from branches.actions.history import ChangedMeanwhile, version_of
from branches.actions.organizations import change_organization, create_organization
from branches.actions.reshaping import dissolve_organization, merge_organizations, move_organization
from branches.choices import EventKind, Level, OrganizationKind, Post
from branches.hierarchy import BESIDE, FAMILIES, FIXED_LEVELS, HOMES, PARENTS, chain_under, level_under
from branches.models import Appointment, AuditEntry, DirtyMark, Membership, OrganizationEvent, Placement
from tests.conftest import employ

NOW = timezone.make_aware(datetime(2026, 11, 20, 9))
TODAY = date(2026, 11, 20)
DAY = date(2026, 6, 1)


@pytest.fixture
def wu(cast):
    user = cast.people["wu"]
    return Actor(user=user, appointment=user.appointments.get(), today=TODAY)


@pytest.fixture
def how(wu):
    return {"actor": wu, "now": NOW, "effective_on": DAY, "reason": "批复"}


def test_the_rules_speak_of_every_kind():
    kinds = set(OrganizationKind.values)
    assert set(PARENTS) == kinds
    assert set().union(*PARENTS.values()) - {""} <= kinds
    assert set().union(*FAMILIES) == kinds
    assert set(FIXED_LEVELS) | BESIDE | HOMES <= kinds
    assert set(FIXED_LEVELS.values()) <= set(Level.values)


@pytest.mark.parametrize(
    ("kind", "parent_level", "current", "parent_kind", "level"),
    [
        ("BRANCH", 50, None, "COMMITTEE", 70),
        ("COMMITTEE", 30, None, "COMMITTEE", 40),
        ("COMMITTEE", 30, 50, "COMMITTEE", 50),
        ("COMMITTEE", 50, 50, "COMMITTEE", 50),
        ("COMMITTEE", None, None, "", 30),
        ("DISCIPLINE_COMMISSION", 40, None, "COMMITTEE", 40),
        ("LEADING_GROUP", 45, 52, "WORK_COMMITTEE", 52),
    ],
)
def test_level_follows_from_kind_and_parent(kind, parent_level, current, parent_kind, level):
    assert level_under(kind, parent_level, current, parent_kind=parent_kind) == level


def test_chain_follows_downwards():
    assert chain_under("BRANCH", "OFFICE") == "OFFICE"
    assert chain_under("BRANCH", "LOCAL", "OFFICE") == "LOCAL"
    assert chain_under("WORK_COMMITTEE", "LOCAL", "OFFICE") == "OFFICE"
    assert chain_under("COMMITTEE", "OFFICE") == "OFFICE"


def test_founding_leaves_event_history_audit_and_marks(cast, wu):
    made = create_organization(
        actor=wu,
        now=NOW,
        parent=cast.town,
        name="第三支部",
        kind="BRANCH",
        founded_on=date(2026, 10, 3),
        reason="新设",
    )
    assert (made.level, made.chain, made.sector) == (Level.BRANCH, "LOCAL", cast.town.sector)
    assert made.pinyin == "disanzhibu"
    event = made.events.get()
    assert (event.kind, event.to_organization, event.author) == (EventKind.FOUNDED, cast.town, wu.user)
    record = made.history.get()
    assert (record.history_change_reason, record.history_user) == ("新设", wu.user)
    assert AuditEntry.objects.get(event="设立党组织").object_id == str(made.pk)
    assert set(DirtyMark.objects.filter(organization=made).values_list("period", flat=True)) == {
        202610,
        202611,
    }


@pytest.mark.parametrize(
    ("kind", "under", "words"),
    [
        ("GROUP", "town", "不能设在"),
        ("BRANCH", "first", "不能设在"),
        ("COMMITTEE", "first", "不能设在"),
        ("GENERAL_BRANCH", "office_branch", "不能设在"),
    ],
)
def test_kinds_stand_only_where_they_may(cast, wu, kind, under, words):
    with pytest.raises(ValidationError, match=words):
        create_organization(
            actor=wu, now=NOW, parent=getattr(cast, under), name="新组织", kind=kind, founded_on=DAY
        )


def test_founding_refuses_the_future_doubles_and_the_dissolved(cast, wu, how):
    common = {"actor": wu, "now": NOW, "parent": cast.town, "name": "第三支部", "kind": "BRANCH"}
    with pytest.raises(ValidationError, match="不能晚于今天"):
        create_organization(**common, founded_on=date(2026, 11, 21))
    with pytest.raises(ValidationError):
        create_organization(**common, founded_on=DAY, code=cast.first.code)
    merge_organizations(sources=[cast.second], into=cast.first, **how)
    with pytest.raises(ValidationError, match="已撤销"):
        create_organization(**common | {"parent": cast.second, "kind": "GROUP"}, founded_on=DAY)


def test_a_secretary_forms_groups_in_the_own_branch_and_nothing_else(cast):
    user = cast.people["li"]
    li = Actor(user=user, appointment=user.appointments.get(), today=TODAY)
    common = {"actor": li, "now": NOW, "founded_on": DAY}
    assert (
        create_organization(**common, parent=cast.first, name="第一小组", kind="GROUP").parent == cast.first
    )
    for parent, kind in ((cast.second, "GROUP"), (cast.town, "BRANCH"), (cast.first, "BRANCH")):
        with pytest.raises(PermissionDenied):
            create_organization(**common, parent=parent, name="别的", kind=kind)


def test_changing_keeps_how_it_stood(cast, wu, how):
    change_organization(organization=cast.first, sector="COMMUNITY", has_committee=False, **how)
    stretch = cast.first.placements.get()
    assert (stretch.starts_on, stretch.ends_on, stretch.sector, stretch.has_committee) == (
        None,
        DAY,
        "RURAL",
        True,
    )
    change_organization(organization=cast.first, short_name="一支部", **how)
    assert Placement.objects.count() == 1
    change_organization(organization=cast.first, sector="OTHER", **how | {"effective_on": date(2026, 8, 1)})
    assert list(cast.first.placements.values_list("starts_on", "ends_on")) == [
        (None, DAY),
        (DAY, date(2026, 8, 1)),
    ]
    with pytest.raises(ValidationError, match="已有变动"):
        change_organization(organization=cast.first, sector="RURAL", **how)
    assert DirtyMark.objects.filter(organization=cast.first, period=202606).exists()


def test_a_new_term_runs_as_long_as_the_rules_say(cast, how):
    changed = change_organization(organization=cast.first, term_started_on=date(2026, 5, 20), **how)
    assert changed.election_due_on == date(2031, 5, 20)
    changed = change_organization(organization=cast.office_branch, term_started_on=date(2026, 5, 20), **how)
    assert changed.election_due_on == date(2029, 5, 20)


def test_a_change_somebody_else_has_not_seen_is_refused(cast, how):
    seen = version_of(cast.first)
    change_organization(organization=cast.first, short_name="一支部", seen=seen, **how)
    with pytest.raises(ChangedMeanwhile, match=r"吴敏.*简称：第一支部 → 一支部") as refusal:
        change_organization(organization=cast.first, short_name="壹支部", seen=seen, **how)
    assert "核对后再次保存" in refusal.value.messages[0]


def test_a_kind_changes_only_within_its_family_and_its_place(cast, how):
    change_organization(organization=cast.first, kind="JOINT_BRANCH", **how)
    with pytest.raises(ValidationError, match="不能改设为"):
        change_organization(organization=cast.first, kind="COMMITTEE", **how)
    with pytest.raises(ValidationError, match="不能设在"):
        change_organization(organization=cast.county, kind="GENERAL_BRANCH", level=60, **how)


@pytest.mark.parametrize(
    ("what", "where", "words"),
    [
        ("town", "first", "自己或自己的下级"),
        ("town", "town", "自己或自己的下级"),
        ("city", "county", "最上一级"),
        ("first", "town", "已经隶属于"),
        ("first", "second", "不能设在"),
    ],
)
def test_moves_that_cannot_be(cast, how, what, where, words):
    with pytest.raises(ValidationError, match=words):
        move_organization(organization=getattr(cast, what), new_parent=getattr(cast, where), **how)


def test_a_move_is_not_earlier_than_founding_and_not_in_the_future(cast, how):
    for day in (date(2001, 6, 30), date(2026, 11, 21)):
        with pytest.raises(ValidationError):
            move_organization(organization=cast.first, new_parent=cast.county, **how | {"effective_on": day})


def test_moving_needs_the_right_at_both_ends(cast, how):
    user = employ("officer", "县管", (cast.county, Post.ADMINISTRATOR))
    county_only = Actor(user=user, appointment=user.appointments.get(), today=TODAY)
    with pytest.raises(PermissionDenied):
        move_organization(
            organization=cast.first, new_parent=cast.office_committee, **how | {"actor": county_only}
        )


def test_moving_marks_both_parents(cast, how):
    move_organization(organization=cast.first, new_parent=cast.county, **how)
    event = OrganizationEvent.objects.get(kind="MOVED")
    assert (event.from_parent, event.to_organization, event.happened_on) == (cast.town, cast.county, DAY)
    marked = set(DirtyMark.objects.filter(period=202611).values_list("organization", flat=True))
    assert marked == {cast.first.pk, cast.town.pk, cast.county.pk}


def test_merging_passes_members_and_groups_on_and_ends_appointments(cast, wu, how):
    group = create_organization(
        actor=wu, now=NOW, parent=cast.second, name="第一小组", kind="GROUP", founded_on=date(2025, 1, 1)
    )
    Membership.objects.filter(organization=cast.second).update(group=group)
    into = merge_organizations(sources=[cast.second], into=cast.first, **how)
    cast.second.refresh_from_db()
    group.refresh_from_db()
    assert (cast.second.dissolved_on, cast.second.merged_into, group.parent) == (DAY, into, into)
    wang = cast.people["wang"].member
    wang.refresh_from_db()
    assert wang.organization == into
    assert wang.history.latest("history_id").history_change_reason == "批复"
    assert list(
        wang.memberships.order_by("pk").values_list("organization", "group", "starts_on", "ends_on")
    ) == [
        (cast.second.pk, group.pk, date(2015, 7, 1), DAY),
        (into.pk, group.pk, DAY, None),
    ]
    assert Appointment.objects.get(user=cast.people["wang"]).ends_on == DAY


def test_merges_that_cannot_be(cast, how):
    for sources, into, words in (
        ([cast.first], cast.first, "并入自己"),
        ([cast.first], cast.town, "不能并入党委"),
        ([cast.county], cast.town, "自己的下级"),
        ([cast.city], cast.county, "最上一级"),
    ):
        with pytest.raises(ValidationError, match=words):
            merge_organizations(sources=sources, into=into, **how)


def test_committees_merge_with_all_their_branches(cast, wu, how):
    other = create_organization(
        actor=wu,
        now=NOW,
        parent=cast.county,
        name="柳西镇党委",
        kind="COMMITTEE",
        level=50,
        founded_on=date(2010, 1, 1),
    )
    merge_organizations(sources=[cast.town], into=other, **how)
    assert set(other.children.all()) == {cast.first, cast.second}
    assert cast.people["li"].appointments.get().ends_on is None
    assert cast.people["zhao"].appointments.get().ends_on == DAY


def test_dissolving_asks_for_the_members_first(cast, how):
    with pytest.raises(ValidationError, match="还有3名党员"):
        dissolve_organization(organization=cast.second, **how)
    with pytest.raises(ValidationError, match="之下还有2个党组织"):
        dissolve_organization(organization=cast.town, **how)
    dissolve_organization(organization=cast.second, members_to=cast.first, **how)
    assert Membership.objects.filter(organization=cast.first, starts_on=DAY).count() == 3
    with pytest.raises(ValidationError, match="已于2026年06月01日撤销"):
        change_organization(organization=cast.second, short_name="无", **how)


def test_a_group_ends_and_its_members_stay_in_the_branch(cast, wu, how):
    group = create_organization(
        actor=wu, now=NOW, parent=cast.second, name="小组", kind="GROUP", founded_on=DAY
    )
    Membership.objects.filter(organization=cast.second).update(group=group)
    dissolve_organization(organization=group, **how | {"effective_on": date(2026, 9, 1)})
    current = Membership.objects.filter(organization=cast.second, ends_on__isnull=True)
    assert set(current.values_list("group", "starts_on")) == {(None, date(2026, 9, 1))}
    assert Membership.objects.filter(group=group, ends_on=date(2026, 9, 1)).count() == 3
