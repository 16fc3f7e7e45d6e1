"""Measures are declared once; the declarations, the stored columns and the words agree."""

from types import SimpleNamespace

import pytest

from accountability.choices import Measure
from accountability.models import Reading, RollUp
from supervision.attenuation.engine import ensure_formula
from supervision.attenuation.measures import COUNTS, MEASURES, starting_weights
from supervision.attenuation.statements import Sql


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
def test_a_measure_is_the_same_over_integers_and_over_sql(declared):
    numbers = SimpleNamespace(**{name: place * place + 3 for place, name in enumerate(COUNTS)})
    expressions = SimpleNamespace(**{name: Sql(str(getattr(numbers, name))) for name in COUNTS})
    for number, expression in zip(declared.count(numbers), declared.count(expressions), strict=True):
        assert eval(expression.text) == number


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
