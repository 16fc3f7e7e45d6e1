from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from ..access import open_to_all, open_to_signed_in
from ..actions.accounts import (
    change_password,
    record_failed_sign_in,
    record_sign_in,
    record_sign_out,
    switch_appointment,
)


class SignIn(LoginView):
    """Django's page, with a line in the log for each attempt."""

    redirect_authenticated_user = True

    def form_valid(self, form):
        response = super().form_valid(form)
        record_sign_in(user=form.get_user(), now=timezone.now())
        return response

    def form_invalid(self, form):
        record_failed_sign_in(username=form.data.get("username", ""), now=timezone.now())
        return super().form_invalid(form)


login = open_to_all(SignIn.as_view())


@require_POST
@open_to_signed_in
def logout(request):
    record_sign_out(actor=request.actor, now=timezone.now())
    return LogoutView.as_view()(request)


@sensitive_post_parameters()
@open_to_signed_in
def password_change(request):
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        change_password(actor=request.actor, form=form, now=timezone.now())
        update_session_auth_hash(request, form.user)
        messages.success(request, "密码已修改。")
        return redirect("home")
    return render(request, "registration/password_change.html", {"form": form})


@require_POST
@open_to_signed_in
def appointment_switch(request, pk):
    appointment = get_object_or_404(request.user.appointments.on(request.actor.today), pk=pk)
    switch_appointment(
        session=request.session, actor=request.actor, appointment=appointment, now=timezone.now()
    )
    return redirect("home")
