"""考核调整: with a cause, from above, taken up by open rounds of the day and by no published one."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accountability.actions.adjustments import adjust_by_hand, adjust_evaluation, withdraw_adjustment
from accountability.choices import AdjustmentKind, RoundState
from accountability.models import Adjustment
from tests.accountability.conftest import NOW
from tests.accountability.evaluating import EARLIER
from tests.accountability.evaluating import TABLE as GRADED
from tests.accountability.filling_worlds import gathering

DAY = date(2026, 6, 1)


@pytest.fixture
def evaluation(cast):
    return gathering(cast, GRADED)


def push(cast, **facts):
    values = {
        "organization": cast.first,
        "kind": AdjustmentKind.DEDUCTION,
        "points": Decimal("1.5"),
        "reason": "信访事项处理不及时",
        "on": DAY,
        "source": "督查通报第3号",
        "now": NOW,
    }
    return adjust_evaluation(**values | facts)


def test_what_is_pushed_touches_the_rounds_of_its_day_and_is_made_once(cast, evaluation):
    made = push(cast)
    assert push(cast) == made
    assert (made.as_adjustment().points, made.author) == (Decimal("1.5"), None)
    evaluation.refresh_from_db()
    assert evaluation.changed_at == NOW
    other = evaluation.round.evaluations.exclude(pk=evaluation.pk).get()
    assert other.changed_at == EARLIER
    push(cast, organization=cast.second, on=date(2025, 6, 1))
    other.refresh_from_db()
    assert other.changed_at == EARLIER


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"points": None}, "points"),
        ({"points": Decimal(0)}, "points"),
        ({"points": Decimal(-1)}, "points"),
        ({"condition": "x"}, "kind"),
        ({"reason": " "}, "reason"),
        ({"kind": "VETO"}, "points"),
        ({"kind": "VETO", "points": None}, "condition"),
        ({"kind": "TITLE", "points": None, "condition": "x", "steps": 1}, "steps"),
        ({"kind": "DOWNGRADE", "points": None}, "steps"),
        ({"kind": "DOWNGRADE", "points": None, "steps": 1, "condition": "x"}, "steps"),
        ({"kind": "DOWNGRADE", "points": None, "steps": 0}, "steps"),
        ({"kind": "PRAISE"}, "kind"),
        ({"evidence": ["x"] * 11}, "evidence"),
    ],
)
def test_what_a_kind_does_not_use_or_lacks_is_refused_at_its_field(cast, facts, field):
    with pytest.raises(ValidationError) as refused:
        push(cast, **facts)
    assert field in refused.value.error_dict
    assert not Adjustment.objects.exists()


def test_a_published_result_does_not_change(cast, acting, evaluation):
    made = push(cast)
    evaluation.round.state = RoundState.PUBLISHED
    evaluation.round.save()
    with pytest.raises(ValidationError, match="计入下一次考核"):
        push(cast, reason="又一件")
    with pytest.raises(ValidationError, match="已计入公布的"):
        withdraw_adjustment(actor=acting("zhao"), adjustment=made, reason="误", now=NOW)
    push(cast, reason="又一件", on=date(2027, 1, 5))  # no round holds that day yet


def test_by_hand_from_above_alone_with_a_condition_the_table_knows(cast, acting, evaluation):
    facts = {"kind": "DOWNGRADE", "reason": "两项逾期", "on": DAY, "now": NOW}
    for who in ("li", "wang", "wu", "sun"):
        with pytest.raises(PermissionDenied):
            adjust_by_hand(actor=acting(who), organization=cast.first, condition="巡察整改不到位", **facts)
    with pytest.raises(PermissionDenied, match="由上级登记"):
        adjust_by_hand(actor=acting("zhao"), organization=cast.town, steps=1, **facts)
    with pytest.raises(ValidationError, match="可选：巡察整改不到位"):
        adjust_by_hand(actor=acting("zhao"), organization=cast.first, condition="整改不力", **facts)
    made = adjust_by_hand(actor=acting("zhao"), organization=cast.first, condition="巡察整改不到位", **facts)
    assert made.source == "柳汀镇党委登记"
    withdraw_adjustment(actor=acting("qian"), adjustment=made, reason="已补正", now=NOW)
    withdraw_adjustment(actor=acting("qian"), adjustment=made, reason="已补正", now=NOW)
    made.refresh_from_db()
    assert made.withdraw_reason == "已补正"


def test_the_pages_register_show_and_withdraw(cast, evaluation):
    zhao, li = cast.client("zhao"), cast.client("li")
    new = reverse("adjustment-create", args=[cast.town.pk])
    assert "巡察整改不到位" in zhao.get(new).content.decode()
    typed = {"unit": "第一支部", "kind": "BONUS", "points": "2", "on": "2026-06-01", "reason": "经验被推广"}
    wrong = zhao.post(new, typed | {"points": "NaN", "officer": "李四"})
    assert wrong.status_code == 422
    assert "经验被推广" in wrong.content.decode()
    assert zhao.post(new, typed | {"unit": "柳汀镇党委"}).status_code == 422
    assert zhao.post(new, typed).status_code == 302
    seen = li.get(reverse("adjustment-list", args=[cast.first.pk])).content.decode()
    assert "经验被推广" in seen
    assert "加分 2分" in seen
    assert "登记调整" not in seen
    page = zhao.get(reverse("adjustment-list", args=[cast.town.pk]), {"kind": "VETO"}).content.decode()
    assert "经验被推广" not in page
    made = Adjustment.objects.get()
    back = reverse("adjustment-withdraw", args=[made.pk])
    assert li.get(back).status_code == 403
    assert zhao.post(back, {"reason": ""}).status_code == 422
    zhao.post(back, {"reason": "重复登记"})
    assert "重复登记" in li.get(reverse("adjustment-list", args=[cast.first.pk])).content.decode()


def test_what_is_done_to_a_person_is_for_them_and_their_evaluators(cast):
    push(cast, appointment=cast.people["li"].appointments.get(), reason="个人事项")
    address = reverse("adjustment-list", args=[cast.first.pk])
    for who, sees in {"li": True, "zhao": True, "qian": True, "sun": False, "wu": False}.items():
        assert ("个人事项" in cast.client(who).get(address).content.decode()) is sees, who


def test_the_list_asks_the_same_queries_whatever_its_length(cast, django_assert_max_num_queries):
    zhao, address = cast.client("zhao"), reverse("adjustment-list", args=[cast.town.pk])
    for number in range(8):
        push(cast, reason=f"第{number}件")
    zhao.get(address)
    with django_assert_max_num_queries(11):
        zhao.get(address)
