"""The declared kinds of rules, by what they work on."""

from accountability.scoring.rules import changes, grades, limits, marks, peers, shares, totals

__all__ = ["changes", "grades", "limits", "marks", "peers", "shares", "totals"]
