"""Links between the pages of one organisation."""

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

register = template.Library()


@register.simple_tag
def page_link(name, pk, label):
    """A button to another page of the organisation; nothing while no floor has such a page."""
    try:
        url = reverse(name, args=[pk])
    except NoReverseMatch:
        return ""
    return format_html('<a class="btn btn-sm btn-outline-secondary" href="{}">{}</a>', url, label)
