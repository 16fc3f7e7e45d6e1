from django.db import models

from .organizations import Organization


class DirtyMark(models.Model):
    """One insert beside a change: "the records of this organisation that are judged in this month have changed".

    `period` is a month key like 202610. A task of a higher floor takes the marks and refreshes the readings.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="+")
    period = models.PositiveIntegerField()
    marked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "待更新标记"
        verbose_name_plural = "待更新标记"

    def __str__(self):
        return f"{self.organization_id}/{self.period}"
