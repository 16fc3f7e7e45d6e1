"""The pages about meetings: list, calendar, matrix, one record, and what waits for whom."""

from calendar import Calendar
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    DateField,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    UUIDField,
)

from branches.access import Actor, Right
from branches.cadence import OrganizationFacts, applies
from branches.choices import MeetingKind, MeetingStatus
from branches.models import (
    Absence,
    CadenceRule,
    Meeting,
    MeetingDraft,
    MeetingReview,
    Member,
    Organization,
    Participant,
    Resolution,
)
from branches.occasions import kinds_offered
from branches.periods import Interval, Period
from branches.prepared import Prepared, Slot
from branches.queries.cadence import Obligation, obligations_of
from branches.querysets.organizations import subtree

PAGE = 30
#: Above this a list says “多于” instead of counting on.
COUNT_CAP = 10_000


@dataclass(frozen=True)
class MeetingPage:
    """One page of a list, the cursor of the next, and how many match (capped)."""

    rows: list[Meeting]
    next_cursor: str
    total: int

    @property
    def total_words(self) -> str:
        return f"多于 {COUNT_CAP} 条" if self.total > COUNT_CAP else f"共 {self.total} 条"


def meetings_in(organization: Organization, actor: Actor) -> QuerySet:
    """The records that may be listed at `organization`: all of its subtree, drafts only of one's own unit."""
    own = Q(organization=organization)
    meetings = Meeting.objects.filter(
        own if organization.is_branch else subtree(organization, "organization")
    )
    if actor.may(Right.LOG_MEETINGS, organization):
        return meetings.filter(~Q(status=MeetingStatus.DRAFT) | own)
    return meetings.exclude(status=MeetingStatus.DRAFT)


def waiting_below(organization: Organization, actor: Actor) -> QuerySet:
    """What waits for confirmation strictly below `organization`, but for what the actor has entered."""
    return (
        Meeting.objects.waiting()
        .filter(subtree(organization, "organization"))
        .exclude(organization=organization)
        .exclude(author=actor.user)
    )


def newest_first(meetings: QuerySet, cursor: str) -> MeetingPage:
    """A page by day held, newest first, after `cursor` ("2026-10-03.17"; anything else is the first page)."""
    total = _capped_count(meetings)
    if place := _read_cursor(cursor):
        day, pk = place
        meetings = meetings.filter(Q(held_on__lt=day) | Q(held_on=day, pk__lt=pk), held_on__lte=day)
    rows = list(meetings.select_related("organization", "group").order_by("-held_on", "-pk")[: PAGE + 1])
    return _page(rows, total, lambda row: f"{row.held_on.isoformat()}.{row.pk}")


def longest_waiting(meetings: QuerySet, cursor: str) -> MeetingPage:
    """A page by time of submission, oldest first, after `cursor` (the key of the last record shown)."""
    total = _capped_count(meetings)
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        last = Meeting.objects.filter(pk=cursor).values_list("submitted_at", flat=True).first()
        if last is not None:
            meetings = meetings.filter(Q(submitted_at__gt=last) | Q(submitted_at=last, pk__gt=int(cursor)))
    rows = list(meetings.select_related("organization", "group").order_by("submitted_at", "pk")[: PAGE + 1])
    return _page(rows, total, lambda row: str(row.pk))


def child_units(organization: Organization) -> list[Organization]:
    """The units directly below, to choose from; groups keep no records of their own."""
    if organization.is_branch:
        return []
    return list(
        Organization.objects.filter(parent=organization)
        .order_by("path")
        .only("pk", "short_name", "path", "depth")[:300]
    )


@dataclass(frozen=True)
class CalendarDay:
    day: date
    is_inside: bool
    meetings: list[Meeting]


def calendar_of(organization: Organization, month: Period, actor: Actor) -> list[list[CalendarDay]]:
    """The weeks of `month` with the unit's own meetings on their days. One query."""
    by_day: dict[date, list[Meeting]] = {}
    rows = meetings_in(organization, actor).filter(organization=organization).held_in(month)
    for meeting in rows.order_by("started_at", "pk"):
        by_day.setdefault(meeting.held_on, []).append(meeting)
    return [
        [
            CalendarDay(day, day.month == month.index, by_day.get(day, []) if day in month else [])
            for day in week
        ]
        for week in Calendar().monthdatescalendar(month.year, month.index)
    ]


@dataclass(frozen=True)
class MatrixCell:
    month: Period
    confirmed: int
    other: int


@dataclass(frozen=True)
class MatrixRow:
    kind: MeetingKind
    cells: list[MatrixCell]

    @property
    def confirmed(self) -> int:
        return sum(cell.confirmed for cell in self.cells)

    @property
    def other(self) -> int:
        return sum(cell.other for cell in self.cells)


def matrix_of(organization: Organization, year: Period, actor: Actor) -> list[MatrixRow]:
    """How often the unit itself met, kind by month: confirmed, and entered but not confirmed. Two queries."""
    confirmed, other, seen = Counter(), Counter(), set()
    rows = meetings_in(organization, actor).filter(organization=organization).held_in(year)
    for kinds, month, status in rows.values_list("kinds", "period", "status"):
        for kind in MeetingKind.unpack(kinds):
            seen.add(kind)
            (confirmed if status == MeetingStatus.CONFIRMED else other)[kind, month] += 1
    has_groups = organization.is_branch and Organization.objects.filter(parent=organization).groups().exists()
    offered = kinds_offered(
        organization.kind, has_committee=organization.has_committee, has_groups=has_groups
    )
    return [
        MatrixRow(
            kind,
            [MatrixCell(month, confirmed[kind, month.key], other[kind, month.key]) for month in year.months],
        )
        for kind in MeetingKind
        if kind in offered or kind in seen
    ]


def meeting_record(meeting: Meeting) -> Meeting:
    """The record with everything its page, its print and its Word file show: a constant number of queries."""
    return (
        Meeting.objects.select_related("organization", "group", "chair", "recorder", "author")
        .prefetch_related(
            Prefetch("absences", Absence.objects.select_related("member")),
            Prefetch("participants", Participant.objects.select_related("member")),
            "guests",
            "agenda",
            Prefetch("resolutions", Resolution.objects.select_related("owner")),
            "votes",
            "attachments",
            Prefetch(
                "reviews",
                MeetingReview.objects.select_related(
                    "reviewer", "appointment__organization", "appointment__user"
                ),
            ),
            "corrections__author",
        )
        .get(pk=meeting.pk)
    )


def rules_satisfied(organization: Organization, kinds: int, day: date, groups: int) -> list[CadenceRule]:
    """The rules in force on `day` that an event of these kinds counts for, at this organisation. One query."""
    chosen = [int(kind) for kind in MeetingKind.unpack(kinds)]
    facts = OrganizationFacts(
        kind=organization.kind,
        level=organization.level,
        chain=organization.chain,
        sector=organization.sector,
        has_committee=organization.has_committee,
        groups=groups,
    )
    rules = CadenceRule.objects.in_force_on(day).filter(meeting_kind__in=chosen).order_by("code")
    return [rule for rule in rules if applies(rule, facts)]


@dataclass(frozen=True)
class Outcome:
    """What a submitted meeting fulfilled, and the one thing to do next."""

    fulfilled: list[Obligation] = field(default_factory=list)
    next_step: Obligation | None = None


def outcome_of(meeting: Meeting, today: date) -> Outcome:
    """Read from the unit's obligations; five queries."""
    found = obligations_of(meeting.organization, today)
    return Outcome(
        [each for each in found if each.rule.meeting_kind & meeting.kinds and meeting.held_on in each.window],
        next((each for each in found if each.is_open and each.remaining and each.due_on >= today), None),
    )


class Sent(NamedTuple):
    """What tells a record apart from others of its unit and day."""

    pk: int
    entry_key: UUID
    organization_id: int
    author_id: int
    kinds: int
    group_id: int | None
    title: str


_SAME_DAY = Prepared(
    lambda: (
        Meeting.objects.filter(
            Q(organization=Slot("organization", BigIntegerField()), held_on=Slot("day", DateField()))
            | Q(entry_key=Slot("entry_key", UUIDField()))
        )
        .order_by("pk")
        .values_list(*Sent._fields)
    )
)


def same_day(organization: Organization, minutes, entry_key) -> tuple[Sent | None, list[str]]:
    """Return the record already sent with this key, and the titles of others of the same unit, kind and day. One query."""
    sent, titles = None, []
    found = _SAME_DAY.rows(organization=organization.pk, day=minutes.held_on, entry_key=entry_key)
    for row in map(Sent._make, found):
        if row.entry_key == entry_key:
            sent = row
        elif row.kinds & minutes.kinds and row.group_id == minutes.group_id:
            titles.append(row.title)
    return sent, titles


def last_meeting(organization: Organization) -> Meeting | None:
    """The newest record of the unit, from which the next one takes time, place and people."""
    return Meeting.objects.filter(organization=organization).order_by("-held_on", "-pk").first()


def drafts_of(user, organization: Organization | None = None) -> QuerySet:
    """What the user has typed and not submitted, newest first; of one unit if given."""
    # The page may save itself once more while it is being submitted: that draft is of no use to anybody.
    sent = Meeting.objects.filter(entry_key=OuterRef("entry_key")).exclude(
        status__in=[MeetingStatus.DRAFT, MeetingStatus.RETURNED]
    )
    drafts = MeetingDraft.objects.filter(~Exists(sent), author=user).select_related("organization", "meeting")
    return drafts if organization is None else drafts.filter(organization=organization)


def returned_to(organization: Organization) -> QuerySet:
    """Records given back to the unit, with the review that says why as `notes[0]`."""
    newest = MeetingReview.objects.select_related("reviewer").order_by("-decided_at", "-pk")
    return (
        Meeting.objects.returned()
        .filter(organization=organization)
        .prefetch_related(Prefetch("reviews", newest, to_attr="notes"))
        .order_by("held_on", "pk")
    )


def open_resolutions_of(member: Member | None) -> QuerySet:
    """Resolutions a member still has to carry out, the earliest due first."""
    if member is None:
        return Resolution.objects.none()
    return (
        Resolution.objects.filter(owner=member, done_on__isnull=True)
        .filter(meeting__status__in=[MeetingStatus.SUBMITTED, MeetingStatus.CONFIRMED])
        .select_related("meeting__organization")
        .order_by("due_on", "pk")
    )


def _capped_count(meetings):
    return meetings.order_by()[: COUNT_CAP + 1].count()


def _page(rows, total, cursor_of):
    has_more = len(rows) > PAGE
    rows = rows[:PAGE]
    return MeetingPage(rows, cursor_of(rows[-1]) if has_more else "", total)


def _read_cursor(cursor):
    day, _, pk = cursor.partition(".")
    try:
        return (date.fromisoformat(day), int(pk)) if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
    except ValueError:
        return None


def year_of(code: str, today: date) -> Period:
    """The year named by `code`, else this one."""
    return _period(code, Interval.YEAR) or Period(today.year, Interval.YEAR, 1)


def month_of(code: str, today: date) -> Period:
    """The month named by `code`, else this one."""
    return _period(code, Interval.MONTH) or Period.month_of(today)


def _period(code, interval):
    try:
        period = Period.parse(code)
    except ValueError:
        return None
    return period if period.interval is interval else None
