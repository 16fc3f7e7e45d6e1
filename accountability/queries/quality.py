from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils import timezone

from accountability.access import may_review, reviewed_by
from accountability.choices import RecordStatus
from accountability.models import Deployment, DutyRecord, QualityCheck
from accountability.sampling import USUAL_PERCENT, draw_size
from branches.access import Actor, Right
from branches.models import Organization
from branches.paging import Slice, slice_before
from branches.periods import Period


class CheckState(TextChoices):
    """Where a check stands; each is a tab of the list."""

    TO_CHECK = "to_check", "待抽查"
    TO_ANSWER = "to_answer", "待反馈"
    ANSWERED = "answered", "已反馈"
    PASSED = "passed", "合格"


_CONDITIONS = {
    CheckState.TO_CHECK: Q(passed=None),
    CheckState.TO_ANSWER: Q(passed=False, answered_at=None),
    CheckState.ANSWERED: Q(passed=False, answered_at__isnull=False),
    CheckState.PASSED: Q(passed=True),
}


def state_of(check: QualityCheck) -> CheckState:
    """The state of one check."""
    if check.passed is None:
        return CheckState.TO_CHECK
    if check.passed:
        return CheckState.PASSED
    return CheckState.TO_ANSWER if check.answered_at is None else CheckState.ANSWERED


@dataclass(frozen=True)
class Tab:
    """One state of the checks: its word in the address, its label, how many."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class CheckPage:
    """One page of the checks of a subtree, with how many stand where."""

    tabs: list[Tab]
    state: str
    rows: list[QualityCheck]
    after: str | None


def check_page(organization: Organization, state: str, after: str) -> CheckPage:
    """Two queries: the numbers of all states, and one page of one of them, newest first."""
    checks = QualityCheck.objects.in_subtree(organization)
    counts = checks.order_by().aggregate(
        every=Count("pk"), **{each.value: Count("pk", filter=_CONDITIONS[each]) for each in CheckState}
    )
    tabs = [
        Tab("", "全部", counts["every"]),
        *(Tab(each.value, each.label, counts[each.value]) for each in CheckState),
    ]
    if state in CheckState.values:
        checks = checks.filter(_CONDITIONS[CheckState(state)])
    else:
        state = ""
    page: Slice = slice_before(_along(checks), "pk", after if after.isdecimal() else "")
    return CheckPage(tabs, state, page.rows, page.after)


def to_answer(organization: Organization) -> QuerySet:
    """The checks a unit is asked to answer, oldest first."""
    checks = QualityCheck.objects.filter(_CONDITIONS[CheckState.TO_ANSWER], organization=organization)
    return _along(checks).order_by("checked_at", "pk")


@dataclass(frozen=True)
class CheckDetail:
    """One check with what was handed in, and what the actor may do about it."""

    check: QualityCheck
    state: CheckState
    record: DutyRecord
    may_judge: bool
    may_answer: bool


def check_detail(check: QualityCheck, actor: Actor) -> CheckDetail:
    """One query."""
    check = (
        _along(QualityCheck.objects.filter(pk=check.pk))
        .select_related(
            "organization",
            "drawn_by",
            "checker",
            "answered_by",
            "record__organization",
            "record__author",
            "record__duty__duty_list",
        )
        .get()
    )
    return CheckDetail(
        check=check,
        state=state_of(check),
        record=check.record,
        may_judge=check.passed is None and may_review(actor, check.record),
        may_answer=state_of(check) == CheckState.TO_ANSWER
        and actor.may(Right.RECORD_DUTIES, check.organization),
    )


def check_of(record: DutyRecord) -> QualityCheck | None:
    """The check of one record, if it was drawn."""
    checks = QualityCheck.objects.filter(record=record).select_related("checker", "answered_by")
    return checks.first()


@dataclass(frozen=True)
class DrawPreview:
    """What a draw would take: how many were accepted, how many drawn before, how many are left to draw."""

    population: int
    drawn: int
    percent: int

    @property
    def wanted(self) -> int:
        return max(0, draw_size(self.population, self.percent) - self.drawn)


def drawable(actor: Actor, records: QuerySet) -> QuerySet:
    """Those of `records` that a draw of the actor counts: accepted, below, and not written by the actor."""
    return reviewed_by(actor, records.in_force().filter(status=RecordStatus.ACCEPTED))


def records_to_draw(scope: Organization, deployment: Deployment | None, month: Period) -> QuerySet:
    """The records a draw takes from: those of a deployment, or all that were accepted in a month."""
    records = DutyRecord.objects.in_subtree(scope)
    if deployment is not None:
        return records.filter(duty__duty_list__deployment=deployment)
    return records.filter(accepted_at__gte=_midnight(month), accepted_at__lt=_midnight(month.next()))


def draw_preview(actor: Actor, records: QuerySet, percent: int = USUAL_PERCENT) -> DrawPreview:
    """One query."""
    counts = drawable(actor, records).aggregate(
        population=Count("pk"), drawn=Count("pk", filter=Q(quality_check__isnull=False))
    )
    return DrawPreview(counts["population"], counts["drawn"], percent)


def deployments_to_draw(scope: Organization) -> QuerySet:
    """The deployments at or below `scope`, or handed down through it, that something may be drawn of."""
    return (
        Deployment.objects.filter(lists__in=scope.duty_lists.in_force())
        | Deployment.objects.in_subtree(scope)
    ).distinct()


def _along(checks):
    return checks.select_related("organization", "record__duty__duty_list__deployment")


def _midnight(month: Period) -> datetime:
    return timezone.make_aware(datetime.combine(month.starts_on, time()))
