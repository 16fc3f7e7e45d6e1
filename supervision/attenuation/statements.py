"""SQL of the engine: querysets of the floors below glued into INSERT … SELECT, the same text on both databases.

Names come from models and declarations, never from input; every value is a parameter.
"""
# ruff: noqa: S608

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, Model, OuterRef, QuerySet

from accountability.choices import Measure
from accountability.counts import carried_duty_counts, duty_counts
from accountability.models import Reading, RollUp, Run
from branches import counts
from branches.choices import COMMITTEE_KINDS, Applicability
from branches.counts import EVERYONE, Among, Everyone
from branches.models import CadenceRule
from branches.periods import Interval, Period, window_of

from .measures import COUNTS, MEASURES

KEYS = tuple(measure.value for measure in Measure)
#: Measures whose records know the parent record they are paired with …
OWN_PAIRS = ("duties", "duties_timely", "deployments")
#: … and those whose pairs are found by comparing a unit with its parent.
PAIRED = tuple(key for key in KEYS if key not in OWN_PAIRS)
OWN = tuple(f"{key}_{side}" for key in KEYS for side in ("due", "done"))
CARRIED = tuple(f"{key}_carried_{side}" for key in KEYS for side in ("due", "done"))
CARRIED_DUTIES = tuple(f"{key}_carried_{side}" for key in OWN_PAIRS for side in ("due", "done"))
STOOD = ("parent_id", "level", "chain", "sector", "leads")
READ = (*STOOD, *CARRIED_DUTIES, *OWN)
READING = Reading._meta.db_table
#: Readings of one part of a run, for this connection alone.
PART = "gauge_part"
ROLLUP = RollUp._meta.db_table


@dataclass(frozen=True)
class Sql:
    """A piece of SQL with its parameters, in order; `+` and `-` build expressions for the measures."""

    text: str
    params: tuple = ()

    def __add__(self, other: "Sql") -> "Sql":
        return Sql(f"({self.text} + {other.text})", self.params + other.params)

    def __sub__(self, other: "Sql") -> "Sql":
        return Sql(f"({self.text} - {other.text})", self.params + other.params)

    def named(self, name: str) -> "Sql":
        return Sql(f"{self.text} AS {name}", self.params)

    def run(self) -> int:
        """Execute it; the number of rows it touched."""
        with connection.cursor() as cursor:
            cursor.execute(self.text, self.params)
            return max(cursor.rowcount, 0)


def join(separator: str, parts: Iterable[Sql]) -> Sql:
    parts = list(parts)
    return Sql(
        separator.join(part.text for part in parts), tuple(value for part in parts for value in part.params)
    )


def glue(template: str, **pieces: Sql) -> Sql:
    """Put pieces into the {places} of a template; their parameters follow in the order of the places."""
    text, params = "", ()
    for part in template.split("{"):
        name, closed, rest = part.partition("}")
        if not closed:
            text += part
            continue
        text += pieces[name].text + rest
        params += pieces[name].params
    return Sql(text, params)


def compiled(rows: QuerySet) -> Sql:
    """The SELECT of a queryset in brackets."""
    text, params = rows.query.sql_with_params()
    return Sql(f"({text})", tuple(params))


def least(one: Sql, other: Sql) -> Sql:
    name = "MIN" if connection.vendor == "sqlite" else "LEAST"
    return Sql(f"{name}({one.text}, {other.text})", one.params + other.params)


def _number(name: str) -> Sql:
    return Sql(f"COALESCE({name}, 0)")


ZERO = Sql("0")


# Own readings


def own_readings(run: Run, among: Everyone = EVERYONE, lifted: Mapping[int, int | None] | None = None) -> Sql:
    """SELECT organization_id, the columns of STOOD, CARRIED_DUTIES and OWN: one wide row an organisation.

    `lifted` is what `lifts` says, for those who know it already.

    Meetings of each month are grouped apart, in the order of their covering index, and merged: nothing is hashed or
    sorted that the size of the tree could not bear.
    """
    month = Period.from_key(run.period)
    day, cutoff = month.ends_on, run.cutoff
    rules = counts.rules_judged_in(month)
    joins = [Sql("FROM "), compiled(_stood(day, among)), Sql(" s")]
    held = _meeting_joins(rules, month, cutoff, among, joins)
    _duty_joins(month, cutoff, among, joins)
    by_name = {
        "core_owed": _total(_owed(rule) for rule in rules if rule.counts_as_core),
        "core_held": _total(_held(rule, held) for rule in rules if rule.counts_as_core),
        "study_owed": _total(_owed(rule) for rule in rules if rule.counts_as_study),
        "study_held": _total(_held(rule, held) for rule in rules if rule.counts_as_study),
        **{name: _total(column(name) for column in held["attendance"]) for name in counts.ATTENDANCE},
        **{name: _number(f"d.{name}") for name in COUNTS if name.startswith(("duties", "deployments"))},
    }
    # In the order of CARRIED_DUTIES.
    carried = [f"{kind}carried_{side}" for kind in ("", "timely_", "deployed_") for side in ("due", "done")]
    inner = join(
        ", ",
        [
            Sql("s.pk AS organization_id"),
            _lifted(lifts(day, among) if lifted is None else lifted).named("parent_id"),
            Sql("s.stood_level AS level, s.stood_chain AS chain, s.stood_sector AS sector"),
            _is_among("s.stood_kind", COMMITTEE_KINDS).named("leads"),
            *(_number(f"p.{n}").named(name) for n, name in zip(carried, CARRIED_DUTIES, strict=True)),
            *(by_name[name].named(f"c_{name}") for name in COUNTS),
        ],
    )
    outer = ", ".join(("organization_id", *STOOD, *CARRIED_DUTIES))
    return glue(
        f"SELECT {outer}, {{measures}} FROM (SELECT {{inner}} {{joins}}) c",
        measures=join(", ", _measure_columns()),
        inner=inner,
        joins=join("", joins),
    )


class _Columns:
    """The counts by name, as the measures' functions see them."""

    def __getattr__(self, name: str) -> Sql:
        return Sql(f"c.c_{name}")


def _measure_columns() -> Iterator[Sql]:
    greatest = "MAX" if connection.vendor == "sqlite" else "GREATEST"
    for key in KEYS:
        done, due = MEASURES[key].count(_Columns())
        due = Sql(f"{greatest}({due.text}, 0)", due.params)
        yield due.named(f"{key}_due")
        yield least(done, due).named(f"{key}_done")


def _stood(day, among: Everyone) -> QuerySet:
    return counts.standing(day, among).values(
        "pk",
        "stood_parent_id",
        "stood_kind",
        "stood_level",
        "stood_chain",
        "stood_sector",
        "stood_has_committee",
    )


def _lifted(pairs: Mapping[int, int | None]) -> Sql:
    """The parent, or where that did not lead (dissolved, say) the nearest committee above that did."""
    if not pairs:
        return Sql("s.stood_parent_id")
    cases = " ".join("WHEN %s THEN %s" for _ in pairs)
    params = tuple(value for pair in sorted(pairs.items()) for value in pair)
    return Sql(f"CASE s.stood_parent_id {cases} ELSE s.stood_parent_id END", params)


def lifts(day, among: Everyone = EVERYONE) -> dict[int, int | None]:
    """Organisations under which something stood on `day` though they led nobody → the nearest above that led."""
    leading = counts.standing(day).filter(stood_kind__in=COMMITTEE_KINDS)
    above = counts.standing(day, among).exclude(stood_parent_id=None)
    found = glue(
        "SELECT DISTINCT s.stood_parent_id FROM {above} s LEFT JOIN {leading} l ON l.pk = s.stood_parent_id"
        " WHERE l.pk IS NULL",
        above=compiled(above.values("stood_parent_id")),
        leading=compiled(leading.values("pk")),
    )
    with connection.cursor() as cursor:
        cursor.execute(found.text, found.params)
        missing = [row[0] for row in cursor.fetchall()]
    return {pk: _nearest_leading(pk, day) for pk in missing}


def _nearest_leading(pk: int | None, day) -> int | None:
    seen = set()
    while pk is not None and pk not in seen:
        seen.add(pk)
        if counts.standing(day, counts.Among([pk])).filter(stood_kind__in=COMMITTEE_KINDS).exists():
            return pk
        pk = (
            counts.Organization.objects.filter(pk=pk)
            .as_of(day)
            .values_list("stood_parent_id", flat=True)
            .get()
        )
    return None


def _is_among(column: str, values: Sequence) -> Sql:
    if not values:
        return Sql("TRUE")
    return Sql(f"{column} IN ({', '.join(['%s'] * len(values))})", tuple(values))


def _applies(rule: CadenceRule) -> Sql:
    """The condition that an organisation owes what the rule asks, as `branches.cadence.applies` says it."""
    conditions = [
        _is_among("s.stood_kind", rule.organization_kinds),
        _is_among("s.stood_level", rule.levels),
        _is_among("s.stood_sector", rule.sectors),
    ]
    if rule.chain:
        conditions.append(Sql("s.stood_chain = %s", (rule.chain,)))
    if rule.applies_when == Applicability.HAS_COMMITTEE:
        conditions.append(Sql("s.stood_has_committee"))
    if rule.applies_when == Applicability.HAS_GROUPS:
        conditions.append(Sql("COALESCE(g.groups, 0) > 0"))
    return join(" AND ", conditions)


def _total(parts: Iterable[Sql]) -> Sql:
    total = None
    for part in parts:
        total = part if total is None else total + part
    return total or ZERO


def _owed(rule: CadenceRule) -> Sql:
    times = "* COALESCE(g.groups, 0)" if rule.is_per_group else ""
    return glue(
        f"CASE WHEN {{applies}} THEN {{at_least}} {times} ELSE 0 END",
        applies=_applies(rule),
        at_least=Sql("%s", (rule.at_least,)),
    )


def _held(rule: CadenceRule, held: dict) -> Sql:
    times = (
        held[rule.pk] if rule.is_per_group else least(held[rule.interval, rule.meeting_kind], _bound(rule))
    )
    return glue("CASE WHEN {applies} THEN {times} ELSE 0 END", applies=_applies(rule), times=times)


def _bound(rule: CadenceRule) -> Sql:
    return Sql("%s", (rule.at_least,))


def _meeting_joins(rules, month: Period, cutoff, among: Everyone, joins: list[Sql]) -> dict:
    """Join the meetings of every month that some rule looks at; expressions by (interval, kind) and by per-group rule.

    "attendance" holds, for each joined table of the month itself, a function from column name to expression.
    """
    whole = [rule for rule in rules if not rule.is_per_group]
    longest = max((Interval(rule.interval).length for rule in whole), default=1)
    months = month.trailing(longest)[::-1]
    corrected = counts.has_former_counts(months, cutoff)
    held: dict = {"attendance": []}
    for back, each in enumerate(months):
        looking = [rule for rule in whole if Interval(rule.interval).length > back]
        kinds = sorted({rule.meeting_kind for rule in looking})
        columns = () if back else counts.ATTENDANCE
        for table, count in (("m", counts.meeting_counts), ("f", counts.former_counts))[: 1 + corrected]:
            name = f"{table}{back}"
            _left_join(joins, compiled(count(each, cutoff, kinds, columns, among)), name)
            if not back:
                held["attendance"].append(lambda column, name=name: _number(f"{name}.{column}"))
            for interval, kind in {(rule.interval, rule.meeting_kind) for rule in looking}:
                times = _number(f"{name}.held_{int(kind)}")
                held[interval, kind] = held[interval, kind] + times if (interval, kind) in held else times
    if any(rule.is_per_group or rule.applies_when == Applicability.HAS_GROUPS for rule in rules):
        groups = compiled(counts.groups_of(month.ends_on, among))
        joins += [Sql(" LEFT JOIN "), groups, Sql(" g ON g.stood_parent_id = s.pk")]
    for rule in rules:
        if rule.is_per_group:
            _left_join(joins, _group_meetings(rule, month, cutoff, among, corrected), f"w{rule.pk}")
            held[rule.pk] = _number(f"w{rule.pk}.held")
    return held


def _group_meetings(rule: CadenceRule, month: Period, cutoff, among: Everyone, corrected: bool) -> Sql:
    """What the 党小组 of each organisation held in the rule's window, each capped at what it owes."""
    months = window_of(rule.interval, month.ends_on).months
    corrected = corrected or counts.has_former_counts(months, cutoff)
    pieces = []
    for each in months:
        present, former = counts.group_counts(each, cutoff, rule.meeting_kind, among)
        pieces += [compiled(present), compiled(former)] if corrected else [compiled(present)]
    united = join(" UNION ALL ", [Sql(f"SELECT * FROM {piece.text} u", piece.params) for piece in pieces])
    groups = counts.standing_groups(month.ends_on).filter(among.groups())
    return glue(
        "(SELECT h.organization_id, SUM({capped}) AS held FROM"
        " (SELECT organization_id, group_id, SUM(held) AS held FROM ({united}) v GROUP BY 1, 2) h"
        " JOIN {groups} k ON k.pk = h.group_id AND k.stood_parent_id = h.organization_id GROUP BY 1)",
        capped=least(Sql("h.held"), _bound(rule)),
        united=united,
        groups=compiled(groups.values("pk", "stood_parent_id")),
    )


def _duty_joins(month: Period, cutoff, among: Everyone, joins: list[Sql]) -> None:
    _left_join(joins, compiled(duty_counts(month, cutoff, among)), "d")
    _left_join(joins, compiled(carried_duty_counts(month, cutoff, among)), "p")


def _left_join(joins: list[Sql], table: Sql, name: str) -> None:
    joins += [Sql(" LEFT JOIN "), table, Sql(f" {name} ON {name}.organization_id = s.pk")]


# Writing only what changed


def write(
    model: type[Model], key: Sequence[str], columns: Sequence[str], rows: Sql, run: Run, *, afresh: bool
) -> int:
    """INSERT … SELECT `rows` (the columns after run_id, in order) into a run; the number of rows written.

    Rows that stand already are left alone, those that differ are updated; `afresh` says that there are none yet, so
    that nothing has to be compared.
    """
    table = model._meta.db_table
    names = ", ".join(("run_id", *key, *columns))
    values = [column for column in columns if column not in key]
    listed = ", ".join(f"n.{name}" for name in (*key, *columns))
    into = f"INSERT INTO {table} ({names}) SELECT {{run}}, {listed} FROM ({{rows}}) n"
    number = Sql("%s", (run.pk,))
    if afresh:
        return glue(into, run=number, rows=rows).run()
    same_key = " AND ".join(f"o.{name} = n.{name}" for name in key)
    differs = " OR ".join(
        f"o.{name} IS DISTINCT FROM n.{name}" if name == "parent_id" else f"o.{name} <> n.{name}"
        for name in values
    )
    updates = ", ".join(f"{name} = excluded.{name}" for name in values)
    return glue(
        f"{into} LEFT JOIN {table} o ON o.run_id = {{run}} AND {same_key} WHERE o.run_id IS NULL OR {differs}"
        f" ON CONFLICT (run_id, {', '.join(key)}) DO UPDATE SET {updates}",
        run=number,
        rows=rows,
    ).run()


def analyze(table: str, *columns: str) -> None:
    """Let PostgreSQL know what these columns hold now; without that it takes a new run for a handful of rows."""
    if connection.vendor == "postgresql":
        Sql(f"ANALYZE {table} ({', '.join(columns)})").run()


def settle() -> None:
    """The same for the stored rows, after many have been written."""
    analyze(READING, "run_id", "organization_id", "parent_id", "leads")
    analyze(ROLLUP, "run_id", "scope_id")


def write_readings(run: Run, among: Everyone = EVERYONE, *, afresh: bool) -> int:
    """Write the own readings of a run and drop those of organisations that no longer counted; rows touched."""
    if isinstance(among, Among) and not among.keys:
        return 0
    written = write(Reading, ("organization_id",), READ, own_readings(run, among), run, afresh=afresh)
    if not afresh:
        day = Period.from_key(run.period).ends_on
        there = counts.standing(day).filter(pk=OuterRef("organization_id"))
        gone = Reading.objects.filter(~Exists(there), run=run)
        if among != EVERYONE:
            chosen = counts.Organization.objects.order_by().filter(among.of()).values("pk")
            gone = gone.filter(organization__in=chosen)
        written += gone._raw_delete(gone.db)
    if among == EVERYONE:
        analyze(READING, "run_id", "organization_id", "parent_id", "leads")
    return written


def write_part(run: Run, among: Everyone, above: Sequence[int], lifted: Mapping[int, int | None]) -> str:
    """Write the own readings of one part of a run for the first time; the name of a table that holds them.

    The table is this connection's own, so that many parts can be summed up side by side, each with its own
    statistics; it holds the readings of the committees `above` all parts as well.
    """
    names = ", ".join(("run_id", "organization_id", *READ))
    Sql(f"DROP TABLE IF EXISTS {PART}").run()
    rows = own_readings(run, among, lifted)
    Sql(
        f"CREATE TEMPORARY TABLE {PART} AS SELECT {int(run.pk)} AS run_id, n.* FROM ({rows.text}) n",
        rows.params,
    ).run()
    write(
        Reading,
        ("organization_id",),
        READ,
        Sql(f"SELECT {names.removeprefix('run_id, ')} FROM {PART}"),
        run,
        afresh=True,
    )
    if above:
        keys = Sql(", ".join(["%s"] * len(above)), tuple(above))
        glue(
            f"INSERT INTO {PART} ({names}) SELECT {names} FROM {READING} WHERE run_id = {{run}}"
            " AND organization_id IN ({keys})",
            run=Sql("%s", (run.pk,)),
            keys=keys,
        ).run()
    Sql(f"CREATE INDEX {PART}_key ON {PART} (organization_id)").run()
    Sql(f"CREATE INDEX {PART}_parent ON {PART} (parent_id)").run()
    analyze(PART, "run_id", "organization_id", "parent_id", "leads")
    return PART


def crossings() -> list[int]:
    """Scopes to look at again: something of the part just written stood under a committee of another part then."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT CASE WHEN c.leads THEN c.organization_id ELSE c.parent_id END FROM {PART} c"
            " WHERE c.parent_id IS NOT NULL"
            f" AND NOT EXISTS (SELECT 1 FROM {PART} p WHERE p.organization_id = c.parent_id)"
        )
        return sorted(row[0] for row in cursor.fetchall())
