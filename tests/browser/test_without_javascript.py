"""The main jobs without any script: buttons, forms and pages do what htmx otherwise does."""

from branches.actions.cadence import load_cadence_starters
from branches.choices import MeetingStatus
from branches.models import Meeting

from .conftest import PHONE, just_held


def test_a_meeting_is_recorded_and_confirmed_without_javascript(cast, open_as):
    load_cadence_starters()
    day, begins, ends = just_held()
    page = open_as(
        "li", f"/organizations/{cast.first.pk}/meetings/new/", viewport=PHONE, java_script_enabled=False
    )
    page.get_by_text("支委会", exact=True).click()
    page.get_by_label("召开日期").fill(day.isoformat())
    page.get_by_label("开始时间").fill(begins)
    page.get_by_label("结束时间").fill(ends)
    page.get_by_label("地点").fill("党员活动室")
    page.get_by_label("主持人").select_option(label="李明（书记）")
    page.get_by_role("button", name="更新名册和提示").click()
    page.get_by_label("记录人").select_option(label="周兰")
    page.get_by_label("议题 1").fill("研究发展党员工作")
    page.get_by_role("button", name="再加一项议题").click()
    assert page.get_by_label("议题 1").input_value() == "研究发展党员工作"
    page.get_by_label("议题 2").fill("讨论下月主题党日")
    page.get_by_role("button", name="提交", exact=True).click()
    page.get_by_role("heading", name="已提交").wait_for()
    meeting = Meeting.objects.get()
    assert meeting.status == MeetingStatus.SUBMITTED
    assert [item.topic for item in meeting.agenda.all()] == ["研究发展党员工作", "讨论下月主题党日"]
    assert (meeting.expected, meeting.present) == (1, 1)

    page = open_as("zhao", "/todo/", viewport=PHONE, java_script_enabled=False)
    page.get_by_role("link", name="去审核").click()
    page.get_by_role("link", name=meeting.title).click()
    assert page.get_by_text("讨论下月主题党日", exact=True).is_visible()
    page.get_by_role("button", name="确认，计入数据").click()
    assert page.get_by_text(f"已确认“{meeting.title}”").is_visible()
    meeting.refresh_from_db()
    assert meeting.status == MeetingStatus.CONFIRMED


def test_the_bar_and_its_menu_open_without_javascript(cast, open_as):
    page = open_as("li", "/todo/", viewport=PHONE, java_script_enabled=False)
    page.get_by_role("link", name="会议", exact=True).click()
    page.get_by_role("heading", name="会议", exact=True).wait_for()
    page.get_by_role("button", name="李明").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/login/**")
