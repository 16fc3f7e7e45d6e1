"""Rules that work on the total of a unit: they hand back by what it is multiplied and divided, and why."""

from dataclasses import dataclass
from decimal import Decimal

from accountability.scoring.facts import Unit
from accountability.scoring.kinds import Example, Group, Param, Place, kind
from accountability.scoring.numbers import ONE, plain
from accountability.scoring.schemes import Rule
from accountability.scoring.shapes import FACTOR, FACTORS_BY, POSITIVE

IN_SCHEME = (Place.SCHEME,)


@dataclass(frozen=True)
class Factor:
    """A total is taken `times` ÷ `over`."""

    times: Decimal
    over: Decimal
    because: str


@kind(
    "COEFF",
    "难度系数",
    Group.TOTAL,
    IN_SCHEME,
    Param("k", FACTOR, "没有另定的单位", ONE),
    Param("groups", FACTORS_BY, "各类单位的系数", None),
    phrase="总分乘以难度系数（[{groups}，]其他 {k}）",
    example=Example(
        'kind = "COEFF"\ngroups = { "山区" = 1.1 }',
        '[[unit]]\nid = "A"\ngroup = "山区"\nentry = [{ item = "x", points = 80 }]\n'
        '[[unit]]\nid = "B"\ngroup = "山区"\ncoefficient = 1.2\nentry = [{ item = "x", points = 80 }]\n'
        '[[unit]]\nid = "C"\nentry = [{ item = "x", points = 80 }]',
        {"A": "88", "B": "96", "C": "80"},
    ),
)
def coefficient(rule: Rule, unit: Unit, full: Decimal) -> Factor:
    """加减分之后的总分乘以难度系数：单位自己的，其次本类的，再次统一的。"""
    if unit.coefficient is not None:
        return Factor(unit.coefficient, ONE, f"难度系数{plain(unit.coefficient)}")
    if unit.group and unit.group in (rule["groups"] or {}):
        k = rule["groups"][unit.group]
        return Factor(k, ONE, f"{unit.group}难度系数{plain(k)}")
    return Factor(rule["k"], ONE, f"难度系数{plain(rule['k'])}")


@kind(
    "SCALE",
    "折算",
    Group.TOTAL,
    IN_SCHEME,
    Param("to", POSITIVE, "折算为满分"),
    Param("of", POSITIVE, "原满分（不写为本办法满分）", None),
    phrase="按满分{to}分折算",
    example=Example(
        'kind = "SCALE"\nto = 30',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", points = 85 }]',
        {"A": "25.5"},
    ),
)
def scale(rule: Rule, unit: Unit, full: Decimal) -> Factor:
    """总分按满分折算，如满分150分的折成百分制。"""
    of = rule["of"] or full
    return Factor(rule["to"], of, f"满分{plain(of)}折算为{plain(rule['to'])}")
