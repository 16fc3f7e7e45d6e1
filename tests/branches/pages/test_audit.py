"""The auditor's page."""

from datetime import datetime

import pytest
from django.utils import timezone

from branches.actions.audit import record_event, seal_audit

URL = "/audit/"
NOW = timezone.make_aware(datetime(2026, 11, 20, 9))


@pytest.fixture
def log(cast):
    for number in range(60):
        record_event(actor=None, event="确认会议", row=cast.first, summary=f"第{number:02d}件", at=NOW)
    record_event(actor=None, username="intruder", event="登录", result="失败", at=NOW.replace(day=1))
    seal_audit()


def test_only_the_auditor_reads_it(cast, log):
    assert cast.client("zheng").get(URL).status_code == 200
    for who in ("li", "zhao", "qian", "sun", "wu", "feng", "zhou", "nobody"):
        assert cast.client(who).get(URL).status_code == 403, who


def test_it_is_read_newest_first_page_by_page(cast, log):
    client = cast.client("zheng")
    text = client.get(URL).content.decode()
    assert "第59件" in text
    assert "第10件" not in text
    assert "审计链 61 环" in text
    before = text.split("before=")[1].split('"')[0]
    assert "第10件" in client.get(URL, {"before": before}).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"username": "intruder"},
        {"event": "登录"},
        {"since": "2026-11-01", "until": "2026-11-01"},
    ],
)
def test_filters_are_visible_and_narrow(cast, log, query):
    text = cast.client("zheng").get(URL, query).content.decode()
    assert "intruder" in text
    assert "第59件" not in text
    assert "全部清除" in text


def test_filter_by_object_and_nonsense_does_no_harm(cast, log):
    client = cast.client("zheng")
    query = {"object_type": "branches.Organization", "object_id": cast.first.pk}
    assert "第59件" in client.get(URL, query).content.decode()
    assert client.get(URL, {"before": "x", "since": "gestern"}).status_code == 200


def test_queries_do_not_grow(cast, log, django_assert_max_num_queries):
    client = cast.client("zheng")
    client.get(URL)
    with django_assert_max_num_queries(12):
        client.get(URL)
