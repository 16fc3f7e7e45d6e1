"""A meeting's record on paper: the sheet both prints share, and the Word file."""

from branches.documents.sheets import RecordSheet, record_sheet
from branches.documents.word import meeting_docx

__all__ = ["RecordSheet", "meeting_docx", "record_sheet"]
