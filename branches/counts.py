"""Counts of organisation life for the floors above: chainable querysets, one row an organisation, read from indexes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from .choices import OrganizationKind, Quantity
from .models import CadenceRule, FormerMeeting, Meeting, Organization, Placement
from .periods import Period, is_due_in
from .querysets.people import in_force


@dataclass(frozen=True)
class Everyone:
    """All organisations."""

    def of(self, relation: str = "") -> Q:
        """The condition "is among them" on a relation to Organization, "" being the organisation itself."""
        return Q()

    def groups(self) -> Q:
        """The condition "is a 党小组 of one of them", or of a few more, on rows annotated with `as_of`."""
        return Q()


@dataclass(frozen=True)
class Stretch(Everyone):
    """The organisations whose path lies in [low, high): a subtree, or subtrees side by side.

    `first` and `last` are the smallest and largest of their keys, if known: planted together their keys lie together,
    so that their records are one stretch of an index as well.
    """

    low: str
    high: str
    first: int | None = None
    last: int | None = None

    @classmethod
    def between(cls, low: str, high: str) -> "Stretch":
        """The same with the range of keys looked up."""
        keys = (
            Organization.objects.order_by()
            .filter(cls(low, high).of())
            .aggregate(first=Min("pk"), last=Max("pk"))
        )
        return cls(low, high, **keys)

    def of(self, relation: str = "") -> Q:
        key = f"{relation}__path" if relation else "path"
        inside = Q(**{f"{key}__gte": self.low, f"{key}__lt": self.high})
        if self.first is not None:
            inside &= Q(**{f"{relation or 'pk'}__gte": self.first, f"{relation or 'pk'}__lte": self.last})
        return inside

    def groups(self) -> Q:
        return self.of() | _once_under(self.of("parent"))


@dataclass(frozen=True)
class Among(Everyone):
    """The organisations with these keys."""

    keys: Collection[int]

    def of(self, relation: str = "") -> Q:
        return Q(**{f"{relation or 'pk'}__in": self.keys})

    def groups(self) -> Q:
        return self.of("parent") | _once_under(self.of("parent"))


def _once_under(parents: Q) -> Q:
    # A list of keys and not a subquery, so that both sides of the condition are answered from an index.
    moved = Placement.objects.filter(parents, kind=OrganizationKind.GROUP)
    return Q(pk__in=list(moved.values_list("organization_id", flat=True)))


EVERYONE = Everyone()

#: Sums over the meetings held in a month that the attendance measures are made of.
ATTENDANCE = ("expected", "present", "excused", "key_due", "key_done", "dual_due", "dual_done")


def standing(day, among: Everyone = EVERYONE) -> QuerySet:
    """Organisations that counted on `day`, annotated as they stood (`as_of`); a 党小组 counts with its branch."""
    return (
        Organization.objects.order_by()
        .filter(among.of(""))
        .as_of(day)
        .active_on(day)
        .exclude(stood_kind=OrganizationKind.GROUP)
    )


def standing_groups(day) -> QuerySet:
    """党小组 that existed on `day`, annotated as they stood."""
    return Organization.objects.order_by().as_of(day).active_on(day).filter(stood_kind=OrganizationKind.GROUP)


def groups_of(day, among: Everyone = EVERYONE) -> QuerySet:
    """Rows (stood_parent_id, groups): how many 党小组 each organisation had on `day`."""
    groups = standing_groups(day).filter(among.groups())
    return groups.values("stood_parent_id").annotate(groups=Count("*"))


def rules_judged_in(month: Period) -> list[CadenceRule]:
    """The rules in force on the last day of `month` whose window it ends and that some measure counts."""
    rules = CadenceRule.objects.filter(
        Q(counts_as_core=True) | Q(counts_as_study=True),
        in_force(month.ends_on, "effective_from", "effective_until"),
        quantity=Quantity.TIMES,
    ).order_by("code", "pk")
    return [rule for rule in rules if is_due_in(rule.interval, month)]


def meeting_counts(
    month: Period, cutoff, kinds: Iterable[int], columns: Iterable[str] = (), among: Everyone = EVERYONE
) -> QuerySet:
    """Rows (organization_id, held_<kind>…, <column>…) over the meetings of one month as counted at `cutoff`."""
    return _counts(Meeting.objects.counted_at(cutoff), month, kinds, columns, among)


def former_counts(
    month: Period, cutoff, kinds: Iterable[int], columns: Iterable[str] = (), among: Everyone = EVERYONE
) -> QuerySet:
    """The same over what was counted at `cutoff` and corrected since."""
    return _counts(_former(cutoff), month, kinds, columns, among)


def has_former_counts(months: Iterable[Period], cutoff) -> bool:
    """Whether anything counted at `cutoff` has been corrected since, so that `former_counts` has rows."""
    return _former(cutoff).filter(period__in=[month.key for month in months]).exists()


def group_counts(month: Period, cutoff, kind: int, among: Everyone = EVERYONE) -> list[QuerySet]:
    """Rows (organization_id, group_id, held) of meetings held by a 党小组: as they count now, then former counts."""
    return [
        meetings.filter(among.of("organization"), period=month.key, group__isnull=False)
        .order_by()
        .values("organization_id", "group_id")
        .annotate(held=_times(kind))
        for meetings in (Meeting.objects.counted_at(cutoff), _former(cutoff))
    ]


def _former(cutoff) -> QuerySet:
    return FormerMeeting.objects.filter(counted_from__lte=cutoff, counted_until__gt=cutoff)


def _times(kind: int) -> Sum:
    # A kind is one bit: shifted down and masked it is 1 or 0, and a sum counts it without a join.
    return Sum(F("kinds").bitrightshift(int(kind).bit_length() - 1).bitand(1))


def _counts(meetings, month, kinds, columns, among) -> QuerySet:
    sums = {f"held_{int(kind)}": _times(kind) for kind in kinds} | {name: Sum(name) for name in columns}
    rows = meetings.filter(among.of("organization"), period=month.key).order_by()
    return rows.values("organization_id").annotate(**sums)
