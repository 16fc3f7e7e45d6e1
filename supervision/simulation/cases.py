"""问责 in one county of the fictional city: one waits to be decided, one was announced and may still be appealed."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accountability.actions.cases import (
    Draft,
    add_readers,
    announce_case,
    decide_case,
    open_case,
    propose_case,
)
from accountability.choices import CaseMeasure, LeadershipPart, Situation
from branches.choices import Post
from branches.models import Appointment, Organization

from .duties import actor_of, moment

OF_A_BRANCH = Draft(
    situation=Situation.ORGANIZATION,
    facts="届满后半年没有换届，镇党委两次书面提醒、县委组织部约谈后仍没有排出计划，党员大会也没有按季召开。",
    basis="《中国共产党问责条例》第七条",
    measures=(CaseMeasure.CIRCULATE,),
)
OF_A_SECRETARY = Draft(
    situation=Situation.STYLE,
    facts="要求各村重复填报已经停报的三张报表，经督查指出后只改了一张，基层反映强烈。",
    basis="《中国共产党问责条例》第七条",
    measures=(CaseMeasure.CIRCULATE, CaseMeasure.ADMONISH),
    part=LeadershipPart.MAIN,
)


@transaction.atomic
def hold_to_account(*, county: Organization, towns: list[Organization], now: datetime) -> int:
    """Draft two cases below `county`, none of them in its first town, and return how many there are."""
    today = timezone.localdate(now)
    _of_a_branch(county, towns[1], today)
    _of_a_secretary(county, towns[2], today)
    return 2


def _of_a_branch(county, town, today) -> None:
    day = today - timedelta(days=4)
    branch = Organization.objects.filter(parent=town, kind="BRANCH").order_by("path")[0]
    drafter = actor_of(county, Post.DISCIPLINE_SECRETARY, day)
    case = open_case(actor=drafter, organization=branch, draft=OF_A_BRANCH, now=moment(day, 10))
    propose_case(actor=drafter, case=case, version=case.version, now=moment(day, 16))


def _of_a_secretary(county, town, today) -> None:
    drafted_on, decided_on = today - timedelta(days=30), today - timedelta(days=20)
    announced_on = today - timedelta(days=12)
    secretary = Appointment.objects.filter(organization=town, post=Post.SECRETARY).order_by("pk")[0]
    officer = Appointment.objects.filter(organization=town, post=Post.DISCIPLINE_SECRETARY).order_by("pk")[0]
    drafter = actor_of(county, Post.DISCIPLINE_SECRETARY, drafted_on)
    case = open_case(
        actor=drafter,
        organization=town,
        appointment=secretary,
        draft=OF_A_SECRETARY,
        now=moment(drafted_on, 9),
    )
    case = add_readers(
        actor=drafter,
        case=case,
        version=case.version,
        appointments=[secretary, officer],
        reason="本人和镇纪委",
        now=moment(drafted_on, 9),
    )
    case = propose_case(actor=drafter, case=case, version=case.version, now=moment(drafted_on, 17))
    case = decide_case(
        actor=actor_of(county, Post.SECRETARY, decided_on),
        case=case,
        version=case.version,
        decided_on=decided_on,
        number=f"{county.short_name}问〔{decided_on.year}〕2号",
        note="经县委常委会会议研究，同意。",
        now=moment(decided_on, 11),
    )
    announce_case(
        actor=actor_of(county, Post.DISCIPLINE_SECRETARY, announced_on),
        case=case,
        version=case.version,
        announced_on=announced_on,
        now=moment(announced_on, 15),
    )
