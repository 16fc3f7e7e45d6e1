"""民主评议 for tests: the first branch taken through its steps by 李, its secretary."""

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from accountability.actions.appraisals import (
    Choice,
    advance_programme,
    close_appraisal_poll,
    decide_grades,
    open_appraisal_poll,
    start_programme,
    tell_members,
    write_self,
)
from accountability.actions.paper_counts import enter_count
from accountability.choices import AppraisalStep, PollPurpose
from accountability.models import (
    AppraisalProgramme,
    DispositionCase,
    MemberAppraisal,
    Poll,
    PollVoter,
    Scheme,
    SchemeVersion,
)
from accountability.scoring import read_scheme
from branches.choices import MeetingKind, MeetingStatus
from branches.models import Appointment, User
from tests.meetings import record

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LABELS = ("优秀", "合格", "基本合格", "不合格")

TABLE = """
format = 1
code = "MEMBERS"
title = "党员评议计分"
subject = "person"
full = 100
grades = ["优秀", "合格", "基本合格", "不合格"]

[[rule]]
kind = "CUTOFF"
bands = [{ grade = "优秀", from = 90 }, { grade = "合格", from = 70 }, { grade = "基本合格", from = 60 }]

[[rule]]
kind = "VETO"
condition = "无故不参加组织生活六个月"
effect = "lowest"

[[line]]
key = "base"
title = "基本分"
full = 80

[[line.item]]
key = "life"
title = "组织生活"
full = 80
rule = [{ kind = "DEDUCT_EACH", p = 10 }]

[[line]]
key = "plus"
title = "加分"
role = "bonus"
full = 15

[[line.item]]
key = "volunteer"
title = "急难任务"
rule = [{ kind = "ADD_EACH", p = 5 }]

[[line]]
key = "minus"
title = "减分"
role = "deduction"
full = 20

[[line.item]]
key = "absent"
title = "违反公约"
rule = [{ kind = "DEDUCT_EACH", p = 4 }]
"""


def members_scheme(organization, *, sectors=(), year=2026) -> SchemeVersion:
    table = read_scheme(TABLE)
    scheme = Scheme.objects.create(
        organization=organization,
        code=table.code,
        year=year,
        title=table.title,
        document=TABLE,
        subject="person",
        full=table.full,
        sectors=list(sectors),
        created_at=NOW,
    )
    return SchemeVersion.objects.create(scheme=scheme, number=1, document=TABLE, made_at=NOW)


def start(acting, cast, version=None, who="li"):
    return start_programme(actor=acting(who), organization=cast.first, year=2026, version=version, now=NOW)


def appraisal_of(cast, name) -> MemberAppraisal:
    return MemberAppraisal.objects.select_related("programme", "organization", "member").get(
        member__name=name
    )


def write(acting, cast, name, who="li", text="按时参加组织生活。", grade="QUALIFIED"):
    return write_self(actor=acting(who), appraisal=appraisal_of(cast, name), text=text, grade=grade, now=NOW)


def advance(acting, programme, reason="年老体弱，不便填写", who="li"):
    programme.refresh_from_db()
    return advance_programme(
        actor=acting(who), programme=programme, step=programme.step, reason=reason, now=NOW
    )


def count(acting, programme, who, excellent=2, issued=9, returned=9, valid=9, **changes):
    """What one person counts: everybody alike, `changes` by number of the subject ("n1")."""
    programme.refresh_from_db()
    numbers = {
        number: {"优秀": excellent, "合格": valid - excellent} | changes.get(f"n{number}", {})
        for number in programme.poll.subjects.values_list("number", flat=True)
    }
    return enter_count(
        actor=acting(who),
        poll=programme.poll,
        category="",
        issued=issued,
        returned=returned,
        valid=valid,
        counts=numbers,
        now=NOW,
    )


def to_poll(acting, cast, version=None):
    """As far as the poll, which is open."""
    programme = start(acting, cast, version)
    advance(acting, programme)
    advance(acting, programme)
    return open_appraisal_poll(
        actor=acting("li"), programme=programme, closes_at=NOW + timedelta(hours=3), now=NOW
    )


def to_decide(acting, cast, version=None):
    """As far as 综合评定: nine papers counted alike by two persons."""
    programme = to_poll(acting, cast, version)
    close_appraisal_poll(actor=acting("li"), programme=programme, now=NOW)
    for who in ("li", "zhou"):
        count(acting, programme, who)
    return advance(acting, programme, reason="会议记录随后补")


def decide(acting, programme, grades, who="li", opinion="", excess_reason="", reason=""):
    """Give grades by name; everybody else stays as they are."""
    choices = {
        row.pk: Choice(row.version, grades[row.member.name], opinion)
        for row in programme.appraisals.select_related("member")
        if row.member.name in grades
    }
    return decide_grades(
        actor=acting(who),
        programme=programme,
        choices=choices,
        excess_reason=excess_reason,
        reason=reason,
        now=NOW,
    )


def to_tell(acting, cast, **grades):
    """As far as 反馈: everybody 合格 but those named."""
    programme = to_decide(acting, cast)
    names = programme.appraisals.filter(is_graded=True).values_list("member__name", flat=True)
    decide(acting, programme, dict.fromkeys(names, "QUALIFIED") | grades, opinion="意见")
    return advance(acting, programme)


def tell(acting, programme, *names, how="支部书记当面反馈"):
    rows = programme.appraisals.filter(member__name__in=names) if names else programme.appraisals.all()
    return tell_members(
        actor=acting("li"),
        programme=programme,
        appraisals=list(rows.values_list("pk", flat=True)),
        how=how,
        now=NOW,
    )


def appraisal_meeting(cast, **changes):
    values = {
        "kinds": int(MeetingKind.APPRAISAL),
        "title": "民主评议会",
        "day": TODAY,
        "status": MeetingStatus.CONFIRMED,
    }
    return record(cast, **values | changes)


def appoint(cast, who, organization, post) -> User:
    """Give somebody a further post, and act in it first from then on."""
    user = cast.people[who]
    Appointment.objects.filter(user=user).update(ends_on=TODAY)
    Appointment.objects.create(user=user, organization=organization, post=post, starts_on=TODAY)
    return user


def standing(cast):
    """What the policy is asked about: the programme of the first branch in its poll, and a case on 周兰, made directly.

    Returns the programme, 周兰's row of it and the case.
    """
    branch, user, now = cast.first, cast.people["li"], timezone.now()
    programme, is_new = AppraisalProgramme.objects.get_or_create(
        organization=branch,
        year=2026,
        defaults={"step": AppraisalStep.POLL, "starts_on": TODAY, "author": user, "created_at": now},
    )
    member = cast.people["zhou"].member
    if is_new:
        programme.poll = Poll.objects.create(
            organization=branch,
            purpose=PollPurpose.APPRAISAL,
            title="测评",
            choices=list(LABELS),
            opens_at=now,
            closes_at=now + timedelta(hours=1),
            author=user,
            created_at=now,
        )
        programme.save()
        for who in ("li", "zhou", "qian"):
            PollVoter.objects.create(poll=programme.poll, user=cast.people[who])
        MemberAppraisal.objects.create(programme=programme, organization=branch, member=member)
        DispositionCase.objects.create(
            organization=branch,
            member=member,
            kind="IMPROVE",
            grounds="事由",
            opened_on=timezone.localdate(),
            author=user,
            created_at=now,
        )
    return programme, programme.appraisals.get(), DispositionCase.objects.get(member=member)
