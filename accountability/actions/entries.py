"""Facts of an evaluation that people state: added, changed, withdrawn, each with what it rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction

from accountability import filling, scoring
from accountability.choices import EntryOrigin, RecordStatus, RoundState
from accountability.evaluation_access import lock_round, require_change, require_state, runs_round
from accountability.known import filled_in
from accountability.models import (
    DutyRecord,
    EntryEvidence,
    EntryFile,
    Evaluation,
    EvaluationEntry,
    Fact,
)
from accountability.queries.units import unit_of
from accountability.scoring import Source
from branches.access import Actor
from branches.actions.audit import record_event
from branches.choices import MeetingStatus
from branches.models import Meeting

MOST_EVIDENCE = 10


@dataclass(frozen=True)
class Evidence:
    """What an entry rests on: a meeting or a duty record of the unit, or words that say where to look."""

    words: str = ""
    meeting: Meeting | None = None
    record: DutyRecord | None = None

    def __str__(self):
        if self.meeting is not None:
            return f"{self.meeting.held_on:%Y-%m-%d} {self.meeting.title}"[:200]
        if self.record is not None:
            return f"履责纪实 {self.record.duty.heading} {self.record.window.label}"[:200]
        return self.words.strip()


class Outdated(ValidationError):
    """Somebody else has changed or withdrawn the entry since it was read."""


@transaction.atomic
def add_entry(
    *,
    actor: Actor,
    evaluation: Evaluation,
    entry: scoring.Entry,
    evidence: Sequence[Evidence] = (),
    now,
) -> EvaluationEntry:
    """State a fact by hand; what is stated already is returned as it is, so that a double click makes one.

    The unit states facts of source `hand`, the committee of any item the system has filled in nothing for.
    """
    evaluation = lock_evaluation(actor, evaluation)
    beside = list(live_entries(evaluation, entry.item))
    if same := _same(beside, entry):
        return same
    _check(actor, evaluation, entry, beside, evidence)
    made = _write(actor, evaluation, entry, evidence, now)
    record_event(actor=actor, event="填报考核事实", row=made, summary=_summary(evaluation, entry), at=now)
    return made


@transaction.atomic
def change_entry(
    *,
    actor: Actor,
    entry: EvaluationEntry,
    said: scoring.Entry,
    evidence: Sequence[Evidence] | None = None,
    now,
) -> EvaluationEntry:
    """Withdraw an entry and state another in its place, with the files of the former; `Outdated` when it is gone.

    Without `evidence` it rests on what the former rested on.
    """
    evaluation = lock_evaluation(actor, entry.evaluation)
    kept = _locked(actor, evaluation, entry)
    said = replace(said, item=kept.item)
    if _differs(kept, said, evidence):
        beside = [each for each in live_entries(evaluation, kept.item) if each.pk != kept.pk]
        _check(actor, evaluation, said, beside, evidence or ())
        made = _write(actor, evaluation, said, evidence or (), now)
        if evidence is None:
            EntryEvidence.objects.bulk_create(_carried(kept.evidence.all(), made))
        EntryFile.objects.bulk_create(_carried(kept.files.filter(removed_at=None, replaced_by=None), made))
        _withdraw(actor, kept, "更改", now)
        record_event(
            actor=actor,
            event="更改考核事实",
            row=made,
            summary=f"{_summary(evaluation, said)}（原为 {filling.words(kept.as_entry())}）",
            at=now,
        )
        return made
    return kept


@transaction.atomic
def withdraw_entry(*, actor: Actor, entry: EvaluationEntry, reason: str = "", now) -> None:
    """Take an entry back; it stays readable. A second time nothing happens."""
    evaluation = lock_evaluation(actor, entry.evaluation)
    kept = EvaluationEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    kept.evaluation = evaluation
    require_change(actor, kept)
    if kept.withdrawn_at is not None:
        return
    _withdraw(actor, kept, reason.strip() or "撤销", now)
    touch([evaluation.pk], now)
    record_event(
        actor=actor,
        event="撤销考核事实",
        row=kept,
        summary=f"{_summary(evaluation, kept.as_entry())} {reason}".strip(),
        at=now,
    )


def lock_evaluation(actor: Actor, evaluation: Evaluation) -> Evaluation:
    """The evaluation as it stands, its round held until the transaction ends, so that it cannot be closed meanwhile.

    Raises what `require_state` raises.
    """
    related = ("organization", "appointment__user", "scheme__version", "round__organization")
    kept = Evaluation.objects.select_related(*related).filter(pk=evaluation.pk).first()
    if kept is None:
        raise ValidationError("这个考核对象已移出考核，不能再填。")
    require_state(actor, kept)
    kept.round = lock_round(kept.round_id, RoundState.COLLECTING)
    require_state(actor, kept)
    return kept


def live_entries(evaluation: Evaluation, item: str | None = None):
    """What counts now, of one item or of all."""
    entries = evaluation.entries.filter(withdrawn_at__isnull=True).select_related("author", "appointment")
    return (entries if item is None else entries.filter(item=item)).order_by("pk")


def touch(evaluations: Iterable[int], now) -> None:
    """Say that facts of these evaluations have changed: their totals are out of date until computed again."""
    Evaluation.objects.filter(pk__in=evaluations).update(changed_at=now)


def check_evidence(evaluation: Evaluation, evidence: Sequence[Evidence]) -> None:
    """Raise `ValidationError` unless what is pointed to exists, is the unit's own and has been confirmed."""
    if len(evidence) > MOST_EVIDENCE:
        raise ValidationError({"evidence": f"一条事实最多列 {MOST_EVIDENCE} 项佐证。"})
    for each in evidence:
        for row, status in ((each.meeting, MeetingStatus.CONFIRMED), (each.record, RecordStatus.ACCEPTED)):
            if row is not None and (
                row.organization_id != evaluation.organization_id or row.status != status
            ):
                raise ValidationError({"evidence": "佐证只能选本单位已确认的会议和已认可的履责纪实。"})
        if not str(each):
            raise ValidationError({"evidence": "请写明佐证在哪里可查。"})


def write_entry(*, actor, evaluation, entry, origin, evidence=(), now, **more) -> EvaluationEntry:
    """Keep what is stated, checked before, with what it rests on; without an actor it is done by the clock."""
    said = {name: getattr(entry, name) for name in Fact.SAID}
    made = EvaluationEntry.objects.create(
        evaluation=evaluation,
        origin=origin,
        **said,
        flags=list(entry.flags),
        author=actor.user if actor else None,
        appointment=actor.appointment if actor else None,
        created_at=now,
        **more,
    )
    EntryEvidence.objects.bulk_create(
        EntryEvidence(entry=made, words=str(each)[:200], meeting=each.meeting, record=each.record)
        for each in evidence
    )
    touch([evaluation.pk], now)
    return made


def _write(actor, evaluation, entry, evidence, now) -> EvaluationEntry:
    return write_entry(
        actor=actor,
        evaluation=evaluation,
        entry=entry,
        origin=EntryOrigin.HAND,
        evidence=evidence,
        now=now,
    )


def _check(actor, evaluation, entry, beside, evidence) -> None:
    table = evaluation.scheme.version.table
    ask = filling.find_ask(table, entry.item, entry.fact)
    if ask is None:
        raise ValidationError("这张表里没有这一项。")
    of_same = [each for each in beside if each.fact == entry.fact or not each.applies or not entry.applies]
    _check_source(actor, evaluation, ask, of_same)
    alike = [each for each in of_same if each.of == entry.of and each.by == entry.by and each.applies]
    if ask.is_single and alike and entry.applies:
        other = alike[0]
        raise ValidationError(
            f"这一项只填一次，{other.author or '系统'}已填“{filling.words(other.as_entry())}”。请改那一条。"
        )
    found = filling.objections(
        table, unit_of(evaluation, actor.today), entry, [each.as_entry() for each in of_same]
    )
    if found:
        raise ValidationError({field or "__all__": message for field, message in found.items()})
    check_evidence(evaluation, evidence)


def _check_source(actor, evaluation, ask, beside) -> None:
    source = ask.item.source
    if source is Source.ASSESSOR:
        raise ValidationError("这一项由评价方在评价窗口里评，不在这里填。")
    known = (ask.item.key, ask.fact) in filled_in(evaluation.scheme.version.table)
    if known and any(each.origin in (EntryOrigin.SYSTEM, EntryOrigin.CORRECTED) for each in beside):
        raise ValidationError("这一项由系统带入，不必再填；与实际不符的，请点“有异议”。")
    if not ask.is_asked_of_unit(known) and not runs_round(actor, evaluation.round):
        raise ValidationError(f"这一项（{source.label}）由{evaluation.round.organization}填，本单位不填。")


def _locked(actor, evaluation, entry) -> EvaluationEntry:
    kept = EvaluationEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    kept.evaluation = evaluation
    require_change(actor, kept)
    if kept.withdrawn_at is not None:
        raise Outdated("这一条刚刚被他人改动或撤销，请看过现在的内容再改。")
    return kept


def _withdraw(actor, kept, reason, now) -> None:
    kept.withdrawn_at, kept.withdrawn_by, kept.withdraw_reason = now, actor.user, reason[:200]
    kept.save(update_fields=["withdrawn_at", "withdrawn_by", "withdraw_reason"])


def _same(beside, entry) -> EvaluationEntry | None:
    stated = entry.as_dict() | {"evidence": []}
    return next(
        (
            each
            for each in beside
            if each.origin == EntryOrigin.HAND
            and each.fact == entry.fact
            and each.as_entry().as_dict() | {"evidence": []} == stated
        ),
        None,
    )


def _differs(kept, said, evidence) -> bool:
    if kept.as_entry().as_dict() != replace(said, evidence=()).as_dict():
        return True
    if evidence is None:
        return False
    before = sorted(kept.evidence.values_list("words", "meeting_id", "record_id"), key=repr)
    after = [
        (str(each)[:200], each.meeting and each.meeting.pk, each.record and each.record.pk)
        for each in evidence
    ]
    return before != sorted(after, key=repr)


def _carried(rows, made) -> list:
    """Files or evidence of a former entry beside the new one: rows of their own, the same content."""
    rows = list(rows)
    for each in rows:
        each.pk, each.entry = None, made
        each._state.adding = True
    return rows


def _summary(evaluation, entry) -> str:
    name = f"{entry.item} {entry.fact}".strip()
    return f"{evaluation} {name} {filling.words(entry)}"
