from tempfile import NamedTemporaryFile

from django.db import transaction
from django.utils import timezone

from accountability.exports import write_responsibility_matrix
from accountability.queries.responsibility import responsibility_matrix
from branches.access import Right
from branches.actions.audit import record_event
from branches.actions.exports import watermark
from branches.models import Organization


@transaction.atomic
def export_responsibility_matrix(*, actor, organization: Organization, year: int, kind: str, now):
    """Write a unit's responsibility matrix into a temporary file and return (file, its name)."""
    actor.require(Right.VIEW, organization)
    matrix = responsibility_matrix(organization, year, kind, actor.today)
    target = NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 closed with the response
    count = write_responsibility_matrix(target.file, matrix, mark=watermark(actor, now))
    record_event(
        actor=actor,
        event="导出责任矩阵",
        row=organization,
        summary=f"{organization}：{year}年 {count} 项",
        at=now,
    )
    target.seek(0)
    day = timezone.localdate(now)
    return target, f"{organization.short_name}{year}年责任矩阵{day:%Y%m%d}.xlsx"
