from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from accountability.access import may_review, reviewed_by
from accountability.choices import Decision, RecordStatus
from accountability.models import DutyRecord, DutyReview
from branches.access import Actor, Right
from branches.models import Meeting, Organization

PAGE = 50


def open_records(organization: Organization, today: date) -> QuerySet:
    """What the unit has to report on now: terms that have begun, nothing handed in yet; soonest first."""
    return (
        DutyRecord.objects.unfinished()
        .filter(organization=organization, status=RecordStatus.OPEN)
        .begun(today)
        .select_related("duty__duty_list", "organization")
        .order_by("due_on", "pk")
    )


def returned_records(organization: Organization) -> QuerySet:
    """What came back to the unit; the newest review is `reviews.all()[0]`, prefetched with its reviewer."""
    return (
        DutyRecord.objects.unfinished()
        .filter(organization=organization, status=RecordStatus.RETURNED)
        .select_related("duty__duty_list", "organization")
        .prefetch_related("reviews__reviewer")
        .order_by("due_on", "pk")
    )


@dataclass(frozen=True)
class RecordPage:
    """One page of records walked by key; `after` is the key of the next page."""

    rows: list[DutyRecord]
    after: str


def record_page(records: QuerySet, after: str, by: str = "due_on") -> RecordPage:
    """The page that follows `after` (`2026-12-31~817`) in the order of `by` and key."""
    moment, _, pk = after.partition("~")
    if pk.isdigit():
        records = records.filter(Q(**{f"{by}__gt": moment}) | Q(**{by: moment, "pk__gt": int(pk)}))
    rows = list(
        records.select_related("organization", "duty__duty_list", "duty__owner__user", "author").order_by(
            by, "pk"
        )[: PAGE + 1]
    )
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return RecordPage(rows[:PAGE], f"{getattr(last, by).isoformat()}~{last.pk}" if last else "")


def waiting_records(organization: Organization, actor: Actor) -> QuerySet:
    """What waits in the subtree of `organization` for a review the actor may give."""
    return reviewed_by(actor, DutyRecord.objects.waiting().in_subtree(organization))


@dataclass(frozen=True)
class RecordDetail:
    """Everything the page of one record shows. `parent` and `children` are the pairs retention is measured on."""

    record: DutyRecord
    meetings: list[Meeting]
    reviews: list[DutyReview]
    parent: DutyRecord | None
    parent_is_open_to: bool
    children: list[DutyRecord]
    may_edit: bool
    may_review: bool

    @property
    def pinned(self) -> DutyReview | None:
        """The note of the last return, until it is handed in again."""
        if self.record.status != RecordStatus.RETURNED:
            return None
        return next((review for review in self.reviews if review.decision == Decision.RETURNED), None)


def record_detail(record: DutyRecord, actor: Actor) -> RecordDetail:
    """Seven queries, whatever hangs on the record."""
    record = DutyRecord.objects.select_related(
        "organization", "duty__duty_list__appointment__user", "duty__owner__user", "author"
    ).get(pk=record.pk)
    parent = (
        DutyRecord.objects.select_related("organization", "duty").filter(pk=record.parent_id).first()
        if record.parent_id
        else None
    )
    return RecordDetail(
        record=record,
        meetings=list(record.meetings.order_by("held_on")),
        reviews=list(record.reviews.select_related("reviewer", "appointment__organization")),
        parent=parent,
        parent_is_open_to=bool(parent) and actor.may(Right.VIEW, parent.organization),
        children=list(
            record.children.in_force().select_related("organization", "duty").order_by("organization__path")
        ),
        may_edit=record.is_editable and actor.may(Right.RECORD_DUTIES, record.organization),
        may_review=record.withdrawn_at is None
        and record.status == RecordStatus.SUBMITTED
        and may_review(actor, record),
    )


def evidence_for(record: DutyRecord, today: date) -> QuerySet:
    """Confirmed meetings of the unit held in the record's window, those ticked already included."""
    window = record.window
    return (
        Meeting.objects.confirmed()
        .filter(organization=record.organization_id)
        .filter(
            Q(held_on__gte=window.starts_on, held_on__lte=max(window.ends_on, today))
            | Q(pk__in=record.meetings.values("pk"))
        )
        .order_by("-held_on", "-pk")
    )
