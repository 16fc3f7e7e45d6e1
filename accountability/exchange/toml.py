"""The .toml form of a template: facts on top, one [[item]] an item, codes or Chinese words for values."""

import tomllib

from accountability.editions import FACTS, ITEM
from branches.choices import Level, MeetingKind
from branches.identity import CellError
from branches.imports.problems import FileRefused

from .drafts import Draft, Entry, Fault, make_draft
from .values import FACT_READERS, ITEM_DEFAULTS, ITEM_READERS


def read_toml(content: bytes, year: int | None = None) -> Draft:
    """The template that a .toml file describes; `year` is taken where the file names none.

    FileRefused when it is no TOML.
    """
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileRefused("encoding", "无法识别文件编码，请另存为 UTF-8 后再上传。") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FileRefused("damaged_workbook", f"不是有效的 TOML：{error}。") from error
    items = data.pop("item", [])
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise FileRefused("damaged_workbook", "条目要写成一个个 [[item]]。")
    faults: list[Fault] = []
    facts = _entry(data, "文件开头", FACT_READERS, FACTS, faults)
    if year is not None:
        facts.values.setdefault("year", year)
    entries = [
        _entry(values, f"第{number}个 [[item]]", ITEM_READERS, ITEM, faults)
        for number, values in enumerate(items, start=1)
    ]
    return make_draft(facts, entries, faults)


def _entry(values, place, readers, labels, faults) -> Entry:
    entry = Entry({}, place)
    for name, value in values.items():
        if name not in readers:
            known = "、".join(readers)
            faults.append(Fault(place, str(name), f"没有这个键；可用：{known}。"))
            continue
        if value == "":
            continue
        if isinstance(value, dict) or (isinstance(value, list) and not _is_plain(value)):
            faults.append(Fault(place, labels[name], "要写一个值，不是表。"))
            entry.refused.add(name)
            continue
        try:
            entry.values[name] = readers[name](value)
        except CellError as error:
            entry.refused.add(name)
            faults.append(Fault(place, labels[name], f"{error.message}。"))
    return entry


def _is_plain(values) -> bool:
    return not any(isinstance(each, dict | list) for each in values)


def write_toml(edition: dict) -> str:
    """An edition as .toml text that `read_toml` reads back as the same."""
    facts = edition["facts"] | {"levels": [Level(each).name for each in edition["facts"]["levels"]]}
    lines = ["# 责任清单模板；格式说明见 docs/checklists.md", ""]
    lines += [f"{name} = {_value(facts[name])}" for name in FACTS if facts[name] not in ("", [])]
    for item in edition["items"]:
        lines += ["", "[[item]]"]
        for name in ITEM:
            value = item[name]
            if value is None or (name in ITEM_DEFAULTS and value == ITEM_DEFAULTS[name]):
                continue
            if name == "meeting_kinds":
                value = [kind.name for kind in MeetingKind.unpack(value)]
            # A day stands bare in TOML.
            shown = value if name in ("deadline", "sunset_on") else _value(value)
            lines.append(f"{name} = {shown}")
    return "\n".join(lines) + "\n"


def _value(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in value)}]"
    return _text(value) if isinstance(value, str) else str(value)


def _text(value: str) -> str:
    """A basic string: quotes, backslashes and control characters escaped."""
    escaped = "".join(
        f"\\{char}"
        if char in '"\\'
        else f"\\u{ord(char):04X}"
        if ord(char) < 32 or ord(char) == 127
        else char
        for char in value
    )
    return f'"{escaped}"'
