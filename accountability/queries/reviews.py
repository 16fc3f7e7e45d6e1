from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, TextChoices
from django.shortcuts import get_object_or_404

from accountability.choices import CycleState, PollState, ProblemState, ReviewGrade, SessionState
from accountability.models import ReviewCycle, ReviewProblem, ReviewSession, WorkReport
from accountability.queries.polls import PollResults, poll_results
from accountability.queries.review_facts import facts_of
from accountability.review_access import checks, is_own, is_writable, runs
from accountability.tallies import SubjectTally
from branches.access import Actor, Right
from branches.choices import COMMITTEE_POSTS, Level, Post
from branches.models import Appointment, Organization

#: The most rows one list of a cycle shows at once.
PAGE = 50
#: Posts whose holders never rate: they see no business records.
_NO_RATERS = (Post.SYSTEM_ADMINISTRATOR, Post.SECURITY_ADMINISTRATOR, Post.SECURITY_AUDITOR)


@dataclass(frozen=True)
class ReviewIndex:
    """What one unit has to do with reviews: cycles it has started or units below have, sessions it holds, its own
    secretary's reports."""

    cycles: list[ReviewCycle]
    below: list[ReviewCycle]
    sessions: list[ReviewSession]
    reports: list[WorkReport]


def review_index(organization: Organization) -> ReviewIndex:
    """Four queries; what was withdrawn is left out."""
    going = ~Q(session__cycle__state=CycleState.WITHDRAWN)
    return ReviewIndex(
        cycles=list(organization.review_cycles.exclude(state=CycleState.WITHDRAWN)[:20]),
        below=list(
            ReviewCycle.objects.in_subtree(organization)
            .exclude(Q(state=CycleState.WITHDRAWN) | Q(organization=organization))
            .select_related("organization")
            .order_by("-year", "organization__path", "pk")[:20]
        )
        if organization.is_committee
        else [],
        sessions=list(
            organization.review_sessions.exclude(cycle__state=CycleState.WITHDRAWN)
            .select_related("cycle__organization", "organization")
            .annotate(
                reporting=Count("reports"),
                handed_in=Count("reports", filter=Q(reports__submitted_at__isnull=False)),
            )
            .order_by("-cycle__year", "-pk")[:20]
        ),
        reports=list(
            organization.work_reports.filter(going)
            .select_related("session__cycle", "session__organization", "appointment__user")
            .order_by("-session__cycle__year", "-pk")[:20]
        ),
    )


@dataclass(frozen=True)
class LevelLine:
    """One level of a cycle: how many committees stand at which stage and are late, how many secretaries report, what
    they were graded. `stages` and `grades` are pairs (value, label, number)."""

    level: int
    label: str
    sessions: int
    stages: list[tuple[str, str, int]]
    late: int
    reports: int
    handed_in: int
    reports_late: int
    grades: list[tuple[str, str, int]]


def cycle_overview(cycle: ReviewCycle, today: date) -> list[LevelLine]:
    """Level by level from the top, by the level of the committee that reviews. Two queries."""
    late = ~Q(state=SessionState.PUBLISHED) & Q(cycle__sessions_due_on__lt=today)
    sessions = defaultdict(lambda: defaultdict(int))
    for row in (
        cycle.sessions.order_by()
        .values("organization__level", "state")
        .annotate(number=Count("pk"), late=Count("pk", filter=late))
    ):
        sessions[row["organization__level"]][row["state"]] += row["number"]
        sessions[row["organization__level"]]["late"] += row["late"]
    reports = defaultdict(lambda: defaultdict(int))
    handed_in = Q(submitted_at__isnull=False)
    is_published = Q(session__state=SessionState.PUBLISHED)
    missing = Q(submitted_at__isnull=True) & Q(session__cycle__reports_due_on__lt=today)
    for row in (
        WorkReport.objects.filter(session__cycle=cycle)
        .order_by()
        .values("session__organization__level")
        .annotate(
            number=Count("pk"),
            handed_in=Count("pk", filter=handed_in),
            reports_late=Count("pk", filter=missing),
            **{grade: Count("pk", filter=is_published & Q(grade=grade)) for grade in ReviewGrade.values},
        )
    ):
        reports[row["session__organization__level"]] = row
    return [
        LevelLine(
            level=level,
            label=Level(level).label,
            sessions=sum(found[state] for state in SessionState.values),
            stages=[(value, label, found[value]) for value, label in SessionState.choices],
            late=found["late"],
            reports=reports[level]["number"],
            handed_in=reports[level]["handed_in"],
            reports_late=reports[level]["reports_late"],
            grades=[(value, label, reports[level][value]) for value, label in ReviewGrade.choices],
        )
        for level, found in sorted(sessions.items())
    ]


@dataclass(frozen=True)
class ListPage:
    """One page of a list walked by the tree; `after` begins the next one."""

    rows: list
    after: str


def session_list(cycle: ReviewCycle, wanted: Mapping, after: str, today: date) -> ListPage:
    """The sessions behind a number: `wanted` may hold level, stage, late. In the order of the tree. One query."""
    rows = cycle.sessions.select_related("organization").annotate(
        reporting=Count("reports"),
        handed_in=Count("reports", filter=Q(reports__submitted_at__isnull=False)),
    )
    if wanted.get("level"):
        rows = rows.filter(organization__level=wanted["level"])
    if wanted.get("stage"):
        rows = rows.filter(state=wanted["stage"])
    if wanted.get("late"):
        rows = rows.exclude(state=SessionState.PUBLISHED).filter(cycle__sessions_due_on__lt=today)
    return _by_tree(rows, after)


def report_list(cycle: ReviewCycle, wanted: Mapping, after: str, today: date) -> ListPage:
    """The reports behind a number: `wanted` may hold level, grade, state (handed_in, missing, late). In the order of
    the tree and of nothing else. One query."""
    rows = WorkReport.objects.filter(session__cycle=cycle).select_related(
        "organization", "appointment__user", "session__organization"
    )
    if wanted.get("level"):
        rows = rows.filter(session__organization__level=wanted["level"])
    if wanted.get("grade"):
        rows = rows.filter(grade=wanted["grade"], session__state=SessionState.PUBLISHED)
    match wanted.get("state"):
        case "handed_in":
            rows = rows.filter(submitted_at__isnull=False)
        case "missing":
            rows = rows.filter(submitted_at__isnull=True)
        case "late":
            rows = rows.filter(submitted_at__isnull=True, session__cycle__reports_due_on__lt=today)
    return _by_tree(rows, after)


def _by_tree(rows, after) -> ListPage:
    if after:
        rows = rows.filter(organization__path__gt=after)
    found = list(rows.order_by("organization__path")[: PAGE + 1])
    return ListPage(found[:PAGE], found[PAGE - 1].organization.path if len(found) > PAGE else "")


@dataclass(frozen=True)
class SessionLine:
    """One secretary in a session."""

    report: WorkReport
    tally: SubjectTally | None
    suggested: str
    problems: int
    is_own: bool

    @property
    def suggested_label(self) -> str:
        return str(ReviewGrade(self.suggested).label) if self.suggested else ""

    @property
    def is_complete(self) -> bool:
        return bool(self.report.comment and self.report.grade)


@dataclass(frozen=True)
class SessionPage:
    """One session as those who run it see it: who reports and how far each is, the poll, what to do next."""

    session: ReviewSession
    lines: list[SessionLine]
    results: PollResults | None
    step: str

    @property
    def handed_in(self) -> int:
        return sum(1 for line in self.lines if line.report.submitted_at)

    @property
    def complete(self) -> int:
        return sum(1 for line in self.lines if line.is_complete)

    @property
    def next_line(self) -> SessionLine | None:
        """The first whose comment or grade is missing."""
        return next((line for line in self.lines if not line.is_complete), None)


def session_page(session: ReviewSession, actor: Actor) -> SessionPage:
    """At most eight queries. The tally is shown from the grading on."""
    session = ReviewSession.objects.select_related(
        "organization", "cycle__organization", "poll", "meeting"
    ).get(pk=session.pk)
    reports = list(
        session.reports.select_related("organization", "appointment__user")
        .annotate(found=Count("problems"))
        .defer("facts", "achievements", "shortcomings", "intentions")
        .order_by("organization__path", "pk")
    )
    results = poll_results(session.poll) if session.poll else None
    is_graded = session.state in (SessionState.GRADING, SessionState.PUBLISHED)
    tallies = {each.subject.pk: each.tally for each in results.subjects} if results and is_graded else {}
    lines = []
    for report in reports:
        tally = tallies.get(report.subject_id)
        report.session = session
        lines.append(
            SessionLine(
                report=report,
                tally=tally,
                suggested=grade_of(tally),
                problems=report.found,
                is_own=is_own(actor, report),
            )
        )
    return SessionPage(session, lines, results, _step(session))


def grade_of(tally: SubjectTally | None) -> str:
    """The grade a tally suggests; "" for none."""
    label = tally.suggested() if tally else ""
    return next((value for value, name in ReviewGrade.choices if name == label), "")


def _step(session) -> str:
    """What has to be done next."""
    if session.state != SessionState.RATING:
        return {"PREPARING": "prepare", "GRADING": "grade", "PUBLISHED": "done"}[session.state]
    return {PollState.OPEN: "vote", PollState.CLOSED: "count", PollState.CANCELLED: "prepare"}[
        session.poll.state
    ]


@dataclass(frozen=True)
class ReportPage:
    """One secretary's report, as far as the actor may see it.

    `result`: comment, grade, tally and problems, for who runs the session at once and for the unit from the
    publication on. `words`: the text, for the unit and, once it was sent in, for who runs the session.
    """

    report: WorkReport
    facts: dict
    sees_words: bool
    sees_result: bool
    tally: SubjectTally | None
    least_ballots: int
    suggested: str
    problems: list[ReviewProblem]
    runs: bool
    is_own: bool
    may_write: bool
    following: WorkReport | None


def report_page(report: WorkReport, actor: Actor) -> ReportPage:
    """At most sixteen queries: facts are computed as of today until the rating freezes them."""
    report = WorkReport.objects.select_related(
        "organization",
        "appointment__user",
        "commented_by",
        "graded_by",
        "subject",
        "session__organization",
        "session__cycle__organization",
        "session__poll",
    ).get(pk=report.pk)
    session = report.session
    running = runs(actor, session)
    is_published = session.state == SessionState.PUBLISHED
    sees_result = running or is_published
    tally = None
    if sees_result and session.poll and session.state in (SessionState.GRADING, SessionState.PUBLISHED):
        results = poll_results(session.poll)
        tally = next((each.tally for each in results.subjects if each.subject.pk == report.subject_id), None)
    fills = actor.may(Right.FILL_EVALUATIONS, report.organization)
    return ReportPage(
        report=report,
        facts=report.facts or facts_of([report], session.cycle, actor.today)[report.pk],
        sees_words=fills or report.submitted_at is not None,
        sees_result=sees_result,
        tally=tally,
        least_ballots=session.poll.LEAST_BALLOTS if session.poll else 0,
        suggested=grade_of(tally),
        problems=list(
            report.problems.select_related("owner__user", "done_by", "checked_by").order_by("due_on", "pk")
        )
        if sees_result
        else [],
        runs=running,
        is_own=is_own(actor, report),
        may_write=fills and is_writable(report),
        following=_following(report) if running and session.state == SessionState.GRADING else None,
    )


def _following(report) -> WorkReport | None:
    """Whom of the session to comment on and to grade next: the first after this one, in the order of the tree, or the
    first of all that is not done."""
    left = list(
        WorkReport.objects.filter(session=report.session)
        .filter(Q(comment="") | Q(grade=""))
        .exclude(pk=report.pk)
        .select_related("organization")
        .only("organization")
        .order_by("organization__path")
    )
    later = [each for each in left if each.organization.path > report.organization.path]
    return next(iter(later or left), None)


@dataclass(frozen=True)
class Raters:
    """Who may be asked to rate in a session, by category."""

    leaders: list[Appointment]
    secretaries: list[Appointment]
    others: list[Appointment]


def rater_candidates(session: ReviewSession, today: date) -> Raters:
    """班子成员 of the committee, the secretaries in office where one reports, and everybody else with an account there or
    in a unit right below, each named once. Two queries."""
    reporting = list(
        Appointment.objects.on(today)
        .filter(organization__work_reports__session=session, post=Post.SECRETARY, user__is_active=True)
        .select_related("user", "organization")
        .order_by("organization__path", "pk")
    )
    near = list(
        Appointment.objects.on(today)
        .filter(Q(organization=session.organization) | Q(organization__parent=session.organization))
        .exclude(post__in=_NO_RATERS)
        .filter(user__is_active=True)
        .select_related("user", "organization")
        .by_post()
    )
    seen: set[int] = set()

    def fresh(appointments):
        found = []
        for each in appointments:
            if each.user_id not in seen:
                seen.add(each.user_id)
                found.append(each)
        return found

    is_leader = [
        each
        for each in near
        if each.organization_id == session.organization_id and each.post in COMMITTEE_POSTS
    ]
    return Raters(leaders=fresh(is_leader), secretaries=fresh(reporting), others=fresh(near))


class ProblemTab(TextChoices):
    """Which problems a list shows; each is a tab."""

    OPEN = "open", "整改中"
    OVERDUE = "overdue", "已超期"
    REPORTED = "reported", "待核实"
    CLOSED = "closed", "已销号"

    def condition(self, today: date) -> Q:
        match self:
            case ProblemTab.OVERDUE:
                return Q(state=ProblemState.OPEN, due_on__lt=today)
            case ProblemTab.REPORTED:
                return Q(state=ProblemState.REPORTED)
            case ProblemTab.CLOSED:
                return Q(state=ProblemState.CLOSED)
        return Q(state=ProblemState.OPEN)


@dataclass(frozen=True)
class ProblemPage:
    """The problems of a subtree, the earliest day first, with how many stand where."""

    tabs: list[tuple[str, str, int]]
    tab: str
    rows: list[ReviewProblem]
    after: str


def problem_list(organization: Organization, actor: Actor, tab: str, after: str) -> ProblemPage:
    """Two queries. What is not published yet is only for who runs the session."""
    problems = visible_problems(actor).in_subtree(organization)
    today = actor.today
    counts = problems.order_by().aggregate(
        every=Count("pk"), **{each.value: Count("pk", filter=each.condition(today)) for each in ProblemTab}
    )
    tabs = [
        ("", "全部", counts["every"]),
        *((each.value, each.label, counts[each.value]) for each in ProblemTab),
    ]
    tab = tab if tab in ProblemTab.values else ""
    rows = problems.filter(ProblemTab(tab).condition(today)) if tab else problems
    day, _, pk = after.partition("~")
    if pk.isdecimal() and len(pk) < 19 and _is_day(day):
        rows = rows.filter(Q(due_on__gt=day) | Q(due_on=day, pk__gt=int(pk)))
    found = list(
        rows.select_related("organization", "owner__user", "report__session__cycle").order_by("due_on", "pk")[
            : PAGE + 1
        ]
    )
    last = found[PAGE - 1] if len(found) > PAGE else None
    return ProblemPage(tabs, tab, found[:PAGE], f"{last.due_on:%Y-%m-%d}~{last.pk}" if last else "")


def visible_problems(actor: Actor):
    """Those of published sessions, and those of sessions the actor runs."""
    seen = Q(report__session__state=SessionState.PUBLISHED)
    if actor.has(Right.EVALUATE):
        seen |= actor.within(Right.EVALUATE, prefix="report__session__organization")
    return ReviewProblem.objects.filter(seen).exclude(report__session__cycle__state=CycleState.WITHDRAWN)


def _is_day(text) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class ProblemDetail:
    """One problem, and what the actor may do about it."""

    problem: ReviewProblem
    may_report: bool
    may_check: bool


def problem_page(problem: ReviewProblem, actor: Actor) -> ProblemDetail:
    """One query; a problem that the actor may not see yet is none."""
    rows = visible_problems(actor).select_related(
        "organization",
        "owner__user",
        "done_by",
        "checked_by",
        "report__session__organization",
        "report__session__cycle",
    )
    problem = get_object_or_404(rows, pk=problem.pk)
    session = problem.report.session
    return ProblemDetail(
        problem=problem,
        may_report=problem.state == ProblemState.OPEN
        and session.state == SessionState.PUBLISHED
        and actor.may(Right.FILL_EVALUATIONS, problem.organization),
        may_check=problem.state == ProblemState.REPORTED
        and checks(actor, problem)
        and problem.done_by_id != actor.user.pk,
    )
