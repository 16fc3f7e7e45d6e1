"""评价窗口 and 评价表: bodies of assessors score in their own time, each their own sheet, handed in once."""

from collections.abc import Mapping
from contextlib import contextmanager
from datetime import datetime, time, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accountability import filling, scoring
from accountability.choices import AssessorRole, EntryOrigin, PollPurpose, PollState, RoundState
from accountability.evaluation_access import lock_round
from accountability.models import (
    AssessorPoll,
    AssessorSheet,
    AssessorWindow,
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
)
from accountability.queries.assessing import BY_POLL, asks_in, assessed_by, bodies_of, is_open, sheet_of
from accountability.queries.polls import poll_results
from accountability.queries.units import unit_of
from branches.access import Actor, Right
from branches.actions.audit import record_event
from branches.models import Membership

from .entries import touch, write_entry
from .polls import close_poll, extend_poll, open_poll

#: Kinds that count occurrences: of several counts there is no mean, so one assessor states them.
COUNTING = frozenset({"DEDUCT_EACH", "ADD_EACH", "GAIN_PER", "MISS_COUNT", "TIERED", "BOOL"})
Answers = Mapping[tuple[str, str], scoring.Entry]


class Outdated(ValidationError):
    """Somebody else has saved the sheet since it was read; `sheet` is how it stands now."""

    def __init__(self, sheet: AssessorSheet):
        super().__init__("这份评价表刚刚在别处保存过。")
        self.sheet = sheet


class Incomplete(ValidationError):
    """A sheet that cannot be handed in; `found` is {(item, fact): {field: message}}."""

    def __init__(self, found: dict[tuple[str, str], dict[str, str]]):
        super().__init__(f"还有 {len(found)} 项没有评好，见标出的地方。")
        self.found = found


@transaction.atomic
def open_window(
    *, actor: Actor, round: EvaluationRound, role: AssessorRole | str, by: str = "", opens_on, closes_on, now
) -> AssessorWindow:
    """Let a body of assessors score from one day to another.

    Members vote in secret, a poll for each unit; the public is asked on paper, which two persons count.
    """
    kept = _gathering(actor, round)
    bodies = bodies_of(kept)
    if not bodies:
        raise ValidationError("这次考核的办法里没有由评价方打分的评价项，不用开评价窗口。")
    if by not in bodies:
        raise ValidationError(
            {"by": f"考核办法里的评价方是：{'、'.join(name or '（不分方）' for name in bodies)}。"}
        )
    _check_days(actor, opens_on, closes_on)
    if there := kept.windows.filter(by=by).first():
        if (there.role, there.opens_on, there.closes_on) == (role, opens_on, closes_on):
            return there  # sent twice
        raise ValidationError({"by": "这个评价方已经有评价窗口，请在那里更改时间。"})
    window = AssessorWindow(
        round=kept, role=role, by=by, opens_on=opens_on, closes_on=closes_on, author=actor.user
    )
    window._change_reason = "开设"
    window.full_clean(exclude=["round", "author"])
    window.save()
    if window.role in BY_POLL:
        _open_polls(actor, window, now)
    record_event(
        actor=actor,
        event="开设评价窗口",
        row=window,
        summary=f"{kept} {window} {opens_on:%Y-%m-%d}至{closes_on:%Y-%m-%d}",
        at=now,
    )
    return window


@transaction.atomic
def change_window(*, actor: Actor, window: AssessorWindow, opens_on, closes_on, now) -> AssessorWindow:
    """Give assessors other days; a poll only ever gets more time."""
    kept = _locked_window(actor, window)
    if (kept.opens_on, kept.closes_on, kept.closed_at) == (opens_on, closes_on, None):
        return kept
    _check_days(actor, opens_on, closes_on)
    before = kept.closes_on
    if kept.role in BY_POLL:
        if closes_on <= before:
            raise ValidationError({"closes_on": "投票已经开始，截止只能往后延。"})
        for each in kept.polls.select_related("poll", "evaluation__organization").filter(
            poll__state=PollState.OPEN
        ):
            with _at_field("closes_on", each.evaluation):
                extend_poll(actor=actor, poll=each.poll, closes_at=_end_of(closes_on), now=now)
    kept.opens_on, kept.closes_on, kept.closed_at = opens_on, closes_on, None
    kept._change_reason = "更改时间"
    kept.save()
    record_event(
        actor=actor,
        event="更改评价窗口",
        row=kept,
        summary=f"{kept.round} {kept} 截止{before:%Y-%m-%d}→{closes_on:%Y-%m-%d}",
        at=now,
    )
    return kept


@transaction.atomic
def close_window(*, actor: Actor, window: AssessorWindow, now) -> AssessorWindow:
    """End a window now: drafts stay drafts, polls are closed and what they came to is taken up. Twice is once."""
    kept = _locked_window(actor, window)
    if kept.closed_at is None:
        kept.closed_at = now
        kept._change_reason = "结束"
        kept.save()
        for each in kept.polls.select_related("poll").filter(poll__state=PollState.OPEN):
            close_poll(actor=actor, poll=each.poll, now=now)
        record_event(actor=actor, event="结束评价窗口", row=kept, summary=f"{kept.round} {kept}", at=now)
    take_up_polls(actor=actor, window=kept, now=now)
    return kept


def take_up_due(*, now: datetime) -> int:
    """Count what the polls came to that the clock has closed within the last day; how many polls.

    What was too few, or on papers that nobody agrees on yet, is left to whoever ends the window.
    """
    windows = AssessorWindow.objects.filter(
        round__state=RoundState.COLLECTING,
        polls__taken_up_at__isnull=True,
        polls__poll__state=PollState.CLOSED,
        polls__poll__closed_at__gt=now - timedelta(days=1),
    )
    number = 0
    for window in windows.distinct().order_by("pk"):
        try:
            with transaction.atomic():
                window.round = lock_round(window.round_id, RoundState.COLLECTING)
                number += take_up_polls(actor=None, window=window, now=now)
        except ValidationError:
            continue  # shown meanwhile
    return number


@transaction.atomic
def take_up_polls(*, actor: Actor | None, window: AssessorWindow, now) -> int:
    """Make entries of the closed polls of a window that were not taken up yet, from five ballots up; how many polls."""
    number = 0
    waiting = window.polls.select_for_update(of=("self",)).filter(
        taken_up_at__isnull=True, poll__state=PollState.CLOSED
    )
    for each in waiting.order_by("pk"):
        results = poll_results(each.poll)
        if not results.is_shown:
            continue  # too few ballots, or papers on which two persons do not agree yet
        asks = asks_in(each.evaluation.scheme.version.table, window.by)
        for ask, result in zip(asks, results.subjects, strict=True):
            counts = result.tally.counts if result.tally else {}
            for level, count in counts.items():
                if count:
                    write_entry(
                        actor=actor,
                        evaluation=each.evaluation,
                        entry=scoring.Entry(
                            ask.item.key, ask.fact, level=level, count=count, by=window.by, note="测评票数"
                        ),
                        origin=EntryOrigin.ASSESSOR,
                        now=now,
                    )
        each.taken_up_at = now
        each.save(update_fields=["taken_up_at"])
        number += 1
    if number:
        record_event(
            actor=actor,
            event="计入测评结果",
            row=window,
            summary=f"{window.round} {window} {number}份",
            at=now,
        )
    return number


@transaction.atomic
def save_sheet(
    *, actor: Actor, window: AssessorWindow, evaluation: Evaluation, version: int, answers: Answers, now
) -> AssessorSheet:
    """Keep a draft; `Outdated` when it was saved elsewhere meanwhile."""
    return _write(actor, window, evaluation, version, answers, now)


@transaction.atomic
def submit_sheet(
    *, actor: Actor, window: AssessorWindow, evaluation: Evaluation, version: int, answers: Answers, now
) -> AssessorSheet:
    """Hand a sheet in, once and whole: its answers become entries. A second time it is the one handed in."""
    former = sheet_of(window, evaluation, actor)
    if former is not None and former.submitted_at is not None and former.answers == _plain(answers):
        return former  # sent twice
    sheet = _write(actor, window, evaluation, version, answers, now)
    evaluation = sheet.evaluation
    table = evaluation.scheme.version.table
    asks, unit = asks_in(table, window.by), unit_of(evaluation, actor.today)
    said = {
        (ask.item.key, ask.fact): answers.get((ask.item.key, ask.fact))
        or scoring.Entry(ask.item.key, ask.fact)
        for ask in asks
    }
    said = {key: scoring_entry(entry, window.by) for key, entry in said.items()}
    found = {key: wrong for key, entry in said.items() if (wrong := filling.objections(table, unit, entry))}
    if found:
        raise Incomplete(found)
    _refuse_second_count(sheet, asks)
    for entry in said.values():
        write_entry(
            actor=actor,
            evaluation=evaluation,
            entry=entry,
            origin=EntryOrigin.ASSESSOR,
            now=now,
            sheet=sheet,
        )
    sheet.submitted_at, sheet.return_reason = now, ""
    sheet.save(update_fields=["submitted_at", "return_reason"])
    record_event(actor=actor, event="提交评价表", row=sheet, summary=f"{window.round} {sheet}", at=now)
    return sheet


@transaction.atomic
def return_sheet(*, actor: Actor, sheet: AssessorSheet, reason: str, now) -> AssessorSheet:
    """Give a sheet back to its author, with why: its entries are withdrawn until it is handed in again."""
    _gathering(actor, sheet.window.round)
    kept = AssessorSheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
    if kept.submitted_at is None:
        return kept
    if not reason.strip():
        raise ValidationError({"reason": "请写明退回原因，让评价人知道改什么。"})
    entries = list(kept.entries.filter(withdrawn_at__isnull=True))
    for each in entries:
        each.withdrawn_at, each.withdrawn_by = now, actor.user
        each.withdraw_reason = f"退回评价表：{reason.strip()}"[:200]
    EvaluationEntry.objects.bulk_update(entries, ["withdrawn_at", "withdrawn_by", "withdraw_reason"])
    kept.submitted_at, kept.return_reason = None, reason.strip()[:200]
    kept.version += 1
    kept.save(update_fields=["submitted_at", "return_reason", "version"])
    touch([kept.evaluation_id], now)
    record_event(
        actor=actor,
        event="退回评价表",
        row=kept,
        summary=f"{sheet.window.round} {sheet} {reason.strip()}",
        at=now,
    )
    return kept


def scoring_entry(entry: scoring.Entry, by: str) -> scoring.Entry:
    """An answer in the name of its body of assessors."""
    return scoring.Entry(**{name: getattr(entry, name) for name in entry.__slots__} | {"by": by})


def _write(actor, window, evaluation, version, answers, now) -> AssessorSheet:
    held = lock_round(window.round_id, RoundState.COLLECTING)
    window = AssessorWindow.objects.get(pk=window.pk)
    window.round = held
    kept = (
        assessed_by(actor, window)
        .filter(pk=evaluation.pk)
        .select_related("organization", "appointment__user", "scheme__version")
        .first()
    )
    if kept is None:
        raise PermissionDenied("这不是由您评价的单位。")
    kept.round = held
    if not is_open(window, actor.today):
        raise ValidationError(
            f"评价时间是{window.opens_on:%Y-%m-%d}至{window.closes_on:%Y-%m-%d}，现在不能评价。"
        )
    sheet = sheet_of(window, kept, actor)
    if sheet is None:
        sheet = AssessorSheet(window=window, evaluation=kept, author=actor.user, version=0)
    if sheet.submitted_at is not None:
        raise ValidationError("这份评价表已经提交，不能再改。")
    if sheet.version != version:
        raise Outdated(sheet)
    sheet.window, sheet.evaluation = window, kept
    sheet.author, sheet.appointment = actor.user, actor.appointment
    sheet.answers, sheet.saved_at = _plain(answers), now
    sheet.version += 1
    sheet.save()
    return sheet


def _plain(answers: Answers) -> dict:
    return {f"{item}|{fact}": entry.as_dict() for (item, fact), entry in answers.items() if entry.as_dict()}


def _refuse_second_count(sheet, asks) -> None:
    if not any(ask.kinds & COUNTING for ask in asks):
        return
    others = AssessorSheet.objects.filter(
        window=sheet.window_id, evaluation=sheet.evaluation_id, submitted_at__isnull=False
    ).exclude(pk=sheet.pk)
    if other := others.select_related("author").first():
        raise ValidationError(f"这里有按次数计分的评价项，只能由一人评，{other.author}已经提交。")


def _open_polls(actor, window, now) -> None:
    """A poll for each unit: its members vote on the items, which must all have the same levels."""
    evaluations = window.round.evaluations.select_related(
        "organization", "appointment__user", "scheme__version"
    )
    for evaluation in evaluations.order_by("pk"):
        asks = asks_in(evaluation.scheme.version.table, window.by)
        if not asks:
            continue
        levels = list(asks[0].levels)
        if any(ask.kinds != {"LEVEL"} or list(ask.levels) != levels for ask in asks):
            raise ValidationError(
                {"role": f"投票测评的评价项都要按同样的档次评，“{asks[-1].item.title}”不是。"}
            )
        on_paper = window.role == AssessorRole.PUBLIC
        voters = [] if on_paper else _voters(window, evaluation)
        if not voters and not on_paper:
            continue  # nobody there to ask
        with _at_field("role", evaluation):
            poll = open_poll(
                actor=actor,
                organization=window.round.organization,
                purpose=PollPurpose.ASSESSMENT,
                title=f"{window.round} {window}：{evaluation}"[:120],
                choices=levels,
                categories={},
                subjects=[f"{ask.item.title} {ask.fact}".strip()[:120] for ask in asks],
                voters=voters,
                on_paper=on_paper,
                opens_at=max(now, _start_of(window.opens_on)),
                closes_at=_end_of(window.closes_on),
                now=now,
            )
        AssessorPoll.objects.create(window=window, evaluation=evaluation, poll=poll)


@contextmanager
def _at_field(name, evaluation):
    """Say what a poll objects to at a field of the window, with the unit it is about."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError({name: f"{evaluation}：{error.messages[0]}"}) from error


def _voters(window, evaluation):
    """The members of the unit, of whose account nothing but that it voted is kept."""
    rows = Membership.objects.on(window.opens_on).filter(organization=evaluation.organization_id)
    members = [each.member for each in rows.select_related("member__user").order_by("pk")]
    return [(getattr(each, "user", None), each, "") for each in members]


def _gathering(actor, round) -> EvaluationRound:
    kept = lock_round(round.pk, RoundState.COLLECTING)
    actor.require(Right.EVALUATE, kept.organization)
    return kept


def _locked_window(actor, window) -> AssessorWindow:
    held = _gathering(actor, window.round)
    kept = AssessorWindow.objects.select_for_update(of=("self",)).get(pk=window.pk)
    kept.round = held
    return kept


def _check_days(actor, opens_on, closes_on) -> None:
    if closes_on < opens_on:
        raise ValidationError({"closes_on": "截止不能早于开始。"})
    if closes_on < actor.today:
        raise ValidationError({"closes_on": "截止不能早于今天。"})


def _start_of(day) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(0, 0)))


def _end_of(day) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
