"""Taking data out: who, what, how much and why is written down with every file."""

from tempfile import NamedTemporaryFile

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from ..access import Right
from ..choices import ImportKind, RowState
from ..exports import write_organizations, write_roster, write_wrong_rows
from ..imports import organizations, roster
from ..imports.problems import KINDS
from ..imports.spreadsheet import MAX_ROWS, read_table
from ..models import ImportJob, Member, Organization, PreviewPage
from .audit import record_event
from .imports import open_upload, require_import


@transaction.atomic
def export_file(*, actor, organization, kind: str, with_id_numbers: bool = False, reason: str = "", now):
    """Write a subtree's organisations or roster into a temporary file and return (file, its name).

    Full id numbers take `Right.REVEAL_ID` and a reason. ValidationError without the reason, or when there are more
    rows than one sheet should hold.
    """
    actor.require(Right.IMPORT, organization)
    is_roster = kind == ImportKind.ROSTER
    actor.require(Right.VIEW_MEMBERS if is_roster else Right.VIEW, organization)
    if with_id_numbers:
        actor.require(Right.REVEAL_ID, organization)
        if not reason.strip():
            raise ValidationError("导出完整身份证号须填写事由。")
    rows = (Member if is_roster else Organization).objects.in_subtree(organization)
    if rows[MAX_ROWS : MAX_ROWS + 1].exists():
        raise ValidationError(f"超过 {MAX_ROWS:,} 行，请选择下级组织分别导出。")
    mark = watermark(actor, now)
    day = timezone.localdate(now)
    target = NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 closed with the response
    if is_roster:
        count = write_roster(target.file, organization, mark=mark, day=day, with_id_numbers=with_id_numbers)
        extent = "完整身份证号" if with_id_numbers else "身份证号打码"
        summary = f"{count} 人，{extent}"
    else:
        count = write_organizations(target.file, organization, mark=mark, day=day)
        summary = f"{count} 个党组织"
    label = ImportKind(kind).label
    why = f"；事由：{reason.strip()}" if reason.strip() else ""
    record_event(
        actor=actor, event=f"导出{label}", row=organization, summary=f"{organization}：{summary}{why}", at=now
    )
    target.seek(0)
    return target, f"{organization.short_name}{label}{day:%Y%m%d}.xlsx"


@transaction.atomic
def export_wrong_rows(*, actor, job: ImportJob, now):
    """Write the wrong rows of an upload, as they were uploaded, with what is wrong; return (file, its name)."""
    require_import(actor, job.kind, job.organization)
    if not job.file:
        raise ValidationError("文件已经导入或放弃，原表不再保留。")
    layout = roster.LAYOUT if job.kind == ImportKind.ROSTER else organizations.LAYOUT
    problems = {
        row["number"]: "；".join(_sentence(each) for each in row["problems"] if each["severity"] == "error")
        for page in PreviewPage.objects.filter(job=job, state=RowState.WRONG)
        for row in page.rows
    }
    target = NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 closed with the response
    table = read_table(open_upload(job), job.file_name, layout)
    count = write_wrong_rows(target.file, table, problems, mark=watermark(actor, now))
    record_event(actor=actor, event="下载错误行", row=job, summary=f"{job.file_name}：{count} 行", at=now)
    target.seek(0)
    return target, f"错误行-{job.file_name.rpartition('.')[0]}.xlsx"


def _sentence(problem: dict) -> str:
    return f"【{problem['column'] or KINDS[problem['kind']]}】{problem['message']}"


def watermark(actor, now) -> str:
    """Who exported, in which post, when: the watermark of a file."""
    moment = timezone.localtime(now)
    return f"导出：{actor.user.name}（{actor.user.username}，{actor.appointment}）{moment:%Y-%m-%d %H:%M}，仅供工作使用"
