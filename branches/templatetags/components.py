"""Small parts every page shares: where one stands in the tree, what state a record is in, which filters are on."""

from dataclasses import dataclass

from django import template

from branches.models import Organization

register = template.Library()

#: State of a record → tone of its badge. Red is the brand and never a state.
TONES = {
    "DRAFT": "plain",
    "OPEN": "plain",
    "WAITING": "plain",
    "WITHDRAWN": "plain",
    "CANCELLED": "plain",
    "ISSUED": "note",
    "SUBMITTED": "note",
    "RUNNING": "note",
    "RATING": "note",
    "GRADING": "note",
    "REPORTED": "note",
    "RETURNED": "alert",
    "FAILED": "alert",
    "SIGNED": "done",
    "CONFIRMED": "done",
    "ACCEPTED": "done",
    "SHOWN": "note",
    "PUBLISHED": "done",
    "CLOSED": "done",
    "DONE": "done",
}


@dataclass(frozen=True)
class Chip:
    """A filter that is on: its words, and the address without it."""

    text: str
    url: str


@register.inclusion_tag("components/breadcrumb.html", takes_context=True)
def breadcrumb(context, organization, url_name, page=""):
    """Walk from the acting organisation down to `organization`; every step opens `url_name` there with this query.

    `page` names the page itself when it lies below the organisation's own page of that name.
    """
    request = context["request"]
    own = request.actor.organization
    steps = []
    if own is not None and len(organization.path) > len(own.path):
        above = Organization.objects.above(organization)
        steps = [each for each in above if each.path.startswith(own.path)]
    kept = request.GET.copy()
    for key in ("after", "child", "page"):
        kept.pop(key, None)
    return {
        "steps": steps,
        "organization": organization,
        "url_name": url_name,
        "query": f"?{kept.urlencode()}" if kept and not page else "",
        "page": page,
    }


@register.inclusion_tag("components/badge.html")
def status_badge(row):
    """The state of a row that has `status` (or `state`) with labels."""
    field = "status" if hasattr(row, "status") else "state"
    value = getattr(row, field)
    return {"label": getattr(row, f"get_{field}_display")(), "tone": TONES.get(value, "plain")}


@register.inclusion_tag("components/badge.html")
def badge(label, tone="plain"):
    """A word in one of the tones plain, note, done, alert, late."""
    return {"label": label, "tone": tone}


@register.inclusion_tag("components/chips.html", takes_context=True)
def filter_chips(context, filters):
    """Show the filters that are on, each removable. `filters` holds pairs (query parameter, words)."""
    request = context["request"]
    chips = []
    for name, text in filters:
        rest = request.GET.copy()
        for key in (name, "after", "page"):
            rest.pop(key, None)
        chips.append(Chip(text, f"?{rest.urlencode()}"))
    return {"chips": chips, "clear": request.path}


@register.filter
def percent(share, digits=0):
    """A share from 0 to 1 as a percentage; — when there is no reading."""
    return "—" if share is None else f"{100 * float(share):.{int(digits)}f}%"
