"""Measures are declared once; the declarations, the stored columns and the words agree."""

from types import SimpleNamespace

import pytest
from django.db import connection

from accountability.choices import Measure
from accountability.models import Formula, Reading, RollUp
from branches.tally import Tally
from supervision.attenuation.engine import close_period, ensure_formula, take_readings
from supervision.attenuation.gradient import heat, retention
from supervision.attenuation.measures import COUNTS, MEASURES, starting_weights
from supervision.attenuation.refresh import refresh_dirty
from supervision.attenuation.statements import Sql
from supervision.queries.readings import ladders

from .worlds import MONTH, NOW, Planter


def test_every_measure_is_declared_and_every_declaration_is_a_measure():
    assert set(MEASURES) == set(Measure.values)


@pytest.mark.parametrize("declared", MEASURES.values(), ids=MEASURES)
def test_a_declaration_says_what_it_means_where_it_comes_from_and_what_helps(declared):
    assert declared.label == Measure(declared.key).label
    assert declared.weight > 0
    assert declared.meaning
    assert declared.source
    assert declared.remedy


@pytest.mark.parametrize("declared", MEASURES.values(), ids=MEASURES)
def test_a_measure_is_the_same_over_integers_and_over_sql(db, declared):
    numbers = SimpleNamespace(**{name: place * place + 3 for place, name in enumerate(COUNTS)})
    expressions = SimpleNamespace(**{name: Sql(str(getattr(numbers, name))) for name in COUNTS})
    for number, expression in zip(declared.count(numbers), declared.count(expressions), strict=True):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {expression.text}")
            assert cursor.fetchone() == (number,)


@pytest.mark.parametrize("key", Measure.values)
def test_every_measure_has_its_columns(key):
    reading = {field.name for field in Reading._meta.get_fields()}
    rollup = {field.name for field in RollUp._meta.get_fields()}
    assert {f"{key}_due", f"{key}_done"} <= reading
    assert {f"{key}_due", f"{key}_done", f"{key}_carried_due", f"{key}_carried_done"} <= rollup


def test_the_first_formula_is_made_of_the_declared_weights_once(db):
    first, again = ensure_formula(), ensure_formula()
    assert first == again
    assert first.weights == dict(starting_weights())
    assert sum(first.weights.values()) == 100


@pytest.fixture
def older(db):
    """A version from before deployments were measured."""
    weights = {key: weight for key, weight in starting_weights().items() if key != Measure.DEPLOYMENTS}
    return Formula.objects.create(number=1, effective_from=202501, weights=weights)


def test_a_version_without_a_word_of_a_measure_gives_it_no_weight(older):
    tallies = {"duties": Tally(6, 10), "attendance": Tally(80, 100)}
    also = tallies | {"deployments": Tally(0, 50)}
    assert ensure_formula() == older
    assert heat(also, older.weights) == heat(tallies, older.weights) > heat(also, starting_weights())
    assert retention(also, older.weights) == retention(tallies, older.weights)
    assert heat({"deployments": Tally(0, 50)}, older.weights) is None


def test_a_closed_month_keeps_its_heat_when_deployments_are_given_a_weight(older):
    city = Planter(40).live(deployments=8).city
    take_readings(MONTH, cutoff=NOW)
    closed = close_period(MONTH, now=NOW)
    before = ladders(city, MONTH)
    assert any(rung.tallies["deployments"].due for each in before.values() for rung in each.ladder.rungs)
    Formula.objects.create(number=2, effective_from=202601, weights=dict(starting_weights()))
    refresh_dirty(now=NOW, today=NOW.date())
    assert ladders(city, MONTH) == before
    assert take_readings(MONTH.next(), cutoff=NOW).formula.number == 2
    closed.refresh_from_db()
    assert (closed.is_current, closed.formula) == (True, older)
    for each in before.values():
        for rung in each.ladder.rungs:
            without = {key: tally for key, tally in rung.tallies.items() if key != Measure.DEPLOYMENTS}
            assert rung.heat == heat(without, older.weights)
