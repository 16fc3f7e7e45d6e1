"""考核计分: any published scoring table as data, evaluated exactly and explained to the point.

`read_scheme` and `read_facts` read files, `check_scheme` and `check_facts` say what is wrong with them, `evaluate`
gives every unit its total, its grade and the tree of how they came about. `KINDS` declares the kinds of rules; the
formats are documented in docs/scoring.md. No rows, no clock, no request.
"""

from accountability.scoring.checks import check_facts, check_scheme, heeds
from accountability.scoring.engine import evaluate
from accountability.scoring.explanation import Evaluation, GradeStep, Missing, Result, Step
from accountability.scoring.facts import Adjustment, AdjustmentKind, Entry, Expected, Facts, Unit
from accountability.scoring.files import read_facts, read_scheme, rule_of, to_toml
from accountability.scoring.kinds import KINDS, Group, Kind, Param, Place
from accountability.scoring.problems import Problem, Refused, Severity, described
from accountability.scoring.schemes import (
    Inapplicable,
    Item,
    Line,
    Peers,
    Role,
    Rule,
    Scheme,
    Source,
    Subject,
)

__all__ = [
    "KINDS",
    "Adjustment",
    "AdjustmentKind",
    "Entry",
    "Evaluation",
    "Expected",
    "Facts",
    "GradeStep",
    "Group",
    "Inapplicable",
    "Item",
    "Kind",
    "Line",
    "Missing",
    "Param",
    "Peers",
    "Place",
    "Problem",
    "Refused",
    "Result",
    "Role",
    "Rule",
    "Scheme",
    "Severity",
    "Source",
    "Step",
    "Subject",
    "Unit",
    "check_facts",
    "check_scheme",
    "described",
    "evaluate",
    "heeds",
    "read_facts",
    "read_scheme",
    "rule_of",
    "to_toml",
]
