"""A judged sheet of organisations against the tree: who is new and where, who changes in what, who may not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ..choices import Level, OrganizationKind, RowState, Sector
from ..hierarchy import level_under, same_family, standing_problem
from ..models import Organization
from .organizations import SECTOR_WORDS, OrganizationLine, chain_of, has_committee, short_name_of
from .problems import Problem
from .roster_changes import CHUNK, chunks
from .spreadsheet import Table
from .steps import Change, Step, settle, soften

_COMPARED = ("name", "kind", "level", "unit_name", "sector", "founded_on", "election_due_on")
_STORED = ("pk", "code", "path", "chain", "short_name", "dissolved_on", "parent__code", *_COMPARED)


@dataclass(slots=True)
class _Standing:
    """How an organisation stands, or would stand once the file is applied."""

    kind: str
    level: int
    chain: str
    name: str


@dataclass
class OrganizationPlan:
    """The lines of a file and the stored rows they mean; `steps()` judges them, `planting()` gives what is new."""

    table: Table
    lines: list[OrganizationLine]
    scope: Organization | None
    is_shell: bool
    accepts_corrections: bool = False
    stored: dict[str, Any] = field(default_factory=dict)  # named tuples of _STORED
    by_code: dict[str, OrganizationLine] = field(default_factory=dict)
    standings: dict[str, _Standing | None] = field(default_factory=dict)
    has_stored_rows: bool = True

    def steps(self) -> Iterator[Step]:
        """Yield one step for each line, in the order of the file."""
        for line in self.lines:
            if self.is_new(line):
                yield self._new_step(line)
            else:
                yield self._stored_step(line)

    def is_new(self, line: OrganizationLine) -> bool:
        return line.code not in self.stored

    def planting(self) -> Iterator[dict]:
        """Yield the rows that `actions.tree.bulk_plant` takes: the new lines without errors."""
        for line in self.lines:
            if not self.is_new(line) or any(each.is_error for each in line.problems or ()):
                continue
            standing = self.standings[line.code]
            parent = self._parent_code(line)
            yield {
                "code": line.code,
                "parent_code": parent,
                "name": line.name,
                "short_name": short_name_of(line.name, self._name_of(parent)),
                "kind": standing.kind,
                "level": standing.level,
                "chain": standing.chain,
                "sector": line.sector or Sector.OTHER,
                "has_committee": has_committee(standing.kind, line.name),
                "unit_name": line.unit_name or "",
                "founded_on": line.founded_on,
                "election_due_on": line.election_due_on,
            }

    def _name_of(self, code: str) -> str:
        standing = self.standings.get(code)
        return standing.name if standing else ""

    def _parent_code(self, line: OrganizationLine) -> str:
        return line.parent or (self.scope.code if self.scope and self.is_shell else "")

    def _problem(self, line: OrganizationLine, name: str, kind: str, message: str) -> None:
        line.report(
            Problem(
                line.number,
                self.table.titles.get(name, ""),
                kind,
                message,
                cell=self.table.place(line.number, name),
                field=name,
            )
        )

    def _new_step(self, line: OrganizationLine) -> Step:
        step = Step(line.number, line.name or "", "", RowState.NEW)
        standing = self.standings.get(line.code) if line.code else None
        if standing is None and not line.problems:
            self._problem(line, "parent", "wrong_parent", "上级党组织所在的行有错误，改正后才能导入本行。")
        if standing is not None:
            step.place = self._name_of(self._parent_code(line))
        return self._settle(step, line)

    def _stored_step(self, line: OrganizationLine) -> Step:
        stored = self.stored[line.code]
        step = Step(line.number, line.name or stored.name, "", RowState.UNCHANGED, target=stored.pk)
        if self.scope and not stored.path.startswith(self.scope.path):
            self._problem(line, "code", "outside_scope", f"“{stored.name}”不在您管理的范围内。")
            return self._settle(step, line)
        if line.parent and line.parent != stored.parent__code:
            self._problem(
                line,
                "parent",
                "moved",
                f"系统中的上级编码是“{stored.parent__code or '（无）'}”；隶属调整请在“组织”页面办理，以保留历史。",
            )
        step.changes = list(self._changes(line, stored))
        if step.changes and stored.dissolved_on is not None:
            self._problem(line, "code", "dissolved", f"“{stored.name}”已撤销，不能再变更。")
        return self._settle(step, line)

    def _changes(self, line: OrganizationLine, stored: Any) -> Iterator[Change]:
        raw = line.raw or {}
        for name in _COMPARED:
            before, after = getattr(stored, name), getattr(line, name)
            if after is None or after == before or raw.get(name) == before:
                continue
            if name == "level" and raw.get("level") == Level(before).label:
                continue
            if name == "kind" and not same_family(before, after):
                old, new = OrganizationKind(before).label, after.label
                self._problem(line, "kind", "misplaced", f"{old}不能改设为{new}，请核对编码和组织类别。")
                continue
            yield Change(name, self.table.titles[name], before, after, _LABELS.get(name, {}))

    def _settle(self, step: Step, line: OrganizationLine) -> Step:
        step.problems = line.problems or []
        soften(step.problems, self.accepts_corrections)
        return settle(step)


_LABELS = {
    "kind": dict(OrganizationKind.choices),
    "level": dict(Level.choices),
    "sector": SECTOR_WORDS,
}


def compare_organizations(
    table: Table,
    lines: list[OrganizationLine],
    *,
    scope: Organization | None,
    today: date,
    is_shell: bool = False,
    accepts_corrections: bool = False,
) -> OrganizationPlan:
    """Return the plan for the lines; `scope` is the subtree that may be touched, None the whole tree.

    From the shell a blank parent of a new row means `scope` itself, or the top of the tree without one.
    """
    plan = OrganizationPlan(table, lines, scope, is_shell, accepts_corrections)
    plan.has_stored_rows = Organization.objects.exists()
    for line in lines:
        soften(line.problems or [], accepts_corrections)
        if line.code:
            plan.by_code.setdefault(line.code, line)
    if plan.has_stored_rows:
        codes = set(plan.by_code) | {line.parent for line in lines if line.parent}
        if scope:
            codes.add(scope.code)
        for chunk in chunks(sorted(codes), CHUNK):
            for row in Organization.objects.filter(code__in=chunk).values_list(*_STORED, named=True):
                plan.stored[row.code] = row
    _stand(plan, today)
    return plan


def _stand(plan: OrganizationPlan, today: date) -> None:
    """Work out from the top down how every named organisation would stand; None for one that cannot."""
    for code, row in plan.stored.items():
        line = plan.by_code.get(code)
        kind, level = row.kind, row.level
        if line is not None and line.kind and same_family(kind, line.kind):
            kind = line.kind
        if line is not None and line.level and (line.raw or {}).get("level") != Level(level).label:
            level = line.level
        plan.standings[code] = _Standing(kind, level, row.chain, (line and line.name) or row.name)
    for line in plan.lines:
        if line.code and line.code not in plan.standings:
            _climb(plan, line, today)


def _climb(plan: OrganizationPlan, line: OrganizationLine, today: date) -> None:
    """Settle a new line after its ancestors in the file, without recursion: a file may be as deep as it likes."""
    pending = [line]
    on_the_way = {line.code}
    while pending:
        current = pending[-1]
        parent = plan._parent_code(current)
        above = plan.by_code.get(parent)
        if parent and parent not in plan.standings and above is not None:
            if parent in on_the_way:
                plan._problem(
                    current, "parent", "parent_cycle", f"“{current.code}”与“{parent}”互为上下级，请核对。"
                )
                for each in pending:
                    plan.standings[each.code] = None
                return
            on_the_way.add(parent)
            pending.append(above)
            continue
        pending.pop()
        plan.standings[current.code] = _place(plan, current, parent, today)


def _place(plan: OrganizationPlan, line: OrganizationLine, parent: str, today: date) -> _Standing | None:
    """How a new line stands under a parent that is settled, reporting why it cannot."""
    row = plan.stored.get(parent)
    if not parent:
        if not plan.is_shell:
            plan._problem(line, "parent", "blank_parent", "上级党组织编码为空，请填写。")
            return None
    elif parent not in plan.standings:
        plan._problem(line, "parent", "unknown_parent", f"没有编码为“{parent}”的上级党组织。")
        return None
    elif row is not None and plan.scope and not row.path.startswith(plan.scope.path):
        plan._problem(line, "parent", "outside_scope", f"上级“{row.name}”不在您管理的范围内。")
        return None
    elif row is not None and row.dissolved_on is not None and row.dissolved_on <= today:
        plan._problem(line, "parent", "dissolved", f"上级“{row.name}”已撤销，不能在其下设立组织。")
        return None
    above = plan.standings.get(parent)
    if parent and above is None:
        return None
    if line.kind is None:
        if not any(each.field in ("kind", "level") for each in line.problems or ()):
            plan._problem(line, "kind", "blank_kind", "组织类别为空，请填写。")
        return None
    level = line.level or Level(
        level_under(line.kind, above.level if above else None, parent_kind=above.kind if above else "")
    )
    problem = standing_problem(
        line.kind,
        level,
        OrganizationKind(above.kind) if above else None,
        Level(above.level) if above else None,
        parent_name=above.name if above else "",
    )
    if problem:
        plan._problem(line, "kind", "misplaced", problem)
    if any(each.is_error for each in line.problems or ()):
        return None
    return _Standing(line.kind, level, chain_of(line.kind, above.chain if above else None), line.name)
