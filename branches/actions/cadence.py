"""Changing what organisation life owes, always from a day on and never backwards."""

import tomllib
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from branches.access import Right
from branches.cadence import day_problem
from branches.choices import MeetingKind
from branches.models import CadenceRule, ShortfallReason
from branches.periods import Period

from .audit import record_event

STARTERS = Path(__file__).resolve().parent.parent / "starters" / "cadence.toml"


@transaction.atomic
def load_cadence_starters(*, path: Path = STARTERS) -> list[CadenceRule]:
    """Create the starter rules whose code is not there yet and return them; nothing existing is touched."""
    with path.open("rb") as file:
        data = tomllib.load(file)
    known = set(CadenceRule.objects.values_list("code", flat=True))
    created = []
    for entry in data["rule"]:
        values = data["defaults"] | entry
        if values["code"] in known:
            continue
        values["organization_kinds"] = data["kinds"][values.pop("kinds")]
        values["meeting_kind"] = MeetingKind[values["meeting_kind"]]
        rule = CadenceRule(**values)
        rule.full_clean()
        rule.save()
        created.append(rule)
    return created


@transaction.atomic
def create_cadence_rule(*, actor, rule: CadenceRule, reason: str, now) -> CadenceRule:
    """Add a rule under a new code; `ValidationError` when the code exists or the day is not a coming month's first."""
    actor.require_everywhere(Right.CONFIGURE)
    _check_day(rule.effective_from, actor.today)
    if CadenceRule.objects.filter(code=rule.code).exists():
        raise ValidationError({"code": "已有这个编号的规则，请打开该规则进行调整。"})
    return _keep(actor, rule, reason, "新增频次规则", now)


@transaction.atomic
def change_cadence_rule(*, actor, rule: CadenceRule, successor: CadenceRule, reason: str, now) -> CadenceRule:
    """Close `rule` on the day its `successor` starts; the months before stay judged by what was in force then."""
    actor.require_everywhere(Right.CONFIGURE)
    current = _open_version(rule, successor.effective_from, actor.today)
    _close(current, successor.effective_from, reason)
    successor.code = current.code
    return _keep(actor, successor, reason, "调整频次规则", now)


@transaction.atomic
def retire_cadence_rule(*, actor, rule: CadenceRule, effective_from: date, reason: str, now) -> CadenceRule:
    """Ask for the rule no longer from a day on."""
    actor.require_everywhere(Right.CONFIGURE)
    current = _open_version(rule, effective_from, actor.today)
    _close(current, effective_from, reason)
    record_event(actor=actor, event="停用频次规则", row=current, summary=f"{current}：{reason}", at=now)
    return current


@transaction.atomic
def cancel_cadence_change(*, actor, rule: CadenceRule, now) -> CadenceRule | None:
    """Take back a version that has not come into force; the one before goes on. Returns that one, if any."""
    actor.require_everywhere(Right.CONFIGURE)
    coming = CadenceRule.objects.select_for_update().get(pk=rule.pk)
    if coming.effective_from <= actor.today:
        raise ValidationError("该版本已经生效，不能撤销；请另行调整。")
    former = (
        CadenceRule.objects.select_for_update()
        .filter(code=coming.code, effective_until=coming.effective_from)
        .first()
    )
    until = coming.effective_until
    coming.delete()
    if former:
        former.effective_until = until
        former._change_reason = "撤销未生效的调整"
        former.save()
    record_event(actor=actor, event="撤销未生效的频次规则", row=rule, summary=str(rule), at=now)
    return former


def _check_day(day: date, today: date) -> None:
    if problem := day_problem(day, today):
        raise ValidationError({"effective_from": problem})


def _open_version(rule, day, today) -> CadenceRule:
    _check_day(day, today)
    current = CadenceRule.objects.select_for_update().get(pk=rule.pk)
    if current.effective_until is not None:
        raise ValidationError("该版本已被新的版本代替，请在最新版本上调整。")
    if day <= current.effective_from:
        raise ValidationError(
            {"effective_from": f"须晚于现有版本的生效日期{current.effective_from:%Y-%m-%d}。"}
        )
    return current


def _close(rule, day, reason):
    rule.effective_until = day
    rule._change_reason = reason[:100]
    rule.save()


def _keep(actor, rule, reason, event, now) -> CadenceRule:
    rule.full_clean()
    rule._change_reason = reason[:100]
    rule.save()
    record_event(actor=actor, event=event, row=rule, summary=f"{rule} {rule.requirement}：{reason}", at=now)
    return rule


@transaction.atomic
def state_shortfall_reason(
    *, actor, organization, rule: CadenceRule, window: Period, reason: str, now
) -> ShortfallReason:
    """Keep why `organization` fell short of a rule that says 一般 in one window; stating it again replaces it."""
    actor.require(Right.LOG_MEETINGS, organization)
    if not rule.is_usual:
        raise ValidationError("该规则没有“一般”二字，须如期完成。")
    if window.interval != rule.interval or window.starts_on > actor.today:
        raise ValidationError("这一期不在该规则之内。")
    stated, _ = ShortfallReason.objects.update_or_create(
        organization=organization,
        rule_code=rule.code,
        period=window.code,
        defaults={"reason": reason, "author": actor.user},
    )
    record_event(
        actor=actor,
        event="说明未达原因",
        row=stated,
        summary=f"{organization} {window.label}{rule.label}：{reason}",
        at=now,
    )
    return stated
