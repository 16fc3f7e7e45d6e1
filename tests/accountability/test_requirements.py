"""What an item may look like, what it must not ask for, what is known already, and how heavy it is."""

from datetime import date
from fractions import Fraction

import pytest

from accountability.burden import burden_of
from accountability.forbidden import FINGERTIPS, RELIEF, find_forbidden
from accountability.held import HOLDINGS, find_held
from accountability.models import DutyTemplateItem
from accountability.requirements import faults_of
from branches.choices import MeetingKind


def values(**changes):
    facts = {
        "heading": "联系群众",
        "content": "听取群众意见",
        "measure": "",
        "interval": "quarter",
        "deadline": None,
        "counted_by": "",
        "target": None,
        "meeting_kinds": 0,
        "evidence": "OPTIONAL",
        "is_common": True,
        "is_negative": False,
        "legal_basis": "试行办法第三条",
        "sunset_on": date(2026, 12, 31),
    }
    return facts | changes


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"interval": "year", "deadline": date(2026, 6, 30)},
        {"counted_by": "HAND", "target": 2},
        {"counted_by": "PERSONS", "target": 9},
        {"counted_by": "MEETINGS", "target": 1, "meeting_kinds": MeetingKind.LECTURE},
        {"is_negative": True},
        {"sunset_on": date(2028, 6, 30)},
    ],
)
def test_what_is_right(changes):
    assert faults_of(values(**changes), 2026) == {}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"measure": "每天打卡"}, "measure", "不得以打卡"),
        ({"legal_basis": ""}, "legal_basis", "依据条款"),
        ({"sunset_on": None}, "sunset_on", "日落日期"),
        ({"sunset_on": date(2025, 12, 31)}, "sunset_on", "2026年之前"),
        ({"target": 2}, "counted_by", "按什么计数"),
        ({"counted_by": "HAND"}, "target", "每期至少多少"),
        ({"counted_by": "HAND", "target": 0}, "target", "1到999"),
        ({"counted_by": "MEETINGS", "target": 1}, "meeting_kinds", "哪些会议"),
        ({"counted_by": "HAND", "target": 1, "meeting_kinds": 1}, "meeting_kinds", "只有"),
        ({"meeting_kinds": 1}, "counted_by", "会议类型"),
        ({"interval": "year", "deadline": date(2027, 1, 1)}, "deadline", "2026年之内"),
        ({"deadline": date(2026, 6, 30)}, "interval", "周期请选“年”"),
        (
            {"interval": "year", "deadline": date(2026, 9, 1), "sunset_on": date(2026, 8, 31)},
            "deadline",
            "晚于日落日期",
        ),
        ({"is_negative": True, "counted_by": "HAND", "target": 1}, "counted_by", "不计数"),
        (
            {"is_negative": True, "interval": "year", "deadline": date(2026, 6, 30)},
            "deadline",
            "没有完成期限",
        ),
        ({"is_negative": True, "evidence": "DOCUMENT"}, "evidence", "不要求佐证"),
    ],
)
def test_what_is_wrong_is_said_next_to_the_field(changes, field, words):
    faults = faults_of(values(**changes), 2026)
    assert list(faults) == [field]
    assert words in faults[field][0]


def test_a_refusal_names_the_rule():
    (finding,) = find_forbidden("连续签到三十天")
    assert finding.ban.rule == FINGERTIPS
    assert "2023年12月" in str(finding)
    (finding,) = find_forbidden("简报不少于12篇")
    assert finding.ban.rule == RELIEF
    assert "2024年8月" in str(finding)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("每月报送三会一课次数", "会议次数"),
        ("统计主题党日参会率", "参会率"),
        ("填报党员人数和基本情况", "党员人数"),
        ("报党员花名册", "名册"),
        ("建立学习台账", "台账"),
        ("汇总谈话人数", "谈话统计"),
        ("上报班子成员配备情况", "班子情况"),
        ("登记党课学时", "学时"),
        ("每季度上报任务完成率", "履责进度"),
        ("填写支部换届时间", "组织情况"),
    ],
)
def test_what_the_system_holds_is_pointed_out(text, name):
    (hint,) = find_held(text)
    assert hint.holding.name == name
    assert hint.words in text
    assert hint.holding.where in str(hint)


@pytest.mark.parametrize(
    "text",
    [
        "不再要求报送党员花名册",
        "对照整改台账逐条过一遍",
        "党员人数较多的支部分组学习",
        "听取谈话情况汇报",
        "到支部参加组织生活",
    ],
)
def test_what_asks_for_nothing_known_passes(text):
    assert find_held(text) == []


def test_every_holding_is_named_once():
    assert len({each.name for each in HOLDINGS}) == len(HOLDINGS)


def weight(**changes):
    return burden_of([DutyTemplateItem(**values(**changes))])


def test_what_counts_by_itself_asks_less():
    plain, typed = weight(), weight(counted_by="HAND", target=2)
    itself = weight(counted_by="MEETINGS", target=2, meeting_kinds=1)
    assert (plain.records, plain.fields, plain.minutes) == (Fraction(1, 3), Fraction(2, 3), Fraction(2, 3))
    assert (typed.fields, typed.minutes) == (1, 1)
    assert (itself.records, itself.fields, itself.minutes) == (Fraction(1, 3), 0, Fraction(1, 12))


def test_evidence_weighs_and_a_deadline_comes_once():
    once = weight(interval="year", deadline=date(2026, 6, 30))
    assert once.records == Fraction(1, 12)
    assert weight(evidence="DOCUMENT").fields == 1
    assert weight(evidence="MEETING", counted_by="PERSONS", target=1).fields == 1


def test_a_trigger_weighs_nothing_and_weights_add_up():
    assert weight(is_negative=True).records == 0
    both = burden_of([DutyTemplateItem(**values()), DutyTemplateItem(**values(interval="month"))])
    assert both == weight() + weight(interval="month")
    assert "每月约1.3份纪实" in str(both)
