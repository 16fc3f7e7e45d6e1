"""The same file imported by two people in the same moment, with real threads on PostgreSQL."""

from dataclasses import replace

import pytest

from accountability.actions.fact_sheets import import_facts
from accountability.actions.scheme_exchange import import_scheme
from accountability.actions.schemes import Outdated
from accountability.choices import EntryOrigin
from accountability.models import EvaluationEntry, Scheme, SchemeVersion
from accountability.scheme_starters import starters
from accountability.scheme_tables import carried
from accountability.scoring import Entry
from tests.accountability.conftest import NOW
from tests.accountability.filling_worlds import gathering
from tests.branches.test_meetings_at_once import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_new_scheme_and_its_next_version_come_once(cast, acting):
    table, actor = carried(starters()["village"].table, 2026), acting("wu")

    def bring(table, version):
        return import_scheme(
            actor=actor, organization=cast.town, table=table, version=version, reason="导入", now=NOW
        )

    answers = at_once(*[lambda: bring(table, None)] * 3)
    assert [type(each) for each in answers].count(Outdated) == 2
    assert Scheme.objects.count() == 1
    changed = [replace(table, basis=f"第{number}稿") for number in range(3)]
    answers = at_once(*[lambda each=each: bring(each, 1) for each in changed])
    assert [type(each) for each in answers].count(Outdated) == 2
    assert list(SchemeVersion.objects.values_list("number", flat=True)) == [2, 1]


def test_the_same_facts_are_stated_once(cast, acting):
    evaluation = gathering(cast)
    stated = [(evaluation.pk, Entry("visits", count=9, due=10)), (evaluation.pk, Entry("late", count=1))]
    answers = at_once(
        *[
            lambda: import_facts(actor=acting("zhao"), round=evaluation.round, stated=stated, now=NOW)
            for _ in range(3)
        ]
    )
    assert answers == [2, 2, 2]
    assert EvaluationEntry.objects.filter(origin=EntryOrigin.HAND).count() == 2
