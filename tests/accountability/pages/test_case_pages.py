from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accountability.actions.cases import add_readers, decide_case, propose_case
from accountability.choices import CaseState, RoundState
from accountability.models import AccountabilityCase
from branches.choices import Post
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.evaluating import make_round, make_scheme
from tests.accountability.evaluating import said as given
from tests.accountability.test_cases import PERSON, UNIT, announced, drafted, officer_of, proposed
from tests.conftest import employ


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def test_a_case_is_drafted_in_three_questions(cast):
    client, url = cast.client("sun"), reverse("case-create")
    assert "先选单位" in text(client.get(url))
    assert "没有找到" in text(client.get(url, {"unit": "市直机关工委"})), "not below"
    page = text(client.get(url, {"unit": "010101"}))
    assert "柳汀镇党委（党组织）" in page
    assert "保存草稿" not in page
    query = f"?unit=01010101&appointment={officer_of(cast).pk}"
    page = text(client.get(url + query))
    assert "责任划分" in page
    assert "诫勉" in page
    assert "改组" not in page
    said = {
        "situation": "STYLE",
        "part": "",
        "facts": "三次缺席。",
        "basis": "第七条",
        "measures": ["ADMONISH"],
    }
    page = text(client.post(url + query, said))
    assert "三次缺席。" in page, "what was typed stays"
    assert not AccountabilityCase.objects.exists()
    page = text(client.post(url + query, said | {"part": "MAIN"}, follow=True))
    assert "已起草" in page
    case = AccountabilityCase.objects.get()
    assert (case.handler, case.organization, case.part) == (cast.county, cast.first, "MAIN")


def test_the_steps_are_taken_on_their_pages(cast, acting):
    case = drafted(acting, cast.town)
    sun, qian = cast.client("sun"), cast.client("qian")

    def page(name, client=sun):
        return text(client.get(reverse(name, args=[case.pk])))

    assert "提请决定" in page("case-detail")
    assert "作出决定" not in page("case-detail", qian)
    sun.post(reverse("case-propose", args=[case.pk]), {"version": 1})
    assert "作出决定</a>" in page("case-detail", qian)
    assert "作出决定</a>" not in page("case-detail", sun)
    decide = reverse("case-decide", args=[case.pk])
    refused = text(qian.post(decide, {"version": 2, "decided_on": "2026-11-21", "note": "同意"}))
    assert "不能晚于今天" in refused
    assert "同意" in refused
    assert "刚刚被他人改动" in text(
        qian.post(decide, {"version": 1, "decided_on": "2026-11-20"}, follow=True)
    )
    qian.post(decide, {"version": 2, "decided_on": "2026-11-20", "number": "3号"})
    sun.post(reverse("case-announce", args=[case.pk]), {"version": 3, "announced_on": "2026-11-20"})
    assert "可以申诉到 2026-12-20（含当日）" in page("case-detail")
    sun.post(
        reverse("case-appeal", args=[case.pk]),
        {"version": 4, "filed_on": "2026-11-20", "reason": "已换届。"},
    )
    assert "已换届。" in page("case-answer", qian)
    answer = {"version": 5, "answered_on": "2026-11-20", "answer": "属实。", "outcome": "change"}
    assert "请勾选变更后" in text(qian.post(reverse("case-answer", args=[case.pk]), answer))
    qian.post(reverse("case-answer", args=[case.pk]), answer | {"measures": ["INSPECT"]})
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED
    assert "变更为检查" in page("case-print")
    assert "检查、通报" in page("case-history")
    moved = sun.get(reverse("case-decide", args=[case.pk]), follow=True)
    assert "这一步不能由您现在办理" in text(moved)


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(cast, acting):
    case = drafted(acting, cast.town)
    client, url = cast.client("sun"), reverse("case-edit", args=[case.pk])
    said = {"situation": "STYLE", "facts": "新的事实", "basis": "第七条", "measures": ["INSPECT"]}
    assert "刚刚被他人改动" in text(client.post(url, said | {"version": 0}))
    case.refresh_from_db()
    assert case.facts == UNIT.facts
    assert client.post(url, said | {"version": 1}).status_code == 302
    case.refresh_from_db()
    assert case.facts == "新的事实"


def test_what_is_kept_outside_names_nobody(cast, acting, caplog):
    """The history of a browser, and the log of requests."""
    case = proposed(acting, cast.first, draft=PERSON, appointment=officer_of(cast))
    sun = cast.client("sun")
    for name in NAMES:
        page = sun.get(reverse(name, args=[case.pk])).content.decode()
        assert "李明" not in page[page.index("<title>") : page.index("</title>")], name
    with caplog.at_level("INFO"):
        sun.get(reverse("case-create"), {"unit": cast.first.name})
    told = " ".join(str(each.msg) for each in caplog.records)
    assert "/cases/new/" in told
    assert "unit=" not in told


NAMES = ("case-detail", "case-print", "case-history", "case-edit", "case-readers")


@pytest.mark.parametrize("who", ["wang", "zhao", "zhou", "wu", "zheng", "feng", "nobody"])
def test_for_everybody_else_there_is_no_such_page(cast, acting, who):
    case = announced(acting, cast.first, draft=PERSON, appointment=officer_of(cast))
    client = cast.client(who)
    for name in NAMES:
        assert client.get(reverse(name, args=[case.pk])).status_code == 404, name
    for name in ("case-propose", "case-close", "case-decide", "case-drop", "case-announce", "case-appeal"):
        assert client.post(reverse(name, args=[case.pk])).status_code == 404, name
    listed = client.get(reverse("case-list"))
    assert listed.status_code == 404 or "李明" not in listed.content.decode()
    assert PERSON.facts not in client.get(reverse("home"), follow=True).content.decode()


def test_who_is_named_reads_and_does_nothing_but_appeal(cast, acting):
    case = proposed(acting, cast.first, draft=PERSON, appointment=officer_of(cast))
    case = add_readers(
        actor=acting("sun"),
        case=case,
        version=case.version,
        appointments=[officer_of(cast), officer_of(cast, "zhao")],
        reason="知悉",
        now=NOW,
    )
    zhao, li = cast.client("zhao"), cast.client("li")
    assert PERSON.facts in text(zhao.get(reverse("case-detail", args=[case.pk])))
    assert "谁看得到" not in text(zhao.get(reverse("case-detail", args=[case.pk])))
    assert "李明" in text(zhao.get(reverse("case-list")))
    assert "变更记录" not in text(zhao.get(reverse("case-detail", args=[case.pk])))
    for name in ("case-edit", "case-readers", "case-decide", "case-history"):
        assert zhao.get(reverse(name, args=[case.pk])).status_code == 403
    assert "不能由您" in text(zhao.get(reverse("case-appeal", args=[case.pk]), follow=True))
    assert li.get(reverse("case-detail", args=[case.pk])).status_code == 404
    case = decide_case(actor=acting("qian"), case=case, version=case.version, decided_on=TODAY, now=NOW)
    cast.client("qian").post(
        reverse("case-announce", args=[case.pk]), {"version": case.version, "announced_on": "2026-11-20"}
    )
    assert "提出申诉" in text(li.get(reverse("case-detail", args=[case.pk])))
    sent = {"version": case.version + 1, "filed_on": "2026-11-20", "reason": "事实有出入。"}
    assert "等待起草人以外的同志复查" in text(
        li.post(reverse("case-appeal", args=[case.pk]), sent, follow=True)
    )


def test_readers_are_let_in_and_taken_out_with_a_reason(cast, acting):
    case = drafted(acting, cast.first)
    client, url = cast.client("sun"), reverse("case-readers", args=[case.pk])
    page = text(client.get(url, {"unit": "010101"}))
    assert "赵勇 组织干事" in page
    assert "没有可以再指定的人" not in page
    zhao = officer_of(cast, "zhao")
    sent = {"version": 1, "appointments": [zhao.pk], "reason": ""}
    assert "这个字段是必填项" in text(client.post(url + "?unit=010101", sent))
    client.post(url + "?unit=010101", sent | {"reason": "参与核实"})
    assert list(case.readers.all()) == [zhao]
    gone = {"version": 2, "appointment": zhao.pk, "remove": "1", "reason": "核实完毕"}
    assert "刚刚被他人改动" in text(client.post(url, gone | {"version": 1}, follow=True))
    client.post(url, gone)
    assert not case.readers.exists()


def test_the_list_is_filtered_and_asks_the_same_whatever_its_length(
    cast, acting, django_assert_max_num_queries
):
    case = drafted(acting, cast.town)
    propose_case(actor=acting("sun"), case=case, version=1, now=NOW)
    for unit in (cast.first, cast.second):
        drafted(acting, unit)
    client, url = cast.client("qian"), reverse("case-list")
    page = text(client.get(url))
    assert "起草 <b>2</b> 件" in page
    assert page.count('row-lead"><a') == 3
    assert text(client.get(url, {"state": "PROPOSED", "year": 2026})).count('row-lead"><a') == 1
    assert "没有符合条件" in text(client.get(url, {"situation": "STYLE"}))
    with django_assert_max_num_queries(9):
        client.get(url)


def test_one_case_asks_the_same_whatever_came_of_it(cast, acting, django_assert_max_num_queries):
    case = announced(acting, cast.first, on=date(2026, 11, 2), draft=PERSON, appointment=officer_of(cast))
    client = cast.client("sun")
    for name in ("case-detail", "case-print"):
        client.get(reverse(name, args=[case.pk]))
        with django_assert_max_num_queries(12):
            client.get(reverse(name, args=[case.pk]))


def test_a_case_drafted_beside_a_result_keeps_the_link(cast):
    """Only who handles cases there is offered it; nothing is filled in but the unit."""
    marks = {cast.first: given(2, 20)}
    state = RoundState.PUBLISHED
    round = make_round(cast.town, cast.people["zhao"], make_scheme(cast.town), marks, state=state)
    result = round.evaluations.get()
    client, page = cast.client("sun"), reverse("evaluation-detail", args=[result.pk])
    link = f"{reverse('case-create')}?evaluation={result.pk}"
    assert link in text(client.get(page))
    for who in ("li", "zhao"):
        assert link not in text(cast.client(who).get(page))
    assert result.round.title in text(client.get(link))
    said = {"situation": "STYLE", "facts": "三次缺席。", "basis": "第七条", "measures": ["INSPECT"]}
    client.post(f"{link}&appointment=", said)
    case = AccountabilityCase.objects.get()
    assert (case.evaluation, case.organization) == (result, cast.first)
    assert result.round.title in text(client.get(reverse("case-detail", args=[case.pk])))


def test_the_committee_sees_how_many_there_are_and_no_more(cast, acting):
    drafted(acting, cast.first, draft=PERSON, appointment=officer_of(cast))
    deputy = employ("han", "韩副", (cast.county, Post.DEPUTY_SECRETARY))
    cast.people["han"] = deputy
    page = text(cast.client("han").get(reverse("evaluation-home", args=[cast.county.pk])))
    assert "起草 1 件" in page
    assert "李明" not in page
    for who, sees in (("han", False), ("sun", True), ("qian", True), ("li", False), ("wu", False)):
        home = reverse("evaluation-home", args=[cast.people[who].appointments.get().organization_id])
        assert (reverse("case-list") in text(cast.client(who).get(home))) is sees, who


def test_what_waits_for_another_is_among_their_tasks(cast, acting):
    case = proposed(acting, cast.first, draft=PERSON, appointment=officer_of(cast))
    link = reverse("case-detail", args=[case.pk])
    page = text(cast.client("qian").get(reverse("todo")))
    assert "一件问责待决定" in page
    assert link in page
    assert "李明" not in page
    for who in ("sun", "li", "zhao", "wu"):
        assert link not in text(cast.client(who).get(reverse("todo")))
