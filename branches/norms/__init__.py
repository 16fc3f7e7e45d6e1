"""What each kind of meeting asks for, and the structural rules of organisations (ORG-01 … ORG-08)."""

from branches.norms.meetings import (
    EXPECTED,
    NORMS,
    JointNorm,
    MeetingNorm,
    excellent_limit,
    for_kinds,
    late_entry,
)
from branches.norms.structure import (
    secretary_problem,
    structure_warnings,
    term_ends_on,
    term_problem,
    term_years,
    vacancy_problem,
)

__all__ = [
    "EXPECTED",
    "NORMS",
    "JointNorm",
    "MeetingNorm",
    "excellent_limit",
    "for_kinds",
    "late_entry",
    "secretary_problem",
    "structure_warnings",
    "term_ends_on",
    "term_problem",
    "term_years",
    "vacancy_problem",
]
