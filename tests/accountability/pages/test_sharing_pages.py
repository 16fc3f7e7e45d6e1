"""Decomposing, claiming, naming owners and 层层加码 in the browser."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.owners import claim_duty
from accountability.choices import CountedBy
from accountability.models import Duty, DutyList
from branches.choices import Level, OrganizationKind, Post
from branches.models import Appointment
from tests.accountability.conftest import NOW
from tests.conftest import employ, plant


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def duty(cast, issued):
    """A quarterly duty of the town."""
    return Duty.objects.filter(organization=cast.town, interval="quarter").first()


@pytest.fixture
def officer(cast):
    cast.people["xu"] = employ("xu", "许文", (cast.town, Post.PUBLICITY_MEMBER))
    return cast.people["xu"].appointments.get()


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def decompose_url(duty):
    return reverse("duty-decompose", args=[duty.pk])


# Decomposing


def test_units_and_officers_are_ticked_on_one_page(cast, duty, officer):
    client, url = cast.client("zhao"), decompose_url(duty)
    page = text(client.get(url))
    assert "本单位班子成员" in page
    assert "许文" in page
    sent = {
        "interval": "quarter",
        f"unit_{cast.first.pk}": "on",
        f"officer_{officer.pk}": "on",
        f"measure_officer_{officer.pk}": "联系两个支部",
    }
    page = text(client.post(url, sent, follow=True))
    assert "已分解给1个下级单位、1名班子成员" in page
    assert "已分解给 1 个下级单位 1 名班子成员" in page
    share = Duty.objects.get(parent=duty, is_personal=True)
    assert (share.owner, share.measure) == (officer, "联系两个支部")
    assert share.duty_list.title == "主体责任分工清单"
    page = text(client.get(url))
    assert page.count("已分解") == 2
    assert "分工清单" in text(client.get(reverse("duty-list-index", args=[cast.town.pk])))


def test_one_day_is_asked_only_where_it_fits(cast, duty):
    monthly = Duty.objects.filter(organization=cast.town, interval="month").first()
    client, url = cast.client("zhao"), decompose_url(monthly)
    assert "完成期限" not in text(client.get(url))  # it returns, so that one day would not do
    Duty.objects.filter(pk=duty.pk).update(interval="year")
    url = decompose_url(duty)
    page = text(client.get(url))
    assert "不晚于本级的2026-12-31" in page
    sent = {"interval": "year", f"unit_{cast.first.pk}": "on", f"measure_unit_{cast.first.pk}": "写好的要求"}
    page = text(client.post(url, sent | {"deadline": "2027-01-05", "stricter": "1"}))
    assert "晚于本级的2026-12-31，请定得早一些" in page
    assert "写好的要求" in page
    page = text(client.post(url, sent | {"deadline": "2026-12-10"}))
    assert "期限：上级每年末，本级12月10日" in page
    assert 'value="2026-12-10"' in page
    assert client.post(url, sent | {"deadline": "2026-12-10", "stricter": "1"}).status_code == 302
    assert Duty.objects.get(parent=duty).records.get().due_on == date(2026, 12, 10)


def test_a_count_is_split_and_what_is_missing_is_said(cast, duty):
    Duty.objects.filter(pk=duty.pk).update(counted_by=CountedBy.HAND, target=4)
    client, url = cast.client("zhao"), decompose_url(duty)
    assert "合计不得少于本级" in text(client.get(url))
    sent = {
        "interval": "quarter",
        f"unit_{cast.first.pk}": "on",
        f"target_unit_{cast.first.pk}": "1",
        f"unit_{cast.second.pk}": "on",
        f"target_unit_{cast.second.pk}": "2",
    }
    page = text(client.post(url, sent))
    assert "还差1次" in page
    assert 'value="2"' in page
    assert client.post(url, sent | {f"target_unit_{cast.second.pk}": "3"}).status_code == 302


def test_sixty_units_ask_the_queries_of_two(cast, duty, django_assert_max_num_queries):
    client, url = cast.client("zhao"), decompose_url(duty)
    with django_assert_max_num_queries(13):
        text(client.get(url))
    for number in range(58):
        branch = plant(
            f"010101{number + 10:02d}", f"支部{number}", OrganizationKind.BRANCH, Level.BRANCH, cast.town
        )
        employ(f"secretary{number}", f"书记{number}", (branch, Post.SECRETARY))
    with django_assert_max_num_queries(13):
        page = text(client.get(url))
    assert page.count("data-pick-row") == 60
    sent = {"interval": "quarter"} | {
        f"unit_{pk}": "on" for pk in cast.town.children.values_list("pk", flat=True)
    }
    with django_assert_max_num_queries(55):
        assert client.post(url, sent).status_code == 302
    assert Duty.objects.filter(parent=duty).count() == 60


def test_a_branch_shares_with_its_officers_only(cast, issued):
    duty = Duty.objects.filter(organization=cast.second).first()
    page = text(cast.client("wang").get(decompose_url(duty)))
    assert "王丽" in page
    assert "下级单位 <span" not in page
    Appointment.objects.filter(organization=cast.second).update(post=Post.ORGANIZATION_OFFICER)
    assert "请先维护任职" in text(cast.client("wang").get(decompose_url(duty)))


# Owners


def test_claiming_by_button(cast, issued):
    duty = Duty.objects.filter(organization=cast.first).first()
    client, url = cast.client("li"), reverse("duty-claim", args=[duty.pk])
    listed = reverse("duty-list-detail", args=[duty.duty_list_id])
    page = text(client.get(listed))
    assert f'action="{url}"' in page
    assert "还没有责任人" in page
    assert client.get(url).status_code == 405
    assert "由您负责" in text(client.post(url, follow=True))
    page = text(client.get(listed))
    assert "责任人 李明 书记" in page
    assert f'action="{url}"' not in page
    assert "已经由您负责" in text(client.post(url, follow=True))
    for who in ("zhao", "zhou"):
        assert url not in text(cast.client(who).get(listed))


def test_the_secretary_names_an_owner_by_form(cast, acting, issued):
    cast.people["fang"] = employ("fang", "施芳", (cast.first, Post.ORGANIZATION_MEMBER))
    fang, li = cast.people["fang"].appointments.get(), cast.people["li"].appointments.get()
    duty = Duty.objects.filter(organization=cast.first).first()
    client, url = cast.client("li"), reverse("duty-owner", args=[duty.pk])
    page = text(client.get(url))
    assert "施芳 组织委员" in page
    assert "周兰" not in page
    assert "必填" in text(client.post(url, {"seen": ""}))
    claim_duty(actor=acting("fang"), duty=duty, now=NOW)  # while the page is open
    assert "现在由施芳负责" in text(client.post(url, {"owner": li.pk, "seen": ""}))
    assert "由李明负责" in text(client.post(url, {"owner": li.pk, "seen": fang.pk}, follow=True))
    foreign = cast.people["wang"].appointments.get()
    assert "选择一个有效的选项" in text(client.post(url, {"owner": foreign.pk, "seen": li.pk}))
    assert cast.client("fang").get(url).status_code == 403


def test_a_list_is_narrowed_to_what_lacks_an_owner(cast, acting, issued):
    duties = Duty.objects.filter(organization=cast.first).order_by("number")
    claim_duty(actor=acting("li"), duty=duties[0], now=NOW)
    url = reverse("duty-list-detail", args=[duties[0].duty_list_id])
    page = text(cast.client("li").get(url, {"only": "unowned"}))
    assert f'id="duty-{duties[0].pk}"' not in page
    assert f'id="duty-{duties[1].pk}"' in page
    assert "没有这样的责任项" in text(cast.client("li").get(url, {"only": "stricter"}))
    assert f'id="duty-{duties[0].pk}"' in text(cast.client("li").get(url, {"only": "nonsense"}))


# 层层加码


@pytest.fixture
def stricter(cast, acting, duty):
    """What the town asks of the first branch every month, though it owes it once a quarter itself."""
    decompose_duty(
        actor=acting("zhao"),
        duty=duty,
        shares=[Share(cast.first, interval="month"), Share(cast.second)],
        now=NOW,
    )
    return Duty.objects.get(parent=duty, organization=cast.first)


def test_the_list_says_where_it_is_stricter(cast, stricter):
    page = text(cast.client("li").get(reverse("duty-list-detail", args=[stricter.duty_list_id])))
    assert "层层加码</span>" in page
    assert "频次：上级每季度，本级每月" in page
    plain = DutyList.objects.get(organization=cast.second, template=None)
    assert "频次" not in text(cast.client("wang").get(reverse("duty-list-detail", args=[plain.pk])))


def test_the_committee_above_sees_what_is_stricter(cast, stricter, django_assert_max_num_queries):
    client, url = cast.client("qian"), reverse("duty-stricter", args=[cast.county.pk])
    with django_assert_max_num_queries(10):
        page = text(client.get(url))
    assert "频次：上级每季度，本级每月" in page
    assert "共 1 条" in page
    assert "柳汀镇党委" in page
    assert "第二支部" not in page
    assert "没有层层加码" in text(client.get(url, {"level": "40"}))
    assert "单位含“第二”" in text(client.get(url, {"unit": "第二", "level": "x"}))
    for who, status in (("wang", 404), ("zhou", 404), ("zhao", 404), ("zheng", 403)):
        assert cast.client(who).get(url).status_code == status, who


def test_it_is_turned_by_key(cast, acting, duty, stricter):
    for number in range(60):
        branch = plant(
            f"010101{number + 10:02d}", f"支部{number}", OrganizationKind.BRANCH, Level.BRANCH, cast.town
        )
        Duty.objects.create(
            duty_list=stricter.duty_list,
            organization=branch,
            parent=duty,
            heading="项",
            interval="month",
            number=100 + number,
        )
    client, url = cast.client("zhao"), reverse("duty-stricter", args=[cast.town.pk])
    first = client.get(url).context["page"]
    rest = client.get(url, {"after": first.after}).context["page"]
    assert (len(first.lines), len(rest.lines), rest.after) == (50, 11, None)
    assert str(first.count) == "61"
