"""The starter schemes with their worked examples: tables of our own devising to begin from, each reckoned by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from .scoring import KINDS, Evaluation, Facts, Result, Scheme, Unit, evaluate, read_facts, read_scheme
from .scoring.wording import unexpected

FOLDER = Path(__file__).resolve().parent / "starters" / "schemes"

#: Name of the file → what the starter shows, in the order in which they are offered.
NOTES = {
    "county": "县（市、区）对乡镇党委：系统指标、会议和责任清单自动带入，群众评议，加分扣分就高不重复，山区系数，优秀限名额，否决和降档。",
    "village": "村党组织评星晋级：三级逐级达标，上一级不到八成下一级不计；称号直接定等次，五星限名额，换届违纪封顶。",
    "university": "高校院系：同一张150分的表自评、校党委评各算一遍，按30%、70%合并，再折算为100分。",
    "company": "国有企业：过程和成效两张百分表按权重合成，同组企业之间比较、限名额。",
    "office": "机关支部双向考核：基本分、加分、减分、否决；分管领导、机关党委、服务对象三方评价，催办后仍未完成加倍扣。",
    "new_organization": "两新组织支部：项目少，不适用的不计、其余按比例放大。",
    "leaders": "班子成员一岗双责：个人之间不比较；本人与分管单位挂钩，三方测评，分管领域出问题降档。",
    "members": "民主评议党员：自评、互评、支委会评加权，加分减分，优秀每三人最多一人。",
}


@dataclass(frozen=True)
class Worked:
    """A unit of an example: what a clerk has got by hand, and what the engine gives."""

    unit: Unit
    result: Result
    told: dict

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        expected = self.unit.expected
        return (
            expected is not None
            and expected.total == self.result.total
            and expected.grade in (None, self.result.grade)
        )


@dataclass(frozen=True)
class Starter:
    """A starter with its example; `note` says in Chinese what it is for and what it shows."""

    slug: str
    note: str
    table: Scheme
    facts: Facts

    @cached_property
    def evaluation(self) -> Evaluation:
        """The example through the engine."""
        return evaluate(self.table, self.facts)

    @cached_property
    def worked(self) -> list[Worked]:
        """Every unit of the example, in the order of the file."""
        return [
            Worked(unit, result, result.as_dict())
            for unit, result in zip(self.facts.units, self.evaluation.results, strict=True)
        ]

    @cached_property
    def differences(self) -> list[str]:
        """Where the engine does not give what was reckoned by hand; nothing, as the tests say."""
        return unexpected(self.facts, self.evaluation)

    @cached_property
    def kind_labels(self) -> list[str]:
        """The kinds of rules that stand in it."""
        rules = [*self.table.rules]
        for line, item in self.table.items():
            rules += [*line.rules, *item.rules]
        return [KINDS[name].label for name in dict.fromkeys(rule.kind for rule in rules)]

    @cached_property
    def item_count(self) -> int:
        """How many items there are."""
        return len(list(self.table.items()))


@cache
def starters() -> dict[str, Starter]:
    """Every starter by its name, in the order in which they are offered."""
    return {starter.slug: starter for starter in _read()}


def _read() -> Iterable[Starter]:
    for slug, note in NOTES.items():
        table = read_scheme((FOLDER / f"{slug}.toml").read_bytes())
        yield Starter(
            slug, note, table, read_facts((FOLDER / "examples" / f"{slug}.facts.toml").read_bytes())
        )
