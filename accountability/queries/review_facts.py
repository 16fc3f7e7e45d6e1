"""述前: what the system knows of each secretary who is to report, on one page, set-based over a whole session."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, F, Sum

from accountability.choices import Measure, ProblemState, SessionState
from accountability.models import (
    DutyRecord,
    Evaluation,
    Reading,
    ReviewCycle,
    ReviewProblem,
    RollUp,
    WorkReport,
)
from branches.choices import RECOGNISED_REASONS
from branches.models import Absence, Meeting
from branches.periods import Period

_QUARTERS = "一二三四"
#: What units score in evaluations is between them and the committee: those who rate, their peers among them, do not see it.
_SCORES = "考核结果"
_OF_DUTIES = (Measure.DUTIES, Measure.DUTIES_TIMELY, Measure.DEPLOYMENTS)
_COLUMNS = [f"{measure}_{side}" for measure in Measure.values for side in ("due", "done")]


@dataclass
class _Sums:
    """Done and due of the measures, in all and by quarter."""

    total: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    quarters: dict[tuple[int, int], dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )

    def add(self, month: int, values: dict) -> None:
        year, number = divmod(month, 100)
        for name in _COLUMNS:
            self.total[name] += values[name] or 0
            self.quarters[year, (number + 2) // 3][name] += values[name] or 0


@dataclass
class _Presence:
    """Meetings of the own unit that the secretary was expected at, and those they chaired."""

    expected: int = 0
    absent: int = 0
    excused: int = 0
    chaired: int = 0


def facts_of(reports: Iterable[WorkReport], cycle: ReviewCycle, today: date) -> dict[int, dict]:
    """The facts of each report by its key, ready to be stored and shown: {"until": day, "groups": [{label, lines, for_raters}]},
    a line being {label, value, note, see}, `see` the page of the unit behind the number.

    Reports come with `organization` and `appointment__user`. At most eight queries, whatever their number. Measures are read
    from the current readings; what is not due has no line.
    """
    reports = list(reports)
    until = min(cycle.ends_on, today)
    units = [each.organization_id for each in reports]
    months = _months(cycle.starts_on, until)
    own = _own_sums(units, months)
    below = _sums_below([each.organization_id for each in reports if each.organization.is_committee], months)
    presence = _presence(reports, cycle.starts_on, until)
    overdue = _overdue(units, cycle.starts_on, until)
    problems = _problems(units, cycle)
    evaluations = _evaluations(units, cycle)
    found = {}
    for report in reports:
        unit = report.organization_id
        groups = [
            ("本单位", [*_measures(own[unit]), *_overdue_lines(overdue[unit])]),
            ("本单位及以下合计", _measures(below[unit])),
            ("书记本人", _presence_lines(presence[report.pk])),
            ("以往述职评议的问题", problems[unit]),
            (_SCORES, evaluations[unit]),
        ]
        found[report.pk] = {
            "from": cycle.starts_on.isoformat(),
            "until": until.isoformat(),
            "groups": [
                {"label": label, "lines": lines, "for_raters": label != _SCORES}
                for label, lines in groups
                if lines
            ],
        }
    return found


def _line(label, value, note="", see="") -> dict[str, str]:
    return {"label": str(label), "value": str(value), "note": note, "see": see}


def _months(starts_on, until) -> list[int]:
    month, last, keys = Period.month_of(starts_on), Period.month_of(until), []
    while month.key <= last.key:
        keys.append(month.key)
        month = month.next()
    return keys


def _own_sums(units, months) -> dict[int, _Sums]:
    found: dict[int, _Sums] = defaultdict(_Sums)
    rows = Reading.objects.filter(run__is_current=True, run__period__in=months, organization__in=units)
    for row in rows.values("organization_id", *_COLUMNS, month=F("run__period")):
        found[row["organization_id"]].add(row["month"], row)
    return found


def _sums_below(committees, months) -> dict[int, _Sums]:
    found: dict[int, _Sums] = defaultdict(_Sums)
    rows = RollUp.objects.filter(
        run__is_current=True, run__period__in=months, scope__in=committees
    ).order_by()
    sums = {f"sum_{name}": Sum(name) for name in _COLUMNS}
    for row in rows.values("scope_id", month=F("run__period")).annotate(**sums):
        found[row["scope_id"]].add(row["month"], {name: row[f"sum_{name}"] for name in _COLUMNS})
    return found


def _measures(sums: _Sums) -> list[dict]:
    """Each measure that was due, in all and, where there is more than one, by quarter."""
    lines = []
    for measure in Measure:
        done, due = f"{measure}_done", f"{measure}_due"
        if not sums.total[due]:
            continue
        quarters = [
            f"{_QUARTERS[quarter - 1]}季度{_percent(values[done], values[due])}"
            for (_, quarter), values in sorted(sums.quarters.items())
            if values[due]
        ]
        trend = " · ".join(quarters) if len(quarters) > 1 else ""
        see = "duty-record-list" if measure in _OF_DUTIES else "meeting-list"
        lines.append(_line(measure.label, _part(sums.total[done], sums.total[due]), trend, see))
    return lines


def _part(done, due) -> str:
    return f"{done}/{due}（{_percent(done, due)}）"


def _percent(done, due) -> str:
    return f"{(200 * done + due) // (2 * due)}%"


def _overdue(units, starts_on, until) -> dict[int, int]:
    rows = (
        DutyRecord.objects.overdue(until)
        .filter(organization__in=units, due_on__gte=starts_on)
        .order_by()
        .values_list("organization")
        .annotate(Count("pk"))
    )
    return defaultdict(int, rows)


def _overdue_lines(number) -> list[dict]:
    return [_line("逾期未完成的责任事项", f"{number}项", see="duty-record-list")] if number else []


def _presence(reports, starts_on, until) -> dict[int, _Presence]:
    """Attendance at the meetings of the own unit as a whole; whose account is no member has none."""
    found: dict[int, _Presence] = defaultdict(_Presence)
    by_member = {
        (each.organization_id, each.appointment.user.member_id): each.pk
        for each in reports
        if each.appointment and each.appointment.user.member_id
    }
    units = [unit for unit, _ in by_member]
    members = [member for _, member in by_member]
    held = Meeting.objects.confirmed().filter(
        organization__in=units, held_on__gte=starts_on, held_on__lte=until, group=None, expected__gt=0
    )
    for unit, number in held.order_by().values_list("organization").annotate(Count("pk")):
        for key, report in by_member.items():
            if key[0] == unit:
                found[report].expected = number
    absences = Absence.objects.filter(member__in=members, meeting__in=held).order_by()
    for unit, member, reason, number in absences.values_list(
        "meeting__organization", "member", "reason"
    ).annotate(Count("pk")):
        if report := by_member.get((unit, member)):
            found[report].absent += number
            found[report].excused += number if reason in RECOGNISED_REASONS else 0
    chaired = held.filter(chair__in=members).order_by()
    for unit, member, number in chaired.values_list("organization", "chair").annotate(Count("pk")):
        if report := by_member.get((unit, member)):
            found[report].chaired = number
    return found


def _presence_lines(presence: _Presence) -> list[dict]:
    if not presence.expected:
        return []
    note = f"请假{presence.excused}次" if presence.excused else ""
    attended = presence.expected - presence.absent
    lines = [_line("参加本单位会议", f"{attended}/{presence.expected}次", note, "meeting-list")]
    if presence.chaired:
        lines.append(_line("主持会议", f"{presence.chaired}次", see="meeting-list"))
    return lines


def _problems(units, cycle) -> dict[int, list[dict]]:
    """How many of earlier problems were closed, by year, and each that was not."""
    numbers: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    still_open: dict[int, list[dict]] = defaultdict(list)
    rows = ReviewProblem.objects.filter(
        organization__in=units,
        report__session__cycle__year__lt=cycle.year,
        report__session__state=SessionState.PUBLISHED,
    ).select_related("report__session__cycle")
    for row in rows:
        year = row.report.session.cycle.year
        numbers[row.organization_id, year][0] += 1
        if row.state == ProblemState.CLOSED:
            numbers[row.organization_id, year][1] += 1
        else:
            still_open[row.organization_id].append(
                _line(row.content, row.get_state_display(), f"期限{row.due_on:%Y-%m-%d}")
            )
    found: dict[int, list[dict]] = defaultdict(list)
    for (unit, year), (total, closed) in sorted(numbers.items()):
        found[unit].append(_line(f"{year}年度问题销号", f"{closed}/{total}", see="review-problem-list"))
    for unit, lines in still_open.items():
        found[unit] += lines
    return found


def _evaluations(units, cycle) -> dict[int, list[dict]]:
    found: dict[int, list[dict]] = defaultdict(list)
    rows = (
        Evaluation.objects.published()
        .of_units()
        .filter(
            organization__in=units,
            round__starts_on__lte=cycle.ends_on,
            round__ends_on__gte=cycle.starts_on,
        )
        .select_related("round")
        .order_by("round__ends_on", "pk")
    )
    for row in rows:
        total = f"{row.total.normalize():f}" if row.total is not None else "—"
        found[row.organization_id].append(
            _line(row.round.title, f"{total}{' ' if row.grade else ''}{row.grade}", see="evaluation-home")
        )
    return found
