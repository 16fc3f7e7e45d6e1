"""责任矩阵: which officer of a unit has what to do with which of its items."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from accountability.choices import ListStatus, Part
from accountability.models import Duty, DutyList
from accountability.portfolios import is_in_charge
from branches.choices import COMMITTEE_POSTS, Post
from branches.models import Appointment, Organization

from .coverage import day_of


@dataclass(frozen=True)
class ItemRow:
    """One item of the unit: the parts of its officers, aligned with them, and who else answers for it."""

    duty: Duty
    parts: list[Part | None]
    others: list[str]

    @property
    def is_unowned(self) -> bool:
        """Nobody has it as their own, and it was not handed on: 第一责任 alone moves nothing."""
        own = (Part.LEAD, Part.SHARE)
        return not self.others and not self.duty.shared and not any(part in own for part in self.parts)


@dataclass(frozen=True)
class ListRows:
    """The items of one list of the unit."""

    duty_list: DutyList
    rows: list[ItemRow]


@dataclass(frozen=True)
class ResponsibilityMatrix:
    organization: Organization
    year: int
    kind: str
    officers: list[Appointment]
    lists: list[ListRows]

    @property
    def items(self) -> int:
        return sum(len(each.rows) for each in self.lists)

    @property
    def unowned(self) -> int:
        return sum(row.is_unowned for each in self.lists for row in each.rows)


def responsibility_matrix(
    organization: Organization, year: int, kind: str, today: date
) -> ResponsibilityMatrix:
    """Items of the unit's own lists × its officers. Three queries.

    主责: the owner; 分担: a personal share of the item; 分管: the item names a field the officer is in charge of;
    第一责任: the secretary, for everything else.
    """
    officers = list(
        organization.appointments.on(day_of(year, today))
        .filter(post__in=COMMITTEE_POSTS)
        .by_post()
        .select_related("user", "organization")
    )
    duties = (
        Duty.objects.in_force()
        .filter(
            organization=organization, duty_list__year=year, duty_list__appointment=None, is_personal=False
        )
        .exclude(duty_list__status=ListStatus.WITHDRAWN)
        .select_related("duty_list__issuer", "owner__user")
        .annotate(
            shared=Count("children", filter=Q(children__is_withdrawn=False, children__is_personal=False))
        )
        .order_by("duty_list__kind", "duty_list", "number")
    )
    if kind:
        duties = duties.filter(duty_list__kind=kind)
    duties = list(duties)
    shares = defaultdict(dict)
    bearers = (
        Duty.objects.in_force().filter(is_personal=True, parent__in=duties).select_related("owner__user")
    )
    for share in bearers.order_by("number"):
        shares[share.parent_id][share.owner_id] = share.owner
    known = {each.pk for each in officers}
    lists: dict[int, ListRows] = {}
    for duty in duties:
        borne = shares[duty.pk]
        others = [duty.owner] if duty.owner and duty.owner_id not in known else []
        others += [each for each in borne.values() if each.pk not in known]
        row = ItemRow(
            duty,
            [_part(duty, officer, borne) for officer in officers],
            [f"{each.user}（{each.get_post_display()}）" for each in others],
        )
        lists.setdefault(duty.duty_list_id, ListRows(duty.duty_list, [])).rows.append(row)
    return ResponsibilityMatrix(organization, year, kind, officers, list(lists.values()))


def _part(duty, officer, borne) -> Part | None:
    if duty.owner_id == officer.pk:
        return Part.LEAD
    if officer.pk in borne:
        return Part.SHARE
    if is_in_charge(officer.in_charge_of, f"{duty.heading} {duty.content}"):
        return Part.FIELD
    return Part.FIRST if officer.post == Post.SECRETARY else None
