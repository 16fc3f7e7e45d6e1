"""Templates leave as files and come back: a file that was exported changes nothing when it is imported."""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accountability.editions import FACTS, edition_of, match
from accountability.exchange.drafts import Draft
from accountability.exchange.spreadsheet import write_spreadsheet
from accountability.exchange.toml import write_toml
from accountability.models import DutyTemplate, DutyTemplateItem
from branches.access import Right
from branches.actions.audit import record_event

from .templates import Outdated, change_template, create_template

#: Format of a file → its content type.
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "toml": "application/toml; charset=utf-8",
}


@transaction.atomic
def export_template(*, actor, template: DutyTemplate, form: str, now) -> tuple[BytesIO, str]:
    """Write a template as .xlsx or .toml; returns the file and its name."""
    if not actor.has(Right.ISSUE_DUTIES):
        actor.require_everywhere(Right.CONFIGURE)
    edition = edition_of(template, template.items.all())
    file = BytesIO()
    if form == "toml":
        file.write(write_toml(edition).encode())
    else:
        moment = timezone.localtime(now)
        mark = f"导出：{actor.user.name}（{actor.user.username}，{actor.appointment}）{moment:%Y-%m-%d %H:%M}"
        write_spreadsheet(file, edition, mark=mark)
    file.seek(0)
    record_event(
        actor=actor,
        event="导出清单模板",
        row=template,
        summary=f"{template} 第{template.version}版 {form}",
        at=now,
    )
    return file, f"{template.code}-{template.year}-第{template.version}版.{form}"


@transaction.atomic
def import_template(
    *, actor, draft: Draft, version: int | None, reason: str, now
) -> tuple[DutyTemplate, bool]:
    """Write a draft as a new template, or as the next version of the one with its code and year.

    `version` is the one that the preview was laid beside, None where there was none: `Outdated` when that has changed
    meanwhile. Items keep what they are where the words tell. Returns the template, and whether anything changed.
    """
    actor.require_everywhere(Right.CONFIGURE)
    if draft.faults:
        raise ValidationError([each.message for each in draft.faults])
    facts = {name: draft.facts[name] for name in FACTS}
    stored = DutyTemplate.objects.select_for_update().filter(code=facts["code"], year=facts["year"]).first()
    if stored is None:
        if version is not None:
            raise ValidationError("原来的模板已经不在，请重新上传文件。")
        items = [DutyTemplateItem(**values) for values in draft.items]
        return create_template(
            actor=actor, template=DutyTemplate(**facts), items=items, reason=reason, now=now
        ), True
    if stored.version != version:
        raise Outdated(stored)
    rows = {item.pk: item for item in stored.items.all()}
    before = edition_of(stored, rows.values())["items"]
    items = [_filled(rows.get(old["key"]) if old else None, new) for old, new in _pairs(before, draft)]
    for name, value in facts.items():
        setattr(stored, name, value)
    template = change_template(
        actor=actor, template=stored, items=items, version=version, reason=reason, now=now
    )
    return template, template.version != version


def _pairs(before, draft):
    """Each item of the draft with the stored one that it is, in the order of the draft."""
    found = {new["number"]: old for old, new in match(before, draft.edition["items"]) if new is not None}
    return [(found[number], values) for number, values in enumerate(draft.items, start=1)]


def _filled(item, values) -> DutyTemplateItem:
    item = item or DutyTemplateItem()
    for name, value in values.items():
        setattr(item, name, value)
    return item
