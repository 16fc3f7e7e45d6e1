"""问责: drafted by one person, decided by another, announced, open to an appeal for a month.

Every step is taken by somebody; nothing opens, moves or closes a case by itself. The audit log is told which case was
touched, never whom or what it is about.
"""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accountability.access import handles_cases, is_concerned, must_stand_aside
from accountability.choices import (
    PERSON_MEASURES,
    UNIT_MEASURES,
    CaseMeasure,
    CaseState,
    LeadershipPart,
    Situation,
)
from accountability.models import AccountabilityCase, CaseAppeal
from branches.access import Right
from branches.actions.audit import record_event
from branches.choices import KEY_POSTS, Post
from branches.models import Organization
from branches.periods import add_months

#: Posts that may be let into a case: leaders and those who keep discipline or organisation; nobody else by any name.
KNOWING_POSTS = (*KEY_POSTS, Post.ORGANIZATION_OFFICER, Post.DISCIPLINE_OFFICER)
_UNDECIDED = (CaseState.DRAFT, CaseState.PROPOSED)
_CORRECTABLE = (CaseState.DECIDED, CaseState.ANNOUNCED, CaseState.APPEALED, CaseState.CLOSED)


class CaseMoved(Exception):
    """Somebody else has changed the case since it was read; `case` is how it stands now."""

    def __init__(self, case):
        super().__init__("这件问责刚刚被他人改动，请看过现在的内容再办。")
        self.case = case


@dataclass(frozen=True)
class Draft:
    """What a case says: `measures` are codes of `CaseMeasure`, `part` the officer's share of responsibility."""

    situation: str
    facts: str
    basis: str
    measures: tuple[str, ...]
    part: str = ""


def last_day_of_appeal(announced_on: date) -> date:
    """The last day on which an appeal may be filed: one calendar month after the announcement, counted in full."""
    return add_months(announced_on, 1)


def measures_for(appointment) -> tuple[CaseMeasure, ...]:
    """What may be done to an officer (`appointment`), or to an organisation (None)."""
    return UNIT_MEASURES if appointment is None else PERSON_MEASURES


@transaction.atomic
def open_case(
    *, actor, organization, draft: Draft, appointment=None, evaluation=None, now
) -> AccountabilityCase:
    """Draft a case against a unit strictly below the actor's committee, or against one of its 班子成员.

    `evaluation` is only what it may be read beside; no result says that there must be a case.
    """
    _require_handler(actor)
    actor.require(Right.HANDLE_CASES, organization)
    if organization.is_group:
        raise PermissionDenied("党小组不作为问责对象。")
    _require_impartial(actor, organization, appointment)
    Organization.objects.select_for_update(no_key=True).get(pk=actor.organization.pk)
    if appointment is not None:
        if appointment.organization_id != organization.pk:
            raise ValidationError({"appointment": f"{appointment.user}不在{organization}任职。"})
        if appointment.post not in KEY_POSTS:
            raise ValidationError({"appointment": "问责的个人须是该单位的班子成员。"})
    if evaluation is not None and evaluation.organization_id != organization.pk:
        raise ValidationError("考核结果不是这个单位的。")
    case = AccountabilityCase(
        handler=actor.organization,
        organization=organization,
        appointment=appointment,
        evaluation=evaluation,
        drafted_by=actor.user,
        drafted_at=now,
    )
    _write(case, draft)
    if AccountabilityCase.objects.filter(
        handler=actor.organization,
        organization=organization,
        appointment=appointment,
        situation=case.situation,
        drafted_by=actor.user,
        state=CaseState.DRAFT,
    ).exists():
        raise ValidationError("您已起草过同一对象、同一情形的问责，请在那一件上修改。")
    case._change_reason, case._history_user, case._history_date = "起草", actor.user, now
    case.save()
    _record(actor, "起草问责", case, now)
    return case


@transaction.atomic
def save_case(*, actor, case, version: int, draft: Draft, reason: str = "", now) -> AccountabilityCase:
    """Rewrite a case that is not decided yet; only who drafted it does, and once it is proposed says why."""
    kept = _locked(actor, case, version)
    _expect(kept, *_UNDECIDED)
    if kept.drafted_by_id != actor.user.pk:
        raise PermissionDenied("决定之前由起草人修改。")
    if kept.state == CaseState.PROPOSED and not reason.strip():
        raise ValidationError({"reason": "已提请决定，请写明修改的原因。"})
    _write(kept, draft)
    return _keep(actor, kept, "修改问责", reason or "修改", now)


@transaction.atomic
def propose_case(*, actor, case, version: int, now) -> AccountabilityCase:
    """Hand the draft to another person of the body for decision."""
    kept = _locked(actor, case, version)
    _expect(kept, CaseState.DRAFT)
    if kept.drafted_by_id != actor.user.pk:
        raise PermissionDenied("由起草人提请决定。")
    kept.state = CaseState.PROPOSED
    return _keep(actor, kept, "提请问责决定", "提请决定", now)


@transaction.atomic
def decide_case(
    *, actor, case, version: int, decided_on: date, number: str = "", note: str = "", now
) -> AccountabilityCase:
    """Decide as proposed; never by who drafted it."""
    kept = _locked(actor, case, version)
    _expect(kept, CaseState.PROPOSED)
    _require_another(actor, kept)
    if decided_on > actor.today:
        raise ValidationError({"decided_on": "决定日期不能晚于今天。"})
    kept.state, kept.decided_by, kept.decided_on = CaseState.DECIDED, actor.user, decided_on
    kept.number, kept.decision_note = number.strip(), note.strip()
    return _keep(actor, kept, "决定问责", "决定", now)


@transaction.atomic
def drop_case(*, actor, case, version: int, reason: str, now) -> AccountabilityCase:
    """不予问责, with the reason: what is not decided yet may be dropped by anybody of the body, its drafter included."""
    kept = _locked(actor, case, version)
    _expect(kept, *_UNDECIDED)
    if kept.drafted_by_id != actor.user.pk:
        kept.decided_by, kept.decided_on = actor.user, actor.today
    if not reason.strip():
        raise ValidationError({"reason": "请写明不予问责的理由。"})
    kept.state, kept.decision_note = CaseState.DROPPED, reason.strip()
    return _keep(actor, kept, "不予问责", "不予问责", now)


@transaction.atomic
def announce_case(*, actor, case, version: int, announced_on: date, now) -> AccountabilityCase:
    """Write down the day of the announcement; the month of appeal runs from it."""
    kept = _locked(actor, case, version)
    _expect(kept, CaseState.DECIDED)
    _set_announced(actor, kept, announced_on)
    kept.state = CaseState.ANNOUNCED
    return _keep(actor, kept, "宣布问责决定", "宣布", now)


@transaction.atomic
def correct_case(
    *,
    actor,
    case,
    version: int,
    draft: Draft,
    number: str,
    reason: str,
    announced_on: date | None = None,
    now,
) -> AccountabilityCase:
    """Mend the words of a decided case, or a mistyped day of announcement; what was decided stays as it is."""
    kept = _locked(actor, case, version)
    _expect(kept, *_CORRECTABLE)
    if set(draft.measures) != set(kept.measures):
        raise ValidationError({"measures": "已作出决定，问责方式只能经申诉复查变更。"})
    if not reason.strip():
        raise ValidationError({"reason": "请写明更正的原因。"})
    _write(kept, draft)
    kept.number = number.strip()
    if announced_on is not None and announced_on != kept.announced_on:
        if kept.state != CaseState.ANNOUNCED:
            raise ValidationError({"announced_on": "只有宣布之后、申诉之前可以更正宣布日期。"})
        _set_announced(actor, kept, announced_on)
    return _keep(actor, kept, "更正问责", f"更正：{reason.strip()}", now)


@transaction.atomic
def file_appeal(*, actor, case, version: int, filed_on: date, reason: str, now) -> CaseAppeal:
    """申诉, filed by whom the case is about, or entered by the body for a paper that came in; within the month."""
    kept = AccountabilityCase.objects.select_for_update().get(pk=case.pk)
    if not may_file_appeal(actor, kept):
        raise PermissionDenied("申诉由被问责的单位、个人提出，或由承办单位登记。")
    if kept.version != version:
        raise CaseMoved(kept)
    _expect(kept, CaseState.ANNOUNCED)
    if filed_on > actor.today:
        raise ValidationError({"filed_on": "申诉日期不能晚于今天。"})
    if kept.announced_on and filed_on < kept.announced_on:
        raise ValidationError({"filed_on": f"决定于{kept.announced_on:%Y-%m-%d}宣布，申诉不能早于这一天。"})
    if kept.appeal_until and filed_on > kept.appeal_until:
        raise ValidationError({"filed_on": f"申诉期限到{kept.appeal_until:%Y-%m-%d}（含当日），已经过了。"})
    if not reason.strip():
        raise ValidationError({"reason": "请写明申诉的理由。"})
    appeal = CaseAppeal(case=kept, filed_on=filed_on, reason=reason.strip(), author=actor.user)
    appeal._change_reason = "申诉"
    appeal.save()
    kept.state = CaseState.APPEALED
    _keep(actor, kept, "登记问责申诉", "申诉", now)
    return appeal


def may_file_appeal(actor, case) -> bool:
    """Whether the actor is whom the case is about and was told so, or one of the body that handles it."""
    if is_concerned(actor, case):
        return case.readers.filter(pk=actor.appointment.pk).exists()
    return handles_cases(actor, case) and not must_stand_aside(actor, case.organization, case.appointment)


@transaction.atomic
def answer_appeal(
    *, actor, case, version: int, upheld: bool, measures=(), answer: str, answered_on: date, now
) -> CaseAppeal:
    """复查: reject the appeal, or uphold it and change the decision to `measures`; none of them withdraws it.

    The case is closed with it. Who drafted the case does not answer for it.
    """
    kept = _locked(actor, case, version)
    _expect(kept, CaseState.APPEALED)
    _require_another(actor, kept, "复查决定应由起草人以外的同志作出。")
    appeal = CaseAppeal.objects.select_for_update().get(case=kept, upheld=None)
    if not appeal.filed_on <= answered_on <= actor.today:
        raise ValidationError({"answered_on": f"复查日期应在{appeal.filed_on:%Y-%m-%d}到今天之间。"})
    if not answer.strip():
        raise ValidationError({"answer": "请写明复查决定和理由。"})
    left = [each for each in measures_for(kept.appointment_id) if each in measures] if upheld else []
    if upheld and set(left) == set(kept.measures):
        raise ValidationError({"measures": "申诉成立，应变更或者撤销原决定；维持原决定请选“申诉不成立”。"})
    appeal.upheld, appeal.measures, appeal.answer = upheld, left, answer.strip()
    appeal.answered_by, appeal.answered_on = actor.user, answered_on
    appeal._change_reason = "复查"
    appeal.save()
    kept.state = CaseState.CLOSED
    _keep(actor, kept, "答复问责申诉", "复查申诉", now)
    return appeal


@transaction.atomic
def close_case(*, actor, case, version: int, now) -> AccountabilityCase:
    """Close a case whose month of appeal has passed without one."""
    kept = _locked(actor, case, version)
    _expect(kept, CaseState.ANNOUNCED)
    if actor.today <= kept.appeal_until:
        raise ValidationError(f"申诉期限到{kept.appeal_until:%Y-%m-%d}（含当日），过后才能办结。")
    kept.state = CaseState.CLOSED
    return _keep(actor, kept, "办结问责", "办结", now)


@transaction.atomic
def add_readers(*, actor, case, version: int, appointments, reason: str, now) -> AccountabilityCase:
    """Let named officers know of the case; of whom it is about, it will be seen from the announcement on."""
    kept = _locked(actor, case, version)
    appointments = list(appointments)
    if not appointments:
        raise ValidationError({"appointments": "请至少选择一名知悉人。"})
    if any(each.post not in KNOWING_POSTS for each in appointments):
        raise ValidationError({"appointments": "知悉人只能是班子成员、组织干事或纪检干部。"})
    if not reason.strip():
        raise ValidationError({"reason": "请写明知悉的原因。"})
    names = "、".join(str(each.user) for each in appointments)
    _without_history(kept, lambda: kept.readers.add(*appointments))
    return _keep(actor, kept, "增加问责知悉人", f"增加知悉人{names}：{reason.strip()}", now)


@transaction.atomic
def remove_reader(*, actor, case, version: int, appointment, reason: str, now) -> AccountabilityCase:
    """Take the case out of an officer's sight again."""
    kept = _locked(actor, case, version)
    if not reason.strip():
        raise ValidationError({"reason": "请写明原因。"})
    _without_history(kept, lambda: kept.readers.remove(appointment))
    return _keep(actor, kept, "移除问责知悉人", f"移除知悉人{appointment.user}：{reason.strip()}", now)


def _write(case, draft: Draft) -> None:
    case.situation, case.facts, case.basis = draft.situation, draft.facts.strip(), draft.basis.strip()
    is_person = case.appointment_id is not None
    allowed = measures_for(case.appointment_id)
    case.part = draft.part if is_person else ""
    case.measures = [each.value for each in allowed if each in draft.measures]
    faults = {}
    if case.situation not in Situation:
        faults["situation"] = "请选择问责情形。"
    if is_person and case.part not in LeadershipPart:
        faults["part"] = "请选择责任划分。"
    if not case.facts:
        faults["facts"] = "请写明事实。"
    if not case.basis:
        faults["basis"] = "请写明依据的条款。"
    if not draft.measures:
        faults["measures"] = "请至少选择一种问责方式。"
    elif len(case.measures) != len(set(draft.measures)):
        names = "、".join(each.label for each in allowed)
        faults["measures"] = f"对{'个人' if is_person else '党组织'}的问责方式只有{names}。"
    if faults:
        raise ValidationError(faults)


def _set_announced(actor, case, announced_on) -> None:
    if not case.decided_on <= announced_on <= actor.today:
        raise ValidationError({"announced_on": f"宣布日期应在决定日期{case.decided_on:%Y-%m-%d}到今天之间。"})
    case.announced_on, case.appeal_until = announced_on, last_day_of_appeal(announced_on)


def _require_handler(actor, case=None) -> None:
    if not handles_cases(actor, case):
        raise PermissionDenied(f"您当前的任职没有“{Right.HANDLE_CASES.value}”的权限。")


def _require_impartial(actor, organization, appointment) -> None:
    if must_stand_aside(actor, organization, appointment):
        raise PermissionDenied("涉及您本人或您任职的单位，请回避，由其他同志办理。")


def _require_another(actor, case, words="起草人不能自己作出决定，请由其他同志决定。") -> None:
    if case.drafted_by_id == actor.user.pk:
        raise PermissionDenied(words)


def _expect(case, *states) -> None:
    if case.state not in states:
        raise ValidationError(f"这件问责现在是“{case.get_state_display()}”，不能这样办。")


def _locked(actor, case, version) -> AccountabilityCase:
    kept = AccountabilityCase.objects.select_for_update().get(pk=case.pk)
    _require_handler(actor, kept)
    _require_impartial(actor, kept.organization, kept.appointment)
    if kept.version != version:
        raise CaseMoved(kept)
    return kept


def _keep(actor, case, event: str, reason: str, now) -> AccountabilityCase:
    case.version += 1
    case._change_reason, case._history_user, case._history_date = reason[:100], actor.user, now
    case.save()
    _record(actor, event, case, now)
    return case


def _without_history(case, change) -> None:
    """Change the readers with no line of history of their own: the save that follows writes one, with the reason."""
    case.skip_history_when_saving = True
    try:
        change()
    finally:
        del case.skip_history_when_saving


def _record(actor, event: str, case, now) -> None:
    record_event(actor=actor, event=event, row=case, summary=f"问责第{case.pk}号", at=now)
