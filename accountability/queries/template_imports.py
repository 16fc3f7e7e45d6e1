from dataclasses import dataclass

from accountability.burden import Burden, burden_of
from accountability.editions import Difference, compare, edition_of
from accountability.exchange.drafts import Draft
from accountability.models import DutyTemplate, DutyTemplateItem


@dataclass(frozen=True)
class ImportPreview:
    """What importing a draft would do: a new template, or how it differs from the `stored` one of its code and year."""

    draft: Draft
    stored: DutyTemplate | None
    difference: Difference | None
    burden: Burden | None
    former: Burden | None

    @property
    def is_unchanged(self) -> bool:
        return self.difference is not None and not self.difference


def import_preview(draft: Draft) -> ImportPreview:
    """Two queries; nothing is written."""
    if draft.faults:
        return ImportPreview(draft, None, None, None, None)
    burden = burden_of(DutyTemplateItem(**values) for values in draft.items)
    stored = DutyTemplate.objects.filter(code=draft.facts["code"], year=draft.facts["year"]).first()
    if stored is None:
        return ImportPreview(draft, None, None, burden, None)
    items = list(stored.items.all())
    difference = compare(edition_of(stored, items), draft.edition)
    return ImportPreview(draft, stored, difference, burden, burden_of(items))
