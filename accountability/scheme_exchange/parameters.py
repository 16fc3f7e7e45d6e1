"""The parameters of a rule in one cell: “目标：95；每低几个百分点：5；扣：1”, or only “好=20；较好=15” where one says it all."""

import re
from collections.abc import Iterator
from typing import Any

from accountability.scoring import KINDS, Kind, Param, Place, Rule, rule_of
from accountability.scoring.files import parse
from accountability.scoring.kinds import FACT

from . import words

LONGEST = 32_000  # characters of a cell
_COLLECTIONS = (" by name", "list of ")
_TEXTUAL = ("text", "list of texts")


def spoken(param: Param) -> str:
    """The name of a parameter on a sheet: its label without what explains it."""
    label = param.label.rpartition("：")[2] if "：" in param.label else param.label
    return re.split(r"[（，]", label)[0]


def written(kind: Kind, place: Place) -> list[Param]:
    """The parameters that stand in the cell; the fact has a column of its own."""
    return [param for param in kind.params_at(place) if param.name != FACT]


def main_parameter(kind: Kind) -> Param | None:
    """The parameter whose name may be left out: the only one of several values, else the only one required."""
    many = [param for param in kind.params if any(each in param.shape.name for each in _COLLECTIONS)]
    required = [param for param in kind.params if param.is_required]
    found = many if len(many) == 1 else required if not many and len(required) == 1 else []
    return found[0] if found else None


def write_parameters(rule: Rule, place: Place) -> str:
    """The parameters of a rule that are not the default, as `read_parameters` reads them back."""
    kind = KINDS[rule.kind]
    given = {
        param: rule[param.name]
        for param in written(kind, place)
        if rule[param.name] is not None and rule[param.name] != param.default
    }
    main = main_parameter(kind)
    for name in (words.plainly, words.quoted):
        said = {param: words.write_value(param.shape, value, name) for param, value in given.items()}
        for is_short in (True, False):
            text = "；".join(
                each if is_short and param is main and len(said) == 1 else f"{spoken(param)}：{each}"
                for param, each in said.items()
            )
            # A cell that begins so would be taken for a formula.
            if text[:1] in ("=", "+", "-", "@", "'"):
                continue
            found, problems = read_parameters(kind, place, text)
            if not problems and all(found.get(param.name) == value for param, value in given.items()):
                return text
    return text


def read_parameters(kind: Kind, place: Place, text: str) -> tuple[dict[str, Any], list[str]]:
    """The values by name, and what is wrong with the cell."""
    params = {param.name: param for param in written(kind, place)}
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name, said in _portions(kind, params, text):
        if name is None:
            problems.append(f"“{said[:40]}”看不懂")
            continue
        if name in found:
            problems.append(f"“{spoken(params[name])}”写了两次")
            continue
        shape = params[name].shape
        several = words.parts(said) if not shape.choices and shape.name not in _TEXTUAL else []
        if len(several) > 1 and not any(each in shape.name for each in _COLLECTIONS):
            known = "、".join(spoken(param) for param in params.values())
            problems.append(f"“{several[1][:40]}”看不懂，可写的参数有：{known}")
            said = several[0]
        try:
            found[name] = words.read_value(shape, said)
        except ValueError as error:
            found[name] = None
            problems.append(f"“{spoken(params[name])}”：{error}")
    absent = [spoken(param) for param in params.values() if param.is_required and param.name not in found]
    if absent and not problems:
        problems.append(f"缺少“{'”“'.join(absent)}”")
    return found, problems


def _portions(kind: Kind, params: dict[str, Param], text: str) -> Iterator[tuple[str | None, str]]:
    """(parameter, what is said of it): a piece that names no parameter belongs to the one before."""
    names = {
        each: param.name for param in params.values() for each in (param.name, param.label, spoken(param))
    }
    meant = {words.plain_word(each): name for each, name in names.items()}
    known = "|".join(re.escape(each) for each in sorted(names, key=len, reverse=True))
    begins = (
        re.compile(rf"\s*({known})\s*(?:[：:=＝]|(?=[0-9０-９+\-−－])|\s)", re.IGNORECASE) if known else None
    )
    main = main_parameter(kind)
    heads: list[tuple[str | None, int, int]] = []
    for start, end in words.pieces(text):
        if heads and start < heads[-1][2]:
            continue
        if begins and (match := begins.match(text, start)):
            heads.append((meant[words.plain_word(match[1])], start, match.end()))
        elif not heads and text[start:end].strip():
            heads.append((main.name if main else None, start, start))
    for at, (name, _, start) in enumerate(heads, start=1):
        end = heads[at][1] if at < len(heads) else len(text)
        yield name, text[start:end].strip(words.BETWEEN + " \t\r")


def example_of(kind: Kind, place: Place) -> str:
    """What may stand in the cell of parameters of a rule of this kind."""
    if kind.name == "GATE":  # whose example names lines as a test does
        return "各级的分类：组织健全、治理有序；达标线：80；各级达标后的等次：三星、四星"
    text = re.sub(r"^\[\[.*\]\]$", "[[rule]]", f"[[rule]]\n{kind.example.rule}", flags=re.MULTILINE)
    values = next(each for each in parse(text)["rule"] if each.pop("kind") == kind.name)
    values.pop(FACT, None)
    return write_parameters(rule_of(kind.name, place, **values), place)
