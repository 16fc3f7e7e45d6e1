"""加分, 扣分, 称号, 一票否决 and 降档: done to a unit or an officer with a cause, taken up by every open round of the day."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q

from accountability.choices import AdjustmentKind, RoundState
from accountability.models import Adjustment, Evaluation, EvaluationRound
from branches.access import Actor, Right
from branches.actions.audit import record_event
from branches.models import Appointment, Organization

from .entries import touch

OF_POINTS = (AdjustmentKind.BONUS, AdjustmentKind.DEDUCTION)
#: Rounds that still take up what is done to a unit.
OPEN = (RoundState.COLLECTING, RoundState.SHOWN)
MOST_POINTS = Decimal(1_000_000)
MOST_EVIDENCE, LONGEST = 10, 200


def require_adjusting(actor: Actor, organization: Organization) -> None:
    """Raise `PermissionDenied` unless the actor evaluates the unit from above: nobody adjusts their own."""
    actor.require(Right.EVALUATE, organization)
    if actor.organization == organization:
        raise PermissionDenied("本单位的加分、扣分由上级登记。")


@transaction.atomic
def adjust_by_hand(*, actor: Actor, organization: Organization, now, **facts) -> Adjustment:
    """The same as `adjust_evaluation`, entered by somebody who evaluates the unit from above."""
    require_adjusting(actor, organization)
    if facts["on"] > actor.today:
        raise ValidationError({"on": "发生日期不能晚于今天。"})
    _require_known(organization, facts.get("appointment"), facts)
    return adjust_evaluation(
        actor=actor, organization=organization, source=f"{actor.organization}登记"[:120], now=now, **facts
    )


@transaction.atomic
def adjust_evaluation(
    *,
    organization: Organization,
    kind: AdjustmentKind | str,
    reason: str,
    on: date,
    source: str,
    now,
    actor: Actor | None = None,
    appointment: Appointment | None = None,
    points: Decimal | None = None,
    condition: str = "",
    steps: int | None = None,
    evidence: Sequence[str] = (),
    source_url: str = "",
) -> Adjustment:
    """Add, take off, give a title, veto or lower a grade, for what happened `on` that day; for the floors above.

    Whoever calls has asked for the right; `actor` is None when a task does. `source` says in words where it comes from.
    Every open round whose period holds the day takes it up; when all of them are published it is refused, since a
    published result does not change. The same once more is the one there is.
    """
    said = _said(kind, reason, points, condition, steps, evidence)
    if appointment is not None and appointment.organization_id != organization.pk:
        raise ValidationError({"appointment": f"{appointment.user}不在{organization}任职。"})
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    rounds = _rounds_of(organization, appointment, on)
    published = [each for each in rounds if each.state == RoundState.PUBLISHED]
    if published and not any(each.state in OPEN for each in rounds):
        raise ValidationError(
            {
                "on": f"“{published[0]}”已公布，不再改变。请计入下一次考核：发生日期填在下一考核期内，"
                "在原因里写明实际发生的时间。"
            }
        )
    facts = {"organization": organization, "appointment": appointment, "on": on, **said}
    same = {name: value for name, value in facts.items() if name != "evidence"}
    if there := Adjustment.objects.filter(**same, source=source, withdrawn_at__isnull=True).first():
        return there
    made = Adjustment(
        **facts,
        source=source,
        source_url=source_url,
        author=actor.user if actor else None,
        created_at=now,
    )
    made._change_reason = "登记"
    made.save()
    _touch_rounds(rounds, made, now)
    record_event(actor=actor, event="登记考核调整", row=made, summary=_summary(made), at=now)
    return made


@transaction.atomic
def withdraw_adjustment(*, actor: Actor | None, adjustment: Adjustment, reason: str, now) -> Adjustment:
    """Take an adjustment back, with why; not once a published result rests on it. A second time nothing happens."""
    if actor is not None:
        require_adjusting(actor, adjustment.organization)
    if not reason.strip():
        raise ValidationError({"reason": "请写明撤销原因。"})
    Organization.objects.select_for_update(no_key=True).get(pk=adjustment.organization_id)
    kept = Adjustment.objects.select_related("organization", "appointment").get(pk=adjustment.pk)
    if kept.withdrawn_at is not None:
        return kept
    rounds = _rounds_of(kept.organization, kept.appointment, kept.on)
    published = [each for each in rounds if each.state == RoundState.PUBLISHED]
    if published:
        raise ValidationError(
            f"已计入公布的“{published[0]}”，不能撤销。确有错误的，在下一次考核中登记相反的调整并写明原因。"
        )
    kept.withdrawn_at, kept.withdrawn_by = now, actor.user if actor else None
    kept.withdraw_reason = reason.strip()[:200]
    kept._change_reason = "撤销"
    kept.save()
    _touch_rounds(rounds, kept, now)
    record_event(actor=actor, event="撤销考核调整", row=kept, summary=f"{_summary(kept)}：{reason}", at=now)
    return kept


#: The kinds of rules that look for an adjustment of a kind with its condition.
RULES: dict[str, str] = {
    AdjustmentKind.TITLE: "DIRECT_GRADE",
    AdjustmentKind.VETO: "VETO",
    AdjustmentKind.DOWNGRADE: "DOWNGRADE",
}


def conditions_in(table, kind: AdjustmentKind | str) -> list[str]:
    """The conditions that a table knows for a kind of adjustment."""
    return [rule["condition"] for rule in table.of_kind(RULES[kind])] if kind in RULES else []


def _require_known(organization, appointment, facts) -> None:
    """Raise `ValidationError` when open rounds hold the day and none of their tables knows the condition."""
    condition, kind = facts.get("condition", "").strip(), facts["kind"]
    if not condition or kind not in RULES:
        return
    evaluations = Evaluation.objects.filter(
        _about(organization, appointment),
        round__state__in=OPEN,
        round__starts_on__lte=facts["on"],
        round__ends_on__gte=facts["on"],
    ).select_related("scheme__version")
    known = [conditions_in(each.scheme.version.table, kind) for each in evaluations]
    if known and not any(condition in each for each in known):
        offered = "、".join(dict.fromkeys(name for each in known for name in each))
        words = f"，可选：{offered}" if offered else f"，也没有{AdjustmentKind(kind).label}"
        raise ValidationError({"condition": f"考核办法里没有“{condition}”{words}。"})


def _said(kind, reason, points, condition, steps, evidence) -> dict:
    """The checked columns; what a kind does not use is refused, so that nothing is typed in vain."""
    if kind not in AdjustmentKind.values:
        raise ValidationError({"kind": "没有这种调整。"})
    kind, reason, condition = AdjustmentKind(kind), reason.strip(), condition.strip()
    wrong = {}
    if not reason:
        wrong["reason"] = "请写明原因：因为什么事、依据什么。"
    if kind in OF_POINTS:
        if points is None or not 0 < points <= MOST_POINTS:
            wrong["points"] = "请填大于 0 的分值；扣分也填正数。"
        if condition or steps is not None:
            wrong["kind"] = f"{kind.label}不用填情形和降几档。"
    elif points is not None:
        wrong["points"] = f"{kind.label}不用填分值。"
    elif kind == AdjustmentKind.DOWNGRADE:
        if bool(condition) == (steps is not None):
            wrong["steps"] = "降档请选考核办法里的情形，或直接填降几档，只填一种。"
        elif steps is not None and not 1 <= steps <= 20:
            wrong["steps"] = "请填降几档，从 1 起。"
    elif not condition:
        wrong["condition"] = f"请选{kind.label}的情形，与考核办法一致。"
    elif steps is not None:
        wrong["steps"] = f"{kind.label}不用填降几档。"
    evidence = [each.strip() for each in evidence if each.strip()]
    if len(evidence) > MOST_EVIDENCE or any(len(each) > LONGEST for each in evidence):
        wrong["evidence"] = f"佐证最多 {MOST_EVIDENCE} 条，每条 {LONGEST} 字以内。"
    if wrong:
        raise ValidationError(wrong)
    return {
        "kind": kind,
        "reason": reason,
        "points": points,
        "condition": condition,
        "steps": steps,
        "evidence": evidence,
    }


def _rounds_of(organization, appointment, on) -> list[EvaluationRound]:
    """The rounds that evaluate the unit (the officer) over a period that holds the day, held until the end."""
    rounds = EvaluationRound.objects.filter(
        starts_on__lte=on,
        ends_on__gte=on,
        pk__in=Evaluation.objects.filter(_about(organization, appointment)).values("round"),
    )
    return list(rounds.order_by("pk").select_for_update(no_key=True))


def _about(organization, appointment) -> Q:
    if appointment is not None:
        return Q(organization=organization, appointment__user=appointment.user_id)
    return Q(organization=organization, appointment__isnull=True)


def _touch_rounds(rounds, adjustment, now) -> None:
    evaluations = Evaluation.objects.filter(
        _about(adjustment.organization, adjustment.appointment),
        round__in=[each.pk for each in rounds if each.state in OPEN],
    )
    touch(list(evaluations.values_list("pk", flat=True)), now)


def _summary(adjustment) -> str:
    amount = f" {adjustment.points.normalize():f}分" if adjustment.points is not None else ""
    what = f"{adjustment.get_kind_display()}{amount} {adjustment.condition}".strip()
    return f"{adjustment.organization} {what} {adjustment.reason}"
