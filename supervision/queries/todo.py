"""我的待办: what the acting organisation and person still owe, pressing first; own numbers only after that."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Prefetch, Q
from django.utils import timezone

from accountability.models import DutyList, DutyRecord, DutyReview, QualityCheck
from accountability.queries.appraisal_tasks import appraisal_tasks
from accountability.queries.counting import with_counted
from accountability.queries.deployments import deployments_to_sign
from accountability.queries.evaluation_tasks import EvaluationTask, evaluation_tasks
from accountability.queries.quality import to_answer
from accountability.queries.records import open_records, returned_records
from accountability.queries.review_tasks import review_tasks
from branches.access import Actor, Right
from branches.cadence import State
from branches.choices import MeetingStatus
from branches.models import Meeting, MeetingDraft, MeetingReview, Organization, Resolution
from branches.periods import Interval, Period, add_months, window_of
from branches.queries.cadence import Obligation, obligations_of
from supervision.queries import readings
from supervision.queries.choice import Choice
from supervision.queries.cockpit import Waiting, waiting_for
from supervision.queries.unit import Part, parts_of

#: Lines of one kind on the page; the list behind has the rest.
MOST = 30
#: 换届 is announced this many months ahead. [default]
ELECTION_MONTHS = 6
#: A window that ended longer ago is history, not a task; the list of obligations has it.
MISSED_DAYS = 92
SOON_DAYS = 10
#: Of what is long overdue or has time, this many stand for the rest.
FEW = 5


@dataclass(frozen=True)
class Returned:
    """A record that came back, with what the reviewer wrote."""

    row: Meeting | DutyRecord
    label: str
    note: str
    reviewer: str
    at: datetime | None

    @property
    def is_meeting(self) -> bool:
        return isinstance(self.row, Meeting)


@dataclass(frozen=True)
class DraftLine:
    """Something typed and not yet submitted, by this person at this organisation."""

    title: str
    saved_at: datetime
    meeting_id: int | None
    entry_key: str


@dataclass(frozen=True)
class DutyLine:
    """One term of a duty to report on."""

    record: DutyRecord

    @property
    def window(self) -> Period:
        """The month, quarter, half or year it is about."""
        return window_of(self.record.duty.interval, Period.from_key(self.record.period).starts_on)

    @property
    def progress(self) -> str:
        """“3/4” of a countable term; a count by hand is known when it is typed."""
        number = self.record.counted if self.record.counted_now is None else self.record.counted_now
        return "" if number is None else f"{number}/{self.record.duty.target}"


@dataclass(frozen=True)
class OwnHeat:
    """The organisation's own numbers of the newest closed month."""

    own: readings.OwnReading
    choice: Choice
    parts: list[Part]
    quartile: readings.Quartile | None
    heats: list[float | None]
    periods: list[Period]

    @property
    def formula(self):
        return self.own.source.formula

    @property
    def quarter(self) -> str:
        """In words, so that nobody reads a rank."""
        names = {1: "较热的四分之一", 2: "中上的四分之一", 3: "中下的四分之一", 4: "较冷的四分之一"}
        return names[self.quartile.quartile] if self.quartile else ""

    @property
    def trend_label(self) -> str:
        shown = [
            f"{period.index}月 {value:.0f}"
            for period, value in zip(self.periods, self.heats, strict=True)
            if value is not None
        ]
        return "近十二个月热度：" + ("，".join(shown) or "没有读数")


@dataclass(frozen=True)
class Todo:
    """The page. `pressing` obligations end soon, `ahead` have time, `submitted` wait for others.

    `missed` belong to windows that have just ended: only a meeting that was held can still be entered, or a reason.
    """

    organization: Organization
    today: date
    returned: list[Returned] = field(default_factory=list)
    checks: list[QualityCheck] = field(default_factory=list)
    deployments: list[DutyList] = field(default_factory=list)
    pressing: list[Obligation] = field(default_factory=list)
    missed: list[Obligation] = field(default_factory=list)
    ahead: list[Obligation] = field(default_factory=list)
    submitted: list[Obligation] = field(default_factory=list)
    duties: list[DutyLine] = field(default_factory=list)
    duties_late: list[DutyLine] = field(default_factory=list)
    duties_ahead: list[DutyLine] = field(default_factory=list)
    late_number: int = 0
    ahead_number: int = 0
    drafts: list[DraftLine] = field(default_factory=list)
    resolutions: list[Resolution] = field(default_factory=list)
    reviews: list[Waiting] = field(default_factory=list)
    elections: list[Organization] = field(default_factory=list)
    evaluations: list[EvaluationTask] = field(default_factory=list)
    meetings_waiting: int = 0
    records_waiting: int = 0
    heat: OwnHeat | None = None

    @property
    def number(self) -> int:
        """How many things ask for something now."""
        lists = (
            self.returned,
            self.checks,
            self.deployments,
            self.pressing,
            self.missed,
            self.duties,
            self.drafts,
            self.resolutions,
            self.elections,
            self.evaluations,
        )
        return sum(len(each) for each in lists) + sum(each.number for each in self.reviews) + self.late_number

    @property
    def month(self) -> Period:
        return Period.month_of(self.today)

    @property
    def quarter(self) -> Period:
        return window_of(Interval.QUARTER, self.today)

    @property
    def waiting(self) -> int:
        return self.meetings_waiting + self.records_waiting


def todo(actor: Actor) -> Todo:
    """Fill the page of the acting appointment; the number of queries does not depend on the rows."""
    organization, today = actor.organization, actor.today
    lists: dict = {
        "resolutions": _resolutions(actor),
        "evaluations": [
            *evaluation_tasks(actor),
            *review_tasks(actor, timezone.now()),
            *appraisal_tasks(actor),
        ],
    }
    if actor.may(Right.LOG_MEETINGS, organization):
        lists |= _obligations(organization, today)
        lists |= _drafts(actor)
    returned = []
    if actor.may(Right.LOG_MEETINGS, organization):
        returned += _returned_meetings(organization)
    if actor.may(Right.RECORD_DUTIES, organization):
        returned += _returned_records(organization)
        lists |= _duties(organization, today)
        lists["checks"] = list(to_answer(organization)[:MOST])
        if organization.is_committee:  # a branch signs by handing in
            lists["deployments"] = list(deployments_to_sign(organization)[:MOST])
    if organization.is_branch or organization.is_committee:
        lists["elections"] = _elections(actor)
    return Todo(
        organization,
        today,
        returned=sorted(returned, key=lambda each: (each.at is None, each.at)),
        reviews=waiting_for(actor, organization) if organization.is_committee else [],
        heat=_own_heat(organization, today) if actor.has(Right.LOG_MEETINGS) else None,
        **lists,
    )


def _obligations(organization: Organization, today: date) -> dict:
    lists: dict[str, list[Obligation]] = {"pressing": [], "missed": [], "ahead": [], "submitted": []}
    places = {
        State.OVERDUE: "missed",
        State.DUE_SOON: "pressing",
        State.NOT_DUE_YET: "ahead",
        State.WAITING: "submitted",
    }
    for each in obligations_of(organization, today):
        long_ago = each.state is State.OVERDUE and (today - each.due_on).days > MISSED_DAYS
        explained = each.state is State.OVERDUE and each.shortfall is not None
        if each.state in places and not long_ago and not explained:
            lists[places[each.state]].append(each)
    waiting = Meeting.objects.filter(organization=organization).waiting().count()
    return lists | {"meetings_waiting": waiting}


def _returned_meetings(organization: Organization) -> list[Returned]:
    reviews = Prefetch("reviews", MeetingReview.objects.select_related("reviewer"), to_attr="decisions")
    rows = Meeting.objects.filter(organization=organization).returned().prefetch_related(reviews)
    return [_returned(row, row.title) for row in rows[:MOST]]


def _returned_records(organization: Organization) -> list[Returned]:
    reviews = Prefetch("reviews", DutyReview.objects.select_related("reviewer"), to_attr="decisions")
    rows = returned_records(organization).prefetch_related(None).prefetch_related(reviews)
    return [_returned(row, row.duty.heading) for row in rows[:MOST]]


def _returned(row, label: str) -> Returned:
    last = row.decisions[0] if row.decisions else None
    return Returned(
        row,
        label,
        last.note if last else "",
        last.reviewer.name if last else "",
        last.decided_at if last else None,
    )


def _duties(organization: Organization, today: date) -> dict:
    """Terms to report on: due soon, late (the newest first) and later; of the last two a few stand for all."""
    rows = open_records(organization, today).select_related("duty__owner__user")
    late = rows.filter(due_on__lt=today)
    ahead = rows.filter(due_on__gt=today + timedelta(days=SOON_DAYS))
    soon = rows.filter(due_on__gte=today, due_on__lte=today + timedelta(days=SOON_DAYS))
    numbers = rows.order_by().aggregate(
        late=Count("pk", filter=Q(due_on__lt=today)),
        ahead=Count("pk", filter=Q(due_on__gt=today + timedelta(days=SOON_DAYS))),
    )
    return {
        "duties": [DutyLine(row) for row in with_counted(soon)[:MOST]],
        "duties_late": [DutyLine(row) for row in with_counted(late.order_by("-due_on", "pk"))[:FEW]],
        "duties_ahead": [DutyLine(row) for row in with_counted(ahead)[:FEW]],
        "late_number": numbers["late"],
        "ahead_number": numbers["ahead"],
        "records_waiting": DutyRecord.objects.filter(organization=organization).waiting().count(),
    }


def _drafts(actor: Actor) -> dict:
    """What this person has typed, and meetings of the organisation that were saved but never submitted."""
    typed = MeetingDraft.objects.filter(author=actor.user, organization=actor.organization)
    lines = [
        DraftLine(_title(draft), draft.saved_at, draft.meeting_id, str(draft.entry_key))
        for draft in typed[:MOST]
    ]
    known = {line.meeting_id for line in lines} | {None}
    saved = Meeting.objects.filter(organization=actor.organization, status=MeetingStatus.DRAFT)
    lines += [
        DraftLine(meeting.title, meeting.updated_at, meeting.pk, str(meeting.entry_key))
        for meeting in saved.order_by("-updated_at")[:MOST]
        if meeting.pk not in known
    ]
    return {"drafts": lines}


def _title(draft: MeetingDraft) -> str:
    """What the person called it; typed values are kept as lists of strings."""
    typed = draft.typed.get("title") or ""
    return (typed[0] if isinstance(typed, list) and typed else str(typed or "")) or "未命名的会议"


def _resolutions(actor: Actor) -> list[Resolution]:
    """Resolutions this person is to carry out, wherever they were taken inside what the post may see."""
    member = actor.user.member_id
    if member is None:
        return []
    return list(
        Resolution.objects.filter(owner_id=member, done_on__isnull=True)
        .exclude(meeting__status=MeetingStatus.DRAFT)
        .select_related("meeting")
        .order_by("due_on", "pk")[:MOST]
    )


def _elections(actor: Actor) -> list[Organization]:
    """Own 换届 and, for a committee, those of the units directly below."""
    if not actor.has(Right.LOG_MEETINGS):
        return []
    own = actor.organization
    rows = Organization.objects.active_on(actor.today).filter(
        election_due_on__lte=add_months(actor.today, ELECTION_MONTHS)
    )
    near = rows.filter(pk=own.pk) | rows.filter(parent_id=own.pk)
    return list(near.order_by("election_due_on", "path")[:10])


def _own_heat(organization: Organization, today: date) -> OwnHeat | None:
    choice = Choice.read({}, readings.periods_with_readings(), today)
    if choice.period is None:
        return None
    own = readings.own_reading(organization, choice.period)
    if own is None:
        return None
    periods = choice.period.trailing(12)
    points = readings.trend(organization, periods)
    return OwnHeat(
        own,
        choice,
        parts_of(own),
        readings.quartile(organization, choice.period),
        [point.by_level.get(own.level) for point in points],
        periods,
    )
