"""The number of unread notices in the bar."""

from django import template

from accountability.queries.notices import unread_words

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_notices(context):
    """The words of the number: "", "7", "99+"."""
    return unread_words(context["request"].user)
