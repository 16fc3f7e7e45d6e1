"""Everything one officer answers for, across posts; nothing is scored or ranked."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from accountability.choices import Coverage, ListStatus, RecordStatus
from accountability.coverage import coverage_of
from accountability.models import Duty, DutyHandover, DutyList, DutyRecord
from branches.access import Actor, Right
from branches.models import Appointment, Meeting, Resolution, User
from branches.queries.meetings import open_resolutions_of
from branches.tally import Tally

#: Lines of one kind on the page; the list behind has the rest.
MOST = 30


@dataclass(frozen=True)
class DutyLine:
    """One duty and how far it has come."""

    duty: Duty
    state: Coverage
    opened: int
    accepted: int
    overdue: int


@dataclass(frozen=True)
class PostPart:
    """What comes with one post: its lists, and its duties from whatever list."""

    appointment: Appointment
    is_current: bool
    lists: list[DutyList]
    duties: list[DutyLine]

    @property
    def tally(self) -> Tally:
        return Tally(sum(each.accepted for each in self.duties), sum(each.opened for each in self.duties))

    @property
    def overdue(self) -> int:
        return sum(each.overdue for each in self.duties)


@dataclass(frozen=True)
class OfficerPage:
    """`open` is what is owed now, soonest first, at most `MOST`; `open_number` is all of it."""

    person: User
    year: int
    years: list[int]
    posts: list[PostPart]
    open: list[DutyRecord]
    open_number: int
    resolutions: list[Resolution]
    received: list[DutyHandover]
    passed_on: list[DutyHandover]
    chaired: list[Meeting]
    chaired_number: int


def officer_page(person: User, actor: Actor, year: int) -> OfficerPage:
    """The page of `person` as the actor may see it: the own page whole, another's as far as the actor may look.

    Eleven queries, whatever the rows.
    """
    is_own = person.pk == actor.user.pk
    everywhere, first = Q(), date(year, 1, 1)
    within = {
        prefix: everywhere if is_own else actor.within(Right.VIEW, prefix=prefix)
        for prefix in ("organization", "meeting__organization")
    }
    posts = list(
        person.appointments.filter(
            within["organization"], starts_on__lte=max(actor.today, date(year, 12, 31))
        )
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=first))
        .by_post()
        .select_related("organization", "user")
    )
    duties = _duties(posts, year)
    lists = defaultdict(list)
    for each in DutyList.objects.in_force().filter(appointment__in=posts, year=year).select_related("issuer"):
        lists[each.appointment_id].append(each)
    by_post = _lines(duties, actor.today)
    owed = (
        DutyRecord.objects.unfinished()
        .filter(duty__owner__in=posts)
        .exclude(status=RecordStatus.SUBMITTED)
        .begun(actor.today)
        .order_by("due_on", "pk")
    )
    chaired = _chaired(person, within["organization"], year)
    handovers = DutyHandover.objects.select_related(
        "duty__duty_list",
        "from_appointment__user",
        "from_appointment__organization",
        "to_appointment__user",
        "to_appointment__organization",
    )
    return OfficerPage(
        person=person,
        year=year,
        years=_years(posts, year, actor.today),
        posts=[
            PostPart(
                each,
                each.starts_on <= actor.today and (each.ends_on is None or each.ends_on > actor.today),
                lists[each.pk],
                by_post[each.pk],
            )
            for each in posts
        ],
        open=list(owed.select_related("organization", "duty__duty_list")[:MOST]),
        open_number=owed.order_by().count(),
        resolutions=list(
            open_resolutions_of(person.member).filter(within["meeting__organization"])
            if person.member_id
            else []
        ),
        received=list(handovers.filter(to_appointment__in=posts)[:MOST]),
        passed_on=list(handovers.filter(from_appointment__in=posts)[:MOST]),
        chaired=list(chaired[:MOST]),
        chaired_number=chaired.order_by().count(),
    )


def _years(posts, year, today) -> list[int]:
    """This year, the one looked at, and those in which the posts have lists or duties."""
    found = {today.year, year}
    owned = Duty.objects.in_force().filter(owner__in=posts).order_by()
    found.update(owned.values_list("duty_list__year", flat=True).distinct())
    return sorted(found, reverse=True)


def _duties(posts, year) -> list[Duty]:
    return list(
        Duty.objects.in_force()
        .filter(owner__in=posts, duty_list__year=year)
        .exclude(duty_list__status=ListStatus.WITHDRAWN)
        .select_related("duty_list", "organization")
        .order_by("duty_list__kind", "duty_list", "number")
    )


def _lines(duties, today) -> dict[int, list[DutyLine]]:
    """Appointment key → its duties. One query."""
    kept = DutyRecord.objects.in_force().filter(duty__in=duties).order_by()
    opened, accepted, overdue = Counter(), Counter(), Counter()
    for duty, status, due_on, number in (
        kept.values("duty", "status", "due_on")
        .annotate(number=Count("pk"))
        .values_list("duty", "status", "due_on", "number")
    ):
        opened[duty] += number
        if status == RecordStatus.ACCEPTED:
            accepted[duty] += number
        elif due_on < today:
            overdue[duty] += number
    found = defaultdict(list)
    for duty in duties:
        state = coverage_of(
            is_signed=duty.duty_list.status == ListStatus.SIGNED,
            is_owned=True,
            opened=opened[duty.pk],
            accepted=accepted[duty.pk],
            overdue=overdue[duty.pk],
            is_negative=duty.is_negative,
        )
        line = DutyLine(duty, state, opened[duty.pk], accepted[duty.pk], overdue[duty.pk])
        found[duty.owner_id].append(line)
    return found


def _chaired(person, within, year) -> QuerySet:
    """Confirmed meetings of the year that the person chaired, the newest first."""
    if person.member_id is None:
        return Meeting.objects.none()
    return (
        Meeting.objects.confirmed()
        .filter(within, chair=person.member_id, held_on__year=year)
        .select_related("organization")
        .order_by("-held_on", "-pk")
    )
