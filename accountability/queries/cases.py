from dataclasses import dataclass

from django.db.models import Count, QuerySet

from accountability.access import handles_cases, is_concerned, must_stand_aside
from accountability.actions.cases import may_file_appeal
from accountability.choices import CaseMeasure, CaseState
from accountability.models import AccountabilityCase, CaseAppeal
from branches.models import Appointment


@dataclass(frozen=True)
class CaseDetail:
    """One case with what came of it, and which steps the actor may take now."""

    case: AccountabilityCase
    appeals: list[CaseAppeal]
    readers: list[Appointment]
    steps: frozenset[str]
    stands_aside: bool
    is_concerned: bool


def cases_seen(actor) -> QuerySet:
    """The cases the actor may know of, the newest first."""
    rows = AccountabilityCase.objects.visible_to(actor)
    return rows.select_related("organization", "appointment__user", "handler")


def knows_of_cases(actor) -> bool:
    """Whether there is anything for the actor at the register: their post handles cases, or they were let into one."""
    return handles_cases(actor) or AccountabilityCase.objects.visible_to(actor).exists()


def case_numbers(committee, year: int) -> list[tuple[str, int]]:
    """How many cases the committee drafted in a year, state by state; numbers alone, for those who know no case."""
    rows = AccountabilityCase.objects.filter(handler=committee, drafted_at__year=year)
    found = dict(rows.order_by().values_list("state").annotate(number=Count("pk")))
    return [(state.label, found[state]) for state in CaseState if state in found]


def labels_of(measures) -> list[str]:
    """The words for codes of `CaseMeasure`, in the order they were declared."""
    return [each.label for each in CaseMeasure if each in measures]


def case_detail(case: AccountabilityCase, actor) -> CaseDetail:
    readers = case.readers.select_related("user", "organization")
    aside = must_stand_aside(actor, case.organization, case.appointment)
    return CaseDetail(
        case=case,
        appeals=list(case.appeals.select_related("author", "answered_by")),
        readers=list(readers.by_post()),
        steps=_steps(case, actor, aside),
        stands_aside=aside and handles_cases(actor, case),
        is_concerned=is_concerned(actor, case),
    )


def _steps(case, actor, aside) -> frozenset[str]:
    steps = set()
    # A paper that came in on the last day may be entered on the next.
    in_time = case.appeal_until and (actor.today <= case.appeal_until or handles_cases(actor, case))
    if case.state == CaseState.ANNOUNCED and in_time and may_file_appeal(actor, case):
        steps.add("appeal")
    if aside or not handles_cases(actor, case):
        return frozenset(steps)
    is_own = case.drafted_by_id == actor.user.pk
    steps.add("readers")
    match case.state:
        case CaseState.DRAFT:
            steps |= {"drop", "edit", "propose"} if is_own else {"drop"}
        case CaseState.PROPOSED:
            steps |= {"drop", "edit"} if is_own else {"drop", "decide"}
        case CaseState.DECIDED:
            steps |= {"announce", "edit"}
        case CaseState.ANNOUNCED:
            steps |= {"edit", "close"} if actor.today > case.appeal_until else {"edit"}
        case CaseState.APPEALED:
            steps |= {"edit"} if is_own else {"edit", "answer"}
        case CaseState.CLOSED:
            steps.add("edit")
    return frozenset(steps)
