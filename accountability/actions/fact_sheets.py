"""Facts of a round go out as sheets to be filled in by hand, and come back as entries."""

from collections.abc import Iterable
from io import BytesIO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accountability import scoring
from accountability.choices import RoundState
from accountability.evaluation_access import lock_round
from accountability.models import Evaluation, EvaluationRound
from accountability.queries.fact_sheets import fact_pages
from accountability.scheme_exchange.fact_sheets import write_facts
from branches.access import Right
from branches.actions.audit import record_event

from .entries import add_entry


@transaction.atomic
def export_facts_sheet(*, actor, round: EvaluationRound, now) -> tuple[BytesIO, str]:
    """Write the sheets of a round; `ValidationError` when nothing in it is stated by hand."""
    actor.require(Right.EVALUATE, round.organization)
    pages = fact_pages(round)
    if not pages:
        raise ValidationError("办法里的评价项都由系统带入，或由评价方打分，没有要填的。")
    moment = timezone.localtime(now)
    mark = f"导出：{actor.user.name}（{actor.user.username}，{actor.appointment}）{moment:%Y-%m-%d %H:%M}"
    file = BytesIO()
    write_facts(file, pages, mark=mark)
    file.seek(0)
    record_event(actor=actor, event="导出考核填报表", row=round, summary=str(round), at=now)
    return file, f"{round.title}-填报表.xlsx"


@transaction.atomic
def import_facts(*, actor, round: EvaluationRound, stated: Iterable[tuple[int, scoring.Entry]], now) -> int:
    """State every entry by hand, or none: `ValidationError` with all that stand in the way. Returns how many."""
    actor.require(Right.EVALUATE, round.organization)
    round = lock_round(round.pk, RoundState.COLLECTING)
    stated = list(stated)
    evaluations = Evaluation.objects.filter(round=round).in_bulk({number for number, _ in stated})
    problems = []
    for number, entry in stated:
        evaluation = evaluations.get(number)
        if evaluation is None:
            problems.append("有单位已不在这次考核里，请重新下载填报表。")
            break
        try:
            add_entry(actor=actor, evaluation=evaluation, entry=entry, now=now)
        except ValidationError as error:
            problems.append(f"{entry.item}（编号{number}）：{'；'.join(error.messages)}")
    if problems:
        raise ValidationError(problems[:20])
    record_event(actor=actor, event="导入考核填报表", row=round, summary=f"{round} {len(stated)}条", at=now)
    return len(stated)
