"""Each row of a sheet of organisations, and how the tree stands once it is applied."""

from datetime import date

import pytest
from django.utils import timezone

from branches.actions.import_rows import apply_organizations
from branches.choices import Chain, EventKind, Level, OrganizationKind, RowState, Sector
from branches.imports.organizations import layout_of, short_name_of
from branches.imports.plans import plan_organizations
from branches.models import DirtyMark, Organization, OrganizationEvent, Placement
from tests.import_sheets import csv_file, organizations_file

TODAY = date(2026, 11, 22)
VILLAGE = [
    "0101010",
    "中共柳汀镇新民村支部委员会",
    "010101",
    "党支部",
    "支部",
    "新民村村民委员会",
    "村",
    date(2003, 5, 20),
    None,
]
pytestmark = pytest.mark.django_db


def planned(rows, scope=None, **options):
    options.setdefault("is_shell", scope is None)
    return plan_organizations(organizations_file(rows), "组织.xlsx", scope=scope, today=TODAY, **options)


def kinds(plan):
    return [[each.kind for each in step.errors] for step in plan.steps()]


def apply(plan):
    steps = list(plan.steps())
    assert not [each for step in steps for each in step.errors]
    return apply_organizations(
        plan=plan,
        steps=steps,
        author=None,
        reason="导入 组织.xlsx",
        now=timezone.now(),
        progress=lambda percent: None,
    )


def row(code, name, parent, kind="党支部", level="支部", unit="", sector="村", founded=None, due=None):
    return [code, name, parent, kind, level, unit, sector, founded, due]


COUNTY = [
    row("5", "中共望川县委员会", "", "党委", "县级", sector="机关"),
    row("5W", "中共望川县委县级机关工作委员会", "5", "工委", "县级", sector="机关"),
    row("5W1", "中共望川县农业局党组", "5W", "党组", "部门", sector="机关"),
    row("5W1J", "中共望川县农业局机关委员会", "5W1", "机关党委", "部门", sector="机关"),
    row("5W1J1", "中共望川县农业局机关第一支部", "5W1J", sector="机关"),
    row("501", "中共望川县青陌镇委员会", "5", "党委", "乡镇", sector="机关"),
    row("50101", "中共青陌镇新民村支部委员会", "501", founded=date(2003, 5, 20), due=date(2026, 5, 20)),
    row("50190", "中共青陌镇社区总支部委员会", "501", "党总支", "总支", sector="社区"),
    row("5019001", "中共青陌镇社区第一党支部", "50190", sector="社区"),
]


def test_a_county_is_planted_whole_whatever_the_order_of_its_rows():
    assert apply(planned(list(reversed(COUNTY)))) == {"new": 9, "changed": 0}
    nodes = {node.code: node for node in Organization.objects.select_related("parent")}
    assert Organization.objects.find_problems() == ([], [], [], [], [])
    assert nodes["5"].parent is None
    assert (nodes["5W"].level, nodes["5W"].chain) == (Level.OFFICE_WORK_COMMITTEE, Chain.OFFICE)
    assert (nodes["5W1"].level, nodes["5W1J"].level) == (Level.DEPARTMENT, Level.OFFICE_COMMITTEE)
    assert nodes["5W1J1"].chain == Chain.OFFICE
    village = nodes["50101"]
    assert (village.level, village.chain, village.sector) == (Level.BRANCH, Chain.LOCAL, Sector.RURAL)
    assert village.has_committee
    assert not nodes["5019001"].has_committee
    assert (village.founded_on, village.election_due_on) == (date(2003, 5, 20), date(2026, 5, 20))
    assert village.short_name == "新民村支部"
    assert village.path.startswith(nodes["501"].path)
    assert village.pinyin
    assert nodes["501"].numchild == 2


def test_the_same_file_again_changes_nothing():
    apply(planned(COUNTY))
    before = list(Organization.objects.order_by("pk").values())
    plan = planned(COUNTY)
    assert {step.state for step in plan.steps()} == {RowState.UNCHANGED}
    assert apply(plan) == {"new": 0, "changed": 0}
    assert list(Organization.objects.order_by("pk").values()) == before


def test_every_planted_row_has_its_first_line_of_history(cast):
    apply(planned([VILLAGE]))
    assert Organization.objects.get(code="0101010").history.get().history_change_reason == "导入 组织.xlsx"
    assert DirtyMark.objects.count() == 1


def test_an_empty_tree_is_filled_without_marking_anything_dirty():
    apply(planned(COUNTY))
    assert Organization.history.count() == 9
    assert not DirtyMark.objects.exists()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({0: None}, "blank_code"),
        ({1: None}, "blank_name"),
        ({2: None}, "blank_parent"),
        ({2: "404"}, "unknown_parent"),
        ({2: "0109"}, "outside_scope"),
        ({3: None, 4: None}, "blank_kind"),
        ({3: "党派"}, "unknown_word"),
        ({3: "党小组", 4: "小组"}, "misplaced"),
        ({4: "县级"}, "misplaced"),
        ({6: "乡村"}, "unknown_word"),
        ({7: "2003年02月30日"}, "impossible_date"),
        ({7: 37000}, "date_as_a_number"),
        ({7: date(2027, 1, 1)}, "future_date"),
        ({0: "01010 10"}, None),
        ({0: " 0101010"}, "spaces_and_full_width_digits"),
        ({5: "=1+1"}, "formula"),
    ],
)
def test_each_kind_of_mistake_is_found(cast, changes, kind):
    wrong = list(VILLAGE)
    for position, value in changes.items():
        wrong[position] = value
    assert kinds(planned([wrong], cast.county)) == [[kind] if kind else []]


def test_a_code_that_comes_twice_and_whoever_hangs_below_a_wrong_row(cast):
    rows = [
        row("7", "甲党总支", "010101", "党总支", "总支"),
        row("7", "乙党总支", "010101", "党总支", "总支"),
        row("8", "丙党总支", "404", "党总支", "总支"),
        row("81", "丁支部", "8"),
        row("71", "戊支部", "7"),
    ]
    assert kinds(planned(rows, cast.county)) == [
        [],
        ["duplicate_code"],
        ["unknown_parent"],
        ["wrong_parent"],
        [],
    ]


def test_a_cycle_is_found_and_ends(cast):
    rows = [
        row("a", "甲党委", "b", "党委", "乡镇"),
        row("b", "乙党委", "a", "党委", "乡镇"),
        row("c", "丙", "a"),
    ]
    found = kinds(planned(rows, cast.county))
    assert "parent_cycle" in {kind for each in found for kind in each}
    assert all(found)


def test_a_very_deep_file_does_not_exhaust_the_stack(cast):
    rows = [
        row(f"n{number}", f"第{number}层", f"n{number - 1}", "党委", "乡镇") for number in range(3000, 1, -1)
    ]
    rows.append(row("n1", "第1层", "010101", "党委", "乡镇"))
    assert len(kinds(planned(rows, cast.county))) == 3000


def test_outside_the_scope_nothing_is_touched(cast):
    outside = row("0109", "改名", "01", "工委", "机关工委", sector="机关")
    assert kinds(planned([outside], cast.county)) == [["outside_scope"]]
    assert kinds(planned([outside])) == [[]]


def test_moves_and_other_families_are_not_made_by_import(cast):
    moved = row("01010102", "第二支部", "0101", sector=None)
    turned = row("01010101", "第一支部", "010101", "党委", "乡镇", sector=None)
    assert kinds(planned([moved, turned], cast.city)) == [["moved"], ["misplaced"]]


def test_a_change_keeps_how_it_stood_and_tells_the_story(cast):
    rows = [row("01010102", "第二联合支部", "010101", "联合党支部", "支部", sector="社区")]
    plan = planned(rows, cast.city)
    (step,) = plan.steps()
    assert [change.as_list() for change in step.changes] == [
        ["党组织全称", "第二支部", "第二联合支部"],
        ["组织类别", "党支部", "联合党支部"],
        ["单位类别", "村", "社区"],
    ]
    assert apply(planned(rows, cast.city)) == {"new": 0, "changed": 1}
    branch = Organization.objects.get(code="01010102")
    assert (branch.kind, branch.sector, branch.short_name) == (
        OrganizationKind.JOINT_BRANCH,
        Sector.COMMUNITY,
        "第二联合支部",
    )
    assert branch.history.first().history_change_reason == "导入 组织.xlsx"
    assert Placement.objects.get(organization=branch).kind == OrganizationKind.BRANCH
    assert OrganizationEvent.objects.get(organization=branch).kind == EventKind.CHANGED
    assert not list(next(planned(rows, cast.city).steps()).changes)


def test_divisions_come_by_number_and_levels_may_be_missing():
    lines = [
        ["code", "parent", "name", "level"],
        ["0", "", "全国", "1"],
        ["11", "0", "某市", "2"],
        ["1101", "11", "某区", "4"],
        ["110101", "1101", "某街道", "5"],
        ["11010101", "110101", "幸福ｅ家社区居委会", "6"],
        ["11010102", "110101", "东村村委会", "6"],
    ]
    plan = plan_organizations(
        csv_file(lines),
        "divisions.csv",
        scope=None,
        today=TODAY,
        layout=layout_of({"code": "code", "parent": "parent", "name": "name", "level": "level"}),
        is_shell=True,
    )
    assert apply(plan) == {"new": 6, "changed": 0}
    levels = dict(Organization.objects.values_list("code", "level"))
    assert list(levels.values()) == [
        Level.NATION,
        Level.PROVINCE,
        Level.COUNTY,
        Level.PRIMARY,
        Level.BRANCH,
        Level.BRANCH,
    ]
    assert Organization.objects.get(code="11010101").sector == Sector.COMMUNITY
    assert Organization.objects.get(code="11010102").kind == OrganizationKind.BRANCH


def test_columns_that_do_not_exist_are_said():
    with pytest.raises(ValueError, match="未知的栏目"):
        layout_of({"code": "a", "name": "b", "colour": "c"})
    with pytest.raises(ValueError, match="必须指定"):
        layout_of({"code": "a"})


@pytest.mark.parametrize(
    ("name", "parent", "short"),
    [
        ("中共望川县委员会", "", "望川县委"),
        ("中共望川县委县级机关工作委员会", "中共望川县委员会", "县级机关工委"),
        ("中共望川县青陌镇委员会", "中共望川县委员会", "青陌镇党委"),
        ("中共青陌镇新民村支部委员会", "中共望川县青陌镇委员会", "新民村支部"),
        ("中共青陌镇团结村联合支部委员会", "中共望川县青陌镇委员会", "团结村联合支部"),
        ("中共望川县农业局机关第一支部", "中共望川县农业局机关委员会", "农业局机关第一支部"),
        ("第一支部", "柳汀镇党委", "第一支部"),
    ],
)
def test_short_names(name, parent, short):
    assert short_name_of(name, parent) == short
