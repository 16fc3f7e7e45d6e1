"""Countable items count by themselves: the same number in SQL, in plain values and by a walk over every row."""

from datetime import date, timedelta
from random import Random

import pytest

from accountability.choices import CountedBy, EvidenceKind
from accountability.counting import Ask, Bearer, Held, count, gives_a_reason
from accountability.models import Duty, DutyHandover, DutyRecord
from accountability.queries.counting import RELATED, countings, with_counted
from branches.choices import MeetingKind, MeetingStatus
from branches.models import Appointment, Meeting
from branches.periods import Interval, window_of
from tests.accountability.conftest import NOW
from tests.accountability.owing import owe, talk
from tests.branches.test_cadence import hold
from tests.conftest import employ, enrol

K = MeetingKind


def counting(record):
    return countings(DutyRecord.objects.filter(pk=record.pk).select_related(*RELATED))[record.pk]


def by_sql(record):
    return with_counted(DutyRecord.objects.filter(pk=record.pk)).get().counted_now


# The rule itself

YEAR = window_of(Interval.YEAR, date(2026, 6, 1))


def held(pk, day, kinds=K.TALK, chair=1, persons=(), lecturer=""):
    return Held(pk, date(2026, 6, day), int(kinds), chair, lecturer, frozenset(persons))


def test_twelve_talks_with_the_same_person_fulfil_one_of_nine():
    found = count(Ask("PERSONS", 9, 0, YEAR), [held(day, day, persons=(1, 7)) for day in range(1, 13)])
    assert (found.number, found.meetings, found.repeats, found.reached_on) == (1, (1,), 11, None)
    assert (found.is_short, found.lacking) == (True, 8)


def test_the_day_on_which_the_target_was_reached():
    talks = [held(3, 20, persons=(4,)), held(1, 2, persons=(2,)), held(2, 9, persons=(2, 3, 5))]
    found = count(Ask("PERSONS", 3, 0, YEAR), talks)
    assert (found.number, found.meetings, found.reached_on) == (4, (1, 2, 3), date(2026, 6, 9))


def test_a_meeting_of_several_kinds_counts_once():
    asked = Ask("MEETINGS", 2, int(K.LECTURE | K.PARTY_DAY), YEAR)
    assert count(asked, [held(1, 1, K.LECTURE | K.PARTY_DAY), held(2, 2, K.COMMITTEE_MEETING)]).number == 1


def test_a_personal_duty_counts_what_its_bearer_chaired_or_taught():
    asked = Ask("MEETINGS", 1, int(K.LECTURE | K.SPECIAL_STUDY), YEAR, (Bearer(1, "李明"),))
    rows = [
        held(1, 1, K.LECTURE, chair=2, lecturer="李明"),
        held(2, 2, K.SPECIAL_STUDY, chair=2, lecturer="李明"),
        held(3, 3, K.SPECIAL_STUDY, chair=1),
        held(4, 4, K.LECTURE, chair=2, lecturer="王丽"),
    ]
    assert count(asked, rows).meetings == (1, 3)
    gone = Ask("MEETINGS", 1, int(K.SPECIAL_STUDY), YEAR, (Bearer(1, "李明", before=date(2026, 6, 3)),))
    assert count(gone, rows).number == 0
    assert count(Ask("MEETINGS", 1, int(K.LECTURE), YEAR, (Bearer(None, ""),)), rows).number == 0


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("谈了三人。还差1人，原因：对方住院，出院后补谈。", True),
        ("因天气原因推迟", True),
        ("谈了三人。还差1人，原因：", False),
        ("谈了三人。", False),
        ("原因是。", False),
        ("", False),
    ],
)
def test_a_reason_is_words_after_the_word(words, given):
    assert gives_a_reason(words) is given


# Rows


def test_only_confirmed_meetings_of_the_unit_in_the_window_count(cast):
    record = owe(cast.first)
    for organization, day, status in (
        (cast.first, date(2026, 7, 1), MeetingStatus.CONFIRMED),
        (cast.first, date(2026, 12, 31), MeetingStatus.CONFIRMED),
        (cast.first, date(2026, 6, 30), MeetingStatus.CONFIRMED),
        (cast.first, date(2026, 9, 1), MeetingStatus.SUBMITTED),
        (cast.first, date(2026, 9, 2), MeetingStatus.RETURNED),
        (cast.second, date(2026, 9, 3), MeetingStatus.CONFIRMED),
    ):
        hold(organization, K.SPECIAL_STUDY, day, status)
    assert by_sql(record) == counting(record).number == 2
    assert counting(record).reached_on == date(2026, 12, 31)


def test_what_a_predecessor_led_before_the_handover_counts_for_the_term(cast):
    li, zhou = (cast.people[who] for who in ("li", "zhou"))
    before = li.appointments.get()
    after = Appointment.objects.create(
        user=zhou, organization=cast.first, post="DEPUTY_SECRETARY", starts_on=date(2026, 9, 1)
    )
    record = owe(cast.first, owner=after, counted_by=CountedBy.PERSONS, meeting_kinds=int(K.TALK), target=3)
    others = list(cast.first.members.exclude(pk__in=[li.member_id, zhou.member_id])[:4])
    talk(cast.first, li.member, others[:2], date(2026, 8, 3))
    talk(cast.first, li.member, others[2:3], date(2026, 9, 20))
    talk(cast.first, zhou.member, others[1:2] + others[3:], date(2026, 10, 3))
    assert by_sql(record) == counting(record).number == 2
    DutyHandover.objects.create(
        duty=record.duty,
        from_organization=cast.first,
        to_organization=cast.first,
        from_appointment=before,
        to_appointment=after,
        effective_on=date(2026, 9, 1),
        reason="届中调整",
        passed_at=NOW,
    )
    assert by_sql(record) == counting(record).number == 3


def test_what_a_merged_unit_held_counts_for_the_term_that_goes_on_at_its_heir(cast):
    facts = {"counted_by": CountedBy.PERSONS, "meeting_kinds": int(K.TALK), "target": 3}
    former = owe(cast.second, **facts)
    record = owe(cast.first, **facts)
    chair, one, two, three = cast.first.members.all()[:4]
    talk(cast.second, chair, [one, two], date(2026, 8, 3))
    talk(cast.first, chair, [two, three], date(2026, 10, 3))
    assert by_sql(record) == counting(record).number == 2
    record.duty.continues = former.duty
    record.duty.save()
    assert by_sql(record) == counting(record).number == 3
    meetings = owe(cast.first, year=2027, continues=former.duty)
    hold(cast.second, K.SPECIAL_STUDY, date(2026, 8, 3))
    hold(cast.first, K.SPECIAL_STUDY, date(2026, 9, 3))
    assert by_sql(meetings) == counting(meetings).number == 2


def test_an_officer_without_a_member_has_led_nothing(cast):
    officer = cast.people["zhao"].appointments.get()
    record = owe(cast.town, owner=officer)
    enrol("严新", cast.town)
    meeting = hold(cast.first, K.SPECIAL_STUDY, date(2026, 9, 1))
    Meeting.objects.filter(pk=meeting.pk).update(organization=cast.town)
    assert by_sql(record) == counting(record).number == 0
    shared = owe(cast.town, owner=officer, is_personal=False, year=2027)
    assert by_sql(shared) == counting(shared).number == 1


def test_what_is_typed_by_hand_is_not_counted_here(cast):
    typed = owe(cast.first, counted_by=CountedBy.HAND)
    assert by_sql(typed) is None
    assert countings([typed]) == {}


def brute_force(record):
    """Every meeting there is, one after the other, as a person with the rule book would count."""
    duty, window = record.duty, record.window
    total, persons = 0, set()
    for meeting in Meeting.objects.all():
        units = {record.organization, duty.continues and duty.continues.organization}
        if meeting.organization not in units or meeting.status != MeetingStatus.CONFIRMED:
            continue
        if not window.starts_on <= meeting.held_on <= window.ends_on:
            continue
        if duty.owner and duty.duty_list.appointment:
            leaders = [duty.owner.user.member]
            for handover in duty.handovers.all():
                if meeting.held_on < handover.effective_on:
                    leaders.append(handover.from_appointment.user.member)
            leaders = [each for each in leaders if each is not None]
            taught = (
                duty.counted_by == "MEETINGS"
                and K.LECTURE in K.unpack(meeting.kinds)
                and meeting.lecturer in {each.name for each in leaders}
            )
            if meeting.chair not in leaders and not taught:
                continue
        kinds = set(K.unpack(meeting.kinds))
        if duty.counted_by == "MEETINGS":
            total += bool(kinds & set(K.unpack(duty.meeting_kinds)))
        elif K.TALK in kinds:
            persons |= {each.member_id for each in meeting.participants.all()} - {meeting.chair_id}
    return total if duty.counted_by == "MEETINGS" else len(persons)


@pytest.mark.parametrize("seed", range(12))
def test_sql_plain_values_and_brute_force_agree(cast, seed, django_assert_num_queries):
    chance = Random(seed)
    cast.people["shi"] = employ("shi", "史明", (cast.second, "DEPUTY_SECRETARY"))
    units = [cast.first, cast.second]
    members = [*cast.first.members.all(), *cast.second.members.all()]
    posts = [cast.people[who].appointments.get() for who in ("li", "wang", "zhou", "shi")]
    for _ in range(60):
        kinds = chance.choice(
            [K.TALK, K.TALK, K.TALK | K.PARTY_DAY, K.LECTURE, K.SPECIAL_STUDY, K.LECTURE | K.TALK]
        )
        day = date(2025, 12, 1) + timedelta(days=chance.randrange(420))
        meeting = talk(
            chance.choice(units),
            chance.choice(members),
            chance.sample(members, chance.randrange(5)),
            day,
            chance.choice([*MeetingStatus.values, "CONFIRMED", "CONFIRMED", "CONFIRMED"]),
            kinds,
        )
        if kinds & K.LECTURE:
            meeting.lecturer = chance.choice(["", "李明", "王丽", "外请教师"])
            meeting.save()
    for number in range(20):
        interval = chance.choice(list(Interval))
        window = window_of(interval, date(2026, chance.randrange(1, 13), 3))
        due_on = chance.choice(
            [window.ends_on, window.starts_on + timedelta(days=chance.randrange(window.days))]
        )
        owner = chance.choice([None, *posts])
        unit = owner.organization if owner else chance.choice(units)
        record = owe(
            unit,
            owner=owner,
            is_personal=chance.random() < 0.7,
            due_on=due_on,
            year=2000 + number,
            interval=interval,
            counted_by=chance.choice(["MEETINGS", "PERSONS"]),
            meeting_kinds=int(K.mask(chance.sample([K.TALK, K.LECTURE, K.SPECIAL_STUDY], 2))),
            target=chance.randrange(1, 4),
            evidence=chance.choice(EvidenceKind.values),
            continues=chance.choice([None, None, *Duty.objects.all()]),
        )
        if owner and chance.random() < 0.5:
            DutyHandover.objects.create(
                duty=record.duty,
                from_organization=unit,
                to_organization=unit,
                from_appointment=chance.choice(posts),
                to_appointment=owner,
                effective_on=due_on - timedelta(days=chance.randrange(90)),
                reason="调整",
                passed_at=NOW,
            )
    records = list(with_counted(DutyRecord.objects.select_related(*RELATED)))
    with django_assert_num_queries(3):
        found = countings(records)
    expected = {each.pk: brute_force(each) for each in records}
    assert {each.pk: each.counted_now for each in records} == expected
    assert {pk: each.number for pk, each in found.items()} == expected
    assert sum(expected.values()) > 0
    for each in records:
        counting = found[each.pk]
        assert (counting.reached_on is None) == (counting.number < each.duty.target)
