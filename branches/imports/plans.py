"""From a file to what importing it would do; the browser and the shell begin here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from ..models import Organization
from . import organizations, roster
from .organization_changes import OrganizationPlan, compare_organizations
from .problems import FileRefused
from .roster_changes import compare_roster
from .spreadsheet import Limits, Table, read_table
from .steps import Step

BROWSER_LIMITS = Limits()


@dataclass
class RosterPlan:
    """What importing a roster would do, a step for each row."""

    table: Table
    rows: list[Step]

    def steps(self) -> list[Step]:
        return self.rows


def _nothing(percent: int) -> None:
    """Nobody watches."""


def plan_roster(
    stream: BinaryIO,
    file_name: str,
    *,
    scope: Organization | None,
    today: date,
    limits: Limits = BROWSER_LIMITS,
    accepts_corrections: bool = False,
    progress: Callable[[int], None] = _nothing,
) -> RosterPlan:
    """Read and judge a roster and compare it with the members inside `scope`; FileRefused when it cannot be read."""
    table = read_table(stream, file_name, roster.LAYOUT, limits)
    progress(20)
    lines = roster.read_roster(table, today)
    _refuse_without_rows(lines)
    progress(60)
    return RosterPlan(
        table, compare_roster(table, lines, scope=scope, today=today, accepts_corrections=accepts_corrections)
    )


def plan_organizations(
    stream: BinaryIO,
    file_name: str,
    *,
    scope: Organization | None,
    today: date,
    limits: Limits = BROWSER_LIMITS,
    layout=organizations.LAYOUT,
    is_shell: bool = False,
    accepts_corrections: bool = False,
    progress: Callable[[int], None] = _nothing,
) -> OrganizationPlan:
    """The same for a sheet of organisations."""
    table = read_table(stream, file_name, layout, limits)
    lines = list(organizations.read_organizations(table, today))
    _refuse_without_rows(lines)
    progress(60)
    return compare_organizations(
        table, lines, scope=scope, today=today, is_shell=is_shell, accepts_corrections=accepts_corrections
    )


def _refuse_without_rows(lines: list) -> None:
    if not lines:
        raise FileRefused("no_rows", "表头下面没有数据行，请填写后再上传。")
