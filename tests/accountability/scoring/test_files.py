"""Files written by strangers: refused with the place and the reason, never with a traceback."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from accountability.scoring import Refused, check_scheme, described, read_facts, read_scheme
from accountability.scoring.files import LARGEST

from .tables import DATA

ROOT = Path(__file__).resolve().parents[3]

SCHEME = """
code = "c"
title = "办法"
full = 10
[[line]]
key = "l"
title = "分类"
full = 10
[[line.item]]
key = "x"
title = "评价项"
full = 10
[[line.item.rule]]
kind = "DEDUCT_EACH"
p = 0.5
"""
FACTS = """
[[unit]]
id = "A"
[[unit.entry]]
item = "x"
count = 1
"""


def refused(reader, text):
    with pytest.raises(Refused) as raised:
        reader(text)
    return [described(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("p = 0.5", "p = nan", "line[1].item[1].rule[1].p：必须是有限的数"),
        ("p = 0.5", "p = -inf", "必须是有限的数"),
        ("p = 0.5", 'p = "NaN"', "必须是有限的数"),
        ("p = 0.5", 'p = "sNaN"', "必须是有限的数"),
        ("p = 0.5", "p = 1e999999999", "不得超过 1000000"),
        ("p = 0.5", "p = 1e-999999999", "小数最多 6 位"),
        ("p = 0.5", "p = 0.0000001", "小数最多 6 位"),
        ("p = 0.5", "p = 1e99999999999999999999", "不是数"),
        ("p = 0.5", "p = " + "9" * 400, "不得超过 1000000"),
        ("p = 0.5", "p = " + "9" * 5000, "TOML 中的数有误"),
        ("p = 0.5", "p = 0", "必须大于 0"),
        ("p = 0.5", "p = -1", "不得小于 0"),
        ("p = 0.5", "p = true", "应为数，不能是是非值"),
        ("p = 0.5", "p = [1]", "应为数，不能是数组"),
        ("p = 0.5", "p = 2026-01-01", "应为数，不能是日期"),
        ("p = 0.5", 'p = "半分"', "“半分”不是数"),
        ("p = 0.5", "", "line[1].item[1].rule[1]：缺少 p"),
        ("p = 0.5", "p = 0.5\npoints = 1", "没有“points”这一项，可写 kind、fact、p、cap"),
        ('"DEDUCT_EACH"', '"DEDUCT"', "没有规则“DEDUCT”，此处可用 DEDUCT_EACH"),
        ('"DEDUCT_EACH"', '"CUTOFF"', "没有规则“CUTOFF”"),
        ('"DEDUCT_EACH"', '"FLOOR"', "没有规则“FLOOR”"),
        ('"DEDUCT_EACH"', "7", "kind：应为文字，不能是int"),
        ('code = "c"', "", "缺少 code"),
        ('code = "c"', "code = 7", "code：应为文字"),
        ('code = "c"', 'code = ""', "code：不能为空"),
        ('code = "c"', 'code = "' + "长" * 501 + '"', "最多 500 个字"),
        ('code = "c"', 'code = "a\\u001b[31m"', "不能含换行和控制字符"),
        ('code = "c"', 'code = "\\u00AD\\u200B"', "只有看不见的字符"),
        ('code = "c"', 'code = "c"\nplaces = 7', "places：应在 0 到 6 之间"),
        ('code = "c"', 'code = "c"\nplaces = 2.0', "places：应为整数"),
        ('code = "c"', 'code = "c"\nformat = 2', "只认得第 1 版格式"),
        ('code = "c"', 'code = "c"\ngrades = ["好", "好"]', "grades：有重复"),
        ('code = "c"', 'code = "c"\ngrades = "好"', "grades：应为数组"),
        ('code = "c"', 'code = "c"\nsubject = "everyone"', "应为 unit、person 之一"),
        ('code = "c"', 'code = "c"\nsubject = ["unit"]', "应为 unit、person 之一"),
        ('code = "c"', 'code = "c"\nstarts_on = 2026-01-01T00:00:00', "应为日期"),
        ('code = "c"', 'code = "c"\ncode = "d"', "TOML 格式有误"),
        ("[[line]]", "[line]", "应写成 [[line]]"),
        ("full = 10\n[[line]]", "full = 1e7\n[[line]]", "full：不得超过 1000000"),
        ("[[line.item.rule]]", "[line.item.rule]", "应写成 [[rule]]"),
        ("title", "tilte", "没有“tilte”这一项"),
    ],
)
def test_a_wrong_scheme_is_refused_with_its_place(old, new, words):
    messages = refused(read_scheme, SCHEME.replace(old, new, 1))
    assert any(words in message for message in messages), messages


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("count = 1", "count = 1000000000", "unit[1].entry[1].count：应在 0 到 1000000 之间"),
        ("count = 1", "count = -1", "应在 0 到 1000000 之间"),
        ("count = 1", "count = 1.0", "count：应为整数"),
        ("count = 1", "count = true", "count：应为整数"),
        ("count = 1", "count = " + "9" * 4000, "应在 0 到 1000000 之间"),
        ("count = 1", "value = inf", "value：必须是有限的数"),
        ("count = 1", "value = 1e13", "value：不得超过 1000000000000"),
        ("count = 1", "yes = 1", "yes：应为 true 或 false"),
        ("count = 1", 'on = "2026-01-01"', "on：应为日期"),
        ("count = 1", 'flags = "x"', "flags：应为数组"),
        ("count = 1", "flags = [1]", "flags：应为文字"),
        ("count = 1", "coutn = 1", "没有“coutn”这一项"),
        ('item = "x"', "", "缺少 item"),
        ('id = "A"', "", "缺少 id"),
        ('id = "A"', 'id = "A"\nnumbers = { a = -1 }', "“a”应在 0 到 1000000 之间"),
        ('id = "A"', 'id = "A"\nmembers = ["甲", "甲"]', "members：有重复"),
        ('id = "A"', 'id = "A"\ncoefficient = 101', "不得超过 100"),
        ('id = "A"', 'id = "A"\nadjustment = [{ kind = "BONUS", points = -1, reason = "因" }]', "不得小于 0"),
        ('id = "A"', 'id = "A"\nadjustment = [{ kind = "BONUS", points = 1 }]', "缺少 reason"),
        ('id = "A"', 'id = "A"\nadjustment = [{ kind = "GIFT", reason = "因" }]', "应为 BONUS"),
        ('id = "A"', 'id = "A"\nexpected = 3', "应为表"),
        ("[[unit]]", "[unit]", "应写成 [[unit]]"),
    ],
)
def test_wrong_facts_are_refused_with_their_place(old, new, words):
    messages = refused(read_facts, FACTS.replace(old, new, 1))
    assert any(words in message for message in messages), messages


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "不是 UTF-8 文本"),
        (b"\x00", "TOML 格式有误"),
        ("[[[[", "TOML 格式有误"),
        ("a = " + "[" * 100_000, "TOML 嵌套过深"),
        ("a." * 50_000 + "a = 1", "TOML 嵌套过深"),
        ('"a b" . ' * 50_000 + "a = 1", "TOML 嵌套过深"),
        ("x = 1\n" * 3, "TOML 格式有误"),
        (b" " * (LARGEST + 1), "文件超过 64 MB"),
    ],
    ids=["utf-16", "null", "brackets", "deep", "dotted", "quoted", "twice", "huge"],
)
def test_hostile_files_are_refused(content, words):
    assert any(words in message for message in refused(read_facts, content))


def test_all_problems_are_told_at_once_and_in_lines():
    messages = refused(
        read_scheme, SCHEME.replace("0.5", "nan").replace('code = "c"', "code = 1").replace("key", "kye", 1)
    )
    assert len(messages) == 4
    assert "（at line 3" in refused(read_scheme, "a = 1\n\nb = = 2")[0].replace("(", "（")


def test_a_byte_order_mark_is_no_harm():
    assert read_scheme(b"\xef\xbb\xbf" + SCHEME.encode()).code == "c"


def test_numbers_may_be_written_as_text_and_stay_exact():
    assert read_scheme(SCHEME.replace("0.5", '"0.50"')) == read_scheme(SCHEME)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def as_toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {as_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(each) for each in value) + "]"
    if value is None:
        return '""'
    return json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf")


KEYS = st.sampled_from(
    [
        "code",
        "title",
        "full",
        "grades",
        "floor",
        "places",
        "peers",
        "rule",
        "line",
        "format",
        "year",
        "subject",
        "kinds",
    ]
)


@given(st.dictionaries(KEYS, junk, max_size=6))
def test_junk_never_breaks_the_reader(values):
    text = "\n".join(f"{key} = {as_toml(value)}" for key, value in values.items())
    for reader in (read_scheme, read_facts):
        with suppress(Refused):
            reader(text)


@given(
    st.sampled_from(["code", "title", "full", "key", "p", "kind"]),
    junk,
)
def test_one_junk_value_never_breaks_the_reader(name, value):
    text = "\n".join(
        f"{name} = {as_toml(value)}" if line.split(" = ")[0] == name else line for line in SCHEME.splitlines()
    )
    with suppress(Refused):
        check_scheme(read_scheme(text))


def write(folder, name, text):
    path = folder / name
    path.write_text(text)
    return str(path)


def test_the_command_as_json_holds_the_whole_tree(tmp_path):
    out = StringIO()
    call_command(
        "score", write(tmp_path, "s.toml", SCHEME), write(tmp_path, "f.toml", FACTS), "--json", stdout=out
    )
    told = json.loads(out.getvalue())
    (unit,) = told["units"]
    assert (told["scheme"], unit["id"], unit["total"], unit["items"]) == ("c", "A", "9.50", {"x": "9.5"})
    chain = []
    step = unit["explanation"]
    while True:
        chain.append(step["what"])
        if "parts" not in step:
            break
        step = step["parts"][-1]
    assert chain == ["total", "sum", "line", "item", "rule", "fact"]
    assert step["facts"] == [{"count": 1}]


@pytest.mark.parametrize(
    ("scheme", "facts", "words"),
    [
        (SCHEME.replace("0.5", "nan"), FACTS, "s.toml：line[1].item[1].rule[1].p：必须是有限的数"),
        (SCHEME.replace("评价项", "登录次数"), FACTS, "s.toml：item（登录次数）：不予采用"),
        (SCHEME, FACTS.replace("count = 1", "count = 1000000000"), "f.toml：unit[1].entry[1].count"),
        (SCHEME, FACTS.replace('"x"', '"y"'), "f.toml：unit[1]（A）.entry[1]：没有评价项“y”"),
        (SCHEME, FACTS + FACTS, "f.toml：unit：单位代码“A”重复"),
        ("code = ", FACTS, "s.toml：TOML 格式有误"),
    ],
)
def test_the_command_names_the_file_and_ends_with_two(tmp_path, scheme, facts, words):
    with pytest.raises(CommandError) as raised:
        call_command(
            "score", write(tmp_path, "s.toml", scheme), write(tmp_path, "f.toml", facts), stdout=StringIO()
        )
    assert words in str(raised.value)
    assert raised.value.returncode == 2


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_opened(tmp_path, name):
    with pytest.raises(CommandError, match="打不开文件") as raised:
        call_command("score", str(tmp_path / name), write(tmp_path, "f.toml", FACTS))
    assert raised.value.returncode == 2


def test_warnings_go_beside_the_result(tmp_path):
    out, err = StringIO(), StringIO()
    scheme = write(tmp_path, "s.toml", SCHEME.replace("full = 10", "full = 20", 1))
    call_command("score", scheme, write(tmp_path, "f.toml", FACTS), stdout=out, stderr=err)
    assert "提醒：full：各分类满分合计10分，与总分20分不符" in err.getvalue()
    assert "总分 9.50" in out.getvalue()


def test_the_shell_gets_the_exit_status(tmp_path):
    bad = write(tmp_path, "bad.toml", SCHEME.replace("0.5", "inf"))
    good = (str(DATA / "branch.scheme.toml"), str(DATA / "branch.facts.toml"))
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "django", "score"]
    told = subprocess.run(
        [*command, *good, "--json"], capture_output=True, env=environment, cwd=ROOT, check=True
    )
    assert json.loads(told.stdout)["units"][0]["total"] == "10.80"
    refusal = subprocess.run(
        [*command, bad, good[1]], capture_output=True, env=environment, cwd=ROOT, check=False
    )
    assert refusal.returncode == 2
    assert b"Traceback" not in refusal.stderr
