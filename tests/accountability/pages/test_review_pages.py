import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accountability.actions.polls import close_poll
from accountability.actions.review_cycles import take_in_units
from accountability.actions.review_problems import add_problem, report_problem
from accountability.actions.reviews import comment_report, grade_report, publish_session
from accountability.models import Ballot, PollVoter, ReviewCycle, ReviewProblem, WorkReport
from branches.access import Actor
from branches.actions.reshaping import move_organization
from branches.choices import Level, OrganizationKind, Post
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.review_worlds import (
    begin,
    hand_in,
    rate,
    report_of,
    session_of,
    to_grading,
    to_published,
    vote_all,
)
from tests.accountability.test_reviews import add
from tests.conftest import employ, plant

THREE_PARTS = {"achievements": "抓了换届。", "shortcomings": "党小组会偏少。", "intentions": "按季固定。"}


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def cycle(cast, acting):
    cast.people["shi"] = employ("shi", "施远", (cast.town, Post.SECRETARY))
    return begin(acting("qian"), cast.county)


@pytest.fixture
def town(cast, cycle):
    return session_of(cycle, cast.town)


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def voting(cast, poll):
    """A browser of the first voter who is a representative."""
    cast.people["voter"] = PollVoter.objects.filter(poll=poll).first().user
    return cast.client("voter")


# Starting, and the overview


def test_a_county_starts_a_review_by_form(cast):
    client, url = cast.client("qian"), reverse("review-cycle-create", args=[cast.county.pk])
    assert "2026年度基层党建述职评议" in text(client.get(url))
    data = {
        "title": "述职",
        "year": "2026",
        "starts_on": "2026-01-01",
        "ends_on": "2025-12-31",
        "reports_due_on": "2026-12-05",
        "sessions_due_on": "2026-12-01",
    }
    page = text(client.post(url, data))
    assert "事实期止不能早于事实期起" in page
    assert "评议会截止不能早于报告截止" in page
    data |= {"ends_on": "2026-12-31", "sessions_due_on": "2026-12-31"}
    page = text(client.post(url, data, follow=True))
    assert "1 个评议单位，2 名书记述职" in page
    assert ReviewCycle.objects.count() == 1
    assert "已发起述职评议" in text(client.post(url, data | {"title": "又一个"}))


def test_the_overview_opens_its_lists(cast, acting, cycle, town):
    hand_in(acting("li"), report_of(cycle, cast.first))
    client = cast.client("qian")
    detail = reverse("review-cycle-detail", args=[cycle.pk])
    page = text(client.get(detail))
    assert f"{reverse('review-session-list', args=[cycle.pk])}?level=50&amp;stage=PREPARING" in page
    reports = text(
        client.get(reverse("review-report-list", args=[cycle.pk]), {"level": "50", "state": "missing"})
    )
    assert "第二支部" in reports
    assert "第一支部" not in reports
    sessions = text(client.get(reverse("review-session-list", args=[cycle.pk]), {"stage": "PUBLISHED"}))
    assert "没有这样的评议单位" in sessions
    assert cast.client("zhao").get(detail).status_code == 404
    assert cast.client("sun").get(detail).status_code == 403


def test_taking_in_closing_and_taking_back(cast, cycle):
    client, detail = cast.client("qian"), reverse("review-cycle-detail", args=[cycle.pk])

    def press(name, **data):
        return text(client.post(reverse(f"review-cycle-{name}", args=[cycle.pk]), data, follow=True))

    assert "没有需要补充的单位" in press("take-in")
    assert "还有2个评议会没有通报" in press("close")
    assert "请写明撤销原因" in press("withdraw", reason="")
    assert "已撤销" in press("withdraw", reason="年份写错")
    assert "已撤销" in text(client.get(detail))


# The secretary


def test_a_secretary_writes_saves_and_hands_in(cast, cycle):
    report = report_of(cycle, cast.first)
    client, edit = cast.client("li"), reverse("work-report-edit", args=[report.pk])
    assert "写报告" in text(client.get(reverse("review-cycle-list", args=[cast.first.pk])))
    assert "望川县委：" in text(cast.client("wu").get(reverse("review-cycle-list", args=[cast.city.pk])))
    page = text(client.get(edit))
    assert "述前事实" in page
    data = {"version": "1", "achievements": "写了一半", "shortcomings": "", "intentions": ""}
    assert "已保存，尚未提交" in text(client.post(edit, data | {"save": "1"}, follow=True))
    page = text(client.post(edit, data | {"version": "2", "submit": "1"}))
    assert page.count("请写这一部分") == 2
    assert "写了一半" in page
    stale = text(client.post(edit, THREE_PARTS | {"version": "1", "submit": "1"}))
    assert "另一位同志刚刚也改了" in stale
    assert "抓了换届。" in stale
    assert "写了一半" in stale
    page = text(client.post(edit, THREE_PARTS | {"version": "2", "submit": "1"}, follow=True))
    assert "述职报告已提交" in page
    assert "不能再改" in text(client.get(edit, follow=True))


def test_what_came_back_is_pinned(cast, acting, cycle):
    report = report_of(cycle, cast.first)
    hand_in(acting("li"), report)
    client = cast.client("zhao")
    url = reverse("work-report-return", args=[report.pk])
    assert "请写明差在哪里" in text(client.post(url, {"note": ""}))
    assert "已退回" in text(client.post(url, {"note": "问题太少"}, follow=True))
    assert "问题太少" in text(cast.client("li").get(reverse("work-report-edit", args=[report.pk])))
    assert cast.client("li").post(url, {"note": "我来退"}).status_code == 403


def test_nobody_above_reads_a_report_before_it_is_handed_in(cast, cycle):
    report = report_of(cycle, cast.first)
    WorkReport.objects.filter(pk=report.pk).update(achievements="还没想好")
    url = reverse("work-report-detail", args=[report.pk])
    assert "还没想好" in text(cast.client("li").get(url))
    assert "还没想好" not in text(cast.client("zhao").get(url))
    assert "还没想好" not in text(cast.client("zhao").get(reverse("work-report-print", args=[report.pk])))


# The session


def test_a_session_by_its_pages(cast, acting, cycle, town):
    client, detail = cast.client("zhao"), reverse("review-session-detail", args=[town.pk])
    hand_in(acting("li"), report_of(cycle, cast.first))
    assert "选参评人，开始测评" in text(client.get(detail))
    arrange = reverse("review-session-arrange", args=[town.pk])
    assert "2026-12-20" in text(client.post(arrange, {"held_on": "2026-12-20", "meeting": ""}, follow=True))
    url = reverse("review-session-rate", args=[town.pk])
    page = text(client.get(url))
    assert "还有 1 名书记没有提交报告" in page
    assert "李明（第一支部书记）" in page
    weights = {"leaders_weight": "0.5", "secretaries_weight": "0.3", "representatives_weight": "0.2"}
    when = {"opens_at": "2026-11-20T10:00", "closes_at": "2026-11-23T18:00"}
    assert "请至少选一名参评人" in text(client.post(url, weights | when))
    wrong = {"closes_at": "2026-11-19T18:00", "leaders_weight": "0"}
    page = text(client.post(url, weights | when | wrong))
    assert "截止时间要晚于开始时间" in page
    chosen = {
        "secretaries": [each.appointments.get().pk for each in (cast.people["li"], cast.people["wang"])]
    }
    for strange in ({"opens_at": "0001-01-01T00:00"}, {"closes_at": "9999-12-31T23:59"}):
        assert "不能超过一年" in text(client.post(url, weights | when | chosen | strange))
    assert client.post(url, weights | when | {"leaders": "9" * 40}).status_code == 200
    page = text(client.post(url, weights | when | chosen, follow=True))
    assert "应投 2 人，已投 0 人" in page
    assert "不能再发起测评" in text(client.get(url, follow=True))
    town.refresh_from_db()
    assert town.poll.categories == {"同级书记": "0.3"}


def test_grading_publishing_and_reading_ones_own(cast, acting, cycle, town):
    hand_in(acting("li"), report_of(cycle, cast.first))
    session = rate(acting("zhao"), town)
    vote_all(session, "好", "一般")
    close_poll(actor=acting("zhao"), poll=session.poll, now=NOW)
    client, detail = cast.client("zhao"), reverse("review-session-detail", args=[town.pk])
    poll = reverse("poll-detail", args=[session.poll.pk])
    assert "进入综合定等后显示" in text(client.get(poll))
    assert "参考等次" not in text(client.get(detail))
    text(client.post(reverse("review-session-grade", args=[town.pk]), follow=True))
    assert "参考等次" in text(client.get(detail))
    first, second = report_of(cycle, cast.first), report_of(cycle, cast.second)
    publish = reverse("review-session-publish", args=[town.pk])
    assert "还没有点评或定等" in text(client.post(publish, follow=True))
    for report in (first, second):
        own = reverse("work-report-detail", args=[report.pk])
        assert ("下一名" in text(client.get(own))) == (report == first)
        comment = reverse("work-report-comment", args=[report.pk])
        assert "请写点评" in text(client.post(comment, {"comment": " "}))
        text(client.post(comment, {"comment": f"给{report.organization}的点评"}, follow=True))
        grade = reverse("work-report-grade", args=[report.pk])
        assert "定为其他等次请写明理由" in text(client.post(grade, {"grade": "POOR", "reason": ""}))
        text(client.post(grade, {"grade": "FAIR", "reason": "综合考虑"}, follow=True))
    own = reverse("work-report-detail", args=[first.pk])
    assert "综合考虑" not in text(cast.client("li").get(own))
    assert "只看到自己的结果" in text(client.post(publish, follow=True))
    page = text(cast.client("li").get(own))
    assert "给第一支部的点评" in page
    assert "综合等次 <b>较好</b>" in page
    assert "给第二支部的点评" not in page
    assert cast.client("wang").get(own).status_code == 404
    assert "已阅知" in text(
        cast.client("li").post(reverse("work-report-acknowledge", args=[first.pk]), follow=True)
    )
    printed = text(cast.client("li").get(reverse("work-report-print", args=[first.pk])))
    assert "给第一支部的点评" in printed
    assert "好 7票" in printed


def test_who_is_left_out(cast, cycle, town):
    report = report_of(cycle, cast.second)
    client, url = cast.client("zhao"), reverse("work-report-leave-out", args=[report.pk])
    assert "为什么不参加" in text(client.post(url, {"reason": ""}))
    page = text(client.post(url, {"reason": "刚到任"}, follow=True))
    assert "已从这次述职中移出" in page
    assert "1 名书记述职" in page


# Ballots


def test_a_voter_votes_once_and_gets_a_receipt(cast, acting, cycle, town):
    hand_in(acting("li"), report_of(cycle, cast.first))
    poll = rate(acting("zhao"), town).poll
    client, url = voting(cast, poll), reverse("poll-vote", args=[poll.pk])
    assert url in text(client.get(reverse("my-polls")))
    page = text(client.get(url))
    assert "这次投票是秘密的" in page
    assert "抓了换届和两项整改" in page
    page = text(client.post(url, {"subject_1": "好"}))
    assert "请选择一个等次" in page
    assert re.search(r'value="好"[^>]*checked', page)
    assert not Ballot.objects.exists()
    for _ in range(2):
        page = text(client.post(url, {"subject_1": "好", "subject_2": "差"}, follow=True))
        assert "您已投票" in page
    assert Ballot.objects.count() == 1
    for who in ("li", "zhao", "zhou"):
        assert cast.client(who).get(url).status_code == 404


def test_raters_read_the_facts_but_not_what_the_unit_scored(cast, acting, cycle, town):
    report = report_of(cycle, cast.first)
    hand_in(acting("li"), report)
    poll = rate(acting("zhao"), town).poll
    groups = [
        {"label": label, "for_raters": label == "本单位", "lines": [{"label": label, "value": value}]}
        for label, value in (("本单位", "8/12（67%）"), ("考核结果", "91.5 优秀"))
    ]
    WorkReport.objects.filter(pk=report.pk).update(facts={"groups": groups})
    page = text(voting(cast, poll).get(reverse("poll-vote", args=[poll.pk])))
    assert "8/12（67%）" in page
    assert "91.5 优秀" not in page
    assert "91.5 优秀" in text(cast.client("li").get(reverse("work-report-detail", args=[report.pk])))


def test_who_holds_a_poll_sees_the_turnout_and_never_who(cast, acting, cycle, town):
    session = rate(acting("zhao"), town)
    vote_all(session, "好")
    client, url = cast.client("zhao"), reverse("poll-detail", args=[session.poll.pk])
    page = text(client.get(url))
    assert "应投 7 人，已投 7 人" in page
    assert "代表1" not in page
    assert "结果" not in page
    for who, status in (("li", 404), ("sun", 404), ("zhou", 404), ("wu", 404), ("qian", 200), ("zheng", 403)):
        assert cast.client(who).get(url).status_code == status, who
    assert "新的截止时间要晚于" in text(
        client.post(reverse("poll-extend", args=[session.poll.pk]), {"closes_at": "2026-11-21T10:00"})
    )
    text(
        client.post(
            reverse("poll-extend", args=[session.poll.pk]), {"closes_at": "2026-11-30T10:00"}, follow=True
        )
    )
    assert "取消的原因" in text(client.post(reverse("poll-cancel", args=[session.poll.pk]), {"reason": ""}))
    assert "投票已结束" in text(client.post(reverse("poll-close", args=[session.poll.pk]), follow=True))
    assert "不能再改" in text(client.post(reverse("poll-close", args=[session.poll.pk]), follow=True))


# Problems


def test_a_problem_from_the_list_to_its_end(cast, acting, cycle, town):
    to_published(acting("zhao"), town)
    report = report_of(cycle, cast.first)
    zhao, li = cast.client("zhao"), cast.client("li")
    url = reverse("review-problem-add", args=[report.pk])
    page = text(zhao.post(url, {"content": "", "due_on": "2026-11-01"}))
    assert "请写明问题" in page
    text(zhao.post(url, {"content": "党小组会偏少", "due_on": "2026-12-20", "owner": ""}, follow=True))
    problem = ReviewProblem.objects.get()
    assert "党小组会偏少" in text(li.get(reverse("review-problem-list", args=[cast.first.pk])))
    detail = reverse("review-problem-detail", args=[problem.pk])
    assert "报送整改情况" in text(li.get(detail))
    answer = reverse("review-problem-report", args=[problem.pk])
    assert "怎么改的" in text(li.post(answer, {"result": ""}))
    assert "等待核实" in text(li.post(answer, {"result": "按月开了。"}, follow=True))
    check = reverse("review-problem-check", args=[problem.pk])
    assert li.post(check, {"pass": "1"}).status_code == 403
    assert "还差什么" in text(zhao.post(check, {"note": "", "back": "1"}))
    assert "已销号" in text(zhao.post(check, {"note": "", "pass": "1"}, follow=True))
    assert cast.client("wang").get(detail).status_code == 404
    assert cast.client("zhou").get(detail).status_code == 403


def test_a_problem_not_published_yet_is_none_for_the_unit(cast, acting, cycle, town):
    to_grading(acting("zhao"), town)
    problem = add(acting("zhao"), report_of(cycle, cast.first))
    url = reverse("review-problem-detail", args=[problem.pk])
    assert cast.client("li").get(url).status_code == 404
    assert cast.client("zhao").get(url).status_code == 200


# Queries


@pytest.mark.parametrize("few", [0, 12])
def test_pages_ask_the_same_queries_for_few_and_many(
    cast, acting, cycle, town, django_assert_max_num_queries, few
):
    for each in range(few):
        unit = plant(f"0101011{each:02}", f"新{each}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
        employ(f"new{each}", f"新{each}", (unit, Post.SECRETARY))
    take_in_units(actor=acting("qian"), cycle=cycle, now=NOW)
    zhao, li = acting("zhao"), acting("li")
    for report in town.reports.select_related("appointment__user", "session__cycle", "organization"):
        hand_in(Actor(report.appointment.user, report.appointment, TODAY), report)
    session = to_grading(zhao, town)
    for report in session.reports.select_related("session"):
        add_problem(actor=zhao, report=report, content="问题", owner=None, due_on=TODAY, now=NOW)
    first = report_of(cycle, cast.first).pk
    for client, most, name, args in (
        (cast.client("zhao"), 14, "review-session-detail", [town.pk]),
        (cast.client("zhao"), 10, "poll-detail", [session.poll.pk]),
        (cast.client("zhao"), 17, "work-report-detail", [first]),
        (cast.client("zhao"), 9, "review-problem-list", [cast.town.pk]),
        (cast.client("zhao"), 10, "review-cycle-list", [cast.town.pk]),
        (cast.client("qian"), 8, "review-cycle-detail", [cycle.pk]),
        (cast.client("qian"), 7, "review-report-list", [cycle.pk]),
        (cast.client("qian"), 7, "review-session-list", [cycle.pk]),
        (cast.client("li"), 14, "work-report-print", [first]),
        (voting(cast, session.poll), 6, "my-polls", []),
        (voting(cast, session.poll), 6, "poll-vote", [session.poll.pk]),
    ):
        client.get(reverse("help"))
        with django_assert_max_num_queries(most):
            text(client.get(reverse(name, args=args)))
    assert li.organization == cast.first


def test_voting_asks_few_queries(cast, acting, cycle, town, django_assert_max_num_queries):
    poll = rate(acting("zhao"), town).poll
    client, url = voting(cast, poll), reverse("poll-vote", args=[poll.pk])
    client.get(url)
    with django_assert_max_num_queries(8):
        text(client.get(url))


def test_raters_are_listed_by_constant_queries(cast, acting, cycle, town, django_assert_max_num_queries):
    client, url = cast.client("zhao"), reverse("review-session-rate", args=[town.pk])
    client.get(url)
    with django_assert_max_num_queries(16):
        text(client.get(url))


def test_a_unit_that_has_moved_is_still_commented_on_and_its_problem_checked(cast, acting, cycle, town):
    to_grading(acting("zhao"), town)
    other = plant("010102", "另一镇党委", OrganizationKind.COMMITTEE, Level.PRIMARY, cast.county)
    there = employ("he", "何山", (other, Post.SECRETARY))
    move_organization(
        actor=acting("wu"),
        organization=cast.first,
        new_parent=other,
        effective_on=TODAY,
        reason="区划调整",
        now=NOW,
    )
    report, client = report_of(cycle, cast.first), cast.client("zhao")
    comment = reverse("work-report-comment", args=[report.pk])
    assert "移走前的点评" in text(client.post(comment, {"comment": "移走前的点评"}, follow=True))
    grade_report(actor=acting("zhao"), report=report, grade="GOOD", reason="研究确定", now=NOW)
    given = {"content": "党小组会偏少", "owner": None, "due_on": TODAY, "now": NOW}
    problem = add_problem(actor=acting("zhao"), report=report, **given)
    second = report_of(cycle, cast.second)
    comment_report(actor=acting("zhao"), report=second, comment="好", now=NOW)
    grade_report(actor=acting("zhao"), report=second, grade="GOOD", reason="研究确定", now=NOW)
    publish_session(actor=acting("zhao"), session=town, now=NOW)
    report_problem(actor=acting("li"), problem=problem, result="已开", now=NOW)
    new = Client()
    new.force_login(there)
    check = reverse("review-problem-check", args=[problem.pk])
    assert "已销号" in text(new.post(check, {"pass": "1", "note": ""}, follow=True))
    assert new.post(comment, {"comment": "不是本级评议的"}).status_code == 403
