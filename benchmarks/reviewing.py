"""The queue of duty records that wait for review: as fast with a hundred thousand of them as with a thousand."""

import gc
import time

from django.db import connection
from django.test import Client
from django.urls import reverse

from accountability.models import DutyRecord
from branches.choices import Level, Post
from branches.models import Organization, User
from branches.periods import Period

from . import databases, world
from .pages import WARM_UP, Taken, count_queries
from .report import Goal, Section, Table, figure

#: label → (who opens it, how it is looked at)
VIEWS = {
    "queue of the top": ("top", ""),
    "queue of the top, from the middle on": ("top", "middle"),
    "queue of the top, one kind of duty": ("top", "kind=PRINCIPAL"),
    "queue of the top, branches only": ("top", f"level={int(Level.BRANCH)}"),
    "queue of a city": ("city", ""),
    "queue of a township": ("town", ""),
}
#: Where few wait the page is shorter, so that the two are no fair comparison: shown without a goal.
SMALL_VIEWS = ("queue of a township",)
ROUNDS = 10


def measure(sizes: list[int], organizations: int, requests: int, now, say) -> Section:
    """Open the queue `requests` times with each number of waiting records, in the same tree, taking turns."""
    for size in sizes:
        began = time.monotonic()
        databases.create(f"review_{size}")
        databases.use(databases.name_of(f"review_{size}"))
        months = Period.month_of(now.date()).trailing(max(1, -(-max(sizes) // (2 * organizations))))
        world.build(organizations, months, now)
        _people()
        _hand_in(size, now)
        databases.settle()
        say(f"{size:,} waiting among {DutyRecord.objects.count():,} in {time.monotonic() - began:.0f} s")
    taken = {(view, size): Taken() for view in VIEWS for size in sizes}
    for number in range(ROUNDS):
        for size in sizes:
            databases.use(databases.name_of(f"review_{size}"))
            _visit(size, taken, requests // ROUNDS + (number < requests % ROUNDS))
        say(f"round {number + 1} of {ROUNDS}")
    connection.close()
    return _section(sizes, organizations, requests, taken)


def _people() -> None:
    """A secretary at the top, at a city and at a township."""
    for username, level in (("top", None), ("city", Level.CITY), ("town", Level.PRIMARY)):
        rows = Organization.objects.order_by("path")
        place = rows.first() if level is None else rows.filter(level=level, parent__isnull=False).first()
        world.appoint(username, place, Post.SECRETARY)


def _hand_in(size: int, now) -> None:
    """Let `size` records wait, spread over all units and over the last thirty days; the others are done."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {DutyRecord._meta.db_table} record
            SET status = CASE WHEN place <= %(size)s THEN 'SUBMITTED' ELSE 'ACCEPTED' END,
                done_on = record.due_on, author_id = %(author)s, summary = '研究部署并逐项落实。',
                accepted_at = CASE WHEN place <= %(size)s THEN NULL ELSE %(now)s::timestamptz END,
                submitted_at = %(now)s::timestamptz - place * interval '1 day' * 30.0 / %(size)s
            FROM (
                SELECT id, row_number() OVER (ORDER BY hashint8extended(id, 1), id) AS place
                FROM {DutyRecord._meta.db_table}
            ) shuffled
            WHERE shuffled.id = record.id""",
            {"size": size, "now": now, "author": User.objects.get(username="stand-in").pk},
        )


def _visit(size: int, taken: dict, requests: int) -> None:
    gc.collect()
    for view, (username, look) in VIEWS.items():
        user = User.objects.get(username=username)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        address = reverse("duty-review-queue", args=[user.appointments.get().organization_id])
        address += f"?after={_middle(size)}" if look == "middle" else f"?{look}"
        mine = taken[view, size]
        for _warm in range(WARM_UP):
            answer = client.get(address)
        if b'name="chosen"' not in answer.content:
            raise RuntimeError(f"{address} answers {answer.status_code} and shows nothing that waits")
        mine.length = len(answer.content)
        mine.queries = count_queries(client, address)
        for _request in range(requests):
            began = time.perf_counter()
            client.get(address)
            mine.seconds.append(time.perf_counter() - began)


def _middle(size: int) -> str:
    """The key of the page half-way down the queue."""
    record = DutyRecord.objects.waiting().order_by("submitted_at", "pk")[size // 2]
    return f"{record.submitted_at.isoformat()}~{record.pk}".replace("+", "%2B")


def _section(sizes: list[int], organizations: int, requests: int, taken: dict) -> Section:
    rows = [
        (view, size, mine.percentile(0.5), mine.percentile(0.95), mine.length, mine.queries)
        for (view, size), mine in taken.items()
    ]
    goals = []
    for view in VIEWS:
        few, many = taken[view, sizes[0]], taken[view, sizes[-1]]
        ratio = many.percentile(0.95) / few.percentile(0.95)
        name = f"{view}, {sizes[0]:,} → {sizes[-1]:,} waiting"
        queries = sorted({few.queries, many.queries})
        goals.append(
            Goal(f"queries of: {name}", "constant", " / ".join(map(str, queries)), len(queries) == 1)
        )
        if view not in SMALL_VIEWS:
            goals.append(Goal(f"p95 of: {name}", "≤ 2×", f"{figure(ratio)}×", ratio <= 2))
    return Section(
        "Review of duty records",
        [
            f"A tree of {organizations:,} organisations with the same records twice: in one few of them wait for the "
            f"level above, in the other many. {requests} requests a view after a warm-up, by Django's test client; the "
            f"two take turns in {ROUNDS} rounds.",
        ],
        [Table(["view", "waiting", "p50 ms", "p95 ms", "bytes", "queries"], rows)],
        goals,
    )
