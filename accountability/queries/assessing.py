from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accountability import filling
from accountability.choices import AssessorRole, PollState, RoundState
from accountability.filling import Ask
from accountability.models import (
    AssessorPoll,
    AssessorSheet,
    AssessorWindow,
    Evaluation,
    EvaluationRound,
    RoundScheme,
)
from accountability.scoring import Scheme, Source
from branches.access import Actor, Right
from branches.choices import COMMITTEE_POSTS, Post

#: Roles of many persons, who vote in secret; the others write sheets.
BY_POLL = (AssessorRole.MEMBERS, AssessorRole.PUBLIC)
#: So many units of a window stand on the page, those that are left first.
MOST_LINES = 100


def asks_in(table: Scheme, by: str) -> list[Ask]:
    """What a body of assessors is asked in a table: the items that name it, without a name those that name nobody."""
    asks = [ask for ask in filling.asks_of(table) if ask.item.source is Source.ASSESSOR]
    return [ask for ask in asks if (by in ask.assessors if ask.assessors else not by)]


def bodies_of(round: EvaluationRound) -> list[str]:
    """The bodies of assessors that the tables of a round name, "" where an item names none. One query."""
    found: dict[str, None] = {}
    for pinned in round.schemes.select_related("version"):
        for ask in filling.asks_of(pinned.version.table):
            if ask.item.source is Source.ASSESSOR:
                found |= dict.fromkeys(ask.assessors or ("",))
    return list(found)


def is_open(window: AssessorWindow, today: date) -> bool:
    """Whether sheets are taken today."""
    return (
        window.closed_at is None
        and window.opens_on <= today <= window.closes_on
        and window.round.state == RoundState.COLLECTING
    )


def assessed_by(actor: Actor, window: AssessorWindow) -> QuerySet:
    """The evaluations that the actor scores in a window.

    SELF: one's own unit, or oneself. SUPERIOR: everybody, at the committee of the round. DIRECT: the units and officers
    right below one's own committee, whoever runs the round. PEERS: the secretary of an evaluated unit the others of its
    level, an evaluated officer the others of their unit. Nobody scores a unit in which they hold a post, for another.
    """
    rows, own = Evaluation.objects.filter(round=window.round_id), actor.organization
    mine = Q(appointment__user=actor.user)
    units = Q(appointment__isnull=True)
    held = units & Q(organization__in=[each.organization_id for each in actor.held])
    match window.role:
        case AssessorRole.SELF:
            found = mine | units & Q(organization=own) if actor.has(Right.FILL_EVALUATIONS) else mine
            return rows.filter(found)
        case AssessorRole.SUPERIOR:
            if not _sits_above(actor) or own.pk != window.round.organization_id:
                return rows.none()
            return rows.exclude(mine, appointment__isnull=False).exclude(held)
        case AssessorRole.DIRECT:
            if not _sits_above(actor):
                return rows.none()
            return (
                rows.filter(organization__parent=own).exclude(mine, appointment__isnull=False).exclude(held)
            )
        case AssessorRole.PEERS:
            colleagues = rows.filter(mine).values("organization")
            found = Q(appointment__isnull=False, organization__in=colleagues) & ~mine
            if actor.appointment.post == Post.SECRETARY:
                beside = rows.filter(units, organization=own).values("organization__level")
                found |= units & Q(organization__level__in=beside) & ~Q(organization=own)
            return rows.filter(found).exclude(held)
    return rows.none()


def _sits_above(actor) -> bool:
    """Whether the actor rates for their committee: a member of it, or who conducts evaluations there."""
    return actor.has(Right.EVALUATE) or actor.appointment.post in COMMITTEE_POSTS


def sheet_of(window: AssessorWindow, evaluation: Evaluation, actor: Actor) -> AssessorSheet | None:
    """The actor's sheet on an evaluation; of a unit that scores itself the one there is."""
    return _sheets(actor, window).filter(evaluation=evaluation).first()


@dataclass(frozen=True)
class AssessmentLine:
    """One unit to score, and how far its sheet is."""

    evaluation: Evaluation
    sheet: AssessorSheet | None

    @property
    def is_done(self) -> bool:
        return self.sheet is not None and self.sheet.submitted_at is not None


@dataclass(frozen=True)
class MyWindow:
    """A window somebody scores in: how many units, how many sheets are left, and the first of its units.

    `has_grid`: whether several are left that one page asks about together.
    """

    window: AssessorWindow
    units: int
    left: int
    is_open: bool
    lines: list[AssessmentLine]
    has_grid: bool

    @property
    def hidden(self) -> int:
        """How many units are not among the first."""
        return self.units - len(self.lines)


def windows_now(actor: Actor) -> list[AssessorWindow]:
    """The windows of rounds that gather facts, which the actor might score in. One query."""
    own = actor.organization
    if own is None:
        return []
    above = [own.path[:end] for end in range(own.steplen, len(own.path) + 1, own.steplen)]
    return list(
        AssessorWindow.objects.filter(
            round__state=RoundState.COLLECTING,
            round__organization__path__in=above,
            opens_on__lte=actor.today,
            closed_at__isnull=True,
        )
        .exclude(role__in=BY_POLL)
        .select_related("round__organization")
        .order_by("closes_on", "pk")
    )


def my_windows(actor: Actor, lines: int = MOST_LINES) -> list[MyWindow]:
    """The windows the actor scores in, open ones first, each with its first units, those left before those done.

    Six queries a window, two without lines.
    """
    found = []
    for window in windows_now(actor):
        evaluations = _with_done(actor, window)
        units = evaluations.count()
        if not units:
            continue
        left = evaluations.filter(is_done=False).count()
        shown = _lines(actor, window, evaluations, lines) if lines else []
        opened = is_open(window, actor.today)
        has_grid = (
            bool(lines) and opened and left > 1 and any(each.has_grid for each in grid_tables(actor, window))
        )
        found.append(MyWindow(window, units, left, opened, shown, has_grid))
    return sorted(found, key=lambda each: not each.is_open)


def sheets_left(actor: Actor) -> list[MyWindow]:
    """The open windows in which the actor has sheets left to hand in."""
    return [each for each in my_windows(actor, lines=0) if each.is_open and each.left]


def next_left(actor: Actor, window: AssessorWindow) -> Evaluation | None:
    """The next unit whose sheet is left. One query."""
    return _with_done(actor, window).filter(is_done=False).order_by("organization__path", "pk").first()


def _with_done(actor, window) -> QuerySet:
    done = _sheets(actor, window).filter(evaluation=OuterRef("pk"), submitted_at__isnull=False)
    return assessed_by(actor, window).annotate(is_done=Exists(done))


def _sheets(actor, window) -> QuerySet:
    rows = AssessorSheet.objects.filter(window=window)
    return rows if window.role == AssessorRole.SELF else rows.filter(author=actor.user)


def _lines(actor, window, evaluations, number) -> list[AssessmentLine]:
    first = list(
        evaluations.select_related("organization", "appointment__user", "appointment__organization").order_by(
            "is_done", "organization__path", "pk"
        )[:number]
    )
    sheets = {each.evaluation_id: each for each in _sheets(actor, window).filter(evaluation__in=first)}
    return [AssessmentLine(each, sheets.get(each.pk)) for each in first]


@dataclass(frozen=True)
class GridTable:
    """A table whose units somebody scores in a window: what it asks, of how many units, and how many are left.

    `has_grid`: whether a row a unit is enough; where a form needs to know of whom it is, a unit has its own page.
    """

    pinned: RoundScheme
    asks: list[Ask]
    units: int
    left: int

    @property
    def has_grid(self) -> bool:
        return bool(self.asks) and not any(ask.of_members or ask.of_charges for ask in self.asks)


def grid_tables(actor: Actor, window: AssessorWindow) -> list[GridTable]:
    """The tables by which the actor scores several units in a window. Two queries."""
    numbers = {
        row["scheme"]: row
        for row in _with_done(actor, window)
        .order_by()
        .values("scheme")
        .annotate(units=Count("pk"), left=Count("pk", filter=Q(is_done=False)))
    }
    pinned = RoundScheme.objects.filter(pk__in=list(numbers)).select_related("version__scheme")
    return [
        GridTable(
            each,
            asks_in(each.version.table, window.by),
            numbers[each.pk]["units"],
            numbers[each.pk]["left"],
        )
        for each in pinned.order_by("pk")
    ]


def grid_rows(actor: Actor, window: AssessorWindow, pinned: RoundScheme) -> QuerySet:
    """The units of a table that the actor scores in a window, in the order of the tree."""
    return (
        assessed_by(actor, window)
        .filter(scheme=pinned)
        .select_related("organization", "appointment__user", "appointment__organization")
        .order_by("organization__path", "pk")
    )


def sheets_on(
    actor: Actor, window: AssessorWindow, evaluations: list[Evaluation]
) -> dict[int, AssessorSheet]:
    """The actor's sheets on evaluations, by evaluation. One query."""
    rows = _sheets(actor, window).filter(evaluation__in=evaluations).select_related("author")
    return {each.evaluation_id: each for each in rows}


def sheets_of(window: AssessorWindow) -> QuerySet:
    """The sheets of a window for its committee: whose they are and how far, handed in ones first."""
    return (
        AssessorSheet.objects.filter(window=window, evaluation__removed_at__isnull=True)
        .select_related(
            "evaluation__organization", "evaluation__appointment__user", "author", "appointment__organization"
        )
        .order_by(F("submitted_at").asc(nulls_last=True), "pk")
    )


def polls_of(window: AssessorWindow) -> QuerySet:
    """The polls of a window by unit, each with `due` voters and how many have `voted`."""
    return (
        AssessorPoll.objects.filter(window=window)
        .select_related("evaluation__organization", "evaluation__appointment__user", "poll")
        .annotate(
            due=Count("poll__voters"), voted=Count("poll__voters", filter=Q(poll__voters__has_voted=True))
        )
        .order_by("evaluation__organization__path", "pk")
    )


@dataclass(frozen=True)
class WindowRow:
    """A window as its committee sees it: how many sheets were handed in, or how its polls stand."""

    window: AssessorWindow
    handed_in: int
    drafts: int
    units: int
    polls: int
    open_polls: int
    is_open: bool


def window_rows(round: EvaluationRound, today: date) -> list[WindowRow]:
    """Three queries."""
    windows = list(round.windows.order_by("opens_on", "pk"))
    sheets = {
        row["window"]: row
        for row in AssessorSheet.objects.filter(window__in=windows)
        .order_by()
        .values("window")
        .annotate(
            handed_in=Count("pk", filter=Q(submitted_at__isnull=False)),
            drafts=Count("pk", filter=Q(submitted_at__isnull=True)),
            units=Count("evaluation", distinct=True, filter=Q(submitted_at__isnull=False)),
        )
    }
    polls = {
        row["pk"]: row
        for row in round.windows.order_by()
        .values("pk")
        .annotate(all=Count("polls"), open=Count("polls", filter=Q(polls__poll__state=PollState.OPEN)))
    }
    rows = []
    for window in windows:
        window.round = round
        said, voted = sheets.get(window.pk, {}), polls.get(window.pk, {})
        rows.append(
            WindowRow(
                window,
                said.get("handed_in", 0),
                said.get("drafts", 0),
                said.get("units", 0),
                voted.get("all", 0),
                voted.get("open", 0),
                is_open(window, today),
            )
        )
    return rows
