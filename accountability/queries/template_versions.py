from dataclasses import dataclass
from datetime import datetime

from accountability.editions import Difference, compare, edition_of
from accountability.models import DutyTemplate, DutyTemplateVersion


@dataclass(frozen=True)
class Edition:
    """One version that can be chosen; `key` is its year and number (2026.3)."""

    template_id: int
    year: int
    number: int
    reason: str
    author: str
    made_at: datetime | None

    @property
    def key(self) -> str:
        return f"{self.year}.{self.number}"

    def __str__(self):
        return f"{self.year}年度 第{self.number}版"


@dataclass(frozen=True)
class VersionPage:
    """The versions of a template's yearly editions, newest first, and how two of them differ."""

    editions: list[Edition]
    before: Edition | None
    after: Edition | None
    difference: Difference | None


def version_page(template: DutyTemplate, before: str, after: str) -> VersionPage:
    """Four queries. `before` and `after` are keys; else the newest version of `template` and the one before it."""
    siblings = list(DutyTemplate.objects.filter(code=template.code))
    versions = (
        DutyTemplateVersion.objects.filter(template__in=siblings)
        .select_related("author")
        .defer("facts", "items")
        .order_by("-template__year", "-number")
    )
    years = {each.pk: each.year for each in siblings}
    editions = [
        Edition(
            each.template_id,
            years[each.template_id],
            each.number,
            each.reason,
            str(each.author or "系统"),
            each.made_at,
        )
        for each in versions
    ]
    kept = {each.template_id for each in editions}
    # A template from before there were versions is its own only one.
    editions += [
        Edition(each.pk, each.year, each.version, "", "", each.created_at)
        for each in siblings
        if each.pk not in kept
    ]
    editions.sort(key=lambda each: (-each.year, -each.number))
    known = {each.key: each for each in editions}
    own = known[f"{template.year}.{template.version}"]
    later = known.get(after, own)
    older = editions[editions.index(later) + 1 :]
    earlier = known.get(before) or (older[0] if older else None)
    if earlier is None or earlier == later:
        return VersionPage(editions, earlier, later, None)
    difference = compare(_content(earlier), _content(later), across_years=earlier.year != later.year)
    return VersionPage(editions, earlier, later, difference)


def _content(edition: Edition) -> dict:
    stored = (
        DutyTemplateVersion.objects.filter(template=edition.template_id, number=edition.number)
        .values("facts", "items")
        .first()
    )
    if stored is not None:
        return stored
    template = DutyTemplate.objects.get(pk=edition.template_id)
    return edition_of(template, template.items.all())


@dataclass(frozen=True)
class Conflict:
    """Somebody else saved the template while it was being edited: what they changed, and who and when.

    `base` is the edition that was opened, None when no such version is known.
    """

    base: dict | None
    current: dict
    difference: Difference | None
    latest: DutyTemplateVersion | None


def template_conflict(template: DutyTemplate, version: int) -> Conflict:
    """How `template` as it stands differs from its `version`, from which somebody was working."""
    base = template.versions.filter(number=version).values("facts", "items").first()
    latest = template.versions.select_related("author").filter(number=template.version).first()
    current = edition_of(template, template.items.all())
    return Conflict(base, current, compare(base, current) if base else None, latest)
