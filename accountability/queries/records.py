from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q, QuerySet

from accountability.access import may_review, reviewed_by
from accountability.choices import CountedBy, Decision, RecordStatus
from accountability.counting import Counting, in_words
from accountability.models import DutyHandover, DutyRecord, DutyReview, EvidenceFile
from accountability.queries.counting import RELATED, countings
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
    if pk.isdecimal():
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
class Progress:
    """How far a countable term has come. `counting` and its `meetings` are None and empty where a person counts."""

    record: DutyRecord
    counting: Counting | None
    meetings: list[Meeting] = field(default_factory=list)

    @property
    def number(self) -> int | None:
        """What was frozen when it was handed in, else what confirmed meetings amount to now."""
        if self.counting is None or not self.record.is_editable:
            return self.record.counted
        return self.counting.number

    @property
    def is_known(self) -> bool:
        return self.number is not None

    @property
    def target(self) -> int:
        return self.record.duty.target

    @property
    def unit(self) -> str:
        return "人" if self.record.duty.counted_by == CountedBy.PERSONS else "次"

    @property
    def lacking(self) -> int:
        return max(self.target - (self.number or 0), 0)

    @property
    def has_shrunk(self) -> bool:
        """Whether a later correction left less than the target of what was frozen as enough."""
        frozen = self.record.counted
        return (
            self.counting is not None
            and not self.record.is_editable
            and frozen is not None
            and self.counting.number < min(frozen, self.target)
        )

    @property
    def initial(self) -> dict:
        """What the form is filled with, as long as nobody has written anything."""
        if self.counting is None or self.record.summary or self.record.done_on:
            return {}
        events = [(each.held_on, each.title) for each in self.meetings]
        last = events[-1][0] if events else None
        return {
            "done_on": self.counting.reached_on or last,
            "summary": in_words(self.record.duty.counted_by, self.counting, self.record.window, events),
            "meetings": [each.pk for each in self.meetings],
        }


def progress_of(record: DutyRecord) -> Progress | None:
    """The progress of a record (with `counting.RELATED`), None when its duty counts nothing. Four queries at most."""
    if not record.duty.counted_by:
        return None
    counting = countings([record]).get(record.pk)
    if counting is None:
        return Progress(record, None)
    meetings = Meeting.objects.filter(pk__in=counting.meetings).order_by("held_on", "pk")
    return Progress(record, counting, list(meetings))


@dataclass(frozen=True)
class Step:
    """One step of what became of a record: when, who, what, and in whose words."""

    at: datetime
    who: str
    what: str
    note: str = ""


@dataclass(frozen=True)
class RecordDetail:
    """Everything the page of one record shows. `parent` and `children` are the pairs retention is measured on.

    `files` are those not removed: each file's newest version, followed by its older ones.
    """

    record: DutyRecord
    meetings: list[Meeting]
    reviews: list[DutyReview]
    parent: DutyRecord | None
    parent_is_open_to: bool
    children: list[DutyRecord]
    progress: Progress | None
    files: list[EvidenceFile]
    steps: list[Step]
    may_edit: bool
    may_review: bool

    @property
    def pinned(self) -> DutyReview | None:
        """The note of the last return, until it is handed in again."""
        if self.record.status != RecordStatus.RETURNED:
            return None
        return next((review for review in self.reviews if review.decision == Decision.RETURNED), None)


def record_detail(record: DutyRecord, actor: Actor) -> RecordDetail:
    """Fourteen queries at most, whatever hangs on the record."""
    record = DutyRecord.objects.select_related(
        "organization", "duty__duty_list__issuer", "duty__duty_list__appointment__user", "author", *RELATED
    ).get(pk=record.pk)
    parent = (
        DutyRecord.objects.select_related("organization", "duty").filter(pk=record.parent_id).first()
        if record.parent_id
        else None
    )
    reviews = list(record.reviews.select_related("reviewer", "appointment__organization"))
    files = list(record.files.select_related("uploaded_by", "removed_by"))
    return RecordDetail(
        record=record,
        meetings=list(record.meetings.order_by("held_on")),
        reviews=reviews,
        parent=parent,
        parent_is_open_to=bool(parent) and actor.may(Right.VIEW, parent.organization),
        children=list(
            record.children.in_force().select_related("organization", "duty").order_by("organization__path")
        ),
        progress=progress_of(record),
        files=[each for each in files if each.removed_at is None],
        steps=sorted(_steps(record, reviews, files), key=lambda step: step.at),
        may_edit=record.is_editable and actor.may(Right.RECORD_DUTIES, record.organization),
        may_review=record.withdrawn_at is None
        and record.status == RecordStatus.SUBMITTED
        and may_review(actor, record),
    )


def _steps(record, reviews, files) -> Iterator[Step]:
    """Who did what with the record and its duty. Two queries."""
    duty_list = record.duty.duty_list
    yield Step(record.opened_at, str(duty_list.issuer), "下发", duty_list.title)
    handed_in = record.history.filter(history_change_reason="提交").select_related("history_user")
    for each in handed_in:
        yield Step(each.history_date, str(each.history_user or each.author or "—"), "提交")
    for review in reviews:
        who = f"{review.appointment.organization} {review.reviewer}"
        yield Step(review.decided_at, who, review.get_decision_display(), review.note)
    for each in files:
        yield Step(
            each.uploaded_at, str(each.uploaded_by), "上传文件", f"{each.file_name} 第{each.version}版"
        )
        if each.removed_at:
            yield Step(
                each.removed_at,
                str(each.removed_by or "—"),
                "移除文件",
                f"{each.file_name} 第{each.version}版",
            )
    handovers = DutyHandover.objects.filter(duty=record.duty_id).select_related(
        "from_organization",
        "to_organization",
        "from_appointment__user",
        "to_appointment__user",
    )
    for each in handovers:
        giver, taker = (
            _party(each.from_appointment, each.from_organization),
            _party(each.to_appointment, each.to_organization),
        )
        yield Step(each.passed_at, giver, f"移交给{taker}", f"{each.effective_on:%Y-%m-%d}起，{each.reason}")
    if record.is_settled_by_count:
        yield Step(record.accepted_at, "系统", "自动计数达标", "依据上级已确认的会议记录")
    if record.withdrawn_at:
        yield Step(record.withdrawn_at, str(duty_list.issuer), "撤回")


def _party(appointment, organization) -> str:
    return f"{organization} {appointment.user}" if appointment else str(organization)


def evidence_for(record: DutyRecord, today: date) -> QuerySet:
    """Confirmed meetings of the unit held since the term began, those ticked already included."""
    return (
        Meeting.objects.confirmed()
        .filter(organization=record.organization_id)
        .filter(
            Q(held_on__gte=record.starts_on, held_on__lte=max(record.window.ends_on, today))
            | Q(pk__in=record.meetings.values("pk"))
        )
        .order_by("-held_on", "-pk")
    )
