"""Several people and workers at the same duty or batch in the same moment, with real threads on PostgreSQL."""

import pytest
from django.core.exceptions import ValidationError

from accountability.actions import lists
from accountability.actions.batches import start_batch, take_step, withdraw_batch
from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_lists
from accountability.actions.owners import claim_duty
from accountability.models import Duty, DutyList, IssueBatch
from branches.choices import Post, TaskState
from branches.models import AuditEntry
from tests.accountability.conftest import NOW
from tests.branches.test_meetings_at_once import at_once
from tests.conftest import employ

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_of_two_who_claim_at_once_one_has_it(cast, acting, issued):
    cast.people["fang"] = employ("fang", "施芳", (cast.first, Post.ORGANIZATION_MEMBER))
    duty = Duty.objects.filter(organization=cast.first).first()
    actors = [acting("li"), acting("fang")]
    answers = at_once(*[lambda who=who: claim_duty(actor=who, duty=duty, now=NOW) for who in actors])
    (refusal,) = [each for each in answers if isinstance(each, ValidationError)]
    duty.refresh_from_db()
    assert f"{duty.owner.user}刚刚认领了" in refusal.messages[0]
    assert AuditEntry.objects.filter(event="认领").count() == 1


def test_two_duties_of_one_unit_decomposed_at_once_come_into_one_list(cast, acting, issued):
    duties = Duty.objects.filter(organization=cast.town, interval="quarter")[:3]
    actor = acting("zhao")
    answers = at_once(
        *[
            lambda duty=duty: decompose_duty(
                actor=actor, duty=duty, shares=[Share(cast.first), Share(cast.second)], now=NOW
            )
            for duty in duties
        ]
    )
    assert answers == [2, 2, 2]
    decomposed = DutyList.objects.get(organization=cast.first, template=None)
    assert sorted(decomposed.duties.values_list("number", flat=True)) == [1, 2, 3]


def test_pressing_at_once_and_working_at_once_issues_once(cast, acting, templates, monkeypatch):
    monkeypatch.setattr(lists, "BATCH", 2)
    actor, template = acting("wu"), templates["PRINCIPAL"]

    def press():
        return start_batch(actor=actor, template=template, scope=cast.city, reach="subtree", now=NOW).pk

    (key,) = set(at_once(*[press] * 4))

    def work():
        after = ""
        while after is not None:
            after = take_step(pk=key, after=after, now=NOW)

    at_once(*[work] * 3, lambda: issue_lists(actor=actor, template=template, scope=cast.county, now=NOW))
    work()  # the clock takes up what the others left to each other
    batch = IssueBatch.objects.get()
    assert batch.state == TaskState.DONE
    assert DutyList.objects.filter(template=template).count() == 6
    assert batch.lists.count() == batch.done


def test_withdrawing_while_it_runs_leaves_nothing(cast, acting, templates, monkeypatch):
    monkeypatch.setattr(lists, "BATCH", 1)
    actor = acting("wu")
    batch = start_batch(
        actor=actor, template=templates["PRINCIPAL"], scope=cast.city, reach="subtree", now=NOW
    )

    def work():
        after = ""
        while after is not None:
            after = take_step(pk=batch.pk, after=after, now=NOW)

    at_once(work, lambda: withdraw_batch(actor=actor, batch=batch, reason="发错了", now=NOW))
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.done) == (TaskState.DONE, batch.total)
    assert not DutyList.objects.in_force().exists()
