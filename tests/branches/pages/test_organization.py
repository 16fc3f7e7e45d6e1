"""Organisation pages: what they show, from whom they hide, whom they refuse, how many queries they need."""

from datetime import date

import pytest
from django.urls import reverse

from branches.choices import Level, OrganizationKind
from branches.models import Organization, OrganizationEvent
from tests.conftest import plant


def page(cast, who, name, row, **query):
    return cast.client(who).get(reverse(name, args=[row.pk]), query)


def given(**fields):
    return {"effective_on": "2026-06-01", "reason": "县委批复〔2026〕3号", **fields}


def test_detail_shows_facts_officers_and_what_is_unusual(cast):
    cast.first.election_due_on = date(2026, 3, 1)
    cast.first.save()
    answer = page(cast, "li", "organization-detail", cast.first)
    text = answer.content.decode()
    for words in ("第一支部", "01010101", "党支部", "李明", "书记", "逾", "应设支委会", "预备党员 1 名"):
        assert words in text, words


def test_detail_reminds_half_a_year_before_the_election(cast, time_machine):
    time_machine.move_to("2026-11-20 10:00")
    cast.second.election_due_on = date(2027, 5, 1)
    cast.second.save()
    assert (
        "任期届满，请着手准备换届" in page(cast, "wang", "organization-detail", cast.second).content.decode()
    )
    cast.second.election_due_on = date(2027, 6, 1)
    cast.second.save()
    assert "着手准备换届" not in page(cast, "wang", "organization-detail", cast.second).content.decode()


@pytest.mark.parametrize(
    "name",
    ["organization-detail", "organization-tree", "organization-history"],
)
def test_pages_are_hidden_from_other_subtrees(cast, name):
    assert page(cast, "li", name, cast.first).status_code == 200
    assert page(cast, "zhao", name, cast.first).status_code == 200
    assert page(cast, "wang", name, cast.first).status_code == 404
    assert page(cast, "li", name, cast.town).status_code == 404
    assert page(cast, "zheng", name, cast.first).status_code == 403
    assert page(cast, "nobody", name, cast.first).status_code == 404


@pytest.mark.parametrize("action", ["create", "change", "move", "merge", "dissolve"])
def test_only_administrators_shape_the_tree(cast, action):
    name = f"organization-{action}"
    assert page(cast, "wu", name, cast.town).status_code == 200
    for who in ("qian", "zhao", "sun", "zheng", "feng"):
        expected = 404 if who == "none" else 403
        assert page(cast, who, name, cast.town).status_code == expected, who
    assert page(cast, "li", name, cast.town).status_code == 404


def test_tree_opens_page_by_page_with_and_without_htmx(cast):
    for number in range(60):
        plant(f"x{number:03d}", f"第{number}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
    client = cast.client("zhao")
    url = reverse("organization-tree", args=[cast.town.pk])
    text = client.get(url).content.decode()
    assert "第一支部" in text
    assert "第59支部" not in text
    assert "显示更多" in text
    after = text.split("?after=")[1].split('"')[0]
    rows = client.get(url, {"after": after}, headers={"hx-request": "true"}).content.decode()
    assert "第59支部" in rows
    assert "<html" not in rows


@pytest.mark.parametrize("name", ["organization-detail", "organization-tree"])
def test_queries_do_not_grow_with_the_rows(cast, name, django_assert_max_num_queries):
    client = cast.client("zhao")
    url = reverse(name, args=[cast.town.pk])
    client.get(url)
    with django_assert_max_num_queries(40) as few:
        client.get(url)
    for number in range(30):
        branch = plant(f"x{number:03d}", f"第{number}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
        OrganizationEvent.objects.create(
            organization=branch, kind="FOUNDED", happened_on=date(2026, 1, 1), to_organization=cast.town
        )
    with django_assert_max_num_queries(40) as many:
        client.get(url)
    assert len(few) == len(many)


def test_tree_search_finds_by_initials_inside_the_subtree_only(cast):
    Organization.objects.filter(pk=cast.first.pk).update(initials="dyzb")
    Organization.objects.filter(pk=cast.office_branch.pk).update(initials="dyzb")
    text = page(cast, "wu", "organization-tree", cast.county, q="dyzb").content.decode()
    assert "第一支部" in text
    assert "机关第一支部" not in text


def test_palette_finds_organisations_and_pages_within_reach(cast):
    url = reverse("organization-search")
    text = cast.client("zhao").get(url, {"q": "支部"}, headers={"hx-request": "true"}).content.decode()
    assert "第一支部" in text
    assert "第二支部" in text
    assert "机关第一支部" not in text
    assert "<html" not in text
    assert "第一支部" not in cast.client("feng").get(url, {"q": "支部"}).content.decode()
    assert "党员" in cast.client("li").get(url, {"q": "党员"}).content.decode()


def test_suggestions_answer_the_field_that_asks(cast):
    answer = cast.client("wu").get(
        reverse("organization-options"),
        {"new_parent": cast.county.name[:2]},
        headers={"hx-request": "true", "hx-trigger-name": "new_parent"},
    )
    assert f"{cast.county.name}（0101）" in answer.content.decode()


def test_creating_previews_then_founds(cast):
    client = cast.client("wu")
    url = reverse("organization-create", args=[cast.town.pk])
    fields = {
        "name": "柳汀镇第三支部",
        "kind": "BRANCH",
        "sector": "RURAL",
        "founded_on": "2026-05-01",
        "reason": "新设",
    }
    preview = client.post(url, fields)
    assert "请核对以下影响" in preview.content.decode()
    assert not Organization.objects.filter(name="柳汀镇第三支部").exists()
    answer = client.post(url, fields | {"confirmed": "1"})
    made = Organization.objects.get(name="柳汀镇第三支部")
    assert answer.url == reverse("organization-detail", args=[made.pk])
    assert (made.parent, made.level, made.code) == (cast.town, Level.BRANCH, "01010103")


def test_moving_shows_what_it_affects_before_it_happens(cast):
    client = cast.client("wu")
    url = reverse("organization-move", args=[cast.first.pk])
    fields = given(new_parent=f"{cast.county.name}（0101）")
    text = client.post(url, fields).content.decode()
    assert f"由“{cast.town}”移到“{cast.county}”之下" in text
    assert "10 名党员" in text
    client.post(url, fields | {"confirmed": "1"})
    cast.first.refresh_from_db()
    assert cast.first.parent == cast.county


def test_a_move_that_cannot_be_says_why_and_keeps_what_was_typed(cast):
    url = reverse("organization-move", args=[cast.town.pk])
    text = cast.client("wu").post(url, given(new_parent="01010101")).content.decode()
    assert "自己或自己的下级" in text
    assert "县委批复〔2026〕3号" in text
    text = cast.client("wu").post(url, given(new_parent="不存在的党委")).content.decode()
    assert "没有找到这个党组织" in text


def test_change_is_refused_when_somebody_else_was_faster(cast):
    client = cast.client("wu")
    url = reverse("organization-change", args=[cast.second.pk])
    shown = client.get(url).context["form"].initial
    fields = given(
        name=cast.second.name,
        short_name="二支部",
        kind="BRANCH",
        level=70,
        sector="RURAL",
        seen=shown["seen"],
    )
    cast.second.short_name = "别人改的"
    cast.second.save()
    text = client.post(url, fields | {"confirmed": "1"}).content.decode()
    assert "您填写期间" in text
    assert "二支部" in text
    cast.second.refresh_from_db()
    assert cast.second.short_name == "别人改的"
    again = fields | {"seen": text.split('name="seen" value="')[1].split('"')[0], "confirmed": "1"}
    client.post(url, again)
    cast.second.refresh_from_db()
    assert cast.second.short_name == "二支部"


def test_merging_and_dissolving_through_the_pages(cast):
    client = cast.client("wu")
    url = reverse("organization-dissolve", args=[cast.second.pk])
    assert "还有3名党员" in client.post(url, given()).content.decode()
    url = reverse("organization-merge", args=[cast.second.pk])
    assert "并入“第一支部”并撤销" in client.post(url, given(into="01010101")).content.decode()
    client.post(url, given(into="01010101", confirmed="1"))
    cast.second.refresh_from_db()
    assert cast.second.merged_into == cast.first
    assert cast.first.members.count() == 13
