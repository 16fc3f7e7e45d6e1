"""述职评议 in one county of the fictional city, over three levels: a town has published, the county is rating, the others
prepare. Ballots are put into the boxes as rows, everything else is done by the product's own actions."""

from datetime import date, datetime, timedelta
from random import Random

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accountability.actions.polls import close_poll
from accountability.actions.review_cycles import start_cycle
from accountability.actions.review_problems import add_problem, check_problem, report_problem
from accountability.actions.reviews import (
    CATEGORIES,
    acknowledge,
    comment_report,
    grade_report,
    open_rating,
    publish_session,
    start_grading,
    suggestions,
)
from accountability.choices import ReviewGrade
from accountability.models import Ballot, Poll, ReviewCycle, ReviewSession, WorkReport
from accountability.queries.reviews import rater_candidates
from branches.access import Actor
from branches.choices import Post
from branches.models import Organization

from .duties import actor_of, moment

WORDS = (
    (
        "全年主持支委会研究党建十二次，帮两户困难党员落实了帮扶，主题党日参加率比去年高。",
        "党小组会开得不够，流动党员联系不紧；原因是自己过问少，安排了没有回看。",
        "每季度排出党小组会日程并到场一次；给流动党员定联系人。",
    ),
    (
        "带头讲党课四次，按期换届，新发展党员一名；村里的环境整治党员都领了任务。",
        "学习形式单一，年轻党员参加不多；原因是时间总定在白天。",
        "学习改在晚上和周末，请年轻党员轮流领学。",
    ),
    (
        "把清单上的责任逐项分到委员，群众反映的停水问题两周内解决。",
        "记录补写过两次，对委员履责督促不够；原因是怕得罪人。",
        "会后当天记录，每月碰头对照清单说差在哪里。",
    ),
)
COMMENTS = (
    "工作实，群众认可；但党小组活动还没有真正开起来，要盯住不放。",
    "思路清楚，办法也对路；存在问题讲得不够深，明年先把补记录的毛病改掉。",
    "能扑下身子抓落实；对班子成员要敢于提醒，不能自己一个人忙。",
)
PROBLEMS = (
    "党小组会没有按月召开，上半年缺三次。",
    "会议记录有两次事后补写，没有说明原因。",
    "流动党员没有明确联系人。",
)
#: How often a secretary gets each grade on a ballot, the best first; by place in the list.
_TENDENCIES = ((60, 30, 9, 1), (40, 45, 13, 2), (20, 50, 25, 5))


@transaction.atomic
def review(
    *, county: Organization, published: Organization, shown: Organization, now: datetime, seed: int
) -> int:
    """Let `county` start a review; the session of the town `published` is over, that of the county in its rating.

    `shown` is the branch in whose name visitors sign in: it has a problem to answer. Returns how many report.
    """
    today = timezone.localdate(now)
    began = today - timedelta(days=45)
    year = (today - timedelta(days=100)).year
    cycle = start_cycle(
        actor=actor_of(county, Post.SECRETARY, began),
        organization=county,
        title=f"{year}年度党组织书记抓基层党建述职评议",
        year=year,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        reports_due_on=began + timedelta(days=15),
        sessions_due_on=today + timedelta(days=25),
        now=moment(began, 9),
    )
    _hand_in(cycle, began)
    _publish(cycle.sessions.get(organization=published), shown, today, seed)
    _rate(cycle.sessions.get(organization=county), today, seed)
    return WorkReport.objects.filter(session__cycle=cycle).count()


def _hand_in(cycle: ReviewCycle, began: date) -> None:
    """Most secretaries hand their report in; of nine one has not yet."""
    reports = WorkReport.objects.filter(session__cycle=cycle)
    for place, (achievements, shortcomings, intentions) in enumerate(WORDS):
        reports.alias(place=F("pk") % len(WORDS), late=F("pk") % 9).filter(place=place, late__gt=0).update(
            achievements=achievements,
            shortcomings=shortcomings,
            intentions=intentions,
            submitted_at=moment(began + timedelta(days=8 + place), 17),
            version=2,
        )


def _publish(session: ReviewSession, shown: Organization, today: date, seed: int) -> None:
    held, told = today - timedelta(days=20), today - timedelta(days=14)
    reports = WorkReport.objects.filter(session=session)
    words = dict(zip(("achievements", "shortcomings", "intentions"), WORDS[0], strict=True))
    reports.filter(submitted_at=None).update(**words, submitted_at=moment(held, 8), version=2)
    leader = actor_of(session.organization, Post.SECRETARY, held)
    session = _open(leader, session, held, moment(held, 17), seed, left_out=0)
    close_poll(actor=leader, poll=session.poll, now=moment(held, 17))
    session = start_grading(actor=leader, session=session, now=moment(held, 18))
    suggested = suggestions(session)
    ordered = list(reports.order_by("organization__path", "pk"))
    problems = []
    for number, report in enumerate(ordered):
        comment_report(
            actor=leader, report=report, comment=COMMENTS[number % len(COMMENTS)], now=moment(held, 18)
        )
        grade = suggested.get(report.pk) or ReviewGrade.FAIR
        grade_report(actor=leader, report=report, grade=grade, reason="", now=moment(held, 19))
        if number % 3 == 0 or report.organization_id == shown.pk:
            problems.append(
                add_problem(
                    actor=leader,
                    report=report,
                    content=PROBLEMS[number // 3 % len(PROBLEMS)],
                    owner=None,
                    due_on=today + timedelta(days=30),
                    now=moment(held, 19),
                )
            )
    publish_session(
        actor=actor_of(session.organization, Post.SECRETARY, told), session=session, now=moment(told, 9)
    )
    _put_right(session, [each for each in problems if each.organization_id != shown.pk], today)


def _put_right(session, problems, today) -> None:
    """Two of the problems are reported as put right, and the first of them has been checked."""
    day = today - timedelta(days=3)
    officer = actor_of(session.organization, Post.ORGANIZATION_OFFICER, day)
    for number, problem in enumerate(problems[:2]):
        secretary = actor_of(problem.organization, Post.SECRETARY, day)
        acknowledge(actor=secretary, report=problem.report, now=moment(day, 8))
        reported = report_problem(
            actor=secretary,
            problem=problem,
            result="已排出日程并开了两次，记录当天写好。",
            now=moment(day, 9),
        )
        if number == 0:
            check_problem(
                actor=officer, problem=reported, passed=True, note="到场看过。", now=moment(day, 16)
            )


def _rate(session: ReviewSession, today: date, seed: int) -> None:
    """The rating of the county goes on for three more days; some have voted, its leaders have not."""
    began = today - timedelta(days=1)
    leader = actor_of(session.organization, Post.SECRETARY, began)
    WorkReport.objects.filter(session=session, submitted_at=None).update(return_note="")
    _open(leader, session, began, moment(today + timedelta(days=3), 18), seed, left_out=9)


def _open(leader: Actor, session, day, closes_at, seed, *, left_out: int) -> ReviewSession:
    """Open the rating with everybody who may take part and put in the ballots of all but the first `left_out`."""
    found = rater_candidates(session, day)
    raters = dict(zip(CATEGORIES, (found.leaders, found.secretaries, found.others[:12]), strict=True))
    session = open_rating(
        actor=leader,
        session=session,
        raters=raters,
        weights=CATEGORIES,
        opens_at=moment(day, 9),
        closes_at=closes_at,
        now=moment(day, 9),
    )
    vote(session.poll, left_out=left_out, seed=seed)
    return session


def vote(poll: Poll, *, left_out: int, seed: int) -> None:
    """Put in a ballot for every voter with an account but the first `left_out`."""
    random = Random(f"ballots/{seed}/{poll.title}")
    numbers = list(poll.subjects.values_list("number", flat=True))
    tendencies = {number: random.choice(_TENDENCIES)[: len(poll.choices)] for number in numbers}
    voters = list(poll.voters.filter(user__isnull=False).order_by("pk"))[left_out:]
    Ballot.objects.bulk_create(
        Ballot(
            poll=poll,
            category=voter.category,
            answers={str(number): random.choices(poll.choices, tendencies[number])[0] for number in numbers},
        )
        for voter in voters
    )
    poll.voters.filter(pk__in=[voter.pk for voter in voters]).update(has_voted=True)
