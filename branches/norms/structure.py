"""The structural rules of organisations (ORG-01 … ORG-08).

Kinds are the values of `choices.OrganizationKind`.
"""

from datetime import date

from branches.periods import add_months
from branches.votes import Problem, Severity


def term_years(kind: str, setting: str = "") -> int | None:
    """Length of a term in years by kind of organisation and its sector (ORG-06); None when it has no term.

    `setting` is a value of `choices.Sector`: RURAL (村) and COMMUNITY (社区) have five years throughout.
    """
    if kind in ("COMMITTEE", "OFFICE_COMMITTEE", "DISCIPLINE_COMMISSION"):
        return 5
    if kind in ("GENERAL_BRANCH", "BRANCH", "JOINT_BRANCH"):
        return 5 if setting in ("RURAL", "COMMUNITY") else 3
    return None


def term_ends_on(elected_on: date, kind: str, setting: str = "") -> date | None:
    """Day the 换届 is due; None when the organisation has no term."""
    years = term_years(kind, setting)
    return None if years is None else add_months(elected_on, 12 * years)


def term_problem(
    ends_on: date, today: date, *, remind_months: int = 6, grace_months: int = 12
) -> Problem | None:
    """Reminder that a 换届 is near or late (ORG-06); a delay beyond `grace_months` is no longer covered by approval."""
    if today > add_months(ends_on, grace_months):
        return Problem("term_ends_on", f"应于 {_day(ends_on)} 换届，已超过一年，须尽快换届并向上级报告")
    if today > ends_on:
        return Problem(
            "term_ends_on", f"应于 {_day(ends_on)} 换届，已逾期，延期须经上级批准", Severity.WARNING
        )
    if add_months(today, remind_months) >= ends_on:
        return Problem("term_ends_on", f"将于 {_day(ends_on)} 任期届满，请着手准备换届", Severity.WARNING)
    return None


def vacancy_problem(vacant_since: date, today: date, *, months: int = 3) -> Problem | None:
    """Warning that a place in the 支委会 has been vacant for `months` or longer (ORG-08)."""
    due_on = add_months(vacant_since, months)
    if today < due_on:
        return None
    return Problem(
        "committee_size", f"委员自 {_day(vacant_since)} 起空缺，应在 {_day(due_on)} 前补选", Severity.WARNING
    )


def secretary_problem(joined_on: date, appointed_on: date) -> Problem | None:
    """Warning that a 书记 had been in the Party for less than a year when appointed (ORG-07)."""
    if add_months(joined_on, 12) <= appointed_on:
        return None
    return Problem("secretary", "书记一般应有一年以上党龄", Severity.WARNING)


def structure_warnings(
    kind: str,
    full_members: int,
    members: int,
    committee_size: int,
    *,
    has_secretary: bool = True,
    has_leader: bool = True,
    units: int = 1,
    in_village: bool = False,
    approved: bool = False,
) -> list[Problem]:
    """What is unusual in the make-up of an organisation (ORG-01 … ORG-05), as warnings; more than 7 委员 is an error.

    `committee_size` counts 支委会 members, 书记 included; `has_leader` is the 党小组组长; `units` are those joined in
    a 联合党支部; `in_village` marks a village's own 党委; `approved` a smaller size that the level above approved.
    """
    match kind:
        case "BRANCH":
            found = [*_branch_size(full_members, members), *_branch_committee(full_members, committee_size)]
        case "JOINT_BRANCH":
            found = [*_branch_size(full_members, members), *_branch_committee(full_members, committee_size)]
            if not 2 <= units <= 5:
                found.append(_warn("units", f"联合党支部一般由 2 至 5 个单位组成，现为 {units} 个"))
        case "GROUP":
            found = _group(full_members, members, has_leader)
        case "GENERAL_BRANCH":
            found = _least(full_members, 50, "党总支", approved)
        case "OFFICE_COMMITTEE":
            found = _least(full_members, 100, "机关党委", approved)
        case "COMMITTEE" if in_village:
            found = _least(full_members, 100, "村党委", approved)
        case _:
            found = []
    if kind != "GROUP" and not has_secretary:
        found.append(_warn("secretary", "尚未明确书记"))
    return found


def _branch_size(full_members: int, members: int) -> list[Problem]:
    found = []
    if full_members < 3:
        found.append(
            _warn("full_members", f"正式党员 {full_members} 人，不足 3 人，应与邻近单位成立联合党支部")
        )
    if members > 50:
        found.append(_warn("members", f"党员 {members} 人，党支部一般不超过 50 人"))
    return found


def _branch_committee(full_members: int, committee_size: int) -> list[Problem]:
    if committee_size > 7:
        return [Problem("committee_size", f"支委会 {committee_size} 人，最多 7 人")]
    if full_members >= 7:
        if committee_size < 3:
            return [
                _warn(
                    "committee_size",
                    f"正式党员 {full_members} 人，应设支委会 3 至 5 人，现为 {committee_size} 人",
                )
            ]
        if committee_size > 5:
            return [_warn("committee_size", f"支委会 {committee_size} 人，一般为 3 至 5 人")]
    elif committee_size > 2:
        return [
            _warn(
                "committee_size",
                f"正式党员 {full_members} 人，不足 7 人，一般不设支委会，设书记 1 人，必要时设副书记 1 人",
            )
        ]
    return []


def _group(full_members: int, members: int, has_leader: bool) -> list[Problem]:
    found = []
    if members < 3:
        found.append(_warn("members", f"党小组 {members} 人，一般不少于 3 人"))
    if full_members < 1:
        found.append(_warn("full_members", "党小组至少应有 1 名正式党员"))
    if not has_leader:
        found.append(_warn("leader", "尚未明确党小组组长"))
    return found


def _least(full_members: int, least: int, label: str, approved: bool) -> list[Problem]:
    if approved or full_members >= least:
        return []
    return [
        _warn(
            "full_members", f"正式党员 {full_members} 人，设{label}一般不少于 {least} 人，较少时须经上级批准"
        )
    ]


def _warn(field: str, message: str) -> Problem:
    return Problem(field, message, Severity.WARNING)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
