"""Scoring tables leave as files and come back: a file that was exported changes nothing when it is imported."""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accountability.access import readable_schemes
from accountability.models import Scheme, SchemeVersion
from accountability.scheme_exchange.writing import TooLong, write_spreadsheet
from accountability.scoring import Scheme as Table
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Organization

from .schemes import Outdated, first_version, next_version

#: Format of a file → its content type.
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "toml": "application/toml; charset=utf-8",
}


@transaction.atomic
def export_scheme(
    *, actor, scheme: Scheme, form: str, now, version: SchemeVersion | None = None
) -> tuple[BytesIO, str]:
    """Write a scheme, or an earlier `version` of it, as .xlsx or .toml; returns the file and its name.

    `ValidationError` when a rule is longer than any cell.
    """
    if not readable_schemes(actor).filter(pk=scheme.pk).exists():
        actor.require(Right.CONFIGURE, scheme.organization)
    kept = version or scheme
    number = version.number if version else scheme.version
    file = BytesIO()
    if form == "toml":
        file.write(kept.document.encode())
    else:
        moment = timezone.localtime(now)
        mark = f"导出：{actor.user.name}（{actor.user.username}，{actor.appointment}）{moment:%Y-%m-%d %H:%M}"
        try:
            write_spreadsheet(file, kept.table, mark=mark)
        except TooLong as error:
            raise ValidationError(str(error)) from error
    file.seek(0)
    record_event(
        actor=actor, event="导出考核办法", row=scheme, summary=f"{scheme} 第{number}版 {form}", at=now
    )
    return file, f"{scheme.code}-{scheme.year}-第{number}版.{form}"


def import_scheme(
    *, actor, organization: Organization, table: Table, version: int | None, reason: str, now
) -> tuple[Scheme, bool]:
    """Write a table as a new scheme of the organisation, or as the next version of the one with its code and year.

    `version` is the one that the preview was laid beside, None where there was none: `Outdated` when that has changed
    meanwhile. Returns the scheme, and whether anything changed.
    """
    actor.require(Right.CONFIGURE, organization)
    return write_scheme(
        actor=actor, organization=organization, table=table, version=version, reason=reason, now=now
    )


@transaction.atomic
def write_scheme(
    *, organization: Organization, table: Table, version: int | None, reason: str, now, actor=None
) -> tuple[Scheme, bool]:
    """The same with no right asked, for the shell."""
    # A second import of the same file waits here and then finds what the first has made.
    Organization.objects.select_for_update().get(pk=organization.pk)
    stored = Scheme.objects.filter(organization=organization, code=table.code, year=table.year).first()
    if stored is None:
        if version is not None:
            raise ValidationError("原来的考核办法已经不在，请重新上传文件。")
        return first_version(
            actor=actor, organization=organization, table=table, reason=reason, now=now
        ), True
    if version is None or stored.version != version:
        raise Outdated(stored)
    scheme = next_version(actor=actor, scheme=stored, table=table, version=version, reason=reason, now=now)
    return scheme, scheme.version != version
