"""How alike two texts are, by the three-character runs they share; pure, and only ever a reason to look."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

#: From here on two texts say the same: 上下一般粗.
COPIED = 0.9
RUN = 3

#: Turns of phrase that every document has; what is left of a text without them is what it says.
BOILERPLATE = (
    "坚决贯彻落实",
    "认真贯彻落实",
    "全面贯彻落实",
    "深入贯彻落实",
    "严格按照要求",
    "按照上级要求",
    "结合本单位实际",
    "结合工作实际",
    "结合实际",
    "切实履行",
    "认真落实",
    "狠抓落实",
    "抓好落实",
    "确保落实到位",
    "落实到位",
    "进一步",
    "切实",
    "不断",
)


def bare(text: str) -> str:
    """The text without boilerplate, spaces and punctuation, widths and case made equal; with the boilerplate when
    nothing else is in it."""
    whole = _letters(text)
    rest = whole
    for phrase in BOILERPLATE:
        rest = rest.replace(phrase, "")
    return rest or whole


def _letters(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", text).lower() if each.isalnum())


@lru_cache(maxsize=4096)
def runs(text: str) -> frozenset[str]:
    """The distinct runs of three characters in what a text says; a shorter text is one run, no text has none."""
    said = bare(text)
    if len(said) <= RUN:
        return frozenset({said} if said else ())
    return frozenset(said[start : start + RUN] for start in range(len(said) - RUN + 1))


def similarity(one: str, other: str) -> float:
    """Shared runs of all runs of both (Jaccard), from 0 to 1; 0 where one of them says nothing."""
    if one == other and runs(one):
        return 1.0
    ours, theirs = runs(one), runs(other)
    if not ours or not theirs:
        return 0.0
    shared = len(ours & theirs)
    return shared / (len(ours) + len(theirs) - shared)


def is_copied(one: str, other: str) -> bool:
    """Whether two texts say the same, or nearly."""
    ours, theirs = runs(one), runs(other)
    fewer, more = sorted((len(ours), len(theirs)))
    # No more can be shared than the shorter one has.
    return fewer >= COPIED * more and similarity(one, other) >= COPIED


def copied(pairs: Iterable[tuple[str, str]]) -> int:
    """How many of these pairs of texts say the same, or nearly."""
    return sum(is_copied(one, other) for one, other in pairs)
