from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone

from branches.access import Right, door
from branches.periods import Period
from supervision.actions.formula import adopt_formula
from supervision.forms.formula import FormulaForm
from supervision.queries.formula import effect_of, formula_in_force, versions, weight_lines


@door(Right.CONFIGURE)
def formula_list(request):
    context = {
        "versions": versions(request.actor.today),
        "may_change": request.actor.may_everywhere(Right.CONFIGURE),
    }
    return render(request, "supervision/formula_list.html", context)


@door(Right.CONFIGURE)
def formula_change(request):
    """First the form, then what it would change, then the new version."""
    actor = request.actor
    actor.require_everywhere(Right.CONFIGURE)
    present = formula_in_force(Period.month_of(actor.today))
    form = FormulaForm(request.POST or None, today=actor.today, present=present)
    context = {"form": form, "present": present}
    if request.method != "POST" or "edit" in request.POST or not form.is_valid():
        return render(request, "supervision/formula_change.html", context)
    if "confirmed" in request.POST:
        try:
            formula = adopt_formula(actor=actor, today=actor.today, now=timezone.now(), **form.figures)
        except ValidationError as error:
            form.add_error(None, error)
            return render(request, "supervision/formula_change.html", context)
        messages.success(request, f"{formula}已登记，自{form.figures['effective_from'].label}起用。")
        return redirect("formula-list")
    context |= {
        "effect": effect_of(form.proposed, actor.organization, actor.today),
        "proposed": form.proposed,
        "begins": form.figures["effective_from"],
        "weights": weight_lines(form.weights),
    }
    return render(request, "supervision/formula_preview.html", context)
