"""docs/scoring.md and the declarations say the same."""

import dataclasses
import re
from decimal import Decimal
from pathlib import Path

import pytest

import accountability
from accountability.scoring import (
    KINDS,
    Adjustment,
    AdjustmentKind,
    Entry,
    Group,
    Item,
    Line,
    Place,
    Scheme,
    Unit,
    evaluate,
    read_facts,
    read_scheme,
)

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "scoring.md").read_text()
SECTIONS = dict(re.findall(r"^#### (\S+) \S+\n(.*?)(?=^###|\Z)", DOCS, re.MULTILINE | re.DOTALL))
BLOCKS = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)


def test_every_kind_has_its_section_and_no_other():
    assert list(SECTIONS) == [kind.name for group in Group for kind in KINDS.values() if kind.group is group]
    assert all(f"#### {kind.name} {kind.label}\n" in DOCS for kind in KINDS.values())
    assert all(group.label in DOCS for group in Group)


@KIND
def test_parameters_are_documented_with_shape_and_default(kind):
    rows = re.findall(r"^\| `(\w+)` (\S.*?) \| (.*?) \| (.*?) \|$", SECTIONS[kind.name], re.MULTILINE)
    assert [(name, label) for name, label, _, _ in rows] == [
        (param.name, param.label) for param in kind.params
    ]
    for param, (_, _, shape, default) in zip(kind.params, rows, strict=True):
        assert shape == (" / ".join(f'`"{each}"`' for each in param.shape.choices) or param.shape.name)
        if param.is_required:
            assert default == "required"
        elif param.default in (None, ""):
            assert default == "–"
        else:
            assert default.strip('`"') == str(param.default).lower()


@KIND
def test_places_and_data_are_documented(kind):
    places = re.search(r"^Written in: (.*?)\.", SECTIONS[kind.name], re.MULTILINE)
    if places is None:
        assert kind.group in (Group.LIMIT, Group.REFUSAL)
        return
    assert places.group(1).split(", ") == [place for place in Place if place in kind.places]
    reads = re.search(r"Reads: (.*)\.$", SECTIONS[kind.name], re.MULTILINE)
    assert tuple(re.findall(r"`(\w+)`", reads.group(1)) if reads else ()) == kind.reads


@KIND
def test_the_example_is_the_declared_one(kind):
    blocks = re.findall(r"```toml\n(.*?)\n```", SECTIONS[kind.name], re.DOTALL)
    if not kind.example.rule:
        assert blocks == []
        return
    assert blocks == [kind.example.rule, kind.example.units]
    came_out = re.search(r"^→ (.*)$", SECTIONS[kind.name], re.MULTILINE).group(1)
    found = {unit: rest for unit, _, rest in (each.partition(" ") for each in came_out.split(", "))}
    expected = {
        unit: " ".join(filter(None, [points, kind.example.grades.get(unit)]))
        for unit, points in kind.example.scores.items()
    }
    assert found == expected


def test_the_first_example_works_as_it_is_printed():
    scheme, facts = (read(block) for read, block in zip((read_scheme, read_facts), BLOCKS, strict=False))
    result = evaluate(scheme, facts)["first"]
    assert (result.total, result.grade) == (Decimal(94), "优秀")
    assert (facts.units[0].expected.total, facts.units[0].expected.grade) == (result.total, result.grade)


@pytest.mark.parametrize(
    ("row", "written"),
    [
        (Scheme, {"lines": "[[line]]", "rules": "[[rule]]"}),
        (Line, {"items": "[[line.item]]", "rules": "[[line.rule]]"}),
        (Item, {"rules": "[[line.item.rule]]"}),
        (Unit, {"entries": "[[unit.entry]]", "adjustments": "[[unit.adjustment]]"}),
        (Entry, {"applies": "applies = false"}),
        (Adjustment, {"points": "points", "condition": "condition", "steps": "steps"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_key_of_the_files_is_documented(row, written):
    for field in dataclasses.fields(row):
        assert f"`{written.get(field.name, field.name)}`" in DOCS, field.name


def test_every_kind_of_step_and_adjustment_is_documented():
    for kind in AdjustmentKind:
        assert f'`"{kind}"`' in DOCS


def test_every_word_for_a_step_in_the_starters_is_documented():
    words = set(
        re.search(r"^\| `what` \| (.*) \|$", DOCS, re.MULTILINE)
        .group(1)
        .replace(" (floor or cap)", "")
        .split(", ")
    )
    folder = Path(accountability.__file__).parent / "starters" / "schemes"
    for path in folder.glob("*.toml"):
        facts = read_facts((folder / "examples" / f"{path.stem}.facts.toml").read_bytes())
        for result in evaluate(read_scheme(path.read_bytes()), facts).results:
            assert {step.what for step in result.explanation.walk()} <= words
