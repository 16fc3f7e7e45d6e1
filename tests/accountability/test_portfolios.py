import pytest

from accountability.portfolios import fields_of, is_in_charge


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("分管基层党建、作风建设等工作", ["基层党建", "作风建设"]),
        ("负责纪律建设，巡察整改", ["纪律建设", "巡察整改"]),
        ("党建工作和意识形态", ["党建", "意识形态"]),
        ("基层党建 基层党建", ["基层党建"]),
        ("和谐社区及普及法律", ["和谐社区", "普及法律"]),
        ("水、电", []),
        ("", []),
    ],
)
def test_fields_are_read_from_the_words(words, fields):
    assert fields_of(words) == fields


def test_an_item_lies_in_a_field_that_it_names():
    assert is_in_charge("分管基层党建工作", "基层党建 每月过一遍支部的问题")
    assert not is_in_charge("分管基层党建工作", "作风建设 每季度听取意见")
    assert not is_in_charge("", "作风建设")
