"""Each row of a roster: every kind of mistake is found where it is, and no right row is flagged."""

from datetime import date

import pytest

from branches.choices import MemberCategory, Standing
from branches.fields import blind_index
from branches.imports import roster
from branches.imports.plans import plan_roster
from branches.imports.problems import KINDS
from branches.imports.spreadsheet import read_table
from branches.models import Member
from tests.conftest import enrol
from tests.import_sheets import id_number, person, roster_file

TODAY = date(2026, 11, 22)
BRANCH = "第一支部"


def judged(*people, change=None):
    table = read_table(roster_file(list(people), change=change), "名册.xlsx", roster.LAYOUT)
    return roster.read_roster(table, TODAY)


def found(*people, change=None, severity="error"):
    """(row, heading, kind) of the problems of the rows, without the database."""
    lines = judged(*people, change=change)
    problems = [each for line in lines for each in line.problems if each.severity == severity]
    assert all(each.kind in KINDS and each.message.endswith("。") for each in problems)
    return [(each.row, each.column, each.kind) for each in problems]


def steps(people, scope, **options):
    return plan_roster(roster_file(people), "名册.xlsx", scope=scope, today=TODAY, **options).steps()


def kinds(step):
    return [each.kind for each in step.errors]


def test_a_right_row_has_no_problem():
    lines = judged(*(person(number, BRANCH) for number in range(60)))
    assert [each for line in lines for each in line.problems] == []
    assert lines[1].values["mobile"] == "19900000001"
    assert lines[1].values["category"] == MemberCategory.FULL
    assert lines[1].values["is_lost"] is False
    assert "landline" not in lines[1].values


@pytest.mark.parametrize(
    ("heading", "value", "kind"),
    [
        ("姓名", None, "blank_name"),
        ("姓名", "   ", "blank_name"),
        ("姓名", "王1", "bad_name"),
        ("姓名", "吴 定安", "spaces_and_full_width_digits"),
        ("所在党支部", None, "blank_branch"),
        ("公民身份证号", 710000196002070112.0, "id_as_a_number"),
        ("公民身份证号", "7.10000196002E+17", "id_as_a_number"),
        ("公民身份证号", "71000019600207011", "bad_id"),
        ("公民身份证号", "710000196002300119", "bad_id"),
        ("公民身份证号", id_number(1, date(1960, 2, 7))[:-1] + "3", "bad_checksum"),
        ("性别", "女", "female_with_odd_id"),
        ("性别", "男性", "unknown_word"),
        ("出生日期", 31234, "date_as_a_number"),
        ("出生日期", "1960年02月30日", "impossible_date"),
        ("出生日期", "2月7日", "bad_date"),
        ("加入党组织日期", "2001年02月30日", "impossible_date"),
        ("加入党组织日期", "2026年11月23日", "future_date"),
        ("转为正式党员日期", "1950年01月01日", "full_before_join"),
        ("学历", "研究生（在读）", "trailing_note_in_a_cell"),
        ("人员类别", "党员", "unknown_word"),
        ("手机号", " １９９76075057 ", "spaces_and_full_width_digits"),
        ("手机号", "#REF!", "cell_error"),
        ("家庭住址", '=HYPERLINK("#A1","点我")', "formula"),
        ("家庭住址", "路" * 201, "too_long"),
        ("是否为失联党员", "不清楚", "unknown_word"),
    ],
)
def test_each_kind_of_mistake_is_found_in_its_cell_and_alone(heading, value, kind):
    assert found(person(2, BRANCH), person(1, BRANCH, **{heading: value})) == [(6, heading, kind)]


def test_a_man_with_an_even_number():
    row = person(3, BRANCH)
    assert row["性别"] == "女"
    assert found(row | {"性别": "男"}) == [(5, "性别", "male_with_even_id")]


def test_joined_and_full_on_one_day_is_right_only_in_the_years_without_probation():
    old = {"出生日期": "1950年01月01日", "公民身份证号": id_number(7, date(1950, 1, 1))}

    def on(day):
        return person(1, BRANCH, **old, 加入党组织日期=day, 转为正式党员日期=day)

    assert found(on("1969年04月01日")) == []
    assert found(on("1977年08月11日")) == []
    assert found(on("1977年08月12日")) == [(5, "转为正式党员日期", "full_before_join")]
    assert found(on("1969年03月31日")) == [(5, "转为正式党员日期", "full_before_join")]


def test_a_copied_id_number_is_told_from_its_owners():
    """The one whose birth date and gender agree with the number keeps it, wherever the rows stand."""
    owner = person(1, BRANCH)
    thief = person(2, BRANCH, 公民身份证号=owner["公民身份证号"])
    assert found(thief, owner) == [(5, "公民身份证号", "duplicate_id")]
    assert found(owner, thief) == [(6, "公民身份证号", "duplicate_id")]
    assert found(owner, dict(owner)) == [(6, "公民身份证号", "duplicate_id")]
    assert found(thief, dict(thief)) == [
        (5, "公民身份证号", "duplicate_id"),
        (6, "公民身份证号", "duplicate_id"),
    ]


def test_doubts_are_warnings():
    assert found(person(1, BRANCH, 手机号="12345"), severity="warning") == [(5, "手机号", "doubtful_phone")]
    assert found(person(1, BRANCH, 手机号=None), severity="warning") == [(5, "手机号", "no_phone")]
    lost = {"是否为失联党员": "是", "失去联系日期": "2025年03月"}
    assert found(person(1, BRANCH, **lost), severity="warning") == [(5, "失去联系日期", "day_missing")]
    assert found(person(1, BRANCH, 出生日期="1960年02月08日"), severity="warning") == [
        (5, "出生日期", "birth_differs_from_id")
    ]
    assert found(person(1, BRANCH, **lost | {"出生日期": "1960年02月08日"})) == []


def test_dates_in_cells_of_dates_are_read():
    (line,) = judged(person(1, BRANCH, 加入党组织日期=date(1990, 5, 6)))
    assert line.values["joined_on"] == date(1990, 5, 6)


def test_merged_cells_and_formulas_are_reported_once():
    def spoil(sheet):
        sheet.merge_cells("C5:C6")
        sheet["O6"] = "=1+1"

    assert found(person(1, BRANCH), person(2, BRANCH), change=spoil) == [
        (5, "所在党支部", "merged_cell"),
        (6, "家庭住址", "formula"),
        (6, "所在党支部", "merged_cell"),
    ]


def test_no_message_holds_a_full_id_number():
    number = id_number(1, date(1960, 2, 7))
    lines = judged(
        person(1, BRANCH, 公民身份证号=f" {number} "),
        person(2, BRANCH, 公民身份证号=f"{number}（待核）"),
        person(4, BRANCH, 公民身份证号=number[:-1] + "3"),
    )
    told = "".join(f"{each.message}{each.proposal}" for line in lines for each in line.problems)
    assert len([each for line in lines for each in line.problems]) >= 3
    assert number not in told
    assert number[6:14] not in told


def test_branches_are_found_inside_the_scope_only(cast):
    rows = [
        person(1, "第一支部"),
        person(2, cast.second.code),
        person(4, "机关第一支部"),
        person(5, "第九支部"),
        person(7, "柳汀镇党委"),
    ]
    assert [kinds(step) for step in steps(rows, cast.town)] == [
        [],
        [],
        ["outside_scope"],
        ["unknown_branch"],
        ["unknown_branch"],
    ]
    assert [kinds(step) for step in steps(rows, None)][2] == []


def test_a_branch_that_is_dissolved_takes_nobody(cast):
    cast.second.dissolved_on = date(2026, 1, 1)
    cast.second.save()
    assert kinds(steps([person(1, "第二支部")], cast.town)[0]) == ["dissolved"]


def test_two_branches_of_one_name_need_a_code(cast):
    cast.second.name = "第一支部"
    cast.second.save()
    first, second = steps([person(1, "第一支部"), person(2, "01010102")], cast.town)
    assert kinds(first) == ["ambiguous_branch"]
    assert second.values["organization_id"] == cast.second.pk


def stored(serial, branch, **changes):
    """A member as importing `person(serial)` leaves them."""
    row = person(serial, branch.name)
    member = enrol(row["姓名"], branch, since=None, **changes)
    Member.objects.filter(pk=member.pk).update(
        id_number=row["公民身份证号"], id_number_index=blind_index(row["公民身份证号"])
    )
    return member


def test_somebody_registered_elsewhere_is_not_moved(cast):
    stored(1, cast.second)
    stored(2, cast.office_branch)
    near, far = steps([person(1, "第一支部"), person(2, "第一支部")], cast.town)
    assert kinds(near) == kinds(far) == ["registered_elsewhere"]
    assert "第二支部" in near.errors[0].message
    assert "机关第一支部" not in far.errors[0].message


def test_changes_are_listed_field_by_field_and_blanks_keep_what_is_stored(cast):
    member = stored(1, cast.first, address="旧路1号", education="大专", landline="0571-88886666")
    (step,) = steps([person(1, "第一支部", 学历=None)], cast.town)
    changes = {each.field: (each.before, each.after) for each in step.changes}
    assert step.state == "CHANGED"
    assert step.target == member.pk
    assert changes["address"] == ("旧路1号", "幸福路1号")
    assert not {"education", "landline", "name", "id_number"} & set(changes)
    assert [change.as_list() for change in step.changes if change.field == "gender"] == [["性别", "", "男"]]


def test_no_longer_lost_clears_the_day(cast):
    stored(1, cast.first, is_lost=True, lost_on=date(2025, 3, 1))
    (step,) = steps([person(1, "第一支部")], cast.town)
    assert {each.field: each.after for each in step.changes}["lost_on"] is None


def test_another_name_under_a_known_number_is_a_warning(cast):
    member = stored(1, cast.first)
    Member.objects.filter(pk=member.pk).update(name="别人")
    (step,) = steps([person(1, "第一支部")], cast.town)
    assert [each.kind for each in step.warnings] == ["name_differs"]


def test_a_member_without_number_gets_it(cast):
    row = person(1, "第一支部")
    member = enrol(row["姓名"], cast.first)
    (step,) = steps([row], cast.town)
    assert step.target == member.pk
    assert ["公民身份证号", "", row["公民身份证号"][:6] + "********" + row["公民身份证号"][14:]] in [
        each.as_list() for each in step.changes
    ]


def test_a_row_without_number_is_a_known_namesake_or_wrong(cast):
    known, unknown = steps(
        [person(1, "第一支部", 姓名="李明", 公民身份证号=None), person(2, "第一支部", 公民身份证号=None)],
        cast.town,
    )
    assert known.target is not None
    assert kinds(known) == []
    assert kinds(unknown) == ["blank_id"]


def test_a_masked_number_finds_its_member(cast):
    member = stored(1, cast.first)
    masked = person(1, "第一支部")["公民身份证号"][:6] + "********" + person(1, "")["公民身份证号"][14:]
    first, second, third = steps(
        [
            person(1, "第一支部", 公民身份证号=masked),
            person(2, "第一支部", 公民身份证号=masked),
            person(1, "第一支部"),
        ],
        cast.town,
    )
    assert first.target == member.pk
    assert kinds(first) == []
    assert kinds(second) == ["masked_id_unmatched"]
    assert kinds(third) == ["duplicate_id"]


def test_what_is_stored_is_no_mistake_of_the_file(cast):
    stored(1, cast.first, education="大学（在读）", mobile="１３８", address=" 甲 路 ")
    rows = [person(1, "第一支部", 学历="大学（在读）", 手机号="１３８", 家庭住址=" 甲 路 ")]
    (step,) = steps(rows, cast.town)
    assert kinds(step) == []
    assert not {"education", "mobile", "address"} & {each.field for each in step.changes}


def test_certain_corrections_are_taken_when_accepted(cast):
    rows = [person(1, "第一支部", 手机号=" １９９76075057 "), person(2, "第一支部", 学历="大专（函授）")]
    strict = steps(rows, cast.town)
    assert [step.state for step in strict] == ["WRONG", "WRONG"]
    kind = steps(rows, cast.town, accepts_corrections=True)
    assert [step.state for step in kind] == ["NEW", "WRONG"]
    assert kind[0].values["mobile"] == "19976075057"


def test_a_new_member_needs_a_category_and_gets_the_rest_from_the_number(cast):
    no_category, sparse = steps(
        [person(1, "第一支部", 人员类别=None), person(2, "第一支部", 性别=None, 出生日期=None)], cast.town
    )
    assert kinds(no_category) == ["blank_category"]
    assert sparse.values["gender"] == "MALE"
    assert sparse.values["born_on"].isoformat() == "1960-03-15"
    assert sparse.values["standing"] == Standing.NORMAL


def test_a_large_roster_is_compared_in_few_queries(cast, django_assert_max_num_queries):
    people = [person(number, "第一支部", 姓名=f"王{chr(0x4E00 + number)}") for number in range(300)]
    with django_assert_max_num_queries(4):
        assert len(steps(people, cast.town)) == 300
