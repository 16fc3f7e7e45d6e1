"""From marks to numbers, seconds later and many at once: own readings of what changed, then the committees above.

Marks are read and removed in the transaction that writes the numbers, so a worker that dies loses none. The result
equals a full computation at the new cut-off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Min, Q

from accountability.choices import RunState
from accountability.models import DutyRecord, Reading, Run
from branches.choices import COMMITTEE_KINDS, OrganizationKind
from branches.counts import Among, standing, standing_groups
from branches.models import DirtyMark, Organization, Placement
from branches.periods import Period

from .engine import finish, lock, outdated, refresh_whole, take_readings, tune
from .rollup import refold
from .statements import write_readings

#: With more organisations changed than this, computing everybody again is quicker than computing them apart.
MANY = 5000
#: Corrections of a closed month are gathered: at least this long, and so long that they take 1/120 of the time.
GATHER_AT_LEAST = timedelta(seconds=20)
GATHER_FACTOR = 120
#: A run that started longer ago than this has died.
GIVEN_UP = timedelta(hours=6)


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: month keys refreshed, corrected (new numbered runs), waiting, and marks removed."""

    refreshed: tuple[int, ...] = ()
    corrected: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    marks: int = 0


def refresh_dirty(*, now: datetime, today: date) -> Refreshed:
    """Bring every marked month up to date; open runs also when rules or weights have changed."""
    marked = (
        DirtyMark.objects.order_by().values("period").annotate(oldest=Min("marked_at")).order_by("period")
    )
    refreshed, corrected, waiting, removed = [], [], [], 0
    for period, oldest in list(marked.values_list("period", "oldest")):
        current = Run.objects.filter(period=period, is_current=True).first()
        if current is None:
            removed += _first_run(period, now=now, today=today, refreshed=refreshed)
        elif current.frozen_at is None:
            removed += refresh_marked(current, now=now)
            refreshed.append(period)
        elif now - oldest >= gathering_time(current):
            removed += _correct(current, now)
            corrected.append(period)
        else:
            waiting.append(period)
    for run in Run.objects.filter(is_current=True, frozen_at=None).select_related("formula"):
        if outdated(run):
            refresh_whole(run, now)
            refreshed.append(run.period)
    return Refreshed(tuple(sorted(set(refreshed))), tuple(corrected), tuple(waiting), removed)


def open_months(current: Period) -> list[Period]:
    """The months with an open run, and the current one, in order."""
    keys = Run.objects.filter(is_current=True, frozen_at=None).values_list("period", flat=True)
    return [Period.from_key(key) for key in sorted({*keys, current.key})]


def gathering_time(run: Run) -> timedelta:
    """How long corrections of a closed month wait for more: longer where a run takes longer."""
    taken = run.finished_at - run.started_at if run.finished_at else timedelta(0)
    return max(GATHER_AT_LEAST, GATHER_FACTOR * taken)


def refresh_marked(run: Run, *, now: datetime) -> int:
    """Refresh the current run of an open month where it is marked; the number of marks removed."""
    with transaction.atomic():
        run = lock(run)
        marks = list(
            DirtyMark.objects.filter(period=run.period).values_list("pk", "organization_id", "marked_at")
        )
        if not marks or run.frozen_at is not None or not run.is_current:
            return 0
        if outdated(run) or len({mark[1] for mark in marks}) > MANY:
            refresh_whole(run, _not_before(now, marks))
        else:
            run.cutoff = _not_before(now, marks)
            tune()
            refresh_organizations(run, {mark[1] for mark in marks})
        if _is_being_computed(run.period, now):
            # The run that is on its way started from an earlier cut-off: it wants the same marks.
            return 0
        return _remove(mark[0] for mark in marks)


def refresh_organizations(run: Run, organizations: Iterable[int]) -> None:
    """Compute these organisations again at the run's cut-off and fold what is above them; the run is locked."""
    month = Period.from_key(run.period)
    chosen = _with_those_concerned(set(organizations), run.period, month.ends_on)
    before = _placed(run, chosen)
    written = write_readings(run, Among(sorted(chosen)), afresh=False)
    after = _placed(run, chosen)
    turned = {pk for pk in chosen if before.get(pk, (None, False))[1] != after.get(pk, (None, False))[1]}
    rehung = _hanging_below(turned, month.ends_on) - chosen
    if rehung:
        before |= _placed(run, rehung)
        written += write_readings(run, Among(sorted(rehung)), afresh=False)
        after |= _placed(run, rehung)
    scopes = {parent for placed in (before, after) for parent, _ in placed.values() if parent is not None}
    leading = {pk for placed in (before, after) for pk, (_, leads) in placed.items() if leads}
    # A scope's own row carries what its parent reached, so the scopes directly below look again too.
    below = Reading.objects.filter(run=run, parent__in=leading, leads=True).values_list(
        "organization_id", flat=True
    )
    written += refold(run, scopes | leading | set(below))
    run.written = written
    finish(run)


def _placed(run: Run, organizations: Iterable[int]) -> dict[int, tuple[int | None, bool]]:
    rows = Reading.objects.filter(run=run, organization__in=sorted(organizations))
    return {
        pk: (parent, leads) for pk, parent, leads in rows.values_list("organization_id", "parent_id", "leads")
    }


def _with_those_concerned(chosen: set[int], period: int, day: date) -> set[int]:
    """Add branches for their 党小组, and units whose records have a parent record here: its fulfilment is theirs."""
    keys = sorted(chosen)
    groups = standing_groups(day).filter(pk__in=keys).values_list("stood_parent_id", flat=True)
    # A group that no longer exists on the day is still missed by the branch it belongs to.
    present = Organization.objects.filter(pk__in=keys, kind=OrganizationKind.GROUP).values_list(
        "parent_id", flat=True
    )
    chosen = chosen | {pk for pk in (*groups, *present) if pk is not None}
    children = DutyRecord.objects.filter(parent__organization__in=keys, parent__period=period).order_by()
    elsewhere = []
    for organization_id, month in children.values_list("organization_id", "period").distinct():
        if month == period:
            chosen.add(organization_id)
        else:
            elsewhere.append(DirtyMark(organization_id=organization_id, period=month))
    DirtyMark.objects.bulk_create(elsewhere)
    return chosen


def _hanging_below(turned: set[int], day: date) -> set[int]:
    """What stands below organisations that began or ceased to lead: it hangs under another committee now."""
    found: set[int] = set()
    frontier = turned
    while frontier:
        keys = sorted(frontier)
        once = Placement.objects.filter(parent__in=keys).values_list("organization_id", flat=True)
        rows = Organization.objects.order_by().filter(Q(parent__in=keys) | Q(pk__in=list(once))).as_of(day)
        below = {
            pk
            for pk, parent, kind in rows.values_list("pk", "stood_parent_id", "stood_kind")
            if parent in frontier and kind != OrganizationKind.GROUP
        }
        leading = standing(day, Among(sorted(below))).filter(stood_kind__in=COMMITTEE_KINDS)
        frontier = below - found - set(leading.values_list("pk", flat=True))
        found |= below
    return found


def _first_run(period: int, *, now: datetime, today: date, refreshed: list[int]) -> int:
    """Compute a month nobody has computed yet; marks of months to come are dropped, their first run sees everything."""
    if _is_being_computed(period, now):
        return 0
    marks = list(DirtyMark.objects.filter(period=period).values_list("pk", "organization_id", "marked_at"))
    if period <= Period.month_of(today).key:
        take_readings(Period.from_key(period), cutoff=_not_before(now, marks))
        refreshed.append(period)
    return _remove(mark[0] for mark in marks)


def _correct(current: Run, now: datetime) -> int:
    if _is_being_computed(current.period, now):
        return 0
    marks = list(
        DirtyMark.objects.filter(period=current.period).values_list("pk", "organization_id", "marked_at")
    )
    take_readings(Period.from_key(current.period), cutoff=_not_before(now, marks), reason="封存后更正")
    return _remove(mark[0] for mark in marks)


def _not_before(now: datetime, marks) -> datetime:
    """The cut-off: now, or the newest mark where the clock of the host that made it is ahead of ours."""
    return max([now, *(marked_at for _, _, marked_at in marks)])


def _is_being_computed(period: int, now: datetime) -> bool:
    return Run.objects.filter(
        period=period, is_current=False, state=RunState.RUNNING, started_at__gt=now - GIVEN_UP
    ).exists()


def _remove(marks: Iterable[int]) -> int:
    keys = sorted(marks)
    for start in range(0, len(keys), MANY):
        DirtyMark.objects.filter(pk__in=keys[start : start + MANY]).delete()
    return len(keys)
