"""What a program does that asks the ORM about every node: the loop that the engine is compared with."""

from django.db.models import Count, F, Q, Sum

from accountability.models import DutyRecord, Reading, RollUp, Run
from branches.cadence import OrganizationFacts, due_count
from branches.choices import COMMITTEE_KINDS, OrganizationKind
from branches.counts import rules_judged_in
from branches.models import Meeting, Organization
from branches.periods import Interval, Period, window_of
from supervision.attenuation.statements import CARRIED, KEYS, OWN, PAIRED


def compute(run: Run, every: int = 1) -> None:
    """Fill a run node by node, then committee by committee from the leaves up; or only one node in `every`."""
    month = Period.from_key(run.period)
    rules = rules_judged_in(month)
    for organization in Organization.objects.exclude(kind=OrganizationKind.GROUP).order_by("path")[::every]:
        _own(run, month, rules, organization).save(force_insert=True)
    for scope in Organization.objects.filter(kind__in=COMMITTEE_KINDS).order_by("-depth", "path")[::every]:
        for row in _sums(run, scope).values():
            row.save(force_insert=True)


def _own(run: Run, month: Period, rules, organization: Organization) -> Reading:
    reading = Reading(
        run=run,
        organization=organization,
        parent_id=organization.parent_id,
        level=organization.level,
        chain=organization.chain,
        sector=organization.sector,
        leads=organization.kind in COMMITTEE_KINDS,
    )
    meetings = Meeting.objects.counted_at(run.cutoff).filter(organization=organization)
    groups = Organization.objects.filter(parent=organization, kind=OrganizationKind.GROUP).count()
    facts = OrganizationFacts(
        organization.kind,
        organization.level,
        organization.chain,
        organization.sector,
        organization.has_committee,
        groups,
    )
    for rule in rules:
        due = due_count(rule, facts)
        if not due:
            continue
        held = meetings.held_in(window_of(rule.interval, month.ends_on)).of_kind(rule.meeting_kind).count()
        for counts, key in ((rule.counts_as_core, "core_meetings"), (rule.counts_as_study, "special_study")):
            if counts:
                _add(reading, key, due, min(held, due))
    sums = meetings.held_in(month).aggregate(
        **{
            name: Sum(name, default=0)
            for name in ("expected", "present", "excused", "key_due", "key_done", "dual_due", "dual_done")
        }
    )
    _add(reading, "attendance", sums["expected"] - sums["excused"], sums["present"])
    _add(reading, "key_posts_attendance", sums["key_due"], sums["key_done"])
    _add(reading, "dual_life", sums["dual_due"], sums["dual_done"])
    _add_duties(reading, run, month, organization)
    return reading


def _add_duties(reading: Reading, run: Run, month: Period, organization: Organization) -> None:
    done, in_time = Q(accepted_at__lte=run.cutoff), Q(done_on__lte=F("due_on"))
    year = window_of(Interval.YEAR, month.ends_on)
    carried = Q(parent__accepted_at__lte=run.cutoff, parent__period__in=[each.key for each in year.months])
    carried &= Q(parent__withdrawn_at__isnull=True) | Q(parent__withdrawn_at__gt=run.cutoff)
    carried &= ~Q(parent__organization=organization)
    in_time_above = carried & Q(parent__done_on__lte=F("parent__due_on"))
    records = DutyRecord.objects.known_at(run.cutoff).filter(organization=organization, period=month.key)
    duties, deployments = (
        records.filter(is_deployment=is_deployment).aggregate(
            due=Count("pk"),
            done=Count("pk", filter=done),
            timely=Count("pk", filter=done & in_time),
            carried_due=Count("pk", filter=carried),
            carried_done=Count("pk", filter=carried & done),
            timely_carried_due=Count("pk", filter=in_time_above),
            timely_carried_done=Count("pk", filter=in_time_above & done),
            timely_carried_timely=Count("pk", filter=in_time_above & done & in_time),
        )
        for is_deployment in (False, True)
    )
    _add(reading, "duties", duties["due"], duties["done"])
    _add(reading, "duties_timely", duties["done"], duties["timely"])
    _add(reading, "deployments", deployments["due"], deployments["timely"])
    _add(reading, "duties_carried", duties["carried_due"], duties["carried_done"])
    _add(reading, "duties_timely_carried", duties["timely_carried_done"], duties["timely_carried_timely"])
    _add(
        reading,
        "deployments_carried",
        deployments["timely_carried_due"],
        deployments["timely_carried_timely"],
    )


def _add(row, key: str, due: int, done: int) -> None:
    for side, number in (("due", due), ("done", min(done, due))):
        setattr(row, f"{key}_{side}", getattr(row, f"{key}_{side}") + number)


def _sums(run: Run, scope: Organization) -> dict:
    """The sums of one committee: its own reading, the branches below, and the sums of the committees below."""
    rows: dict = {}
    readings = Reading.objects.select_related("organization__parent")
    for reading in [
        *readings.filter(run=run, organization=scope),
        *readings.filter(run=run, parent=scope, leads=False),
    ]:
        row = _row(rows, run, scope, reading)
        row.organizations += 1
        for name in OWN:
            setattr(row, name, getattr(row, name) + getattr(reading, name))
        above = Reading.objects.filter(run=run, organization=reading.parent_id).first()
        for key in KEYS:
            own = f"{key}_carried" if key not in PAIRED else key
            if key in PAIRED and not _reached(above, key, run):
                continue
            _add(row, f"{key}_carried", getattr(reading, f"{own}_due"), getattr(reading, f"{own}_done"))
    for child in Organization.objects.filter(parent=scope, kind__in=COMMITTEE_KINDS):
        for below in RollUp.objects.filter(run=run, scope=child):
            row = _row(rows, run, scope, below)
            for name in ("organizations", *OWN, *CARRIED):
                setattr(row, name, getattr(row, name) + getattr(below, name))
    return rows


def _reached(above: Reading | None, key: str, run: Run) -> bool:
    due, done = (getattr(above, f"{key}_due"), getattr(above, f"{key}_done")) if above else (0, 0)
    return due > 0 and done >= due * run.formula.theta


def _row(rows: dict, run: Run, scope: Organization, of) -> RollUp:
    key = (of.level, of.chain, of.sector)
    if key not in rows:
        rows[key] = RollUp(run=run, scope=scope, level=of.level, chain=of.chain, sector=of.sector)
    return rows[key]
