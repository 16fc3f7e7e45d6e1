from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q

from accountability.choices import RecordStatus
from accountability.models import Duty, DutyList, DutyRecord
from branches.models import Organization


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
    """One duty of a list with its terms in order, and how many children share it."""

    duty: Duty
    records: list[DutyRecord] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return sum(record.status == RecordStatus.ACCEPTED for record in self.records)


def list_lines(duty_list: DutyList) -> list[DutyLine]:
    """The duties in force of a list with their terms. Two queries."""
    duties = (
        duty_list.duties.in_force()
        .select_related("parent__organization", "owner__user")
        .annotate(shared=Count("children", filter=Q(children__is_withdrawn=False)))
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
