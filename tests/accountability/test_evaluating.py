"""Computing a round: what the system fills in, what is gathered, and that nothing is ever half written."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from accountability import scoring
from accountability.actions import evaluating
from accountability.actions.evaluating import (
    ask_evaluation,
    fill_in,
    reproduce,
    run_evaluation,
    unfinished_rounds,
)
from accountability.actions.rounds import change_evaluation, create_round, move_to_version, remove_units
from accountability.choices import AdjustmentKind, EntryOrigin, ObjectionState, RoundState, Subject
from accountability.models import (
    Adjustment,
    EntryEvidence,
    EvaluationEntry,
    EvaluationRound,
    Objection,
    ResultSheet,
    SchemeVersion,
)
from accountability.queries.results import result_page, with_round
from accountability.tasks import evaluate_round, resume_evaluations
from branches.choices import Level, MeetingKind, OrganizationKind, Post, TaskState
from tests.accountability.evaluating import make_scheme
from tests.branches.test_cadence import hold
from tests.conftest import plant

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

TABLE = """
format = 1
code = "LIFE"
title = "支部年度考核"
full = 100
grades = ["优秀", "良好", "合格"]

[[rule]]
kind = "CUTOFF"
bands = [{ grade = "优秀", from = 90 }, { grade = "良好", from = 70 }]

[[rule]]
kind = "COEFF"
groups = { "山区" = 1.1 }

[[rule]]
kind = "VETO"
condition = "发生安全事故"
effect = "no_top"

[[line]]
key = "life"
title = "组织生活"
full = 40

[[line.item]]
key = "meetings"
title = "三会一课"
full = 40
source = "meetings"
rule = [
    { kind = "MISS_COUNT", fact = "党员大会", n = 4, p = 5 },
    { kind = "MISS_COUNT", fact = "党小组会", n = 12, per = "党小组", p = 1 },
]

[[line]]
key = "work"
title = "发挥作用"
full = 60

[[line.item]]
key = "service"
title = "联系服务群众"
full = 60
rule = [{ kind = "DISCRETION", from = 0, to = 60, reason = false }]
"""


@pytest.fixture
def round(cast, acting):
    """A round of the town over its two branches, of which the first has held two general meetings."""
    for month in (2, 5):
        hold(cast.first, MeetingKind.GENERAL_MEETING, date(2026, month, 10))
    scheme = make_scheme(cast.town, table=TABLE)
    return create_round(
        actor=acting("zhao"),
        organization=cast.town,
        title="2026年度支部考核",
        year=2026,
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        fill_until=date(2026, 12, 20),
        schemes=[scheme],
        now=NOW,
    )


def of(round, unit):
    return round.evaluations.get(organization=unit)


def state(evaluation, points, item="service", origin=EntryOrigin.HAND, **facts):
    return EvaluationEntry.objects.create(
        evaluation=evaluation, item=item, origin=origin, points=points, created_at=NOW, **facts
    )


def stated(cast, round, first=60, second=50):
    state(of(round, cast.first), first)
    state(of(round, cast.second), second)


def run(round, actor):
    ask_evaluation(actor=actor, round=round, now=NOW)
    assert run_evaluation(pk=round.pk, now=NOW)
    round.refresh_from_db()
    return round


def live(evaluation, origin=EntryOrigin.SYSTEM):
    rows = evaluation.entries.filter(origin=origin, withdrawn_at=None).order_by("fact")
    return [(each.fact, each.count, each.due) for each in rows]


# The system's facts


def test_filling_in_again_leaves_what_says_the_same(cast, round):
    assert fill_in(round=round, now=NOW) == 4
    first = of(round, cast.first)
    before = set(first.entries.values_list("pk", flat=True))
    assert live(first) == [("党员大会", 2, None), ("党小组会", 0, None)]
    assert fill_in(round=round, now=NOW) == 0
    hold(cast.first, MeetingKind.GENERAL_MEETING, date(2026, 8, 10))
    later = NOW + timedelta(hours=1)
    assert fill_in(round=round, now=later) == 2
    assert live(first) == [("党员大会", 3, None), ("党小组会", 0, None)]
    gone = first.entries.get(withdrawn_at=later)
    assert (gone.pk in before, gone.count, gone.withdraw_reason) == (True, 2, "系统数据已更新")
    first.refresh_from_db()
    assert first.changed_at == later


def test_what_people_settled_is_left_alone(cast, round):
    fill_in(round=round, now=NOW)
    first, second = of(round, cast.first), of(round, cast.second)
    entry = first.entries.get(fact="党员大会")
    entry.withdrawn_at = NOW
    entry.save()
    state(first, None, "meetings", EntryOrigin.CORRECTED, fact="党员大会", count=4)
    state(first, None, "meetings", applies=False, fact="党小组会", reason="没有党小组")
    disputed = second.entries.get(fact="党员大会")
    Objection.objects.create(
        evaluation=second, organization=cast.second, item="meetings", entry=disputed, reason="开过",
        state=ObjectionState.OPEN, author=cast.people["wang"], raised_at=NOW,
    )  # fmt: skip
    hold(cast.first, MeetingKind.GENERAL_MEETING, date(2026, 8, 10))
    hold(cast.second, MeetingKind.GENERAL_MEETING, date(2026, 8, 10))
    fill_in(round=round, now=NOW)
    assert live(first) == []
    assert live(first, EntryOrigin.CORRECTED) == [("党员大会", 4, None)]
    assert live(second) == [("党员大会", 0, None), ("党小组会", 0, None)]


# Computing


def test_totals_grades_and_sheets_are_what_the_engine_says(cast, acting, round):
    stated(cast, round)
    EntryEvidence.objects.create(entry=of(round, cast.first).entries.get(), words="走访记录")
    run(round, acting("zhao"))
    first = of(round, cast.first)
    # Two of four general meetings, no group: 40 − 10, and 60.
    assert (first.total, first.grade, first.is_outdated) == (Decimal(90), "优秀", False)
    assert of(round, cast.second).total == Decimal(70)
    assert (round.run_state, round.evaluated_at) == (TaskState.DONE, first.evaluated_at)
    sheet = first.sheet
    assert sheet.version == round.schemes.get().version
    assert sheet.facts["numbers"] == {"党小组": 0}
    assert {"item": "service", "points": "60", "evidence": ["走访记录"]} in sheet.facts["entry"]
    unit = scoring.Unit.from_dict(sheet.facts)
    assert unit.as_dict() == sheet.facts
    alone = scoring.evaluate(sheet.version.table, scoring.Facts((unit,)))
    assert alone[str(first.pk)].as_dict() == sheet.result


def test_only_the_committee_asks_and_asking_twice_computes_once(cast, acting, round):
    stated(cast, round)
    for who in ("li", "wu"):
        with pytest.raises(PermissionDenied):
            ask_evaluation(actor=acting(who), round=round, now=NOW)
    assert ask_evaluation(actor=acting("zhao"), round=round, now=NOW)
    assert not ask_evaluation(actor=acting("qian"), round=round, now=NOW)
    assert run_evaluation(pk=round.pk, now=NOW)
    assert not run_evaluation(pk=round.pk, now=NOW)


def test_facts_that_change_later_make_the_total_out_of_date(cast, acting, round):
    stated(cast, round)
    run(round, acting("zhao"))
    first = of(round, cast.first)
    first.changed_at = timezone.now()
    first.save()
    assert first.is_outdated
    run(round, acting("zhao"))
    assert not of(round, cast.first).is_outdated


def test_what_is_not_handed_in_withdrawn_or_superseded_does_not_count(cast, acting, round):
    stated(cast, round, first=10)
    first = of(round, cast.first)
    gone = first.entries.get()
    gone.withdrawn_at = NOW
    gone.save()
    state(first, 40)
    fill_in(round=round, now=NOW)
    # Corrected beside a figure that nobody has withdrawn.
    state(first, None, "meetings", EntryOrigin.CORRECTED, fact="党员大会", count=4)
    run(round, acting("zhao"))
    assert of(round, cast.first).total == Decimal(80)


def test_adjustments_of_the_period_count(cast, acting, round):
    stated(cast, round)
    values = {"organization": cast.first, "source": "督查", "created_at": NOW}
    on, off = date(2026, 6, 1), date(2025, 6, 1)
    Adjustment.objects.create(kind=AdjustmentKind.BONUS, points=2, reason="通报表扬", on=on, **values)
    Adjustment.objects.create(kind=AdjustmentKind.DEDUCTION, points=50, reason="去年", on=off, **values)
    Adjustment.objects.create(
        kind=AdjustmentKind.DEDUCTION, points=50, reason="撤销", on=on, withdrawn_at=NOW, **values
    )
    Adjustment.objects.create(
        kind=AdjustmentKind.TITLE, condition="获省级先进", reason="省文件", on=on, **values
    )
    Adjustment.objects.create(
        kind=AdjustmentKind.VETO, condition="发生安全事故", reason="通报", on=on, **values
    )
    run(round, acting("zhao"))
    first = of(round, cast.first)
    assert (first.total, first.grade) == (Decimal(92), "良好")


def test_what_another_table_has_conditions_for_stops_nobody_and_is_said(cast, acting, round):
    stated(cast, round)
    adjusted = {"organization": cast.first, "source": "督查", "on": date(2026, 6, 1), "created_at": NOW}
    Adjustment.objects.create(kind=AdjustmentKind.DOWNGRADE, condition="巡察", reason="逾期", **adjusted)
    Adjustment.objects.create(kind=AdjustmentKind.VETO, condition="发生安全事故", reason="通报", **adjusted)
    run(round, acting("zhao"))
    first = of(round, cast.first)
    assert (first.total, first.grade, first.faults) == (Decimal(90), "良好", [])
    page = result_page(with_round(round.evaluations.all()).get(pk=first.pk), acting("zhao"))
    assert [(each.reason, heeded) for each, heeded in page.heeded] == [("逾期", False), ("通报", True)]


def test_groups_bring_their_coefficient(cast, acting, round):
    stated(cast, round, first=40)
    change_evaluation(
        actor=acting("zhao"), evaluation=of(round, cast.first), group="山区", coefficient=None, now=NOW
    )
    change_evaluation(
        actor=acting("zhao"),
        evaluation=of(round, cast.second),
        group="山区",
        coefficient=Decimal("1.2"),
        now=NOW,
    )
    run(round, acting("zhao"))
    assert of(round, cast.first).total == Decimal("77")
    assert of(round, cast.second).total == Decimal("84")


def test_faults_are_named_unit_by_unit_and_stop_nobody_else(cast, acting, round):
    stated(cast, round)
    run(round, acting("zhao"))
    first = of(round, cast.first)
    state(first, 99)
    run(round, acting("zhao"))
    first = of(round, cast.first)
    assert (first.total, first.grade, first.is_outdated) == (None, "", True)
    assert first.faults == ["联系服务群众：分值应在 0 到 60 之间，不能是 99"]
    assert not ResultSheet.objects.filter(evaluation=first).exists()
    assert of(round, cast.second).total == Decimal(70)
    assert round.run_message.startswith("1个考核对象")


def test_a_leader_is_scored_with_the_units_in_their_charge(cast, acting):
    """The example of the specification: 4 points, own −0.7, two units −1.0 and −0.4 at 80/20 → 3.30."""
    table = """
format = 1
code = "LEADER"
title = "领导干部考核"
full = 4
subject = "person"
[[line]]
key = "l"
title = "履职"
full = 4
[[line.item]]
key = "x"
title = "会议"
full = 4
rule = [
    { kind = "DEDUCT_EACH", fact = "缺席", p = 0.5 },
    { kind = "DEDUCT_EACH", fact = "迟到", p = 0.2 },
    { kind = "CHAIN_WEIGHT", own = 0.8 },
]
"""
    scheme = make_scheme(cast.county, code="LEADER", table=table)
    scheme.subject, scheme.kinds = Subject.PERSON, [OrganizationKind.BRANCH]
    scheme.save()
    made = create_round(
        actor=acting("qian"), organization=cast.county, title="干部考核", year=2026,
        starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), fill_until=date(2026, 12, 20),
        schemes=[scheme], posts=[Post.SECRETARY], leave_out=True, now=NOW,
    )  # fmt: skip
    leader = made.evaluations.get(appointment__user=cast.people["li"])
    change_evaluation(
        actor=acting("qian"),
        evaluation=leader,
        group="",
        coefficient=None,
        in_charge_of=[cast.second, cast.town],
        now=NOW,
    )
    said = [("缺席", 1, ""), ("迟到", 1, ""), ("缺席", 2, "第二支部"), ("迟到", 2, "柳汀镇党委")]
    for fact, count, whose in said:
        state(leader, None, "x", fact=fact, count=count, of=whose)
    run(made, acting("qian"))
    leader.refresh_from_db()
    assert leader.total == Decimal("3.30")
    assert leader.sheet.facts["in_charge_of"] == ["柳汀镇党委", "第二支部"]


def test_whoever_dies_leaves_the_totals_that_stood(cast, acting, round, monkeypatch):
    stated(cast, round)
    run(round, acting("zhao"))
    before = {each.pk: (each.total, each.sheet.result) for each in round.evaluations.all()}
    state(of(round, cast.first), 0)
    ask_evaluation(actor=acting("zhao"), round=round, now=NOW)

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        # Killed between the sheets and the totals.
        patched.setattr(evaluating, "record_event", die)
        with pytest.raises(Killed):
            run_evaluation(pk=round.pk, now=NOW)
    assert {each.pk: (each.total, each.sheet.result) for each in round.evaluations.all()} == before
    round.refresh_from_db()
    assert round.run_state == TaskState.RUNNING
    assert unfinished_rounds(now=timezone.now()) == []
    assert not run_evaluation(pk=round.pk, now=timezone.now())
    EvaluationRound.objects.filter(pk=round.pk).update(run_asked_at=timezone.now() - timedelta(minutes=6))
    assert unfinished_rounds(now=timezone.now()) == [round.pk]
    resume_evaluations()
    round.refresh_from_db()
    assert round.run_state == TaskState.DONE
    assert of(round, cast.first).total != before[of(round, cast.first).pk][0]


def test_a_round_that_is_shown_meanwhile_is_not_written_to(cast, acting, round):
    stated(cast, round)
    ask_evaluation(actor=acting("zhao"), round=round, now=NOW)
    EvaluationRound.objects.filter(pk=round.pk).update(state=RoundState.SHOWN)
    evaluate_round(round.pk)
    round.refresh_from_db()
    assert round.run_state == TaskState.FAILED
    assert "退回采集" in round.run_message
    assert of(round, cast.first).total is None


def test_another_version_gives_other_totals_once_it_is_moved_to(cast, acting, round):
    stated(cast, round)
    run(round, acting("zhao"))
    pinned = round.schemes.get()
    scheme = pinned.scheme
    version = SchemeVersion.objects.create(
        scheme=scheme, number=2, document=TABLE.replace("n = 4, p = 5", "n = 4, p = 10"), made_at=NOW
    )
    run(round, acting("zhao"))
    assert of(round, cast.first).total == Decimal(90)
    move_to_version(
        actor=acting("zhao"), pinned=pinned, version=version, reason="上级调整", now=timezone.now()
    )
    assert of(round, cast.first).is_outdated
    run(round, acting("zhao"))
    assert of(round, cast.first).total == Decimal(80)
    assert of(round, cast.first).sheet.version == version


def test_stored_results_are_reproduced_and_a_changed_one_is_found(cast, acting, round, capsys):
    stated(cast, round)
    run(round, acting("zhao"))
    assert reproduce(round.schemes.get()) == []
    call_command("verify_evaluations")
    assert "全部一致" in capsys.readouterr().out
    first = of(round, cast.first)
    first.total = Decimal(99)
    first.save()
    assert reproduce(round.schemes.get()) == [first]
    with pytest.raises(CommandError, match="1个结果"):
        call_command("verify_evaluations", year=2026)


def test_a_round_without_anybody_is_not_computed(cast, acting, round):
    remove_units(
        actor=acting("zhao"), round=round, evaluations=list(round.evaluations.all()), reason="重来", now=NOW
    )
    with pytest.raises(ValidationError, match="还没有考核对象"):
        ask_evaluation(actor=acting("zhao"), round=round, now=NOW)


def test_the_number_of_queries_does_not_follow_the_units(cast, acting, round, django_assert_max_num_queries):
    with django_assert_max_num_queries(60) as few:
        run(round, acting("zhao"))
    for number in range(3, 13):
        plant(f"0101010{number:02}", f"第{number}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
    cast.town.refresh_from_db()
    bigger = create_round(
        actor=acting("zhao"), organization=cast.town, title="更大的考核", year=2026,
        starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), fill_until=date(2026, 12, 20),
        schemes=[round.schemes.get().scheme], now=NOW,
    )  # fmt: skip
    assert bigger.evaluations.count() == 12
    with django_assert_max_num_queries(len(few)):
        run(bigger, acting("zhao"))
