"""What the import pages show."""

from dataclasses import dataclass

from ..choices import ImportStep, RowState, TaskState
from ..imports.problems import FILE_KINDS, KINDS
from ..imports.progress import progress_of
from ..models import ImportJob, Organization, PreviewPage

JOBS_SHOWN = 30
_TONES = {
    RowState.NEW: "note",
    RowState.CHANGED: "alert",
    RowState.UNCHANGED: "plain",
    RowState.WRONG: "late",
}


@dataclass(frozen=True)
class JobLine:
    """An upload as a list shows it."""

    job: ImportJob
    label: str
    tone: str


@dataclass(frozen=True)
class Tab:
    """One state of the rows: its word in the address, its label, how many."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class RowLine:
    """One row of the preview."""

    row: dict
    label: str
    tone: str
    errors: list[dict]
    warnings: list[dict]


@dataclass(frozen=True)
class ImportPage:
    """One upload: where it stands, its numbers and the rows of one state."""

    job: ImportJob
    label: str
    tone: str
    percent: int
    counts: dict
    kinds: list[tuple[str, int]]
    refusal: str
    tabs: list[Tab]
    rows: list[RowLine]
    state: str
    number: int
    next_number: int | None
    to_write: int
    to_write_corrected: int
    wrong_after_correction: int


def import_list(organization: Organization) -> list[JobLine]:
    """The latest uploads in a subtree."""
    jobs = ImportJob.objects.in_subtree(organization).select_related("organization", "author")[:JOBS_SHOWN]
    return [JobLine(job, *status_of(job)) for job in jobs]


def status_of(job: ImportJob) -> tuple[str, str]:
    """Where an upload stands, in a word and a tone."""
    match job.step, job.state:
        case ImportStep.DISCARD, _:
            return "已放弃", "plain"
        case _, TaskState.FAILED:
            return "没有完成", "late"
        case ImportStep.APPLY, TaskState.DONE:
            return "已导入", "done"
        case ImportStep.APPLY, _:
            return "正在导入", "note"
        case _, TaskState.DONE:
            return ("有错误，待处理", "late") if job.counts.get("wrong") else ("待导入", "alert")
        case _:
            return "正在检查", "note"


def import_page(job: ImportJob, *, state: str = "", number: int = 1) -> ImportPage:
    """Fill the page of one upload; `state` is a value of `RowState` or "WARNED", `number` which page of it."""
    counts = job.counts if "rows" in job.counts else {}
    tabs = _tabs(counts)
    if state not in {tab.key for tab in tabs}:
        state = next((tab.key for tab in tabs if tab.count), RowState.NEW)
    pages = {}
    if counts:
        found = PreviewPage.objects.filter(job=job, state=state, number__in=(number, number + 1))
        pages = {page.number: page.rows for page in found}
    label, tone = status_of(job)
    correctable = counts.get("correctable", 0)
    to_write = counts.get("new", 0) + counts.get("changed", 0)
    return ImportPage(
        job=job,
        label=label,
        tone=tone,
        percent=progress_of(str(job.pk)) if job.is_busy else 100,
        counts=counts,
        kinds=[(KINDS[kind], number) for kind, number in counts.get("errors", {}).items()],
        refusal=FILE_KINDS.get(job.counts.get("refused", ""), ""),
        tabs=tabs,
        rows=[_line(row) for row in pages.get(number, ())],
        state=state,
        number=number,
        next_number=number + 1 if number + 1 in pages else None,
        to_write=to_write,
        to_write_corrected=to_write + correctable,
        wrong_after_correction=counts.get("wrong", 0) - correctable,
    )


def _tabs(counts: dict) -> list[Tab]:
    """What asks for attention first."""
    if not counts:
        return []
    order = (RowState.WRONG, RowState.CHANGED, RowState.NEW, RowState.UNCHANGED)
    tabs = [Tab(state.value, state.label, counts[state.value.lower()]) for state in order]
    return [*tabs, Tab("WARNED", "有提醒", counts["warned"])]


def _line(row: dict) -> RowLine:
    state = RowState(row["state"])
    return RowLine(
        row,
        state.label,
        _TONES[state],
        [each for each in row["problems"] if each["severity"] == "error"],
        [each for each in row["problems"] if each["severity"] != "error"],
    )
