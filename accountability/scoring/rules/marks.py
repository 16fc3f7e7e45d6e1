"""Rules that turn the facts of one unit into points: handed a rule and a `Reading`, they hand back `Mark`s."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from accountability.scoring.facts import Entry
from accountability.scoring.kinds import Example, Gives, Group, Mark, Param, Place, Reading, kind, kind_of
from accountability.scoring.numbers import HUNDRED, ZERO, divide, plain, shown
from accountability.scoring.schemes import Item, Line, Role, Rule
from accountability.scoring.shapes import (
    FLAG,
    FROM_ONE,
    PERCENT,
    POINTS,
    POINTS_BY,
    POSITIVE,
    STEPS,
    TEXT,
    TIMES,
    WIDTH,
    choice,
)

IN_ITEM = (Place.ITEM,)
FACT = Param("fact", TEXT, "事实名称", "")
CAP = Param("cap", POSITIVE, "最多", None)


def measured(entries: Iterable[Entry]) -> Decimal | None:
    """The one figure that entries amount to.

    A percentage when they say of how many, else the sum of their values, else of their counts; None without a reading.
    """
    entries = list(entries)
    due = [entry.due for entry in entries if entry.due is not None]
    if due:
        done = sum(entry.times for entry in entries)
        return divide(HUNDRED * done, Decimal(sum(due))) if sum(due) else None
    values = [entry.value for entry in entries if entry.value is not None]
    if values:
        return sum(values, ZERO)
    return Decimal(sum(entry.times for entry in entries)) if entries else None


def readers(item: Item) -> list[Rule]:
    """The rules of an item that read facts."""
    return [rule for rule in item.rules if kind_of(rule).group in (Group.MARK, Group.PEER)]


def read_by(rule: Rule, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries a rule reads; what says that the whole item does not apply is read by all its rules."""
    if not entries:
        return ()
    fact = rule.fact
    return tuple([entry for entry in entries if entry.fact == fact or (not entry.applies and not entry.fact)])


def is_without_reading(rule: Rule, entries: Sequence[Entry]) -> bool:
    """Whether it is said that a rule does not apply, or nothing was due of which it takes a share."""
    if all(entry.applies and entry.due != 0 for entry in entries):
        return False
    if any(not entry.applies for entry in entries):
        return True
    due = [entry.due for entry in entries if entry.due is not None]
    return bool(due) and not sum(due) and "value" in kind_of(rule).reads


def is_inapplicable(item: Item, entries: Sequence[Entry]) -> bool:
    """Whether none of the rules of an item has anything to judge, which is not the same as nothing entered."""
    if all(entry.applies and entry.due != 0 for entry in entries):
        return False  # no rule can find it otherwise; asked of every item of every unit
    return all(is_without_reading(rule, read_by(rule, entries)) for rule in readers(item))


def starting(line: Line, item: Item) -> Decimal:
    """Where an item starts: at its full marks when its rules take away and none of them earns, else at 0."""
    if item.start is not None:
        return item.start
    if line.role is not Role.BASE:
        return ZERO
    leanings = {kind_of(rule).leaning(rule) for rule in readers(item)}
    takes = Gives.LOSS in leanings and Gives.MARK not in leanings
    return item.full or ZERO if takes else ZERO


def figure_objection(rule: Rule, entry: Entry) -> str | None:
    """A figure is a value, or a count, or a count of so many due."""
    if entry.value is not None and (entry.count is not None or entry.due is not None):
        return "value 与 count、due 只写一种"
    if entry.value is None and entry.count is None:
        return "要写 value（数值），或 count 与 due（完成数与应完成数）"
    return None


def share_objection(rule: Rule, entry: Entry) -> str | None:
    """A share is a percentage, or a count of so many due."""
    if entry.value is None and entry.due is None:
        return "要写 value（百分比），或 count 与 due（完成数与应完成数）"
    return figure_objection(rule, entry)


def _level_objection(of: str):
    def objection(rule, entry):
        if entry.level in rule[of]:
            return None
        return f"level 应为 {'、'.join(rule[of])} 之一" + (f"，不能是“{entry.level}”" if entry.level else "")

    return objection


def _named(levels) -> list[Decimal]:
    return list(levels.values())


@kind(
    "DEDUCT_EACH",
    "逐次扣分",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("p", POSITIVE, "每次扣"),
    CAP,
    phrase="每发生一次扣{p}分[，最多扣{cap}分]",
    gives=Gives.LOSS,
    reads=("count",),
    example=Example(
        'kind = "DEDUCT_EACH"\np = 0.5\ncap = 2',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", count = 3 }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x", count = 9 }]\n'
        '[[unit]]\nid = "C"',
        {"A": "8.5", "B": "8", "C": "10"},
    ),
)
def deduct_each(rule: Rule, reading: Reading) -> list[Mark]:
    """每发生一次扣若干分，扣到上限或扣完为止；没有发生的不扣。"""
    p = rule["p"]
    return [
        Mark(-p * entry.times, f"{entry.times}次 × 扣{plain(p)}分", (entry,)) for entry in reading.entries
    ]


@kind(
    "ADD_EACH",
    "逐次加分",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("p", POSITIVE, "每次加"),
    CAP,
    phrase="每发生一次加{p}分[，最多加{cap}分]",
    gives=Gives.EXTRA,
    reads=("count",),
    example=Example(
        'kind = "ADD_EACH"\np = 1\ncap = 3',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", count = 2 }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x", count = 5 }]\n'
        '[[unit]]\nid = "C"',
        {"A": "2", "B": "3", "C": "0"},
    ),
)
def add_each(rule: Rule, reading: Reading) -> list[Mark]:
    """每发生一次另加若干分，加到上限为止；没有发生的不加。"""
    p = rule["p"]
    return [Mark(p * entry.times, f"{entry.times}次 × 加{plain(p)}分", (entry,)) for entry in reading.entries]


@kind(
    "GAIN_PER",
    "按数得分",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("p", POSITIVE, "每项得"),
    CAP,
    phrase="每有一项得{p}分[，最多得{cap}分]",
    reads=("count",),
    example=Example(
        'kind = "GAIN_PER"\np = 2',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", count = 3 }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x", count = 6 }]\n'
        '[[unit]]\nid = "C"',
        {"A": "6", "B": "10", "C": "0"},
    ),
)
def gain_per(rule: Rule, reading: Reading) -> list[Mark]:
    """从零分起，每查到一项得若干分，得到上限或满分为止；没有的不得分。"""
    p = rule["p"]
    return [Mark(p * entry.times, f"{entry.times}项 × 得{plain(p)}分", (entry,)) for entry in reading.entries]


def _miss_objection(rule, entry):
    if entry.due is not None and entry.count is None:
        return "写了 due（应开次数）就要写 count（实开次数）"
    return None


@kind(
    "MISS_COUNT",
    "少一次扣分",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("n", FROM_ONE, "应有次数"),
    Param("p", POSITIVE, "每少一次扣"),
    Param("per", TEXT, "按单位的数目成倍", None),
    CAP,
    phrase="应有{n}次[（每个{per}）]，每少一次扣{p}分[，最多扣{cap}分]",
    gives=Gives.LOSS,
    reads=("count", "due"),
    asks=True,
    objection=_miss_objection,
    example=Example(
        'kind = "MISS_COUNT"\nn = 12\np = 0.2\nper = "党小组"',
        '[[unit]]\nid = "A"\nnumbers = { "党小组" = 2 }\nentry = [{ item = "x", count = 21 }]\n'
        '[[unit]]\nid = "B"\nnumbers = { "党小组" = 1 }\nentry = [{ item = "x", count = 15 }]\n'
        '[[unit]]\nid = "C"\nnumbers = { "党小组" = 1 }\nentry = [{ item = "x", count = 5, due = 6 }]\n'
        '[[unit]]\nid = "D"\nnumbers = { "党小组" = 1 }',
        {"A": "9.4", "B": "10", "C": "9.8", "D": "7.6"},
    ),
)
def miss_count(rule: Rule, reading: Reading) -> list[Mark]:
    """期内应有若干次，每少一次扣若干分，多出的不抵别处；没有任何记录的按一次未开计算，并列为未填。"""
    due = [entry.due for entry in reading.entries if entry.due is not None]
    needed = sum(due) if due else rule["n"] * (reading.unit.numbers.get(rule["per"], 0) if rule["per"] else 1)
    held = sum(entry.times for entry in reading.entries)
    missed = max(0, needed - held)
    because = f"应{needed}次，实{held}次，少{missed}次" + (f" × 扣{plain(rule['p'])}分" if missed else "")
    return [Mark(-rule["p"] * missed, because, reading.entries)]


@kind(
    "BOOL",
    "是否达到",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("p", POINTS, "达到得（负数为发生即扣）"),
    phrase=lambda rule: f"发生即扣{plain(-rule['p'])}分" if rule["p"] < 0 else "达到得{p}分，否则不得分",
    reads=("yes",),
    asks=True,
    worth=lambda rule: [rule["p"]],
    objection=lambda rule, entry: "要写 yes = true 或 yes = false" if entry.yes is None else None,
    example=Example(
        'kind = "BOOL"\np = 10',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", yes = true }]\n'
        '[[unit]]\nid = "B"\nentry = [\n    { item = "x", yes = true },\n    { item = "x", yes = false },\n]\n'
        '[[unit]]\nid = "C"',
        {"A": "10", "B": "0", "C": "0"},
    ),
)
def all_or_nothing(rule: Rule, reading: Reading) -> list[Mark]:
    """全得或不得：每条事实都为是才得分；分值为负的，有一条为是即扣。"""
    if not reading.entries:
        return []
    answers = [entry.yes for entry in reading.entries]
    met = any(answers) if rule["p"] < 0 else all(answers)
    return [Mark(rule["p"] if met else ZERO, "是" if met else "否", reading.entries)]


@kind(
    "LEVEL",
    "分档评价",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("levels", POINTS_BY, "各档分值"),
    phrase="按档计分：{levels}",
    reads=("level", "count"),
    asks=True,
    worth=lambda rule: _named(rule["levels"]),
    objection=_level_objection("levels"),
    example=Example(
        'kind = "LEVEL"\nlevels = { "好" = 10, "较好" = 8, "一般" = 6, "差" = 0 }',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", level = "较好" }]\n'
        '[[unit]]\nid = "B"\nentry = [\n    { item = "x", level = "好", count = 15 },\n    { item = "x", level = "一般", count = 5 },\n]\n'
        '[[unit]]\nid = "C"',
        {"A": "8", "B": "9", "C": "0"},
    ),
)
def level(rule: Rule, reading: Reading) -> list[Mark]:
    """按档次得分；有多张测评票的，取各票的平均分。"""
    votes = sum(entry.times for entry in reading.entries)
    if not votes:
        return []
    if len(reading.entries) == 1:
        (entry,) = reading.entries
        return [Mark(rule["levels"][entry.level], entry.level, reading.entries)]
    total = sum((rule["levels"][entry.level] * entry.times for entry in reading.entries), ZERO)
    return [Mark(divide(total, Decimal(votes)), f"{votes}票共{shown(total)}分，取平均", reading.entries)]


@kind(
    "STEP",
    "分段得分",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("steps", STEPS, "各段起点与分值"),
    phrase="按段计分：{steps}",
    reads=("value", "count", "due"),
    asks=True,
    worth=lambda rule: [step["p"] for step in rule["steps"]],
    objection=figure_objection,
    example=Example(
        'kind = "STEP"\nsteps = [{ from = 95, p = 10 }, { from = 85, p = 8 }, { from = 60, p = 5 }]',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", value = 95 }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x", count = 17, due = 20 }]\n'
        '[[unit]]\nid = "C"\nentry = [{ item = "x", value = 59.99 }]\n'
        '[[unit]]\nid = "D"',
        {"A": "10", "B": "8", "C": "0", "D": "0"},
    ),
)
def step(rule: Rule, reading: Reading) -> list[Mark]:
    """数值落在哪一段就得哪一段的分，含本段起点；低于最低一段的不得分。"""
    value = measured(reading.entries)
    if value is None:
        return []
    reached = [each for each in rule["steps"] if each["from"] <= value]
    if not reached:
        return [Mark(ZERO, f"{shown(value)}，低于最低一段", reading.entries)]
    best = max(reached, key=lambda each: each["from"])
    return [Mark(best["p"], f"{shown(value)}，达到{plain(best['from'])}", reading.entries)]


@kind(
    "PER_PP",
    "每低几个百分点扣分",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("target", PERCENT, "目标（百分比）"),
    Param("x", WIDTH, "每低几个百分点"),
    Param("y", POSITIVE, "扣"),
    Param(
        "count",
        choice("full", "started", "proportional", words=("不扣", "按一档扣", "按比例扣")),
        "不足一档的",
        "full",
    ),
    CAP,
    phrase=lambda rule: (
        "目标{target}%，每低{x}个百分点扣{y}分"
        + ("" if rule["count"] == "full" else "（不足一档的{count}）")
        + "[，最多扣{cap}分]"
    ),
    gives=Gives.LOSS,
    reads=("value", "count", "due"),
    asks=True,
    objection=share_objection,
    example=Example(
        'kind = "PER_PP"\ntarget = 90\nx = 2\ny = 0.5',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", value = 85 }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x", count = 18, due = 20 }]\n'
        '[[unit]]\nid = "C"\nentry = [{ item = "x", value = 88 }]\n'
        '[[unit]]\nid = "D"',
        {"A": "9", "B": "10", "C": "9.5", "D": "0"},
    ),
)
def per_percentage_point(rule: Rule, reading: Reading) -> list[Mark]:
    """比目标每低若干个百分点扣若干分：不足一档的按所定不扣、按一档扣或按比例扣；未填的按扣完计。"""
    share = measured(reading.entries)
    if share is None:
        lost = rule["cap"] if rule["cap"] is not None else reading.full or ZERO
        return [Mark(-lost, "没有数据")]
    gap = rule["target"] - share
    if gap <= 0:
        return [Mark(ZERO, f"{shown(share)}%，达到目标", reading.entries)]
    whole, rest = divmod(gap, rule["x"])
    if rule["count"] == "proportional":
        points, steps = divide(gap * rule["y"], rule["x"]), f"{shown(divide(gap, rule['x']))}档（按比例）"
    else:
        counted = whole + (1 if rest and rule["count"] == "started" else 0)
        points, steps = counted * rule["y"], f"{plain(counted)}档"
    because = f"{shown(share)}%，低{shown(gap)}个百分点，{steps} × 扣{plain(rule['y'])}分"
    return [Mark(-points, because, reading.entries)]


def _discretion_objection(rule, entry):
    if entry.points is None:
        return "要写 points（给的分）"
    if not rule["from"] <= entry.points <= rule["to"]:
        return f"points 应在 {plain(rule['from'])} 到 {plain(rule['to'])} 之间，不能是 {plain(entry.points)}"
    if rule["reason"] and not entry.reason:
        return "酌情给分要写 reason（理由）"
    return None


@kind(
    "DISCRETION",
    "酌情评分",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("from", POINTS, "最低"),
    Param("to", POINTS, "最高"),
    Param("reason", FLAG, "要写理由", True),
    Param("several", choice("mean", "sum", words=("取平均", "相加")), "有几个分的", "mean"),
    phrase=lambda rule: (
        "在{from}到{to}分之间酌情评分" + ("，几个分{several}" if rule["several"] == "sum" else "")
    ),
    reads=("points",),
    asks=True,
    worth=lambda rule: [rule["from"], rule["to"]],
    objection=_discretion_objection,
    example=Example(
        'kind = "DISCRETION"\nfrom = 0\nto = 10',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", points = 8.5, reason = "制度健全，个别台账不全" }]\n'
        '[[unit]]\nid = "B"\nentry = [\n    { item = "x", points = 9, reason = "一" },\n    { item = "x", points = 8, reason = "二" },\n]\n'
        '[[unit]]\nid = "C"',
        {"A": "8.5", "B": "8.5", "C": "0"},
    ),
)
def discretion(rule: Rule, reading: Reading) -> list[Mark]:
    """在规定的范围内酌情给分，须写理由；有几个分的取平均，也可以定为相加。"""
    entries = reading.entries
    given = [entry.points or ZERO for entry in entries]
    if rule["several"] == "sum" or len(entries) < 2:
        return [
            Mark(points, f"评{plain(points)}分", (entry,))
            for points, entry in zip(given, entries, strict=True)
        ]
    total = sum(given, ZERO)
    return [
        Mark(divide(total, Decimal(len(entries))), f"{len(entries)}个分共{plain(total)}，取平均", entries)
    ]


@kind(
    "TIERED",
    "按级别计分",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("tiers", POINTS_BY, "各级分值"),
    CAP,
    phrase="按级别计分：{tiers}[，最多{cap}分]",
    gives=Gives.EXTRA,
    reads=("level", "count"),
    worth=lambda rule: _named(rule["tiers"]),
    objection=_level_objection("tiers"),
    example=Example(
        'kind = "TIERED"\ntiers = { "镇" = 2, "县" = 4, "市" = 6, "省" = 10 }',
        '[[unit]]\nid = "A"\nentry = [\n    { item = "x", level = "县" },\n    { item = "x", level = "镇", count = 2 },\n]\n'
        '[[unit]]\nid = "B"',
        {"A": "8", "B": "0"},
    ),
)
def tiered(rule: Rule, reading: Reading) -> list[Mark]:
    """按受表彰（或被通报）的级别计分，逐次累加；同一事项只计最高一级的，另加一条“就高不重复”。"""
    marks = []
    for entry in reading.entries:
        points = rule["tiers"][entry.level]
        times = f" × {entry.times}次" if entry.times != 1 else ""
        marks.append(Mark(points * entry.times, f"{entry.level}级 {plain(points)}分{times}", (entry,)))
    return marks


def _years_objection(rule, entry):
    if entry.value is None:
        return "要写 value（年数）"
    return "年数不能为负" if entry.value < 0 else None


@kind(
    "ESCALATE",
    "满年递增",
    Group.MARK,
    IN_ITEM,
    FACT,
    Param("n", TIMES, "满几年"),
    Param("p", POINTS, "计"),
    Param("q", POINTS, "以后每满一年再计"),
    CAP,
    phrase="满{n}年计{p}分，以后每满一年再计{q}分[，最多{cap}分]",
    gives=Gives.EXTRA,
    reads=("value",),
    worth=lambda rule: [rule["p"], rule["p"] + rule["q"]],
    objection=_years_objection,
    example=Example(
        'kind = "ESCALATE"\nn = 3\np = 5\nq = 1',
        '[[unit]]\nid = "A"\nentry = [{ item = "x", value = 3 }]\n'
        '[[unit]]\nid = "B"\nentry = [{ item = "x", value = 5.9 }]\n'
        '[[unit]]\nid = "C"\nentry = [{ item = "x", value = 2.9 }]',
        {"A": "5", "B": "7", "C": "0"},
    ),
)
def escalate(rule: Rule, reading: Reading) -> list[Mark]:
    """满若干年计若干分（含当年），以后每满一年再计若干分，不满一年的不计。"""
    marks = []
    for entry in reading.entries:
        years = entry.value or ZERO
        further = years // 1 - rule["n"]
        if further < 0:
            marks.append(Mark(ZERO, f"{plain(years)}年，不满{rule['n']}年", (entry,)))
            continue
        points = rule["p"] + rule["q"] * further
        marks.append(Mark(points, f"{plain(years)}年，满{rule['n']}年后又满{plain(further)}年", (entry,)))
    return marks
