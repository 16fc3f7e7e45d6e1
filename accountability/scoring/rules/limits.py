"""Floors and caps, written as `floor` and `cap` of an item, a line or the scheme; and what is never scored."""

from decimal import Decimal

from accountability.forbidden import Finding, find_forbidden
from accountability.scoring.kinds import Example, Group, Param, Place, kind
from accountability.scoring.shapes import POINTS

EVERYWHERE = (Place.ITEM, Place.LINE, Place.SCHEME)


@kind(
    "FLOOR",
    "保底",
    Group.LIMIT,
    EVERYWHERE,
    Param("floor", POINTS, "不低于"),
    phrase="不低于{floor}分",
    example=Example(
        'kind = "DEDUCT_EACH"\np = 3',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", count = 3 }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x", count = 4 }]',
        {"A": "1", "B": "0"},
    ),
)
def floor(bound: Decimal | None, points: Decimal) -> Decimal:
    """得分不低于此数：基本分和加分项的评价项、分类以及总分默认为 0（扣完为止）。"""
    return points if bound is None else max(bound, points)


@kind(
    "CAP",
    "封顶",
    Group.LIMIT,
    EVERYWHERE,
    Param("cap", POINTS, "不高于"),
    phrase="不高于{cap}分",
    example=Example(
        'kind = "GAIN_PER"\np = 3',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", count = 3 }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x", count = 4 }]',
        {"A": "9", "B": "10"},
    ),
)
def cap(bound: Decimal | None, points: Decimal) -> Decimal:
    """得分不高于此数：评价项和分类默认为其满分，总分默认不封顶。"""
    return points if bound is None else min(bound, points)


@kind(
    "REFUSE",
    "不予采用",
    Group.REFUSAL,
    (),
    phrase="登录次数、点赞转发、在线时长、个人排名等不得列为指标",
    example=Example("", ""),
)
def refuse(text: str) -> list[Finding]:
    """登录、点赞转发、在线时长、个人排名、强制留痕等指标不得写入考核办法：拒绝采用，并说明依据哪条规定。"""
    return find_forbidden(text)
