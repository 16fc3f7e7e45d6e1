"""The numbers of one organisation alone, down to the meetings and duty records they were counted from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import F

from accountability.choices import Measure
from accountability.models import DutyRecord
from branches.choices import CORE_MEETINGS, MeetingKind
from branches.models import Meeting, Organization
from branches.periods import Period, window_of
from branches.queries.cadence import Obligation, obligations_of
from branches.tally import Tally
from supervision.attenuation.measures import MEASURES, Declaration
from supervision.queries import readings
from supervision.queries.choice import Choice, PeriodGroup, period_groups

#: Rows of each kind that are shown; a single organisation has far fewer in any period.
MOST = 100
_STUDY = (MeetingKind.STUDY_GROUP, MeetingKind.SPECIAL_STUDY)
_DUTY_MEASURES = (Measure.DUTIES, Measure.DUTIES_TIMELY)


@dataclass(frozen=True)
class Part:
    """One measure of the heat; `points` is what full marks would add."""

    measure: Declaration
    tally: Tally
    share: float
    points: float


@dataclass(frozen=True)
class Unit:
    organization: Organization
    choice: Choice
    groups: list[PeriodGroup]
    measure: Declaration | None
    own: readings.OwnReading | None
    quartile: readings.Quartile | None = None
    parts: list[Part] = field(default_factory=list)
    obligations: list[Obligation] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    records: list[DutyRecord] = field(default_factory=list)

    @property
    def source(self):
        return self.own.source if self.own else None

    @property
    def formula(self):
        return self.source.formula if self.source else None

    @property
    def all_measures(self) -> list[Declaration]:
        return list(MEASURES.values())

    @property
    def chips(self) -> list[tuple[str, str]]:
        return [("measure", self.measure.label)] if self.measure else []

    @property
    def shows_meetings(self) -> bool:
        return self.measure is None or self.measure.key not in _DUTY_MEASURES

    @property
    def shows_obligations(self) -> bool:
        return self.measure is None or self.measure.key in (Measure.CORE_MEETINGS, Measure.SPECIAL_STUDY)

    @property
    def shows_records(self) -> bool:
        return self.measure is None or self.measure.key in _DUTY_MEASURES


def unit(*, organization: Organization, asked: Mapping[str, str], today: date) -> Unit:
    """Fill the page of one organisation; `measure` in the query narrows the records to those that measure counts."""
    months = readings.periods_with_readings()
    choice = Choice.read(asked, months, today)
    measure = MEASURES.get(asked.get("measure", ""))
    groups = period_groups(months)
    own = readings.own_reading(organization, choice.period) if choice.period else None
    if own is None:
        return Unit(organization, choice, groups, measure, None)
    page = Unit(
        organization,
        choice,
        groups,
        measure,
        own,
        quartile=readings.quartile(organization, choice.period),
        parts=parts_of(own),
        obligations=_judged(organization, choice.period, measure, today),
    )
    if page.shows_meetings:
        page.meetings.extend(_meetings(organization, choice.period, measure)[:MOST])
    if page.shows_records:
        page.records.extend(_records(organization, choice.period)[:MOST])
    return page


def parts_of(own: readings.OwnReading) -> list[Part]:
    """The measures with a reading, those that cost most points first."""
    weights = own.source.weights
    counted = {
        key: weights[key]
        for key in MEASURES
        if weights.get(key) and key in own.tallies and own.tallies[key].due
    }
    total = sum(counted.values())
    found = [
        Part(
            MEASURES[key],
            own.tallies[key],
            weight / total,
            100 * weight / total * own.tallies[key].shortfall / own.tallies[key].due,
        )
        for key, weight in counted.items()
    ]
    return sorted(found, key=lambda part: -part.points)


def _judged(
    organization: Organization, period: Period, measure: Declaration | None, today: date
) -> list[Obligation]:
    """What was owed in the windows that are judged in the last month of `period`."""
    found = []
    for each in obligations_of(organization, min(period.ends_on, today)):
        counts = {
            None: each.rule.counts_as_core or each.rule.counts_as_study,
            Measure.CORE_MEETINGS.value: each.rule.counts_as_core,
            Measure.SPECIAL_STUDY.value: each.rule.counts_as_study,
        }
        window = each.window
        same = window.last_month == period.last_month
        if each.due and same and counts.get(measure.key if measure else None):
            found.append(each)
    return found


def _meetings(organization: Organization, period: Period, measure: Declaration | None):
    """Meetings the measure counts: of the period, and for obligations of the longest window judged in it."""
    rows = Meeting.objects.filter(organization=organization).order_by("-held_on", "-pk")
    kinds = {Measure.CORE_MEETINGS.value: CORE_MEETINGS, Measure.SPECIAL_STUDY.value: _STUDY}
    key = measure.key if measure else ""
    if key in kinds:
        first = min(window.starts_on for window in _windows(period))
        bits = MeetingKind.mask(kinds[key])
        return rows.alias(_bits=F("kinds").bitand(bits)).filter(
            _bits__gt=0, held_on__gte=first, held_on__lte=period.ends_on
        )
    rows = rows.held_in(period)
    if key == Measure.KEY_POSTS_ATTENDANCE:
        return rows.filter(key_due__gt=0)
    if key == Measure.DUAL_LIFE:
        return rows.filter(dual_due__gt=0)
    if key == Measure.ATTENDANCE:
        return rows.filter(expected__gt=F("excused"))
    return rows


def _windows(period: Period) -> list[Period]:
    return [period, window_of("quarter", period.ends_on)] if period.last_month.index % 3 == 0 else [period]


def _records(organization: Organization, period: Period):
    return (
        DutyRecord.objects.in_force()
        .judged_in(period)
        .filter(organization=organization)
        .select_related("duty", "duty__duty_list")
        .order_by("due_on", "pk")
    )
