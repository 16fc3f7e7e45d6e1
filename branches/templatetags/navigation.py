"""The bar on top: only what the acting post may open, in the order of its work."""

from dataclasses import dataclass

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from ..access import Right

register = template.Library()

#: (label, url name, right or None, whether the address takes the acting organisation)
ENTRIES = [
    ("我的待办", "todo", None, False),
    ("传导总览", "cockpit", Right.VIEW_COCKPIT, True),
    ("会议", "meeting-list", Right.VIEW, True),
    ("责任", "duty-list-index", Right.VIEW, True),
    ("审核", "review-queue", Right.CONFIRM_MEETINGS, True),
    ("组织", "organization-detail", Right.VIEW, True),
    ("党员", "member-list", Right.VIEW_MEMBERS, True),
    ("导入", "import-list", Right.IMPORT, True),
    ("配置", "configuration", Right.CONFIGURE, False),
    ("账号", "account-list", Right.MANAGE_ACCOUNTS, False),
    ("审计", "audit-list", Right.VIEW_AUDIT, False),
    ("帮助", "help", None, False),
]


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    active: bool


@register.simple_tag(takes_context=True)
def navigation(context):
    """Return the entries of the bar for this request's actor."""
    request = context["request"]
    actor = request.actor
    entries = []
    for label, url_name, right, takes_organization in ENTRIES:
        if right is not None and not actor.has(right):
            continue
        if takes_organization and actor.organization is None:
            continue
        try:
            url = reverse(url_name, args=[actor.organization.pk] if takes_organization else [])
        except NoReverseMatch:
            continue
        match = request.resolver_match
        entries.append(Entry(label, url, active=bool(match) and match.url_name == url_name))
    return entries


@register.simple_tag(takes_context=True)
def appointments(context):
    """Return the current appointments of the user, to switch between."""
    user = context["request"].user
    return list(
        user.appointments.on(timezone.localdate()).select_related("organization").order_by("organization__path")
    )
