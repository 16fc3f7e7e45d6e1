"""Redis is gone while people save: saving works and is quick, and the numbers follow when it is back."""

import os
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accountability.models import Reading, RollUp
from benchmarks.servers import gunicorn
from branches.actions.cadence import load_cadence_starters
from branches.choices import MeetingKind, MeetingStatus
from branches.models import AuditEntry, DirtyMark, Meeting
from branches.periods import Period
from supervision.attenuation.engine import take_readings
from tests.faults.conftest import Browser
from tests.meetings import page as typed_page

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def database_url() -> str:
    facts = connection.settings_dict
    account = facts["USER"] + (f":{facts['PASSWORD']}" if facts["PASSWORD"] else "")
    return f"postgres://{account}@{facts['HOST'] or '127.0.0.1'}:{facts['PORT'] or 5432}/{facts['NAME']}"


def quickly(send, *arguments):
    """Send and insist that the answer is a redirect within three seconds."""
    began = time.monotonic()
    status, location, page = send(*arguments)
    took = time.monotonic() - began
    assert status == 302, page[:2000]
    assert took < 3, f"{took:.1f} s"
    return location


def test_saving_goes_on_without_a_broker_and_the_numbers_follow(
    transactional_db, cast, dead_broker, start_process
):
    held_on = timezone.localdate() - timedelta(days=1)
    month = Period.month_of(held_on)
    load_cadence_starters()
    run = take_readings(month)
    sums = RollUp.objects.filter(run=run, scope=cast.town)
    held_before = sum(sums.values_list("core_meetings_done", flat=True))
    with gunicorn(database_url(), REDIS_URL=dead_broker.url) as port:
        li, zhao = (Browser(port, cast.client(who)) for who in ("li", "zhao"))
        address = reverse("meeting-create", args=[cast.first.pk])
        cockpit = f"{reverse('cockpit', args=[cast.town.pk])}?period={month.code}"
        numbers_before = shown(zhao.read(cockpit))

        li.read(address)
        fields = typed_page(cast, kinds=[str(int(MeetingKind.PARTY_DAY))], held_on=held_on.isoformat())
        quickly(li.send, address, fields | {"seen": "month-closed"})
        meeting = Meeting.objects.get()
        assert meeting.status == MeetingStatus.SUBMITTED

        zhao.read(reverse("meeting-detail", args=[meeting.pk]))
        quickly(zhao.send, reverse("meeting-confirm", args=[meeting.pk]), {})
        meeting.refresh_from_db()
        assert meeting.status == MeetingStatus.CONFIRMED
        assert AuditEntry.objects.filter(event="确认会议", object_id=str(meeting.pk)).exists()
        assert DirtyMark.objects.filter(organization=cast.first, period=month.key).exists()
        zhao.read(reverse("meeting-detail", args=[meeting.pk]))  # takes the note about the confirmation off
        assert shown(zhao.read(cockpit)) == numbers_before

        dead_broker.start()
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "REDIS_URL": dead_broker.url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        beat = [
            "--beat",
            "--schedule",
            str(dead_broker.folder / "beat"),
            "--without-gossip",
            "--without-mingle",
        ]
        start_process("celery", "-A", "config", "worker", "--concurrency", "1", *beat, env=environment)
        deadline = time.monotonic() + 60  # a confirmation is visible at the top within a minute
        while DirtyMark.objects.filter(period=month.key).exists():
            assert time.monotonic() < deadline, "the refresh did not follow"
            time.sleep(0.3)

        assert Reading.objects.get(run=run, organization=cast.first).core_meetings_done == 1
        assert sum(sums.values_list("core_meetings_done", flat=True)) == held_before + 1
        assert shown(zhao.read(cockpit)) != numbers_before


def shown(page: str) -> str:
    """What the main part of a page says, without tokens."""
    return page.partition("<main")[2].partition("</main>")[0]
