from datetime import timedelta

from django.db.models import DateField, Exists, ExpressionWrapper, F, Manager, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, ExtractDay

from branches.access import Right
from branches.choices import OrganizationKind
from branches.models import Appointment, Organization
from branches.periods import Interval, window_of
from branches.querysets.organizations import subtree

from .choices import EvidenceKind, IssueReach, ListStatus, RecordStatus, RoundState


class OrganizationRowQuerySet(QuerySet):
    """Rows that belong to an organisation."""

    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))


class AppraisalProgrammeQuerySet(OrganizationRowQuerySet):
    def standing(self):
        """Those that were not cancelled."""
        return self.filter(cancelled_at__isnull=True)


class EvaluationQuerySet(OrganizationRowQuerySet):
    def of_units(self):
        return self.filter(appointment__isnull=True)

    def published(self):
        return self.filter(round__state=RoundState.PUBLISHED)


class EvaluationManager(Manager.from_queryset(EvaluationQuerySet)):
    """Those that are still part of their round."""

    def get_queryset(self):
        return super().get_queryset().filter(removed_at__isnull=True)


class AccountabilityCaseQuerySet(OrganizationRowQuerySet):
    def visible_to(self, actor):
        """Confidential: those the actor's body handles, if the post handles cases, and those they are to know of.

        Whom a case is about, a person or the officers of a unit, does not know of it before it is announced.
        """
        if actor.appointment is None:
            return self.none()
        named = self.model.readers.through.objects.filter(appointment=actor.appointment)
        seen = Q(pk__in=named.values("accountabilitycase"))
        if actor.has(Right.HANDLE_CASES) and actor.organization.is_committee:
            seen |= Q(handler=actor.organization)
        own = Appointment.objects.on(actor.today).filter(user=actor.user).values("organization")
        concerned = Q(appointment__user=actor.user) | Q(appointment__isnull=True, organization__in=own)
        return self.filter(seen).filter(Q(announced_on__isnull=False) | ~concerned)


class DutyListQuerySet(OrganizationRowQuerySet):
    def in_force(self):
        return self.exclude(status=ListStatus.WITHDRAWN)


class DutyQuerySet(OrganizationRowQuerySet):
    def in_force(self):
        return self.filter(is_withdrawn=False)

    def stricter(self):
        """层层加码: those that ask for more than the duty they come from, exactly as `windows.stricter_points` says."""
        ends = Q()
        for above in Interval:
            last_months = range(above.length, 13, above.length)
            ends |= Q(parent__interval=above.value, next_day=1, deadline__month__in=last_months)
        asks = Q(deadline__lt=F("parent__deadline"))
        asks |= Q(deadline__isnull=False, parent__deadline__isnull=True) & ~ends
        asks |= Q(interval=F("parent__interval"), target__gt=Coalesce("parent__target", 0))
        asks |= Q(parent__evidence=EvidenceKind.OPTIONAL) & ~Q(evidence=EvidenceKind.OPTIONAL)
        for above in Interval:
            shorter = [each.value for each in Interval if each.length < above.length]
            asks |= Q(parent__interval=above.value, interval__in=shorter)
        tomorrow = ExpressionWrapper(F("deadline") + timedelta(days=1), output_field=DateField())
        return self.alias(next_day=ExtractDay(tomorrow)).filter(asks, parent__isnull=False)


class DutyRecordQuerySet(OrganizationRowQuerySet):
    def in_force(self):
        return self.filter(withdrawn_at__isnull=True)

    def judged_in(self, period):
        """Those judged in `period` (a `branches.periods.Period`)."""
        return self.filter(period__in=[month.key for month in period.months])

    def begun(self, today):
        """Those whose window has begun: the tasks of now, not of next quarter."""
        begun = Q()
        for interval in Interval:
            begun |= Q(duty__interval=interval.value, due_on__lte=window_of(interval, today).ends_on)
        return self.filter(begun)

    def waiting(self):
        return self.in_force().filter(status=RecordStatus.SUBMITTED)

    def unfinished(self):
        # Said exactly as the condition of the index that answers it.
        return self.in_force().filter(~Q(status=RecordStatus.ACCEPTED))

    def overdue(self, today):
        return self.unfinished().filter(due_on__lt=today)

    def judged_by(self, today):
        """Those that can be judged on `today`: their day has passed, or they were accepted before it."""
        return self.in_force().filter(Q(due_on__lt=today) | Q(status=RecordStatus.ACCEPTED))

    def late(self):
        """Accepted, but done after the day it was due."""
        return self.in_force().filter(status=RecordStatus.ACCEPTED, done_on__gt=F("due_on"))

    def short(self):
        """Those of which less was counted, when they were handed in, than their duty asks for."""
        return self.filter(counted__lt=F("duty__target"))

    def carried(self):
        """Those whose parent record was accepted: the pairs on which retention is measured."""
        return self.filter(parent__accepted_at__isnull=False)

    def known_at(self, cutoff):
        """Those that were in force at `cutoff`."""
        return self.filter(opened_at__lte=cutoff).filter(
            Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=cutoff)
        )


def units_for(template, scope, day, filters=None):
    """The organisations in the subtree of `scope` that a template without posts is made for.

    `filters` narrow them: kind, level, sector, chain, unit (words of a name), chosen (keys of the units).
    """
    units = Organization.objects.in_subtree(scope).active_on(day).exclude(kind=OrganizationKind.GROUP)
    if template.organization_kinds:
        units = units.filter(kind__in=template.organization_kinds)
    if template.levels:
        units = units.filter(level__in=template.levels)
    if template.chain:
        units = units.filter(chain=template.chain)
    filters = filters or {}
    for name in ("kind", "level", "sector", "chain"):
        if filters.get(name):
            units = units.filter(**{name: filters[name]})
    if filters.get("unit"):
        units = units.named(filters["unit"])
    if not template.posts and filters.get("chosen") is not None:
        units = units.filter(pk__in=filters["chosen"])
    return units


def officers_for(template, scope, day, filters=None):
    """The appointments in force in the subtree of `scope` that a template with posts is made for; "chosen" in
    `filters` are keys of appointments."""
    officers = Appointment.objects.on(day).filter(
        post__in=template.posts, organization__in=units_for(template, scope, day, filters)
    )
    if filters and filters.get("chosen") is not None:
        officers = officers.filter(pk__in=filters["chosen"])
    return officers


def targets_of(template, scope, reach, day, filters=None):
    """The units, or officers when it has posts, that a template reaches: `reach` is an `IssueReach`."""
    key = "organization__" if template.posts else ""
    rows = (officers_for if template.posts else units_for)(template, scope, day, filters)
    match reach:
        case IssueReach.OWN:
            return rows.filter(**{f"{key}pk": scope.pk})
        case IssueReach.CHILDREN:
            return rows.filter(**{f"{key}parent": scope})
    return rows


def without_list(rows, template):
    """Those of `rows` (units or officers, as the template has posts or not) that have no list of it in force."""
    key = "appointment" if template.posts else "organization"
    return rows.exclude(Exists(template.lists.in_force().filter(**{key: OuterRef("pk")})))
