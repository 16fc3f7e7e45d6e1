"""民主评议党员 of the branch in whose name visitors sign in: last year's is over, this year's is being voted on; a member
elsewhere is under 组织处置."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from accountability.actions.appraisals import (
    Choice,
    advance_programme,
    close_appraisal_poll,
    decide_grades,
    open_appraisal_poll,
    start_programme,
    tell_members,
    write_peer_notes,
    write_self,
)
from accountability.actions.dispositions import open_case, take_step
from accountability.actions.paper_counts import enter_count
from accountability.choices import AppraisalGrade, DispositionKind, DispositionStepKind
from accountability.models import AppraisalProgramme, DispositionCase
from accountability.queries.appraisals import members_on
from accountability.queries.dispositions import next_step_of
from branches.access import Actor
from branches.choices import MemberCategory, Post
from branches.models import Appointment, Organization, User

from .duties import actor_of, moment

SELF = (
    "按时参加组织生活，带头做了两次志愿服务；学习不够经常，明年每周抽一个晚上学。",
    "完成了支部交给的任务，帮邻居解决了用水问题；批评别人顾情面，今后有话当面说。",
    "按月交纳党费，外出前向支部请假；参加主题党日少了两次，以后提前安排好时间。",
)
NOTES = ("肯干、热心；说话可以再直接些。", "学习带头；要多联系群众。", "")
NO_MEETING = "评议在支部党员大会上进行，会议记录稍后关联。"


@transaction.atomic
def dispose(*, branch: Organization, now: datetime) -> DispositionCase:
    """限期改正 of a member of `branch`, up to where its committee has discussed it: the level above has the next word."""
    today = timezone.localdate(now)
    began = today - timedelta(days=26)
    secretary = actor_of(branch, Post.SECRETARY, today)
    busy = User.objects.filter(member__isnull=False).values("member")
    member = (
        members_on(branch, today).filter(category=MemberCategory.FULL).exclude(pk__in=busy).order_by("-pk")[0]
    )
    case = open_case(
        actor=replace(secretary, today=began),
        organization=branch,
        member=member,
        kind=DispositionKind.IMPROVE,
        grounds="连续五个月没有正当理由不参加组织生活，支部两次谈话后仍没有改正。",
        now=moment(began, 10),
    )
    for kind, days, words in (
        (
            DispositionStepKind.VERIFY,
            20,
            "查对了五个月的到会记录，与本人谈话，情况属实；没有请假，也没有外出流动。",
        ),
        (DispositionStepKind.COMMITTEE, 12, "支委会讨论，同意报基层党委预审。"),
    ):
        day = today - timedelta(days=days)
        if next_step_of(case) == kind:
            take_step(
                actor=replace(secretary, today=day),
                case=case,
                kind=kind,
                on=day,
                passed=True,
                words=words,
                now=moment(day, 17),
            )
            case = DispositionCase.objects.get(pk=case.pk)
    return case


@transaction.atomic
def appraise(*, branch: Organization, now: datetime, seed: int) -> int:
    """Hold last year's appraisal of `branch` to its end and this year's up to the voting; return how many members."""
    today = timezone.localdate(now)
    running = today - timedelta(days=14)
    last = _hold(branch, running.year - 1, today - timedelta(days=300), seed)
    _finish(last, today - timedelta(days=290), seed)
    current = _hold(branch, running.year, running, seed)
    _vote(current, today, seed)
    return current.appraisals.count()


def _hold(branch, year: int, began: date, seed: int) -> AppraisalProgramme:
    """Start a programme; everybody's self-appraisal is in, peers have spoken, and it goes on to the voting."""
    secretary = actor_of(branch, Post.SECRETARY, began)
    programme = start_programme(actor=secretary, organization=branch, year=year, now=moment(began, 9))
    accounts = {
        user.member_id: user for user in User.objects.filter(member__organization=branch, is_active=True)
    }
    rows = list(programme.appraisals.select_related("member").order_by("pk"))
    for number, row in enumerate(rows):
        user = accounts.get(row.member_id)
        write_self(
            actor=_as(user, began) if user else secretary,
            appraisal=row,
            text=SELF[number % len(SELF)],
            grade=AppraisalGrade.EXCELLENT if number % 4 == 0 else AppraisalGrade.QUALIFIED,
            now=moment(began + timedelta(days=2), 20),
        )
    programme = _advance(secretary, programme, began + timedelta(days=3))
    notes = {row.pk: NOTES[number % len(NOTES)] for number, row in enumerate(rows)}
    write_peer_notes(
        actor=secretary, programme=programme, notes=notes, now=moment(began + timedelta(days=4), 15)
    )
    return _advance(secretary, programme, began + timedelta(days=4))


def _as(user: User, today: date) -> Actor:
    post = Appointment.objects.filter(user=user).select_related("organization", "user").order_by("pk").first()
    return Actor(user, post, today)


def _advance(actor: Actor, programme, day: date) -> AppraisalProgramme:
    return advance_programme(
        actor=actor, programme=programme, step=programme.step, reason=NO_MEETING, now=moment(day, 17)
    )


def _finish(programme, day: date, seed: int) -> None:
    """All vote on paper, two persons count alike, the committee decides, and everybody is told."""
    branch = programme.organization
    secretary = actor_of(branch, Post.SECRETARY, day)
    programme = open_appraisal_poll(
        actor=secretary, programme=programme, closes_at=moment(day, 20), now=moment(day, 9)
    )
    papers = _papers(programme, programme.appraisals.count(), seed)
    for counter in _counters(branch, day):
        enter_count(
            actor=counter,
            poll=programme.poll,
            category="",
            counts=papers,
            **_issued(papers),
            now=moment(day, 19),
        )
    close_appraisal_poll(actor=secretary, programme=programme, now=moment(day, 20))
    programme = _advance(secretary, programme, day)
    rows = list(programme.appraisals.filter(is_graded=True).select_related("subject").order_by("pk"))
    by_praise = sorted(rows, key=lambda row: -papers[row.subject.number]["优秀"])
    excellent = {row.pk for row in by_praise[: len(rows) // 3]}
    decide_grades(
        actor=secretary,
        programme=programme,
        choices={
            row.pk: Choice(
                row.version,
                AppraisalGrade.EXCELLENT if row.pk in excellent else AppraisalGrade.QUALIFIED,
                "",
            )
            for row in rows
        },
        now=moment(day + timedelta(days=3), 10),
    )
    programme = _advance(secretary, programme, day + timedelta(days=3))
    tell_members(
        actor=secretary,
        programme=programme,
        appraisals=list(programme.appraisals.values_list("pk", flat=True)),
        how="支部书记当面反馈",
        now=moment(day + timedelta(days=5), 19),
    )
    _advance(secretary, programme, day + timedelta(days=6))


def _vote(programme, today: date, seed: int) -> None:
    """The voting is open for some days more; of the papers two counts exist, which differ by one."""
    began = today - timedelta(days=2)
    branch = programme.organization
    secretary = actor_of(branch, Post.SECRETARY, began)
    programme = open_appraisal_poll(
        actor=secretary,
        programme=programme,
        closes_at=moment(today + timedelta(days=4), 20),
        now=moment(began, 9),
    )
    papers = _papers(programme, 12, seed)
    other = {number: dict(by_choice) for number, by_choice in papers.items()}
    first = next(number for number in other if other[number]["合格"])
    other[first]["合格"] -= 1
    other[first]["优秀"] += 1
    for counter, counts in zip(_counters(branch, began), (papers, other), strict=True):
        enter_count(
            actor=counter,
            poll=programme.poll,
            category="",
            counts=counts,
            **_issued(papers),
            now=moment(began, 21),
        )


def _papers(programme, number: int, seed: int) -> dict[int, dict[str, int]]:
    """What is on `number` papers: most say 合格, some 优秀."""
    random = Random(f"papers/{seed}/{programme.year}")
    counts = {}
    for subject in programme.poll.subjects.values_list("number", flat=True):
        given = Counter(random.choices(programme.poll.choices, (35, 62, 3, 0), k=number))
        counts[subject] = {choice: given[choice] for choice in programme.poll.choices}
    return counts


def _issued(papers) -> dict[str, int]:
    number = sum(next(iter(papers.values())).values())
    return {"issued": number, "returned": number, "valid": number}


def _counters(branch, day: date) -> list[Actor]:
    """The secretary and the next of the branch's committee."""
    return [actor_of(branch, Post.SECRETARY, day), actor_of(branch, Post.DEPUTY_SECRETARY, day)]
