"""Templates and their versions: what is written is checked, numbered and kept as a version that never changes."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from accountability.choices import TEMPLATE_KINDS
from accountability.editions import DAYS, FACTS, ITEM, edition_of
from accountability.models import DutyTemplate, DutyTemplateItem, DutyTemplateVersion
from accountability.requirements import faults_of
from branches.access import Right
from branches.actions.audit import record_event

#: Numbers that no item bears: while rows change places each number exists once.
_ASIDE = 10_000


class Outdated(Exception):
    """Somebody else has changed the template since it was read; `template` is how it stands now."""

    def __init__(self, template):
        super().__init__("这份模板刚刚被他人修改。")
        self.template = template


@transaction.atomic
def create_template(
    *, actor, template: DutyTemplate, items: list[DutyTemplateItem], reason: str = "新建", now
) -> DutyTemplate:
    """Add a template with its items as its first version; `ValidationError` when an item may not be asked for."""
    actor.require_everywhere(Right.CONFIGURE)
    template.is_starter = False
    template.version = 1
    _check(template, items)
    template._change_reason = reason[:100]
    template.save()
    _write_items(template, items, actor.user, reason, now)
    keep_version(template=template, reason=reason, author=actor.user, now=now)
    record_event(actor=actor, event="新建清单模板", row=template, summary=str(template), at=now)
    return template


@transaction.atomic
def change_template(
    *,
    actor,
    template: DutyTemplate,
    items: list[DutyTemplateItem],
    version: int,
    reason: str,
    now,
) -> DutyTemplate:
    """Replace a template's facts and items by the next version; lists issued before stay as they were issued.

    `version` is the one that was read: `Outdated` when there is a later one. What says the same as before is no new
    version.
    """
    actor.require_everywhere(Right.CONFIGURE)
    current = DutyTemplate.objects.select_for_update().get(pk=template.pk)
    if current.version != version:
        raise Outdated(current)
    before = edition_of(current, current.items.all())
    if edition_of(template, items) == before:
        return template
    _check(template, items, current)
    if not current.versions.exists():
        _keep(current, before, "", None, current.created_at)
    template.version = current.version + 1
    template._change_reason = reason[:100]
    template.save()
    _write_items(template, items, actor.user, reason, now)
    keep_version(template=template, reason=reason, author=actor.user, now=now)
    record_event(
        actor=actor,
        event="修改清单模板",
        row=template,
        summary=f"{template} 第{template.version}版：{reason}",
        at=now,
    )
    return template


@transaction.atomic
def copy_template(*, actor, template: DutyTemplate, year: int, now) -> DutyTemplate:
    """Carry a template over to another year as an edition of its own.

    Items whose sunset has passed are left behind; deadlines and sunsets of the year move along with it.
    """
    actor.require_everywhere(Right.CONFIGURE)
    items = [
        item
        for item in template.items.all()
        if item.sunset_on is None or item.sunset_on.year >= template.year
    ]
    copy = DutyTemplate(**{name: getattr(template, name) for name in FACTS} | {"year": year})
    for item in items:
        item.pk, item._state.adding = None, True
        for name in DAYS:
            setattr(item, name, _carried(getattr(item, name), year))
    return create_template(
        actor=actor, template=copy, items=items, reason=f"由{template.year}年度复制", now=now
    )


def _carried(day: date | None, year: int) -> date | None:
    """The same day in `year` when it lies before it."""
    if day is None or day.year >= year:
        return day
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def keep_version(*, template: DutyTemplate, reason: str, author, now) -> DutyTemplateVersion:
    """Keep what the template says now as its version of the number it bears."""
    return _keep(template, edition_of(template, template.items.all()), reason, author, now)


def _keep(template, edition, reason, author, now):
    return DutyTemplateVersion.objects.create(
        template=template,
        number=template.version,
        facts=edition["facts"],
        items=edition["items"],
        reason=reason[:200],
        author=author,
        made_at=now,
    )


def _check(template, items, current=None):
    if not items:
        raise ValidationError("请至少填写一个条目。")
    if template.kind not in TEMPLATE_KINDS:
        raise ValidationError({"kind": "部署任务不做模板，由部署单位在“部署”里下达。"})
    template.full_clean()
    if current is not None and current.lists.exists():
        if template.year != current.year:
            raise ValidationError({"year": "已下发过的模板不能改年度，请复制到新的年度。"})
        if bool(template.posts) != bool(current.posts):
            raise ValidationError({"posts": "已下发过的模板不能在“由单位承担”和“下发给个人”之间改动。"})
    check_items(items, template.year)


def check_items(items, year: int) -> None:
    """Refuse what may not be asked, does not add up, or does not say on which article it stands and until when."""
    problems = []
    for number, item in enumerate(items, start=1):
        faults = faults_of({name: getattr(item, name) for name in ITEM}, year)
        problems += [f"第{number}条：{message}" for found in faults.values() for message in found]
        if faults:
            continue
        try:
            item.clean_fields(exclude=["template", "number"])
        except ValidationError as error:
            problems += [f"第{number}条：{message}" for message in error.messages]
    if problems:
        raise ValidationError(problems)


def _write_items(template, items, user, reason, now):
    """Write the items in this order under the numbers 1, 2, …; those that say what they said are left alone."""
    trail = {"default_user": user, "default_change_reason": reason[:100], "default_date": now}
    stored = {item.pk: item for item in template.items.all()}
    kept = {item.pk for item in items if item.pk}
    for key, item in stored.items():
        if key not in kept:
            item._change_reason = reason[:100]
            item._history_user = user
            item.delete()
    fresh, changed = [], []
    for number, item in enumerate(items, start=1):
        item.template, item.number = template, number
        if not item.pk:
            fresh.append(item)
        elif any(getattr(item, name) != getattr(stored[item.pk], name) for name in ("number", *ITEM)):
            changed.append(item)
    # Two steps, since each number exists once: the places between are nobody's history.
    DutyTemplateItem.objects.bulk_update(
        [
            DutyTemplateItem(pk=item.pk, number=_ASIDE + item.number)
            for item in changed
            if item.number != stored[item.pk].number
        ],
        ["number"],
    )
    bulk_update_with_history(changed, DutyTemplateItem, ["number", *ITEM], batch_size=100, **trail)
    bulk_create_with_history(fresh, DutyTemplateItem, batch_size=100, **trail)
