from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from ..access import open_to_all, open_to_signed_in
from ..actions.accounts import change_password, switch_appointment

login = open_to_all(LoginView.as_view(redirect_authenticated_user=True))
logout = open_to_signed_in(LogoutView.as_view())


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
    switch_appointment(session=request.session, actor=request.actor, appointment=appointment, now=timezone.now())
    return redirect("home")
