from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import Count, Q

from accountability.choices import PlanState, Quarter
from accountability.evaluation_access import runs_round
from accountability.models import ImprovementPlan, PlanStep
from branches.access import POWERS, Right
from branches.models import Appointment, Organization
from branches.paging import slice_after

#: Posts that answer for a plan: whoever may state facts for the unit.
BEARING_POSTS = tuple(post for post, powers in POWERS.items() if Right.FILL_EVALUATIONS in powers)


@dataclass(frozen=True)
class Tab:
    """A filter with its number."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class PlanListPage:
    """Plans at and below an organisation; `only` is a state, or "late"."""

    rows: list[ImprovementPlan]
    tabs: list[Tab]
    only: str
    quarter: str
    next_url: str


LATE = "late"


def plan_page(organization: Organization, only: str, quarter: str, after: str, today: date) -> PlanListPage:
    """Two queries."""
    plans = ImprovementPlan.objects.in_subtree(organization)
    if quarter in Quarter.values:
        plans = plans.filter(quarter=quarter)
    late = Q(due_on__lt=today) & ~Q(state=PlanState.CLOSED)
    counts = plans.aggregate(
        **{value: Count("pk", filter=Q(state=value)) for value in PlanState.values},
        all=Count("pk"),
        late=Count("pk", filter=late),
    )
    tabs = [Tab("", "全部", counts["all"])]
    tabs += [Tab(value, label, counts[value]) for value, label in PlanState.choices]
    tabs.append(Tab(LATE, "已逾期", counts["late"]))
    if only in PlanState.values:
        plans = plans.filter(state=only)
    elif only == LATE:
        plans = plans.filter(late)
    steps = Count("steps"), Count("steps", filter=Q(steps__done_on__isnull=False))
    page = slice_after(
        plans.select_related("organization", "evaluation__round", "owner__user").annotate(
            all_steps=steps[0], done_steps=steps[1]
        ),
        "pk",
        after if after.isdecimal() else "",
    )
    query = {name: value for name, value in (("only", only), ("quarter", quarter)) if value}
    return PlanListPage(
        page.rows,
        tabs,
        only,
        quarter,
        f"?{urlencode(query | {'after': page.after})}" if page.after else "",
    )


@dataclass(frozen=True)
class PlanPage:
    """One plan with its steps, and what the actor may do now."""

    plan: ImprovementPlan
    steps: list[PlanStep]
    may_edit: bool
    may_report: bool
    may_review: bool

    @property
    def undone(self) -> list[PlanStep]:
        """Steps nobody has reported yet."""
        return [step for step in self.steps if step.done_on is None]


def with_plan(rows):
    """Plans with what every page about them speaks of."""
    return rows.select_related(
        "organization",
        "evaluation__round__organization",
        "evaluation__organization",
        "owner__user",
        "owner__organization",
        "partner",
        "reported_by",
        "reviewed_by",
    )


def plan_detail_page(plan: ImprovementPlan, actor) -> PlanPage:
    """Two queries."""
    plan = with_plan(ImprovementPlan.objects).get(pk=plan.pk)
    steps = list(plan.steps.order_by("number"))
    writes = actor.may(Right.FILL_EVALUATIONS, plan.organization)
    return PlanPage(
        plan,
        steps,
        writes and plan.state in (PlanState.ASKED, PlanState.RUNNING),
        writes and plan.state == PlanState.RUNNING and all(step.done_on for step in steps),
        plan.state == PlanState.REPORTED
        and runs_round(actor, plan.evaluation.round)
        and plan.reported_by_id != actor.user.pk,
    )


def owners_for(organization: Organization, today: date):
    """Who may answer for a plan of the unit."""
    return (
        Appointment.objects.on(today)
        .filter(organization=organization, post__in=BEARING_POSTS)
        .select_related("user", "organization")
        .order_by("pk")
    )


def partners_for(organization: Organization, today: date):
    """Whom a unit may pair with: those beside it under the same committee."""
    if organization.parent_id is None:
        return Organization.objects.none()
    return (
        Organization.objects.active_on(today)
        .filter(parent=organization.parent_id)
        .exclude(pk=organization.pk)
        .order_by("path")
    )
