"""A template handed to thousands of units: asked for once, worked off in steps by a worker, taken back as one."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from accountability.choices import DeploymentState
from accountability.models import DutyList, DutyTemplate, IssueBatch
from accountability.querysets import targets_of, without_list
from branches.access import Actor, Right
from branches.actions.audit import record_event
from branches.choices import TaskState
from branches.models import Organization

from .deployments import hand_down_step
from .ending import end_lists
from .lists import issue_next, lock_template

#: Lists taken back in one transaction; each may have been decomposed further down.
WITHDRAWN_AT_ONCE = 50


@transaction.atomic
def start_batch(
    *, actor, template: DutyTemplate, scope: Organization, reach: str, filters: dict | None = None, now
) -> IssueBatch:
    """Ask for a template to be issued; pressing twice asks once. `reach` and `filters` as in `querysets.targets_of`."""
    actor.require(Right.ISSUE_DUTIES, scope)
    lock_template(template, actor)
    filters = {name: value for name, value in (filters or {}).items() if value}
    asked = {"template": template, "organization": scope, "reach": reach, "filters": filters}
    if going := _busy().filter(**asked, withdrawn_at=None).first():
        return going
    targets = without_list(targets_of(template, scope, reach, actor.today, filters), template)
    if not (total := targets.count()):
        raise ValidationError("这个范围内没有还没收到这份清单的单位。")
    batch = IssueBatch.objects.create(
        **asked,
        author=actor.user,
        appointment=actor.appointment,
        issued_on=actor.today,
        total=total,
        created_at=now,
    )
    record_event(
        actor=actor, event="下发批次", row=batch, summary=f"{scope} {template} 应下发{total}份", at=now
    )
    return batch


def may_withdraw_batch(actor, batch: IssueBatch) -> bool:
    """Whether the actor stands where the batch was issued, or above."""
    issuer = batch.appointment.organization
    return actor.may(Right.ISSUE_DUTIES, batch.organization) and issuer.path.startswith(
        actor.organization.path
    )


@transaction.atomic
def withdraw_batch(*, actor, batch: IssueBatch, reason: str, now) -> IssueBatch:
    """Ask for everything the batch made to be taken back; what is not issued yet will not be."""
    batch = _locked(batch.pk)
    if not may_withdraw_batch(actor, batch):
        raise PermissionDenied("只有下发单位或其上级可以撤回这一批清单。")
    if batch.withdrawn_at:
        raise ValidationError("这一批清单已经撤回或正在撤回。")
    batch.withdrawn_at, batch.withdraw_reason, batch.withdrawn_by = now, reason[:100], actor.appointment
    batch.total, batch.done = batch.lists.in_force().count(), 0
    batch.state, batch.message, batch.finished_at = TaskState.WAITING, "", None
    batch.save()
    record_event(
        actor=actor, event="撤回下发批次", row=batch, summary=f"{batch} {batch.total}份：{reason}", at=now
    )
    return batch


@transaction.atomic
def resume_batch(*, actor, batch: IssueBatch) -> IssueBatch:
    """Put a batch that failed, or never began, back to be worked off."""
    batch = _locked(batch.pk)
    actor.require(Right.ISSUE_DUTIES, batch.organization)
    if batch.state == TaskState.DONE:
        raise ValidationError("这一批已经完成。")
    if batch.state == TaskState.FAILED:
        batch.state, batch.message = TaskState.WAITING, ""
        batch.save(update_fields=["state", "message"])
    return batch


def take_step(*, pk, after: str, now) -> str | None:
    """Issue, or take back, the next lists of a batch in a transaction of its own.

    Returns the place behind which the next step goes on; None when the batch is finished, refused or in the hands of
    another worker. A step that was done is not done again: whoever has the list is left alone.
    """
    try:
        with transaction.atomic():
            if not _busy().select_for_update(skip_locked=True).filter(pk=pk).first():
                return None
            # Read after the lock: a row changed a moment ago brings what was joined to it before.
            batch = IssueBatch.objects.select_related(*_ALONG).get(pk=pk)
            after = _take_back(batch, now) if batch.withdrawn_at else _issue(batch, after, now)
            batch.state = TaskState.RUNNING
            if after is None:
                batch.state, batch.finished_at = TaskState.DONE, now
            batch.save(update_fields=["state", "done", "finished_at"])
            return after
    except DatabaseError:
        raise  # still under way: taken up again by the clock
    except (ValidationError, PermissionDenied) as refusal:
        _fail(pk, " ".join(getattr(refusal, "messages", [str(refusal)])))
        return None
    except Exception:
        _fail(pk, "没有做完，已完成的部分有效；请点“继续”，如果仍不成功，请联系管理员。")
        raise


def unfinished_batches() -> list[str]:
    """The keys of batches that wait or are under way, oldest first."""
    return [str(pk) for pk in _busy().order_by("created_at").values_list("pk", flat=True)]


_ALONG = (
    "template",
    "deployment",
    "organization",
    "author",
    "appointment__organization",
    "withdrawn_by__user",
)


def _busy():
    return IssueBatch.objects.filter(state__in=[TaskState.WAITING, TaskState.RUNNING])


def _locked(pk) -> IssueBatch:
    IssueBatch.objects.select_for_update().get(pk=pk)
    return IssueBatch.objects.select_related(*_ALONG).get(pk=pk)


def _issue(batch, after, now):
    if batch.deployment:
        made = hand_down_step(batch=batch, now=now)
        batch.done += made
        return "" if made else None
    # As of the day it was asked for, so that all lists open the same terms; the right is asked today.
    _require_still(batch.author, batch.appointment, batch.organization, now)
    actor = Actor(batch.author, batch.appointment, batch.issued_on)
    lock_template(batch.template, actor)
    targets = targets_of(batch.template, batch.organization, batch.reach, batch.issued_on, batch.filters)
    made, after = issue_next(
        actor=actor, template=batch.template, targets=targets, after=after, now=now, batch=batch
    )
    batch.done += made
    if after is None:
        record_event(
            actor=actor,
            event="批量下发责任清单",
            row=batch.template,
            summary=f"{batch.organization} {batch.done}份 {batch.template}",
            at=now,
        )
    return after


def _take_back(batch, now):
    appointment = batch.withdrawn_by
    _require_still(appointment.user, appointment, batch.organization, now)
    actor = Actor(appointment.user, appointment, timezone.localdate(now))
    # The lowest first, so that a step never takes back a whole tree.
    lists = list(_lists_of(batch).order_by("-pk").select_for_update()[:WITHDRAWN_AT_ONCE])
    end_lists(actor=actor, lists=lists, reason=batch.withdraw_reason, now=now)
    batch.done += len(lists)
    return str(lists[-1].pk) if len(lists) == WITHDRAWN_AT_ONCE else None


def _lists_of(batch):
    """What is taken back: the lists the batch made; with a deployment that was withdrawn, every list of it."""
    lists = DutyList.objects.in_force()
    if batch.deployment and batch.deployment.state == DeploymentState.WITHDRAWN:
        return lists.filter(deployment=batch.deployment)
    return lists.filter(batch=batch)


def _require_still(user, appointment, organization, now):
    """The one who asked must still be in the post they asked in."""
    today = timezone.localdate(now)
    ended = appointment.ends_on and appointment.ends_on <= today
    if ended or not user.is_active:
        raise PermissionDenied(f"{user}的{appointment.get_post_display()}任职已结束，请由现任同志重新操作。")
    Actor(user, appointment, today).require(Right.ISSUE_DUTIES, organization)


def _fail(pk, message):
    IssueBatch.objects.filter(pk=pk).update(state=TaskState.FAILED, message=message[:300])
