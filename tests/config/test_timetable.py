from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from config.celery import app
from config.tasks import clear_sessions


def test_every_entry_of_the_timetable_names_a_task_that_exists():
    app.loader.import_default_modules()
    planned = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert planned <= set(app.tasks)


def test_sessions_that_have_ended_are_removed(db):
    now = timezone.now()
    Session.objects.create(session_key="over", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="open", session_data="", expire_date=now + timedelta(minutes=9))
    clear_sessions()
    assert [session.session_key for session in Session.objects.all()] == ["open"]
