from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accountability.actions.dispositions import may_take, open_case, stop_case, take_step
from accountability.choices import DispositionState
from accountability.models import DispositionCase
from accountability.queries.dispositions import (
    case_detail,
    case_page,
    next_step_of,
    terms_ending,
    visible_cases,
)
from branches.choices import MeetingKind, MeetingStatus, Post, Standing
from branches.models import AuditEntry, Member, Vote
from tests.accountability.appraising import NOW, TODAY, appoint, appraisal_of, decide, tell, to_tell
from tests.accountability.test_appraisals import refused
from tests.meetings import record

#: Whoever takes each step in these tests.
TAKERS = {"PREEXAMINE": "zhao", "APPROVE": "zhao"}


def opened(acting, cast, name="陈强", kind="IMPROVE", who="li", **changes):
    values = {"grounds": "连续半年不参加组织生活。", "organization": cast.first} | changes
    return open_case(actor=acting(who), member=Member.objects.get(name=name), kind=kind, now=NOW, **values)


def voted(cast, *, entitled=9, present=7, in_favour=6, day=TODAY, status=MeetingStatus.CONFIRMED, **changes):
    meeting = record(cast, kinds=int(MeetingKind.GENERAL_MEETING), day=day, status=status, **changes)
    return Vote.objects.create(
        meeting=meeting,
        number=1,
        subject="对陈强的处置",
        rule="GENERAL",
        entitled=entitled,
        present=present,
        in_favour=in_favour,
        against=present - in_favour,
    )


def take(acting, case, kind, who=None, **changes):
    values = {"on": TODAY, "passed": True, "words": "情况", "now": NOW} | changes
    return take_step(actor=acting(who or TAKERS.get(kind, "li")), case=case, kind=kind, **values)


def until(acting, cast, case, kind):
    """Take the steps that come before `kind`."""
    while (step := next_step_of(case)) not in (kind, None):
        more = {"vote": voted(cast), "on": None} if step == "ASSEMBLY" else {}
        if step == "ANNOUNCE" and case.kind == "IMPROVE":
            more["improve_until"] = date(2027, 5, 20)
        take(acting, case, step, **more)
        case.refresh_from_db()
    return case


def test_a_case_goes_through_its_steps_in_order(cast, acting):
    case = opened(acting, cast)
    with pytest.raises(ValidationError, match="现在应办的是“核实”"):
        take(acting, case, "COMMITTEE")
    until(acting, cast, case, "FOLLOW")
    assert (case.state, case.improve_until) == (DispositionState.RUNNING, date(2027, 5, 20))
    assert [line.label for line in case_detail(case).ahead] == ["转化考察"]
    take(acting, case, "FOLLOW")
    case.refresh_from_db()
    assert case.state == DispositionState.CLOSED
    assert [step.kind for step in case.steps.all()] == [
        "VERIFY", "COMMITTEE", "PREEXAMINE", "ASSEMBLY", "APPROVE", "ANNOUNCE", "FOLLOW",
    ]  # fmt: skip
    with pytest.raises(ValidationError, match="已经办结"):
        take(acting, case, "FOLLOW")
    # The trail tells what happened, not to whom or why.
    for entry in AuditEntry.objects.filter(event__contains="处置"):
        assert "陈强" not in entry.summary
        assert "组织生活" not in entry.summary


def test_a_branch_without_a_committee_has_no_such_step(cast, acting):
    cast.first.has_committee = False
    cast.first.save()
    case = opened(acting, cast, kind="REMOVE")
    until(acting, cast, case, None)
    assert "COMMITTEE" not in [step.kind for step in case.steps.all()]
    assert case.state == DispositionState.CLOSED


def test_an_end_changes_nobodys_standing(cast, acting):
    case = until(acting, cast, opened(acting, cast, kind="REMOVE"), None)
    assert case_detail(case).is_removal
    assert case.member.standing == Standing.NORMAL
    assert case.member.memberships.get().ends_on is None


def test_only_the_committee_above_examines_and_approves(cast, acting):
    case = until(acting, cast, opened(acting, cast), "PREEXAMINE")
    for who in ("li", "wang", "sun", "zhou", "wu"):
        assert not may_take(acting(who), case, "PREEXAMINE")
        with pytest.raises(PermissionDenied):
            take(acting, case, "PREEXAMINE", who=who)
    assert may_take(acting("qian"), case, "PREEXAMINE")  # the county may too
    take(acting, case, "PREEXAMINE")
    for who in ("zhao", "zhou"):  # the 支部大会 is the branch's own
        with pytest.raises(PermissionDenied):
            take(acting, case, "ASSEMBLY", who=who, vote=voted(cast))


def test_nobody_handles_their_own_case(cast, acting):
    appoint(cast, "zhou", cast.first, Post.DEPUTY_SECRETARY)
    own = type(acting("zhou"))(
        cast.people["zhou"], cast.people["zhou"].appointments.get(post=Post.DEPUTY_SECRETARY), TODAY
    )
    case = opened(acting, cast, "周兰")
    assert not may_take(own, case, "VERIFY")
    for act in (
        lambda: take_step(actor=own, case=case, kind="VERIFY", on=TODAY, passed=True, words="x", now=NOW),
        lambda: stop_case(actor=own, case=case, words="x", now=NOW),
        lambda: open_case(
            actor=own, organization=cast.first, member=own.user.member, kind="IMPROVE", grounds="x", now=NOW
        ),
    ):
        with pytest.raises(PermissionDenied, match="本人"):
            act()


@pytest.mark.parametrize(
    ("entitled", "present", "in_favour", "passed", "field"),
    [
        (9, 5, 5, True, None),
        (9, 4, 4, True, "vote"),  # not more than half are there
        (8, 4, 4, True, "vote"),  # exactly half may not sit
        (8, 8, 4, True, "passed"),  # exactly half loses
        (8, 8, 5, False, "passed"),  # what was carried is not called refused
        (8, 8, 4, False, None),
    ],
)
def test_the_assembly_is_what_it_voted(cast, acting, entitled, present, in_favour, passed, field):
    case = until(acting, cast, opened(acting, cast), "ASSEMBLY")
    vote = voted(cast, entitled=entitled, present=present, in_favour=in_favour)
    if field:
        with pytest.raises(ValidationError) as error:
            take(acting, case, "ASSEMBLY", vote=vote, passed=passed)
        assert set(error.value.message_dict) == {field}
        return
    step = take(acting, case, "ASSEMBLY", vote=vote, passed=passed, on=None)
    assert (step.on, step.meeting) == (vote.meeting.held_on, vote.meeting)
    assert step.ballot["in_favour"] == in_favour
    assert next_step_of(case) == ("APPROVE" if passed else "VERIFY")


def test_the_committee_names_its_meeting_at_its_own_steps(cast, acting):
    case = until(acting, cast, opened(acting, cast), "PREEXAMINE")
    held = {"kinds": int(MeetingKind.LEADING_MEETING), "day": TODAY, "status": MeetingStatus.CONFIRMED}
    for wrong in (
        record(cast, **held),
        record(cast, organization=cast.town, **held | {"status": MeetingStatus.SUBMITTED}),
        record(cast, organization=cast.town, **held | {"kinds": int(MeetingKind.STUDY_GROUP)}),
    ):
        with pytest.raises(ValidationError) as error:
            take(acting, case, "PREEXAMINE", meeting=wrong)
        assert "党委（党组）会" in refused(error, "meeting")
    meeting = record(cast, organization=cast.town, title="镇党委会", **held)
    assert take(acting, case, "PREEXAMINE", meeting=meeting).meeting == meeting
    address = reverse("disposition-detail", args=[case.pk])
    link = f'href="{reverse("meeting-detail", args=[meeting.pk])}"'
    for who, is_link in (("zhao", True), ("li", False)):
        page = cast.client(who).get(address).content.decode()
        assert "镇党委会" in page
        assert (link in page) == is_link


def test_which_meetings_count(cast, acting):
    case = until(acting, cast, opened(acting, cast), "COMMITTEE")
    with pytest.raises(ValidationError) as error:
        take(acting, case, "COMMITTEE", meeting=record(cast, status=MeetingStatus.CONFIRMED, day=TODAY))
    assert refused(error, "meeting")
    held = {"kinds": int(MeetingKind.COMMITTEE_MEETING), "day": TODAY}
    with pytest.raises(ValidationError) as error:
        take(acting, case, "COMMITTEE", meeting=record(cast, **held))
    assert refused(error, "meeting")
    take(acting, case, "COMMITTEE", meeting=record(cast, status=MeetingStatus.CONFIRMED, **held))
    take(acting, case, "PREEXAMINE")
    for vote in (
        None,
        voted(cast, status=MeetingStatus.SUBMITTED),
        voted(cast, organization=cast.second),
        voted(cast, day=TODAY - timedelta(days=1)),  # before it was opened
    ):
        with pytest.raises(ValidationError) as error:
            take(acting, case, "ASSEMBLY", vote=vote)
        assert refused(error, "vote")


def test_days_come_in_order(cast, acting):
    case = opened(acting, cast)
    for on, words in (
        (TODAY - timedelta(days=1), "启动日期"),
        (TODAY + timedelta(days=1), "晚于今天"),
        (None, "请填写日期"),
    ):
        with pytest.raises(ValidationError) as error:
            take(acting, case, "VERIFY", on=on)
        assert words in refused(error, "on")
    take(acting, case, "VERIFY")
    DispositionCase.objects.filter(pk=case.pk).update(opened_on=date(2026, 11, 1))
    case.refresh_from_db()
    with pytest.raises(ValidationError) as error:
        take(acting, case, "COMMITTEE", on=date(2026, 11, 10))
    assert "上一步的日期2026-11-20" in refused(error, "on")
    with pytest.raises(ValidationError) as error:
        take(acting, case, "COMMITTEE", words=" ")
    assert refused(error, "words")


@pytest.mark.parametrize(
    ("until_day", "words"),
    [
        (None, "请填写"),
        (TODAY, "晚于宣布日期"),
        (date(2027, 11, 21), "2027-11-20"),
        (date(2027, 11, 20), None),
    ],
)
def test_a_term_is_a_year_at_most(cast, acting, until_day, words):
    case = until(acting, cast, opened(acting, cast), "ANNOUNCE")
    if words:
        with pytest.raises(ValidationError) as error:
            take(acting, case, "ANNOUNCE", improve_until=until_day)
        assert words in refused(error, "improve_until")
    else:
        take(acting, case, "ANNOUNCE", improve_until=until_day)
        assert not terms_ending(cast.first, TODAY)
        assert terms_ending(cast.first, date(2027, 10, 21)) == [case]


def test_what_is_not_agreed_to_goes_back_or_ends(cast, acting):
    case = until(acting, cast, opened(acting, cast), "PREEXAMINE")
    take(acting, case, "PREEXAMINE", passed=False, words="事实不清")
    case.refresh_from_db()
    assert (next_step_of(case), case.state) == ("VERIFY", DispositionState.RUNNING)
    take(acting, case, "VERIFY", passed=False, stops=True, words="查无实据")
    case.refresh_from_db()
    assert case.state == DispositionState.STOPPED
    assert opened(acting, cast).state == DispositionState.RUNNING  # on new grounds


def test_who_did_not_improve_is_left_to_people(cast, acting):
    case = until(acting, cast, opened(acting, cast), "FOLLOW")
    take(acting, case, "FOLLOW", passed=False, stops=True)
    case.refresh_from_db()
    assert (case.state, case_detail(case).has_failed) == (DispositionState.CLOSED, True)
    assert DispositionCase.objects.count() == 1


def test_a_branch_may_stop_until_the_committee_has_approved(cast, acting):
    case = opened(acting, cast)
    with pytest.raises(ValidationError) as error:
        stop_case(actor=acting("li"), case=case, words=" ", now=NOW)
    assert refused(error, "words")
    until(acting, cast, case, "ANNOUNCE")
    with pytest.raises(ValidationError, match="已经审批"):
        stop_case(actor=acting("li"), case=case, words="改主意", now=NOW)
    other = opened(acting, cast, "何静")
    stop_case(actor=acting("li"), case=other, words="已转出", now=NOW)
    assert case_detail(DispositionCase.objects.get(pk=other.pk)).closing_words == "终止：已转出"


def test_how_a_case_is_opened(cast, acting):
    programme = to_tell(acting, cast)
    decide(acting, programme, {"陈强": "UNQUALIFIED"}, opinion="长期不参加组织生活")
    bad, good = appraisal_of(cast, "陈强"), appraisal_of(cast, "何静")
    tell(acting, programme)
    with pytest.raises(ValidationError) as error:
        opened(acting, cast, "何静", appraisal=good)
    assert refused(error, "member")
    with pytest.raises(ValidationError) as error:
        opened(acting, cast, "金涛")  # of the second branch
    assert refused(error, "member")
    with pytest.raises(ValidationError) as error:
        opened(acting, cast, grounds=" ")
    assert refused(error, "grounds")
    for who in ("wang", "zhao", "zhou", "sun"):
        with pytest.raises(PermissionDenied):
            opened(acting, cast, who=who)
    assert opened(acting, cast, appraisal=bad).appraisal == bad
    with pytest.raises(ValidationError, match="已有一件"):
        opened(acting, cast)


def test_who_knows_of_it(cast, acting):
    case = opened(acting, cast, "周兰")
    for who, sees in {
        "li": True, "zhou": True, "zhao": True, "qian": True,
        "wang": False, "sun": False, "wu": False, "zheng": False, "nobody": False,
    }.items():  # fmt: skip
        assert visible_cases(acting(who)).filter(pk=case.pk).exists() is sees, who
    other = opened(acting, cast, "陈强")
    assert not visible_cases(acting("zhou")).filter(pk=other.pk).exists()
    page = case_page(cast.town, acting("zhao"), "", "")
    assert [(line.case, line.waits_for) for line in page.lines] == [(other, "核实"), (case, "核实")]
    assert not case_page(cast.first, acting("zhou"), "", "").lines
