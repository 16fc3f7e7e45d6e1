"""What waits for the level above."""

import re

import pytest
import time_machine
from django.urls import reverse

from branches.choices import MeetingKind, MeetingStatus
from branches.models import Meeting
from tests.meetings import NOW, at, record


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def queue(organization, query=""):
    return reverse("review-queue", args=[organization.pk]) + query


def rows(response):
    return re.findall(
        r'<td class="meeting-name"><a href="/meetings/\d+/">([^<]+)</a>', response.content.decode()
    )


def test_the_queue_holds_what_waits_strictly_below_oldest_first(cast):
    record(cast, title="后", submitted_at=at(20))
    record(cast, cast.second, author="wang", title="先", submitted_at=at(19))
    record(cast, title="已退", status=MeetingStatus.RETURNED)
    record(cast, cast.town, title="镇里自己的", kinds=int(MeetingKind.STUDY_GROUP))
    assert rows(cast.client("zhao").get(queue(cast.town))) == ["先", "后"]
    assert rows(cast.client("zhao").get(queue(cast.town, f"?unit={cast.second.pk}"))) == ["先"]
    assert "镇里自己的" in rows(cast.client("qian").get(queue(cast.county)))


def test_who_may_not_review_is_refused(cast):
    for who, status in [("zhou", 403), ("sun", 404), ("wang", 404), ("wu", 403)]:
        organization = cast.town if who == "wu" else cast.first
        response = cast.client(who).get(queue(organization))
        assert response.status_code in (status, 403), who


def test_confirm_and_return_from_the_record(cast):
    meeting = record(cast)
    zhao = cast.client("zhao")
    page = zhao.get(reverse("meeting-detail", args=[meeting.pk])).content.decode()
    assert reverse("meeting-confirm", args=[meeting.pk]) in page
    refused = zhao.post(reverse("meeting-return", args=[meeting.pk]), {"note": ""})
    assert refused.status_code == 422
    assert "请写明需要修改什么" in refused.content.decode()
    assert zhao.post(reverse("meeting-confirm", args=[meeting.pk])).status_code == 302
    meeting.refresh_from_db()
    assert meeting.status == MeetingStatus.CONFIRMED
    again = zhao.post(reverse("meeting-return", args=[meeting.pk]), {"note": "晚了"}, follow=True)
    assert "已经确认" in again.content.decode()
    for who in ("li", "wang", "zhou", "sun"):
        assert cast.client(who).post(reverse("meeting-confirm", args=[meeting.pk])).status_code in (403, 404)
    assert zhao.get(reverse("meeting-confirm", args=[meeting.pk])).status_code == 405


def hidden(response):
    return re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', response.content.decode())


def confirmed(client, url, response):
    data = {}
    for name, value in hidden(response):
        if name != "csrfmiddlewaretoken":
            data.setdefault(name, []).append(value.replace("&amp;", "&"))
    return client.post(url, data | {"confirmed": "1"}, follow=True)


def test_a_bulk_confirmation_shows_count_and_sample_and_takes_exactly_those(cast):
    ours = [record(cast, title=f"会议{number}") for number in range(3)]
    other = record(cast, cast.second, author="wang", title="邻支部")
    zhao = cast.client("zhao")
    url = reverse("review-bulk", args=[cast.town.pk])
    asked = zhao.post(
        url, {"all_matching": "1", "filters": f"unit={cast.first.pk}", "as_of": NOW.isoformat()}
    )
    text = asked.content.decode()
    assert "将确认 3 条会议记录" in text
    assert "会议0" in text
    assert "邻支部" not in text
    done = confirmed(zhao, url, asked)
    assert "已确认 3 条会议记录" in done.content.decode()
    assert Meeting.objects.confirmed().count() == 3
    other.refresh_from_db()
    assert other.status == MeetingStatus.SUBMITTED
    assert {meeting.pk for meeting in ours} == set(Meeting.objects.confirmed().values_list("pk", flat=True))


def test_a_bulk_confirmation_of_ticked_rows(cast):
    one, _ = record(cast), record(cast, title="另一个")
    foreign = record(cast, cast.office_branch)
    zhao = cast.client("zhao")
    url = reverse("review-bulk", args=[cast.town.pk])
    asked = zhao.post(url, {"chosen": [one.pk, foreign.pk, "x"], "filters": "", "as_of": NOW.isoformat()})
    assert "将确认 1 条" in asked.content.decode()
    confirmed(zhao, url, asked)
    assert list(Meeting.objects.confirmed()) == [one]


def test_a_changed_selection_is_not_confirmed(cast):
    one = record(cast)
    record(cast, title="另一个")
    zhao = cast.client("zhao")
    url = reverse("review-bulk", args=[cast.town.pk])
    asked = zhao.post(url, {"all_matching": "1", "filters": "", "as_of": NOW.isoformat()})
    Meeting.objects.filter(pk=one.pk).update(status=MeetingStatus.DRAFT)
    assert "待确认的记录已有变化" in confirmed(zhao, url, asked).content.decode()
    assert not Meeting.objects.confirmed().exists()


def test_nothing_chosen_and_nonsense(cast):
    zhao = cast.client("zhao")
    url = reverse("review-bulk", args=[cast.town.pk])
    assert "没有选中" in zhao.post(url, {}, follow=True).content.decode()
    assert (
        "筛选条件无效"
        in zhao.post(url, {"all_matching": "1", "filters": "kind=x"}, follow=True).content.decode()
    )
    assert zhao.get(url).status_code == 405


def test_the_queue_costs_the_same_at_one_and_at_thirty(cast, django_assert_num_queries):
    zhao = cast.client("zhao")
    record(cast)
    zhao.get(queue(cast.town))
    with django_assert_num_queries(7) as one:
        zhao.get(queue(cast.town))
    for number in range(29):
        record(cast, title=f"会议{number}")
    with django_assert_num_queries(len(one)):
        zhao.get(queue(cast.town))
