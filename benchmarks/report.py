"""What was measured, as plain values, and the page they make."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    """One promise: what was asked, what came out, whether it holds."""

    name: str
    asked: str
    measured: str
    is_met: bool


@dataclass(frozen=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass
class Section:
    """One chapter of the report; `notes` are paragraphs of Markdown before the tables."""

    title: str
    notes: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)


def render(facts: dict[str, str], sections: Sequence[Section]) -> str:
    """Return the whole report as Markdown: the machine, the goals of all sections, the sections."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; every ratio compares two figures of this one run.",
        "",
    ]
    lines += _table(Table(["", ""], list(facts.items())))
    goals = [
        (goal.name, goal.asked, goal.measured, "yes" if goal.is_met else "**no**")
        for section in sections
        for goal in section.goals
    ]
    if goals:
        lines += ["", "## Goals", "", *_table(Table(["measured", "goal", "result", "met"], goals))]
    for section in sections:
        lines += ["", f"## {section.title}"]
        for note in section.notes:
            lines += ["", note]
        for table in section.tables:
            lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> list[str]:
    rows = [[_cell(value) for value in row] for row in table.rows]
    aligned = [
        "--:" if rows and all(_is_number(row[index].strip("*")) for row in rows) else "---"
        for index in range(len(table.columns))
    ]
    return [_line(table.columns), _line(aligned), *(_line(row) for row in rows)]


def _line(cells) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return figure(value)
    return str(value)


def figure(value: float) -> str:
    """A measured number with three digits that mean something: 0.0123, 1.23, 12.3, 1,234."""
    if value == 0:
        return "0"
    for limit, decimals in ((100, 0), (10, 1), (1, 2), (0.1, 3)):
        if abs(value) >= limit:
            return f"{value:,.{decimals}f}"
    return f"{value:.4f}"


def _is_number(text: str) -> bool:
    return (
        text in ("", "–")
        or text.lstrip("-").replace(",", "").replace(".", "", 1).removesuffix("×").strip().isdigit()
    )
