"""What the editor says about a scheme, and what is said about facts that do not fit it."""

import pytest

from accountability.scoring import Refused, check_facts, check_scheme, evaluate, read_facts, read_scheme

from .tables import entries, item_scheme, total_scheme

BANDS = 'kind = "CUTOFF"\nbands = [{}]'


def said(scheme):
    """Errors and warnings as (blocks, message)."""
    return [(problem.blocks, f"{problem.field}：{problem.message_zh}") for problem in check_scheme(scheme)]


def one(scheme):
    ((blocks, message),) = said(scheme)
    return blocks, message


def cutoff(*bands):
    inside = ", ".join("{ " + band + " }" for band in bands)
    return total_scheme(f'kind = "CUTOFF"\nbands = [{inside}]')


FULL = 'kind = "DEDUCT_EACH"\np = 1'


@pytest.mark.parametrize(
    ("scheme", "blocks", "words"),
    [
        (
            item_scheme(
                FULL,
                line="[[line.item]]\nkey = 'y'\ntitle = '二'\nfull = 5\nrule = [{ kind = 'BOOL', p = 5 }]",
            ),
            False,
            "各评价项满分合计15分，与分类满分10分不符",
        ),
        (item_scheme('kind = "LEVEL"\nlevels = { "好" = 8 }'), False, "最多得8分，达不到满分10分"),
        (item_scheme('kind = "LEVEL"\nlevels = { "好" = 12 }'), False, "超过满分10分的部分不计"),
        (item_scheme('kind = "GAIN_PER"\np = 1\ncap = 5'), False, "最多得5分，达不到满分10分"),
        (item_scheme(FULL, item="floor = 11"), True, "封顶低于保底"),
        (item_scheme(FULL, line="floor = 11"), True, "封顶低于保底"),
        (item_scheme(FULL, scheme="floor = 5\ncap = 4"), True, "封顶低于保底"),
        (
            item_scheme('kind = "STEP"\nsteps = [{ from = 1, p = 10 }, { from = 1.0, p = 3 }]'),
            True,
            "分段起点“1”重复",
        ),
        (item_scheme('kind = "DISCRETION"\nfrom = 10\nto = 0'), True, "最低分高于最高分"),
        (item_scheme('kind = "RANK_LINEAR"\nhi = 4\nlo = 10'), True, "最后一名的分高于第一名"),
        (item_scheme('kind = "MAX_ONLY"'), True, "没有计分规则"),
        (
            item_scheme(
                FULL + '\n[[line.item.rule]]\nkind = "ASSESSORS"\nweights = { "自" = 0.3, "上" = 0.6 }'
            ),
            True,
            "权重之和为0.9，应为1",
        ),
        (
            item_scheme(
                FULL
                + '\n[[line.item.rule]]\nkind = "AVG_OVER"\n[[line.item.rule]]\nkind = "CHAIN_WEIGHT"\nown = 0.5'
            ),
            True,
            "只能用一种",
        ),
        (
            item_scheme(
                FULL + '\n[[line.item.rule]]\nkind = "AVG_OVER"', scheme='[[rule]]\nkind = "AVG_OVER"'
            ),
            True,
            "“AVG_OVER”重复",
        ),
        (
            item_scheme('kind = "RATIO_TO_BEST"\nmax = 10\n[[line.item.rule]]\nkind = "AVG_OVER"'),
            True,
            "不能用于成员平均",
        ),
        (total_scheme('kind = "COEFF"\n[[rule]]\nkind = "COEFF"'), True, "COEFF 只能写一条"),
        (
            total_scheme('kind = "RANK_STEP"\nfull = 9\nd = 1\n[[rule]]\nkind = "RATIO_TO_BEST"\nmax = 3'),
            True,
            "只能写一条",
        ),
        (
            cutoff('grade = "优秀", from = 90', 'grade = "良好", from = 90', 'grade = "合格", from = 60'),
            True,
            "优秀的分数线重叠",
        ),
        (
            cutoff('grade = "优秀", from = 80', 'grade = "良好", from = 90', 'grade = "合格", from = 60'),
            True,
            "重叠",
        ),
        (
            cutoff(
                'grade = "优秀", from = 90',
                'grade = "良好", from = 80, below = 91',
                'grade = "合格", from = 60',
            ),
            True,
            "分数线重叠：90到91",
        ),
        (
            cutoff(
                'grade = "优秀", from = 90',
                'grade = "良好", from = 80, below = 89',
                'grade = "合格", from = 60',
            ),
            True,
            "之间有空档：89到90",
        ),
        (
            cutoff(
                'grade = "优秀", from = 90, below = 100',
                'grade = "良好", from = 80',
                'grade = "合格", from = 60',
            ),
            True,
            "总分100及以上的没有等次",
        ),
        (
            cutoff(
                'grade = "优秀", from = 90',
                'grade = "良好", from = 80',
                'grade = "合格", from = 60',
                'grade = "不合格", from = 20',
            ),
            True,
            "低于20分的没有等次",
        ),
        (
            cutoff('grade = "优秀", from = 120', 'grade = "良好", from = 80', 'grade = "合格", from = 60'),
            False,
            "优秀要120分，最高只能得100分，达不到",
        ),
        (cutoff('grade = "优秀", from = 90', 'grade = "合格", from = 60'), False, "良好没有分数线"),
        (cutoff('grade = "特优", from = 90'), True, "没有等次“特优”"),
        (total_scheme('kind = "QUOTA"\nshares = { "优秀" = 60, "良好" = 41 }'), True, "合计101%，超过100%"),
        (total_scheme('kind = "QUOTA"\none_in = { "优秀" = 1 }\nshares = { "良好" = 1 }'), True, "合计101%"),
        (total_scheme('kind = "QUOTA"\nshares = { "不合格" = 5 }'), False, "是最低等次"),
        (total_scheme('kind = "QUOTA"'), True, "要写 shares"),
        (total_scheme('kind = "VETO"\ncondition = "一"\neffect = "grade"'), True, "要写 grade"),
        (
            total_scheme('kind = "VETO"\ncondition = "一"\neffect = "lowest"\nof = "l"'),
            True,
            "同时写 of 和 below",
        ),
        (
            total_scheme('kind = "VETO"\ncondition = "一"\neffect = "lowest"\nof = "zz"\nbelow = 3'),
            True,
            "没有代码为“zz”",
        ),
        (
            total_scheme(
                'kind = "VETO"\ncondition = "一"\neffect = "zero"\n[[rule]]\nkind = "VETO"\ncondition = "一"\neffect = "zero"'
            ),
            True,
            "“一”重复",
        ),
        (
            item_scheme(FULL, scheme='[[rule]]\nkind = "VETO"\ncondition = "一"\neffect = "lowest"'),
            True,
            "没有写等次 grades",
        ),
        (total_scheme('kind = "COEFF"\nk = 1'), False, "没有定等次的规则"),
        (
            item_scheme('kind = "DEDUCT_EACH"\np = 1\n[[line.item.rule]]\nkind = "DEDUCT_EACH"\np = 1'),
            False,
            "计两次",
        ),
        (
            total_scheme('kind = "GATE"\nlines = ["q"]\npass = 80\ngrades = ["良好"]'),
            True,
            "没有代码为“q”的基本分分类",
        ),
        (
            total_scheme('kind = "GATE"\nlines = ["l"]\npass = 80\ngrades = ["良好", "优秀"]'),
            True,
            "级数与等次数不一致",
        ),
        (total_scheme('kind = "GATE"\nlines = ["l"]\npass = 101\ngrades = ["良好"]'), False, "达不到101分"),
        (
            item_scheme(FULL, scheme="starts_on = 2026-02-01\nends_on = 2026-01-01"),
            True,
            "结束日期早于开始日期",
        ),
    ],
)
def test_a_scheme_is_objected_to(scheme, blocks, words):
    found = said(scheme)
    assert any(each[0] is blocks and words in each[1] for each in found), found


@pytest.mark.parametrize("veto", ["zero"])
def test_a_veto_to_zero_needs_no_grades(veto):
    rule = f'[[rule]]\nkind = "VETO"\ncondition = "一"\neffect = "{veto}"'
    assert said(item_scheme(FULL, scheme=rule)) == []


def test_lines_that_do_not_add_up_to_the_total_or_to_one():
    text = 'code = "c"\ntitle = "办法"\nfull = 90\n' + "".join(
        f'[[line]]\nkey = "l{number}"\ntitle = "类{number}"\nfull = 100\nweight = {weight}\n'
        f'item = [{{ key = "x{number}", title = "项", full = 100, rule = [{{ kind = "DEDUCT_EACH", p = 1 }}] }}]\n'
        for number, weight in [(1, 0.6), (2, 0.5)]
    )
    assert [message for blocks, message in said(read_scheme(text)) if not blocks] == [
        "full：各分类满分合计110分，与总分90分不符",
        "line：各分类权重之和为1.1，不是1",
    ]


@pytest.mark.parametrize(
    ("title", "ban"),
    [
        ("每日登录次数", "登录和在线时长"),
        ("转发点赞数", "点赞、转发"),
        ("照片必传", "痕迹"),
        ("简报不少于12篇", "材料数量"),
    ],
)
def test_a_forbidden_indicator_is_refused_with_its_rule(title, ban):
    scheme = read_scheme(
        f'code = "c"\ntitle = "办法"\nfull = 5\n[[line]]\nkey = "l"\ntitle = "分类"\nfull = 5\n'
        f'item = [{{ key = "x", title = "{title}", full = 5, rule = [{{ kind = "BOOL", p = 5 }}] }}]'
    )
    blocks, message = one(scheme)
    assert blocks
    assert "不予采用" in message
    assert ban in message
    with pytest.raises(Refused, match="不予采用"):
        evaluate(scheme, entries())


def test_forbidden_words_are_found_in_rules_too():
    assert "不予采用" in one(item_scheme('kind = "LEVEL"\nlevels = { "在线时长达标" = 10 }'))[1]
    assert "不予采用" in one(item_scheme('kind = "DEDUCT_EACH"\nfact = "未打卡"\np = 1'))[1]


def test_persons_are_not_ranked():
    scheme = item_scheme('kind = "RANK_STEP"\nfull = 10\nd = 1', scheme='subject = "person"')
    blocks, message = one(scheme)
    assert blocks
    assert "对个人不得排名比较" in message


LEVELS = 'kind = "LEVEL"\nlevels = { "好" = 10, "差" = 0 }'
ASSESSED = FULL + '\n[[line.item.rule]]\nkind = "ASSESSORS"\nweights = { "自评" = 0.3, "上级评" = 0.7 }'
CHAIN = FULL + '\n[[line.item.rule]]\nkind = "CHAIN_WEIGHT"\nown = 0.5'
AVERAGE = FULL + '\n[[line.item.rule]]\nkind = "AVG_OVER"'


@pytest.mark.parametrize(
    ("scheme", "facts", "words"),
    [
        (item_scheme(LEVELS), entries('level = "优"'), "level 应为 好、差 之一，不能是“优”"),
        (item_scheme(LEVELS), entries(""), "level 应为 好、差 之一"),
        (item_scheme(LEVELS), entries('level = "好", points = 3'), "LEVEL 不用 points"),
        (item_scheme(FULL), entries("value = 3"), "DEDUCT_EACH 不用 value"),
        (item_scheme(FULL), entries('fact = "缺席"'), "没有事实“缺席”"),
        (item_scheme('kind = "DEDUCT_EACH"\nfact = "缺席"\np = 1'), entries(""), "要写 fact：缺席"),
        (item_scheme(FULL), entries('flags = ["加重"]'), "没有倍数条件“加重”"),
        (item_scheme('kind = "BOOL"\np = 10'), entries(""), "要写 yes"),
        (item_scheme('kind = "STEP"\nsteps = [{ from = 0, p = 10 }]'), entries(""), "要写 value（数值）"),
        (
            item_scheme('kind = "STEP"\nsteps = [{ from = 0, p = 10 }]'),
            entries("value = 1", "value = 2"),
            "只能有一个数值",
        ),
        (
            item_scheme('kind = "STEP"\nsteps = [{ from = 0, p = 10 }]'),
            entries("value = 1, count = 2"),
            "只写一种",
        ),
        (
            item_scheme('kind = "STEP"\nsteps = [{ from = 0, p = 10 }]'),
            entries("count = 1, due = 2", "count = 2"),
            "有的没写",
        ),
        (
            item_scheme('kind = "PER_PP"\ntarget = 90\nx = 1\ny = 1'),
            entries("count = 3"),
            "要写 value（百分比）",
        ),
        (item_scheme('kind = "MISS_COUNT"\nn = 4\np = 1'), entries("due = 3"), "就要写 count"),
        (
            item_scheme('kind = "MISS_COUNT"\nn = 4\np = 1\nper = "党小组"'),
            entries("count = 3"),
            "要用到 党小组，没有写",
        ),
        (item_scheme('kind = "RATIO_TO_BEST"\nmax = 10'), entries("value = -1"), "不能为负"),
        (item_scheme('kind = "ESCALATE"\nn = 1\np = 1\nq = 1'), entries("value = -1"), "年数不能为负"),
        (item_scheme('kind = "DISCRETION"\nfrom = 0\nto = 10'), entries("points = 3"), "要写 reason"),
        (
            item_scheme('kind = "DISCRETION"\nfrom = 0\nto = 10'),
            entries('points = 10.5, reason = "r"'),
            "应在 0 到 10 之间，不能是 10.5",
        ),
        (item_scheme(FULL), entries("applies = false"), "不适用的要写 reason"),
        (item_scheme(FULL), entries('applies = false, reason = "r", count = 2'), "不适用的不要写 count"),
        (item_scheme(FULL), entries('applies = false, reason = "r"', ""), "既写了不适用，又写了事实"),
        (item_scheme(ASSESSED), entries('applies = false, reason = "r"', 'by = "自评"'), "既写了不适用"),
        (item_scheme(ASSESSED), entries('applies = false, reason = "r", by = "自评"'), "不写 by、of"),
        (item_scheme(ASSESSED), entries(""), "by（评价方）应为 上级评、自评 之一"),
        (item_scheme(ASSESSED), entries('by = "群众评"'), "by（评价方）应为"),
        (item_scheme(FULL), entries('of = "书记"'), "不写 of"),
        (item_scheme(AVERAGE), entries(""), "要列出成员"),
        (item_scheme(AVERAGE), entries("", head='members = ["甲"]'), "要写 of"),
        (item_scheme(AVERAGE), entries('of = "乙"', head='members = ["甲"]'), "“乙”不在成员或分管单位之列"),
        (item_scheme(CHAIN), entries("", head='in_charge_of = ["A"]'), "不能分管本单位自己"),
        (item_scheme(FULL), read_facts('[[unit]]\nid = "A"\nentry = [{ item = "zz" }]'), "没有评价项“zz”"),
        (item_scheme(FULL), read_facts('[[unit]]\nid = "A"\n[[unit]]\nid = "A"'), "单位代码“A”重复"),
        (item_scheme(FULL), read_facts('scheme = "other"\n[[unit]]\nid = "A"'), "是“other”的，不是“c”的"),
        (item_scheme(FULL), read_facts(""), "没有要评的单位"),
    ],
)
def test_facts_that_do_not_fit_are_objected_to(scheme, facts, words):
    messages = [f"{problem.field}：{problem.message_zh}" for problem in check_facts(scheme, facts)]
    assert any(words in message for message in messages), messages
    with pytest.raises(Refused):
        evaluate(scheme, facts)


@pytest.mark.parametrize(
    ("adjustment", "words"),
    [
        ('kind = "BONUS"', "加分要写 points"),
        ('kind = "BONUS", points = 1, steps = 1', "不写 condition、steps"),
        ('kind = "VETO", condition = "未列"', "没有情形“未列”，可写 事故"),
        ('kind = "VETO", condition = "事故", points = 1', "一票否决不写 points"),
        ('kind = "VETO", condition = "事故", steps = 1', "steps 只用于"),
        ('kind = "TITLE", condition = "先进"', "称号没有情形“先进”"),
        ('kind = "DOWNGRADE", condition = "未列"', "降档没有情形“未列”"),
    ],
)
def test_adjustments_that_do_not_fit_are_objected_to(adjustment, words):
    scheme = total_scheme('kind = "VETO"\ncondition = "事故"\neffect = "zero"')
    facts = read_facts(f'[[unit]]\nid = "A"\nadjustment = [{{ {adjustment}, reason = "因" }}]')
    (problem,) = check_facts(scheme, facts)
    assert words in problem.message_zh
    assert problem.field == "unit[1]（A）.adjustment[1]"


def test_a_downgrade_needs_grades():
    facts = read_facts('[[unit]]\nid = "A"\nadjustment = [{ kind = "DOWNGRADE", reason = "因" }]')
    (problem,) = check_facts(item_scheme(FULL), facts)
    assert "没有等次" in problem.message_zh


def test_problems_do_not_run_to_thousands():
    facts = read_facts('[[unit]]\nid = "A"\n' + '[[unit.entry]]\nitem = "zz"\n' * 500)
    found = check_facts(item_scheme(FULL), facts)
    assert len(found) == 101
    assert "问题过多" in found[-1].message_zh


@pytest.mark.parametrize(("source", "asked"), [("hand", True), ("meetings", False)])
def test_an_item_that_asks_for_what_the_system_holds_is_pointed_out(source, asked):
    scheme = read_scheme(
        'code = "c"\ntitle = "办法"\nfull = 5\n[[line]]\nkey = "l"\ntitle = "分类"\nfull = 5\n'
        f'item = [{{ key = "x", title = "三会一课次数", full = 5, source = "{source}",'
        ' rule = [{ kind = "MISS_COUNT", n = 4, p = 1 }] }]'
    )
    assert [blocks for blocks, message in said(scheme) if "系统里已经有" in message] == [False] * asked
