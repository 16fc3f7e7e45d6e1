"""抓两头带中间: plans of the first and the last quarter, written, reported and accepted."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accountability.actions.plans import (
    Outdated,
    Step,
    ask_plans,
    report_plan,
    report_step,
    review_plan,
    write_plan,
)
from accountability.choices import NoticeKind, PlanState, Quarter, RoundState
from accountability.models import Evaluation, ImprovementPlan, Notice
from branches.choices import Level, OrganizationKind
from tests.accountability.evaluating import NOW, make_round, make_scheme, said
from tests.conftest import plant

DUE = date(2027, 6, 30)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def round(cast):
    """Over nine branches of the town: 第二支部 first, 第一支部 last."""
    units = [
        plant(f"010101{number}", f"云村{number}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
        for number in range(30, 37)
    ]
    marks = {unit: said(4, str(30 + place)) for place, unit in enumerate(units)}
    marks |= {cast.second: said(4, "60"), cast.first: said(0, "10")}
    return make_round(cast.town, cast.people["zhao"], make_scheme(cast.town), marks, state=RoundState.SHOWN)


@pytest.fixture
def plan(cast, acting, round):
    """What is asked of 第一支部."""
    ask_plans(actor=acting("zhao"), round=round, now=NOW)
    return ImprovementPlan.objects.get(organization=cast.first)


def write(acting, plan, who="li", **more):
    values = {
        "version": 1,
        "goal": "明年补齐三会一课",
        "owner": plan.organization.appointments.get(post="SECRETARY"),
        "due_on": DUE,
        "steps": [Step("每月排会议计划", date(2027, 1, 10)), Step("镇里派联络员", date(2027, 3, 1))],
    }
    return write_plan(actor=acting(who), plan=plan, now=NOW, **values | more)


def finish(acting, plan):
    write(acting, plan)
    for number in (1, 2):
        report_step(
            actor=acting("li"), plan=plan, number=number, done_on=date(2026, 11, 20), result="办了", now=NOW
        )
    plan.refresh_from_db()
    return report_plan(actor=acting("li"), plan=plan, version=plan.version, outcome="全年补齐", now=NOW)


def test_both_quarters_are_asked_once(cast, acting, round):
    asked = ask_plans(actor=acting("zhao"), round=round, now=NOW)
    assert (asked.new, asked.dropped) == (4, 0)
    plans = {each.organization.name: each.quarter for each in ImprovementPlan.objects.all()}
    assert plans == {
        "第二支部": Quarter.FIRST,
        "云村36支部": Quarter.FIRST,
        "云村30支部": Quarter.LAST,
        "第一支部": Quarter.LAST,
    }
    assert Notice.objects.get(user=cast.people["li"]).kind == NoticeKind.PLAN
    assert ask_plans(actor=acting("qian"), round=round, now=NOW).new == 0
    # The result was corrected: 第一支部 is no longer among the last, and had not yet written anything.
    Evaluation.objects.filter(organization=cast.first, round=round).update(total=75)
    asked = ask_plans(actor=acting("zhao"), round=round, now=NOW)
    assert (asked.new, asked.dropped) == (1, 1)
    assert not ImprovementPlan.objects.filter(organization=cast.first).exists()
    assert not Notice.objects.filter(user=cast.people["li"], ended_at=None).exists()
    with pytest.raises(PermissionDenied):
        ask_plans(actor=acting("li"), round=round, now=NOW)


def test_persons_and_few_units_have_no_quarters(cast, acting):
    round = make_round(
        cast.town,
        cast.people["zhao"],
        make_scheme(cast.town),
        {cast.first: said(4, "55"), cast.second: said(0, "1")},
        state=RoundState.PUBLISHED,
    )
    assert ask_plans(actor=acting("zhao"), round=round, now=NOW).new == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"goal": " "}, "goal"),
        ({"owner": None}, "owner"),
        ({"due_on": None}, "due_on"),
        ({"due_on": date(2026, 11, 1), "steps": []}, "due_on"),
        ({"due_on": date(2027, 2, 1)}, "due_on"),
    ],
)
def test_what_is_missing_is_said_at_its_field(acting, plan, wrong, field):
    with pytest.raises(ValidationError) as caught:
        write(acting, plan, **wrong)
    assert field in caught.value.error_dict


def test_a_plan_is_written_done_reported_returned_and_accepted(cast, acting, plan):
    with pytest.raises(ValidationError, match="至少写一条措施"):
        write(acting, plan, steps=[])
    for who in ("zhao", "qian", "wang"):
        with pytest.raises(PermissionDenied):
            write(acting, plan, who)
    reported = finish(acting, plan)
    assert reported.state == PlanState.REPORTED
    with pytest.raises(ValidationError, match="写明还差什么"):
        review_plan(actor=acting("zhao"), plan=plan, version=reported.version, accept=False, now=NOW)
    with pytest.raises(PermissionDenied):
        review_plan(actor=acting("li"), plan=plan, version=reported.version, accept=True, now=NOW)
    returned = review_plan(
        actor=acting("zhao"), plan=plan, version=reported.version, accept=False, note="少会议记录", now=NOW
    )
    assert (returned.state, returned.note) == (PlanState.RUNNING, "少会议记录")
    # Done steps stay; new ones follow them.
    again = write(acting, plan, version=returned.version, steps=[Step("补记录", date(2027, 2, 1))])
    assert [step.number for step in again.steps.order_by("number")] == [1, 2, 3]
    with pytest.raises(ValidationError, match="还有1条措施"):
        report_plan(actor=acting("li"), plan=plan, version=again.version, outcome="好了", now=NOW)
    report_step(actor=acting("li"), plan=plan, number=3, done_on=date(2026, 11, 20), result="补了", now=NOW)
    reported = report_plan(actor=acting("li"), plan=plan, version=again.version, outcome="好了", now=NOW)
    closed = review_plan(actor=acting("zhao"), plan=plan, version=reported.version, accept=True, now=NOW)
    assert (closed.state, closed.closed_at) == (PlanState.CLOSED, NOW)
    with pytest.raises(ValidationError, match="不能再改"):
        write(acting, plan, version=closed.version)


def test_who_reported_does_not_accept(cast, acting, plan):
    reported = finish(acting, plan)
    ImprovementPlan.objects.filter(pk=plan.pk).update(reported_by=cast.people["zhao"])
    with pytest.raises(PermissionDenied, match="其他同志"):
        review_plan(actor=acting("zhao"), plan=plan, version=reported.version, accept=True, now=NOW)


def test_two_at_once_are_told(acting, plan):
    write(acting, plan)
    with pytest.raises(Outdated):
        write(acting, plan, goal="另一个目标")


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def test_by_form(cast, round, django_assert_max_num_queries):
    zhao, li = cast.client("zhao"), cast.client("li")
    page = text(zhao.get(reverse("plan-ask", args=[round.pk])))
    assert "每个四分之一2个" in page
    text(zhao.post(reverse("plan-ask", args=[round.pk]), follow=True))
    plan = ImprovementPlan.objects.get(organization=cast.first)
    detail, edit = reverse("plan-detail", args=[plan.pk]), reverse("plan-edit", args=[plan.pk])
    assert "还没有制定" in text(li.get(detail))
    page = text(li.get(edit))
    assert page.count('name="steps-') >= 6
    form = {
        "version": 1,
        "goal": "补齐三会一课",
        "owner": cast.people["li"].appointments.get().pk,
        "due_on": "2027-06-30",
        "partner": "",
        "steps-TOTAL_FORMS": 3,
        "steps-INITIAL_FORMS": 3,
        "steps-0-content": "每月排会议计划",
        "steps-0-due_on": "",
    }
    page = text(li.post(edit, form), 422)
    assert "请填写这条措施的期限" in page
    assert "每月排会议计划" in page
    text(li.post(edit, form | {"steps-0-due_on": "2027-01-10"}, follow=True))
    step = reverse("plan-step", args=[plan.pk, 1])
    page = text(li.post(step, {"step-1-done_on": "2026-11-19", "step-1-result": ""}), 422)
    assert "做了什么" in page
    text(li.post(step, {"step-1-done_on": "2026-11-19", "step-1-result": "排好了"}, follow=True))
    page = text(li.post(step, {"step-1-done_on": "2026-11-19", "step-1-result": "又排"}, follow=True))
    assert "已报告完成" in page
    page = text(
        li.post(reverse("plan-report", args=[plan.pk]), {"outcome": "都补齐了", "version": 2}, follow=True)
    )
    assert "等待考核单位验收" in page
    review = reverse("plan-review", args=[plan.pk])
    assert "还差什么" in text(zhao.post(review, {"version": 3, "note": "", "return": "1"}), 422)
    assert "刚刚被他人改动" in text(zhao.post(review, {"version": 2, "accept": "1"}, follow=True))
    assert "已验收" in text(zhao.post(review, {"version": 3, "accept": "1"}, follow=True))
    with django_assert_max_num_queries(9):
        page = text(zhao.get(reverse("plan-list", args=[cast.town.pk])))
    assert "1/1" in page
    page = text(li.get(reverse("plan-list", args=[cast.first.pk])))
    assert "云村" not in page
    assert cast.client("wang").get(detail).status_code == 404
