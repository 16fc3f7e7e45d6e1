"""三级联述联评联考: a committee starts one for its whole subtree; every committee below reviews its own secretaries."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import (
    BooleanField,
    CharField,
    Exists,
    F,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    Subquery,
    Value,
)

from accountability.choices import CycleState, SessionState
from accountability.models import ReviewCycle, ReviewSession, WorkReport
from branches.access import Right
from branches.actions.audit import record_event
from branches.choices import OrganizationKind, Post
from branches.insertion import insert_select
from branches.models import Appointment, Organization

#: They answer to a discipline body or belong to a branch: their heads do not report here.
NOT_REPORTING = (
    OrganizationKind.GROUP,
    OrganizationKind.DISCIPLINE_COMMISSION,
    OrganizationKind.DISCIPLINE_TEAM,
)


@transaction.atomic
def start_cycle(
    *,
    actor,
    organization: Organization,
    title: str,
    year: int,
    starts_on: date,
    ends_on: date,
    reports_due_on: date,
    sessions_due_on: date,
    now,
) -> ReviewCycle:
    """Start the review of a year at every committee of the subtree that has units with a secretary right below.

    Pressed twice it is one; a committee that already reviews in that year, by a cycle of its own, is left as it is.
    `ValidationError` names the field.
    """
    actor.require(Right.EVALUATE, organization)
    if not organization.is_committee:
        raise PermissionDenied("述职评议由党委（党组、总支）对直接下级书记组织，支部不发起。")
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    cycle = ReviewCycle(
        organization=organization,
        title=title.strip(),
        year=year,
        starts_on=starts_on,
        ends_on=ends_on,
        reports_due_on=reports_due_on,
        sessions_due_on=sessions_due_on,
        author=actor.user,
        created_at=now,
    )
    found = ReviewCycle.objects.filter(organization=organization, year=year).exclude(
        state=CycleState.WITHDRAWN
    )
    if known := found.first():
        if (
            known.title == cycle.title
            and known.author_id == actor.user.pk
            and known.created_at.date() == now.date()
        ):
            return known
        raise ValidationError({"year": f"{organization}{year}年度已发起述职评议“{known.title}”。"})
    _check(cycle, actor.today)
    cycle._change_reason = "发起"
    cycle.save()
    sessions, reports = _open(cycle, actor.today)
    if not reports:
        raise ValidationError("下级没有在任的书记可以述职，或上级已对这些单位发起本年度述职评议。")
    record_event(
        actor=actor,
        event="发起述职评议",
        row=cycle,
        summary=f"{organization} {cycle} {sessions}个评议单位，{reports}名书记述职",
        at=now,
    )
    return cycle


@transaction.atomic
def take_in_units(*, actor, cycle: ReviewCycle, now) -> int:
    """Open what is missing for units founded, or secretaries appointed, since; returns how many reports are new.

    A session whose rating has begun takes nobody in any more.
    """
    kept = _locked(actor, cycle)
    _, reports = _open(kept, actor.today)
    if reports:
        record_event(
            actor=actor, event="补充述职单位", row=kept, summary=f"{kept} 增加{reports}名述职书记", at=now
        )
    return reports


@transaction.atomic
def close_cycle(*, actor, cycle: ReviewCycle, now) -> ReviewCycle:
    """Close a cycle whose sessions are all published, but those where nobody reports; problems go on being followed."""
    kept = _locked(actor, cycle)
    reporting = WorkReport.objects.filter(session=OuterRef("pk"))
    left = kept.sessions.filter(Exists(reporting)).exclude(state=SessionState.PUBLISHED).count()
    if left:
        raise ValidationError(f"还有{left}个评议会没有通报，全部通报后才能结束。")
    kept.state = CycleState.CLOSED
    kept._change_reason = "结束"
    kept.save()
    record_event(actor=actor, event="结束述职评议", row=kept, summary=f"{kept.organization} {kept}", at=now)
    return kept


@transaction.atomic
def withdraw_cycle(*, actor, cycle: ReviewCycle, reason: str, now) -> ReviewCycle:
    """Take a cycle back before anybody has rated: afterwards what people said stands."""
    kept = _locked(actor, cycle)
    if not reason.strip():
        raise ValidationError({"reason": "请写明撤销原因。"})
    if kept.sessions.exclude(state=SessionState.PREPARING).exists():
        raise ValidationError("已有评议会开始评议，不能整体撤销。")
    kept.state = CycleState.WITHDRAWN
    kept._change_reason = f"撤销：{reason}"[:100]
    kept.save()
    record_event(
        actor=actor,
        event="撤销述职评议",
        row=kept,
        summary=f"{kept.organization} {kept}：{reason.strip()}",
        at=now,
    )
    return kept


def _check(cycle, today) -> None:
    if not cycle.title:
        raise ValidationError({"title": "请写名称。"})
    if cycle.ends_on < cycle.starts_on:
        raise ValidationError({"ends_on": "事实期止不能早于事实期起。"})
    if not (cycle.year - 1 <= cycle.starts_on.year and cycle.ends_on.year <= cycle.year + 1):
        raise ValidationError({"starts_on": f"事实期应在{cycle.year}年度前后一年之内。"})
    if cycle.sessions_due_on.year > cycle.year + 1:
        raise ValidationError({"sessions_due_on": f"评议会截止不能晚于{cycle.year + 1}年。"})
    if cycle.reports_due_on < today:
        raise ValidationError({"reports_due_on": "报告截止不能早于今天。"})
    if cycle.sessions_due_on < cycle.reports_due_on:
        raise ValidationError({"sessions_due_on": "评议会截止不能早于报告截止。"})


def _locked(actor, cycle) -> ReviewCycle:
    ReviewCycle.objects.select_for_update(no_key=True).get(pk=cycle.pk)
    kept = ReviewCycle.objects.select_related("organization").get(pk=cycle.pk)
    actor.require(Right.EVALUATE, kept.organization)
    if kept.state != CycleState.RUNNING:
        raise ValidationError(f"这次述职评议{kept.get_state_display()}，不能再改。")
    return kept


def _open(cycle, today) -> tuple[int, int]:
    """Open the sessions and reports that are missing, by one statement each; returns how many of each."""
    in_office = Appointment.objects.on(today).filter(
        organization=OuterRef("pk"), post=Post.SECRETARY, user__is_active=True
    )
    units = (
        Organization.objects.below(cycle.organization)
        .active_on(today)
        .exclude(kind__in=NOT_REPORTING)
        .filter(Exists(in_office), parent__isnull=False)
    )
    this_year = Q(session__cycle__year=cycle.year) & ~Q(session__cycle__state=CycleState.WITHDRAWN)
    units = units.exclude(Exists(WorkReport.objects.filter(this_year, organization=OuterRef("pk"))))
    reviewed = ReviewSession.objects.filter(cycle__year=cycle.year, organization=OuterRef("pk")).exclude(
        cycle__state=CycleState.WITHDRAWN
    )
    committees = (
        Organization.objects.in_subtree(cycle.organization)
        .active_on(today)
        .committees()
        .filter(Exists(units.filter(parent=OuterRef("pk"))))
        .exclude(Exists(reviewed))
    )
    sessions = insert_select(
        ReviewSession,
        ["cycle", "organization", "state", "is_remote"],
        committees.annotate(
            the_cycle=Value(cycle.pk, IntegerField()),
            the_state=Value(SessionState.PREPARING, CharField()),
            remote=Value(False, BooleanField()),
        ).values_list("the_cycle", "pk", "the_state", "remote"),
    )
    session = ReviewSession.objects.filter(
        cycle=cycle, organization=OuterRef("parent"), state=SessionState.PREPARING
    )
    empty = {
        name: Value("", CharField())
        for name in (
            "achievements",
            "shortcomings",
            "intentions",
            "return_note",
            "comment",
            "grade",
            "grade_reason",
        )
    }
    rows = (
        units.filter(Exists(session))
        .annotate(
            the_session=Subquery(session.values("pk")[:1]),
            secretary=Subquery(in_office.order_by("starts_on", "pk").values("pk")[:1]),
            no_facts=Value({}, JSONField()),
            first_version=Value(1, IntegerField()),
            **{f"no_{name}": value for name, value in empty.items()},
        )
        .values_list(
            "the_session",
            F("pk"),
            "secretary",
            "no_facts",
            "first_version",
            *(f"no_{name}" for name in empty),
        )
    )
    reports = insert_select(
        WorkReport, ["session", "organization", "appointment", "facts", "version", *empty], rows
    )
    return sessions, reports
