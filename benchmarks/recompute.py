"""Recompute of one period: the product, the best hand-written SQL, and a loop over the nodes through the ORM."""

import itertools
import math
import multiprocessing
import resource
import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection

from accountability.models import DutyRecord, Reading, RollUp, Run
from branches.models import DirtyMark, Meeting, Organization
from branches.periods import Period
from supervision.attenuation import engine, fanout
from supervision.attenuation.refresh import refresh_marked

from . import databases, handwritten, naive, world
from .report import Goal, Section, Table, figure

#: A month that ends a quarter: meetings of three months are looked at.
MONTH = Period.parse("2026-09")
LOOP_SIZE = 10_000
#: The loop visits one node in so many, and its time counts as often; visiting all takes minutes.
LOOP_SAMPLE = 10


@dataclass
class Taken:
    """Seconds, by what was done, in the world of one size."""

    seconds: dict[str, float] = field(default_factory=dict)
    meetings: int = 0
    duties: int = 0
    memory: float = 0

    def time(self, name: str, work, *, times: int = 1):
        """Do it and keep the best of `times`; the machine is shared, and noise only ever adds."""
        best, result = math.inf, None
        for _ in range(times):
            began = time.perf_counter()
            result = work()
            best = min(best, time.perf_counter() - began)
        self.seconds[name] = min(best, self.seconds.get(name, math.inf))
        return result


def measure(sizes: list[int], now, say, *, loop: bool = True, rounds: int = 3) -> Section:
    """Compute `MONTH` in a world of each size by every way there is; raises unless all come to the same numbers."""
    taken = {}
    for size in sizes:
        name = f"recompute_{size}"
        began = time.monotonic()
        databases.create(name)
        databases.use(databases.name_of(name))
        world.build(size, MONTH.trailing(3), now)
        databases.settle()
        say(f"world of {size:,} organisations in {time.monotonic() - began:.0f} s")
        taken[size] = _one_world(size, now, rounds, with_loop=loop and size == LOOP_SIZE)
        say(", ".join(f"{name} {figure(seconds)} s" for name, seconds in taken[size].seconds.items()))
        connection.close()
        databases.drop(name)
    return _section(taken)


def _one_world(size: int, now, rounds: int, *, with_loop: bool) -> Taken:
    taken = Taken(meetings=Meeting.objects.count(), duties=DutyRecord.objects.count())
    for number in range(rounds):
        if number:
            _clear()
        run = taken.time("product, first", lambda: engine.take_readings(MONTH, cutoff=now))
        shadow = handwritten.prepare(run)
        taken.time("hand-written, first", lambda shadow=shadow: handwritten.compute(shadow))
        _equal(run, shadow)
        engine.discard(shadow)
    databases.settle()
    run = taken.time("product, again", lambda: engine.take_readings(MONTH, cutoff=now), times=rounds)
    taken.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for marks in (1, 100):
        keys = Organization.objects.branches().order_by("?").values_list("pk", flat=True)[:marks]
        DirtyMark.objects.bulk_create(DirtyMark(organization_id=pk, period=MONTH.key) for pk in keys)
        name = f"refresh of {marks}"
        later = now + timedelta(days=365)  # newer than every rule, or everybody would be computed
        Run.objects.filter(pk=run.pk).update(cutoff=later)
        taken.time(name, lambda later=later: refresh_marked(run, now=later))
    Run.objects.filter(pk=run.pk).update(cutoff=now)
    if size >= 100_000:
        for workers in (1, 2):
            _clear()
            databases.settle()
            taken.time(f"fan-out, {workers}", lambda workers=workers: _fan_out(now, workers))
    if with_loop:
        run = engine.take_readings(MONTH, cutoff=now)
        shadow = handwritten.prepare(run)
        taken.time("loop per node", lambda: naive.compute(shadow, every=LOOP_SAMPLE))
        taken.seconds["loop per node"] *= LOOP_SAMPLE
    return taken


def _clear() -> None:
    for run in Run.objects.all():
        engine.discard(run)


def _fan_out(now, workers: int) -> None:
    """Every part in one of `workers` processes, as Celery workers would; the rest in this one."""
    parts: list[int] = []
    fanout.start(MONTH, cutoff=now, publish=parts.append)
    connection.close()
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        pool.map(fanout.do_part, parts, chunksize=1)
    if not Run.objects.filter(period=MONTH.key, is_current=True).exists():
        raise RuntimeError("the parts did not make a run")


def _equal(run: Run, other: Run) -> None:
    """Raise unless two runs hold the same integers."""
    for model in (Reading, RollUp):
        names = [column.attname for column in model._meta.concrete_fields if column.attname != "run_id"]
        one, two = (model.objects.filter(run=each).order_by().values_list(*names) for each in (run, other))
        if one.count() != two.count() or one.difference(two).exists():
            raise RuntimeError(f"{model.__name__}: two ways of counting do not agree")


def _exponents(taken: dict[int, Taken], name: str) -> list[float]:
    sizes = sorted(taken)
    return [
        math.log(taken[after].seconds[name] / taken[before].seconds[name]) / math.log(after / before)
        for before, after in itertools.pairwise(sizes)
    ]


def _section(taken: dict[int, Taken]) -> Section:
    section = Section("Recompute of one period")
    section.notes.append(
        f"{MONTH.code} closes a quarter, so the meetings of three months are looked at. “First” writes every row, "
        "“again” writes only what changed (nothing). The hand-written SQL works on the same tables and indexes; the "
        "runs are compared row by row and must be equal. Best of three rounds. The loop per node is measured on every "
        f"{LOOP_SAMPLE}th node and multiplied."
    )
    names = list(dict.fromkeys(name for each in taken.values() for name in each.seconds))
    section.tables.append(
        Table(
            [
                "organisations",
                "meetings",
                "duty records",
                *(f"{name}, s" for name in names),
                "peak memory, MiB",
            ],
            [
                [
                    size,
                    each.meetings,
                    each.duties,
                    *(each.seconds.get(name) for name in names),
                    round(each.memory),
                ]
                for size, each in taken.items()
            ],
        )
    )
    for size, each in taken.items():
        ratio = each.seconds["product, first"] / each.seconds["hand-written, first"]
        section.goals.append(
            Goal(f"recompute against hand-written SQL, {size:,}", "≤ 1.5×", f"{figure(ratio)}×", ratio <= 1.5)
        )
        if "loop per node" in each.seconds:
            ratio = each.seconds["loop per node"] / each.seconds["product, first"]
            section.goals.append(
                Goal(
                    f"loop per node through the ORM against the product, {size:,}",
                    "≥ 100×",
                    f"{figure(ratio)}×",
                    ratio >= 100,
                )
            )
        if "fan-out, 2" in each.seconds:
            ratio = each.seconds["fan-out, 1"] / each.seconds["fan-out, 2"]
            section.goals.append(
                Goal(f"two workers against one, {size:,}", "≥ 1.7×", f"{figure(ratio)}×", ratio >= 1.7)
            )
        worst = max(each.seconds["refresh of 1"], each.seconds["refresh of 100"])
        section.goals.append(
            Goal(
                f"a confirmation reaches the top, {size:,} (beside at most 15 s until the next beat)",
                "< 45 s",
                f"{figure(worst)} s",
                worst < 45,
            )
        )
    steps = _exponents(taken, "product, first")
    sizes = sorted(taken)
    for before, after, exponent in zip(sizes, sizes[1:], steps, strict=False):
        section.goals.append(
            Goal(f"growth from {before:,} to {after:,}", "exponent ≤ 1.1", figure(exponent), exponent <= 1.1)
        )
    return section
