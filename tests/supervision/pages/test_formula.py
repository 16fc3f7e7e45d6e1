"""口径: previewed, dated, never written into a month that has been computed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accountability.models import Formula, Run
from branches.access import Actor
from branches.choices import Post
from branches.models import AuditEntry
from branches.periods import Period
from supervision.actions.formula import adopt_formula
from supervision.attenuation.engine import formula_for
from supervision.attenuation.measures import MEASURES, starting_weights
from supervision.queries.formula import first_free_month, formula_in_force
from tests.conftest import employ

from .conftest import TODAY

NOW = datetime(2026, 11, 5, 2, tzinfo=UTC)
FIGURES = {
    "theta": Decimal("0.75"),
    "hot_from": 90,
    "warm_from": 65,
    "margin": 5,
    "reason": "县里调研后调整",
}


def adopt(cast, who="wu", **changes):
    appointment = cast.people[who].appointments.get()
    values = {"weights": dict(starting_weights()), "effective_from": Period.parse("2026-12")}
    return adopt_formula(
        actor=Actor(cast.people[who], appointment, TODAY), today=TODAY, now=NOW, **FIGURES | values | changes
    )


def typed(**changes):
    values = {f"weight_{key}": weight for key, weight in starting_weights().items()}
    return values | {"effective_from": "2026-11", **FIGURES, **changes}


def test_new_version_counts_from_its_month_on(cast, october):
    formula = adopt(cast)
    assert formula.number == 2
    assert formula_for(Period.parse("2026-11")).number == 1
    for month in ("2026-12", "2027-03"):
        assert formula_for(Period.parse(month)) == formula_in_force(Period.parse(month)) == formula
    assert AuditEntry.objects.filter(event="起用新口径", object_id=str(formula.pk)).exists()


def test_computed_months_are_never_judged_anew(cast, october):
    before = list(Run.objects.values())
    assert first_free_month(TODAY) == Period.parse("2026-11")
    with pytest.raises(ValidationError, match="已经计算过"):
        adopt(cast, effective_from=Period.parse("2026-10"))
    adopt(cast)
    assert list(Run.objects.values()) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": dict.fromkeys(MEASURES, 0)},
        {"weights": dict.fromkeys(MEASURES, -1)},
        {"hot_from": 60, "warm_from": 60},
        {"theta": Decimal(0)},
    ],
)
def test_figures_that_judge_nothing_are_refused(cast, october, changes):
    with pytest.raises(ValidationError):
        adopt(cast, **changes)
    assert Formula.objects.count() == 1


def test_only_the_administrator_at_the_top_may(cast, october):
    employ("deng", "邓县", (cast.county, Post.ADMINISTRATOR))
    cast.people["deng"] = type(cast.people["wu"]).objects.get(username="deng")
    for who in ("qian", "deng", "zheng"):
        with pytest.raises(PermissionDenied):
            adopt(cast, who)
    assert cast.client("deng").get(reverse("formula-list")).status_code == 200
    for name in ("formula-list", "formula-change"):
        for who in ("li", "qian", "zheng", "feng", "nobody"):
            assert cast.client(who).get(reverse(name)).status_code == 403
    assert cast.client("deng").get(reverse("formula-change")).status_code == 403


def test_preview_shows_before_and_after_and_stores_nothing(cast, october):
    answer = cast.client("wu").post(reverse("formula-change"), typed(weight_attendance=500))
    text = answer.content.decode()
    assert "新口径的影响" in text
    assert "支部" in text
    effects = answer.context["effect"].levels
    assert any(effect.change for effect in effects)
    assert Formula.objects.count() == 1


def test_confirmed_version_is_stored_and_listed(cast, october):
    client = cast.client("wu")
    answer = client.post(reverse("formula-change"), typed(confirmed="1"), follow=True)
    text = answer.content.decode()
    assert "口径第2版" in text
    assert "自2026年11月起" in text
    assert "县里调研后调整" in text


def test_going_back_keeps_what_was_typed(cast, october):
    text = (
        cast.client("wu").post(reverse("formula-change"), typed(edit="1", weight_duties=77)).content.decode()
    )
    assert 'value="77"' in text
    assert "先看影响" in text
    wrong = cast.client("wu").post(reverse("formula-change"), typed(hot_from=50)).content.decode()
    assert "“热”的分界须高于“温”的分界" in wrong
