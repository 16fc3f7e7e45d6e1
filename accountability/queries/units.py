from datetime import date

from accountability import scoring
from accountability.models import Evaluation
from accountability.queries import known_facts


def unit_of(evaluation: Evaluation, today: date) -> scoring.Unit:
    """Who an evaluation is about, with its 班子成员 and the units in its charge, without its facts. Two queries."""
    return scoring.Unit(
        id=str(evaluation.pk),
        name=str(evaluation),
        group=evaluation.group,
        members=members_of(evaluation, today),
        in_charge_of=charges_of(evaluation),
    )


def members_of(evaluation: Evaluation, today: date) -> tuple[str, ...]:
    """班子成员 by name, at the end of the period or, as long as that has not come, today. One query."""
    day = min(evaluation.round.ends_on, today)
    return known_facts.members_of([evaluation.organization], day).get(evaluation.organization_id, ())


def charges_of(evaluation: Evaluation) -> tuple[str, ...]:
    """The names of the units in an officer's charge. One query."""
    return tuple(str(each) for each in evaluation.in_charge_of.order_by("path"))
