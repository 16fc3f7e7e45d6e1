"""The facts that the system fills into an evaluation, for any number of units at once."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from django.db.models import Count, Sum

from accountability import scoring
from accountability.choices import Measure
from accountability.known import SUBTREE, Figure, Wanted, entry_of, numbers_wanted, wanted, wants_members
from accountability.models import DutyRecord, Evaluation, Reading, RollUp, Run
from branches.choices import BRANCH_KINDS, COMMITTEE_POSTS, MeetingKind, OrganizationKind, Post
from branches.counts import Everyone
from branches.models import Appointment, Membership, Organization
from branches.norms import vacancy_problem

from .known_meetings import Span, among_units, meeting_figures
from .known_officers import officer_figures

Figures = dict[int, Figure]


class Known(NamedTuple):
    """What the system says of one row: entries, sizes and the names of the leading body."""

    entries: tuple[scoring.Entry, ...]
    numbers: dict[str, int]
    members: tuple[str, ...]


def known_facts(
    table: scoring.Scheme,
    rows: Iterable[Evaluation | Appointment | Organization],
    starts_on: date,
    ends_on: date,
    cutoff: datetime,
    charges: Mapping[int, Sequence[tuple[str, Organization]]] | None = None,
) -> dict[int, Known]:
    """What is known for a table about [starts_on, ends_on], as recorded by `cutoff`, by the key of the row.

    Rows are evaluations, officers or units; `charges` are the units in a row's charge with the names they bear in the
    table, of which entries are made too where the table looks at them. A constant number of queries.
    """
    rows = list(rows)
    charges = charges or {}
    span = Span(starts_on, ends_on, cutoff)
    asked = wanted(table)
    units = {each.pk: each for each in map(_unit_of, rows)}
    is_personal = table.subject is scoring.Subject.PERSON
    officers = [officer for row in rows if is_personal and (officer := _officer_of(row))]
    in_charge = {unit.pk: unit for named in charges.values() for _, unit in named}
    figures = _Figures(units | in_charge, span, asked)
    of_officers = officer_figures(officers, asked, span) if officers else {}
    numbers = figures.numbers(numbers_wanted(table))
    members = figures.members() if wants_members(table) else {}
    found = {}
    for row in rows:
        unit, officer = _unit_of(row), _officer_of(row)
        sizes = numbers.get(unit.pk, {})
        entries = []
        for want in asked:
            if not is_personal:
                figure = figures.of(want, unit)
            else:
                figure = of_officers.get(want.datum.code, {}).get(officer.pk) if officer else None
            entry = figure and entry_of(want, figure, sizes)
            if entry:
                entries.append(entry)
            if want.of_charges:
                entries += _of_charges(want, charges.get(row.pk, ()), figures, numbers)
        found[row.pk] = Known(tuple(entries), sizes, members.get(unit.pk, ()))
    return found


def members_of(organizations: Iterable[Organization], day: date) -> dict[int, tuple[str, ...]]:
    """班子成员 of each organisation on `day` in the order of their posts; where two bear one name, with their posts.

    One query.
    """
    units = {each.pk: each for each in organizations}
    rows = (
        Appointment.objects.on(day)
        .filter(among_units(units).of("organization"), post__in=COMMITTEE_POSTS)
        .order_by("organization", "pk")
        .values_list("organization", "user", "user__name", "post")
    )
    sitting: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
    order = {post: place for place, post in enumerate(COMMITTEE_POSTS)}
    for unit, user, name, post in sorted(rows, key=lambda row: order[row[3]]):
        sitting[unit].setdefault(user, (name, post))
    found = {}
    for unit, people in sitting.items():
        names = [name for name, _ in people.values()]
        found[unit] = tuple(
            name if names.count(name) == 1 else f"{name}（{Post(post).label}）"
            for name, post in people.values()
        )
    return found


def _unit_of(row) -> Organization:
    return row if isinstance(row, Organization) else row.organization


def _officer_of(row) -> Appointment | None:
    if isinstance(row, Organization):
        return None
    return row if isinstance(row, Appointment) else row.appointment


def _of_charges(want: Wanted, charges, figures, numbers) -> Iterable[scoring.Entry]:
    for name, unit in charges:
        figure = figures.of(want, unit)
        entry = figure and entry_of(want, figure, numbers.get(unit.pk, {}), of=name)
        if entry:
            yield entry


@dataclass
class _Below:
    """Numbers of organisations, summed over subtrees."""

    paths: list[str]
    sums: list[int]

    @classmethod
    def of(cls, numbers: Iterable[tuple[str, int]]) -> "_Below":
        ordered = sorted(numbers)
        return cls([path for path, _ in ordered], [0, *accumulate(number for _, number in ordered)])

    def under(self, path: str) -> int:
        return self.sums[bisect_left(self.paths, path + "~")] - self.sums[bisect_left(self.paths, path)]


class _Figures:
    """What is known of units, read at the first question for a datum and then for all of them."""

    def __init__(self, units: dict[int, Organization], span: Span, asked: Iterable[Wanted] = ()):
        codes = {want.datum.code for want in asked}
        self.units = units
        self.span = span
        self.kinds = [kind for kind in MeetingKind if kind.label in codes]
        self.read: dict[str, Figures] = {}

    def of(self, want: Wanted, unit: Organization) -> Figure | None:
        code = want.datum.code
        if scoring.Subject.UNIT not in want.datum.subjects:
            return None
        if code not in self.read:
            self.read |= self.reader(code)
        return self.read[code].get(unit.pk)

    def reader(self, code: str) -> dict[str, Figures]:
        """Everything that the query for a datum brings in."""
        own = code.removesuffix(SUBTREE)
        if own in Measure.values:
            return self.measures(is_subtree=own != code)
        if own in _STRUCTURE:
            return {code: _STRUCTURE[own](self, is_subtree=own != code)}
        return meeting_figures(self.units, self.kinds, self.span)

    def among(self, *, is_subtree: bool = False) -> Everyone:
        return among_units(self.units, is_subtree=is_subtree)

    # measures

    def measures(self, *, is_subtree: bool) -> dict[str, Figures]:
        """Sums over the months of the period, as their current readings say. Two queries, three for subtrees."""
        keys = [month.key for month in self.span.months]
        runs = list(Run.objects.filter(is_current=True, period__in=keys).values_list("pk", flat=True))
        sums = {
            f"{measure}_{side}": Sum(f"{measure}_{side}")
            for measure in Measure.values
            for side in ("due", "done")
        }
        readings = Reading.objects.filter(self.among().of("organization"), run__in=runs).order_by()
        rows = {row["organization"]: row for row in readings.values("organization").annotate(**sums)}
        if is_subtree:
            below = RollUp.objects.filter(self.among().of("scope"), run__in=runs).order_by()
            rows |= {row["scope"]: row for row in below.values("scope").annotate(**sums)}
        months = f"{len(runs)}个月的读数" if runs else ""
        return {
            measure + (SUBTREE if is_subtree else ""): {
                unit: Figure(row[f"{measure}_done"], row[f"{measure}_due"], note=months)
                for unit, row in rows.items()
                if unit in self.units
            }
            for measure in Measure.values
        }

    # structure and duties

    def counted(self, numbers: dict[int, int], paths: Mapping[int, str], *, is_subtree: bool) -> Figures:
        if not is_subtree:
            return {unit: Figure(numbers.get(unit, 0)) for unit in self.units}
        below = _Below.of((paths[unit], number) for unit, number in numbers.items())
        return {unit.pk: Figure(below.under(unit.path)) for unit in self.units.values()}

    def duties_overdue(self, *, is_subtree: bool) -> Figures:
        """Duties of the period that are past their day and not accepted. One query."""
        rows = (
            DutyRecord.objects.overdue(self.span.looked_back_on)
            .filter(
                self.among(is_subtree=is_subtree).of("organization"),
                is_deployment=False,
                due_on__range=(self.span.starts_on, self.span.ends_on),
            )
            .order_by()
            .values_list("organization", "organization__path")
            .annotate(number=Count("pk"))
        )
        paths, numbers = {}, {}
        for unit, path, number in rows:
            paths[unit], numbers[unit] = path, number
        return self.counted(numbers, paths, is_subtree=is_subtree)

    def committee_vacancy(self, *, is_subtree: bool) -> Figures:
        """Posts that were held once and have been vacant for three months on the last day. One query."""
        day = self.span.as_of
        held: dict[tuple[int, str], date | None] = {}
        paths = {}
        rows = (
            Appointment.objects.filter(
                self.among(is_subtree=is_subtree).of("organization"),
                post__in=COMMITTEE_POSTS,
                starts_on__lte=day,
                organization__in=Organization.objects.active_on(day).order_by().values("pk"),
            )
            .order_by()
            .values_list("organization_id", "organization__path", "post", "ends_on")
        )
        for unit, path, post, ends_on in rows:
            paths[unit] = path
            key, before = (unit, post), held.get((unit, post), date.min)
            is_held = ends_on is None or ends_on > day or before is None
            held[key] = None if is_held or ends_on is None else max(before or date.min, ends_on)
        numbers: dict[int, int] = defaultdict(int)
        for (unit, _), vacated in held.items():
            if vacated is not None and vacancy_problem(vacated, day):
                numbers[unit] += 1
        return self.counted(numbers, paths, is_subtree=is_subtree)

    def term_overdue(self, *, is_subtree: bool) -> Figures:
        """Those whose term has run out without an election. One query for subtrees, else none."""
        day = self.span.as_of
        if is_subtree:
            rows = (
                Organization.objects.filter(self.among(is_subtree=True).of(), election_due_on__lt=day)
                .active_on(day)
                .order_by()
                .values_list("pk", "path")
            )
            paths = dict(rows)
            return self.counted(dict.fromkeys(paths, 1), paths, is_subtree=True)
        return {
            pk: Figure(
                int(unit.election_due_on < day),
                value=Decimal(_whole_years(unit.election_due_on, day)),
                note=f"届满日期{unit.election_due_on:%Y-%m-%d}",
            )
            for pk, unit in self.units.items()
            if unit.election_due_on
        }

    def term_in_order(self, *, is_subtree: bool = False) -> Figures:
        """Those whose term is known and has not run out."""
        day = self.span.as_of
        return {
            pk: Figure(yes=unit.election_due_on >= day, note=f"届满日期{unit.election_due_on:%Y-%m-%d}")
            for pk, unit in self.units.items()
            if unit.election_due_on
        }

    # sizes and members

    def numbers(self, names: set[str]) -> dict[int, dict[str, int]]:
        """The sizes asked for, by unit. One query a size."""
        found: dict[int, dict[str, int]] = {unit: {} for unit in self.units}
        for name in sorted(names):
            for unit, number in _SIZES[name](self).items():
                found[unit][name] = number
        return found

    def groups(self) -> dict[int, int]:
        rows = (
            Organization.objects.filter(self.among().of("parent"), kind=OrganizationKind.GROUP)
            .active_on(self.span.as_of)
            .order_by()
            .values_list("parent")
            .annotate(number=Count("pk"))
        )
        return dict.fromkeys(self.units, 0) | {unit: n for unit, n in rows if unit in self.units}

    def branches(self) -> dict[int, int]:
        rows = (
            Organization.objects.filter(self.among(is_subtree=True).of(), kind__in=BRANCH_KINDS)
            .active_on(self.span.as_of)
            .order_by()
        )
        below = _Below.of((path, 1) for path in rows.values_list("path", flat=True))
        return {unit.pk: below.under(unit.path) for unit in self.units.values()}

    def party_members(self) -> dict[int, int]:
        rows = (
            Membership.objects.on(self.span.as_of)
            .filter(self.among(is_subtree=True).of("organization"))
            .order_by()
            .values_list("organization__path")
            .annotate(number=Count("pk"))
        )
        below = _Below.of(rows)
        return {unit.pk: below.under(unit.path) for unit in self.units.values()}

    def committee(self) -> dict[int, int]:
        return dict.fromkeys(self.units, 0) | {unit: len(names) for unit, names in self.members().items()}

    def members(self) -> dict[int, tuple[str, ...]]:
        """班子成员 by unit. One query."""
        return members_of(self.units.values(), self.span.as_of)


_STRUCTURE: dict[str, Callable[..., Figures]] = {
    "duties_overdue": _Figures.duties_overdue,
    "committee_vacancy": _Figures.committee_vacancy,
    "term_overdue": _Figures.term_overdue,
    "term_in_order": _Figures.term_in_order,
}
_SIZES: dict[str, Callable[[_Figures], dict[int, int]]] = {
    "党小组": _Figures.groups,
    "支部": _Figures.branches,
    "党员": _Figures.party_members,
    "班子成员": _Figures.committee,
}


def _whole_years(since: date, day: date) -> int:
    """Whole years that have passed; 0 before."""
    years = day.year - since.year - ((day.month, day.day) < (since.month, since.day))
    return max(years, 0)
