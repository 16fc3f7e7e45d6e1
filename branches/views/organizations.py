from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone

from branches.access import Right, door, open_to_signed_in
from branches.actions.history import ChangedMeanwhile, version_of
from branches.actions.organizations import change_organization, create_organization
from branches.actions.reshaping import (
    check_dissolve,
    check_merge,
    check_move,
    dissolve_organization,
    merge_organizations,
    move_organization,
)
from branches.forms.organizations import (
    OrganizationChangeForm,
    OrganizationCreateForm,
    OrganizationDissolveForm,
    OrganizationMergeForm,
    OrganizationMoveForm,
)
from branches.models import Organization
from branches.queries.organizations import affected_by, children_of, organization_page, search_organizations
from branches.templatetags.navigation import navigation


@door(Right.VIEW, Organization)
def organization_detail(request, organization):
    page = organization_page(organization, request.actor)
    rights = {right.name.lower(): request.actor.may(right, organization) for right in Right}
    return render(
        request,
        "branches/organization_detail.html",
        {"page": page, "organization": organization, "may": rights},
    )


@door(Right.VIEW, Organization)
def organization_tree(request, organization):
    actor = request.actor
    text, ended = request.GET.get("q", ""), "ended" in request.GET
    children = children_of(organization, actor.today, after=request.GET.get("after", ""), ended=ended)
    context = {"organization": organization, "children": children, "ended": ended, "q": text}
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "branches/organization_tree_rows.html", context)
    context["found"] = search_organizations(actor, text, node=organization, limit=50)
    return render(request, "branches/organization_tree.html", context)


@open_to_signed_in
def organization_search(request):
    """Where Ctrl-K jumps to: pages of the bar and organisations, as a whole page or as its list alone."""
    text = request.GET.get("q", "").strip()
    context = {
        "q": text,
        "pages": [entry for entry in navigation({"request": request}) if text in entry.label],
        "found": search_organizations(request.actor, text),
    }
    name = (
        "branches/organization_search_results.html" if request.htmx else "branches/organization_search.html"
    )
    return render(request, name, context)


@open_to_signed_in
def organization_options(request):
    """Suggestions for a field that names an organisation: the field asks with its own name."""
    text = request.GET.get(request.htmx.trigger_name or "q", "")
    return render(
        request,
        "branches/organization_options.html",
        {"found": search_organizations(request.actor, text, limit=12)},
    )


@door(Right.MANAGE_ORGANIZATIONS, Organization)
def organization_create(request, parent):
    form = OrganizationCreateForm(request.POST or None, parent=parent)
    if request.method == "POST" and form.is_valid():
        try:
            if "confirmed" in request.POST:
                made = create_organization(
                    actor=request.actor, now=timezone.now(), parent=parent, **_given(form, "level")
                )
                messages.success(request, f"已设立“{made.name}”，编码 {made.code}。")
                return redirect("organization-detail", made.pk)
            facts = [
                f"在“{parent.name}”之下设立“{form.cleaned_data['name']}”。",
                f"自 {form.cleaned_data['founded_on']:%Y年%m月%d日} 起，各项应办事项按频次规则计算。",
            ]
            return _confirm(request, form, parent, "设立党组织", facts, "确认设立")
        except ValidationError as problem:
            form.add_error(None, problem)
    return _form_page(request, form, parent, "设立下级党组织", "下一步：预览")


@door(Right.MANAGE_ORGANIZATIONS, Organization)
def organization_change(request, organization):
    initial = {
        name: getattr(organization, name)
        for name in OrganizationChangeForm.base_fields
        if hasattr(organization, name)
    }
    initial |= {"seen": version_of(organization), "effective_on": request.actor.today}
    form = OrganizationChangeForm(request.POST or None, organization=organization, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            if "confirmed" in request.POST:
                change_organization(
                    actor=request.actor, now=timezone.now(), organization=organization, **form.cleaned_data
                )
                messages.success(request, "变更已保存。")
                return redirect("organization-detail", organization.pk)
            facts = _differences(organization, form)
            if facts:
                facts += affected_by(
                    organization, form.cleaned_data["effective_on"], request.actor.today
                ).lines
                return _confirm(request, form, organization, "变更党组织", facts, "确认变更")
            form.add_error(None, "没有任何改动。")
        except ChangedMeanwhile as problem:
            form = _show_again(form, organization)
            form.add_error(None, problem)
        except ValidationError as problem:
            form.add_error(None, problem)
    return _form_page(request, form, organization, "变更党组织", "下一步：预览")


@door(Right.MANAGE_ORGANIZATIONS, Organization)
def organization_move(request, organization):
    actor = request.actor
    form = OrganizationMoveForm(
        request.POST or None, rows=_manageable(actor), initial={"effective_on": actor.today}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            check_move(organization, given["new_parent"], given["effective_on"], actor.today)
            if "confirmed" in request.POST:
                move_organization(actor=actor, now=timezone.now(), organization=organization, **given)
                messages.success(request, f"“{organization}”已移到“{given['new_parent']}”之下。")
                return redirect("organization-detail", organization.pk)
            facts = [
                f"自 {given['effective_on']:%Y年%m月%d日} 起，由“{organization.parent}”移到“{given['new_parent']}”之下。",
                *affected_by(organization, given["effective_on"], actor.today).lines,
            ]
            return _confirm(request, form, organization, "调整隶属", facts, "确认调整")
        except ValidationError as problem:
            form.add_error(None, problem)
    return _form_page(request, form, organization, "调整隶属", "下一步：预览")


@door(Right.MANAGE_ORGANIZATIONS, Organization)
def organization_merge(request, organization):
    actor = request.actor
    form = OrganizationMergeForm(
        request.POST or None, rows=_manageable(actor), initial={"effective_on": actor.today}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            check_merge([organization], given["into"], given["effective_on"], actor.today)
            if "confirmed" in request.POST:
                merge_organizations(
                    actor=actor,
                    now=timezone.now(),
                    sources=[organization],
                    into=given["into"],
                    effective_on=given["effective_on"],
                    reason=given["reason"],
                )
                messages.success(request, f"“{organization}”已并入“{given['into']}”。")
                return redirect("organization-detail", given["into"].pk)
            facts = [
                f"自 {given['effective_on']:%Y年%m月%d日} 起，“{organization}”并入“{given['into']}”并撤销。",
                "党员和下级组织转到那里；本组织的任职同日终止；以往的记录仍可查阅。",
                *affected_by(organization, given["effective_on"], actor.today).lines,
            ]
            return _confirm(request, form, organization, "合并党组织", facts, "确认合并")
        except ValidationError as problem:
            form.add_error(None, problem)
    return _form_page(request, form, organization, "并入其他党组织", "下一步：预览")


@door(Right.MANAGE_ORGANIZATIONS, Organization)
def organization_dissolve(request, organization):
    actor = request.actor
    form = OrganizationDissolveForm(
        request.POST or None, rows=_manageable(actor), initial={"effective_on": actor.today}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            check_dissolve(organization, given["effective_on"], actor.today, given["members_to"])
            if "confirmed" in request.POST:
                dissolve_organization(actor=actor, now=timezone.now(), organization=organization, **given)
                messages.success(request, f"“{organization}”已撤销。")
                return redirect("organization-detail", organization.parent_id)
            facts = [
                f"自 {given['effective_on']:%Y年%m月%d日} 起撤销“{organization}”，任职和党小组同日终止；以往的记录仍可查阅。",
                *([f"党员转到“{given['members_to']}”。"] if given["members_to"] else []),
                *affected_by(organization, given["effective_on"], actor.today).lines,
            ]
            return _confirm(request, form, organization, "撤销党组织", facts, "确认撤销")
        except ValidationError as problem:
            form.add_error(None, problem)
    return _form_page(request, form, organization, "撤销党组织", "下一步：预览")


def _manageable(actor):
    return Organization.objects.filter(actor.within(Right.MANAGE_ORGANIZATIONS, prefix="")).active_on(
        actor.today
    )


def _given(form, *optional):
    return {
        key: value for key, value in form.cleaned_data.items() if key not in optional or value is not None
    }


def _differences(organization, form) -> list[str]:
    lines = []
    for name in form.changed_data:
        if name in ("effective_on", "reason", "seen"):
            continue
        field = organization._meta.get_field(name)
        old, new = getattr(organization, name), form.cleaned_data[name]
        words = dict(field.flatchoices) or {True: "是", False: "否"}
        lines.append(f"{field.verbose_name}：{_word(old, words)} → {_word(new, words)}")
    return lines


def _word(value, words) -> str:
    return "（空）" if value in (None, "") else str(words.get(value, value))


def _show_again(form, row):
    """The same form with what was typed, now holding the version that is shown."""
    data = form.data.copy()
    data["seen"] = version_of(row)
    data.pop("confirmed", None)
    again = type(form)(data, organization=row, initial=form.initial)
    again.is_valid()
    return again


def _confirm(request, form, organization, title, facts, action):
    hidden = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in ("csrfmiddlewaretoken", "confirmed")
    ]
    return render(
        request,
        "components/confirm.html",
        {
            "title": title,
            "question": f"{organization.name}：请核对以下影响后确认。",
            "facts": facts,
            "hidden": hidden,
            "action": action,
            "cancel_url": request.path,
        },
    )


def _form_page(request, form, organization, title, action):
    return render(
        request,
        "branches/organization_form.html",
        {"form": form, "organization": organization, "title": title, "action": action},
    )
