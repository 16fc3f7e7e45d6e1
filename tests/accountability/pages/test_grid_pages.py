"""One item × all units: saved row by row, what others wrote meanwhile is shown and not overwritten."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest
import time_machine
from django.urls import reverse

from accountability.actions.entries import Evidence, add_entry, change_entry
from accountability.models import EvaluationEntry
from accountability.scoring import Entry
from tests.accountability.conftest import NOW
from tests.accountability.filling_worlds import gathering


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def evaluation(cast):
    return gathering(cast)


def grid(evaluation, item):
    query = urlencode({"scheme": evaluation.scheme_id, "item": item, "fact": ""})
    return reverse("round-item-fill", args=[evaluation.round_id]) + f"?{query}"


def typed(**rows):
    return {f"{unit}-{name}": value for unit, row in rows.items() for name, value in row.items()}


def test_what_the_committee_fills_in_is_saved_for_all_units_at_once(cast, evaluation):
    zhao, other = cast.client("zhao"), evaluation.round.evaluations.exclude(pk=evaluation.pk).get()
    page = zhao.get(reverse("round-items", args=[evaluation.round_id])).content.decode()
    assert page.index("督查情况") < page.index("联系服务群众")
    assert "0／2" in page
    assert "党员大会</th>" not in page  # the system knows it
    first, second = f"u{evaluation.pk}", f"u{other.pk}"
    address = grid(evaluation, "inspection")
    assert "第二支部" in zhao.get(address).content.decode()
    answer = zhao.post(
        address, typed(**{first: {"level": "好", "seen": ""}, second: {"level": "", "seen": ""}}), follow=True
    )
    assert "已保存 1 个单位" in answer.content.decode()
    kept = EvaluationEntry.objects.get(item="inspection")
    zhao.post(
        address, typed(**{first: {"level": "", "seen": kept.pk}, second: {"level": "一般", "seen": ""}})
    )
    live = EvaluationEntry.objects.filter(item="inspection", withdrawn_at=None)
    assert list(live.values_list("evaluation", "level")) == [(other.pk, "一般")]


def test_a_conflict_is_shown_and_nothing_is_overwritten(cast, acting, evaluation):
    zhao, first = cast.client("zhao"), f"u{evaluation.pk}"
    address = grid(evaluation, "visits")
    seen = add_entry(
        actor=acting("li"),
        evaluation=evaluation,
        entry=Entry("visits", value=Decimal(85), note="台账"),
        evidence=[Evidence("第3册")],
        now=NOW,
    )
    now = change_entry(
        actor=acting("li"), entry=seen, said=Entry("visits", value=Decimal(86), note="台账"), now=NOW
    )
    refused = zhao.post(address, typed(**{first: {"value": "90", "seen": seen.pk}}))
    page = refused.content.decode()
    assert "李明刚刚填了“86”" in page
    assert 'value="90"' in page
    assert f'name="{first}-seen" value="{now.pk}"' in page
    zhao.post(address, typed(**{first: {"value": "90", "seen": now.pk}}))
    kept = EvaluationEntry.objects.get(item="visits", withdrawn_at=None)
    assert (kept.value, kept.note, kept.evidence.get().words) == (90, "台账", "第3册")


@pytest.mark.parametrize("value", ["NaN", "x", "1e40", "-" * 50, "9" * 40])
def test_hostile_rows_are_refused_and_stay_typed(cast, evaluation, value):
    first = f"u{evaluation.pk}"
    answer = cast.client("zhao").post(
        grid(evaluation, "visits"), typed(**{first: {"value": value, "seen": "9" * 40}})
    )
    assert answer.status_code == 422
    assert value in answer.content.decode()
    assert not EvaluationEntry.objects.filter(item="visits").exists()


def test_addresses_that_name_nothing(cast, evaluation):
    zhao = cast.client("zhao")
    for item in ("opinion", "nothing"):
        assert zhao.get(grid(evaluation, item)).status_code == 404
    bare = reverse("round-item-fill", args=[evaluation.round_id])
    for query in ("", "?scheme=x&item=visits", f"?scheme={'9' * 30}&item=visits"):
        assert zhao.get(bare + query).status_code == 404


def test_the_pages_ask_the_same_queries_whatever_the_number_of_units(
    cast, evaluation, django_assert_max_num_queries
):
    zhao = cast.client("zhao")
    for address in (reverse("round-items", args=[evaluation.round_id]), grid(evaluation, "visits")):
        zhao.get(address)
        with django_assert_max_num_queries(12):
            zhao.get(address)
