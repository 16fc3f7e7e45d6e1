"""A new version of the formula: announced for a month nobody has computed yet, never written into a closed one."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accountability.models import Formula
from branches.access import Actor, Right
from branches.actions.audit import record_event
from branches.periods import Period
from supervision.attenuation.measures import MEASURES
from supervision.queries.formula import first_free_month


@transaction.atomic
def adopt_formula(
    *,
    actor: Actor,
    weights: Mapping[str, int],
    theta: Decimal,
    hot_from: int,
    warm_from: int,
    margin: int,
    effective_from: Period,
    reason: str,
    today: date,
    now: datetime,
) -> Formula:
    """Store the next version and say so in the log; ValidationError when it makes no sense or comes too early."""
    actor.require_everywhere(Right.CONFIGURE)
    check_formula(weights=weights, theta=theta, hot_from=hot_from, warm_from=warm_from)
    if effective_from < first_free_month(today):
        raise ValidationError(
            f"{effective_from.label}已经计算过，新口径最早从{first_free_month(today).label}起用。"
        )
    number = (Formula.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    formula = Formula.objects.create(
        number=number,
        effective_from=effective_from.key,
        weights={key: int(weights.get(key, 0)) for key in MEASURES},
        theta=theta,
        hot_from=hot_from,
        warm_from=warm_from,
        margin=margin,
        reason=reason,
        author=actor.user,
    )
    record_event(
        actor=actor,
        event="起用新口径",
        row=formula,
        summary=f"{formula}，自{effective_from.label}起：{reason}",
        at=now,
    )
    return formula


def check_formula(*, weights: Mapping[str, int], theta: Decimal, hot_from: int, warm_from: int) -> None:
    """Raise ValidationError unless the figures can judge anything."""
    if any(weight < 0 for weight in weights.values()) or not any(weights.get(key, 0) > 0 for key in MEASURES):
        raise ValidationError("权重不能为负，且至少有一项大于 0。")
    if not 0 < warm_from < hot_from <= 100:
        raise ValidationError("“热”的分界须高于“温”的分界，都在 1 到 100 之间。")
    if not 0 < theta <= 1:
        raise ValidationError("上级达标线须大于 0、不超过 1。")
