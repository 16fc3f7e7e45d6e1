"""A duty on its way: issued by the city's administrator, recorded by the branch, returned once, accepted by the township."""

import pytest
from django.utils import timezone

from accountability.actions.starters import load_duty_starters
from accountability.choices import RecordStatus
from accountability.models import DutyList, DutyRecord, DutyTemplate

from .conftest import DESKTOP, PHONE


@pytest.fixture
def template(cast):
    load_duty_starters(year=timezone.localdate().year)
    return DutyTemplate.objects.get(code="BRANCH")


def test_a_duty_list_is_issued_recorded_and_accepted(cast, template, open_as, assert_accessible):
    page = open_as("wu", "/configuration/", viewport=DESKTOP)
    page.get_by_role("link", name="查看与编辑清单模板").click()
    page.get_by_role("row", name=template.title).get_by_role("link", name="下发").click()
    page.get_by_label("下发范围").select_option(label="望川县委")
    # The effect follows the choice at once, without a button.
    page.get_by_role("button", name="下发全部 2 份").wait_for()
    assert_accessible(page)
    page.get_by_role("checkbox", name="第一支部").check()
    assert "已选 1 条" in page.locator("[data-bulk-bar]").inner_text()
    page.get_by_label("选择全部 2 条匹配").check()
    page.get_by_role("button", name="下发所选").click()
    page.get_by_text("将下发 2 份清单").wait_for()
    assert DutyList.objects.count() == 0
    page.get_by_role("button", name="下发 2 份").dblclick()
    page.get_by_text("已下发 2/2份").wait_for()
    assert_accessible(page)
    duty_list = DutyList.objects.get(organization=cast.first)

    page = open_as("li", f"/organizations/{cast.first.pk}/duties/", viewport=PHONE)
    page.get_by_role("link", name=duty_list.title).click()
    page.get_by_role("button", name="签收").click()
    page.locator(".facts", has_text="李明").first.wait_for()
    record = DutyRecord.objects.filter(duty__heading="联系服务群众").order_by("due_on").first()
    page.locator(f"a[href='/duty-records/{record.pk}/']").click()
    page.get_by_role("link", name="填写履责纪实").click()
    page.get_by_label("完成日期").fill(timezone.localdate().isoformat())
    page.get_by_label("履责情况").fill("走访独居老人三户，帮助办好医保手续，还有一户下周再去。")
    assert_accessible(page)
    page.get_by_role("button", name="提交", exact=True).dblclick()
    page.get_by_text("待审核").first.wait_for()

    reviewer = open_as("zhao", "/todo/", viewport=DESKTOP)
    reviewer.get_by_role("link", name="去审核").click()
    reviewer.get_by_role("link", name="联系服务群众").click()
    reviewer.get_by_label("说明").fill("请写明那一户的困难。")
    assert_accessible(reviewer)
    reviewer.get_by_role("button", name="退回").click()
    reviewer.get_by_text("已退回").first.wait_for()

    page.goto("/todo/")
    page.locator(".task-alert", has_text="请写明那一户的困难。").get_by_role(
        "link", name="修改后重新提交"
    ).click()
    assert "请写明那一户的困难。" in page.get_by_role("note").inner_text()
    page.get_by_label("履责情况").fill("走访独居老人三户，帮助办好医保手续；行动不便的一户下周上门。")
    page.get_by_role("button", name="提交", exact=True).click()
    page.get_by_text("待审核").first.wait_for()

    reviewer.goto(f"/organizations/{cast.town.pk}/duty-reviews/")
    reviewer.get_by_role("checkbox", name="选择第一支部联系服务群众").check()
    assert "已选 1 条" in reviewer.locator("[data-bulk-bar]").inner_text()
    reviewer.get_by_role("button", name="认可所选").click()
    reviewer.get_by_text("将认可 1 份履责纪实").wait_for()
    reviewer.get_by_role("button", name="认可 1 份").dblclick()
    reviewer.get_by_text("已认可1份").wait_for()
    record.refresh_from_db()
    assert record.status == RecordStatus.ACCEPTED
