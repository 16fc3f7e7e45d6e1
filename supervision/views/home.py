from django.shortcuts import redirect, render

from branches.access import Right, open_to_signed_in
from branches.choices import Post


@open_to_signed_in
def home(request):
    """Send each appointment to the screen its work starts from; without one, say whom to ask."""
    actor = request.actor
    if actor.appointment is None:
        return render(request, "supervision/home.html")
    organization = actor.organization
    match actor.appointment.post:
        case Post.SYSTEM_ADMINISTRATOR | Post.SECURITY_ADMINISTRATOR:
            return redirect("account-list")
        case Post.SECURITY_AUDITOR:
            return redirect("audit-list")
        case Post.ADMINISTRATOR:
            return redirect("configuration")
    if actor.has(Right.VIEW_COCKPIT) and not organization.is_branch:
        return redirect("cockpit", organization.pk)
    if actor.has(Right.LOG_MEETINGS):
        return redirect("todo")
    return redirect("meeting-list", organization.pk)
