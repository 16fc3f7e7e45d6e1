"""Rules that decide the grade: handed a rule, the standings of the peers and the scheme, they write into the standings.

They act in the order of `ORDER`, whatever the order in the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from accountability.scoring.explanation import GradeStep, Step
from accountability.scoring.facts import Adjustment, AdjustmentKind, Unit
from accountability.scoring.kinds import Example, Group, Param, Place, kind
from accountability.scoring.numbers import HUNDRED, ZERO, plain, rounded
from accountability.scoring.schemes import Rule, Scheme
from accountability.scoring.shapes import (
    BANDS,
    FLAG,
    NOT_NEGATIVE,
    ONE_IN,
    PERCENT_BY,
    POINTS,
    STEPS_DOWN,
    TEXT,
    TEXTS,
    TIMES_BY,
    choice,
)

IN_SCHEME = (Place.SCHEME,)
ORDER = ("CUTOFF", "GATE", "DIRECT_GRADE", "QUOTA", "VETO", "DOWNGRADE")
CONDITION = Param("condition", TEXT, "情形")

_MARKS = {"A": 95, "B": 88, "C": 88, "D": 71, "E": 50}
_FIVE = "\n".join(
    f'[[unit]]\nid = "{unit}"\nentry = [{{ item = "x", points = {points} }}]'
    for unit, points in _MARKS.items()
)
_TOTALS = {unit: str(points) for unit, points in _MARKS.items()}
_CUTOFF = (
    'kind = "CUTOFF"\nbands = [{ grade = "优秀", from = 85 }, { grade = "良好", from = 70 },'
    ' { grade = "合格", from = 60 }]'
)


def _with(unit: str, adjustment: str) -> str:
    """The five units of the examples, one of them with an adjustment."""
    head = f'[[unit]]\nid = "{unit}"'
    return _FIVE.replace(head, f"{head}\nadjustment = [{{ {adjustment} }}]")


@dataclass(eq=False)
class Standing:
    """How one unit stands while the grades are decided; `points` is the total as shown."""

    unit: Unit
    total: Step
    points: Decimal
    grade: str | None = None
    outside_quota: bool = False
    grading: list[GradeStep] = field(default_factory=list)

    def decide(self, kind: str, grade: str | None, because: str) -> None:
        """Give the grade and write down why."""
        self.grade = grade
        self.grading.append(GradeStep(kind, grade, because))

    def adjustments(self, kind: AdjustmentKind) -> list[Adjustment]:
        """Those of one kind, in an order of their own."""
        found = [each for each in self.unit.adjustments if each.kind is kind]
        return sorted(found, key=lambda each: repr(sorted(each.as_dict().items(), key=str)))


def _lower(scheme: Scheme, first: str | None, second: str | None) -> str | None:
    """The lower of two grades; None is no grade yet."""
    if first is None or second is None:
        return second if first is None else first
    return max(first, second, key=scheme.grades.index)


@kind(
    "CUTOFF",
    "按分数线定等次",
    Group.GRADE,
    IN_SCHEME,
    Param("bands", BANDS, "各等次分数线"),
    phrase="按总分定等次：{bands}",
    example=Example(
        _CUTOFF, _FIVE, _TOTALS, {"A": "优秀", "B": "优秀", "C": "优秀", "D": "良好", "E": "不合格"}
    ),
)
def cutoff(rule: Rule, standings: Sequence[Standing], scheme: Scheme) -> None:
    """总分（以公布的、已四舍五入的为准）达到哪一档就定为哪一等次，含分数线本身；都达不到的为最低等次。"""
    bands = sorted(rule["bands"], key=lambda band: band["from"], reverse=True)
    lowest = scheme.grades[-1]
    for standing in standings:
        reached = next((band for band in bands if band["from"] <= standing.points), None)
        if reached is None:
            named = any(band["grade"] == lowest for band in bands)
            grade = None if named else lowest
            standing.decide(rule.kind, grade, f"总分{plain(standing.points)}，低于{plain(bands[-1]['from'])}")
        elif "below" in reached and standing.points >= reached["below"]:
            standing.decide(rule.kind, None, f"总分{plain(standing.points)}，不在任何一档内")
        else:
            because = f"总分{plain(standing.points)}，达到{plain(reached['from'])}"
            standing.decide(rule.kind, reached["grade"], because)


@kind(
    "GATE",
    "逐级达标",
    Group.GRADE,
    IN_SCHEME,
    Param("lines", TEXTS, "各级的分类，由低到高"),
    Param("pass", NOT_NEGATIVE, "达标线"),
    Param("grades", TEXTS, "各级达标后的等次"),
    phrase="{lines}逐级达标，每级不低于{pass}分，前一级不达标的后一级不计分",
    example=Example(
        'kind = "GATE"\nlines = ["l"]\npass = 80\ngrades = ["良好"]',
        _FIVE,
        _TOTALS,
        {"A": "良好", "B": "良好", "C": "良好", "D": "不合格", "E": "不合格"},
    ),
)
def gate(rule: Rule, standings: Sequence[Standing], scheme: Scheme) -> None:
    """逐级评定（如评星晋级）：前一级达标才评后一级，等次由达标的级数决定；一级都不达标的为最低等次。"""
    titles = {line.key: line.title for line in scheme.lines}
    for standing in standings:
        grade, because = scheme.grades[-1], []
        for key, reached in zip(rule["lines"], rule["grades"], strict=False):
            points = rounded(standing.total.earned("line", key) or ZERO, scheme.places)
            if points < rule["pass"]:
                because.append(f"{titles.get(key, key)}{plain(points)}分，未达{plain(rule['pass'])}")
                break
            grade = reached
            because.append(f"{titles.get(key, key)}{plain(points)}分，达标")
        standing.decide(rule.kind, grade, "；".join(because))


@kind(
    "DIRECT_GRADE",
    "直接定等次",
    Group.GRADE,
    IN_SCHEME,
    CONDITION,
    Param("grade", TEXT, "等次"),
    Param("in_quota", FLAG, "占名额", False),
    phrase="{condition}的，直接定为{grade}",
    example=Example(
        'kind = "DIRECT_GRADE"\ncondition = "获省级先进"\ngrade = "优秀"\n\n[[rule]]\n' + _CUTOFF,
        _with("D", 'kind = "TITLE", condition = "获省级先进", reason = "省级文件"'),
        _TOTALS,
        {"A": "优秀", "B": "优秀", "C": "优秀", "D": "优秀", "E": "不合格"},
    ),
)
def direct_grade(rule: Rule, standings: Sequence[Standing], scheme: Scheme) -> None:
    """获得某一称号的直接定为某一等次，已高于此的不降；默认不占名额，仍受一票否决和降档约束。"""
    for standing in standings:
        for title in standing.adjustments(AdjustmentKind.TITLE):
            if title.condition != rule["condition"]:
                continue
            if standing.grade is not None and _lower(scheme, standing.grade, rule["grade"]) == rule["grade"]:
                grade = standing.grade
            else:
                grade = rule["grade"]
            standing.outside_quota = standing.outside_quota or not rule["in_quota"]
            standing.decide(rule.kind, grade, f"{title.condition}：{title.reason}")


@kind(
    "QUOTA",
    "等次名额",
    Group.GRADE,
    IN_SCHEME,
    Param("shares", PERCENT_BY, "各等次最多百分之几", None),
    Param("one_in", ONE_IN, "各等次每几个最多一个", None),
    Param("numbers", TIMES_BY, "各等次最多几个", None),
    Param(
        "rounding", choice("down", "up", "half_up", words=("舍去", "进一", "四舍五入")), "名额的小数", "down"
    ),
    Param("ties", choice("lower", "higher", words=("都落入下一等次", "都取")), "并列超出名额的", "lower"),
    phrase=lambda rule: (
        "按总分排序限名额[，{shares:最多_%}][，{one_in:每_个最多1个}][，{numbers:最多_个}]"
        + ("" if rule["rounding"] == "down" else "，名额的小数{rounding}")
        + ("" if rule["ties"] == "lower" else "，并列的{ties}")
    ),
    example=Example(
        'kind = "QUOTA"\nshares = { "优秀" = 40, "良好" = 40 }',
        _FIVE,
        _TOTALS,
        {"A": "优秀", "B": "良好", "C": "良好", "D": "合格", "E": "合格"},
    ),
)
def quota(rule: Rule, standings: Sequence[Standing], scheme: Scheme) -> None:
    """由高到低逐等次按总分录取，超出名额的落入下一等次；没有分数线的全按名额定；并列超出名额的默认都落入下一等次。"""
    waiting = [each for each in standings if not each.outside_quota and (each.grade or not each.grading)]
    waiting.sort(key=lambda each: (-each.points, each.unit.id))
    before = {standing.unit.id: standing.grade for standing in waiting}
    for grade in scheme.grades:
        candidates = [each for each in waiting if _lower(scheme, before[each.unit.id], grade) == grade]
        seats = room_for(rule, grade, len(standings))
        taken = _admitted(candidates, seats, rule["ties"])
        for standing in taken:
            if before[standing.unit.id] != grade:
                standing.decide(rule.kind, grade, _why(grade, seats, len(standings)))
        placed = {each.unit.id for each in taken}
        waiting = [each for each in waiting if each.unit.id not in placed]
    for standing in waiting:
        if before[standing.unit.id] != scheme.grades[-1]:
            standing.decide(rule.kind, scheme.grades[-1], "超出各等次名额")


def room_for(rule: Rule, grade: str, units: int) -> int | None:
    """How many units the grade has room for; None when nothing limits it."""
    limits = []
    if grade in (rule["numbers"] or {}):
        limits.append(rule["numbers"][grade])
    if grade in (rule["shares"] or {}):
        limits.append(_whole(rule["shares"][grade] * units, HUNDRED, rule["rounding"]))
    if grade in (rule["one_in"] or {}):
        limits.append(_whole(Decimal(units), Decimal(rule["one_in"][grade]), rule["rounding"]))
    return min(limits) if limits else None


def _whole(dividend: Decimal, divisor: Decimal, rounding: str) -> int:
    """The quotient as a whole number."""
    whole, rest = divmod(dividend, divisor)
    more = rest and (rounding == "up" or (rounding == "half_up" and rest * 2 >= divisor))
    return int(whole) + (1 if more else 0)


def _admitted(candidates: list[Standing], seats: int | None, ties: str) -> list[Standing]:
    """The first `seats` of the candidates, who are sorted; equals at the edge stand or fall together."""
    if seats is None or len(candidates) <= seats:
        return candidates
    edge = candidates[seats].points
    if seats and ties == "higher":
        return [
            each
            for position, each in enumerate(candidates)
            if position < seats or each.points == candidates[seats - 1].points
        ]
    return [each for each in candidates[:seats] if each.points != edge]


def _why(grade: str, seats: int | None, units: int) -> str:
    return f"{units}个单位，{grade}" + ("不限名额" if seats is None else f"名额{seats}个") + "，按总分排序"


@kind(
    "VETO",
    "一票否决",
    Group.GRADE,
    IN_SCHEME,
    CONDITION,
    Param(
        "effect",
        choice(
            "zero",
            "lowest",
            "no_top",
            "grade",
            words=("总分计零", "定为最低等次", "不得为最高等次", "不高于所定等次"),
        ),
        "后果",
    ),
    Param("grade", TEXT, "最高只能定为（后果为不高于所定等次时）", None),
    Param("of", TEXT, "自动触发：哪一分类或评价项", None),
    Param("below", POINTS, "自动触发：得分低于", None),
    phrase="{condition}的一票否决[（{of}低于{below}分时自动触发）]：{effect}[（{grade}）]",
    example=Example(
        'kind = "VETO"\ncondition = "发生安全事故"\neffect = "no_top"\n\n[[rule]]\n' + _CUTOFF,
        _with("A", 'kind = "VETO", condition = "发生安全事故", reason = "通报文件"'),
        _TOTALS,
        {"A": "良好", "B": "优秀", "C": "优秀", "D": "良好", "E": "不合格"},
    ),
)
def veto(rule: Rule, standings: Sequence[Standing], scheme: Scheme) -> None:
    """出现否决情形的，按所定后果：总分计零并为最低等次、定为最低等次、不得为最高等次，或最高只能定为某一等次。"""
    for standing in standings:
        for because in _vetoes(rule, standing, scheme):
            lowest = scheme.grades[-1] if scheme.grades else None
            if rule["effect"] == "zero":
                standing.total = _annulled(standing.total, because)
                standing.points = standing.total.points
                standing.decide(rule.kind, lowest, because)
                continue
            limit = {
                "lowest": lowest,
                "no_top": scheme.grades[min(1, len(scheme.grades) - 1)] if scheme.grades else None,
                "grade": rule["grade"],
            }[rule["effect"]]
            standing.decide(rule.kind, _lower(scheme, standing.grade, limit), because)


def _vetoes(rule: Rule, standing: Standing, scheme: Scheme) -> list[str]:
    """Why the rule applies to a unit: once for each cause."""
    found = [
        f"{each.condition}：{each.reason}"
        for each in standing.adjustments(AdjustmentKind.VETO)
        if each.condition == rule["condition"]
    ]
    if rule["of"] is not None and rule["below"] is not None:
        points = standing.total.earned("line", rule["of"])
        if points is None:
            points = standing.total.earned("item", rule["of"])
        points = rounded(points or ZERO, scheme.places)
        if points < rule["below"]:
            found.append(f"{rule['condition']}：得{plain(points)}分，低于{plain(rule['below'])}")
    return found


def _annulled(total: Step, because: str) -> Step:
    away = Step("veto", "veto", "一票否决", -total.points, because)
    return Step.of("total", "total", "总分", (total, away))


@kind(
    "DOWNGRADE",
    "降档",
    Group.GRADE,
    IN_SCHEME,
    CONDITION,
    Param("steps", STEPS_DOWN, "降几档", 1),
    phrase="{condition}的，降{steps}档",
    example=Example(
        'kind = "DOWNGRADE"\ncondition = "巡察整改不到位"\nsteps = 1\n\n[[rule]]\n' + _CUTOFF,
        _with("B", 'kind = "DOWNGRADE", condition = "巡察整改不到位", reason = "两项问题逾期未改"'),
        _TOTALS,
        {"A": "优秀", "B": "良好", "C": "优秀", "D": "良好", "E": "不合格"},
    ),
)
def downgrade(rule: Rule, standings: Sequence[Standing], scheme: Scheme) -> None:
    """降档并写明原因：按本办法列明的情形降，或由监督检查直接提出降几档；累计计算，降到最低等次为止。"""
    for standing in standings:
        for cause in standing.adjustments(AdjustmentKind.DOWNGRADE):
            if cause.condition == rule["condition"]:
                lower(standing, cause, rule["steps"], scheme)


def lower(standing: Standing, cause: Adjustment, steps: int, scheme: Scheme) -> None:
    """Take a standing so many grades down, and say for what."""
    if standing.grade is None:
        standing.decide("DOWNGRADE", None, f"{_cause(cause)}，尚无等次可降")
        return
    position = min(scheme.grades.index(standing.grade) + steps, len(scheme.grades) - 1)
    standing.decide("DOWNGRADE", scheme.grades[position], f"{_cause(cause)}，降{steps}档")


def _cause(cause: Adjustment) -> str:
    return f"{cause.condition}：{cause.reason}" if cause.condition else cause.reason
