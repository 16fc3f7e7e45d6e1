from django.db.models import Q, QuerySet

from branches.choices import Quantity
from branches.periods import Interval, is_due_in


class CadenceRuleQuerySet(QuerySet):
    def in_force_on(self, day):
        """The version of each rule that judges `day`."""
        return self.filter(effective_from__lte=day).filter(
            Q(effective_until__isnull=True) | Q(effective_until__gt=day)
        )

    def counted_in_times(self):
        """Those that a count of meetings can fulfil; hours and 随会参加 are counted elsewhere."""
        return self.filter(quantity=Quantity.TIMES)

    def judged_in(self, month):
        """The versions by which windows that end with `month` (a month `Period`) are judged.

        Of several versions the one in force on the last day judges the whole window, so that a code is judged once.
        """
        due = [interval.value for interval in Interval if is_due_in(interval, month)]
        return self.in_force_on(month.ends_on).filter(interval__in=due)

    def open(self):
        """The latest version of each rule still asked for."""
        return self.filter(effective_until__isnull=True)
