"""Rounds as their committee sees them: how far they are, and where each unit stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Max, Q

from accountability import filling
from accountability.choices import EntryOrigin, ObjectionState, RoundState, Subject
from accountability.evaluation_access import is_committee, sees_points
from accountability.known import filled_in
from accountability.models import (
    AssessorWindow,
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
    Objection,
    RoundScheme,
)
from accountability.querysets import EvaluationQuerySet
from branches.access import Actor, Right
from branches.choices import TaskState
from branches.models import Organization
from branches.querysets.organizations import MOST_LETTERS

PAGE = 50
RECENT = 8
OUTDATED = Q(evaluated_at__isnull=True) | Q(changed_at__gt=F("evaluated_at"))


@dataclass(frozen=True)
class RoundLine:
    """A round as a list shows it."""

    round: EvaluationRound
    evaluations: int
    outdated: int
    objections: int

    @property
    def is_busy(self) -> bool:
        return self.round.run_state in (TaskState.WAITING, TaskState.RUNNING)


def round_lines(
    organization: Organization, year: int | None = None, most: int | None = None
) -> list[RoundLine]:
    """The rounds a committee conducts, the newest first. Three queries."""
    rows = EvaluationRound.objects.filter(organization=organization).select_related("organization", "author")
    if year:
        rows = rows.filter(year=year)
    rounds = list(rows[:most] if most else rows)
    numbers = {
        row["round"]: row
        for row in Evaluation.objects.filter(round__in=rounds)
        .order_by()
        .values("round")
        .annotate(every=Count("pk"), outdated=Count("pk", filter=OUTDATED))
    }
    waiting = dict(
        Objection.objects.filter(evaluation__round__in=rounds, state=ObjectionState.OPEN)
        .order_by()
        .values_list("evaluation__round")
        .annotate(number=Count("pk"))
    )
    nothing = {"every": 0, "outdated": 0}
    return [
        RoundLine(
            each,
            numbers.get(each.pk, nothing)["every"],
            numbers.get(each.pk, nothing)["outdated"],
            waiting.get(each.pk, 0),
        )
        for each in rounds
    ]


# what was filled in


@dataclass(frozen=True)
class Filled:
    """How many of the items asked of a unit it has stated something about."""

    done: int
    asked: int

    @property
    def state(self) -> str:
        """unfilled, partly or filled."""
        if self.done >= self.asked:
            return "filled"
        return "partly" if self.done else "unfilled"


def asked_items(pinned: RoundScheme) -> set[str]:
    """The items a unit itself has to say something about."""
    table = pinned.version.table
    known = filled_in(table)
    return {
        ask.item.key
        for ask in filling.asks_of(table)
        if ask.is_owed and ask.is_asked_of_unit((ask.item.key, ask.fact) in known)
    }


def filled_of(evaluations: EvaluationQuerySet, asked: Mapping[int, set[str]]) -> dict[int, Filled]:
    """By evaluation; `asked` by the key of its `RoundScheme`. Two queries."""
    schemes = dict(evaluations.order_by().values_list("pk", "scheme"))
    items = set().union(*asked.values()) if asked else set()
    rows = (
        EvaluationEntry.objects.filter(
            evaluation__in=evaluations.order_by().values("pk"),
            item__in=items,
            withdrawn_at__isnull=True,
            origin__in=(EntryOrigin.HAND, EntryOrigin.CORRECTED),
        )
        .order_by()
        .values_list("evaluation")
        .annotate(items=Count("item", distinct=True))
    )
    counted = dict(rows)
    return {
        pk: Filled(min(counted.get(pk, 0), len(asked[scheme])), len(asked[scheme]))
        for pk, scheme in schemes.items()
    }


# one round


@dataclass(frozen=True)
class SchemeLine:
    """A scheme of a round: the version it goes by, how many it scores, and the latest version there is."""

    pinned: RoundScheme
    evaluations: int
    latest: int

    @property
    def has_later(self) -> bool:
        return self.latest > self.pinned.version.number


@dataclass(frozen=True)
class EvaluationRow:
    evaluation: Evaluation
    filled: Filled


@dataclass(frozen=True)
class RoundPage:
    """Everything the page of a round shows. `filled` says how many units have stated all, some and nothing; `is_ripe`
    that nothing more is to be expected of them."""

    round: EvaluationRound
    schemes: list[SchemeLine]
    windows: list[AssessorWindow]
    evaluations: int
    outdated: int
    faulty: list[Evaluation]
    faults: int
    disputes: int
    objections: int
    filled: dict[str, int]
    grades: list[str]
    groups: list[str]
    rows: list[EvaluationRow]
    matching: int
    after: str
    is_personal: bool
    is_ripe: bool

    @property
    def is_busy(self) -> bool:
        return self.round.run_state in (TaskState.WAITING, TaskState.RUNNING)


def round_page(round: EvaluationRound, filters: Mapping[str, str], after: str, today: date) -> RoundPage:
    """One round with one page of those it evaluates, in the order of the tree; a constant number of queries.

    `filters`: words of a name (`unit`), `grade`, `group`, `scheme` and `show` (outdated, faulty, objected, unfilled,
    partly, filled).
    """
    round = EvaluationRound.objects.select_related("organization", "author").get(pk=round.pk)
    every = round.evaluations.all()
    pinned = list(
        round.schemes.select_related("scheme", "version")
        .annotate(latest=Max("scheme__versions__number"))
        .order_by("pk")
    )
    by_scheme = dict(every.order_by().values_list("scheme").annotate(number=Count("pk")))
    asked = {each.pk: asked_items(each) for each in pinned}
    filled = filled_of(every, asked)
    numbers = every.aggregate(
        every=Count("pk"), outdated=Count("pk", filter=OUTDATED), faulty=Count("pk", filter=~Q(faults=[]))
    )
    waiting = Objection.objects.filter(evaluation__round=round, state=ObjectionState.OPEN).aggregate(
        disputes=Count("pk", filter=Q(entry__isnull=False)), every=Count("pk")
    )
    states: dict[str, int] = {"filled": 0, "partly": 0, "unfilled": 0}
    for each in filled.values():
        states[each.state] += 1
    matching = matching_evaluations(round, filters, filled)
    rows, following = _page(matching, after)
    return RoundPage(
        round=round,
        schemes=[SchemeLine(each, by_scheme.get(each.pk, 0), each.latest) for each in pinned],
        windows=list(round.windows.all()),
        evaluations=numbers["every"],
        outdated=numbers["outdated"],
        faulty=list(_along(every.exclude(faults=[]).order_by("organization__path", "pk"))[:RECENT]),
        faults=numbers["faulty"],
        disputes=waiting["disputes"],
        objections=waiting["every"],
        filled=states,
        grades=_distinct(every, "grade"),
        groups=_distinct(every, "group"),
        rows=[EvaluationRow(each, filled[each.pk]) for each in rows],
        matching=matching.count(),
        after=following,
        is_personal=any(each.scheme.subject == Subject.PERSON for each in pinned),
        is_ripe=today > round.fill_until or states["filled"] == len(filled),
    )


def matching_evaluations(
    round: EvaluationRound, filters: Mapping[str, str], filled: Mapping[int, Filled] | None = None
) -> EvaluationQuerySet:
    """The evaluations of a round that a filter leaves; `filled` as `filled_of` says, looked up when it is needed."""
    rows = round.evaluations.all()
    if unit := filters.get("unit", "").strip()[:MOST_LETTERS]:
        named = Organization.objects.below(round.organization).named(unit).order_by().values("pk")
        rows = rows.filter(Q(organization__in=named) | Q(appointment__user__name__contains=unit))
    for name in ("grade", "group"):
        if filters.get(name):
            rows = rows.filter(**{name: filters[name]})
    if filters.get("scheme", "").isdecimal():
        rows = rows.filter(scheme=int(filters["scheme"]))
    show = filters.get("show", "")
    if show == "outdated":
        rows = rows.filter(OUTDATED)
    elif show == "faulty":
        rows = rows.exclude(faults=[])
    elif show == "objected":
        rows = rows.filter(pk__in=Objection.objects.filter(state=ObjectionState.OPEN).values("evaluation"))
    elif show in ("unfilled", "partly", "filled"):
        if filled is None:
            pinned = round.schemes.select_related("version")
            filled = filled_of(round.evaluations.all(), {each.pk: asked_items(each) for each in pinned})
        rows = rows.filter(pk__in=[pk for pk, each in filled.items() if each.state == show])
    return rows


def _page(rows: EvaluationQuerySet, after: str) -> tuple[list[Evaluation], str]:
    """One page in the order of the tree, walked by key ("path~pk")."""
    path, _, pk = after.rpartition("~")
    if path and pk.isdecimal():
        here = Q(organization__path=path, pk__gt=int(pk))
        rows = rows.filter(Q(organization__path__gt=path) | here)
    found = list(_along(rows).order_by("organization__path", "pk")[: PAGE + 1])
    page = found[:PAGE]
    following = f"{page[-1].organization.path}~{page[-1].pk}" if len(found) > PAGE else ""
    return page, following


def _along(rows: EvaluationQuerySet) -> EvaluationQuerySet:
    return rows.select_related(
        "organization__parent", "appointment__user", "appointment__organization", "scheme__scheme"
    )


def _distinct(rows: EvaluationQuerySet, name: str) -> list[str]:
    found = rows.exclude(**{name: ""}).order_by(name).values_list(name, flat=True)
    return list(found.distinct())


# who else could be evaluated


def candidates_of(round: EvaluationRound, filters: Mapping[str, str], units):
    """Those of `units` below that are not in the round; of a round over officers those without any."""
    inside = round.evaluations.order_by().values("organization")
    rows = units.exclude(pk__in=inside).select_related("parent")
    if filters.get("level", "").isdecimal():
        rows = rows.filter(level=int(filters["level"]))
    return rows.named(filters["unit"]) if filters.get("unit", "").strip() else rows


# the first page


@dataclass(frozen=True)
class OwnEvaluation:
    """What is evaluated of the reader's own unit or of the reader: `shows` says whether points may be seen yet."""

    evaluation: Evaluation
    shows: bool
    may_fill: bool


@dataclass(frozen=True)
class SharedRound:
    """A round of a committee above, with how many of the units below here it evaluates."""

    round: EvaluationRound
    evaluations: int


@dataclass(frozen=True)
class EvaluationHome:
    """Where somebody begins: what is asked of them, what they conduct, what waits."""

    own: list[OwnEvaluation]
    mine: list[OwnEvaluation]
    rounds: list[RoundLine]
    shared: list[SharedRound]
    waiting: int


def evaluation_home(organization: Organization, actor: Actor) -> EvaluationHome:
    """Seven queries at most. One's own result as an officer is shown on the page of one's own organisation."""
    rows = (
        Evaluation.objects.exclude(round__state=RoundState.WITHDRAWN)
        .select_related(
            "round__organization", "organization", "appointment__user", "appointment__organization"
        )
        .order_by("-round__year", "-round__pk")
    )
    is_here = actor.organization is not None and actor.organization.pk == organization.pk
    own = rows.filter(organization=organization, appointment__isnull=True)[:RECENT]
    mine = rows.filter(appointment__user=actor.user)[:RECENT] if is_here else []
    rounds = round_lines(organization, most=RECENT) if organization.is_committee else []
    return EvaluationHome(
        [_own(each, actor) for each in own],
        [_own(each, actor) for each in mine],
        rounds,
        _shared(organization) if organization.is_committee else [],
        sum(line.objections for line in rounds),
    )


def _own(evaluation: Evaluation, actor: Actor) -> OwnEvaluation:
    is_personal = evaluation.appointment_id is not None
    may_fill = evaluation.round.state == RoundState.COLLECTING and (
        is_personal or actor.may(Right.FILL_EVALUATIONS, evaluation.organization)
    )
    return OwnEvaluation(
        evaluation,
        sees_points(actor, evaluation),
        may_fill and actor.today <= evaluation.round.fill_until,
    )


def _shared(organization: Organization) -> list[SharedRound]:
    """One query for the numbers, one for the rounds."""
    below = (
        Evaluation.objects.of_units()
        .in_subtree(organization)
        .exclude(organization=organization)
        .exclude(
            round__organization__path__gte=organization.path,
            round__organization__path__lt=organization.path + "~",
        )
        .exclude(round__state=RoundState.WITHDRAWN)
        .order_by("-round")
        .values_list("round")
        .annotate(number=Count("pk"))[:RECENT]
    )
    numbers = dict(below)
    rounds = EvaluationRound.objects.filter(pk__in=numbers).select_related("organization")
    return [SharedRound(each, numbers[each.pk]) for each in rounds]


@dataclass(frozen=True)
class SharedPage:
    """The units below an organisation that a committee above evaluates, with points once they are shown."""

    round: EvaluationRound
    rows: list[Evaluation]
    shows: bool
    after: str


def shared_page(organization: Organization, round: EvaluationRound, actor: Actor, after: str) -> SharedPage:
    """One page in the order of the tree; officers are left to their committee and themselves."""
    rows = round.evaluations.of_units().in_subtree(organization)
    page, following = _page(rows, after)
    shows = is_committee(actor, round) or round.state in (RoundState.SHOWN, RoundState.PUBLISHED)
    return SharedPage(round, page, shows, following)
