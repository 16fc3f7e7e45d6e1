"""Sums of every committee over its subtree: readings to the nearest committee first, then committees upward by depth.

A scope is a reading that leads. Its sums are its own reading, the readings directly below that lead nobody, and the
sums of the scopes directly below, in rows by level, chain and sector; so the children's sums and the parent's differ
by exactly what the parent owns directly.
"""
# ruff: noqa: S608

from collections.abc import Collection

from django.db import connection

from accountability.models import Reading, RollUp, Run
from branches.counts import EVERYONE, Among, Everyone
from branches.models import Organization

from .statements import (
    CARRIED,
    CARRIED_DUTIES,
    OWN,
    PAIRED,
    READING,
    ROLLUP,
    Sql,
    analyze,
    compiled,
    glue,
    write,
)

KEY = ("scope_id", "level", "chain", "sector")
COLUMNS = ("organizations", *OWN, *CARRIED)
#: Tables of this connection alone, gone when the work is.
SCOPES, DEPTHS, CHILDREN, DIRECT, SUMS = (
    "gauge_scopes",
    "gauge_depths",
    "gauge_children",
    "gauge_direct",
    "gauge_sums",
)


def fold(run: Run, among: Everyone = EVERYONE, *, afresh: bool, readings: str = READING) -> int:
    """Write the sums of the scopes among these organisations; the number of rows written.

    The readings of the run must stand in the table `readings`, and the sums of scopes directly below those asked for.
    """
    _drop()
    _find_scopes(run, among, readings)
    _find_depths()
    _find_children(run, readings)
    _sum_direct(run, readings)
    _sum_upward(run, among)
    mine = f"SELECT n.* FROM {SUMS} n JOIN {SCOPES} s ON s.organization_id = n.scope_id"
    written = write(RollUp, KEY, COLUMNS, Sql(mine), run, afresh=afresh)
    if not afresh:
        written += _drop_vanished(run, among)
    _drop()
    return written


def refold(run: Run, organizations: Collection[int]) -> int:
    """Write the sums of these scopes and of every scope above them anew; the number of rows written."""
    found = set(organizations)
    frontier = found
    while frontier:
        above = Reading.objects.filter(run=run, organization__in=frontier, parent__isnull=False)
        frontier = set(above.values_list("parent_id", flat=True)) - found
        found |= frontier
    return fold(run, Among(sorted(found)), afresh=False) if found else 0


def _drop() -> None:
    for table in (SCOPES, DEPTHS, CHILDREN, DIRECT, SUMS):
        Sql(f"DROP TABLE IF EXISTS {table}").run()


def _make(table: str, rows: Sql, *indexed: str) -> None:
    Sql(f"CREATE TEMPORARY TABLE {table} AS {rows.text}", rows.params).run()
    for column in indexed:
        Sql(f"CREATE INDEX {table}_{column} ON {table} ({column})").run()
    analyze(table, *indexed)


def _find_scopes(run: Run, among: Everyone, readings: str) -> None:
    """organization_id, parent_id and `reached`: one bit for each paired measure on which the scope reached θ."""
    theta = int(run.formula.theta * 100)
    reached = " + ".join(
        f"CASE WHEN r.{key}_due > 0 AND r.{key}_done * 100 >= r.{key}_due * {theta} THEN {1 << place} ELSE 0 END"
        for place, key in enumerate(PAIRED)
    )
    narrowed = Sql("")
    if isinstance(among, Among):
        narrowed = Sql(
            f" AND r.organization_id IN ({', '.join(['%s'] * len(among.keys))})", tuple(among.keys)
        )
    elif among != EVERYONE:
        narrowed = glue(
            " AND r.organization_id IN {chosen}",
            chosen=compiled(Organization.objects.order_by().filter(among.of()).values("pk")),
        )
    rows = glue(
        f"SELECT r.organization_id, r.parent_id, {reached} AS reached FROM {readings} r"
        " WHERE r.run_id = {run} AND r.leads{narrowed}",
        run=Sql("%s", (run.pk,)),
        narrowed=narrowed,
    )
    _make(SCOPES, rows, "organization_id", "parent_id")


def _find_depths() -> None:
    """organization_id, parent_id and depth below the topmost scope in hand."""
    rows = Sql(
        "WITH RECURSIVE d(organization_id, parent_id, depth) AS ("
        f"SELECT s.organization_id, s.parent_id, 0 FROM {SCOPES} s"
        f" WHERE NOT EXISTS (SELECT 1 FROM {SCOPES} u WHERE u.organization_id = s.parent_id)"
        f" UNION ALL SELECT s.organization_id, s.parent_id, d.depth + 1"
        f" FROM d JOIN {SCOPES} s ON s.parent_id = d.organization_id"
        ") SELECT organization_id, parent_id, depth FROM d"
    )
    _make(DEPTHS, rows, "organization_id", "parent_id")


def _find_children(run: Run, readings: str) -> None:
    """organization_id and parent_id of the scopes directly below, whether in hand or written earlier."""
    rows = Sql(
        f"SELECT r.organization_id, r.parent_id FROM {SCOPES} s"
        f" JOIN {readings} r ON r.run_id = %s AND r.parent_id = s.organization_id WHERE r.leads",
        (run.pk,),
    )
    _make(CHILDREN, rows, "parent_id")


def _sum_direct(run: Run, readings: str) -> None:
    """What each scope owns directly: its own reading and those of the units below that lead nobody."""
    theta = int(run.formula.theta * 100)
    own = [f"c.{name}" for name in OWN]
    carried_duties = [f"c.{name}" for name in CARRIED_DUTIES]
    led, alone = {}, {}
    for place, key in enumerate(PAIRED):
        above = f"p.{key}_due > 0 AND p.{key}_done * 100 >= p.{key}_due * {theta}"
        for side in ("due", "done"):
            led[f"{key}_carried_{side}"] = f"CASE WHEN {above} THEN c.{key}_{side} ELSE 0 END"
            alone[f"{key}_carried_{side}"] = f"c.{key}_{side} * ((s.reached >> {place}) & 1)"

    plain = dict(zip(OWN, own, strict=True)) | dict(zip(CARRIED_DUTIES, carried_duties, strict=True))
    single = ", ".join(f"{(plain | led)[name]} AS {name}" for name in (*OWN, *CARRIED))
    # Sums stay narrow integers: a sum over wide ones would be computed in decimals.
    summed = ", ".join(f"CAST(SUM({(plain | alone)[name]}) AS INTEGER)" for name in (*OWN, *CARRIED))
    rows = glue(
        f"SELECT c.organization_id AS scope_id, c.level, c.chain, c.sector, 1 AS organizations, {single}"
        f" FROM {SCOPES} s JOIN {readings} c ON c.run_id = {{run}} AND c.organization_id = s.organization_id"
        f" LEFT JOIN {readings} p ON p.run_id = {{run}} AND p.organization_id = c.parent_id"
        f" UNION ALL SELECT s.organization_id, c.level, c.chain, c.sector, CAST(COUNT(*) AS INTEGER), {summed}"
        f" FROM {SCOPES} s JOIN {readings} c ON c.run_id = {{run}} AND c.parent_id = s.organization_id"
        " WHERE NOT c.leads GROUP BY 1, 2, 3, 4",
        run=Sql("%s", (run.pk,)),
    )
    _make(DIRECT, rows, "scope_id")


def _sum_upward(run: Run, among: Everyone) -> None:
    """The sums of every scope in hand: what it owns directly and the sums of the scopes below, deepest first."""
    listed = ", ".join(COLUMNS)
    # Scopes below that are not in hand were written earlier; where everybody is in hand there are none.
    others = f"NOT EXISTS (SELECT 1 FROM {SCOPES} s WHERE s.organization_id = b.organization_id)"
    earlier = Sql(
        f"SELECT k.scope_id, k.level, k.chain, k.sector, {listed} FROM {CHILDREN} b"
        f" JOIN {ROLLUP} k ON k.run_id = %s AND k.scope_id = b.organization_id"
        f" WHERE {others if isinstance(among, Among) else 'FALSE'}",
        (run.pk,),
    )
    _make(SUMS, earlier, "scope_id")
    summed = ", ".join(f"SUM({name})" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT depth FROM {DEPTHS} ORDER BY depth DESC")
        depths = [row[0] for row in cursor.fetchall()]
    for depth in depths:
        Sql(
            f"INSERT INTO {SUMS} SELECT scope_id, level, chain, sector, {summed} FROM ("
            f"SELECT t.scope_id, t.level, t.chain, t.sector, {listed} FROM {DEPTHS} d"
            f" JOIN {DIRECT} t ON t.scope_id = d.organization_id WHERE d.depth = %s"
            f" UNION ALL SELECT b.parent_id, k.level, k.chain, k.sector, {listed} FROM {DEPTHS} d"
            f" JOIN {CHILDREN} b ON b.parent_id = d.organization_id"
            f" JOIN {SUMS} k ON k.scope_id = b.organization_id WHERE d.depth = %s) n GROUP BY 1, 2, 3, 4",
            (depth, depth),
        ).run()
        analyze(SUMS, "scope_id")


def _drop_vanished(run: Run, among: Everyone) -> int:
    """Drop stored sums over nothing and those of organisations that lead no more."""
    same = " AND ".join(f"n.{name} = {ROLLUP}.{name}" for name in KEY)
    gone = Sql(
        f"DELETE FROM {ROLLUP} WHERE run_id = %s AND NOT EXISTS (SELECT 1 FROM {SUMS} n WHERE {same})",
        (run.pk,),
    )
    if isinstance(among, Among):
        keys = ", ".join(["%s"] * len(among.keys))
        gone = Sql(f"{gone.text} AND scope_id IN ({keys})", (*gone.params, *among.keys))
    return gone.run()
