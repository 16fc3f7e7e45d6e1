"""Meetings submitted through the real form, against a bare view that inserts the same rows."""

import threading
import time
from collections import Counter
from statistics import median

from django.db import connection

from branches.models import Absence, AgendaItem, Meeting, Resolution, User
from branches.periods import Period

from . import databases, world
from .report import Goal, Section, Table, figure
from .secretary import Secretary, meeting_fields
from .servers import gunicorn

CLIENTS = (2, 32)
PRODUCT, BARE, NAKED = "product", "bare view", "bare view, no middleware"


def measure(organizations: int, seconds: float, rounds: int, now, say) -> Section:
    """Submit for `seconds` at a time, the servers taking turns `rounds` times, with 2 and with 32 clients."""
    databases.create("submit")
    databases.use(databases.name_of("submit"))
    world.build(organizations, Period.month_of(now.date()).trailing(1), now)
    desks = world.furnish(max(CLIENTS), 30)
    authors = dict(User.objects.values_list("username", "pk"))
    databases.settle()
    before = Meeting.objects.count()
    url = databases.address(databases.name_of("submit"))
    connection.close()
    rates: dict[tuple[str, int], list[float]] = {}
    sent, numbers = Counter(), iter(range(10**9))
    with (
        gunicorn(url) as product,
        gunicorn(url, settings="benchmarks.bare.settings") as bare,
        gunicorn(url, settings="benchmarks.bare.naked") as naked,
    ):
        sides = {
            PRODUCT: ([Secretary(product, desk) for desk in desks], "/organizations/{}/meetings/new/"),
            BARE: ([Secretary(bare, desk) for desk in desks], "/bare/{}/"),
            NAKED: ([Secretary(naked, desk) for desk in desks], "/bare/{}/"),
        }
        for name in (PRODUCT, BARE):
            for secretary in sides[name][0]:
                secretary.sign_in()
                secretary.open_form()
                secretary.close()
        for number in range(rounds + 1):
            for clients in CLIENTS:
                for name, (people, address) in sides.items():
                    done, took = _press(people[:clients], address, seconds, numbers, authors, now.date())
                    sent[name] += done
                    if number:  # the first round warms up
                        rates.setdefault((name, clients), []).append(done / took)
                        say(f"{name}, {clients} clients: {done / took:.0f} meetings a second")
    _check(before, sum(sent.values()))
    return _section(rates)


def _press(
    people: list[Secretary], address: str, seconds: float, numbers, authors, today
) -> tuple[int, float]:
    """Let all of `people` submit at once, again and again; how many meetings, in how many seconds."""
    done, failures = [0] * len(people), []
    gate = threading.Barrier(len(people) + 1)
    until = [0.0]

    def work(place: int, secretary: Secretary) -> None:
        author = authors[secretary.desk.username]
        secretary.close()  # the server has given up a connection that rested between the turns
        gate.wait()
        while time.perf_counter() < until[0]:
            fields = meeting_fields(secretary.desk, next(numbers), today) | {"author": author}
            status, location, page = secretary.send(address.format(secretary.desk.branch), fields)
            if status != 302 or "submitted" not in location:
                failures.append(f"{status} {location} {page[:2000]}")
                return
            done[place] += 1

    threads = [threading.Thread(target=work, args=each) for each in enumerate(people)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    until[0] = began + seconds
    gate.wait()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if failures:
        raise RuntimeError(f"a submission was refused: {failures[0]}")
    return sum(done), took


def _check(before: int, sent: int) -> None:
    """Whatever was answered is there, with all its parts."""
    made = Meeting.objects.count() - before
    parts = Absence.objects.count(), AgendaItem.objects.count(), Resolution.objects.count()
    if made != sent or parts != (3 * sent, sent, sent):
        raise RuntimeError(f"{sent} answered, {made} meetings with {parts} absences, topics and resolutions")
    connection.close()


def _section(rates: dict) -> Section:
    middle = {key: median(values) for key, values in rates.items()}
    rows = [
        (
            clients,
            middle[PRODUCT, clients],
            middle[BARE, clients],
            f"{middle[PRODUCT, clients] / middle[BARE, clients]:.2f}",
            middle[NAKED, clients],
            f"{middle[PRODUCT, clients] / middle[NAKED, clients]:.2f}",
        )
        for clients in CLIENTS
    ]
    few, many = CLIENTS
    ratio = min(middle[PRODUCT, clients] / middle[BARE, clients] for clients in CLIENTS)
    kept = middle[PRODUCT, many] / middle[PRODUCT, few]
    return Section(
        "Submitting meetings",
        [
            "Two gunicorn workers each (deploy/gunicorn.conf.py), loopback, one kept-alive connection a client; the "
            "servers take turns, the median of the turns is shown. A submission is a POST of the real form by a "
            "signed-in secretary: roster of 30, three absent, one topic, one resolution. The bare view is one address "
            "more in the same configuration: the secretary is signed in and nothing else happens, no form, rights, "
            "roster or rules, but the same rows are inserted through the ORM in one transaction. The last two columns "
            "take the middleware, the session and the user away as well. Afterwards every answered submission is "
            "counted in the database with its parts.",
        ],
        [
            Table(
                [
                    "clients",
                    "product a second",
                    "bare view",
                    "product ÷ bare",
                    "no middleware",
                    "product ÷ that",
                ],
                rows,
            )
        ],
        [
            Goal("meetings submitted a second, product ÷ bare view", "≥ 0.5", f"{ratio:.2f}", ratio >= 0.5),
            Goal(f"product with {many} clients ÷ with {few}", "no slower", f"{figure(kept)}×", kept >= 0.95),
        ],
    )
