"""Rows of responsibility and of the stored numbers; one topic a file."""

from .duties import Duty, DutyList, DutyRecord, DutyReview, DutyTemplate, DutyTemplateItem
from .readings import Formula, Reading, RollUp, Run, RunPart

__all__ = [
    "Duty",
    "DutyList",
    "DutyRecord",
    "DutyReview",
    "DutyTemplate",
    "DutyTemplateItem",
    "Formula",
    "Reading",
    "RollUp",
    "Run",
    "RunPart",
]
