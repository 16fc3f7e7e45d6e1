"""The trail: one plain insert beside what it tells of, and a chain of digests drawn over it afterwards."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Max

from branches.models import AuditEntry, AuditLink

#: What a digest covers: every field of the entry.
SEALED = (
    "id",
    "at",
    "username",
    "appointment",
    "address",
    "event",
    "object_type",
    "object_id",
    "summary",
    "result",
    "request_id",
)
FIRST_DIGEST = "0" * 64
#: An entry that commits late is found when its key is at most this far behind the newest linked one.
_LATE = 20_000


def record_event(
    *, actor, event: str, row=None, summary: str = "", result: str = "成功", at, username: str = ""
) -> AuditEntry:
    """Write one audit line inside the caller's transaction.

    `actor` is an `Actor` or None (a task, or with `username` somebody who is not signed in); `event` a Chinese verb
    phrase like "确认会议"; `row` the object it happened to; `at` the moment. The request id and address come from
    the logging context of the request.
    """
    context = structlog.contextvars.get_contextvars()
    return AuditEntry.objects.create(
        at=at,
        username=(actor.user.username if actor else username)[:150],
        appointment=_post(actor, username),
        address=context.get("ip") or None,
        event=event,
        object_type=row._meta.label if row is not None else "",
        object_id=str(row.pk) if row is not None else "",
        summary=summary.replace("\x00", "")[:300],
        result=result,
        request_id=str(context.get("request_id", "")),
    )


def seal_audit(*, batch: int = 1000, everything: bool = False) -> int:
    """Link the entries that are not in the chain yet, oldest first, and return how many were linked.

    May run anywhere and twice at once: the number of a link is its key, so of two sealers one finds the number
    taken and gives way. Writers of entries never wait for it. With `everything` the whole log is searched for
    entries without a link, else what is near its end.
    """
    linked = 0
    while True:
        try:
            with transaction.atomic():
                count = _seal_batch(batch, everything)
        except IntegrityError:
            return linked
        linked += count
        if count < batch:
            return linked


@dataclass(frozen=True)
class ChainReport:
    """What walking the chain found. `broken_at` is the number of the first link that does not hold, None when all
    do; `reason` says why in Chinese; `unlinked` counts entries that wait to be linked."""

    links: int
    head: str
    broken_at: int | None
    entry: int | None
    reason: str
    unlinked: int


def verify_audit() -> ChainReport:
    """Walk the whole chain, recomputing every digest from the entry as it stands now."""
    number, previous = 0, FIRST_DIGEST
    unlinked = AuditEntry.objects.filter(link__isnull=True).count()
    for link, facts in _links():
        reason = _fault(link, facts, number + 1, previous)
        if reason:
            return ChainReport(number, previous, number + 1, link.entry_id, reason, unlinked)
        number, previous = link.number, link.digest
    return ChainReport(number, previous, None, None, "", unlinked)


def digest_of(number: int, previous: str, facts: dict) -> str:
    """The digest of one link: over its number, the digest before it and every field of its entry (`SEALED`)."""
    at = facts["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps([number, previous, facts | {"at": at}], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _post(actor, username: str) -> str:
    if actor is not None:
        return str(actor.appointment or "")[:200]
    return "" if username else "系统"


def _seal_batch(batch: int, everything: bool) -> int:
    last = AuditLink.objects.order_by("-number").first()
    number, previous = (last.number, last.digest) if last else (0, FIRST_DIGEST)
    waiting = AuditEntry.objects.filter(link__isnull=True)
    if not everything:
        newest = AuditLink.objects.aggregate(newest=Max("entry_id"))["newest"] or 0
        waiting = waiting.filter(pk__gt=newest - _LATE)
    links = []
    for facts in waiting.order_by("pk").values(*SEALED)[:batch]:
        number += 1
        digest = digest_of(number, previous, facts)
        links.append(AuditLink(number=number, entry_id=facts["id"], previous_digest=previous, digest=digest))
        previous = digest
    AuditLink.objects.bulk_create(links)
    return len(links)


def _links(batch: int = 2000) -> Iterator[tuple[AuditLink, dict | None]]:
    """Every link with the fields of its entry (None when the entry is gone), in the order of the chain."""
    after = None
    while True:
        rows = AuditLink.objects.order_by("number")
        links = list((rows if after is None else rows.filter(number__gt=after))[:batch])
        entries = {
            facts["id"]: facts
            for facts in AuditEntry.objects.filter(pk__in=[link.entry_id for link in links]).values(*SEALED)
        }
        for link in links:
            yield link, entries.get(link.entry_id)
        if len(links) < batch:
            return
        after = links[-1].number


def _fault(link: AuditLink, facts: dict | None, number: int, previous: str) -> str:
    if link.number != number:
        return f"缺少第{number}环"
    if link.previous_digest != previous:
        return "与上一环的摘要不符"
    if facts is None:
        return "所记的审计记录已不存在"
    if link.digest != digest_of(number, previous, facts):
        return "审计记录的内容与摘要不符"
    return ""
