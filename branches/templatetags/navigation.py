"""The bar on top: only what the acting post may open, in the order of its work."""

from dataclasses import dataclass

from django import template
from django.urls import NoReverseMatch, reverse

from branches.access import Right

register = template.Library()

#: (label, url name, right or None, whether the address takes the acting organisation, first words of its pages' names)
ENTRIES = [
    ("我的待办", "todo", Right.VIEW, False, ("todo",)),
    ("传导总览", "cockpit", Right.VIEW_COCKPIT, True, ("cockpit",)),
    ("会议", "meeting-list", Right.VIEW, True, ("meeting", "calendar", "matrix", "attendance", "resolution")),
    (
        "责任",
        "duty-list-index",
        Right.VIEW,
        True,
        (
            "duty",
            "batch",
            "deployment",
            "quality",
            "coverage",
            "responsibility",
            "officer",
            "key-posts",
            "my-duties",
        ),
    ),
    (
        "考核",
        "evaluation-home",
        Right.VIEW_EVALUATIONS,
        True,
        (
            "evaluation",
            "round",
            "entry",
            "dispute",
            "objection",
            "assessment",
            "window",
            "adjustment",
            "plan",
            "poll",
            "my-polls",
            "paper-count",
            "review-cycle",
            "review-session",
            "review-report",
            "review-problem",
            "work-report",
            "appraisal",
            "my-appraisal",
            "disposition",
            "case",
        ),
    ),
    ("审核", "review-queue", Right.CONFIRM_MEETINGS, True, ("review", "duty-review")),
    ("审核", "duty-review-queue", Right.REVIEW_DUTIES, True, ("duty-review",)),
    ("组织", "organization-detail", Right.VIEW, True, ("organization", "appointment")),
    ("党员", "member-list", Right.VIEW_MEMBERS, True, ("member",)),
    ("导入", "import-list", Right.IMPORT, True, ("import",)),
    (
        "配置",
        "configuration",
        Right.CONFIGURE,
        False,
        ("configuration", "cadence", "formula", "template", "wording", "scheme"),
    ),
    ("账号", "account-list", Right.MANAGE_ACCOUNTS, False, ("account",)),
    ("审计", "audit-list", Right.VIEW_AUDIT, False, ("audit",)),
    ("帮助", "help", None, False, ("help",)),
]

#: Pages about units below, which a branch has none of.
FOR_COMMITTEES = ("cockpit", "review-queue", "duty-review-queue")


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    active: bool


@register.simple_tag(takes_context=True)
def navigation(context):
    """Return the entries of the bar for this request's actor."""
    return entries_of(context["request"])


def entries_of(request) -> list[Entry]:
    """The pages the acting post may open, with the topic of the present page marked."""
    actor = request.actor
    match = request.resolver_match
    name = (match.url_name or "") if match else ""
    topic = max(
        (each for entry in ENTRIES for each in entry[4] if name.startswith(each)), key=len, default=""
    )
    entries = []
    for label, url_name, right, takes_organization, topics in ENTRIES:
        if right is not None and not actor.has(right):
            continue
        if takes_organization and actor.organization is None:
            continue
        if url_name in FOR_COMMITTEES and not actor.organization.is_committee:
            continue
        if any(entry.label == label for entry in entries):
            continue
        try:
            url = reverse(url_name, args=[actor.organization.pk] if takes_organization else [])
        except NoReverseMatch:
            continue
        entries.append(Entry(label, url, active=topic in topics))
    return entries


@register.simple_tag(takes_context=True)
def appointments(context):
    """Return the current appointments of the user, to switch between."""
    return context["request"].actor.held
