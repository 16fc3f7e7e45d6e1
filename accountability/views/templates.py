from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.actions.lists import issue_lists
from accountability.actions.templates import change_template, copy_template, create_template
from accountability.burden import burden_of
from accountability.forms.templates import DutyTemplateForm, IssueForm, ItemFormSet, TemplateCopyForm
from accountability.models import DutyTemplate
from accountability.queries.templates import issue_preview, template_years, templates_of
from branches.access import Right, door
from branches.models import Organization
from branches.queries.history import history_page


@door(Right.ISSUE_DUTIES)
def template_list(request):
    actor = request.actor
    year = request.GET.get("year", "")
    year = int(year) if year.isdigit() and len(year) == 4 else actor.today.year
    context = {
        "templates": templates_of(year),
        "year": year,
        "years": template_years(actor.today),
        "may_change": actor.may_everywhere(Right.CONFIGURE),
        "may_configure": actor.has(Right.CONFIGURE),
        "this_year": actor.today.year,
    }
    return render(request, "accountability/template_list.html", context)


@door(Right.ISSUE_DUTIES, DutyTemplate)
def template_detail(request, template):
    items = list(template.items.all())
    context = {
        "template": template,
        "items": items,
        "burden": burden_of(item.interval for item in items),
        "may_change": request.actor.may_everywhere(Right.CONFIGURE),
        "may_configure": request.actor.has(Right.CONFIGURE),
        "may_issue": template.year >= request.actor.today.year,
        "copy_form": TemplateCopyForm(initial={"year": template.year + 1}),
    }
    return render(request, "accountability/template_detail.html", context)


@door(Right.CONFIGURE)
def template_create(request):
    request.actor.require_everywhere(Right.CONFIGURE)
    template = DutyTemplate(year=request.actor.today.year)
    return _edit(request, template)


@door(Right.CONFIGURE, DutyTemplate)
def template_edit(request, template):
    request.actor.require_everywhere(Right.CONFIGURE)
    return _edit(request, template)


def _edit(request, template):
    is_new = template.pk is None
    form = DutyTemplateForm(request.POST or None, instance=template)
    items = ItemFormSet(request.POST or None, instance=template, prefix="items")
    if request.method == "POST" and form.is_valid() and items.is_valid():
        gone = set(items.deleted_forms)
        rows = [
            each.instance
            for each in items.forms
            if each not in gone and (each.has_changed() or each.instance.pk)
        ]
        try:
            if is_new:
                create_template(actor=request.actor, template=form.instance, items=rows, now=timezone.now())
            else:
                change_template(
                    actor=request.actor,
                    template=form.instance,
                    items=rows,
                    reason=form.cleaned_data["reason"],
                    now=timezone.now(),
                )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "模板已保存；此前下发的清单不受影响。")
            return redirect("template-detail", form.instance.pk)
    context = {"form": form, "items": items, "template": None if is_new else template}
    return render(request, "accountability/template_edit.html", context)


@require_POST
@door(Right.CONFIGURE, DutyTemplate)
def template_copy(request, template):
    form = TemplateCopyForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请填写四位年度。")
        return redirect("template-detail", template.pk)
    try:
        copy = copy_template(
            actor=request.actor, template=template, year=form.cleaned_data["year"], now=timezone.now()
        )
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("template-detail", template.pk)
    messages.success(request, f"已复制为{copy.year}年度模板，请核对日落日期后下发。")
    return redirect("template-detail", copy.pk)


@door(Right.CONFIGURE, DutyTemplate)
def template_history(request, template):
    return render(
        request,
        "branches/history.html",
        {
            "row": template,
            "label": template._meta.verbose_name,
            "organization": request.actor.organization,
            "page": history_page(template, before=request.GET.get("before", "")),
            "back": "template-detail",
            "back_pk": template.pk,
        },
    )


@door(Right.ISSUE_DUTIES, DutyTemplate)
def template_issue(request, template):
    actor = request.actor
    own = actor.organization
    units = (
        Organization.objects.in_subtree(own)
        .active_on(actor.today)
        .filter(pk__in=[own.pk, *own.children.values_list("pk", flat=True), *_asked(request)])
    )
    data = request.POST or (request.GET if "organization" in request.GET else None)
    form = IssueForm(data, units=units, initial={"organization": own.pk})
    scope, reach = own, "subtree"
    if form.is_bound and form.is_valid():
        scope, reach = form.cleaned_data["organization"], form.cleaned_data["reach"]
        if request.method == "POST":
            try:
                number = issue_lists(
                    actor=actor, template=template, scope=scope, reach=reach, now=timezone.now()
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"已下发{number}份清单。")
                return redirect("duty-list-index", scope.pk)
    context = {
        "template": template,
        "form": form,
        "scope": scope,
        "reach": reach,
        "preview": issue_preview(template, scope, reach, actor.today),
    }
    return render(request, "accountability/template_issue.html", context)


def _asked(request) -> list[int]:
    """The unit the address names: it may be chosen although it is no direct child."""
    pk = (request.POST or request.GET).get("organization", "")
    return [int(pk)] if pk.isdigit() else []
