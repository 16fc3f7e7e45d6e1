from django.db.models import F, Q, QuerySet

from ..choices import MeetingStatus
from .organizations import subtree


class MeetingQuerySet(QuerySet):
    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))

    def confirmed(self):
        return self.filter(status=MeetingStatus.CONFIRMED)

    def waiting(self):
        return self.filter(status=MeetingStatus.SUBMITTED)

    def returned(self):
        return self.filter(status=MeetingStatus.RETURNED)

    def of_kind(self, kind):
        """Those that carry the kind (a `MeetingKind` bit)."""
        return self.alias(_bit=F("kinds").bitand(int(kind))).filter(_bit__gt=0)

    def held_in(self, period):
        """Those held in `period` (a `branches.periods.Period`)."""
        return self.filter(period__in=[month.key for month in period.months])

    def counted_at(self, cutoff):
        """Those whose present counts already stood at `cutoff`."""
        return self.confirmed().filter(Q(counted_from__lte=cutoff))


class MeetingDraftQuerySet(QuerySet):
    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))
