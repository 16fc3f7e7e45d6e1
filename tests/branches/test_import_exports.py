"""What goes out comes back the same, says who took it, and runs nowhere."""

from datetime import UTC, date, datetime
from io import BytesIO

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from branches.access import Actor
from branches.actions.exports import export_file, export_wrong_rows
from branches.actions.imports import check_import, upload_import
from branches.choices import Gender, ImportKind, Level, MemberCategory, OrganizationKind, Sector, Standing
from branches.exports import write_organizations, write_roster
from branches.fields import blind_index
from branches.identity import normalize_cell
from branches.imports.plans import plan_organizations, plan_roster
from branches.models import AuditEntry, Member, Organization
from tests.conftest import enrol, plant
from tests.import_sheets import id_number, person, roster_file

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
MARK = "导出：赵勇（zhao）2026-11-22 10:00"
pytestmark = pytest.mark.django_db


def acting(cast, who) -> Actor:
    user = cast.people[who]
    return Actor(user=user, appointment=user.appointments.select_related("organization").get(), today=TODAY)


def exported_roster(organization, **options):
    stream = BytesIO()
    options.setdefault("with_id_numbers", True)
    write_roster(stream, organization, mark=MARK, day=TODAY, **options)
    stream.seek(0)
    return stream


def differences(stream, organization):
    steps = plan_roster(stream, "导出.xlsx", scope=organization, today=TODAY).steps()
    return [
        (
            step.number,
            step.state,
            [each.as_list() for each in step.changes],
            [each.kind for each in step.errors],
        )
        for step in steps
        if step.state != "UNCHANGED"
    ]


#: What a form may have stored; a workbook holds no control characters.
text = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufffe\uffff"), max_size=20
)
names = st.text(st.sampled_from("甲乙丙欧阳·a '-=+@（）１"), min_size=1, max_size=6).filter(str.strip)
days = st.dates(date(1901, 1, 1), TODAY)
serials = st.integers(0, 98)


@st.composite
def stored_members(draw):
    born_on = draw(st.dates(date(1930, 1, 1), date(2000, 1, 1)))
    return {
        "name": draw(names),
        "id_number": draw(st.sampled_from(["", "number"])) and id_number(draw(serials), born_on),
        "gender": draw(st.sampled_from(["", *Gender.values])),
        "ethnicity": draw(text),
        "born_on": draw(st.none() | days),
        "education": draw(text),
        "category": draw(st.sampled_from(MemberCategory.values)),
        "joined_on": draw(st.none() | days),
        "full_on": draw(st.none() | days),
        "occupation": draw(text),
        "mobile": draw(text),
        "landline": draw(text),
        "address": draw(text),
        "standing": draw(st.sampled_from(Standing.values)),
        "is_lost": draw(st.booleans()),
        "lost_on": draw(st.none() | days),
        "is_floating": draw(st.booleans()),
        "floating_to": draw(text),
    }


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        stored_members(),
        min_size=1,
        max_size=4,
        unique_by=(lambda each: each["name"], lambda each: each["id_number"] or each["name"]),
    )
)
@pytest.mark.parametrize("with_id_numbers", [True, False])
def test_an_exported_roster_comes_back_unchanged(cast, with_id_numbers, rows):
    branch = plant(
        f"x{Organization.objects.count()}",
        f"第{Organization.objects.count()}支部",
        "BRANCH",
        Level.BRANCH,
        cast.town,
    )
    for values in rows:
        if Member.objects.filter(id_number_index=blind_index(values["id_number"]) or None).exists():
            values["id_number"] = ""
        Member.objects.create(
            organization=branch, id_number_index=blind_index(values["id_number"]) or None, **values
        )
    wrong = [
        each
        for each in differences(exported_roster(branch, with_id_numbers=with_id_numbers), branch)
        # A stored contradiction between two dates is still one; nothing would be written.
        if each[2] or set(each[3]) - {"full_before_join", "female_with_odd_id", "male_with_even_id"}
    ]
    assert wrong == []


def test_the_cast_comes_back_unchanged_with_and_without_numbers(cast):
    member = Member.objects.get(name="李明")
    number = id_number(1, date(1980, 1, 1))
    Member.objects.filter(pk=member.pk).update(id_number=number, id_number_index=blind_index(number))
    assert differences(exported_roster(cast.town), cast.town) == []
    masked = exported_roster(cast.town, with_id_numbers=False)
    assert differences(masked, cast.town) == []
    sheet = openpyxl.load_workbook(masked).active
    shown = {cell.value for cell in sheet["D"]}
    assert "710000********" + number[14:] in shown
    assert number not in shown


def test_branches_of_one_name_are_written_as_codes(cast):
    third = plant("01010103", "第一支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
    enrol("郑三", third)
    assert differences(exported_roster(cast.town), cast.town) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=text.filter(normalize_cell),
    unit=text,
    sector=st.sampled_from(Sector.values),
    founded=st.none() | days,
    due=st.none() | days,
)
def test_exported_organizations_come_back_unchanged(cast, name, unit, sector, founded, due):
    branch = Organization.objects.get(pk=cast.second.pk)
    branch.name, branch.unit_name, branch.sector = name, unit, sector
    branch.founded_on, branch.election_due_on = founded, due
    branch.save()
    stream = BytesIO()
    write_organizations(stream, cast.city, mark=MARK, day=TODAY)
    stream.seek(0)
    plan = plan_organizations(stream, "导出.xlsx", scope=cast.city, today=TODAY)
    changed = [
        (step.number, [each.as_list() for each in step.changes], [each.kind for each in step.errors])
        for step in plan.steps()
        if step.state != "UNCHANGED"
    ]
    assert changed == []


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x","y")', "+1+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"]
)
def test_nothing_that_goes_out_is_a_formula(cast, text):
    Member.objects.filter(name="李明").update(address=text)
    stream = exported_roster(cast.town)
    cells = [cell for row in openpyxl.load_workbook(stream).active for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert "'" + text in {cell.value for cell in cells}
    assert differences(stream, cast.town) == []


def test_the_national_layout_and_the_mark(cast):
    sheet = openpyxl.load_workbook(exported_roster(cast.town)).active
    assert sheet["A1"].value == "柳汀镇党委党员基本信息汇总表"
    assert [cell.value for cell in sheet[3]][:4] == ["序号", "姓名", "所在党支部", "公民身份证号"]
    assert len(sheet[3]) == 20
    assert sheet["A5"].value == 1
    assert sheet.cell(sheet.max_row, 1).value.startswith("填表说明")
    assert MARK in sheet.cell(sheet.max_row, 1).value
    assert MARK in sheet.oddFooter.left.text


def test_full_numbers_take_the_right_and_a_reason_and_every_export_is_on_record(cast):
    options = {"organization": cast.town, "kind": ImportKind.ROSTER, "now": NOW}
    file, name = export_file(actor=acting(cast, "zhao"), **options)
    assert name == "柳汀镇党委党员名册20261122.xlsx"
    assert file.read(2) == b"PK"
    assert AuditEntry.objects.get(event="导出党员名册").summary == "柳汀镇党委：13 人，身份证号打码"
    with pytest.raises(ValidationError, match="须填写事由"):
        export_file(actor=acting(cast, "zhao"), with_id_numbers=True, reason=" ", **options)
    export_file(actor=acting(cast, "zhao"), with_id_numbers=True, reason="年报核对", **options)
    assert "完整身份证号；事由：年报核对" in AuditEntry.objects.filter(event="导出党员名册").first().summary
    with pytest.raises(PermissionDenied):
        export_file(actor=acting(cast, "wu"), with_id_numbers=True, reason="年报核对", **options)
    with pytest.raises(PermissionDenied):
        export_file(actor=acting(cast, "li"), **options | {"organization": cast.first})
    with pytest.raises(PermissionDenied):
        export_file(actor=acting(cast, "zhao"), **options | {"organization": cast.county})


def test_a_large_roster_is_exported_in_few_queries(cast, django_assert_max_num_queries):
    for number in range(40):
        enrol(f"王{chr(0x4E00 + number)}", cast.first)
    with django_assert_max_num_queries(4):
        exported_roster(cast.town)


def test_the_wrong_rows_come_with_what_is_wrong_and_can_be_mended_there(cast):
    rows = [person(1, "第一支部"), person(2, "第九支部"), person(4, "第一支部", 手机号=" １９９76075057 ")]
    job = upload_import(
        actor=acting(cast, "zhao"),
        organization=cast.town,
        kind=ImportKind.ROSTER,
        upload=SimpleUploadedFile("名册.xlsx", roster_file(rows).getvalue()),
        now=NOW,
    )
    check_import(job=job, now=NOW)
    job.refresh_from_db()
    file, name = export_wrong_rows(actor=acting(cast, "zhao"), job=job, now=NOW)
    assert name == "错误行-名册.xlsx"
    book = openpyxl.load_workbook(file)
    sheet = book.active
    assert sheet.max_row == 3
    assert sheet.cell(1, sheet.max_column).value == "错误说明"
    assert sheet.cell(2, sheet.max_column).value.startswith("原第 6 行：【所在党支部】没有名为“第九支部”")
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if cell.value == "第九支部":
                cell.value = "第一支部"
            if cell.value == " １９９76075057 ":
                cell.value = "19976075057"
    mended = BytesIO()
    book.save(mended)
    mended.seek(0)
    steps = plan_roster(mended, "错误行.xlsx", scope=cast.town, today=TODAY).steps()
    assert [step.state for step in steps] == ["NEW", "NEW"]
