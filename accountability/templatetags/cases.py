from django import template

from accountability.access import handles_cases
from accountability.queries.cases import case_numbers, knows_of_cases, labels_of
from branches.access import Right

register = template.Library()


@register.filter
def case_measures(measures):
    """Codes of 问责方式 in words."""
    return "、".join(labels_of(measures))


@register.simple_tag(takes_context=True)
def may_open_case(context, evaluation):
    """Whether a person may draft a case beside this result; a link is all that follows from it."""
    actor = context["request"].actor
    return handles_cases(actor) and actor.may(Right.HANDLE_CASES, evaluation.organization)


@register.simple_tag(takes_context=True)
def sees_cases(context):
    """Whether the register has anything for the acting post."""
    return knows_of_cases(context["request"].actor)


@register.simple_tag(takes_context=True)
def case_numbers_of(context, organization):
    """How many cases a committee has this year, state by state; numbers alone, for those who know of none."""
    return case_numbers(organization, context["request"].actor.today.year)
