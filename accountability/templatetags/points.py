"""Points for reading: 10.80 is 10.8."""

from django import template

from accountability.scoring.numbers import plain

register = template.Library()


@register.filter
def points(value):
    """Digits without zeros that say nothing; — without a value."""
    return "—" if value is None else plain(value)
