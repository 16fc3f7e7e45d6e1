"""Readings of one month: which run, by which formula, as of which cut-off; then rows, written by SQL alone.

One run is one formula version + one period + one data cut-off. The current run of an open month is refreshed in
place in one transaction; that of a closed month stands, and whatever is computed later gets the next number. A run
that dies leaves the previous one standing, and repeating it takes up where it stopped.
"""

from datetime import date, datetime

from django.db import connection, transaction
from django.utils import timezone

from accountability.choices import RunState
from accountability.models import Formula, Reading, RollUp, Run
from branches.models import CadenceRule
from branches.periods import Interval, Period
from branches.xray import is_closed

from .measures import starting_weights
from .rollup import fold
from .statements import write_readings


def ensure_formula() -> Formula:
    """The first formula, made of the declared weights, when there is none yet; otherwise the newest."""
    newest = Formula.objects.order_by("-number").first()
    if newest:
        return newest
    made, _ = Formula.objects.get_or_create(
        number=1,
        defaults={"effective_from": 190001, "weights": dict(starting_weights()), "reason": "系统初始口径"},
    )
    return made


def formula_for(month: Period) -> Formula:
    """The newest formula that had taken effect in `month`."""
    ensure_formula()
    found = Formula.objects.filter(effective_from__lte=month.key).order_by("-number").first()
    return found or Formula.objects.order_by("number").first()


def take_readings(month: Period, *, cutoff: datetime | None = None, reason: str = "") -> Run:
    """Compute a month for all organisations and return the run that is current afterwards.

    An open month is refreshed in place. For a closed one the next numbered run is made, unless it would say the same
    as the one that stands. `cutoff` (default: now) leaves out what was recorded later.
    """
    month = _month(month)
    cutoff = cutoff or timezone.now()
    current = Run.objects.filter(period=month.key, is_current=True).first()
    if current and current.frozen_at is None:
        return refresh_whole(current, cutoff)
    run = prepare_run(month, cutoff, reason)
    try:
        return _complete(run)
    except Exception:
        Run.objects.filter(pk=run.pk, is_current=False).update(state=RunState.FAILED)
        raise


def prepare_run(month: Period, cutoff: datetime, reason: str = "") -> Run:
    """A run of `month` that is not current yet: one that died, taken up again, or the next number.

    Its row is there before the work starts, so that whoever changes a record meanwhile knows of it.
    """
    with transaction.atomic():
        ensure_formula()
        started = Run.objects.filter(period=month.key, is_current=False, frozen_at=None).order_by("-number")
        started = started.exclude(state=RunState.DONE).first()
        if started:
            started.parts.all().delete()  # waits for a worker that is at one of them
            discard_rows(started)
            started.cutoff, started.state, started.reason = cutoff, RunState.RUNNING, reason
            started.started_at = timezone.now()
            started.save()
            return started
        newest = Run.objects.filter(period=month.key).order_by("-number").first()
        closed = Run.objects.filter(period=month.key, is_current=True, frozen_at__isnull=False).first()
        # Weights are never changed under a closed month: a correction is judged as the month was.
        formula = closed.formula if closed else formula_for(month)
        return Run.objects.create(
            period=month.key,
            number=newest.number + 1 if newest else 1,
            formula=formula,
            cutoff=cutoff,
            reason=reason,
        )


def refresh_whole(run: Run, cutoff: datetime) -> Run:
    """Compute the current run of an open month again, in place, writing only what changed."""
    with transaction.atomic():
        run = lock(run)
        if run.frozen_at is not None or not run.is_current:
            return run
        run.started_at = timezone.now()
        run.cutoff = cutoff
        run.formula = formula_for(Period.from_key(run.period))
        tune()
        run.written = write_readings(run, afresh=False) + fold(run, afresh=False)
        finish(run)
    return run


def lock(run: Run) -> Run:
    """The run as it is now, held until the transaction ends: refreshes of one month queue up here."""
    return Run.objects.select_for_update(of=("self",), no_key=True).select_related("formula").get(pk=run.pk)


def finish(run: Run) -> None:
    """Note what a run holds; the caller is in the transaction that wrote it."""
    run.organizations = Reading.objects.filter(run=run).count()
    run.finished_at = timezone.now()
    run.state = RunState.DONE
    run.save()


def make_current(run: Run) -> Run:
    """Put a finished run in the place of the current one, which goes unless it is closed; the one that stays.

    Where a month is closed already, the new run is closed as well, or thrown away when it says the same.
    """
    before = Run.objects.filter(period=run.period, is_current=True).first()
    if before and before.frozen_at is not None and same_numbers(before, run):
        discard(run)
        return before
    if before:
        before.is_current = False
        before.save(update_fields=["is_current"])
        if before.frozen_at is None:
            discard(before)
        else:
            run.frozen_at = timezone.now()
    run.is_current = True
    finish(run)
    return run


def same_numbers(one: Run, other: Run) -> bool:
    """Whether two runs hold the same readings by the same formula, so that their sums are the same too."""
    if one.formula_id != other.formula_id:
        return False
    names = [field.attname for field in Reading._meta.concrete_fields if field.attname != "run_id"]
    rows = [Reading.objects.filter(run=run).order_by().values_list(*names) for run in (one, other)]
    return rows[0].count() == rows[1].count() and not rows[0].difference(rows[1]).exists()


def discard(run: Run) -> None:
    """Remove a run with its rows."""
    discard_rows(run)
    run.delete()


def discard_rows(run: Run) -> None:
    for model in (Reading, RollUp):
        rows = model.objects.filter(run=run)
        rows._raw_delete(rows.db)


def close_period(month: Period, *, now: datetime) -> Run | None:
    """Freeze the current run of `month` after one last refresh; None when there is nothing to close.

    A closed run is never written again.
    """
    current = Run.objects.filter(period=month.key, is_current=True, frozen_at=None).first()
    if current is None:
        return None
    with transaction.atomic():
        run = refresh_whole(current, now)
        if run.frozen_at is None:
            run.frozen_at = now
            run.save(update_fields=["frozen_at"])
    return run


def close_due_periods(*, today: date, now: datetime) -> list[Run]:
    """Close every month whose closing day has come; the runs closed."""
    keys = Run.objects.filter(is_current=True, frozen_at=None).values_list("period", flat=True)
    due = [key for key in sorted(keys) if is_closed(Period.from_key(key).ends_on, today)]
    closed = [close_period(Period.from_key(key), now=now) for key in due]
    return [run for run in closed if run]


def outdated(run: Run) -> bool:
    """Whether rules or weights have changed since an open run was computed, which concerns everybody at once."""
    changed = CadenceRule.history.model.objects.filter(history_date__gt=run.cutoff).exists()
    added = CadenceRule.objects.filter(created_at__gt=run.cutoff).exists()
    return changed or added or formula_for(Period.from_key(run.period)).pk != run.formula_id


def tune() -> None:
    """Settings of PostgreSQL for sums over a whole month, in this transaction alone."""
    _set("jit = off", "work_mem = '64MB'")


def keep_to_one_core() -> None:
    """Parts of a run go side by side already, so none of them is split up once more."""
    _set("max_parallel_workers_per_gather = 0")


def _set(*settings: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for setting in settings:
                cursor.execute(f"SET LOCAL {setting}")


def _complete(run: Run) -> Run:
    with transaction.atomic():
        run = lock(run)
        if run.state != RunState.RUNNING:
            return run
        tune()
        run.written = write_readings(run, afresh=True) + fold(run, afresh=True)
        return make_current(run)


def _month(month: Period) -> Period:
    if month.interval is not Interval.MONTH:
        raise ValueError(f"读数按月计算，不能计算 {month.code}")
    return month
