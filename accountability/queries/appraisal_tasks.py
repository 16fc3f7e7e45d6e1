"""What 民主评议 and 组织处置 ask of somebody now, each in a sentence with the page where it is done."""

from django.db.models import Q
from django.urls import reverse

from accountability.appraising import STEPS_ABOVE
from accountability.choices import AppraisalStep, DispositionState, DispositionStepKind
from accountability.models import DispositionCase, MemberAppraisal
from branches.access import Actor, Right
from branches.choices import OrganizationKind

from .dispositions import next_step_of, terms_ending
from .evaluation_tasks import MOST, EvaluationTask

_WRITABLE = (AppraisalStep.SELF, AppraisalStep.PEERS, AppraisalStep.POLL)


def appraisal_tasks(actor: Actor) -> list[EvaluationTask]:
    """The own self-appraisal and result, whatever post one acts in; for a branch terms of 限期改正 that end, for the
    committee right above cases that wait for it. Three queries at most."""
    own = actor.organization
    tasks = _of_member(actor.user)
    if own.is_branch and actor.may(Right.APPRAISE, own):
        tasks += [_of_term(case, actor.today) for case in terms_ending(own, actor.today)]
    if own.is_committee and actor.may(Right.EVALUATE, own):
        tasks += _of_committee(own)
    return tasks


def _of_member(user) -> list[EvaluationTask]:
    if user.member_id is None:
        return []
    unwritten = Q(self_at=None, programme__step__in=_WRITABLE)
    unread = Q(told_at__isnull=False, seen_at=None)
    rows = MemberAppraisal.objects.filter(
        unwritten | unread, member=user.member_id, programme__cancelled_at__isnull=True
    )
    tasks = []
    for row in rows.select_related("programme", "organization").order_by("-programme__year", "-pk")[:MOST]:
        year = f"{row.programme.year}年度民主评议"
        if row.told_at:
            words = "请看等次和意见，并确认阅知。"
            task = EvaluationTask(f"{year}结果已反馈", words, reverse("my-appraisal"), "去看")
        else:
            words = "只有您和支部组织评议的同志能看到。"
            task = EvaluationTask(f"{year}，请写自评", words, reverse("my-appraisal"), "写自评")
        tasks.append(task)
    return tasks


def _of_term(case, today) -> EvaluationTask:
    is_over = case.improve_until < today
    return EvaluationTask(
        f"{case.member}限期改正{'已' if is_over else '将'}到期",
        "请进行转化考察；是否改正由支部讨论认定。",
        reverse("disposition-detail", args=[case.pk]),
        "去看",
        case.improve_until,
    )


def _of_committee(own) -> list[EvaluationTask]:
    """Cases of branches right below, or below its 党总支, that wait for its word."""
    near = Q(organization__parent=own) | Q(
        organization__parent__kind=OrganizationKind.GENERAL_BRANCH, organization__parent__parent=own
    )
    if own.kind == OrganizationKind.GENERAL_BRANCH:
        return []
    cases = (
        DispositionCase.objects.filter(near, state=DispositionState.RUNNING)
        .select_related("organization")
        .prefetch_related("steps")
        .order_by("pk")
    )
    return [
        EvaluationTask(
            f"{case.organization.short_name}报来一件组织处置，请{DispositionStepKind(step).label}",
            "由党委集体研究后办理。",
            reverse("disposition-detail", args=[case.pk]),
            "去办理",
        )
        for case in cases[:100]
        if (step := next_step_of(case)) in STEPS_ABOVE
    ][:MOST]
