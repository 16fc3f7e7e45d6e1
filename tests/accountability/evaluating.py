"""Rounds with results for tests: scored by the engine, written as the product keeps them."""

from datetime import UTC, date, datetime
from decimal import Decimal

from accountability import scoring
from accountability.choices import EntryOrigin, RoundState
from accountability.models import (
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
    ResultSheet,
    RoundScheme,
    Scheme,
    SchemeVersion,
)

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
EARLIER = datetime(2026, 11, 19, 2, 0, tzinfo=UTC)

TABLE = """
format = 1
code = "LIFE"
title = "支部年度考核"
full = 100
grades = ["优秀", "良好", "合格", "不合格"]

[[rule]]
kind = "CUTOFF"
bands = [{ grade = "优秀", from = 90 }, { grade = "良好", from = 80 }, { grade = "合格", from = 60 }]

[[rule]]
kind = "QUOTA"
shares = { "优秀" = 50 }

[[rule]]
kind = "DOWNGRADE"
condition = "巡察整改不到位"

[[line]]
key = "life"
title = "组织生活"
full = 40

[[line.item]]
key = "meetings"
title = "三会一课"
full = 40
clause = "每季度召开党员大会"
rule = [{ kind = "MISS_COUNT", n = 4, p = 5 }]

[[line]]
key = "work"
title = "发挥作用"
full = 60

[[line.item]]
key = "service"
title = "联系服务群众"
full = 60
rule = [{ kind = "DISCRETION", from = 0, to = 60, reason = false }]
"""


def make_scheme(organization, *, code="LIFE", year=2026, table=TABLE):
    """The table of a committee in its first version."""
    parsed = scoring.read_scheme(table)
    scheme = Scheme.objects.create(
        organization=organization,
        code=code,
        year=year,
        title=parsed.title,
        document=table,
        full=parsed.full,
        created_at=EARLIER,
    )
    SchemeVersion.objects.create(scheme=scheme, number=1, document=table, made_at=EARLIER)
    return scheme


def said(held, points):
    """The two facts of `TABLE`: meetings held, points for service."""
    return [{"item": "meetings", "count": held}, {"item": "service", "points": Decimal(points)}]


def make_round(organization, author, scheme, marks, *, year=2026, state=RoundState.COLLECTING, adjusted=()):
    """A round over the units of `marks` {unit: entries}, computed; `entries` as `said` makes them.

    `adjusted` are pairs (unit, `scoring.Adjustment`), as the engine takes them.
    """
    made = EvaluationRound.objects.create(
        organization=organization,
        title=f"{year}年度支部考核",
        year=year,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        fill_until=date(year, 11, 10),
        author=author,
        created_at=EARLIER,
    )
    pinned = RoundScheme.objects.create(round=made, scheme=scheme, version=scheme.versions.get())
    Evaluation.objects.bulk_create(
        Evaluation(round=made, organization=unit, scheme=pinned, changed_at=EARLIER) for unit in marks
    )
    for evaluation in made.evaluations.select_related("organization"):
        EvaluationEntry.objects.bulk_create(
            EvaluationEntry(
                evaluation=evaluation,
                **{"origin": EntryOrigin.HAND, "author": author} | said,
                created_at=EARLIER,
            )
            for said in marks[evaluation.organization]
        )
    compute(made, adjusted)
    if state != RoundState.COLLECTING:
        made.state, made.shown_at, made.objections_until = state, NOW, date(year, 11, 27)
        if state == RoundState.PUBLISHED:
            made.published_at = NOW
        made.save()
    return made


def compute(round, adjusted=()):
    """Totals, grades and sheets of a round from its entries, one scheme."""
    pinned = round.schemes.select_related("version").get()
    rows = list(round.evaluations.select_related("organization"))
    units = tuple(
        scoring.Unit(
            str(each.pk),
            str(each.organization),
            entries=tuple(
                entry.as_entry([evidence.words for evidence in entry.evidence.all()])
                for entry in each.entries.filter(withdrawn_at=None).order_by("pk")
            ),
            adjustments=tuple(what for unit, what in adjusted if unit == each.organization),
        )
        for each in rows
    )
    scored = scoring.evaluate(pinned.version.table, scoring.Facts(units=units))
    for each, unit in zip(rows, units, strict=True):
        result = scored[unit.id]
        each.total, each.grade, each.evaluated_at = result.total, result.grade or "", NOW
        each.save()
        ResultSheet.objects.update_or_create(
            evaluation=each,
            defaults={
                "version": pinned.version,
                "facts": {"id": unit.id, "name": unit.name},
                "result": result.as_dict(),
            },
        )
    round.evaluated_at = NOW
    round.save(update_fields=["evaluated_at"])
