import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.quality import answer_check, draw_checks, judge_check
from accountability.choices import Stage
from accountability.funnel import funnel
from accountability.models import DutyRecord, QualityCheck
from accountability.queries.deployments import unit_rows
from accountability.queries.quality import (
    CheckState,
    check_page,
    draw_preview,
    drawable,
    records_to_draw,
    state_of,
    to_answer,
)
from accountability.sampling import draw_size
from branches.models import AuditEntry
from branches.periods import Period
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.test_deployments import deploy


@pytest.fixture
def accepted(cast, issued):
    """Everything due this year at the two branches, accepted this month."""
    records = DutyRecord.objects.filter(organization__in=[cast.first, cast.second])
    for record in records:
        record.status, record.accepted_at, record.done_on = "ACCEPTED", NOW, TODAY
        record.summary, record.author = "办妥了。", cast.people["li"]
        record.save()
    return records


def draw(actor, records, percent=10, seed=7):
    return draw_checks(actor=actor, records=records, percent=percent, seed=seed, now=NOW)


def judge(actor, check, passed=True, note=""):
    return judge_check(actor=actor, check=check, passed=passed, note=note, now=NOW)


def test_a_share_is_drawn_once(cast, acting, accepted):
    wanted = draw_size(accepted.count(), 10)
    assert draw(acting("zhao"), accepted) == wanted
    checks = QualityCheck.objects.select_related("record")
    assert checks.count() == wanted
    assert all(each.organization_id == each.record.organization_id for each in checks)
    assert {(each.drawn_by, each.drawn_at) for each in checks} == {(cast.people["zhao"], NOW)}
    for who in ("zhao", "qian"):
        with pytest.raises(ValidationError, match="不用再抽"):
            draw(acting(who), accepted)
    # A larger share draws what is still missing.
    assert draw(acting("qian"), accepted, percent=20) == draw_size(accepted.count(), 20) - wanted
    assert "种子7" in AuditEntry.objects.filter(event="抽取质量抽查").first().summary


def test_the_same_seed_draws_the_same(acting, accepted):
    draw(acting("zhao"), accepted, seed=11)
    first = set(QualityCheck.objects.values_list("record", flat=True))
    QualityCheck.objects.all().delete()
    draw(acting("zhao"), accepted, seed=11)
    assert set(QualityCheck.objects.values_list("record", flat=True)) == first


def test_only_what_was_accepted_below_and_by_others_is_drawn(cast, acting, accepted):
    assert not drawable(acting("zhao"), DutyRecord.objects.exclude(status="ACCEPTED")).exists()
    own = DutyRecord.objects.filter(organization=cast.town).first()
    own.status, own.accepted_at, own.done_on = "ACCEPTED", NOW, TODAY
    own.save()
    assert not drawable(acting("zhao"), DutyRecord.objects.filter(pk=own.pk)).exists()
    assert drawable(acting("qian"), DutyRecord.objects.filter(pk=own.pk)).exists()
    accepted.filter(organization=cast.first).update(author=cast.people["zhao"])
    assert {each.organization for each in drawable(acting("zhao"), accepted)} == {cast.second}
    accepted.filter(organization=cast.second).update(withdrawn_at=NOW)
    with pytest.raises(ValidationError, match="还没有已认可"):
        draw(acting("zhao"), accepted)


def test_the_month_and_the_deployment(cast, acting, accepted):
    month = Period.month_of(TODAY)
    assert records_to_draw(cast.town, None, month).count() == accepted.count()
    assert not records_to_draw(cast.town, None, month.next()).exists()
    assert not records_to_draw(cast.work_committee, None, month).exists()
    made = deploy(acting("qian"), cast.county, [cast.town])
    assert not records_to_draw(cast.county, made, month).filter(status="ACCEPTED").exists()
    assert records_to_draw(cast.county, made, month).count() == 4
    preview = draw_preview(acting("zhao"), accepted, 5)
    assert (preview.population, preview.drawn) == (accepted.count(), 0)
    assert preview.wanted == draw_size(accepted.count(), 5)


@pytest.mark.parametrize("percent", [0, 21, 100])
def test_the_share_has_limits(acting, accepted, percent):
    with pytest.raises(ValidationError, match="1%到20%"):
        draw(acting("zhao"), accepted, percent=percent)


def test_the_way_of_a_check(cast, acting, accepted):
    draw(acting("zhao"), accepted.filter(organization=cast.first), percent=1)
    check = QualityCheck.objects.get()
    assert state_of(check) == CheckState.TO_CHECK
    with pytest.raises(ValidationError, match="问题在哪里"):
        judge(acting("zhao"), check, passed=False, note=" ")
    failed = judge(acting("zhao"), check, passed=False, note="没写哪两户")
    assert (failed.passed, failed.checker, failed.checked_at) == (False, cast.people["zhao"], NOW)
    with pytest.raises(ValidationError, match="已有结论"):
        judge(acting("qian"), check)
    assert list(to_answer(cast.first)) == [check]
    with pytest.raises(ValidationError, match="怎么改的"):
        answer_check(actor=acting("li"), check=check, answer="", now=NOW)
    answered = answer_check(actor=acting("li"), check=check, answer="补写了两户", now=NOW)
    assert state_of(answered) == CheckState.ANSWERED
    assert not to_answer(cast.first).exists()
    with pytest.raises(ValidationError, match="已经反馈"):
        answer_check(actor=acting("li"), check=check, answer="再写", now=NOW)
    assert [each.history_change_reason for each in answered.history.all()] == ["反馈整改", "抽查不合格"]
    # The record itself stays as it was accepted.
    assert answered.record.status == "ACCEPTED"


def test_what_passed_asks_for_no_answer(cast, acting, accepted):
    draw(acting("zhao"), accepted, percent=1)
    check = QualityCheck.objects.get()
    judge(acting("sun"), check)
    who = "li" if check.organization == cast.first else "wang"
    with pytest.raises(ValidationError, match="不合格的才需要"):
        answer_check(actor=acting(who), check=check, answer="改了", now=NOW)


def test_who_may(cast, acting, accepted):
    with pytest.raises(ValidationError, match="还没有已认可"):
        draw(acting("li"), accepted)  # a branch has nobody below
    for who in ("wu", "zhou", "zheng"):
        with pytest.raises(PermissionDenied):
            draw(acting(who), accepted)
    draw(acting("zhao"), accepted.filter(organization=cast.first), percent=1)
    check = QualityCheck.objects.get()
    for who in ("li", "wang", "zhou", "wu", "zheng"):
        with pytest.raises(PermissionDenied):
            judge(acting(who), check)
    judge(acting("zhao"), check, passed=False, note="空")
    for who in ("wang", "zhao", "zhou", "sun"):
        with pytest.raises(PermissionDenied):
            answer_check(actor=acting(who), check=check, answer="改了", now=NOW)


def test_the_page_counts_every_state(cast, acting, accepted):
    draw(acting("zhao"), accepted, percent=20)
    checks = list(QualityCheck.objects.order_by("pk"))
    assert len(checks) >= 3
    judge(acting("zhao"), checks[0])
    judge(acting("zhao"), checks[1], passed=False, note="空")
    page = check_page(cast.town, "to_check", "")
    assert {tab.key: tab.count for tab in page.tabs} == {
        "": len(checks),
        "to_check": len(checks) - 2,
        "to_answer": 1,
        "answered": 0,
        "passed": 1,
    }
    assert [each.pk for each in page.rows] == [each.pk for each in reversed(checks[2:])]
    assert check_page(cast.work_committee, "", "").rows == []


def test_the_funnel_knows_who_was_drawn_and_who_answered(cast, acting):
    from tests.accountability.test_deployments import hand_in, lists_of, record_of

    made = deploy(acting("zhao"), cast.town, [cast.first, cast.second])
    for unit, who in ((cast.first, "li"), (cast.second, "wang")):
        hand_in(acting(who), record_of(made, unit, 1))
    DutyRecord.objects.filter(status="SUBMITTED").update(status="ACCEPTED", accepted_at=NOW)
    records = DutyRecord.objects.filter(duty__duty_list__deployment=made)
    draw(acting("qian"), records, percent=20)
    draw(acting("qian"), records.filter(quality_check=None, organization__in=[cast.first, cast.second]))
    assert QualityCheck.objects.count() == 2
    for check in QualityCheck.objects.all():
        judge(acting("zhao"), check, passed=check.organization == cast.first, note="只有一句空话")
    rows = [row.progress for row in unit_rows(made, cast.town)]
    steps = {step.stage: step for step in funnel(rows, TODAY).steps}
    assert (steps[Stage.QUALITY].due, steps[Stage.QUALITY].reached) == (2, 1)
    assert (steps[Stage.FEEDBACK].due, steps[Stage.FEEDBACK].reached) == (1, 0)
    answer_check(
        actor=acting("wang"), check=QualityCheck.objects.get(passed=False), answer="补了清单", now=NOW
    )
    rows = [row.progress for row in unit_rows(made, cast.town)]
    assert {step.stage: step.reached for step in funnel(rows, TODAY).steps}[Stage.FEEDBACK] == 1
    assert len(lists_of(made)) == 3
