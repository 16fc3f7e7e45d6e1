"""An uploaded spreadsheet: stored encrypted, checked in the background, applied only on request, then erased."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from ..access import Actor, Right
from ..choices import ImportKind, ImportStep, TaskState
from ..fields import decrypt_bytes, encrypt_bytes
from ..imports.plans import plan_organizations, plan_roster
from ..imports.problems import FileRefused
from ..imports.progress import reporter
from ..imports.spreadsheet import MAX_BYTES
from ..imports.steps import Counts, Step
from ..models import ImportJob, PreviewPage
from .audit import record_event
from .history import ChangedMeanwhile
from .import_files import summary_of
from .import_rows import apply_organizations, apply_roster

ROWS_ON_A_PAGE = 50  # of a preview
#: How long an uploaded file and its preview are kept.
KEPT_FOR = timedelta(days=30)
#: Importing takes the right to maintain what is imported, besides `Right.IMPORT`.
MAINTAINS = {ImportKind.ROSTER: Right.MANAGE_MEMBERS, ImportKind.ORGANIZATIONS: Right.MANAGE_ORGANIZATIONS}


def require_import(actor, kind: str, organization) -> None:
    """Raise PermissionDenied unless `actor` may import this kind of file there."""
    actor.require(Right.IMPORT, organization)
    actor.require(MAINTAINS[ImportKind(kind)], organization)


def importable_kinds(actor, organization) -> list[ImportKind]:
    """The kinds of file `actor` may import there."""
    return [kind for kind, right in MAINTAINS.items() if actor.may(right, organization)]


@transaction.atomic
def upload_import(*, actor, organization, kind: str, upload, now) -> ImportJob:
    """Store an uploaded file for checking; ValidationError when it is too large."""
    require_import(actor, kind, organization)
    if upload.size > MAX_BYTES:
        raise ValidationError(
            f"文件有 {upload.size / 1024 / 1024:.0f} MB，最大 {MAX_BYTES // 1024 // 1024} MB，请分成几个文件。"
        )
    job = ImportJob(
        kind=kind,
        organization=organization,
        author=actor.user,
        appointment=actor.appointment,
        file_name=upload.name[-200:],
    )
    # The name on disk says nothing; the content is readable with the keys only.
    job.file.save(f"{job.pk}.bin", ContentFile(encrypt_bytes(upload.read())), save=False)
    job.save()
    record_event(actor=actor, event=f"上传{job.get_kind_display()}", row=job, summary=job.file_name, at=now)
    return job


def check_import(*, job: ImportJob, now) -> None:
    """Judge every row and store the preview; running it again replaces the former one."""
    if job.step != ImportStep.CHECK or not job.file:
        return
    report = reporter(str(job.pk))
    report(0)
    _set_state(job, TaskState.RUNNING)
    try:
        plan = _plan(job, now, report)
        with transaction.atomic():
            _store_preview(job, plan, report)
            job.message, job.checked_at = "", now
            _set_state(job, TaskState.DONE, "message", "checked_at", "counts")
        report(100)
    except FileRefused as refusal:
        job.message = refusal.message
        job.counts = {"refused": refusal.kind}
        PreviewPage.objects.filter(job=job).delete()
        _set_state(job, TaskState.FAILED, "message", "counts")
    except Exception:
        job.message = "检查没有完成，请点“重新检查”；如果仍不成功，请联系管理员。"
        _set_state(job, TaskState.FAILED, "message")
        raise


@transaction.atomic
def request_apply(*, actor, job: ImportJob, partial: bool, accepts_corrections: bool, now) -> ImportJob:
    """Ask for a checked file to be imported; ValidationError when rows are wrong and `partial` is not asked for."""
    job = ImportJob.objects.select_for_update(of=("self",)).select_related("organization").get(pk=job.pk)
    require_import(actor, job.kind, job.organization)
    if not job.can_be_applied:
        raise ValidationError("这个文件已经导入、放弃或还没有检查完。")
    counts = job.counts
    wrong = counts["wrong"] - (counts["correctable"] if accepts_corrections else 0)
    if wrong and not partial:
        raise ValidationError(f"有 {wrong} 行有错误；请改正后重新上传，或选择仅导入正确的行。")
    if not _to_write(counts, accepts_corrections):
        raise ValidationError("没有需要导入的行。")
    job.partial, job.accepts_corrections = partial, accepts_corrections
    job.author, job.appointment = actor.user, actor.appointment
    job.step, job.message = ImportStep.APPLY, ""
    _set_state(
        job, TaskState.WAITING, "partial", "accepts_corrections", "author", "appointment", "step", "message"
    )
    return job


def apply_import(*, job: ImportJob, now) -> None:
    """Write what the file says in one transaction and erase the file; a run that was killed left nothing and may be
    repeated, a run after a finished one does nothing.

    The file is judged anew before the transaction, so that others can save meanwhile; a row that somebody changes
    between the two makes the writing fail as a whole.
    """
    report = reporter(str(job.pk))
    report(0)
    jobs = ImportJob.objects.select_related("organization", "author", "appointment__organization")
    job = jobs.get(pk=job.pk)
    if job.step != ImportStep.APPLY or job.applied_at is not None:
        return
    try:
        actor = _actor_of(job, timezone.localdate(now))
        require_import(actor, job.kind, job.organization)
        plan = _plan(job, now, lambda percent: report(percent // 3))
        steps = list(plan.steps())
        with transaction.atomic():
            job = jobs.select_for_update(of=("self",)).get(pk=job.pk)
            if job.step != ImportStep.APPLY or job.applied_at is not None:
                return
            _write(job, actor, plan, steps, now, report)
    except (FileRefused, ChangedMeanwhile, IntegrityError) as error:
        message = (
            error.message
            if isinstance(error, FileRefused)
            else "检查之后数据有了变化，没有导入任何一行；请重新检查后再导入。"
        )
        _return_to_check(job, message)
        return
    except PermissionDenied as error:
        _return_to_check(job, str(error))
        return
    except Exception:
        _return_to_check(job, "导入没有完成，没有写入任何一行；请重新检查后再导入。")
        raise
    job.file.delete(save=False)
    ImportJob.objects.filter(pk=job.pk).update(file="")
    report(100)


@transaction.atomic
def recheck_import(*, actor, job: ImportJob, now) -> ImportJob:
    """Put a file back to be checked anew, or to be imported anew when that never began."""
    job = ImportJob.objects.select_for_update(of=("self",)).select_related("organization").get(pk=job.pk)
    require_import(actor, job.kind, job.organization)
    if not job.file or job.applied_at is not None or job.step == ImportStep.DISCARD:
        raise ValidationError("文件已经导入或放弃，请重新上传。")
    job.step, job.message = ImportStep.CHECK, ""
    _set_state(job, TaskState.WAITING, "step", "message")
    return job


@transaction.atomic
def discard_import(*, actor, job: ImportJob, now) -> None:
    """Give an upload up: its file and preview are erased, the line about it stays."""
    job = ImportJob.objects.select_for_update(of=("self",)).select_related("organization").get(pk=job.pk)
    require_import(actor, job.kind, job.organization)
    if job.applied_at is not None or job.step == ImportStep.APPLY:
        raise ValidationError("正在导入或已经导入的文件不能放弃。")
    PreviewPage.objects.filter(job=job).delete()
    if job.file:
        transaction.on_commit(lambda storage=job.file.storage, name=job.file.name: storage.delete(name))
    job.step, job.file = ImportStep.DISCARD, ""
    _set_state(job, TaskState.DONE, "step", "file")
    record_event(
        actor=actor, event=f"放弃导入{job.get_kind_display()}", row=job, summary=job.file_name, at=now
    )


@transaction.atomic
def erase_stale_imports(*, now) -> int:
    """Erase the files and previews of uploads older than `KEPT_FOR`, applied or not; return how many."""
    stale = ImportJob.objects.filter(created_at__lt=now - KEPT_FOR).exclude(step=ImportStep.DISCARD)
    erased = 0
    for job in stale.filter(Q(pages__isnull=False) | ~Q(file="")).distinct():
        PreviewPage.objects.filter(job=job).delete()
        if job.file:
            transaction.on_commit(lambda storage=job.file.storage, name=job.file.name: storage.delete(name))
            job.file = ""
        if job.applied_at is None:
            job.step = ImportStep.DISCARD
        job.save(update_fields=["step", "file"])
        erased += 1
    return erased


def open_upload(job: ImportJob) -> BytesIO:
    """The uploaded file as it was."""
    with job.file.open("rb") as stored:
        return BytesIO(decrypt_bytes(stored.read()))


def _actor_of(job: ImportJob, today) -> Actor:
    """Who asked, in the post they asked in, if it is still theirs."""
    appointment = job.appointment
    in_force = appointment.starts_on <= today and (appointment.ends_on is None or appointment.ends_on > today)
    return Actor(user=job.author, appointment=appointment if in_force else None, today=today)


def _plan(job: ImportJob, now, progress: Callable[[int], None]):
    plan = plan_roster if job.kind == ImportKind.ROSTER else plan_organizations
    return plan(
        open_upload(job),
        job.file_name,
        scope=job.organization,
        today=timezone.localdate(now),
        accepts_corrections=job.step == ImportStep.APPLY and job.accepts_corrections,
        progress=progress,
    )


def _write(job: ImportJob, actor: Actor, plan, steps: list[Step], now, report: Callable[[int], None]) -> None:
    counts = Counts().add_all(steps).as_dict()
    expected = _to_write(job.counts, job.accepts_corrections)
    if (counts["wrong"] and not job.partial) or counts["new"] + counts["changed"] != expected:
        raise ChangedMeanwhile("预览之后，要写入的行有了变化。")
    trail = {
        "author": actor.user,
        "reason": f"导入 {job.file_name}",
        "now": now,
        "progress": lambda percent: report(33 + percent * 2 // 3),
    }
    if job.kind == ImportKind.ROSTER:
        applied = apply_roster(plan=plan, **trail)
    else:
        applied = apply_organizations(plan=plan, steps=steps, **trail)
    record_event(
        actor=actor,
        event=f"导入{job.get_kind_display()}",
        row=job,
        summary=summary_of(job.file_name, applied, counts),
        at=now,
    )
    job.counts = {**job.counts, "applied": applied, "skipped": counts["wrong"]}
    job.applied_at = now
    _set_state(job, TaskState.DONE, "counts", "applied_at")


def _return_to_check(job: ImportJob, message: str) -> None:
    job.step, job.message = ImportStep.CHECK, message[:300]
    _set_state(job, TaskState.FAILED, "step", "message")


def _store_preview(job: ImportJob, plan, report: Callable[[int], None]) -> None:
    PreviewPage.objects.filter(job=job).delete()
    counts = Counts()
    filling: dict[str, list[dict]] = defaultdict(list)
    pages: list[PreviewPage] = []
    numbers: Counter = Counter()

    def turn(state: str) -> None:
        numbers[state] += 1
        pages.append(PreviewPage(job=job, state=state, number=numbers[state], rows=filling.pop(state)))

    for step in plan.steps():
        counts.add(step)
        row = _row(step)
        for state in (step.state, *(("WARNED",) if step.warnings else ())):
            filling[state].append(row)
            if len(filling[state]) == ROWS_ON_A_PAGE:
                turn(state)
    for state in list(filling):
        turn(state)
    report(90)
    PreviewPage.objects.bulk_create(pages, batch_size=100)
    job.counts = {**counts.as_dict(), "notes": plan.table.notes}


def _row(step: Step) -> dict:
    return {
        "number": step.number,
        "state": step.state,
        "label": step.label[:200],
        "place": step.place[:200],
        "changes": [change.as_list() for change in step.changes],
        "problems": [problem.as_dict() for problem in step.problems],
    }


def _to_write(counts: dict, accepts_corrections: bool) -> int:
    return counts["new"] + counts["changed"] + (counts["correctable"] if accepts_corrections else 0)


def _set_state(job: ImportJob, state: str, *fields: str) -> None:
    job.state = state
    job.save(update_fields=["state", *fields])
