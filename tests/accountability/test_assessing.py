"""评价: who scores whom, in time and once; drafts, conflicts, secret votes of members."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accountability.actions.assessing import (
    Incomplete,
    Outdated,
    change_window,
    close_window,
    open_window,
    return_sheet,
    save_sheet,
    submit_sheet,
)
from accountability.actions.evaluating import ask_evaluation, run_evaluation
from accountability.actions.paper_counts import enter_count
from accountability.actions.polls import cast_ballot
from accountability.choices import AssessorRole, EntryOrigin
from accountability.models import AssessorSheet, AssessorWindow, EvaluationEntry
from accountability.queries.assessing import assessed_by, my_windows
from accountability.queries.evaluation_tasks import evaluation_tasks
from accountability.scoring import Entry
from accountability.tasks import close_polls
from branches.choices import Post
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.filling_worlds import gathering
from tests.conftest import employ

GOOD = {("opinion", ""): Entry("opinion", level="好")}


@pytest.fixture
def evaluation(cast):
    return gathering(cast)


@pytest.fixture
def opened(acting, evaluation):
    def open_(role, by, **facts):
        days = {"opens_on": TODAY, "closes_on": TODAY + timedelta(days=5)}
        return open_window(
            actor=acting("zhao"), round=evaluation.round, role=role, by=by, now=NOW, **days | facts
        )

    return open_


def submit(actor, window, evaluation, answers=GOOD, version=0):
    return submit_sheet(
        actor=actor, window=window, evaluation=evaluation, version=version, answers=answers, now=NOW
    )


def test_each_body_scores_its_own(cast, acting, evaluation, opened):
    windows = {
        AssessorRole.SELF: opened(AssessorRole.SELF, "自评"),
        AssessorRole.PEERS: opened(AssessorRole.PEERS, "互评"),
        AssessorRole.SUPERIOR: opened(AssessorRole.SUPERIOR, "党委评"),
    }
    scored = {
        role: {
            who: sorted(str(each) for each in assessed_by(acting(who), window))
            for who in ("li", "wang", "zhao", "qian", "zhou", "sun")
        }
        for role, window in windows.items()
    }
    nobody = {who: [] for who in ("li", "wang", "zhao", "qian", "zhou", "sun")}
    both = ["第一支部", "第二支部"]
    assert scored[AssessorRole.SELF] == nobody | {"li": ["第一支部"], "wang": ["第二支部"]}
    assert scored[AssessorRole.PEERS] == nobody | {"li": ["第二支部"], "wang": ["第一支部"]}
    assert scored[AssessorRole.SUPERIOR] == nobody | {"zhao": both}
    with pytest.raises(PermissionDenied):
        submit(acting("li"), windows[AssessorRole.PEERS], evaluation)
    assert [each.left for each in my_windows(acting("li"))] == [1, 1]
    assert [each.words for each in evaluation_tasks(acting("zhao"))] == ["还差 2 份评价表。"]


def test_a_sheet_is_kept_as_a_draft_and_handed_in_once(acting, evaluation, opened):
    window, wang = opened(AssessorRole.PEERS, "互评"), acting("wang")
    draft = save_sheet(actor=wang, window=window, evaluation=evaluation, version=0, answers={}, now=NOW)
    assert not EvaluationEntry.objects.filter(origin=EntryOrigin.ASSESSOR).exists()
    with pytest.raises(Incomplete, match="还有 1 项") as incomplete:
        submit(wang, window, evaluation, answers={}, version=draft.version)
    assert list(incomplete.value.found) == [("opinion", "")]
    with pytest.raises(Outdated):
        submit(wang, window, evaluation, version=0)
    sheet = submit(wang, window, evaluation, version=1)
    assert submit(wang, window, evaluation, version=1) == sheet  # a double click
    entry = EvaluationEntry.objects.get(origin=EntryOrigin.ASSESSOR)
    assert (entry.by, entry.level, entry.sheet, entry.evaluation) == ("互评", "好", sheet, evaluation)
    with pytest.raises(ValidationError, match="不能再改"):
        submit(wang, window, evaluation, {("opinion", ""): Entry("opinion", level="差")}, version=2)
    evaluation.refresh_from_db()
    assert evaluation.changed_at == NOW


def test_a_sheet_that_was_given_back_is_handed_in_again(cast, acting, evaluation, opened):
    window, wang = opened(AssessorRole.PEERS, "互评"), acting("wang")
    sheet = submit(wang, window, evaluation)
    with pytest.raises(PermissionDenied):
        return_sheet(actor=wang, sheet=sheet, reason="误", now=NOW)
    with pytest.raises(ValidationError, match="退回原因"):
        return_sheet(actor=acting("zhao"), sheet=sheet, reason=" ", now=NOW)
    page = reverse("window-sheets", args=[evaluation.round_id, window.pk])
    back = reverse("sheet-return", args=[evaluation.round_id, window.pk, sheet.pk])
    zhao = cast.client("zhao")
    assert "王丽" in zhao.get(page).content.decode()
    assert zhao.post(back, {"reason": ""}).status_code == 422
    assert zhao.post(back, {"reason": "评错了单位"}).status_code == 302
    assert "评错了单位" in zhao.get(page).content.decode()
    live = EvaluationEntry.objects.filter(origin=EntryOrigin.ASSESSOR, withdrawn_at=None)
    assert not live.exists()
    submit(wang, window, evaluation, {("opinion", ""): Entry("opinion", level="较好")}, version=2)
    assert live.get().level == "较好"


def test_only_in_time(acting, evaluation, opened):
    window = opened(AssessorRole.SELF, "自评", opens_on=TODAY + timedelta(days=1))
    with pytest.raises(ValidationError, match="现在不能评价"):
        submit(acting("li"), window, evaluation)
    zhao = acting("zhao")
    change_window(actor=zhao, window=window, opens_on=TODAY, closes_on=TODAY + timedelta(days=1), now=NOW)
    with pytest.raises(ValidationError, match="现在不能评价"):
        submit(acting("li", TODAY + timedelta(days=2)), window, evaluation)
    close_window(actor=zhao, window=window, now=NOW)
    with pytest.raises(ValidationError, match="现在不能评价"):
        submit(acting("li"), window, evaluation)


def test_a_window_is_opened_by_the_committee_for_a_body_the_table_names(acting, evaluation, opened):
    days = {"opens_on": TODAY, "closes_on": TODAY + timedelta(days=5)}
    for who in ("li", "sun", "wu"):
        with pytest.raises(PermissionDenied):
            open_window(actor=acting(who), round=evaluation.round, role="SELF", by="自评", now=NOW, **days)
    for wrong in (
        {"by": "群众评"},
        {"by": ""},
        {"by": "自评", "closes_on": date(2026, 11, 1), "opens_on": date(2026, 11, 1)},
        {"by": "自评", "closes_on": date(2026, 11, 19)},
    ):
        with pytest.raises(ValidationError):
            opened(AssessorRole.SELF, **wrong)
    assert opened(AssessorRole.SELF, "自评") == opened(AssessorRole.SELF, "自评")
    with pytest.raises(ValidationError, match="已经有评价窗口"):
        opened(AssessorRole.PEERS, "自评")


def test_members_vote_in_secret_and_count_from_five_ballots_up(cast, acting, evaluation, opened):
    voters = [
        employ(f"voter{number}", name, (cast.first, Post.MEMBER), member=member)
        for number, (name, member) in enumerate(
            (each.name, each) for each in cast.first.members.order_by("pk") if not hasattr(each, "user")
        )
    ]
    window = opened(AssessorRole.MEMBERS, "互评")
    polls = {each.evaluation.organization_id: each.poll for each in window.polls.all()}
    assert set(polls) == {cast.first.pk, cast.second.pk}
    for number, voter in enumerate(voters[:5]):
        cast_ballot(poll=polls[cast.first.pk], user=voter, answers={1: "好" if number else "差"}, now=NOW)
    cast_ballot(poll=polls[cast.second.pk], user=cast.people["wang"], answers={1: "好"}, now=NOW)
    close_window(actor=acting("zhao"), window=window, now=NOW)
    close_window(actor=acting("zhao"), window=window, now=NOW)
    entries = EvaluationEntry.objects.filter(origin=EntryOrigin.ASSESSOR)
    assert sorted(entries.values_list("evaluation", "level", "count", "by")) == sorted(
        [(evaluation.pk, "好", 4, "互评"), (evaluation.pk, "差", 1, "互评")]
    )


def test_what_members_voted_is_counted_by_the_clock(cast, acting, evaluation, opened):
    voters = [
        employ(f"voter{number}", each.name, (cast.first, Post.MEMBER), member=each)
        for number, each in enumerate(cast.first.members.order_by("pk"))
        if not hasattr(each, "user")
    ]
    window = opened(AssessorRole.MEMBERS, "互评")
    for voter in voters[:5]:
        cast_ballot(poll=window.polls.get(evaluation=evaluation).poll, user=voter, answers={1: "好"}, now=NOW)
    entries = EvaluationEntry.objects.filter(origin=EntryOrigin.ASSESSOR)
    with time_machine.travel(NOW + timedelta(days=5, hours=1), tick=False):
        close_polls()
    assert not entries.exists()
    with time_machine.travel(NOW + timedelta(days=6), tick=False):
        close_polls()
        close_polls()
    entry = entries.get()
    assert (entry.evaluation, entry.level, entry.count, entry.author) == (evaluation, "好", 5, None)


def test_the_public_is_asked_on_paper_which_two_persons_count(cast, acting, evaluation, opened):
    window = opened(AssessorRole.PUBLIC, "互评")
    poll = window.polls.get(evaluation=evaluation).poll
    zhao = cast.client("zhao")
    assert (
        "第二支部"
        in zhao.get(reverse("window-polls", args=[evaluation.round_id, window.pk])).content.decode()
    )
    counts = {1: {"好": 18, "较好": 6, "差": 1}}
    papers = {"category": "", "issued": 30, "returned": 26, "valid": 25, "counts": counts, "now": NOW}
    enter_count(actor=acting("zhao"), poll=poll, **papers)
    close_window(actor=acting("zhao"), window=window, now=NOW)
    assert not EvaluationEntry.objects.filter(origin=EntryOrigin.ASSESSOR).exists()  # nobody agrees yet
    assert "还可以计入纸质票" in zhao.get(reverse("poll-detail", args=[poll.pk])).content.decode()
    enter_count(actor=acting("qian"), poll=poll, **papers)
    close_window(actor=acting("zhao"), window=window, now=NOW)
    entries = EvaluationEntry.objects.filter(origin=EntryOrigin.ASSESSOR, evaluation=evaluation)
    assert set(entries.values_list("level", "count")) == {("好", 18), ("差", 1), ("较好", 6)}
    with pytest.raises(ValidationError, match="不能再录入"):
        enter_count(actor=acting("qian"), poll=poll, **papers | {"issued": 31})


def test_the_pages_from_the_window_to_the_sheet(cast, evaluation):
    zhao, li = cast.client("zhao"), cast.client("li")
    windows = reverse("window-list", args=[evaluation.round_id])
    today = date.today()
    typed = {"by": "自评", "role": "SELF", "opens_on": today, "closes_on": today + timedelta(days=3)}
    assert zhao.post(windows, typed | {"closes_on": "x"}).status_code == 422
    zhao.post(windows, typed)
    window = AssessorWindow.objects.get()
    page = li.get(reverse("assessment-list")).content.decode()
    sheet = reverse("assessment-edit", args=[window.pk, evaluation.pk])
    assert sheet in page
    assert "好 20分" in li.get(sheet).content.decode()
    refused = li.post(sheet, {"version": "0", "submit": "1"})
    assert refused.status_code == 422
    assert "请在好、较好、差中选一档" in refused.content.decode()
    assert li.post(sheet, {"version": "0", "save": "1", "a0-level": "较好"}).status_code == 302
    kept = li.get(sheet).content.decode()
    assert 'value="较好" checked' in kept
    stale = li.post(sheet, {"version": "0", "save": "1", "a0-level": "好"})
    assert "刚刚保存过" in stale.content.decode()
    assert 'name="version" value="1"' in stale.content.decode()
    assert li.post(sheet, {"version": "1", "submit": "1", "a0-level": "x"}).status_code == 422
    assert li.post(sheet, {"version": "9" * 30, "submit": "1", "a0-level": "好"}).status_code == 422
    li.post(sheet, {"version": "1", "submit": "1", "a0-level": "好"})
    assert AssessorSheet.objects.get().submitted_at
    assert "已提交 1 份" in zhao.get(windows).content.decode()
    for who in ("wang", "zhao", "zhou"):
        assert cast.client(who).get(sheet).status_code in (403, 404)


def test_what_an_assessor_gave_is_for_the_committee(cast, acting, evaluation, opened):
    submit(acting("wang"), opened(AssessorRole.PEERS, "互评"), evaluation)
    address = reverse("evaluation-fill", args=[evaluation.pk])
    assert "王丽" in cast.client("zhao").get(address).content.decode()
    for who in ("li", "sun", "wu"):
        assert "王丽" not in cast.client(who).get(address).content.decode()


def test_the_list_asks_few_queries(cast, acting, evaluation, opened, django_assert_max_num_queries):
    opened(AssessorRole.SUPERIOR, "党委评", opens_on=date(2026, 11, 1), closes_on=date(2027, 1, 1))
    zhao = cast.client("zhao")
    zhao.get(reverse("assessment-list"))
    with django_assert_max_num_queries(12):
        zhao.get(reverse("assessment-list"))
    window = opened(AssessorRole.PUBLIC, "互评")
    for name, key in (("window-list", []), ("window-polls", [window.pk])):
        with django_assert_max_num_queries(14):
            zhao.get(reverse(name, args=[evaluation.round_id, *key]))


WEIGHTED = """
format = 1
code = "FILL"
title = "班子考核"
full = 150
grades = ["优秀", "合格"]
rule = [
    { kind = "ASSESSORS", weights = { "自评" = 0.3, "党委评" = 0.7 } },
    { kind = "CUTOFF", bands = [{ grade = "优秀", from = 120 }] },
]

[[line]]
key = "all"
title = "总体"
full = 150

[[line.item]]
key = "mark"
title = "总体评价"
full = 150
source = "assessor"
rule = [{ kind = "DISCRETION", from = 0, to = 150, reason = false }]
"""


def test_self_138_and_committee_117_at_30_and_70_are_123_3(cast, acting):
    evaluation = gathering(cast, WEIGHTED)
    evaluation.entries.all().delete()
    days = {"opens_on": TODAY, "closes_on": TODAY + timedelta(days=5)}
    deputy = employ("deputy", "严副", (cast.town, Post.DEPUTY_SECRETARY))
    marks = {"li": ("自评", 138), "zhao": ("党委评", 118), "deputy": ("党委评", 116)}
    cast.people["deputy"] = deputy
    windows = {
        by: open_window(actor=acting("zhao"), round=evaluation.round, role=role, by=by, now=NOW, **days)
        for by, role in (("自评", "SELF"), ("党委评", "SUPERIOR"))
    }
    for who, (by, points) in marks.items():
        said = {("mark", ""): Entry("mark", points=Decimal(points))}
        submit(acting(who), windows[by], evaluation, said)
    ask_evaluation(actor=acting("zhao"), round=evaluation.round, now=NOW)
    run_evaluation(pk=evaluation.round_id, now=NOW)
    evaluation.refresh_from_db()
    assert (evaluation.total, evaluation.grade, evaluation.faults) == (Decimal("123.3"), "优秀", [])
