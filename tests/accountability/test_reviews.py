from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.polls import cancel_poll, close_poll
from accountability.actions.review_cycles import close_cycle, start_cycle, take_in_units, withdraw_cycle
from accountability.actions.review_problems import add_problem, check_problem, report_problem
from accountability.actions.reviews import (
    Outdated,
    Words,
    acknowledge,
    comment_report,
    grade_report,
    leave_out,
    publish_session,
    return_report,
    save_report,
    set_session,
    start_grading,
    suggestions,
)
from accountability.models import (
    Formula,
    PaperCount,
    Reading,
    ReviewCycle,
    RollUp,
    Run,
    WorkReport,
)
from accountability.queries.review_facts import facts_of
from accountability.queries.review_tasks import review_tasks
from accountability.queries.reviews import (
    cycle_overview,
    problem_list,
    rater_candidates,
    report_list,
    report_page,
    session_list,
    session_page,
)
from branches.access import Actor
from branches.choices import Level, MeetingKind, OrganizationKind, Post
from branches.models import Absence, Appointment, AuditEntry, Meeting
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.review_worlds import (
    DAYS,
    WORDS,
    begin,
    hand_in,
    rate,
    report_of,
    representatives,
    session_of,
    to_grading,
    to_published,
    vote_all,
)
from tests.branches.test_cadence import hold
from tests.conftest import employ, enrol, plant


@pytest.fixture
def cycle(cast, acting):
    """The county's, with a secretary of the town who reports to it."""
    employ("shi", "施远", (cast.town, Post.SECRETARY))
    return begin(acting("qian"), cast.county)


@pytest.fixture
def town(cast, cycle):
    return session_of(cycle, cast.town)


def acting_as(user, today=TODAY):
    from branches.access import Actor

    return Actor(user, user.appointments.first(), today)


# Starting


def test_three_levels_report_in_one_cycle(cast, cycle):
    units = {
        (each.session.organization, each.organization, str(each.appointment.user)) for each in reports(cycle)
    }
    assert units == {
        (cast.county, cast.town, "施远"),
        (cast.town, cast.first, "李明"),
        (cast.town, cast.second, "王丽"),
    }
    assert set(cycle.sessions.values_list("organization", "state")) == {
        (cast.county.pk, "PREPARING"),
        (cast.town.pk, "PREPARING"),
    }
    assert AuditEntry.objects.get(event="发起述职评议").summary.endswith("2个评议单位，3名书记述职")
    report = report_of(cycle, cast.first)
    assert (report.facts, report.achievements, report.version, report.seen_at) == ({}, "", 1, None)


def reports(cycle):
    return WorkReport.objects.filter(session__cycle=cycle).select_related(
        "session__organization", "organization", "appointment__user"
    )


def test_a_branch_in_a_general_branch_reports_to_it(cast, acting):
    general = plant("010102", "柳汀总支", OrganizationKind.GENERAL_BRANCH, Level.GENERAL_BRANCH, cast.county)
    inside = plant("01010201", "总支第一支部", OrganizationKind.BRANCH, Level.BRANCH, general)
    group = plant("0101020101", "第一小组", OrganizationKind.GROUP, Level.GROUP, inside)
    employ("g", "高平", (general, Post.SECRETARY))
    employ("h", "黄石", (inside, Post.SECRETARY))
    employ("i", "金山", (group, Post.SECRETARY))
    found = reports(begin(acting("qian"), cast.county))
    assert {(each.session.organization, each.organization) for each in found} == {
        (cast.county, general),
        (general, inside),
        (cast.town, cast.first),
        (cast.town, cast.second),
    }


def test_pressed_twice_it_is_one_and_each_unit_reports_once_a_year(cast, acting, cycle):
    assert begin(acting("qian"), cast.county) == cycle
    with pytest.raises(ValidationError, match="已发起述职评议"):
        begin(acting("qian"), cast.county, title="另一个")
    with pytest.raises(ValidationError, match="上级已对这些单位发起"):
        begin(acting("zhao"), cast.town)
    assert ReviewCycle.objects.count() == 1
    assert begin(acting("qian"), cast.county, year=2025, title="2025年度述职评议").sessions.count() == 2


def test_a_county_starts_around_what_a_town_has_begun_itself(cast, acting):
    begin(acting("zhao"), cast.town)
    employ("shi", "施远", (cast.town, Post.SECRETARY))
    wide = begin(acting("qian"), cast.county)
    assert [each.organization for each in reports(wide)] == [cast.town]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"ends_on": date(2025, 12, 31)}, "ends_on"),
        ({"reports_due_on": date(2026, 11, 1)}, "reports_due_on"),
        ({"sessions_due_on": date(2026, 12, 1)}, "sessions_due_on"),
        ({"sessions_due_on": date(9999, 12, 31)}, "sessions_due_on"),
        ({"starts_on": date(1, 1, 1)}, "starts_on"),
        ({"ends_on": date(9999, 12, 31)}, "starts_on"),
    ],
)
def test_days_are_in_order(cast, acting, wrong, field):
    with pytest.raises(ValidationError) as refused:
        begin(acting("qian"), cast.county, **wrong)
    assert field in refused.value.message_dict


def test_who_may_start(cast, acting):
    for who, unit in (("li", cast.first), ("sun", cast.county), ("zhou", cast.first), ("zhao", cast.county)):
        with pytest.raises(PermissionDenied):
            start_cycle(actor=acting(who), organization=unit, now=NOW, **DAYS)


def test_units_founded_since_are_taken_in(cast, acting, cycle):
    assert take_in_units(actor=acting("qian"), cycle=cycle, now=NOW) == 0
    third = plant("01010103", "第三支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
    employ("he", "何山", (third, Post.SECRETARY))
    assert take_in_units(actor=acting("qian"), cycle=cycle, now=NOW) == 1
    assert report_of(cycle, third).session == session_of(cycle, cast.town)


def test_a_cycle_is_taken_back_only_before_rating(cast, acting, cycle, town):
    with pytest.raises(ValidationError, match="撤销原因"):
        withdraw_cycle(actor=acting("qian"), cycle=cycle, reason=" ", now=NOW)
    rate(acting("zhao"), town)
    with pytest.raises(ValidationError, match="开始评议"):
        withdraw_cycle(actor=acting("qian"), cycle=cycle, reason="年份写错", now=NOW)


def test_after_taking_back_one_begins_anew(cast, acting, cycle):
    withdraw_cycle(actor=acting("qian"), cycle=cycle, reason="年份写错", now=NOW)
    again = begin(acting("qian"), cast.county)
    assert again != cycle
    assert reports(again).count() == 3


# The facts


def test_facts_are_what_the_records_say(cast, acting, cycle):
    formula = Formula.objects.create(number=1, effective_from=202601, weights={})
    for month, done in ((202602, 3), (202609, 5)):
        run = Run.objects.create(
            period=month, number=1, formula=formula, cutoff=NOW, state="DONE", is_current=True
        )
        here = {"run": run, "level": 70, "chain": "LOCAL", "sector": "RURAL"}
        Reading.objects.create(
            organization=cast.first, core_meetings_due=6, core_meetings_done=done, duties_due=2, **here
        )
        RollUp.objects.create(scope=cast.town, core_meetings_due=12, core_meetings_done=done + 4, **here)
    li = cast.people["li"].member
    for day in (3, 10, 17):
        meeting = hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 9, day))
    Meeting.objects.update(expected=9, present=9)
    Absence.objects.create(meeting=meeting, member=li, reason="SICK")
    lines = lines_of(cycle, cast.first)
    assert lines["本单位", "三会一课与主题党日"] == "8/12（67%）"
    assert lines["本单位", "责任事项"] == "0/4（0%）"
    assert lines["本单位", "三会一课与主题党日", "note"] == "一季度50% · 三季度83%"
    assert lines["书记本人", "参加本单位会议"] == "2/3次"
    assert ("本单位", "部署落实") not in lines
    assert lines_of(cycle, cast.town)["本单位及以下合计", "三会一课与主题党日"] == "16/24（67%）"
    assert lines_of(cycle, cast.second) == {}


def lines_of(cycle, unit):
    facts = facts_of([report_of(cycle, unit)], cycle, TODAY)
    (found,) = facts.values()
    lines = [(group["label"], line) for group in found["groups"] for line in group["lines"]]
    values = {(group, line["label"]): line["value"] for group, line in lines}
    return values | {(group, line["label"], "note"): line["note"] for group, line in lines}


def test_problems_of_last_year_come_back(cast, acting, cycle):
    last = begin(acting("qian"), cast.county, year=2025, title="2025年度述职评议")
    session = to_published(acting("zhao"), session_of(last, cast.town))
    for content in ("党小组会没有按月开", "党课只念文件"):
        add(acting("zhao"), report_of(last, cast.first), content=content)
    first, second = session.reports.get(organization=cast.first).problems.all()
    report_problem(actor=acting("li"), problem=first, result="按月开了。", now=NOW)
    check_problem(actor=acting("zhao"), problem=first, passed=True, note="", now=NOW)
    lines = lines_of(cycle, cast.first)
    assert lines["以往述职评议的问题", "2025年度问题销号"] == "1/2"
    assert lines["以往述职评议的问题", second.content] == "整改中"


def test_facts_are_frozen_when_the_rating_begins(cast, acting, cycle, town):
    page = report_page(report_of(cycle, cast.first), acting("li"))
    assert (page.report.facts, page.facts["until"]) == ({}, "2026-11-20")
    rate(acting("zhao"), town)
    report = report_of(cycle, cast.first)
    assert (report.facts["until"], report.facts_at) == ("2026-11-20", NOW)


@pytest.mark.parametrize("few", [1, 12])
def test_facts_take_the_same_queries_for_few_and_many(cast, acting, cycle, django_assert_num_queries, few):
    for each in range(few):
        unit = plant(f"0101011{each:02}", f"新{each}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
        employ(f"new{each}", f"新{each}", (unit, Post.SECRETARY))
    take_in_units(actor=acting("qian"), cycle=cycle, now=NOW)
    found = list(reports(cycle).filter(session__organization=cast.town))
    with django_assert_num_queries(7):
        assert len(facts_of(found, cycle, TODAY)) == few + 2


# The report


def test_submit_return_and_submit_again(cast, acting, cycle):
    report = report_of(cycle, cast.first)
    kept = save_report(actor=acting("li"), report=report, version=1, words=Words("写了一半"))
    assert (kept.achievements, kept.version) == ("写了一半", 2)
    with pytest.raises(Outdated):
        save_report(actor=acting("li"), report=report, version=1, words=WORDS)
    with pytest.raises(ValidationError) as refused:
        hand_in(acting("li"), report, Words("只有成绩"))
    assert set(refused.value.message_dict) == {"shortcomings", "intentions"}
    hand_in(acting("li"), report)
    with pytest.raises(ValidationError, match="已提交"):
        hand_in(acting("li"), report)
    with pytest.raises(ValidationError) as refused:
        return_report(actor=acting("zhao"), report=report, note=" ", now=NOW)
    assert "note" in refused.value.message_dict
    returned = return_report(actor=acting("zhao"), report=report, note="问题写得太少", now=NOW)
    assert (returned.submitted_at, returned.return_note) == (None, "问题写得太少")
    again = hand_in(acting("li"), report)
    assert (again.submitted_at, again.return_note) == (NOW, "")
    assert [each.history_change_reason for each in again.history.all()] == ["提交", "退回", "提交", "保存"]


def test_the_secretary_hands_in_in_person(cast, acting, cycle):
    clerk = acting_as(employ("clerk", "白云", (cast.first, Post.BRANCH_CLERK)))
    report = report_of(cycle, cast.first)
    save_report(actor=clerk, report=report, version=1, words=WORDS)
    with pytest.raises(PermissionDenied, match="书记本人"):
        hand_in(clerk, report)
    for who in ("wang", "zhou", "zhao"):
        with pytest.raises(PermissionDenied):
            hand_in(acting(who), report)
    hand_in(acting("li"), report)


def test_who_did_not_hand_in_may_until_the_rating_is_over(cast, acting, cycle, town):
    hand_in(acting("wang"), report_of(cycle, cast.second))
    rate(acting("zhao"), town)
    with pytest.raises(ValidationError, match="已提交"):
        save_report(actor=acting("wang"), report=report_of(cycle, cast.second), version=2, words=WORDS)
    with pytest.raises(ValidationError, match="这一步不能做"):
        return_report(actor=acting("zhao"), report=report_of(cycle, cast.second), note="改", now=NOW)
    hand_in(acting("li"), report_of(cycle, cast.first))


def test_who_is_left_out_does_not_report(cast, acting, cycle, town):
    with pytest.raises(ValidationError, match="为什么"):
        leave_out(actor=acting("zhao"), report=report_of(cycle, cast.first), reason="", now=NOW)
    leave_out(actor=acting("zhao"), report=report_of(cycle, cast.first), reason="上月刚到任", now=NOW)
    assert [each.organization for each in town.reports.all()] == [cast.second]
    assert "上月刚到任" in AuditEntry.objects.get(event="不参加述职").summary


def test_who_is_in_office_reports(cast, acting, cycle, town):
    report = report_of(cycle, cast.first)
    Appointment.objects.filter(pk=report.appointment_id).update(ends_on=TODAY)
    he = employ("he", "何山", (cast.first, Post.SECRETARY))
    hand_in(Actor(he, he.appointments.get(), TODAY), report)
    assert [each.user.name for each in rater_candidates(town, TODAY).secretaries] == ["何山", "王丽"]
    session = rate(acting("zhao"), town)
    assert "何山" in session.poll.subjects.get(number=1).label


def test_after_a_cancelled_poll_somebody_may_be_left_out_unless_there_are_problems(cast, acting, cycle, town):
    session = rate(acting("zhao"), town)
    first, second = report_of(cycle, cast.first), report_of(cycle, cast.second)
    given = {"content": "党小组会偏少", "owner": None, "due_on": TODAY, "now": NOW}
    add_problem(actor=acting("zhao"), report=second, **given)
    with pytest.raises(ValidationError, match="不能再移出"):
        leave_out(actor=acting("zhao"), report=first, reason="已调离", now=NOW)
    cancel_poll(actor=acting("zhao"), poll=session.poll, reason="名单有误", now=NOW)
    with pytest.raises(ValidationError, match="列了问题清单"):
        leave_out(actor=acting("zhao"), report=second, reason="已调离", now=NOW)
    leave_out(actor=acting("zhao"), report=first, reason="已调离", now=NOW)
    assert town.reports.count() == 1


def test_a_session_where_nobody_reports_keeps_no_cycle_open(cast, acting):
    cycle = begin(acting("zhao"), cast.town)
    for report in WorkReport.objects.filter(session__cycle=cycle):
        leave_out(actor=acting("zhao"), report=report, reason="单位合并", now=NOW)
    assert close_cycle(actor=acting("zhao"), cycle=cycle, now=NOW).state == "CLOSED"


# The session


def test_the_way_of_a_session(cast, acting, cycle, town):
    zhao = acting("zhao")
    hand_in(acting("li"), report_of(cycle, cast.first))
    hand_in(acting("wang"), report_of(cycle, cast.second))
    session = rate(zhao, town)
    assert (session.state, session.held_on) == ("RATING", TODAY)
    assert [each.label for each in session.poll.subjects.all()] == ["第一支部 李明", "第二支部 王丽"]
    with pytest.raises(ValidationError, match="不能再发起测评"):
        rate(zhao, town, {"代表": [zhao.appointment]})
    vote_all(session, "好", "一般")
    with pytest.raises(ValidationError, match="还没有结束"):
        start_grading(actor=zhao, session=session, now=NOW)
    close_poll(actor=zhao, poll=session.poll, now=NOW)
    # While paper ballots may still be counted nobody sees what the others say.
    assert all(line.tally is None for line in session_page(session, zhao).lines)
    session = start_grading(actor=zhao, session=session, now=NOW)
    first, second = report_of(cycle, cast.first), report_of(cycle, cast.second)
    assert suggestions(session) == {first.pk: "GOOD", second.pk: "AVERAGE"}
    with pytest.raises(ValidationError, match="还没有点评或定等：第一支部、第二支部"):
        publish_session(actor=zhao, session=session, now=NOW)
    for report in (first, second):
        comment_report(actor=zhao, report=report, comment="扎实。", now=NOW)
    with pytest.raises(ValidationError, match="参考等次是“一般”"):
        grade_report(actor=zhao, report=second, grade="FAIR", reason="", now=NOW)
    grade_report(actor=zhao, report=second, grade="FAIR", reason="全年整改到位", now=NOW)
    grade_report(actor=zhao, report=first, grade="GOOD", reason="", now=NOW)
    with pytest.raises(ValidationError, match="这一步不能做"):
        acknowledge(actor=acting("li"), report=first, now=NOW)
    publish_session(actor=zhao, session=session, now=NOW)
    with pytest.raises(ValidationError):
        grade_report(actor=zhao, report=first, grade="POOR", reason="改", now=NOW)
    with pytest.raises(PermissionDenied):
        acknowledge(actor=acting("wang"), report=first, now=NOW)
    assert acknowledge(actor=acting("li"), report=first, now=NOW).seen_at == NOW


def test_too_few_ballots_suggest_nothing_and_people_decide(cast, acting, cycle, town):
    zhao = acting("zhao")
    session = rate(zhao, town, {"代表": representatives(cast.town, 4)})
    vote_all(session, "差")
    close_poll(actor=zhao, poll=session.poll, now=NOW)
    session = start_grading(actor=zhao, session=session, now=NOW)
    assert suggestions(session) == {}
    assert (
        grade_report(actor=zhao, report=report_of(cycle, cast.first), grade="FAIR", reason="", now=NOW).grade
        == "FAIR"
    )


def test_a_cancelled_poll_is_opened_anew(cast, acting, cycle, town):
    zhao = acting("zhao")
    session = rate(zhao, town)
    cancel_poll(actor=zhao, poll=session.poll, reason="名单有误", now=NOW)
    assert session_page(session, zhao).step == "prepare"
    again = rate(zhao, town, {"代表": representatives(cast.county, 6)})
    assert again.poll != session.poll
    assert report_of(cycle, cast.first).subject.poll == again.poll


def test_paper_ballots_are_counted_alike_before_grading(cast, acting, cycle, town):
    zhao = acting("zhao")
    session = rate(zhao, town)
    vote_all(session, "好")
    close_poll(actor=zhao, poll=session.poll, now=NOW)
    PaperCount.objects.create(
        poll=session.poll,
        category="代表",
        author=zhao.user,
        issued=6,
        returned=6,
        valid=6,
        numbers={"1": {"好": 6}, "2": {"好": 6}},
        entered_at=NOW,
    )
    with pytest.raises(ValidationError, match="两人核对一致：代表"):
        start_grading(actor=zhao, session=session, now=NOW)


def test_nobody_comments_on_or_grades_themselves(cast, acting, cycle):
    """The secretary of the town, who reports to the county, is also an officer there."""
    shi = cast.people["qian"]
    report = report_of(cycle, cast.town)
    WorkReport.objects.filter(pk=report.pk).update(appointment=shi.appointments.get())
    to_grading(acting("qian"), session_of(cycle, cast.county))
    with pytest.raises(PermissionDenied, match="不能给自己定等"):
        grade_report(actor=acting("qian"), report=report, grade="GOOD", reason="", now=NOW)
    with pytest.raises(PermissionDenied, match="不能给自己点评"):
        comment_report(actor=acting("qian"), report=report, comment="很好", now=NOW)


@pytest.mark.parametrize("who", ["li", "sun", "zhou", "wu", "wang"])
def test_only_the_committee_runs_its_session(cast, acting, cycle, town, who):
    actor, report = acting(who), report_of(cycle, cast.first)
    for attempt in (
        lambda: rate(actor, town, {"代表": representatives(cast.first, 6)}),
        lambda: set_session(actor=actor, session=town, held_on=TODAY, is_remote=False, meeting=None, now=NOW),
        lambda: return_report(actor=actor, report=report, note="改", now=NOW),
        lambda: leave_out(actor=actor, report=report, reason="病", now=NOW),
        lambda: comment_report(actor=actor, report=report, comment="好", now=NOW),
        lambda: grade_report(actor=actor, report=report, grade="GOOD", reason="", now=NOW),
        lambda: publish_session(actor=actor, session=town, now=NOW),
        lambda: add(actor, report),
    ):
        with pytest.raises(PermissionDenied):
            attempt()


def test_a_confirmed_meeting_is_the_record_of_a_session(cast, acting, cycle, town):
    recorder = enrol("镇书", cast.town)
    employ("zhen", "镇书", member=recorder)
    held = hold(cast.town, MeetingKind.WORK_REPORT, date(2026, 11, 18))
    other = hold(cast.first, MeetingKind.WORK_REPORT, date(2026, 11, 18))
    arrange = {"actor": acting("zhao"), "session": town, "held_on": None, "is_remote": False, "now": NOW}
    kept = set_session(meeting=held, **arrange)
    assert (kept.meeting, kept.held_on) == (held, date(2026, 11, 18))
    with pytest.raises(ValidationError) as refused:
        set_session(meeting=other, **arrange)
    assert "meeting" in refused.value.message_dict


def test_who_may_rate_is_named_once(cast, acting, town):
    people = rater_candidates(town, TODAY)
    assert [str(each.user) for each in people.leaders] == ["施远"]
    assert [str(each.user) for each in people.secretaries] == ["李明", "王丽"]
    assert [str(each.user) for each in people.others] == ["赵勇", "周兰"]


# Problems


def add(actor, report, content="党小组会没有按月开", due_on=date(2026, 12, 20)):
    return add_problem(actor=actor, report=report, content=content, owner=None, due_on=due_on, now=NOW)


def test_a_problem_is_closed_by_a_second_person(cast, acting, cycle, town):
    zhao, li, report = acting("zhao"), acting("li"), report_of(cycle, cast.first)
    with pytest.raises(ValidationError, match="评议开始后"):
        add(zhao, report)
    to_published(zhao, town)
    with pytest.raises(ValidationError) as refused:
        add(zhao, report, due_on=date(2026, 11, 1))
    assert "due_on" in refused.value.message_dict
    problem = add(zhao, report)
    assert problem.owner.user == cast.people["li"]
    with pytest.raises(ValidationError, match="现在不能核实"):
        check_problem(actor=zhao, problem=problem, passed=True, note="", now=NOW)
    report_problem(actor=li, problem=problem, result="已按月开。", now=NOW)
    with pytest.raises(PermissionDenied):
        check_problem(actor=li, problem=problem, passed=True, note="", now=NOW)
    with pytest.raises(ValidationError) as refused:
        check_problem(actor=zhao, problem=problem, passed=False, note="", now=NOW)
    assert "note" in refused.value.message_dict
    sent_back = check_problem(actor=zhao, problem=problem, passed=False, note="十月没开", now=NOW)
    assert (sent_back.state, sent_back.check_note) == ("OPEN", "十月没开")
    report_problem(actor=li, problem=problem, result="十月补开。", now=NOW)
    closed = check_problem(actor=acting("qian"), problem=problem, passed=True, note="", now=NOW)
    assert (closed.state, closed.checked_by) == ("CLOSED", cast.people["qian"])


def test_who_reports_a_problem_never_checks_it(cast, acting, cycle, town):
    to_published(acting("zhao"), town)
    problem = add(acting("zhao"), report_of(cycle, cast.first))
    problem = report_problem(actor=acting("li"), problem=problem, result="改了。", now=NOW)
    problem.done_by = cast.people["zhao"]
    problem.save()
    with pytest.raises(PermissionDenied, match="另一位同志"):
        check_problem(actor=acting("zhao"), problem=problem, passed=True, note="", now=NOW)


def test_problems_are_seen_from_the_publication_on(cast, acting, cycle, town):
    session = to_grading(acting("zhao"), town)
    problem = add(acting("zhao"), report_of(cycle, cast.first), due_on=TODAY)
    assert problem_list(cast.first, acting("li"), "", "").rows == []
    assert problem_list(cast.town, acting("zhao"), "", "").rows == [problem]
    for report in session.reports.all():
        comment_report(actor=acting("zhao"), report=report, comment="好。", now=NOW)
        grade_report(actor=acting("zhao"), report=report, grade="GOOD", reason="", now=NOW)
    publish_session(actor=acting("zhao"), session=session, now=NOW)
    assert problem_list(cast.first, acting("li"), "", "").rows == [problem]
    assert problem_list(cast.second, acting("wang"), "", "").rows == []
    later = acting("li", TODAY + timedelta(days=1))
    page = problem_list(cast.first, later, "overdue", "")
    assert page.rows == [problem]
    assert {key: number for key, _, number in page.tabs} == {
        "": 1, "open": 1, "overdue": 1, "reported": 0, "closed": 0,
    }  # fmt: skip


# What is seen


def test_a_secretary_sees_their_own_result_once_it_is_published(cast, acting, cycle, town):
    hand_in(acting("li"), report_of(cycle, cast.first))
    session = to_grading(acting("zhao"), town, "好", "较好")
    first = report_of(cycle, cast.first)
    comment_report(actor=acting("zhao"), report=first, comment="扎实。", now=NOW)
    before = report_page(first, acting("li"))
    assert (before.sees_result, before.tally, before.sees_words) == (False, None, True)
    running = report_page(first, acting("zhao"))
    assert (running.sees_result, running.tally.counts["好"], running.suggested) == (True, 7, "GOOD")
    for report in session.reports.all():
        comment_report(actor=acting("zhao"), report=report, comment="好。", now=NOW)
        grade_report(actor=acting("zhao"), report=report, grade="FAIR", reason="综合考虑", now=NOW)
    publish_session(actor=acting("zhao"), session=session, now=NOW)
    after = report_page(first, acting("li"))
    assert (after.sees_result, after.tally.counts["好"], after.is_own) == (True, 7, True)


def test_the_overview_counts_level_by_level(cast, acting, cycle, town):
    hand_in(acting("li"), report_of(cycle, cast.first))
    to_published(acting("zhao"), town, "好", "好")
    county, below = cycle_overview(cycle, TODAY)
    assert (county.label, county.sessions, county.reports) == ("县级", 1, 1)
    assert {value: number for value, _, number in below.stages}["PUBLISHED"] == 1
    assert (below.reports, below.handed_in) == (2, 1)
    assert {value: number for value, _, number in below.grades} == {
        "GOOD": 2, "FAIR": 0, "AVERAGE": 0, "POOR": 0,
    }  # fmt: skip
    late = date(2027, 1, 5)
    assert [line.late for line in cycle_overview(cycle, late)] == [1, 0]
    assert [line.reports_late for line in cycle_overview(cycle, late)] == [1, 1]
    # Each number opens its list.
    assert [each.organization for each in session_list(cycle, {"late": "1"}, "", late).rows] == [cast.county]
    graded = report_list(cycle, {"grade": "GOOD", "level": below.level}, "", TODAY).rows
    assert [each.organization for each in graded] == [cast.first, cast.second]
    missing = report_list(cycle, {"state": "late"}, "", late).rows
    assert [each.organization for each in missing] == [cast.town, cast.second]


def test_a_cycle_is_closed_when_all_is_published(cast, acting, cycle, town):
    to_published(acting("zhao"), town)
    with pytest.raises(ValidationError, match="还有1个评议会"):
        close_cycle(actor=acting("qian"), cycle=cycle, now=NOW)
    to_published(acting("qian"), session_of(cycle, cast.county))
    assert close_cycle(actor=acting("qian"), cycle=cycle, now=NOW).state == "CLOSED"


@pytest.mark.parametrize("few", [1, 15])
def test_a_session_takes_the_same_queries_for_few_and_many(
    cast, acting, cycle, town, django_assert_max_num_queries, few
):
    for each in range(few):
        unit = plant(f"0101011{each:02}", f"新{each}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
        employ(f"new{each}", f"新{each}", (unit, Post.SECRETARY))
    take_in_units(actor=acting("qian"), cycle=cycle, now=NOW)
    session = to_grading(acting("zhao"), town)
    zhao = acting("zhao")
    with django_assert_max_num_queries(6):
        assert len(session_page(session, zhao).lines) == few + 2
    with django_assert_max_num_queries(2):
        cycle_overview(cycle, TODAY)


def asked(actor, now=NOW):
    return [task.title for task in review_tasks(actor, now)]


def test_the_next_step_is_asked_of_whoever_has_to_take_it(cast, acting, cycle, town):
    zhao, li = acting("zhao"), acting("li")
    write = "写述职报告：2026年度基层党建述职评议"
    assert asked(li) == [write]
    hand_in(li, report_of(cycle, cast.first))
    assert asked(li) == []
    return_report(actor=zhao, report=report_of(cycle, cast.first), note="问题太少", now=NOW)
    assert [task.words for task in review_tasks(li, NOW)] == ["被退回：问题太少"]
    hand_in(li, report_of(cycle, cast.first))
    hand_in(acting("wang"), report_of(cycle, cast.second))
    assert asked(zhao) == []
    session = rate(zhao, town, {"同级书记": [li.appointment], "代表": representatives(cast.town, 6)})
    assert asked(li) == ["请投票：柳汀镇党委2026年度基层党建述职评议"]
    vote_all(session, "好")
    close_poll(actor=zhao, poll=session.poll, now=NOW)
    assert asked(li) == []
    assert [task.words for task in review_tasks(zhao, NOW)] == ["测评已结束，核对后进入综合定等。"]
    start_grading(actor=zhao, session=session, now=NOW)
    for report in session.reports.all():
        comment_report(actor=zhao, report=report, comment="好。", now=NOW)
        grade_report(actor=zhao, report=report, grade="GOOD", reason="", now=NOW)
    problem = add(zhao, report_of(cycle, cast.first))
    assert asked(li) == []
    publish_session(actor=zhao, session=session, now=NOW)
    assert asked(li) == ["阅知评议结果：2026年度基层党建述职评议", "述职评议问题整改：党小组会没有按月开"]
    acknowledge(actor=li, report=report_of(cycle, cast.first), now=NOW)
    report_problem(actor=li, problem=problem, result="改了。", now=NOW)
    assert asked(li) == []
    assert asked(zhao) == ["核实述职评议问题 1 个"]
