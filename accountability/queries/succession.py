from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from accountability.models import Duty, DutyHandover, DutyList, DutyRecord
from branches.access import POWERS, Right
from branches.choices import Post
from branches.models import Appointment, Organization

#: Posts held by one person at a time: whoever holds it now has taken it over.
SOLE_POSTS = (Post.SECRETARY, Post.DISCIPLINE_SECRETARY)
#: Posts that can answer for a duty.
BEARERS = tuple(post for post, powers in POWERS.items() if Right.RECORD_DUTIES in powers)


def going_on(duties: QuerySet, today: date) -> QuerySet:
    """Those of `duties` that still ask for something: a term is not accepted, or it watches for what may happen."""
    unfinished = Exists(DutyRecord.objects.unfinished().filter(duty=OuterRef("pk")))
    return duties.in_force().filter(unfinished | Q(is_negative=True, duty_list__year__gte=today.year))


def duties_of(appointment: Appointment, today: date, organization: Organization | None = None) -> QuerySet:
    """What an officer answers for and that goes on: duties of their own, and those of the lists made out to them."""
    duties = going_on(Duty.objects.all(), today).filter(
        Q(owner=appointment) | Q(duty_list__appointment=appointment)
    )
    return duties if organization is None else duties.filter(organization=organization)


def ownerless_duties(scope: Organization, today: date) -> QuerySet:
    """责任人已离任: duties going on in the subtree of `scope` whose officer no longer holds the post."""
    return (
        going_on(Duty.objects.in_subtree(scope), today)
        .filter(Q(owner__ends_on__lte=today) | Q(duty_list__appointment__ends_on__lte=today))
        .select_related("organization", "duty_list__appointment__user", "owner__user")
        .order_by("organization__path", "duty_list", "number")
    )


def successor_of(
    appointment: Appointment, organization: Organization, today: date, *, merged: bool = False
) -> Appointment | None:
    """Who holds the same post at `organization` now and has taken it over; None when nobody has, or it is not clear.

    The same person in a new term comes first, then whoever began when the other ended; a post that several hold has
    one successor only when one of them fits. `merged`: the post was at a unit that is part of `organization` now.
    """
    held = list(
        Appointment.objects.on(today)
        .filter(organization=organization, post=appointment.post, user__is_active=True)
        .exclude(pk=appointment.pk)
        .select_related("user", "organization")
        .order_by("pk")
    )
    ended_on = appointment.ends_on
    ranks = (
        [each for each in held if each.user_id == appointment.user_id],
        [each for each in held if ended_on and each.starts_on >= ended_on and not merged],
        held if merged or appointment.post in SOLE_POSTS else [],
    )
    return next((rank[0] for rank in ranks if len(rank) == 1), None)


@dataclass(frozen=True)
class Passing:
    """What becomes of one duty when it passes from one officer to another.

    `duty_list` is the list it is moved to, None when it stays in its own. `ends`: the other owes the same already.
    """

    duty: Duty
    open_records: int
    ends: bool = False
    duty_list: DutyList | None = None


@dataclass
class HandoverPlan:
    """What passes between two officers, and the lists that pass whole."""

    passings: list[Passing] = field(default_factory=list)
    lists: list[DutyList] = field(default_factory=list)

    @property
    def passing(self) -> list[Passing]:
        return [each for each in self.passings if not each.ends]

    @property
    def ending(self) -> list[Passing]:
        return [each for each in self.passings if each.ends]

    @property
    def open_records(self) -> int:
        return sum(each.open_records for each in self.passing)

    @property
    def by_list(self) -> list[tuple[str, int, int, int]]:
        """Title of a list, duties and terms that pass, duties that end."""
        rows: dict[int, list] = {}
        for each in self.passings:
            row = rows.setdefault(each.duty.duty_list_id, [each.duty.duty_list.title, 0, 0, 0])
            row[1] += not each.ends
            row[2] += 0 if each.ends else each.open_records
            row[3] += each.ends
        return [(title, duties, terms, ending) for title, duties, terms, ending in rows.values()]


def list_key(duty_list: DutyList) -> tuple:
    """What an officer, or a unit, has one list of: a template, a deployment, or the decomposed of a year and kind."""
    if duty_list.template_id:
        return "template", duty_list.template_id
    if duty_list.deployment_id:
        return "deployment", duty_list.deployment_id
    return "decomposed", duty_list.year, duty_list.kind


def handover_plan(duties: QuerySet, giver: Appointment, receiver: Appointment) -> HandoverPlan:
    """What becomes of these `duties` of `giver` when `receiver` takes them over. Four queries."""
    duties = list(duties.select_related("duty_list", "organization").order_by("duty_list", "number"))
    terms = Counter(
        DutyRecord.objects.unfinished().filter(duty__in=duties).order_by().values_list("duty", flat=True)
    )
    lists = {list_key(each): each for each in DutyList.objects.in_force().filter(appointment=receiver)}
    shares = set(
        Duty.objects.in_force().filter(owner=receiver, is_personal=True).values_list("parent", flat=True)
    )
    plan, whole = HandoverPlan(), {}
    for duty in duties:
        own = duty.duty_list
        other = lists.get(list_key(own))
        is_made_out = own.appointment_id == giver.pk
        ends = bool(own.template_id and other) or (duty.is_personal and duty.parent_id in shares)
        if is_made_out and other is None:
            whole[own.pk] = own
        moved_to = other if is_made_out and not ends else None
        plan.passings.append(Passing(duty, terms[duty.pk], ends, moved_to))
    plan.lists = list(whole.values())
    return plan


@dataclass(frozen=True)
class Giver:
    """An officer of a unit who answers for something there."""

    appointment: Appointment
    duties: int
    has_left: bool


@dataclass(frozen=True)
class HandoverPage:
    """Who answers for what at a unit, who may take it over, and what has been handed over before."""

    givers: list[Giver]
    receivers: list[Appointment]
    handovers: list[DutyHandover]


def handover_page(organization: Organization, today: date) -> HandoverPage:
    """Five queries, whatever the number of officers and duties."""
    held = Counter(
        list_owner or owner
        for owner, list_owner in going_on(Duty.objects.filter(organization=organization), today)
        .filter(Q(owner__isnull=False) | Q(duty_list__appointment__isnull=False))
        .order_by()
        .values_list("owner", "duty_list__appointment")
    )
    givers = [
        Giver(each, held[each.pk], each.ends_on is not None and each.ends_on <= today)
        for each in Appointment.objects.filter(pk__in=held)
        .select_related("user", "organization")
        .order_by("pk")
    ]
    receivers = (
        Appointment.objects.on(today)
        .filter(organization=organization, post__in=BEARERS, user__is_active=True)
        .select_related("user", "organization")
        .order_by("pk")
    )
    handovers = (
        DutyHandover.objects.filter(duty__organization=organization)
        .select_related("duty__duty_list", "from_organization", "to_organization")
        .select_related("from_appointment__user", "to_appointment__user")
    )
    return HandoverPage(
        sorted(givers, key=lambda each: not each.has_left), list(receivers), list(handovers[:50])
    )
