"""A review of the county that tests begin with: 县委 → 镇党委 → 支部."""

from datetime import date, timedelta

from accountability.actions.polls import cast_ballot, close_poll
from accountability.actions.review_cycles import start_cycle
from accountability.actions.reviews import (
    CATEGORIES,
    Words,
    comment_report,
    grade_report,
    open_rating,
    publish_session,
    start_grading,
    submit_report,
)
from accountability.models import ReviewSession, WorkReport
from branches.choices import Post
from branches.models import Appointment, User
from tests.accountability.conftest import NOW

WORDS = Words("抓了换届和两项整改。", "党小组会偏少，原因是外出多。", "明年按季固定党小组会。")
CLOSES = NOW + timedelta(days=3)
DAYS = {
    "title": "2026年度基层党建述职评议",
    "year": 2026,
    "starts_on": date(2026, 1, 1),
    "ends_on": date(2026, 12, 31),
    "reports_due_on": date(2026, 12, 5),
    "sessions_due_on": date(2026, 12, 31),
}


def begin(actor, organization, **given):
    return start_cycle(actor=actor, organization=organization, now=NOW, **(DAYS | given))


def session_of(cycle, organization) -> ReviewSession:
    return cycle.sessions.select_related("organization", "cycle", "poll").get(organization=organization)


def report_of(cycle, unit) -> WorkReport:
    return WorkReport.objects.select_related("session__organization", "session__cycle", "organization").get(
        session__cycle=cycle, organization=unit
    )


def hand_in(actor, report, words=WORDS):
    report.refresh_from_db(fields=["version"])
    return submit_report(actor=actor, report=report, version=report.version, words=words, now=NOW)


def representatives(organization, number) -> list[Appointment]:
    """Members with an account who may rate."""
    users = [
        User.objects.create(username=f"rep{organization.pk}-{each}", name=f"代表{each}")
        for each in range(number)
    ]
    return [
        Appointment.objects.create(
            user=user, organization=organization, post=Post.MEMBER, starts_on=date(2024, 1, 1)
        )
        for user in users
    ]


def rate(actor, session, raters=None, weights=CATEGORIES):
    """Open the rating, by default with seven representatives."""
    raters = raters or {"代表": representatives(session.organization, 7)}
    return open_rating(
        actor=actor,
        session=session,
        raters=raters,
        weights=weights,
        opens_at=NOW,
        closes_at=CLOSES,
        now=NOW,
    )


def vote_all(session, *choices):
    """Everybody gives the subjects these choices in turn."""
    numbers = list(session.poll.subjects.values_list("number", flat=True))
    answers = {number: choices[at % len(choices)] for at, number in enumerate(numbers)}
    for voter in session.poll.voters.select_related("user"):
        cast_ballot(poll=session.poll, user=voter.user, answers=answers, now=NOW)


def to_grading(actor, session, *choices):
    """Rated by everybody, closed and counted."""
    session = rate(actor, session)
    vote_all(session, *(choices or ("好",)))
    close_poll(actor=actor, poll=session.poll, now=NOW)
    return start_grading(actor=actor, session=session, now=NOW)


def to_published(actor, session, *choices):
    """The whole way, each secretary graded as the ballots suggest."""
    session = to_grading(actor, session, *choices)
    for report in session.reports.select_related("session"):
        comment_report(actor=actor, report=report, comment="总体扎实，党小组会要抓起来。", now=NOW)
        grade_report(actor=actor, report=report, grade="GOOD", reason="", now=NOW)
    return publish_session(actor=actor, session=session, now=NOW)
