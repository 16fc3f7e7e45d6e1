from dataclasses import replace
from datetime import date, datetime

import pytest

from branches.votes import Ballot, VoteRule, judge
from branches.xray import Facts, VoteFacts, Weight, examine, is_closed

FINE = Facts(
    today=date(2026, 11, 16),
    now=datetime(2026, 11, 16, 10),
    held_on=date(2026, 11, 12),
    started_at=datetime(2026, 11, 12, 14),
    ended_at=datetime(2026, 11, 12, 15, 30),
    expected_from="members",
    expected=16,
    present=15,
    entitled=15,
    entitled_present=14,
    vote_rule=VoteRule.GENERAL,
    founded_on=date(2001, 7, 1),
)


def found(**changes):
    return {finding.code: finding.weight for finding in examine(replace(FINE, **changes))}


def test_a_good_record_has_no_findings():
    assert examine(FINE) == []


@pytest.mark.parametrize(
    ("code", "weight", "changes"),
    [
        ("ends-before-start", Weight.ERROR, {"ended_at": datetime(2026, 11, 12, 13)}),
        ("ends-before-start", Weight.ERROR, {"ended_at": datetime(2026, 11, 12, 14)}),
        ("too-long", Weight.WARNING, {"ended_at": datetime(2026, 11, 12, 22, 1)}),
        ("in-the-future", Weight.ERROR, {"now": datetime(2026, 11, 12, 13, 59)}),
        ("not-over", Weight.WARNING, {"now": datetime(2026, 11, 12, 15)}),
        ("before-founding", Weight.ERROR, {"founded_on": date(2026, 11, 13)}),
        ("after-dissolution", Weight.ERROR, {"dissolved_on": date(2026, 11, 12)}),
        ("month-closed", Weight.WARNING, {"today": date(2026, 12, 10)}),
        ("late-entry", Weight.HINT, {"today": date(2026, 11, 20)}),
        ("duplicate", Weight.WARNING, {"duplicates": ("上午的党员大会",)}),
        ("empty-roster", Weight.ERROR, {"expected": 0, "present": 0}),
        ("nobody", Weight.ERROR, {"expected_from": "invited", "expected": 0, "present": 0}),
        ("nobody", Weight.ERROR, {"present": 0}),
        ("quorum", Weight.WARNING, {"entitled_present": 7}),
        ("chair-absent", Weight.ERROR, {"chair_absent": True}),
        ("recorder-absent", Weight.WARNING, {"recorder_absent": True}),
        ("unlinked", Weight.HINT, {"unlinked": ("赵勇",)}),
        ("no-owner", Weight.HINT, {"resolutions_without_owner": 2}),
        ("unusual", Weight.HINT, {"unusual": (("党员大会", "支委会"),)}),
    ],
)
def test_what_is_found(code, weight, changes):
    assert found(**changes).get(code) is weight


def test_the_edges_that_are_still_right():
    assert "too-long" not in found(ended_at=datetime(2026, 11, 12, 22))
    assert "late-entry" not in found(today=date(2026, 11, 19))
    assert "quorum" not in found(entitled_present=8)
    assert "before-founding" not in found(founded_on=date(2026, 11, 12))
    assert found(today=date(2026, 12, 9), now=datetime(2026, 12, 9)) == {"late-entry": Weight.HINT}


def test_a_committee_counts_who_is_expected():
    assert found(vote_rule=VoteRule.DEMOCRATIC_LIFE, expected=9, present=5)["quorum"] is Weight.WARNING
    assert "quorum" not in found(vote_rule=VoteRule.DEMOCRATIC_LIFE, expected=9, present=6)


def test_votes_that_do_not_add_up_block_and_a_short_house_warns():
    def vote(**counts):
        ballot = Ballot(VoteRule.ADMISSION, entitled=16, present=9, **counts)
        return found(votes=(VoteFacts("接收严新", 0, 16, 16, judge(ballot)),))

    assert vote(in_favour=9, against=0, abstained=0) == {}
    assert vote(in_favour=9, against=1, abstained=0) == {"vote": Weight.ERROR}
    short = judge(Ballot(VoteRule.ADMISSION, entitled=16, present=8, in_favour=8, against=0, abstained=0))
    assert found(votes=(VoteFacts("接收严新", 0, 16, 16, short),)) == {"vote": Weight.WARNING}


def test_entitled_is_held_against_the_roster():
    verdict = judge(Ballot(VoteRule.GENERAL, entitled=16, present=16, in_favour=16, against=0, abstained=0))
    assert found(votes=(VoteFacts("决议", 0, 16, 15, verdict),))["vote-entitled"] is Weight.ERROR
    assert found(votes=(VoteFacts("决议", 0, 16, 17, verdict),))["vote-excused"] is Weight.HINT


def test_errors_come_first_and_every_finding_has_a_place():
    findings = examine(replace(FINE, chair_absent=True, resolutions_without_owner=1, recorder_absent=True))
    assert [finding.weight for finding in findings] == [Weight.ERROR, Weight.WARNING, Weight.HINT]
    assert all(finding.anchor and finding.message for finding in findings)


def test_a_month_closes_on_the_tenth_of_the_next():
    assert not is_closed(date(2026, 12, 31), date(2027, 1, 9))
    assert is_closed(date(2026, 12, 31), date(2027, 1, 10))
