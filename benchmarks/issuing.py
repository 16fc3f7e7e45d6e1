"""A list of sixty items issued to ten thousand units as the worker does it, against a bare bulk insert."""

import time
from datetime import date

from django.db import connection, transaction

from accountability.actions.batches import start_batch, take_step, withdraw_batch
from accountability.actions.opening import BATCH
from accountability.choices import DutyKind, IssueReach
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate, DutyTemplateItem
from accountability.windows import terms
from branches.access import Actor
from branches.actions.tree import bulk_plant
from branches.choices import Post, TaskState
from branches.models import Organization

from . import databases, world
from .report import Goal, Section, Table, figure

#: How often the sixty items return.
CADENCE = ["month"] * 10 + ["quarter"] * 20 + ["half"] * 15 + ["year"] * 15


def measure(units: int, bare_units: int, now, say) -> Section:
    """Issue to `units` and take everything back; insert the same rows of the first `bare_units` barely."""
    rows, took, back = _product(units, now)
    say(f"product: {sum(rows.values()):,} rows in {took:.1f} s, taken back in {back:.1f} s")
    bare_rows, bare_took = _bare(bare_units, now)
    say(f"bare: {bare_rows:,} rows in {bare_took:.1f} s")
    return _section(units, bare_units, rows, took, back, bare_rows, bare_took)


def _product(units: int, now) -> tuple[dict[str, int], float, float]:
    """What was written, in how many seconds, and the seconds to take it back."""
    actor, template = _world("issuing", units, now)
    top = actor.organization
    began = time.monotonic()
    batch = start_batch(actor=actor, template=template, scope=top, reach=IssueReach.SUBTREE, now=now)
    _work_off(batch, now)
    took = time.monotonic() - began
    rows = {
        "lists": DutyList.objects.count(),
        "duties": Duty.objects.count(),
        "records": DutyRecord.objects.count(),
        "history": DutyList.history.count(),
    }
    if (rows["lists"], rows["duties"], batch.done) != (units, units * len(CADENCE), units):
        raise RuntimeError(f"issued to {batch.done} of {units}: {rows} {batch.message}")
    databases.settle()
    began = time.monotonic()
    withdraw_batch(actor=actor, batch=batch, reason="测量", now=now)
    _work_off(batch, now)
    back = time.monotonic() - began
    if left := DutyRecord.objects.in_force().count():
        raise RuntimeError(f"{left} records are still in force")
    connection.close()
    databases.drop("issuing")
    return rows, took, back


def _work_off(batch, now) -> None:
    after = ""
    while after is not None:
        after = take_step(pk=batch.pk, after=after, now=now)
    batch.refresh_from_db()
    if batch.state != TaskState.DONE:
        raise RuntimeError(f"the batch says {batch.state}: {batch.message}")


def _bare(units: int, now) -> tuple[int, float]:
    """The same rows by `bulk_create`: no rights, no history, no marks, one transaction as many units."""
    actor, template = _world("issuing_bare", units, now)
    items = list(template.items.all())
    opened = {item.pk: terms(item.interval, template.year, actor.today, item.sunset_on) for item in items}
    organizations = list(Organization.objects.order_by("path"))
    written = 0
    began = time.monotonic()
    for start in range(0, len(organizations), BATCH):
        with transaction.atomic():
            written += _insert(actor, template, items, opened, organizations[start : start + BATCH], now)
    took = time.monotonic() - began
    connection.close()
    return written, took


def _insert(actor, template, items, opened, organizations, now) -> int:
    lists = DutyList.objects.bulk_create(
        DutyList(
            template=template,
            template_version=template.version,
            title=template.title,
            kind=template.kind,
            year=template.year,
            organization=organization,
            issuer=actor.organization,
            issued_on=actor.today,
            issued_by=actor.user,
        )
        for organization in organizations
    )
    duties = Duty.objects.bulk_create(
        (
            Duty(
                duty_list=each, organization_id=each.organization_id, number=item.number, **item.requirement()
            )
            for each in lists
            for item in items
        ),
        batch_size=1000,
    )
    terms_of = [opened[item.pk] for item in items]
    records = DutyRecord.objects.bulk_create(
        (
            DutyRecord(
                duty=duty,
                organization_id=duty.organization_id,
                period=term.period,
                due_on=term.due_on,
                opened_at=now,
            )
            for number, duty in enumerate(duties)
            for term in terms_of[number % len(items)]
        ),
        batch_size=1000,
    )
    return len(lists) + len(duties) + len(records)


def _world(name: str, units: int, now) -> tuple[Actor, DutyTemplate]:
    """A tree of `units`, somebody at its top who issues, and next year's list of sixty items."""
    databases.create(name)
    databases.use(databases.name_of(name))
    bulk_plant(world.tree(units), keep_history=False)
    top = Organization.objects.order_by("path").first()
    user = world.appoint("officer", top, Post.ADMINISTRATOR)
    year = now.year + 1
    template = DutyTemplate.objects.create(
        code="BENCH", title="六十条清单", kind=DutyKind.PRINCIPAL, year=year, source="测量"
    )
    DutyTemplateItem.objects.bulk_create(
        DutyTemplateItem(
            template=template,
            number=number,
            heading=f"第{number}项",
            content="研究部署，抓好落实，按期检查，及时报告。",
            measure="每期至少研究一次，有记录，有结果。",
            interval=interval,
            legal_basis="测量第一条",
            sunset_on=date(year, 12, 31),
        )
        for number, interval in enumerate(CADENCE, start=1)
    )
    databases.settle()
    appointment = user.appointments.select_related("organization", "user").get()
    return Actor(user, appointment, now.date()), template


def _section(units, bare_units, rows, took, back, bare_rows, bare_took) -> Section:
    written = sum(rows.values())
    rate, bare = written / took, bare_rows / bare_took
    return Section(
        "Issuing a list",
        [
            f"A list of {len(CADENCE)} items for next year, issued from the top of the tree to every unit below by the "
            f"batch as the worker runs it: {BATCH} lists a transaction, with rights, history, marks and trail; "
            "afterwards the whole batch is withdrawn, every row with its history. The bare insert is `bulk_create` "
            "of the same lists, duties and records in the same number of transactions and nothing else, in a "
            "database of its own in the same run.",
        ],
        [
            Table(
                ["", "units", "lists", "duties", "records", "history", "seconds", "rows a second"],
                [
                    ("product", units, *rows.values(), took, rate),
                    (
                        "bare insert",
                        bare_units,
                        bare_units,
                        bare_units * len(CADENCE),
                        bare_rows - bare_units * (len(CADENCE) + 1),
                        0,
                        bare_took,
                        bare,
                    ),
                    ("product, withdrawn", units, *[None] * 4, back, (written - rows["history"]) / back),
                ],
            )
        ],
        [
            Goal(
                "rows a second of issuing, product ÷ bare bulk insert",
                "≥ 0.5",
                f"{rate / bare:.2f}",
                rate >= bare / 2,
            ),
            Goal(
                f"list of {len(CADENCE)} items issued to {units:,} units",
                "22 s for 200 elsewhere",
                f"{figure(took)} s",
                took < 22 * units / 200,
            ),
        ],
    )
