"""Rules that change marks already found: handed a rule and a list of `Mark`s, they hand back one of the same length."""

from collections.abc import Sequence
from dataclasses import replace

from accountability.scoring.kinds import Example, Group, Mark, Param, Place, kind
from accountability.scoring.numbers import ZERO, plain, signed
from accountability.scoring.schemes import Rule
from accountability.scoring.shapes import FACTOR, TEXT

EVERYWHERE = (Place.ITEM, Place.LINE, Place.SCHEME)


@kind(
    "MULT",
    "加倍或减半",
    Group.CHANGE,
    EVERYWHERE,
    Param("condition", TEXT, "条件"),
    Param("k", FACTOR, "乘以"),
    phrase="{condition}的，按{k}倍计",
    example=Example(
        'kind = "DEDUCT_EACH"\np = 0.5\n\n[[line.item.rule]]\nkind = "MULT"\ncondition = "催办后仍未完成"\nk = 2',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", flags = ["催办后仍未完成"] }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x" }]',
        {"A": "9", "B": "9.5"},
    ),
)
def mult(rule: Rule, marks: Sequence[Mark]) -> list[Mark]:
    """符合条件的事实，分值乘以倍数（如催办后仍未完成的加倍扣分，非主要责任人的减半）；符合几条的连乘。"""
    found = []
    for mark in marks:
        if any(rule["condition"] in entry.flags for entry in mark.entries):
            because = f"{mark.because}，{rule['condition']} × {plain(rule['k'])}"
            mark = replace(mark, points=mark.points * rule["k"], because=because)
        found.append(mark)
    return found


@kind(
    "MAX_ONLY",
    "就高不重复",
    Group.CHANGE,
    EVERYWHERE,
    phrase="同一事项只计最高的一次",
    example=Example(
        'kind = "TIERED"\ntiers = { "县" = 4, "市" = 6 }\n\n[[line.item.rule]]\nkind = "MAX_ONLY"',
        '[[unit]]\nid = "A"\nentry = [\n    { item = "x", level = "县", matter = "河道治理" },\n    { item = "x", level = "市", matter = "河道治理" },\n]\n'
        '[[unit]]\nid = "B"\nentry = [\n    { item = "x", level = "县", matter = "河道治理" },\n    { item = "x", level = "县", matter = "便民服务" },\n]',
        {"A": "6", "B": "8"},
    ),
)
def max_only(rule: Rule, marks: Sequence[Mark]) -> list[Mark]:
    """同一事项在几级受表彰或被通报的，只计分值最大的一次，加分与扣分各算各的；没写事项的逐条计。"""
    highest: dict[tuple | None, int] = {}
    for position, mark in enumerate(marks):
        matter = _matter(mark)
        if matter and (matter not in highest or abs(mark.points) > abs(marks[highest[matter]].points)):
            highest[matter] = position
    found = []
    for position, mark in enumerate(marks):
        kept = highest.get(_matter(mark), position)
        if kept != position:
            because = f"{mark.because}，同一事项已计{signed(marks[kept].points)}分，就高不重复"
            mark = replace(mark, points=ZERO, because=because)
        found.append(mark)
    return found


def _matter(mark: Mark) -> tuple | None:
    matters = {entry.matter for entry in mark.entries}
    if len(matters) != 1 or matters == {""} or not mark.points:
        return None
    return (*matters, mark.points > 0)
