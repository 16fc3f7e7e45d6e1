"""What organisations owe by the rules of cadence: one unit's list, and what a change of rules would mean."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, Subquery, Sum, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from branches.cadence import (
    OrganizationFacts,
    State,
    addresses,
    done_count,
    due_count,
    state_of,
    why_not,
    windows_in,
)
from branches.choices import Applicability, Level, MeetingStatus, Sector
from branches.models import CadenceRule, Meeting, Organization, Placement, ShortfallReason
from branches.periods import Interval, Period, window_of

_TONES = {
    State.OVERDUE: "late",
    State.DUE_SOON: "alert",
    State.NOT_DUE_YET: "plain",
    State.WAITING: "note",
    State.DONE: "done",
    State.NOT_APPLICABLE: "plain",
}
_ORDER = {state: number for number, state in enumerate(State)}


@dataclass(frozen=True)
class Obligation:
    """What one rule asks of one unit in one window. `missing` names groups that owe; `note` says why not applicable."""

    rule: CadenceRule
    window: Period
    due: int
    done: int
    waiting: int
    state: State
    note: str = ""
    missing: tuple[str, ...] = ()
    shortfall: ShortfallReason | None = None

    @property
    def due_on(self) -> date:
        return self.window.ends_on

    @property
    def remaining(self) -> int:
        """Events still to be recorded: neither confirmed nor waiting."""
        return max(self.due - self.done - self.waiting, 0)

    @property
    def is_open(self) -> bool:
        return self.state in (State.OVERDUE, State.DUE_SOON, State.NOT_DUE_YET)

    @property
    def may_state_reason(self) -> bool:
        """Whether the page offers a place for the reason: the rule says 一般 and the unit is late or nearly so."""
        return self.rule.is_usual and self.state in (State.OVERDUE, State.DUE_SOON)

    @property
    def tone(self) -> str:
        """The tone of its badge."""
        return _TONES[self.state]

    @property
    def sentence(self) -> str:
        """What remains to be done, in words."""
        match self.state:
            case State.NOT_APPLICABLE:
                return f"{self.rule.label}：{self.note}，不作要求"
            case State.DONE:
                return f"{self.window.label}{self.rule.label}已完成"
            case State.WAITING:
                return f"{self.window.label}{self.rule.label}已提交，等待上级确认"
            case State.OVERDUE:
                return f"{self.window.label}{self.rule.label}还缺{self.remaining}次"
        return f"{self.window.label}{self.rule.label}还需{self.remaining}次"


def obligations_of(organization: Organization, today: date) -> list[Obligation]:
    """What `organization` owes in the current windows, and what it still misses of the windows just ended.

    Pressing first. Only rules counted in times; an ended window is listed only while something is missing or
    waiting. The rules' version on the last day of an ended window judges it, and so does the organisation as it
    stood on that day. Five queries, whatever there is.
    """
    ended = {interval: window_of(interval, today).previous() for interval in Interval}
    earliest = min(window.starts_on for window in ended.values())
    versions = [
        rule
        for rule in CadenceRule.objects.counted_in_times().filter(effective_from__lte=today)
        if rule.effective_until is None or rule.effective_until > earliest
    ]
    groups = list(Organization.objects.filter(parent=organization).groups().order_by("path"))
    placements = list(Placement.objects.filter(organization=organization, ends_on__gt=earliest))
    held = _held(organization, earliest, today)
    reasons = {
        (reason.rule_code, reason.period): reason
        for reason in ShortfallReason.objects.filter(organization=organization).order_by("-pk")[:200]
    }
    found = []
    for rule in versions:
        windows = [(window_of(rule.interval, today), today), (ended[Interval(rule.interval)], None)]
        for window, day in windows:
            day = day or window.ends_on
            if not _in_force(rule, day) or not _existed(organization, day):
                continue
            obligation = _obligation(
                rule, window, today, _facts(organization, placements, groups, day), groups, day, held, reasons
            )
            is_past = window.ends_on < today
            if obligation and not (is_past and obligation.state in (State.DONE, State.NOT_APPLICABLE)):
                found.append(obligation)
    return sorted(found, key=lambda each: (_ORDER[each.state], each.due_on, each.rule.code))


def _in_force(rule, day):
    return rule.effective_from <= day and (rule.effective_until is None or rule.effective_until > day)


def _existed(organization, day):
    founded, dissolved = organization.founded_on, organization.dissolved_on
    return (founded is None or founded <= day) and (dissolved is None or dissolved > day)


def _held(organization, earliest, today):
    """Events of the unit as (kinds, group, whether confirmed, day), newest last."""
    rows = Meeting.objects.filter(
        organization=organization,
        status__in=[MeetingStatus.CONFIRMED, MeetingStatus.SUBMITTED],
        held_on__gte=earliest,
        held_on__lte=today,
    ).values_list("kinds", "group_id", "status", "held_on")
    return [(kinds, group, status == MeetingStatus.CONFIRMED, day) for kinds, group, status, day in rows]


def _facts(organization, placements, groups, day) -> OrganizationFacts:
    then = next(
        (
            each
            for each in placements
            if each.ends_on > day and (each.starts_on is None or each.starts_on <= day)
        ),
        organization,
    )
    return OrganizationFacts(
        kind=then.kind,
        level=then.level,
        chain=then.chain,
        sector=then.sector,
        has_committee=then.has_committee,
        groups=sum(_existed(group, day) for group in groups),
    )


def _obligation(rule, window, today, facts, groups, day, held, reasons) -> Obligation | None:
    if not addresses(rule, facts):
        return None
    if note := why_not(rule, facts):
        return Obligation(rule, window, 0, 0, 0, State.NOT_APPLICABLE, note=note)
    present = {group.pk: group.short_name for group in groups if _existed(group, day)}
    events = [(group, done) for kinds, group, done, on in held if kinds & rule.meeting_kind and on in window]
    due = due_count(rule, facts)
    done = done_count(rule, present, [group for group, confirmed in events if confirmed])
    either = done_count(rule, present, [group for group, _ in events])
    counts = defaultdict(int)
    for group, _ in events:
        counts[group] += 1
    missing = (
        [name for pk, name in present.items() if counts[pk] < rule.at_least] if rule.is_per_group else []
    )
    return Obligation(
        rule,
        window,
        due,
        done,
        either - done,
        state_of(due=due, done=done, waiting=either - done, window=window, today=today),
        missing=tuple(missing),
        shortfall=reasons.get((rule.code, window.code)),
    )


@dataclass(frozen=True)
class ObligationPage:
    """The obligations of a unit, apart by what they ask of the reader."""

    late: list[Obligation] = field(default_factory=list)
    ahead: list[Obligation] = field(default_factory=list)
    settled: list[Obligation] = field(default_factory=list)
    not_applicable: list[Obligation] = field(default_factory=list)


def obligation_page(organization: Organization, today: date) -> ObligationPage:
    page = ObligationPage()
    for each in obligations_of(organization, today):
        if each.state is State.OVERDUE:
            page.late.append(each)
        elif each.is_open:
            page.ahead.append(each)
        elif each.state is State.NOT_APPLICABLE:
            page.not_applicable.append(each)
        else:
            page.settled.append(each)
    return page


def due_expression(rules: Iterable, period: Period, day: date):
    """How many events the rules ask of an `Organization` row in `period`, by how it stands on `day`, as SQL."""
    total = Value(0, output_field=IntegerField())
    for rule in rules:
        times = rule.at_least * windows_in(rule.interval, period)
        if not times:
            continue
        condition = Q(pk__isnull=False)
        if rule.organization_kinds:
            condition &= Q(kind__in=rule.organization_kinds)
        if rule.levels:
            condition &= Q(level__in=rule.levels)
        if rule.sectors:
            condition &= Q(sector__in=rule.sectors)
        if rule.chain:
            condition &= Q(chain=rule.chain)
        if rule.applies_when == Applicability.HAS_COMMITTEE:
            condition &= Q(has_committee=True)
        many = Value(times)
        if rule.is_per_group:
            many = F("groups") * times
        elif rule.applies_when == Applicability.HAS_GROUPS:
            condition &= Q(groups__gt=0)
        total = total + Case(When(condition, then=many), default=Value(0), output_field=IntegerField())
    return total


def with_groups(organizations, day: date):
    """Annotate `groups`, the number of 党小组 on `day`."""
    groups = (
        Organization.objects.groups()
        .active_on(day)
        .filter(parent=OuterRef("pk"))
        .order_by()
        .values("parent")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return organizations.annotate(groups=Coalesce(Subquery(groups), 0))


def due_counts(rules: Iterable, organizations, period: Period):
    """Annotate `organizations` with `due`, how many events the rules ask of each in `period`."""
    rules = list(rules)
    return with_groups(organizations, period.ends_on).annotate(
        due=due_expression(rules, period, period.ends_on)
    )


@dataclass(frozen=True)
class ChangedGroup:
    """Units of one level and sector whose yearly due count changes, with some of their names."""

    level: str
    sector: str
    units: int
    before: int
    after: int
    sample: list[str]

    @property
    def more(self) -> int:
        """How many samples are not shown."""
        return self.units - len(self.sample)


@dataclass(frozen=True)
class ChangePreview:
    """What a change of one rule would do to the counts of a full year."""

    groups: list[ChangedGroup]
    day: date

    @property
    def units(self) -> int:
        return sum(group.units for group in self.groups)

    @property
    def before(self) -> int:
        return sum(group.before for group in self.groups)

    @property
    def after(self) -> int:
        return sum(group.after for group in self.groups)


def preview_change(before: Iterable, after: Iterable, day: date, sample: int = 5) -> ChangePreview:
    """Compare what two sets of rules ask of every organisation active on `day`, per full year. Two queries."""
    year = window_of(Interval.YEAR, day)
    rules = [[rule for rule in side if rule.quantity == "TIMES"] for side in (before, after)]
    changed = (
        with_groups(Organization.objects.active_on(day), day)
        .annotate(before=due_expression(rules[0], year, day), after=due_expression(rules[1], year, day))
        .exclude(before=F("after"))
        .order_by()
    )
    names = defaultdict(list)
    for level, sector, name in (
        changed.annotate(
            place=Window(RowNumber(), partition_by=[F("level"), F("sector")], order_by=F("path").asc())
        )
        .filter(place__lte=sample)
        .order_by("path")
        .values_list("level", "sector", "short_name")
    ):
        names[level, sector].append(name)
    sums = (
        changed.values("level", "sector")
        .annotate(units=Count("pk"), sum_before=Sum("before"), sum_after=Sum("after"))
        .order_by("level", "sector")
    )
    groups = [
        ChangedGroup(
            Level(row["level"]).label,
            Sector(row["sector"]).label,
            row["units"],
            row["sum_before"],
            row["sum_after"],
            names[row["level"], row["sector"]],
        )
        for row in sums
    ]
    return ChangePreview(groups, day)


def rule_list(today: date) -> list[tuple[CadenceRule, CadenceRule | None]]:
    """Every rule as it stands today with the version that follows it, if one is announced."""
    versions = defaultdict(list)
    for rule in CadenceRule.objects.order_by("code", "effective_from"):
        versions[rule.code].append(rule)
    rows = []
    for chain in versions.values():
        current = [rule for rule in chain if rule.effective_from <= today]
        coming = [rule for rule in chain if rule.effective_from > today]
        rows.append((current[-1] if current else coming[0], coming[0] if current and coming else None))
    return rows
