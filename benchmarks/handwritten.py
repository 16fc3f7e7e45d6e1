"""The best SQL a person would write for exactly this job on exactly these tables: the yardstick of the engine.

It knows what the engine must find out: which rules there are, that nothing was ever moved, founded or corrected, and
that no branch has groups. PostgreSQL only.
"""

from django.db import connection, transaction

from accountability.models import Run

KEYS = (
    "core_meetings",
    "attendance",
    "key_posts_attendance",
    "dual_life",
    "special_study",
    "duties",
    "duties_timely",
    "deployments",
)
OWN = tuple(f"{key}_{side}" for key in KEYS for side in ("due", "done"))
CARRIED = tuple(f"{key}_carried_{side}" for key in KEYS for side in ("due", "done"))


def prepare(run: Run) -> Run:
    """An empty run beside `run`, with the same cut-off and formula."""
    return Run.objects.create(
        period=run.period, number=run.number + 1000, formula=run.formula, cutoff=run.cutoff
    )


def compute(run: Run) -> None:
    """Fill the run: readings, what each committee owns directly, then committees upward level by level."""
    facts = {"run": run.pk, "cutoff": run.cutoff}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(_READINGS, facts)
        cursor.execute("ANALYZE accountability_reading (run_id, organization_id, parent_id, leads)")
        cursor.execute(_DIRECT, facts)
        cursor.execute("CREATE INDEX ON bench_direct (scope_id)")
        cursor.execute("ANALYZE bench_direct (scope_id, at)")
        cursor.execute("SELECT DISTINCT at FROM bench_direct ORDER BY at DESC")
        for (level,) in cursor.fetchall():
            cursor.execute(_UPWARD, facts | {"level": level})
        cursor.execute(_KEEP, facts)
        cursor.execute("DROP TABLE bench_direct, bench_sums")


def _month(number: int, period: int, kinds: dict[str, int], sums: str = "") -> str:
    counted = ", ".join(
        f"SUM((kinds >> {kind.bit_length() - 1}) & 1) AS {name}" for name, kind in kinds.items()
    )
    return f"""
        LEFT JOIN (
            SELECT organization_id, {counted}{sums} FROM branches_meeting
            WHERE status = 'CONFIRMED' AND period = {period} AND counted_from <= %(cutoff)s GROUP BY 1
        ) m{number} ON m{number}.organization_id = o.id"""


_QUARTERLY = {"general": 1, "lecture": 8, "study": 256}
_HELD = "coalesce(m0.{0}, 0) + coalesce(m1.{0}, 0) + coalesce(m2.{0}, 0)"
_READINGS = f"""
    INSERT INTO accountability_reading (run_id, organization_id, parent_id, level, chain, sector, leads,
        duties_carried_due, duties_carried_done, duties_timely_carried_due, duties_timely_carried_done,
        deployments_carried_due, deployments_carried_done,
        {", ".join(OWN)})
    SELECT %(run)s, o.id, o.parent_id, o.level, o.chain, o.sector, o.kind <> 'BRANCH',
        coalesce(p.due, 0), coalesce(p.done, 0), coalesce(p.timely_due, 0), coalesce(p.timely_done, 0),
        coalesce(p.deployed_due, 0), coalesce(p.deployed_done, 0),
        CASE WHEN o.kind = 'BRANCH' THEN 3 + o.has_committee::int ELSE 0 END,
        CASE WHEN o.kind = 'BRANCH' THEN least({_HELD.format("general")}, 1) + least({
    _HELD.format("lecture")
}, 1)
            + least(coalesce(m0.party_day, 0), 1)
            + CASE WHEN o.has_committee THEN least(coalesce(m0.committee, 0), 1) ELSE 0 END ELSE 0 END,
        coalesce(m0.expected - m0.excused, 0), coalesce(least(m0.present, m0.expected - m0.excused), 0),
        coalesce(m0.key_due, 0), coalesce(least(m0.key_done, m0.key_due), 0),
        coalesce(m0.dual_due, 0), coalesce(least(m0.dual_done, m0.dual_due), 0),
        CASE WHEN o.kind = 'BRANCH' THEN 0 ELSE 1 END,
        CASE WHEN o.kind = 'BRANCH' THEN 0 ELSE least({_HELD.format("study")}, 1) END,
        coalesce(d.due, 0), coalesce(d.done, 0), coalesce(d.done, 0), coalesce(d.timely, 0),
        coalesce(d.deployed, 0), coalesce(d.deployed_timely, 0)
    FROM branches_organization o
    {
    _month(
        0,
        202609,
        _QUARTERLY | {"committee": 2, "party_day": 16},
        ", SUM(expected) AS expected, SUM(present) AS present, SUM(excused) AS excused, SUM(key_due) AS key_due,"
        " SUM(key_done) AS key_done, SUM(dual_due) AS dual_due, SUM(dual_done) AS dual_done",
    )
}{_month(1, 202608, _QUARTERLY)}{_month(2, 202607, _QUARTERLY)}
    LEFT JOIN (
        SELECT organization_id, count(*) FILTER (WHERE NOT is_deployment) AS due,
            count(*) FILTER (WHERE NOT is_deployment AND accepted_at <= %(cutoff)s) AS done,
            count(*) FILTER (WHERE NOT is_deployment AND accepted_at <= %(cutoff)s AND done_on <= due_on) AS timely,
            count(*) FILTER (WHERE is_deployment) AS deployed,
            count(*) FILTER (WHERE is_deployment AND accepted_at <= %(cutoff)s AND done_on <= due_on)
                AS deployed_timely
        FROM accountability_dutyrecord
        WHERE period = 202609 AND opened_at <= %(cutoff)s AND (withdrawn_at IS NULL OR withdrawn_at > %(cutoff)s)
        GROUP BY 1
    ) d ON d.organization_id = o.id
    LEFT JOIN (
        SELECT organization_id, count(*) FILTER (WHERE NOT is_deployment) AS due,
            count(*) FILTER (WHERE NOT is_deployment AND done) AS done,
            count(*) FILTER (WHERE NOT is_deployment AND done AND above) AS timely_due,
            count(*) FILTER (WHERE NOT is_deployment AND done AND above AND timely) AS timely_done,
            count(*) FILTER (WHERE is_deployment AND above) AS deployed_due,
            count(*) FILTER (WHERE is_deployment AND above AND done AND timely) AS deployed_done
        FROM (
            SELECT c.organization_id, c.is_deployment, c.accepted_at <= %(cutoff)s AS done,
                c.done_on <= c.due_on AS timely, u.done_on <= u.due_on AS above
            FROM accountability_dutyrecord c JOIN accountability_dutyrecord u ON u.id = c.parent_id
            WHERE c.period = 202609 AND c.opened_at <= %(cutoff)s
                AND (c.withdrawn_at IS NULL OR c.withdrawn_at > %(cutoff)s)
                AND u.period BETWEEN 202601 AND 202612 AND u.accepted_at <= %(cutoff)s
                AND u.organization_id <> c.organization_id
                AND (u.withdrawn_at IS NULL OR u.withdrawn_at > %(cutoff)s)
        ) pair GROUP BY 1
    ) p ON p.organization_id = o.id"""


def _carried(child: str, parent: str) -> str:
    columns = []
    for key in KEYS:
        for side in ("due", "done"):
            if key in ("duties", "duties_timely", "deployments"):
                columns.append(f"{child}.{key}_carried_{side}")
            else:
                reached = f"{parent}.{key}_due > 0 AND {parent}.{key}_done * 100 >= {parent}.{key}_due * 80"
                columns.append(f"CASE WHEN {reached} THEN {child}.{key}_{side} ELSE 0 END")
    return ", ".join(f"CAST(SUM({column}) AS integer) AS c{number}" for number, column in enumerate(columns))


_SUMMED = ", ".join(f"CAST(SUM(c.{name}) AS integer) AS o{number}" for number, name in enumerate(OWN))
_COLUMNS = ", ".join(
    ["n", *(f"o{number}" for number in range(len(OWN))), *(f"c{number}" for number in range(len(CARRIED)))]
)
_DIRECT = f"""
    CREATE TEMPORARY TABLE bench_direct AS
    SELECT scope_id, s.level AS at, s.parent_id, c.level, c.chain, c.sector, CAST(count(*) AS integer) AS n,
        {_SUMMED}, {_carried("c", "p")}
    FROM (
        SELECT CASE WHEN leads THEN organization_id ELSE parent_id END AS scope_id, r.*
        FROM accountability_reading r WHERE run_id = %(run)s
    ) c
    JOIN (SELECT organization_id, level, parent_id FROM accountability_reading WHERE run_id = %(run)s AND leads) s
        ON s.organization_id = c.scope_id
    LEFT JOIN (SELECT * FROM accountability_reading WHERE run_id = %(run)s AND leads) p
        ON p.organization_id = c.parent_id
    GROUP BY 1, 2, 3, 4, 5, 6;
    CREATE TEMPORARY TABLE bench_sums AS SELECT * FROM bench_direct WHERE false"""
_TOTALS = ", ".join(f"SUM({name})" for name in _COLUMNS.split(", "))
_UPWARD = f"""
    INSERT INTO bench_sums SELECT scope_id, max(at), max(parent_id), level, chain, sector, {_TOTALS} FROM (
        SELECT scope_id, at, parent_id, level, chain, sector, {_COLUMNS} FROM bench_direct WHERE at = %(level)s
        UNION ALL
        SELECT s.organization_id, s.level, s.parent_id, k.level, k.chain, k.sector, {_COLUMNS}
        FROM bench_sums k JOIN accountability_reading s
            ON s.run_id = %(run)s AND s.organization_id = k.parent_id AND s.level = %(level)s
    ) x GROUP BY 1, 4, 5, 6"""
_KEEP = f"""
    INSERT INTO accountability_rollup (run_id, scope_id, level, chain, sector, organizations,
        {", ".join(OWN)}, {", ".join(CARRIED)})
    SELECT %(run)s, scope_id, level, chain, sector, {_COLUMNS} FROM bench_sums"""
