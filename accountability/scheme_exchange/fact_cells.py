"""What a unit states about one fact in one cell: “是”, “38/40”, “8.5（按时指导）”, “县（河道治理）；市（网格支部）”, “不适用（没有流动党员）”."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from accountability.filling import FIGURES, Ask
from accountability.scoring import Entry
from accountability.scoring.numbers import plain
from accountability.scoring.shapes import NUMBER, POINTS, TEXT, TIMES
from branches.identity import normalize_cell
from branches.imports.spreadsheet import without_remark

from . import words

#: What an entry may say in a cell; anything more is stated in the browser.
SAID = ("count", "due", "value", "level", "points", "yes", "applies", "matter", "reason", "note")
#: Stands in a cell for what is stated and no cell can say.
STATED = "已填"
LONGEST = 2_000
_BETWEEN = "；;\n"
_OF = re.compile(r"([0-9]+)/([0-9]+)")
_SEPARATES = re.compile('[；;“”"]')
_SHARES = frozenset({"STEP", "PER_PP"})


def read_cell(ask: Ask, value: object) -> list[Entry]:
    """The entries in a cell; `ValueError` says in Chinese what is wrong with it."""
    if isinstance(value, date):
        raise ValueError("单元格里成了日期；请把单元格设为文本，再填如 3/4")
    if isinstance(value, bool):
        value = "是" if value else "否"
    if isinstance(value, float) and ask.kinds & _SHARES and 0 < value <= 1:
        raise ValueError(f"“{plain(words.read_number(value))}”看不出是不是百分比；95% 请填 95")
    text = value if isinstance(value, str) else normalize_cell(value)
    if len(text) > LONGEST:
        raise ValueError(f"最多 {LONGEST} 个字")
    found = [_read(ask, each) for each in words.parts(text, _BETWEEN)]
    if ask.is_single and len(found) > 1:
        raise ValueError("这一项只填一个")
    return found


def _read(ask: Ask, text: str) -> Entry:
    levels = {words.plain_word(name): name for name in ask.levels}
    main, aside = text, ""
    if words.plain_word(text) not in levels:
        main = without_remark(text)
        aside = words.unquoted(text[len(main) + 1 : -1])
    said: dict = {}
    if words.plain_word(main) == "不适用":
        said["applies"] = False
    else:
        said = _said(ask, main.strip(), levels)
    if aside:
        name = "reason" if ask.asks_reason or "applies" in said else "matter" if ask.has_matter else "note"
        said[name] = TEXT.read(aside)
    entry = Entry(ask.item.key, ask.fact, **said)
    for message in ask.objections(entry).values():
        raise ValueError(message.rstrip("。"))
    return entry


def _said(ask: Ask, main: str, levels: dict[str, str]) -> dict:
    """The data of an entry that its rules read."""
    if "yes" in ask.fields:
        return {"yes": words.read_flag(main)}
    if ask.levels:
        name = levels.get(words.plain_word(main))
        if name is None and "count" in ask.fields:
            text = normalize_cell(main).removesuffix("次")
            word = text.rstrip("0123456789")
            name = levels.get(words.plain_word(word.rstrip("×x* ")))
            if name is not None and word != text:
                return {"level": name, "count": TIMES.read(int(text[len(word) :][:9]))}
            name = None
        if name is None:
            raise ValueError(f"没有“{main[:40]}”，应填：{'、'.join(ask.levels)}")
        return {"level": name}
    if ask.range:
        return {"points": POINTS.read(words.read_number(main))}
    share = _OF.fullmatch(normalize_cell(main).replace(" ", ""))
    if share and "due" in ask.fields:
        return {"count": TIMES.read(int(share[1][:9])), "due": TIMES.read(int(share[2][:9]))}
    if "value" in ask.fields:
        return {
            "value": NUMBER.read(words.read_number(main, percent="percent" if ask.kinds & FIGURES else ""))
        }
    return {"count": TIMES.read(words.read_whole(main))}


def write_cell(ask: Ask, entries: Iterable[Entry]) -> str:
    """The entries as `read_cell` reads them back; STATED for what no cell can say."""
    entries = list(entries)
    text = "；".join(_written(each) for each in entries)
    try:
        again = read_cell(ask, text)
    except ValueError:
        return STATED if entries else ""
    return text if [said(each) for each in again] == [said(each) for each in entries] else STATED


def said(entry: Entry) -> dict:
    """What an entry says, to be laid beside another; its evidence apart."""
    return {name: value for name, value in entry.as_dict().items() if name != "evidence"}


def _written(entry: Entry) -> str:
    aside = entry.reason or entry.matter or entry.note
    bracket = f"（{words.quoted(aside) if _SEPARATES.search(aside) else aside}）" if aside else ""
    if not entry.applies:
        return f"不适用{bracket}"
    if entry.yes is not None:
        main = "是" if entry.yes else "否"
    elif entry.level:
        main = entry.level + (f"×{entry.count}" if entry.count is not None else "")
    elif entry.points is not None or entry.value is not None:
        main = plain(entry.points if entry.points is not None else entry.value or Decimal(0))
    elif entry.due is not None:
        main = f"{entry.times}/{entry.due}"
    else:
        main = str(entry.times)
    return main + bracket


def example_of(ask: Ask) -> str:
    """What may stand in its cell."""
    if "yes" in ask.fields:
        main = "是"
    elif ask.levels:
        main = next(iter(ask.levels))
    elif ask.range:
        main = plain(ask.range[1])
    elif ask.kinds & _SHARES:
        main = "9/10"
    elif "value" in ask.fields:
        main = "85"
    else:
        main = "2"
    return main + ("（理由）" if ask.asks_reason else "（事项）" if ask.has_matter else "")
