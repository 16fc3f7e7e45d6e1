"""Small parts of the pages about results: states as badges, quarters as a bar."""

from django import template

from accountability.choices import ObjectionState, PlanState
from accountability.quarters import Quarters

register = template.Library()

_OBJECTION_TONES = {ObjectionState.OPEN: "alert", ObjectionState.UPHELD: "done"}
_PLAN_TONES = {PlanState.RUNNING: "note", PlanState.REPORTED: "alert", PlanState.CLOSED: "done"}


@register.inclusion_tag("components/badge.html")
def objection_badge(objection):
    """待答复, 采纳 or 不采纳."""
    return {
        "label": objection.get_state_display(),
        "tone": _OBJECTION_TONES.get(objection.state, "plain"),
    }


@register.inclusion_tag("components/badge.html")
def plan_badge(plan):
    """The state of an improvement plan."""
    return {"label": plan.get_state_display(), "tone": _PLAN_TONES.get(plan.state, "plain")}


@register.inclusion_tag("accountability/quarters_bar.html")
def quarters_bar(quarters: Quarters, total, full):
    """Where a total stands between the limits of the quarters; nobody else is shown."""
    left, right = 10, 510

    def x(value) -> float:
        share = min(1, max(0, float(value) / float(full))) if full else 0
        return round(left + (right - left) * share, 1)

    return {
        "quarters": quarters,
        "left": left,
        "width": right - left,
        "lower": x(quarters.lower),
        "middle": x(quarters.middle),
        "upper": x(quarters.upper),
        "inner": round(x(quarters.upper) - x(quarters.lower), 1),
        "own": x(total),
    }


@register.filter
def at(position: int, values):
    """What stands at a position of a list."""
    return values[position]
