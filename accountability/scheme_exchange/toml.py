"""The .toml form of a scheme: the format of docs/scoring.md, its faults told as those of a sheet are."""

import re
from typing import Any

from accountability.scoring import Problem, Refused, read_scheme
from accountability.scoring.files import parse

from .drafts import LARGEST, Draft, Fault, judged, too_many

_WORDS = {"line": "分类", "item": "评价项", "rule": "规则"}
_STEP = re.compile(r"(line|item|rule)(?:\[(\d+)\])?(?:（(.*?)）)?(?=\.|$)")


def read_toml(content: bytes) -> Draft:
    """The scheme in a .toml file."""
    if len(content) > LARGEST:
        return Draft(None, [Fault("", "", "", f"文件超过 {LARGEST // 1024 // 1024} MB。")])
    try:
        if found := too_many(*_size(parse(content))):
            return Draft(None, found)
        table = read_scheme(content)
    except Refused as refused:
        return Draft(None, [Fault(*located(each), f"{each.message_zh}。") for each in refused.problems])
    return judged(table, located)


def _size(data: dict[str, Any]) -> tuple[int, int, int]:
    """How many lines, items and rules are written, well formed or not."""
    lines = _tables(data, "line")
    items = [item for line in lines for item in _tables(line, "item")]
    return len(lines), len(items), sum(len(_tables(each, "rule")) for each in (data, *lines, *items))


def _tables(data: Any, name: str) -> list:
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, list) else []


def located(problem: Problem) -> tuple[str, str, str]:
    """“分类 2、评价项 1” and the key, from line[2].item[1].full."""
    place = []

    def word(match):
        place.append(f"{_WORDS[match[1]]} {match[2] or ''}{f'（{match[3]}）' if match[3] else ''}".strip())
        return ""

    rest = _STEP.sub(word, problem.field)
    return "", "、".join(place) or "文件开头", rest.strip(".")
