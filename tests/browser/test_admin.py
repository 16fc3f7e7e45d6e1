"""What the administrator keeps: a rule, an organisation, a roster; each is shown before it happens."""

from django.utils import timezone

from branches.actions.cadence import load_cadence_starters
from branches.models import CadenceRule, Member, Organization
from tests.import_sheets import person, roster_file

from .conftest import DESKTOP, PHONE


def test_a_rule_is_changed_after_its_effect_was_shown(cast, open_as, assert_accessible):
    load_cadence_starters()
    page = open_as("wu", "/configuration/", viewport=DESKTOP)
    page.get_by_role("link", name="查看与调整").first.click()
    page.get_by_role("row", name="CAD-06").get_by_role("link", name="调整").click()
    page.get_by_label("至少").fill("2")
    page.get_by_label("调整原因").fill("市委组织部通知")
    page.get_by_role("button", name="查看影响范围").click()
    page.get_by_role("heading", name="影响范围").wait_for()
    effect = page.get_by_role("region", name="影响范围").inner_text()
    assert "3个党组织" in effect
    assert "由36次变为72次" in effect
    assert "第一支部" in effect
    assert CadenceRule.objects.filter(code="CAD-06").count() == 1
    assert_accessible(page)
    page.get_by_role("button", name="确认，自").click()
    page.get_by_text("此前月份不受影响").wait_for()
    assert sorted(CadenceRule.objects.filter(code="CAD-06").values_list("at_least", flat=True)) == [1, 2]
    assert page.get_by_role("row", name="CAD-06").get_by_role("button", name="撤销调整").is_visible()


def test_an_organisation_is_founded_after_a_preview(cast, open_as, assert_accessible):
    page = open_as("wu", f"/organizations/{cast.town.pk}/", viewport=PHONE)
    page.get_by_role("button", name="管理").click()
    page.get_by_role("link", name="设立下级").click()
    page.get_by_label("组织全称").fill("柳汀镇第三支部")
    page.get_by_label("组织类别").select_option(label="党支部")
    page.get_by_label("成立日期").fill(timezone.localdate().isoformat())
    page.get_by_label("原因或批复文号").fill("柳汀党发〔2026〕3号")
    page.get_by_role("button", name="下一步：预览").click()
    page.get_by_role("heading", name="设立党组织").wait_for()
    assert not Organization.objects.filter(name="柳汀镇第三支部").exists()
    assert_accessible(page)
    page.get_by_role("button", name="确认设立").dblclick()
    page.get_by_text("已设立“柳汀镇第三支部”").wait_for()
    assert Organization.objects.get(name="柳汀镇第三支部").parent == cast.town


def test_a_roster_with_a_wrong_row_goes_in_without_it(cast, open_as, assert_accessible, tmp_path):
    sheet = tmp_path / "名册.xlsx"
    people = [person(1, "第一支部"), person(2, "第二支部"), person(9, "第九支部")]
    sheet.write_bytes(roster_file(people).getvalue())
    before = Member.objects.count()
    page = open_as("wu", f"/organizations/{cast.town.pk}/", viewport=DESKTOP)
    page.goto(f"/organizations/{cast.town.pk}/imports/")
    page.get_by_role("radio", name="党员名册").first.check()
    page.get_by_label("文件").set_input_files(sheet)
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_text("有错误 1", exact=True).first.wait_for()
    row = page.get_by_role("row", name="第九支部")
    assert "C7" in row.inner_text()
    assert "没有名为“第九支部”的党支部" in row.inner_text()
    assert Member.objects.count() == before
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="下载有错误的 1 行").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.get_by_role("button", name="仅导入正确的 2 行").click()
    page.get_by_text("已导入：新增 2，变更 0，略过有错误的 1 行").wait_for()
    assert Member.objects.count() == before + 2
