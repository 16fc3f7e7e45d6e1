"""What secretaries are told of a review: a report that is due or came back, a problem to put right."""

from datetime import date, timedelta

from django.urls import reverse

from accountability.actions.notices import write_notices
from accountability.actions.review_problems import add_problem, check_problem, report_problem
from accountability.actions.reviews import return_report
from accountability.choices import NoticeKind
from accountability.models import Notice
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.review_worlds import begin, hand_in, report_of, session_of, to_published


def going(kind):
    return set(Notice.objects.filter(kind=kind, ended_at=None).values_list("user__username", flat=True))


def test_a_report_is_asked_for_a_week_before_its_day_and_when_it_came_back(cast, acting):
    cycle = begin(acting("zhao"), cast.town)
    own = report_of(cycle, cast.first)
    write_notices(today=date(2026, 11, 27), now=NOW)
    assert going(NoticeKind.REPORT) == set()
    write_notices(today=date(2026, 11, 28), now=NOW)
    assert "li" in going(NoticeKind.REPORT)
    hand_in(acting("li"), own)
    assert "li" not in going(NoticeKind.REPORT)
    own.refresh_from_db()
    return_report(actor=acting("zhao"), report=own, note="写具体些", now=NOW + timedelta(hours=1))
    notice = Notice.objects.get(user=cast.people["li"], kind=NoticeKind.REPORT, ended_at=None)
    assert notice.body.endswith("退回意见：写具体些")
    answer = cast.client("li").get(reverse("notice-open", args=[notice.pk]))
    assert answer.url == reverse("work-report-edit", args=[own.pk])


def test_a_problem_is_asked_for_a_week_before_its_day_until_it_is_reported(cast, acting):
    cycle = begin(acting("zhao"), cast.town)
    session = to_published(acting("zhao"), session_of(cycle, cast.town))
    report, due_on = report_of(cycle, cast.first), TODAY + timedelta(days=30)
    problem = add_problem(
        actor=acting("zhao"), report=report, content="党小组会偏少", owner=None, due_on=due_on, now=NOW
    )
    assert session.state == "PUBLISHED"
    write_notices(today=TODAY, now=NOW)
    assert going(NoticeKind.PROBLEM) == set()
    write_notices(today=due_on - timedelta(days=7), now=NOW)
    assert going(NoticeKind.PROBLEM) == {"li"}
    report_problem(actor=acting("li"), problem=problem, result="已开两次", now=NOW)
    assert going(NoticeKind.PROBLEM) == set()
    check_problem(actor=acting("zhao"), problem=problem, passed=False, note="没有记录", now=NOW)
    notice = Notice.objects.get(kind=NoticeKind.PROBLEM, ended_at=None)
    assert notice.body.endswith("核实未通过：没有记录")
    write_notices(today=TODAY, now=NOW)
    assert going(NoticeKind.PROBLEM) == {"li"}
