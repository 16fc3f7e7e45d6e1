from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.actions.polls import cancel_poll, cast_ballot, close_poll, extend_poll
from accountability.choices import PollState
from accountability.forms.polls import BallotForm, CancelForm, MoreTimeForm
from accountability.models import Poll, PollVoter
from accountability.queries.polls import RIGHT_OF, is_settled, my_polls, poll_results, read_before, state_for
from accountability.tallies import LEAST
from branches.access import Right, door, open_to_signed_in


@open_to_signed_in
@require_safe
def my_poll_list(request):
    return render(request, "accountability/my_polls.html", {"polls": my_polls(request.user, timezone.now())})


@open_to_signed_in
def poll_vote(request, pk):
    """The voter's own ballot; sending it twice leaves one, and the second time shows the receipt again."""
    voters = PollVoter.objects.select_related("poll__organization")
    voter = get_object_or_404(voters.exclude(poll__state=PollState.CANCELLED), poll=pk, user=request.user)
    poll, now = voter.poll, timezone.now()
    state = state_for(voter, now)
    form = None
    if state == "open":
        subjects = list(poll.subjects.order_by("number"))
        form = BallotForm(request.POST or None, poll=poll, subjects=subjects)
        if request.method == "POST" and form.is_valid():
            try:
                cast_ballot(poll=poll, user=request.user, answers=form.answers, now=now)
            except ValidationError as error:
                voter.refresh_from_db(fields=["has_voted"])
                if voter.has_voted:
                    return redirect("poll-vote", poll.pk)
                form.add_error(None, error)
            else:
                return redirect("poll-vote", poll.pk)
    elif request.method == "POST" and state != "done":
        messages.error(request, "这次测评现在不能投票。")
    context = {
        "poll": poll,
        "voter": voter,
        "state": state,
        "form": form,
        "reports": read_before(poll) if form else {},
        "least": LEAST,
    }
    return render(request, "accountability/poll_vote.html", context)


@door(Right.VIEW_EVALUATIONS, Poll)
@require_safe
def poll_detail(request, poll):
    _require(request.actor, poll)
    return _detail(request, poll)


@require_POST
@door(Right.VIEW_EVALUATIONS, Poll)
def poll_close(request, poll):
    _require(request.actor, poll)
    try:
        close_poll(actor=request.actor, poll=poll, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "投票已结束。")
    return redirect("poll-detail", poll.pk)


@require_POST
@door(Right.VIEW_EVALUATIONS, Poll)
def poll_extend(request, poll):
    _require(request.actor, poll)
    form = MoreTimeForm(request.POST, poll=poll)
    if form.is_valid():
        try:
            extend_poll(actor=request.actor, poll=poll, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "截止时间已延后。")
            return redirect("poll-detail", poll.pk)
    return _detail(request, poll, extend_form=form)


@require_POST
@door(Right.VIEW_EVALUATIONS, Poll)
def poll_cancel(request, poll):
    _require(request.actor, poll)
    form = CancelForm(request.POST)
    if form.is_valid():
        try:
            cancel_poll(actor=request.actor, poll=poll, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "测评已取消，选票已销毁。")
            return redirect("poll-detail", poll.pk)
    return _detail(request, poll, cancel_form=form)


def _require(actor, poll) -> None:
    """Only whose post runs such polls at the unit; for others there is none, so that nobody learns who is rated."""
    if not actor.may(RIGHT_OF[poll.purpose], poll.organization):
        raise Http404


def _detail(request, poll, extend_form=None, cancel_form=None):
    poll = Poll.objects.select_related("organization", "author", "session", "programme", "assessment").get(
        pk=poll.pk
    )
    settled = is_settled(poll)
    context = {
        "organization": poll.organization,
        "poll": poll,
        "results": poll_results(poll),
        "is_settled": settled,
        "is_over": poll.closes_at <= timezone.now(),
        "extend_form": extend_form or MoreTimeForm(poll=poll),
        "cancel_form": cancel_form or CancelForm(),
        "least": LEAST,
    }
    return render(request, "accountability/poll_detail.html", context)
