"""VOTE-01 … VOTE-07, with every case the rules name."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branches.votes import (
    EXCUSED_GROUND_LABELS,
    FIELD_LABELS,
    Ballot,
    ExcusedGround,
    Severity,
    VoteRule,
    candidates_needed,
    elect,
    entitled,
    judge,
    paper_is_valid,
)

GENERAL, ADMISSION, ELECTION = VoteRule.GENERAL, VoteRule.ADMISSION, VoteRule.ELECTION
COMMITTEE, DEMOCRATIC_LIFE = VoteRule.COMMITTEE, VoteRule.DEMOCRATIC_LIFE


def fields_of(verdict, severity=Severity.ERROR):
    return [problem.field for problem in verdict.problems if problem.severity is severity]


@pytest.mark.parametrize(
    ("rule", "entitled_count", "needed"),
    [
        (GENERAL, 16, 8),
        (GENERAL, 15, 8),
        (GENERAL, 1, 1),
        (ADMISSION, 16, 9),
        (ADMISSION, 15, 8),
        (ADMISSION, 2, 2),
        (ELECTION, 15, 12),
        (ELECTION, 16, 13),
        (ELECTION, 10, 8),
        (ELECTION, 3, 3),
        (COMMITTEE, 5, 3),
        (COMMITTEE, 4, 2),
        (DEMOCRATIC_LIFE, 9, 6),
        (DEMOCRATIC_LIFE, 10, 7),
    ],
)
def test_quorum(rule, entitled_count, needed):
    assert judge(Ballot(rule, entitled_count, needed)).quorum_needed == needed
    assert judge(Ballot(rule, entitled_count, needed)).may_sit
    short = judge(Ballot(rule, entitled_count, needed - 1))
    assert not short.may_sit
    assert fields_of(short, Severity.WARNING) == ["present"]


def test_admission_of_sixteen_sits_with_nine_and_not_with_eight():
    assert judge(Ballot(ADMISSION, 16, 9)).may_sit
    assert not judge(Ballot(ADMISSION, 16, 8)).may_sit


def test_election_of_fifteen_needs_twelve_and_seven_of_twelve_elect():
    seven = judge(Ballot(ELECTION, 15, 12, in_favour=7, against=4, abstained=1))
    assert (seven.quorum_needed, seven.majority_needed, seven.may_sit, seven.passes) == (12, 7, True, True)
    six = judge(Ballot(ELECTION, 15, 12, in_favour=6, against=4, abstained=2))
    assert six.passes is False
    assert not judge(Ballot(ELECTION, 15, 11, in_favour=11, against=0, abstained=0)).passes


def test_base_of_an_election_is_a_setting():
    ballot = Ballot(ELECTION, 15, 12, in_favour=7, against=4, abstained=1)
    assert judge(ballot, base="entitled").majority_needed == 8
    assert judge(ballot, base="entitled").passes is False
    with pytest.raises(ValueError):
        judge(ballot, base="returned")


@pytest.mark.parametrize(("in_favour", "passes"), [(9, True), (8, False)])
def test_general_vote_passes_on_more_than_half_of_those_entitled(in_favour, passes):
    verdict = judge(Ballot(GENERAL, 16, 10, in_favour=in_favour, against=0, abstained=10 - in_favour))
    assert (verdict.majority_needed, verdict.passes) == (9, passes)


def test_written_opinions_count_in_an_admission_and_nowhere_else():
    admitted = judge(Ballot(ADMISSION, 16, 9, in_favour=8, against=1, abstained=0, written_in_favour=1))
    assert (admitted.majority_needed, admitted.passes, admitted.problems) == (9, True, ())
    general = judge(Ballot(GENERAL, 16, 9, in_favour=8, against=1, abstained=0, written_in_favour=1))
    assert general.passes is False
    assert fields_of(general, Severity.WARNING) == ["written_in_favour"]


def test_written_opinions_do_not_help_the_quorum():
    verdict = judge(Ballot(ADMISSION, 16, 8, in_favour=8, against=0, abstained=0, written_in_favour=8))
    assert not verdict.may_sit
    assert verdict.passes is False


def test_written_opinions_of_more_people_than_are_absent():
    verdict = judge(Ballot(ADMISSION, 16, 15, in_favour=15, against=0, abstained=0, written_in_favour=1, written_against=1))  # fmt: skip
    assert fields_of(verdict) == ["written_in_favour"]


def test_one_person_at_a_time():
    assert fields_of(judge(Ballot(ADMISSION, 16, 9, candidates=2))) == ["candidates"]
    assert not judge(Ballot(ADMISSION, 16, 9, candidates=1)).problems


@pytest.mark.parametrize("rule", [COMMITTEE, DEMOCRATIC_LIFE])
def test_bodies_without_a_rule_of_majority_only_sit(rule):
    verdict = judge(Ballot(rule, 6, 4, in_favour=4, against=0, abstained=0))
    assert (verdict.may_sit, verdict.passes, verdict.majority_needed) == (True, None, 0)


def test_nothing_is_decided_before_votes_are_entered():
    verdict = judge(Ballot(GENERAL, 16, 10))
    assert verdict.passes is None
    assert verdict.problems == ()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"in_favour": 9, "against": 2, "abstained": 0}, "in_favour", "赞成 9 + 反对 2 + 弃权 0 = 11，与到会有表决权 12 人不符"),
        ({"in_favour": 13}, "in_favour", "赞成 13 = 13，与到会有表决权 12 人不符"),
        ({"present": 16}, "present", "到会有表决权 16 人，多于应到会有表决权 15 人"),
        ({"issued": 13}, "issued", "发出选票 13 张，多于到会有表决权 12 人"),
        ({"issued": 11, "returned": 12}, "returned", "收回选票 12 张，多于发出 11 张，选举无效"),
        ({"returned": 3, "invalid": 4}, "invalid", "无效票 4 张，多于收回选票 3 张"),
        ({"seats": 3, "candidates": 3}, "candidates", "应选 3 人，差额不少于 20%，候选人至少 4 人，现为 3 人"),
        ({"seats": 1, "candidates": 2, "differential": False}, "candidates", "等额选举应选 1 人，候选人也应为 1 人，现为 2 人"),
        ({"seats": 0}, "seats", "应选名额至少为 1"),
        ({"abstained": -1}, "abstained", "弃权票不能是负数"),
        ({"present": -1}, "present", "到会有表决权人数不能是负数"),
        ({"entitled": -4}, "entitled", "应到会有表决权人数不能是负数"),
    ],
)  # fmt: skip
def test_counts_that_cannot_be_right_name_their_field(changes, field, words):
    verdict = judge(Ballot(**{"rule": ELECTION, "entitled": 15, "present": 12, **changes}))
    assert [(each.field, each.message_zh) for each in verdict.problems if each.blocks] == [(field, words)]
    assert verdict.has_errors
    assert verdict.passes is None


def test_votes_of_an_election_are_counted_against_the_papers_returned():
    ballot = Ballot(ELECTION, 15, 12, in_favour=7, against=2, abstained=1, issued=12, returned=11, invalid=1)
    assert judge(ballot).problems == ()
    assert judge(ballot).passes


def test_everything_at_once_is_said_at_once():
    verdict = judge(Ballot(ELECTION, 15, 12, in_favour=1, against=1, abstained=1, issued=12, returned=13, seats=5, candidates=5))  # fmt: skip
    assert fields_of(verdict) == ["in_favour", "returned", "candidates"]


@pytest.mark.parametrize(("seats", "needed"), [(1, 2), (3, 4), (5, 6), (7, 9), (10, 12)])
def test_candidates_of_a_differential_election(seats, needed):
    assert candidates_needed(seats) == needed
    enough = Ballot(ELECTION, 50, 50, seats=seats, candidates=needed)
    assert judge(enough).problems == ()


def test_secretaries_are_elected_without_a_difference():
    assert judge(Ballot(ELECTION, 7, 7, seats=1, candidates=1, differential=False)).problems == ()


@pytest.mark.parametrize(("names", "valid"), [(0, True), (3, True), (4, False)])
def test_a_paper_with_more_names_than_seats_is_void(names, valid):
    assert paper_is_valid(names, 3) is valid


def test_entitled_leaves_out_those_without_a_vote():
    assert entitled(20, on_probation_within_party=1, rights_suspended=1, excused=2) == 16
    assert entitled(0) == 0
    with pytest.raises(ValueError):
        entitled(3, excused=4)
    with pytest.raises(ValueError):
        entitled(3, excused=-1)


def test_nobody_entitled_cannot_sit():
    assert not judge(Ballot(GENERAL, 0, 0)).may_sit


def test_every_rule_ground_and_field_has_a_chinese_label():
    assert len({rule.label for rule in VoteRule}) == len(VoteRule) == len(VoteRule.choices())
    assert {ground.label for ground in ExcusedGround} == set(EXCUSED_GROUND_LABELS.values())
    assert GENERAL.quorum.label == "不少于1/2"
    assert ADMISSION.quorum.label == "超过1/2"
    assert set(FIELD_LABELS) <= set(Ballot.__dataclass_fields__)


ELECTED = Ballot(ELECTION, 15, 12, issued=12, returned=12, seats=3, candidates=4)


def test_the_most_votes_win_among_those_with_a_majority():
    result = elect(ELECTED, {"甲": 11, "乙": 9, "丙": 8, "丁": 7})
    assert (result.elected, result.tied, result.majority_needed) == (("甲", "乙", "丙"), (), 7)


def test_a_seat_stays_empty_without_a_majority():
    assert elect(ELECTED, {"甲": 11, "乙": 9, "丙": 6, "丁": 5}).elected == ("甲", "乙")


def test_equal_votes_at_the_edge_need_another_round():
    result = elect(ELECTED, {"甲": 11, "乙": 9, "丙": 8, "丁": 8})
    assert (result.elected, result.tied) == (("甲", "乙"), ("丙", "丁"))


def test_nobody_is_elected_on_impossible_counts():
    assert elect(ELECTED, {"甲": 13}).elected == ()
    assert elect(ELECTED, {"甲": 12, "乙": 12, "丙": 12, "丁": 12}).problems[0].field == "votes"
    absent = elect(Ballot(ELECTION, 15, 11, seats=1, candidates=2), {"甲": 11})
    assert absent.elected == ()


counts = st.integers(0, 60)


@given(st.sampled_from(VoteRule), counts, counts)
def test_quorum_agrees_with_the_fraction_itself(rule, entitled_count, present):
    verdict = judge(Ballot(rule, entitled_count, present))
    if not 0 < present <= entitled_count:
        assert not verdict.may_sit
        return
    share = Fraction(present, entitled_count)
    quorum = {
        GENERAL: share >= Fraction(1, 2),
        ADMISSION: share > Fraction(1, 2),
        ELECTION: share >= Fraction(4, 5),
        COMMITTEE: share >= Fraction(1, 2),
        DEMOCRATIC_LIFE: share >= Fraction(2, 3),
    }
    assert verdict.may_sit == quorum[rule]


@given(st.sampled_from([GENERAL, ADMISSION, ELECTION]), counts, counts, counts, counts)
def test_majority_agrees_with_the_fraction_itself(rule, entitled_count, in_favour, against, abstained):
    present = in_favour + against + abstained
    verdict = judge(Ballot(rule, entitled_count, present, in_favour, against, abstained))
    if present > entitled_count:
        assert verdict.passes is None
        return
    base = present if rule is ELECTION else entitled_count
    assert verdict.passes == (verdict.may_sit and 2 * in_favour > base)
    assert bool(verdict.passes) <= (in_favour >= verdict.majority_needed)


@given(
    st.builds(
        Ballot, st.sampled_from(VoteRule), *[st.integers(-3, 40)] * 2, *[st.none() | st.integers(-3, 40)] * 3
    )
)
def test_errors_leave_nothing_decided_and_every_problem_speaks_chinese(ballot):
    verdict = judge(ballot)
    if verdict.has_errors:
        assert verdict.passes is None
    for problem in verdict.problems:
        assert problem.field in FIELD_LABELS
        assert any("\u4e00" <= char <= "\u9fff" for char in problem.message_zh)
