"""Rows of responsibility and of the stored numbers; one topic a file."""

from .deployments import Deployment, IssueBatch
from .duties import (
    Duty,
    DutyHandover,
    DutyList,
    DutyRecord,
    DutyReview,
    DutyTemplate,
    DutyTemplateItem,
    DutyTemplateVersion,
    DutyTrigger,
    EvidenceFile,
    QualityCheck,
    Requirement,
)
from .notices import Notice, NoticeWording
from .readings import Formula, Reading, RollUp, Run, RunPart

__all__ = [
    "Deployment",
    "Duty",
    "DutyHandover",
    "DutyList",
    "DutyRecord",
    "DutyReview",
    "DutyTemplate",
    "DutyTemplateItem",
    "DutyTemplateVersion",
    "DutyTrigger",
    "EvidenceFile",
    "Formula",
    "IssueBatch",
    "Notice",
    "NoticeWording",
    "QualityCheck",
    "Reading",
    "Requirement",
    "RollUp",
    "Run",
    "RunPart",
]
