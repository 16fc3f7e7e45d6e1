"""What no list may ask for: indicators that the rules against 形式主义 (2023, 2024, January 2026) rule out."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A rule by the year and month it came out, with its name."""

    since: str
    title: str

    def __str__(self) -> str:
        return f"{self.since}{self.title}"


FINGERTIPS = Rule("2023年12月", "《关于防治“指尖上的形式主义”的若干意见》")
RELIEF = Rule("2024年8月", "《整治形式主义为基层减负若干规定》")
ASSESSMENT = Rule("2026年1月", "整治形式主义为基层减负工作要求（减负一致性评估、“一表通”）")
RULES = (FINGERTIPS, RELIEF, ASSESSMENT)


@dataclass(frozen=True)
class Ban:
    """One kind of forbidden indicator: how it shows in a text, why it is refused, and by which rule."""

    name: str
    pattern: re.Pattern
    why: str
    rule: Rule


@dataclass(frozen=True)
class Finding:
    """Where a text asks for what is forbidden, in the words of the text."""

    words: str
    ban: Ban

    def __str__(self) -> str:
        return f"“{self.words}”属于{self.ban.name}：{self.ban.why}（依据{self.ban.rule}）"


def _ban(name, pattern, why, rule):
    return Ban(name, re.compile(pattern), why, rule)


#: Section 6 of the rules of the field; a clause that forbids the thing is not refused.
BANS = (
    _ban(
        "签到打卡类指标",
        r"打卡|签到(?:次数|天数|率|排名)|连续(?:签到|学习|登录)",
        "不得以打卡、连续签到考核基层。",
        FINGERTIPS,
    ),
    _ban(
        "登录和在线统计",
        r"登[录陆](?:次数|率|天数|时长|情况)|在线时长|活跃度|日活|上线率",
        "登录和在线时长不能反映责任落实。",
        FINGERTIPS,
    ),
    _ban(
        "积分排名",
        r"积分|排名(?:通报|靠后)|末位|每日一分",
        "不得用积分表和个人排名考核。",
        FINGERTIPS,
    ),
    _ban(
        "点赞转发",
        r"点赞|转发|阅读量|浏览量|粉丝|关注(?:人数|量)|评论数|学习强国",
        "点赞、转发、阅读量不是履责。",
        FINGERTIPS,
    ),
    _ban(
        "强制留痕",
        r"(?:照片|图片|视频|截图|录像|录音|轨迹|定位)(?:必传|必须上传|不少于|全覆盖)|"
        r"(?:必须|须|应当|至少|一律)(?:上传|提供|附|报送|拍摄|拍)[^，。；、]{0,6}(?:照片|图片|视频|截图|录像|轨迹)|"
        r"\d+张(?:以上)?(?:照片|图片)|拍照(?:上传|留痕)|(?:每次|全程)(?:拍照|录像|录音|留痕)",
        "不得强制要求照片、视频、轨迹等痕迹。",
        FINGERTIPS,
    ),
    _ban(
        "以材料论成效",
        r"(?:材料|简报|信息|台账|笔记|心得|稿件)(?:报送)?(?:不少于|数量|篇数|字数|页数)|"
        r"(?:笔记|心得)[^，。；]{0,4}\d+(?:字|篇)|\d+(?:万)?字以上",
        "不得以材料数量、字数论成效。",
        RELIEF,
    ),
)
#: Words after which a clause forbids what it names.
NEGATION = re.compile(
    r"不得|不以|不搞|不用|不再|不要|不将|不按|无需|严禁|禁止|杜绝|避免|取消|整治|纠正|清理|反对|防止"
)
CLAUSE = re.compile(r"[^，。；！？,.;!?\n]+")


def find_forbidden(text: str) -> list[Finding]:
    """What the text asks for that may not be asked; one finding per kind of ban."""
    found = []
    for ban in BANS:
        for clause in CLAUSE.finditer(text):
            hit = ban.pattern.search(clause.group())
            if hit and not NEGATION.search(clause.group()[: hit.start()]):
                found.append(Finding(hit.group(), ban))
                break
    return found
