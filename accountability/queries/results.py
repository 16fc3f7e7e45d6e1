"""One evaluation as a sheet: every point with its fact, its rule, its clause and what was objected to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch
from django.urls import reverse

from accountability import scoring
from accountability.choices import AssessorRole, EntryOrigin, ObjectionState, RoundState
from accountability.evaluation_access import is_committee, is_evaluated, sees_points
from accountability.models import (
    Adjustment,
    AssessorWindow,
    EntryEvidence,
    EntryFile,
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
    Objection,
    ResultSheet,
    SchemeVersion,
)
from accountability.sheets import Sheet, fact_in_words, sheet_of

#: Bodies of many persons: nobody is to be recognised by what they gave.
SECRET_ROLES = (AssessorRole.PEERS, AssessorRole.MEMBERS, AssessorRole.PUBLIC)


@dataclass(frozen=True)
class Evidence:
    """What a fact rests on, and the address that opens it, through its own door."""

    name: str
    url: str = ""


@dataclass(frozen=True)
class FactRow:
    """One fact of an item: what, when, from whom, on which evidence."""

    words: str
    on: date | None
    who: str
    evidence: list[Evidence]


@dataclass(frozen=True)
class ResultPage:
    """Everything the sheet of one evaluation shows."""

    evaluation: Evaluation
    version: SchemeVersion
    sheet: Sheet
    shows_points: bool
    is_committee: bool
    may_object: bool
    may_agree: bool
    objections: list[Objection]
    adjustments: list[Adjustment]

    @property
    def heeded(self) -> list[tuple[Adjustment, bool]]:
        """The adjustments, each with whether the table has a rule for it."""
        table = self.version.table
        return [(each, scoring.heeds(table, each.as_adjustment())) for each in self.adjustments]

    @property
    def whole(self) -> list[Objection]:
        """Objections to the result as a whole."""
        return [each for each in self.objections if not each.item]

    @property
    def open_objections(self) -> int:
        """How many objections wait for their answer."""
        return sum(each.state == ObjectionState.OPEN for each in self.objections)

    @property
    def full(self):
        """The full marks of the table."""
        return self.version.table.full


def with_round(rows):
    """Evaluations with what every page about them speaks of."""
    return rows.select_related(
        "round__organization",
        "organization",
        "appointment__user",
        "appointment__organization",
        "scheme__scheme",
        "scheme__version__scheme",
        "agreed_by",
    )


def result_page(evaluation: Evaluation, actor) -> ResultPage:
    """The sheet of an evaluation (of `with_round`) as far as the actor sees it. Eight queries, however long it is."""
    round = evaluation.round
    shows_points = sees_points(actor, evaluation)
    sheet = (
        ResultSheet.objects.select_related("version__scheme").filter(evaluation=evaluation).first()
        if shows_points
        else None
    )
    version = sheet.version if sheet else evaluation.scheme.version
    windows = AssessorWindow.objects.filter(round=round, role__in=SECRET_ROLES)
    secret = {window.by for window in windows}
    built = sheet_of(version.table, sheet.result if sheet else None)
    objections = list(
        Objection.objects.filter(evaluation=evaluation)
        .select_related("author", "answered_by")
        .order_by("raised_at", "pk")
    )
    _fill(built, evaluation, objections, secret)
    is_open = round.state == RoundState.SHOWN and actor.today <= round.objections_until
    speaks = is_open and is_evaluated(actor, evaluation)
    waiting = any(each.state == ObjectionState.OPEN for each in objections)
    return ResultPage(
        evaluation,
        version,
        built,
        shows_points,
        is_committee(actor, round),
        speaks,
        speaks and evaluation.agreed_at is None and not waiting,
        objections,
        adjustments_of([evaluation], round)[evaluation.pk] if shows_points else [],
    )


def adjustments_of(evaluations: Sequence[Evaluation], round: EvaluationRound) -> dict[int, list[Adjustment]]:
    """加分, 扣分, 称号, 一票否决, 降档 of each evaluation, by its key, as they stood when it was computed. One query."""
    rows = (
        Adjustment.objects.filter(
            organization__in={each.organization_id for each in evaluations},
            on__range=(round.starts_on, round.ends_on),
        )
        .select_related("appointment")
        .order_by("on", "pk")
    )
    found: Mapping[tuple, list[Adjustment]] = defaultdict(list)
    for row in rows:
        found[row.organization_id, row.appointment and row.appointment.user_id].append(row)
    return {
        each.pk: [
            row
            for row in found[each.organization_id, each.appointment and each.appointment.user_id]
            if each.evaluated_at
            and row.created_at <= each.evaluated_at
            and (row.withdrawn_at is None or row.withdrawn_at > each.evaluated_at)
        ]
        for each in evaluations
    }


def _fill(sheet: Sheet, evaluation: Evaluation, objections: list[Objection], secret: set[str]) -> None:
    """Put the facts and the objections beside their items."""
    entries: Mapping[str, list[EvaluationEntry]] = defaultdict(list)
    for entry in (
        EvaluationEntry.objects.filter(evaluation=evaluation, withdrawn_at__isnull=True)
        .select_related("author")
        .prefetch_related(
            Prefetch("evidence", EntryEvidence.objects.order_by("pk")),
            Prefetch("files", EntryFile.objects.filter(removed_at=None, replaced_by=None).defer("sha256")),
        )
        .order_by("on", "pk")
    ):
        entries[entry.item].append(entry)
    for row in sheet.items():
        row.rows.extend(_rows(entries[row.item.key], secret))
        row.objections.extend(each for each in objections if each.item == row.item.key)


def _rows(entries: list[EvaluationEntry], secret: set[str]) -> list[FactRow]:
    hidden: Mapping[str, int] = defaultdict(int)
    rows = []
    for entry in entries:
        if entry.origin == EntryOrigin.ASSESSOR and entry.by in secret:
            hidden[entry.by] += 1
        else:
            rows.append(FactRow(fact_in_words(entry), entry.on, _who(entry), _evidence(entry)))
    rows += [FactRow(f"{number}条评价", None, by or "评价", []) for by, number in hidden.items()]
    return rows


def _who(entry: EvaluationEntry) -> str:
    match entry.origin:
        case EntryOrigin.SYSTEM:
            return entry.get_origin_display()
        case EntryOrigin.ASSESSOR:
            return entry.by or entry.get_origin_display()
    return f"{entry.author or ''} {entry.get_origin_display()}".strip()


def _evidence(entry: EvaluationEntry) -> list[Evidence]:
    found = []
    for each in entry.evidence.all():
        if each.meeting_id:
            url = reverse("meeting-detail", args=[each.meeting_id])
        elif each.record_id:
            url = reverse("duty-record-detail", args=[each.record_id])
        else:
            url = ""
        found.append(Evidence(each.words, url))
    found += [
        Evidence(each.file_name, reverse("entry-file", args=[entry.evaluation_id, each.pk]))
        for each in entry.files.all()
    ]
    return found
