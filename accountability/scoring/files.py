"""Schemes and facts as TOML: read strictly, written back the same."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from accountability.scoring import rules as _rules  # noqa: F401  declares the kinds
from accountability.scoring.checks import written_at
from accountability.scoring.facts import Adjustment, AdjustmentKind, Entry, Expected, Facts, Unit
from accountability.scoring.kinds import KINDS, REQUIRED, Place, kind_of
from accountability.scoring.numbers import ONE, ZERO, plain, to_decimal
from accountability.scoring.problems import Problem, Refused, error
from accountability.scoring.schemes import (
    Inapplicable,
    Item,
    Line,
    Peers,
    Role,
    Rule,
    Scheme,
    Source,
    Subject,
)
from accountability.scoring.shapes import (
    DAY,
    FACTOR,
    FLAG,
    NUMBER,
    PLACES,
    POINTS,
    POINTS_BY,
    POSITIVE,
    STEPS_DOWN,
    TEXT,
    TEXTS,
    TIMES,
    TIMES_BY,
    WIDTH,
    YEAR,
    Shape,
    choices,
)

LARGEST = 64 * 1024 * 1024
FORMAT = 1
MOST_PROBLEMS = 100
#: A key of so many parts is no key of ours, and reading it takes time that grows with their square.
_DEEP_KEY = re.compile(r"""(?<![\w"'-])(?:(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)[ \t]*\.[ \t]*){20}""")


def read_scheme(content: str | bytes, *, is_finished: bool = True) -> Scheme:
    """The scheme in a TOML text; `Refused` with every problem found. One still being written may lack its lines."""
    table = _Table(parse(content))
    scheme = _scheme(table, is_finished)
    table.close()
    _refuse(table.problems)
    return scheme


def read_facts(content: str | bytes) -> Facts:
    """The facts in a TOML text; `Refused` with every problem found."""
    table = _Table(parse(content))
    table.take("format", _VERSION, FORMAT)
    facts = Facts(
        scheme=table.take("scheme", TEXT, ""), units=tuple(_unit(each) for each in table.tables("unit"))
    )
    table.close()
    _refuse(table.problems)
    return facts


def parse(content: str | bytes) -> dict[str, Any]:
    """The values of a TOML text with exact numbers; `Refused` says in which line it is broken."""
    if len(content) > LARGEST:
        raise Refused([error("", f"文件超过 {LARGEST // 1024 // 1024} MB")])
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
    except UnicodeDecodeError as broken:
        raise Refused([error("", f"不是 UTF-8 文本（第 {broken.start + 1} 个字节）")]) from broken
    if _DEEP_KEY.search(text):
        raise Refused([error("", "TOML 嵌套过深")])
    try:
        return tomllib.loads(text, parse_float=to_decimal)
    except tomllib.TOMLDecodeError as broken:
        raise Refused([error("", f"TOML 格式有误：{broken}")]) from broken
    except RecursionError as broken:
        raise Refused([error("", "TOML 嵌套过深")]) from broken
    except ValueError as broken:
        raise Refused([error("", f"TOML 中的数有误：{str(broken)[:200]}")]) from broken


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Refused(problems)


class _Table:
    """One table of a file: hands out its values, gathers what is wrong, and refuses what is left over."""

    def __init__(self, values: Mapping[str, Any], path: str = "", problems: list[Problem] | None = None):
        self.values = dict(values)
        self.path = path
        self.problems: list[Problem] = [] if problems is None else problems
        self.known: list[str] = []

    def complain(self, message: str, name: str = "") -> None:
        """Note what is wrong with the table or with one of its values."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(error(".".join(part for part in (self.path, name) if part), message))

    def take(self, name: str, shape: Shape, default: Any = REQUIRED) -> Any:
        """One value; what is missing or wrong is noted and None handed out."""
        self.known.append(name)
        if name not in self.values:
            if default is REQUIRED:
                self.complain(f"缺少 {name}（{shape.label}）")
                return None
            return default
        try:
            return shape.read(self.values.pop(name))
        except ValueError as wrong:
            self.complain(str(wrong), name)
            return None if default is REQUIRED else default

    def tables(self, name: str) -> Iterator["_Table"]:
        """The tables of an array; nothing when there is none."""
        self.known.append(name)
        values = self.values.pop(name, [])
        if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
            self.complain(f"应写成 [[{name}]]", name)
            return
        for number, each in enumerate(values, start=1):
            path = f"{self.path}.{name}[{number}]" if self.path else f"{name}[{number}]"
            yield _Table(each, path, self.problems)

    def table(self, name: str) -> "_Table | None":
        """A single table, None when there is none."""
        self.known.append(name)
        values = self.values.pop(name, None)
        if values is None:
            return None
        if not isinstance(values, dict):
            self.complain("应为表", name)
            return None
        return _Table(values, f"{self.path}.{name}" if self.path else name, self.problems)

    def close(self) -> None:
        """Refuse what nobody has asked for."""
        for name in self.values:
            if name not in self.known:
                self.complain(f"没有“{name[:40]}”这一项，可写 {'、'.join(self.known)}")


def _version(value):
    if value != FORMAT or isinstance(value, bool):
        raise ValueError(f"只认得第 {FORMAT} 版格式")
    return value


_VERSION = Shape("format", "格式版本", _version)


def _scheme(table: _Table, is_finished: bool) -> Scheme:
    table.take("format", _VERSION, FORMAT)
    scheme = Scheme(
        code=table.take("code", TEXT),
        title=table.take("title", TEXT),
        full=table.take("full", POSITIVE),
        year=table.take("year", YEAR, None),
        starts_on=table.take("starts_on", DAY, None),
        ends_on=table.take("ends_on", DAY, None),
        subject=Subject(table.take("subject", choices(Subject), Subject.UNIT)),
        kinds=table.take("kinds", TEXTS, ()),
        levels=table.take("levels", TEXTS, ()),
        sectors=table.take("sectors", TEXTS, ()),
        basis=table.take("basis", TEXT, ""),
        grades=table.take("grades", TEXTS, ()),
        floor=table.take("floor", POINTS, ZERO),
        cap=table.take("cap", POINTS, None),
        places=table.take("places", PLACES, 2),
        peers=Peers(table.take("peers", choices(Peers), Peers.ALL)),
        inapplicable=Inapplicable(table.take("inapplicable", choices(Inapplicable), Inapplicable.FULL)),
        rules=_rules_of(table, Place.SCHEME),
        lines=tuple(_line(each) for each in table.tables("line")),
    )
    if is_finished and not scheme.lines:
        table.complain("至少要有一个 [[line]]（分类）")
    return scheme


def _line(table: _Table) -> Line:
    line = Line(
        key=table.take("key", TEXT),
        title=table.take("title", TEXT),
        role=Role(table.take("role", choices(Role), Role.BASE)),
        full=table.take("full", POSITIVE, None),
        floor=table.take("floor", POINTS, None),
        cap=table.take("cap", POINTS, None),
        weight=table.take("weight", FACTOR, ONE),
        rules=_rules_of(table, Place.LINE),
        items=tuple(_item(each) for each in table.tables("item")),
    )
    table.close()
    return line


def _item(table: _Table) -> Item:
    item = Item(
        key=table.take("key", TEXT),
        title=table.take("title", TEXT),
        full=table.take("full", POSITIVE, None),
        floor=table.take("floor", POINTS, None),
        cap=table.take("cap", POINTS, None),
        start=table.take("start", POINTS, None),
        source=Source(table.take("source", choices(Source), Source.HAND)),
        datum=table.take("datum", TEXT, ""),
        clause=table.take("clause", TEXT, ""),
        rules=_rules_of(table, Place.ITEM),
    )
    table.close()
    return item


def _rules_of(table: _Table, place: Place) -> tuple[Rule, ...]:
    found = [_rule(each, place) for each in table.tables("rule")]
    return tuple(rule for rule in found if rule is not None)


def _rule(table: _Table, place: Place) -> Rule | None:
    name = table.take("kind", TEXT)
    allowed = written_at(place)
    if name is None:
        return None
    if name not in allowed:
        table.complain(f"没有规则“{name}”，此处可用 {'、'.join(allowed)}", "kind")
        return None
    params = {
        param.name: table.take(param.name, param.shape, param.default)
        for param in KINDS[name].params_at(place)
    }
    table.close()
    return Rule(name, params)


def rule_of(kind: str, place: Place = Place.ITEM, **params: Any) -> Rule:
    """A rule from plain values, complete with its defaults; `Refused` when they are wrong."""
    table = _Table({"kind": kind, **params})
    rule = _rule(table, place)
    if rule is None or table.problems:
        raise Refused(table.problems)
    return rule


def _unit(table: _Table) -> Unit:
    identity = table.take("id", TEXT)
    unit = Unit(
        id=identity,
        name=table.take("name", TEXT, identity),
        group=table.take("group", TEXT, ""),
        coefficient=table.take("coefficient", FACTOR, None),
        numbers=table.take("numbers", TIMES_BY, {}),
        members=table.take("members", TEXTS, ()),
        in_charge_of=table.take("in_charge_of", TEXTS, ()),
        entries=tuple(_entry(each) for each in table.tables("entry")),
        adjustments=tuple(_adjustment(each) for each in table.tables("adjustment")),
        expected=_expected(table.table("expected")),
    )
    table.close()
    return unit


def _entry(table: _Table) -> Entry:
    entry = Entry(
        item=table.take("item", TEXT),
        fact=table.take("fact", TEXT, ""),
        count=table.take("count", TIMES, None),
        due=table.take("due", TIMES, None),
        value=table.take("value", NUMBER, None),
        level=table.take("level", TEXT, ""),
        points=table.take("points", POINTS, None),
        yes=table.take("yes", FLAG, None),
        applies=table.take("applies", FLAG, True),
        matter=table.take("matter", TEXT, ""),
        flags=table.take("flags", TEXTS, ()),
        by=table.take("by", TEXT, ""),
        of=table.take("of", TEXT, ""),
        on=table.take("on", DAY, None),
        reason=table.take("reason", TEXT, ""),
        note=table.take("note", TEXT, ""),
        evidence=table.take("evidence", TEXTS, ()),
    )
    table.close()
    return entry


def _adjustment(table: _Table) -> Adjustment:
    kind = table.take("kind", choices(AdjustmentKind))
    adjustment = Adjustment(
        kind=AdjustmentKind(kind) if kind else AdjustmentKind.BONUS,
        reason=table.take("reason", TEXT),
        points=table.take("points", WIDTH, None),
        condition=table.take("condition", TEXT, ""),
        steps=table.take("steps", STEPS_DOWN, None),
        on=table.take("on", DAY, None),
        evidence=table.take("evidence", TEXTS, ()),
    )
    table.close()
    return adjustment


def _expected(table: _Table | None) -> Expected | None:
    if table is None:
        return None
    expected = Expected(
        total=table.take("total", POINTS, None),
        grade=table.take("grade", TEXT, None),
        items=table.take("items", POINTS_BY, {}),
    )
    table.close()
    return expected


# writing


def to_toml(scheme: Scheme) -> str:
    """The scheme as a TOML text that reads back as the same scheme; defaults are left out."""
    out = [f"format = {FORMAT}"]
    out += _pairs(scheme, ("code", "title", "year", "starts_on", "ends_on", "subject", "kinds", "levels"))
    out += _pairs(
        scheme, ("sectors", "basis", "full", "grades", "floor", "cap", "places", "peers", "inapplicable")
    )
    for rule in scheme.rules:
        out += _written_rule(rule, "rule")
    for line in scheme.lines:
        out += ["", "[[line]]", *_pairs(line, ("key", "title", "role", "full", "floor", "cap", "weight"))]
        for rule in line.rules:
            out += _written_rule(rule, "line.rule")
        for item in line.items:
            out += ["", "[[line.item]]", *_pairs(item, ("key", "title", "full", "floor", "cap", "start"))]
            out += _pairs(item, ("source", "datum", "clause"))
            for rule in item.rules:
                out += _written_rule(rule, "line.item.rule")
    return "\n".join(out) + "\n"


def _pairs(row: Any, names: tuple[str, ...]) -> list[str]:
    fields = type(row).__dataclass_fields__
    values = [(name, getattr(row, name)) for name in names]
    return [
        f"{name} = {_literal(value)}"
        for name, value in values
        if value is not None and value != fields[name].default
    ]


def _written_rule(rule: Rule, name: str) -> list[str]:
    defaults = {param.name: param.default for param in kind_of(rule).params}
    pairs = [
        f"{key} = {_literal(value)}"
        for key, value in rule.params.items()
        if value is not None and value != defaults[key]
    ]
    return ["", f"[[{name}]]", f'kind = "{rule.kind}"', *pairs]


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_literal(each)}" for name, each in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(_literal(each) for each in value) + "]"
    return _quoted(str(value))


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
