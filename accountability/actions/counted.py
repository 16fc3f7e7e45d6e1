"""Terms that close by themselves, because what the level above has confirmed reaches their target."""

from collections import Counter
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F
from simple_history.utils import bulk_update_with_history

from accountability.choices import COUNTED_BY_ITSELF, EvidenceKind, RecordStatus
from accountability.counting import in_words
from accountability.models import DutyRecord
from accountability.queries.counting import RELATED, countings, with_counted
from branches.actions.audit import record_event
from branches.models import Meeting
from branches.periods import Period

from .records import mark_accepted

#: Terms written at once; bounds the length of a transaction.
BATCH = 200
#: Terms looked up at once: looking up reads every open term, whatever is found.
LOOK_UP = 10_000
#: What was held in time may be confirmed later; a term that ended longer ago waits for a person. [default]
LOOK_BACK = timedelta(days=92)
REASON = "自动计数达标"


def settle_counted(*, now, today: date, since=None) -> int:
    """Accept the open terms whose target is reached by confirmed meetings, and return how many.

    Done on the day the target was reached. Never a deployment, nor a term that asks for a file, nor one at the top of
    the tree, where nobody above has confirmed anything. `since`: only units of which a meeting counts only since then.
    Repeating it, or two at once, settles each term once.
    """
    terms = _open_terms(today)
    if since is not None:
        terms = terms.filter(organization__in=_units_with_news(since, today))
    reached = with_counted(terms).filter(counted_now__gte=F("duty__target")).order_by("pk")
    number, last = 0, 0
    while pks := list(reached.filter(pk__gt=last).values_list("pk", flat=True)[:LOOK_UP]):
        for start in range(0, len(pks), BATCH):
            number += _settle(pks[start : start + BATCH], now, today)
        last = pks[-1]
    return number


def _open_terms(today):
    return (
        DutyRecord.objects.unfinished()
        .filter(
            status=RecordStatus.OPEN,
            is_deployment=False,
            due_on__gte=today - LOOK_BACK,
            duty__counted_by__in=COUNTED_BY_ITSELF,
            organization__parent__isnull=False,
        )
        .exclude(duty__evidence=EvidenceKind.DOCUMENT)
        .begun(today)
    )


def _units_with_news(since, today):
    """Units of which a meeting of the windows that matter was confirmed, or corrected, from `since` on."""
    first = Period.month_of(today - LOOK_BACK).shift(-11)
    return (
        Meeting.objects.confirmed()
        .filter(period__gte=first.key, counted_from__gte=since)
        .values("organization")
    )


@transaction.atomic
def _settle(pks, now, today) -> int:
    """Settle what of `pks` is still open and still has enough, by a few statements."""
    locked = (
        DutyRecord.objects.in_force()
        .filter(pk__in=pks, status=RecordStatus.OPEN)
        .select_related("organization", *RELATED)
        .order_by("pk")
        .select_for_update(of=("self",), skip_locked=True)
    )
    records = list(locked)
    found = countings(records)
    records = [each for each in records if found[each.pk].reached_on is not None]
    if not records:
        return 0
    meetings = Meeting.objects.in_bulk({pk for each in records for pk in found[each.pk].meetings})
    for each in records:
        counting = found[each.pk]
        each.status, each.accepted_at, each.done_on = RecordStatus.ACCEPTED, now, counting.reached_on
        each.counted, each.is_settled_by_count = counting.number, True
        events = [(meetings[pk].held_on, meetings[pk].title) for pk in counting.meetings]
        each.summary = each.summary.strip() or in_words(each.duty.counted_by, counting, each.window, events)
        each.version += 1
    bulk_update_with_history(
        records,
        DutyRecord,
        ["status", "accepted_at", "done_on", "counted", "is_settled_by_count", "summary", "version"],
        batch_size=BATCH,
        default_change_reason=REASON,
        default_date=now,
    )
    rests_on = DutyRecord.meetings.through
    rests_on.objects.bulk_create(
        (
            rests_on(dutyrecord_id=each.pk, meeting_id=pk)
            for each in records
            for pk in found[each.pk].meetings
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )
    mark_accepted([each.pk for each in records], today, now)
    units = Counter(each.organization for each in records)
    record_event(
        actor=None,
        event=REASON,
        summary="、".join(f"{unit.short_name}{number}期" for unit, number in units.items()),
        at=now,
    )
    return len(records)
