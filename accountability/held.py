"""What the system already knows: an item that asks a unit to report it again is pointed out, never refused."""

import re
from dataclasses import dataclass

from .forbidden import ASSESSMENT, CLAUSE, NEGATION

#: Words by which a text asks for a datum, before or after it.
_ASKING = re.compile(
    r"(?<!汇)报|填|统计|汇总|汇集|提交|提供|建立|建好|建全|更新|登记|造册|核对|测算|计算|梳理|列出"
)


@dataclass(frozen=True)
class Holding:
    """A datum the system holds: how it shows in a text, and where it can be seen."""

    name: str
    pattern: re.Pattern
    where: str


@dataclass(frozen=True)
class Hint:
    """Where a text asks again for what is known, in the words of the text."""

    words: str
    holding: Holding

    def __str__(self) -> str:
        return f"“{self.words}”系统里已经有：{self.holding.where}，不必让基层再报一次。"


def _holding(name, pattern, where):
    return Holding(name, re.compile(pattern), where)


HOLDINGS = (
    _holding(
        "会议次数",
        r"(?:会议|三会一课|主题党日|党课|党员大会|支委会|党小组会|组织生活会?|中心组学习)(?:的)?"
        r"(?:召开|开展|举办|落实)?(?:的)?(?:次数|场次|期数|频次|情况表|统计表)",
        "“会议”里的全年一览按月按类型计数",
    ),
    _holding(
        "参会率",
        r"(?:参会|到会|出席|出勤|参学|参训|到课|缺席|请假)(?:的)?(?:率|人数|人次|比例|情况)",
        "每次会议的应到、实到从名册算出，比例在“传导总览”",
    ),
    _holding(
        "党员人数",
        r"(?:党员|正式党员|预备党员|流动党员|失联党员)(?:的)?(?:总数|人数|数量|总人数|基本情况|信息表?)",
        "“党员”里的名册随时点数",
    ),
    _holding("名册", r"(?:党员)?(?:花名册|名册|名单表|党员名单)", "“党员”里的名册可以随时导出"),
    _holding(
        "班子情况",
        r"(?:班子成员|支委|委员|书记|党务干部)(?:的)?(?:名单|名册|一览表|配备情况|任职情况|信息表?)",
        "“组织”里的任职记录",
    ),
    _holding(
        "组织情况",
        r"(?:党组织|支部|党支部|党小组)(?:的)?(?:总数|个数|数量|一览表|基本信息)|(?:换届|届满)(?:时间|日期|情况表)",
        "“组织”里的组织树和届满日期",
    ),
    _holding(
        "谈话统计",
        r"谈(?:心谈)?话(?:的)?(?:次数|人数|人次|统计表|情况表)",
        "谈心谈话记为会议后，人数和次数自动计数",
    ),
    _holding("学时", r"(?:学习|培训|党课)?(?:的)?学时(?:数|统计)?", "党课和培训的学时记在会议里"),
    _holding(
        "台账",
        r"(?:三会一课|会议|组织生活|主题党日|党课|学习|活动|谈话|党建|履责|工作)(?:的)?(?:工作)?台账|台账",
        "会议和履责纪实本身就是台账，可以打印和导出",
    ),
    _holding(
        "履责进度",
        r"(?:任务|事项|责任|清单|履责)(?:的)?(?:完成率|完成数|完成情况表|落实率|进度表)",
        "“责任”和“传导总览”里有每一项的进度",
    ),
)
RULE = ASSESSMENT


def find_held(text: str) -> list[Hint]:
    """What the text asks for although the system holds it; one hint per holding."""
    found = []
    for holding in HOLDINGS:
        for clause in CLAUSE.finditer(text):
            words = clause.group()
            hit = holding.pattern.search(words)
            if not hit or NEGATION.search(words[: hit.start()]):
                continue
            rest = words[: hit.start()] + "　" + words[hit.end() :]
            if _ASKING.search(rest):
                found.append(Hint(hit.group(), holding))
                break
    return found
