"""Countable items: how far each term has come by confirmed meetings, for one page or for thousands of terms."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import (
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Mod

from accountability.choices import CountedBy
from accountability.counting import Ask, Bearer, Counting, Held, count
from accountability.models import DutyHandover, DutyRecord
from branches.choices import MeetingKind, MeetingStatus
from branches.models import Meeting, Participant
from branches.periods import Interval

#: What `countings` reads of a record beside its own columns.
RELATED = ("duty__duty_list", "duty__owner__user__member", "duty__continues")


def with_counted(records: QuerySet) -> QuerySet:
    """Annotate records with `counted_now`: what confirmed meetings amount to; None for duties that do not count so.

    Says in SQL what `accountability.counting.count` says of one record.
    """
    length = Case(
        *(When(duty__interval=each.value, then=each.length) for each in Interval),
        output_field=IntegerField(),
    )
    first = F("period") - Mod(Mod(F("period"), 100) - 1, length)
    is_personal = Q(duty__owner__isnull=False, duty__duty_list__appointment__isnull=False)
    counts_meetings = Q(duty__counted_by=CountedBy.MEETINGS)
    counts_persons = Q(duty__counted_by=CountedBy.PERSONS)
    return records.alias(_first=first, _last=first + length - 1).annotate(
        counted_now=Case(
            When(counts_meetings & is_personal, then=_meetings(_led_by_owner("", may_lecture=True))),
            When(counts_meetings, then=_meetings(Q())),
            When(counts_persons & is_personal, then=_persons(_led_by_owner("meeting__", may_lecture=False))),
            When(counts_persons, then=_persons(Q())),
            default=None,
            output_field=IntegerField(),
        )
    )


def _meetings(whose: Q):
    """How many meetings of the outer record's unit and window carry one of the kinds asked for."""
    rows = (
        Meeting.objects.filter(**_of_the_record(""))
        .alias(
            _asked=F("kinds").bitand(ExpressionWrapper(OuterRef("duty__meeting_kinds"), IntegerField())),
            _lecture=F("kinds").bitand(int(MeetingKind.LECTURE)),
        )
        .filter(_of_the_unit(""), whose, _asked__gt=0)
    )
    return _number(rows, Count("pk"))


def _persons(whose: Q):
    """How many persons were talked with, each once, the one who talks not among them."""
    rows = (
        Participant.objects.filter(**_of_the_record("meeting__"))
        .alias(_talk=F("meeting__kinds").bitand(int(MeetingKind.TALK)))
        .filter(_of_the_unit("meeting__"), ~Q(member=F("meeting__chair")), whose, _talk__gt=0)
    )
    return _number(rows, Count("member", distinct=True))


def _of_the_record(prefix: str) -> dict:
    return {
        f"{prefix}status": MeetingStatus.CONFIRMED,
        f"{prefix}period__gte": OuterRef("_first"),
        f"{prefix}period__lte": OuterRef("_last"),
    }


def _of_the_unit(prefix: str) -> Q:
    """Held by the outer record's unit, or by the merged one whose duty it goes on with."""
    name = f"{prefix}organization"
    return Q(**{name: OuterRef("organization")}) | Q(**{name: OuterRef("duty__continues__organization")})


def _number(rows: QuerySet, number: Count):
    counted = rows.order_by().values(_whole=Value(1)).annotate(number=number).values("number")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())


def _led_by_owner(prefix: str, *, may_lecture: bool) -> Q:
    """Chaired (or lectured) by the owner of the outer record's duty, or before the handover by who passed it on."""
    passed_on = DutyHandover.objects.filter(
        duty=OuterRef(OuterRef("duty")), effective_on__gt=OuterRef(f"{prefix}held_on")
    )
    led = Q(**{f"{prefix}chair": OuterRef("duty__owner__user__member")})
    led |= Exists(passed_on.filter(from_appointment__user__member=OuterRef(f"{prefix}chair")))
    if may_lecture:
        name = OuterRef("duty__owner__user__member__name")
        led |= Q(_lecture__gt=0) & (
            Q(lecturer=name)
            | Exists(passed_on.filter(from_appointment__user__member__name=OuterRef("lecturer")))
        )
    return led


def countings(records: Iterable[DutyRecord]) -> dict[int, Counting]:
    """The counting of every record whose duty counts by itself, with the meetings it rests on. Three queries.

    The records come with `RELATED`.
    """
    records = [each for each in records if each.duty.counts_by_itself]
    if not records:
        return {}
    held = _held(records)
    passed_on = defaultdict(list)
    handovers = DutyHandover.objects.filter(
        duty__in=[each.duty_id for each in records], from_appointment__user__member__isnull=False
    )
    for each in handovers.select_related("from_appointment__user__member"):
        passed_on[each.duty_id].append(
            Bearer(
                each.from_appointment.user.member_id,
                each.from_appointment.user.member.name,
                each.effective_on,
            )
        )
    return {
        each.pk: count(
            _ask(each, passed_on[each.duty_id]), [one for unit in _units(each) for one in held[unit]]
        )
        for each in records
    }


def _units(record) -> set[int]:
    """The record's unit, and the merged one whose duty it goes on with."""
    former = record.duty.continues
    return {record.organization_id, former.organization_id} if former else {record.organization_id}


def _ask(record, predecessors) -> Ask:
    duty = record.duty
    bearers = None
    if duty.owner_id is not None and duty.duty_list.appointment_id is not None:
        member = duty.owner.user.member
        bearers = (*([Bearer(member.pk, member.name)] if member else []), *predecessors)
    return Ask(duty.counted_by, duty.target, duty.meeting_kinds, record.window, bearers)


def _held(records) -> dict[int, list[Held]]:
    """The confirmed meetings of the records' units in all their windows together."""
    windows = [each.window for each in records]
    meetings = (
        Meeting.objects.confirmed()
        .filter(
            organization__in={unit for each in records for unit in _units(each)},
            held_on__gte=min(each.starts_on for each in windows),
            held_on__lte=max(each.ends_on for each in windows),
        )
        .order_by()
    )
    persons = defaultdict(set)
    talked = Participant.objects.filter(meeting__in=meetings.of_kind(MeetingKind.TALK).values("pk"))
    for meeting, member in talked.order_by().values_list("meeting", "member"):
        persons[meeting].add(member)
    held = defaultdict(list)
    rows = meetings.values_list("organization", "pk", "held_on", "kinds", "chair", "lecturer")
    for organization, pk, *facts in rows:
        held[organization].append(Held(pk, *facts, frozenset(persons[pk])))
    return held
