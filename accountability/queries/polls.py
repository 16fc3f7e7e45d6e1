from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q

from accountability.choices import AppraisalStep, PollPurpose, PollState, SessionState
from accountability.models import Poll, PollSubject, PollVoter, WorkReport
from accountability.tallies import Paper, SubjectTally, Tally, add_papers, agreed_papers, pile_up, tally
from branches.access import Right
from branches.models import User

#: Whose post runs a poll of a purpose may see how it stands and what came of it.
RIGHT_OF = {
    PollPurpose.REVIEW: Right.EVALUATE,
    PollPurpose.APPRAISAL: Right.APPRAISE,
    PollPurpose.ASSESSMENT: Right.EVALUATE,
}


@dataclass(frozen=True)
class Turnout:
    """How many of a category are entitled, how many of them on screen, and how many have voted there; who has is
    nobody's business."""

    category: str
    due: int
    voted: int
    on_screen: int

    @property
    def waiting(self) -> int:
        return self.on_screen - self.voted


@dataclass(frozen=True)
class SubjectResult:
    """One subject with what it was given; `tally` is None while the result is kept closed."""

    subject: PollSubject
    tally: SubjectTally | None


@dataclass(frozen=True)
class PollResults:
    """What came of a poll. `disputed`: categories whose paper ballots no two persons have counted alike yet; the
    result waits for them, because adding a few ballots to a result already seen would show what they say."""

    poll: Poll
    tally: Tally | None
    subjects: list[SubjectResult]
    turnout: list[Turnout]
    disputed: list[str]

    @property
    def is_shown(self) -> bool:
        return self.tally is not None and not self.tally.is_hidden

    @property
    def due(self) -> int:
        return sum(each.due for each in self.turnout)

    @property
    def voted(self) -> int:
        return sum(each.voted for each in self.turnout)

    @property
    def on_screen(self) -> int:
        return sum(each.on_screen for each in self.turnout)


def poll_results(poll: Poll) -> PollResults:
    """Four queries; the ballots are read only of a closed poll."""
    subjects = list(poll.subjects.order_by("number"))
    turnout = turnout_of(poll)
    if poll.state != PollState.CLOSED:
        return PollResults(poll, None, [SubjectResult(each, None) for each in subjects], turnout, [])
    agreed, disputed = agreed_papers(_papers(poll))
    result = None
    if not disputed:
        result = tally(
            piles=add_papers(pile_up(poll.ballots.values_list("category", "answers")), agreed),
            weights={name: poll.categories[name] for name in categories_of(poll) if name},
            choices=poll.choices,
            subjects=[each.number for each in subjects],
        )
    return PollResults(
        poll=poll,
        tally=result,
        subjects=[SubjectResult(each, result.of(each.number) if result else None) for each in subjects],
        turnout=turnout,
        disputed=disputed,
    )


def is_settled(poll: Poll) -> bool:
    """Whether the result may be looked at: the poll is closed, and no more paper ballots are counted into it.

    Read `poll` with its `session`, `programme` and `assessment`.
    """
    if poll.state != PollState.CLOSED:
        return False
    if session := getattr(poll, "session", None):
        return session.state in (SessionState.GRADING, SessionState.PUBLISHED)
    if programme := getattr(poll, "programme", None):
        return programme.step not in (AppraisalStep.SELF, AppraisalStep.PEERS, AppraisalStep.POLL)
    if assessment := getattr(poll, "assessment", None):
        return assessment.taken_up_at is not None
    return True


def read_before(poll: Poll) -> dict[int, WorkReport]:
    """What a voter may read of those reporting before rating them: number of the subject → report. One query."""
    if poll.purpose != PollPurpose.REVIEW:
        return {}
    reports = WorkReport.objects.filter(subject__poll=poll, submitted_at__isnull=False)
    return {each.subject.number: each for each in reports.select_related("subject")}


def has_votes(poll: Poll) -> bool:
    """Whether anybody has voted, on screen or, by what was counted, on paper."""
    return poll.voters.filter(has_voted=True).exists() or poll.paper_counts.exists()


def turnout_of(poll: Poll) -> list[Turnout]:
    """By category, the weightiest first. One query."""
    rows = {
        row["category"]: Turnout(**row)
        for row in poll.voters.order_by()
        .values("category")
        .annotate(
            due=Count("pk"),
            voted=Count("pk", filter=Q(has_voted=True)),
            on_screen=Count("pk", filter=Q(user__isnull=False)),
        )
    }
    return [rows.get(category, Turnout(category, 0, 0, 0)) for category in categories_of(poll)]


def categories_of(poll: Poll) -> list[str]:
    """The categories of a poll, the weightiest first, as a database keeps no order of them; [""] for a poll without."""
    return sorted(poll.categories, key=lambda name: (-Decimal(poll.categories[name]), name)) or [""]


@dataclass(frozen=True)
class MyPoll:
    """One poll somebody may vote in, and where they stand with it."""

    voter: PollVoter
    state: str

    @property
    def may_vote(self) -> bool:
        return self.state == "open"


def my_polls(user: User, now: datetime) -> list[MyPoll]:
    """The polls of a user, those to vote in now first, the newest first after them. One query."""
    voters = PollVoter.objects.filter(user=user).exclude(poll__state=PollState.CANCELLED)
    rows = [
        MyPoll(voter, state_for(voter, now))
        for voter in voters.select_related("poll__organization").order_by("-poll__closes_at", "-pk")[:100]
    ]
    return sorted(rows, key=lambda each: not each.may_vote)


def polls_to_vote(user: User, now: datetime):
    """The polls somebody is asked to vote in now, the one that ends first first."""
    return (
        Poll.objects.filter(
            state=PollState.OPEN,
            opens_at__lte=now,
            closes_at__gt=now,
            voters__in=PollVoter.objects.filter(user=user, has_voted=False),
        )
        .select_related("organization")
        .order_by("closes_at", "pk")
    )


def state_for(voter: PollVoter, now: datetime) -> str:
    """ "done", "early", "open" or "over", as a voter sees a poll at this moment."""
    poll = voter.poll
    if voter.has_voted:
        return "done"
    if poll.state != PollState.OPEN or now >= poll.closes_at:
        return "over"
    return "early" if now < poll.opens_at else "open"


def _papers(poll) -> Iterable[Paper]:
    for row in poll.paper_counts.all():
        counts = {int(number): by_choice for number, by_choice in row.numbers.items()}
        yield Paper(row.category, row.author_id, row.issued, row.returned, row.valid, counts)
