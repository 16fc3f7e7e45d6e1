"""民主评议党员: 自评 → 互评 → 民主测评 → 综合评定 → 反馈, in this order. People decide; a scheme only counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from simple_history.utils import bulk_update_with_history

from accountability import scoring
from accountability.actions.polls import cancel_poll, close_poll, open_poll
from accountability.choices import AppraisalGrade, AppraisalStep, PollPurpose, PollState
from accountability.filling import SINGLE, find_ask, objections
from accountability.models import (
    AppraisalEntry,
    AppraisalProgramme,
    MemberAppraisal,
    PollSubject,
    SchemeVersion,
)
from accountability.queries.appraisals import (
    appraisal_meetings,
    gaps_of,
    members_on,
    roster_changes,
    unit_of,
    version_choices,
)
from accountability.queries.polls import has_votes
from branches.access import Actor, Right
from branches.actions.audit import record_event
from branches.choices import MemberCategory
from branches.models import Meeting, Organization, User

from .notices import stop_appraisals, tell_of_appraisals, tell_of_poll

STEPS = list(AppraisalStep)
#: Until the result is decided, what a member says of themselves may still be handed in.
BEFORE_DECIDING = (AppraisalStep.SELF, AppraisalStep.PEERS, AppraisalStep.POLL)
#: Until the poll, who takes part follows the roster.
BEFORE_POLL = (AppraisalStep.SELF, AppraisalStep.PEERS)
#: Below these the organisation says why.
NEEDS_OPINION = (AppraisalGrade.BARELY, AppraisalGrade.UNQUALIFIED)
#: The key of `reasons` under which more than one third of 优秀 is explained.
EXCESS = AppraisalGrade.EXCELLENT.value
CANCELLED = "这次民主评议已经取消。"


@transaction.atomic
def start_programme(
    *, actor: Actor, organization: Organization, year: int, version: SchemeVersion | None = None, now
) -> AppraisalProgramme:
    """Start the programme of a branch with the members it has today; those on probation get no grade."""
    actor.require(Right.APPRAISE, organization)
    if not organization.is_branch:
        raise ValidationError("民主评议党员在党支部进行，请选择党支部。")
    if year not in (actor.today.year, actor.today.year - 1):
        raise ValidationError({"year": f"请选择{actor.today.year}或{actor.today.year - 1}年度。"})
    if version and not version_choices(organization, [year], actor.today).filter(pk=version.pk).exists():
        raise ValidationError({"version": "这份评议办法不适用于本支部或本年度。"})
    # Two people of one branch start one after the other.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if AppraisalProgramme.objects.standing().filter(organization=organization, year=year).exists():
        raise ValidationError({"year": f"{year}年度的民主评议党员已经开始。"})
    members = list(members_on(organization, actor.today))
    if not members:
        raise ValidationError("支部现在没有可以参加评议的党员，请先核对党员名册。")
    programme = AppraisalProgramme(
        organization=organization,
        year=year,
        version=version,
        starts_on=actor.today,
        author=actor.user,
        created_at=now,
    )
    _save(programme, "开始")
    _enlist(programme, members)
    record_event(
        actor=actor,
        event="开始民主评议党员",
        row=programme,
        summary=f"{organization} {year}年度 {len(members)}人",
        at=now,
    )
    if version:
        _score(programme)
    return programme


@transaction.atomic
def cancel_programme(*, actor: Actor, programme: AppraisalProgramme, reason: str, now) -> AppraisalProgramme:
    """Take back a programme that was started by mistake, with its open poll, while nobody has voted.

    What was written stays on record; the year may be started anew.
    """
    kept = _locked(actor, programme)
    if kept.step not in BEFORE_DECIDING:
        raise ValidationError("已经进入综合评定，不能再取消。")
    if kept.poll and kept.poll.state != PollState.CANCELLED and has_votes(kept.poll):
        raise ValidationError("已经有人投票或录入了纸质票，不能再取消。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明取消的原因。"})
    if kept.poll and kept.poll.state == PollState.OPEN:
        cancel_poll(actor=actor, poll=kept.poll, reason=reason, now=now)
        if kept.poll.voters.filter(has_voted=True).exists():
            raise ValidationError("刚有人投了票，不能再取消。")
    kept.cancelled_at, kept.cancelled_for = now, reason.strip()
    _save(kept, "取消")
    record_event(
        actor=actor,
        event="取消民主评议党员",
        row=kept,
        summary=f"{kept.organization} {kept.year}年度：{reason.strip()}",
        at=now,
    )
    return kept


@transaction.atomic
def change_version(
    *, actor: Actor, programme: AppraisalProgramme, version: SchemeVersion | None, now
) -> AppraisalProgramme:
    """Count by another table, or by none, while no fact counts and nothing is decided."""
    kept = _locked(actor, programme)
    if kept.step not in BEFORE_DECIDING:
        raise ValidationError("已经进入综合评定，评议办法不能再改。")
    if version == kept.version:
        return kept
    if (
        version
        and not version_choices(kept.organization, [kept.year], actor.today).filter(pk=version.pk).exists()
    ):
        raise ValidationError({"version": "这份评议办法不适用于本支部或本年度。"})
    if AppraisalEntry.objects.filter(appraisal__programme=kept, withdrawn_at=None).exists():
        raise ValidationError({"version": "已经按原来的办法登记了计分事实，请先逐条撤销再更换。"})
    kept.version = version
    _save(kept, "更换评议办法")
    rows = list(kept.appraisals.select_for_update().exclude(result=None))
    for row in rows:
        row.result, row.total, row.suggested = None, None, ""
    if rows:
        _save_many(rows, ["result", "total", "suggested"], actor, now, "更换评议办法")
    record_event(
        actor=actor,
        event="更换评议办法",
        row=kept,
        summary=f"{kept.organization} {kept.year}年度 {version or '不计分，只评等次'}",
        at=now,
    )
    if version:
        _score(kept)
    return kept


@transaction.atomic
def advance_programme(
    *, actor: Actor, programme: AppraisalProgramme, step: str, reason: str, now
) -> AppraisalProgramme:
    """Go on from `step` to the next. What is missing is said; where the rule allows it a reason lets it go on."""
    kept = _locked(actor, programme)
    if kept.step != step:
        raise ValidationError(f"评议已经进行到“{kept.get_step_display()}”，请看最新的页面。")
    gaps = gaps_of(kept)
    if blocking := [gap.text for gap in gaps if gap.blocks]:
        raise ValidationError("；".join(blocking) + "。")
    if gaps and not reason.strip():
        raise ValidationError(
            {"reason": "还有缺项：" + "；".join(gap.text for gap in gaps) + "。请写明原因再进入下一步。"}
        )
    following = STEPS[STEPS.index(AppraisalStep(kept.step)) + 1]
    if gaps:
        kept.reasons[kept.step] = reason.strip()
    left, kept.step = kept.get_step_display(), following
    if following == AppraisalStep.DONE:
        kept.finished_at = now
    _save(kept, f"{left}完成")
    record_event(
        actor=actor,
        event="推进民主评议党员",
        row=kept,
        summary=f"{kept.organization} {left} → {kept.get_step_display()} {kept.reasons.get(step, '')}".strip(),
        at=now,
    )
    return kept


@transaction.atomic
def update_roster(*, actor: Actor, programme: AppraisalProgramme, now) -> tuple[int, int]:
    """Before the poll: take in who has joined the branch since, leave out who has left it; returns how many of each.

    What somebody who left has written stays in the history of their row.
    """
    kept = _locked(actor, programme)
    if kept.step not in BEFORE_POLL:
        raise ValidationError("民主测评已经开始，参加评议的名单不再变动。")
    joined, left = roster_changes(kept, actor.today)
    _enlist(kept, joined)
    for row in left:
        row._change_reason = "不再是本支部党员"
        row.delete()
    if kept.version:
        _score(kept)
    if joined or left:
        record_event(
            actor=actor,
            event="更新评议名单",
            row=kept,
            summary=f"{kept.organization} {kept.year}年度 列入{len(joined)}人，移出{len(left)}人",
            at=now,
        )
    return len(joined), len(left)


@transaction.atomic
def link_meeting(
    *, actor: Actor, programme: AppraisalProgramme, meeting: Meeting | None, now
) -> AppraisalProgramme:
    """Say at which meeting of the branch the appraisal was held."""
    kept = _locked(actor, programme)
    if meeting and not appraisal_meetings(kept).filter(pk=meeting.pk).exists():
        raise ValidationError({"meeting": "请选择本支部评议年度内的民主评议党员会议或组织生活会。"})
    kept.meeting = meeting
    _save(kept, "关联评议会议")
    record_event(
        actor=actor,
        event="关联评议会议",
        row=kept,
        summary=f"{kept.organization} {meeting or '取消关联'}",
        at=now,
    )
    return kept


@transaction.atomic
def write_self(*, actor: Actor, appraisal: MemberAppraisal, text: str, grade: str, now) -> MemberAppraisal:
    """自评: by the member, or entered from paper by the branch; what a member wrote nobody else rewrites."""
    kept = _locked_member(appraisal)
    is_own = _is_own(actor, kept)
    if not is_own:
        actor.require(Right.APPRAISE, kept.organization)
        if kept.self_by_id and kept.self_by_id == _account_of(kept):
            raise ValidationError("本人已经在线填写自评，不能代为修改。")
    if kept.programme.cancelled_at:
        raise ValidationError(CANCELLED)
    if kept.programme.step not in BEFORE_DECIDING:
        raise ValidationError("已经进入综合评定，自评不能再改。")
    errors = {}
    if not text.strip():
        errors["text"] = "请写自评情况，几句话即可。"
    if kept.is_graded and grade not in AppraisalGrade.values:
        errors["grade"] = "请选择自评等次。"
    if errors:
        raise ValidationError(errors)
    kept.self_text, kept.self_at, kept.self_by = text.strip(), now, actor.user
    kept.self_grade = grade if kept.is_graded else ""
    _save(kept, "自评" if is_own else "代录自评")
    record_event(
        actor=actor,
        event="填写自评" if is_own else "代录自评",
        row=kept,
        summary=f"{kept.organization} {kept.programme.year}年度",
        at=now,
    )
    return kept


@transaction.atomic
def write_peer_notes(*, actor: Actor, programme: AppraisalProgramme, notes: Mapping[int, str], now) -> int:
    """互评: what was said about members at the meeting, in short, by appraisal; returns how many changed."""
    kept = _locked(actor, programme)
    if kept.step == AppraisalStep.SELF:
        raise ValidationError("还在自评阶段；进入党员互评后再记录。")
    if kept.step in (AppraisalStep.TELL, AppraisalStep.DONE):
        raise ValidationError("评定已经作出，互评记录不能再改。")
    changed = []
    for row in kept.appraisals.select_for_update().filter(pk__in=notes):
        text = notes[row.pk].strip()
        if text != row.peer_notes:
            row.peer_notes = text
            changed.append(row)
    if changed:
        _save_many(changed, ["peer_notes"], actor, now, "记录互评")
        record_event(
            actor=actor,
            event="记录互评",
            row=kept,
            summary=f"{kept.organization} {kept.year}年度 {len(changed)}人",
            at=now,
        )
    return len(changed)


@transaction.atomic
def open_appraisal_poll(*, actor: Actor, programme: AppraisalProgramme, closes_at, now) -> AppraisalProgramme:
    """民主测评 on the members who are graded: those with an account vote on screen until `closes_at`, everybody who
    has not may be given a paper; who is on probation takes part."""
    kept = _locked(actor, programme)
    if kept.step != AppraisalStep.POLL:
        raise ValidationError("现在不是民主测评阶段。")
    if kept.poll and kept.poll.state != PollState.CANCELLED:
        raise ValidationError("民主测评已经开始。")
    rows = list(kept.appraisals.select_related("member").order_by("pk"))
    graded = [row for row in rows if row.is_graded]
    if not graded:
        raise ValidationError("没有要评定等次的党员，不用测评；请直接写明原因进入下一步。")
    accounts = {
        user.member_id: user for user in User.objects.filter(member__in=[row.member_id for row in rows])
    }
    poll = open_poll(
        actor=actor,
        organization=kept.organization,
        purpose=PollPurpose.APPRAISAL,
        title=f"{kept.year}年度民主评议党员测评",
        choices=AppraisalGrade.labels,
        categories={},
        subjects=[row.member.name for row in graded],
        voters=[
            (user if (user := accounts.get(row.member_id)) and user.is_active else None, row.member, "")
            for row in rows
        ],
        opens_at=now,
        closes_at=closes_at,
        now=now,
    )
    subjects = {each.number: each for each in PollSubject.objects.filter(poll=poll)}
    for number, row in enumerate(graded, start=1):
        row.subject = subjects[number]
    MemberAppraisal.objects.bulk_update(graded, ["subject"])
    kept.poll = poll
    _save(kept, "开始民主测评")
    tell_of_poll(poll=poll, today=actor.today, now=now)
    return kept


@transaction.atomic
def close_appraisal_poll(*, actor: Actor, programme: AppraisalProgramme, now) -> AppraisalProgramme:
    """End the voting on screen; papers may be counted before and after."""
    kept = _locked(actor, programme)
    if kept.poll is None:
        raise ValidationError("民主测评还没有开始。")
    close_poll(actor=actor, poll=kept.poll, now=now)
    return kept


@transaction.atomic
def add_fact(*, actor: Actor, appraisal: MemberAppraisal, entry: scoring.Entry, now) -> AppraisalEntry:
    """Write down a fact that the scheme of the programme counts; `ValidationError` names the field."""
    programme, table, kept = _locked_with_scheme(actor, appraisal)
    beside = [
        each.as_entry()
        for each in kept.entries.filter(withdrawn_at=None, item=entry.item, fact=entry.fact, adjustment="")
    ]
    unit = scoring.Unit(id=str(kept.pk), name=kept.member.name)
    ask = find_ask(table, entry.item, entry.fact)
    if ask and ask.kinds & SINGLE and any((each.by, each.of) == (entry.by, entry.of) for each in beside):
        raise ValidationError("这一项只填一次，已经填过；填错的请先撤销。")
    if found := objections(table, unit, entry, beside):
        raise ValidationError({("__all__" if field == "" else field): text for field, text in found.items()})
    said = {name: getattr(entry, name) for name in AppraisalEntry.SAID}
    row = AppraisalEntry(**said, flags=list(entry.flags))
    return _add(actor, programme, kept, row, now)


@transaction.atomic
def add_adjustment(
    *, actor: Actor, appraisal: MemberAppraisal, condition: str, reason: str, on=None, now
) -> AppraisalEntry:
    """一票否决: a member meets a condition of the scheme; why is written down."""
    programme, table, kept = _locked_with_scheme(actor, appraisal)
    if condition not in [rule["condition"] for rule in table.of_kind("VETO")]:
        raise ValidationError({"condition": "请选择评议办法写明的一票否决情形。"})
    if not reason.strip():
        raise ValidationError({"reason": "请写明事实和依据。"})
    veto = scoring.AdjustmentKind.VETO.value
    if kept.entries.filter(withdrawn_at=None, adjustment=veto, fact=condition).exists():
        raise ValidationError({"condition": "这种情形已经登记。"})
    row = AppraisalEntry(adjustment=veto, fact=condition, reason=reason.strip(), on=on)
    return _add(actor, programme, kept, row, now)


@transaction.atomic
def withdraw_fact(*, actor: Actor, entry: AppraisalEntry, now) -> AppraisalEntry:
    """Take back a fact that was wrong; it stays on record."""
    programme, _, kept = _locked_with_scheme(actor, entry.appraisal)
    row = AppraisalEntry.objects.select_for_update().get(pk=entry.pk, appraisal=kept)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        row.save()
        record_event(
            actor=actor,
            event="撤销评议事实",
            row=kept,
            summary=f"{kept.organization} {kept.member} {row.item} {row.fact}",
            at=now,
        )
        _score(programme)
    return row


@dataclass(frozen=True)
class Choice:
    """What was decided on one member, as seen at `version`."""

    version: int
    grade: str
    opinion: str


@transaction.atomic
def decide_grades(
    *,
    actor: Actor,
    programme: AppraisalProgramme,
    choices: Mapping[int, Choice],
    excess_reason: str = "",
    reason: str = "",
    now,
) -> int:
    """综合评定 by appraisal, decided by people; returns how many changed.

    `ValidationError` names "grade_<pk>", "opinion_<pk>", or "reason" when somebody was told another result already:
    they are told anew. More than one third of 优秀 is no error; `excess_reason` says why.
    """
    kept = _locked(actor, programme)
    if kept.step not in (AppraisalStep.DECIDE, AppraisalStep.TELL):
        raise ValidationError("综合评定在民主测评之后、反馈完成之前进行。")
    errors, changed = {}, []
    rows = kept.appraisals.select_for_update().select_related(None).filter(pk__in=choices)
    for row in rows.order_by("pk"):
        choice = choices[row.pk]
        opinion = choice.opinion.strip()
        if (choice.grade, opinion) == (row.grade, row.opinion):
            continue
        if choice.version != row.version:
            errors[f"grade_{row.pk}"] = "您填写期间，其他同志改过这一行，请核对后再保存。"
        elif choice.grade and choice.grade not in AppraisalGrade.values:
            errors[f"grade_{row.pk}"] = "请选择等次。"
        elif choice.grade and not row.is_graded:
            errors[f"grade_{row.pk}"] = "预备党员参加评议，不评定等次。"
        elif choice.grade in NEEDS_OPINION and not opinion:
            errors[f"opinion_{row.pk}"] = f"评为{AppraisalGrade(choice.grade).label}的，请写明组织意见。"
        else:
            changed.append((row, choice.grade, opinion))
    if not errors and any(row.told_at for row, *_ in changed) and not reason.strip():
        errors["reason"] = "有党员已经知道原来的结果；请写明更改的原因，更改后要重新反馈。"
    if errors:
        raise ValidationError(errors)
    for row, grade, opinion in changed:
        row.grade, row.opinion = grade, opinion
        row.decided_by, row.decided_at, row.version = actor.user, now, row.version + 1
        row.told_at = row.told_by = row.seen_at = None
        row.told_how = ""
    if changed:
        fields = ["grade", "opinion", "decided_by", "decided_at", "version"]
        fields += ["told_at", "told_by", "told_how", "seen_at"]
        stop_appraisals(appraisals=[row for row, *_ in changed], now=now)
        _save_many([row for row, *_ in changed], fields, actor, now, f"综合评定 {reason.strip()}".strip())
    is_explained = excess_reason.strip() != kept.reasons.get(EXCESS, "")
    if is_explained:
        kept.reasons[EXCESS] = excess_reason.strip()
        _save(kept, "说明优秀比例")
    if changed or is_explained:
        record_event(
            actor=actor,
            event="综合评定",
            row=kept,
            summary=f"{kept.organization} {kept.year}年度 {len(changed)}人 {reason.strip()}".strip(),
            at=now,
        )
    return len(changed)


@transaction.atomic
def tell_members(
    *, actor: Actor, programme: AppraisalProgramme, appraisals: Iterable[int], how: str, now
) -> int:
    """反馈: from now on a member with an account sees the own result; how others were told is written down."""
    kept = _locked(actor, programme)
    if kept.step != AppraisalStep.TELL:
        raise ValidationError("现在不是反馈阶段。")
    rows = [
        row
        for row in kept.appraisals.select_for_update().filter(pk__in=list(appraisals), told_at=None)
        if row.grade or not row.is_graded
    ]
    accounts = set(
        User.objects.filter(member__in=[row.member_id for row in rows], is_active=True).values_list(
            "member_id", flat=True
        )
    )
    if not rows:
        raise ValidationError("请至少选择一名已评定、还没有反馈的党员。")
    if not how.strip() and any(row.member_id not in accounts for row in rows):
        raise ValidationError({"how": "其中有没有账号的党员，请写明由谁、怎样反馈本人。"})
    for row in rows:
        row.told_at, row.told_by, row.told_how = now, actor.user, how.strip()
    _save_many(rows, ["told_at", "told_by", "told_how"], actor, now, "反馈本人")
    tell_of_appraisals(appraisals=rows, today=actor.today, now=now)
    record_event(
        actor=actor,
        event="反馈评议结果",
        row=kept,
        summary=f"{kept.organization} {kept.year}年度 {len(rows)}人 {how.strip()}".strip(),
        at=now,
    )
    return len(rows)


@transaction.atomic
def confirm_seen(*, actor: Actor, appraisal: MemberAppraisal, now) -> MemberAppraisal:
    """本人阅知; once is enough."""
    kept = _locked_member(appraisal)
    if not _is_own(actor, kept):
        raise PermissionDenied("只能确认本人的评议结果。")
    if kept.told_at is None:
        raise ValidationError("结果还没有反馈。")
    if kept.seen_at is None:
        kept.seen_at = now
        _save(kept, "本人阅知")
        stop_appraisals(appraisals=[kept], now=now)
        record_event(
            actor=actor,
            event="阅知评议结果",
            row=kept,
            summary=f"{kept.organization} {kept.programme.year}年度",
            at=now,
        )
    return kept


def _locked(actor, programme) -> AppraisalProgramme:
    """The programme, locked, that is not finished and that the actor may conduct."""
    AppraisalProgramme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    kept = AppraisalProgramme.objects.select_related("organization", "poll", "version__scheme").get(
        pk=programme.pk
    )
    actor.require(Right.APPRAISE, kept.organization)
    if kept.cancelled_at:
        raise ValidationError(CANCELLED)
    if kept.step == AppraisalStep.DONE:
        raise ValidationError("这次民主评议已经完成，不能再改。")
    return kept


def _locked_member(appraisal) -> MemberAppraisal:
    """One member's row after its programme is locked, so that the step does not change meanwhile."""
    AppraisalProgramme.objects.select_for_update(no_key=True).get(pk=appraisal.programme_id)
    return (
        MemberAppraisal.objects.select_for_update(of=("self",))
        .select_related("programme", "organization", "member")
        .get(pk=appraisal.pk)
    )


def _locked_with_scheme(actor, appraisal) -> tuple[AppraisalProgramme, scoring.Scheme, MemberAppraisal]:
    programme = _locked(actor, AppraisalProgramme(pk=appraisal.programme_id))
    if programme.version is None:
        raise ValidationError("这次评议没有选用评议办法，不登记计分事实。")
    if programme.step == AppraisalStep.TELL:
        raise ValidationError("评定已经作出，计分事实不能再改。")
    kept = _locked_member(appraisal)
    if not kept.is_graded:
        raise ValidationError("预备党员参加评议，不计分、不评定等次。")
    return programme, programme.version.table, kept


def _enlist(programme, members) -> None:
    MemberAppraisal.objects.bulk_create(
        MemberAppraisal(
            programme=programme,
            organization=programme.organization,
            member=member,
            is_graded=member.category == MemberCategory.FULL,
        )
        for member in members
    )


def _add(actor, programme, appraisal, row, now) -> AppraisalEntry:
    row.appraisal, row.author, row.created_at = appraisal, actor.user, now
    row.save()
    record_event(
        actor=actor,
        event="登记评议事实",
        row=appraisal,
        summary=f"{appraisal.organization} {appraisal.member} {row.item} {row.fact}",
        at=now,
    )
    _score(programme)
    return row


def _score(programme) -> None:
    """Compute all members together, because a quota looks at all of them."""
    rows = list(
        programme.appraisals.filter(is_graded=True)
        .select_related("member")
        .prefetch_related("entries")
        .order_by("pk")
    )
    if not rows:
        return
    facts = scoring.Facts(tuple(unit_of(row) for row in rows))
    results = scoring.evaluate(programme.version.table, facts).results
    changed = []
    for row, result in zip(rows, results, strict=True):
        said = result.as_dict()
        if row.result != said:
            row.result, row.total, row.suggested = said, result.total, result.grade or ""
            changed.append(row)
    if changed:
        bulk_update_with_history(changed, MemberAppraisal, ["result", "total", "suggested"])


def _is_own(actor, appraisal) -> bool:
    return actor.user.member_id is not None and actor.user.member_id == appraisal.member_id


def _account_of(appraisal) -> int | None:
    return User.objects.filter(member=appraisal.member_id).values_list("pk", flat=True).first()


def _save(row, reason) -> None:
    row._change_reason = reason[:100]
    row.save()


def _save_many(rows, fields, actor, now, reason) -> None:
    bulk_update_with_history(
        rows,
        MemberAppraisal,
        fields,
        default_user=actor.user,
        default_change_reason=reason[:100],
        default_date=now,
    )
