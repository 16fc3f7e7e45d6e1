"""Appointments and accounts on their pages."""

import pytest
from django.urls import reverse

from branches.models import Appointment, AuditEntry, User
from tests.conftest import PASSWORD, employ


def test_list_shows_current_and_former(cast):
    text = cast.client("li").get(reverse("appointment-list", args=[cast.first.pk])).content.decode()
    assert "书记" in text
    assert "李明" in text
    assert "登记任职" not in text
    assert cast.client("wang").get(reverse("appointment-list", args=[cast.first.pk])).status_code == 404


def test_appointing_finds_the_account_then_gives_the_post(cast):
    client = cast.client("wu")
    url = reverse("appointment-create", args=[cast.first.pk])
    user = cast.people["nobody"]
    assert f"?user={user.pk}" in client.get(url, {"q": "褚"}).content.decode()
    page = f"{url}?user={user.pk}"
    assert "系统管理员" not in client.get(page).content.decode()
    fields = {"post": "BRANCH_CLERK", "starts_on": "2026-06-01", "reason": "任免1号"}
    assert client.post(page, fields).status_code == 302
    made = Appointment.objects.get(user=user)
    assert made.post == "BRANCH_CLERK"
    text = client.post(f"{url}?user={cast.people['zheng'].pk}", fields).content.decode()
    assert "三员" in text
    relieve = reverse("appointment-relieve", args=[made.pk])
    assert client.post(relieve, {"ends_on": "2026-09-01", "reason": "调离"}).status_code == 302
    made.refresh_from_db()
    assert str(made.ends_on) == "2026-09-01"


def test_an_account_is_tied_to_its_namesake_in_the_roster(cast):
    twin = employ("yan", "严新")
    member = cast.first.members.get(name="严新")
    url = f"{reverse('appointment-create', args=[cast.first.pk])}?user={twin.pk}"
    fields = {"post": "MEMBER", "starts_on": "2026-06-01", "reason": "账号", "member": member.pk}
    assert cast.client("wu").post(url, fields).status_code == 302
    twin.refresh_from_db()
    assert twin.member == member


@pytest.mark.parametrize("who", ["li", "zhao", "qian", "sun"])
def test_others_do_not_appoint(cast, who):
    assert cast.client(who).get(reverse("appointment-create", args=[cast.first.pk])).status_code == 403


def test_accounts_are_kept_without_business_records(cast):
    client = cast.client("feng")
    text = client.get(reverse("account-list")).content.decode()
    assert "李明" in text
    for name, row in (("organization-detail", cast.first), ("member-list", cast.first)):
        assert client.get(reverse(name, args=[row.pk])).status_code == 403
    assert cast.client("wu").get(reverse("account-list")).status_code == 403


def test_a_new_account_gets_a_password_shown_once(cast):
    client = cast.client("feng")
    answer = client.post(reverse("account-create"), {"name": "新来", "username": "xinlai"})
    password = answer.context["password"]
    assert password in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    user = User.objects.get(username="xinlai")
    assert password not in client.get(reverse("account-detail", args=[user.pk])).content.decode()
    assert user.check_password(password)


def test_reset_and_close_through_the_pages(cast):
    client = cast.client("feng")
    li = cast.people["li"]
    assert client.post(reverse("account-reset", args=[li.pk])).status_code == 200
    li.refresh_from_db()
    assert not li.check_password(PASSWORD)
    assert li.must_change_password
    client.post(reverse("account-active", args=[li.pk]), {"active": "0"})
    li.refresh_from_db()
    assert not li.is_active
    assert client.post(reverse("account-reset", args=[cast.people["zheng"].pk])).status_code == 403
    assert client.get(reverse("account-reset", args=[li.pk])).status_code == 405


def test_the_three_are_appointed_and_relieved_from_the_account(cast):
    client = cast.client("feng")
    user = cast.people["nobody"]
    fields = {"post": "SECURITY_ADMINISTRATOR", "starts_on": "2026-06-01", "reason": "任免2号"}
    assert client.post(reverse("account-appoint", args=[user.pk]), fields).status_code == 302
    made = user.appointments.get()
    assert made.organization == cast.city
    assert client.post(reverse("account-appoint", args=[cast.people["li"].pk]), fields).status_code == 422
    relieve = reverse("account-relieve", args=[user.pk])
    assert client.post(relieve, {"appointment": "x", "reason": "调离"}).status_code == 404
    client.post(relieve, {"appointment": made.pk, "reason": "调离"})
    made.refresh_from_db()
    assert made.ends_on is not None


def test_the_account_list_needs_the_same_queries_for_more(cast, django_assert_max_num_queries):
    client = cast.client("feng")
    client.get(reverse("account-list"))
    with django_assert_max_num_queries(20) as few:
        client.get(reverse("account-list"))
    for number in range(30):
        employ(f"user{number}", f"账号{number}", (cast.first, "LIAISON"))
    with django_assert_max_num_queries(20) as many:
        client.get(reverse("account-list"))
    assert len(few) == len(many)


def test_signing_in_and_out_and_failing_is_in_the_log(cast, client):
    client.post(reverse("login"), {"username": "li", "password": "wrong"})
    client.post(reverse("login"), {"username": "li", "password": PASSWORD})
    client.post(reverse("logout"))
    entries = AuditEntry.objects.order_by("pk").values_list("event", "username", "result")
    assert list(entries) == [("登录", "li", "失败"), ("登录", "li", "成功"), ("退出", "li", "成功")]
