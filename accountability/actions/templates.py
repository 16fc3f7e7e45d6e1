from django.core.exceptions import ValidationError
from django.db import transaction

from accountability.forbidden import find_forbidden
from accountability.models import DutyTemplate, DutyTemplateItem
from branches.access import Right
from branches.actions.audit import record_event


@transaction.atomic
def create_template(*, actor, template: DutyTemplate, items: list[DutyTemplateItem], now) -> DutyTemplate:
    """Add a template with its items; `ValidationError` when an item may not be asked for."""
    actor.require_everywhere(Right.CONFIGURE)
    template.is_starter = False
    template.full_clean()
    template._change_reason = "新建"
    template.save()
    _write_items(template, items)
    record_event(actor=actor, event="新建清单模板", row=template, summary=str(template), at=now)
    return template


@transaction.atomic
def change_template(
    *, actor, template: DutyTemplate, items: list[DutyTemplateItem], reason: str, now
) -> DutyTemplate:
    """Replace a template's facts and items; lists issued from it before stay as they were issued."""
    actor.require_everywhere(Right.CONFIGURE)
    DutyTemplate.objects.select_for_update().get(pk=template.pk)
    template.full_clean()
    template._change_reason = reason[:100]
    template.save()
    _write_items(template, items)
    record_event(actor=actor, event="修改清单模板", row=template, summary=f"{template}：{reason}", at=now)
    return template


@transaction.atomic
def copy_template(*, actor, template: DutyTemplate, year: int, now) -> DutyTemplate:
    """Carry a template over to another year as an edition of its own; items whose sunset has passed are left behind."""
    actor.require_everywhere(Right.CONFIGURE)
    items = [
        item
        for item in template.items.all()
        if item.sunset_on is None or item.sunset_on.year >= template.year
    ]
    copy = DutyTemplate(
        code=template.code,
        title=template.title,
        kind=template.kind,
        year=year,
        organization_kinds=template.organization_kinds,
        levels=template.levels,
        posts=template.posts,
        source=template.source,
    )
    for item in items:
        item.pk, item._state.adding = None, True
        if item.sunset_on and item.sunset_on.year < year:
            item.sunset_on = item.sunset_on.replace(
                year=year,
                day=min(item.sunset_on.day, 28) if item.sunset_on.month == 2 else item.sunset_on.day,
            )
    return create_template(actor=actor, template=copy, items=items, now=now)


def _write_items(template, items):
    if not items:
        raise ValidationError("请至少填写一个条目。")
    kept = {item.pk for item in items if item.pk}
    for item in template.items.exclude(pk__in=kept):
        item.delete()
    # Numbers follow the order of the rows; two steps, since each number exists once.
    for number, item in enumerate(items, start=1):
        item.template = template
        item.number = 1000 + number
        check_item(item)
        item.full_clean(exclude=["template"])
        item.save()
    for number, item in enumerate(items, start=1):
        item.number = number
        item.save_without_historical_record()


def check_item(item: DutyTemplateItem) -> None:
    """Refuse what may not be asked, and what does not say on which article it stands and until when."""
    findings = find_forbidden(f"{item.heading}。{item.content}。{item.measure}")
    if findings:
        raise ValidationError([f"第{item.number % 1000}条：{finding}" for finding in findings])
    if not item.legal_basis or item.sunset_on is None:
        raise ValidationError(
            f"第{item.number % 1000}条：请写明依据条款和日落日期，新增负担须有依据、有期限。"
        )
