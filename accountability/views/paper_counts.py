from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accountability.actions.paper_counts import (
    discard_counts,
    enter_count,
    is_countable,
    may_count,
    may_discard,
)
from accountability.forms.paper_counts import CountForm, DiscardForm
from accountability.models import Poll
from accountability.queries.paper_counts import count_page
from branches.access import Right, door


@door(Right.VIEW, Poll)
def paper_count(request, poll):
    """One person's count of the papers of one category; the other's figures only show where both differ."""
    actor = request.actor
    poll = Poll.objects.select_related("organization", "programme", "session", "assessment").get(pk=poll.pk)
    if not may_count(actor, poll):
        raise PermissionDenied("纸质票由组织测评的同志和参评人中的计票人录入。")
    category = request.GET.get("category", "")
    if category not in poll.categories:
        category = next(iter(poll.categories), "")
    discard_form = DiscardForm(request.POST if "discard" in request.POST else None)
    typed = errors = None
    if request.method == "POST" and "discard" in request.POST:
        if discard_form.is_valid():
            try:
                discard_counts(
                    actor=actor, poll=poll, category=category, now=timezone.now(), **discard_form.cleaned_data
                )
            except ValidationError as error:
                discard_form.add_error(None, error)
            else:
                messages.success(request, "原来的录入已作废，请重新计票。")
                return redirect(_url(poll, category))
    elif request.method == "POST":
        form = CountForm(
            request.POST, numbers=list(poll.subjects.values_list("number", flat=True)), choices=poll.choices
        )
        if form.is_valid():
            try:
                enter_count(actor=actor, poll=poll, category=category, now=timezone.now(), **form.said())
            except ValidationError as error:
                typed = request.POST
                errors = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
            else:
                return redirect(_url(poll, category))
        else:
            typed, errors = request.POST, form.faults()
    page = count_page(poll, actor, category, typed, errors)
    context = {
        "organization": poll.organization,
        "poll": poll,
        "page": page,
        "categories": list(poll.categories),
        "may_discard": page.counts and is_countable(poll) and may_discard(actor, poll),
        "may_run": may_discard(actor, poll),
        "discard_form": discard_form,
    }
    return render(request, "accountability/paper_count.html", context)


def _url(poll, category) -> str:
    query = f"?{urlencode({'category': category})}" if category else ""
    return reverse("paper-count", args=[poll.pk]) + query
