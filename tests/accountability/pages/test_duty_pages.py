from datetime import date, datetime

import pytest
import time_machine
from django.urls import reverse

from accountability.actions.lists import issue_lists
from accountability.models import Duty, DutyList, DutyRecord
from branches.choices import MeetingKind, MeetingStatus
from tests.accountability.conftest import NOW
from tests.branches.test_cadence import hold


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def record(cast, issued):
    """A record of 李's branch that is due in November."""
    return DutyRecord.objects.get(organization=cast.first, period=202611)


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def filled(record, **values):
    facts = {"done_on": "2026-11-12", "summary": "为两户群众办妥了手续。", "version": record.version}
    return facts | values


# Lists


def test_the_index_shows_lists_and_progress(cast, issued):
    page = text(cast.client("li").get(reverse("duty-list-index", args=[cast.first.pk])))
    assert "党支部基本任务清单" in page
    total = DutyRecord.objects.filter(organization=cast.first).count()
    assert f"0/{total}" in page


def test_the_index_hides_from_the_neighbours(cast, issued):
    for who, status in (("wang", 404), ("zhao", 200), ("zhou", 200), ("zheng", 403), ("nobody", 404)):
        url = reverse("duty-list-index", args=[cast.first.pk])
        assert cast.client(who).get(url).status_code == status, who


def test_the_index_asks_the_same_queries_whatever_the_lists(
    cast, issued, templates, acting, django_assert_max_num_queries
):
    client, url = cast.client("qian"), reverse("duty-list-index", args=[cast.county.pk])
    client.get(url)
    for code in ("FIRST", "OVERSIGHT"):
        issue_lists(actor=acting("wu"), template=templates[code], scope=cast.city, now=NOW)
    with django_assert_max_num_queries(9):
        text(client.get(url))


def test_a_list_shows_its_duties_and_terms(cast, issued, django_assert_max_num_queries):
    duty_list = DutyList.objects.get(organization=cast.first)
    client = cast.client("li")
    with django_assert_max_num_queries(12):
        page = text(client.get(reverse("duty-list-detail", args=[duty_list.pk])))
    assert "联系服务群众" in page
    assert "第四季度" in page
    assert "撤回" not in page
    assert "签收" in page


def test_signing_by_button(cast, issued):
    duty_list = DutyList.objects.get(organization=cast.first)
    url = reverse("duty-list-sign", args=[duty_list.pk])
    client = cast.client("li")
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 302
    assert "已签收" in text(client.get(reverse("duty-list-detail", args=[duty_list.pk])))
    assert cast.client("zhao").post(url).status_code == 403


def test_withdrawing_asks_for_a_reason(cast, issued):
    duty_list = DutyList.objects.get(organization=cast.first)
    url = reverse("duty-list-withdraw", args=[duty_list.pk])
    client = cast.client("wu")
    assert "期未完成的履责不再要求" in text(client.get(url))
    assert "必填" in text(client.post(url, {"reason": ""}))
    assert client.post(url, {"reason": "条目重排"}).status_code == 302
    duty_list.refresh_from_db()
    assert duty_list.status == "WITHDRAWN"
    for who, status in (("li", 403), ("qian", 403), ("wang", 404)):
        assert cast.client(who).get(url).status_code == status


# Decomposing


def test_decomposing_by_form(cast, issued):
    duty = Duty.objects.filter(organization=cast.town, interval="quarter").first()
    url = reverse("duty-decompose", args=[duty.pk])
    client = cast.client("zhao")
    page = text(client.get(url))
    assert "第一支部" in page
    assert "李明 书记" in page
    owner = cast.people["li"].appointments.get()
    sent = {
        "measure": "每季度走访一次",
        "interval": "quarter",
        f"unit_{cast.first.pk}": "on",
        f"owner_unit_{cast.first.pk}": owner.pk,
        f"measure_unit_{cast.first.pk}": "走访全部困难户",
    }
    assert client.post(url, sent).status_code == 302
    share = Duty.objects.get(parent=duty)
    assert (share.organization, share.owner, share.measure) == (cast.first, owner, "走访全部困难户")
    assert "已分解" in text(client.get(url))
    assert cast.client("qian").get(url).status_code == 403
    assert cast.client("li").get(url).status_code == 404


def test_asking_more_often_is_warned_about(cast, issued):
    duty = Duty.objects.filter(organization=cast.town, interval="quarter").first()
    url = reverse("duty-decompose", args=[duty.pk])
    client = cast.client("zhao")
    sent = {"interval": "month", f"unit_{cast.first.pk}": "on"}
    assert "层层加码" in text(client.post(url, sent))
    assert not Duty.objects.filter(parent=duty).exists()
    assert client.post(url, sent | {"stricter": "1"}).status_code == 302
    assert "至少勾选一个" in text(client.post(url, {"interval": "quarter"}))


def test_somebody_elses_ids_in_the_form_are_no_units(cast, issued):
    duty = Duty.objects.filter(organization=cast.town, interval="quarter").first()
    client = cast.client("zhao")
    foreign = cast.people["qian"].appointments.get()
    sent = {"interval": "quarter", f"unit_{cast.county.pk}": "on"}
    assert "至少勾选一个" in text(client.post(reverse("duty-decompose", args=[duty.pk]), sent))
    sent = {
        "interval": "quarter",
        f"unit_{cast.first.pk}": "on",
        f"owner_unit_{cast.first.pk}": foreign.pk,
    }
    assert "选择一个有效的选项" in text(client.post(reverse("duty-decompose", args=[duty.pk]), sent))
    assert not Duty.objects.filter(parent=duty).exists()


# Records


def test_filling_in_and_submitting(cast, record):
    hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 11, 5))
    hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 11, 6), MeetingStatus.SUBMITTED)
    client, url = cast.client("li"), reverse("duty-record-edit", args=[record.pk])
    page = text(client.get(url))
    assert page.count('name="meetings"') == 1
    assert "不能晚于今天" in text(client.post(url, filled(record, done_on="2026-12-01")))
    answer = client.post(url, filled(record), follow=True)
    assert "等待上级审核" in text(answer)
    assert client.get(url).status_code == 302


def test_saving_for_later_and_two_writers(cast, record):
    client, url = cast.client("li"), reverse("duty-record-edit", args=[record.pk])
    client.post(url, filled(record, summary="对方写的", save="1"))
    page = text(client.post(url, filled(record, summary="自己写的")))
    assert "刚刚也改了这份纪实" in page
    assert "对方写的" in page
    assert "自己写的" in page
    record.refresh_from_db()
    # The page carries the newer version last, so sending it again wins knowingly.
    answer = client.post(url, filled(record, summary="合并后的", version=[1, record.version]))
    assert answer.status_code == 302


def test_the_note_of_a_return_is_pinned(cast, record):
    li, zhao = cast.client("li"), cast.client("zhao")
    li.post(reverse("duty-record-edit", args=[record.pk]), filled(record))
    review = reverse("duty-record-review", args=[record.pk])
    assert "请写明退回原因" in text(zhao.post(review, {"return": "1", "version": 2, "note": ""}, follow=True))
    zhao.post(review, {"return": "1", "version": 2, "note": "写明哪两户"})
    assert "写明哪两户" in text(li.get(reverse("duty-record-edit", args=[record.pk])))
    assert "写明哪两户" in text(li.get(reverse("duty-record-detail", args=[record.pk])))


def test_accepting_by_button(cast, record):
    cast.client("li").post(reverse("duty-record-edit", args=[record.pk]), filled(record))
    page = text(cast.client("zhao").get(reverse("duty-record-detail", args=[record.pk])))
    assert ">认可<" in page
    assert ">认可<" not in text(cast.client("li").get(reverse("duty-record-detail", args=[record.pk])))
    review = reverse("duty-record-review", args=[record.pk])
    assert cast.client("li").post(review, {"accept": "1", "version": 2}).status_code == 403
    assert cast.client("wang").post(review, {"accept": "1", "version": 2}).status_code == 404
    assert "刚刚改动" in text(cast.client("zhao").post(review, {"accept": "1", "version": 1}, follow=True))
    cast.client("zhao").post(review, {"accept": "1", "version": 2})
    record.refresh_from_db()
    assert record.status == "ACCEPTED"


def test_records_history(cast, record):
    cast.client("li").post(reverse("duty-record-edit", args=[record.pk]), filled(record))
    page = text(cast.client("li").get(reverse("duty-record-history", args=[record.pk])))
    assert "提交" in page


def test_the_record_list_is_filtered_by_its_address(cast, issued):
    url = reverse("duty-record-list", args=[cast.town.pk])
    client = cast.client("zhao")
    page = text(client.get(url, {"only": "overdue", "level": "70", "period": "2026-10", "unit": "第一"}))
    assert "第一支部" in page
    assert "第二支部" not in page
    assert "已逾期" in page
    assert "2026年10月" in page
    assert "没有符合条件" in text(client.get(url, {"only": "late"}))
    assert "期别应写成" in text(client.get(url, {"period": "十月"}))
    assert cast.client("li").get(url).status_code == 404


def test_the_record_list_asks_the_same_queries_at_one_and_at_thirty(
    cast, issued, django_assert_max_num_queries
):
    client, url = cast.client("zhao"), reverse("duty-record-list", args=[cast.town.pk])
    with django_assert_max_num_queries(10):
        text(client.get(url, {"period": "2026-11"}))
    with django_assert_max_num_queries(10):
        text(client.get(url))


def test_pages_follow_by_key(cast, issued):
    client, url = cast.client("zhao"), reverse("duty-record-list", args=[cast.town.pk])
    seen, query = [], {"only": "unfinished"}
    while True:
        answer = client.get(url, query)
        seen += [record.pk for record in answer.context["page"].rows]
        after = answer.context["page"].after
        if not after:
            break
        query["after"] = after
    expected = DutyRecord.objects.unfinished().in_subtree(cast.town).order_by("due_on", "pk")
    assert seen == list(expected.values_list("pk", flat=True))


# Review


def hand_in(record, author):
    DutyRecord.objects.filter(pk=record.pk).update(
        status="SUBMITTED", done_on=date(2026, 11, 10), summary="已做", author=author, submitted_at=NOW
    )


def test_the_queue_shows_what_waits_below(cast, record, django_assert_max_num_queries):
    hand_in(record, cast.people["li"])
    client, url = cast.client("zhao"), reverse("duty-review-queue", args=[cast.town.pk])
    with django_assert_max_num_queries(10):
        assert "联系服务群众" in text(client.get(url))
    for each in DutyRecord.objects.filter(organization=cast.second):
        hand_in(each, cast.people["wang"])
    with django_assert_max_num_queries(10):
        text(client.get(url))
    assert cast.client("wu").get(reverse("duty-review-queue", args=[cast.city.pk])).status_code == 403
    assert cast.client("zhou").get(reverse("duty-review-queue", args=[cast.first.pk])).status_code == 403


def test_bulk_acceptance_is_confirmed_and_takes_exactly_those(cast, issued):
    for each in DutyRecord.objects.filter(organization=cast.second):
        hand_in(each, cast.people["wang"])
    first = DutyRecord.objects.get(organization=cast.first, period=202611)
    client, url = cast.client("zhao"), reverse("duty-review-bulk", args=[cast.town.pk])
    number = DutyRecord.objects.waiting().count()
    page = client.post(url, {"all_matching": "1", "filters": ""})
    assert f"将认可 {number} 份" in text(page)
    hand_in(first, cast.people["li"])  # arrives while the page is being read
    hidden = dict(page.context["hidden"])
    assert client.post(url, hidden | {"confirmed": "1"}).status_code == 302
    first.refresh_from_db()
    assert first.status == "SUBMITTED"
    assert DutyRecord.objects.filter(status="ACCEPTED").count() == number
    chosen = client.post(url, {"chosen": [first.pk]})
    assert "将认可 1 份" in text(chosen)
    assert client.post(url, {}).status_code == 302
    assert cast.client("wu").post(reverse("duty-review-bulk", args=[cast.city.pk]), {}).status_code == 403


# Templates


def test_templates_are_shown_to_those_who_issue(cast, templates):
    for who, status in (("wu", 200), ("qian", 200), ("zhao", 200), ("li", 200), ("sun", 403), ("zhou", 403)):
        assert cast.client(who).get(reverse("template-list")).status_code == status, who
    page = text(cast.client("wu").get(reverse("template-detail", args=[templates["PRINCIPAL"].pk])))
    assert "每月约" in page
    assert "编辑" in page
    page = text(cast.client("qian").get(reverse("template-detail", args=[templates["PRINCIPAL"].pk])))
    assert "编辑" not in page
    assert (
        cast.client("qian").get(reverse("template-edit", args=[templates["PRINCIPAL"].pk])).status_code == 403
    )


def rows_of(template, **changes):
    """What the browser sends for a template as it stands."""
    items = list(template.items.all())
    sent = {
        "code": template.code,
        "title": template.title,
        "kind": template.kind,
        "year": template.year,
        "organization_kinds": template.organization_kinds,
        "posts": template.posts,
        "source": template.source,
        "reason": "精简",
        "version": template.version,
        "items-TOTAL_FORMS": len(items),
        "items-INITIAL_FORMS": len(items),
    }
    for number, item in enumerate(items):
        for name in ("id", "heading", "content", "measure", "interval", "legal_basis"):
            sent[f"items-{number}-{name}"] = getattr(item, name)
        sent[f"items-{number}-sunset_on"] = item.sunset_on.isoformat()
        sent[f"items-{number}-is_common"] = "on"
    return sent | changes


def test_a_template_is_edited_in_rows(cast, templates):
    template = templates["BRANCH"]
    client, url = cast.client("wu"), reverse("template-edit", args=[template.pk])
    text(client.get(url))
    page = text(client.post(url, rows_of(template, **{"items-0-measure": "每天打卡"})))
    assert "不得以打卡" in page
    page = text(client.post(url, rows_of(template, **{"items-0-sunset_on": ""})))
    assert "日落日期" in page
    answer = client.post(url, rows_of(template, **{"items-1-DELETE": "on", "items-0-heading": "宣传落实"}))
    assert answer.status_code == 302
    headings = list(template.items.values_list("heading", flat=True))
    assert len(headings) == 7
    assert headings[0] == "宣传落实"
    assert "精简" in text(client.get(reverse("template-history", args=[template.pk])))


def test_a_template_is_created_and_copied(cast, templates):
    client = cast.client("wu")
    sent = rows_of(templates["BRANCH"], code="LOCAL")
    sent["items-INITIAL_FORMS"] = 0
    for number in range(8):
        sent[f"items-{number}-id"] = ""
    assert client.post(reverse("template-create"), sent).status_code == 302
    copy = reverse("template-copy", args=[templates["BRANCH"].pk])
    assert "已复制为2027年度模板" in text(client.post(copy, {"year": 2027}, follow=True))
    assert "已有同编号模板" in text(client.post(copy, {"year": 2027}, follow=True))
    assert cast.client("qian").post(copy, {"year": 2028}).status_code == 403


def test_a_list_says_when_it_was_opened(cast, issued):
    opened = DutyRecord.objects.filter(organization=cast.first).values_list("opened_at", flat=True)
    assert {each.date() for each in opened} == {datetime(2026, 1, 5).date()}
