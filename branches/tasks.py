"""What runs by the clock or in the background on this floor; each task is one call of an action."""

from celery import shared_task

from branches.actions import audit


@shared_task
def seal_audit():
    """Link new audit entries into the chain."""
    return audit.seal_audit()
