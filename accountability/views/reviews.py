from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.access import BEARING_POSTS
from accountability.actions.review_cycles import close_cycle, start_cycle, take_in_units, withdraw_cycle
from accountability.actions.review_problems import add_problem, check_problem, report_problem
from accountability.actions.reviews import (
    Outdated,
    acknowledge,
    comment_report,
    grade_report,
    leave_out,
    meetings_for,
    open_rating,
    publish_session,
    return_report,
    save_report,
    set_session,
    start_grading,
    submit_report,
)
from accountability.choices import CycleState, ReviewGrade, SessionState
from accountability.forms.reviews import (
    ArrangeForm,
    CheckForm,
    CommentForm,
    CycleForm,
    GradeForm,
    ProblemForm,
    RatersForm,
    ReasonForm,
    ReportForm,
    ResultForm,
    ReturnForm,
)
from accountability.models import ReviewCycle, ReviewProblem, ReviewSession, WorkReport
from accountability.queries.reviews import (
    cycle_overview,
    problem_list,
    problem_page,
    rater_candidates,
    report_list,
    report_page,
    review_index,
    session_list,
    session_page,
)
from accountability.review_access import is_ratable, is_writable, report_door
from accountability.tallies import LEAST
from branches.access import Right, door
from branches.choices import Level
from branches.models import Appointment, Organization


@door(Right.VIEW_EVALUATIONS, Organization)
@require_safe
def review_cycle_list(request, organization):
    actor = request.actor
    context = {
        "organization": organization,
        "index": review_index(organization),
        "may_start": organization.is_committee and actor.may(Right.EVALUATE, organization),
        "may_run": actor.may(Right.EVALUATE, organization),
    }
    return render(request, "accountability/review_cycle_list.html", context)


@door(Right.EVALUATE, Organization)
def review_cycle_create(request, organization):
    if not organization.is_committee:
        raise PermissionDenied("述职评议由党委（党组、总支）对直接下级书记组织，支部不发起。")
    actor, year = request.actor, request.actor.today.year
    usual = {
        "title": f"{year}年度基层党建述职评议",
        "year": year,
        "starts_on": date(year, 1, 1),
        "ends_on": date(year, 12, 31),
        "reports_due_on": actor.today + timedelta(days=14),
        "sessions_due_on": actor.today + timedelta(days=45),
    }
    form = CycleForm(request.POST or None, initial=usual)
    if request.method == "POST" and form.is_valid():
        try:
            cycle = start_cycle(
                actor=actor, organization=organization, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已发起，各级评议单位和述职书记已列好。")
            return redirect("review-cycle-detail", cycle.pk)
    return render(
        request, "accountability/review_cycle_create.html", {"organization": organization, "form": form}
    )


@door(Right.EVALUATE, ReviewCycle)
@require_safe
def review_cycle_detail(request, cycle):
    return _cycle(request, cycle)


@require_POST
@door(Right.EVALUATE, ReviewCycle)
def review_cycle_take_in(request, cycle):
    try:
        number = take_in_units(actor=request.actor, cycle=cycle, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"增加了{number}名述职书记。" if number else "没有需要补充的单位。")
    return redirect("review-cycle-detail", cycle.pk)


@require_POST
@door(Right.EVALUATE, ReviewCycle)
def review_cycle_close(request, cycle):
    try:
        close_cycle(actor=request.actor, cycle=cycle, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "述职评议已结束，问题清单继续跟踪到销号。")
    return redirect("review-cycle-detail", cycle.pk)


@require_POST
@door(Right.EVALUATE, ReviewCycle)
def review_cycle_withdraw(request, cycle):
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            withdraw_cycle(actor=request.actor, cycle=cycle, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "述职评议已撤销。")
            return redirect("review-cycle-list", cycle.organization_id)
    return _cycle(request, cycle, withdraw_form=form)


def _cycle(request, cycle, withdraw_form=None):
    lines = cycle_overview(cycle, request.actor.today)
    context = {
        "organization": cycle.organization,
        "cycle": cycle,
        "lines": lines,
        "sessions": sum(line.sessions for line in lines),
        "reports": sum(line.reports for line in lines),
        "published": sum(
            number for line in lines for stage, _, number in line.stages if stage == SessionState.PUBLISHED
        ),
        "late": sum(line.late for line in lines),
        "may_withdraw": not any(
            number for line in lines for stage, _, number in line.stages if stage != SessionState.PREPARING
        ),
        "withdraw_form": withdraw_form or ReasonForm(),
    }
    return render(request, "accountability/review_cycle_detail.html", context)


@door(Right.EVALUATE, ReviewCycle)
@require_safe
def review_session_list(request, cycle):
    """The committees behind a number of the overview."""
    wanted = _wanted(request.GET, stage=SessionState.values, late=["1"])
    chips = [
        (name, {"level": _level, "stage": _stage, "late": lambda _: "已过评议会截止"}[name](value))
        for name, value in wanted.items()
    ]
    page = session_list(cycle, wanted, request.GET.get("after", ""), request.actor.today)
    context = {"organization": cycle.organization, "cycle": cycle, "page": page, "chips": chips}
    return render(request, "accountability/review_session_list.html", context | _links(wanted, page))


@door(Right.EVALUATE, ReviewCycle)
@require_safe
def review_report_list(request, cycle):
    """The secretaries behind a number of the overview, in the order of the tree."""
    states = {"handed_in": "已交报告", "missing": "未交报告", "late": "报告逾期"}
    wanted = _wanted(request.GET, grade=ReviewGrade.values, state=list(states))
    chips = [
        (name, {"level": _level, "grade": _grade, "state": states.get}[name](value))
        for name, value in wanted.items()
    ]
    page = report_list(cycle, wanted, request.GET.get("after", ""), request.actor.today)
    context = {"organization": cycle.organization, "cycle": cycle, "page": page, "chips": chips}
    return render(request, "accountability/review_report_list.html", context | _links(wanted, page))


def _wanted(data, **allowed) -> dict[str, str]:
    allowed["level"] = [str(each) for each in Level.values]
    return {name: data[name] for name, values in allowed.items() if data.get(name) in values}


def _level(value):
    return f"{Level(int(value)).label}评议"


def _stage(value):
    return str(SessionState(value).label)


def _grade(value):
    return f"综合等次：{ReviewGrade(value).label}"


def _links(wanted, page):
    query = urlencode(wanted)
    return {
        "next_url": f"?{query}&{urlencode({'after': page.after})}" if page.after else "",
    }


@door(Right.EVALUATE, ReviewSession)
@require_safe
def review_session_detail(request, session):
    return _session(request, session)


@require_POST
@door(Right.EVALUATE, ReviewSession)
def review_session_arrange(request, session):
    form = ArrangeForm(request.POST, meetings=meetings_for(session))
    if form.is_valid():
        try:
            set_session(actor=request.actor, session=session, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "评议会安排已保存。")
            return redirect("review-session-detail", session.pk)
    return _session(request, session, arrange_form=form)


@door(Right.EVALUATE, ReviewSession)
def review_session_rate(request, session):
    """Choose who rates, and open the secret poll."""
    if not is_ratable(session):
        messages.warning(request, f"评议会已到“{session.get_state_display()}”，不能再发起测评。")
        return redirect("review-session-detail", session.pk)
    actor = request.actor
    candidates = rater_candidates(session, actor.today)
    now = timezone.localtime()
    usual = {
        "leaders": [each.pk for each in candidates.leaders],
        "secretaries": [each.pk for each in candidates.secretaries],
        "opens_at": now,
        "closes_at": timezone.make_aware(datetime.combine(actor.today + timedelta(days=3), time(18))),
    }
    form = RatersForm(request.POST or None, candidates=candidates, now=now, initial=usual)
    if request.method == "POST" and form.is_valid():
        try:
            open_rating(
                actor=actor,
                session=session,
                raters=form.raters,
                weights=form.weights,
                opens_at=form.cleaned_data["opens_at"],
                closes_at=form.cleaned_data["closes_at"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "测评已开始，述前事实已定格；参评人可在“我的测评”里投票。")
            return redirect("review-session-detail", session.pk)
    context = {
        "organization": session.organization,
        "session": session,
        "form": form,
        "least": LEAST,
        "missing": session.reports.filter(submitted_at=None).count(),
    }
    return render(request, "accountability/review_session_rate.html", context)


@require_POST
@door(Right.EVALUATE, ReviewSession)
def review_session_grade(request, session):
    try:
        start_grading(actor=request.actor, session=session, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "测评结果已定，请逐人点评、定等。")
    return redirect("review-session-detail", session.pk)


@require_POST
@door(Right.EVALUATE, ReviewSession)
def review_session_publish(request, session):
    try:
        publish_session(actor=request.actor, session=session, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已通报，各单位只看到自己的结果。")
    return redirect("review-session-detail", session.pk)


def _session(request, session, arrange_form=None):
    page = session_page(session, request.actor)
    session = page.session
    if arrange_form is None and session.state != SessionState.PUBLISHED:
        initial = {"held_on": session.held_on, "is_remote": session.is_remote, "meeting": session.meeting_id}
        arrange_form = ArrangeForm(meetings=meetings_for(session), initial=initial)
    context = {
        "organization": session.organization,
        "session": session,
        "page": page,
        "results": page.results,
        "arrange_form": arrange_form,
        "today": request.actor.today,
        "least": LEAST,
        "sees_cycle": request.actor.may(Right.EVALUATE, session.cycle.organization),
    }
    return render(request, "accountability/review_session_detail.html", context)


@report_door(Right.VIEW_EVALUATIONS)
@require_safe
def work_report_detail(request, report):
    return _report(request, report)


@report_door(Right.VIEW_EVALUATIONS)
@require_safe
def work_report_print(request, report):
    page = report_page(report, request.actor)
    context = {"organization": page.report.organization, "page": page, "report": page.report}
    return render(request, "accountability/work_report_print.html", context)


@door(Right.FILL_EVALUATIONS, WorkReport)
def work_report_edit(request, report):
    actor = request.actor
    report = _whole(report)
    if not is_writable(report):
        messages.warning(request, "这份报告已提交，或评议已经结束，不能再改。")
        return redirect("work-report-detail", report.pk)
    page = report_page(report, actor)
    form, other = ReportForm(request.POST or None, instance=report), None
    if request.method == "POST" and form.is_valid():
        values = {
            "actor": actor,
            "report": report,
            "version": form.cleaned_data["version"],
            "words": form.words,
        }
        try:
            if "save" in request.POST:
                save_report(**values)
            else:
                submit_report(**values, now=timezone.now())
        except Outdated as outdated:
            other = outdated.report
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if "save" in request.POST:
                messages.success(request, "已保存，尚未提交。")
                return redirect("work-report-edit", report.pk)
            messages.success(request, "述职报告已提交。")
            return redirect("work-report-detail", report.pk)
    context = {
        "organization": page.report.organization,
        "page": page,
        "report": page.report,
        "form": form,
        "other": other,
    }
    return render(request, "accountability/work_report_edit.html", context)


@require_POST
@report_door(Right.EVALUATE)
def work_report_return(request, report):
    return _decide(request, report, "return_form", ReturnForm(request.POST), return_report, "已退回。")


@require_POST
@report_door(Right.EVALUATE)
def work_report_comment(request, report):
    return _decide(request, report, "comment_form", CommentForm(request.POST), comment_report, "点评已保存。")


@require_POST
@report_door(Right.EVALUATE)
def work_report_grade(request, report):
    return _decide(request, report, "grade_form", GradeForm(request.POST), grade_report, "综合等次已定。")


@require_POST
@report_door(Right.EVALUATE)
def work_report_leave_out(request, report):
    session = report.session_id
    return _decide(
        request, report, "leave_form", ReasonForm(request.POST), leave_out, "已从这次述职中移出。", session
    )


@require_POST
@report_door(Right.VIEW_EVALUATIONS)
def work_report_acknowledge(request, report):
    try:
        acknowledge(actor=request.actor, report=report, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已阅知。")
    return redirect("work-report-detail", report.pk)


@require_POST
@report_door(Right.EVALUATE)
def review_problem_add(request, report):
    form = ProblemForm(request.POST, owners=_owners(report, request.actor))
    return _decide(request, report, "problem_form", form, add_problem, "已列入问题清单。")


def _decide(request, report, name, form, action, words, session=None):
    """Do what a form of the report's page asks; what was typed stays when it is refused."""
    if form.is_valid():
        try:
            action(actor=request.actor, report=report, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, words)
            if session is not None:
                return redirect("review-session-detail", session)
            return redirect("work-report-detail", report.pk)
    return _report(request, report, **{name: form})


def _report(request, report, **forms):
    page = report_page(report, request.actor)
    report, state = page.report, page.report.session.state
    usual = {}
    if page.runs and report.session.cycle.state != CycleState.WITHDRAWN:
        judged = page.runs and not page.is_own
        if is_ratable(report.session):
            usual["leave_form"] = ReasonForm()
        if state == SessionState.PREPARING:
            usual["return_form"] = ReturnForm() if report.submitted_at else None
        else:
            due_on = request.actor.today + timedelta(days=90)
            owners = _owners(report, request.actor)
            usual["problem_form"] = ProblemForm(owners=owners, initial={"due_on": due_on})
        if judged and state in (SessionState.RATING, SessionState.GRADING):
            usual["comment_form"] = CommentForm(initial={"comment": report.comment})
        if judged and state == SessionState.GRADING:
            initial = {"grade": report.grade or page.suggested, "reason": report.grade_reason}
            usual["grade_form"] = GradeForm(initial=initial)
    context = {
        "organization": report.organization,
        "page": page,
        "report": report,
        "session": report.session,
        "today": request.actor.today,
    }
    return render(request, "accountability/work_report_detail.html", context | usual | forms)


def _owners(report, actor):
    return (
        Appointment.objects.on(actor.today)
        .filter(organization=report.organization_id, post__in=BEARING_POSTS)
        .select_related("user")
    )


def _whole(report) -> WorkReport:
    related = ("organization", "session__organization", "session__cycle", "appointment__user")
    return WorkReport.objects.select_related(*related).get(pk=report.pk)


@door(Right.VIEW_EVALUATIONS, Organization)
@require_safe
def review_problem_list(request, organization):
    page = problem_list(
        organization, request.actor, request.GET.get("state", ""), request.GET.get("after", "")
    )
    query = urlencode({"state": page.tab} if page.tab else {})
    context = {
        "organization": organization,
        "page": page,
        "today": request.actor.today,
        "next_url": f"?{query}&{urlencode({'after': page.after})}" if page.after else "",
        "first_url": f"?{query}" if request.GET.get("after") else "",
    }
    return render(request, "accountability/review_problem_list.html", context)


@door(Right.VIEW_EVALUATIONS, ReviewProblem)
@require_safe
def review_problem_detail(request, problem):
    return _problem(request, problem)


@require_POST
@door(Right.FILL_EVALUATIONS, ReviewProblem)
def review_problem_report(request, problem):
    form = ResultForm(request.POST)
    if form.is_valid():
        try:
            report_problem(actor=request.actor, problem=problem, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已报送，等待核实。")
            return redirect("review-problem-detail", problem.pk)
    return _problem(request, problem, result_form=form)


@require_POST
@door(Right.EVALUATE, ReviewProblem)
def review_problem_check(request, problem):
    form = CheckForm(request.POST)
    passed = "pass" in request.POST
    if form.is_valid():
        try:
            check_problem(
                actor=request.actor, problem=problem, passed=passed, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已销号。" if passed else "已退回继续整改。")
            return redirect("review-problem-detail", problem.pk)
    return _problem(request, problem, check_form=form)


def _problem(request, problem, result_form=None, check_form=None):
    page = problem_page(problem, request.actor)
    context = {
        "organization": page.problem.organization,
        "page": page,
        "problem": page.problem,
        "result_form": result_form or ResultForm(initial={"result": page.problem.result}),
        "check_form": check_form or CheckForm(),
        "today": request.actor.today,
    }
    return render(request, "accountability/review_problem_detail.html", context)
