"""Who answers for a duty: claimed by an officer or named by the secretary, once and with a trail."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.owners import assign_owner, claim_duty
from accountability.models import Duty
from branches.choices import Post
from branches.models import Appointment, AuditEntry
from tests.accountability.conftest import NOW, TODAY
from tests.conftest import employ

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def duty(cast, issued):
    return Duty.objects.filter(organization=cast.first).first()


@pytest.fixture
def fang(cast):
    """An organization member of the first branch."""
    cast.people["fang"] = employ("fang", "施芳", (cast.first, Post.ORGANIZATION_MEMBER))
    return cast.people["fang"].appointments.get()


def test_the_first_who_claims_has_it(cast, acting, duty, fang):
    claim_duty(actor=acting("fang"), duty=duty, now=NOW)
    with pytest.raises(ValidationError, match="施芳刚刚认领了"):
        claim_duty(actor=acting("li"), duty=duty, now=LATER)
    with pytest.raises(ValidationError, match="已经由您负责"):
        claim_duty(actor=acting("fang"), duty=duty, now=LATER)
    duty.refresh_from_db()
    assert (duty.owner, duty.arranged_at) == (fang, NOW)
    assert duty.history.latest().history_change_reason == "认领"
    assert AuditEntry.objects.filter(event="认领", summary__contains="施芳").count() == 1


def test_only_the_committee_of_the_unit_claims(cast, acting, duty):
    cast.people["clerk"] = employ("clerk", "孔华", (cast.first, Post.BRANCH_CLERK))
    for who in ("clerk", "zhou", "zhao", "wang", "sun"):
        with pytest.raises(PermissionDenied):
            claim_duty(actor=acting(who), duty=duty, now=NOW)


def test_the_secretary_names_an_owner_and_another(cast, acting, duty, fang):
    li = cast.people["li"].appointments.get()
    assign_owner(actor=acting("li"), duty=duty, owner=fang, now=NOW)
    assign_owner(actor=acting("li"), duty=duty, owner=li, instead_of=fang, now=LATER)
    duty.refresh_from_db()
    assert (duty.owner, duty.arranged_at) == (li, NOW)
    assert [each.owner for each in duty.history.order_by("history_id")][-2:] == [fang, li]
    assert AuditEntry.objects.filter(event="指定责任人", summary__contains="原为施芳").exists()


def test_two_who_decide_at_once(cast, acting, duty, fang):
    li = cast.people["li"].appointments.get()
    claim_duty(actor=acting("fang"), duty=duty, now=NOW)
    with pytest.raises(ValidationError, match="现在由施芳负责"):
        assign_owner(actor=acting("li"), duty=duty, owner=li, now=LATER)
    with pytest.raises(ValidationError, match="已经由施芳负责"):
        assign_owner(actor=acting("li"), duty=duty, owner=fang, instead_of=fang, now=LATER)


def test_an_owner_serves_in_the_unit_today(cast, acting, duty, fang):
    foreign = cast.people["wang"].appointments.get()
    with pytest.raises(ValidationError, match="不在第一支部任职"):
        assign_owner(actor=acting("li"), duty=duty, owner=foreign, now=NOW)
    member = cast.people["zhou"].appointments.get()
    with pytest.raises(ValidationError, match="不填写"):
        assign_owner(actor=acting("li"), duty=duty, owner=member, now=NOW)
    Appointment.objects.filter(pk=fang.pk).update(ends_on=date(2026, 11, 1))
    fang.refresh_from_db()
    with pytest.raises(ValidationError, match="已经结束"):
        assign_owner(actor=acting("li"), duty=duty, owner=fang, now=NOW)
    for who in ("fang", "zhao", "zhou"):
        with pytest.raises(PermissionDenied):
            assign_owner(actor=acting(who), duty=duty, owner=cast.people["li"].appointments.get(), now=NOW)


def test_what_is_personal_or_withdrawn_keeps_its_owner(cast, acting, issued, duty, fang):
    decompose_duty(
        actor=acting("li"), duty=duty, shares=[Share(cast.first, owner=fang, is_personal=True)], now=NOW
    )
    share = Duty.objects.get(parent=duty)
    with pytest.raises(ValidationError, match="个人清单"):
        assign_owner(
            actor=acting("li"),
            duty=share,
            owner=cast.people["li"].appointments.get(),
            instead_of=fang,
            now=NOW,
        )
    Duty.objects.filter(pk=duty.pk).update(is_withdrawn=True)
    with pytest.raises(ValidationError, match="已撤回"):
        claim_duty(actor=acting("li", TODAY), duty=duty, now=NOW)
