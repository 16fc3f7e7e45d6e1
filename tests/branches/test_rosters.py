from datetime import date

import pytest

from branches.choices import AbsenceReason, Level, MeetingKind, OrganizationKind, Post, VotingRight
from branches.models import Appointment, Membership
from branches.rosters import count, expected_from, people_on
from tests.conftest import employ, enrol, plant
from tests.meetings import DAY

GENERAL, COMMITTEE, GROUP = (
    MeetingKind.GENERAL_MEETING,
    MeetingKind.COMMITTEE_MEETING,
    MeetingKind.GROUP_MEETING,
)


def roster(organization, kinds=GENERAL, day=DAY, group=None):
    return people_on(organization, day).roster(int(kinds), group and group.pk)


def test_members_of_the_day_are_expected(cast):
    mine = enrol("新转入", cast.first, since=date(2026, 11, 1))
    assert mine.pk in roster(cast.first).ids
    assert mine.pk not in roster(cast.first, day=date(2026, 10, 31)).ids
    Membership.objects.filter(member=mine).update(ends_on=date(2026, 11, 12))
    assert mine.pk not in roster(cast.first).ids


def test_probationary_members_come_but_do_not_vote(cast):
    found = roster(cast.first)
    assert (len(found.people), found.full, found.entitled) == (10, 9, 9)


def test_a_member_who_became_full_later_was_probationary_then(cast):
    late = enrol("后转正", cast.first, full_on=date(2026, 11, 13))
    assert next(each for each in roster(cast.first).people if each.member_id == late.pk).is_full is False
    after = roster(cast.first, day=date(2026, 11, 13))
    assert next(each for each in after.people if each.member_id == late.pk).is_full is True


def test_suspended_rights_take_the_vote_only(cast):
    enrol("留察", cast.first, voting_right=VotingRight.PROBATION)
    found = roster(cast.first)
    assert (found.full, found.entitled) == (10, 9)


def test_the_committee_is_expected_by_its_posts_on_the_day(cast):
    assert [person.name for person in roster(cast.first, COMMITTEE).people] == ["李明"]
    member = enrol("委员", cast.first)
    employ("weiyuan", "委员", (cast.first, Post.ORGANIZATION_MEMBER), member=member)
    assert [person.name for person in roster(cast.first, COMMITTEE).people] == ["李明", "委员"]
    Appointment.objects.filter(user__username="weiyuan").update(ends_on=DAY)
    assert [person.name for person in roster(cast.first, COMMITTEE).people] == ["李明"]


def test_a_group_meeting_expects_its_group_alone_or_with_what_groups_hold(cast):
    group = plant("0101010101", "第一小组", OrganizationKind.GROUP, Level.GROUP, cast.first)
    mine = enrol("组员", cast.first, group=group)
    assert roster(cast.first, GROUP, group=group).ids == {mine.pk}
    assert roster(cast.first, GROUP | MeetingKind.PARTY_DAY, group=group).ids == {mine.pk}
    assert len(roster(cast.first, GROUP | GENERAL, group=group).people) == 11
    assert roster(cast.first, GROUP).people == ()


def test_committees_expect_their_leaders_and_name_accounts_without_a_member(cast):
    found = roster(cast.county, MeetingKind.STUDY_GROUP)
    assert [person.name for person in found.people] == ["钱峰"]
    assert found.unlinked == ("孙正",)
    assert expected_from(cast.county, int(MeetingKind.LECTURE)) == "leaders"


def test_counts_net_out_recognised_leave(cast):
    found = roster(cast.first)
    people = [person.member_id for person in found.people if person.is_full]
    absences = dict(
        zip(people[-3:], [AbsenceReason.SICK, AbsenceReason.OTHER, AbsenceReason.OFFICIAL], strict=True)
    )
    counts = count(found, absences, organization=cast.first, day=DAY)
    assert (counts.expected, counts.present, counts.excused) == (10, 7, 2)
    assert (counts.expected_full, counts.present_full) == (9, 6)


@pytest.mark.parametrize(
    ("reason", "key", "dual"),
    [(None, (2, 2), (1, 1)), (AbsenceReason.OTHER, (2, 1), (1, 0)), (AbsenceReason.OFFICIAL, (1, 1), (0, 0))],
)
def test_a_county_leader_counts_among_the_key_posts_and_for_dual_life(cast, reason, key, dual):
    qian = cast.people["qian"].member_id
    counts = count(roster(cast.first), {qian: reason} if reason else {}, organization=cast.first, day=DAY)
    assert (counts.key_due, counts.key_done) == key
    assert (counts.dual_due, counts.dual_done) == dual


def test_a_secretary_of_the_branch_itself_is_no_ordinary_member_of_it(cast):
    Appointment.objects.create(
        user=cast.people["li"], organization=cast.town, post=Post.DEPUTY_SECRETARY, starts_on=date(2025, 1, 1)
    )
    counts = count(roster(cast.first), {}, organization=cast.first, day=DAY)
    assert (counts.dual_due, counts.key_due) == (1, 2)


def test_a_talk_judges_nobody(cast):
    found = roster(cast.first, MeetingKind.TALK)
    assert found.expected_from == "invited"
    assert count(found, {}, organization=cast.first, day=DAY).expected == 0
