"""Readings and sums counted one record at a time in plain Python, with no set-based SQL: what the engine must equal."""

from collections import Counter
from fractions import Fraction

from accountability.choices import Measure
from accountability.models import DutyRecord
from branches.cadence import OrganizationFacts, done_count, due_count
from branches.choices import COMMITTEE_KINDS, MeetingStatus, OrganizationKind
from branches.models import CadenceRule, FormerMeeting, Meeting, Organization, Placement
from branches.periods import Period, is_due_in, window_of

KEYS = [measure.value for measure in Measure]
#: Measures whose records know the record above that they are paired with.
OWN_PAIRS = ["duties", "duties_timely", "deployments"]
PAIRED = [key for key in KEYS if key not in OWN_PAIRS]


class World:
    """The organisations as they stood on the last day of a month, and what was known at a cut-off."""

    def __init__(self, month: Period, cutoff, theta=Fraction(4, 5)):
        self.month, self.cutoff, self.theta = month, cutoff, theta
        self.day = month.ends_on
        self.organizations = {each.pk: each for each in Organization.objects.all()}
        self.stood = {pk: self._stood(each) for pk, each in self.organizations.items()}
        self.meetings = [
            each
            for each in Meeting.objects.all()
            if each.status == MeetingStatus.CONFIRMED and each.counted_from <= cutoff
        ]
        self.meetings += [
            each for each in FormerMeeting.objects.all() if each.counted_from <= cutoff < each.counted_until
        ]
        self.records = list(DutyRecord.objects.select_related("parent"))
        self.rules = [
            rule
            for rule in CadenceRule.objects.all()
            if rule.effective_from <= self.day
            and (rule.effective_until is None or rule.effective_until > self.day)
            and rule.quantity == "TIMES"
            and is_due_in(rule.interval, month)
        ]

    def _stood(self, organization):
        for placement in Placement.objects.filter(organization=organization):
            if placement.ends_on > self.day and (
                placement.starts_on is None or placement.starts_on <= self.day
            ):
                return placement
        return organization

    def exists(self, pk):
        each = self.organizations[pk]
        return (each.founded_on is None or each.founded_on <= self.day) and (
            each.dissolved_on is None or each.dissolved_on > self.day
        )

    def counts(self, pk):
        return self.exists(pk) and self.stood[pk].kind != OrganizationKind.GROUP

    def leads(self, pk):
        return self.counts(pk) and self.stood[pk].kind in COMMITTEE_KINDS

    def parent(self, pk):
        above = self.stood[pk].parent_id
        while above is not None and not self.leads(above):
            above = self.stood[above].parent_id
        return above

    def groups(self, pk):
        return [
            each
            for each in self.organizations
            if self.exists(each)
            and self.stood[each].kind == OrganizationKind.GROUP
            and self.stood[each].parent_id == pk
        ]

    def reading(self, pk):
        """Columns of one organisation's reading by name."""
        stood = self.stood[pk]
        groups = self.groups(pk)
        facts = OrganizationFacts(
            stood.kind, stood.level, stood.chain, stood.sector, stood.has_committee, len(groups)
        )
        row = {
            "parent_id": self.parent(pk),
            "level": stood.level,
            "chain": stood.chain,
            "sector": stood.sector,
            "leads": self.leads(pk),
        }
        tallies = {key: [0, 0] for key in KEYS}
        mine = [each for each in self.meetings if each.organization_id == pk]
        for rule in self.rules:
            due = due_count(rule, facts)
            if not due:
                continue
            months = {month.key for month in window_of(rule.interval, self.day).months}
            held = [
                each.group_id for each in mine if each.period in months and each.kinds & rule.meeting_kind
            ]
            done = done_count(rule, groups, held)
            for flag, key in (
                (rule.counts_as_core, "core_meetings"),
                (rule.counts_as_study, "special_study"),
            ):
                if flag:
                    tallies[key][0] += due
                    tallies[key][1] += done
        for each in mine:
            if each.period != self.month.key:
                continue
            for key, due, done in (
                ("attendance", each.expected - each.excused, each.present),
                ("key_posts_attendance", each.key_due, each.key_done),
                ("dual_life", each.dual_due, each.dual_done),
            ):
                tallies[key][0] += due
                tallies[key][1] += done
        carried = Counter()
        for record in self.records:
            if record.organization_id == pk and record.period == self.month.key and self._in_force(record):
                for key, due, done in self._owed(record):
                    tallies[key][0] += due
                    tallies[key][1] += done
                    if self._is_step_down(record) and self._fulfilled(record.parent, key):
                        carried[f"{key}_carried_due"] += due
                        carried[f"{key}_carried_done"] += done
        for key in OWN_PAIRS:
            for side in ("due", "done"):
                row[f"{key}_carried_{side}"] = carried[f"{key}_carried_{side}"]
        for key, (due, done) in tallies.items():
            row[f"{key}_due"], row[f"{key}_done"] = due, min(done, due)
        return row

    def _owed(self, record):
        """(measure, due, done) of one record of a duty or of a deployment."""
        if record.is_deployment:
            return [("deployments", 1, int(self._timely(record)))]
        done = int(self._done(record))
        return [("duties", 1, done), ("duties_timely", done, int(self._timely(record)))]

    def _is_step_down(self, record):
        """Whether it hangs on a record of another organisation that is owed in the same year."""
        parent = record.parent
        return (
            parent is not None
            and parent.organization_id != record.organization_id
            and parent.period // 100 == self.month.year
            and self._in_force_now(parent)
        )

    def _fulfilled(self, record, key):
        return self._done(record) if key == "duties" else self._timely(record)

    def _timely(self, record):
        return self._done(record) and record.done_on <= record.due_on

    def _in_force(self, record):
        return record.opened_at <= self.cutoff and self._in_force_now(record)

    def _in_force_now(self, record):
        return record.withdrawn_at is None or record.withdrawn_at > self.cutoff

    def _done(self, record):
        return record.accepted_at is not None and record.accepted_at <= self.cutoff

    def readings(self):
        """Organisation key → columns of its reading."""
        return {pk: self.reading(pk) for pk in self.organizations if self.counts(pk)}

    def rollups(self):
        """(scope, level, chain, sector) → columns of its sums."""
        readings = self.readings()
        sums = {}
        for row in readings.values():
            row |= self._carried(row, readings)
        for pk, row in readings.items():
            for scope in self._scopes(pk, readings):
                into = sums.setdefault((scope, row["level"], row["chain"], row["sector"]), Counter())
                into["organizations"] += 1
                for key in KEYS:
                    for side in ("due", "done", "carried_due", "carried_done"):
                        into[f"{key}_{side}"] += row[f"{key}_{side}"]
        return sums

    def _scopes(self, pk, readings):
        if readings[pk]["leads"]:
            yield pk
        above = readings[pk]["parent_id"]
        while above is not None:
            yield above
            above = readings[above]["parent_id"]

    def _carried(self, row, readings):
        parent = readings.get(row["parent_id"])
        carried = {}
        for key in PAIRED:
            due, done = (parent[f"{key}_due"], parent[f"{key}_done"]) if parent else (0, 0)
            reached = due > 0 and Fraction(done, due) >= self.theta
            carried[f"{key}_carried_due"] = row[f"{key}_due"] if reached else 0
            carried[f"{key}_carried_done"] = row[f"{key}_done"] if reached else 0
        return carried
