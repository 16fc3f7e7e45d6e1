"""What the system fills in, against a count by hand over the same rows."""

from datetime import UTC, date, datetime

import pytest

from accountability.choices import RecordStatus
from accountability.queries import known_meetings
from accountability.queries.known_facts import Known, known_facts, members_of
from accountability.scoring import read_scheme
from branches.actions.cadence import load_cadence_starters
from branches.choices import AbsenceReason, Level, MeetingKind, MeetingStatus, OrganizationKind, Post, Sector
from branches.models import Absence, Appointment, CadenceRule, Organization
from branches.periods import Period
from supervision.attenuation.engine import take_readings
from tests.accountability.owing import owe
from tests.branches.test_cadence import hold
from tests.conftest import employ, plant
from tests.snapshots import once

K = MeetingKind
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
CUTOFF = datetime(2026, 12, 31, 12, 0, tzinfo=UTC)

BRANCH = """
format = 1
code = "B"
title = "支部考核"
full = 100

[[line]]
key = "l"
title = "组织生活"
full = 100

[[line.item]]
key = "life"
title = "三会一课"
full = 60
source = "meetings"
rule = [
    { kind = "MISS_COUNT", fact = "党员大会", n = 4, p = 1 },
    { kind = "MISS_COUNT", fact = "支委会", n = 12, p = 1 },
    { kind = "MISS_COUNT", fact = "党小组会", n = 12, per = "党小组", p = 1 },
]

[[line.item]]
key = "days"
title = "主题党日"
full = 10
source = "meetings"
datum = "主题党日"
rule = [{ kind = "PER_PP", target = 100, x = 1, y = 1 }]

[[line.item]]
key = "duties"
title = "责任事项"
full = 10
source = "duties"
datum = "duties"
rule = [{ kind = "PER_PP", target = 100, x = 1, y = 1 }]

[[line.item]]
key = "overdue"
title = "逾期"
full = 10
source = "duties"
datum = "duties_overdue_subtree"
rule = [{ kind = "DEDUCT_EACH", p = 1 }]

[[line.item]]
key = "body"
title = "班子"
full = 10
source = "measure"
rule = [
    { kind = "DEDUCT_EACH", fact = "committee_vacancy", p = 1 },
    { kind = "BOOL", fact = "term_overdue", p = -5 },
    { kind = "STEP", fact = "core_meetings_subtree", steps = [{ from = 90, p = 2 }] },
]
"""

OFFICER = """
format = 1
code = "O"
title = "书记考核"
full = 30
subject = "person"

[[line]]
key = "l"
title = "履职"
full = 30

[[line.item]]
key = "duties"
title = "本人责任"
full = 10
source = "duties"
datum = "duties"
rule = [{ kind = "PER_PP", target = 100, x = 1, y = 1 }]

[[line.item]]
key = "came"
title = "参会"
full = 10
source = "measure"
datum = "attendance"
rule = [{ kind = "PER_PP", target = 100, x = 1, y = 1 }]

[[line.item]]
key = "absent"
title = "无故缺席"
full = 10
source = "meetings"
rule = [
    { kind = "DEDUCT_EACH", fact = "无故缺席", p = 1 },
    { kind = "MISS_COUNT", fact = "党课", n = 2, p = 1 },
    { kind = "CHAIN_WEIGHT", own = 0.8 },
]
"""


@pytest.fixture
def rules(db):
    once("cadence rules", [CadenceRule], load_cadence_starters)


def by_hand(unit):
    """The meetings of a unit in the year, by kind, one by one."""
    counted = unit.meeting_set.filter(status=MeetingStatus.CONFIRMED, held_on__year=2026)
    return {kind: [each for each in counted if each.kinds & kind] for kind in K}


def found(known: Known, item, fact=""):
    entry = next((each for each in known.entries if (each.item, each.fact) == (item, fact)), None)
    return entry and (entry.count, entry.due)


@pytest.fixture
def lived(cast, rules):
    """A year of the first branch (with a committee and two groups), of the second, and of one founded in July."""
    groups = [
        plant(f"01010101{number}", f"第{number}小组", OrganizationKind.GROUP, Level.GROUP, cast.first)
        for number in (1, 2)
    ]
    cast.first.refresh_from_db()
    for month in (2, 5, 8, 11):
        hold(cast.first, K.GENERAL_MEETING | K.PARTY_DAY, date(2026, month, 10))
    for month in range(1, 11):
        hold(cast.first, K.COMMITTEE_MEETING, date(2026, month, 15))
        for group in groups:
            hold(cast.first, K.GROUP_MEETING, date(2026, month, 16), group=group)
    hold(cast.first, K.GROUP_MEETING, date(2026, 11, 16), group=groups[0])
    hold(cast.first, K.COMMITTEE_MEETING, date(2026, 12, 15), MeetingStatus.SUBMITTED)
    hold(cast.first, K.COMMITTEE_MEETING, date(2025, 12, 15))
    hold(cast.second, K.GENERAL_MEETING, date(2026, 3, 1))
    hold(cast.second, K.PARTY_DAY, date(2026, 3, 1))
    hold(cast.second, K.PARTY_DAY, date(2026, 3, 20))
    return plant(
        "01010103", "第三支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town,
        sector=Sector.RURAL, has_committee=True, founded_on=date(2026, 7, 1),
    )  # fmt: skip


def test_meetings_are_those_counted_by_hand(cast, lived):
    units = [cast.first, cast.second, lived]
    known = known_facts(read_scheme(BRANCH), units, *YEAR, CUTOFF)
    for unit in units[:2]:
        held = by_hand(unit)
        assert found(known[unit.pk], "life", "党员大会") == (len(held[K.GENERAL_MEETING]), None)
    assert found(known[cast.first.pk], "life", "支委会") == (10, None)
    assert known[cast.first.pk].numbers == {"党小组": 2}
    assert found(known[cast.first.pk], "life", "党小组会") == (21, None)
    # Held twice in March, 主题党日 stand for one month of twelve.
    assert found(known[cast.first.pk], "days") == (4, 12)
    assert found(known[cast.second.pk], "days") == (1, 12)
    # No committee and no group: nothing is owed. Founded in July: half a year.
    assert found(known[cast.second.pk], "life", "支委会") == (0, 0)
    assert found(known[cast.second.pk], "life", "党小组会") == (0, 0)
    assert found(known[lived.pk], "life", "支委会") == (0, 6)
    assert found(known[lived.pk], "life", "党员大会") == (0, 2)
    assert found(known[lived.pk], "days") == (0, 6)


def test_while_the_period_runs_percentages_look_at_what_has_ended(cast, lived):
    known = known_facts(read_scheme(BRANCH), [cast.first], *YEAR, datetime(2026, 6, 15, tzinfo=UTC))
    assert found(known[cast.first.pk], "days") == (2, 5)


def test_measures_are_sums_of_current_readings_own_and_below(cast, lived):
    for month in ("2026-02", "2026-03"):
        take_readings(Period.parse(month), cutoff=CUTOFF)
    known = known_facts(read_scheme(BRANCH), [cast.town, cast.first], *YEAR, CUTOFF)
    own = {
        unit: [unit.readings.get(run__period=key) for key in (202602, 202603)]
        for unit in (cast.town, cast.first, cast.second)
    }
    below = [
        sum(getattr(each, f"core_meetings_{side}") for rows in own.values() for each in rows)
        for side in ("done", "due")
    ]
    assert below[1] > 0
    assert found(known[cast.town.pk], "body", "core_meetings_subtree") == tuple(below)
    mine = own[cast.first]
    assert found(known[cast.first.pk], "body", "core_meetings_subtree") == (
        sum(each.core_meetings_done for each in mine),
        sum(each.core_meetings_due for each in mine),
    )


def test_without_readings_nothing_is_filled_in(cast):
    known = known_facts(read_scheme(BRANCH), [cast.first], *YEAR, CUTOFF)
    assert found(known[cast.first.pk], "duties") is None


def test_overdue_duties_vacancies_and_terms(cast, lived):
    owe(cast.first, due_on=date(2026, 6, 30))
    owe(cast.second, due_on=date(2026, 3, 31))
    done = owe(cast.second, due_on=date(2026, 6, 30), year=2025)
    type(done).objects.filter(pk=done.pk).update(
        status=RecordStatus.ACCEPTED, accepted_at=CUTOFF, done_on=date(2026, 6, 1)
    )
    gone = employ("gone", "旧委员", (cast.first, Post.PUBLICITY_MEMBER), (cast.first, Post.DISCIPLINE_MEMBER))
    gone.appointments.filter(post=Post.PUBLICITY_MEMBER).update(ends_on=date(2026, 9, 30))
    gone.appointments.filter(post=Post.DISCIPLINE_MEMBER).update(ends_on=date(2026, 10, 2))
    Organization.objects.filter(pk=cast.first.pk).update(election_due_on=date(2026, 5, 1))
    cast.first.refresh_from_db()
    known = known_facts(read_scheme(BRANCH), [cast.town, cast.first, cast.second], *YEAR, CUTOFF)
    assert found(known[cast.town.pk], "overdue") == (2, None)
    assert found(known[cast.second.pk], "overdue") == (1, None)
    assert found(known[cast.first.pk], "body", "committee_vacancy") == (1, None)
    (term,) = [each for each in known[cast.first.pk].entries if each.fact == "term_overdue"]
    assert term.yes is True
    assert not [each for each in known[cast.second.pk].entries if each.fact == "term_overdue"]


def test_what_is_due_on_the_last_day_is_overdue_from_the_next_on(cast):
    li = cast.people["li"].appointments.get()
    owe(cast.first, owner=li, due_on=date(2026, 12, 31))
    units, officers = read_scheme(BRANCH), read_scheme(OFFICER)
    for cutoff, overdue in ((CUTOFF, 0), (datetime(2027, 1, 15, tzinfo=UTC), 1)):
        known = known_facts(units, [cast.first], *YEAR, cutoff)[cast.first.pk]
        assert found(known, "overdue") == (overdue, None)
        known = known_facts(officers, [li], *YEAR, cutoff)[li.pk]
        assert found(known, "duties") == (0, overdue)


SIZES = """
format = 1
code = "S"
title = "规模"
full = 10
[[line]]
key = "l"
title = "工作"
full = 10
[[line.item]]
key = "x"
title = "走访"
full = 10
rule = [
    { kind = "MISS_COUNT", fact = "支部", n = 1, per = "支部", p = 1 },
    { kind = "MISS_COUNT", fact = "党员", n = 1, per = "党员", p = 1 },
    { kind = "MISS_COUNT", fact = "班子", n = 1, per = "班子成员", p = 1 },
]
"""


def test_sizes_are_counted_below_each_unit(cast):
    units = [cast.town, cast.first, cast.second]
    known = known_facts(read_scheme(SIZES), units, *YEAR, CUTOFF)
    for unit in units:
        branches = [each for each in (cast.first, cast.second) if each.path.startswith(unit.path)]
        assert known[unit.pk].numbers == {
            "支部": len(branches),
            "党员": sum(branch.memberships.count() for branch in branches),
            "班子成员": unit.appointments.filter(post=Post.SECRETARY).count(),
        }


def test_very_many_units_are_asked_for_as_a_stretch_of_the_tree(cast, lived, monkeypatch):
    scheme, units = read_scheme(BRANCH), [cast.town, cast.first, lived]
    take_readings(Period.parse("2026-02"), cutoff=CUTOFF)
    one_by_one = known_facts(scheme, units, *YEAR, CUTOFF)
    monkeypatch.setattr(known_meetings, "MOST_KEYS", 1)
    together = known_facts(scheme, units, *YEAR, CUTOFF)
    for unit in units:
        told = [[each.as_dict() for each in known[unit.pk].entries] for known in (one_by_one, together)]
        assert told[0] == told[1]
        assert one_by_one[unit.pk].numbers == together[unit.pk].numbers


def test_officers_by_their_own_duties_presence_and_lectures(cast, lived):
    li = cast.people["li"].appointments.get()
    member = cast.people["li"].member
    mine = owe(cast.first, owner=li, due_on=date(2026, 6, 30))
    owe(cast.first, owner=li, due_on=date(2026, 3, 31), year=2025)
    type(mine).objects.filter(pk=mine.pk).update(
        status=RecordStatus.ACCEPTED, accepted_at=CUTOFF, done_on=date(2026, 6, 1)
    )
    general = list(cast.first.meeting_set.filter(kinds=K.GENERAL_MEETING | K.PARTY_DAY).order_by("held_on"))
    Absence.objects.create(meeting=general[0], member=member, reason=AbsenceReason.SICK)
    Absence.objects.create(meeting=general[1], member=member, reason=AbsenceReason.OTHER)
    lecture = hold(cast.first, K.LECTURE, date(2026, 4, 1))
    other = hold(cast.first, K.LECTURE, date(2026, 5, 1))
    type(other).objects.filter(pk=other.pk).update(chair=cast.people["zhou"].member, lecturer="李明")
    assert lecture.chair == member
    known = known_facts(
        read_scheme(OFFICER), [li], *YEAR, CUTOFF, charges={li.pk: [("第二支部", cast.second)]}
    )[li.pk]
    assert found(known, "duties") == (1, 2)
    # Four general meetings, two lectures and ten of the committee; one leave is left out, one absence is not.
    assert found(known, "came") == (14, 15)
    assert found(known, "absent", "无故缺席") == (1, None)
    assert found(known, "absent", "党课") == (2, None)
    assert [(each.of, each.count) for each in known.entries if each.of] == [("第二支部", 0)]


def test_the_number_of_queries_does_not_follow_the_units(cast, lived, django_assert_num_queries):
    scheme = read_scheme(BRANCH)
    units = list(Organization.objects.all())
    with django_assert_num_queries(9) as few:
        known_facts(scheme, units[:1], *YEAR, CUTOFF)
    with django_assert_num_queries(len(few)):
        assert len(known_facts(scheme, units, *YEAR, CUTOFF)) == len(units)


def test_members_of_the_leading_body_are_told_apart(cast):
    employ("li2", "李明", (cast.first, Post.ORGANIZATION_MEMBER))
    employ("he", "何静", (cast.first, Post.COMMITTEE_MEMBER), (cast.first, Post.PUBLICITY_MEMBER))
    assert members_of([cast.first], date(2026, 6, 1))[cast.first.pk] == (
        "李明（书记）",
        "李明（组织委员）",
        "何静",
    )
    assert Appointment.objects.filter(organization=cast.first).count() == 5
