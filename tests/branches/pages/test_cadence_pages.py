from datetime import date

import pytest
import time_machine
from django.urls import reverse

from branches.actions.cadence import load_cadence_starters
from branches.models import CadenceRule, ShortfallReason

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def rules(cast):
    load_cadence_starters()
    return CadenceRule.objects


def typed(rule, **changes):
    """What the browser sends for a rule as it stands."""
    values = {
        "label": rule.label,
        "meeting_kind": rule.meeting_kind,
        "quantity": rule.quantity,
        "interval": rule.interval,
        "at_least": rule.at_least,
        "organization_kinds": rule.organization_kinds,
        "levels": rule.levels,
        "sectors": rule.sectors,
        "chain": rule.chain,
        "applies_when": rule.applies_when,
        "source": rule.source,
        "effective_from": "2027-01-01",
        "reason": "因地制宜",
    }
    for name in ("is_usual", "is_per_group", "counts_as_core", "counts_as_study"):
        if getattr(rule, name):
            values[name] = "on"
    return values | changes


def test_configuration_shows_its_cards(cast):
    page = cast.client("wu").get(reverse("configuration")).content.decode()
    assert "频次规则" in page
    assert "清单模板" in page


@pytest.mark.parametrize("name", ["configuration", "cadence-list", "cadence-create"])
@pytest.mark.parametrize("who", ["li", "qian", "zheng", "zhou", "nobody"])
def test_configuration_refuses_everybody_else(cast, name, who):
    assert cast.client(who).get(reverse(name)).status_code == 403


def test_the_list_shows_requirement_and_source(cast, rules):
    page = cast.client("wu").get(reverse("cadence-list")).content.decode()
    assert "每季度至少1次" in page
    assert "设有支委会" in page


def test_the_list_asks_the_same_queries_at_one_rule_and_at_thirty(cast, rules, django_assert_max_num_queries):
    client = cast.client("wu")
    client.get(reverse("cadence-list"))
    for number in range(30):
        CadenceRule.objects.create(
            code=f"Y-{number}",
            label="地方规定",
            meeting_kind=1,
            interval="month",
            effective_from=date(2026, 1, 1),
        )
    with django_assert_max_num_queries(6):
        client.get(reverse("cadence-list"))


def test_a_change_is_previewed_before_it_is_made(cast, rules):
    rule = rules.get(code="CAD-04")
    client, url = cast.client("wu"), reverse("cadence-change", args=[rule.pk])
    page = client.post(url, typed(rule, interval="month")).content.decode()
    assert "影响范围" in page
    assert "第一支部" in page
    assert rules.filter(code="CAD-04").count() == 1
    answer = client.post(url, typed(rule, interval="month", confirmed="1"))
    assert answer.status_code == 302
    rule.refresh_from_db()
    assert rule.effective_until == date(2027, 1, 1)
    assert "2027-01-01起：每月至少1次" in client.get(reverse("cadence-list")).content.decode()


def test_words_of_the_user_when_the_day_is_wrong(cast, rules):
    rule = rules.get(code="CAD-04")
    client, url = cast.client("wu"), reverse("cadence-change", args=[rule.pk])
    assert "请选择某个月的1日" in client.post(url, typed(rule, effective_from="2027-01-15")).content.decode()
    assert "不再要求请勾选" in client.post(url, typed(rule, at_least=0)).content.decode()
    assert "不能早于本月1日" in client.post(url, typed(rule, effective_from="2026-10-01")).content.decode()


def test_retire_and_take_back(cast, rules):
    rule = rules.get(code="CAD-09")
    client = cast.client("wu")
    client.post(reverse("cadence-change", args=[rule.pk]), typed(rule, retire="on", confirmed="1"))
    assert "2027-01-01起停用" in client.get(reverse("cadence-list")).content.decode()


def test_a_new_rule(cast, rules):
    template = rules.get(code="CAD-06")
    client = cast.client("wu")
    sent = typed(template, code="LJ-01", label="支部集中学习", confirmed="1")
    assert client.post(reverse("cadence-create"), sent).status_code == 302
    assert rules.get(code="LJ-01").at_least == 1
    again = client.post(reverse("cadence-create"), sent).content.decode()
    assert "已有这个编号的规则" in again or "只能有一个" in again


def test_an_announced_change_is_taken_back(cast, rules):
    rule = rules.get(code="CAD-04")
    client = cast.client("wu")
    client.post(reverse("cadence-change", args=[rule.pk]), typed(rule, at_least=2, confirmed="1"))
    coming = rules.get(code="CAD-04", effective_until=None)
    client.post(reverse("cadence-cancel", args=[coming.pk]))
    assert rules.get(code="CAD-04").effective_until is None


def test_history_shows_versions_and_reasons(cast, rules):
    rule = rules.get(code="CAD-04")
    client = cast.client("wu")
    client.post(reverse("cadence-change", args=[rule.pk]), typed(rule, at_least=2, confirmed="1"))
    page = client.get(reverse("cadence-history", args=[rule.pk])).content.decode()
    assert "因地制宜" in page
    assert "尚未生效" in page


def test_obligations_of_a_branch(cast, rules):
    page = cast.client("li").get(reverse("obligation-list", args=[cast.first.pk])).content.decode()
    assert "2026年11月主题党日还需1次" in page
    assert "党小组会：未设党小组，不作要求" in page
    assert cast.client("wang").get(reverse("obligation-list", args=[cast.first.pk])).status_code == 404
    assert cast.client("zhao").get(reverse("obligation-list", args=[cast.first.pk])).status_code == 200


def test_a_reason_is_stated(cast, rules):
    url = reverse("shortfall-reason", args=[cast.first.pk, "CAD-02", "2026-10"])
    client = cast.client("li")
    assert client.get(url).status_code == 200
    assert "必填" in client.post(url, {"reason": ""}).content.decode()
    assert client.post(url, {"reason": "两名委员住院"}).status_code == 302
    assert ShortfallReason.objects.get().author == cast.people["li"]
    assert "两名委员住院" in client.get(reverse("obligation-list", args=[cast.first.pk])).content.decode()
    assert cast.client("zhao").get(url).status_code == 403
    assert client.get(reverse("shortfall-reason", args=[cast.first.pk, "CAD-02", "x"])).status_code == 404
