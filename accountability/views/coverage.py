from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accountability.choices import Coverage, DutyKind
from accountability.coverage import SHORT
from accountability.queries.coverage import (
    coverage_matrix as matrix_of,
)
from accountability.queries.coverage import (
    read_look,
    templates_in_use,
    years_with_lists,
)
from accountability.queries.gap_rows import Search
from accountability.queries.gaps import GAPS, LISTS_COMPARED, PAGE
from accountability.queries.gaps import duty_gaps as gaps_of
from accountability.queries.key_posts import Who
from accountability.queries.key_posts import key_posts as key_posts_of
from branches.access import Right, door
from branches.choices import Level
from branches.models import Organization
from branches.periods import Interval, Period, window_of


@require_safe
@door(Right.VIEW, Organization)
def coverage_matrix(request, organization):
    actor, after = request.actor, request.GET.get("after", "")
    year = read_year(request)
    templates = templates_in_use(year)
    look = read_look(request.GET, organization, templates, year, actor.today)
    matrix = matrix_of(organization, look, templates, actor.today, after)
    context = {
        "organization": organization,
        "matrix": matrix,
        "look": look,
        "years": years_with_lists(year, actor.today),
        "templates": templates,
        "kinds": DutyKind.choices,
        "levels": _levels_below(organization),
        "legend": [(each, SHORT[each] or "n/m") for each in Coverage],
        "may_issue": actor.may(Right.ISSUE_DUTIES, organization),
        "chips": _chips(look, matrix),
        "next_url": f"?{look.query(after=matrix.after)}" if matrix.after else "",
        "first_url": f"?{look.query()}" if after else "",
    }
    return render(request, "accountability/coverage_matrix.html", context)


@require_safe
@door(Right.VIEW, Organization)
def duty_gaps(request, organization):
    search = _search(request, organization)
    context = {
        "organization": organization,
        "year": search.year,
        "years": years_with_lists(search.year, request.actor.today),
        "found": gaps_of(search, request.actor),
    }
    return render(request, "accountability/gap_overview.html", context)


@require_safe
@door(Right.VIEW, Organization)
def duty_gap_list(request, organization, gap):
    declared = next((each for each in GAPS if each.key == gap), None)
    if declared is None:
        raise Http404
    search, after = _search(request, organization), request.GET.get("after", "")
    page = declared.page(search, request.actor, after, PAGE)
    context = {
        "organization": organization,
        "year": search.year,
        "gap": declared,
        "page": page,
        "compared": LISTS_COMPARED,
        "next_url": f"?{urlencode({'year': search.year, 'after': page.after})}" if page.after else "",
        "first_url": f"?year={search.year}" if after else "",
    }
    return render(request, "accountability/gap_list.html", context)


@require_safe
@door(Right.VIEW_COCKPIT, Organization)
def key_posts(request, organization):
    actor, after = request.actor, request.GET.get("after", "")
    periods = _periods(actor.today)
    try:
        period = Period.parse(request.GET.get("period", ""))
    except ValueError:
        period = window_of(Interval.YEAR, actor.today)
    who, level = request.GET.get("who", ""), request.GET.get("level", "")
    who = who if who in list(Who) else ""
    level = int(level) if level in {str(value) for value, _ in Level.choices} else 0
    page = key_posts_of(organization, level, who, period, actor.today, after)
    query = urlencode({"period": period.code, "level": level or "", "who": who})
    context = {
        "organization": organization,
        "page": page,
        "period": period,
        "periods": periods if period in periods else [period, *periods],
        "who": who,
        "whos": [(each.value, each.label) for each in Who],
        "level": level,
        "levels": _levels_below(organization),
        "next_url": f"?{query}&{urlencode({'after': page.after})}" if page.after else "",
        "first_url": f"?{query}" if after else "",
    }
    return render(request, "accountability/key_posts.html", context)


def read_year(request) -> int:
    """The year the address names, else this one."""
    return year_in(request.GET, request.actor.today)


def year_in(asked, today) -> int:
    """The year that was asked for, else this one."""
    year = asked.get("year", "")
    return int(year) if year.isdecimal() and len(year) == 4 and 1900 <= int(year) <= 9998 else today.year


def _search(request, organization) -> Search:
    year = read_year(request)
    return Search(organization, year, templates_in_use(year), request.actor.today)


def _levels_below(organization) -> list[tuple[int, str]]:
    return [
        (value, label)
        for value, label in Level.choices
        if value >= organization.level and value != Level.GROUP
    ]


def _chips(look, matrix) -> list[tuple[str, str]]:
    """The filters that narrow the matrix, as (parameter, words)."""
    chips = []
    if look.level:
        chips.append(("level", Level(look.level).label))
    if look.item and len(matrix.columns) == 1:
        chips.append(("item", f"只看“{matrix.columns[0].heading}”"))
    if look.only_gaps:
        chips.append(("only", "只看有缺口的"))
    return chips


def _periods(today) -> list[Period]:
    """Years, quarters and months to choose from, the newest first."""
    return [
        *window_of(Interval.YEAR, today).trailing(2)[::-1],
        *window_of(Interval.QUARTER, today).trailing(5)[::-1],
        *Period.month_of(today).trailing(12)[::-1],
    ]
