import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.appraisals import close_appraisal_poll
from accountability.actions.paper_counts import discard_counts, enter_count
from accountability.choices import PollPurpose
from accountability.models import Ballot, PaperCount
from accountability.queries.paper_counts import Stand, count_page
from branches.choices import Post
from branches.models import Appointment
from tests.accountability.appraising import NOW, TODAY, advance, count, to_decide, to_poll
from tests.accountability.test_appraisals import refused
from tests.conftest import employ


@pytest.fixture
def programme(cast, acting):
    return to_poll(acting, cast)


def page(acting, programme, who):
    return count_page(programme.poll, acting(who), "")


def test_neither_sees_the_other_before_having_counted(cast, acting, programme):
    count(acting, programme, "li")
    found = page(acting, programme, "zhou")
    assert (found.stand, found.other) == (Stand.OPEN, None)
    assert {cell.value for line in found.lines for cell in line.cells} == {""}
    assert page(acting, programme, "li").stand == Stand.WAITING


def test_where_both_differ_is_shown_to_both_and_each_may_correct(cast, acting, programme):
    count(acting, programme, "li")
    count(acting, programme, "zhou", n3={"优秀": 4, "合格": 5})
    for who, mine, theirs in (("li", "2", 4), ("zhou", "4", 2)):
        found = page(acting, programme, who)
        assert (found.stand, found.number) == (Stand.DIFFERENT, 2)
        cell = found.lines[2].cells[0]
        assert (cell.value, cell.differs, cell.other) == (mine, True, theirs)
        assert not any(cell.differs or cell.other for cell in found.lines[0].cells)
    count(acting, programme, "zhou")
    for who in ("li", "zhou"):
        found = page(acting, programme, who)
        assert (found.stand, found.may_enter, found.other is None) == (Stand.AGREED, False, False)
    with pytest.raises(ValidationError, match="已经一致"):
        count(acting, programme, "li", excellent=3)


def test_sent_twice_it_is_one_and_nobody_counts_in_two_posts(cast, acting, programme):
    first = count(acting, programme, "li")
    assert count(acting, programme, "li") == first
    Appointment.objects.create(
        user=cast.people["li"], organization=cast.first, post=Post.BRANCH_CLERK, starts_on=TODAY
    )
    count(acting, programme, "li", excellent=3)
    assert PaperCount.objects.count() == 1
    assert page(acting, programme, "li").stand == Stand.WAITING


def test_two_count_and_a_third_only_after_both_are_struck_out(cast, acting, programme):
    cast.people["clerk"] = employ("clerk", "文书", (cast.first, Post.BRANCH_CLERK))
    count(acting, programme, "li")
    count(acting, programme, "zhou", excellent=3)
    with pytest.raises(ValidationError, match="两位同志"):
        count(acting, programme, "clerk")
    assert page(acting, programme, "clerk").stand == Stand.TAKEN
    values = {"poll": programme.poll, "category": "", "now": NOW}
    with pytest.raises(PermissionDenied):
        discard_counts(actor=acting("zhou"), reason="重数", **values)
    with pytest.raises(ValidationError) as error:
        discard_counts(actor=acting("clerk"), reason=" ", **values)
    assert refused(error, "reason")
    assert discard_counts(actor=acting("clerk"), reason="票箱重新清点", **values) == 2
    assert count(acting, programme, "clerk").author == cast.people["clerk"]


def test_counts_that_cannot_be_right_are_refused_at_their_field(cast, acting, programme):
    wrong = [
        ("issued", {"issued": 11}),
        ("returned", {"issued": 9, "returned": 10, "valid": 9}),
        ("valid", {"returned": 8, "valid": 9}),
        ("subject_2", {"n2": {"优秀": 9}}),
    ]
    for field, changes in wrong:
        with pytest.raises(ValidationError) as error:
            count(acting, programme, "li", **changes)
        assert set(error.value.message_dict) == {field}
    for counts in ({1: {"优秀": 1}}, {number: {"很好": 1} for number in range(1, 10)}):
        with pytest.raises(ValidationError, match="重新打开页面"):
            enter_count(
                actor=acting("li"), poll=programme.poll, category="", issued=9, returned=9, valid=9,
                counts=counts, now=NOW,
            )  # fmt: skip
    with pytest.raises(ValidationError, match="负数"):
        count(acting, programme, "li", n1={"优秀": -1, "合格": 2})
    with pytest.raises(ValidationError, match="没有这个参评人类别"):
        enter_count(
            actor=acting("li"), poll=programme.poll, category="群众", issued=1, returned=1, valid=1,
            counts={}, now=NOW,
        )  # fmt: skip
    assert not PaperCount.objects.exists()


def test_who_counts(cast, acting, programme):
    count(acting, programme, "zhou")  # takes part
    for who in ("wang", "zhao", "sun", "wu"):
        with pytest.raises(PermissionDenied):
            count(acting, programme, who)
    count(acting, programme, "qian")  # lives in the branch and takes part as an ordinary member
    # Papers of a committee's own polls are counted by those who hold them.
    poll = programme.poll
    poll.paper_counts.all().delete()
    poll.purpose, poll.organization = PollPurpose.REVIEW, cast.town
    poll.save()
    count(acting, programme, "zhao")
    with pytest.raises(PermissionDenied):
        count(acting, programme, "li")


def test_nothing_is_counted_once_people_decide(cast, acting):
    programme = to_decide(acting, cast)
    for act in (
        lambda: count(acting, programme, "li", excellent=5),
        lambda: discard_counts(actor=acting("li"), poll=programme.poll, category="", reason="重数", now=NOW),
    ):
        with pytest.raises(ValidationError, match="已经用于评定"):
            act()
    assert page(acting, programme, "li").may_enter is False


def test_more_ballots_than_people_stop_the_decision(cast, acting, programme):
    for who in ("li", "zhou"):
        count(acting, programme, who, issued=10, returned=10, valid=10)
    Ballot.objects.create(poll=programme.poll, answers={"1": "优秀"})
    close_appraisal_poll(actor=acting("li"), programme=programme, now=NOW)
    with pytest.raises(ValidationError, match="多于参评的10人"):
        advance(acting, programme)
