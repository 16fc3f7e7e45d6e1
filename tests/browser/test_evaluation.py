"""Evaluation on its way: a table, its facts, a result that is objected to; a secret vote; members appraised."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accountability.actions.appraisals import start_programme
from accountability.actions.paper_counts import enter_count
from accountability.actions.review_cycles import start_cycle
from accountability.choices import RoundState
from accountability.models import (
    AppraisalProgramme,
    Ballot,
    Evaluation,
    EvaluationRound,
    MemberAppraisal,
    Poll,
    Scheme,
)
from branches.access import Actor

from .conftest import DESKTOP, PHONE


@pytest.fixture
def actor(cast):
    """Return `actor(who)` as of today."""
    return lambda who: Actor(cast.people[who], cast.people[who].appointments.first(), timezone.localdate())


def test_a_table_is_made_filled_disputed_objected_to_and_published(cast, open_as, assert_accessible):
    page = open_as("wu", f"/organizations/{cast.city.pk}/schemes/starters/", viewport=DESKTOP)
    page.get_by_role("link", name="村党组织评星晋级").click()
    page.get_by_role("button", name="用它新建").click()
    page.get_by_role("button", name="修改", exact=True).click()
    page.get_by_role("link", name="有固定的活动场所").click()
    assert_accessible(page)
    page.get_by_role("link", name="修改规则").first.click()
    assert_accessible(page)
    page.get_by_label("达到得").fill("15")
    page.get_by_role("button", name="保存规则").click()
    page.get_by_text("达到得15分").first.wait_for()
    page.get_by_role("link", name="草稿").click()
    assert_accessible(page)
    page.get_by_label("修改原因").fill("有场所的都能得满分，降低分值")
    page.get_by_role("button", name="保存为新版").click()
    page.get_by_text("第 2 版").first.wait_for()
    assert_accessible(page)
    scheme = Scheme.objects.get(code="VILLAGE")

    committee = open_as("zhao", f"/organizations/{cast.town.pk}/evaluations/", viewport=DESKTOP)
    committee.get_by_role("link", name="组织考核").first.click()
    committee.get_by_label(scheme.title).check()
    committee.get_by_text("2 个，例如").wait_for()
    assert_accessible(committee)
    committee.get_by_role("button", name="组织考核：全部 2 个").click()
    committee.get_by_role("link", name="第一支部").wait_for()
    assert_accessible(committee)
    round = EvaluationRound.objects.get()
    evaluation = Evaluation.objects.get(organization=cast.first)

    branch = open_as("li", f"/organizations/{cast.first.pk}/evaluations/", viewport=PHONE)
    branch.get_by_role("link", name="填报").first.click()
    assert_accessible(branch)
    place = branch.locator(".fill-item", has_text="有固定的活动场所")
    place.get_by_label("是否达到").select_option(label="是")
    place.get_by_role("button", name="保存").click()
    place.get_by_text("李明").wait_for()
    life = branch.locator(".fill-item", has_text="三会一课和主题党日")
    life.get_by_role("link", name="有异议").first.click()
    assert_accessible(branch)
    branch.get_by_label("理由").fill("7月开过党员大会，记录还没有补进来。")
    branch.get_by_role("button", name="提交异议").click()
    branch.get_by_text("7月开过党员大会").wait_for()
    assert_accessible(branch)

    committee.goto(f"/evaluation-rounds/{round.pk}/")
    committee.get_by_role("link", name="1 条系统数据有异议").click()
    assert_accessible(committee)
    committee.get_by_role("link", name="三会一课和主题党日").click()
    committee.get_by_role("link", name="答复并更正数据").click()
    committee.get_by_label("答复").fill("查到签到表，补计一次。")
    committee.get_by_label("实有次数").fill("1")
    assert_accessible(committee)
    committee.get_by_role("button", name="采纳，按上面的数据更正").click()
    committee.goto(f"/evaluation-rounds/{round.pk}/")
    committee.get_by_role("button", name="计算").click()
    committee.get_by_role("link", name="反馈结果").click()
    assert_accessible(committee)
    committee.get_by_role("button", name="反馈结果").click()
    committee.get_by_text("已反馈给被考核单位").wait_for()
    assert EvaluationRound.objects.get().state == RoundState.SHOWN

    branch.goto("/todo/")
    branch.get_by_role("link", name="去核对").click()
    assert_accessible(branch)
    branch.get_by_role("link", name="对“按期换届、班子齐全”提出异议").click()
    branch.get_by_label("理由").fill("换届批复在11月，附文号。")
    assert_accessible(branch)
    branch.get_by_role("button", name="提交异议").click()
    branch.get_by_text("换届批复在11月，附文号。").wait_for()

    committee.goto("/todo/")
    committee.get_by_role("link", name="去答复").click()
    committee.get_by_role("link", name="按期换届、班子齐全").click()
    assert_accessible(committee)
    committee.get_by_label("答复").fill("批复所说的是下一届，本届仍为超期。")
    committee.get_by_role("button", name="不采纳").dblclick()
    committee.wait_for_url(f"**/evaluation-rounds/{round.pk}/objections/")
    EvaluationRound.objects.update(objections_until=timezone.localdate() - timedelta(days=1))
    committee.goto(f"/evaluation-rounds/{round.pk}/publish/")
    committee.get_by_role("button", name="公布结果").click()
    committee.get_by_text("已公布，结果不再变动。").wait_for()
    assert_accessible(committee)
    evaluation.refresh_from_db()
    assert evaluation.total > 0

    branch.goto(f"/evaluations/{evaluation.pk}/")
    branch.get_by_text("批复所说的是下一届").wait_for()
    assert_accessible(branch)


def test_a_secret_vote_on_a_phone(cast, actor, open_as, assert_accessible):
    """Four of five vote, which is too few to be shown: not even the committee learns what they said."""
    today = timezone.localdate()
    cycle = start_cycle(
        actor=actor("zhao"),
        organization=cast.town,
        title="年度述职评议",
        year=today.year,
        starts_on=today,
        ends_on=today,
        reports_due_on=today,
        sessions_due_on=today,
        now=timezone.now(),
    )
    session = cycle.sessions.get()
    committee = open_as("zhao", f"/review-sessions/{session.pk}/", viewport=DESKTOP)
    committee.get_by_role("link", name="选参评人，开始测评").click()
    for name in ("李明", "周兰", "王丽"):
        committee.get_by_role("checkbox", name=name).first.check()
    assert_accessible(committee)
    committee.get_by_role("button", name="开始测评").click()
    committee.get_by_text("测评进行中").wait_for()
    assert_accessible(committee)

    voter = open_as("zhou", "/todo/", viewport=PHONE)
    voter.get_by_role("link", name="去投票").click()
    voter.get_by_role("button", name="投票").click()
    voter.get_by_text("还有没选的").wait_for()
    assert_accessible(voter)
    for ballot in voter.locator("fieldset").all():
        ballot.get_by_text("较好", exact=True).click()
    voter.get_by_role("button", name="投票").dblclick()
    voter.get_by_text("您已投票，谢谢。").wait_for()
    assert_accessible(voter)
    voter.reload()
    assert voter.get_by_role("button", name="投票").count() == 0
    assert Ballot.objects.count() == 1

    committee.get_by_role("link", name="看参评情况").click()
    assert_accessible(committee)
    committee.get_by_role("button", name="提前结束投票").click()
    committee.get_by_text("在那以前还可以计入纸质票").wait_for()
    committee.get_by_role("link", name="回到评议会").click()
    committee.get_by_role("button", name="进入综合定等").click()
    committee.get_by_text("为保密不显示测评结果").wait_for()
    committee.get_by_role("link", name="看测评结果").click()
    committee.get_by_text("不足").first.wait_for()
    assert committee.get_by_text("较好").count() == 0
    assert_accessible(committee)


def test_members_are_appraised(cast, actor, open_as, assert_accessible):
    start_programme(
        actor=actor("li"), organization=cast.first, year=timezone.localdate().year, now=timezone.now()
    )
    member = open_as("zhou", "/todo/", viewport=PHONE)
    member.get_by_role("link", name="写自评").click()
    assert_accessible(member)
    member.get_by_label("自评情况").fill("按时参加组织生活，联系两户群众；理论学习还不够。")
    member.get_by_label("自评等次").select_option(label="合格")
    member.get_by_role("button", name="提交").dblclick()
    member.get_by_text("自评已提交").wait_for()

    programme = AppraisalProgramme.objects.get()
    secretary = open_as("li", f"/appraisals/{programme.pk}/", viewport=DESKTOP)
    assert_accessible(secretary)
    secretary.get_by_label("缺项说明").fill("年老体弱，纸质自评随后补录。")
    secretary.get_by_role("button", name="进入下一步").click()
    secretary.get_by_role("button", name="进入下一步").click()
    secretary.get_by_role("button", name="开始民主测评").click()
    secretary.get_by_role("button", name="结束网上投票").click()
    secretary.get_by_text("网上投票已结束").wait_for()
    for who in ("li", "zhou"):
        enter_count(
            actor=actor(who),
            poll=Poll.objects.get(),
            category="",
            issued=9,
            returned=9,
            valid=9,
            counts={number: {"合格": 9} for number in range(1, 10)},
            now=timezone.now(),
        )
    secretary.reload()
    secretary.get_by_label("缺项说明").fill("会议记录随后补。")
    secretary.get_by_role("button", name="进入下一步").click()
    secretary.get_by_role("link", name="综合评定").first.click()
    assert_accessible(secretary)
    secretary.get_by_label("周兰的等次").select_option(label="基本合格")
    secretary.get_by_label("何静的等次").select_option(label="优秀")
    secretary.get_by_role("button", name="保存").click()
    secretary.get_by_text("请写明组织意见").first.wait_for()
    assert_accessible(secretary)
    assert secretary.get_by_label("何静的等次").input_value() == "EXCELLENT"
    secretary.get_by_label("周兰的组织意见").fill("组织生活出勤不够，已谈话提醒。")
    secretary.get_by_role("button", name="保存").dblclick()
    secretary.get_by_text("已保存，更改2人。").wait_for()

    secretary.goto(f"/appraisals/{programme.pk}/")
    secretary.get_by_label("缺项说明").fill("其余党员下次会议评定。")
    secretary.get_by_role("button", name="进入下一步").click()
    secretary.get_by_role("link", name="反馈", exact=True).click()
    secretary.get_by_role("checkbox", name="周兰").check()
    assert_accessible(secretary)
    secretary.get_by_role("button", name="反馈").click()
    secretary.get_by_text("已反馈1人").wait_for()

    member.goto("/notices/")
    assert_accessible(member)
    member.get_by_role("link", name="年度民主评议结果已反馈").click()
    member.get_by_text("组织生活出勤不够，已谈话提醒。").wait_for()
    assert_accessible(member)
    member.get_by_role("button", name="确认阅知").click()
    member.get_by_text("已确认阅知").wait_for()
    assert MemberAppraisal.objects.get(member__name="周兰").seen_at
