from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, Max, OuterRef, Prefetch, Q, QuerySet, TextChoices
from django.db.models.functions import Substr

from accountability import scoring
from accountability.appraising import EXCELLENT_ONE_IN, most_excellent
from accountability.choices import AppraisalGrade, AppraisalStep, PollState, Subject
from accountability.filling import words
from accountability.models import (
    AppraisalEntry,
    AppraisalProgramme,
    DispositionCase,
    MemberAppraisal,
    Scheme,
    SchemeVersion,
)
from accountability.queries.polls import PollResults, poll_results
from accountability.queries.schemes import is_for
from branches.access import Actor, Right
from branches.choices import MeetingKind, MeetingStatus
from branches.models import Meeting, Member, Membership, Organization, User
from branches.paging import Slice, slice_after

#: From here on people decide from what was counted, so that nothing more is counted.
DECIDED_STEPS = (AppraisalStep.DECIDE, AppraisalStep.TELL, AppraisalStep.DONE)


def members_on(organization: Organization, day) -> QuerySet:
    """Who belongs to a branch on a day, by dated membership, in the order of the roster."""
    memberships = Membership.objects.on(day).filter(organization=organization)
    return Member.objects.filter(pk__in=memberships.values("member")).in_standing().order_by("pk")


def roster_changes(programme: AppraisalProgramme, today) -> tuple[list[Member], list[MemberAppraisal]]:
    """Who belongs to the branch today and is not in its programme yet, and whose row is there although they left; a
    row with facts or a result stays. Two queries."""
    members = {each.pk: each for each in members_on(programme.organization, today)}
    rows = list(programme.appraisals.select_related("member").annotate(facts=Count("entries")))
    known = {row.member_id for row in rows}
    left = [row for row in rows if row.member_id not in members and not row.facts and not row.grade]
    return [each for pk, each in members.items() if pk not in known], left


def version_choices(organization: Organization, years: Iterable[int], today) -> QuerySet:
    """The tables for persons that a branch may count by, in their newest version: those of its committees for those
    years that are in force and fit its type."""
    path, step = organization.path, organization.steplen
    above = [path[:end] for end in range(step, len(path) + 1, step)]
    schemes = Scheme.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=today),
        Q(ends_on=None) | Q(ends_on__gte=today),
        subject=Subject.PERSON,
        year__in=list(years),
        organization__path__in=above,
    ).defer("document")
    own = organization.kind, organization.level, organization.sector
    fitting = [scheme.pk for scheme in schemes if is_for(scheme, *own)]
    return (
        SchemeVersion.objects.filter(scheme__in=fitting, number=F("scheme__version"))
        .select_related("scheme__organization")
        .order_by("-scheme__year", "scheme__code")
    )


def appraisal_meetings(programme: AppraisalProgramme) -> QuerySet:
    """The meetings at which it can have been held: that year, or in the first quarter of the next."""
    held = Q(held_on__year=programme.year) | Q(held_on__year=programme.year + 1, held_on__month__lte=3)
    kinds = MeetingKind.mask((MeetingKind.APPRAISAL, MeetingKind.ORGANIZATION_LIFE))
    return (
        Meeting.objects.filter(held, organization=programme.organization_id)
        .filter(status__in=(MeetingStatus.SUBMITTED, MeetingStatus.CONFIRMED))
        .alias(_fitting=F("kinds").bitand(kinds))
        .filter(_fitting__gt=0)
        .order_by("-held_on", "-pk")
    )


@dataclass(frozen=True)
class Gap:
    """What is missing at a step; what does not block may be gone past with a reason."""

    text: str
    blocks: bool = False


def gaps_of(programme: AppraisalProgramme, results: PollResults | None = None) -> list[Gap]:
    """What the present step still lacks; `results` of its poll, if they were read already."""
    rows = list(programme.appraisals.select_related("member"))
    graded = [row for row in rows if row.is_graded]
    match AppraisalStep(programme.step):
        case AppraisalStep.SELF:
            return _missing("还没有自评", [row for row in rows if row.self_at is None])
        case AppraisalStep.POLL:
            gaps = _poll_gaps(programme, results) if graded else []
            return gaps if programme.meeting_id else [*gaps, Gap("还没有关联评议会议的记录")]
        case AppraisalStep.DECIDE:
            return _missing("还没有评定等次", [row for row in graded if not row.grade])
        case AppraisalStep.TELL:
            return _missing("还没有反馈", [row for row in graded if row.grade and row.told_at is None])
    return []


def _poll_gaps(programme, results) -> list[Gap]:
    poll = programme.poll
    if poll is None or poll.state == PollState.CANCELLED:
        return [Gap("还没有进行民主测评", blocks=True)]
    if poll.state == PollState.OPEN:
        return [Gap("民主测评还没有结束", blocks=True)]
    results = results or poll_results(poll)
    if results.disputed:
        return [Gap("纸质票还没有两人一致的计票", blocks=True)]
    ballots = results.tally.ballots if results.tally else 0
    if not ballots:
        return [Gap("还没有收到选票；用纸质票的，请两人录入计票", blocks=True)]
    if ballots > results.due:
        return [Gap(f"网上和纸质共{ballots}票，多于参评的{results.due}人，请重新核对纸质票", blocks=True)]
    return []


def _missing(text: str, rows: list[MemberAppraisal]) -> list[Gap]:
    if not rows:
        return []
    names = "、".join(row.member.name for row in rows[:8]) + ("等" if len(rows) > 8 else "")
    return [Gap(f"{len(rows)}人{text}（{names}）")]


def unit_of(appraisal: MemberAppraisal) -> scoring.Unit:
    """A member as the engine reads them; the entries are read already, those withdrawn do not count."""
    rows = [each for each in appraisal.entries.all() if each.withdrawn_at is None]
    return scoring.Unit(
        id=str(appraisal.pk),
        name=appraisal.member.name,
        entries=tuple(each.as_entry() for each in rows if not each.adjustment),
        adjustments=tuple(
            scoring.Adjustment(
                scoring.AdjustmentKind(each.adjustment), each.reason, condition=each.fact, on=each.on
            )
            for each in rows
            if each.adjustment
        ),
    )


@dataclass(frozen=True)
class MemberRow:
    """One member in the table of a programme; `tally` is {grade: ballots}, None while it is kept closed."""

    appraisal: MemberAppraisal
    has_account: bool
    tally: dict[str, int] | None = None

    @property
    def ballots(self) -> list[int]:
        return [*self.tally.values()] if self.tally else []

    @property
    def is_entered(self) -> bool:
        """Whether somebody else entered the self-appraisal from paper."""
        row = self.appraisal
        return bool(row.self_by_id) and row.self_by.member_id != row.member_id


@dataclass(frozen=True)
class Stage:
    step: AppraisalStep
    is_past: bool
    is_now: bool
    reason: str = ""


@dataclass(frozen=True)
class ProgrammePage:
    """A programme with its members; what one may do there is asked of the actor."""

    programme: AppraisalProgramme
    rows: list[MemberRow]
    stages: list[Stage]
    gaps: list[Gap]
    results: PollResults | None
    may_appraise: bool
    cases: set[int] = field(default_factory=set)
    joined: list[Member] = field(default_factory=list)
    left: list[MemberAppraisal] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.programme.step != AppraisalStep.DONE and self.programme.cancelled_at is None

    @property
    def is_before_deciding(self) -> bool:
        """Whether nothing has been decided from it, so that it may be taken back."""
        return self.is_running and self.programme.step not in DECIDED_STEPS

    @property
    def graded(self) -> int:
        return sum(row.appraisal.is_graded for row in self.rows)

    @property
    def blocked(self) -> bool:
        return any(gap.blocks for gap in self.gaps)

    @property
    def most(self) -> int:
        return most_excellent(self.graded)

    @property
    def excess(self) -> int:
        """How many 优秀 there are beyond one third; 0 when within."""
        return max(0, self.numbers["优秀"] - self.most)

    @property
    def numbers(self) -> dict[str, int]:
        """How many members were given each grade."""
        grades = [row.appraisal.grade for row in self.rows]
        return {grade.label: grades.count(grade.value) for grade in AppraisalGrade}

    @property
    def explanation(self) -> str:
        return self.programme.reasons.get(AppraisalGrade.EXCELLENT.value, "")

    @property
    def told(self) -> int:
        return sum(row.appraisal.told_at is not None for row in self.rows)

    @property
    def written(self) -> int:
        return sum(row.appraisal.self_at is not None for row in self.rows)


def programme_page(programme: AppraisalProgramme, actor: Actor) -> ProgrammePage:
    """Everything of one programme; the number of queries does not depend on how many members it has."""
    programme = AppraisalProgramme.objects.select_related(
        "organization", "meeting", "version__scheme", "poll", "author"
    ).get(pk=programme.pk)
    may_appraise = actor.may(Right.APPRAISE, programme.organization)
    results = poll_results(programme.poll) if programme.poll else None
    rows = list(
        programme.appraisals.select_related("member", "decided_by", "self_by", "told_by", "subject").order_by(
            "pk"
        )
    )
    accounts = set(
        User.objects.filter(member__appraisals__programme=programme, is_active=True).values_list(
            "member_id", flat=True
        )
    )
    shown = results if results and results.is_shown and programme.step in DECIDED_STEPS else None
    joined, left = [], []
    if (
        may_appraise
        and not programme.cancelled_at
        and programme.step in (AppraisalStep.SELF, AppraisalStep.PEERS)
    ):
        joined, left = roster_changes(programme, actor.today)
    return ProgrammePage(
        programme=programme,
        rows=[MemberRow(row, row.member_id in accounts, _tally_of(row, shown)) for row in rows],
        stages=_stages(programme),
        gaps=gaps_of(programme, results) if may_appraise and not programme.cancelled_at else [],
        results=results,
        may_appraise=may_appraise,
        cases=set(
            DispositionCase.objects.filter(appraisal__programme=programme).values_list("appraisal", flat=True)
        )
        if may_appraise
        else set(),
        joined=joined,
        left=left,
    )


def _tally_of(row, results) -> dict[str, int] | None:
    tally = results.tally.of(row.subject.number) if results and row.subject else None
    return tally.counts if tally else None


def _stages(programme) -> list[Stage]:
    steps = list(AppraisalStep)[:-1]
    at = list(AppraisalStep).index(AppraisalStep(programme.step))
    return [
        Stage(step, place < at, place == at, programme.reasons.get(step.value, ""))
        for place, step in enumerate(steps)
    ]


@dataclass(frozen=True)
class FactLine:
    """One fact that was counted for a member, in words."""

    entry: AppraisalEntry
    title: str
    said: str


@dataclass(frozen=True)
class MemberPage:
    row: MemberRow
    programme: AppraisalProgramme
    facts: list[FactLine]
    case: DispositionCase | None

    @property
    def appraisal(self) -> MemberAppraisal:
        return self.row.appraisal

    @property
    def table(self) -> scoring.Scheme | None:
        return self.programme.version.table if self.programme.version else None


def member_page(appraisal: MemberAppraisal) -> MemberPage:
    """One member of a programme, for those who conduct it; the number of queries is constant."""
    row = (
        MemberAppraisal.objects.select_related(
            "programme__version__scheme",
            "programme__poll",
            "programme__organization",
            "programme__meeting",
            "organization",
            "member",
            "decided_by",
            "self_by",
            "told_by",
            "subject",
        )
        .prefetch_related(Prefetch("entries", AppraisalEntry.objects.select_related("author")))
        .get(pk=appraisal.pk)
    )
    programme = row.programme
    results = poll_results(programme.poll) if programme.poll and programme.step in DECIDED_STEPS else None
    shown = results if results and results.is_shown else None
    has_account = User.objects.filter(member=row.member_id, is_active=True).exists()
    titles = (
        {item.key: item.title for _, item in programme.version.table.items()} if programme.version else {}
    )
    return MemberPage(
        row=MemberRow(row, has_account, _tally_of(row, shown)),
        programme=programme,
        facts=[
            FactLine(
                each,
                each.get_adjustment_display() if each.adjustment else titles.get(each.item, each.item),
                each.fact if each.adjustment else " ".join(filter(None, (each.fact, words(each.as_entry())))),
            )
            for each in row.entries.all()
        ],
        case=row.cases.order_by("-pk").first(),
    )


def own_appraisals(user: User) -> list[MemberAppraisal]:
    """What was said of the user in their branch, the newest year first; results only show once told."""
    if user.member_id is None:
        return []
    return list(
        MemberAppraisal.objects.filter(member=user.member_id, programme__cancelled_at__isnull=True)
        .select_related("programme", "organization", "member", "told_by")
        .order_by("-programme__year", "-pk")
    )


def own_cases(user: User) -> list[DispositionCase]:
    """组织处置 of the user, the newest first."""
    if user.member_id is None:
        return []
    return list(DispositionCase.objects.filter(member=user.member_id).select_related("organization"))


class Show(TextChoices):
    """Which branches the overview lists; each is a tab."""

    MISSING = "missing", "未开始"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    OVER = "over", "优秀超过三分之一"


@dataclass(frozen=True)
class Counts:
    """Branches below one unit: how many, how many at each step, how many members have each grade."""

    branches: int
    steps: dict[str, int]
    grades: dict[str, int]

    @property
    def done(self) -> int:
        return self.steps.get(AppraisalStep.DONE, 0)

    @property
    def started(self) -> int:
        return sum(self.steps.values())

    @property
    def running(self) -> int:
        return self.started - self.done

    @property
    def missing(self) -> int:
        return max(0, self.branches - self.started)

    @property
    def by_step(self) -> list[tuple[str, int]]:
        return [(step.label, self.steps.get(step.value, 0)) for step in AppraisalStep]

    @property
    def by_grade(self) -> list[tuple[str, int]]:
        return [(grade.label, self.grades.get(grade.value, 0)) for grade in AppraisalGrade]


@dataclass(frozen=True)
class UnitLine:
    unit: Organization
    counts: Counts


@dataclass(frozen=True)
class BranchLine:
    """One branch of the list; without a programme it has not started."""

    branch: Organization
    programme: AppraisalProgramme | None

    @property
    def by_grade(self) -> list[tuple[str, int]]:
        """How many of its members have each grade."""
        return [
            (grade.label, getattr(self.programme, f"n_{grade.value.lower()}")) for grade in AppraisalGrade
        ]


@dataclass(frozen=True)
class Overview:
    year: int
    counts: Counts
    units: list[UnitLine]
    over: int
    show: str
    lines: list[BranchLine]
    after: str | None

    @property
    def tabs(self) -> list[tuple[str, str, int]]:
        numbers = (self.counts.missing, self.counts.running, self.counts.done, self.over)
        return [(each.value, each.label, number) for each, number in zip(Show, numbers, strict=True)]


def newest_year(organization: Organization, today) -> int:
    """The newest year in which a branch below has begun; this year when none has."""
    rows = AppraisalProgramme.objects.standing().in_subtree(organization)
    return rows.aggregate(year=Max("year"))["year"] or today.year


def overview(organization: Organization, year: int, show: str, after: str, today) -> Overview:
    """How far the branches below are: seven queries, whatever their number; grades are counted, nobody is listed."""
    branches = Organization.objects.in_subtree(organization).active_on(today).branches()
    programmes = AppraisalProgramme.objects.standing().filter(year=year, organization__in=branches)
    appraisals = MemberAppraisal.objects.filter(programme__in=programmes).exclude(grade="")
    depth = len(organization.path) + organization.steplen
    per_unit = _counts_by(
        depth,
        branches.order_by().annotate(key=Substr("path", 1, depth)).values("key").annotate(n=Count("pk")),
        _grouped(programmes, depth, "step"),
        _grouped(appraisals, depth, "grade"),
    )
    children = Organization.objects.filter(parent=organization).active_on(today).committees().order_by("path")
    over = _over(programmes)
    show = show if show in Show.values else Show.MISSING
    page = _branches(show, branches, programmes, over, after)
    found = {
        each.organization_id: each
        for each in _with_grades(programmes.filter(organization__in=[row.pk for row in page.rows]))
    }
    return Overview(
        year=year,
        counts=_sum(per_unit.values()),
        units=[UnitLine(unit, per_unit[unit.path]) for unit in children if unit.path in per_unit],
        over=over.count(),
        show=show,
        lines=[BranchLine(row, found.get(row.pk)) for row in page.rows],
        after=page.after,
    )


def _grouped(rows, depth, name):
    key = Substr("organization__path", 1, depth)
    return rows.order_by().annotate(key=key).values("key", name).annotate(n=Count("pk"))


def _counts_by(depth, branches, steps, grades) -> dict[str, Counts]:
    found = {row["key"]: Counts(row["n"], {}, {}) for row in branches}
    for row in steps:
        found[row["key"]].steps[row["step"]] = row["n"]
    for row in grades:
        found[row["key"]].grades[row["grade"]] = row["n"]
    return found


def _sum(each: Iterable[Counts]) -> Counts:
    total, steps, grades = 0, {}, {}
    for counts in each:
        total += counts.branches
        for sums, numbers in ((steps, counts.steps), (grades, counts.grades)):
            for key, number in numbers.items():
                sums[key] = sums.get(key, 0) + number
    return Counts(total, steps, grades)


def _with_grades(programmes):
    return programmes.annotate(
        n_graded=Count("appraisals", filter=Q(appraisals__is_graded=True)),
        **{
            f"n_{grade.value.lower()}": Count("appraisals", filter=Q(appraisals__grade=grade))
            for grade in AppraisalGrade
        },
    )


def _over(programmes):
    """Those with more 优秀 than one third of the members who are graded."""
    return _with_grades(programmes).filter(n_graded__lt=F("n_excellent") * EXCELLENT_ONE_IN)


def _branches(show, branches, programmes, over, after) -> Slice:
    own = programmes.filter(organization=OuterRef("pk"))
    match show:
        case Show.MISSING:
            rows = branches.filter(~Exists(own))
        case Show.RUNNING:
            rows = branches.filter(Exists(own.exclude(step=AppraisalStep.DONE)))
        case Show.DONE:
            rows = branches.filter(Exists(own.filter(step=AppraisalStep.DONE)))
        case Show.OVER:
            rows = branches.filter(pk__in=over.order_by().values("organization"))
    return slice_after(rows, "path", after)
