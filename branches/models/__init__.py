"""Rows of organisation life; one topic a file."""

from .audit import AuditEntry, AuditLink
from .cadence import CadenceRule, ShortfallReason
from .imports import ImportJob, PreviewPage
from .meetings import (
    Absence,
    AgendaItem,
    Attachment,
    Correction,
    FormerMeeting,
    Guest,
    Meeting,
    MeetingDraft,
    MeetingReview,
    Participant,
    Resolution,
    Vote,
)
from .organizations import Organization, OrganizationEvent, Placement
from .people import Appointment, Member, Membership, User
from .refresh import DirtyMark

__all__ = [
    "Absence",
    "AgendaItem",
    "Appointment",
    "Attachment",
    "AuditEntry",
    "AuditLink",
    "CadenceRule",
    "Correction",
    "DirtyMark",
    "FormerMeeting",
    "Guest",
    "ImportJob",
    "Meeting",
    "MeetingDraft",
    "MeetingReview",
    "Member",
    "Membership",
    "Organization",
    "OrganizationEvent",
    "Participant",
    "Placement",
    "PreviewPage",
    "Resolution",
    "ShortfallReason",
    "User",
    "Vote",
]
