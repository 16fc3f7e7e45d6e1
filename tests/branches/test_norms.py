"""Norms of meetings and of the make-up of organisations (ORG-01 … ORG-08)."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branches.choices import MeetingKind, OrganizationKind
from branches.norms import (
    EXPECTED,
    NORMS,
    excellent_limit,
    for_kinds,
    late_entry,
    secretary_problem,
    structure_warnings,
    term_ends_on,
    term_problem,
    term_years,
    vacancy_problem,
)
from branches.votes import Severity, VoteRule


def fields_of(problems):
    return [problem.field for problem in problems]


def test_kinds_of_meetings_and_norms_agree():
    assert [(kind.name, kind.label) for kind in MeetingKind] == [
        (norm.kind, norm.label) for norm in NORMS.values()
    ]


def test_every_kind_of_organisation_has_a_term_or_none():
    terms = {kind.value: term_years(kind) for kind in OrganizationKind}
    assert {kind for kind, years in terms.items() if years is None} == {
        "WORK_COMMITTEE",
        "LEADING_GROUP",
        "GROUP",
        "DISCIPLINE_TEAM",
    }


def test_every_norm_is_whole():
    for kind, norm in NORMS.items():
        assert norm.kind == kind
        assert norm.expected in EXPECTED
        assert norm.label
        assert norm.source
        assert not norm.may_vote or norm.vote_rule is not None


def test_companions_name_each_other():
    for kind, norm in NORMS.items():
        for other in norm.together_with:
            assert kind in NORMS[other].together_with, (kind, other)


def test_labels_are_distinct():
    assert len({norm.label for norm in NORMS.values()}) == len(NORMS)


@pytest.mark.parametrize(
    ("kind", "expected", "rule", "quorum"),
    [
        ("GENERAL_MEETING", "members", VoteRule.GENERAL, Fraction(1, 2)),
        ("COMMITTEE_MEETING", "committee", VoteRule.COMMITTEE, Fraction(1, 2)),
        ("GROUP_MEETING", "group", None, None),
        ("DEMOCRATIC_LIFE", "leaders", VoteRule.DEMOCRATIC_LIFE, Fraction(2, 3)),
        ("LECTURE", "members", None, None),
        ("STUDY_GROUP", "leaders", None, None),
    ],
)
def test_who_is_expected_and_who_must_be_there(kind, expected, rule, quorum):
    norm = NORMS[kind]
    assert (norm.expected, norm.vote_rule, norm.quorum) == (expected, rule, quorum)


def test_one_event_of_several_kinds():
    joint = for_kinds({"LECTURE", "PARTY_DAY", "GENERAL_MEETING"})
    assert joint.kinds == ("GENERAL_MEETING", "LECTURE", "PARTY_DAY")
    assert joint.label == "党员大会、党课、主题党日"
    assert joint.expected == "members"
    assert joint.may_vote
    assert joint.asks_lecture
    assert joint.quorum == Fraction(1, 2)
    assert joint.obligations == ("CAD-01", "CAD-04", "CAD-05", "CAD-06")
    assert joint.unusual == ()
    assert "ORGANIZATION_LIFE" in joint.together_with
    assert "PARTY_DAY" not in joint.together_with


def test_the_strictest_quorum_holds():
    assert for_kinds(["LEADING_MEETING", "DEMOCRATIC_LIFE"]).vote_rule is VoteRule.DEMOCRATIC_LIFE


def test_an_unusual_pair_is_named():
    assert for_kinds(["GENERAL_MEETING", "STUDY_GROUP"]).unusual == (("GENERAL_MEETING", "STUDY_GROUP"),)


@pytest.mark.parametrize("kinds", [[], ["PICNIC"], ["LECTURE", "PICNIC"]])
def test_unknown_or_no_kinds_are_refused(kinds):
    with pytest.raises(ValueError):
        for_kinds(kinds)


@given(st.lists(st.sampled_from(sorted(NORMS)), min_size=1, max_size=5))
def test_merging_takes_the_broadest_and_the_strictest_in_any_order(kinds):
    joint = for_kinds(kinds)
    assert joint == for_kinds(reversed(kinds)) == for_kinds(kinds * 2)
    norms = [NORMS[kind] for kind in kinds]
    assert all(EXPECTED.index(joint.expected) <= EXPECTED.index(norm.expected) for norm in norms)
    assert joint.quorum == max((norm.quorum for norm in norms if norm.quorum), default=None)
    assert set(joint.kinds) == set(kinds)
    assert not set(joint.together_with) & set(kinds)


@pytest.mark.parametrize(("after", "late"), [(0, False), (7, False), (8, True), (400, True)])
def test_late_entry_begins_after_the_seventh_day(after, late):
    held_on = date(2026, 10, 28)
    assert late_entry(held_on, held_on + timedelta(days=after)) is late


def test_the_limit_of_late_entry_is_a_setting():
    assert late_entry(date(2026, 10, 1), date(2026, 10, 5), limit=3)


@pytest.mark.parametrize(("graded", "most"), [(0, 0), (2, 0), (3, 1), (16, 5), (18, 6)])
def test_at_most_a_third_are_excellent(graded, most):
    assert excellent_limit(graded) == most


@pytest.mark.parametrize(
    ("full", "members", "committee", "fields"),
    [
        (3, 3, 1, []),
        (2, 4, 1, ["full_members"]),
        (7, 50, 3, []),
        (7, 51, 3, ["members"]),
        (6, 6, 2, []),
        (6, 6, 3, ["committee_size"]),
        (7, 7, 2, ["committee_size"]),
        (7, 7, 5, []),
        (40, 40, 7, ["committee_size"]),
        (40, 40, 8, ["committee_size"]),
        (2, 60, 8, ["full_members", "members", "committee_size"]),
    ],
)
def test_make_up_of_a_branch(full, members, committee, fields):
    assert fields_of(structure_warnings("BRANCH", full, members, committee)) == fields


def test_only_more_than_seven_in_the_committee_is_an_error():
    severities = [
        structure_warnings("BRANCH", full, full, committee)[0].severity
        for full, committee in ((7, 0), (9, 6), (9, 7), (9, 8))
    ]
    assert severities == [Severity.WARNING] * 3 + [Severity.ERROR]


@pytest.mark.parametrize(("units", "fields"), [(1, ["units"]), (2, []), (5, []), (6, ["units"])])
def test_make_up_of_a_joint_branch(units, fields):
    assert fields_of(structure_warnings("JOINT_BRANCH", 5, 5, 1, units=units)) == fields


@pytest.mark.parametrize(
    ("full", "members", "has_leader", "fields"),
    [(1, 3, True, []), (1, 2, True, ["members"]), (0, 3, True, ["full_members"]), (3, 3, False, ["leader"])],
)
def test_make_up_of_a_group(full, members, has_leader, fields):
    assert fields_of(structure_warnings("GROUP", full, members, 0, has_leader=has_leader)) == fields


@pytest.mark.parametrize(
    ("kind", "full", "extra", "fields"),
    [
        ("GENERAL_BRANCH", 50, {}, []),
        ("GENERAL_BRANCH", 49, {}, ["full_members"]),
        ("GENERAL_BRANCH", 49, {"approved": True}, []),
        ("OFFICE_COMMITTEE", 100, {}, []),
        ("OFFICE_COMMITTEE", 99, {}, ["full_members"]),
        ("COMMITTEE", 30, {}, []),
        ("COMMITTEE", 30, {"in_village": True}, ["full_members"]),
        ("LEADING_GROUP", 0, {}, []),
    ],
)
def test_make_up_of_larger_organisations(kind, full, extra, fields):
    assert fields_of(structure_warnings(kind, full, full, 3, **extra)) == fields


def test_a_missing_secretary_is_said():
    assert fields_of(structure_warnings("BRANCH", 4, 4, 0, has_secretary=False)) == ["secretary"]


@pytest.mark.parametrize(
    ("kind", "setting", "years"),
    [
        ("COMMITTEE", "OFFICE", 5),
        ("OFFICE_COMMITTEE", "OFFICE", 5),
        ("GENERAL_BRANCH", "SCHOOL", 3),
        ("BRANCH", "OFFICE", 3),
        ("BRANCH", "", 3),
        ("BRANCH", "RURAL", 5),
        ("GENERAL_BRANCH", "COMMUNITY", 5),
        ("JOINT_BRANCH", "NEW_ORGANIZATION", 3),
        ("LEADING_GROUP", "OFFICE", None),
        ("WORK_COMMITTEE", "", None),
        ("GROUP", "RURAL", None),
    ],
)
def test_terms(kind, setting, years):
    assert term_years(kind, setting) == years


def test_a_term_ends_on_the_calendar_day():
    assert term_ends_on(date(2024, 2, 29), "BRANCH", "OFFICE") == date(2027, 2, 28)
    assert term_ends_on(date(2023, 5, 20), "BRANCH", "RURAL") == date(2028, 5, 20)
    assert term_ends_on(date(2023, 5, 20), "GROUP") is None


@pytest.mark.parametrize(
    ("today", "severity"),
    [
        (date(2026, 1, 30), None),
        (date(2026, 1, 31), Severity.WARNING),
        (date(2026, 7, 31), Severity.WARNING),
        (date(2026, 8, 1), Severity.WARNING),
        (date(2027, 7, 31), Severity.WARNING),
        (date(2027, 8, 1), Severity.ERROR),
    ],
)
def test_a_change_of_term_is_announced_half_a_year_ahead_and_pressed_after_a_year(today, severity):
    problem = term_problem(date(2026, 7, 31), today)
    assert (problem.severity if problem else None) == severity


def test_a_vacancy_is_pressed_after_three_months():
    assert vacancy_problem(date(2026, 1, 31), date(2026, 4, 29)) is None
    assert vacancy_problem(date(2026, 1, 31), date(2026, 4, 30)).field == "committee_size"


def test_a_secretary_usually_has_a_year_in_the_party():
    assert secretary_problem(date(2025, 3, 1), date(2026, 3, 1)) is None
    assert secretary_problem(date(2025, 3, 2), date(2026, 3, 1)).severity is Severity.WARNING
