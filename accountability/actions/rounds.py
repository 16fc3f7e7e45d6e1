"""考核轮次: set up over the units below, changed while facts are gathered, moved to another version, withdrawn."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from accountability.choices import RoundState, Subject
from accountability.evaluation_access import lock_round
from accountability.models import (
    Evaluation,
    EvaluationEntry,
    EvaluationRound,
    RoundScheme,
    Scheme,
    SchemeVersion,
)
from accountability.queries.round_plans import (
    MOST_UNITS,
    RoundPlan,
    Target,
    is_too_wide,
    plan_round,
    units_below,
    usable_schemes,
)
from accountability.scoring.numbers import plain
from accountability.scoring.rules.marks import readers
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Organization

from .notices import stop_results

#: In one statement.
BATCH = 500
TOO_WIDE = f"一次考核最多{MOST_UNITS}个单位，请少选几级，更下级的由中间各级组织考核。"


@transaction.atomic
def create_round(
    *,
    actor,
    organization: Organization,
    title: str,
    year: int,
    starts_on: date,
    ends_on: date,
    fill_until: date,
    schemes: Iterable[Scheme],
    levels: Collection[int] = (),
    posts: Collection[str] = (),
    choices: Mapping[str, int] | None = None,
    leave_out: bool = False,
    now,
) -> EvaluationRound:
    """Set up a round over everything below that the schemes fit, each by its version of today.

    Officers are those in `posts` at the units. Units that several schemes fit are refused until `choices` (as in
    `round_plans.plan_round`) say which holds, and units that none fits until it is said that they stay out.
    """
    actor.require(Right.EVALUATE, organization)
    title = title.strip()
    # One at a time at a committee, so that pressing twice makes one.
    Organization.objects.select_for_update().get(pk=organization.pk)
    rounds = EvaluationRound.objects.filter(organization=organization, year=year, title=title)
    if rounds.exclude(state=RoundState.WITHDRAWN).exists():
        raise ValidationError({"title": f"{organization}{year}年度已有“{title}”。"})
    schemes = list(
        usable_schemes(organization, year, actor.today).filter(pk__in=[each.pk for each in schemes])
    )
    if not schemes:
        raise ValidationError({"schemes": "请选择至少一份考核办法。"})
    units = units_below(organization, levels, actor.today)
    if is_too_wide(units):
        raise ValidationError({"levels": TOO_WIDE})
    plan = plan_round(units, schemes, posts, actor.today, choices)
    _require_settled(plan)
    if plan.without and not leave_out:
        raise ValidationError(f"{len(plan.without)}个单位没有适用的办法，请加选办法，或写明不考核这些单位。")
    round = EvaluationRound(
        organization=organization,
        title=title,
        year=year,
        starts_on=starts_on,
        ends_on=ends_on,
        fill_until=fill_until,
        author=actor.user,
        created_at=now,
    )
    round.full_clean(exclude=["author", "organization"])
    round.save()
    _take_in(round, plan.targets, now)
    record_event(
        actor=actor,
        event="组织考核",
        row=round,
        summary=f"{organization} {title}：{plan.number}个考核对象，{len(schemes)}份办法",
        at=now,
    )
    return round


@transaction.atomic
def change_round(*, actor, round: EvaluationRound, title: str, fill_until: date, now) -> EvaluationRound:
    """Rename a round or give more (or less) time to state facts, while they are gathered."""
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.COLLECTING)
    if (kept.title, kept.fill_until) == (title.strip(), fill_until):
        return kept
    before = kept.fill_until
    kept.title, kept.fill_until = title.strip(), fill_until
    kept._change_reason = "修改考核"
    kept.full_clean(exclude=["author", "organization"])
    kept.save()
    record_event(
        actor=actor,
        event="修改考核",
        row=kept,
        summary=f"{kept.organization} {kept}：填报截止{before:%Y-%m-%d}→{fill_until:%Y-%m-%d}",
        at=now,
    )
    return kept


@transaction.atomic
def add_units(
    *,
    actor,
    round: EvaluationRound,
    units: Iterable[Organization],
    scheme: Scheme | None = None,
    posts: Collection[str] = (),
    now,
) -> int:
    """Take further units in, by the given scheme or by those of the round that fit; how many were new.

    Who was taken out before comes back with all facts.
    """
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.COLLECTING)
    units = list(units_below(kept.organization, (), actor.today).filter(pk__in=[unit.pk for unit in units]))
    if not units:
        raise ValidationError("请选择要加入的单位。")
    if scheme is not None:
        schemes = list(usable_schemes(kept.organization, kept.year, actor.today).filter(pk=scheme.pk))
    else:
        schemes = [each.scheme for each in kept.schemes.select_related("scheme__organization")]
    plan = plan_round(units, schemes, posts, actor.today)
    if plan.without and scheme is not None:
        raise ValidationError(f"“{scheme.title}”不适用于{plan.without[0]}，请另选办法。")
    if plan.without:
        raise ValidationError(f"没有适用于{plan.without[0]}的考核办法，请先选择办法。")
    _require_settled(plan)
    number = _take_in(kept, plan.targets, now)
    record_event(
        actor=actor, event="增加考核对象", row=kept, summary=f"{kept.organization} {kept}：{number}个", at=now
    )
    return number


@transaction.atomic
def remove_units(
    *, actor, round: EvaluationRound, evaluations: Iterable[Evaluation], reason: str, now
) -> int:
    """Take evaluations out of a round with a reason; their facts stay and come back with them. How many went."""
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.COLLECTING)
    if not reason.strip():
        raise ValidationError({"reason": "请写明移出的原因。"})
    rows = list(
        kept.evaluations.filter(pk__in=[each.pk for each in evaluations]).select_related(
            "organization", "appointment__user", "appointment__organization"
        )
    )
    Evaluation.objects.filter(pk__in=[row.pk for row in rows]).update(removed_at=now)
    if rows:
        _outdate(kept, now)
        names = "、".join(str(row) for row in rows[:5]) + ("等" if len(rows) > 5 else "")
        record_event(
            actor=actor,
            event="移出考核对象",
            row=kept,
            summary=f"{kept.organization} {kept}：{len(rows)}个（{names}），{reason.strip()}",
            at=now,
        )
    return len(rows)


@transaction.atomic
def change_evaluation(
    *,
    actor,
    evaluation: Evaluation,
    group: str,
    coefficient: Decimal | None,
    numbers: Mapping[str, int] | None = None,
    in_charge_of: Iterable[Organization] = (),
    now,
) -> Evaluation:
    """Say to which group a unit belongs, how difficult it has it, and which units are in its charge."""
    actor.require(Right.EVALUATE, evaluation.round.organization)
    kept_round = lock_round(evaluation.round_id, RoundState.COLLECTING)
    kept = Evaluation.objects.select_related("organization", "appointment__user").get(pk=evaluation.pk)
    charges = list(in_charge_of)
    below = kept_round.organization
    if any(not unit.path.startswith(below.path) or unit.pk == kept.organization_id for unit in charges):
        raise ValidationError({"in_charge_of": f"只能选{below}及以下的其他单位。"})
    kept.group, kept.coefficient = group.strip(), coefficient
    kept.numbers, kept.changed_at = dict(numbers or {}), now
    kept.full_clean(exclude=["round", "organization", "appointment", "scheme"])
    kept.save()
    kept.in_charge_of.set(charges)
    words = [f"组别{kept.group}"] if kept.group else []
    words += [] if coefficient is None else [f"系数{plain(coefficient)}"]
    words += [f"分管{'、'.join(map(str, charges))}"] if charges else []
    record_event(
        actor=actor,
        event="设定考核对象",
        row=kept_round,
        summary=f"{kept_round} {kept}：{'，'.join(words) or '清空'}",
        at=now,
    )
    return kept


@transaction.atomic
def set_group(*, actor, round: EvaluationRound, evaluations: Iterable[int], group: str, now) -> int:
    """Put several units into one group, within which they are compared; how many."""
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.COLLECTING)
    group = group.strip()[:40]
    changed = kept.evaluations.filter(pk__in=list(evaluations)).update(group=group, changed_at=now)
    if changed:
        record_event(
            actor=actor,
            event="设定考核组别",
            row=kept,
            summary=f"{kept.organization} {kept}：{changed}个→{group or '不分组'}",
            at=now,
        )
    return changed


@transaction.atomic
def move_to_version(*, actor, pinned: RoundScheme, version: SchemeVersion, reason: str, now) -> RoundScheme:
    """Score a round by another version of its scheme, in mid-cycle and with a reason.

    Facts about items or facts that the other version does not have are withdrawn with that reason.
    """
    actor.require(Right.EVALUATE, pinned.round.organization)
    kept_round = lock_round(pinned.round_id, RoundState.COLLECTING)
    kept = RoundScheme.objects.select_related("scheme", "version").get(pk=pinned.pk)
    if version.scheme_id != kept.scheme_id:
        raise ValidationError("这一版不是这份办法的。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明为什么在考核中途改用这一版，被考核单位会看到。"})
    if kept.version_id == version.pk:
        return kept
    if version.table.subject != kept.version.table.subject:
        raise ValidationError("这一版的考核对象不同（单位与个人），不能在中途改用。")
    before = kept.version.number
    kept.version = version
    kept._change_reason = f"改用第{version.number}版：{reason.strip()}"[:100]
    kept.save()
    lost = unread_entries(kept, version)
    EvaluationEntry.objects.filter(pk__in=[entry.pk for entry in lost]).update(
        withdrawn_at=now, withdrawn_by=actor.user, withdraw_reason=f"办法第{version.number}版没有此项"
    )
    kept.evaluations.update(changed_at=now)
    record_event(
        actor=actor,
        event="改用办法版次",
        row=kept_round,
        summary=f"{kept_round.organization} {kept_round}：{kept.scheme.title} 第{before}版→第{version.number}版，"
        f"撤下{len(lost)}条事实；{reason.strip()}",
        at=now,
    )
    return kept


def unread_entries(pinned: RoundScheme, version: SchemeVersion) -> list[EvaluationEntry]:
    """The facts of a round that a version does not read. One query."""
    read = {(item.key, rule.fact) for _, item in version.table.items() for rule in readers(item)}
    keys = {item for item, _ in read}
    rows = EvaluationEntry.objects.filter(evaluation__scheme=pinned, withdrawn_at__isnull=True)
    return [
        entry
        for entry in rows.only("item", "fact", "applies")
        if (entry.item, entry.fact) not in read
        and not (entry.item in keys and not entry.applies and not entry.fact)
    ]


@transaction.atomic
def withdraw_round(*, actor, round: EvaluationRound, reason: str, now) -> EvaluationRound:
    """Call a round off before it is published; everything in it stays readable for its committee."""
    actor.require(Right.EVALUATE, round.organization)
    kept = lock_round(round.pk, RoundState.COLLECTING, RoundState.SHOWN)
    if not reason.strip():
        raise ValidationError({"reason": "请写明撤销的原因。"})
    kept.state, kept.run_state, kept.run_message = RoundState.WITHDRAWN, "", ""
    kept._change_reason = f"撤销 {reason.strip()}"[:100]
    kept.save()
    stop_results(round=kept, now=now)
    record_event(
        actor=actor,
        event="撤销考核",
        row=kept,
        summary=f"{kept.organization} {kept}：{reason.strip()}",
        at=now,
    )
    return kept


def _require_settled(plan: RoundPlan) -> None:
    if plan.open_clashes:
        clash = plan.open_clashes[0]
        names = "、".join(f"“{scheme.title}”" for scheme in clash.schemes)
        raise ValidationError(f"{len(clash.units)}个单位同时适用{names}，请选定用哪一份。")
    if not plan.number:
        raise ValidationError("这样选没有考核对象，请调整办法或层级。")


def _take_in(round: EvaluationRound, targets: Iterable[Target], now) -> int:
    """Make the evaluations that are not there yet, bring back those that were taken out; how many."""
    targets = list(targets)
    pinned = {each.scheme_id: each for each in round.schemes.all()}
    for scheme in {target.scheme.pk: target.scheme for target in targets}.values():
        if scheme.pk not in pinned:
            version = SchemeVersion.objects.get(scheme=scheme, number=scheme.version)
            pinned[scheme.pk] = RoundScheme.objects.create(round=round, scheme=scheme, version=version)
    there: dict[tuple[int, int | None], tuple] = {
        (organization, appointment): (pk, removed_at)
        for pk, organization, appointment, removed_at in Evaluation.everything.filter(
            round=round
        ).values_list("pk", "organization", "appointment", "removed_at")
    }
    new, back = [], defaultdict(list)
    for target in targets:
        personal = target.scheme.subject == Subject.PERSON
        appointment = target.appointment.pk if personal and target.appointment else None
        found = there.get((target.unit.pk, appointment))
        if found is None:
            new.append(
                Evaluation(
                    round=round,
                    organization=target.unit,
                    appointment=target.appointment,
                    scheme=pinned[target.scheme.pk],
                    changed_at=now,
                )
            )
        elif found[1] is not None:
            back[target.scheme.pk].append(found[0])
    Evaluation.objects.bulk_create(new, batch_size=BATCH)
    number = len(new)
    for used, keys in back.items():
        number += Evaluation.everything.filter(pk__in=keys).update(
            removed_at=None, scheme=pinned[used], changed_at=now
        )
    if new or back:
        _outdate(round, now)
    return number


def _outdate(round: EvaluationRound, now) -> None:
    """Ranks and quotas depend on who is in: every total is to be computed again."""
    round.evaluations.update(changed_at=now)
