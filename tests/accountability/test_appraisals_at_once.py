"""Several people at the same appraisal in the same moment, with real threads on PostgreSQL."""

import pytest
from django.core.exceptions import ValidationError

from accountability.actions.appraisals import cancel_programme
from accountability.actions.dispositions import open_case
from accountability.actions.polls import cast_ballot
from accountability.models import AppraisalProgramme, Ballot, DispositionCase, PaperCount
from accountability.queries.polls import poll_results
from tests.accountability.appraising import NOW, appraisal_of, count, decide, start, to_decide, to_poll
from tests.accountability.test_records_at_once import at_once
from tests.conftest import employ

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def refused(answers):
    return [each for each in answers if isinstance(each, ValidationError)]


def test_two_presses_start_one_programme(cast, acting):
    answers = at_once(*[lambda: start(acting, cast)] * 4)
    assert len(refused(answers)) == 3
    assert AppraisalProgramme.objects.count() == 1


def test_two_count_in_the_same_moment_and_a_third_is_told(cast, acting):
    programme = to_poll(acting, cast)
    cast.people["clerk"] = employ("clerk", "文书", (cast.first, "BRANCH_CLERK"))
    answers = at_once(
        *[lambda who=who: count(acting, programme, who) for who in ("li", "zhou", "clerk", "li", "zhou")]
    )
    assert {str(each.messages[0])[:8] for each in refused(answers)} == {"这一类票已由两位"}
    assert not [each for each in answers if isinstance(each, Exception) and each not in refused(answers)]
    assert PaperCount.objects.count() == 2
    assert poll_results(programme.poll).disputed == []


def test_of_two_who_decide_one_is_told(cast, acting):
    programme = to_decide(acting, cast)
    cast.people["clerk"] = employ("clerk", "文书", (cast.first, "BRANCH_CLERK"))
    answers = at_once(
        *[
            lambda who=who, grade=grade: decide(acting, programme, {"周兰": grade}, who=who, opinion=grade)
            for who, grade in (("li", "EXCELLENT"), ("clerk", "QUALIFIED"))
        ]
    )
    # Either both read before the other wrote, and one is told, or one read what the other had written.
    assert len(refused(answers)) == 1 or appraisal_of(cast, "周兰").version == 3


def test_two_presses_open_one_case(cast, acting):
    member = cast.people["zhou"].member
    answers = at_once(
        *[
            lambda: open_case(
                actor=acting("li"),
                organization=cast.first,
                member=member,
                kind="IMPROVE",
                grounds="事由",
                now=NOW,
            )
        ]
        * 3
    )
    assert len(refused(answers)) == 2
    assert DispositionCase.objects.count() == 1


def test_a_vote_and_a_cancellation_in_the_same_moment_never_both_count(cast, acting):
    programme = to_poll(acting, cast)
    answers = at_once(
        lambda: cancel_programme(actor=acting("li"), programme=programme, reason="年度选错", now=NOW),
        lambda: cast_ballot(
            poll=programme.poll,
            user=cast.people["zhou"],
            answers=dict.fromkeys(range(1, 10), "合格"),
            now=NOW,
        ),
    )
    assert len(refused(answers)) == 1
    programme.refresh_from_db()
    assert bool(programme.cancelled_at) != Ballot.objects.exists()
