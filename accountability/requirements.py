"""What an item of a list may look like: the checks that the editor, the import and the actions share; plain values."""

from collections.abc import Mapping
from datetime import date

from branches.periods import Interval

from .choices import CountedBy, EvidenceKind
from .forbidden import find_forbidden

#: The texts of an item that ask for something, with the words of the editor.
TEXTS = {"heading": "条目", "content": "责任内容", "measure": "落实要求"}
LARGEST_TARGET = 999


def faults_of(values: Mapping, year: int, needs_sunset: bool = True) -> dict[str, list[str]]:
    """What is wrong with an item of a list of `year`, by field, in the user's words; empty when nothing is.

    `values` are those of `Requirement.REQUIRED`, and `sunset_on` where one is asked for (`needs_sunset`).
    """
    found: dict[str, list[str]] = {}

    def report(field, message):
        found.setdefault(field, []).append(message)

    for field in TEXTS:
        for finding in find_forbidden(values.get(field) or ""):
            report(field, str(finding))
    if not values.get("legal_basis"):
        report("legal_basis", "请写明依据条款，新增负担须有依据。")
    _check_days(values, year, needs_sunset, report)
    if values.get("is_negative"):
        _check_negative(values, report)
    else:
        _check_counting(values, report)
    return found


def _check_days(values, year, needs_sunset, report):
    deadline, sunset = values.get("deadline"), values.get("sunset_on")
    if needs_sunset and sunset is None:
        report("sunset_on", "请写明日落日期，到期自动不再要求。")
    if sunset is not None and sunset < date(year, 1, 1):
        report("sunset_on", f"日落日期在{year}年之前，这一条不会要求任何事。")
    if deadline is None:
        return
    if deadline.year != year:
        report("deadline", f"完成期限须在{year}年之内。")
    elif sunset is not None and deadline > sunset:
        report("deadline", "完成期限晚于日落日期，到不了期限就不再要求。")
    if values.get("interval") != Interval.YEAR:
        report("interval", "填了完成期限就只做一次，周期请选“年”。")


def _check_counting(values, report):
    counted_by, target = values.get("counted_by") or "", values.get("target")
    if not counted_by:
        if target is not None:
            report("counted_by", "填了“每期至少”，请选按什么计数；不计数就不要填。")
        if values.get("meeting_kinds"):
            report("counted_by", "勾选了会议类型，请选“会议次数（自动）”；不计数就不要勾选。")
        return
    if target is None:
        report("target", "选了计数方式，请填每期至少多少。")
    elif not 1 <= target <= LARGEST_TARGET:
        report("target", f"请填1到{LARGEST_TARGET}之间的整数。")
    if counted_by == CountedBy.MEETINGS and not values.get("meeting_kinds"):
        report("meeting_kinds", "请勾选哪些会议计入。")
    if counted_by != CountedBy.MEETINGS and values.get("meeting_kinds"):
        report("meeting_kinds", "只有“会议次数（自动）”才勾选会议类型。")


def _check_negative(values, report):
    """A trigger opens no records: whatever belongs to a record has no meaning there."""
    if values.get("counted_by") or values.get("target") is not None or values.get("meeting_kinds"):
        report("counted_by", "负面清单条目发生了才登记，不计数，也没有每期至少多少。")
    if values.get("deadline") is not None:
        report("deadline", "负面清单条目发生了才登记，没有完成期限。")
    if values.get("evidence", EvidenceKind.OPTIONAL) != EvidenceKind.OPTIONAL:
        report("evidence", "负面清单条目不要求佐证。")
