"""Meetings held and owed in a period, of units and of those who chair them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import BooleanField, ExpressionWrapper, F, Q, Sum
from django.utils import timezone

from accountability.known import Figure
from branches.cadence import OrganizationFacts, addresses, done_count, due_count
from branches.choices import MeetingKind, OrganizationKind
from branches.counts import Among, Everyone, Stretch
from branches.models import CadenceRule, Meeting, Organization, Placement
from branches.periods import Interval, Period, is_due_in, window_of

#: Units asked for by key; more of them are asked for as a stretch of the tree.
MOST_KEYS = 2000


def among_units(units: dict[int, Organization], *, is_subtree: bool = False) -> Everyone:
    """The condition "is one of these" (or, of a subtree, below one of these); of many, a few more."""
    if not is_subtree and len(units) <= MOST_KEYS:
        return Among(list(units))
    paths = [unit.path for unit in units.values()]
    return Stretch(min(paths), max(paths) + "~")


@dataclass(frozen=True)
class Span:
    """The days [starts_on, ends_on] an evaluation is about, as recorded by `cutoff`."""

    starts_on: date
    ends_on: date
    cutoff: datetime

    @cached_property
    def as_of(self) -> date:
        """The day on which things are judged: the last of the period, or today while it runs."""
        return min(self.ends_on, timezone.localdate(self.cutoff))

    @cached_property
    def looked_back_on(self) -> date:
        """The day from which one looks back on what was due: the one after the period, or today while it runs."""
        return min(self.ends_on + timedelta(days=1), timezone.localdate(self.cutoff))

    @cached_property
    def months(self) -> list[Period]:
        """The months that end in the period."""
        found = []
        month = Period.month_of(self.starts_on)
        while month.ends_on <= self.ends_on:
            found.append(month)
            month = month.next()
        return found

    @cached_property
    def windows(self) -> list[Period]:
        """The windows that end in the period: what is owed in them is owed in it."""
        return [
            window_of(interval, month.ends_on)
            for month in self.months
            for interval in Interval
            if is_due_in(interval, month)
        ]


def meeting_figures(
    units: dict[int, Organization], kinds: Iterable[MeetingKind], span: Span
) -> dict[str, dict[int, Figure]]:
    """What the units held and owed, by the label of the kind and by unit. Four queries.

    Windows that end in the period are judged whole, by the rules and by how the unit stood on their last day;
    percentages look at those that have ended by now.
    """
    kinds, among = list(kinds), among_units(units)
    judged = _judged(kinds, span)
    first = min([span.starts_on, *(window.starts_on for several in judged.values() for _, window in several)])
    held = _held(among, kinds, first, span)
    groups: dict[int, list[Organization]] = defaultdict(list)
    for group in Organization.objects.filter(among.of("parent"), kind=OrganizationKind.GROUP).order_by(
        "path"
    ):
        groups[group.parent_id].append(group)
    placements: dict[int, list[Placement]] = defaultdict(list)
    for placement in Placement.objects.filter(among.of("organization"), ends_on__gt=first):
        placements[placement.organization_id].append(placement)
    found: dict[str, dict[int, Figure]] = {kind.label: {} for kind in kinds}
    for pk, unit in units.items():
        stood = _Stood(unit, placements[pk], groups[pk])
        for kind in kinds:
            found[kind.label][pk] = _figure(kind, judged[kind], stood, held.get((pk, kind), _NOTHING), span)
    return found


def _judged(kinds, span) -> dict[MeetingKind, list[tuple[CadenceRule, Period]]]:
    """The versions of rules with the windows of the period that they judge. One query."""
    rules = CadenceRule.objects.counted_in_times().filter(
        meeting_kind__in=kinds, effective_from__lte=span.ends_on
    )
    found: dict[MeetingKind, list[tuple[CadenceRule, Period]]] = {kind: [] for kind in kinds}
    for rule in rules:
        for window in span.windows:
            day = window.ends_on
            is_in_force = rule.effective_from <= day and (
                rule.effective_until is None or rule.effective_until > day
            )
            if window.interval == rule.interval and is_in_force:
                found[MeetingKind(rule.meeting_kind)].append((rule, window))
    return found


@dataclass
class _Held:
    """Meetings of one kind of one unit: times by (month, group), and within the period by group."""

    by_month: Counter = field(default_factory=Counter)
    within: Counter = field(default_factory=Counter)

    def groups_in(self, window: Period) -> list[int | None]:
        """The group of every meeting held in a window."""
        first, last = window.months[0].key, window.last_month.key
        return [
            group
            for (month, group), times in self.by_month.items()
            if first <= month <= last
            for _ in range(times)
        ]


_NOTHING = _Held()


def _held(among: Everyone, kinds, first: date, span: Span) -> dict[tuple[int, MeetingKind], _Held]:
    """One query."""
    inside = Q(held_on__gte=span.starts_on, held_on__lte=span.ends_on)
    rows = (
        Meeting.objects.counted_at(span.cutoff)
        .filter(among.of("organization"), held_on__gte=first, held_on__lte=span.ends_on)
        .order_by()
        .annotate(inside=ExpressionWrapper(inside, BooleanField()))
        .values_list("organization_id", "group_id", "period", "inside")
        .annotate(**{f"times_{int(kind)}": _times(kind) for kind in kinds})
    )
    found: dict[tuple[int, MeetingKind], _Held] = defaultdict(_Held)
    for unit, group, month, is_inside, *times in rows:
        for kind, number in zip(kinds, times, strict=True):
            if number:
                held = found[unit, kind]
                held.by_month[month, group] += number
                if is_inside:
                    held.within[group] += number
    return dict(found)


def _times(kind: MeetingKind) -> Sum:
    return Sum(F("kinds").bitrightshift(int(kind).bit_length() - 1).bitand(1))


@dataclass
class _Stood:
    """A unit as it stood on any day, with its groups."""

    unit: Organization
    placements: list[Placement]
    groups: list[Organization]
    seen: dict[date, OrganizationFacts] = field(default_factory=dict)

    def existed(self, day: date) -> bool:
        return _existed(self.unit, day)

    def groups_on(self, day: date) -> list[int]:
        return [group.pk for group in self.groups if _existed(group, day)]

    def facts(self, day: date) -> OrganizationFacts:
        if day not in self.seen:
            then = next(
                (
                    each
                    for each in self.placements
                    if each.ends_on > day and (each.starts_on is None or each.starts_on <= day)
                ),
                self.unit,
            )
            self.seen[day] = OrganizationFacts(
                kind=then.kind,
                level=then.level,
                chain=then.chain,
                sector=then.sector,
                has_committee=then.has_committee,
                groups=len(self.groups_on(day)),
            )
        return self.seen[day]


def _existed(organization: Organization, day: date) -> bool:
    founded, dissolved = organization.founded_on, organization.dissolved_on
    return (founded is None or founded <= day) and (dissolved is None or dissolved > day)


def _figure(kind: MeetingKind, judged, stood: _Stood, held: _Held, span: Span) -> Figure:
    done = due = owed = full = 0
    for rule, window in judged:
        day = window.ends_on
        facts = stood.facts(day)
        if not addresses(rule, facts):
            continue
        full += rule.at_least * (max(facts.groups, 1) if rule.is_per_group else 1)
        asked = due_count(rule, facts) if stood.existed(day) else 0
        owed += asked
        if asked and day <= span.as_of:
            due += asked
            done += done_count(rule, stood.groups_on(day), held.groups_in(window))
    times = sum(held.within.values())
    by_group = None
    if kind is MeetingKind.GROUP_MEETING:
        by_group = tuple(held.within[group] for group in stood.groups_on(span.as_of))
    asked_for = f"，按频次规则应开{owed}次" if full else ""
    return Figure(done, due, times, by_group, owed, full, note=f"已确认{times}次{asked_for}")
