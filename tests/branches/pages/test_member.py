"""Member pages: masked by default, shown whole once and with a reason, hidden outside the subtree."""

from datetime import date

import pytest
from django.urls import reverse

from branches.models import AuditEntry, Member
from tests.branches.test_people import valid_id
from tests.conftest import enrol


@pytest.fixture
def zhou(cast):
    member = cast.people["zhou"].member
    member.id_number, member.mobile, member.pinyin, member.initials = (
        valid_id(),
        "13800001111",
        "zhoulan",
        "zl",
    )
    member.save()
    return member


def test_list_shows_filters_and_searches(cast, zhou):
    client = cast.client("li")
    url = reverse("member-list", args=[cast.first.pk])
    text = client.get(url).content.decode()
    assert "周兰" in text
    assert "严新" in text
    assert "王丽" not in text
    assert valid_id() not in text
    assert "共 10 名" in text
    for query in ({"q": "zl"}, {"q": "周"}, {"q": "zhoul"}):
        text = client.get(url, query).content.decode()
        assert "周兰" in text
        assert "严新" not in text
    text = client.get(url, {"category": "PROBATIONARY"}).content.decode()
    assert "严新" in text
    assert "周兰" not in text
    assert "人员类别：预备党员" in text
    Member.objects.filter(pk=zhou.pk).update(is_lost=True)
    assert "周兰" in client.get(url, {"flag": "lost"}).content.decode()
    Member.objects.filter(pk=zhou.pk).update(standing="LEFT")
    assert "周兰" not in client.get(url).content.decode()
    assert "周兰" in client.get(url, {"standing": "LEFT"}).content.decode()


def test_list_is_paged_and_says_how_many(cast):
    for number in range(60):
        enrol(f"党员{number:02d}", cast.second)
    text = cast.client("wang").get(reverse("member-list", args=[cast.second.pk])).content.decode()
    assert "共 63 名" in text
    assert "党员59" not in text


def test_list_needs_the_same_queries_for_one_member_and_thirty(cast, django_assert_max_num_queries):
    client = cast.client("zhao")
    url = reverse("member-list", args=[cast.town.pk])
    client.get(url)
    with django_assert_max_num_queries(30) as few:
        client.get(url)
    for number in range(30):
        enrol(f"党员{number:02d}", cast.second)
    with django_assert_max_num_queries(30) as many:
        client.get(url)
    assert len(few) == len(many)


def test_a_liaison_of_a_committee_sees_no_members_below(cast):
    from branches.choices import Post
    from tests.conftest import employ

    cast.people["liaison"] = employ("liaison", "联络", (cast.town, Post.LIAISON))
    text = cast.client("liaison").get(reverse("member-list", args=[cast.town.pk])).content.decode()
    assert "周兰" not in text


def test_detail_masks_and_reveals_once_with_a_reason(cast, zhou):
    client = cast.client("li")
    text = client.get(reverse("member-detail", args=[zhou.pk])).content.decode()
    assert "710000********1" in text
    assert "138****1111" in text
    assert valid_id() not in text
    url = reverse("member-reveal", args=[zhou.pk])
    refused = client.post(url, {"reason": ""})
    assert refused.status_code == 422
    assert valid_id() not in refused.content.decode()
    shown = client.post(url, {"reason": "核对入党志愿书"})
    assert valid_id() in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert (
        AuditEntry.objects.filter(event="查看完整身份证号", username="li", object_id=str(zhou.pk)).count()
        == 1
    )
    assert client.get(url).status_code == 405


def test_who_may_reveal_and_change(cast, zhou):
    reveal, change = reverse("member-reveal", args=[zhou.pk]), reverse("member-change", args=[zhou.pk])
    assert cast.client("wang").post(reveal, {"reason": "x"}).status_code == 404
    assert cast.client("wu").post(reveal, {"reason": "x"}).status_code == 403
    assert cast.client("zhou").get(reverse("member-detail", args=[zhou.pk])).status_code == 403
    assert cast.client("qian").get(change).status_code == 403
    assert cast.client("zhao").get(change).status_code == 200


def test_the_change_form_never_carries_the_number_and_an_empty_one_keeps_it(cast, zhou):
    client = cast.client("li")
    url = reverse("member-change", args=[zhou.pk])
    page = client.get(url)
    assert valid_id() not in page.content.decode()
    fields = {
        key: value for key, value in page.context["form"].initial.items() if value not in (None, "", False)
    }
    fields |= {"occupation": "教师", "reason": "更正", "joined_on": "2015-07-01"}
    answer = client.post(url, fields)
    assert answer.status_code == 302, answer.context["form"].errors
    zhou.refresh_from_db()
    assert (zhou.id_number, zhou.occupation) == (valid_id(), "教师")


def test_enrolling_and_transferring_through_the_pages(cast):
    client = cast.client("zhao")
    fields = {
        "name": "单 小雨",
        "category": "FULL",
        "standing": "NORMAL",
        "voting_right": "FULL",
        "starts_on": "2026-06-01",
        "reason": "登记",
        "id_number": "710000199001011230",
    }
    url = reverse("member-create", args=[cast.first.pk])
    text = client.post(url, fields).content.decode()
    assert "校验位不符" in text
    client.post(url, fields | {"id_number": valid_id()})
    member = Member.objects.get(name="单小雨")
    url = reverse("member-transfer", args=[member.pk])
    client.post(url, {"to": "第二支部（01010102）", "effective_on": "2026-07-01", "reason": "调动"})
    member.refresh_from_db()
    assert member.organization == cast.second
    assert member.memberships.filter(ends_on=date(2026, 7, 1)).exists()


def test_groups_through_the_pages(cast):
    client = cast.client("li")
    page = reverse("group-list", args=[cast.first.pk])
    assert "未编组" in client.get(page).content.decode()
    client.post(
        reverse("group-create", args=[cast.first.pk]), {"name": "第一党小组", "founded_on": "2026-06-01"}
    )
    group = cast.first.children.get()
    two = list(cast.first.members.order_by("pk").values_list("pk", flat=True)[:2])
    assign = reverse("group-assign", args=[cast.first.pk])
    client.post(assign, {"members": two, "group": group.pk, "effective_on": "2026-06-02"})
    assert group.group_memberships.count() == 2
    stranger = cast.people["wang"].member.pk
    client.post(assign, {"members": [stranger], "group": group.pk, "effective_on": "2026-06-02"})
    assert group.group_memberships.count() == 2
    assert cast.client("wang").get(page).status_code == 404
    assert cast.client("qian").post(assign, {}).status_code == 403
