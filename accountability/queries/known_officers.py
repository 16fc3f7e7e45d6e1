"""What is known of officers: what they owe by name, what they chaired, where they were expected and came."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Count, F, Q

from accountability.choices import Measure, RecordStatus
from accountability.known import Figure, Wanted
from accountability.models import DutyRecord
from branches.choices import COMMITTEE_POSTS, RECOGNISED_REASONS, MeetingKind
from branches.models import Absence, Appointment, Meeting, Membership
from branches.rosters import expected_from

from .known_meetings import Span

_DUTIES = ("duties", "duties_timely", "deployments", "duties_overdue")
_PRESENCE = (Measure.ATTENDANCE.value, "absences")


def officer_figures(
    officers: Sequence[Appointment], asked: Iterable[Wanted], span: Span
) -> dict[str, dict[int, Figure]]:
    """What is known of the officers, by datum and appointment. At most seven queries."""
    codes = {want.datum.code for want in asked}
    found: dict[str, dict[int, Figure]] = {}
    if codes.intersection(_DUTIES):
        found |= _duties(officers, span)
    if codes.intersection(_PRESENCE):
        found |= _presence(officers, span)
    kinds = [kind for kind in MeetingKind if kind.label in codes]
    if kinds:
        found |= _chaired(officers, kinds, span)
    return found


def _duties(officers, span) -> dict[str, dict[int, Figure]]:
    """What they bear by name and is due in the period: accepted of what can be judged, and in time of accepted."""
    duty, deployment = Q(is_deployment=False), Q(is_deployment=True)
    done = Q(status=RecordStatus.ACCEPTED)
    timely = done & Q(done_on__lte=F("due_on"))
    rows = (
        DutyRecord.objects.judged_by(span.looked_back_on)
        .filter(duty__owner__in=officers, due_on__range=(span.starts_on, span.ends_on))
        .order_by()
        .values("duty__owner")
        .annotate(
            due=Count("pk", filter=duty),
            done=Count("pk", filter=duty & done),
            timely=Count("pk", filter=duty & timely),
            deployed=Count("pk", filter=deployment),
            carried_out=Count("pk", filter=deployment & timely),
        )
    )
    by_owner = {row["duty__owner"]: row for row in rows}
    nothing = dict.fromkeys(("due", "done", "timely", "deployed", "carried_out"), 0)
    found: dict[str, dict[int, Figure]] = {code: {} for code in _DUTIES}
    for officer in officers:
        row = by_owner.get(officer.pk, nothing)
        found["duties"][officer.pk] = Figure(row["done"], row["due"])
        found["duties_timely"][officer.pk] = Figure(row["timely"], row["done"])
        found["deployments"][officer.pk] = Figure(row["carried_out"], row["deployed"])
        found["duties_overdue"][officer.pk] = Figure(row["due"] - row["done"])
    return found


def _chaired(officers, kinds, span) -> dict[str, dict[int, Figure]]:
    """The meetings of their body that they chaired, and the 党课 they gave there. Two queries."""
    bodies = {officer.organization_id for officer in officers}
    times: Counter = Counter()
    meetings = Meeting.objects.counted_at(span.cutoff).filter(
        organization__in=bodies, held_on__range=(span.starts_on, span.ends_on)
    )
    rows = meetings.order_by().values_list("organization_id", "kinds", "chair_id", "lecturer")
    members = _members_of(officers)
    chairs, lecturers = defaultdict(list), defaultdict(list)
    for officer in officers:
        member, name = members.get(officer.pk, (None, ""))
        chairs[officer.organization_id, member].append(officer.pk)
        lecturers[officer.organization_id, name].append(officer.pk)
    for body, mask, chair, lecturer in rows:
        for kind in kinds:
            if not mask & kind:
                continue
            theirs = set(chairs[body, chair]) if chair else set()
            if kind == MeetingKind.LECTURE and lecturer:
                theirs |= set(lecturers[body, lecturer])
            times.update((kind, officer) for officer in theirs)
    return {
        kind.label: {
            officer.pk: Figure(
                times[kind, officer.pk],
                held=times[kind, officer.pk],
                note=f"主持或主讲{times[kind, officer.pk]}次",
            )
            for officer in officers
        }
        for kind in kinds
    }


def _presence(officers, span) -> dict[str, dict[int, Figure]]:
    """Where they were expected by the roster of the day and came; leave with a recognised reason leaves both sums.

    Five queries.
    """
    members = {officer: member for officer, (member, _) in _members_of(officers).items() if member}
    people = set(members.values())
    memberships, posts = defaultdict(list), defaultdict(list)
    within = Q(ends_on__isnull=True) | Q(ends_on__gt=span.starts_on)
    for each in Membership.objects.filter(within, member__in=people):
        memberships[each.organization_id].append(each)
    for each in Appointment.objects.filter(
        within, user__member__in=people, post__in=COMMITTEE_POSTS
    ).annotate(person=F("user__member")):
        posts[each.organization_id].append(each)
    meetings = list(
        Meeting.objects.counted_at(span.cutoff)
        .filter(organization__in=[*memberships, *posts], held_on__range=(span.starts_on, span.ends_on))
        .select_related("organization")
        .only("kinds", "held_on", "group_id", "organization__kind")
    )
    away = {
        (meeting, member): reason
        for meeting, member, reason in Absence.objects.filter(
            member__in=people,
            meeting__organization__in=[*memberships, *posts],
            meeting__held_on__range=(span.starts_on, span.ends_on),
        ).values_list("meeting", "member", "reason")
    }
    due, done, absent = Counter(), Counter(), Counter()
    for meeting in meetings:
        for person in _expected(meeting, memberships, posts):
            reason = away.get((meeting.pk, person))
            if reason in RECOGNISED_REASONS:
                continue
            due[person] += 1
            (done if reason is None else absent)[person] += 1
    return {
        Measure.ATTENDANCE.value: {
            officer: Figure(done[member], due[member]) for officer, member in members.items()
        },
        "absences": {officer: Figure(absent[member]) for officer, member in members.items()},
    }


def _expected(meeting, memberships, posts) -> set[int]:
    """Those of the people asked about who were expected."""
    day = meeting.held_on
    expected = expected_from(meeting.organization, meeting.kinds, meeting.group_id)
    if expected in ("members", "group"):
        return {
            each.member_id
            for each in memberships[meeting.organization_id]
            if _holds(each, day) and (expected == "members" or each.group_id == meeting.group_id)
        }
    if expected == "invited":
        return set()
    return {each.person for each in posts[meeting.organization_id] if _holds(each, day)}


def _holds(stretch, day) -> bool:
    return (stretch.starts_on is None or stretch.starts_on <= day) and (
        stretch.ends_on is None or stretch.ends_on > day
    )


def _members_of(officers) -> dict[int, tuple[int | None, str]]:
    """The member and the name behind each appointment. One query."""
    rows = Appointment.objects.filter(pk__in=[officer.pk for officer in officers])
    return {pk: (member, name) for pk, member, name in rows.values_list("pk", "user__member", "user__name")}
