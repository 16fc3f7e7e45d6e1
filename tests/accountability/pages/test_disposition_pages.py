from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accountability.models import DispositionCase
from branches.choices import MeetingStatus
from branches.models import Member
from tests.accountability.appraising import decide, to_tell
from tests.accountability.test_dispositions import opened, take, until, voted


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def url(name, row):
    return reverse(name, args=[row.pk])


def test_a_case_on_its_pages(cast, acting):
    programme = to_tell(acting, cast)
    decide(acting, programme, {"陈强": "UNQUALIFIED"}, opinion="长期不参加组织生活")
    li, zhao = cast.client("li"), cast.client("zhao")
    page = text(li.get(url("disposition-list", cast.first)))
    assert "民主评议不合格，还没有启动" in page
    row = programme.appraisals.get(member__name="陈强")
    create = url("disposition-create", cast.first) + f"?appraisal={row.pk}"
    assert "长期不参加组织生活" in text(li.get(create))
    data = {"member": row.member_id, "kind": "IMPROVE", "grounds": " ", "appraisal": row.pk}
    assert "必填" in text(li.post(create, data))
    page = text(li.post(create, data | {"grounds": "半年不参加组织生活"}, follow=True))
    case = DispositionCase.objects.get()
    assert case.appraisal == row
    assert "办理：核实" in page
    assert "还没有启动" not in text(li.get(url("disposition-list", cast.first)))
    assert "已启动处置" in text(li.get(url("appraisal-detail", programme)))

    step = url("disposition-step", case)
    page = text(li.post(step, {"kind": "VERIFY", "on": "2026-11-19", "passed": "yes", "words": "属实"}))
    assert "启动日期" in page
    assert "属实" in page
    said = {"on": "2026-11-20", "passed": "yes", "words": "属实"}
    assert "“核实”已记下" in text(li.post(step, said | {"kind": "VERIFY"}, follow=True))
    assert "现在应办的是“支委会”" in text(li.post(step, said | {"kind": "VERIFY"}))
    li.post(step, said | {"kind": "COMMITTEE"})
    assert li.get(step).status_code == 403
    assert "报来一件组织处置，请基层党委预审" in text(zhao.get(reverse("todo")))
    assert "报来一件组织处置" not in text(cast.client("qian").get(reverse("todo")))
    zhao.post(step, said | {"kind": "PREEXAMINE"})
    page = text(li.get(step))
    assert 'name="vote"' in page
    assert 'name="on"' not in page
    lost, won = voted(cast, in_favour=3), voted(cast)
    assert "请按表决结果填写" in text(
        li.post(step, {"kind": "ASSEMBLY", "vote": lost.pk, "passed": "yes", "words": "表决"})
    )
    li.post(step, {"kind": "ASSEMBLY", "vote": won.pk, "passed": "yes", "words": "表决"})
    zhao.post(step, said | {"kind": "APPROVE"})
    page = text(li.post(step, {"kind": "ANNOUNCE", "on": "2026-11-20", "words": "在党员大会宣布"}))
    assert "改正期限" in page
    announced = {"kind": "ANNOUNCE", "on": "2026-11-20", "words": "宣布", "improve_until": "2026-12-10"}
    page = text(li.post(step, announced, follow=True))
    assert "2026年12月10日" in page
    assert "陈强限期改正将到期" in text(li.get(reverse("todo")))
    page = text(
        li.post(
            step, {"kind": "FOLLOW", "on": "2026-11-20", "passed": "back", "words": "无改变"}, follow=True
        )
    )
    assert "改正期满没有改正" in page
    assert "已办结" in page


def test_the_end_of_a_removal_leads_to_the_member_and_does_nothing(cast, acting):
    case = until(acting, cast, opened(acting, cast, kind="REMOVE"), None)
    page = text(cast.client("li").get(url("disposition-detail", case)))
    assert url("member-change", case.member) in page
    assert "按决定办理" in page
    assert url("member-change", case.member) not in text(
        cast.client("qian").get(url("disposition-detail", case))
    )
    assert Member.objects.get(pk=case.member_id).standing == "NORMAL"


def test_the_member_concerned_sees_their_own_and_nobody_elses(cast, acting):
    own, other = opened(acting, cast, "周兰"), opened(acting, cast, "陈强")
    take(acting, own, "VERIFY", words="与本人谈话")
    zhou = cast.client("zhou")
    page = text(zhou.get(url("disposition-detail", own)))
    assert "连续半年不参加组织生活。" in page
    assert "与本人谈话" in page
    assert "终止处置" not in page
    assert url("disposition-list", cast.first) not in page
    assert "组织处置" in text(zhou.get(reverse("my-appraisal")))
    assert zhou.get(url("disposition-detail", other)).status_code == 404
    assert zhou.get(url("disposition-step", own)).status_code == 403
    assert cast.client("sun").get(url("disposition-detail", own)).status_code == 404


def test_stopping_needs_a_reason(cast, acting):
    case, li = opened(acting, cast), cast.client("li")
    assert "必填" in text(li.post(url("disposition-stop", case), {"words": ""}))
    page = text(li.post(url("disposition-stop", case), {"words": "已转出"}, follow=True))
    assert "终止：已转出" in page
    assert li.get(url("disposition-step", case)).status_code == 403


def test_pages_ask_the_same_queries_whatever_their_length(cast, acting, django_assert_max_num_queries):
    case = until(acting, cast, opened(acting, cast), "ASSEMBLY")
    for name in ("何静", "吕伟", "施芳"):
        opened(acting, cast, name)
    for _ in range(4):
        voted(cast, status=MeetingStatus.CONFIRMED, day=date(2026, 11, 20))
    pages = [
        ("zhao", url("disposition-list", cast.town), 9),
        ("li", url("disposition-list", cast.first), 9),
        ("li", url("disposition-detail", case), 8),
        ("li", url("disposition-step", case), 9),
        ("li", url("disposition-create", cast.first), 7),
    ]
    for who, address, most in pages:
        client = cast.client(who)
        client.get(reverse("home"))
        with django_assert_max_num_queries(most):
            text(client.get(address))
