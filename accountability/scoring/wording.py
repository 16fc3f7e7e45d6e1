"""An evaluation in Chinese for people, line by line."""

from decimal import Decimal

from accountability.scoring.explanation import Evaluation, Result, Step
from accountability.scoring.facts import Entry, Facts
from accountability.scoring.numbers import ONE, plain, rounded, signed
from accountability.scoring.schemes import Scheme

_WHOLE = ("line", "item", "share", "sum", "coefficient", "scale", "rank", "weight", "total")
_DATA = (
    ("of", "对象 "),
    ("by", "评价方 "),
    ("on", ""),
    ("matter", "事项 "),
    ("reason", "理由："),
    ("note", ""),
    ("evidence", "佐证："),
)


def in_words(scheme: Scheme, evaluation: Evaluation) -> str:
    """Every unit with every point; the values beside the steps are rounded for reading only."""
    blocks = [f"{scheme.title}（{scheme.code}{f'，{scheme.year}年' if scheme.year else ''}）"]
    blocks += [unit_in_words(result, scheme.places) for result in evaluation.results]
    return "\n\n".join(blocks)


def unit_in_words(result: Result, places: int) -> str:
    """One unit: total and grade, the tree, how the grade came about, and what is not filled in."""
    head = f"■ {result.name}（{result.id}）  总分 {result.total}"
    lines = [head + (f"  等次 {result.grade}" if result.grade else "")]
    lines += [line for step in _outermost(result.explanation) for line in _tree(step, places, 1)]
    lines += [
        f"  等次依据  {'→ ' + step.grade if step.grade else '未定'}  {step.because}"
        for step in result.grading
    ]
    if result.missing:
        lines.append("  未填：" + "；".join(str(each) for each in result.missing))
    return "\n".join(lines)


def unexpected(facts: Facts, evaluation: Evaluation) -> list[str]:
    """Where the results differ from what the facts say must come out."""
    found = []
    for unit, result in zip(facts.units, evaluation.results, strict=True):
        expected = unit.expected
        if expected is None:
            continue
        if expected.total is not None and expected.total != result.total:
            found.append(f"{unit.name}：总分应为 {plain(expected.total)}，算得 {result.total}")
        if expected.grade is not None and expected.grade != result.grade:
            found.append(f"{unit.name}：等次应为 {expected.grade}，算得 {result.grade}")
        for key, points in expected.items.items():
            got = result.item_points(key)
            if got is None or rounded(got, 6) != rounded(points, 6):
                found.append(
                    f"{unit.name}：{key} 应得 {plain(points)}，算得 {'无' if got is None else plain(rounded(got, 6))}"
                )
    return found


def _outermost(step: Step) -> tuple[Step, ...]:
    """The parts of a total, without a frame around a single part that says the same again."""
    if step.what in ("total", "sum") and step.times == step.over == ONE:
        return _outermost(step.parts[0]) if len(step.parts) == 1 else step.parts
    return (step,)


def _tree(step: Step, places: int, depth: int) -> list[str]:
    margin = "  " * depth
    shown = _points(step.points, places) if step.what in _WHOLE else signed(step.points)
    times = f" × {plain(step.times)}" if step.times != ONE else ""
    over = f" ÷ {plain(step.over)}" if step.over != ONE else ""
    factor = f"（各项之和{times}{over}）" if times or over else ""
    unfilled = " 【未填】" if step.unfilled else ""
    because = f"  {step.because}" if step.because else ""
    lines = [f"{margin}{step.label}  {shown}{factor}{because}{unfilled}"]
    lines += [f"{margin}    · {words}" for entry in step.facts if (words := _entry(entry))]
    for part in step.parts:
        lines += _tree(part, places, depth + 1)
    return lines


def _points(points: Decimal, places: int) -> str:
    return str(rounded(points, places))


def _entry(entry: Entry) -> str:
    told = entry.as_dict()
    words = []
    if "due" in told:
        words.append(f"{entry.times}/{entry.due}")
    elif "count" in told:
        words.append(f"{entry.count}次")
    words += [told[name] for name in ("level", "value") if name in told]
    for name, lead in _DATA:
        if name in told:
            value = told[name]
            words.append(lead + ("、".join(value) if isinstance(value, list) else str(value)))
    return "，".join(words)
