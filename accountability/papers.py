"""纸质票: what cannot be right in one person's count of the papers, and where two counts differ. Plain values."""

from collections.abc import Iterable

from accountability.tallies import Paper

#: The sums over all papers, beside the counts of each subject.
SUMS = {"issued": "发出", "returned": "收回", "valid": "有效"}
#: So many persons count, each for themselves.
COUNTERS = 2


def count_problems(paper: Paper, subjects: Iterable[int], most: int) -> dict[str | int, str]:
    """What cannot be right (VOTE-05), by name of a sum or number of a subject; `most` papers can have been issued."""
    found: dict[str | int, str] = {}
    if paper.issued > most:
        found["issued"] = f"发出{paper.issued}张，多于没有在网上投票的{most}人。"
    if paper.returned > paper.issued:
        found["returned"] = (
            f"收回{paper.returned}张，多于发出的{paper.issued}张，这次测评无效，应当重新投票。"
        )
    if paper.valid > paper.returned:
        found["valid"] = f"有效{paper.valid}张，多于收回的{paper.returned}张。"
    for number in subjects:
        total = sum(paper.counts.get(number, {}).values())
        if total > paper.valid:
            found[number] = f"合计{total}票，多于有效票{paper.valid}张。"
    return found


def differences(one: Paper, other: Paper) -> set[str | tuple[int, str]]:
    """Where two counts differ: names of sums, and pairs (number of the subject, choice)."""
    found: set[str | tuple[int, str]] = {name for name in SUMS if getattr(one, name) != getattr(other, name)}
    for number in {*one.counts, *other.counts}:
        mine, theirs = one.counts.get(number, {}), other.counts.get(number, {})
        found |= {(number, each) for each in {*mine, *theirs} if mine.get(each, 0) != theirs.get(each, 0)}
    return found
