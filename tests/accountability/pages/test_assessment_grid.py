"""All units of a window × what is asked, on one page: each row saved or handed in for itself."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accountability.actions.assessing import open_window, save_sheet
from accountability.models import AssessorSheet, EvaluationEntry
from accountability.queries.assessing import assessed_by
from accountability.scoring import Entry
from branches.choices import Post
from branches.models import Appointment
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.filling_worlds import gathering
from tests.conftest import employ


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def evaluation(cast):
    return gathering(cast)


@pytest.fixture
def window(acting, evaluation):
    days = {"opens_on": TODAY, "closes_on": TODAY + timedelta(days=5)}
    return open_window(
        actor=acting("zhao"), round=evaluation.round, role="SUPERIOR", by="党委评", now=NOW, **days
    )


@pytest.fixture
def address(window):
    return reverse("assessment-grid", args=[window.pk])


def cell(evaluation, number, value):
    return {f"a{evaluation.pk}_{number}-level": value}


def test_rows_that_were_begun_are_handed_in_together(cast, evaluation, address):
    zhao, other = cast.client("zhao"), evaluation.round.evaluations.exclude(pk=evaluation.pk).get()
    assert address in zhao.get(reverse("assessment-list")).content.decode()
    versions = {f"version{evaluation.pk}": "0", f"version{other.pk}": "0"}
    answer = zhao.post(address, versions | cell(evaluation, 0, "好") | {"submit": "1"}, follow=True)
    assert "已提交：1 个单位" in answer.content.decode()
    assert not AssessorSheet.objects.filter(evaluation=other).exists()
    kept = zhao.post(address, versions | cell(other, 0, "较好") | {"save": "1"}, follow=True)
    assert "草稿" in kept.content.decode()
    assert 'value="较好" checked' in kept.content.decode()
    done = zhao.post(address, {f"version{other.pk}": "1"} | cell(other, 0, "差") | {"submit": "1"})
    assert done.url == reverse("assessment-list")
    entries = EvaluationEntry.objects.filter(origin="ASSESSOR", withdrawn_at=None)
    assert set(entries.values_list("evaluation", "level")) == {(evaluation.pk, "好"), (other.pk, "差")}
    again = zhao.post(address, versions | cell(evaluation, 0, "差") | {"submit": "1"}, follow=True)
    assert "没有改动" in again.content.decode()
    assert entries.count() == 2


def test_what_was_saved_elsewhere_is_not_overwritten_and_stays_typed(
    cast, acting, evaluation, window, address
):
    facts = {"actor": acting("zhao"), "window": window, "evaluation": evaluation, "now": NOW}
    save_sheet(version=0, answers={("opinion", ""): Entry("opinion", level="好")}, **facts)
    typed = {f"version{evaluation.pk}": "0"} | cell(evaluation, 0, "差") | {"submit": "1"}
    refused = cast.client("zhao").post(address, typed)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "刚刚保存过" in page
    assert 'value="差" checked' in page
    assert AssessorSheet.objects.get().answers["opinion|"]["level"] == "好"
    cast.client("zhao").post(address, typed | {f"version{evaluation.pk}": "1"})
    assert AssessorSheet.objects.get().answers["opinion|"]["level"] == "差"


@pytest.mark.parametrize("value", ["极好", "9" * 600, "<script>", "🎉" * 50])
def test_hostile_cells_are_refused(cast, evaluation, address, value):
    for version in ("x", "9" * 40, "０", ""):
        typed = {f"version{evaluation.pk}": version, "submit": "1"}
        assert cast.client("zhao").post(address, typed | cell(evaluation, 0, value)).status_code == 422
        assert cast.client("zhao").post(address, typed | cell(evaluation, 0, "好")).status_code == 422
    assert not EvaluationEntry.objects.filter(origin="ASSESSOR").exists()


def test_addresses_that_name_nothing(cast, evaluation, address):
    zhao = cast.client("zhao")
    for query in ("?scheme=x", f"?scheme={'9' * 30}", "?scheme=0"):
        assert zhao.get(address + query).status_code == 404
    assert zhao.get(reverse("assessment-grid", args=[0])).status_code == 404
    assert cast.client("li").get(address).status_code == 404


def test_the_page_asks_the_same_queries_whatever_the_number_of_units(
    cast, address, django_assert_max_num_queries
):
    zhao = cast.client("zhao")
    zhao.get(address)
    with django_assert_max_num_queries(12):
        zhao.get(address)


def test_the_committee_right_above_rates_its_units_in_a_round_of_the_committee_above_it(
    cast, acting, evaluation
):
    """The county runs the round; the town of the branches rates them, and nobody else does."""
    held = evaluation.round
    held.organization = cast.county
    held.save()
    days = {"opens_on": TODAY, "closes_on": TODAY + timedelta(days=5)}
    window = open_window(actor=acting("qian"), round=held, role="DIRECT", by="党委评", now=NOW, **days)
    cast.people["publicity"] = employ("publicity", "林宣", (cast.town, Post.PUBLICITY_MEMBER))
    scored = {
        who: assessed_by(acting(who), window).count()
        for who in ("zhao", "publicity", "qian", "li", "zhou", "sun")
    }
    assert scored == {"zhao": 2, "publicity": 2, "qian": 0, "li": 0, "zhou": 0, "sun": 0}
    address = reverse("assessment-grid", args=[window.pk])
    typed = {f"version{evaluation.pk}": "0", "submit": "1"} | cell(evaluation, 0, "好")
    assert cast.client("li").post(address, typed).status_code == 404
    assert cast.client("zhao").post(address, typed).status_code == 302
    entry = EvaluationEntry.objects.get(origin="ASSESSOR")
    assert (entry.by, entry.level, entry.author) == ("党委评", "好", cast.people["zhao"])
    assert cast.client("zhao").get(reverse("window-list", args=[held.pk])).status_code == 404


def test_nobody_scores_a_unit_in_which_they_hold_another_post(cast, evaluation, window, address):
    Appointment.objects.create(
        user=cast.people["zhao"],
        organization=cast.first,
        post=Post.SECRETARY,
        starts_on=TODAY - timedelta(days=9),
    )
    page = cast.client("zhao").get(address).content.decode()
    assert "第二支部" in page
    assert reverse("assessment-edit", args=[window.pk, evaluation.pk]) not in page
    alone = reverse("assessment-edit", args=[window.pk, evaluation.pk])
    assert cast.client("zhao").get(alone).status_code == 404


def test_who_no_longer_serves_rates_no_longer(cast, evaluation, window, address):
    typed = {f"version{evaluation.pk}": "0", "submit": "1"} | cell(evaluation, 0, "好")
    zhao = cast.client("zhao")
    assert zhao.get(address).status_code == 200
    Appointment.objects.filter(user=cast.people["zhao"]).update(ends_on=TODAY - timedelta(days=1))
    assert zhao.post(address, typed).status_code in (302, 403)
    assert not AssessorSheet.objects.exists()
