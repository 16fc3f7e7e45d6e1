from tempfile import NamedTemporaryFile

from django.db import transaction
from django.utils import timezone

from accountability.appraisal_sheets import write_appraisals
from accountability.models import AppraisalProgramme
from accountability.queries.appraisals import programme_page
from branches.access import Right
from branches.actions.audit import record_event
from branches.actions.exports import watermark


@transaction.atomic
def export_appraisals(*, actor, programme: AppraisalProgramme, now):
    """Write the result of a branch's 民主评议 into a temporary file and return (file, its name)."""
    actor.require(Right.VIEW_APPRAISALS, programme.organization)
    page = programme_page(programme, actor)
    target = NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 closed with the response
    count = write_appraisals(target.file, page, mark=watermark(actor, now))
    organization = programme.organization
    record_event(
        actor=actor,
        event="导出民主评议党员",
        row=programme,
        summary=f"{organization}：{programme.year}年 {count} 人",
        at=now,
    )
    target.seek(0)
    day = timezone.localdate(now)
    return target, f"{organization.short_name}{programme.year}年民主评议党员{day:%Y%m%d}.xlsx"
