"""Accounts as system administrators keep them: who may sign in, never what they have recorded."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from branches.access import Right, door
from branches.actions.accounts import create_account, require_account, reset_password, set_account_active
from branches.actions.appointments import SECURITY_POSTS, appoint, relieve
from branches.forms.people import AccountForm, SecurityPostForm
from branches.models import Appointment
from branches.paging import slice_after
from branches.queries.people import account_rows


@door(Right.MANAGE_ACCOUNTS)
def account_list(request):
    text = request.GET.get("q", "")
    held = Appointment.objects.on(request.actor.today).select_related("organization")
    rows = account_rows(request.actor, text).prefetch_related(Prefetch("appointments", held, to_attr="held"))
    page = slice_after(rows, "username", request.GET.get("after", ""))
    return render(request, "branches/account_list.html", {"q": text, "page": page})


@never_cache
@sensitive_variables("password")
@door(Right.MANAGE_ACCOUNTS)
def account_create(request):
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account, password = create_account(actor=request.actor, now=timezone.now(), **form.cleaned_data)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            return render(
                request, "branches/account_password.html", {"account": account, "password": password}
            )
    return render(
        request, "branches/account_form.html", {"form": form, "title": "新建账号", "action": "新建"}
    )


@door(Right.MANAGE_ACCOUNTS)
def account_detail(request, pk):
    return _detail(request, _account(request, pk))


@never_cache
@require_POST
@sensitive_variables("password")
@door(Right.MANAGE_ACCOUNTS)
def account_reset(request, pk):
    account = _account(request, pk)
    password = reset_password(actor=request.actor, now=timezone.now(), user=account)
    return render(request, "branches/account_password.html", {"account": account, "password": password})


@require_POST
@door(Right.MANAGE_ACCOUNTS)
def account_active(request, pk):
    account = _account(request, pk)
    is_active = request.POST.get("active") == "1"
    set_account_active(actor=request.actor, now=timezone.now(), user=account, is_active=is_active)
    messages.success(request, f"账号“{account.username}”已{'启用' if is_active else '停用'}。")
    return redirect("account-detail", account.pk)


@require_POST
@door(Right.MANAGE_ACCOUNTS)
def account_appoint(request, pk):
    """Make somebody one of the 三员 where the administrator serves."""
    account = _account(request, pk)
    form = SecurityPostForm(request.POST)
    if form.is_valid():
        try:
            made = appoint(
                actor=request.actor,
                now=timezone.now(),
                user=account,
                organization=request.actor.organization,
                **form.cleaned_data,
            )
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, f"已任命：{made}。")
            return redirect("account-detail", account.pk)
    return _detail(request, account, form)


@require_POST
@door(Right.MANAGE_ACCOUNTS)
def account_relieve(request, pk):
    account = _account(request, pk)
    rows = account.appointments.filter(post__in=SECURITY_POSTS, ends_on__isnull=True)
    chosen = request.POST.get("appointment", "")
    appointment = get_object_or_404(rows, pk=chosen if chosen.isdecimal() else 0)
    require_account(request.actor, account)
    try:
        relieve(
            actor=request.actor,
            now=timezone.now(),
            appointment=appointment,
            ends_on=request.actor.today,
            reason=request.POST.get("reason", "")[:100],
        )
        messages.success(request, f"已免去{appointment}。")
    except ValidationError as problem:
        messages.error(request, "；".join(problem.messages))
    return redirect("account-detail", account.pk)


def _account(request, pk):
    return get_object_or_404(account_rows(request.actor), pk=pk)


def _detail(request, account, form=None):
    try:
        require_account(request.actor, account)
        refusal = ""
    except PermissionDenied as problem:
        refusal = str(problem)
    return render(
        request,
        "branches/account_detail.html",
        {
            "account": account,
            "appointments": list(account.appointments.on(request.actor.today).select_related("organization")),
            "security_posts": SECURITY_POSTS,
            "refusal": refusal,
            "form": form or SecurityPostForm(initial={"starts_on": request.actor.today}),
        },
        status=422 if form and form.errors else 200,
    )
