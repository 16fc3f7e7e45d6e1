"""The Celery application and its timetable: what runs by the clock, and when."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("pressure_gauge")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["config"])
# A task's log lines carry the id of the request that asked for it.
app.steps["worker"].add(DjangoStructLogInitStep)

app.conf.beat_schedule = {
    "refresh dirty readings": {
        "task": "supervision.tasks.refresh_dirty_readings",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "seal audit": {
        "task": "branches.tasks.seal_audit",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "follow changes": {
        "task": "accountability.tasks.follow_changes",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 300},
    },
    "write notices": {
        "task": "accountability.tasks.write_notices",
        "schedule": crontab(minute=20),
        "options": {"expires": 3000},
    },
    # On working days; after the first hour only for whom the mail server was not there.
    "send digests": {
        "task": "accountability.tasks.send_digests",
        "schedule": crontab(hour="8-11", minute=10),
        "options": {"expires": 3000},
    },
    "close periods": {
        "task": "supervision.tasks.close_periods",
        "schedule": crontab(hour=1, minute=40),
    },
    "resume runs": {
        "task": "supervision.tasks.resume_runs",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 300},
    },
    "resume issues": {
        "task": "accountability.tasks.resume_issues",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "resume evaluations": {
        "task": "accountability.tasks.resume_evaluations",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "settle counted duties": {
        "task": "accountability.tasks.settle_counted",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "settle all counted duties": {
        "task": "accountability.tasks.settle_all_counted",
        "schedule": crontab(hour=1, minute=10),
    },
    "close polls": {
        "task": "accountability.tasks.close_polls",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "erase stale imports": {
        "task": "branches.tasks.erase_stale_imports",
        "schedule": crontab(hour=3, minute=20),
    },
    "clear sessions": {
        "task": "config.tasks.clear_sessions",
        "schedule": crontab(hour=3, minute=40),
    },
    "take current readings": {
        "task": "supervision.tasks.take_current_readings",
        "schedule": crontab(hour=2, minute=10),
    },
}


@setup_logging.connect
def keep_django_logging(**kwargs):
    """Celery leaves the logging that Django's settings describe alone."""
