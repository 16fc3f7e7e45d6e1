"""Reading meetings: list, calendar, matrix, one record and its papers."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from branches.choices import MeetingKind, MeetingStatus
from branches.models import Attachment, Meeting
from branches.queries.meetings import PAGE
from tests.branches.test_documents import PDF
from tests.meetings import DAY, NOW, record


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def list_url(organization, query=""):
    return reverse("meeting-list", args=[organization.pk]) + query


def names(response):
    return re.findall(
        r'<td class="meeting-name"><a href="/meetings/\d+/">([^<]+)</a>', response.content.decode()
    )


def test_a_list_shows_its_subtree_newest_first_and_drafts_to_their_unit_only(cast):
    record(cast, title="甲", day=DAY)
    record(cast, cast.second, author="wang", title="乙", day=DAY + timedelta(days=1))
    record(cast, title="丙", status=MeetingStatus.DRAFT)
    assert names(cast.client("zhao").get(list_url(cast.town))) == ["乙", "甲"]
    assert names(cast.client("li").get(list_url(cast.first))) == ["丙", "甲"]
    assert names(cast.client("zhou").get(list_url(cast.first))) == ["甲"]


def test_others_are_refused(cast):
    assert cast.client("wang").get(list_url(cast.first)).status_code == 404
    assert cast.client("li").get(list_url(cast.town)).status_code == 404
    assert cast.client("zheng").get(list_url(cast.first)).status_code == 403


def test_every_filter_is_in_the_address_visible_and_removable(cast):
    record(
        cast,
        title="党课",
        kinds=int(MeetingKind.LECTURE | MeetingKind.PARTY_DAY),
        status=MeetingStatus.CONFIRMED,
    )
    record(cast, title="大会", day=date(2026, 10, 9), is_late_entry=True)
    record(cast, cast.second, author="wang", title="邻支部")
    client = cast.client("zhao")
    for query, expected, chip in [
        (f"?kind={int(MeetingKind.PARTY_DAY)}", ["党课"], "主题党日"),
        ("?status=CONFIRMED", ["党课"], "已确认"),
        ("?period=2026-10", ["大会"], "2026年10月"),
        ("?period=2026-Q4&late=true", ["大会"], "补录"),
        (f"?unit={cast.second.pk}", ["邻支部"], "第二支部"),
        ("?text=邻支", ["邻支部"], "含“邻支”"),
        ("?text=第一支部&status=CONFIRMED", ["党课"], "含“第一支部”"),
    ]:
        response = client.get(list_url(cast.town, query))
        assert names(response) == expected, query
        assert f"去掉筛选：{chip}" in response.content.decode(), query


@pytest.mark.parametrize(
    "query", ["?period=x", "?kind=abc", "?kind=7", "?unit=999999", "?status=NO", "?after=zz.1"]
)
def test_a_wrong_filter_is_no_fault(cast, query):
    record(cast)
    assert cast.client("zhao").get(list_url(cast.town, query)).status_code == 200


def test_a_unit_outside_the_scope_cannot_be_asked_for(cast):
    record(cast, cast.second, author="wang", title="邻支部")
    assert names(cast.client("li").get(list_url(cast.first, f"?unit={cast.second.pk}"))) == []


def test_pages_follow_one_another_without_gaps(cast):
    for number in range(PAGE + 5):
        record(cast, title=f"会议{number:02}", day=DAY - timedelta(days=number // 3))
    client = cast.client("zhao")
    first = client.get(list_url(cast.town, "?status=SUBMITTED"))
    after = re.search(r'href="(\?[^"]*after=[^"]+)"', first.content.decode())[1].replace("&amp;", "&")
    assert "status=SUBMITTED" in after
    second = client.get(list_url(cast.town, after))
    seen = names(first) + names(second)
    assert len(seen) == len(set(seen)) == PAGE + 5
    assert "共 35 条" in first.content.decode()


def test_the_list_costs_the_same_at_one_and_at_thirty(cast, django_assert_num_queries):
    client = cast.client("zhao")
    record(cast)
    client.get(list_url(cast.town))
    with django_assert_num_queries(8) as one:
        client.get(list_url(cast.town))
    for number in range(29):
        record(cast, title=f"会议{number}")
    with django_assert_num_queries(len(one)):
        client.get(list_url(cast.town))


def test_calendar_and_matrix_show_the_units_own_meetings(cast):
    record(cast, status=MeetingStatus.CONFIRMED)
    record(cast, kinds=int(MeetingKind.PARTY_DAY), day=date(2026, 10, 9))
    client = cast.client("zhao")
    calendar = client.get(
        reverse("meeting-calendar", args=[cast.first.pk]) + "?month=2026-11"
    ).content.decode()
    assert "党员大会" in calendar
    assert "主题党日" not in calendar
    matrix = client.get(reverse("meeting-matrix", args=[cast.first.pk])).content.decode()
    link = f"?kind={int(MeetingKind.GENERAL_MEETING)}&amp;period=2026-11&amp;unit={cast.first.pk}"
    assert link in matrix
    town = client.get(reverse("meeting-matrix", args=[cast.town.pk])).content.decode()
    assert "period=2026-11&amp" not in town
    assert client.get(reverse("meeting-calendar", args=[cast.first.pk]) + "?month=x").status_code == 200


def test_a_record_its_print_and_its_word_file(cast):
    meeting = record(cast, title="大会<b>")
    for name, part in [("meeting-detail", "大会&lt;b&gt;"), ("meeting-print", "签到")]:
        response = cast.client("zhou").get(reverse(name, args=[meeting.pk]))
        assert part in response.content.decode()
    word = cast.client("zhou").get(reverse("meeting-docx", args=[meeting.pk]))
    assert word.content.startswith(b"PK")
    assert "attachment" in word["Content-Disposition"]
    for name in ("meeting-detail", "meeting-print", "meeting-docx"):
        assert cast.client("wang").get(reverse(name, args=[meeting.pk])).status_code == 404


def test_a_draft_is_its_units_own_affair(cast):
    meeting = record(cast, status=MeetingStatus.DRAFT)
    url = reverse("meeting-detail", args=[meeting.pk])
    assert cast.client("li").get(url).status_code == 200
    for who in ("zhao", "zhou"):
        assert cast.client(who).get(url).status_code == 404


def test_a_record_costs_the_same_however_much_it_says(cast, django_assert_max_num_queries):
    meeting = record(cast)
    client = cast.client("li")
    with django_assert_max_num_queries(22):
        client.get(reverse("meeting-detail", args=[meeting.pk]))


def test_attachments_are_checked_and_leave_through_the_door(cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    meeting = record(cast)
    client = cast.client("li")
    url = reverse("attachment-add", args=[meeting.pk])
    client.post(url, {"file": SimpleUploadedFile("坏.pdf", b"MZ\x90")})
    assert not Attachment.objects.exists()
    for _ in range(2):
        client.post(url, {"file": SimpleUploadedFile("通知.pdf", PDF)})
    attachment = Attachment.objects.get()
    address = reverse("attachment-download", args=[meeting.pk, attachment.pk])
    response = cast.client("zhao").get(address)
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert cast.client("wang").get(address).status_code == 404
    other = record(cast, cast.second, author="wang")
    assert client.get(reverse("attachment-download", args=[other.pk, attachment.pk])).status_code == 404
    assert cast.client("zhou").post(url, {"file": SimpleUploadedFile("通知.pdf", PDF)}).status_code == 403
    Meeting.objects.filter(pk=meeting.pk).update(
        status=MeetingStatus.CONFIRMED, counted_from=NOW, confirmed_at=NOW
    )
    client.post(reverse("attachment-remove", args=[meeting.pk, attachment.pk]))
    assert Attachment.objects.exists()
