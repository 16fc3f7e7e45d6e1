from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, TextChoices

from accountability.choices import RecordStatus
from accountability.models import Duty, DutyList, DutyRecord
from accountability.windows import stricter_points
from branches.models import Organization
from branches.paging import Count as PageCount
from branches.paging import capped_count, slice_before


@dataclass(frozen=True)
class ListIndex:
    """The lists of one unit in one year, with how far each has come."""

    year: int
    years: list[int]
    kind: str
    lists: list[DutyList]


def list_index(organization: Organization, year: int, kind: str, today: date) -> ListIndex:
    """Lists in force of `organization`, annotated with opened, accepted, waiting and overdue records. Two queries."""
    lists = DutyList.objects.in_force().filter(organization=organization)
    years = sorted({*lists.order_by().values_list("year", flat=True).distinct(), year}, reverse=True)
    lists = lists.filter(year=year)
    if kind:
        lists = lists.filter(kind=kind)
    record = "duties__records"
    in_force = Q(**{f"{record}__withdrawn_at__isnull": True})
    status = f"{record}__status"
    lists = lists.select_related("issuer", "appointment__user", "appointment__organization").annotate(
        opened=Count(record, filter=in_force),
        accepted=Count(record, filter=in_force & Q(**{status: RecordStatus.ACCEPTED})),
        waiting=Count(record, filter=in_force & Q(**{status: RecordStatus.SUBMITTED})),
        overdue=Count(
            record,
            filter=in_force
            & Q(**{f"{record}__due_on__lt": today})
            & Q(**{f"{status}__in": [RecordStatus.OPEN, RecordStatus.RETURNED]}),
        ),
    )
    return ListIndex(year, years, kind, list(lists.order_by("kind", "pk")))


@dataclass
class DutyLine:
    """One duty of a list with its terms in order, how many units and officers share it, and where it is stricter
    than the one it comes from (层层加码)."""

    duty: Duty
    records: list[DutyRecord] = field(default_factory=list)

    @property
    def stricter(self) -> list[str]:
        return stricter_points(self.duty, self.duty.parent) if self.duty.parent else []

    @property
    def accepted(self) -> int:
        return sum(record.status == RecordStatus.ACCEPTED for record in self.records)


class OnlyDuties(TextChoices):
    """Which duties of a list are shown."""

    UNOWNED = "unowned", "还没有责任人"
    UNARRANGED = "unarranged", "还没有落实"
    STRICTER = "stricter", "层层加码"


def list_lines(duty_list: DutyList, only: str = "") -> list[DutyLine]:
    """The duties in force of a list with their terms, all or those of `OnlyDuties`. Two queries."""
    duties = duty_list.duties.in_force()
    match only:
        case OnlyDuties.UNOWNED:
            duties = duties.filter(owner=None)
        case OnlyDuties.UNARRANGED:
            duties = duties.filter(arranged_at=None, is_negative=False)
        case OnlyDuties.STRICTER:
            duties = duties.stricter()
    in_force = Q(children__is_withdrawn=False)
    duties = (
        duties.select_related("organization", "added_by", "parent__organization", "owner__user")
        .annotate(
            shared=Count("children", filter=in_force & Q(children__is_personal=False)),
            borne=Count("children", filter=in_force & Q(children__is_personal=True)),
        )
        .order_by("number")
    )
    lines = {duty.pk: DutyLine(duty) for duty in duties}
    records = defaultdict(list)
    for record in DutyRecord.objects.in_force().filter(duty__in=lines).order_by("due_on"):
        records[record.duty_id].append(record)
    for pk, line in lines.items():
        line.records = records[pk]
        for record in line.records:
            record.duty = line.duty
    return list(lines.values())


@dataclass(frozen=True)
class StricterLine:
    """A duty that asks for more than the one above, and in which points."""

    duty: Duty
    points: list[str]


@dataclass(frozen=True)
class StricterPage:
    """One page of 层层加码 in a subtree, newest first."""

    lines: list[StricterLine]
    count: PageCount
    after: str | None


def stricter_page(organization: Organization, filters: dict, after: str) -> StricterPage:
    """Duties in the subtree that are stricter than their parent, two queries; `filters`: level, unit (words of
    a name)."""
    duties = Duty.objects.in_force().in_subtree(organization).stricter()
    if filters.get("level"):
        duties = duties.filter(organization__level=filters["level"])
    if filters.get("unit"):
        named = Organization.objects.in_subtree(organization).named(filters["unit"])
        duties = duties.filter(organization__in=named)
    count = capped_count(duties)
    page = slice_before(
        duties.select_related("organization", "owner__user", "parent__organization", "duty_list"),
        "pk",
        after if after.isdecimal() else "",
    )
    lines = [StricterLine(duty, stricter_points(duty, duty.parent)) for duty in page.rows]
    return StricterPage(lines, count, page.after)
