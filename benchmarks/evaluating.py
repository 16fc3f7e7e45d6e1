"""A round computed in one task, against a plain loop over the same facts; and one result sheet, among few and many."""

import gc
import multiprocessing
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accountability import scoring
from accountability.actions.evaluating import ask_evaluation, fill_in, run_evaluation
from accountability.actions.rounds import create_round
from accountability.choices import EntryOrigin
from accountability.models import (
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
    ResultSheet,
    Scheme,
    SchemeVersion,
)
from branches.access import Actor
from branches.choices import MeetingKind, Post, TaskState
from branches.models import Organization
from branches.periods import Period
from supervision.attenuation.engine import take_readings

from . import databases, world
from .pages import WARM_UP, Taken, count_queries
from .report import Goal, Section, Table, figure

ROUNDS = 10
TIMES = 2
TOP, MIDDLE, REST = "优秀", "良好", "一般"
BANDS = ((TOP, 75), (MIDDLE, 50))
SHARE = 30

#: What an item filled in by hand asks, one after the other: kind, its parameters, what the n-th unit states.
BY_HAND: list[tuple[str, str, Callable[[int], dict]]] = [
    ("DEDUCT_EACH", "p = 0.1", lambda n: {"count": n % 4}),
    ("LEVEL", 'levels = { "好" = 1, "较好" = 0.8, "一般" = 0.5, "差" = 0 }', lambda n: {"level": ("好", "较好", "一般", "差")[n % 4]}),
    ("STEP", "steps = [{ from = 95, p = 1 }, { from = 80, p = 0.7 }, { from = 60, p = 0.4 }]", lambda n: {"value": Decimal(50 + n % 51)}),
    ("DISCRETION", "from = 0, to = 1, reason = false", lambda n: {"points": Decimal(n % 11) / 10}),
    ("BOOL", "p = 1", lambda n: {"yes": n % 5 > 0}),
    ("RATIO_TO_BEST", "max = 1", lambda n: {"value": Decimal(40 + n % 61)}),
    ("GAIN_PER", "p = 0.2", lambda n: {"count": n % 7}),
]  # fmt: skip
KNOWN_MEETINGS = (
    MeetingKind.GENERAL_MEETING,
    MeetingKind.COMMITTEE_MEETING,
    MeetingKind.LECTURE,
    MeetingKind.PARTY_DAY,
)
KNOWN_MEASURES = ("core_meetings", "attendance", "duties", "duties_timely")


def measure(units: int, few: int, items: int, requests: int, now, say) -> Section:
    """Compute `units` × `items` and open one sheet among `few` and among all of them."""
    for size in (few, units):
        began = time.monotonic()
        _world(size, items, now)
        say(f"{size:,} units × {items} items stated in {time.monotonic() - began:.0f} s")
    databases.use(databases.name_of(_name(units)))
    round = EvaluationRound.objects.get()
    taken, sheets = [], 0
    for number in range(TIMES):
        product = _alone(lambda: _compute(round.pk))
        stored = dict(Evaluation.objects.values_list("pk", "total"))
        grades = dict(Evaluation.objects.values_list("pk", "grade"))
        sheets = ResultSheet.objects.count()
        plain = _alone(lambda: _plainly(round.pk))
        if (stored, grades) != (
            dict(Evaluation.objects.values_list("pk", "total")),
            dict(Evaluation.objects.values_list("pk", "grade")),
        ):
            raise RuntimeError("the plain loop comes to other totals or grades")
        taken.append((product, plain))
        say(f"round {number + 1}: product {product[0]:.1f} s, plain loop {plain[0]:.1f} s")
    databases.use(databases.name_of(_name(few)))
    _compute(EvaluationRound.objects.get().pk)
    pages = _open([few, units], requests, say)
    connection.close()
    return _section(units, few, items, requests, taken, sheets, pages)


def _name(size: int) -> str:
    return f"evaluating_{size}"


def table_of(items: int) -> str:
    """A scheme of so many items in lines of thirteen, of which some are filled in by the system."""
    known = [
        ("meetings", kind.label, f'kind = "MISS_COUNT", fact = "{kind.label}", n = 4, p = 0.1')
        for kind in KNOWN_MEETINGS
    ]
    known += [("measure", code, 'kind = "PER_PP", target = 95, x = 5, y = 0.1') for code in KNOWN_MEASURES]
    parts = [
        f'format = 1\ncode = "BENCH"\ntitle = "测量"\nfull = {items}\ngrades = ["{TOP}", "{MIDDLE}", "{REST}"]',
        '[[rule]]\nkind = "CUTOFF"\nbands = ['
        + ", ".join(f'{{ grade = "{grade}", from = {lowest} }}' for grade, lowest in BANDS)
        + "]",
        f'[[rule]]\nkind = "QUOTA"\nshares = {{ "{TOP}" = {SHARE} }}',
    ]
    for number in range(items):
        if number % 13 == 0:
            full = min(13, items - number)
            parts.append(
                f'[[line]]\nkey = "l{number // 13}"\ntitle = "第{number // 13 + 1}类"\nfull = {full}'
            )
        head = f'[[line.item]]\nkey = "i{number}"\ntitle = "第{number + 1}项"\nfull = 1\nclause = "测量第{number + 1}条"'
        if number < len(known):
            source, datum, rule = known[number]
            head += f'\nsource = "{source}"\ndatum = "{datum}"'
        else:
            kind, params, _ = BY_HAND[number % len(BY_HAND)]
            rule = f'kind = "{kind}", {params}'
        parts.append(f"{head}\nrule = [{{ {rule} }}]")
    return "\n".join(parts) + "\n"


def _world(size: int, items: int, now) -> None:
    """A tree with a little life of which everything below the top is evaluated, and everything stated."""
    databases.create(_name(size))
    databases.use(databases.name_of(_name(size)))
    months = Period.month_of(now.date()).trailing(3)
    world.build(size + 1, months, now)
    for month in months:
        take_readings(month)
    top = Organization.objects.order_by("path").first()
    user = world.appoint("secretary", top, Post.SECRETARY)
    appointment = user.appointments.select_related("organization", "user").get()
    text = table_of(items)
    scheme = Scheme.objects.create(
        organization=top, code="BENCH", year=now.year, title="测量", document=text, full=items, created_at=now
    )
    SchemeVersion.objects.create(scheme=scheme, number=1, document=text, made_at=now)
    round = create_round(
        actor=Actor(user, appointment, now.date()),
        organization=top,
        title="测量",
        year=now.year,
        starts_on=date(now.year, 1, 1),
        ends_on=date(now.year, 12, 31),
        fill_until=date(now.year, 12, 31),
        schemes=[scheme],
        now=now,
    )
    EvaluationEntry.objects.bulk_create(_stated(round, items, user, now), batch_size=5000)
    fill_in(round=round, now=now)
    databases.settle()


def _stated(round, items: int, author, now) -> Iterator[EvaluationEntry]:
    known = len(KNOWN_MEETINGS) + len(KNOWN_MEASURES)
    for place, evaluation in enumerate(round.evaluations.order_by("pk")):
        for number in range(known, items):
            yield EvaluationEntry(
                evaluation=evaluation,
                item=f"i{number}",
                origin=EntryOrigin.HAND,
                author=author,
                created_at=now,
                **BY_HAND[number % len(BY_HAND)][2](place * 7 + number),
            )


def _compute(pk: int) -> None:
    """What the worker does when it is asked."""
    round = EvaluationRound.objects.select_related("organization").get(pk=pk)
    appointment = round.author.appointments.select_related("organization", "user").get()
    now = timezone.now()
    ask_evaluation(actor=Actor(round.author, appointment, now.date()), round=round, now=now)
    run_evaluation(pk=pk, now=now)
    round.refresh_from_db()
    if round.run_state != TaskState.DONE or round.run_message:
        raise RuntimeError(f"the round says {round.run_state}: {round.run_message}")


def _alone(work: Callable[[], None]) -> tuple[float, int]:
    """Seconds and peak memory (MB) of work done in a process of its own."""
    connection.close()
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()

    def run():
        gc.collect()
        began = time.perf_counter()
        work()
        took = time.perf_counter() - began
        theirs.send((took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))
        connection.close()

    process = context.Process(target=run)
    process.start()
    theirs.close()
    try:
        return mine.recv()
    finally:
        process.join()


# the plain loop


def _plainly(pk: int) -> None:
    """Read the rows, add up the points by rules written down in Python, write totals and grades; explain nothing."""
    scheme = EvaluationRound.objects.get(pk=pk).schemes.select_related("version").get()
    items = [item for _, item in scheme.version.table.items()]
    facts: dict[int, dict[str, tuple]] = defaultdict(dict)
    rows = EvaluationEntry.objects.filter(evaluation__round=pk, withdrawn_at=None).order_by()
    for unit, item, count, due, value, level, points, yes in rows.values_list(
        "evaluation", "item", "count", "due", "value", "level", "points", "yes"
    ).iterator(chunk_size=5000):
        facts[unit][item] = (count, due, value, level, points, yes)
    best = {
        item.key: max(each[item.key][2] for each in facts.values())
        for item in items
        if item.rules[0].kind == "RATIO_TO_BEST"
    }
    totals = {
        unit: sum(
            (_points(item, found.get(item.key), best.get(item.key)) for item in items), Decimal(0)
        ).quantize(Decimal("0.01"), ROUND_HALF_UP)
        for unit, found in facts.items()
    }
    grades = _grades(totals)
    evaluations = list(Evaluation.objects.filter(round=pk))
    for each in evaluations:
        each.total, each.grade = totals[each.pk], grades[each.pk]
    Evaluation.objects.bulk_update(evaluations, ["total", "grade"], batch_size=200)


def _points(item: scoring.Item, fact: tuple | None, best: Decimal | None) -> Decimal:
    rule, one = item.rules[0], Decimal(1)
    count, due, value, level, points, yes = fact or (None,) * 6
    match rule.kind:
        case "DEDUCT_EACH":
            earned = one - rule["p"] * (count or 0)
        case "MISS_COUNT":
            earned = one - rule["p"] * max(0, (rule["n"] if due is None else due) - (count or 0))
        case "PER_PP":
            if due == 0:
                return one
            if fact is None:
                return Decimal(0)
            gap = max(Decimal(0), rule["target"] - Decimal(100 * count) / due)
            earned = one - gap // rule["x"] * rule["y"]
        case "LEVEL":
            earned = rule["levels"][level]
        case "STEP":
            earned = max((step["p"] for step in rule["steps"] if step["from"] <= value), default=Decimal(0))
        case "DISCRETION":
            earned = points
        case "BOOL":
            earned = rule["p"] if yes else Decimal(0)
        case "RATIO_TO_BEST":
            earned = value / best * rule["max"]
        case "GAIN_PER":
            earned = rule["p"] * count
        case _:
            raise ValueError(rule.kind)
    return min(one, max(Decimal(0), earned))


def _grades(totals: dict[int, Decimal]) -> dict[int, str]:
    """By total, the best grade for so many at most; equals at the edge all fall."""
    grades = {
        unit: next((grade for grade, lowest in BANDS if total >= lowest), REST)
        for unit, total in totals.items()
    }
    places = SHARE * len(totals) // 100
    first = sorted((totals[unit] for unit, grade in grades.items() if grade == TOP), reverse=True)
    if len(first) > places:
        edge = first[places]
        grades |= {unit: MIDDLE for unit, grade in grades.items() if grade == TOP and totals[unit] <= edge}
    return grades


# one result sheet


def _open(sizes: list[int], requests: int, say) -> dict[int, Taken]:
    taken = {size: Taken() for size in sizes}
    for number in range(ROUNDS):
        for size in sizes:
            databases.use(databases.name_of(_name(size)))
            gc.collect()
            round = EvaluationRound.objects.get()
            client = Client()
            client.force_login(round.author, backend="django.contrib.auth.backends.ModelBackend")
            address = reverse("evaluation-detail", args=[round.evaluations.order_by("pk").last().pk])
            mine = taken[size]
            for _warm in range(WARM_UP):
                answer = client.get(address)
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answers {answer.status_code}")
            mine.length = len(answer.content)
            mine.queries = count_queries(client, address)
            for _request in range(requests // ROUNDS + (number < requests % ROUNDS)):
                began = time.perf_counter()
                client.get(address)
                mine.seconds.append(time.perf_counter() - began)
    say("result sheets opened")
    return taken


def _section(units, few, items, requests, taken, sheets, pages) -> Section:
    product, plain = min(each[0] for each in taken), min(each[1] for each in taken)
    ratio = product[0] / plain[0]
    small, large = pages[few], pages[units]
    slower = large.percentile(0.95) / small.percentile(0.95)
    queries = sorted({small.queries, large.queries})
    return Section(
        "Evaluation",
        [
            f"A round over {units:,} units by a scheme of {items} items, {len(KNOWN_MEETINGS) + len(KNOWN_MEASURES)} of "
            "them filled in by the system, the others stated. The product looks up again what the system knows, reads "
            f"all facts, checks them, scores, ranks and grades, and writes {sheets:,} result sheets that explain every "
            "point, in one task and one transaction. The plain loop reads the same rows, adds up by rules written down "
            "in Python and writes totals and grades; both come to the same. The better of two runs each, in processes "
            "of their own.",
            f"One result sheet: {requests} requests after a warm-up by Django's test client, taking turns.",
        ],
        [
            Table(
                ["", "seconds", "peak MB"],
                [("product, with explanations", *product), ("plain loop, totals and grades alone", *plain)],
            ),
            Table(
                ["one result sheet among", "p50 ms", "p95 ms", "bytes", "queries"],
                [
                    (size, mine.percentile(0.5), mine.percentile(0.95), mine.length, mine.queries)
                    for size, mine in pages.items()
                ],
            ),
        ],
        [
            Goal(
                f"{units:,} units × {items} items in one task",
                "≤ 60 s",
                f"{figure(product[0])} s",
                product[0] <= 60,
            ),
            Goal(
                "the same against a plain loop that explains nothing",
                "≤ 20×",
                f"{figure(ratio)}×",
                ratio <= 20,
            ),
            Goal(
                f"queries of one result sheet, {few:,} → {units:,} units",
                "constant",
                " / ".join(map(str, queries)),
                len(queries) == 1,
            ),
            Goal(
                f"p95 of one result sheet, {few:,} → {units:,} units",
                "≤ 2×",
                f"{figure(slower)}×",
                slower <= 2,
            ),
        ],
    )
