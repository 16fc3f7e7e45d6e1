from datetime import date

from django.db.models import Count

from accountability.models import DutyTemplate


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
