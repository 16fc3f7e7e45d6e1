"""Links between the pages of one organisation, and the names of kinds of records."""

from django import template
from django.apps import apps
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


@register.filter
def model_label(name):
    """The Chinese name of a kind of record written as "branches.Organization"; the text itself when there is none."""
    try:
        return apps.get_model(name)._meta.verbose_name
    except (LookupError, ValueError):
        return name
