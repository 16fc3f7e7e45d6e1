"""Units × items: the matrix of ten, a hundred and a thousand units with sixty items each, as it is read for a page."""

import gc
import statistics
import time
from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accountability.actions.lists import issue_lists
from accountability.choices import DutyKind, ListStatus, RecordStatus
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate, DutyTemplateItem
from accountability.queries.coverage import Look, coverage_matrix
from branches.access import Actor
from branches.actions.tree import bulk_plant
from branches.choices import Level, OrganizationKind, Post, Sector
from branches.models import Organization

from . import databases, world
from .report import Goal, Section, Table, figure

ITEMS = 60
ROUNDS = 7


@dataclass
class Taken:
    """What reading the matrix of one scope took."""

    units: int
    records: int
    whole: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)
    queries: int = 0
    page_queries: int = 0


def measure(sizes: list[int], now, say) -> Section:
    """Read the whole matrix and open its page at scopes of each size, the sizes taking turns."""
    day = now.date()
    databases.create("coverage")
    databases.use(databases.name_of("coverage"))
    template, scopes = _world(sizes, day, now)
    databases.settle()
    records = DutyRecord.objects.count()
    say(f"{sum(sizes):,} units × {ITEMS} items, {records:,} records")
    client = Client()
    client.force_login(
        world.appoint("reader", Organization.objects.order_by("path").first(), Post.SECRETARY),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    look = Look(template.year, template, template.kind)
    taken = [
        Taken(size, DutyRecord.objects.in_subtree(scope).count())
        for size, scope in zip(sizes, scopes, strict=True)
    ]
    for number in range(ROUNDS + 1):
        for mine, scope in zip(taken, scopes, strict=True):
            _read(mine, scope, look, client, day, is_warm_up=number == 0)
        say(f"round {number} of {ROUNDS}")
    connection.close()
    return _section(taken)


def _world(sizes, day: date, now):
    """One county a size with so many branches, each with the list: most signed for, half of what is owed done."""
    rows = [_unit("0", "", OrganizationKind.COMMITTEE, Level.CITY)]
    for place, size in enumerate(sizes):
        rows.append(_unit(f"c{place}", "0", OrganizationKind.COMMITTEE, Level.COUNTY))
        rows += [
            _unit(f"c{place}-{number}", f"c{place}", OrganizationKind.BRANCH, Level.BRANCH)
            for number in range(size)
        ]
    bulk_plant(iter(rows), keep_history=False)
    top = Organization.objects.get(code="0")
    template = DutyTemplate.objects.create(
        code="BENCH",
        title="测量清单",
        kind=DutyKind.PRINCIPAL,
        year=day.year,
        organization_kinds=[OrganizationKind.BRANCH],
    )
    DutyTemplateItem.objects.bulk_create(
        DutyTemplateItem(
            template=template,
            number=number,
            heading=f"条目{number}",
            content="每季度落实一次",
            interval="quarter",
            legal_basis="试行办法",
            sunset_on=date(day.year, 12, 31),
        )
        for number in range(1, ITEMS + 1)
    )
    author = world.appoint("issuer", top, Post.ADMINISTRATOR)
    actor = Actor(author, author.appointments.select_related("organization").get(), date(day.year, 1, 5))
    issue_lists(actor=actor, template=template, scope=top, now=now)
    DutyList.objects.annotate(turn=F("pk") % 10).exclude(turn=0).update(
        status=ListStatus.SIGNED, signed_at=now, signed_by=author
    )
    DutyRecord.objects.annotate(turn=F("pk") % 2).filter(turn=0).update(
        status=RecordStatus.ACCEPTED, done_on=F("due_on"), accepted_at=now
    )
    if Duty.objects.count() != sum(sizes) * ITEMS:
        raise RuntimeError(f"{Duty.objects.count()} duties")
    return template, [Organization.objects.get(code=f"c{place}") for place in range(len(sizes))]


def _unit(code, parent, kind, level) -> dict:
    return {
        "code": code,
        "parent_code": parent,
        "name": f"单位{code}",
        "kind": kind,
        "level": level,
        "sector": Sector.OTHER,
        "has_committee": False,
        "founded_on": date(2001, 7, 1),
    }


def _read(mine: Taken, scope, look, client, day, *, is_warm_up: bool) -> None:
    address = reverse("coverage-matrix", args=[scope.pk]) + f"?{look.query()}"
    templates = [look.template]
    gc.collect()
    began = time.perf_counter()
    matrix = coverage_matrix(scope, look, templates, day, size=mine.units)
    whole = time.perf_counter() - began
    if len(matrix.rows) != mine.units or len(matrix.columns) != ITEMS or matrix.tally.due != mine.records:
        raise RuntimeError(f"{len(matrix.rows)} × {len(matrix.columns)}, {matrix.tally}")
    began = time.perf_counter()
    answer = client.get(address)
    page = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    if is_warm_up:
        mine.queries = _count(lambda: coverage_matrix(scope, look, templates, day, size=mine.units))
        mine.page_queries = _count(lambda: client.get(address))
    else:
        mine.whole.append(whole)
        mine.page.append(page)


def _count(call) -> int:
    number = 0

    def count(execute, *arguments):
        nonlocal number
        number += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        call()
    return number


def _section(taken: list[Taken]) -> Section:
    rows = [
        (
            mine.units,
            mine.records,
            1000 * statistics.median(mine.whole),
            1000 * statistics.median(mine.whole) / mine.units,
            mine.queries,
            1000 * statistics.median(mine.page),
            mine.page_queries,
        )
        for mine in taken
    ]
    name = f"coverage matrix of {' → '.join(f'{mine.units:,}' for mine in taken)} units × {ITEMS} items"
    queries = [mine.queries for mine in taken]
    pages = [mine.page_queries for mine in taken]
    before, last = taken[-2:]
    growth = statistics.median(last.whole) / statistics.median(before.whole)
    times = last.units / before.units
    return Section(
        "Coverage matrix",
        [
            "The whole matrix in memory, and its page of fifty units through Django's test client, against PostgreSQL. "
            f"Quarterly items, half of the records accepted, one list in ten not signed for; medians of {ROUNDS} rounds, "
            "the sizes taking turns. The page sums over all units, whatever it shows.",
        ],
        [
            Table(
                ["units", "records", "whole ms", "ms a unit", "queries", "page ms", "queries of the page"],
                rows,
            )
        ],
        [
            Goal(f"queries of: {name}", "constant", " / ".join(map(str, queries)), len(set(queries)) == 1),
            Goal(
                f"queries of the page of: {name}",
                "constant",
                " / ".join(map(str, pages)),
                len(set(pages)) == 1,
            ),
            Goal(
                f"time of: {name}",
                f"≤ {figure(float(times))}× for {figure(float(times))}× the units",
                f"{figure(growth)}×",
                growth <= times,
            ),
        ],
    )
