"""The state of a quality check as a badge, and the check of a record."""

from django import template

from accountability.queries.quality import CheckState, check_of, state_of

register = template.Library()

_TONES = {
    CheckState.TO_CHECK: "plain",
    CheckState.TO_ANSWER: "alert",
    CheckState.ANSWERED: "note",
    CheckState.PASSED: "done",
}
_WORDS = {
    CheckState.TO_CHECK: "待抽查",
    CheckState.TO_ANSWER: "不合格，待反馈",
    CheckState.ANSWERED: "不合格，已反馈",
    CheckState.PASSED: "合格",
}


@register.inclusion_tag("components/badge.html")
def check_badge(check):
    """Where a check stands."""
    state = state_of(check)
    return {"label": _WORDS[state], "tone": _TONES[state]}


@register.inclusion_tag("accountability/quality_mark.html")
def quality_mark(record):
    """What became of a record that was drawn for a check; nothing for the others. One query for accepted records."""
    return {"check": check_of(record) if record.accepted_at else None}
