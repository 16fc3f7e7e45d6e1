"""负面清单: what happened is written down and answered by people; nothing follows by itself."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.triggers import answer_trigger, register_trigger
from accountability.models import DutyRecord, DutyReview, DutyTrigger
from branches.models import AuditEntry, DirtyMark
from tests.accountability.conftest import NOW
from tests.accountability.owing import owe


@pytest.fixture
def negative(cast):
    """An item of the 负面清单 of 李's branch."""
    record = owe(cast.first, counted_by="", target=None, is_negative=True, heading="违规收费")
    DutyRecord.objects.all().delete()
    return record.duty


def register(actor, duty, **values):
    facts = {"happened_on": date(2026, 11, 2), "note": "向群众收取了工本费。", "now": NOW}
    return register_trigger(actor=actor, duty=duty, **facts | values)


@pytest.mark.parametrize("who", ["li", "zhao", "qian", "sun"])
def test_the_unit_and_whoever_reviews_it_register_and_answer(cast, acting, negative, who):
    trigger = register(acting(who), negative)
    assert (trigger.organization, trigger.reporter) == (cast.first, cast.people[who])
    answered = answer_trigger(actor=acting(who), trigger=trigger, answer="已退还。", now=NOW)
    assert (answered.answered_by, answered.answered_at) == (cast.people[who], NOW)
    assert [each.history_change_reason for each in trigger.history.order_by("history_id")] == ["登记", "处理"]
    assert AuditEntry.objects.filter(object_type="accountability.DutyTrigger").count() == 2


@pytest.mark.parametrize("who", ["wang", "zhou", "wu", "zheng", "nobody"])
def test_nobody_else_does(acting, negative, who):
    with pytest.raises(PermissionDenied):
        register(acting(who), negative)
    trigger = register(acting("li"), negative)
    with pytest.raises(PermissionDenied):
        answer_trigger(actor=acting(who), trigger=trigger, answer="已退还。", now=NOW)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"happened_on": date(2026, 11, 21)}, "不能晚于今天"),
        ({"happened_on": date(2025, 12, 31)}, "2026年度"),
        ({"note": " "}, "发生了什么"),
    ],
)
def test_what_makes_no_sense_is_refused(acting, negative, values, words):
    with pytest.raises(ValidationError, match=words):
        register(acting("li"), negative, **values)


def test_only_items_of_the_negative_list_in_force(cast, acting, negative):
    with pytest.raises(ValidationError, match="不是负面清单"):
        register(acting("li"), owe(cast.first, year=2027).duty)
    negative.is_withdrawn = True
    negative.save()
    with pytest.raises(ValidationError, match="撤回"):
        register(acting("li"), negative)


def test_it_is_answered_once_and_in_words(acting, negative):
    trigger = register(acting("li"), negative)
    with pytest.raises(ValidationError, match="怎么处理"):
        answer_trigger(actor=acting("li"), trigger=trigger, answer="  ", now=NOW)
    answer_trigger(actor=acting("li"), trigger=trigger, answer="已退还。", now=NOW)
    with pytest.raises(ValidationError, match="已经写过"):
        answer_trigger(actor=acting("zhao"), trigger=trigger, answer="再查。", now=NOW)


def test_nothing_follows_by_itself(cast, acting, negative):
    done = owe(cast.first, counted_by="", target=None, year=2027)
    before = DutyRecord.objects.filter(pk=done.pk).values().get()
    for day in range(1, 6):
        register(acting("zhao"), negative, happened_on=date(2026, 11, day))
    assert DutyTrigger.objects.count() == 5
    assert DutyRecord.objects.filter(pk=done.pk).values().get() == before
    assert not DutyReview.objects.exists()
    assert not DirtyMark.objects.exists()
