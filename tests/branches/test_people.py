"""Members, groups, appointments and accounts: dated, reasoned, in the log, and never against the rules."""

from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from branches.access import Actor
from branches.actions.accounts import create_account, reset_password, set_account_active
from branches.actions.appointments import appoint, relieve
from branches.actions.history import ChangedMeanwhile, version_of
from branches.actions.organizations import create_organization
from branches.actions.people import (
    assign_group,
    change_member,
    end_memberships,
    enrol_member,
    reveal_id_number,
    transfer_member,
)
from branches.choices import Post
from branches.models import AuditEntry, Member, Membership, User
from tests.conftest import employ

NOW = timezone.make_aware(datetime(2026, 11, 20, 9))
TODAY = date(2026, 11, 20)
DAY = date(2026, 6, 1)


def acting(cast, who):
    user = cast.people[who]
    return Actor(user=user, appointment=user.appointments.first(), today=TODAY)


def how(cast, who, **more):
    return {"actor": acting(cast, who), "now": NOW, **more}


def valid_id(seventeen="71000019900101123"):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return (
        seventeen
        + "10X98765432"[
            sum(int(digit) * weight for digit, weight in zip(seventeen, weights, strict=True)) % 11
        ]
    )


def test_enrolling_encrypts_indexes_and_dates(cast):
    number = valid_id()
    member = enrol_member(
        **how(cast, "li"),
        organization=cast.first,
        name="单小雨",
        starts_on=DAY,
        id_number=number,
        category="FULL",
    )
    member.refresh_from_db()
    assert (member.id_number, member.initials) == (number, "sxy")
    assert Member.objects.filter(pk=member.pk).values_list("id_number_index")[0][0]
    assert member.memberships.get().starts_on == DAY
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number FROM branches_member WHERE id = %s", [member.pk])
        assert number not in cursor.fetchone()[0]
    assert not hasattr(member.history.get(), "id_number")
    assert number not in str(list(AuditEntry.objects.values()))
    with pytest.raises(ValidationError, match="已有党员登记了这个身份证号"):
        enrol_member(
            **how(cast, "wang"), organization=cast.second, name="别人", starts_on=DAY, id_number=number
        )


def test_enrolling_refuses_wrong_numbers_places_and_people(cast):
    common = how(cast, "li", organization=cast.first, name="单小雨", starts_on=DAY)
    with pytest.raises(ValidationError, match="校验位不符"):
        enrol_member(**common, id_number=valid_id()[:17] + ("0" if valid_id()[17] != "0" else "1"))
    with pytest.raises(ValidationError, match="不能晚于今天"):
        enrol_member(**common | {"starts_on": date(2026, 11, 21)})
    with pytest.raises(ValidationError, match="转正日期"):
        enrol_member(**common, joined_on=date(2020, 1, 1), full_on=date(2019, 1, 1))
    with pytest.raises(PermissionDenied):
        enrol_member(**common | {"organization": cast.second})
    with pytest.raises(ValidationError, match="不是党支部"):
        enrol_member(**how(cast, "zhao"), organization=cast.town, name="单小雨", starts_on=DAY)


def test_changing_says_what_changed_and_guards_against_overwriting(cast):
    member = cast.people["zhou"].member
    seen = version_of(member)
    change_member(**how(cast, "li"), member=member, mobile="13800001111", reason="更正", seen=seen)
    entry = AuditEntry.objects.get(event="修改党员信息")
    assert "手机号" in entry.summary
    assert "13800001111" not in entry.summary
    with pytest.raises(ChangedMeanwhile, match="李明"):
        change_member(**how(cast, "zhao"), member=member, occupation="教师", reason="更正", seen=seen)
    with pytest.raises(ValidationError, match="失去联系日期"):
        change_member(**how(cast, "li"), member=member, is_lost=True, reason="失联")


def test_a_transfer_is_dated_and_needs_both_branches(cast):
    member = cast.people["zhou"].member
    with pytest.raises(PermissionDenied):
        transfer_member(**how(cast, "li"), member=member, to=cast.second, effective_on=DAY, reason="调动")
    transfer_member(**how(cast, "zhao"), member=member, to=cast.second, effective_on=DAY, reason="调动")
    member.refresh_from_db()
    assert member.organization == cast.second
    assert list(member.memberships.order_by("pk").values_list("organization", "starts_on", "ends_on")) == [
        (cast.first.pk, date(2015, 7, 1), DAY),
        (cast.second.pk, DAY, None),
    ]
    assert [row.organization for row in member.memberships.on(date(2026, 5, 31))] == [cast.first]
    with pytest.raises(ValidationError, match="才转入"):
        transfer_member(
            **how(cast, "zhao"), member=member, to=cast.first, effective_on=date(2026, 5, 1), reason="调动"
        )
    transfer_member(**how(cast, "zhao"), member=member, to=cast.first, effective_on=DAY, reason="撤回")
    assert member.memberships.count() == 2


def test_groups_are_filled_and_changed_by_the_day(cast):
    group = create_organization(
        **how(cast, "li"), parent=cast.first, name="第一小组", kind="GROUP", founded_on=DAY
    )
    members = list(cast.first.members.order_by("pk")[:3])
    assert assign_group(**how(cast, "li"), members=members, group=group, effective_on=DAY) == 3
    assert assign_group(**how(cast, "li"), members=members, group=group, effective_on=DAY) == 0
    assert (
        assign_group(**how(cast, "li"), members=members[:1], group=None, effective_on=date(2026, 8, 1)) == 1
    )
    assert Membership.objects.on(date(2026, 7, 1)).filter(group=group).count() == 3
    assert Membership.objects.on(date(2026, 8, 1)).filter(group=group).count() == 2
    with pytest.raises(ValidationError, match="同一党支部"):
        assign_group(
            **how(cast, "zhao"),
            members=[members[0], cast.people["wang"].member],
            group=None,
            effective_on=DAY,
        )
    with pytest.raises(ValidationError, match="不是“第二支部”现有的党小组"):
        assign_group(**how(cast, "wang"), members=[cast.people["wang"].member], group=group, effective_on=DAY)


def test_leaving_closes_the_membership(cast):
    member = cast.people["zhou"].member
    end_memberships(**how(cast, "li"), members=[member], effective_on=DAY, reason="去世", standing="DECEASED")
    assert member.memberships.get().ends_on == DAY
    assert Member.objects.in_standing().filter(pk=member.pk).count() == 0


def test_revealing_is_logged_with_its_reason(cast):
    member = cast.people["zhou"].member
    member.id_number = valid_id()
    member.save()
    assert reveal_id_number(**how(cast, "li"), member=member, reason="核对档案") == valid_id()
    assert "核对档案" in AuditEntry.objects.get(event="查看完整身份证号").summary
    with pytest.raises(PermissionDenied):
        reveal_id_number(**how(cast, "wang"), member=member, reason="好奇")
    with pytest.raises(ValidationError, match="原因"):
        reveal_id_number(**how(cast, "li"), member=member, reason="  ")


def test_appointing_and_relieving(cast):
    user = cast.people["nobody"]
    made = appoint(
        **how(cast, "wu"),
        user=user,
        organization=cast.first,
        post=Post.BRANCH_CLERK,
        starts_on=DAY,
        reason="任免1号",
    )
    assert made.history.get().history_change_reason == "任免1号"
    with pytest.raises(ValidationError, match="已在该组织担任同一职务"):
        appoint(**how(cast, "wu"), user=user, organization=cast.first, post=Post.BRANCH_CLERK, starts_on=DAY)
    with pytest.raises(ValidationError, match="书记现为李明"):
        appoint(**how(cast, "wu"), user=user, organization=cast.first, post=Post.SECRETARY, starts_on=DAY)
    with pytest.raises(ValidationError, match="不能早于任职日期"):
        relieve(**how(cast, "wu"), appointment=made, ends_on=date(2026, 5, 1), reason="误登")
    relieve(**how(cast, "wu"), appointment=made, ends_on=date(2026, 9, 1), reason="调离")
    with pytest.raises(ValidationError, match="已于2026年09月01日免去"):
        relieve(**how(cast, "wu"), appointment=made, ends_on=date(2026, 9, 1), reason="调离")


@pytest.mark.parametrize("who", ["li", "zhao", "qian", "feng", "zheng"])
def test_only_those_who_keep_appointments_appoint(cast, who):
    with pytest.raises(PermissionDenied):
        appoint(
            **how(cast, who),
            user=cast.people["nobody"],
            organization=cast.first,
            post=Post.BRANCH_CLERK,
            starts_on=DAY,
        )


def test_nobody_appoints_themselves(cast):
    with pytest.raises(ValidationError, match="不能给自己任职"):
        appoint(
            **how(cast, "wu"),
            user=cast.people["wu"],
            organization=cast.town,
            post=Post.DEPUTY_SECRETARY,
            starts_on=DAY,
        )


@pytest.mark.parametrize(
    "post", [Post.SYSTEM_ADMINISTRATOR, Post.SECURITY_ADMINISTRATOR, Post.SECURITY_AUDITOR]
)
def test_the_three_are_exclusive_with_business_and_among_themselves(cast, post):
    """三员互斥."""
    with pytest.raises(ValidationError, match="三员"):
        appoint(**how(cast, "feng"), user=cast.people["li"], organization=cast.city, post=post, starts_on=DAY)
    with pytest.raises(ValidationError, match="三员"):
        appoint(
            **how(cast, "feng"), user=cast.people["zheng"], organization=cast.city, post=post, starts_on=DAY
        )
    with pytest.raises(ValidationError, match="三员"):
        appoint(
            **how(cast, "wu"),
            user=cast.people["zheng"],
            organization=cast.first,
            post=Post.BRANCH_CLERK,
            starts_on=DAY,
        )
    with pytest.raises(PermissionDenied):
        appoint(
            **how(cast, "wu"), user=cast.people["nobody"], organization=cast.city, post=post, starts_on=DAY
        )
    appoint(**how(cast, "feng"), user=cast.people["nobody"], organization=cast.city, post=post, starts_on=DAY)


def test_an_account_starts_with_a_password_that_must_change(cast):
    user, password = create_account(**how(cast, "feng"), username="newcomer", name="新来")
    assert user.check_password(password)
    assert user.must_change_password
    assert password not in str(list(AuditEntry.objects.values()))
    with pytest.raises(ValidationError, match="已有这个登录名"):
        create_account(**how(cast, "feng"), username="NewComer", name="再来")
    with pytest.raises(PermissionDenied):
        create_account(**how(cast, "wu"), username="other", name="别人")


def test_accounts_of_the_three_are_kept_by_one_another(cast):
    """Otherwise a system administrator could reset the auditor's password and read the log of the own doings."""
    with pytest.raises(PermissionDenied, match="安全管理员"):
        reset_password(**how(cast, "feng"), user=cast.people["zheng"])
    with pytest.raises(PermissionDenied, match="自己的账号"):
        reset_password(**how(cast, "feng"), user=cast.people["feng"])
    cast.people["keeper"] = employ("keeper", "守安", (cast.city, Post.SECURITY_ADMINISTRATOR))
    reset_password(**how(cast, "keeper"), user=cast.people["zheng"])
    reset_password(**how(cast, "feng"), user=cast.people["keeper"])


def test_a_county_administrator_keeps_no_account_with_a_post_above(cast):
    cast.people["local"] = employ("local", "县管", (cast.county, Post.SYSTEM_ADMINISTRATOR))
    cast.people["both"] = employ(
        "both", "两边", (cast.first, Post.LIAISON), (cast.city, Post.COMMITTEE_MEMBER)
    )
    reset_password(**how(cast, "local"), user=cast.people["li"])
    with pytest.raises(PermissionDenied):
        reset_password(**how(cast, "local"), user=cast.people["both"])


def test_a_closed_account_is_out_at_the_next_click(cast):
    client = cast.client("li")
    assert client.get(f"/organizations/{cast.first.pk}/").status_code == 200
    set_account_active(**how(cast, "feng"), user=cast.people["li"], is_active=False)
    assert client.get(f"/organizations/{cast.first.pk}/").status_code == 302
    assert not User.objects.get(username="li").is_active
