"""A judged roster against the stored members: who is new, who changes in what, who may not be imported.

People are found by the blind index of their id number, a few queries for a whole file; nothing stored is decrypted
except for rows whose number is masked, and then only namesakes.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from django.db.models import Q

from ..choices import BRANCH_KINDS, Gender, MemberCategory, OrganizationKind, RowState, Standing
from ..fields import blind_index
from ..identity import birth_date_of, gender_of, mask
from ..models import Member, Organization
from .problems import WARNING, Problem
from .roster import RosterLine
from .spreadsheet import Table
from .steps import Change, Step, settle, soften

CHUNK = 5_000  # values in one condition
TEXTS = ("name", "ethnicity", "education", "occupation", "mobile", "landline", "address", "floating_to")
COMPARED = (
    *(
        "name",
        "gender",
        "ethnicity",
        "born_on",
        "education",
        "category",
        "joined_on",
        "full_on",
        "occupation",
        "mobile",
    ),
    *("landline", "address", "standing", "is_lost", "lost_on", "is_floating", "floating_to"),
)
_LABELS = {
    "gender": dict(Gender.choices),
    "category": dict(MemberCategory.choices),
    "standing": dict(Standing.choices),
}
_STORED = ("pk", "organization_id", "organization__path", "organization__name", *COMPARED)
#: A blank cell keeps what is stored, except where the answer before it says there is nothing.
_EMPTIED = {"lost_on": ("is_lost", None), "floating_to": ("is_floating", "")}


def compare_roster(
    table: Table,
    lines: list[RosterLine],
    *,
    scope: Organization | None,
    today: date,
    accepts_corrections: bool = False,
) -> list[Step]:
    """Return one step for each line; `scope` is the subtree that may be touched, None the whole tree (the shell)."""
    branches = _Branches(lines, scope, today)
    people = _People(lines, branches, scope)
    taken: dict[int, int] = {}
    steps = []
    for line in lines:
        branch, branch_problem = branches.find(line)
        stored, person_problem = people.find(line, branches)
        if stored is not None:
            first = taken.setdefault(stored["pk"], line.number)
            if first != line.number:
                person_problem = ("duplicate_id", f"与第 {first} 行是同一位党员，请只保留一行。")
            if branches.is_at(line, stored):
                branch_problem = None
                branch = stored["organization_id"]
            elif branch_problem is None:
                person_problem = person_problem or _elsewhere(stored, branches)
        for field, found in (("branch", branch_problem), ("id_number", person_problem)):
            if found is not None:
                line.problems.append(_problem(table, line, field, *found))
        steps.append(_step(table, line, branch, stored, accepts_corrections))
    return steps


def _problem(
    table: Table, line: RosterLine, field: str, kind: str, message: str, severity: str = "error"
) -> Problem:
    return Problem(
        line.number,
        table.titles.get(field, ""),
        kind,
        message,
        severity,
        table.place(line.number, field),
        "",
        field,
    )


def _step(
    table: Table, line: RosterLine, branch: int | None, stored: dict | None, accepts_corrections: bool
) -> Step:
    step = Step(
        line.number,
        str(line.values.get("name") or line.raw.get("name") or "")[:200],
        str(line.values.get("branch") or line.raw.get("branch") or "")[:200],
        RowState.WRONG,
        line.values,
        problems=line.problems,
    )
    if stored is not None:
        step.target = stored["pk"]
        _keep_what_is_stored(line, stored)
        step.problems = line.problems
        step.changes = list(_changes(table, line, stored))
        if any(each.field == "name" for each in step.changes):
            step.problems.append(
                _problem(
                    table,
                    line,
                    "name",
                    "name_differs",
                    f"系统中登记的姓名是“{stored['name']}”，请核对。",
                    WARNING,
                )
            )
    elif not any(each.is_error for each in line.problems):
        _complete(table, line)
    line.values["organization_id"] = branch
    soften(step.problems, accepts_corrections)
    return settle(step)


def _keep_what_is_stored(line: RosterLine, stored: dict) -> None:
    """A cell that says exactly what is stored is no mistake of this file."""
    same = {field for field in TEXTS if stored[field] and line.raw.get(field) == stored[field]}
    if same:
        line.problems = [each for each in line.problems if not (each.is_error and each.field in same)]
        for field in same:
            line.values[field] = stored[field]


def _changes(table: Table, line: RosterLine, stored: dict) -> Iterator[Change]:
    values = line.values
    for field, (answer, nothing) in _EMPTIED.items():
        if values.get(answer) is False and field not in values and field in table.titles:
            values[field] = nothing
    for field in COMPARED:
        if field in values and values[field] != stored[field]:
            yield Change(
                field, table.titles.get(field, ""), stored[field], values[field], _LABELS.get(field, {})
            )
    if stored.get("lacks_id") and values.get("id_number"):
        yield Change("id_number", table.titles["id_number"], "", values["id_number"], {})


def _complete(table: Table, line: RosterLine) -> None:
    """A new member's gender and birth date follow from the id number where the file leaves them out."""
    values = line.values
    values.setdefault("gender", gender_of(values["id_number"]))
    values.setdefault("born_on", birth_date_of(values["id_number"]))
    if "category" not in values:
        line.problems.append(
            _problem(table, line, "category", "blank_category", "人员类别为空，请填正式党员或预备党员。")
        )


def _elsewhere(stored: dict, branches: "_Branches") -> tuple[str, str]:
    if branches.holds(stored["organization__path"]):
        return (
            "registered_elsewhere",
            f"此人登记在“{stored['organization__name']}”；请先办理组织关系转接，再导入。",
        )
    return (
        "registered_elsewhere",
        "此身份证号已登记在您管理范围之外的党支部；请先办理组织关系转接，再导入。",
    )


class _Branches:
    """The organisations that the lines name, found by full name, code or short name."""

    def __init__(self, lines: list[RosterLine], scope: Organization | None, today: date) -> None:
        self.scope_path = scope.path if scope else ""
        self.today = today
        self.by_text: dict[str, list[dict]] = defaultdict(list)
        texts = sorted({line.values["branch"] for line in lines if line.values.get("branch")})
        for chunk in chunks(texts, CHUNK):
            named = Q(name__in=chunk) | Q(code__in=chunk) | Q(short_name__in=chunk)
            wanted = set(chunk)
            for row in Organization.objects.filter(named).values(
                "pk", "name", "code", "short_name", "path", "kind", "dissolved_on"
            ):
                for text in {row["name"], row["code"], row["short_name"]} & wanted:
                    self.by_text[text].append(row)

    def holds(self, path: str) -> bool:
        return path.startswith(self.scope_path)

    def is_at(self, line: RosterLine, stored: dict) -> bool:
        """Whether the line names the very organisation where the person is registered, inside the scope."""
        rows = self.by_text.get(line.values.get("branch"), ())
        return self.holds(stored["organization__path"]) and any(
            row["pk"] == stored["organization_id"] for row in rows
        )

    def find(self, line: RosterLine) -> tuple[int | None, tuple[str, str] | None]:
        """The key of the branch a line names, or the kind and message of what is wrong with it."""
        text = line.values.get("branch")
        if not text:
            return None, None
        rows = self.by_text.get(text, [])
        inside = [row for row in rows if self.holds(row["path"])]
        if not inside:
            if rows:
                return None, ("outside_scope", f"“{text}”不在您管理的范围内。")
            return None, ("unknown_branch", f"没有名为“{text}”的党支部，请按组织全称填写或先导入党组织。")
        for key in ("name", "code", "short_name"):
            same = [row for row in inside if row[key] == text]
            homes = [row for row in same if row["kind"] in BRANCH_KINDS]
            active = [row for row in homes if row["dissolved_on"] is None or row["dissolved_on"] > self.today]
            if len(active) == 1:
                return active[0]["pk"], None
            if active:
                return None, ("ambiguous_branch", f"有 {len(active)} 个党支部都叫“{text}”，请改填组织编码。")
            if homes:
                return None, ("dissolved", f"“{text}”已撤销，不能再登记党员。")
            if same:
                kind = OrganizationKind(same[0]["kind"]).label
                return None, ("unknown_branch", f"“{text}”是{kind}，不是党支部，请填写所在党支部。")
        return None, ("unknown_branch", f"没有名为“{text}”的党支部。")


class _People:
    """The stored members the lines may mean."""

    def __init__(self, lines: list[RosterLine], branches: _Branches, scope: Organization | None) -> None:
        self.digests = {
            line.number: blind_index(line.values["id_number"])
            for line in lines
            if line.values.get("id_number") and not line.is_masked
        }
        self.by_digest: dict[str, dict] = {}
        for chunk in chunks(sorted(set(self.digests.values())), CHUNK):
            for row in Member.objects.filter(id_number_index__in=chunk).values(*_STORED, "id_number_index"):
                self.by_digest[row["id_number_index"]] = row
        self.without_id: dict[tuple[int, str], list[dict]] = defaultdict(list)
        homes = {
            row["pk"]
            for line in lines
            if self.digests.get(line.number) not in self.by_digest and not line.is_masked
            for row in branches.by_text.get(line.values.get("branch"), ())
            if branches.holds(row["path"])
        }
        for chunk in chunks(sorted(homes), CHUNK):
            rows = Member.objects.filter(organization__in=chunk, id_number_index__isnull=True).values(
                *_STORED
            )
            for row in rows:
                self.without_id[row["organization_id"], row["name"]].append(row | {"lacks_id": True})
        self.by_mask: dict[tuple[str, str], list[dict]] = defaultdict(list)
        names = sorted({text for line in lines if line.is_masked for text in _names(line)})
        inside = Member.objects.in_subtree(scope) if scope else Member.objects.all()
        for chunk in chunks(names, CHUNK):
            for row in inside.filter(name__in=chunk).values(*_STORED, "id_number").iterator():
                self.by_mask[row["name"], mask(row.pop("id_number") or "")].append(row)

    def find(self, line: RosterLine, branches: _Branches) -> tuple[dict | None, tuple[str, str] | None]:
        """The stored person a line means, or the kind and message of why it cannot be told."""
        if line.is_masked:
            return self._find_masked(line, branches)
        digest = self.digests.get(line.number)
        if digest in self.by_digest:
            return self.by_digest[digest], None
        if digest is None and any(each.field == "id_number" and each.is_error for each in line.problems):
            return None, None
        texts = {row["pk"] for row in branches.by_text.get(line.values.get("branch"), ())}
        rows = [row for pk in texts for name in _names(line) for row in self.without_id.get((pk, name), ())]
        if digest is not None:
            born_on = line.values.get("born_on") or birth_date_of(line.values["id_number"])
            rows = [row for row in rows if row["born_on"] in (None, born_on)]
        for field in ("born_on", "joined_on", "mobile"):
            if len(rows) > 1 and field in line.values:
                rows = [row for row in rows if row[field] == line.values[field]] or rows
        if len(rows) == 1:
            return rows[0], None
        if digest is not None:
            return None, None
        if rows:
            return None, (
                "ambiguous_person",
                f"该支部有 {len(rows)} 位同名且未登记身份证号的党员，请填写身份证号。",
            )
        return None, ("blank_id", "身份证号为空，请填写。")

    def _find_masked(
        self, line: RosterLine, branches: _Branches
    ) -> tuple[dict | None, tuple[str, str] | None]:
        rows = [
            row for name in _names(line) for row in self.by_mask.get((name, line.values["id_number"]), ())
        ]
        rows = [row for row in rows if branches.is_at(line, row)] or rows
        # The mask hides the date of birth, which its own column may tell.
        if len(rows) > 1 and "born_on" in line.values:
            rows = [row for row in rows if row["born_on"] == line.values["born_on"]] or rows
        if len(rows) == 1:
            return rows[0], None
        if rows:
            return None, (
                "ambiguous_person",
                "有几位党员的姓名与打码后的身份证号都相同，请填写完整的身份证号。",
            )
        return None, (
            "masked_id_unmatched",
            "身份证号已打码，且找不到姓名与号码都相符的党员；新增党员请填写完整的身份证号。",
        )


def _names(line: RosterLine) -> set[str]:
    """The name as cleaned and as written: what is stored may never have been cleaned."""
    return {str(text) for text in (line.values.get("name"), line.raw.get("name")) if text}


def chunks(values: Sequence, size: int) -> Iterator[list]:
    """The values in lists of at most `size`."""
    for start in range(0, len(values), size):
        yield list(values[start : start + size])
