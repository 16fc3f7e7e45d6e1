from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.utils.timezone import localdate

from accountability.burden import Burden, burden_of
from accountability.choices import DeploymentState, ListStatus, RecordStatus, Stage
from accountability.funnel import (
    COMMON,
    Funnel,
    Progress,
    Standing,
    Step,
    Stuck,
    by_level,
    funnel,
    percent,
    sentence,
    sticking_point,
)
from accountability.models import Deployment, Duty, DutyList, DutyRecord, IssueBatch
from accountability.windows import stricter_points
from branches.access import Actor
from branches.choices import Level, OrganizationKind
from branches.models import Organization
from branches.paging import Slice, slice_before
from branches.periods import Interval

PAGE = 50
HANDED_IN = (RecordStatus.SUBMITTED, RecordStatus.ACCEPTED)


# How far it came at each unit


@dataclass(frozen=True)
class UnitRow:
    """One unit of a deployment: its list and how far it has come there."""

    list_id: int
    organization_id: int
    name: str
    path: str
    parent: str
    progress: Progress


def unit_rows(
    deployment: Deployment, scope: Organization, *, level: int | None = None, after: str = ""
) -> list[UnitRow]:
    """The units below `scope` that have the deployment, in the order of the tree. One query, whatever the number.

    `level` keeps one level, `after` what follows a path. What was withdrawn is left out.
    """
    lists = deployment.lists.in_subtree(scope).exclude(organization=scope)
    if level is not None:
        lists = lists.filter(organization__level=level)
    if after:
        lists = lists.filter(organization__path__gt=after)
    return _unit_rows(lists)


def own_row(duty_list: DutyList) -> UnitRow | None:
    """How far a deployment has come at the unit of one of its lists itself."""
    return next(iter(_unit_rows(DutyList.objects.filter(pk=duty_list.pk))), None)


def _unit_rows(lists) -> list[UnitRow]:
    duty = Q(duties__is_withdrawn=False)
    term = "duties__records__"
    record = duty & Q(duties__records__isnull=False, duties__records__withdrawn_at__isnull=True)
    handed_in = record & Q(**{f"{term}status__in": HANDED_IN})
    check = f"{term}quality_check"
    drawn = record & Q(**{f"{check}__isnull": False})
    failed = drawn & Q(**{f"{check}__passed": False})
    rows = (
        lists.in_force()
        .filter(appointment=None)
        .order_by("organization__path")
        .values_list(
            "pk",
            "organization",
            "organization__short_name",
            "organization__path",
            "organization__parent__short_name",
            "organization__level",
            "issued_on",
            "signed_at",
        )
        .annotate(
            duties_given=Count("duties", filter=duty),
            arranged=Count("duties", filter=duty & Q(duties__arranged_at__isnull=False)),
            arranged_at=Max("duties__arranged_at", filter=duty),
            given=Count("duties__records", filter=record),
            due_on=Max(f"{term}due_on", filter=record),
            owed_on=Min(f"{term}due_on", filter=record & ~Q(**{f"{term}status__in": HANDED_IN})),
            executed=Count("duties__records", filter=handed_in),
            executed_at=Max(f"{term}submitted_at", filter=handed_in),
            late=Count("duties__records", filter=handed_in & Q(**{f"{term}done_on__gt": F(f"{term}due_on")})),
            accepted=Count("duties__records", filter=record & Q(**{f"{term}status": RecordStatus.ACCEPTED})),
            accepted_at=Max(f"{term}accepted_at", filter=record),
            drawn=Count(check, filter=drawn),
            drawn_at=Max(f"{check}__drawn_at", filter=drawn),
            checked=Count(check, filter=drawn & Q(**{f"{check}__passed__isnull": False})),
            checked_at=Max(f"{check}__checked_at", filter=drawn),
            failed=Count(check, filter=failed),
            answered=Count(check, filter=failed & Q(**{f"{check}__answered_at__isnull": False})),
            answered_at=Max(f"{check}__answered_at", filter=failed),
        )
        .filter(given__gt=0)
    )
    return [_unit_row(*row) for row in rows]


def _unit_row(
    list_id, organization_id, name, path, parent, level, issued_on, signed_at,
    duties, arranged, arranged_at, given, due_on, owed_on, executed, executed_at, late, accepted, accepted_at,
    drawn, drawn_at, checked, checked_at, failed, answered, answered_at,
) -> UnitRow:  # fmt: skip
    progress = Progress(
        level=level,
        given_on=issued_on,
        due_on=due_on,
        owed_on=owed_on,
        received_on=_day(signed_at),
        arranged_on=_day(arranged_at) if arranged == duties else None,
        executed_on=_day(executed_at) if executed == given else None,
        accepted_on=_day(accepted_at) if accepted == given else None,
        is_late=bool(late),
        drawn=drawn,
        checked=checked,
        failed=failed,
        answered=answered,
        drawn_on=_day(drawn_at),
        checked_on=_day(checked_at),
        answered_on=_day(answered_at),
    )
    return UnitRow(list_id, organization_id, name, path, parent or "", progress)


def _day(moment) -> date | None:
    return localdate(moment) if moment else None


# The page of one deployment


@dataclass(frozen=True)
class StepLine:
    """One step as it is shown: `whole` is what its share is of."""

    step: Step
    whole: int

    @property
    def share(self) -> str:
        return percent(self.step.reached, self.whole)

    @property
    def width(self) -> str:
        return f"{100 * self.step.reached / self.whole:.1f}" if self.whole else "0"

    @property
    def conversion(self) -> str:
        return percent(self.step.reached, self.step.due)


@dataclass(frozen=True)
class LevelLine:
    """One level with its funnel; `level` None stands for all of them."""

    level: int | None
    funnel: Funnel

    @property
    def label(self) -> str:
        return "全部" if self.level is None else Level(self.level).label

    @property
    def steps(self) -> list["StepLine"]:
        """Shares are of all units for the common stages, of those concerned for the last two."""
        given = self.funnel.given
        return [StepLine(step, given if step.stage in COMMON else step.due) for step in self.funnel.steps]


@dataclass(frozen=True)
class DeploymentPage:
    """A deployment as seen from one of its units downwards: everything below `duty_list.organization`."""

    deployment: Deployment
    duty_list: DutyList
    own: UnitRow | None
    whole: LevelLine
    levels: list[LevelLine]
    chosen: LevelLine
    stuck: Stuck | None
    roots: list[Duty]
    batch: IssueBatch | None
    reason: str

    @property
    def sentence(self) -> str:
        return sentence(self.whole.funnel, self.stuck)


def deployment_page(duty_list: DutyList, level: int | None, today: date) -> DeploymentPage:
    """Six queries, whatever the number of units. `level` chooses the funnel that is shown step by step."""
    deployment = duty_list.deployment
    rows = [row.progress for row in unit_rows(deployment, duty_list.organization)]
    levels = by_level(rows, today)
    lines = [LevelLine(number, each) for number, each in levels.items()]
    whole = LevelLine(None, funnel(rows, today))
    is_root = duty_list.organization_id == deployment.organization_id
    return DeploymentPage(
        deployment=deployment,
        duty_list=duty_list,
        own=None if is_root else own_row(duty_list),
        whole=whole,
        levels=lines,
        chosen=next((line for line in lines if line.level == level), whole),
        stuck=sticking_point(levels),
        roots=list(duty_list.duties.select_related("owner__user").order_by("number")),
        batch=deployment.batches.order_by("-created_at").first() if deployment.is_direct else None,
        reason=_last_reason(deployment),
    )


def _last_reason(deployment) -> str:
    """Why it is no longer under way; empty while it is."""
    if deployment.state == DeploymentState.ISSUED:
        return ""
    changes = deployment.history.order_by("-history_date", "-history_id")
    return changes.values_list("history_change_reason", flat=True).first() or ""


def root_list(deployment: Deployment) -> DutyList:
    """The committee's own list, from which everything was decomposed."""
    return DutyList.objects.select_related(
        "organization", "deployment__organization", "deployment__author"
    ).get(deployment=deployment, organization=deployment.organization_id, appointment=None)


# The units behind a number


@dataclass(frozen=True)
class UnitFilter:
    """Which units a number of the funnel stands for; None is everything."""

    stage: Stage | None = None
    standing: Standing = Standing.DUE
    level: int | None = None

    @classmethod
    def of(cls, query) -> "UnitFilter":
        """Read ?stage=ARRANGED&standing=waiting&level=50; what makes no sense is left out."""
        stage, standing, level = (query.get(name, "") for name in ("stage", "standing", "level"))
        return cls(
            Stage(stage) if stage in Stage.values else None,
            Standing(standing) if standing in set(Standing) else Standing.DUE,
            int(level) if level.isdecimal() and int(level) in Level.values else None,
        )

    def keeps(self, progress: Progress, today: date) -> bool:
        return self.stage is None or self.standing in progress.standings(self.stage, today)

    @property
    def active(self) -> list[tuple[str, str]]:
        """The filters that are on, as (parameter, words)."""
        found = []
        if self.level is not None:
            found.append(("level", Level(self.level).label))
        if self.stage is not None:
            found.append(("stage", f"{self.stage.label}：{self.standing.label}"))
        return found


@dataclass(frozen=True)
class UnitPage:
    """One page of units, walked by path."""

    rows: list[UnitRow]
    after: str
    total: int | None


def unit_page(duty_list: DutyList, wanted: UnitFilter, after: str, today: date) -> UnitPage:
    """The units below a list that `wanted` keeps, those that follow the path `after`. One query.

    The total is known on the first page only: later ones read no more than what follows.
    """
    rows = unit_rows(duty_list.deployment, duty_list.organization, level=wanted.level, after=after)
    kept = [row for row in rows if wanted.keeps(row.progress, today)]
    return UnitPage(
        kept[:PAGE], kept[PAGE - 1].path if len(kept) > PAGE else "", None if after else len(kept)
    )


# One deployment followed down to any branch


@dataclass(frozen=True)
class Below:
    """How far the children of a duty have come, in units."""

    given: int = 0
    received: int = 0
    arranged: int = 0
    executed: int = 0
    accepted: int = 0


@dataclass(frozen=True)
class ChainLine:
    """One share in the chain: whose it is, when each stage was reached, and in what it asks for more."""

    duty: Duty
    record: DutyRecord | None
    below: Below
    stricter: list[str] = field(default_factory=list)

    @property
    def received_on(self) -> date | None:
        return _day(self.duty.duty_list.signed_at)

    @property
    def arranged_on(self) -> date | None:
        return _day(self.duty.arranged_at)

    @property
    def executed_on(self) -> date | None:
        handed_in = self.record is not None and self.record.status in HANDED_IN
        return _day(self.record.submitted_at) if handed_in else None

    @property
    def accepted_on(self) -> date | None:
        return _day(self.record.accepted_at) if self.record else None

    @property
    def is_late(self) -> bool:
        """Whether it was carried out after its day."""
        return self.executed_on is not None and not self.record.is_timely

    @property
    def due_on(self) -> date | None:
        return self.record.due_on if self.record else self.duty.deadline


@dataclass(frozen=True)
class ChainPage:
    """A duty of a deployment with the way down to it, the other items of its list, and its shares below."""

    here: ChainLine
    trail: list[Duty]
    items: list[Duty]
    lines: list[ChainLine]
    after: str


def chain_page(duty: Duty, actor: Actor, after: str) -> ChainPage:
    """The shares of `duty`, in the order of the tree, those that follow `after` (path~key). Seven queries at any depth.

    The way down begins at the acting organisation or at the deploying committee, whichever is lower.
    """
    duty = _chain_duties(Duty.objects.filter(pk=duty.pk)).get()
    children = _chain_duties(duty.children.in_force())
    path, _, pk = after.partition("~")
    if pk.isdecimal():
        children = children.filter(
            Q(organization__path__gt=path) | Q(organization__path=path, pk__gt=int(pk))
        )
    rows = list(children.order_by("organization__path", "pk")[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    rows = rows[:PAGE]
    below = _below([duty.pk, *(row.pk for row in rows)])
    records = {
        record.duty_id: record
        for record in DutyRecord.objects.in_force().filter(duty__in=[duty.pk, *(row.pk for row in rows)])
    }
    parent = Duty.objects.filter(pk=duty.parent_id).first() if duty.parent_id else None
    return ChainPage(
        here=ChainLine(
            duty,
            records.get(duty.pk),
            below[duty.pk],
            stricter_points(duty, parent) if parent else [],
        ),
        trail=_trail(duty, actor),
        items=list(duty.duty_list.duties.in_force().order_by("number")),
        lines=[
            ChainLine(row, records.get(row.pk), below[row.pk], stricter_points(row, duty)) for row in rows
        ],
        after=f"{last.organization.path}~{last.pk}" if last else "",
    )


def _chain_duties(duties):
    return duties.select_related("organization", "duty_list__deployment", "owner__user")


def _below(pks) -> dict[int, Below]:
    handed_in = Q(records__withdrawn_at__isnull=True, records__status__in=HANDED_IN)
    found = defaultdict(Below)
    for parent, *numbers in (
        Duty.objects.in_force()
        .filter(parent__in=pks, is_personal=False)
        .order_by()
        .values("parent")
        .annotate(
            given=Count("pk", distinct=True),
            received=Count("pk", distinct=True, filter=Q(duty_list__signed_at__isnull=False)),
            arranged=Count("pk", distinct=True, filter=Q(arranged_at__isnull=False)),
            executed=Count("pk", distinct=True, filter=handed_in),
            accepted=Count("pk", distinct=True, filter=handed_in & Q(records__status=RecordStatus.ACCEPTED)),
        )
        .values_list("parent", "given", "received", "arranged", "executed", "accepted")
    ):
        found[parent] = Below(*numbers)
    return found


def _trail(duty, actor) -> list[Duty]:
    """The duties from which this one came, from the top, as far up as the actor may look."""
    path, step = duty.organization.path, Organization.steplen
    own = len(actor.organization.path)
    above = {
        each.pk: each
        for each in Duty.objects.filter(
            duty_list__deployment=duty.duty_list.deployment_id,
            organization__path__in=[path[:end] for end in range(own, len(path) + 1, step)],
        ).select_related("organization")
    }
    trail, each = [], above.get(duty.parent_id)
    while each is not None:
        trail.append(each)
        each = above.get(each.parent_id)
    return trail[::-1]


# The list of deployments of one committee


@dataclass(frozen=True)
class DeploymentLine:
    """A deployment in a list: the list it is about, how many units have it, and how far their records are."""

    deployment: Deployment
    duty_list: DutyList | None
    given: int = 0
    signed: int = 0
    records: int = 0
    accepted: int = 0
    overdue: int = 0


@dataclass(frozen=True)
class DeploymentIndex:
    """One page of what a unit has deployed, or was given."""

    lines: list[DeploymentLine]
    after: str | None


def issued_index(organization: Organization, state: str, after: str, today: date) -> DeploymentIndex:
    """What `organization` deployed, newest first, with all units below counted. Three queries."""
    rows = Deployment.objects.filter(organization=organization)
    if state:
        rows = rows.filter(state=state)
    page = slice_before(rows, "pk", after if after.isdecimal() else "", PAGE)
    below = DutyList.objects.in_force().exclude(organization=organization)
    lists = dict.fromkeys([each.pk for each in page.rows], (0, 0))
    for pk, *numbers in (
        below.filter(deployment__in=page.rows, appointment=None)
        .order_by()
        .values("deployment")
        .annotate(given=Count("pk"), signed=Count("pk", filter=Q(status=ListStatus.SIGNED)))
        .values_list("deployment", "given", "signed")
    ):
        lists[pk] = tuple(numbers)
    records = _records_by(
        DutyRecord.objects.exclude(organization=organization), "duty__duty_list__deployment", page.rows, today
    )
    lines = [DeploymentLine(each, None, *lists[each.pk], *records[each.pk]) for each in page.rows]
    return DeploymentIndex(lines, page.after)


def received_index(organization: Organization, state: str, after: str, today: date) -> DeploymentIndex:
    """What `organization` was given from above, newest first, with its own records counted. Two queries."""
    rows = DutyList.objects.filter(organization=organization, deployment__isnull=False, appointment=None)
    rows = rows.exclude(deployment__organization=organization).select_related(
        "deployment__organization", "issuer"
    )
    rows = rows.filter(deployment__state=state) if state else rows
    if state != DeploymentState.WITHDRAWN:
        rows = rows.in_force()
    page: Slice = slice_before(rows, "pk", after if after.isdecimal() else "", PAGE)
    records = _records_by(DutyRecord.objects.all(), "duty__duty_list", page.rows, today)
    lines = [DeploymentLine(each.deployment, each, 0, 0, *records[each.pk]) for each in page.rows]
    return DeploymentIndex(lines, page.after)


def _records_by(records, key, rows, today) -> dict[int, tuple[int, int, int]]:
    """(records, accepted, overdue) in force by the row they hang on."""
    found = defaultdict(lambda: (0, 0, 0))
    open_ = Q(status__in=[RecordStatus.OPEN, RecordStatus.RETURNED])
    for pk, *numbers in (
        records.in_force()
        .filter(**{f"{key}__in": rows})
        .order_by()
        .values(key)
        .annotate(
            number=Count("pk"),
            accepted=Count("pk", filter=Q(status=RecordStatus.ACCEPTED)),
            overdue=Count("pk", filter=open_ & Q(due_on__lt=today)),
        )
        .values_list(key, "number", "accepted", "overdue")
    ):
        found[pk] = tuple(numbers)
    return found


def deployments_to_sign(organization: Organization) -> QuerySet:
    """The lists of deployments that wait to be signed for by the unit, the oldest first."""
    return (
        DutyList.objects.filter(organization=organization, deployment__isnull=False, appointment=None)
        .filter(status=ListStatus.ISSUED)
        .select_related("deployment", "issuer")
        .order_by("pk")
    )


# Before issuing


@dataclass(frozen=True)
class DeploymentPreview:
    """Whom a deployment reaches and what it asks of each, before it is made."""

    units: int
    levels: list[tuple[str, int]]
    items: int
    monthly: Burden
    below: int
    borne: float
    sample: list[str]

    @property
    def records(self) -> int:
        return self.items * (self.units + self.below)

    @property
    def burden(self) -> str:
        """What it asks of each unit in all, not a month."""
        fields, minutes = 12 * self.monthly.fields, 12 * self.monthly.minutes
        return f"每个单位共{self.items}份纪实、{float(fields):g}项填写、约{float(minutes):g}分钟"


def children_of(organization: Organization, day: date):
    """The direct children a committee may deploy to."""
    return (
        Organization.objects.filter(parent=organization)
        .active_on(day)
        .exclude(kind=OrganizationKind.GROUP)
        .order_by("path")
    )


def deployment_preview(
    units: Iterable[Organization], below, items: list, year: int, sample: int = 5
) -> DeploymentPreview:
    """Two queries. `items` have the attribute `evidence`; `below` are the organisations a direct one reaches after `units`, or none."""
    units = list(units)
    levels: dict[int, int] = defaultdict(int)
    for unit in units:
        levels[unit.level] += 1
    opened = (
        DutyRecord.objects.in_force()
        .filter(organization__in=[unit.pk for unit in units], duty__duty_list__year=year)
        .count()
    )
    return DeploymentPreview(
        units=len(units),
        levels=[(Level(level).label, number) for level, number in sorted(levels.items())],
        items=len(items),
        monthly=burden_of(Duty(interval=Interval.YEAR, evidence=item.evidence) for item in items),
        below=below.count(),
        borne=opened / len(units) / 12 if units else 0,
        sample=[str(unit) for unit in units[:sample]],
    )
