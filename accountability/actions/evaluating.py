"""What a round comes to: the system's facts filled in, everything gathered and scored together, written as one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from accountability import scoring
from accountability.choices import EntryOrigin, ObjectionState, RoundState
from accountability.computing import faults_of, scored, without_collector
from accountability.evaluation_access import lock_round
from accountability.known import datum_of
from accountability.models import (
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
    Objection,
    ResultSheet,
    RoundScheme,
    SchemeVersion,
)
from accountability.queries.evaluation_facts import charges_of, evaluations_of, known_of, units_of
from accountability.queries.known_facts import Known
from accountability.scoring.problems import Refused
from accountability.written import Written
from branches.access import Right
from branches.actions.audit import record_event
from branches.choices import TaskState

#: Evaluations filled in, and sheets written, in one statement or transaction.
BATCH = 200
#: Without a sign of life for so long, whoever was computing is gone.
SILENT = timedelta(minutes=5)
BUSY = (TaskState.WAITING, TaskState.RUNNING)


@transaction.atomic
def ask_evaluation(*, actor, round: EvaluationRound, now) -> bool:
    """Ask for a round to be computed; False when it is under way already."""
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.COLLECTING)
    if kept.run_state in BUSY:
        return False
    if not kept.evaluations.exists():
        raise ValidationError("还没有考核对象，请先加入单位。")
    _note(kept.pk, TaskState.WAITING, "", now)
    record_event(actor=actor, event="计算考核结果", row=kept, summary=f"{kept.organization} {kept}", at=now)
    return True


def unfinished_rounds(*, now) -> list[int]:
    """The keys of rounds that wait to be computed, or whose worker has gone silent."""
    gone = Q(run_state=TaskState.RUNNING, run_asked_at__lt=now - SILENT)
    rows = EvaluationRound.objects.filter(Q(run_state=TaskState.WAITING) | gone)
    return list(rows.order_by("run_asked_at").values_list("pk", flat=True))


def run_evaluation(*, pk: int, now) -> bool:
    """Compute a round that was asked for; False when nobody asked or another worker is at it.

    Nothing is written before everything is computed, and then in one transaction: whoever dies leaves the totals that
    stood, and is taken up again.
    """
    if not _claim(pk, now):
        return False
    try:
        round = EvaluationRound.objects.select_related("organization").get(pk=pk)
        known = []
        for pinned in _pinned(round):
            known.append((pinned, known_to(pinned, round, now)))
            _fill(pinned, round, known[-1][1], now)
        # Facts that change from now on are later than the totals, which are then out of date.
        began = timezone.now()
        computed = []
        for pinned, facts in known:
            _note(pk, TaskState.RUNNING, f"正在计算：{pinned.scheme.title}", timezone.now())
            with without_collector():
                computed.append(compute(pinned, round, facts))
        _note(pk, TaskState.RUNNING, "正在写入结果", timezone.now())
        _write(round, computed, began)
    except DatabaseError:
        raise  # still under way: taken up again by the clock
    except (ValidationError, Refused) as refusal:
        _note(pk, TaskState.FAILED, " ".join(getattr(refusal, "messages", [str(refusal)])), timezone.now())
    except Exception:
        _note(
            pk,
            TaskState.FAILED,
            "没有算完，原来的结果不变；请再算一次，仍不成功请联系管理员。",
            timezone.now(),
        )
        raise
    return True


# the system's facts


def fill_in(*, round: EvaluationRound, now) -> int:
    """Write what the system knows as entries, so many at a time; how many were written or withdrawn.

    What says the same stays, what has changed is withdrawn and replaced. What a dispute has corrected, what was stated
    by hand or said not to apply is left alone, and so is what is being disputed until that is answered.
    """
    return sum(_fill(pinned, round, known_to(pinned, round, now), now) for pinned in _pinned(round))


def known_to(pinned: RoundScheme, round: EvaluationRound, now) -> dict[int, Known]:
    """What the system knows about everybody of one scheme, by evaluation."""
    return known_of(pinned.version.table, evaluations_of(pinned), charges_of(pinned), round, now)


def _fill(pinned, round, known: Mapping[int, Known], now) -> int:
    data, changed = _data(pinned.version.table), 0
    keys = sorted(known)
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        changed += _fill_part(round, data, {pk: known[pk] for pk in part}, now)
        if round.run_state:
            words = f"正在带入系统数据 {start + len(part)}/{len(keys)}"
            _note(round.pk, TaskState.RUNNING, words, timezone.now())
    return changed


def _data(table: scoring.Scheme) -> dict[tuple[str, str], str]:
    """Which datum fills in a fact of an item."""
    return {
        (item.key, rule.fact): datum.code
        for _, item in table.items()
        for rule in item.rules
        if (datum := datum_of(item, rule, table.subject))
    }


Key = tuple[int, str, str, str]


@transaction.atomic
def _fill_part(round, data, known: Mapping[int, Known], now) -> int:
    lock_round(round.pk, RoundState.COLLECTING)
    wanted: dict[Key, scoring.Entry] = {
        (pk, entry.item, entry.fact, entry.of): entry
        for pk, facts in known.items()
        for entry in facts.entries
    }
    disputed = set(
        Objection.objects.filter(
            state=ObjectionState.OPEN, entry__isnull=False, evaluation__in=list(known)
        ).values_list("entry", flat=True)
    )
    gone, changed = [], set()
    rows = EvaluationEntry.objects.filter(
        evaluation__in=list(known), item__in={item for item, _ in data}, withdrawn_at__isnull=True
    ).exclude(origin=EntryOrigin.ASSESSOR)
    for row in rows:
        key = row.evaluation_id, row.item, row.fact, row.of
        if row.origin != EntryOrigin.SYSTEM:
            for each in _covered(key, row, wanted):
                del wanted[each]
    for row in rows:
        key = row.evaluation_id, row.item, row.fact, row.of
        if row.origin != EntryOrigin.SYSTEM:
            continue
        if row.pk in disputed or (key in wanted and _says_the_same(row, wanted[key])):
            wanted.pop(key, None)
        else:
            gone.append(row.pk)
            changed.add(row.evaluation_id)
    EvaluationEntry.objects.filter(pk__in=gone).update(withdrawn_at=now, withdraw_reason="系统数据已更新")
    EvaluationEntry.objects.bulk_create(
        (
            EvaluationEntry(
                evaluation_id=pk,
                item=item,
                fact=fact,
                of=of,
                origin=EntryOrigin.SYSTEM,
                datum=data[item, fact],
                count=entry.count,
                due=entry.due,
                value=entry.value,
                yes=entry.yes,
                note=entry.note,
                created_at=now,
            )
            for (pk, item, fact, of), entry in wanted.items()
        ),
        batch_size=2000,
    )
    changed.update(pk for pk, *_ in wanted)
    Evaluation.objects.filter(pk__in=changed).update(changed_at=now)
    return len(gone) + len(wanted)


def _covered(key: Key, row: EvaluationEntry, wanted: Mapping[Key, scoring.Entry]) -> list[Key]:
    """The facts about which an entry that is not the system's leaves nothing to fill in."""
    if row.applies:
        return [key] if key in wanted else []
    return [each for each in wanted if each[:2] == key[:2] and (not row.fact or each[2] == row.fact)]


def _says_the_same(row: EvaluationEntry, entry: scoring.Entry) -> bool:
    return all(
        getattr(row, name) == getattr(entry, name) for name in ("count", "due", "value", "yes", "note")
    )


# computing


@dataclass(frozen=True)
class Computed:
    """The results of one scheme, ready to be written; `faults` say of whom there is none and why."""

    pinned: RoundScheme
    evaluations: list[Evaluation]
    totals: dict[int, tuple]
    sheets: dict[int, tuple[Written, Written]]
    faults: dict[int, list[str]]


def compute(pinned: RoundScheme, round: EvaluationRound, known: Mapping[int, Known]) -> Computed:
    """Score everybody of one scheme together; those with faulty facts are left out and named.

    `known` brings sizes and members; what the system knows otherwise has become entries. Explanations become text one
    by one, so that no more than one of them is held in both forms.
    """
    table = pinned.version.table
    evaluations = evaluations_of(pinned)
    charges = charges_of(pinned)
    units = units_of(pinned, table, evaluations, charges, known, round)
    faults = faults_of(table, units)
    sound = [unit for unit in units if unit.id not in faults]
    totals, sheets = {}, {}
    for unit, result in scored(table, sound):
        totals[int(unit.id)] = result.total, result.grade or ""
        sheets[int(unit.id)] = Written(unit.as_dict()), Written(result.as_dict())
    return Computed(pinned, evaluations, totals, sheets, {int(pk): words for pk, words in faults.items()})


@transaction.atomic
def _write(round: EvaluationRound, computed: Iterable[Computed], began) -> None:
    kept = lock_round(round.pk, RoundState.COLLECTING)
    versions = dict(kept.schemes.values_list("pk", "version"))
    number = faulty = 0
    for each in computed:
        if versions.get(each.pinned.pk) != each.pinned.version_id:
            raise ValidationError("计算期间改用了办法的另一版，请再算一次。")
        _write_sheets(each)
        for evaluation in each.evaluations:
            total, grade = each.totals.get(evaluation.pk, (None, ""))
            evaluation.total, evaluation.grade = total, grade
            evaluation.faults = each.faults.get(evaluation.pk, [])
            evaluation.evaluated_at = None if evaluation.faults else began
        # Rows that exist: all conflict, and values are written far faster than by a case for each.
        Evaluation.objects.bulk_create(
            each.evaluations,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=["total", "grade", "faults", "evaluated_at"],
        )
        number += len(each.totals)
        faulty += len(each.faults)
    kept.evaluated_at, kept.run_state = began, TaskState.DONE
    kept.run_message = f"{faulty}个考核对象的事实有错，没有算出结果。" if faulty else ""
    kept._change_reason = "计算结果"
    kept.save()
    record_event(
        actor=None,
        event="计算考核结果",
        row=kept,
        summary=f"{kept.organization} {kept}：算出{number}个" + (f"，{faulty}个有错" if faulty else ""),
        at=began,
    )


def _write_sheets(computed: Computed) -> None:
    ResultSheet.objects.filter(evaluation__in=list(computed.faults)).delete()
    ResultSheet.objects.bulk_create(
        (
            ResultSheet(evaluation_id=pk, version_id=computed.pinned.version_id, facts=facts, result=result)
            for pk, (facts, result) in computed.sheets.items()
        ),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["evaluation"],
        update_fields=["version", "facts", "result"],
    )


# computing again


def reproduce(pinned: RoundScheme) -> list[Evaluation]:
    """Those whose stored result differs from what their stored facts come to by the stored version.

    Ranks, quotas and shares need everybody, so all of a scheme are computed together. Those whose facts have changed
    since are out of date, and nothing is said about a scheme that has any.
    """
    rows = list(
        ResultSheet.objects.filter(evaluation__scheme=pinned, evaluation__removed_at__isnull=True)
        .select_related(
            "evaluation__organization",
            "evaluation__appointment__user",
            "evaluation__appointment__organization",
        )
        .order_by("evaluation")
    )
    if any(row.evaluation.is_outdated for row in rows):
        return []
    by_version = defaultdict(list)
    for row in rows:
        by_version[row.version_id].append(row)
    different = []
    for version, sheets in by_version.items():
        table = SchemeVersion.objects.get(pk=version).table
        units = [scoring.Unit.from_dict(sheet.facts) for sheet in sheets]
        for sheet, (_, result) in zip(sheets, scored(table, units), strict=True):
            evaluation = sheet.evaluation
            is_total = evaluation.total == result.total and evaluation.grade == (result.grade or "")
            if not is_total or sheet.result != result.as_dict():
                different.append(evaluation)
    return different


def _pinned(round: EvaluationRound) -> list[RoundScheme]:
    return list(round.schemes.select_related("scheme", "version").order_by("pk"))


# the run


def _claim(pk: int, now) -> bool:
    """Make the run this worker's own; only one of several gets it."""
    gone = Q(run_state=TaskState.RUNNING, run_asked_at__lt=now - SILENT)
    waiting = EvaluationRound.objects.filter(Q(run_state=TaskState.WAITING) | gone, pk=pk)
    return waiting.update(run_state=TaskState.RUNNING, run_message="", run_asked_at=now) == 1


def _note(pk: int, state: str, message: str, now) -> None:
    """Say how far the run is; none of it is kept in the history of the round."""
    EvaluationRound.objects.filter(pk=pk).update(run_state=state, run_message=message[:300], run_asked_at=now)
