"""Issuing in the browser: filtered, previewed, confirmed, watched, withdrawn."""

from urllib.parse import urlencode

import pytest
import time_machine
from django.urls import reverse
from kombu.exceptions import OperationalError

from accountability import tasks
from accountability.actions import lists
from accountability.actions.batches import start_batch, take_step
from accountability.actions.lists import sign_list
from accountability.models import DutyList, IssueBatch
from branches.choices import Level, OrganizationKind, TaskState
from tests.accountability.conftest import NOW
from tests.conftest import plant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def no_worker(monkeypatch):
    """The broker takes what is published and no worker runs."""
    monkeypatch.setattr(tasks.issue_batch, "delay", lambda *args: None)


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def issue_url(templates, code="BRANCH"):
    return reverse("template-issue", args=[templates[code].pk])


def asked(scope, reach="subtree", **filters):
    return urlencode({"organization": scope.pk, "reach": reach} | filters)


def confirm(client, url, **sent):
    """Press the button, read the confirmation and confirm exactly that."""
    page = client.post(url, sent)
    assert page.status_code == 200
    return client.post(url, dict(page.context["hidden"]) | {"confirmed": "1"}, follow=True)


def test_the_preview_follows_the_filter(cast, templates):
    client, url = cast.client("wu"), issue_url(templates)
    page = text(client.get(url))
    assert "将下发 <b>3</b> 份清单" in page
    assert "增加的负担" in page
    page = text(client.get(f"{url}?{asked(cast.city, sector='RURAL', unit='第一')}"))
    assert "将下发 <b>1</b> 份清单" in page
    assert "农村领域 <span" in page
    assert "单位含“第一” <span" in page
    assert "机关第一支部" not in page
    assert "没有适用的" in text(client.get(f"{url}?{asked(cast.county, 'own')}"))
    assert "选择一个有效的选项" in text(client.get(f"{url}?{asked(cast.county, level='3')}"))


def test_all_that_match_are_confirmed_and_issued(cast, templates):
    client, url = cast.client("wu"), issue_url(templates)
    sent = {"filters": asked(cast.town, sector="RURAL"), "all_matching": "1"}
    page = client.post(url, sent)
    assert "将下发 2 份清单" in text(page)
    assert "党支部 2 份" in text(page)
    assert not DutyList.objects.exists()
    page = text(client.post(url, dict(page.context["hidden"]) | {"confirmed": "1"}, follow=True))
    assert "已下发 2/2份" in page
    assert "第一支部" in page
    assert DutyList.objects.count() == 2
    assert "都已有这份清单" in text(client.post(url, sent, follow=True))
    assert "都已有这份清单" in text(client.get(f"{url}?{asked(cast.town)}"))


def test_only_what_is_ticked_is_issued(cast, templates):
    client, url = cast.client("zhao"), issue_url(templates)
    page = text(client.get(url))
    assert f'name="chosen" value="{cast.second.pk}"' in page
    page = text(confirm(client, url, filters=asked(cast.town), chosen=[cast.second.pk, cast.county.pk]))
    assert "所选2个" in page
    assert set(DutyList.objects.values_list("organization", flat=True)) == {cast.second.pk}
    assert "没有选中" in text(client.post(url, {"filters": asked(cast.town)}, follow=True))


def test_officers_are_picked_by_name(cast, templates):
    client, url = cast.client("wu"), issue_url(templates, "FIRST")
    assert "钱峰 书记" in text(client.get(url))
    text(confirm(client, url, filters=asked(cast.city), chosen=[cast.people["qian"].appointments.get().pk]))
    assert DutyList.objects.get().appointment.user == cast.people["qian"]


def test_issuing_stays_inside_the_subtree(cast, templates):
    url = issue_url(templates)
    answer = cast.client("zhao").post(
        url, {"filters": asked(cast.office_branch, "own"), "all_matching": "1", "confirmed": "1"}
    )
    assert answer.status_code == 302
    assert not IssueBatch.objects.exists()
    assert cast.client("sun").get(url).status_code == 403


def test_the_page_asks_the_same_queries_at_three_and_at_sixty(cast, templates, django_assert_max_num_queries):
    client, url = cast.client("wu"), f"{issue_url(templates)}?{asked(cast.city)}"
    with django_assert_max_num_queries(18):
        text(client.get(url))
    for number in range(60):
        plant(f"010101{number + 10:02d}", f"支部{number}", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
    with django_assert_max_num_queries(18):
        page = client.get(url)
    assert "选择全部 63 条匹配" in text(page)
    seen = {row.pk for row in page.context["page"].rows}
    assert len(seen) == 50
    rest = client.get(issue_url(templates) + page.context["next_url"]).context["page"]
    assert len(rest.rows) == 13
    assert seen.isdisjoint(row.pk for row in rest.rows)


def test_progress_is_left_and_come_back_to(cast, templates, no_worker, monkeypatch):
    monkeypatch.setattr(lists, "BATCH", 2)
    client, url = cast.client("wu"), issue_url(templates)
    page = text(confirm(client, url, filters=asked(cast.city), all_matching="1"))
    batch = IssueBatch.objects.get()
    assert "等待下发 0/3份" in page
    assert "可以离开本页" in page
    take_step(pk=batch.pk, after="", now=NOW)
    progress = reverse("batch-progress", args=[batch.pk])
    assert "正在下发 2/3份" in text(client.get(progress))
    assert 'value="66"' in text(client.get(progress))
    assert "党支部基本任务清单" in text(client.get(reverse("batch-list", args=[cast.city.pk])))
    take_step(pk=batch.pk, after="", now=NOW)
    answer = client.get(progress)
    assert answer.headers["HX-Refresh"] == "true"


def test_a_dead_broker_is_said_and_the_batch_waits(cast, templates, monkeypatch):
    def refuse(*args):
        raise OperationalError("no broker")

    with monkeypatch.context() as broken:
        broken.setattr(tasks.issue_batch, "delay", refuse)
        client = cast.client("wu")
        page = text(confirm(client, issue_url(templates), filters=asked(cast.city), all_matching="1"))
    batch = IssueBatch.objects.get()
    assert "恢复后会自动继续" in page
    assert batch.state == TaskState.WAITING
    assert "已下发 3/3份" in text(client.post(reverse("batch-resume", args=[batch.pk]), follow=True))
    assert "已经完成" in text(client.post(reverse("batch-resume", args=[batch.pk]), follow=True))


@pytest.fixture
def batch(cast, acting, templates):
    made = start_batch(
        actor=acting("qian"), template=templates["BRANCH"], scope=cast.town, reach="subtree", now=NOW
    )
    take_step(pk=made.pk, after="", now=NOW)
    return made


def test_who_has_not_signed_is_seen(cast, acting, batch, django_assert_max_num_queries):
    sign_list(actor=acting("li"), duty_list=DutyList.objects.get(organization=cast.first), now=NOW)
    client, url = cast.client("qian"), reverse("batch-detail", args=[batch.pk])
    with django_assert_max_num_queries(12):
        page = text(client.get(url))
    assert "未签收 1" in page
    assert "李明 2026-11-20" in page
    page = text(client.get(url, {"status": "ISSUED"}))
    assert "第二支部" in page
    assert "第一支部" not in page
    assert "没有这样的清单" in text(client.get(url, {"status": "WITHDRAWN"}))


def test_the_list_of_batches_asks_the_same_queries(cast, acting, templates, django_assert_max_num_queries):
    client, url = cast.client("qian"), reverse("batch-list", args=[cast.county.pk])
    assert "还没有成批下发过" in text(client.get(url))
    for scope in (cast.first, cast.second):
        start_batch(actor=acting("qian"), template=templates["BRANCH"], scope=scope, reach="own", now=NOW)
    with django_assert_max_num_queries(7):
        assert "等待下发" in text(client.get(url))


def test_a_batch_is_taken_back_by_button(cast, batch):
    url = reverse("batch-withdraw", args=[batch.pk])
    client = cast.client("qian")
    assert "<b>2</b> 份清单全部撤回" in text(client.get(url))
    assert "必填" in text(client.post(url, {"reason": ""}))
    page = text(client.post(url, {"reason": "文件已废止"}, follow=True))
    assert "已撤回 2/2份" in page
    assert "文件已废止" in page
    assert not DutyList.objects.in_force().exists()
    assert "已经撤回" in text(client.post(url, {"reason": "再来"}))
    # The town received it from above and does not take it back.
    assert cast.client("zhao").get(url).status_code == 403
