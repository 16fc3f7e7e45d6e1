"""The draft of a scoring table: changed piece by piece, kept unfinished, saved as a version once it is sound."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction

from accountability.actions.schemes import Outdated, change_scheme, create_scheme, readable
from accountability.models import Scheme, SchemeDraft
from accountability.scheme_edits import Change, Gone
from accountability.scoring import Scheme as Table
from branches.access import Right
from branches.actions.audit import record_event
from branches.models import Organization


class Overtaken(Exception):
    """Somebody else has changed the same piece of the draft since it was read; `draft` is how it stands now."""

    def __init__(self, draft):
        super().__init__("这一处刚刚被他人修改。")
        self.draft = draft


@transaction.atomic
def begin_scheme(*, actor, organization: Organization, table: Table, now) -> SchemeDraft:
    """Begin to write a new scheme of `organization`."""
    actor.require(Right.CONFIGURE, organization)
    return SchemeDraft.objects.create(
        organization=organization, document=readable(table), author=actor.user, changed_at=now
    )


@transaction.atomic
def begin_draft(*, actor, scheme: Scheme, now) -> SchemeDraft:
    """Open the draft of a scheme: the one that is going on, else one that begins from the present version."""
    actor.require(Right.CONFIGURE, scheme.organization)
    current = Scheme.objects.select_for_update().get(pk=scheme.pk)
    draft, _ = SchemeDraft.objects.get_or_create(
        scheme=current,
        defaults={
            "organization_id": current.organization_id,
            "base": current.version,
            "document": current.document,
            "author": actor.user,
            "changed_at": now,
        },
    )
    return draft


@transaction.atomic
def change_draft(
    *, actor, draft: SchemeDraft, change: Change, now, unchanged: Callable[[Table], bool] | None = None
) -> SchemeDraft:
    """Apply a change to the draft as it stands; `Gone` when what it is about is not there any more, `ValidationError`
    when the table could not be read again.

    `unchanged` says whether what was read still stands so, else `Overtaken`: changes elsewhere do not disturb.
    """
    actor.require(Right.CONFIGURE, draft.organization)
    current = _locked(draft)
    if unchanged is not None and not unchanged(current.table):
        raise Overtaken(current)
    document = readable(change(current.table))
    if document == current.document:
        return current
    current.document = document
    current.number += 1
    current.author, current.changed_at = actor.user, now
    current.save()
    current.__dict__.pop("table", None)
    return current


@transaction.atomic
def save_draft(*, actor, draft: SchemeDraft, number: int, reason: str, now) -> Scheme:
    """Make the draft the scheme, or its next version, and end it.

    `number` is the state of the draft that was read: `Overtaken` when there is a later one. `Outdated` when the scheme
    has got a version in the meantime that the draft did not begin from. `ValidationError` with what stands in the way.
    """
    actor.require(Right.CONFIGURE, draft.organization)
    current = _locked(draft)
    if current.number != number:
        raise Overtaken(current)
    if current.scheme is None:
        scheme = create_scheme(
            actor=actor, organization=current.organization, table=current.table, reason=reason, now=now
        )
    else:
        scheme = change_scheme(
            actor=actor,
            scheme=current.scheme,
            table=current.table,
            version=current.base,
            reason=reason,
            now=now,
        )
    current.delete()
    return scheme


@transaction.atomic
def rebase_draft(*, actor, draft: SchemeDraft, now) -> SchemeDraft:
    """Let the draft follow the present version of its scheme: saved, it replaces that one."""
    actor.require(Right.CONFIGURE, draft.organization)
    current = _locked(draft)
    if current.scheme is None:
        raise ValidationError("新办法还没有版次。")
    current.base = current.scheme.version
    current.number += 1
    current.author, current.changed_at = actor.user, now
    current.save()
    return current


@transaction.atomic
def discard_draft(*, actor, draft: SchemeDraft, now) -> None:
    """Throw the draft away; the scheme stays as it is."""
    actor.require(Right.CONFIGURE, draft.organization)
    current = _locked(draft)
    record_event(
        actor=actor, event="放弃考核办法草稿", row=current.scheme, summary=str(current)[:200], at=now
    )
    current.delete()


def _locked(draft: SchemeDraft) -> SchemeDraft:
    """The draft as it stands, nobody else changing it; `Gone` when it has been saved or thrown away meanwhile."""
    current = SchemeDraft.objects.select_for_update().filter(pk=draft.pk).first()
    if current is None:
        raise Gone("draft")
    return current


__all__ = [
    "Outdated",
    "Overtaken",
    "begin_draft",
    "begin_scheme",
    "change_draft",
    "discard_draft",
    "rebase_draft",
    "save_draft",
]
