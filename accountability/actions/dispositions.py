"""组织处置: what is done about a member who does not qualify, step by step, by people; nothing follows by itself."""

from dataclasses import asdict, dataclass
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accountability.appraising import PLAIN_STEPS, STEPS_ABOVE, latest_improvement
from accountability.choices import AppraisalGrade, DispositionKind, DispositionState, DispositionStepKind
from accountability.models import DispositionCase, DispositionStep, MemberAppraisal
from accountability.queries.appraisals import members_on
from accountability.queries.dispositions import case_meetings, next_step_of, step_meetings
from branches.access import Actor, Right
from branches.actions.audit import record_event
from branches.choices import MeetingKind, OrganizationKind
from branches.models import Meeting, Member, Organization, Vote
from branches.votes import Ballot, VoteRule, judge


@dataclass(frozen=True)
class Counted:
    """The counts of a vote as they were when the step was taken."""

    subject: str
    entitled: int
    present: int
    in_favour: int


@transaction.atomic
def open_case(
    *,
    actor: Actor,
    organization: Organization,
    member: Member,
    kind: str,
    grounds: str,
    appraisal: MemberAppraisal | None = None,
    now,
) -> DispositionCase:
    """Open a case on a member of the branch, from an appraisal 不合格 or on other grounds; one at a time."""
    actor.require(Right.APPRAISE, organization)
    _require_impartial(actor, member)
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if not organization.is_branch or not members_on(organization, actor.today).filter(pk=member.pk).exists():
        raise ValidationError({"member": "请选择本支部现有的党员。"})
    if kind not in DispositionKind.values:
        raise ValidationError({"kind": "请选择处置方式。"})
    if not grounds.strip():
        raise ValidationError({"grounds": "请写明事由：什么事、依据是什么。"})
    if appraisal is not None and (
        appraisal.member_id != member.pk
        or appraisal.organization_id != organization.pk
        or appraisal.grade != AppraisalGrade.UNQUALIFIED
    ):
        raise ValidationError({"member": "所依据的民主评议不是这名党员的不合格结果。"})
    case = DispositionCase(
        organization=organization,
        member=member,
        appraisal=appraisal,
        kind=kind,
        grounds=grounds.strip(),
        opened_on=actor.today,
        author=actor.user,
        created_at=now,
    )
    case._change_reason = "启动"
    try:
        with transaction.atomic():
            case.save()
    except IntegrityError:
        raise ValidationError({"member": "该党员已有一件正在办理的组织处置。"}) from None
    record_event(
        actor=actor,
        event="启动组织处置",
        row=case,
        summary=f"{organization} {case.get_kind_display()}",
        at=now,
    )
    return case


@transaction.atomic
def take_step(
    *,
    actor: Actor,
    case: DispositionCase,
    kind: str,
    on: date | None,
    passed: bool,
    words: str,
    meeting: Meeting | None = None,
    vote: Vote | None = None,
    improve_until: date | None = None,
    stops: bool = False,
    now,
) -> DispositionStep:
    """Take the step that is next. `vote` is the one of the 支部大会, whose day is that of its meeting.

    What is not agreed to goes back to the first step, or ends the case when it `stops`. 转化考察 ends it either way.
    """
    kept = _locked(case)
    step = next_step_of(kept)
    if kept.state != DispositionState.RUNNING or step is None:
        raise ValidationError("这件处置已经办结或终止。")
    if step != kind:
        raise ValidationError(f"现在应办的是“{DispositionStepKind(step).label}”，请看最新的页面。")
    _require_step(actor, kept, step)
    counted: Counted | None = None
    errors: dict[str, str] = {}
    if step == DispositionStepKind.ASSEMBLY:
        meeting, counted, errors = _voted(kept, vote, passed)
        on = meeting.held_on if meeting else on
    elif meeting and not step_meetings(kept, step, actor.organization).filter(pk=meeting.pk).exists():
        errors["meeting"] = (
            "请选择本党委已确认的党委（党组）会记录。"
            if step in STEPS_ABOVE
            else "请选择本支部已确认的支委会记录。"
        )
    elif meeting and on and meeting.held_on != on:
        errors["on"] = f"与所选会议的日期{meeting.held_on:%Y-%m-%d}不一致。"
    errors |= _day_problem(actor, kept, on, at="vote" if step == DispositionStepKind.ASSEMBLY else "on")
    if not words.strip():
        errors["words"] = "请写明情况。"
    if step in PLAIN_STEPS:
        passed = True
    if step == DispositionStepKind.ANNOUNCE and kept.kind == DispositionKind.IMPROVE and on:
        errors |= _term_problem(on, improve_until)
    if errors:
        raise ValidationError(errors)
    taken = DispositionStep.objects.create(
        case=kept,
        kind=step,
        on=on,
        passed=passed,
        words=words.strip(),
        meeting=meeting,
        ballot=asdict(counted) if counted else None,
        author=actor.user,
        taken_at=now,
    )
    if step == DispositionStepKind.ANNOUNCE and kept.kind == DispositionKind.IMPROVE:
        kept.improve_until = improve_until
    if not passed and stops and step != DispositionStepKind.FOLLOW:
        kept.state = DispositionState.STOPPED
    elif next_step_of(kept) is None:
        kept.state = DispositionState.CLOSED
    label = DispositionStepKind(step).label
    kept._change_reason = f"{label} {'同意' if passed else '不同意'}" if step not in PLAIN_STEPS else label
    kept.save()
    record_event(
        actor=actor,
        event="组织处置步骤",
        row=kept,
        summary=f"{kept.organization} {kept.get_kind_display()} {kept._change_reason}",
        at=now,
    )
    return taken


@transaction.atomic
def stop_case(*, actor: Actor, case: DispositionCase, words: str, now) -> DispositionCase:
    """End a case that should not go on (facts not established, the member moved on …), with its reason."""
    kept = _locked(case)
    actor.require(Right.APPRAISE, kept.organization)
    _require_impartial(actor, kept.member)
    if kept.state != DispositionState.RUNNING:
        raise ValidationError("这件处置已经办结或终止。")
    if any(step.kind == DispositionStepKind.APPROVE and step.passed for step in kept.steps.all()):
        raise ValidationError("党委已经审批，支部不能自行终止；请报上级党委处理。")
    if not words.strip():
        raise ValidationError({"words": "请写明为什么终止。"})
    kept.state = DispositionState.STOPPED
    kept._change_reason = f"终止：{words.strip()}"[:100]
    kept.save()
    record_event(
        actor=actor,
        event="终止组织处置",
        row=kept,
        summary=f"{kept.organization} {kept.get_kind_display()}",
        at=now,
    )
    return kept


def may_take(actor: Actor, case: DispositionCase, step: str | None) -> bool:
    """Whether the actor takes this step: the branch its own, a committee above 预审 and 审批, nobody on themselves."""
    if step is None or case.state != DispositionState.RUNNING or _is_concerned(actor, case.member):
        return False
    if step not in STEPS_ABOVE:
        return actor.may(Right.APPRAISE, case.organization)
    own = actor.organization
    return (
        own is not None
        and actor.may(Right.EVALUATE, case.organization)
        and own.is_committee
        and own.kind != OrganizationKind.GENERAL_BRANCH
        and own.pk != case.organization_id
    )


def _require_step(actor, case, step) -> None:
    _require_impartial(actor, case.member)
    if may_take(actor, case, step):
        return
    if step in STEPS_ABOVE:
        raise PermissionDenied("预审和审批由上级党委办理，请等待上级党委。")
    raise PermissionDenied("这一步由党员所在的党支部办理。")


def _require_impartial(actor, member) -> None:
    if _is_concerned(actor, member):
        raise PermissionDenied("不能办理对本人的组织处置，请由其他同志办理。")


def _is_concerned(actor, member) -> bool:
    return actor.user.member_id is not None and actor.user.member_id == member.pk


def _locked(case) -> DispositionCase:
    DispositionCase.objects.select_for_update(no_key=True).get(pk=case.pk)
    return DispositionCase.objects.select_related("organization", "member").get(pk=case.pk)


def _voted(case, vote, passed) -> tuple[Meeting | None, Counted | None, dict]:
    """The meeting of a vote and its counts; agreed is only what more than half of those entitled voted for."""
    meeting = (
        case_meetings(case, MeetingKind.GENERAL_MEETING).filter(pk=vote.meeting_id).first() if vote else None
    )
    if meeting is None:
        return None, None, {"vote": "请选择本支部已确认的党员大会上对这件事的表决。"}
    verdict = judge(
        Ballot(
            rule=VoteRule.ADMISSION,
            entitled=vote.entitled,
            present=vote.present,
            in_favour=vote.in_favour,
            against=vote.against,
            abstained=vote.abstained,
        )
    )
    counted = Counted(vote.subject, vote.entitled, vote.present, vote.in_favour)
    if not verdict.may_sit:
        return (
            meeting,
            counted,
            {
                "vote": f"到会有表决权{vote.present}人，未超过应到{vote.entitled}人的半数（至少{verdict.quorum_needed}人），表决无效。"
            },
        )
    if passed != bool(verdict.passes):
        result = "已超过" if verdict.passes else "没有超过"
        return (
            meeting,
            counted,
            {
                "passed": f"赞成{vote.in_favour}票，{result}应到有表决权{vote.entitled}人的半数"
                f"（需{verdict.majority_needed}票），请按表决结果填写。"
            },
        )
    return meeting, counted, {}


def _day_problem(actor, case, on, at) -> dict:
    if on is None:
        return {} if at == "vote" else {at: "请填写日期。"}
    if on > actor.today:
        return {at: "日期不能晚于今天。"}
    steps = list(case.steps.order_by("pk"))
    earliest = steps[-1].on if steps else case.opened_on
    if on < earliest:
        what = f"上一步的日期{earliest:%Y-%m-%d}" if steps else f"启动日期{earliest:%Y-%m-%d}"
        return {at: f"不能早于{what}。"}
    return {}


def _term_problem(on, until) -> dict:
    if until is None:
        return {"improve_until": "请填写改正期限。"}
    if until <= on:
        return {"improve_until": "改正期限要晚于宣布日期。"}
    latest = latest_improvement(on)
    if until > latest:
        return {"improve_until": f"限期改正最长一年，不能晚于{latest:%Y-%m-%d}。"}
    return {}
