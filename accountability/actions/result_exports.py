from tempfile import NamedTemporaryFile

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accountability.evaluation_access import sees_evaluation, sees_points
from accountability.models import Evaluation, EvaluationRound
from accountability.queries.result_tables import round_tables
from accountability.queries.results import result_page
from accountability.result_exports import write_result_sheet, write_round_results
from branches.access import Right
from branches.actions.audit import record_event
from branches.actions.exports import watermark


@transaction.atomic
def export_result_sheet(*, actor, evaluation: Evaluation, now):
    """Write the sheet of an evaluation (of `with_round`) into a temporary file and return (file, its name)."""
    actor.require(Right.VIEW_EVALUATIONS, evaluation.organization)
    if not (sees_evaluation(actor, evaluation) and sees_points(actor, evaluation)):
        raise PermissionDenied("结果还没有反馈，请等考核单位反馈后查看。")
    target = NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 closed with the response
    count = write_result_sheet(target.file, result_page(evaluation, actor), mark=watermark(actor, now))
    record_event(
        actor=actor,
        event="导出评分表",
        row=evaluation,
        summary=f"{evaluation} {evaluation.round}：{count} 项",
        at=now,
    )
    target.seek(0)
    return target, f"{evaluation}{evaluation.round.title}评分表{timezone.localdate(now):%Y%m%d}.xlsx"


@transaction.atomic
def export_round_results(*, actor, round: EvaluationRound, now):
    """Write the results of a round into a temporary file and return (file, its name); for its committee only."""
    actor.require(Right.EVALUATE, round.organization)
    title = f"{round.organization.name}{round.title}结果"
    target = NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 closed with the response
    count = write_round_results(target.file, round_tables(round), title=title, mark=watermark(actor, now))
    record_event(
        actor=actor,
        event="导出考核结果",
        row=round,
        summary=f"{round.organization} {round}：{count} 个",
        at=now,
    )
    target.seek(0)
    return target, f"{round.title}结果{timezone.localdate(now):%Y%m%d}.xlsx"
