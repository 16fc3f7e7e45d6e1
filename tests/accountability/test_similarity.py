import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accountability.similarity import BOILERPLATE, bare, copied, is_copied, runs, similarity

WORDS = st.text(alphabet="抓基层党建工作研究部署季度走访困难群众第一次。，、 ABab12", max_size=40)


@given(WORDS, WORDS)
def test_it_is_symmetric_and_a_share(one, other):
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    assert is_copied(one, other) == is_copied(other, one)


@given(WORDS)
def test_a_text_is_like_itself(text):
    assume(bare(text))
    assert similarity(text, text) == 1
    assert is_copied(text, text)


@given(st.text("抓基层党建", min_size=1, max_size=30), st.text("走访困难群众", min_size=1, max_size=30))
def test_texts_without_a_common_letter_have_nothing_in_common(one, other):
    assert similarity(one, other) == 0
    assert not is_copied(one, other)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=8), st.randoms())
def test_the_order_of_a_list_changes_nothing(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    assert copied(pairs) == copied(shuffled) <= len(pairs)


@given(WORDS, WORDS)
def test_the_shortcut_decides_as_the_whole_comparison_does(one, other):
    assert is_copied(one, other) == (bool(runs(one)) and similarity(one, other) >= 0.9)


def test_punctuation_width_and_boilerplate_say_nothing():
    assert similarity("每季度至少专题研究1次党建。", "进一步每季度，至少专题研究１次党建") == 1
    assert bare("结合实际，狠抓落实！") == "结合实际狠抓落实"
    assert bare("结合实际走访三户") == "走访三户"


def test_nothing_is_like_nothing():
    assert similarity("", "") == 0
    assert not is_copied("。。", "")


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        ("每季度召开一次党委会议专题研究基层党建工作，列出问题清单并逐项明确责任人和完成时限", True),
        ("每季度召开一次党委会议专题研究基层党建工作，列出问题清单并逐项明确责任人和完成期限", True),
        ("每月到两个支部查看主题党日，当场帮助解决场地和资料问题", False),
    ],
)
def test_near_copies_are_told_from_own_words(child, expected):
    parent = "每季度召开一次党委会议专题研究基层党建工作，列出问题清单，并逐项明确责任人和完成时限。"
    assert is_copied(child, parent) is expected


def test_longer_phrases_are_taken_out_before_their_parts():
    for position, phrase in enumerate(BOILERPLATE):
        assert not any(phrase in later for later in BOILERPLATE[position + 1 :]), phrase
