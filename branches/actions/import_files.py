"""Importing a file from the shell: the same plan and the same writing as in the browser, without a stored job."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..choices import ImportKind
from ..imports.organizations import LAYOUT
from ..imports.plans import plan_organizations, plan_roster
from ..imports.spreadsheet import SHELL_LIMITS
from ..imports.steps import Counts
from ..models import Organization
from .audit import record_event
from .import_rows import apply_organizations, apply_roster


def _nothing(percent: int) -> None:
    """Nobody watches."""


@transaction.atomic
def import_file(
    *,
    path: Path,
    kind: str,
    now,
    under: Organization | None = None,
    layout=LAYOUT,
    is_dry_run: bool = False,
    partial: bool = False,
    accepts_corrections: bool = False,
    progress: Callable[[int], None] = _nothing,
) -> dict:
    """Read a file and write what it says unless a row is wrong; return counts, problems and what was applied.

    With `partial` the right rows are written all the same. `under` limits everything to a subtree; new organisations
    without a parent go below it. FileRefused when the file cannot be read.
    """
    options: dict[str, Any] = {
        "scope": under,
        "today": timezone.localdate(now),
        "limits": SHELL_LIMITS,
        "accepts_corrections": accepts_corrections,
    }
    with path.open("rb") as stream:
        plan: Any
        if kind == ImportKind.ROSTER:
            plan = plan_roster(stream, path.name, **options)
        else:
            plan = plan_organizations(stream, path.name, layout=layout, is_shell=True, **options)
    counts, problems, kept = Counts(), [], []
    for step in plan.steps():
        counts.add(step)
        problems.extend(step.problems)
        if kind == ImportKind.ORGANIZATIONS and step.changes:
            kept.append(step)
    result: dict[str, Any] = {
        "counts": counts.as_dict(),
        "problems": problems,
        "notes": plan.table.notes,
        "applied": None,
    }
    if is_dry_run or (counts.errors and not partial):
        return result
    trail: dict[str, Any] = {"author": None, "reason": f"导入 {path.name}", "now": now, "progress": progress}
    if kind == ImportKind.ROSTER:
        applied = apply_roster(plan=plan, **trail)
    else:
        applied = apply_organizations(plan=plan, steps=kept, **trail)
    if any(applied.values()):
        record_event(
            actor=None,
            event=f"导入{ImportKind(kind).label}",
            summary=summary_of(path.name, applied, result["counts"]),
            at=now,
        )
    return result | {"applied": applied}


def summary_of(file_name: str, applied: dict, counts: dict) -> str:
    """What an audit line says of an import."""
    skipped = f"，略过有错误的 {counts['wrong']} 行" if counts["wrong"] else ""
    return f"{file_name}：新增 {applied['new']}，变更 {applied['changed']}，无变化 {counts['unchanged']}{skipped}"[
        :300
    ]
