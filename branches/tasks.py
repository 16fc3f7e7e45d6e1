"""What runs by the clock or in the background on this floor; each task is one call of an action."""

from celery import shared_task
from django.utils import timezone

from branches.actions import audit, imports
from branches.models import ImportJob


@shared_task
def seal_audit():
    """Link new audit entries into the chain."""
    return audit.seal_audit()


@shared_task
def check_import(pk):
    """Judge the rows of an upload."""
    imports.check_import(job=ImportJob.objects.select_related("organization").get(pk=pk), now=timezone.now())


@shared_task
def apply_import(pk):
    """Write what an upload says."""
    imports.apply_import(job=ImportJob.objects.get(pk=pk), now=timezone.now())


@shared_task
def erase_stale_imports():
    """Erase uploads that are older than a month."""
    imports.erase_stale_imports(now=timezone.now())
