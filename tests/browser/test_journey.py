"""The main job from end to end: a meeting is held, returned, confirmed, and a county walks from its number to it."""

import re

from branches.actions.cadence import load_cadence_starters
from branches.choices import MeetingStatus
from branches.models import Meeting
from branches.periods import Period
from supervision.attenuation.engine import take_readings
from supervision.tasks import refresh_dirty_readings

from .conftest import DESKTOP, PHONE, just_held

NOTE = "请补写讨论情况，写明谁负责。"


def test_from_the_branch_to_the_county_and_back_down(cast, open_as, assert_accessible):
    load_cadence_starters()
    day, begins, ends = just_held()
    month = Period.month_of(day)
    take_readings(month)

    secretary = open_as("li", "/", viewport=PHONE)
    secretary.locator(".task", has_text="支委会").get_by_role("link", name="记录会议").first.click()
    assert secretary.get_by_role("checkbox", name="支委会").is_checked()
    secretary.get_by_label("召开日期").fill(day.isoformat())
    secretary.get_by_label("开始时间").fill(begins)
    secretary.get_by_label("结束时间").fill(ends)
    secretary.get_by_label("地点").fill("党员活动室")
    secretary.get_by_label("主持人").select_option(label="李明（书记）")
    secretary.get_by_label("记录人").select_option(label="周兰")
    secretary.get_by_label("议题 1").fill("研究发展党员工作")
    secretary.get_by_role("button", name="提交", exact=True).dblclick()
    secretary.get_by_role("heading", name="已提交").wait_for()
    meeting = Meeting.objects.get()
    assert meeting.status == MeetingStatus.SUBMITTED

    reviewer = open_as("zhao", "/", viewport=DESKTOP)
    reviewer.goto("/todo/")
    reviewer.get_by_role("link", name="去审核").click()
    reviewer.get_by_role("link", name=meeting.title).click()
    reviewer.get_by_label("退回说明").fill(NOTE)
    reviewer.get_by_role("button", name="退回修改").click()
    reviewer.get_by_text(f"已退回“{meeting.title}”").wait_for()

    secretary.goto("/todo/")
    first_task = secretary.locator(".task").first
    assert NOTE in first_task.inner_text()
    first_task.get_by_role("link", name="修改后重新提交").click()
    assert NOTE in secretary.get_by_role("note").inner_text()
    assert_accessible(secretary)
    secretary.get_by_label("发言要点").first.fill("李明负责联系两名积极分子。")
    secretary.get_by_role("button", name="提交", exact=True).click()
    secretary.get_by_role("heading", name="已提交").wait_for()

    reviewer.goto(f"/meetings/{meeting.pk}/")
    assert reviewer.get_by_text("李明负责联系两名积极分子。").is_visible()
    reviewer.get_by_role("button", name="确认，计入数据").click()
    reviewer.get_by_text(f"已确认“{meeting.title}”").wait_for()
    assert Meeting.objects.count() == 1
    refresh_dirty_readings()

    county = open_as(
        "qian", f"/organizations/{cast.county.pk}/cockpit/?period={month.code}", viewport=DESKTOP
    )
    assert_accessible(county)
    town = county.get_by_role("region", name="下级与指标热力表").get_by_role("row", name="柳汀镇党委")
    cell = town.get_by_role("link").filter(has_text=re.compile(r"\b[1-9]\d*/\d+")).first
    done = re.search(r"(\d+)/(\d+)", cell.inner_text()).groups()
    cell.click()
    county.wait_for_url(re.compile(rf"/organizations/{cast.town.pk}/cockpit/units/"))
    totals = [each.inner_text() for each in county.locator(".panel-head b.num").all()]
    assert totals[:2] == [done[1], done[0]]
    county.get_by_role("row", name="第一支部").get_by_role("link", name="第一支部").click()
    county.get_by_role("link", name=meeting.title).click()
    county.wait_for_url(f"**/meetings/{meeting.pk}/")
    assert county.get_by_text("李明负责联系两名积极分子。").is_visible()
