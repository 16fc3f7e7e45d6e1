"""The two commands: what they print, what they write, how they end."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from branches.models import AuditEntry, Member, Organization
from tests.import_sheets import csv_file, organizations_file, person, roster_file

pytestmark = pytest.mark.django_db


def run(*arguments):
    """(exit code, what was printed)."""
    out = StringIO()
    try:
        call_command(*(str(each) for each in arguments), stdout=out)
    except SystemExit as leaving:
        return leaving.code, out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def roster(tmp_path):
    def write(*people):
        path = tmp_path / "名册.xlsx"
        path.write_bytes(roster_file(list(people)).getvalue())
        return path

    return write


def test_json_lists_row_column_kind_and_message(cast, roster):
    path = roster(person(1, "第一支部"), person(2, "第九支部"), person(4, "第一支部", 手机号="12"))
    code, out = run("import_roster", path, "--dry-run", "--json")
    report = json.loads(out)
    assert code == 1
    assert report["counts"]["rows"] == 3
    assert (report["counts"]["new"], report["counts"]["wrong"], report["applied"]) == (2, 1, None)
    (error,) = report["errors"]
    assert (error["row"], error["column"], error["kind"], error["cell"]) == (
        6,
        "所在党支部",
        "unknown_branch",
        "C6",
    )
    assert error["message"].startswith("没有名为“第九支部”的党支部")
    assert [each["kind"] for each in report["warnings"]] == ["doubtful_phone"]
    assert not Member.objects.filter(id_number_index__isnull=False).exists()


def test_wrong_rows_stop_the_import_unless_partial(cast, roster):
    path = roster(person(1, "第一支部"), person(2, "第九支部"))
    code, out = run("import_roster", path)
    assert code == 1
    assert "没有写入" in out
    assert not Member.objects.filter(id_number_index__isnull=False).exists()
    code, out = run("import_roster", path, "--partial")
    assert code == 0
    assert "已导入：新增 1，变更 0" in out
    assert AuditEntry.objects.get(event="导入党员名册").appointment == "系统"
    code, out = run("import_roster", path, "--partial")
    assert "已导入：新增 0，变更 0" in out
    assert AuditEntry.objects.filter(event="导入党员名册").count() == 1


def test_under_limits_the_subtree(cast, roster):
    path = roster(person(1, "第一支部"))
    assert run("import_roster", path, "--under", "0109", "--dry-run")[0] == 1
    assert run("import_roster", path, "--under", "0101", "--dry-run")[0] == 0
    with pytest.raises(CommandError, match="没有编码为"):
        run("import_roster", path, "--under", "404")


def test_a_file_that_is_refused(cast, tmp_path):
    path = tmp_path / "名册.xlsx"
    path.write_bytes(b"no workbook")
    code, out = run("import_roster", path, "--json")
    assert code == 1
    assert json.loads(out)["errors"][0]["kind"] == "not_a_workbook"
    with pytest.raises(CommandError, match=r"不是 \.xlsx 表格"):
        run("import_roster", path)
    with pytest.raises(CommandError, match="没有这个文件"):
        run("import_roster", tmp_path / "none.xlsx")


def test_organizations_with_other_headings_below_a_node(cast, tmp_path):
    path = tmp_path / "divisions.csv"
    lines = [["c", "p", "n", "l"], ["9", "", "某镇", "5"], ["91", "9", "某村", "6"]]
    path.write_bytes(csv_file(lines).getvalue())
    code, out = run(
        "import_organizations", path, "--columns", "code=c,parent=p,name=n,level=l", "--under", "0101"
    )
    assert code == 0, out
    assert Organization.objects.get(code="9").parent == cast.county
    assert Organization.objects.get(code="91").parent.code == "9"
    with pytest.raises(CommandError):
        run("import_organizations", path, "--columns", "nonsense")


def test_organizations_dry_run(cast, tmp_path):
    path = tmp_path / "组织.xlsx"
    path.write_bytes(
        organizations_file([["9", "某镇党委", "404", "党委", "乡镇", "", "机关", None, None]]).getvalue()
    )
    code, out = run("import_organizations", path, "--dry-run", "--json")
    assert code == 1
    assert json.loads(out)["errors"][0]["kind"] == "unknown_parent"
