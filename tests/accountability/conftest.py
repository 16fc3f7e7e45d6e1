from datetime import UTC, date, datetime

import pytest

from accountability.actions.lists import issue_lists
from accountability.actions.starters import load_duty_starters
from accountability.models import DutyTemplate, DutyTemplateItem, DutyTemplateVersion
from branches.access import Actor
from tests.snapshots import once

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def templates(db):
    """The starter templates of 2026 by code."""
    made = once(
        "templates 2026",
        [DutyTemplate, DutyTemplateItem, DutyTemplateVersion],
        lambda: load_duty_starters(year=2026) and list(DutyTemplate.objects.all()),
    )
    return {each.code: each for each in made}


@pytest.fixture
def acting(cast):
    """Somebody of the cast in their first post, on a day."""

    def act(who, today=TODAY):
        return Actor(cast.people[who], cast.people[who].appointments.first(), today)

    return act


@pytest.fixture
def issued(cast, templates, acting):
    """主体责任 at every committee and 基本任务 at every branch since January."""
    january = acting("wu", date(2026, 1, 5))
    for code in ("PRINCIPAL", "BRANCH"):
        issue_lists(
            actor=january,
            template=templates[code],
            scope=cast.city,
            now=datetime(2026, 1, 5, 1, 0, tzinfo=UTC),
        )
    return templates
