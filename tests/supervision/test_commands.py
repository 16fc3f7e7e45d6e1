"""The shell says the same as the pages: ladders by level, and what is wrong with what was typed."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accountability.models import Run
from branches.periods import Period
from supervision.attenuation.engine import take_readings
from supervision.queries import readings

from .worlds import MONTH, NOW, Planter

pytestmark = pytest.mark.django_db


def said(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_take_readings_says_which_run_by_which_formula_as_of_when():
    Planter(1).live(20, 5)
    text = said("take_readings", "2026-08", "2026-09")
    assert "2026年8月：第 1 轮，口径第1版" in text
    assert "2026年9月：第 1 轮" in text
    assert Run.objects.filter(is_current=True).count() == 2


@pytest.mark.parametrize("code", ["2026-13", "2026-Q3", "x"])
def test_take_readings_refuses_what_is_no_month(code):
    with pytest.raises(CommandError):
        call_command("take_readings", code)


def test_heat_ladder_as_json_holds_every_number_of_every_level():
    planter = Planter(2, 40).live(150, 40)
    run = take_readings(MONTH, cutoff=NOW)
    told = json.loads(said("heat_ladder", planter.city.code, "2026-09", "--json"))
    assert (told["run"], told["formula"], told["period"]) == (run.number, 1, "2026-09")
    assert told["cutoff"].startswith("2026-10-05T12:00")
    ladders = readings.ladders(planter.city, MONTH)
    assert [chain["chain"] for chain in told["chains"]] == list(ladders)
    for chain in told["chains"]:
        ladder = ladders[chain["chain"]].ladder
        assert [level["level"] for level in chain["levels"]] == [rung.level for rung in ladder.rungs]
        for level, rung in zip(chain["levels"], ladder.rungs, strict=True):
            assert level["organizations"] == rung.organizations
            assert level["heat"] == pytest.approx(rung.heat)
            assert level["retention"] == rung.retention
            assert level["interval"][0] <= level["heat"] <= level["interval"][1]
            assert all(level["done"][key] <= due for key, due in level["due"].items())
            assert all(level["carried_due"].get(key, 0) <= due for key, due in level["due"].items())
    organizations = sum(rung.organizations for each in ladders.values() for rung in each.ladder.rungs)
    assert organizations <= run.organizations


def test_heat_ladder_in_words_names_levels_measures_and_the_cut_off():
    planter = Planter(3, 30).live(100, 20)
    take_readings(MONTH, cutoff=NOW)
    text = said("heat_ladder", planter.city.code, "2026-09")
    assert "口径第 1 版 · 第 1 轮 · 数据截止 2026-10-05T12:00:00" in text
    assert "热度" in text
    assert "参会" in text


def test_heat_ladder_says_when_there_is_nothing_to_show():
    planter = Planter(4, 5)
    with pytest.raises(CommandError, match="没有编码"):
        call_command("heat_ladder", "nowhere", "2026-09")
    with pytest.raises(CommandError, match="还没有读数"):
        call_command("heat_ladder", planter.city.code, "2026-09")


def test_close_period_freezes_once():
    Planter(5).live(10, 2)
    take_readings(MONTH, cutoff=NOW)
    assert "已封存" in said("close_period", "2026-09")
    with pytest.raises(CommandError):
        call_command("close_period", "2026-09")


def test_a_quarter_is_the_sum_of_its_months():
    planter = Planter(6, 30).live(120, 30)
    months = Period.parse("2026-Q3").months
    for month in months:
        take_readings(month, cutoff=NOW)
    quarter = readings.ladders(planter.city, Period.parse("2026-Q3"))
    for chain, each in quarter.items():
        for rung in each.ladder.rungs:
            due = 0
            for month in months:
                found = readings.ladders(planter.city, month).get(chain)
                due += sum(other.due for other in found.ladder.rungs if other.level == rung.level)
            assert rung.due == due
