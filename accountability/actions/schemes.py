"""Scoring tables and their versions: what is written is checked, numbered and kept as a version that never changes."""

from dataclasses import replace
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from accountability.models import Scheme, SchemeVersion
from accountability.scheme_tables import carried, columns_of, problems_of, told
from accountability.scoring import Refused, read_scheme, to_toml
from accountability.scoring import Scheme as Table
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Organization


class Outdated(Exception):
    """Somebody else has changed the scheme since it was read; `scheme` is how it stands now."""

    def __init__(self, scheme):
        super().__init__("这份考核办法刚刚被他人修改。")
        self.scheme = scheme


@transaction.atomic
def create_scheme(
    *,
    actor,
    organization: Organization,
    table: Table,
    now,
    reason: str = "新建",
    is_starter: bool = False,
) -> Scheme:
    """Add a scheme of `organization` as its first version; `ValidationError` with all that stands in the way."""
    actor.require(Right.CONFIGURE, organization)
    # A second submit waits, and is told of the first.
    Organization.objects.select_for_update().get(pk=organization.pk)
    return first_version(
        actor=actor, organization=organization, table=table, reason=reason, is_starter=is_starter, now=now
    )


def first_version(*, actor, organization, table: Table, reason: str, now, is_starter: bool = False) -> Scheme:
    """The same with no right asked; `actor` is None in the shell."""
    scheme = Scheme(
        organization=organization, version=1, is_starter=is_starter, created_at=now, document=_checked(table)
    )
    _write(scheme, table, reason)
    keep_version(scheme=scheme, reason=reason, author=actor.user if actor else None, now=now)
    record_event(actor=actor, event="新建考核办法", row=scheme, summary=str(scheme), at=now)
    return scheme


@transaction.atomic
def change_scheme(*, actor, scheme: Scheme, table: Table, version: int, reason: str, now) -> Scheme:
    """Make `table` the next version; rounds go on by the version they were set up with.

    `version` is the one that was read: `Outdated` when there is a later one. What says the same as before is no new
    version.
    """
    actor.require(Right.CONFIGURE, scheme.organization)
    return next_version(actor=actor, scheme=scheme, table=table, version=version, reason=reason, now=now)


def next_version(*, actor, scheme: Scheme, table: Table, version: int, reason: str, now) -> Scheme:
    """The same with no right asked, in the caller's transaction; `actor` is None in the shell."""
    current = Scheme.objects.select_for_update().get(pk=scheme.pk)
    if current.version != version:
        raise Outdated(current)
    document = _checked(table)
    if document == current.document:
        return current
    if table.year != current.year and current.rounds.exists():
        raise ValidationError("已用于考核的办法不能改年度，请复制到新的年度。")
    current.document, current.version = document, version + 1
    current.is_starter = False
    _write(current, table, reason)
    keep_version(scheme=current, reason=reason, author=actor.user if actor else None, now=now)
    record_event(
        actor=actor,
        event="修改考核办法",
        row=current,
        summary=f"{current} 第{current.version}版：{reason}",
        at=now,
    )
    return current


def copy_scheme(*, actor, scheme: Scheme, year: int, now) -> Scheme:
    """Carry a scheme over to another year as one of its own, its days moved along."""
    return create_scheme(
        actor=actor,
        organization=scheme.organization,
        table=carried(scheme.table, year),
        reason=f"由{scheme.year}年度复制",
        now=now,
    )


def end_scheme(*, actor, scheme: Scheme, ends_on: date, reason: str, now) -> Scheme:
    """Let a scheme be used until `ends_on` and no longer; a version of its own."""
    return change_scheme(
        actor=actor,
        scheme=scheme,
        table=replace(scheme.table, ends_on=ends_on),
        version=scheme.version,
        reason=reason,
        now=now,
    )


def keep_version(*, scheme: Scheme, reason: str, author, now) -> SchemeVersion:
    """Keep what the scheme says now as its version of the number it bears."""
    return SchemeVersion.objects.create(
        scheme=scheme,
        number=scheme.version,
        document=scheme.document,
        reason=reason[:200],
        author=author,
        made_at=now,
    )


def _checked(table: Table) -> str:
    """The table as text; `ValidationError` with everything that stands in the way."""
    blocking = [problem for problem in problems_of(table) if problem.blocks]
    if blocking:
        raise ValidationError([told(table, problem) for problem in blocking])
    return readable(table)


def readable(table: Table) -> str:
    """The table as a text that reads back; `ValidationError` when it would not."""
    document = to_toml(table)
    try:
        read_scheme(document, is_finished=False)
    except Refused as refused:
        raise ValidationError([problem.message_zh for problem in refused.problems]) from refused
    return document


def _write(scheme: Scheme, table: Table, reason: str) -> None:
    for name, value in columns_of(table).items():
        setattr(scheme, name, value)
    scheme.__dict__.pop("table", None)
    scheme._change_reason = reason[:100]
    scheme.full_clean()
    scheme.save()
