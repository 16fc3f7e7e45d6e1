"""反馈 → 异议 → 答复 → 公布: nothing is published while an objection waits, and nothing changes afterwards."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accountability.actions.evaluating import ask_evaluation, run_evaluation
from accountability.actions.objections import agree_with_result, answer_objection, raise_objection
from accountability.actions.publication import publish_round, reopen_round, show_results, usual_deadline
from accountability.choices import EntryOrigin, NoticeKind, ObjectionState, RoundState
from accountability.evaluation_access import lock_round
from accountability.models import Evaluation, EvaluationEntry, Notice, Objection
from branches.access import Actor
from branches.actions.reshaping import move_organization
from branches.choices import Level, OrganizationKind, Post
from branches.models import Appointment, AuditEntry, User
from tests.accountability.evaluating import NOW, TODAY, make_round, make_scheme, said
from tests.conftest import employ, plant

AFTER = date(2026, 11, 28)


@pytest.fixture
def round(cast):
    """Of the town over its two branches, computed."""
    scheme = make_scheme(cast.town)
    return make_round(
        cast.town, cast.people["zhao"], scheme, {cast.first: said(4, "55"), cast.second: said(3, "40")}
    )


@pytest.fixture
def shown(acting, round):
    return show_results(actor=acting("zhao"), round=round, now=NOW)


def of(round, unit):
    return round.evaluations.get(organization=unit)


def test_units_have_at_least_three_days_and_are_told(cast, acting, round):
    with pytest.raises(ValidationError, match="至少3天"):
        show_results(actor=acting("zhao"), round=round, objections_until=TODAY + timedelta(days=2), now=NOW)
    with pytest.raises(PermissionDenied):
        show_results(actor=acting("li"), round=round, now=NOW)
    shown = show_results(actor=acting("zhao"), round=round, now=NOW)
    assert (shown.state, shown.objections_until) == (RoundState.SHOWN, date(2026, 11, 27))
    told = Notice.objects.get(user=cast.people["li"])
    assert told.kind == NoticeKind.RESULT
    assert "2026年11月27日前写明理由" in told.body
    assert Notice.objects.filter(kind=NoticeKind.RESULT).count() == 2
    with pytest.raises(ValidationError, match="已经反馈"):
        show_results(actor=acting("zhao"), round=round, now=NOW)
    assert usual_deadline(date(2026, 9, 30)) == date(2026, 10, 13)


def test_what_is_out_of_date_is_not_shown(acting, round):
    Evaluation.objects.filter(round=round).update(changed_at=NOW + timedelta(minutes=1))
    with pytest.raises(ValidationError, match="2个结果还没有计算"):
        show_results(actor=acting("zhao"), round=round, now=NOW)


def test_an_open_dispute_keeps_the_result_from_being_shown(cast, acting, round):
    evaluation = of(round, cast.first)
    entry = EvaluationEntry.objects.create(
        evaluation=evaluation, item="meetings", origin=EntryOrigin.SYSTEM, count=4, created_at=NOW
    )
    Objection.objects.create(
        evaluation=evaluation,
        organization=cast.first,
        item="meetings",
        entry=entry,
        reason="少算了一次",
        author=cast.people["li"],
        raised_at=NOW,
    )
    with pytest.raises(ValidationError, match="1条数据异议还没有答复"):
        show_results(actor=acting("zhao"), round=round, now=NOW)


def test_nothing_is_published_before_the_day_unless_all_agree(cast, acting, shown):
    with pytest.raises(ValidationError, match="现已确认0个"):
        publish_round(actor=acting("zhao"), round=shown, now=NOW)
    for who, unit in (("li", cast.first), ("wang", cast.second)):
        agree_with_result(actor=acting(who), evaluation=of(shown, unit), now=NOW)
        agree_with_result(actor=acting(who), evaluation=of(shown, unit), now=NOW)
    assert AuditEntry.objects.filter(event="确认考核结果无异议").count() == 2
    assert not Notice.objects.filter(kind=NoticeKind.RESULT, ended_at=None).exists()
    published = publish_round(actor=acting("zhao"), round=shown, now=NOW)
    assert published.state == RoundState.PUBLISHED
    for write in (
        lambda: lock_round(shown.pk, RoundState.COLLECTING, RoundState.SHOWN),
        lambda: reopen_round(actor=acting("zhao"), round=shown, reason="改", now=NOW),
        lambda: raise_objection(actor=acting("li"), evaluation=of(shown, cast.first), reason="不对", now=NOW),
    ):
        with pytest.raises(ValidationError, match="已经公布，不能再改"):
            write()


def test_after_the_day_silence_is_enough(acting, shown):
    with pytest.raises(ValidationError):
        publish_round(actor=acting("zhao", date(2026, 11, 27)), round=shown, now=NOW)
    assert publish_round(actor=acting("zhao", AFTER), round=shown, now=NOW).published_at == NOW


def test_an_objection_is_answered_before_anything_is_published(cast, acting, shown):
    evaluation = of(shown, cast.first)
    agree_with_result(actor=acting("li"), evaluation=evaluation, now=NOW)
    with pytest.raises(ValidationError, match="请写明理由"):
        raise_objection(actor=acting("li"), evaluation=evaluation, item="meetings", reason=" ", now=NOW)
    with pytest.raises(ValidationError, match="没有这个评价项"):
        raise_objection(actor=acting("li"), evaluation=evaluation, item="other", reason="不对", now=NOW)
    made = raise_objection(
        actor=acting("li"), evaluation=evaluation, item="meetings", reason="三月开过", now=NOW
    )
    evaluation.refresh_from_db()
    assert evaluation.agreed_at is None
    with pytest.raises(ValidationError, match="已有一条未答复"):
        raise_objection(
            actor=acting("li"), evaluation=evaluation, item="meetings", reason="再说一遍", now=NOW
        )
    with pytest.raises(ValidationError, match="还有未答复的异议"):
        agree_with_result(actor=acting("li"), evaluation=evaluation, now=NOW)
    with pytest.raises(ValidationError, match="1条异议还没有答复"):
        publish_round(actor=acting("zhao", AFTER), round=shown, now=NOW)
    with pytest.raises(ValidationError, match="请写明答复"):
        answer_objection(actor=acting("zhao"), objection=made, uphold=False, answer="", now=NOW)
    with pytest.raises(PermissionDenied):
        answer_objection(actor=acting("li"), objection=made, uphold=True, answer="同意", now=NOW)
    answer_objection(actor=acting("zhao"), objection=made, uphold=False, answer="三月没有记录", now=NOW)
    with pytest.raises(ValidationError, match="已由赵勇答复"):
        answer_objection(actor=acting("qian"), objection=made, uphold=True, answer="同意", now=NOW)
    assert publish_round(actor=acting("zhao", AFTER), round=shown, now=NOW).published_at


def test_what_was_upheld_is_corrected_and_shown_again(cast, acting, shown):
    evaluation = of(shown, cast.second)
    made = raise_objection(
        actor=acting("wang"), evaluation=evaluation, item="meetings", reason="十月开过", now=NOW
    )
    answer_objection(actor=acting("zhao"), objection=made, uphold=True, answer="补计一次", now=NOW)
    made.refresh_from_db()
    assert made.state == ObjectionState.UPHELD
    with pytest.raises(ValidationError, match="还没有落实到结果里"):
        publish_round(actor=acting("zhao", AFTER), round=shown, now=NOW)
    agree_with_result(actor=acting("li"), evaluation=of(shown, cast.first), now=NOW)
    with pytest.raises(ValidationError, match="原因"):
        reopen_round(actor=acting("zhao"), round=shown, reason="", now=NOW)
    reopened = reopen_round(actor=acting("zhao"), round=shown, reason="第二支部补计", now=NOW)
    assert reopened.state == RoundState.COLLECTING
    assert not reopened.evaluations.filter(agreed_at__isnull=False).exists()
    later = NOW + timedelta(hours=1)
    with time_machine.travel(later, tick=False):
        evaluation.entries.filter(item="meetings").update(count=4)
        Evaluation.objects.filter(pk=evaluation.pk).update(changed_at=later - timedelta(minutes=1))
        with pytest.raises(ValidationError, match="1个结果还没有计算"):
            show_results(actor=acting("zhao"), round=shown, now=later)
        ask_evaluation(actor=acting("zhao"), round=shown, now=later)
        run_evaluation(pk=shown.pk, now=later)
    again = show_results(actor=acting("zhao"), round=shown, now=later)
    assert of(again, cast.second).total == 80
    assert Notice.objects.filter(kind=NoticeKind.RESULT, ended_at=None).count() == 2
    assert publish_round(actor=acting("zhao", AFTER), round=again, now=later).published_at == later


def test_who_may_object_and_until_when(cast, acting, shown):
    evaluation = of(shown, cast.first)
    for who in ("zhao", "qian", "zhou"):
        with pytest.raises(PermissionDenied):
            raise_objection(actor=acting(who), evaluation=evaluation, reason="不对", now=NOW)
    with pytest.raises(ValidationError, match="已于2026-11-27截止"):
        raise_objection(actor=acting("li", AFTER), evaluation=evaluation, reason="不对", now=NOW)
    with pytest.raises(ValidationError, match="截止"):
        agree_with_result(actor=acting("li", AFTER), evaluation=evaluation, now=NOW)


def test_a_unit_that_moves_away_stays_in_the_hands_of_the_committee_until_all_is_published(
    cast, acting, shown
):
    other = plant("010102", "云溪镇党委", OrganizationKind.COMMITTEE, Level.PRIMARY, cast.county)
    employ("tang", "唐云", (other, Post.ORGANIZATION_OFFICER))
    cast.people["tang"] = User.objects.get(username="tang")
    move_organization(
        actor=acting("wu"), organization=cast.first, new_parent=other,
        effective_on=TODAY, reason="区划调整", now=NOW,
    )  # fmt: skip
    evaluation = Evaluation.objects.select_related("round", "organization").get(
        round=shown, organization=cast.first
    )
    made = raise_objection(actor=acting("li"), evaluation=evaluation, reason="三月开过", now=NOW)
    for address in (
        reverse("evaluation-detail", args=[evaluation.pk]),
        reverse("objection-detail", args=[made.pk]),
    ):
        assert cast.client("zhao").get(address).status_code == 200
        assert cast.client("wang").get(address).status_code == 404
    assert cast.client("tang").get(reverse("round-detail", args=[shown.pk])).status_code == 404
    sent = {"answer": "三月没有记录", "reject": "1"}
    assert cast.client("tang").post(reverse("objection-answer", args=[made.pk]), sent).status_code == 403
    assert cast.client("zhao").post(reverse("objection-answer", args=[made.pk]), sent).status_code == 302
    assert publish_round(actor=acting("zhao", AFTER), round=shown, now=NOW).published_at


def test_whoever_has_changed_posts_still_reads_their_own_result_and_objects(cast, acting, shown):
    evaluation = of(shown, cast.first)
    evaluation.appointment = cast.people["li"].appointments.get()
    evaluation.save()
    left = evaluation.appointment
    left.ends_on = date(2026, 11, 15)
    left.save()
    Appointment.objects.create(
        user=cast.people["li"],
        organization=cast.second,
        post=Post.DEPUTY_SECRETARY,
        starts_on=date(2026, 11, 15),
    )
    client = cast.client("li")
    assert client.get(reverse("evaluation-detail", args=[evaluation.pk])).status_code == 200
    assert client.get(reverse("evaluation-detail", args=[of(shown, cast.second).pk])).status_code == 200
    for who in ("wang", "zhou"):
        assert cast.client(who).get(reverse("evaluation-detail", args=[evaluation.pk])).status_code in (
            403,
            404,
        )
    made = raise_objection(
        actor=Actor(cast.people["li"], cast.people["li"].appointments.last(), TODAY),
        evaluation=Evaluation.objects.get(pk=evaluation.pk),
        reason="三月开过",
        now=NOW,
    )
    assert client.get(reverse("objection-detail", args=[made.pk])).status_code == 200
