"""What is measured, in which sizes, in which order."""

import os
import time
from dataclasses import dataclass

from django.utils import timezone

from . import coverage, databases, evaluating, imports, issuing, pages, recompute, reviewing, submitting
from .machine import facts
from .report import render

ORDER = ("imports", "issuing", "recompute", "pages", "reviewing", "coverage", "evaluating", "meetings")


@dataclass(frozen=True)
class Sizes:
    pages: tuple[int, ...]
    requests: int
    recompute: tuple[int, ...]
    rounds: int
    submit_organizations: int
    submit_seconds: float
    submit_rounds: int
    members: int
    divisions: int
    issued: int
    issued_barely: int
    waiting: tuple[int, ...]
    waiting_organizations: int
    covered: tuple[int, ...]
    evaluated: int
    evaluated_few: int
    items: int


FULL = Sizes(
    pages=(1_000, 10_000, 100_000),
    requests=100,
    recompute=(10_000, 100_000, 665_000),
    rounds=2,
    submit_organizations=1_000,
    submit_seconds=6,
    submit_rounds=3,
    members=40_000,
    divisions=665_276,
    issued=10_000,
    issued_barely=2_000,
    waiting=(1_000, 100_000),
    waiting_organizations=10_000,
    covered=(10, 100, 1_000),
    evaluated=1_665,
    evaluated_few=10,
    items=131,
)
SMALL = Sizes(
    pages=(200, 1_000),
    requests=20,
    recompute=(500, 2_000),
    rounds=1,
    submit_organizations=300,
    submit_seconds=2,
    submit_rounds=1,
    members=2_000,
    divisions=5_000,
    issued=1_000,
    issued_barely=400,
    waiting=(500, 4_000),
    waiting_organizations=1_000,
    covered=(5, 20, 100),
    evaluated=100,
    evaluated_few=10,
    items=40,
)


def run(wanted: list[str]) -> tuple[str, bool]:
    """Measure the sections named (default: all) and return the report, and whether it may be kept: all, full size."""
    if unknown := set(wanted) - set(ORDER):
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(ORDER)}")
    is_small = os.environ.get("BENCH", "full") == "small"
    sizes = SMALL if is_small else FULL
    now = timezone.now()
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {text}", flush=True)

    databases.prepare()
    say("database ready")
    measured = {}
    for name in ORDER:
        if wanted and name not in wanted:
            continue
        say(f"── {name}")
        match name:
            case "imports":
                measured[name] = imports.measure(sizes.members, sizes.divisions, now, say)
            case "issuing":
                measured[name] = issuing.measure(sizes.issued, sizes.issued_barely, now, say)
            case "recompute":
                measured[name] = recompute.measure(list(sizes.recompute), now, say, rounds=sizes.rounds)
            case "pages":
                measured[name] = pages.measure(list(sizes.pages), sizes.requests, now, say)
            case "reviewing":
                measured[name] = reviewing.measure(
                    list(sizes.waiting), sizes.waiting_organizations, sizes.requests, now, say
                )
            case "coverage":
                measured[name] = coverage.measure(list(sizes.covered), now, say)
            case "evaluating":
                measured[name] = evaluating.measure(
                    sizes.evaluated, sizes.evaluated_few, sizes.items, sizes.requests, now, say
                )
            case "meetings":
                measured[name] = submitting.measure(
                    sizes.submit_organizations, sizes.submit_seconds, sizes.submit_rounds, now, say
                )
    shown = [
        measured[name]
        for name in (
            "recompute",
            "pages",
            "reviewing",
            "coverage",
            "evaluating",
            "meetings",
            "issuing",
            "imports",
        )
        if name in measured
    ]
    return render(facts(timezone.localdate(now)), shown), not wanted and not is_small
