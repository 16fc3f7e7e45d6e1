"""Examples of published tables by the product's own actions: scheme → round → facts → computed → the sheet as it is read."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accountability.actions.adjustments import adjust_by_hand
from accountability.actions.assessing import open_window, submit_sheet
from accountability.actions.entries import Evidence, add_entry
from accountability.actions.evaluating import ask_evaluation
from accountability.actions.rounds import change_evaluation, create_round
from accountability.actions.schemes import create_scheme
from accountability.choices import AdjustmentKind, AssessorRole, EntryOrigin
from accountability.queries.results import result_page, with_round
from accountability.scoring import Entry, read_scheme
from accountability.tasks import evaluate_round
from branches.choices import Level, MeetingKind, OrganizationKind, Post
from tests.branches.test_cadence import hold
from tests.conftest import plant

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture
def published(cast, acting):
    """A round by a table of the city, over what is below a committee."""

    def publish(document, committee, who, **facts):
        table = read_scheme(f"year = 2026\n{document}")
        scheme = create_scheme(actor=acting("wu"), organization=cast.city, table=table, now=NOW)
        return create_round(
            actor=acting(who),
            organization=committee,
            title=table.title,
            year=2026,
            starts_on=date(2026, 1, 1),
            ends_on=date(2026, 12, 31),
            fill_until=date(2026, 12, 20),
            schemes=[scheme],
            now=NOW,
            **facts,
        )

    return publish


@pytest.fixture
def one_line(published, cast):
    """The first branch in a round by one line of 10 points, or of additions, with the items given."""

    def publish(items, line="full = 10", rules=""):
        document = f'code = "T"\ntitle = "考核"\nfull = 10\n{rules}[[line]]\nkey = "l"\ntitle = "分类"\n{line}\n{items}'
        return published(document, cast.town, "zhao").evaluations.get(organization=cast.first)

    return publish


def read(actor, evaluation):
    """The sheet as the committee reads it, after the round was computed in the task."""
    ask_evaluation(actor=actor, round=evaluation.round, now=NOW)
    evaluate_round(evaluation.round_id)
    rows = with_round(type(evaluation).objects.all())
    return result_page(rows.get(pk=evaluation.pk), actor)


def result(page):
    return page.evaluation.total, page.evaluation.grade


def item(page, key):
    return next(row for row in page.sheet.items() if row.item.key == key)


def test_self_138_and_committee_117_at_30_and_70_make_123_3(cast, acting, published):
    round = published(
        """
code = "DUAL"
title = "双向评价"
full = 150
grades = ["优秀", "合格", "不合格"]
[[rule]]
kind = "CUTOFF"
bands = [{ grade = "优秀", from = 120 }, { grade = "合格", from = 90 }]
[[line]]
key = "l"
title = "履职"
full = 150
[[line.item]]
key = "x"
title = "履职情况"
full = 150
source = "assessor"
rule = [
    { kind = "DISCRETION", from = 0, to = 150, reason = false },
    { kind = "ASSESSORS", weights = { "自评" = 0.3, "党委评" = 0.7 } },
]
""",
        cast.town,
        "zhao",
    )
    evaluation = round.evaluations.get(organization=cast.first)
    bodies = (("li", AssessorRole.SELF, "自评", 138), ("zhao", AssessorRole.SUPERIOR, "党委评", 117))
    for who, role, by, points in bodies:
        window = open_window(
            actor=acting("zhao"), round=round, role=role, by=by,
            opens_on=TODAY, closes_on=date(2026, 11, 30), now=NOW,
        )  # fmt: skip
        submit_sheet(
            actor=acting(who), window=window, evaluation=evaluation, version=0,
            answers={("x", ""): Entry("x", points=Decimal(points))}, now=NOW,
        )  # fmt: skip
    page = read(acting("zhao"), evaluation)
    assert result(page) == (Decimal("123.3"), "优秀")
    assert "120" in page.sheet.grading[0]["because"]


def test_a_leader_bears_a_fifth_of_what_the_units_in_charge_lose(cast, acting, published):
    document = """
code = "LEADER"
title = "领导干部考核"
full = 4
subject = "person"
kinds = ["BRANCH"]
[[line]]
key = "l"
title = "履职"
full = 4
[[line.item]]
key = "x"
title = "参会"
full = 4
rule = [
    { kind = "DEDUCT_EACH", fact = "缺席", p = 0.5 },
    { kind = "DEDUCT_EACH", fact = "迟到", p = 0.2 },
    { kind = "CHAIN_WEIGHT", own = 0.8 },
]
"""
    round = published(document, cast.county, "qian", posts=[Post.SECRETARY], leave_out=True)
    leader = round.evaluations.get(appointment__user=cast.people["li"])
    change_evaluation(
        actor=acting("qian"), evaluation=leader, group="", coefficient=None,
        in_charge_of=[cast.second, cast.town], now=NOW,
    )  # fmt: skip
    said = [
        ("缺席", 1, ""),
        ("迟到", 1, ""),
        ("缺席", 2, str(cast.second)),
        ("迟到", 2, str(cast.town)),
    ]
    for fact, count, whose in said:
        add_entry(
            actor=acting("qian"), evaluation=leader,
            entry=Entry("x", fact, count=count, of=whose), now=NOW,
        )  # fmt: skip
    page = read(acting("qian"), leader)
    assert result(page) == (Decimal("3.30"), "")
    # 0.8 × (4 − 0.7) + 0.1 × (4 − 1.0) + 0.1 × (4 − 0.4)
    assert [line.rpartition(" ")[2] for line in item(page, "x").why.split("\n") if "权重" in line] == [
        "+2.64",
        "+0.36",
        "+0.3",
    ]


def test_the_meetings_of_a_branch_are_counted_by_the_system(cast, acting, one_line):
    """4 of 4, 10 of 12, 21 of 24 of two groups, 3 of 4 at 0.2 each missing: 12 − 1.2, and nobody typed a figure."""
    kinds = MeetingKind
    groups = [
        plant(f"01010101{number}", f"第{number}小组", OrganizationKind.GROUP, Level.GROUP, cast.first)
        for number in (1, 2)
    ]
    cast.first.refresh_from_db()
    for month in (2, 5, 8, 11):
        hold(cast.first, kinds.GENERAL_MEETING, date(2026, month, 10))
    for month in (3, 6, 9):
        hold(cast.first, kinds.LECTURE, date(2026, month, 11))
    for month in range(1, 11):
        hold(cast.first, kinds.COMMITTEE_MEETING, date(2026, month, 15))
        for group in groups:
            hold(cast.first, kinds.GROUP_MEETING, date(2026, month, 16), group=group)
    hold(cast.first, kinds.GROUP_MEETING, date(2026, 11, 16), group=groups[0])
    rules = "".join(
        f'    {{ kind = "MISS_COUNT", fact = "{fact}", n = {n}, p = 0.2{per} }},\n'
        for fact, n, per in (
            ("党员大会", 4, ""),
            ("支委会", 12, ""),
            ("党小组会", 12, ', per = "党小组"'),
            ("党课", 4, ""),
        )
    )
    evaluation = one_line(
        f'[[line.item]]\nkey = "x"\ntitle = "三会一课"\nfull = 12\nsource = "meetings"\nrule = [\n{rules}]\n',
        "full = 12",
    )
    page = read(acting("zhao"), evaluation)
    assert result(page) == (Decimal("10.80"), "")
    entries = evaluation.entries.filter(withdrawn_at=None)
    assert {each.origin for each in entries} == {EntryOrigin.SYSTEM}
    assert {each.fact: each.count for each in entries} == {
        "党员大会": 4,
        "支委会": 10,
        "党小组会": 21,
        "党课": 3,
    }


def test_a_tier_that_is_not_passed_ends_the_climb(cast, acting, published):
    lines = "".join(
        f'[[line]]\nkey = "{key}"\ntitle = "{title}标准"\nfull = 100\n[[line.item]]\nkey = "x{key}"\ntitle = "{title}"\n'
        'full = 100\nrule = [{ kind = "DISCRETION", from = 0, to = 100, reason = false }]\n'
        for key, title in (("a", "三星"), ("b", "四星"), ("c", "五星"))
    )
    document = (
        'code = "STAR"\ntitle = "评星"\nfull = 300\ngrades = ["五星", "四星", "三星", "不定星"]\n'
        '[[rule]]\nkind = "GATE"\nlines = ["a", "b", "c"]\npass = 80\ngrades = ["三星", "四星", "五星"]\n'
    )
    round = published(document + lines, cast.town, "zhao")
    evaluation = round.evaluations.get(organization=cast.first)
    for key, points in (("xa", 92), ("xb", 81), ("xc", 78)):
        add_entry(
            actor=acting("zhao"), evaluation=evaluation, entry=Entry(key, points=Decimal(points)), now=NOW
        )
    assert result(read(acting("zhao"), evaluation)) == (Decimal(251), "四星")


def test_deductions_and_additions_on_ten_points(cast, acting, one_line):
    """10 −1.0 −0.5 −1.5 −0.5 +1.0 +1.0 +1.0 = 9.5, wherever each is written."""
    evaluation = one_line(
        """
[[line.item]]
key = "x"
title = "日常"
full = 10
rule = [
    { kind = "DEDUCT_EACH", fact = "缺会", p = 1 },
    { kind = "DEDUCT_EACH", fact = "迟报", p = 0.5 },
    { kind = "DEDUCT_EACH", fact = "通报", p = 1.5 },
]
"""
    )
    li, zhao = acting("li"), acting("zhao")
    for fact, count in (("迟报", 2), ("缺会", 1), ("通报", 1)):
        entry = Entry("x", fact, count=count, on=date(2026, 3, 1))
        add_entry(actor=li, evaluation=evaluation, entry=entry, evidence=[Evidence(words="台账")], now=NOW)
    for day in (1, 2, 3):
        adjust_by_hand(
            actor=zhao, organization=cast.first, kind=AdjustmentKind.BONUS, points=Decimal("1.0"),
            reason="县级表扬", on=date(2026, 5, day), now=NOW,
        )  # fmt: skip
    page = read(zhao, evaluation)
    assert result(page) == (Decimal("9.50"), "")
    assert item(page, "x").points == "6.5"
    assert [each.points for each in page.sheet.way if each.label == "加分"] == ["+1", "+1", "+1"]


def test_the_same_praise_counts_once_at_its_highest(cast, acting, one_line):
    evaluation = one_line(
        """
[[line.item]]
key = "x"
title = "表彰"
rule = [{ kind = "TIERED", tiers = { "县" = 4, "市" = 6 } }, { kind = "MAX_ONLY" }]
""",
        'role = "bonus"',
    )
    for level in ("县", "市"):
        entry = Entry("x", level=level, matter="河道治理")
        add_entry(actor=acting("li"), evaluation=evaluation, entry=entry, now=NOW)
    page = read(acting("zhao"), evaluation)
    assert result(page) == (Decimal(6), "")
    assert "就高" in item(page, "x").why


def test_what_is_undone_after_urging_costs_twice(cast, acting, one_line):
    evaluation = one_line(
        """
[[line.item]]
key = "x"
title = "材料迟报"
full = 10
rule = [{ kind = "DEDUCT_EACH", p = 0.5 }, { kind = "MULT", condition = "催办后仍未完成", k = 2 }]
"""
    )
    for flags in ((), ("催办后仍未完成",)):
        entry = Entry("x", count=1, flags=flags)
        add_entry(actor=acting("zhao"), evaluation=evaluation, entry=entry, now=NOW)
    # 10 − 0.5 − 0.5 × 2
    assert result(read(acting("zhao"), evaluation)) == (Decimal("8.50"), "")
