"""Templates as long as the published ones: 57, 79, 100 and 131 items of every kind."""

from datetime import date

from accountability.models import DutyTemplate, DutyTemplateItem
from branches.choices import MeetingKind

SHAPES = (57, 79, 100, 131)
_KINDS = (
    {"interval": "quarter"},
    {"interval": "month"},
    {"interval": "half", "counted_by": "PERSONS", "target": 3},
    {"interval": "year", "deadline": date(2026, 12, 10)},
    {
        "interval": "quarter",
        "counted_by": "MEETINGS",
        "target": 1,
        "meeting_kinds": int(MeetingKind.LECTURE | MeetingKind.PARTY_DAY),
    },
    {"interval": "half", "counted_by": "HAND", "target": 2, "evidence": "DOCUMENT"},
    {"interval": "year", "is_negative": True},
    {"interval": "year", "is_common": False},
)
_VERBS = ("研究部署", "检查落实", "带头学习", "听取意见", "帮助解决", "提醒督促", "公开回应")
_THINGS = (
    "重点工作",
    "支部建设",
    "作风问题",
    "整改事项",
    "群众诉求",
    "党员教育",
    "制度执行",
    "廉洁风险",
    "值班应急",
)


def shaped(number: int, code: str = "SHAPE") -> tuple[DutyTemplate, list[DutyTemplateItem]]:
    """An unsaved template with `number` items that are all different."""
    template = DutyTemplate(
        code=code, title=f"{number}项责任清单", kind="PRINCIPAL", year=2026, source="试行办法"
    )
    template.organization_kinds = ["COMMITTEE"]
    items = [
        DutyTemplateItem(
            heading=f"第{place}项{_VERBS[place % 7]}",
            content=f"{_VERBS[place % 7]}{_THINGS[place % 9]}，由第{place}责任单位牵头。\n一事一议，不走过场。",
            measure=f"说清第{place}件事办成了什么。",
            legal_basis=f"试行办法第{place}条",
            sunset_on=date(2026, 12, 31),
            **_KINDS[place % len(_KINDS)],
        )
        for place in range(1, number + 1)
    ]
    return template, items
