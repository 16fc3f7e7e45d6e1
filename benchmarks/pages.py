"""Server time, size and queries of the pages people open most, in worlds of three sizes."""

import gc
import time
from dataclasses import dataclass, field

from django.db import connection
from django.test import Client
from django.urls import reverse

from branches.choices import Post
from branches.models import Organization, User
from branches.periods import Period
from supervision.attenuation.engine import take_readings

from . import databases, world
from .report import Goal, Section, Table, figure

#: label → (who opens it, address name, whether it takes the organisation of whoever opens it)
PAGES = {
    "cockpit of the top": ("top", "cockpit", True),
    "organisation tree of the top": ("top", "organization-tree", True),
    "my todo, branch secretary": ("branch", "todo", False),
    "my todo, committee at the top": ("top", "todo", False),
    "meeting list of the top": ("top", "meeting-list", True),
    "meeting list of a branch": ("branch", "meeting-list", True),
    "review queue of the top": ("top", "review-queue", True),
}
WARM_UP = 3


@dataclass
class Taken:
    """What one page took in one world: seconds a request, bytes and queries of the last."""

    seconds: list[float] = field(default_factory=list)
    length: int = 0
    queries: int = 0

    def percentile(self, share: float) -> float:
        """Milliseconds within which `share` of the requests were answered."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(sizes: list[int], requests: int, now, say) -> Section:
    """Open every page `requests` times in a world of each size, the sizes taking turns."""
    months = Period.month_of(now.date()).trailing(3)
    built = []
    for size in sizes:
        began = time.monotonic()
        databases.create(str(size))
        databases.use(databases.name_of(str(size)))
        world.build(size, months, now)
        _people()
        databases.settle()
        for month in months:
            take_readings(month)
        databases.settle()
        built.append(time.monotonic() - began)
        say(f"world of {size:,} organisations in {built[-1]:.0f} s")
    taken = {(page, size): Taken() for page in PAGES for size in sizes}
    rounds = 10
    for number in range(rounds):
        for size in sizes:
            databases.use(databases.name_of(str(size)))
            _visit(size, taken, requests // rounds + (number < requests % rounds))
        say(f"round {number + 1} of {rounds}")
    connection.close()
    return _section(sizes, requests, taken)


def _people() -> None:
    """Somebody at the top and the secretary of a branch with a roster of thirty."""
    world.appoint("top", Organization.objects.order_by("path").first(), Post.SECRETARY)
    [desk] = world.furnish(1, 30)
    User.objects.filter(username=desk.username).update(username="branch")


def _visit(size: int, taken: dict, requests: int) -> None:
    clients = {}
    for username in ("top", "branch"):
        user = User.objects.get(username=username)
        clients[username] = Client(), user.appointments.get().organization_id
        clients[username][0].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    gc.collect()
    for page, (username, name, takes_organization) in PAGES.items():
        client, organization = clients[username]
        address = reverse(name, args=[organization] if takes_organization else [])
        mine = taken[page, size]
        for _warm in range(WARM_UP):
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answers {answer.status_code} in the world of {size:,}")
        mine.length = len(answer.content)
        mine.queries = count_queries(client, address)
        for _request in range(requests):
            began = time.perf_counter()
            client.get(address)
            mine.seconds.append(time.perf_counter() - began)


def count_queries(client: Client, address: str) -> int:
    """How many statements one request asks."""
    number = 0

    def count(execute, *arguments):
        nonlocal number
        number += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        client.get(address)
    return number


def _section(sizes: list[int], requests: int, taken: dict) -> Section:
    rows = [
        (page, size, mine.percentile(0.5), mine.percentile(0.95), mine.length, mine.queries)
        for (page, size), mine in taken.items()
    ]
    goals = []
    for page in PAGES:
        each = [taken[page, size] for size in sizes]
        queries = sorted({mine.queries for mine in each})
        ratio = each[-1].percentile(0.95) / each[0].percentile(0.95)
        name = f"{page}, {sizes[0]:,} → {sizes[-1]:,} organisations"
        goals.append(
            Goal(f"queries of: {name}", "constant", " / ".join(map(str, queries)), len(queries) == 1)
        )
        goals.append(Goal(f"p95 of: {name}", "≤ 2×", f"{figure(ratio)}×", ratio <= 2))
    return Section(
        "Pages",
        [
            "Django's test client in this process against PostgreSQL: all middleware and templates, no network. "
            f"{requests} requests a page and size after a warm-up; the sizes take turns in ten rounds, so that what "
            "else the machine does falls on all of them. Three months of life and readings, the last one running.",
        ],
        [Table(["page", "organisations", "p50 ms", "p95 ms", "bytes", "queries"], rows)],
        goals,
    )
