"""What runs by the clock or in the background on this floor; each task is a few calls of actions."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accountability.actions import (
    assessing,
    batches,
    counted,
    digests,
    evaluating,
    notices,
    polls,
    succession,
)

#: Steps of a batch in one task, so that no task runs for long.
STEPS = 25


@shared_task
def issue_batch(pk, after=""):
    """Work off a batch, a few steps at a time."""
    for _step in range(STEPS):
        after = batches.take_step(pk=pk, after=after, now=timezone.now())
        if after is None:
            return
    issue_batch.delay(pk, after)


@shared_task
def resume_issues():
    """Publish again what a dead broker or worker lost of batches."""
    for pk in batches.unfinished_batches():
        issue_batch.delay(pk)


@shared_task
def settle_counted():
    """Accept the terms that what was confirmed within the last hour has brought to their target."""
    now = timezone.now()
    return counted.settle_counted(now=now, today=timezone.localdate(now), since=now - timedelta(hours=1))


@shared_task
def settle_all_counted():
    """The same for every unit, for what an idle night or a stopped worker left out."""
    now = timezone.now()
    return counted.settle_counted(now=now, today=timezone.localdate(now))


@shared_task
def follow_changes():
    """Let duties follow the units that were merged and the posts that were handed over."""
    now = timezone.now()
    succession.follow_reorganisation(today=timezone.localdate(now), now=now)
    succession.hand_over_posts(today=timezone.localdate(now), now=now)


@shared_task
def write_notices():
    """Write the reminders of today, and end those of what is done."""
    now = timezone.now()
    return notices.write_notices(today=timezone.localdate(now), now=now)


@shared_task
def send_digests():
    """Send everybody their letter of the day."""
    now = timezone.now()
    return digests.send_digests(today=timezone.localdate(now), now=now)


@shared_task
def close_polls():
    """Close the secret ballots whose end has passed, and count what they say of units."""
    now = timezone.now()
    closed = polls.close_due(now=now)
    assessing.take_up_due(now=now)
    return closed


@shared_task
def evaluate_round(pk):
    """Compute a round that was asked for."""
    evaluating.run_evaluation(pk=pk, now=timezone.now())


@shared_task
def resume_evaluations():
    """Take up again what a dead broker or worker lost of evaluations."""
    for pk in evaluating.unfinished_rounds(now=timezone.now()):
        evaluate_round.delay(pk)
