"""1+X: items of its own on a unit's list, and who adds and takes them back."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.lists import issue_lists, withdraw_list
from accountability.actions.personal_items import (
    add_personal_item,
    may_withdraw_item,
    withdraw_personal_item,
)
from accountability.choices import RecordStatus
from accountability.models import Duty, DutyList, DutyRecord
from branches.models import AuditEntry, DirtyMark
from tests.accountability.conftest import NOW


@pytest.fixture
def branch_list(cast, issued):
    return DutyList.objects.get(organization=cast.first)


def item(**values):
    return Duty(**{"heading": "本支部的事", "content": "把村口的路灯修好", "interval": "quarter"} | values)


def add(actor, duty_list, **values):
    return add_personal_item(actor=actor, duty_list=duty_list, item=item(**values), now=NOW)


def test_a_unit_adds_to_its_own_list(cast, acting, branch_list):
    made = add(acting("li"), branch_list, owner=cast.people["li"].appointments.get())
    assert (made.is_common, made.added_by, made.number, made.arranged_at) == (False, cast.first, 9, NOW)
    assert [each.period for each in made.records.all()] == [202612]
    assert made.history.get().history_user == cast.people["li"]
    assert AuditEntry.objects.filter(event="增列个性条目").exists()


def test_what_is_due_this_month_is_marked(cast, acting, branch_list):
    DirtyMark.objects.all().delete()
    add(acting("li"), branch_list, interval="month")
    assert DirtyMark.objects.filter(organization=cast.first, period=202611).exists()


def test_whoever_issued_it_adds_on_an_article(cast, acting, branch_list):
    with pytest.raises(ValidationError, match="依据条款"):
        add(acting("wu"), branch_list)
    made = add(acting("wu"), branch_list, legal_basis="市委通知")
    assert made.added_by == cast.city


def test_who_may_not_add(cast, acting, branch_list):
    for who in ("wang", "zhao", "qian", "sun", "zhou", "zheng"):
        with pytest.raises(PermissionDenied):
            add(acting(who), branch_list, legal_basis="通知")
    assert not Duty.objects.filter(is_common=False).exists()


def test_what_may_not_be_asked(acting, branch_list):
    with pytest.raises(ValidationError, match="打卡"):
        add(acting("li"), branch_list, measure="每天打卡")
    with pytest.raises(ValidationError, match="已经过去"):
        add(acting("li"), branch_list, interval="year", deadline=date(2026, 3, 1))
    with pytest.raises(ValidationError, match="每期至少多少"):
        add(acting("li"), branch_list, counted_by="HAND")


def test_an_owner_serves_in_the_unit(cast, acting, branch_list):
    with pytest.raises(ValidationError, match="任职"):
        add(acting("li"), branch_list, owner=cast.people["wang"].appointments.get())


def test_an_officers_list_stays_the_officers(cast, acting, templates):
    issue_lists(actor=acting("wu"), template=templates["FIRST"], scope=cast.city, now=NOW)
    duty_list = DutyList.objects.get(appointment__user=cast.people["qian"])
    made = add(acting("qian"), duty_list)
    assert made.owner == duty_list.appointment


def test_a_trigger_opens_nothing(acting, branch_list):
    assert add(acting("li"), branch_list, is_negative=True).records.count() == 0


def test_a_withdrawn_or_former_list_takes_nothing(acting, branch_list):
    with pytest.raises(PermissionDenied):
        add(acting("li", date(2027, 1, 4)), branch_list)
    withdraw_list(actor=acting("wu"), duty_list=branch_list, reason="重排", now=NOW)
    with pytest.raises(PermissionDenied):
        add(acting("li"), branch_list)


def test_taking_back(cast, acting, branch_list):
    own = add(acting("li"), branch_list, interval="month")
    DutyRecord.objects.filter(duty=own, period=202611).update(
        status=RecordStatus.ACCEPTED, done_on=date(2026, 11, 3), accepted_at=NOW
    )
    assert withdraw_personal_item(actor=acting("li"), duty=own, reason="并到另一条", now=NOW) == 1
    own.refresh_from_db()
    assert own.is_withdrawn
    assert own.records.in_force().count() == 1
    assert own.history.latest().history_change_reason == "并到另一条"
    with pytest.raises(PermissionDenied):
        withdraw_personal_item(actor=acting("li"), duty=own, reason="再来", now=NOW)


def test_a_unit_never_takes_back_what_came_from_above(cast, acting, branch_list):
    given = add(acting("wu"), branch_list, legal_basis="市委通知")
    own = add(acting("li"), branch_list)
    common = branch_list.duties.first()
    for who, answers in (
        ("li", (False, True, False)),
        ("wang", (False, False, False)),
        ("zhao", (False, True, False)),
        ("wu", (True, True, False)),
        ("sun", (False, False, False)),
    ):
        found = tuple(may_withdraw_item(acting(who), each) for each in (given, own, common))
        assert found == answers, who
    with pytest.raises(PermissionDenied):
        withdraw_personal_item(actor=acting("li"), duty=given, reason="不想要", now=NOW)
