from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accountability.exchange.drafts import Draft
from accountability.exchange.toml import read_toml
from accountability.models import DutyTemplate, DutyTemplateItem

from .templates import check_items, keep_version

STARTERS = Path(__file__).resolve().parent.parent / "starters"


@transaction.atomic
def load_duty_starters(*, year: int, folder: Path = STARTERS) -> list[DutyTemplate]:
    """Create the starter templates of a year whose code is not there yet and return them.

    Nothing existing is touched. Items fall with the year unless the file says otherwise, and stand on the source of
    their template unless they name their own; days without a year lie in this one.
    """
    known = set(DutyTemplate.objects.filter(year=year).values_list("code", flat=True))
    now = timezone.now()
    created = []
    for path in sorted(folder.glob("*.toml")):
        draft = read_toml(path.read_bytes(), year)
        if draft.facts.get("code") not in known:
            created.append(_load(path.name, draft, now))
    return created


def _load(name: str, draft: Draft, now) -> DutyTemplate:
    if draft.faults:
        raise ValidationError([f"{name} {each.place} {each.column}：{each.message}" for each in draft.faults])
    template = DutyTemplate(is_starter=True, **draft.facts)
    template.full_clean()
    template._change_reason = "系统示例"
    template.save()
    items = [
        DutyTemplateItem(template=template, number=number, **values)
        for number, values in enumerate(draft.items, start=1)
    ]
    check_items(items, template.year)
    for item in items:
        item.save()
    keep_version(template=template, reason="系统示例", author=None, now=now)
    return template
