"""What the templates of ballots and reviews say about counts."""

from fractions import Fraction

from django import template

register = template.Library()


@register.filter
def entry(mapping, key):
    """What a dictionary holds under a key; None for nothing."""
    return mapping.get(key) if mapping else None


@register.filter
def share(value):
    """An exact share as a percentage with one decimal, rounded half up; — for None."""
    if value is None:
        return "—"
    tenths = int(Fraction(value) * 1000 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}%"


@register.filter
def at(sequence, index):
    """The member of a sequence at an index."""
    return sequence[index]
