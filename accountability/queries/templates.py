from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F

from accountability.burden import Burden, burden_of
from accountability.models import DutyRecord, DutyTemplate
from accountability.querysets import targets_of, without_list
from accountability.windows import terms
from branches.choices import Level
from branches.models import Organization


@dataclass(frozen=True)
class IssuePreview:
    """What issuing would do: whom it reaches, what it opens, and what it adds to what they already bear."""

    levels: list[tuple[str, int]]
    matching: int
    new: int
    records_each: int
    added: Burden
    borne: float
    sample: list[str]

    @property
    def already(self) -> int:
        return self.matching - self.new

    @property
    def records(self) -> int:
        return self.new * self.records_each


def issue_preview(template: DutyTemplate, scope: Organization, reach: str, today: date) -> IssuePreview:
    """Five queries, whatever the size of the subtree. `reach` is "own" or "subtree"."""
    items = list(template.items.all())
    rows = targets_of(template, scope, reach, today)
    new = without_list(rows, template)
    level = "organization__level" if template.posts else "level"
    levels = [
        (Level(number).label, count)
        for number, count in new.order_by()
        .values(stood=F(level))
        .annotate(number=Count("pk"))
        .order_by("stood")
        .values_list("stood", "number")
    ]
    matching = rows.count()
    units = rows.order_by().values("organization" if template.posts else "pk")
    opened = (
        DutyRecord.objects.in_force()
        .filter(organization__in=units, duty__duty_list__year=template.year)
        .aggregate(records=Count("pk"), units=Count("organization", distinct=True))
    )
    return IssuePreview(
        levels=levels,
        matching=matching,
        new=sum(count for _, count in levels),
        records_each=sum(len(terms(item.interval, template.year, today, item.sunset_on)) for item in items),
        added=burden_of(item.interval for item in items),
        borne=opened["records"] / opened["units"] / 12 if opened["units"] else 0,
        sample=[
            str(row)
            for row in (new.select_related("organization", "user") if template.posts else new).order_by("pk")[
                :5
            ]
        ],
    )


def templates_of(year: int) -> list[DutyTemplate]:
    """The templates of a year, annotated with their items and the lists in force issued from them."""
    return list(
        DutyTemplate.objects.filter(year=year)
        .annotate(item_count=Count("items", distinct=True), list_count=Count("lists", distinct=True))
        .order_by("kind", "code")
    )


def template_years(today: date) -> list[int]:
    years = set(DutyTemplate.objects.order_by().values_list("year", flat=True).distinct())
    return sorted(years | {today.year}, reverse=True)
