"""The pages of rounds: what they show, whom they hide it from, how many queries they take."""

from datetime import date

import pytest
from django.urls import reverse

from accountability.actions.evaluating import ask_evaluation, run_evaluation
from accountability.actions.rounds import create_round
from accountability.choices import EntryOrigin, RoundState, Subject
from accountability.models import Evaluation, EvaluationEntry, EvaluationRound, SchemeVersion
from accountability.queries import round_plans
from branches.choices import Level, OrganizationKind, Post, TaskState
from tests.accountability.evaluating import NOW, TABLE, make_scheme
from tests.conftest import plant

YEAR = date.today().year


@pytest.fixture
def scheme(cast):
    made = make_scheme(cast.county, year=YEAR)
    made.kinds = [OrganizationKind.BRANCH]
    made.save()
    return made


@pytest.fixture
def round(cast, acting, scheme):
    return make(cast, acting, scheme)


def make(cast, acting, scheme, **values):
    facts = {
        "organization": cast.town,
        "title": "支部年度考核",
        "year": YEAR,
        "starts_on": date(YEAR, 1, 1),
        "ends_on": date(YEAR, 12, 31),
        "fill_until": date(2099, 12, 20),
        "now": NOW,
    }
    return create_round(actor=acting("zhao"), schemes=[scheme], **facts | values)


def compute(round, actor):
    ask_evaluation(actor=actor, round=round, now=NOW)
    run_evaluation(pk=round.pk, now=NOW)


def state(round, unit, points, item="service", **facts):
    return EvaluationEntry.objects.create(
        evaluation=round.evaluations.get(organization=unit),
        item=item,
        origin=EntryOrigin.HAND,
        points=points,
        created_at=NOW,
        **facts,
    )


def text(response):
    return response.content.decode()


def sent(**values):
    return {
        "title": "支部年度考核",
        "year": YEAR,
        "starts_on": f"{YEAR}-01-01",
        "ends_on": f"{YEAR}-12-31",
        "fill_until": f"{YEAR}-12-20",
        "levels": [Level.BRANCH],
    } | values


# Setting up


def test_the_form_says_whom_it_comes_to_before_anything_is_made(cast, scheme):
    client = cast.client("zhao")
    page = text(client.get(reverse("round-create", args=[cast.town.pk])))
    assert "全部 2 个匹配对象" in page
    assert "第一支部、第二支部" in page
    assert not EvaluationRound.objects.exists()
    response = client.post(
        reverse("round-create", args=[cast.town.pk]), sent(schemes=[scheme.pk]), follow=True
    )
    round = EvaluationRound.objects.get()
    assert response.redirect_chain[-1][0] == reverse("round-detail", args=[round.pk])
    assert "共2个考核对象" in text(response)
    # The worker of the tests works at once: the system's facts are in, and there is a first total.
    assert round.run_state == TaskState.DONE


def test_units_that_two_schemes_or_none_fit_must_be_settled(cast, scheme):
    other = make_scheme(cast.county, code="OTHER", year=YEAR, table=TABLE.replace('"LIFE"', '"OTHER"'))
    other.kinds = [OrganizationKind.BRANCH]
    other.save()
    client, address = cast.client("qian"), reverse("round-create", args=[cast.county.pk])
    values = sent(schemes=[scheme.pk, other.pk], levels=[Level.BRANCH, Level.PRIMARY])
    response = client.post(address, values)
    assert response.status_code == 422
    page = text(response)
    assert "2</b> 个单位同时适用几份办法" in page
    assert "1</b> 个单位没有适用的办法：柳汀镇党委" in page
    assert 'value="支部年度考核"' in page
    picked = {f"choice-{scheme.pk}-{other.pk}": other.pk}
    assert "写明不考核这些单位" in text(client.post(address, values | picked))
    assert client.post(address, values | picked | {"leave_out": "on"}).status_code == 302
    assert {each.scheme.scheme for each in Evaluation.objects.all()} == {other}


def test_a_tree_too_wide_for_one_round_is_refused_before_it_is_read(cast, scheme, monkeypatch):
    monkeypatch.setattr(round_plans, "MOST_UNITS", 1)
    client, address = cast.client("zhao"), reverse("round-create", args=[cast.town.pk])
    assert "一次考核最多" in text(client.get(address))
    response = client.post(address, sent(schemes=[scheme.pk]))
    assert response.status_code == 422
    assert not EvaluationRound.objects.exists()


def test_wrong_days_are_said_at_their_field(cast, scheme):
    response = cast.client("zhao").post(
        reverse("round-create", args=[cast.town.pk]), sent(schemes=[scheme.pk], ends_on=f"{YEAR - 1}-12-31")
    )
    assert response.status_code == 422
    assert "考核期止不能早于考核期起" in text(response)


def test_without_a_scheme_the_page_says_what_to_do(cast):
    page = text(cast.client("zhao").get(reverse("round-create", args=[cast.town.pk])))
    assert "没有可用的考核办法" in page


# The first page


def test_a_branch_sees_its_own_and_no_points_before_they_are_shown(cast, acting, round):
    state(round, cast.first, 55)
    compute(round, acting("zhao"))
    page = text(cast.client("li").get(reverse("evaluation-home", args=[cast.first.pk])))
    first = round.evaluations.get(organization=cast.first)
    assert first.total is not None
    assert "反馈后显示" in page
    assert reverse("evaluation-fill", args=[first.pk]) in page
    assert "组织考核" not in page
    EvaluationRound.objects.filter(pk=round.pk).update(
        state=RoundState.SHOWN, objections_until=date(2099, 12, 31)
    )
    page = text(cast.client("li").get(reverse("evaluation-home", args=[cast.first.pk])))
    assert "反馈后显示" not in page
    assert "核对" in page


def test_a_withdrawn_round_is_no_longer_seen_by_units(cast, round):
    cast.client("zhao").post(reverse("round-withdraw", args=[round.pk]), {"reason": "重新组织"})
    assert "支部年度考核" not in text(cast.client("li").get(reverse("evaluation-home", args=[cast.first.pk])))
    assert "已经撤销" in text(cast.client("zhao").get(reverse("round-detail", args=[round.pk])))


def test_a_committee_in_between_sees_its_units_in_a_round_above(cast, acting, scheme):
    round = create_round(
        actor=acting("qian"), organization=cast.county, title="全县考核", year=YEAR,
        starts_on=date(YEAR, 1, 1), ends_on=date(YEAR, 12, 31), fill_until=date(YEAR, 12, 20),
        schemes=[scheme], leave_out=True, now=NOW,
    )  # fmt: skip
    client = cast.client("zhao")
    assert client.get(reverse("round-detail", args=[round.pk])).status_code == 404
    address = reverse("round-share", args=[cast.town.pk, round.pk])
    assert address in text(client.get(reverse("evaluation-home", args=[cast.town.pk])))
    page = text(client.get(address))
    assert "第一支部" in page
    assert "考核单位反馈后显示" in page
    assert client.get(reverse("round-share", args=[cast.town.pk, round.pk + 99])).status_code == 404


def test_an_officer_sees_their_own_result_and_colleagues_do_not(cast, acting):
    scheme = make_scheme(cast.county, code="P", year=YEAR, table=TABLE.replace('"LIFE"', '"P"'))
    scheme.subject, scheme.kinds = Subject.PERSON, [OrganizationKind.BRANCH]
    scheme.save()
    make(cast, acting, scheme, posts=[Post.SECRETARY], title="书记考核")
    assert "书记考核" in text(cast.client("li").get(reverse("evaluation-home", args=[cast.first.pk])))
    assert "李明" not in text(cast.client("wang").get(reverse("evaluation-home", args=[cast.second.pk])))


# One round


def test_the_page_of_a_round_says_how_far_it_is(cast, acting, round):
    state(round, cast.first, 55)
    state(round, cast.first, None, "meetings", count=4)
    state(round, cast.second, 99)
    compute(round, acting("zhao"))
    client, address = cast.client("zhao"), reverse("round-detail", args=[round.pk])
    page = text(client.get(address))
    assert "1 个已填完，1 个填了一部分" in page
    assert "1 个考核对象的事实有错" in page
    assert "联系服务群众：分值应在 0 到 60 之间" in page
    assert "1 个总分不是最新" in page
    assert page.index("第一支部") < page.index('aria-label="选择第二支部"')
    faulty = text(client.get(address, {"show": "faulty"}))
    assert 'aria-label="选择第二支部"' in faulty
    assert 'aria-label="选择第一支部"' not in faulty
    assert 'aria-label="选择第一支部"' in text(client.get(address, {"show": "filled"}))
    assert "没有符合条件的考核对象" in text(client.get(address, {"unit": "不存在"}))


def test_pressing_compute_twice_says_so(cast, acting, round, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    EvaluationRound.objects.filter(pk=round.pk).update(run_state=TaskState.RUNNING, run_asked_at=NOW)
    client = cast.client("zhao")
    response = client.post(reverse("round-evaluate", args=[round.pk]), follow=True)
    assert "不用重复点" in text(response)
    progress = client.get(reverse("round-progress", args=[round.pk]))
    assert "HX-Refresh" not in progress
    EvaluationRound.objects.filter(pk=round.pk).update(run_state=TaskState.DONE)
    assert client.get(reverse("round-progress", args=[round.pk]))["HX-Refresh"] == "true"


def test_units_are_taken_out_grouped_and_taken_in_after_a_confirmation(cast, round):
    client, address = cast.client("zhao"), reverse("round-units", args=[round.pk])
    second = round.evaluations.get(organization=cast.second)
    picked = {"bulk": "remove", "filters": "", "chosen": [second.pk]}
    page = text(client.post(address, picked))
    assert "将把 1 个考核对象移出这次考核" in page
    assert round.evaluations.count() == 2
    assert client.post(address, picked | {"confirmed": "1", "reason": ""}).status_code == 422
    client.post(address, picked | {"confirmed": "1", "reason": "今年新建"})
    assert round.evaluations.count() == 1
    assert "第二支部" in text(client.get(address))
    everybody = {"bulk": "add", "filters": "", "all_matching": "1"}
    assert "将把 1 个单位加入" in text(client.post(address, everybody))
    client.post(address, everybody | {"confirmed": "1"})
    assert round.evaluations.count() == 2
    grouping = {
        "bulk": "group",
        "filters": "unit=第一",
        "all_matching": "1",
        "confirmed": "1",
        "group": "山区",
    }
    client.post(address, grouping)
    assert [each.group for each in round.evaluations.order_by("organization__path")] == ["山区", ""]
    assert "没有选中单位" in text(client.post(address, {"bulk": "remove", "filters": ""}, follow=True))


def test_group_difficulty_and_charges_are_typed(cast, round):
    first = round.evaluations.get(organization=cast.first)
    client, address = cast.client("zhao"), reverse("evaluation-settings", args=[first.pk])
    response = client.post(address, {"group": "山区", "coefficient": "-1", "charges": "第九支部"})
    assert response.status_code == 422
    assert "难度系数应大于 0" in text(response)
    assert "没有找到“第九支部”" in text(response)
    client.post(address, {"group": "山区", "coefficient": "1.05", "charges": "第二支部"})
    first.refresh_from_db()
    assert (first.group, str(first.coefficient), list(first.in_charge_of.all())) == (
        "山区",
        "1.050000",
        [cast.second],
    )


def test_another_version_is_looked_at_before_it_is_moved_to(cast, acting, round, scheme):
    state(round, cast.first, 55)
    state(round, cast.first, None, "meetings", count=3)
    compute(round, acting("zhao"))
    document = scheme.document.replace("n = 4, p = 5", "n = 4, p = 9")
    SchemeVersion.objects.create(scheme=scheme, number=2, document=document, made_at=NOW, reason="上级调整")
    pinned = round.schemes.get()
    client = cast.client("zhao")
    assert "办法已有新版" in text(client.get(reverse("round-detail", args=[round.pk])))
    address = reverse("round-version", args=[round.pk, pinned.pk])
    page = text(client.get(address))
    assert "2</b> 个的总分或等次会变" in page
    assert ">86<" in page
    assert client.post(address, {"version": "2", "reason": ""}).status_code == 422
    client.post(address, {"version": "2", "reason": "上级文件调整"})
    assert round.schemes.get().version.number == 2
    assert str(round.evaluations.get(organization=cast.first).total) == "86.000000"


def test_the_number_of_queries_does_not_follow_the_units(cast, acting, scheme, django_assert_max_num_queries):
    small = make(cast, acting, scheme, title="小的")
    for number in range(10, 40):
        plant(f"010101{number:02}", f"第{number}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
    cast.town.refresh_from_db()
    big = make(cast, acting, scheme, title="大的")
    assert big.evaluations.count() == 32
    client = cast.client("zhao")
    for name, args in (("round-detail", []), ("round-units", [])):
        client.get(reverse(name, args=[small.pk, *args]))
        with django_assert_max_num_queries(40) as few:
            client.get(reverse(name, args=[small.pk, *args]))
        with django_assert_max_num_queries(len(few)):
            client.get(reverse(name, args=[big.pk, *args]))
    address = reverse("evaluation-home", args=[cast.town.pk])
    with django_assert_max_num_queries(25):
        client.get(address)
    with django_assert_max_num_queries(25):
        client.get(reverse("round-create", args=[cast.town.pk]))


def test_the_list_and_the_history_ask_the_same_however_long_they_are(
    cast, acting, scheme, round, django_assert_max_num_queries
):
    client = cast.client("zhao")
    pages = [reverse("round-list", args=[cast.town.pk]), reverse("round-history", args=[round.pk])]
    for page in pages:
        client.get(page)
    few = []
    for page in pages:
        with django_assert_max_num_queries(20) as asked:
            assert client.get(page).status_code == 200
        few.append(len(asked))
    for number in range(12):
        make(cast, acting, scheme, title=f"第{number}次考核")
        round.title = f"改了{number}次"
        round.save()
    for page, most in zip(pages, few, strict=True):
        with django_assert_max_num_queries(most):
            answer = client.get(page).content.decode()
        assert "第11次考核" in answer or "改了11次" in answer
