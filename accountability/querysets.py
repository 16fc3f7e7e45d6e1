from django.db.models import Q, QuerySet

from branches.querysets.organizations import subtree

from .choices import ListStatus, RecordStatus


class DutyListQuerySet(QuerySet):
    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))

    def in_force(self):
        return self.exclude(status=ListStatus.WITHDRAWN)


class DutyQuerySet(QuerySet):
    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))

    def in_force(self):
        return self.filter(is_withdrawn=False)


class DutyRecordQuerySet(QuerySet):
    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))

    def in_force(self):
        return self.filter(withdrawn_at__isnull=True)

    def judged_in(self, period):
        """Those judged in `period` (a `branches.periods.Period`)."""
        return self.filter(period__in=[month.key for month in period.months])

    def waiting(self):
        return self.in_force().filter(status=RecordStatus.SUBMITTED)

    def unfinished(self):
        return self.in_force().exclude(status=RecordStatus.ACCEPTED)

    def overdue(self, today):
        return self.unfinished().filter(due_on__lt=today)

    def known_at(self, cutoff):
        """Those that were in force at `cutoff`."""
        return self.filter(opened_at__lte=cutoff).filter(Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=cutoff))
