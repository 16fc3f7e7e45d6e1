from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.access import readable_schemes
from accountability.actions.scheme_drafts import begin_draft
from accountability.actions.schemes import Outdated, copy_scheme, end_scheme
from accountability.choices import Subject
from accountability.exchange.values import FIRST_YEAR, LAST_YEAR
from accountability.forms.schemes import SchemeCopyForm, SchemeEndForm
from accountability.models import Scheme
from accountability.queries.scheme_trials import trial_of
from accountability.queries.schemes import rounds_of, units_of, version_page
from accountability.queries.schemes import scheme_list as schemes_of
from accountability.scheme_layout import layout_of
from accountability.scheme_trial import alone
from branches.access import Right, door
from branches.choices import OrganizationKind, Sector
from branches.models import Organization
from branches.queries.history import history_page

MOST_UNITS = 30
#: The unit that was last tried, in the session.
TRIED = "scheme-trial-unit"


@door(Right.VIEW_EVALUATIONS, Organization)
def scheme_list(request, organization):
    """The scoring tables of a year: one's own, and those of the committees above."""
    year = request.GET.get("year", "")
    year = int(year) if year.isdecimal() and len(year) == 4 else 0
    year = year if FIRST_YEAR <= year <= LAST_YEAR else request.actor.today.year
    subject, sector = request.GET.get("subject", ""), request.GET.get("sector", "")
    may_change = request.actor.may(Right.CONFIGURE, organization)
    context = {
        "organization": organization,
        "page": schemes_of(
            organization, year, request.actor.today, subject=subject, sector=sector, drafts=may_change
        ),
        "year": year,
        "subject": subject,
        "sector": sector,
        "subjects": Subject.choices,
        "sectors": Sector.choices,
        "may_change": may_change,
        "may_configure": request.actor.has(Right.CONFIGURE),
    }
    return render(request, "accountability/scheme_list.html", context)


@door(Right.VIEW_EVALUATIONS)
def scheme_detail(request, pk):
    """The whole table in words; open to those who are judged by it."""
    scheme = get_object_or_404(readable_schemes(request.actor).select_related("draft__author"), pk=pk)
    may_change = request.actor.may(Right.CONFIGURE, scheme.organization)
    context = {
        "scheme": scheme,
        "layout": layout_of(scheme.table),
        "versions": scheme.versions.select_related("author").defer("document")[:5],
        "rounds": rounds_of(request.actor, scheme)[:10],
        "draft": getattr(scheme, "draft", None) if may_change else None,
        "tried": last_tried(request, scheme),
        "may_change": may_change,
        "may_configure": request.actor.has(Right.CONFIGURE),
        "is_ended": scheme.ends_on is not None and scheme.ends_on < request.actor.today,
        "copy_form": SchemeCopyForm(initial={"year": scheme.year + 1}),
        "end_form": SchemeEndForm(initial={"ends_on": scheme.ends_on or request.actor.today}),
    }
    return render(request, "accountability/scheme_detail.html", context)


@door(Right.VIEW_EVALUATIONS)
def scheme_versions(request, pk):
    """Any two versions of a scheme, word by word."""
    scheme = get_object_or_404(readable_schemes(request.actor), pk=pk)
    context = {
        "scheme": scheme,
        "page": version_page(scheme, request.GET.get("before", ""), request.GET.get("after", "")),
        "may_configure": request.actor.has(Right.CONFIGURE),
    }
    return render(request, "accountability/scheme_versions.html", context)


@door(Right.VIEW_EVALUATIONS)
def scheme_trial(request, pk):
    """What the scheme gives a real unit, from what is known and what is typed in; nothing is kept."""
    scheme = get_object_or_404(readable_schemes(request.actor), pk=pk)
    return try_out(request, scheme.table, scheme, {"scheme": scheme})


def try_out(request, table, scope, context):
    """The page of a trial, of one item alone with `item`; `scope` has the organisation and whom the table is for.

    With htmx only the result. The unit is remembered for the next trial.
    """
    actor, data = request.actor, request.POST if request.method == "POST" else QueryDict()
    text = request.GET.get("text", "").strip()
    units = units_of(actor, scope, text)
    chosen = data.get("unit") or request.GET.get("unit", "")
    unit = _unit(actor, scope, chosen)
    key = request.GET.get("item", "")
    if key:
        table = alone(table, key)
        if not table.lines:
            raise Http404
    trial = None
    if unit is not None:
        request.session[TRIED] = unit.pk
        trial = trial_of(table, unit, data, today=actor.today, now=timezone.now())
    context |= {
        "table": table,
        "unit": unit,
        "trial": trial,
        "result": trial.result.as_dict() if trial and trial.result else None,
        "key": key,
        "units": [] if unit else list(units[: MOST_UNITS + 1]),
        "most": MOST_UNITS,
        "text": text,
        "may_configure": actor.has(Right.CONFIGURE),
    }
    template = "scheme_trial.html"
    if request.htmx:
        template = "scheme_trial_brief.html" if "brief" in request.GET else "scheme_trial_result.html"
    return render(request, f"accountability/{template}", context)


def item_trial(request, table, scope, key):
    """The trial of one item on the unit that was last tried, for the page of the item; None when there is none."""
    unit = last_tried(request, scope)
    if unit is None:
        return None
    table = alone(table, key)
    trial = trial_of(table, unit, QueryDict(), today=request.actor.today, now=timezone.now())
    return {
        "table": table,
        "unit": unit,
        "trial": trial,
        "result": trial.result.as_dict() if trial.result else None,
    }


def last_tried(request, scope):
    """The unit of the last trial, if this table is for it; None when there was none."""
    return _unit(request.actor, scope, str(request.session.get(TRIED, "")))


def _unit(actor, scope, chosen):
    if not chosen.isdecimal() or len(chosen) > 18:
        return None
    return units_of(actor, scope).filter(pk=chosen).first()


@require_POST
@door(Right.CONFIGURE, Scheme)
def scheme_edit(request, scheme):
    """Open the draft of a scheme."""
    draft = begin_draft(actor=request.actor, scheme=scheme, now=timezone.now())
    return redirect("scheme-draft", draft.pk)


@require_POST
@door(Right.CONFIGURE, Scheme)
def scheme_copy(request, scheme):
    form = SchemeCopyForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请填写四位年度。")
        return redirect("scheme-detail", scheme.pk)
    try:
        copy = copy_scheme(
            actor=request.actor, scheme=scheme, year=form.cleaned_data["year"], now=timezone.now()
        )
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("scheme-detail", scheme.pk)
    messages.success(request, f"已复制为{copy.year}年度办法，日期已顺延，请核对。")
    return redirect("scheme-detail", copy.pk)


@require_POST
@door(Right.CONFIGURE, Scheme)
def scheme_end(request, scheme):
    """Say until when a scheme is used."""
    form = SchemeEndForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请填写停用日期和原因。")
        return redirect("scheme-detail", scheme.pk)
    try:
        end_scheme(actor=request.actor, scheme=scheme, now=timezone.now(), **form.cleaned_data)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    except Outdated as outdated:
        messages.error(request, str(outdated))
    else:
        messages.success(request, f"已定于{form.cleaned_data['ends_on']:%Y-%m-%d}停用。")
    return redirect("scheme-detail", scheme.pk)


@door(Right.CONFIGURE, Scheme)
def scheme_history(request, scheme):
    return render(
        request,
        "branches/history.html",
        {
            "row": scheme,
            "label": scheme._meta.verbose_name,
            "organization": scheme.organization,
            "page": history_page(
                scheme, before=request.GET.get("before", ""), words={"kinds": OrganizationKind}
            ),
            "back": "scheme-detail",
            "back_pk": scheme.pk,
        },
    )
