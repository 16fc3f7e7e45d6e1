import pytest
import time_machine
from django.urls import reverse

from accountability.models import DutyRecord, QualityCheck
from tests.accountability.conftest import NOW
from tests.accountability.test_quality import TODAY, draw, judge
from tests.accountability.test_quality import accepted as accepted


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def check(cast, acting, accepted):
    """A record of 李's branch that the town has drawn."""
    draw(acting("zhao"), accepted.filter(organization=cast.first), percent=1)
    return QualityCheck.objects.get()


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_drawing_shows_how_many_first(cast, accepted):
    client, url = cast.client("zhao"), reverse("quality-draw", args=[cast.town.pk])
    assert "看看抽多少" in text(client.get(url))
    page = text(client.get(url, {"percent": "10", "deployment": ""}))
    wanted = -(-accepted.count() // 10)
    assert f"随机抽取 <b>{wanted}</b> 份" in page
    assert not QualityCheck.objects.exists()
    page = text(client.post(url, {"percent": "10", "deployment": ""}, follow=True))
    assert f"已抽取{wanted}份" in page
    assert QualityCheck.objects.count() == wanted
    assert "不用再抽" in text(client.post(url, {"percent": "10", "deployment": ""}))
    assert "小于或等于" in text(client.get(url, {"percent": "50"}))


def test_the_list_shows_states_and_hides_from_the_neighbours(cast, acting, check):
    page = text(cast.client("li").get(reverse("quality-list", args=[cast.first.pk])))
    assert check.record.duty.heading in page
    assert "待抽查" in page
    assert reverse("quality-draw", args=[cast.first.pk]) not in page
    for who, status in (("wang", 404), ("zhao", 200), ("zhou", 200), ("zheng", 403)):
        url = reverse("quality-list", args=[cast.first.pk])
        assert cast.client(who).get(url).status_code == status, who
    empty = text(cast.client("wang").get(reverse("quality-list", args=[cast.second.pk])))
    assert "没有这样的抽查" in empty


def test_the_list_asks_the_same_queries_whatever_its_length(
    cast, acting, accepted, django_assert_max_num_queries
):
    draw(acting("zhao"), accepted, percent=20)
    client, url = cast.client("zhao"), reverse("quality-list", args=[cast.town.pk])
    client.get(url)
    with django_assert_max_num_queries(9):
        text(client.get(url))


def test_judging_and_answering_by_form(cast, acting, check, django_assert_max_num_queries):
    detail = reverse("quality-detail", args=[check.pk])
    client = cast.client("zhao")
    client.get(reverse("home"))
    with django_assert_max_num_queries(9):
        assert "办妥了。" in text(client.get(detail))
    judge_url = reverse("quality-judge", args=[check.pk])
    assert "问题在哪里" in text(client.post(judge_url, {"note": "", "fail": "1"}))
    page = text(client.post(judge_url, {"note": "没写哪两户", "fail": "1"}, follow=True))
    assert "等待该单位反馈整改" in page
    assert "已有结论" in text(client.post(judge_url, {"note": "", "pass": "1"}, follow=True))
    # The unit sees it on the record and answers.
    client = cast.client("li")
    page = text(client.get(reverse("duty-record-detail", args=[check.record_id])))
    assert "不合格，待反馈" in page
    assert "去反馈整改" in page
    answer_url = reverse("quality-answer", args=[check.pk])
    assert "怎么改的" in text(client.post(answer_url, {"answer": " "}))
    page = text(client.post(answer_url, {"answer": "补写了两户"}, follow=True))
    assert "补写了两户" in page
    assert "不合格，已反馈" in page


def test_what_was_not_drawn_shows_nothing_of_it(cast, accepted):
    record = DutyRecord.objects.filter(organization=cast.first).first()
    page = text(cast.client("li").get(reverse("duty-record-detail", args=[record.pk])))
    assert "质量抽查" not in page


def test_who_is_refused(cast, acting, check):
    for who, status in (("wu", 403), ("zhou", 403), ("zheng", 403), ("li", 200), ("wang", 404)):
        url = reverse("quality-draw", args=[cast.first.pk])
        assert cast.client(who).get(url).status_code == status, who
    for who, status in (("li", 403), ("wang", 404), ("zhou", 403), ("wu", 403)):
        answer = cast.client(who).post(reverse("quality-judge", args=[check.pk]), {"pass": "1"})
        assert answer.status_code == status, who
    judge(acting("zhao"), check, passed=False, note="空")
    for who, status in (("zhao", 403), ("wang", 404), ("zhou", 403)):
        answer = cast.client(who).post(reverse("quality-answer", args=[check.pk]), {"answer": "改"})
        assert answer.status_code == status, who
    assert (NOW.date(), TODAY.year) == (TODAY, 2026)


def test_the_first_screen_asks_for_the_answer(cast, acting, check):
    assert "请反馈整改" not in text(cast.client("li").get(reverse("todo")))
    judge(acting("zhao"), check, passed=False, note="没写哪两户")
    page = text(cast.client("li").get(reverse("todo")))
    assert "抽查不合格，请反馈整改" in page
    assert "没写哪两户" in page
    assert reverse("quality-detail", args=[check.pk]) in page
    assert "请反馈整改" not in text(cast.client("wang").get(reverse("todo")))
