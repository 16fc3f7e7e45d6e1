from datetime import date

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import sign_list
from accountability.models import Deployment, Duty, DutyList, DutyRecord
from branches.models import Organization
from tests.accountability.conftest import NOW
from tests.accountability.test_deployments import DUE, deploy, hand_in, lists_of, record_of
from tests.conftest import plant


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def deployment(cast, acting):
    """From the county to its town, which has decomposed both items to its two branches; one branch is done."""
    made = deploy(acting("qian"), cast.county, [cast.town])
    given = lists_of(made)[cast.town]
    sign_list(actor=acting("zhao"), duty_list=given, now=NOW)
    for duty in given.duties.all():
        decompose_duty(
            actor=acting("zhao"), duty=duty, shares=[Share(cast.first), Share(cast.second)], now=NOW
        )
    for number in (1, 2):
        hand_in(acting("li"), record_of(made, cast.first, number))
    return made


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def filled(**values):
    facts = {
        "title": "冬季安全生产大检查",
        "number": "望县发〔2026〕18号",
        "kind": "CAMPAIGN",
        "theme": "安全生产",
        "source": "县委安全生产工作会议",
        "due_on": "2026-12-20",
        "whom": "all",
        "items-TOTAL_FORMS": "1",
        "items-INITIAL_FORMS": "0",
        "items-0-heading": "排查隐患",
        "items-0-content": "逐户排查安全隐患。",
        "items-0-deadline": "2026-12-10",
    }
    return facts | values


def more_towns(cast, number):
    """Towns beside the cast's, each with one branch."""
    towns = []
    for place in range(number):
        towns.append(plant(f"0101{place + 20}", f"第{place}镇党委", "COMMITTEE", 50, cast.county))
        plant(f"0101{place + 20}01", f"{place}号支部", "BRANCH", 70, towns[-1])
    return towns


# The list


def test_the_list_shows_what_was_deployed_and_what_was_received(cast, deployment):
    page = text(cast.client("qian").get(reverse("deployment-list", args=[cast.county.pk])))
    assert "冬季安全生产大检查" in page
    assert "新建部署" in page
    assert "1/3" not in page  # signed: the town; the branches' lists were signed or not one by one
    assert "2/3" in page
    received = reverse("deployment-list", args=[cast.town.pk])
    assert "没有这样的部署" in text(cast.client("zhao").get(received))
    page = text(cast.client("zhao").get(received, {"show": "received"}))
    assert "冬季安全生产大检查" in page
    assert "望川县委" in page
    assert "没有这样的部署" in text(
        cast.client("zhao").get(received, {"show": "received", "state": "CLOSED"})
    )
    page = text(cast.client("li").get(reverse("deployment-list", args=[cast.first.pk])))
    assert "已签收" in page
    assert "新建部署" not in page


def test_the_list_asks_the_same_queries_whatever_its_length(
    cast, deployment, acting, django_assert_max_num_queries
):
    for place in range(5):
        deploy(acting("qian"), cast.county, [cast.town], title=f"第{place}项部署")
    for who, organization, show, number in (
        ("qian", cast.county, "issued", 10),
        ("zhao", cast.town, "received", 9),
    ):
        client, url = cast.client(who), reverse("deployment-list", args=[organization.pk])
        client.get(url)
        with django_assert_max_num_queries(number):
            assert text(client.get(url, {"show": show})).count("第") >= 5


# Deploying by form


def test_what_it_asks_is_shown_before_it_is_done(cast):
    client, url = cast.client("qian"), reverse("deployment-create", args=[cast.county.pk])
    assert "部署给谁" in text(client.get(url))
    page = text(client.post(url, filled(check="1")))
    assert "将部署给 <b>1</b> 个直接下级" in page
    assert "每个单位共1份纪实、2项填写、约2分钟" in page
    assert not Deployment.objects.exists()
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    changed = filled(confirmed="1", seen=seen, title="另一个名称")
    assert "部署前核对" in text(client.post(url, changed))
    assert not Deployment.objects.exists()
    answer = client.post(url, filled(confirmed="1", seen=seen))
    made = Deployment.objects.get()
    assert answer.url == reverse("deployment-detail", args=[made.pk])
    assert set(lists_of(made)) == {cast.county, cast.town}
    assert "已有同名的部署" in text(client.post(url, filled(confirmed="1", seen=seen)))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": ""}, "必填"),
        ({"source": ""}, "必填"),
        ({"due_on": "2026-11-19"}, "总期限不能早于今天"),
        ({"items-0-deadline": "2026-12-21"}, "应在今天到总期限2026-12-20之间"),
        ({"items-0-content": "每天打卡。"}, "打卡"),
        ({"title": "学习积分排名"}, "积分"),
        ({"whom": "chosen"}, "请至少勾选一个下级单位"),
        ({"unit_level": "70"}, "选择一个有效的选项"),
    ],
)
def test_faults_stand_beside_the_field(cast, values, words):
    url = reverse("deployment-create", args=[cast.county.pk])
    page = text(cast.client("qian").post(url, filled(**values)))
    assert words in page
    assert "逐户排查" in page or "items-0-content" in values
    assert not Deployment.objects.exists()


def test_units_are_ticked_or_filtered(cast):
    towns = more_towns(cast, 2)
    Organization.objects.filter(pk=towns[0].pk).update(sector="COMMUNITY")
    client, url = cast.client("qian"), reverse("deployment-create", args=[cast.county.pk])
    page = text(client.post(url, filled(whom="chosen", units=[towns[1].pk, cast.town.pk])))
    assert "将部署给 <b>2</b>" in page
    assert "第1镇党委" in page
    assert "将部署给 <b>1</b>" in text(client.post(url, filled(unit_sector="COMMUNITY")))
    assert "将部署给 <b>3</b>" in text(client.post(url, filled()))
    # Somebody else's unit is no choice.
    assert "选择一个有效的选项" in text(client.post(url, filled(whom="chosen", units=[cast.first.pk])))


def test_another_item_without_scripts_loses_nothing(cast):
    client, url = cast.client("qian"), reverse("deployment-create", args=[cast.county.pk])
    page = text(client.post(url, filled(more="1", title="")))
    assert 'name="items-1-heading"' in page
    assert "逐户排查" in page
    assert "必填" not in page
    ten = filled(more="1") | {"items-TOTAL_FORMS": "10"}
    assert 'name="items-10-heading"' not in text(client.post(url, ten))


def test_a_direct_one_reaches_the_last_branch(cast):
    client, url = cast.client("qian"), reverse("deployment-create", args=[cast.county.pk])
    page = text(client.post(url, filled(is_direct="on")))
    assert "直达其下 <b>2</b> 个单位" in page
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    client.post(url, filled(is_direct="on", confirmed="1", seen=seen))
    made = Deployment.objects.get()
    assert set(lists_of(made)) == {cast.county, cast.town, cast.first, cast.second}
    assert made.batches.get().state == "DONE"
    page = text(client.get(reverse("deployment-detail", args=[made.pk])))
    assert "部署给 3 个单位：收到 0%" in page
    assert "直达末级" in page
    client.post(reverse("deployment-withdraw", args=[made.pk]), {"reason": "并入专项行动"})
    assert set(made.lists.values_list("status", flat=True)) == {"WITHDRAWN"}
    assert not DutyRecord.objects.in_force().exists()


def test_who_may_open_the_form(cast):
    for who, organization, status in (
        ("qian", cast.county, 200),
        ("qian", cast.town, 403),
        ("zhao", cast.town, 200),
        ("zhao", cast.county, 404),
        ("li", cast.first, 403),
        ("sun", cast.county, 403),
        ("wu", cast.county, 403),
        ("wu", cast.city, 200),
    ):
        url = reverse("deployment-create", args=[organization.pk])
        assert cast.client(who).get(url).status_code == status, who


# One deployment


def test_one_sentence_first(cast, deployment):
    page = text(cast.client("qian").get(reverse("deployment-detail", args=[deployment.pk])))
    assert "部署给 3 个单位：收到 67% → 分解 67% → 执行 33% → 合规 0%" in page
    assert "卡在基层党委，1 个单位分解后还没有落实，中位已等 0 天。" in page
    assert "县委安全生产工作会议部署" in page
    assert "延期" in page
    page = text(cast.client("qian").get(reverse("deployment-detail", args=[deployment.pk]), {"level": "50"}))
    assert "基层党委 1 个单位" in page


def test_every_number_opens_its_units(cast, deployment):
    client = cast.client("qian")
    page = text(client.get(reverse("deployment-detail", args=[deployment.pk])))
    own = lists_of(deployment)[cast.county]
    units = reverse("deployment-units", args=[own.pk])
    assert f"{units}?stage=EXECUTED&amp;standing=reached" in page
    page = text(client.get(units, {"stage": "EXECUTED", "standing": "reached"}))
    assert "第一支部" in page
    assert "第二支部" not in page
    assert "执行：已到" in page
    page = text(client.get(units, {"stage": "RECEIVED", "standing": "waiting", "level": "70"}))
    assert "第二支部" in page
    assert "共 1 个" in page
    everything = text(client.get(units, {"stage": "NONSENSE", "standing": "x", "level": "y"}))
    assert "共 3 个" in everything
    assert "没有这样的单位" in text(client.get(units, {"stage": "QUALITY", "standing": "reached"}))


def test_units_are_walked_by_path(cast, acting, monkeypatch):
    towns = more_towns(cast, 4)
    made = deploy(acting("qian"), cast.county, [cast.town, *towns])
    monkeypatch.setattr("accountability.queries.deployments.PAGE", 2)
    client, url = cast.client("qian"), reverse("deployment-units", args=[lists_of(made)[cast.county].pk])
    seen, page = [], text(client.get(url, {"stage": "RECEIVED", "standing": "waiting"}))
    while True:
        seen += [town.name for town in [cast.town, *towns] if town.name in page]
        link = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        if 'rel="next"' not in page:
            break
        page = text(client.get(url + link.replace("&amp;", "&")))
    assert seen == [town.name for town in [cast.town, *towns]]


def test_a_unit_sees_its_own_part_and_no_more(cast, deployment):
    given = lists_of(deployment)[cast.town]
    page = text(cast.client("zhao").get(reverse("deployment-part", args=[given.pk])))
    assert "部署给 2 个单位：收到 50%" in page
    assert "本级" in page
    assert "延期" not in page
    assert cast.client("zhao").get(reverse("deployment-detail", args=[deployment.pk])).status_code == 404
    own = lists_of(deployment)[cast.county]
    for name in ("deployment-part", "deployment-units"):
        assert cast.client("zhao").get(reverse(name, args=[own.pk])).status_code == 404
    listed = text(cast.client("zhao").get(reverse("duty-list-detail", args=[given.pk])))
    assert reverse("deployment-part", args=[given.pk]) in listed
    record = record_of(deployment, cast.first)
    shown = text(cast.client("li").get(reverse("duty-record-detail", args=[record.pk])))
    assert reverse("deployment-chain", args=[record.duty_id]) in shown
    answer = cast.client("qian").get(reverse("deployment-part", args=[own.pk]))
    assert answer.url == reverse("deployment-detail", args=[deployment.pk])
    page = text(cast.client("li").get(reverse("deployment-part", args=[lists_of(deployment)[cast.first].pk])))
    assert "下级还没有这项部署" in page


def test_other_lists_have_no_such_pages(cast, issued):
    duty_list = DutyList.objects.get(organization=cast.first)
    client = cast.client("li")
    assert client.get(reverse("deployment-part", args=[duty_list.pk])).status_code == 404
    assert client.get(reverse("deployment-units", args=[duty_list.pk])).status_code == 404
    assert client.get(reverse("deployment-chain", args=[duty_list.duties.first().pk])).status_code == 404


def test_the_pages_ask_the_same_queries_whatever_the_units(
    cast, deployment, acting, django_assert_max_num_queries
):
    towns = more_towns(cast, 6)
    big = deploy(acting("qian"), cast.county, [cast.town, *towns], title="另一项部署")
    client = cast.client("qian")
    own = lists_of(big)[cast.county]
    client.get(reverse("home"))
    for url, number in (
        (reverse("deployment-detail", args=[big.pk]), 12),
        (reverse("deployment-units", args=[own.pk]), 10),
        (reverse("deployment-chain", args=[own.duties.first().pk]), 13),
    ):
        with django_assert_max_num_queries(number):
            assert "镇党委" in text(client.get(url)) or url.endswith(f"deployments/{big.pk}/")


# The chain


def test_the_chain_goes_down_to_any_branch(cast, deployment):
    client = cast.client("qian")
    root = lists_of(deployment)[cast.county].duties.get(number=1)
    page = text(client.get(reverse("deployment-chain", args=[root.pk])))
    assert "1 个单位：收到 1 → 分解 1 → 执行 0 → 合规 0" in page
    given = Duty.objects.get(parent=root)
    assert reverse("deployment-chain", args=[given.pk]) in page
    assert "2 个</a>：1→1→1→0" in page
    page = text(client.get(reverse("deployment-chain", args=[given.pk])))
    assert "第一支部" in page
    assert "第二支部" in page
    assert f'<a href="{reverse("deployment-chain", args=[root.pk])}">望川县委</a>' in page
    last = Duty.objects.get(parent=given, organization=cast.first)
    page = text(client.get(reverse("deployment-chain", args=[last.pk])))
    assert "已到末级" in page
    assert f'<a href="{reverse("deployment-chain", args=[given.pk])}">柳汀镇党委</a>' in page


def test_the_chain_shows_what_is_stricter_and_ends_at_the_own_unit(cast, deployment, acting):
    client = cast.client("zhao")
    given = lists_of(deployment)[cast.town].duties.get(number=2)
    Duty.objects.filter(parent=given, organization=cast.second).update(deadline=date(2026, 12, 1))
    page = text(client.get(reverse("deployment-chain", args=[given.pk])))
    assert "比上级更严" in page
    assert "望川县委</a>" not in page
    root = lists_of(deployment)[cast.county].duties.first()
    assert client.get(reverse("deployment-chain", args=[root.pk])).status_code == 404


def test_the_chain_names_an_officers_share(cast, deployment, acting):
    given = lists_of(deployment)[cast.town].duties.get(number=1)
    zhao = acting("zhao").appointment
    decompose_duty(
        actor=acting("zhao"), duty=given, shares=[Share(cast.town, owner=zhao, is_personal=True)], now=NOW
    )
    page = text(cast.client("zhao").get(reverse("deployment-chain", args=[given.pk])))
    assert "个人分工" in page
    assert "赵勇" in page
    assert "2 个单位：收到 1" in page


# Changing


def test_extending_closing_and_withdrawing_by_form(cast, deployment):
    client = cast.client("qian")
    url = reverse("deployment-extend", args=[deployment.pk])
    assert "只能往后延" in text(client.post(url, {"due_on": "2026-12-01", "reason": "雨雪"}))
    assert "必填" in text(client.post(url, {"due_on": "2026-12-30", "reason": ""}))
    assert client.post(url, {"due_on": "2026-12-30", "reason": "雨雪封路"}).status_code == 302
    assert record_of(deployment, cast.second, 2).due_on == date(2026, 12, 30)
    assert date(2026, 12, 30) > DUE
    url = reverse("deployment-withdraw", args=[deployment.pk])
    assert "<b>8</b> 项任务没有认可" in text(client.get(url))
    page = text(client.post(url, {"reason": "并入专项行动"}, follow=True))
    assert "这项部署已经撤回" in page
    assert "撤回：并入专项行动" in page
    assert "延期" not in page
    assert "已经办结或撤回" in text(
        client.post(reverse("deployment-close", args=[deployment.pk]), {"note": "完"})
    )


def test_closing_by_form(cast, deployment):
    client = cast.client("qian")
    page = text(
        client.post(reverse("deployment-close", args=[deployment.pk]), {"note": "基本完成"}, follow=True)
    )
    assert "已办结" in page
    assert "办结：基本完成" in page


def test_the_record_page_asks_for_the_missing_step(cast, acting):
    made = deploy(acting("qian"), cast.county, [cast.town])
    record = record_of(made, cast.town)
    url = reverse("duty-record-edit", args=[record.pk])
    sent = {"done_on": "2026-11-19", "summary": "已排查。", "version": record.version}
    page = text(cast.client("zhao").post(url, sent))
    assert "还没有签收" in page
    assert "已排查。" in page
    assert timezone.localdate() == date(2026, 11, 20)


# The first screen


def test_a_committee_is_asked_to_sign_and_a_branch_is_not(cast, acting):
    made = deploy(acting("qian"), cast.county, [cast.town])
    page = text(cast.client("zhao").get(reverse("todo")))
    assert "上级部署，待签收" in page
    assert reverse("duty-list-detail", args=[lists_of(made)[cast.town].pk]) in page
    sign_list(actor=acting("zhao"), duty_list=lists_of(made)[cast.town], now=NOW)
    assert "待签收" not in text(cast.client("zhao").get(reverse("todo")))
    deploy(acting("zhao"), cast.town, [cast.first])
    page = text(cast.client("li").get(reverse("todo")))
    assert "待签收" not in page
    assert "排查隐患" in page
