"""Rules that compare a unit with its peers: a rule, its own figure and all of them in rising order → points and why.

On an item the figure is what its entries amount to; on the scheme it is the total so far.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal

from accountability.scoring.kinds import Example, Group, Param, Place, kind
from accountability.scoring.numbers import ZERO, divide, plain, shown
from accountability.scoring.rules.marks import FACT, figure_objection
from accountability.scoring.schemes import Rule
from accountability.scoring.shapes import NOT_NEGATIVE, POSITIVE, choice

ANYWHERE = (Place.ITEM, Place.SCHEME)
BETTER = Param("better", choice("high", "low", words=("数值大的", "数值小的")), "以什么为好", "high")

_THREE = (
    '[[unit]]\nid = "A"\nentry = [{ item = "x", value = 60 }]\n'
    '[[unit]]\nid = "B"\nentry = [{ item = "x", value = 45 }]\n'
    '[[unit]]\nid = "C"\nentry = [{ item = "x", value = 60 }]\n'
    '[[unit]]\nid = "D"\nentry = [{ item = "x", value = 30 }]\n'
    '[[unit]]\nid = "E"'
)


def rank_of(rule: Rule, own: Decimal, all_of_them: Sequence[Decimal]) -> int:
    """1 for the best; equals share the better place and the next place is left out."""
    if rule["better"] == "low":
        return 1 + bisect_left(all_of_them, own)
    return 1 + len(all_of_them) - bisect_right(all_of_them, own)


def _best(rule: Rule) -> str:
    """Which end is the first place, when that is not the usual one."""
    return "（{better}为好）" if rule["better"] == "low" else ""


def _not_negative(rule, entry):
    if entry.value is not None and entry.value < 0:
        return "与最好的相比，数值不能为负"
    return figure_objection(rule, entry)


@kind(
    "RATIO_TO_BEST",
    "与最好的相比",
    Group.PEER,
    ANYWHERE,
    FACT,
    Param("max", POSITIVE, "最好的得"),
    phrase="以最好的为{max}分，按比例得分",
    reads=("value", "count", "due"),
    asks=True,
    worth=lambda rule: [rule["max"]],
    objection=_not_negative,
    example=Example(
        'kind = "RATIO_TO_BEST"\nmax = 10', _THREE, {"A": "10", "B": "7.5", "C": "10", "D": "5", "E": "0"}
    ),
)
def ratio_to_best(rule: Rule, own: Decimal, all_of_them: Sequence[Decimal]) -> tuple[Decimal, str]:
    """本单位数值 ÷ 同类中最好的数值 × 满分；都为零的不得分。"""
    best = max(own, *all_of_them[-1:])
    if best <= 0:
        return ZERO, f"{shown(own)}，没有可比的数"
    return divide(
        max(own, ZERO) * rule["max"], best
    ), f"{shown(own)} ÷ 最好的{shown(best)} × {plain(rule['max'])}分"


@kind(
    "RANK_STEP",
    "按名次逐名递减",
    Group.PEER,
    ANYWHERE,
    FACT,
    Param("full", POSITIVE, "第一名得"),
    Param("d", NOT_NEGATIVE, "每后一名少"),
    BETTER,
    phrase=lambda rule: "第一名得{full}分，每后一名少{d}分" + _best(rule),
    reads=("value", "count", "due"),
    asks=True,
    worth=lambda rule: [rule["full"]],
    objection=figure_objection,
    example=Example(
        'kind = "RANK_STEP"\nfull = 10\nd = 0.5',
        _THREE,
        {"A": "10", "B": "9", "C": "10", "D": "8.5", "E": "0"},
    ),
)
def rank_step(rule: Rule, own: Decimal, all_of_them: Sequence[Decimal]) -> tuple[Decimal, str]:
    """第一名得满分，每后一名少若干分，减到零为止；并列的同取较前的名次，其后名次顺延。"""
    rank = rank_of(rule, own, all_of_them)
    return max(ZERO, rule["full"] - rule["d"] * (rank - 1)), f"{shown(own)}，第{rank}名"


@kind(
    "RANK_LINEAR",
    "按名次等差",
    Group.PEER,
    ANYWHERE,
    FACT,
    Param("hi", NOT_NEGATIVE, "第一名得"),
    Param("lo", NOT_NEGATIVE, "最后一名得"),
    BETTER,
    phrase=lambda rule: "第一名得{hi}分，最后一名得{lo}分，中间按名次等差" + _best(rule),
    reads=("value", "count", "due"),
    asks=True,
    worth=lambda rule: [rule["hi"], rule["lo"]],
    objection=figure_objection,
    example=Example(
        'kind = "RANK_LINEAR"\nhi = 10\nlo = 4', _THREE, {"A": "10", "B": "6", "C": "10", "D": "4", "E": "0"}
    ),
)
def rank_linear(rule: Rule, own: Decimal, all_of_them: Sequence[Decimal]) -> tuple[Decimal, str]:
    """第一名得最高分，最后一名得最低分，中间按名次等差；只有一个单位的得最高分，并列的同取较前的名次。"""
    rank, last = rank_of(rule, own, all_of_them), len(all_of_them)
    if last < 2:
        return rule["hi"], f"{shown(own)}，只有一个单位"
    lost = divide((rule["hi"] - rule["lo"]) * (rank - 1), Decimal(last - 1))
    return rule["hi"] - lost, f"{shown(own)}，第{rank}名（共{last}个）"
