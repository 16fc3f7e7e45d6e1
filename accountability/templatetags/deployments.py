"""Small parts of the pages of a deployment: days, stages, and the address of the units behind a number."""

from urllib.parse import urlencode

from django import template
from django.urls import reverse

from accountability.choices import RecordStatus
from accountability.funnel import COMMON
from accountability.funnel import days as _days

register = template.Library()


@register.filter
def days(number):
    """A median of days: 12天, 2.5天; — without one."""
    return "—" if number is None else f"{_days(number)}天"


@register.filter
def stage_days(row):
    """Pairs (stage, day or None) of the common stages of a `queries.deployments.UnitRow`."""
    return [(stage.label, row.progress.reached_on(stage)) for stage in COMMON]


@register.filter
def chain_days(line):
    """Pairs (stage, day or None) of the common stages of a `queries.deployments.ChainLine`."""
    found = (line.received_on, line.arranged_on, line.executed_on, line.accepted_on)
    return [(stage.label, day) for stage, day in zip(COMMON, found, strict=True)]


@register.filter
def is_overdue(line, today):
    """Whether the record of a line of the chain is still owed after its day."""
    record = line.record
    is_owed = record is not None and record.status in (RecordStatus.OPEN, RecordStatus.RETURNED)
    return is_owed and record.due_on < today


@register.filter
def overdue_words(number):
    return f"逾期 {number}"


@register.simple_tag
def units_url(duty_list, level, step, standing):
    """The address of the units that one number of the funnel counts."""
    query = {"stage": step.stage.value, "standing": standing}
    if level is not None:
        query["level"] = level
    return f"{reverse('deployment-units', args=[duty_list.pk])}?{urlencode(query)}"
