"""反馈 → 公布: a result is shown to those evaluated, objected to, answered, and then published and never changed."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q

from accountability.choices import ObjectionState, RoundState
from accountability.evaluation_access import lock_round
from accountability.models import Evaluation, EvaluationRound, Objection
from branches.access import Right
from branches.actions.audit import record_event
from branches.choices import TaskState
from branches.workdays import add_working_days

from .notices import stop_results, tell_of_results

#: How many days there are at least to object, and how many working days unless the committee says otherwise.
LEAST_DAYS = 3
USUAL_WORKING_DAYS = 5


def usual_deadline(today: date) -> date:
    """Until when may be objected unless the committee says otherwise."""
    return max(add_working_days(today, USUAL_WORKING_DAYS), today + timedelta(days=LEAST_DAYS))


@dataclass(frozen=True)
class Standing:
    """What stands between a round and its next step, each a sentence with what to do; `early`: what is still going on
    and would be cut short by showing the results now."""

    to_show: list[str]
    early: list[str]
    to_publish: list[str]
    evaluations: int
    agreed: int


def standing_of(round: EvaluationRound, today: date) -> Standing:
    """What is still missing before results are shown, and before they are published."""
    rows = round.evaluations.all()
    number = rows.count()
    outdated = rows.filter(Q(evaluated_at__isnull=True) | Q(changed_at__gt=F("evaluated_at"))).count()
    agreed = rows.filter(agreed_at__isnull=False).count()
    objections = Objection.objects.filter(evaluation__round=round, evaluation__removed_at__isnull=True)
    waiting = objections.filter(state=ObjectionState.OPEN)
    disputes = waiting.filter(entry__isnull=False).count()
    to_show, to_publish = [], []
    if not number:
        to_show.append("还没有被考核单位，请先确定考核范围。")
    if outdated:
        to_show.append(f"{outdated}个结果还没有计算，或计算后事实又有变动，请先计算。")
    if round.run_state in (TaskState.WAITING, TaskState.RUNNING):
        to_show.append("正在计算，请等计算完成。")
    if disputes:
        to_show.append(f"{disputes}条数据异议还没有答复，请先答复。")
    if open_ones := waiting.count():
        to_publish.append(f"{open_ones}条异议还没有答复，全部答复后才能公布。")
    if round.shown_at:
        upheld = objections.filter(
            state=ObjectionState.UPHELD, entry__isnull=True, answered_at__gte=round.shown_at
        ).count()
        if upheld:
            to_publish.append(
                f"{upheld}条异议已采纳，还没有落实到结果里：请退回采集，更正事实、重新计算后再次反馈。"
            )
    if outdated:
        to_publish.append(f"{outdated}个结果不是最新的，请退回采集、重新计算后再次反馈。")
    if round.objections_until and today <= round.objections_until and agreed < number:
        to_publish.append(
            f"异议期到{round.objections_until:%Y-%m-%d}为止；"
            f"在此之前，{number}个单位全部确认无异议才能公布，现已确认{agreed}个。"
        )
    early = []
    if round.state == RoundState.COLLECTING:
        if round.fill_until >= today:
            early.append(f"填报到{round.fill_until:%Y-%m-%d}才截止，现在反馈，各单位就不能再填。")
        windows = round.windows.filter(closes_on__gte=today, closed_at__isnull=True)
        early += [
            f"评价窗口“{window}”到{window.closes_on:%Y-%m-%d}才截止，没有提交的评价不再计入。"
            for window in windows
        ]
    return Standing(to_show, early, to_publish, number, agreed)


@transaction.atomic
def show_results(
    *, actor, round: EvaluationRound, objections_until: date | None = None, now
) -> EvaluationRound:
    """反馈: show every unit its own result, which it may object to until `objections_until`."""
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.COLLECTING)
    missing = standing_of(kept, actor.today).to_show
    if missing:
        raise ValidationError(missing)
    until = objections_until or usual_deadline(actor.today)
    if until < actor.today + timedelta(days=LEAST_DAYS):
        raise ValidationError({"objections_until": f"异议期至少{LEAST_DAYS}天，让被考核单位来得及核对。"})
    kept.state, kept.shown_at, kept.objections_until = RoundState.SHOWN, now, until
    kept._change_reason = "反馈结果"
    kept.save()
    told = tell_of_results(round=kept, today=actor.today, now=now)
    record_event(
        actor=actor,
        event="反馈考核结果",
        row=kept,
        summary=f"{kept.organization} {kept}：异议期到{until:%Y-%m-%d}，提醒{told}人",
        at=now,
    )
    return kept


@transaction.atomic
def publish_round(*, actor, round: EvaluationRound, now) -> EvaluationRound:
    """公布: from now on nothing about this round changes."""
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.SHOWN)
    missing = standing_of(kept, actor.today).to_publish
    if missing:
        raise ValidationError(missing)
    kept.state, kept.published_at = RoundState.PUBLISHED, now
    kept._change_reason = "公布结果"
    kept.save()
    stop_results(round=kept, now=now)
    record_event(actor=actor, event="公布考核结果", row=kept, summary=f"{kept.organization} {kept}", at=now)
    return kept


@transaction.atomic
def reopen_round(*, actor, round: EvaluationRound, reason: str, now) -> EvaluationRound:
    """退回采集: when an objection needs other facts; the result is computed and shown again afterwards.

    What units have agreed to is no longer what will be shown, so they are asked anew.
    """
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.SHOWN)
    if not reason.strip():
        raise ValidationError({"reason": "请写明退回的原因，被考核单位会看到。"})
    kept.state, kept.objections_until = RoundState.COLLECTING, None
    kept._change_reason = f"退回采集 {reason.strip()}"[:100]
    kept.save()
    Evaluation.objects.filter(round=kept).update(agreed_at=None, agreed_by=None)
    stop_results(round=kept, now=now)
    record_event(
        actor=actor,
        event="考核退回采集",
        row=kept,
        summary=f"{kept.organization} {kept}：{reason.strip()}",
        at=now,
    )
    return kept
