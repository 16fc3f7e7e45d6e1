"""Two people at one case in the same moment, with real threads on PostgreSQL."""

import pytest

from accountability.actions.cases import CaseMoved, decide_case, drop_case, open_case
from accountability.choices import CaseState
from accountability.models import AccountabilityCase
from branches.choices import Post
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.test_cases import UNIT, proposed
from tests.accountability.test_records_at_once import at_once
from tests.conftest import employ

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_of_two_who_decide_one_is_told(cast, acting):
    cast.people["ning"] = employ("ning", "宁纪", (cast.county, Post.DISCIPLINE_OFFICER))
    case = proposed(acting, cast.town)
    qian, ning = acting("qian"), acting("ning")
    common = {"case": case, "version": case.version, "now": NOW}
    answers = at_once(
        lambda: decide_case(actor=qian, decided_on=TODAY, **common),
        lambda: drop_case(actor=ning, reason="情节轻微。", **common),
    )
    assert sum(isinstance(each, CaseMoved) for each in answers) == 1, answers
    case.refresh_from_db()
    assert case.state in (CaseState.DECIDED, CaseState.DROPPED)
    assert case.history.count() == 3


def test_a_double_click_drafts_one_case(cast, acting):
    sun = acting("sun")
    at_once(
        *[lambda: open_case(actor=sun, organization=cast.town, draft=UNIT, now=NOW) for _press in range(2)]
    )
    assert AccountabilityCase.objects.count() == 1
