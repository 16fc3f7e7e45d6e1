"""评星晋级: the grades of a round with what caused them, beside last year's; quotas, ties and how grades are spread.

In the order of the organisations and without ranks. Persons are listed, and compared with nobody.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlencode

from accountability.choices import AdjustmentKind
from accountability.models import Adjustment, Evaluation, EvaluationRound, ResultSheet, RoundScheme
from accountability.quarters import LEAST_SHOWN, Quarters, quarters_of
from accountability.scoring import Peers, heeds
from accountability.scoring.numbers import shown
from accountability.scoring.rules.grades import room_for

from .comparison import similar_in_words
from .results import adjustments_of

SIZE = 50
#: So many of those just below a grade are looked at for equals at its edge.
LOOKED_AT = 30
_OF_GRADES = (AdjustmentKind.TITLE, AdjustmentKind.VETO, AdjustmentKind.DOWNGRADE)


class Change(StrEnum):
    """A grade beside that of the year before."""

    UP = "up"
    SAME = "same"
    DOWN = "down"
    NEW = "new"

    @property
    def label(self) -> str:
        """Chinese name."""
        return _LABELS[self]

    @property
    def tone(self) -> str:
        """Tone of its badge."""
        return {Change.UP: "done", Change.DOWN: "alert"}.get(self, "plain")


_LABELS = {Change.UP: "晋级", Change.SAME: "保级", Change.DOWN: "降级", Change.NEW: "上年没有"}


@dataclass
class GradeRow:
    """One result; `steps` are the decisions about its grade, `causes` the adjustments that were among them."""

    evaluation: Evaluation
    before: str
    change: Change | None
    steps: list[Mapping] = field(default_factory=list)
    causes: list[Adjustment] = field(default_factory=list)


@dataclass(frozen=True)
class QuotaLine:
    """How far the places of one grade are taken, in words."""

    where: str
    grade: str
    number: int
    room: int
    beside: int
    tie: str

    @property
    def words(self) -> str:
        """优秀 12 / 至多 15."""
        beside = f"（其中{self.beside}个直接定等次，不占名额）" if self.beside else ""
        return f"{self.grade} {self.number} / 至多 {self.room}{beside}"


@dataclass(frozen=True)
class SpreadLine:
    """How the grades of similar units are spread; quarters only where nobody is recognised by them."""

    words: str
    units: int
    grades: list[int]
    quarters: Quarters | None


@dataclass(frozen=True)
class Tab:
    """A filter with its number."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class GradesPage:
    """The page of a round; `quarters` of each table are those plans are asked by."""

    rows: list[GradeRow]
    tabs: list[Tab]
    change: str
    grade: str
    grades: list[Tab]
    quotas: list[QuotaLine]
    spread: list[SpreadLine]
    total: str
    of_units: bool
    next_url: str


def grades_page(round: EvaluationRound, change: str, grade: str, after: str) -> GradesPage:
    """Seven queries, however many units there are."""
    pinned = {
        each.pk: each for each in round.schemes.select_related("scheme", "version__scheme").order_by("pk")
    }
    evaluations = list(
        Evaluation.objects.filter(round=round)
        .select_related("organization", "appointment__user", "appointment__organization")
        .order_by("organization__path", "pk")
    )
    before = _year_before(round, pinned)
    rows = [_row(each, pinned, before) for each in evaluations]
    counts = Counter(row.change for row in rows)
    of_units = any(row.evaluation.appointment_id is None for row in rows)
    found = [
        row
        for row in rows
        if (not change or row.change == change) and (not grade or row.evaluation.grade == grade)
    ]
    start = int(after[:9]) if after.isdecimal() else 0
    page = found[start : start + SIZE]
    _explain(page, round, pinned)
    titles = list(dict.fromkeys(title for each in pinned.values() for title in each.version.table.grades))
    numbers = Counter(each.grade for each in evaluations)
    query = {name: value for name, value in (("change", change), ("grade", grade)) if value}
    return GradesPage(
        page,
        [
            Tab("", "全部", len(rows)),
            *(Tab(each, each.label, counts[each]) for each in Change if counts[each]),
        ],
        change,
        grade,
        [Tab(title, title, numbers[title]) for title in titles],
        _quotas(evaluations, pinned),
        _spread(evaluations, titles),
        f"共 {len(found)} 个",
        of_units,
        f"?{urlencode(query | {'after': start + SIZE})}" if start + SIZE < len(found) else "",
    )


def _year_before(round: EvaluationRound, pinned: Mapping[int, RoundScheme]) -> dict[tuple[int, str], str]:
    """The last published grade of every unit, by organisation and code of the scheme."""
    rows = (
        Evaluation.objects.of_units()
        .published()
        .filter(
            round__organization=round.organization_id,
            round__year__lt=round.year,
            scheme__scheme__code__in={each.scheme.code for each in pinned.values()},
        )
        .order_by("round__year", "round__pk")
        .values_list("organization", "scheme__scheme__code", "grade")
    )
    return {(unit, code): grade for unit, code, grade in rows}


def _row(evaluation: Evaluation, pinned: Mapping[int, RoundScheme], before: Mapping) -> GradeRow:
    if evaluation.appointment_id is not None:
        return GradeRow(evaluation, "", None)
    scheme = pinned[evaluation.scheme_id]
    last = before.get((evaluation.organization_id, scheme.scheme.code), "")
    grades = scheme.version.table.grades
    if not last:
        change = Change.NEW
    elif last not in grades or evaluation.grade not in grades:
        change = None
    else:
        step = grades.index(evaluation.grade) - grades.index(last)
        change = Change.SAME if step == 0 else Change.UP if step < 0 else Change.DOWN
    return GradeRow(evaluation, last, change)


def _explain(rows: list[GradeRow], round: EvaluationRound, pinned: Mapping[int, RoundScheme]) -> None:
    """Put beside each row how its grade came about, with the adjustments that did it."""
    steps = dict(
        ResultSheet.objects.filter(evaluation__in=[row.evaluation.pk for row in rows]).values_list(
            "evaluation", "result__grading"
        )
    )
    causes = adjustments_of([row.evaluation for row in rows], round)
    for row in rows:
        row.steps = steps.get(row.evaluation.pk) or []
        table = pinned[row.evaluation.scheme_id].version.table
        row.causes = [
            each
            for each in causes[row.evaluation.pk]
            if each.kind in _OF_GRADES and heeds(table, each.as_adjustment())
        ]


def _quotas(evaluations: list[Evaluation], pinned: Mapping[int, RoundScheme]) -> list[QuotaLine]:
    peers: dict[tuple[int, str], list[Evaluation]] = defaultdict(list)
    for each in evaluations:
        if each.total is not None:
            by_group = pinned[each.scheme_id].version.table.peers is Peers.GROUP
            peers[each.scheme_id, each.group if by_group else ""].append(each)
    asked = []
    for (scheme, group), units in sorted(peers.items()):
        table = pinned[scheme].version.table
        where = " ".join(filter(None, (table.title if len(pinned) > 1 else "", group)))
        for rule in table.of_kind("QUOTA"):
            for place, grade in enumerate(table.grades):
                room = room_for(rule, grade, len(units))
                if room is not None:
                    below = [each for each in units if each.grade in table.grades[place + 1 :]]
                    below.sort(key=lambda each: -each.total)
                    asked.append((where, grade, units, room, rule["ties"], below[:LOOKED_AT]))
    looked_at = {each.pk for _, grade, units, _, _, below in asked for each in below} | {
        each.pk
        for _, grade, units, room, _, _ in asked
        for each in units
        if each.grade == grade and _number(units, grade) > room
    }
    steps = dict(
        ResultSheet.objects.filter(evaluation__in=looked_at).values_list("evaluation", "result__grading")
    )
    return [_quota_line(*each, steps) for each in asked]


def _number(units, grade) -> int:
    return sum(each.grade == grade for each in units)


def _quota_line(where, grade, units, room, ties, below, steps) -> QuotaLine:
    number = _number(units, grade)
    beside = 0
    if number > room:
        beside = sum(
            any(step["kind"] == "DIRECT_GRADE" for step in steps.get(each.pk) or ())
            for each in units
            if each.grade == grade
        )
    tie = ""
    if number - beside > room and ties == "higher":
        tie = f"名额边上总分并列的都录取，超出{number - beside - room}个。"
    elif number < room:
        fallen = [each for each in below if _fell(steps.get(each.pk))]
        equal = [each for each in fallen if each.total == fallen[0].total]
        if len(equal) > room - number:
            tie = (
                f"余{room - number}个名额，{shown(equal[0].total)}分有{len(equal)}个并列，"
                "不够全部录取，都落入下一等次。"
            )
    return QuotaLine(where, grade, number, room, beside, tie)


def _fell(steps) -> bool:
    return any(step["kind"] == "QUOTA" for step in steps or ())


def _spread(evaluations: list[Evaluation], titles: list[str]) -> list[SpreadLine]:
    similar: dict[tuple, list[Evaluation]] = defaultdict(list)
    for each in evaluations:
        if each.appointment_id is None and each.total is not None:
            unit = each.organization
            similar[each.scheme_id, unit.level, unit.kind, unit.sector].append(each)
    return [
        SpreadLine(
            similar_in_words(units[0].organization),
            len(units),
            [sum(each.grade == title for each in units) for title in titles],
            quarters_of((each.total for each in units), LEAST_SHOWN),
        )
        for _, units in sorted(similar.items(), key=lambda pair: tuple(map(str, pair[0])))
    ]


@dataclass(frozen=True)
class TableQuarters:
    """The units of one table (and of one group, where only groups are compared) with their quarters."""

    pinned: RoundScheme
    group: str
    units: list[Evaluation]
    quarters: Quarters | None

    @property
    def title(self) -> str:
        """The table, and the group."""
        return " ".join(filter(None, (self.pinned.version.table.title, self.group)))


def quarters_by_table(round: EvaluationRound) -> list[TableQuarters]:
    """The quarters of a round, each table apart; persons have none. Two queries."""
    found: dict[tuple[int, str], list[Evaluation]] = defaultdict(list)
    pinned = {each.pk: each for each in round.schemes.select_related("version__scheme")}
    for each in (
        Evaluation.objects.of_units()
        .filter(round=round, total__isnull=False)
        .select_related("organization")
        .order_by("organization__path")
    ):
        by_group = pinned[each.scheme_id].version.table.peers is Peers.GROUP
        found[each.scheme_id, each.group if by_group else ""].append(each)
    return [
        TableQuarters(pinned[scheme], group, units, quarters_of(each.total for each in units))
        for (scheme, group), units in sorted(found.items())
    ]
