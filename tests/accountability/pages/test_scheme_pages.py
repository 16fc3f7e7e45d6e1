"""The scheme editor as people use it: every page, what it shows to whom, and typed forms without a script."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from accountability.actions.scheme_drafts import begin_draft, begin_scheme, change_draft
from accountability.actions.schemes import change_scheme, create_scheme, end_scheme
from accountability.forms.scheme_rules import example_rule
from accountability.models import EvaluationRound, RoundScheme, Scheme, SchemeDraft, SchemeVersion
from accountability.scheme_edits import Spot, add_rule, line_of, piece, put
from accountability.scoring import KINDS, Item, Place, read_scheme, rule_of
from accountability.scoring.checks import written_at
from branches.access import Actor
from branches.choices import Post
from tests.conftest import employ
from tests.snapshots import once

VILLAGE = replace(
    read_scheme(Path("accountability/starters/schemes/village.toml").read_bytes()),
    year=timezone.localdate().year,
    kinds=("BRANCH",),
)
PLACE = Spot("item", "place")


def actor(cast, who="wu"):
    post = cast.people[who].appointments.first()
    return Actor(cast.people[who], post, timezone.localdate())


@pytest.fixture
def scheme(cast):
    return once(
        f"village {cast.town.pk}",
        [Scheme, SchemeVersion],
        lambda: create_scheme(actor=actor(cast), organization=cast.town, table=VILLAGE, now=timezone.now()),
    )


@pytest.fixture
def draft(cast, scheme):
    return begin_draft(actor=actor(cast), scheme=scheme, now=timezone.now())


def page(client, name, *args, status=200, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == status, name
    return answer.content.decode()


def inputs(html):
    """What a browser would send of the forms in the page: names and values as they stand."""
    html, found = html.partition("<main")[2].partition("</main>")[0], {}
    for tag in re.findall(r"<input[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") == "checkbox" and " checked" not in tag:
            continue
        if "name" in attributes:
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        first = re.search(r'<option value="([^"]*)"', body)
        found[name] = unescape((chosen or first).group(1))
    return found


def rebuilt(draft):
    return SchemeDraft.objects.get(pk=draft.pk).table


def big_table(lines=10, items=13):
    """A table of 131 items and more kinds of rules."""
    rules = [
        rule_of("LEVEL", levels={"好": 5, "较好": 3, "差": 0}),
        rule_of("STEP", steps=[{"from": 90, "p": 5}, {"from": 60, "p": 3}]),
        rule_of("DEDUCT_EACH", p="0.5"),
    ]
    line = VILLAGE.lines[0]
    made = [
        replace(
            line,
            key=f"f{at}",
            title=f"分类{at}",
            items=tuple(
                Item(
                    f"x{at}-{place}",
                    f"评价项{at}-{place}",
                    (rules[place % 3],),
                    full=rules[0]["levels"]["好"],
                )
                for place in range(items + (at == 0))
            ),
        )
        for at in range(lines)
    ]
    return replace(VILLAGE, lines=tuple(made), rules=(), code="BIG", title="大表")


def test_the_list_shows_own_and_inherited_and_what_is_covered(cast, scheme):
    html = page(cast.client("wu"), "scheme-list", cast.town.pk)
    assert "村党组织评星晋级" in html
    assert "新建办法" in html
    for year in ("0000", "9999", "明年", "２０２６"):
        page(cast.client("wu"), "scheme-list", cast.town.pk, year=year)
    other = create_scheme(
        actor=actor(cast),
        organization=cast.county,
        table=replace(VILLAGE, code="ALL", title="全县办法", kinds=(), sectors=()),
        now=timezone.now(),
    )
    html = page(cast.client("zhao"), "scheme-list", cast.town.pk)
    assert "上级制定、可以沿用的" in html
    assert other.title in html
    assert "1 个类型有两份以上" in html
    end_scheme(
        actor=actor(cast),
        scheme=other,
        ends_on=timezone.localdate() - timedelta(days=1),
        reason="停用",
        now=timezone.now(),
    )
    assert "类型核对" not in page(cast.client("zhao"), "scheme-list", cast.town.pk)
    assert "新建办法" not in html
    html = page(cast.client("qian"), "scheme-list", cast.county.pk)
    assert "村党组织评星晋级" not in html
    assert "类型核对" not in html


def test_a_scheme_is_readable_sentence_by_sentence(cast, scheme):
    short = create_scheme(
        actor=actor(cast),
        organization=cast.county,
        table=put(VILLAGE, PLACE, replace(piece(VILLAGE, PLACE), rules=(rule_of("BOOL", p="18"),))),
        now=timezone.now(),
    )
    html = page(cast.client("li"), "scheme-detail", scheme.pk)
    for words in (
        "三会一课和主题党日",
        "党员大会：应有4次，每少一次扣2分",
        "按段计分：100以上 50分、90以上 40分、60以上 20分",
        "组织健全、治理有序、示范引领逐级达标",
        "五星 › 四星 › 三星 › 不入星",
        "第 1 版",
    ):
        assert words in html, words
    assert "修改</button>" not in html
    assert "复制到其他年度" not in html
    for who, sees in (("wu", True), ("li", False)):
        assert ("按规则最多得18分" in page(cast.client(who), "scheme-detail", short.pk)) is sees
    page(cast.client("zhou"), "scheme-detail", scheme.pk, status=403)
    beside = create_scheme(actor=actor(cast), organization=cast.department, table=VILLAGE, now=timezone.now())
    page(cast.client("li"), "scheme-detail", beside.pk, status=404)


def test_a_table_is_written_from_nothing(cast):
    client = cast.client("wu")
    address = reverse("scheme-create", args=[cast.town.pk])
    data = {
        "title": "支部考核",
        "code": "ZB",
        "year": "2026",
        "full": "100",
        "subject": "unit",
        "grades": "优秀、合格",
        "peers": "all",
        "inapplicable": "full",
        "kinds": ["BRANCH"],
    }
    answer = client.post(address, data | {"full": "一百"})
    assert "“一百”不是数。" in answer.content.decode()
    assert 'value="一百"' in answer.content.decode()
    answer = client.post(address, data)
    draft = SchemeDraft.objects.get()
    assert answer.url == reverse("scheme-draft", args=[draft.pk])
    assert "还没有分类" in page(client, "scheme-draft", draft.pk)
    assert "支部考核" in page(client, "scheme-list", cast.town.pk)
    client.post(
        reverse("scheme-line-create", args=[draft.pk]),
        {"title": "组织生活", "role": "base", "full": ""},
    )
    assert not rebuilt(draft).lines
    client.post(
        reverse("scheme-line-create", args=[draft.pk]), {"title": "组织生活", "role": "base", "full": "100"}
    )
    answer = client.post(
        reverse("scheme-item-create", args=[draft.pk, "f1"]),
        {"title": "三会一课", "full": "100", "source": "hand", "clause": "每月\r\n召开"},
    )
    assert answer.url == reverse("scheme-item-edit", args=[draft.pk, "x1"])
    client.post(
        reverse("scheme-rule-create", args=[draft.pk, "item:x1"]) + "?kind=MISS_COUNT",
        {"n": "12", "p": "0.5"},
    )
    client.post(
        reverse("scheme-rule-create", args=[draft.pk, "scheme"]) + "?kind=CUTOFF",
        {"bands-0-grade": "优秀", "bands-0-from": "90"},
    )
    save = reverse("scheme-draft-save", args=[draft.pk])
    number = SchemeDraft.objects.get().number
    answer = client.post(save, {"number": number, "reason": ""})
    assert answer.status_code == 422
    answer = client.post(save, {"number": number, "reason": "新建"})
    scheme = Scheme.objects.get()
    assert answer.url == reverse("scheme-detail", args=[scheme.pk])
    ((_, item),) = scheme.table.items()
    assert (item.clause, item.rules[0].params["n"]) == ("每月 召开", 12)
    assert scheme.kinds == ["BRANCH"]


def test_a_long_table_goes_item_by_item_without_coming_back(cast, draft):
    client = cast.client("wu")
    line = line_of(rebuilt(draft), "place")
    add = reverse("scheme-item-create", args=[draft.pk, line.key])
    assert f"已有 {len(line.items)} 项" in client.get(add).content.decode()
    given = {"title": "材料迟报", "full": "5", "source": "hand", "kind": "DEDUCT_EACH"}
    answer = client.post(add, given | {"kind": "CUTOFF"})
    assert "id_kind_error" in answer.content.decode()
    rule = client.post(add, given).url
    made = line_of(rebuilt(draft), "place").items[-1]
    assert rule == reverse("scheme-rule-create", args=[draft.pk, f"item:{made.key}"]) + "?kind=DEDUCT_EACH"
    assert client.post(rule, {"p": "0.5", "next": "1"}).url == add
    assert piece(rebuilt(draft), Spot("item", made.key)).rules[0].kind == "DEDUCT_EACH"


def test_a_double_click_makes_one_line_one_item_and_one_rule(cast, draft):
    client = cast.client("wu")
    add_line = reverse("scheme-line-create", args=[draft.pk])
    for _ in range(2):
        client.post(add_line, {"title": "新的分类", "role": "base", "full": "5"})
    assert [line.title for line in rebuilt(draft).lines].count("新的分类") == 1
    line = rebuilt(draft).lines[-1]
    add = reverse("scheme-item-create", args=[draft.pk, line.key])
    given = {"title": "材料迟报", "full": "5", "source": "hand", "kind": "DEDUCT_EACH"}
    rule = {client.post(add, given).url for _ in range(2)}
    for address in [*rule, *rule]:
        client.post(address, {"p": "0.5"})
    (item,) = rebuilt(draft).lines[-1].items
    assert (len(rule), len(item.rules)) == (1, 1)


@pytest.mark.parametrize("name", [name for name in KINDS if KINDS[name].example.rule])
def test_the_form_of_every_kind_sends_back_the_rule_it_shows(cast, draft, name):
    kind = KINDS[name]
    if kind.group.value == "limit":
        return
    place = Place.ITEM if Place.ITEM in kind.places else Place.SCHEME
    spot = PLACE if place is Place.ITEM else Spot("scheme")
    rule = example_rule(kind)
    changed = change_draft(
        actor=actor(cast),
        draft=draft,
        change=lambda table: add_rule(table, spot, rule),
        now=timezone.now(),
    )
    number = len(piece(changed.table, spot).rules)
    address = reverse("scheme-rule-edit", args=[draft.pk, number, str(spot)])
    client = cast.client("wu")
    html = client.get(address).content.decode()
    assert kind.meaning in unescape(html)
    answer = client.post(address, inputs(html))
    assert answer.status_code == 302, answer.content.decode()
    assert piece(rebuilt(draft), spot.at(number)) == rule


def test_rules_are_chosen_by_what_they_mean(cast, draft):
    html = page(cast.client("wu"), "scheme-rule-create", draft.pk, "item:place")
    for name in written_at(Place.ITEM):
        assert KINDS[name].meaning in html
        assert f"?kind={name}" in html
    assert "CUTOFF" not in html


def test_more_rows_without_a_script_keep_what_was_typed(cast, draft):
    address = reverse("scheme-rule-create", args=[draft.pk, "item:place"]) + "?kind=LEVEL"
    client = cast.client("wu")
    html = client.post(address, {"levels-0-name": "好", "levels-0-value": "十", "more": "1"}).content.decode()
    assert 'value="十"' in html
    assert "levels-5-name" in html
    assert "不是数" not in html
    html = client.post(address, {"levels-0-name": "好", "levels-0-value": "十"}).content.decode()
    assert "“十”不是数。" in html


def test_a_forbidden_indicator_is_refused_at_its_item_with_the_rule(cast, draft):
    client = cast.client("wu")
    address = reverse("scheme-item-edit", args=[draft.pk, "place"])
    data = inputs(client.get(address).content.decode()) | {"title": "学习平台登录次数"}
    assert client.post(address, data | {"clause": ""}).status_code == 302
    html = client.get(address).content.decode()
    assert "不予采用：“登录次数”" in html
    assert "依据2023年12月" in html
    answer = client.post(
        reverse("scheme-draft-save", args=[draft.pk]),
        {"number": SchemeDraft.objects.get().number, "reason": "加一项"},
    )
    assert answer.status_code == 422
    assert "“学习平台登录次数”：不予采用" in answer.content.decode()


@pytest.mark.parametrize("title", ["响\x07铃", ".".join("abcdefghijklmnopqrstuvw")])
def test_what_the_table_could_not_be_read_with_never_gets_in(cast, draft, title):
    client = cast.client("wu")
    address = reverse("scheme-item-edit", args=[draft.pk, "place"])
    data = inputs(client.get(address).content.decode()) | {"title": title, "clause": ""}
    answer = client.post(address, data)
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    address = reverse("scheme-rule-create", args=[draft.pk, "item:place"]) + "?kind=LEVEL"
    html = client.post(address, {"levels-0-name": title, "levels-0-value": "1"}).content.decode()
    assert "field-error" in html
    assert rebuilt(draft) == VILLAGE
    page(client, "scheme-draft", draft.pk)


def test_two_editors_of_one_piece_are_told_and_nothing_typed_is_lost(cast, draft):
    cast.people["yu"] = employ("yu", "于管", (cast.county, Post.ADMINISTRATOR))
    address = reverse("scheme-item-edit", args=[draft.pk, "place"])
    mine, theirs = cast.client("wu"), cast.client("yu")
    data = inputs(mine.get(address).content.decode()) | {"clause": ""}
    other = inputs(theirs.get(address).content.decode()) | {"clause": ""}
    theirs.post(reverse("scheme-part-move", args=[draft.pk]), {"down": "item:place"})
    theirs.post(address, other | {"full": "25"})
    answer = mine.post(address, data | {"title": "活动阵地"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "于管改过" in html
    assert 'value="活动阵地"' in html
    again = inputs(html) | {"clause": ""}
    assert mine.post(address, again).status_code == 302
    assert piece(rebuilt(draft), PLACE).title == "活动阵地"
    html = page(theirs, "scheme-draft", draft.pk)
    assert "吴敏" in html


def test_pieces_move_and_go_after_a_question(cast, draft):
    client = cast.client("wu")
    move = reverse("scheme-part-move", args=[draft.pk])
    answer = client.post(move, {"up": "item:place"})
    assert answer.url.endswith("#item-1-1")
    assert next(rebuilt(draft).items())[1].key == "place"
    answer = client.post(move, {"down": "rule:1:item:life"})
    assert answer.url == reverse("scheme-item-edit", args=[draft.pk, "life"])
    remove = reverse("scheme-part-remove", args=[draft.pk, "line:model"])
    html = client.get(remove).content.decode()
    assert "示范引领" in html
    assert "连同其中的4个评价项" in html
    assert client.post(remove, {"mark": "stale"}).status_code == 302
    assert len(rebuilt(draft).lines) == 3
    client.post(remove, inputs(html))
    assert len(rebuilt(draft).lines) == 2
    assert client.get(remove).status_code == 404
    assert client.post(remove, {"mark": "x"}).url == reverse("scheme-draft", args=[draft.pk])


def test_a_version_made_meanwhile_is_not_overwritten_unawares(cast, scheme, draft):
    changed = put(VILLAGE, PLACE, replace(piece(VILLAGE, PLACE), title="场所"))
    change_scheme(
        actor=actor(cast), scheme=scheme, table=changed, version=1, reason="导入", now=timezone.now()
    )
    client = cast.client("wu")
    assert "草稿起自第 1 版，现在已是第 2 版" in page(client, "scheme-draft", draft.pk)
    change_draft(
        actor=actor(cast),
        draft=draft,
        change=lambda table: put(table, Spot("item", "life"), None),
        now=timezone.now(),
    )
    save = reverse("scheme-draft-save", args=[draft.pk])
    answer = client.post(save, {"number": 2, "reason": "改"})
    assert answer.status_code == 409
    client.post(reverse("scheme-draft-rebase", args=[draft.pk]))
    answer = client.post(save, {"number": 3, "reason": "改"})
    assert answer.url == reverse("scheme-detail", args=[scheme.pk])
    html = page(client, "scheme-versions", scheme.pk)
    assert "从第 2 版" in html
    assert "<ins>有固定的活动场所</ins>" in html or "<ins>有固定的活动</ins>场所" in html
    assert "<del>三会一课和主题党日</del>" in html


def test_versions_are_told_word_by_word(cast, scheme):
    table = put(VILLAGE, PLACE, replace(piece(VILLAGE, PLACE), rules=(rule_of("BOOL", p="18"),)))
    table = replace(table, places=2)
    change_scheme(
        actor=actor(cast), scheme=scheme, table=table, version=1, reason="县里要求", now=timezone.now()
    )
    html = page(cast.client("li"), "scheme-versions", scheme.pk)
    assert "达到得<del>20</del><ins>18</ins>分" in html
    assert "修改 <b>1</b> 处" in html
    assert "县里要求" in html
    assert "<del>1</del><ins>2</ins>" in html


def test_a_trial_takes_what_is_known_and_what_is_typed_and_keeps_nothing(cast, scheme):
    client = cast.client("zhao")
    html = page(client, "scheme-trial", scheme.pk)
    assert f"?unit={cast.first.pk}" in html
    html = page(client, "scheme-trial", scheme.pk, unit=cast.first.pk)
    assert "系统带入" in html
    assert "不入星" in html
    data = {"unit": cast.first.pk, "e-0-1-0-0": "yes", "e-1-0-0-0": "9/10"}
    address = reverse("scheme-trial", args=[scheme.pk])
    whole = client.post(address, data).content.decode()
    assert "<h1>" in whole
    part = client.post(address, data, headers={"HX-Request": "true"}).content.decode()
    assert "<h1>" not in part
    assert '<b class="num">20</b>' in part
    assert 'class="explain"' in part
    wrong = client.post(address, data | {"e-1-0-0-0": "很多"}).content.decode()
    assert "“很多”不是数。" in wrong
    assert 'value="很多"' in wrong
    assert "还算不出结果" in wrong


def test_a_trial_reaches_no_further_than_the_eye(cast, scheme, draft):
    county = create_scheme(
        actor=actor(cast),
        organization=cast.county,
        table=replace(VILLAGE, code="ALL"),
        now=timezone.now(),
    )
    html = page(cast.client("li"), "scheme-trial", county.pk)
    assert f"?unit={cast.first.pk}" in html
    assert f"?unit={cast.second.pk}" not in html
    html = page(cast.client("li"), "scheme-trial", county.pk, unit=cast.second.pk)
    assert "trial-result" not in html
    html = page(cast.client("wu"), "scheme-draft-trial", draft.pk, unit=cast.second.pk)
    assert "第二支部：" in html


def test_an_item_is_tried_where_it_is_written_on_the_unit_tried_last(cast, draft):
    client = cast.client("wu")
    assert "试算本项" not in page(client, "scheme-item-edit", draft.pk, "services")
    html = page(client, "scheme-draft-trial", draft.pk, unit=cast.second.pk, item="services")
    assert "回到评价项" in html
    assert "有固定的活动场所" not in html
    html = page(client, "scheme-item-edit", draft.pk, "services")
    assert "以 第二支部 试算本项" in html
    address = reverse("scheme-draft-trial", args=[draft.pk]) + "?item=services"
    part = client.post(
        address, {"unit": cast.second.pk, "e-0-0-0-0": "4"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<b>24.0</b>" in part
    page(client, "scheme-draft-trial", draft.pk, status=404, item="nothing")
    address = reverse("scheme-draft-trial", args=[draft.pk])
    assert f'hx-get="{address}?brief=1&amp;unit={cast.second.pk}"' in page(client, "scheme-draft", draft.pk)
    brief = client.get(address, {"brief": 1, "unit": cast.second.pk}, headers={"HX-Request": "true"})
    assert "以 第二支部 试算：" in brief.content.decode()
    assert "<details" not in brief.content.decode()


def test_a_draft_of_a_new_table_may_be_tried_before_it_has_lines(cast):
    draft = begin_scheme(
        actor=actor(cast),
        organization=cast.town,
        table=replace(VILLAGE, lines=(), rules=()),
        now=timezone.now(),
    )
    assert "还没有分类" in page(cast.client("wu"), "scheme-draft-trial", draft.pk, unit=cast.first.pk)


def test_copy_end_and_discard(cast, scheme, draft):
    client = cast.client("wu")
    answer = client.post(reverse("scheme-copy", args=[scheme.pk]), {"year": scheme.year + 1})
    copy = Scheme.objects.get(year=scheme.year + 1)
    assert answer.url == reverse("scheme-detail", args=[copy.pk])
    answer = client.post(
        reverse("scheme-end", args=[copy.pk]), {"ends_on": date(scheme.year + 1, 6, 30), "reason": "合并"}
    )
    copy.refresh_from_db()
    assert copy.ends_on == date(scheme.year + 1, 6, 30)
    page(client, "scheme-draft-discard", draft.pk)
    client.post(reverse("scheme-draft-discard", args=[draft.pk]))
    assert not SchemeDraft.objects.exists()
    assert client.post(reverse("scheme-draft-save", args=[draft.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "most"),
    [("scheme-list", 22), ("scheme-detail", 20), ("scheme-versions", 18), ("scheme-trial", 40)],
)
def test_pages_ask_a_constant_number_of_questions(cast, scheme, name, most, django_assert_max_num_queries):
    big = create_scheme(actor=actor(cast), organization=cast.town, table=big_table(), now=timezone.now())
    key = cast.town.pk if name == "scheme-list" else big.pk
    query = {"unit": cast.first.pk} if name == "scheme-trial" else {}
    client = cast.client("wu")
    client.get(reverse(name, args=[key]), query)
    with django_assert_max_num_queries(most):
        assert client.get(reverse(name, args=[key]), query).status_code == 200


def test_the_page_of_an_item_with_its_trial_asks_no_more(cast, draft, django_assert_max_num_queries):
    client = cast.client("wu")
    page(client, "scheme-draft-trial", draft.pk, unit=cast.first.pk)
    with django_assert_max_num_queries(30):
        assert "试算本项" in page(client, "scheme-item-edit", draft.pk, "life")


def test_the_draft_of_a_big_table_asks_no_more(cast, django_assert_max_num_queries):
    draft = begin_scheme(actor=actor(cast), organization=cast.town, table=big_table(), now=timezone.now())
    client = cast.client("wu")
    with django_assert_max_num_queries(15):
        html = page(client, "scheme-draft", draft.pk)
    assert html.count('name="down" value="item:') == 131


def test_where_a_scheme_is_used_and_that_rounds_stay_with_their_version(cast, scheme):
    now = timezone.now()
    used = EvaluationRound.objects.create(
        organization=cast.town,
        title="全镇年度考核",
        year=scheme.year,
        starts_on=date(scheme.year, 1, 1),
        ends_on=date(scheme.year, 12, 31),
        fill_until=date(scheme.year, 12, 31),
        author=cast.people["wu"],
        created_at=now,
    )
    RoundScheme.objects.create(round=used, scheme=scheme, version=scheme.versions.get())
    table = put(VILLAGE, PLACE, replace(piece(VILLAGE, PLACE), title="阵地"))
    change_scheme(actor=actor(cast), scheme=scheme, table=table, version=1, reason="改", now=now)
    html = page(cast.client("zhao"), "scheme-detail", scheme.pk)
    assert reverse("round-detail", args=[used.pk]) in html
    assert "按第 1 版（不随修改变动）" in html
    assert "全镇年度考核" not in page(cast.client("li"), "scheme-detail", scheme.pk)
    client = cast.client("wu")
    client.post(reverse("scheme-edit", args=[scheme.pk]))
    draft = SchemeDraft.objects.get()
    change_draft(
        actor=actor(cast),
        draft=draft,
        change=lambda changed: replace(changed, year=scheme.year + 1),
        now=now,
    )
    answer = client.post(reverse("scheme-draft-save", args=[draft.pk]), {"number": 2, "reason": "改年度"})
    assert "已用于考核的办法不能改年度" in answer.content.decode()
