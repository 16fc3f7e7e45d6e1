"""A scoring table as the product keeps it: its columns, what is wrong with it and where, its rules in words."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from branches.choices import Level, OrganizationKind, Sector

from .choices import Subject
from .known import FILLED_IN, filled_in, find_datum
from .scoring import KINDS, Problem, Rule, Scheme, check_scheme
from .scoring.problems import error, warning

LONGEST_TITLE = 120
LONGEST_CODE = 40

#: Words of the file format that say nothing on a screen.
_PLAIN = (
    (re.compile(r"\s?(?:满分 full|等次 grades)"), lambda hit: hit.group().split()[0]),
    (re.compile(r"effect 为 grade 时要写 grade（等次）"), lambda hit: "后果为不高于所定等次的，要选等次"),
    (
        re.compile(r"自动触发要同时写 of 和 below"),
        lambda hit: "自动触发要同时选哪一分类或评价项、写低于多少分",
    ),
    (
        re.compile(r"要写 shares（百分比）、one_in（每几个一个）或 numbers（个数）"),
        lambda hit: "要写百分比、每几个一个或个数",
    ),
    (re.compile(r"（(?:" + "|".join(KINDS) + r")）"), lambda hit: ""),
    (re.compile(r"\b(?:" + "|".join(KINDS) + r")\b"), lambda hit: KINDS[hit.group()].label),
)
_LINE = re.compile(r"^line\[(\d+)\]")
_ITEM = re.compile(r"^line\[(\d+)\](?:（.*?）)?\.item\[(\d+)\]")
_NAMED = re.compile(r"^(line|item)（(.*)）$", re.DOTALL)

#: Where a problem stands: ("scheme", ""), ("line", key) or ("item", key).
Where = tuple[str, str]


def columns_of(table: Scheme) -> dict:
    """The columns of a `Scheme` that follow from its table, ready to be set; the table has been checked."""
    return {
        "code": table.code,
        "title": table.title,
        "year": table.year,
        "subject": Subject(table.subject.value),
        "full": table.full,
        "kinds": list(table.kinds),
        "levels": [Level[name].value for name in table.levels if name in Level.names],
        "sectors": list(table.sectors),
        "starts_on": table.starts_on,
        "ends_on": table.ends_on,
    }


def problems_of(table: Scheme) -> list[Problem]:
    """Everything wrong with a table that is to be kept: what `check_scheme` says, and what only the product knows."""
    return [*_of_columns(table), *check_scheme(table), *_of_data(table)]


def _of_columns(table: Scheme) -> Iterable[Problem]:
    if table.year is None:
        yield error("year", "请写明年度")
    if len(table.title) > LONGEST_TITLE:
        yield error("title", f"名称最多 {LONGEST_TITLE} 个字")
    if len(table.code) > LONGEST_CODE:
        yield error("code", f"编号最多 {LONGEST_CODE} 个字")
    for name, words, allowed in (
        ("kinds", "组织类别", set(OrganizationKind.values)),
        ("levels", "层级", set(Level.names)),
        ("sectors", "领域", set(Sector.values)),
    ):
        for unknown in [each for each in getattr(table, name) if each not in allowed]:
            yield error(name, f"没有{words}“{unknown}”，可写 {'、'.join(sorted(allowed))}")


def _of_data(table: Scheme) -> Iterable[Problem]:
    """Data the system does not have, and items that are said to be filled in by it but are not."""
    filled = {key for key, _ in filled_in(table)}
    for _, item in table.items():
        where = f"item（{item.title}）"
        if item.datum and item.source in FILLED_IN and find_datum(item.datum) is None:
            yield error(where, f"没有系统数据“{item.datum}”")
        elif item.source in FILLED_IN and item.key not in filled:
            yield warning(where, f"来源为“{item.source.label}”，但没有系统能带入的数据，仍要人工填报")


def in_words(problem: Problem) -> str:
    """The message without the words of the file format."""
    text = problem.message_zh
    for pattern, words in _PLAIN:
        text = pattern.sub(words, text)
    return text


def told(table: Scheme, problem: Problem) -> str:
    """Where a problem stands and what it is, in one line for people."""
    kind, key = _where(table, problem.field)[0]
    rows = {"line": table.lines, "item": [item for _, item in table.items()]}.get(kind, ())
    title = next((row.title for row in rows if row.key == key), "")
    return f"“{title}”：{in_words(problem)}" if title else in_words(problem)


def placed(table: Scheme, problems: Iterable[Problem]) -> dict[Where, list[Problem]]:
    """The problems by the line or item at which they stand; what belongs to neither stands at the scheme."""
    found: dict[Where, list[Problem]] = defaultdict(list)
    for problem in problems:
        for where in _where(table, problem.field):
            found[where].append(problem)
    return dict(found)


def _where(table: Scheme, field: str) -> list[Where]:
    if hit := _ITEM.match(field):
        line, item = int(hit.group(1)) - 1, int(hit.group(2)) - 1
        return [("item", table.lines[line].items[item].key)]
    if hit := _LINE.match(field):
        return [("line", table.lines[int(hit.group(1)) - 1].key)]
    if hit := _NAMED.match(field):
        rows = table.lines if hit.group(1) == "line" else [item for _, item in table.items()]
        keys = [row.key for row in rows if row.title == hit.group(2)]
        if keys:
            return [(hit.group(1), key) for key in keys]
    return [("scheme", "")]


def sentence(table: Scheme, rule: Rule) -> str:
    """The rule in one Chinese sentence, with the titles of the lines and items it names."""
    titles = {line.key: line.title for line in table.lines} | {
        item.key: item.title for _, item in table.items()
    }
    params = dict(rule.params)
    if rule.kind == "GATE":
        params["lines"] = tuple(titles.get(key, key) for key in params["lines"])
    if rule.kind == "VETO" and params["of"]:
        params["of"] = titles.get(params["of"], params["of"])
    said = KINDS[rule.kind].sentence(Rule(rule.kind, params))
    return f"{rule.fact}：{said}" if rule.fact else said


def carried(table: Scheme, year: int) -> Scheme:
    """The table for another year, its days moved along."""
    shift = year - table.year if table.year else 0
    return replace(
        table, year=year, starts_on=_moved(table.starts_on, shift), ends_on=_moved(table.ends_on, shift)
    )


def _moved(day: date | None, years: int) -> date | None:
    if day is None or not years:
        return day
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
