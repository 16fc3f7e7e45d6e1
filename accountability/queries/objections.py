from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q

from accountability.actions.publication import Standing, standing_of
from accountability.choices import ObjectionState, RoundState
from accountability.evaluation_access import is_evaluated, runs_round
from accountability.models import Evaluation, EvaluationRound, Objection
from accountability.sheets import fact_in_words
from branches.paging import slice_after


@dataclass(frozen=True)
class Tab:
    """A state with how many objections are in it."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class ObjectionsPage:
    """The objections of one round in a state, oldest first; `standing` says what is left before the next step."""

    rows: list[Objection]
    tabs: list[Tab]
    state: str
    standing: Standing
    may_run: bool
    next_url: str


def objections_page(round: EvaluationRound, state: str, after: str, actor) -> ObjectionsPage:
    """Ten queries at most, however many objections there are."""
    rows = Objection.objects.filter(evaluation__round=round, evaluation__removed_at__isnull=True)
    counts = rows.aggregate(
        **{value: Count("pk", filter=Q(state=value)) for value in ObjectionState.values}, all=Count("pk")
    )
    tabs = [Tab("", "全部", counts["all"])]
    tabs += [Tab(value, label, counts[value]) for value, label in ObjectionState.choices]
    if state:
        rows = rows.filter(state=state)
    page = slice_after(
        rows.select_related("organization", "evaluation__scheme__version", "answered_by"),
        "pk",
        after if after.isdecimal() else "",
    )
    name_items(page.rows)
    query = {"state": state} if state else {}
    return ObjectionsPage(
        page.rows,
        tabs,
        state,
        standing_of(round, actor.today),
        runs_round(actor, round),
        f"?{urlencode(query | {'after': page.after})}" if page.after else "",
    )


def name_items(objections: list[Objection]) -> None:
    """Give every objection `subject`: what it is about, in words; each table is read once."""
    titles: dict[int, dict[str, str]] = {}
    for each in objections:
        version = each.evaluation.scheme.version
        if version.pk not in titles:
            titles[version.pk] = {item.key: item.title for _, item in version.table.items()}
        each.subject = titles[version.pk].get(each.item, each.item) or "整个结果"


@dataclass(frozen=True)
class ObjectionPage:
    """One objection with its answer; `fact` is the figure of the system it disputes, which is settled elsewhere."""

    objection: Objection
    evaluation: Evaluation
    fact: str
    may_answer: bool
    may_settle: bool
    may_take_back: bool

    @property
    def is_open(self) -> bool:
        """Whether it waits for its answer."""
        return self.objection.state == ObjectionState.OPEN


def objection_page(objection: Objection, evaluation: Evaluation, actor) -> ObjectionPage:
    """One objection to an evaluation of `with_round`. One query."""
    objection = Objection.objects.select_related("organization", "author", "answered_by", "entry").get(
        pk=objection.pk
    )
    objection.evaluation = evaluation
    name_items([objection])
    round = evaluation.round
    answers = (
        objection.state == ObjectionState.OPEN
        and runs_round(actor, round)
        and objection.author_id != actor.user.pk
    )
    return ObjectionPage(
        objection,
        evaluation,
        fact_in_words(objection.entry) if objection.entry_id else "",
        answers and objection.entry_id is None and round.state == RoundState.SHOWN,
        answers and objection.entry_id is not None and round.state == RoundState.COLLECTING,
        objection.state == ObjectionState.OPEN
        and is_evaluated(actor, evaluation)
        and round.state == (RoundState.COLLECTING if objection.entry_id else RoundState.SHOWN),
    )
