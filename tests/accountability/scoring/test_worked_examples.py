"""Whole tables with what a clerk gets by hand: through the engine and through the command."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import accountability
from accountability.known import FILLED_IN, filled_in
from accountability.scheme_tables import problems_of
from accountability.scoring import check_scheme, evaluate, read_facts, read_scheme, to_toml
from accountability.scoring.rules.marks import readers
from accountability.scoring.wording import unexpected

from .tables import DATA

STARTERS = Path(accountability.__file__).parent / "starters" / "schemes"
SMALL = [
    (path, DATA / path.name.replace(".scheme.", ".facts.")) for path in sorted(DATA.glob("*.scheme.toml"))
]
WHOLE = [
    (path, STARTERS / "examples" / f"{path.stem}.facts.toml") for path in sorted(STARTERS.glob("*.toml"))
]
BOTH = pytest.mark.parametrize(("scheme", "facts"), SMALL + WHOLE, ids=lambda path: path.name.split(".")[0])


def test_there_are_as_many_as_promised():
    assert len(SMALL) == 7
    assert len(WHOLE) >= 6


@BOTH
def test_every_unit_has_an_expectation_and_meets_it(scheme, facts):
    known = read_facts(facts.read_bytes())
    assert all(unit.expected and unit.expected.total is not None for unit in known.units)
    assert unexpected(known, evaluate(read_scheme(scheme.read_bytes()), known)) == []


@BOTH
def test_the_command_says_the_same(scheme, facts):
    out, err = StringIO(), StringIO()
    call_command("score", str(scheme), str(facts), stdout=out, stderr=err)
    assert out.getvalue().startswith(read_scheme(scheme.read_bytes()).title)
    assert err.getvalue() == ""


def test_the_command_tells_where_an_example_is_wrong(tmp_path):
    scheme, facts = SMALL[0]
    wrong = tmp_path / "wrong.toml"
    text = facts.read_text()
    wrong.write_text(text.replace("expected = { total = ", "expected = { total = 1"))
    with pytest.raises(CommandError, match="算得") as raised:
        call_command("score", str(scheme), str(wrong), stdout=StringIO())
    assert raised.value.returncode == 1


@BOTH
def test_a_scheme_comes_back_from_its_file_as_it_was(scheme, facts):
    known = read_scheme(scheme.read_bytes())
    assert read_scheme(to_toml(known)) == known
    assert to_toml(read_scheme(to_toml(known))) == to_toml(known)


@pytest.mark.parametrize("path", [path for path, _ in WHOLE], ids=lambda path: path.stem)
def test_a_starter_has_nothing_to_object_to(path):
    assert check_scheme(read_scheme(path.read_bytes())) == []


@pytest.mark.parametrize("path", [path for path, _ in WHOLE], ids=lambda path: path.stem)
def test_what_a_starter_takes_from_the_system_is_really_filled_in(path):
    table = read_scheme(path.read_bytes())
    asked = {
        (item.key, rule.fact)
        for _, item in table.items()
        if item.source in FILLED_IN
        for rule in readers(item)
    }
    assert asked <= filled_in(table)
    assert [str(each) for each in problems_of(table) if each.field != "year"] == []
