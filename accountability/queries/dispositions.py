from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet, TextChoices

from accountability.appraising import STEPS_ABOVE, next_step, steps_of
from accountability.choices import AppraisalGrade, DispositionKind, DispositionState, DispositionStepKind
from accountability.models import DispositionCase, DispositionStep, MemberAppraisal
from branches.access import Actor, Right
from branches.choices import MeetingKind
from branches.models import Meeting, Organization, Vote
from branches.paging import slice_before

#: The end of a term of 限期改正 is announced this many days ahead. [default]
REMIND_DAYS = 30


def visible_cases(actor: Actor) -> QuerySet:
    """Confidential: the branch that conducts it, the committees above that see appraisals, and the member concerned."""
    own = actor.user.member_id
    seen = Q(member=own) if own is not None else Q(pk__in=[])
    if actor.appointment:
        seen |= actor.within(Right.VIEW_APPRAISALS)
    return DispositionCase.objects.filter(seen)


def case_steps(case: DispositionCase) -> tuple[str, ...]:
    """The steps this case has, in order."""
    return steps_of(case.kind, has_committee=case.organization.has_committee)


def next_step_of(case: DispositionCase) -> str | None:
    """The step that comes next; one query unless its steps are prefetched."""
    taken = sorted(case.steps.all(), key=lambda step: step.pk)
    return next_step(case_steps(case), [(step.kind, step.passed) for step in taken])


def case_meetings(case: DispositionCase, kind: MeetingKind) -> QuerySet:
    """The confirmed meetings of the branch at which a step of the case can have been taken, the newest first."""
    rows = Meeting.objects.confirmed().of_kind(kind)
    return rows.filter(organization=case.organization_id, held_on__gte=case.opened_on).order_by(
        "-held_on", "-pk"
    )


def step_meetings(case: DispositionCase, step: str | None, committee: Organization | None) -> QuerySet:
    """The confirmed meetings at which a step can have been agreed on: 支委会 of the branch, 党委（党组）会 of the
    committee that takes 预审 and 审批."""
    if step == DispositionStepKind.COMMITTEE:
        return case_meetings(case, MeetingKind.COMMITTEE_MEETING)
    if step not in STEPS_ABOVE or committee is None:
        return Meeting.objects.none()
    rows = Meeting.objects.confirmed().of_kind(MeetingKind.LEADING_MEETING)
    return rows.filter(organization=committee, held_on__gte=case.opened_on).order_by("-held_on", "-pk")


def case_votes(case: DispositionCase) -> QuerySet:
    """The votes of those meetings of all members, the newest first."""
    meetings = case_meetings(case, MeetingKind.GENERAL_MEETING)
    return (
        Vote.objects.filter(meeting__in=meetings.values("pk"))
        .select_related("meeting")
        .order_by("-meeting__held_on", "-meeting", "number")
    )


class CaseTab(TextChoices):
    """Which cases the list shows."""

    RUNNING = "running", "办理中"
    ENDED = "ended", "已办结或终止"


_TABS = {
    CaseTab.RUNNING: Q(state=DispositionState.RUNNING),
    CaseTab.ENDED: ~Q(state=DispositionState.RUNNING),
}


@dataclass(frozen=True)
class CaseLine:
    case: DispositionCase
    step: str | None

    @property
    def waits_for(self) -> str:
        return DispositionStepKind(self.step).label if self.step else ""

    @property
    def is_above(self) -> bool:
        """Whether the committee above is to act."""
        return self.step in STEPS_ABOVE


@dataclass(frozen=True)
class CasePage:
    tab: str
    tabs: list[tuple[str, str, int]]
    lines: list[CaseLine]
    after: str | None


def case_page(organization: Organization, actor: Actor, tab: str, after: str) -> CasePage:
    """One page of the cases at and below a unit; three queries."""
    cases = DispositionCase.objects.filter(actor.within(Right.VIEW_APPRAISALS, organization))
    counts = cases.order_by().aggregate(**{each.value: Count("pk", filter=_TABS[each]) for each in CaseTab})
    tab = tab if tab in CaseTab.values else CaseTab.RUNNING
    rows = cases.filter(_TABS[CaseTab(tab)]).select_related("organization", "member")
    page = slice_before(
        rows.prefetch_related("steps"), "pk", after if after.isdigit() and len(after) < 19 else ""
    )
    return CasePage(
        tab=tab,
        tabs=[(each.value, each.label, counts[each.value]) for each in CaseTab],
        lines=[CaseLine(case, _waiting(case)) for case in page.rows],
        after=page.after,
    )


def _waiting(case) -> str | None:
    return next_step_of(case) if case.state == DispositionState.RUNNING else None


@dataclass(frozen=True)
class StepLine:
    """One step of a case as it was taken, or as it is still to come."""

    label: str
    taken: DispositionStep | None = None
    is_next: bool = False
    is_above: bool = False


@dataclass(frozen=True)
class CaseDetail:
    case: DispositionCase
    taken: list[DispositionStep]
    ahead: list[StepLine]
    step: str | None

    @property
    def step_label(self) -> str:
        return DispositionStepKind(self.step).label if self.step else ""

    @property
    def is_removal(self) -> bool:
        """Whether it has ended with 劝退 or 除名, which somebody now carries out in the roster."""
        return self.case.state == DispositionState.CLOSED and self.case.kind != DispositionKind.IMPROVE

    @property
    def has_failed(self) -> bool:
        """Whether the member was found not to have improved."""
        return (
            self.case.state == DispositionState.CLOSED
            and self.case.kind == DispositionKind.IMPROVE
            and not self.taken[-1].passed
        )

    @property
    def closing_words(self) -> str:
        """Why it was stopped before a step said so."""
        if self.case.state != DispositionState.STOPPED:
            return ""
        last = self.case.history.order_by("-history_id").first()
        return last.history_change_reason or ""


def case_detail(case: DispositionCase) -> CaseDetail:
    """Two queries."""
    case = DispositionCase.objects.select_related(
        "organization", "member", "author", "appraisal__programme"
    ).get(pk=case.pk)
    taken = list(case.steps.select_related("author", "meeting").order_by("pk"))
    order = case_steps(case)
    step = (
        next_step(order, [(each.kind, each.passed) for each in taken])
        if case.state == DispositionState.RUNNING
        else None
    )
    ahead = order[order.index(step) :] if step else ()
    return CaseDetail(
        case=case,
        taken=taken,
        ahead=[
            StepLine(DispositionStepKind(each).label, is_next=each == step, is_above=each in STEPS_ABOVE)
            for each in ahead
        ],
        step=step,
    )


def unqualified_appraisals(organization: Organization) -> QuerySet:
    """Results of 不合格 that no case has been opened on, the newest first."""
    return (
        MemberAppraisal.objects.filter(
            organization=organization, grade=AppraisalGrade.UNQUALIFIED, cases=None
        )
        .select_related("member", "programme")
        .order_by("-programme__year", "pk")
    )


def terms_ending(organization: Organization, today: date) -> list[DispositionCase]:
    """限期改正 of the branch whose term ends soon or is over, and which nobody has looked at yet; one query."""
    return list(
        DispositionCase.objects.filter(
            organization=organization,
            state=DispositionState.RUNNING,
            improve_until__lte=today + timedelta(days=REMIND_DAYS),
        )
        .select_related("member")
        .order_by("improve_until", "pk")[:10]
    )
