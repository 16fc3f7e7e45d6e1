from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accountability.actions.adjustments import adjust_by_hand, require_adjusting, withdraw_adjustment
from accountability.forms.adjustments import AdjustmentFilterForm, AdjustmentForm, WithdrawAdjustmentForm
from accountability.models import Adjustment
from accountability.queries.adjustments import known_conditions, narrowed, visible_adjustments
from branches.access import Right, door
from branches.models import Organization
from branches.paging import CappedPaginator

PAGE = 50


@door(Right.VIEW_EVALUATIONS, Organization)
@require_safe
def adjustment_list(request, organization):
    actor = request.actor
    found = AdjustmentFilterForm(request.GET)
    rows = visible_adjustments(organization, actor)
    rows = narrowed(rows, organization, **found.cleaned_data) if found.is_valid() else rows.none()
    pages = CappedPaginator(rows, PAGE)
    page = pages.get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "organization": organization,
        "filter": {"form": found, "active": found.active},
        "rows": [(each, _may_adjust(actor, each.organization)) for each in page],
        "total": f"共 {pages.total} 条",
        "next_url": f"?{urlencode({'page': page.next_page_number()})}&{kept.urlencode()}"
        if page.has_next()
        else "",
        "first_url": f"?{kept.urlencode()}" if page.has_previous() else "",
        "may_create": actor.may(Right.EVALUATE, organization) and _has_units(actor, organization),
    }
    return render(request, "accountability/adjustment_list.html", context)


@door(Right.EVALUATE, Organization)
def adjustment_create(request, organization):
    actor = request.actor
    if not _has_units(actor, organization):
        raise PermissionDenied("本单位的加分、扣分由上级登记。")
    units = Organization.objects.in_subtree(organization).exclude(pk=actor.organization.pk)
    is_above = organization.pk == actor.organization.pk
    form = AdjustmentForm(
        request.POST or None,
        units=units,
        today=actor.today,
        initial={"on": actor.today} | ({} if is_above else {"unit": organization}),
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = adjust_by_hand(actor=actor, now=timezone.now(), **form.facts)
        except ValidationError as error:
            for name, errors in getattr(error, "error_dict", {"__all__": error.error_list}).items():
                at = {"appointment": "officer"}.get(name, name)
                form.add_error(at if at in form.fields else None, errors)
        else:
            messages.success(request, f"已登记；考核期含{made.on:%Y-%m-%d}的考核会计入，单位可以看到。")
            return redirect("adjustment-list", organization.pk)
    context = {"organization": organization, "form": form, "conditions": known_conditions(organization)}
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/adjustment_create.html", context, status=status)


@door(Right.EVALUATE, Adjustment)
def adjustment_withdraw(request, adjustment):
    actor = request.actor
    require_adjusting(actor, adjustment.organization)
    if not visible_adjustments(adjustment.organization, actor).filter(pk=adjustment.pk).exists():
        raise Http404
    form = WithdrawAdjustmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_adjustment(actor=actor, adjustment=adjustment, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已撤销；记录仍可查。")
            return redirect("adjustment-list", adjustment.organization_id)
    context = {"organization": adjustment.organization, "adjustment": adjustment, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/adjustment_withdraw.html", context, status=status)


def _has_units(actor, organization) -> bool:
    """Whether there is somebody to adjust: a unit below one's own."""
    return organization.path != actor.organization.path or organization.is_committee


def _may_adjust(actor, organization) -> bool:
    return actor.may(Right.EVALUATE, organization) and organization.path != actor.organization.path
