"""What runs by the clock or in the background on this floor; each task is a few calls of actions."""

from celery import shared_task
from django.utils import timezone

from accountability.actions import batches

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
