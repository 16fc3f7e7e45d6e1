"""Ends lists, duties and their open records by a few statements, whatever their number, each row with its history."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, DateTimeField, Exists, F, IntegerField, Model, OuterRef, Value
from django.utils import timezone

from accountability.choices import ListStatus, RecordStatus
from accountability.models import Duty, DutyList, DutyRecord
from branches.insertion import insert_select
from branches.models import User

from .marks import mark_records

#: Duties ended by one statement; bounds the memory of taking back a whole county.
DUTIES_AT_ONCE = 1000


@dataclass(frozen=True)
class Trail:
    """Who changes rows, why and when: what every history row says."""

    user: User
    reason: str
    now: datetime


def end_lists(*, actor, lists: list[DutyList], reason: str, now) -> int:
    """End these lists, which are locked, with all their duties and whatever was decomposed from them.

    A list of decomposed duties ends with its last duty. Returns how many open records end.
    """
    trail = Trail(actor.user, reason[:100], now)
    _withdraw([each.pk for each in lists], trail)
    duties = Duty.objects.in_force().filter(duty_list__in=lists)
    return end_duties(keys=duties.values_list("pk", flat=True), trail=trail)


def end_duties(*, keys, trail: Trail) -> int:
    """End the duties of these keys and whatever was decomposed from them; returns how many open records end.

    What has been accepted stays.
    """
    waiting = list(keys)
    ended = 0
    below: set[int] = set()
    while waiting:
        taken, waiting = waiting[:DUTIES_AT_ONCE], waiting[DUTIES_AT_ONCE:]
        duties = dict(
            Duty.objects.in_force().filter(pk__in=taken).select_for_update().values_list("pk", "duty_list_id")
        )
        ended += _end_duties(list(duties), trail)
        below.update(duties.values())
        waiting += Duty.objects.in_force().filter(parent__in=taken).values_list("pk", flat=True)
    decomposed = DutyList.objects.in_force().filter(pk__in=below, template=None)
    emptied = decomposed.exclude(Exists(Duty.objects.in_force().filter(duty_list=OuterRef("pk"))))
    _withdraw(list(emptied.select_for_update().values_list("pk", flat=True)), trail)
    return ended


def _withdraw(keys, trail):
    change_rows(model=DutyList, keys=keys, values={"status": ListStatus.WITHDRAWN}, trail=trail)


def _end_duties(keys, trail) -> int:
    """End these duties and what is open of them."""
    change_rows(model=Duty, keys=keys, values={"is_withdrawn": True}, trail=trail)
    unfinished = DutyRecord.objects.in_force().filter(duty__in=keys).exclude(status=RecordStatus.ACCEPTED)
    records = list(unfinished.select_for_update().values_list("pk", flat=True))
    change_rows(
        model=DutyRecord,
        keys=records,
        values={"withdrawn_at": trail.now, "version": F("version") + 1},
        trail=trail,
    )
    mark_records(
        records=DutyRecord.objects.filter(pk__in=records),
        today=timezone.localdate(trail.now),
        now=trail.now,
    )
    return len(records)


def change_rows(*, model: type[Model], keys: list[int], values: dict, trail: Trail) -> None:
    """Set the same `values` on the rows of these keys, which are locked, and copy each into its history."""
    if not keys:
        return
    rows = model._base_manager.filter(pk__in=keys)
    rows.update(**values)
    names = [field.name for field in model._meta.concrete_fields]
    said = {
        "history_date": Value(trail.now, output_field=DateTimeField()),
        "history_change_reason": Value(trail.reason, output_field=CharField()),
        "history_type": Value("~", output_field=CharField()),
        "history_user": Value(trail.user.pk, output_field=IntegerField()),
    }
    insert_select(model.history.model, [*names, *said], rows.values_list(*names, *said.values()))
