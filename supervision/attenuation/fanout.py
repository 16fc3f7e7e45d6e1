"""One month worked off by many workers: subtrees side by side, one task each, and one short fold at the end.

What is done is noted in the database beside the rows themselves, so a part is done or not, whatever became of the
worker or the broker; doing a part twice changes nothing. The result equals the single-process run bit by bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Substr
from django.utils import timezone

from accountability.choices import RunState
from accountability.models import Reading, Run, RunPart
from branches.counts import Among, Stretch, standing
from branches.models import Organization
from branches.periods import Period

from .engine import keep_to_one_core, make_current, prepare_run, tune
from .rollup import fold, refold
from .statements import crossings, lifts, settle, write_part, write_readings

#: Parts to cut the tree into, so that no worker waits long for the last one.
PARTS = 24
#: A part is not worth a task below this many organisations.
LEAST = 500
#: A part that waits longer than this has lost its task.
STALLED = timedelta(minutes=30)


@dataclass(frozen=True)
class Share:
    """Subtrees side by side: the paths in [low, high), `organizations` of them."""

    low: str
    high: str
    organizations: int


def plan(parts: int = PARTS, least: int = LEAST) -> tuple[list[Share], list[int]]:
    """Cut the present tree into shares of about equal size; the shares, and the keys of the committees above them.

    Whatever is larger than a share is opened: it stands above, and its children are shared out.
    """
    total = Organization.objects.count()
    size = max(least, -(-total // parts))
    shares: list[Share] = []
    above: list[str] = []
    opened = [""]
    depth = 1
    while opened:
        sizes = _sizes(depth, opened)
        opened = []
        run: list[tuple[str, int]] = []
        for path, number in [*sizes, ("", 0)]:
            large = number > size
            apart = bool(run) and path[: -Organization.steplen] != run[0][0][: -Organization.steplen]
            if run and (large or apart or not path or sum(each[1] for each in run) + number > size):
                shares.append(Share(run[0][0], run[-1][0] + "~", sum(each[1] for each in run)))
                run = []
            if large:
                above.append(path)
                opened.append(path)
            elif path:
                run.append((path, number))
        depth += 1
    keys = Organization.objects.filter(path__in=above).order_by().values_list("pk", flat=True)
    return shares, sorted(keys)


def start(
    month: Period, *, cutoff: datetime, publish: Callable[[int], None], parts: int = PARTS, least: int = LEAST
) -> Run:
    """Prepare a run, compute the few committees above the shares, and have every part that is not done published.

    A run of the month that died is taken up where it stopped, at its own cut-off.
    """
    run = resume(month)
    if run is None:
        run = prepare_run(month, cutoff)
        with transaction.atomic():
            shares, above = plan(parts, least)
            write_readings(run, Among(above), afresh=True)
            now = timezone.now()
            lifted = sorted(lifts(Period.from_key(run.period).ends_on).items())
            RunPart.objects.create(
                run=run, number=0, roots=lifted, organizations=len(above), crossings=above, done_at=now
            )
            RunPart.objects.bulk_create(
                RunPart(
                    run=run, number=number, roots=[share.low, share.high], organizations=share.organizations
                )
                for number, share in enumerate(shares, start=1)
            )
    waiting = list(run.parts.filter(done_at=None).values_list("pk", flat=True))
    for part in waiting:
        publish(part)
    if not waiting:
        complete(run.pk)
    return run


def resume(month: Period) -> Run | None:
    """The fanned-out run of a month that is under way or died on the way."""
    return (
        Run.objects.filter(period=month.key, is_current=False, frozen_at=None, parts__isnull=False)
        .exclude(state=RunState.DONE)
        .order_by("-number")
        .first()
    )


def do_part(pk: int) -> None:
    """Compute one part; whoever finishes the last one completes the run."""
    with transaction.atomic():
        part = RunPart.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
        if part is None:
            return  # somebody else is at it, or the run was given up
        run = Run.objects.select_related("formula").get(pk=part.run_id)
        if part.done_at is None:
            tune()
            keep_to_one_core()
            among = Stretch.between(*part.roots)
            top = run.parts.get(number=0)
            # Nothing of this part was committed before: its rows and this note stand or fall together.
            fold(run, among, afresh=True, readings=write_part(run, among, top.crossings, dict(top.roots)))
            part.crossings = crossings()
            part.done_at = timezone.now()
            part.save()
    complete(run.pk)


def complete(pk: int) -> Run | None:
    """Fold the top and make the run current once every part is done; None while some are not."""
    run = Run.objects.filter(pk=pk, state=RunState.RUNNING).first()
    if run is None or run.parts.filter(done_at=None).exists():
        return None
    with transaction.atomic():
        run = (
            Run.objects.select_for_update(of=("self",), no_key=True)
            .select_related("formula")
            .filter(pk=pk)
            .first()
        )
        if run is None or run.state != RunState.RUNNING:
            return run
        tune()
        settle()
        _catch_up(run)
        # Part 0 holds the committees above the shares; their sums come last.
        scopes = {pk for keys in run.parts.values_list("crossings", flat=True) for pk in keys}
        refold(run, scopes)
        run.written = Reading.objects.filter(run=run).count()
        run = make_current(run)
        run.parts.all().delete()
    return run


def _sizes(depth: int, opened: list[str]) -> list[tuple[str, int]]:
    """Subtrees whose top is at `depth` below one of the opened paths, with their sizes, in order."""
    length = depth * Organization.steplen
    rows = Organization.objects.order_by().filter(depth__gte=depth)
    if opened != [""]:
        within = Q()
        for path in opened:
            within |= Stretch(path, path + "~").of()
        rows = rows.filter(within)
    counted = rows.annotate(top=Substr("path", 1, length)).values("top").annotate(number=Count("*"))
    return sorted(counted.values_list("top", "number"))


def _catch_up(run: Run) -> None:
    """Compute organisations that a part did not see because they were moved or founded while it ran."""
    day = Period.from_key(run.period).ends_on
    if standing(day).count() == Reading.objects.filter(run=run).count():
        return
    write_readings(run, afresh=False)
    fold(run, afresh=False)


def stalled(*, now: datetime) -> list[int]:
    """Parts not done half an hour after their run began: their tasks were lost with a broker."""
    parts = RunPart.objects.filter(
        done_at=None, run__state=RunState.RUNNING, run__started_at__lt=now - STALLED
    )
    return list(parts.values_list("pk", flat=True))
