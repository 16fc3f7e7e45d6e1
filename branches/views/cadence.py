from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from branches.access import Right, door
from branches.actions.cadence import (
    cancel_cadence_change,
    change_cadence_rule,
    create_cadence_rule,
    retire_cadence_rule,
    state_shortfall_reason,
)
from branches.forms.cadence import CadenceRuleForm, ShortfallReasonForm
from branches.models import CadenceRule, Organization, ShortfallReason
from branches.periods import Period, add_months
from branches.queries.cadence import obligation_page, preview_change, rule_list


@door(Right.CONFIGURE)
def configuration(request):
    return render(request, "branches/configuration.html")


@door(Right.CONFIGURE)
def cadence_list(request):
    return render(
        request,
        "branches/cadence_list.html",
        {
            "rows": rule_list(request.actor.today),
            "may_change": request.actor.may_everywhere(Right.CONFIGURE),
            "today": request.actor.today,
        },
    )


@door(Right.CONFIGURE)
def cadence_create(request):
    actor = request.actor
    actor.require_everywhere(Right.CONFIGURE)
    form = CadenceRuleForm(
        request.POST or None,
        today=actor.today,
        is_new=True,
        initial={"effective_from": _next_month(actor.today)},
    )
    preview = None
    if request.method == "POST" and form.is_valid():
        rule = form.save(commit=False)
        preview = preview_change([], [rule], rule.effective_from)
        if "confirmed" in request.POST:
            try:
                create_cadence_rule(
                    actor=actor, rule=rule, reason=form.cleaned_data["reason"], now=timezone.now()
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"{rule.label}自{rule.effective_from:%Y-%m-%d}起执行。")
                return redirect("cadence-list")
    return render(request, "branches/cadence_form.html", {"form": form, "preview": preview, "rule": None})


@door(Right.CONFIGURE, CadenceRule)
def cadence_change(request, rule):
    actor = request.actor
    actor.require_everywhere(Right.CONFIGURE)
    form = CadenceRuleForm(
        request.POST or None,
        today=actor.today,
        instance=_copy(rule),
        initial={"effective_from": max(_next_month(actor.today), _next_month(rule.effective_from))},
    )
    preview = None
    if request.method == "POST" and form.is_valid():
        successor, day = form.instance, form.cleaned_data["effective_from"]
        retire, reason = form.cleaned_data["retire"], form.cleaned_data["reason"]
        preview = preview_change([rule], [] if retire else [successor], day)
        if "confirmed" in request.POST:
            try:
                if retire:
                    retire_cadence_rule(
                        actor=actor, rule=rule, effective_from=day, reason=reason, now=timezone.now()
                    )
                else:
                    change_cadence_rule(
                        actor=actor, rule=rule, successor=successor, reason=reason, now=timezone.now()
                    )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"{rule.label}的调整自{day:%Y-%m-%d}起生效，此前月份不受影响。")
                return redirect("cadence-list")
    return render(request, "branches/cadence_form.html", {"form": form, "preview": preview, "rule": rule})


@require_POST
@door(Right.CONFIGURE, CadenceRule)
def cadence_cancel(request, rule):
    try:
        cancel_cadence_change(actor=request.actor, rule=rule, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "未生效的调整已撤销，原规则继续执行。")
    return redirect("cadence-list")


@door(Right.CONFIGURE, CadenceRule)
def cadence_history(request, rule):
    versions = CadenceRule.objects.filter(code=rule.code).order_by("-effective_from")
    changes = (
        CadenceRule.history.filter(code=rule.code)
        .select_related("history_user")
        .order_by("-history_date", "-history_id")[:100]
    )
    return render(
        request,
        "branches/cadence_history.html",
        {"rule": rule, "versions": versions, "changes": changes, "today": request.actor.today},
    )


@door(Right.VIEW, Organization)
def obligation_list(request, organization):
    actor = request.actor
    return render(
        request,
        "branches/cadence_obligations.html",
        {
            "organization": organization,
            "page": obligation_page(organization, actor.today),
            "may_log": actor.may(Right.LOG_MEETINGS, organization),
            "today": actor.today,
        },
    )


@door(Right.LOG_MEETINGS, Organization)
def shortfall_reason(request, organization, code, period):
    window = _window(period)
    rule = get_object_or_404(
        CadenceRule.objects.in_force_on(min(window.ends_on, request.actor.today)), code=code
    )
    stated = ShortfallReason.objects.filter(
        organization=organization, rule_code=code, period=window.code
    ).first()
    form = ShortfallReasonForm(request.POST or None, instance=stated)
    if request.method == "POST" and form.is_valid():
        try:
            state_shortfall_reason(
                actor=request.actor,
                organization=organization,
                rule=rule,
                window=window,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "原因已记下，将与这一项一并显示。")
            return redirect("obligation-list", organization.pk)
    return render(
        request,
        "branches/cadence_shortfall.html",
        {"organization": organization, "rule": rule, "window": window, "form": form},
    )


def _window(code: str) -> Period:
    try:
        return Period.parse(code)
    except ValueError as error:
        raise Http404 from error


def _next_month(day: date) -> date:
    return add_months(day.replace(day=1), 1)


def _copy(rule: CadenceRule) -> CadenceRule:
    """The next version as the form starts from it: the same, not yet saved and without an end."""
    copy = CadenceRule.objects.get(pk=rule.pk)
    copy.pk, copy.effective_until, copy._state.adding = None, None, True
    return copy
