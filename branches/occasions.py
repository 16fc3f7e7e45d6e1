"""Which kinds of meeting are offered to which kind of organisation; judged from plain values."""

from .choices import BRANCH_KINDS, COMMITTEE_KINDS, MeetingKind, OrganizationKind

_BRANCH = (
    MeetingKind.GENERAL_MEETING,
    MeetingKind.COMMITTEE_MEETING,
    MeetingKind.GROUP_MEETING,
    MeetingKind.LECTURE,
    MeetingKind.PARTY_DAY,
    MeetingKind.ORGANIZATION_LIFE,
    MeetingKind.APPRAISAL,
    MeetingKind.TALK,
    MeetingKind.WORK_REPORT,
    MeetingKind.TRAINING,
)
_COMMITTEE = (
    MeetingKind.LEADING_MEETING,
    MeetingKind.STUDY_GROUP,
    MeetingKind.SPECIAL_STUDY,
    MeetingKind.DEMOCRATIC_LIFE,
    MeetingKind.LECTURE,
    MeetingKind.TALK,
    MeetingKind.WORK_REPORT,
    MeetingKind.TRAINING,
)
_GENERAL_BRANCH = (
    MeetingKind.GENERAL_MEETING,
    MeetingKind.COMMITTEE_MEETING,
    MeetingKind.STUDY_GROUP,
    MeetingKind.SPECIAL_STUDY,
    MeetingKind.LECTURE,
    MeetingKind.PARTY_DAY,
    MeetingKind.TALK,
    MeetingKind.WORK_REPORT,
    MeetingKind.TRAINING,
)
#: The few kinds that come up most; the form shows them first.
COMMON = frozenset(
    {
        MeetingKind.GENERAL_MEETING,
        MeetingKind.COMMITTEE_MEETING,
        MeetingKind.GROUP_MEETING,
        MeetingKind.LECTURE,
        MeetingKind.PARTY_DAY,
        MeetingKind.LEADING_MEETING,
        MeetingKind.STUDY_GROUP,
        MeetingKind.SPECIAL_STUDY,
    }
)


def kinds_offered(organization_kind: str, *, has_committee: bool, has_groups: bool) -> list[MeetingKind]:
    """Return the kinds an organisation may record, the usual ones first.

    A branch without a 支委会 is offered none of its meetings, one without 党小组 no group meeting: not applicable
    is not missing.
    """
    if organization_kind in BRANCH_KINDS:
        barred = set()
        if not has_committee:
            barred.add(MeetingKind.COMMITTEE_MEETING)
        if not has_groups:
            barred.add(MeetingKind.GROUP_MEETING)
        return [kind for kind in _BRANCH if kind not in barred]
    if organization_kind == OrganizationKind.GENERAL_BRANCH:
        return list(_GENERAL_BRANCH)
    if organization_kind in COMMITTEE_KINDS:
        return list(_COMMITTEE)
    return [MeetingKind.LEADING_MEETING, MeetingKind.STUDY_GROUP, MeetingKind.TALK, MeetingKind.TRAINING]
