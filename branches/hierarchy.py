"""Which kind of organisation stands under which, on which levels and in which chain: pure, from plain values.

Keys are the values of `choices.OrganizationKind`; a test says the sets agree.
"""

#: kind → kinds it may stand under; "" stands for the top of the tree.
PARENTS: dict[str, frozenset[str]] = {
    "COMMITTEE": frozenset({"", "COMMITTEE", "WORK_COMMITTEE", "LEADING_GROUP"}),
    "WORK_COMMITTEE": frozenset({"", "COMMITTEE", "WORK_COMMITTEE"}),
    "LEADING_GROUP": frozenset({"", "COMMITTEE", "WORK_COMMITTEE", "LEADING_GROUP"}),
    "OFFICE_COMMITTEE": frozenset({"COMMITTEE", "WORK_COMMITTEE", "LEADING_GROUP", "OFFICE_COMMITTEE"}),
    "GENERAL_BRANCH": frozenset({"COMMITTEE", "WORK_COMMITTEE", "LEADING_GROUP", "OFFICE_COMMITTEE"}),
    "BRANCH": frozenset(
        {"COMMITTEE", "WORK_COMMITTEE", "LEADING_GROUP", "OFFICE_COMMITTEE", "GENERAL_BRANCH"}
    ),
    "JOINT_BRANCH": frozenset(
        {"COMMITTEE", "WORK_COMMITTEE", "LEADING_GROUP", "OFFICE_COMMITTEE", "GENERAL_BRANCH"}
    ),
    "GROUP": frozenset({"BRANCH", "JOINT_BRANCH"}),
    "DISCIPLINE_COMMISSION": frozenset({"COMMITTEE", "WORK_COMMITTEE", "OFFICE_COMMITTEE"}),
    "DISCIPLINE_TEAM": frozenset({"COMMITTEE", "WORK_COMMITTEE", "LEADING_GROUP", "DISCIPLINE_COMMISSION"}),
}
#: Kinds whose level follows from the kind; the others say their own.
FIXED_LEVELS = {
    "OFFICE_COMMITTEE": 55,
    "GENERAL_BRANCH": 60,
    "BRANCH": 70,
    "JOINT_BRANCH": 70,
    "GROUP": 80,
}
#: Kinds that sit beside a committee and share its level.
BESIDE = frozenset({"DISCIPLINE_COMMISSION", "DISCIPLINE_TEAM"})
#: Kinds that may become one another (换届改设, 升格) and merge into one another.
FAMILIES = (
    frozenset({"BRANCH", "JOINT_BRANCH"}),
    frozenset({"COMMITTEE", "WORK_COMMITTEE", "LEADING_GROUP", "OFFICE_COMMITTEE", "GENERAL_BRANCH"}),
    frozenset({"GROUP"}),
    frozenset({"DISCIPLINE_COMMISSION", "DISCIPLINE_TEAM"}),
)
#: Kinds in which members live: memberships point at them.
HOMES = frozenset({"BRANCH", "JOINT_BRANCH"})


def same_family(one: str, other: str) -> bool:
    """Whether an organisation of one kind may turn into the other, or be merged into it."""
    return any(one in family and other in family for family in FAMILIES)


def standing_problem(kind, level, parent_kind=None, parent_level=None, *, parent_name: str = "上级") -> str:
    """Why an organisation of this kind and level cannot stand there, as a Chinese sentence; "" when it can.

    Kinds and levels are members of `choices.OrganizationKind` and `choices.Level`; None stands for the top.
    """
    if (parent_kind or "") not in PARENTS[kind]:
        if not parent_kind:
            return f"{kind.label}不能作为最上一级，请选择上级党组织。"
        return f"{kind.label}不能设在{parent_kind.label}“{parent_name}”之下。"
    if FIXED_LEVELS.get(kind, level) != level:
        return f"{kind.label}的层级不能是“{level.label}”。"
    if parent_level is None:
        return ""
    if level < parent_level:
        return f"层级“{level.label}”不能高于上级的“{parent_level.label}”。"
    if level == parent_level and kind not in BESIDE and kind != parent_kind:
        return f"层级“{level.label}”应低于上级的“{parent_level.label}”。"
    return ""


def level_under(
    kind: str, parent_level: int | None, current: int | None = None, *, parent_kind: str = ""
) -> int:
    """The level an organisation of this kind takes under a parent: its fixed one, the parent's beside a committee,
    its current one while that fits, else the next below."""
    if kind in FIXED_LEVELS:
        return FIXED_LEVELS[kind]
    if parent_level is None:
        return current or 30
    if kind in BESIDE:
        return parent_level
    if current is not None and (current > parent_level or (current == parent_level and kind == parent_kind)):
        return current
    return next((level for level in (20, 30, 40, 50) if level > parent_level), 52)


def chain_under(kind: str, parent_chain: str, current: str = "LOCAL") -> str:
    """The chain an organisation belongs to: below the office chain everything is; a branch follows its parent;
    a committee that starts an office chain under a local one keeps it."""
    if parent_chain == "OFFICE" or kind in ("BRANCH", "JOINT_BRANCH", "GROUP", "GENERAL_BRANCH"):
        return parent_chain or current
    return current
