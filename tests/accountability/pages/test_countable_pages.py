"""Countable duties, files and the 负面清单 as the pages show them."""

import os
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accountability.actions.counted import settle_counted
from accountability.choices import CountedBy, DutyKind, EvidenceKind
from accountability.models import DutyHandover, DutyRecord, DutyTrigger, EvidenceFile
from branches.choices import MeetingKind
from branches.models import AuditEntry, Meeting
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.owing import owe, talk
from tests.branches.test_cadence import hold

K = MeetingKind


@pytest.fixture(autouse=True)
def november(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def detail(record):
    return reverse("duty-record-detail", args=[record.pk])


def edit(record):
    return reverse("duty-record-edit", args=[record.pk])


def pdf(content=b"one", name="会议纪要.pdf"):
    return SimpleUploadedFile(name, b"%PDF-1.7\n" + content, content_type="application/pdf")


@pytest.fixture
def talks(cast):
    """A term of 李 that asks for talks with four persons, three of them held, one of them twice."""
    li = cast.people["li"]
    record = owe(
        cast.first,
        owner=li.appointments.get(),
        counted_by=CountedBy.PERSONS,
        meeting_kinds=int(K.TALK),
        target=4,
        heading="谈心谈话",
    )
    others = list(cast.first.members.exclude(pk=li.member_id)[:3])
    talk(cast.first, li.member, others[:2], date(2026, 8, 3))
    talk(cast.first, li.member, others[1:], date(2026, 9, 9))
    talk(cast.first, li.member, others[:1], date(2026, 10, 9))
    return record


# Counting


def test_the_form_comes_filled_and_asks_for_no_number(cast, talks):
    page = text(cast.client("li").get(edit(talks)))
    assert "已计 3 / 应 4 人" in page
    assert "另有 1 次谈话的对象已经计过" in page
    assert "2026年下半年与3人谈心谈话" in page
    assert "还差1人，原因：" in page
    assert page.count(" checked") == 2
    assert 'value="2026-09-09"' in page
    assert 'name="counted"' not in page


def test_too_little_is_handed_in_with_a_reason_and_the_reviewer_sees_it(cast, talks):
    client = cast.client("li")
    form = client.get(edit(talks)).context["form"]
    sent = {name: form.initial[name] for name in ("summary", "meetings")}
    sent |= {"done_on": "2026-11-12", "version": 1}
    assert "请在这里写明原因" in text(client.post(edit(talks), sent))
    answer = client.post(
        edit(talks), sent | {"summary": sent["summary"] + "一人住院，出院后补谈。"}, follow=True
    )
    assert "等待上级审核" in text(answer)
    queue = reverse("duty-review-queue", args=[cast.town.pk])
    assert "不足：3/4" in text(cast.client("zhao").get(queue))
    assert "应 4，计 3" in text(cast.client("zhao").get(detail(talks)))
    assert "3/4" in text(cast.client("zhao").get(reverse("duty-record-list", args=[cast.town.pk])))
    bulk = reverse("duty-review-bulk", args=[cast.town.pk])
    assert "其中 1 份计数不足" in text(cast.client("zhao").post(bulk, {"chosen": [talks.pk]}))


def test_what_has_been_typed_is_not_overwritten(cast, talks):
    client = cast.client("li")
    client.post(edit(talks), {"summary": "自己写的", "version": 1, "save": "1"})
    page = text(client.get(edit(talks)))
    assert "自己写的" in page
    assert "还差1人，原因：" not in page
    assert " checked" not in page


def test_the_record_page_lists_what_counts_with_links(cast, talks, django_assert_max_num_queries):
    client = cast.client("zhou")
    with django_assert_max_num_queries(24):
        page = text(client.get(detail(talks)))
    assert "已计 3 / 应 4 人" in page
    assert page.count('<li><a href="/meetings/') == 2
    assert cast.client("wang").get(detail(talks)).status_code == 404


def test_the_record_page_asks_the_same_queries_whatever_hangs_on_it(
    cast, talks, django_assert_max_num_queries
):
    li = cast.people["li"]
    for number in range(8):
        talk(cast.first, li.member, list(cast.first.members.all()), date(2026, 10, 1 + number))
        DutyHandover.objects.create(
            duty=talks.duty,
            from_organization=cast.first,
            to_organization=cast.first,
            from_appointment=li.appointments.get(),
            to_appointment=li.appointments.get(),
            effective_on=date(2026, 9, 1),
            reason="届中调整",
            passed_at=NOW,
        )
        cast.client("li").post(reverse("evidence-add", args=[talks.pk]), {"file": pdf(os.urandom(8))})
    client = cast.client("li")
    with django_assert_max_num_queries(24):
        page = text(client.get(detail(talks)))
    assert "移交给第一支部 李明" in page
    with django_assert_max_num_queries(26):
        text(client.get(edit(talks)))


def test_a_number_is_asked_where_a_person_counts(cast):
    record = owe(cast.first, counted_by=CountedBy.HAND, target=3, heading="走访")
    client = cast.client("li")
    page = text(client.get(edit(record)))
    assert 'name="counted"' in page
    assert "应不少于3次" in page
    sent = {"done_on": "2026-11-12", "summary": "走访三户。", "version": 1}
    assert "请填写本期完成了几次" in text(client.post(edit(record), sent))
    assert client.post(edit(record), sent | {"counted": "3"}).status_code == 302
    assert "已计 3 / 应 3 次" in text(client.get(detail(record)))


def test_a_term_that_closed_itself_says_so_and_tells_of_a_later_correction(cast):
    record = owe(cast.first, target=2)
    held = [hold(cast.first, K.SPECIAL_STUDY, date(2026, 8, day)) for day in (3, 9)]
    settle_counted(now=NOW, today=TODAY)
    page = text(cast.client("li").get(detail(record)))
    assert "自动计数达标" in page
    assert "此后有会议记录更正" not in page
    Meeting.objects.filter(pk=held[0].pk).update(kinds=int(K.PARTY_DAY))
    page = text(cast.client("li").get(detail(record)))
    assert "提交时计 2 次；此后有会议记录更正，现在可计 1 次" in page
    assert "已认可" in page


def test_the_lists_show_progress_at_the_same_cost(cast, talks, django_assert_max_num_queries):
    client, url = cast.client("zhao"), reverse("duty-record-list", args=[cast.town.pk])
    with django_assert_max_num_queries(10):
        assert "3/4" in text(client.get(url))
    for number in range(20):
        owe(cast.second, year=2030 + number)
    with django_assert_max_num_queries(10):
        text(client.get(url))


def test_the_todo_shows_progress_and_deployments(cast, talks, django_assert_max_num_queries):
    owe(
        cast.first,
        kind=DutyKind.DEPLOYMENT,
        due_on=date(2026, 11, 25),
        interval="year",
        counted_by="",
        target=None,
        heading="防汛值守",
    )
    client = cast.client("li")
    client.get(reverse("todo"))
    with django_assert_max_num_queries(32):
        page = text(client.get(reverse("todo")))
    assert "3/4" in page
    assert ">部署<" in page


# Files


def test_files_come_with_the_form_or_on_the_page(cast, talks):
    client = cast.client("li")
    sent = {"summary": "写了一半", "version": 1, "save": "1", "files": [pdf(), pdf(b"two", "通知.pdf")]}
    assert client.post(edit(talks), sent).status_code == 302
    client.post(reverse("evidence-add", args=[talks.pk]), {"file": pdf(b"three")})
    page = text(client.get(detail(talks)))
    assert page.count("SHA-256") == 3
    assert "第2版" in page
    assert "第1版（旧版）" in page
    newest = EvidenceFile.objects.get(version=2)
    assert newest.sha256 in page
    client.post(reverse("evidence-remove", args=[talks.pk, newest.pk]))
    page = text(client.get(detail(talks)))
    assert page.count("SHA-256") == 1
    assert "移除文件" in page
    assert client.get(reverse("evidence-download", args=[talks.pk, newest.pk])).status_code == 404


def test_nothing_typed_is_lost_when_a_file_is_refused(cast, talks):
    client = cast.client("li")
    sent = {"summary": "写了一半", "version": 1, "save": "1", "files": pdf(name="假的.docx")}
    page = text(client.post(edit(talks), sent))
    assert "“假的.docx”：文件内容与扩展名不符" in page
    assert "写了一半" in page
    assert not EvidenceFile.objects.exists()
    talks.refresh_from_db()
    assert talks.summary == ""
    add = reverse("evidence-add", args=[talks.pk])
    assert "请先选择文件" in text(client.post(add, follow=True))
    assert "只接受" in text(client.post(add, {"file": pdf(name="清单.txt")}, follow=True))


def test_a_download_comes_through_the_door_with_strict_headers(cast, talks):
    li = cast.client("li")
    li.post(reverse("evidence-add", args=[talks.pk]), {"file": pdf()})
    kept = EvidenceFile.objects.get()
    url = reverse("evidence-download", args=[talks.pk, kept.pk])
    answer = cast.client("zhao").get(url)
    assert answer.content == b"%PDF-1.7\none"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"
    for who, status in (("wang", 404), ("zheng", 403), ("nobody", 404), ("zhou", 200), ("sun", 200)):
        assert cast.client(who).get(url).status_code == status, who
    other = owe(cast.second, year=2027)
    assert li.get(reverse("evidence-download", args=[other.pk, kept.pk])).status_code == 404
    assert cast.client("wang").get(reverse("evidence-download", args=[other.pk, kept.pk])).status_code == 404


def test_a_damaged_file_is_not_handed_out(cast, talks):
    li = cast.client("li")
    li.post(reverse("evidence-add", args=[talks.pk]), {"file": pdf()})
    kept = EvidenceFile.objects.get()
    Path(kept.file.path).write_bytes(b"%PDF-1.7\nother")
    url = reverse("evidence-download", args=[talks.pk, kept.pk])
    assert "已损坏（与上传时的校验值不一致）" in text(li.get(url, follow=True))
    assert AuditEntry.objects.filter(event="佐证文件校验", result="失败").count() == 1


def test_the_superior_sees_and_never_edits(cast, talks):
    cast.client("li").post(reverse("evidence-add", args=[talks.pk]), {"file": pdf()})
    zhao = cast.client("zhao")
    page = text(zhao.get(detail(talks)))
    assert "会议纪要.pdf" in page
    assert f'action="{reverse("evidence-add", args=[talks.pk])}"' not in page
    assert "填写履责纪实" not in page
    kept = EvidenceFile.objects.get()
    for url in (
        edit(talks),
        reverse("evidence-add", args=[talks.pk]),
        reverse("evidence-remove", args=[talks.pk, kept.pk]),
    ):
        assert zhao.post(url, {"file": pdf(b"two"), "summary": "代写", "version": 1}).status_code == 403
    talks.refresh_from_db()
    assert (talks.summary, EvidenceFile.objects.count()) == ("", 1)


def test_a_file_that_is_asked_for_is_named_as_such(cast):
    record = owe(cast.first, counted_by="", target=None, evidence=EvidenceKind.DOCUMENT)
    client = cast.client("li")
    assert "佐证文件（这一项必附）" in text(client.get(edit(record)))
    sent = {"done_on": "2026-11-12", "summary": "已印发。", "version": 1}
    assert "至少上传一份" in text(client.post(edit(record), sent))
    assert client.post(edit(record), sent | {"files": pdf()}).status_code == 302


# 负面清单


@pytest.fixture
def negative(cast):
    record = owe(
        cast.first, counted_by="", target=None, is_negative=True, heading="违规收费", content="不得收费。"
    )
    DutyRecord.objects.filter(pk=record.pk).delete()
    return record.duty


def test_a_trigger_is_registered_and_answered(cast, negative):
    li, zhao = cast.client("li"), cast.client("zhao")
    listed = reverse("duty-trigger-list", args=[cast.first.pk])
    create = reverse("duty-trigger-create", args=[negative.pk])
    assert create in text(li.get(listed))
    assert create in text(li.get(reverse("duty-list-detail", args=[negative.duty_list_id])))
    assert "不能晚于今天" in text(li.post(create, {"happened_on": "2026-12-01", "note": "收了工本费"}))
    answer = zhao.post(create, {"happened_on": "2026-11-02", "note": "收了工本费"}, follow=True)
    assert "不会自动产生任何后果" in text(answer)
    trigger = DutyTrigger.objects.get()
    page = reverse("duty-trigger-detail", args=[trigger.pk])
    assert "待处理" in text(li.get(page))
    assert "必填" in text(li.post(page, {"answer": ""}))
    assert "处理情况已记下" in text(li.post(page, {"answer": "已全部退还。"}, follow=True))
    assert "已全部退还" in text(zhao.get(page))
    late = text(zhao.post(page, {"answer": "我也写一句"}))
    assert "已经写过" in late
    assert "我也写一句" in late
    only = text(zhao.get(listed, {"only": "open"}))
    assert "没有登记的触发" in only


def test_triggers_are_hidden_and_refused(cast, negative):
    li = cast.client("li")
    create = reverse("duty-trigger-create", args=[negative.pk])
    li.post(create, {"happened_on": "2026-11-02", "note": "收了工本费"})
    page = reverse("duty-trigger-detail", args=[DutyTrigger.objects.get().pk])
    for who, seen, written in (("wang", 404, 404), ("zhou", 200, 403), ("wu", 200, 403), ("zheng", 403, 403)):
        assert cast.client(who).get(page).status_code == seen, who
        assert cast.client(who).post(page, {"answer": "已退还"}).status_code == written, who
    assert reverse("duty-trigger-create", args=[negative.pk]) not in text(
        cast.client("zhou").get(reverse("duty-trigger-list", args=[cast.first.pk]))
    )


def test_the_trigger_list_asks_the_same_queries_and_turns_pages(
    cast, negative, django_assert_max_num_queries
):
    client, url = cast.client("qian"), reverse("duty-trigger-list", args=[cast.county.pk])
    client.get(url)
    for number in range(55):
        DutyTrigger.objects.create(
            duty=negative,
            organization=cast.first,
            happened_on=date(2026, 11, 2),
            note=f"第{number:02d}件",
            reporter=cast.people["li"],
            reported_at=NOW,
        )
    with django_assert_max_num_queries(9):
        answer = client.get(url)
    assert "第54件" in text(answer)
    assert "第04件" not in text(answer)
    assert "第04件" in text(client.get(url + answer.context["next_url"]))
    assert "没有登记" not in text(client.get(url, {"after": "x"}))
