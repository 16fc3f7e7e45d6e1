"""Rules that score several times and bring the results together: they hand back `Share`s that add up to the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accountability.scoring.facts import Entry, Unit
from accountability.scoring.kinds import Example, Group, Param, Place, kind
from accountability.scoring.numbers import ONE, plain
from accountability.scoring.schemes import Rule
from accountability.scoring.shapes import SHARE, SHARES_BY

EVERYWHERE = (Place.ITEM, Place.LINE, Place.SCHEME)


@dataclass(frozen=True)
class Share:
    """One of the results: whose, from which entries (`by` which assessor), taken `times` ÷ `over`."""

    key: str
    label: str
    unit: Unit
    entries: tuple[Entry, ...]
    times: Decimal = ONE
    over: Decimal = ONE
    by: str = ""


@dataclass(frozen=True)
class Sharing:
    """What such a rule sees: the unit, its entries here, and the units beside it with theirs."""

    unit: Unit
    entries: tuple[Entry, ...]
    units: Mapping[str, Unit]
    entries_of: Mapping[str, Sequence[Entry]]


@kind(
    "ASSESSORS",
    "多方评价加权",
    Group.SHARE,
    EVERYWHERE,
    Param("weights", SHARES_BY, "各方权重"),
    phrase="各方评分按权重相加：{weights}",
    example=Example(
        'kind = "DISCRETION"\nfrom = 0\nto = 10\nreason = false\n\n[[line.item.rule]]\nkind = "ASSESSORS"\n'
        'weights = { "自评" = 0.3, "党委评" = 0.7 }',
        '[[unit]]\nid = "A"\nentry = [\n    { item = "x", by = "自评", points = 10 },\n    { item = "x", by = "党委评", points = 8 },\n    { item = "x", by = "党委评", points = 9 },\n]',
        {"A": "8.95"},
    ),
)
def assessors(rule: Rule, sharing: Sharing) -> list[Share]:
    """自评、上级评、党员评、群众评等分别计分，再按权重相加；没有评的一方不得分，并列为未填。"""
    return [
        Share(
            name,
            f"{name}（权重{plain(weight)}）",
            sharing.unit,
            tuple(entry for entry in sharing.entries if entry.by in ("", name)),
            times=weight,
            by=name,
        )
        for name, weight in rule["weights"].items()
    ]


@kind(
    "AVG_OVER",
    "成员平均",
    Group.SHARE,
    EVERYWHERE,
    phrase="对每名成员分别计分，取平均",
    example=Example(
        'kind = "DEDUCT_EACH"\np = 1\n\n[[line.item.rule]]\nkind = "AVG_OVER"',
        '[[unit]]\nid = "A"\nmembers = ["书记", "副书记", "组织委员", "宣传委员"]\nentry = [\n    { item = "x", of = "书记", count = 1 },\n    { item = "x", of = "组织委员", count = 2 },\n]',
        {"A": "9.25"},
    ),
)
def average_over(rule: Rule, sharing: Sharing) -> list[Share]:
    """对班子成员分别计分，再取平均；没有事实的成员也算在内。"""
    members = sharing.unit.members
    return [
        Share(
            member,
            f"{member}（{len(members)}人平均）",
            sharing.unit,
            tuple(entry for entry in sharing.entries if entry.of in ("", member)),
            over=Decimal(len(members)),
        )
        for member in members
    ]


@kind(
    "CHAIN_WEIGHT",
    "本人与分管单位挂钩",
    Group.SHARE,
    EVERYWHERE,
    Param("own", SHARE, "本人权重"),
    phrase="本人权重{own}，其余为分管单位的平均",
    example=Example(
        'kind = "DEDUCT_EACH"\np = 0.1\n\n[[line.item.rule]]\nkind = "CHAIN_WEIGHT"\nown = 0.8',
        '[[unit]]\nid = "L"\nin_charge_of = ["A", "B"]\nentry = [{ item = "x", count = 7 }]\n'
        '[[unit]]\nid = "A"\nentry = [{ item = "x", count = 10 }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x", count = 4 }]',
        {"L": "9.3", "A": "9", "B": "9.6"},
    ),
)
def chain_weight(rule: Rule, sharing: Sharing) -> list[Share]:
    """领导本人得分与其分管单位平均分按权重相加；不分管单位的全按本人计，只看一层，不再往下。"""
    charges = sharing.unit.in_charge_of
    own = tuple(entry for entry in sharing.entries if not entry.of)
    if not charges:
        return [Share("own", "本人", sharing.unit, own)]
    weight = plain(rule["own"])
    shares = [Share("own", f"本人（权重{weight}）", sharing.unit, own, times=rule["own"])]
    for charge in charges:
        unit = sharing.units.get(charge, sharing.unit)
        entries = [entry for entry in sharing.entries if entry.of == charge]
        entries += [entry for entry in sharing.entries_of.get(charge, ()) if not entry.of]
        shares.append(
            Share(
                charge,
                f"{unit.name if charge in sharing.units else charge}（分管单位，权重{plain(ONE - rule['own'])}的平均）",
                unit,
                tuple(entries),
                times=ONE - rule["own"],
                over=Decimal(len(charges)),
            )
        )
    return shares
