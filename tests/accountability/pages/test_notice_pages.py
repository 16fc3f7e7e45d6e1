from datetime import date

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accountability.actions.notices import write_notices
from accountability.choices import NoticeKind
from accountability.models import DutyRecord, Notice, NoticeWording
from branches.choices import Post
from branches.models import Appointment
from tests.accountability.conftest import NOW, TODAY


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.fixture
def record(cast, issued):
    """A record of 李's branch that is due in November, and what there is to say of everything."""
    write_notices(today=TODAY, now=NOW)
    return DutyRecord.objects.get(organization=cast.first, period=202611)


@pytest.fixture
def notice(record):
    return Notice.objects.get(row=f"record:{record.pk}")


def test_the_inbox_shows_ones_own_and_what_each_is_about(cast, record, notice):
    page = text(cast.client("li").get(reverse("notice-list")))
    assert notice.subject in page
    assert "期限 2026-11-30" in page
    assert "待签收：" in page
    assert "没有待处理的提醒" in text(cast.client("zhou").get(reverse("notice-list")))
    assert "没有待处理的提醒" in text(cast.client("nobody").get(reverse("notice-list")))


def test_nobody_opens_or_reads_what_others_are_told(cast, notice):
    for who in ("wang", "zhao", "wu"):
        assert cast.client(who).get(reverse("notice-open", args=[notice.pk])).status_code == 404
        assert cast.client(who).post(reverse("notice-read", args=[notice.pk])).status_code == 404
        cast.client(who).post(reverse("notice-read-all"))
    notice.refresh_from_db()
    assert notice.read_at is None


def test_opening_is_reading(cast, record, notice):
    answer = cast.client("li").get(reverse("notice-open", args=[notice.pk]))
    assert answer.url == reverse("duty-record-detail", args=[record.pk])
    notice.refresh_from_db()
    assert notice.read_at == timezone.now()
    assert notice.ended_at is None


def test_opening_takes_the_post_that_can_see_it(cast, record, notice):
    """李 also sits in the office chain and acts there just now."""
    elsewhere = Appointment.objects.create(
        user=cast.people["li"],
        organization=cast.office_branch,
        post=Post.SECRETARY,
        starts_on=date(2026, 1, 1),
    )
    client = cast.client("li")
    client.post(reverse("appointment-switch", args=[elsewhere.pk]))
    assert client.get(reverse("duty-record-detail", args=[record.pk])).status_code == 404
    page = text(client.get(reverse("notice-open", args=[notice.pk]), follow=True))
    assert "已切换到第一支部书记" in page
    assert record.duty.heading in page


def test_what_can_no_longer_be_seen_says_so(cast, notice):
    Appointment.objects.filter(user=cast.people["li"]).update(ends_on=TODAY)
    page = text(cast.client("li").get(reverse("notice-open", args=[notice.pk]), follow=True))
    assert "已看不到这件事" in page


def test_unread_comes_first_and_can_be_seen_alone(cast, notice):
    client = cast.client("li")
    client.post(reverse("notice-read", args=[notice.pk]), {"only": "unread"})
    page = text(client.get(reverse("notice-list")))
    assert page.rindex("待签收：") < page.index(notice.subject)
    assert notice.subject not in text(client.get(reverse("notice-list"), {"only": "unread"}))
    answer = client.post(reverse("notice-read-all"), {"only": "unread"})
    assert answer.url == "/notices/?only=unread"
    assert "没有未读的提醒" in text(client.get(answer.url))
    assert client.post(reverse("notice-read-all"), {"only": "//evil.example"}).url == "/notices/"


def test_what_has_ended_moves_aside(cast, notice):
    Notice.objects.filter(pk=notice.pk).update(ended_at=NOW)
    client = cast.client("li")
    assert notice.subject not in text(client.get(reverse("notice-list")))
    page = text(client.get(reverse("notice-list"), {"only": "ended"}))
    assert notice.subject in page
    assert "结束" in page


def test_the_bar_counts_on_every_page(cast, notice):
    client, number = cast.client("li"), Notice.objects.filter(user=cast.people["li"]).count()
    page = text(client.get(reverse("todo")))
    assert f'aria-label="提醒，{number}条未读"' in page
    client.post(reverse("notice-read-all"))
    assert 'aria-label="提醒"' in text(client.get(reverse("todo")))


def test_the_inbox_asks_the_same_queries_at_one_and_at_sixty(cast, db, django_assert_max_num_queries):
    client, url = cast.client("li"), reverse("notice-list")

    def tell(number):
        Notice.objects.create(
            user=cast.people["li"],
            kind=NoticeKind.DUE_7,
            row=f"record:{number}",
            subject=f"第{number}条",
            body="乙",
            link="/",
            created_at=NOW,
        )

    tell(0)
    with django_assert_max_num_queries(11) as one:
        text(client.get(url))
    for number in range(1, 61):
        tell(number)
    with django_assert_max_num_queries(len(one)):
        page = text(client.get(url))
    assert "共 61 条" in page
    assert "第60条" in page
    assert "第3条" not in page
    assert "第3条" in text(client.get(url, {"page": 2}))
    assert text(client.get(url, {"page": "x"}))


# One's own letters


def test_everybody_sets_their_own_mail(cast):
    client, url = cast.client("li"), reverse("notice-settings")
    assert "邮箱" in text(client.get(url))
    assert "请填写邮箱地址" in text(client.post(url, {"email": "", "wants_mail": "on"}))
    assert "不像一个邮箱地址" in text(client.post(url, {"email": "li@", "wants_mail": "on"}))
    assert client.post(url, {"email": "li@example.cn", "wants_mail": "on"}).status_code == 302
    user = cast.people["li"]
    user.refresh_from_db()
    assert (user.email, user.wants_mail) == ("li@example.cn", True)
    client.post(url, {"email": "li@example.cn"})
    user.refresh_from_db()
    assert not user.wants_mail


# Wording


def test_the_administrator_words_a_kind(cast, db):
    client, url = cast.client("wu"), reverse("wording-edit", args=["OVERDUE"])
    assert "{duty}" in text(client.get(url))
    words = {"subject": "逾期了：{duty}", "body": "{unit}请尽快补办。", "is_active": "on"}
    page = text(client.post(url, words | {"preview": "1"}))
    assert "逾期了：研究基层党建工作" in page
    assert not NoticeWording.objects.exists()
    page = text(client.post(url, words | {"body": "{owner}"}))
    assert "不能用{owner}；这里可用的占位符是{unit}" in page
    assert client.post(url, words).status_code == 302
    page = text(client.get(reverse("wording-list")))
    assert "逾期了：{duty}" in page
    assert "已修改" in page
    client.post(reverse("wording-reset", args=["OVERDUE"]))
    assert "系统自带" in text(client.get(reverse("wording-list")))
    assert not NoticeWording.objects.exists()
    assert client.get(reverse("wording-edit", args=["NONE"])).status_code == 404
    assert "提醒文本" in text(client.get(reverse("configuration")))


def test_an_administrator_below_reads_and_does_not_write(cast, db):
    Appointment.objects.create(
        user=cast.people["nobody"],
        organization=cast.county,
        post=Post.ADMINISTRATOR,
        starts_on=date(2026, 1, 1),
    )
    client = cast.client("nobody")
    assert "修改</a>" not in text(client.get(reverse("wording-list")))
    assert client.get(reverse("wording-edit", args=["OVERDUE"])).status_code == 403
    assert client.post(reverse("wording-reset", args=["OVERDUE"])).status_code == 403
