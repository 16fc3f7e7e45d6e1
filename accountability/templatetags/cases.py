from django import template

from accountability.queries.cases import labels_of

register = template.Library()


@register.filter
def case_measures(measures):
    """Codes of 问责方式 in words."""
    return "、".join(labels_of(measures))
