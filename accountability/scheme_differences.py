"""What is different between two versions of a scoring table, word by word: the table, its lines, items and rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from branches.choices import Level, OrganizationKind, Sector

from .editions import FieldDifference, Segment, segments
from .scheme_tables import sentence
from .scoring import Inapplicable, Item, Line, Peers, Rule, Scheme, Subject
from .scoring.numbers import ZERO, plain

_PEERS = {Peers.ALL: "全部被考核单位", Peers.GROUP: "同组单位"}
_INAPPLICABLE = {Inapplicable.FULL: "按满分计", Inapplicable.SCALE: "不计，其余项按比例放大"}
_SUBJECTS = {Subject.UNIT: "单位", Subject.PERSON: "个人"}


@dataclass(frozen=True)
class PieceDifference:
    """A line or an item that is new, gone or changed."""

    kind: str
    what: str
    title: str
    fields: list[FieldDifference] = field(default_factory=list)


@dataclass(frozen=True)
class TableDifference:
    """Everything that is different; `kept` lines and items say the same in both."""

    head: list[FieldDifference]
    pieces: list[PieceDifference]
    kept: int
    is_reordered: bool

    def __bool__(self) -> bool:
        return bool(self.head or self.pieces or self.is_reordered)

    def of(self, kind: str) -> list[PieceDifference]:
        """Those that are added, removed or changed."""
        return [each for each in self.pieces if each.kind == kind]

    @property
    def added(self) -> list[PieceDifference]:
        """Those only in the later one."""
        return self.of("added")

    @property
    def removed(self) -> list[PieceDifference]:
        """Those only in the earlier one."""
        return self.of("removed")

    @property
    def changed(self) -> list[PieceDifference]:
        """Those in both that say something else."""
        return self.of("changed")


def compare_tables(before: Scheme, after: Scheme) -> TableDifference:
    """Lay two tables side by side; lines and items are the same by their keys."""
    old, new = _pieces(before), _pieces(after)
    found, kept = [], 0
    for key, (what, title, words) in new.items():
        if key not in old:
            found.append(PieceDifference("added", what, title, _fields({}, words)))
            continue
        fields = _fields(old[key][2], words)
        if fields:
            found.append(PieceDifference("changed", what, title, fields))
        else:
            kept += 1
    found += [
        PieceDifference("removed", what, title, _fields(words, {}))
        for key, (what, title, words) in old.items()
        if key not in new
    ]
    order = [key for key in new if key in old]
    return TableDifference(
        _fields(_head(before), _head(after)), found, kept, order != [key for key in old if key in new]
    )


def _pieces(table: Scheme) -> dict[tuple[str, str], tuple[str, str, dict[str, str]]]:
    found = {}
    for line in table.lines:
        found["line", line.key] = ("分类", line.title, _line(table, line))
        for item in line.items:
            found["item", item.key] = ("评价项", item.title, _item(table, line, item))
    return found


def _head(table: Scheme) -> dict[str, str]:
    return {
        "编号": table.code,
        "名称": table.title,
        "年度": str(table.year or ""),
        "考核对象": _SUBJECTS[table.subject],
        "满分": plain(table.full),
        "等次": "、".join(table.grades),
        "适用组织类别": "、".join(OrganizationKind(kind).label for kind in table.kinds),
        "适用层级": "、".join(Level[name].label for name in table.levels),
        "适用领域": "、".join(Sector(sector).label for sector in table.sectors),
        "起用日期": str(table.starts_on or ""),
        "停用日期": str(table.ends_on or ""),
        "依据": table.basis,
        "总分保底": "" if table.floor == ZERO else plain(table.floor),
        "总分封顶": _points(table.cap),
        "小数位数": str(table.places),
        "比较范围": _PEERS[table.peers],
        "不适用的": _INAPPLICABLE[table.inapplicable],
        "总分和等次": _rules(table, table.rules),
    }


def _line(table: Scheme, line: Line) -> dict[str, str]:
    return {
        "名称": line.title,
        "性质": line.role.label,
        "满分": _points(line.full),
        "权重": plain(line.weight),
        "保底": _points(line.floor),
        "封顶": _points(line.cap),
        "规则": _rules(table, line.rules),
    }


def _item(table: Scheme, line: Line, item: Item) -> dict[str, str]:
    return {
        "名称": item.title,
        "分类": line.title,
        "满分": _points(item.full),
        "来源": item.source.label,
        "系统数据": item.datum,
        "条款": item.clause,
        "保底": _points(item.floor),
        "封顶": _points(item.cap),
        "起评分": _points(item.start),
        "规则": _rules(table, item.rules),
    }


def _rules(table: Scheme, rules: Iterable[Rule]) -> str:
    return "；".join(sentence(table, rule) for rule in rules)


def _points(value) -> str:
    return "" if value is None else plain(value)


def _fields(old: Mapping[str, str], new: Mapping[str, str]) -> list[FieldDifference]:
    """The fields that differ; numbers and names as wholes, longer texts word by word."""
    found = []
    for label in {**old, **new}:
        before, after = old.get(label, ""), new.get(label, "")
        if before == after:
            continue
        parts = segments(before, after) if before and after else []
        parts = parts or [Segment(*each) for each in (("gone", before), ("new", after)) if each[1]]
        found.append(FieldDifference(label, label, parts))
    return found
