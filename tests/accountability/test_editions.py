"""Two editions of a template laid side by side: which items are the same one, and what is different in their words."""

from hypothesis import given
from hypothesis import strategies as st

from accountability.editions import compare, freeze, match, segments, thaw

TEXTS = st.text(alphabet="党建责任落实支部每季度一次研究部署abc12，。", max_size=60)


def item(number, heading="联系群众", content="听取群众意见", key=None, **values):
    facts = {
        "key": key,
        "number": number,
        "heading": heading,
        "content": content,
        "measure": "",
        "interval": "quarter",
        "deadline": None,
        "counted_by": "",
        "target": None,
        "meeting_kinds": 0,
        "evidence": "OPTIONAL",
        "is_common": True,
        "is_negative": False,
        "legal_basis": "试行办法",
        "sunset_on": "2026-12-31",
    }
    return facts | values


def edition(*items, year=2026, **facts):
    values = {
        "code": "LOCAL",
        "title": "地方清单",
        "kind": "PRINCIPAL",
        "year": year,
        "organization_kinds": [],
        "levels": [],
        "chain": "",
        "posts": [],
        "source": "试行办法",
    }
    return {"facts": values | facts, "items": list(items)}


@given(TEXTS, TEXTS)
def test_segments_hold_both_texts(before, after):
    found = segments(before, after)
    assert "".join(each.text for each in found if each.kind != "new") == before
    assert "".join(each.text for each in found if each.kind != "gone") == after
    assert all(each.text for each in found)


def test_changed_words_are_marked():
    found = segments("每季度研究一次落实情况", "每月研究两次落实情况")
    assert [(each.kind, each.text) for each in found] == [
        ("same", "每"),
        ("gone", "季度"),
        ("new", "月"),
        ("same", "研究"),
        ("gone", "一"),
        ("new", "两"),
        ("same", "次落实情况"),
    ]


def test_added_removed_changed_and_kept():
    before = edition(item(1, "甲", "研究部署重点工作", key=1), item(2, "乙", "走访慰问困难党员", key=2))
    after = edition(
        item(1, "甲", "研究部署重点工作", key=1, interval="month"),
        item(2, "丙", "公开收支账目并回应疑问", key=3),
    )
    found = compare(before, after)
    assert [each.heading for each in found.added] == ["丙"]
    assert [each.heading for each in found.removed] == ["乙"]
    (changed,) = found.changed
    assert [(each.label, [segment.text for segment in each.segments]) for each in changed.fields] == [
        ("周期", ["季度", "月"])
    ]
    assert changed.changes_timing
    assert found.kept == 0
    assert not compare(before, before)


def test_an_order_that_changed_is_said():
    first, second = item(1, "甲", "内容一", key=1), item(2, "乙", "内容二", key=2)
    found = compare(edition(first, second), edition(second | {"number": 1}, first | {"number": 2}))
    assert found.is_reordered
    assert not found.items


def test_an_item_is_the_same_by_key_then_words_then_likeness():
    before = [
        item(1, "甲", "研究部署重点工作", key=1),
        item(2, "乙", "走访慰问困难党员", key=2),
        item(3, "丙", "到所联系的支部参加组织生活并听取党员意见建议", key=3),
    ]
    after = [
        item(1, "全新", "完全不同的要求", key=1),
        item(2, "乙", "走访慰问困难党员"),
        item(3, "联系支部", "到所联系的支部参加组织生活并听取党员群众意见建议"),
    ]
    pairs = match(before, after)
    assert [(old and old["number"], new and new["number"]) for old, new in pairs] == [(1, 1), (2, 2), (3, 3)]


@given(
    st.lists(st.sampled_from("甲乙丙丁戊"), max_size=8), st.lists(st.sampled_from("甲乙丙丁戊"), max_size=8)
)
def test_every_item_is_paired_once(before, after):
    old = [item(number, heading, f"{heading}的内容") for number, heading in enumerate(before, 1)]
    new = [item(number, heading, f"{heading}的内容") for number, heading in enumerate(after, 1)]
    pairs = match(old, new)
    assert sorted(each["number"] for each, _ in pairs if each) == list(range(1, len(old) + 1))
    assert [each["number"] for _, each in pairs if each] == list(range(1, len(new) + 1))


def test_years_are_compared_without_their_days():
    before = edition(item(1, deadline="2026-06-30"))
    after = edition(item(1, deadline="2027-06-30", sunset_on="2027-12-31"), year=2027)
    assert not compare(before, after, across_years=True)
    assert compare(before, after)
    moved = edition(item(1, deadline="2027-09-30", sunset_on="2027-12-31"), year=2027)
    assert [each.name for each in compare(before, moved, across_years=True).changed[0].fields] == ["deadline"]


def test_days_are_frozen_and_thawed():
    frozen = item(1, deadline="2026-06-30")
    assert freeze(thaw(frozen)) == frozen
