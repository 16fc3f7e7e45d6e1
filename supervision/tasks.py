"""What Celery runs; each task calls one function of the engine, which the shell calls as well."""

from celery import shared_task
from django.utils import timezone

from branches.periods import Period

from .attenuation import fanout, refresh
from .attenuation.engine import close_due_periods, take_readings


@shared_task
def refresh_dirty_readings():
    """Bring the numbers of everything marked up to date."""
    done = refresh.refresh_dirty(now=timezone.now(), today=timezone.localdate())
    return {"refreshed": done.refreshed, "corrected": done.corrected, "marks": done.marks}


@shared_task
def take_current_readings():
    """Compute the current month and whatever is still open, from the records alone."""
    month = Period.month_of(timezone.localdate())
    for each in refresh.open_months(month):
        take_readings(each)


@shared_task
def take_part(part):
    """Compute one share of a fanned-out run."""
    fanout.do_part(part)


@shared_task
def resume_runs():
    """Publish again what a dead broker or worker lost of fanned-out runs."""
    for part in fanout.stalled(now=timezone.now()):
        take_part.delay(part)


@shared_task
def close_periods():
    """Close the months whose closing day has come."""
    close_due_periods(today=timezone.localdate(), now=timezone.now())
