"""What is measured (指标): one declared function each; pages, help and tests iterate `MEASURES`.

A function is handed the counts of the floors below and answers with (done, due). The counts are plain integers in a
check and SQL expressions in the engine, so a measure is written once, with `+` and `-` only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accountability.choices import Measure

#: The counts a measure may draw on, all of one organisation in one month.
COUNTS = (
    "core_owed",
    "core_held",
    "study_owed",
    "study_held",
    "expected",
    "present",
    "excused",
    "key_due",
    "key_done",
    "dual_due",
    "dual_done",
    "duties_due",
    "duties_done",
    "duties_timely",
    "deployments_due",
    "deployments_done",
)


@dataclass(frozen=True)
class Declaration:
    """A measure as declared: `weight` is the starting weight, `meaning` the docstring of its function."""

    key: str
    label: str
    weight: int
    meaning: str
    source: str
    remedy: str
    pair: str
    count: Callable[[Any], tuple[Any, Any]]


MEASURES: dict[str, Declaration] = {}


def measure(key: Measure, *, weight: int, source: str, remedy: str, pair: str = "上级同一指标达标"):
    """Declare a measure; `pair` says when a unit's items count as carried by the level above."""

    def declare(count):
        MEASURES[key.value] = Declaration(
            key.value, str(key.label), weight, (count.__doc__ or "").strip(), source, remedy, pair, count
        )
        return count

    return declare


def starting_weights() -> Mapping[str, int]:
    """The declared weights, from which the first formula is made."""
    return {key: declared.weight for key, declared in MEASURES.items()}


@measure(
    Measure.CORE_MEETINGS,
    weight=25,
    source="《中国共产党支部工作条例（试行）》关于“三会一课”和主题党日的规定；频次见频次规则",
    remedy="对照频次规则补开会议并及时记录；确有困难的写明原因，由上级帮助解决。",
)
def core_meetings(counts):
    """三会一课与主题党日按时召开：本期应开的次数中已开并经上级确认的次数；多开不多计，设有党小组的按小组分别计。"""
    return counts.core_held, counts.core_owed


@measure(
    Measure.ATTENDANCE,
    weight=15,
    source="《中国共产党章程》关于党员参加党的组织生活的规定",
    remedy="提前通知、合理安排时间，对长期缺席的党员逐一谈心。",
)
def attendance(counts):
    """党员参会：应到人次（不含病假、事假、公出）中实到的人次。"""
    return counts.present, counts.expected - counts.excused


@measure(
    Measure.KEY_POSTS_ATTENDANCE,
    weight=10,
    source="《关于新形势下党内政治生活的若干准则》关于领导干部带头的要求",
    remedy="会议时间与班子成员日程衔接，请假须有正当理由。",
)
def key_posts_attendance(counts):
    """关键少数参会：书记和班子成员应到人次中实到的人次。"""
    return counts.key_done, counts.key_due


@measure(
    Measure.DUAL_LIFE,
    weight=5,
    source="《关于新形势下党内政治生活的若干准则》关于双重组织生活的要求",
    remedy="提醒领导干部以普通党员身份参加所在支部（党小组）的组织生活。",
)
def dual_life(counts):
    """双重组织生活：党员领导干部以普通党员身份应参加的人次中实际参加的人次。"""
    return counts.dual_done, counts.dual_due


@measure(
    Measure.SPECIAL_STUDY,
    weight=10,
    source="《党委（党组）落实全面从严治党主体责任规定》；中心组学习规则",
    remedy="列入年度议事计划，按期专题研究，会后分解任务。",
)
def special_study(counts):
    """专题研究全面从严治党与理论学习中心组：党委（党组）应开的次数中已开的次数。"""
    return counts.study_held, counts.study_owed


@measure(
    Measure.DUTIES,
    weight=15,
    source="《党委（党组）落实全面从严治党主体责任规定》；各级责任清单",
    remedy="逐项明确责任人和时限，上级对照清单督促并及时认可。",
    pair="分解来源的上级责任项已落实",
)
def duties(counts):
    """责任事项落实：本期到期的责任项中已完成并经上级认可的项数。"""
    return counts.duties_done, counts.duties_due


@measure(
    Measure.DUTIES_TIMELY,
    weight=10,
    source="各级责任清单载明的完成期限",
    remedy="按期限倒排时间，临期提醒，避免月底集中突击。",
    pair="分解来源的上级责任项已按时落实",
)
def duties_timely(counts):
    """按时履责：已认可的责任项中在期限内完成的项数。"""
    return counts.duties_timely, counts.duties_done


@measure(
    Measure.DEPLOYMENTS,
    weight=10,
    source="《党委（党组）落实全面从严治党主体责任规定》关于重大决策部署贯彻落实的要求；各项部署载明的期限",
    remedy="打开部署的链条视图，看停在哪一级、哪一步：没签收的提醒，没分解的帮助明确人和时限，超期的了解困难。",
    pair="承接的上级部署任务已按时落实",
)
def deployments(counts):
    """部署落实：本期到期的部署任务中签收、分解到人、按期完成并经上级认可的项数。"""
    return counts.deployments_done, counts.deployments_due
