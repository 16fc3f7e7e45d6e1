"""What reminders say: sentences with named gaps, checked and filled by the few lines below; plain values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from accountability.choices import NoticeKind

_GAP = re.compile(r"\{([^{}]*)\}")

#: What may be named between braces, with what it stands for.
GAPS = {
    "unit": "单位",
    "list": "清单名称",
    "duty": "责任项",
    "term": "履责期",
    "due": "期限",
    "days": "发出时距期限的天数，逾期的为已过天数",
    "note": "退回意见",
    "giver": "移交人或并入的单位",
    "count": "未完成的期数",
    "round": "考核名称",
    "poll": "测评名称",
    "year": "年度",
    "review": "述职评议名称",
    "problem": "评议指出的问题",
    "link": "打开它的地址",
}
_OF_A_RECORD = ("unit", "list", "duty", "term", "due", "days", "link")
#: Which gaps a kind of notice can fill.
ALLOWED: dict[str, tuple[str, ...]] = {
    NoticeKind.DUE_30: _OF_A_RECORD,
    NoticeKind.DUE_7: _OF_A_RECORD,
    NoticeKind.DUE_1: _OF_A_RECORD,
    NoticeKind.OVERDUE: _OF_A_RECORD,
    NoticeKind.RETURNED: (*_OF_A_RECORD, "note"),
    NoticeKind.TO_SIGN: ("unit", "list", "link"),
    NoticeKind.HANDED_OVER: ("unit", "list", "giver", "count", "due", "link"),
    NoticeKind.RESULT: ("unit", "round", "due", "link"),
    NoticeKind.PLAN: ("unit", "round", "link"),
    NoticeKind.VOTE: ("unit", "poll", "due", "link"),
    NoticeKind.APPRAISED: ("unit", "year", "link"),
    NoticeKind.REPORT: ("unit", "review", "due", "note", "link"),
    NoticeKind.PROBLEM: ("unit", "review", "problem", "due", "note", "link"),
}
#: What the preview shows in the gaps.
SAMPLE = {
    "unit": "柳汀镇党委",
    "list": "2026年主体责任清单",
    "duty": "研究基层党建工作",
    "term": "第四季度",
    "due": "2026年12月31日",
    "days": "7",
    "note": "请写明研究了哪几项议题、由谁负责。",
    "giver": "钱峰",
    "count": "3",
    "round": "2026年度基层党建考核",
    "poll": "2026年度民主评议党员测评",
    "year": "2026",
    "review": "2026年度基层党建述职评议",
    "problem": "党小组会没有按月召开。",
    "link": "https://gauge.example.cn/duty-records/17/",
}


@dataclass(frozen=True)
class Wording:
    """The two texts of one kind of notice."""

    subject: str
    body: str


#: What is said until an administrator says it otherwise.
STARTERS: dict[str, Wording] = {
    NoticeKind.DUE_30: Wording(
        "30天内到期：{duty}（{term}）",
        "{unit}“{duty}”{term}应在{due}前完成并填写履责纪实，目前还没有提交。",
    ),
    NoticeKind.DUE_7: Wording(
        "7天内到期：{duty}（{term}）",
        "{unit}“{duty}”{term}应在{due}前完成并填写履责纪实，目前还没有提交。",
    ),
    NoticeKind.DUE_1: Wording(
        "1天内到期：{duty}（{term}）",
        "{unit}“{duty}”{term}的期限是{due}，目前还没有提交。",
    ),
    NoticeKind.OVERDUE: Wording(
        "已逾期：{duty}（{term}）",
        "{unit}“{duty}”{term}的期限是{due}，至今没有提交。补做补填仍然有效，会记为超期完成。",
    ),
    NoticeKind.RETURNED: Wording(
        "被退回：{duty}（{term}）",
        "{unit}“{duty}”{term}的履责纪实被退回，请修改后重新提交（期限{due}）。退回意见：{note}",
    ),
    NoticeKind.TO_SIGN: Wording(
        "待签收：{list}",
        "上级下发给{unit}的《{list}》还没有签收，请打开清单核对后签收。",
    ),
    NoticeKind.HANDED_OVER: Wording(
        "职责移交：{list}",
        "{giver}承担的《{list}》中有{count}期未完成的履责移交到{unit}，最近的期限是{due}。此前的记录仍记在原承担人名下。",
    ),
    NoticeKind.RESULT: Wording(
        "请核对考核结果：{round}",
        "{unit}在《{round}》中的结果已经反馈，请逐项核对。有异议的请在{due}前写明理由提出，没有异议的请确认。",
    ),
    NoticeKind.PLAN: Wording(
        "请制定提升计划：{round}",
        "根据《{round}》的结果，请{unit}制定提升计划：目标、责任人、期限和措施。",
    ),
    NoticeKind.VOTE: Wording(
        "请投票：{poll}",
        "{unit}组织的《{poll}》已经开始，请在{due}前投票。不记名，每人一票；已经投过的不用再投。",
    ),
    NoticeKind.APPRAISED: Wording(
        "{year}年度民主评议结果已反馈",
        "{unit}{year}年度民主评议党员的结果已经反馈，只有您本人和组织评议的同志能看到，请登录查看并确认阅知。",
    ),
    NoticeKind.REPORT: Wording(
        "请提交述职报告：{review}",
        "{unit}书记的述职报告应在{due}前提交，目前还没有提交。{note}",
    ),
    NoticeKind.PROBLEM: Wording(
        "请报送整改情况：{problem}",
        "《{review}》指出{unit}的问题“{problem}”，应在{due}前整改并报送情况。{note}",
    ),
}


def problems(text: str, kind: str) -> list[str]:
    """Why `text` cannot be the wording of a kind of notice, as Chinese sentences; none when it can."""
    allowed = ALLOWED[kind]
    unknown = [name for name in dict.fromkeys(_GAP.findall(text)) if name not in allowed]
    found = []
    if unknown:
        names = "、".join(f"{{{name}}}" for name in unknown)
        found.append(f"不能用{names}；这里可用的占位符是{'、'.join(f'{{{name}}}' for name in allowed)}。")
    if "{" in _GAP.sub("", text) or "}" in _GAP.sub("", text):
        found.append("花括号不成对：占位符要写成{unit}这样，前后各一个半角花括号。")
    return found


def fill(text: str, values: Mapping[str, object]) -> str:
    """Put the values into the gaps of `text`, once: what a value says is never read as a gap again.

    A gap without a value stays as it is written.
    """
    return _GAP.sub(lambda gap: str(values.get(gap[1], gap[0])), text)
