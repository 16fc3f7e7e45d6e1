"""述职评议 at one committee: reports, the session with its secret rating, the grade decided by people, publication."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from simple_history.utils import bulk_update_with_history

from accountability.choices import CycleState, PollPurpose, PollState, ReviewGrade, SessionState
from accountability.models import ReviewSession, WorkReport
from accountability.queries.polls import poll_results
from accountability.queries.review_facts import facts_of
from accountability.review_access import is_own, is_ratable, is_writable
from branches.access import Right
from branches.actions.audit import record_event
from branches.choices import MeetingKind, MeetingStatus
from branches.models import Appointment, Meeting

from .notices import stop_report, tell_of_poll, tell_of_report
from .polls import open_poll

#: Who rates, with the usual weights; a committee may set others.
CATEGORIES = {"领导班子": Decimal("0.5"), "同级书记": Decimal("0.3"), "代表": Decimal("0.2")}
GRADES = {str(grade.label): grade for grade in ReviewGrade}


class Outdated(Exception):
    """Somebody else has changed the report since it was read; `report` is how it stands now."""

    def __init__(self, report):
        super().__init__("这份述职报告刚刚被他人改动。")
        self.report = report


@dataclass(frozen=True)
class Words:
    """What a secretary reports, in three parts."""

    achievements: str = ""
    shortcomings: str = ""
    intentions: str = ""


@transaction.atomic
def save_report(*, actor, report: WorkReport, version: int, words: Words) -> WorkReport:
    """Keep what has been written so far; `Outdated` when somebody else wrote meanwhile."""
    kept = _write(actor, report, version, words)
    kept._change_reason = "保存"
    kept.save()
    return kept


@transaction.atomic
def submit_report(*, actor, report: WorkReport, version: int, words: Words, now: datetime) -> WorkReport:
    """Send the report in. The secretary does that in person, whoever helped to write it.

    Where the secretary has changed since and nothing is rated yet, the one in office reports.
    """
    kept = _write(actor, report, version, words)
    if not is_own(actor, kept):
        raise PermissionDenied("述职报告由书记本人提交；可以先保存，请书记核对后提交。")
    missing = {
        name: "请写这一部分，几句话即可。"
        for name in ("achievements", "shortcomings", "intentions")
        if not getattr(kept, name)
    }
    if missing:
        raise ValidationError(missing)
    if kept.session.state == SessionState.PREPARING and not _in_office(kept.appointment, actor.today):
        kept.appointment = actor.appointment
    kept.submitted_at, kept.return_note = now, ""
    kept._change_reason = "提交"
    kept.save()
    stop_report(report=kept, now=now)
    record_event(actor=actor, event="提交述职报告", row=kept, summary=_told(kept), at=now)
    return kept


@transaction.atomic
def return_report(*, actor, report: WorkReport, note: str, now: datetime) -> WorkReport:
    """Give a report back with what is missing, before the rating begins."""
    kept = _locked_report(report)
    _require_runs(actor, kept.session)
    _require_state(kept.session, SessionState.PREPARING)
    if kept.submitted_at is None:
        raise ValidationError("这份报告还没有提交，或已经退回。")
    if not note.strip():
        raise ValidationError({"note": "请写明差在哪里、怎么改。"})
    kept.submitted_at, kept.return_note = None, note.strip()
    kept.version += 1
    kept._change_reason = "退回"
    kept.save()
    tell_of_report(report=kept, today=actor.today, now=now)
    record_event(actor=actor, event="退回述职报告", row=kept, summary=f"{_told(kept)} {note.strip()}", at=now)
    return kept


@transaction.atomic
def leave_out(*, actor, report: WorkReport, reason: str, now: datetime) -> None:
    """Take a secretary out of a session before they are rated (just appointed, long ill, moved), with the reason."""
    kept = _locked_report(report)
    _require_runs(actor, kept.session)
    if not is_ratable(kept.session):
        raise ValidationError(f"评议会已到“{kept.session.get_state_display()}”，不能再移出。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明为什么不参加这次述职。"})
    if kept.problems.exists():
        raise ValidationError("已给这份报告列了问题清单，不能再移出。")
    told = f"{_told(kept)}：{reason.strip()}"
    kept._change_reason = f"不参加述职：{reason}"[:100]
    record_event(actor=actor, event="不参加述职", row=kept, summary=told, at=now)
    kept.delete()


@transaction.atomic
def set_session(
    *,
    actor,
    session: ReviewSession,
    held_on: date | None,
    is_remote: bool,
    meeting: Meeting | None,
    now: datetime,
) -> ReviewSession:
    """Set the day of the session, whether it is held in writing, and the confirmed 述职 meeting that was its record."""
    kept = _locked_session(session)
    _require_runs(actor, kept)
    if kept.state == SessionState.PUBLISHED:
        raise ValidationError("已经通报，不能再改。")
    if meeting is not None and not meetings_for(kept).filter(pk=meeting.pk).exists():
        raise ValidationError({"meeting": "只能选本单位已确认的述职会议。"})
    kept.held_on = held_on or (meeting.held_on if meeting else None)
    kept.is_remote, kept.meeting = is_remote, meeting
    kept._change_reason = "安排评议会"
    kept.save()
    record_event(
        actor=actor,
        event="安排评议会",
        row=kept,
        summary=f"{kept} {kept.held_on or '未定日期'}{' 书面述职' if is_remote else ''}",
        at=now,
    )
    return kept


def meetings_for(session: ReviewSession):
    """The confirmed meetings of the kind 述职 (CAD-14) of the committee that may be the record of a session."""
    return (
        Meeting.objects.filter(
            organization=session.organization,
            status=MeetingStatus.CONFIRMED,
            held_on__gte=session.cycle.starts_on,
        )
        .of_kind(MeetingKind.WORK_REPORT)
        .order_by("-held_on", "-pk")
    )


@transaction.atomic
def open_rating(
    *,
    actor,
    session: ReviewSession,
    raters: Mapping[str, Iterable[Appointment]],
    weights: Mapping[str, Decimal],
    opens_at: datetime,
    closes_at: datetime,
    now: datetime,
) -> ReviewSession:
    """Freeze the facts and open the secret poll on the secretaries; after a cancelled poll it is opened anew.

    `raters` by category. Categories without anybody have no part in the weights.
    """
    kept = _locked_session(session)
    _require_runs(actor, kept)
    if not is_ratable(kept):
        raise ValidationError(f"评议会已到“{kept.get_state_display()}”，不能再发起测评。")
    reports = list(_of_session(kept).select_for_update(of=("self",)))
    if not reports:
        raise ValidationError("没有述职的书记，不能发起测评。")
    present = {category: list(people) for category, people in raters.items()}
    poll = open_poll(
        actor=actor,
        organization=kept.organization,
        purpose=PollPurpose.REVIEW,
        title=f"{kept.organization.short_name}{kept.cycle.title}"[:120],
        choices=list(GRADES),
        categories={category: weights[category] for category, people in present.items() if people},
        subjects=[subject_label(each) for each in reports],
        voters=[(each.user, None, category) for category, people in present.items() for each in people],
        opens_at=opens_at,
        closes_at=closes_at,
        now=now,
    )
    subjects = list(poll.subjects.order_by("number"))
    found = facts_of(reports, kept.cycle, actor.today) if kept.poll is None else {}
    for report, subject in zip(reports, subjects, strict=True):
        report.subject = subject
        if report.pk in found:
            report.facts, report.facts_at = found[report.pk], now
    bulk_update_with_history(
        reports,
        WorkReport,
        ["subject", "facts", "facts_at"],
        batch_size=200,
        default_user=actor.user,
        default_change_reason="开始测评",
        default_date=now,
    )
    kept.poll, kept.state = poll, SessionState.RATING
    kept.held_on = kept.held_on or actor.today
    kept._change_reason = "开始测评"
    kept.save()
    tell_of_poll(poll=poll, today=actor.today, now=now)
    return kept


@transaction.atomic
def start_grading(*, actor, session: ReviewSession, now: datetime) -> ReviewSession:
    """Go on to the grades once the poll is closed and its paper ballots, if any, were counted alike by two persons."""
    kept = _locked_session(session)
    _require_runs(actor, kept)
    _require_state(kept, SessionState.RATING)
    if kept.poll is None or kept.poll.state != PollState.CLOSED:
        raise ValidationError("测评还没有结束，结束后才能综合定等。")
    if disputed := poll_results(kept.poll).disputed:
        raise ValidationError(f"纸质票还没有两人核对一致：{'、'.join(disputed)}。")
    kept.state = SessionState.GRADING
    kept._change_reason = "进入综合定等"
    kept.save()
    record_event(actor=actor, event="进入综合定等", row=kept, summary=str(kept), at=now)
    return kept


@transaction.atomic
def comment_report(*, actor, report: WorkReport, comment: str, now: datetime) -> WorkReport:
    """点评 by a leader of the committee that reviews; may be reworded until it is published."""
    kept = _locked_report(report)
    _require_runs(actor, kept.session)
    _require_not_oneself(actor, kept, "点评")
    _require_state(kept.session, SessionState.RATING, SessionState.GRADING)
    if not comment.strip():
        raise ValidationError({"comment": "请写点评，既说成绩也指出问题。"})
    kept.comment, kept.commented_by = comment.strip(), actor.user
    kept._change_reason = "点评"
    kept.save()
    record_event(actor=actor, event="点评述职", row=kept, summary=_told(kept), at=now)
    return kept


@transaction.atomic
def grade_report(*, actor, report: WorkReport, grade: str, reason: str, now: datetime) -> WorkReport:
    """综合等次: decided by people; another grade than the ballots suggest needs its reason."""
    kept = _locked_report(report)
    _require_runs(actor, kept.session)
    _require_not_oneself(actor, kept, "定等")
    _require_state(kept.session, SessionState.GRADING)
    if grade not in ReviewGrade.values:
        raise ValidationError({"grade": "请选择综合等次。"})
    suggested = suggestions(kept.session).get(kept.pk, "")
    if suggested and grade != suggested and not reason.strip():
        label = ReviewGrade(suggested).label
        raise ValidationError({"reason": f"测评的参考等次是“{label}”，定为其他等次请写明理由。"})
    kept.grade, kept.grade_reason, kept.graded_by = grade, reason.strip(), actor.user
    kept._change_reason = "综合定等"
    kept.save()
    record_event(actor=actor, event="综合定等", row=kept, summary=_told(kept), at=now)
    return kept


def suggestions(session: ReviewSession) -> dict[int, str]:
    """What the ballots suggest, report → grade; {} while there is no result to be shown."""
    if session.poll is None:
        return {}
    results = poll_results(session.poll)
    by_subject = {each.subject.pk: each.tally for each in results.subjects if each.tally}
    reports = session.reports.exclude(subject=None).values_list("pk", "subject")
    return {
        report: GRADES[by_subject[subject].suggested()]
        for report, subject in reports
        if subject in by_subject and by_subject[subject].suggested()
    }


@transaction.atomic
def publish_session(*, actor, session: ReviewSession, now: datetime) -> ReviewSession:
    """通报 to the units: each secretary sees their own; every report has its comment and its grade by then."""
    kept = _locked_session(session)
    _require_runs(actor, kept)
    _require_state(kept, SessionState.GRADING)
    missing = [
        each.organization.short_name for each in _of_session(kept) if not (each.comment and each.grade)
    ]
    if missing:
        names = "、".join(missing[:5]) + (f"等{len(missing)}个单位" if len(missing) > 5 else "")
        raise ValidationError(f"还没有点评或定等：{names}。")
    kept.state, kept.published_at = SessionState.PUBLISHED, now
    kept._change_reason = "通报"
    kept.save()
    record_event(
        actor=actor, event="通报述职评议", row=kept, summary=f"{kept} {kept.reports.count()}名书记", at=now
    )
    return kept


@transaction.atomic
def acknowledge(*, actor, report: WorkReport, now: datetime) -> WorkReport:
    """阅知: the secretary has read what was published."""
    kept = _locked_report(report)
    if not is_own(actor, kept):
        raise PermissionDenied("由述职的书记本人阅知。")
    _require_state(kept.session, SessionState.PUBLISHED)
    if kept.seen_at is None:
        kept.seen_at = now
        kept._change_reason = "阅知"
        kept.save()
        record_event(actor=actor, event="阅知述职评议", row=kept, summary=_told(kept), at=now)
    return kept


def subject_label(report: WorkReport) -> str:
    """How a secretary is named on the ballot."""
    person = f" {report.appointment.user}" if report.appointment else ""
    return f"{report.organization.short_name}{person}"[:120]


def _in_office(appointment, today) -> bool:
    return appointment is not None and Appointment.objects.on(today).filter(pk=appointment.pk).exists()


def _write(actor, report, version, words) -> WorkReport:
    kept = _locked_report(report)
    actor.require(Right.FILL_EVALUATIONS, kept.organization)
    if kept.version != version:
        raise Outdated(kept)
    if not is_writable(kept):
        raise ValidationError("这份报告已提交，或评议已经结束，不能再改。")
    for name in ("achievements", "shortcomings", "intentions"):
        setattr(kept, name, getattr(words, name).strip())
    kept.version += 1
    return kept


def _of_session(session):
    return session.reports.select_related("organization", "appointment__user").order_by(
        "organization__path", "pk"
    )


def _locked_session(session) -> ReviewSession:
    ReviewSession.objects.select_for_update(no_key=True).get(pk=session.pk)
    kept = ReviewSession.objects.select_related("organization", "cycle", "poll").get(pk=session.pk)
    if kept.cycle.state == CycleState.WITHDRAWN:
        raise ValidationError("这次述职评议已撤销。")
    return kept


def _locked_report(report) -> WorkReport:
    """The session is locked as well, so that a report does not change while its session moves on."""
    _locked_session(report.session)
    WorkReport.objects.select_for_update(no_key=True).get(pk=report.pk)
    related = (
        "organization",
        "appointment__user",
        "session__organization",
        "session__cycle",
        "session__poll",
    )
    return WorkReport.objects.select_related(*related).get(pk=report.pk)


def _require_runs(actor, session) -> None:
    actor.require(Right.EVALUATE, session.organization)


def _require_state(session, *states) -> None:
    if session.state not in states:
        raise ValidationError(f"评议会现在是“{session.get_state_display()}”，这一步不能做。")


def _require_not_oneself(actor, report, what) -> None:
    if is_own(actor, report):
        raise PermissionDenied(f"不能给自己{what}，请由其他负责同志办理。")


def _told(report) -> str:
    return f"{report.organization} {report.appointment.user if report.appointment else ''}".strip()
