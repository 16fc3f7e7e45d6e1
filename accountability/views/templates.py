from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.actions.template_updates import update_lists
from accountability.actions.templates import Outdated, change_template, copy_template, create_template
from accountability.burden import burden_of
from accountability.forbidden import RULES
from accountability.forms.templates import (
    ITEM_ERRORS,
    DutyTemplateForm,
    ItemFormSet,
    TemplateCopyForm,
    UpdateForm,
    merged,
)
from accountability.models import DutyTemplate
from accountability.queries.template_checks import check_of
from accountability.queries.template_updates import updatable_lists, update_preview
from accountability.queries.template_versions import template_conflict, version_page
from accountability.queries.templates import template_years, templates_of
from branches.access import Right, door
from branches.queries.history import history_page


@door(Right.ISSUE_DUTIES)
def template_list(request):
    actor = request.actor
    year = request.GET.get("year", "")
    year = int(year) if year.isdecimal() and len(year) == 4 else actor.today.year
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
        "burden": burden_of(items),
        "may_change": request.actor.may_everywhere(Right.CONFIGURE),
        "may_configure": request.actor.has(Right.CONFIGURE),
        "may_issue": template.year >= request.actor.today.year,
        "outdated": updatable_lists(request.actor, template).count()
        if template.year >= request.actor.today.year
        else 0,
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
    form, items = _forms(request.POST or None, template)
    conflict = None
    if request.method == "POST" and form.is_valid() and items.is_valid():
        try:
            saved = _save(request, form, items, is_new)
        except ValidationError as error:
            form.add_error(None, error.messages)
        except Outdated as outdated:
            conflict = template_conflict(outdated.template, form.cleaned_data["version"])
            if conflict.base is None:
                form.add_error(None, "表单已经失效，请重新打开这一页再改。")
            else:
                data = merged(
                    request.POST, conflict.base, conflict.current, outdated.template.version, "items"
                )
                form, items = _forms(data, outdated.template)
        else:
            _say_saved(request, saved, form.cleaned_data.get("version"))
            return redirect("template-detail", saved.pk)
    context = {
        "form": form,
        "items": items,
        "template": None if is_new else template,
        "conflict": conflict,
        "has_errors": request.method == "POST" and conflict is None,
    }
    return render(request, "accountability/template_edit.html", context, status=409 if conflict else 200)


def _forms(data, template):
    """The form of the facts and the rows of the items; the rows are judged by the year that is being typed."""
    form = DutyTemplateForm(data, instance=template)
    year = str(form["year"].value() or "")
    year = int(year) if year.isdecimal() and len(year) == 4 else template.year
    items = ItemFormSet(data, template=template, year=year, prefix="items", error_messages=ITEM_ERRORS)
    return form, items


def _save(request, form, items, is_new):
    facts = {"actor": request.actor, "template": form.instance, "items": items.chosen, "now": timezone.now()}
    if is_new:
        return create_template(**facts)
    values = form.cleaned_data
    return change_template(**facts, version=values["version"], reason=values["reason"])


def _say_saved(request, template, version):
    if version == template.version:
        messages.info(request, "内容没有变化，版次不变。")
        return
    messages.success(request, f"已保存为第{template.version}版；此前下发的清单不受影响，需要时可以更新。")
    check = check_of(template, list(template.items.all()))
    if check.hints:
        messages.warning(
            request, f"有{len(check.hints)}处要求的数据系统里已经有，不必让基层再报，见“配置检查”。"
        )


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


@door(Right.ISSUE_DUTIES, DutyTemplate)
def template_versions(request, template):
    """Any two versions of a template, or of its yearly editions, side by side."""
    page = version_page(template, request.GET.get("before", ""), request.GET.get("after", ""))
    context = {
        "template": template,
        "page": page,
        "may_configure": request.actor.has(Right.CONFIGURE),
    }
    return render(request, "accountability/template_versions.html", context)


@door(Right.ISSUE_DUTIES, DutyTemplate)
def template_update(request, template):
    """Bring the lists that were issued from earlier versions up to the current one, after a look at the effect."""
    form = UpdateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            effect = update_lists(
                actor=request.actor,
                template=template,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request,
                f"已更新{effect.lists}份清单：打开{effect.opened}期履责，结束{effect.ended}期未完成的。",
            )
            return redirect("template-detail", template.pk)
    context = {
        "template": template,
        "form": form,
        "preview": update_preview(request.actor, template),
        "may_configure": request.actor.has(Right.CONFIGURE),
    }
    return render(request, "accountability/template_update.html", context)


@door(Right.ISSUE_DUTIES, DutyTemplate)
def template_check(request, template):
    """The configuration check: what may not be asked, what is known already, how heavy the list is."""
    context = {
        "template": template,
        "check": check_of(template, list(template.items.all())),
        "rules": RULES,
        "may_change": request.actor.may_everywhere(Right.CONFIGURE),
        "may_configure": request.actor.has(Right.CONFIGURE),
    }
    return render(request, "accountability/template_check.html", context)


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
