"""The most used page, on a phone and on a desktop, with a roster of forty."""

from branches.actions.cadence import load_cadence_starters
from branches.models import Meeting, MeetingDraft
from tests.conftest import enrol

from .conftest import DESKTOP, PHONE


def open_form(cast, open_as, viewport):
    load_cadence_starters()
    for number in range(30):
        enrol(f"党员{number:02}", cast.first)
    return open_as("li", f"/organizations/{cast.first.pk}/meetings/new/", viewport=viewport)


def fill(page):
    page.get_by_label("召开日期").fill(page.evaluate("new Date(Date.now() - 864e5).toLocaleDateString('sv')"))
    page.get_by_label("开始时间").fill("14:00")
    page.get_by_label("结束时间").fill("15:30")
    page.get_by_label("地点").fill("党员活动室")
    page.get_by_label("主持人").select_option(label="李明（书记）")
    page.get_by_label("记录人").select_option(label="周兰")
    page.get_by_label("议题 1").fill("学习全会精神")


def test_a_meeting_is_recorded_on_a_phone(cast, open_as, assert_accessible):
    page = open_form(cast, open_as, PHONE)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_text("党员大会", exact=True).click()
    page.get_by_text("每季度至少1次").first.wait_for()
    fill(page)
    page.locator("#draft-state", has_text="草稿已自动保存").wait_for()
    assert MeetingDraft.objects.get().typed["place"] == ["党员活动室"]
    page.get_by_label("党员07", exact=True).check()
    page.get_by_label("党员07缺席原因").select_option("SICK")
    assert page.locator("[data-roster-present]").inner_text() == "39"
    page.get_by_role("button", name="再加一项议题").click()
    page.get_by_label("议题 2").fill("讨论发展党员")
    page.get_by_role("button", name="提交", exact=True).click()
    page.get_by_role("heading", name="已提交").wait_for()
    meeting = Meeting.objects.get()
    assert (meeting.expected, meeting.present, meeting.agenda.count()) == (40, 39, 2)
    assert not MeetingDraft.objects.exists()


def test_a_vote_is_judged_as_one_types_and_the_xray_leads_to_the_field(cast, open_as, assert_accessible):
    page = open_form(cast, open_as, DESKTOP)
    page.get_by_text("党员大会", exact=True).click()
    fill(page)
    page.get_by_role("heading", name="表决").click()
    page.get_by_label("表决事项 1").fill("接收预备党员")
    page.get_by_label("表决方式").select_option("ADMISSION")
    page.get_by_label("赞成", exact=True).fill("39")
    page.locator(".vote-verdict", has_text="通过").wait_for()
    page.get_by_label("反对", exact=True).fill("3")
    page.locator(".vote-verdict", has_text="不符").wait_for()
    page.get_by_role("button", name="提交", exact=True).click()
    page.get_by_role("heading", name="体检：有须改正的地方").wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="去看看").first.click()
    assert page.get_by_label("反对", exact=True).is_visible()
    assert page.get_by_label("地点").input_value() == "党员活动室"
