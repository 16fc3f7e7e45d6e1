"""What changed, before and after, by whom, when, why."""

from datetime import date

import pytest
from django.urls import reverse

from branches.actions.history import save_with_trail
from branches.models import Appointment
from tests.branches.test_people import DAY, NOW, acting


def test_organization_history_tells_before_after_reason_and_who(cast):
    cast.first.sector = "COMMUNITY"
    save_with_trail(cast.first, actor=acting(cast, "wu"), now=NOW, reason="撤村改居")
    text = cast.client("li").get(reverse("organization-history", args=[cast.first.pk])).content.decode()
    for words in ("撤村改居", "吴敏", "领域", "农村", "社区"):
        assert words in text, words


def test_member_history_masks_and_names_foreign_rows(cast):
    member = cast.people["zhou"].member
    member.mobile, member.organization = "13800001111", cast.second
    save_with_trail(member, actor=acting(cast, "zhao"), now=NOW, reason="转接")
    text = cast.client("zhao").get(reverse("member-history", args=[member.pk])).content.decode()
    assert "138****1111" in text
    assert "13800001111" not in text
    assert "第一支部" in text
    assert "第二支部" in text


def test_appointment_history(cast):
    appointment = Appointment.objects.get(user=cast.people["li"])
    appointment.ends_on = DAY
    save_with_trail(appointment, actor=acting(cast, "wu"), now=NOW, reason="免职")
    text = cast.client("wu").get(reverse("appointment-history", args=[appointment.pk])).content.decode()
    assert "免职日期" in text
    assert "2026-06-01" in text


@pytest.mark.parametrize(("who", "status"), [("li", 200), ("wang", 404), ("zhou", 403), ("zheng", 403)])
def test_member_history_is_hidden_and_refused(cast, who, status):
    member = cast.people["li"].member
    assert cast.client(who).get(reverse("member-history", args=[member.pk])).status_code == status


def test_a_long_history_is_paged_with_constant_queries(cast, django_assert_max_num_queries):
    url = reverse("organization-history", args=[cast.first.pk])
    client = cast.client("li")
    client.get(url)
    with django_assert_max_num_queries(20) as few:
        client.get(url)
    for number in range(40):
        cast.first.term_started_on = date(2020, 1, 1 + number % 28)
        cast.first.unit_name = f"单位{number}"
        save_with_trail(cast.first, actor=None, now=NOW, reason=f"第{number}次")
    with django_assert_max_num_queries(20) as many:
        text = client.get(url).content.decode()
    assert len(few) == len(many)
    assert "第39次" in text
    assert "第5次" not in text
    before = text.split("?before=")[1].split('"')[0]
    assert "第5次" in client.get(url, {"before": before}).content.decode()
