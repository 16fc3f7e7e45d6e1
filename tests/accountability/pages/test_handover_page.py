import pytest
import time_machine
from django.urls import reverse

from accountability.actions.lists import issue_lists
from accountability.models import Duty, DutyHandover, Notice
from branches.models import Appointment
from tests.accountability.conftest import NOW, TODAY


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def url(cast, acting, templates):
    """The county, whose secretary has a list of his own."""
    issue_lists(actor=acting("wu"), template=templates["FIRST"], scope=cast.county, now=NOW)
    return reverse("duty-handover", args=[cast.county.pk])


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def parties(cast):
    return {
        "giver": cast.people["qian"].appointments.get().pk,
        "receiver": cast.people["sun"].appointments.get().pk,
    }


def test_the_way_through(cast, url):
    client = cast.client("qian")
    number = Duty.objects.filter(organization=cast.county).count()
    assert f"{number} 项" in text(client.get(url))
    page = text(client.get(url, parties(cast)))
    assert "钱峰 → 孙正" in page
    assert f"<b>{number}</b> 项责任" in page
    assert not DutyHandover.objects.exists()
    assert "这个字段是必填项" in text(client.post(url, parties(cast)))
    page = text(client.post(url, parties(cast) | {"reason": "分工调整"}, follow=True))
    assert f"已移交{number}项责任" in page
    assert "移交记录" in page
    assert "分工调整" in page
    assert Notice.objects.get().user == cast.people["sun"]


def test_to_oneself_is_refused_beside_the_field(cast, url):
    sent = parties(cast)
    sent["receiver"] = sent["giver"]
    page = text(cast.client("qian").get(url, sent))
    assert "不能是同一任职" in page


def test_others_of_the_county_and_elsewhere_are_no_choice(cast, url):
    sent = parties(cast) | {"receiver": cast.people["li"].appointments.get().pk}
    page = text(cast.client("qian").get(url, sent))
    assert "请在列出的人里选择" in page
    assert "→" not in page


def test_who_has_left_stands_on_top(cast, url):
    Appointment.objects.filter(user=cast.people["qian"]).update(ends_on=TODAY)
    assert "已离任" in text(cast.client("wu").get(url))


def test_leaders_and_administrators_only(cast, url):
    for who, status in (("qian", 200), ("wu", 200), ("sun", 403), ("zhao", 404), ("li", 404), ("zheng", 403)):
        assert cast.client(who).get(url).status_code == status, who


def test_the_page_asks_the_same_queries_whatever_there_is(
    cast, acting, url, templates, django_assert_max_num_queries
):
    client, sent = cast.client("qian"), parties(cast)
    client.get(url, sent)
    with django_assert_max_num_queries(13) as few:
        text(client.get(url, sent))
    issue_lists(actor=acting("wu"), template=templates["DUAL"], scope=cast.city, now=NOW)
    with django_assert_max_num_queries(len(few)):
        text(client.get(url, sent))


def test_the_way_there_is_where_lists_and_posts_are(cast, url):
    index = reverse("duty-list-index", args=[cast.county.pk])
    assert url in text(cast.client("qian").get(index))
    assert url not in text(cast.client("sun").get(index))
    assert url in text(cast.client("wu").get(reverse("appointment-list", args=[cast.county.pk])))
