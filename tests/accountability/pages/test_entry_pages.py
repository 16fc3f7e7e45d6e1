"""填报考核: item by item with and without htmx; disputes from the button to the answer."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accountability.actions.disputes import raise_dispute
from accountability.choices import EntryOrigin
from accountability.models import EntryFile, Evaluation, EvaluationEntry, Objection
from tests.accountability.conftest import NOW
from tests.accountability.filling_worlds import gathering

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def evaluation(cast):
    return gathering(cast)


def save(client, evaluation, htmx=False, **typed):
    return client.post(reverse("entry-save", args=[evaluation.pk]), typed, headers=HTMX if htmx else {})


def test_an_item_is_saved_by_itself_and_says_what_is_left(cast, evaluation):
    li = cast.client("li")
    page = li.get(reverse("evaluation-fill", args=[evaluation.pk])).content.decode()
    assert "还差 <b>2</b> 项" in page
    assert "系统带入：党员大会" in page
    assert "有异议" in page
    answer = save(
        li, evaluation, htmx=True, item="service", points="18.5", reason="台账齐全"
    ).content.decode()
    assert "18.5分" in answer
    assert 'hx-swap-oob="true"' in answer
    assert "还差 <b>1</b> 项" in answer
    assert "联系服务群众" in answer
    assert "走访率" not in answer
    followed = save(li, evaluation, item="visits", count="57", due="60")
    assert followed.status_code == 302
    page = li.get(followed["Location"].partition("#")[0]).content.decode()
    assert "57／60" in page
    assert "都填好了" in page


@pytest.mark.parametrize("htmx", [True, False])
def test_what_is_refused_stays_typed_with_its_message_at_the_field(cast, evaluation, htmx):
    answer = save(cast.client("li"), evaluation, htmx=htmx, item="service", points="29", reason="很好")
    page = answer.content.decode()
    assert "应在0到20分之间，不能是29分" in page
    assert 'value="29"' in page
    assert not EvaluationEntry.objects.filter(item="service").exists()


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"item": "service", "points": "NaN", "reason": "一"}, 200),
        ({"item": "service", "points": "1e99", "reason": "一"}, 200),
        ({"item": "late", "count": "99999999999999999999"}, 200),
        ({"item": "late", "count": "-1"}, 200),
        ({"item": "late", "count": "1", "on": "0000-13-45"}, 200),
        ({"item": "late", "count": "1", "flags": "x"}, 200),
        ({"item": "late", "count": "1", "note": "a\x00b"}, 200),
        ({"item": "late", "count": "1", "entry": "9" * 40}, 404),
        ({"item": "late", "fact": "别的"}, 404),
        ({"item": "../x"}, 404),
        ({}, 404),
    ],
)
def test_hostile_input_is_refused(cast, evaluation, typed, status):
    assert save(cast.client("li"), evaluation, **typed).status_code == status
    assert not EvaluationEntry.objects.filter(origin=EntryOrigin.HAND).exists()


def test_an_entry_is_edited_in_its_place_and_withdrawn(cast, evaluation):
    li = cast.client("li")
    save(li, evaluation, item="visits", value="85")
    entry = EvaluationEntry.objects.get(item="visits")
    address = reverse("evaluation-fill", args=[evaluation.pk]) + f"?edit={entry.pk}"
    assert 'value="85"' in li.get(address, headers=HTMX).content.decode()
    assert 'value="85"' in li.get(address).content.decode()
    save(li, evaluation, item="visits", value="86", entry=entry.pk)
    assert (
        "刚刚被他人改动" in save(li, evaluation, item="visits", value="87", entry=entry.pk).content.decode()
    )
    now = EvaluationEntry.objects.get(item="visits", withdrawn_at=None)
    assert now.value == 86
    li.post(reverse("entry-withdraw", args=[evaluation.pk, now.pk]))
    assert not EvaluationEntry.objects.filter(item="visits", withdrawn_at=None).exists()
    other = Evaluation.objects.exclude(pk=evaluation.pk).get()
    assert cast.client("zhao").post(reverse("entry-withdraw", args=[other.pk, now.pk])).status_code == 404


def test_a_file_is_kept_and_given_to_those_who_see_the_evaluation(cast, evaluation, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    li = cast.client("li")
    file = SimpleUploadedFile("台账.pdf", b"%PDF-1.7 x")
    save(li, evaluation, item="visits", value="85", files=file, evidence_1="台账第3册")
    kept = EntryFile.objects.get()
    address = reverse("entry-file", args=[evaluation.pk, kept.pk])
    assert b"".join(cast.client("zhao").get(address)) == b"%PDF-1.7 x"
    assert cast.client("wang").get(address).status_code == 404
    wrong = SimpleUploadedFile("台账.exe", b"MZ")
    page = save(li, evaluation, item="late", count="1", files=wrong)
    assert "文件没有保存" in li.get(page["Location"].partition("#")[0]).content.decode()
    li.post(reverse("entry-file-remove", args=[evaluation.pk, kept.pk]))
    assert li.get(address).status_code == 404


def test_a_dispute_goes_from_the_button_to_the_answer(cast, evaluation):
    li, zhao = cast.client("li"), cast.client("zhao")
    entry = evaluation.entries.get(origin=EntryOrigin.SYSTEM)
    address = reverse("dispute-raise", args=[evaluation.pk, entry.pk])
    assert "3／4" in li.get(address).content.decode()
    assert li.post(address, {"reason": " "}).status_code == 422
    li.post(address, {"reason": "十月的大会漏记"})
    dispute = Objection.objects.get()
    answer = reverse("dispute-answer", args=[dispute.pk])
    assert "十月的大会漏记" in zhao.get(answer).content.decode()
    assert li.get(answer).status_code == 403
    wrong = zhao.post(answer, {"answer": "属实", "correct": "1", "count": "x"})
    assert wrong.status_code == 422
    assert "属实" in wrong.content.decode()
    zhao.post(answer, {"answer": "属实", "correct": "1", "count": "4", "due": "4"})
    page = li.get(reverse("evaluation-fill", args=[evaluation.pk])).content.decode()
    assert "4／4" in page
    assert "异议更正" in page


def test_what_does_not_apply_is_found_out_by_a_dispute(cast, acting, evaluation):
    entry = evaluation.entries.get(origin=EntryOrigin.SYSTEM)
    dispute = raise_dispute(actor=acting("li"), entry=entry, reason="本支部今年新建", now=NOW)
    answer = reverse("dispute-answer", args=[dispute.pk])
    cast.client("zhao").post(answer, {"answer": "新建支部，当年不考", "inapplicable": "1"})
    page = cast.client("li").get(reverse("evaluation-fill", args=[evaluation.pk])).content.decode()
    assert "不适用" in page
    assert "新建支部，当年不考" in page
    live = evaluation.entries.get(withdrawn_at=None)
    assert (live.origin, live.applies) == (EntryOrigin.CORRECTED, False)


def test_the_number_of_queries_does_not_grow_with_what_is_stated(
    cast, evaluation, django_assert_max_num_queries
):
    li = cast.client("li")
    for number in range(6):
        save(li, evaluation, item="late", count="1", note=f"第{number}份", evidence_1="台账")
    with django_assert_max_num_queries(18):
        li.get(reverse("evaluation-fill", args=[evaluation.pk]))
