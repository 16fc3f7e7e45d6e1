"""The trail: one plain insert beside what it tells of."""

import structlog

from ..models import AuditEntry


def record_event(*, actor, event: str, row=None, summary: str = "", result: str = "成功", at) -> AuditEntry:
    """Write one audit line inside the caller's transaction.

    `actor` is an `Actor` or None (a task); `event` a Chinese verb phrase like "确认会议"; `row` the object it
    happened to; `at` the moment. The request id and address come from the logging context of the request.
    """
    context = structlog.contextvars.get_contextvars()
    return AuditEntry.objects.create(
        at=at,
        username=actor.user.username if actor else "",
        appointment=str(actor.appointment or "")[:200] if actor else "系统",
        address=context.get("ip") or None,
        event=event,
        object_type=row._meta.label if row is not None else "",
        object_id=str(row.pk) if row is not None else "",
        summary=summary[:300],
        result=result,
        request_id=str(context.get("request_id", "")),
    )
