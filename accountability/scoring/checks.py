"""What is wrong with a scheme, and what is wrong with facts for it, in the user's words."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, localcontext

from accountability.held import find_held
from accountability.scoring.facts import Adjustment, AdjustmentKind, Entry, Facts, Unit
from accountability.scoring.kinds import KINDS, Gives, Group, Place, kind_of, kinds_at
from accountability.scoring.numbers import EXACT, HUNDRED, ONE, ZERO, divide, plain, shown
from accountability.scoring.problems import Problem, error, warning
from accountability.scoring.rules.limits import refuse
from accountability.scoring.rules.marks import read_by, readers, starting
from accountability.scoring.schemes import Item, Line, Role, Rule, Scheme, Source, Subject

DATA = ("count", "due", "value", "level", "points", "yes")
MOST_PROBLEMS = 100
MOST_RULES = 20


def check_scheme(scheme: Scheme) -> list[Problem]:
    """Errors, with which nothing can be evaluated, and warnings; in the order of the table."""
    with localcontext(EXACT):
        found = list(_structure(scheme))
        if not any(problem.blocks for problem in found):
            found += [*_sums(scheme), *_reaches(scheme), *_shares(scheme), *_grades(scheme)]
        return [*found, *_refusals(scheme), *_held(scheme)]


def check_facts(scheme: Scheme, facts: Facts) -> list[Problem]:
    """What in the facts does not fit the scheme; at most `MOST_PROBLEMS`."""
    found = []
    for problem in _facts(scheme, facts):
        found.append(problem)
        if len(found) == MOST_PROBLEMS:
            found.append(error("", "问题过多，只列出前面的"))
            break
    return found


# the scheme: structure


def _structure(scheme: Scheme) -> Iterator[Problem]:
    yield from _twice("line", [line.key for line in scheme.lines], "分类代码")
    yield from _twice("item", [item.key for _, item in scheme.items()], "评价项代码")
    yield from _twice("grades", list(scheme.grades), "等次")
    if not scheme.lines:
        yield error("line", "至少要有一个分类")
    if scheme.starts_on and scheme.ends_on and scheme.starts_on > scheme.ends_on:
        yield error("ends_on", "结束日期早于开始日期")
    if scheme.bounds.are_crossed:
        yield error("cap", "总分的封顶低于保底")
    for number, rule in enumerate(scheme.rules, start=1):
        yield from _rule(rule, Place.SCHEME, f"rule[{number}]")
    for kinds in (["COEFF"], ["SCALE"], [name for name, kind in KINDS.items() if kind.group is Group.PEER]):
        if sum(1 for rule in scheme.rules if rule.kind in kinds) > 1:
            yield error("rule", f"{'、'.join(kinds)} 只能写一条")
    for at, line in enumerate(scheme.lines, start=1):
        where = f"line[{at}]（{line.title}）"
        if line.role is Role.BASE and line.full is None:
            yield error(where, "基本分的分类要写满分 full")
        if not line.items:
            yield error(where, "没有评价项")
        if line.bounds.are_crossed:
            yield error(where, "封顶低于保底")
        if sum(1 for rule in (*scheme.rules, *line.rules) if rule.kind == "MULT") > MOST_RULES:
            yield error(where, f"最多 {MOST_RULES} 个倍数条件")
        for number, rule in enumerate(line.rules, start=1):
            yield from _rule(rule, Place.LINE, f"{where}.rule[{number}]")
        for number, item in enumerate(line.items, start=1):
            yield from _item(line, item, f"{where}.item[{number}]（{item.title}）")


def _item(line: Line, item: Item, where: str) -> Iterator[Problem]:
    if line.role is Role.BASE and item.full is None:
        yield error(where, "基本分的评价项要写满分 full")
    if item.bounds(line.role).are_crossed:
        yield error(where, "封顶低于保底")
    wrong = [
        problem
        for number, rule in enumerate(item.rules, start=1)
        for problem in _rule(rule, Place.ITEM, f"{where}.rule[{number}]")
    ]
    yield from wrong
    if any(rule in item.rules[:number] for number, rule in enumerate(item.rules)):
        yield warning(where, "有两条规则完全一样，每条事实会计两次")
    if not wrong and not readers(item):
        yield error(where, "没有计分规则")
    if len(item.rules) > MOST_RULES:
        yield error(where, f"最多 {MOST_RULES} 条规则")


def _rule(rule: Rule, place: Place, where: str) -> Iterator[Problem]:
    kind = KINDS.get(rule.kind)
    if kind is None or place not in kind.places or kind.group is Group.LIMIT:
        yield error(where, f"没有规则“{rule.kind}”，此处可用 {'、'.join(written_at(place))}")
        return
    missing = [param.name for param in kind.params_at(place) if param.name not in rule.params]
    if missing:
        yield error(where, f"缺少参数 {'、'.join(missing)}")
        return
    if rule.kind == "STEP":
        yield from _twice(where, [plain(step["from"]) for step in rule["steps"]], "分段起点")
    if rule.kind == "DISCRETION" and rule["from"] > rule["to"]:
        yield error(where, "最低分高于最高分")
    if rule.kind == "RANK_LINEAR" and rule["lo"] > rule["hi"]:
        yield error(where, "最后一名的分高于第一名")


def written_at(place: Place) -> list[str]:
    """The kinds that may be written as a rule there."""
    return [name for name in kinds_at(place) if KINDS[name].group is not Group.LIMIT]


def _twice(where: str, names: list[str], what: str) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if times > 1:
            yield error(where, f"{what}“{name}”重复")


# the scheme: sums and what can be reached


def _sums(scheme: Scheme) -> Iterator[Problem]:
    base = [line for line in scheme.lines if line.role is Role.BASE]
    for line in base:
        total, full = sum((item.full or ZERO for item in line.items), ZERO), line.full or ZERO
        if total != full:
            yield warning(
                f"line（{line.title}）", f"各评价项满分合计{plain(total)}分，与分类满分{plain(full)}分不符"
            )
    total = sum(((line.full or ZERO) * line.weight for line in base), ZERO)
    if total != scheme.full:
        yield warning("full", f"各分类满分合计{plain(total)}分，与总分{plain(scheme.full)}分不符")
    weights = [line.weight for line in base]
    if any(weight != ONE for weight in weights) and sum(weights, ZERO) != ONE:
        yield warning("line", f"各分类权重之和为{plain(sum(weights, ZERO))}，不是1")


def _reaches(scheme: Scheme) -> Iterator[Problem]:
    """Items whose rules cannot give the full marks, or give more."""
    for line, item in scheme.items():
        if line.role is not Role.BASE or starting(line, item):
            continue
        best = [_best(rule) for rule in readers(item)]
        known = [points for points in best if points is not None]
        if len(known) < len(best):
            continue
        reach, full = sum(known, ZERO), item.full or ZERO
        where = f"item（{item.title}）"
        if reach < full:
            yield warning(where, f"按规则最多得{plain(reach)}分，达不到满分{plain(full)}分")
        elif reach > full and all(kind_of(rule).gives is Gives.MARK for rule in readers(item)):
            yield warning(where, f"按规则最多得{plain(reach)}分，超过满分{plain(full)}分的部分不计")


def _best(rule: Rule) -> Decimal | None:
    """The most a rule can give; None when nothing limits it."""
    kind = kind_of(rule)
    if kind.leaning(rule) is Gives.LOSS:
        return ZERO
    if rule.params.get("cap") is not None:
        return rule["cap"]
    if kind.worth is None or kind.gives is Gives.EXTRA:
        return None
    return max(kind.worth(rule))


def _highest_total(scheme: Scheme) -> Decimal | None:
    """The most a unit can get; None when nothing limits it."""
    if scheme.of_kind("COEFF"):
        return scheme.cap
    total = ZERO
    for line in scheme.lines:
        if line.role is Role.DEDUCTION:
            continue
        caps = [item.bounds(line.role).cap for item in line.items]
        within = sum((cap for cap in caps if cap is not None), ZERO) if None not in caps else None
        limits = [limit for limit in (line.bounds.cap, within) if limit is not None]
        if not limits:
            return scheme.cap
        total += min(limits) * line.weight
    for rule in scheme.of_kind("SCALE"):
        total = divide(total * rule["to"], rule["of"] or scheme.full)
    for rule in scheme.rules:
        if kind_of(rule).group is Group.PEER:
            total = _best(rule) or ZERO
    return total if scheme.cap is None else min(total, scheme.cap)


# the scheme: shares


def _shares(scheme: Scheme) -> Iterator[Problem]:
    for rules, where in _levels(scheme):
        shares = [rule for rule in rules if kind_of(rule).group is Group.SHARE]
        if len(shares) > 1:
            yield error(where, f"{'、'.join(rule.kind for rule in shares)} 只能用一种")
        for rule in shares:
            if rule.kind == "ASSESSORS" and sum(rule["weights"].values(), ZERO) != ONE:
                total = sum(rule["weights"].values(), ZERO)
                yield error(where, f"各方权重之和为{plain(total)}，应为1")
    for line, item in scheme.items():
        above = share_kinds(scheme, line, item)
        where = f"item（{item.title}）"
        yield from _twice(where, above, "上下级都写了")
        compares = any(kind_of(rule).group is Group.PEER for rule in readers(item))
        if compares and "AVG_OVER" in above:
            yield error(where, "与其他单位比较的规则不能用于成员平均")


def _levels(scheme: Scheme) -> Iterator[tuple[Sequence[Rule], str]]:
    yield scheme.rules, "rule"
    for line in scheme.lines:
        yield line.rules, f"line（{line.title}）"
        for item in line.items:
            yield item.rules, f"item（{item.title}）"


def share_kinds(scheme: Scheme, line: Line, item: Item) -> list[str]:
    """The kinds of shares an item is scored through, from the scheme down."""
    return [
        rule.kind
        for rules in (scheme.rules, line.rules, item.rules)
        for rule in rules
        if kind_of(rule).group is Group.SHARE
    ]


# the scheme: grades


def _grades(scheme: Scheme) -> Iterator[Problem]:
    known = set(scheme.grades)
    keys = {line.key for line in scheme.lines} | {item.key for _, item in scheme.items()}
    if len(scheme.of_kind("CUTOFF")) + len(scheme.of_kind("GATE")) > 1:
        yield error("rule", "分数线（CUTOFF）和逐级达标（GATE）只能用一条")
    if len(scheme.of_kind("QUOTA")) > 1:
        yield error("rule", "名额（QUOTA）只能写一条")
    if scheme.grades and not any(rule.kind in ("CUTOFF", "GATE", "QUOTA") for rule in scheme.rules):
        yield warning("grades", "没有定等次的规则（分数线、逐级达标或名额），结果只有分数，没有等次")
    for kind in ("VETO", "DIRECT_GRADE", "DOWNGRADE"):
        yield from _twice(
            "rule", [rule["condition"] for rule in scheme.of_kind(kind)], KINDS[kind].label + "情形"
        )
    for number, rule in enumerate(scheme.rules, start=1):
        if kind_of(rule).group is not Group.GRADE:
            continue
        where = f"rule[{number}]（{kind_of(rule).label}）"
        if not scheme.grades and not (rule.kind == "VETO" and rule["effect"] == "zero"):
            yield error(where, "本办法没有写等次 grades")
            continue
        unknown = [grade for grade in _named_grades(rule) if grade not in known]
        if unknown:
            yield error(where, f"没有等次“{unknown[0]}”，等次有 {'、'.join(scheme.grades)}")
            continue
        if rule.kind == "CUTOFF":
            yield from _cutoffs(scheme, rule, where)
        elif rule.kind == "GATE":
            yield from _gates(scheme, rule, where)
        elif rule.kind == "QUOTA":
            yield from _quotas(scheme, rule, where)
        elif rule.kind == "VETO":
            if rule["effect"] == "grade" and rule["grade"] is None:
                yield error(where, "effect 为 grade 时要写 grade（等次）")
            if (rule["of"] is None) != (rule["below"] is None):
                yield error(where, "自动触发要同时写 of 和 below")
            if rule["of"] is not None and rule["of"] not in keys:
                yield error(where, f"没有代码为“{rule['of']}”的分类或评价项")


def _named_grades(rule: Rule) -> list[str]:
    if rule.kind == "CUTOFF":
        return [band["grade"] for band in rule["bands"]]
    if rule.kind == "QUOTA":
        return [*(rule["shares"] or {}), *(rule["one_in"] or {}), *(rule["numbers"] or {})]
    if rule.kind == "GATE":
        return list(rule["grades"])
    return [rule["grade"]] if rule.params.get("grade") else []


def _cutoffs(scheme: Scheme, rule: Rule, where: str) -> Iterator[Problem]:
    bands = sorted(rule["bands"], key=lambda band: scheme.grades.index(band["grade"]))
    yield from _twice(where, [band["grade"] for band in bands], "等次")
    highest = _highest_total(scheme)
    above = None
    for band in bands:
        grade, start = band["grade"], plain(band["from"])
        if "below" in band and band["below"] <= band["from"]:
            yield error(where, f"{grade}的上限不高于下限")
        if above is None:
            if "below" in band and (highest is None or highest >= band["below"]):
                yield error(where, f"总分{plain(band['below'])}及以上的没有等次")
        elif band["from"] >= above["from"]:
            yield error(where, f"{grade}与{above['grade']}的分数线重叠：都从{start}起或次序颠倒")
        elif "below" in band and band["below"] > above["from"]:
            yield error(
                where,
                f"{grade}与{above['grade']}的分数线重叠：{plain(above['from'])}到{plain(band['below'])}",
            )
        elif "below" in band and band["below"] < above["from"]:
            yield error(
                where, f"{grade}与{above['grade']}之间有空档：{plain(band['below'])}到{plain(above['from'])}"
            )
        above = band
    lowest = bands[-1]
    if lowest["grade"] == scheme.grades[-1] and lowest["from"] > scheme.floor:
        yield error(where, f"低于{plain(lowest['from'])}分的没有等次")
    skipped = [grade for grade in scheme.grades[:-1] if grade not in _named_grades(rule)]
    if skipped:
        yield warning(where, f"{'、'.join(skipped)}没有分数线，按分数达不到")
    for band in bands:
        if highest is not None and band["from"] > highest:
            yield warning(
                where, f"{band['grade']}要{plain(band['from'])}分，最高只能得{plain(highest)}分，达不到"
            )


def _gates(scheme: Scheme, rule: Rule, where: str) -> Iterator[Problem]:
    lines = {line.key: line for line in scheme.lines if line.role is Role.BASE}
    unknown = [key for key in rule["lines"] if key not in lines]
    if unknown:
        yield error(where, f"没有代码为“{unknown[0]}”的基本分分类")
        return
    if [key for key in lines if key in rule["lines"]] != list(rule["lines"]):
        yield error(where, "各级的次序与分类的次序不一致")
    if len(rule["grades"]) != len(rule["lines"]):
        yield error(where, "级数与等次数不一致")
    positions = [scheme.grades.index(grade) for grade in rule["grades"]]
    if positions != sorted(positions, reverse=True):
        yield error(where, "后一级的等次应高于前一级")
    for key in rule["lines"]:
        cap = lines[key].bounds.cap
        if cap is not None and rule["pass"] > cap:
            yield warning(where, f"{lines[key].title}最高{plain(cap)}分，达不到{plain(rule['pass'])}分")


def _quotas(scheme: Scheme, rule: Rule, where: str) -> Iterator[Problem]:
    limited = _named_grades(rule)
    if not limited:
        yield error(where, "要写 shares（百分比）、one_in（每几个一个）或 numbers（个数）")
    total = sum((rule["shares"] or {}).values(), ZERO)
    total += sum((divide(HUNDRED, Decimal(each)) for each in (rule["one_in"] or {}).values()), ZERO)
    if total > HUNDRED:
        yield error(where, f"各等次名额合计{shown(total, 2)}%，超过100%")
    if scheme.grades[-1] in limited:
        yield warning(where, f"{scheme.grades[-1]}是最低等次，其余单位都落在这里，不受名额限制")


# the scheme: what is not scored


def _refusals(scheme: Scheme) -> Iterator[Problem]:
    for where, text in _texts(scheme):
        for finding in refuse(text):
            yield error(where, f"不予采用：{finding}")
    if scheme.subject is Subject.PERSON:
        for rules, where in _levels(scheme):
            for rule in rules:
                if kind_of(rule).group is Group.PEER:
                    yield error(where, f"不予采用：对个人不得排名比较，{kind_of(rule).label}只用于单位")


def _held(scheme: Scheme) -> Iterator[Problem]:
    """Items filled in by hand that ask for what the system holds."""
    for _, item in scheme.items():
        if item.source is not Source.HAND:
            continue
        asked = [item.title, item.datum, *(rule.fact for rule in item.rules)]
        for hint in find_held("。".join([*(f"填报{each}" for each in asked if each), item.clause])):
            yield warning(f"item（{item.title}）", str(hint))


def _texts(scheme: Scheme) -> Iterator[tuple[str, str]]:
    yield "title", scheme.title
    for rule in scheme.rules:
        yield "rule", "。".join(_words(rule))
    for line in scheme.lines:
        yield (
            f"line（{line.title}）",
            "。".join([line.title, *(word for rule in line.rules for word in _words(rule))]),
        )
        for item in line.items:
            words = [
                item.title,
                item.clause,
                item.datum,
                *(word for rule in item.rules for word in _words(rule)),
            ]
            yield f"item（{item.title}）", "。".join(words)


def _words(rule: Rule) -> Iterator[str]:
    for value in rule.params.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value


# the facts


class _Plan:
    """What a scheme expects of the entries of one item."""

    def __init__(self, scheme: Scheme, line: Line, item: Item):
        self.item = item
        self.readers = readers(item)
        self.facts = {rule.fact for rule in self.readers}
        nearby = [*line.rules, *item.rules]
        everywhere = [*scheme.rules, *nearby]
        self.conditions = {rule["condition"] for rule in everywhere if rule.kind == "MULT"}
        weights = [rule["weights"] for rule in everywhere if rule.kind == "ASSESSORS"]
        self.assessors = {name for each in weights for name in each}
        self.asks_by = any(rule.kind == "ASSESSORS" for rule in nearby)
        self.of_members = any(rule.kind == "AVG_OVER" for rule in everywhere)
        self.asks_of = any(rule.kind == "AVG_OVER" for rule in nearby)
        self.of_charges = any(rule.kind == "CHAIN_WEIGHT" for rule in everywhere)
        self.reading = {fact: [rule for rule in self.readers if rule.fact == fact] for fact in self.facts}
        self.reads = {
            fact: {name for rule in rules for name in kind_of(rule).reads}
            for fact, rules in self.reading.items()
        }


def _facts(scheme: Scheme, facts: Facts) -> Iterator[Problem]:
    plans = {item.key: _Plan(scheme, line, item) for line, item in scheme.items()}
    if facts.scheme and facts.scheme != scheme.code:
        yield error("scheme", f"这些事实是“{facts.scheme}”的，不是“{scheme.code}”的")
    if not facts.units:
        yield error("unit", "没有要评的单位")
    yield from _twice("unit", [unit.id for unit in facts.units], "单位代码")
    for number, unit in enumerate(facts.units, start=1):
        where = f"unit[{number}]（{unit.name}）"
        yield from _unit(scheme, plans, unit, where)
        for at, entry in enumerate(unit.entries, start=1):
            for message in _entry(plans, unit, entry):
                yield error(f"{where}.entry[{at}]", message)
        for at, adjustment in enumerate(unit.adjustments, start=1):
            for message in _adjustment(scheme, adjustment):
                yield error(f"{where}.adjustment[{at}]", message)


def _unit(scheme: Scheme, plans: dict[str, _Plan], unit: Unit, where: str) -> Iterator[Problem]:
    if unit.id in unit.in_charge_of:
        yield error(f"{where}.in_charge_of", "不能分管本单位自己")
    if not unit.members and any(plan.of_members for plan in plans.values()):
        yield error(f"{where}.members", "有按成员平均的评价项，要列出成员")
    of_item: dict[str, list[Entry]] = defaultdict(list)
    for entry in unit.entries:
        of_item[entry.item].append(entry)
    for key, plan in plans.items():
        entries = of_item.get(key, [])
        for rule in plan.readers:
            read = read_by(rule, entries)
            due = any(entry.due is not None for entry in read)
            per = rule.params.get("per")
            if per and per not in unit.numbers and not due:
                yield error(f"{where}.numbers", f"评价项“{plan.item.title}”要用到 {per}，没有写")
            for message in _together(rule, read):
                yield error(where, f"评价项“{plan.item.title}”{message}")
    expected = unit.expected
    if expected and expected.grade is not None and expected.grade not in scheme.grades:
        yield error(f"{where}.expected", f"没有等次“{expected.grade}”")
    if expected:
        for key in expected.items:
            if key not in plans:
                yield error(f"{where}.expected", f"没有评价项“{key}”")


def _together(rule: Rule, entries: Iterable[Entry]) -> Iterator[str]:
    """What is wrong with entries that one rule reads together."""
    entries = list(entries)
    own = [entry for entry in entries if not entry.of]
    if len(own) > 1 and any(not entry.applies for entry in own):
        yield "既写了不适用，又写了事实"
    groups: dict[tuple, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.by, entry.of].append(entry)
    for several in groups.values():
        if len(several) < 2:
            continue
        values = [entry for entry in several if entry.value is not None]
        if values and rule.kind in ("STEP", "PER_PP"):
            yield "只能有一个数值"
        dues = [entry for entry in several if entry.due is not None]
        if dues and len(dues) < len(several) and "due" in kind_of(rule).reads:
            yield "有的写了 due（应完成数），有的没写"


def _entry(plans: dict[str, _Plan], unit: Unit, entry: Entry) -> Iterator[str]:
    plan = plans.get(entry.item)
    if plan is None:
        yield f"没有评价项“{entry.item}”"
        return
    if entry.fact not in plan.facts and not (not entry.applies and not entry.fact):
        named = "、".join(sorted(fact for fact in plan.facts if fact))
        unnamed = "不写 fact" if "" in plan.facts else ""
        yield f"没有事实“{entry.fact}”，可写 {named or unnamed}" if entry.fact else f"要写 fact：{named}"
        return
    given = [name for name in DATA if getattr(entry, name) not in (None, "")]
    if not entry.applies:
        if given:
            yield f"不适用的不要写 {'、'.join(given)}"
        if entry.by or entry.of:
            yield "不适用是对整个单位说的，不写 by、of"
        if not entry.reason:
            yield "不适用的要写 reason（理由）"
        return
    useless = [name for name in given if name not in plan.reads[entry.fact]]
    if useless:
        kinds = "、".join(rule.kind for rule in plan.reading[entry.fact])
        yield f"{kinds} 不用 {'、'.join(useless)}"
    for rule in plan.reading[entry.fact]:
        objection = kind_of(rule).objection
        message = objection(rule, entry) if objection else None
        if message:
            yield message
    unknown = [flag for flag in entry.flags if flag not in plan.conditions]
    if unknown:
        yield f"没有倍数条件“{unknown[0]}”" + (
            f"，可写 {'、'.join(sorted(plan.conditions))}" if plan.conditions else ""
        )
    if plan.assessors and entry.by not in plan.assessors and (entry.by or plan.asks_by):
        yield f"by（评价方）应为 {'、'.join(sorted(plan.assessors))} 之一"
    yield from _about(plan, unit, entry)


def _about(plan: _Plan, unit: Unit, entry: Entry) -> Iterator[str]:
    allowed = (unit.members if plan.of_members else ()) + (unit.in_charge_of if plan.of_charges else ())
    if entry.of and entry.of not in allowed:
        if plan.of_members or plan.of_charges:
            yield f"of“{entry.of}”不在成员或分管单位之列"
        else:
            yield "该评价项不按成员或分管单位计分，不写 of"
    elif not entry.of and plan.asks_of:
        yield "要写 of（哪名成员）"


_ADJUSTMENT_RULES = {
    AdjustmentKind.TITLE: "DIRECT_GRADE",
    AdjustmentKind.VETO: "VETO",
    AdjustmentKind.DOWNGRADE: "DOWNGRADE",
}


def heeds(scheme: Scheme, adjustment: Adjustment) -> bool:
    """Whether an adjustment does anything in a scheme: points always, the others where it has grades and the condition."""
    rule = _ADJUSTMENT_RULES.get(adjustment.kind)
    if rule is None:
        return True
    if adjustment.kind is AdjustmentKind.DOWNGRADE and not adjustment.condition:
        return bool(scheme.grades)
    return any(each["condition"] == adjustment.condition for each in scheme.of_kind(rule))


def _adjustment(scheme: Scheme, adjustment: Adjustment) -> Iterator[str]:
    kind, label = adjustment.kind, adjustment.kind.label
    if kind in (AdjustmentKind.BONUS, AdjustmentKind.DEDUCTION):
        if adjustment.points is None:
            yield f"{label}要写 points（正的分值）"
        if adjustment.condition or adjustment.steps is not None:
            yield f"{label}不写 condition、steps"
        return
    if adjustment.points is not None:
        yield f"{label}不写 points"
    if adjustment.steps is not None and (kind is not AdjustmentKind.DOWNGRADE or adjustment.condition):
        yield "steps 只用于没有写 condition 的降档"
    conditions = [rule["condition"] for rule in scheme.of_kind(_ADJUSTMENT_RULES[kind])]
    if kind is AdjustmentKind.DOWNGRADE and not adjustment.condition:
        if not scheme.grades:
            yield "本办法没有等次，不能降档"
    elif adjustment.condition not in conditions:
        yield f"{label}没有情形“{adjustment.condition}”" + (
            f"，可写 {'、'.join(conditions)}" if conditions else ""
        )
