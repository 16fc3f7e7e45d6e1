from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_tables2 import RequestConfig

from branches.access import Right, door
from branches.actions.history import ChangedMeanwhile, version_of
from branches.actions.organizations import create_organization, next_code
from branches.actions.people import (
    assign_group,
    change_member,
    enrol_member,
    reveal_id_number,
    transfer_member,
)
from branches.choices import OrganizationKind
from branches.filters import MemberFilter
from branches.forms.organizations import compact
from branches.forms.people import (
    GroupAssignForm,
    GroupCreateForm,
    MemberChangeForm,
    MemberCreateForm,
    MemberTransferForm,
    RevealForm,
)
from branches.models import Member, Organization
from branches.paging import CappedPaginator
from branches.queries.people import group_page, member_page, member_rows
from branches.tables import MemberTable


@door(Right.VIEW_MEMBERS, Organization)
def member_list(request, organization):
    chosen = MemberFilter(request.GET, queryset=member_rows(organization, request.actor))
    compact(chosen.form)
    table = MemberTable(chosen.qs, exclude=() if not organization.is_branch else ("organization",))
    RequestConfig(request, paginate={"per_page": 50, "paginator_class": CappedPaginator}).configure(table)
    return render(
        request,
        "branches/member_list.html",
        {
            "organization": organization,
            "filter": chosen,
            "filters": chosen.in_words,
            "table": table,
            "total": table.paginator.total,
            "may_add": organization.is_branch and request.actor.may(Right.MANAGE_MEMBERS, organization),
        },
    )


@door(Right.VIEW_MEMBERS, Member)
def member_detail(request, member):
    return _detail(request, member)


@require_POST
@never_cache
@door(Right.REVEAL_ID, Member)
def member_reveal(request, member):
    form = RevealForm(request.POST)
    if not form.is_valid():
        return _detail(request, member, reveal=form)
    number = reveal_id_number(
        actor=request.actor, now=timezone.now(), member=member, reason=form.cleaned_data["reason"]
    )
    return _detail(request, member, number=number or "未登记")


@door(Right.MANAGE_MEMBERS, Organization)
def member_create(request, organization):
    form = MemberCreateForm(
        request.POST or None, initial={"starts_on": request.actor.today, "reason": "登记"}
    )
    if request.method == "POST" and form.is_valid():
        given = {key: value for key, value in form.cleaned_data.items() if key != "seen"}
        try:
            member = enrol_member(actor=request.actor, now=timezone.now(), organization=organization, **given)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, f"已登记{member.name}。")
            return redirect("member-detail", member.pk)
    return _form_page(request, form, organization, "登记党员", "保存")


@door(Right.MANAGE_MEMBERS, Member)
def member_change(request, member):
    initial = {name: getattr(member, name) for name in MemberChangeForm.base_fields if hasattr(member, name)}
    initial |= {"seen": version_of(member), "id_number": ""}
    form = MemberChangeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data | {"id_number": form.cleaned_data["id_number"] or None}
        try:
            change_member(actor=request.actor, now=timezone.now(), member=member, **given)
        except ChangedMeanwhile as problem:
            data = form.data.copy()
            data["seen"] = version_of(member)
            form = MemberChangeForm(data, initial=initial)
            form.add_error(None, problem)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, "已保存。")
            return redirect("member-detail", member.pk)
    return _form_page(request, form, member.organization, f"修改党员信息：{member.name}", "保存", member)


@door(Right.MANAGE_MEMBERS, Member)
def member_transfer(request, member):
    actor = request.actor
    rows = Organization.objects.filter(actor.within(Right.MANAGE_MEMBERS, prefix="")).active_on(actor.today)
    form = MemberTransferForm(request.POST or None, rows=rows, initial={"effective_on": actor.today})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            transfer_member(actor=actor, now=timezone.now(), member=member, **given)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, f"{member.name}的组织关系已转到“{given['to']}”。")
            if actor.may(Right.VIEW_MEMBERS, given["to"]):
                return redirect("member-detail", member.pk)
            return redirect("member-list", member.organization_id)
    return _form_page(request, form, member.organization, f"转接组织关系：{member.name}", "确认转接", member)


@door(Right.VIEW_MEMBERS, Organization)
def group_list(request, branch):
    page = group_page(branch, request.actor.today)
    return render(
        request,
        "branches/group_list.html",
        {
            "organization": branch,
            "page": page,
            "form": GroupCreateForm(
                initial={"founded_on": request.actor.today, "name": _next_group(page.groups)}
            ),
            "today": request.actor.today,
            "may_change": branch.is_branch and request.actor.may(Right.MANAGE_MEMBERS, branch),
        },
    )


@require_POST
@door(Right.MANAGE_MEMBERS, Organization)
def group_create(request, branch):
    form = GroupCreateForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError([error for errors in form.errors.values() for error in errors])
        made = create_organization(
            actor=request.actor,
            now=timezone.now(),
            parent=branch,
            kind=OrganizationKind.GROUP,
            code=next_code(branch),
            reason="划分党小组",
            **form.cleaned_data,
        )
        messages.success(request, f"已成立“{made.name}”。")
    except ValidationError as problem:
        messages.error(request, "；".join(problem.messages))
    return redirect("group-list", branch.pk)


@require_POST
@door(Right.MANAGE_MEMBERS, Organization)
def group_assign(request, branch):
    groups = branch.children.groups().active_on(request.actor.today)
    form = GroupAssignForm(request.POST, branch=branch, groups=groups)
    try:
        if not form.is_valid():
            raise ValidationError([error for errors in form.errors.values() for error in errors])
        given = form.cleaned_data | {"members": list(form.cleaned_data["members"])}
        moved = assign_group(actor=request.actor, now=timezone.now(), **given)
        messages.success(request, f"已调整 {moved} 人。")
    except ValidationError as problem:
        messages.error(request, "；".join(problem.messages))
    return redirect("group-list", branch.pk)


def _detail(request, member, *, number="", reveal=None):
    rights = {right.name.lower(): request.actor.may(right, member.organization) for right in Right}
    return render(
        request,
        "branches/member_detail.html",
        {
            "member": member,
            "page": member_page(member, request.actor),
            "organization": member.organization,
            "may": rights,
            "number": number,
            "reveal": reveal or RevealForm(),
        },
        status=422 if reveal else 200,
    )


def _next_group(groups) -> str:
    words = "一二三四五六七八九十"
    return f"第{words[len(groups)]}党小组" if len(groups) < len(words) else ""


def _form_page(request, form, organization, title, action, member=None):
    return render(
        request,
        "branches/member_form.html",
        {"form": form, "organization": organization, "title": title, "action": action, "member": member},
    )
