from django.db import models
from django.db.models import Q

from branches.choices import Chain, Level, Sector
from branches.models import Organization, User

from ..choices import Measure, RunState


def _columns(*suffixes):
    """Return the integer columns of one stored row: one per measure and suffix, so that a row is written once."""
    return {
        f"{measure.value}_{suffix}": models.PositiveIntegerField(default=0)
        for measure in Measure
        for suffix in suffixes
    }


class Formula(models.Model):
    """口径: weights, pass mark and bands with the first month they judge; never edited once a run has used it."""

    number = models.PositiveIntegerField("版本", unique=True)
    effective_from = models.PositiveIntegerField("起用月份", help_text="如 202601")
    weights = models.JSONField("权重")
    theta = models.DecimalField("上级达标线", max_digits=3, decimal_places=2, default="0.80")
    hot_from = models.PositiveSmallIntegerField("热", default=85)
    warm_from = models.PositiveSmallIntegerField("温", default=60)
    margin = models.PositiveSmallIntegerField("形态判定余量", default=5)
    reason = models.CharField("说明", max_length=300, blank=True)
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "口径"
        verbose_name_plural = "口径"
        ordering = ["-number"]

    def __str__(self):
        return f"口径第{self.number}版"


class Run(models.Model):
    """One formula version + one period + one data cut-off. `period` is a month key (202610).

    The current run of an open month is refreshed in place and its cut-off moves; closing the month freezes it,
    and a later correction makes the next number, with the old one still readable.
    """

    period = models.PositiveIntegerField("期")
    number = models.PositiveIntegerField("轮次")
    formula = models.ForeignKey(Formula, models.PROTECT, related_name="runs")
    cutoff = models.DateTimeField("数据截止")
    state = models.CharField("状态", max_length=8, choices=RunState.choices, default=RunState.RUNNING)
    is_current = models.BooleanField("现行", default=False)
    frozen_at = models.DateTimeField("封存时间", null=True, blank=True)
    reason = models.CharField("原因", max_length=300, blank=True)
    started_at = models.DateTimeField("开始时间", auto_now_add=True)
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    organizations = models.PositiveIntegerField("组织数", default=0)
    written = models.PositiveIntegerField("写入行数", default=0)

    class Meta:
        verbose_name = "计算轮次"
        verbose_name_plural = "计算轮次"
        ordering = ["-period", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="run_number_once"),
            models.UniqueConstraint(fields=["period"], condition=Q(is_current=True), name="run_one_current"),
        ]

    def __str__(self):
        return f"{self.period} 第{self.number}轮"


class RunPart(models.Model):
    """One share of a fanned-out run: the paths between the two `roots`, worked off by any worker, again if one dies.

    `crossings` are committees to sum up again at the end: something of the part stood elsewhere then. Part 0, done
    from the start, names there the committees above all shares, and in `roots` the pairs of `lifts`.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    roots = models.JSONField()
    organizations = models.PositiveIntegerField()
    crossings = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "分片"
        verbose_name_plural = "分片"
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="run_part_once")]

    def __str__(self):
        return f"{self.run_id}/{self.number}"


class Reading(models.Model):
    """读数: one organisation in one run, with where it stood in the tree then, and its own integers.

    `duties_*carried_*` and `deployments_carried_*` count its records whose parent record was fulfilled. Written by set-based SQL only.
    """

    pk = models.CompositePrimaryKey("run_id", "organization_id")
    run = models.ForeignKey(Run, models.CASCADE, related_name="readings", db_index=False, db_constraint=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="readings", db_index=False, db_constraint=False
    )
    parent = models.ForeignKey(
        Organization,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="nearest committee above that counts, as the tree stood",
    )
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    chain = models.CharField(max_length=8, choices=Chain.choices)
    sector = models.CharField(max_length=20, choices=Sector.choices)
    leads = models.BooleanField(default=False, help_text="a committee: sums of its subtree are kept")
    duties_carried_due = models.PositiveIntegerField(default=0)
    duties_carried_done = models.PositiveIntegerField(default=0)
    duties_timely_carried_due = models.PositiveIntegerField(default=0)
    duties_timely_carried_done = models.PositiveIntegerField(default=0)
    deployments_carried_due = models.PositiveIntegerField(default=0)
    deployments_carried_done = models.PositiveIntegerField(default=0)
    locals().update(_columns("due", "done"))

    class Meta:
        verbose_name = "读数"
        verbose_name_plural = "读数"
        # Read by the page that lists child units and by every refresh of a committee's sums.
        indexes = [models.Index(fields=["run", "parent"], name="reading_below")]

    def __str__(self):
        return f"{self.run_id}/{self.organization_id}"


class RollUp(models.Model):
    """汇总: the sums over everything in the subtree of `scope` (itself included) at one level, chain and sector."""

    pk = models.CompositePrimaryKey("run_id", "scope_id", "level", "chain", "sector")
    run = models.ForeignKey(Run, models.CASCADE, related_name="rollups", db_index=False, db_constraint=False)
    scope = models.ForeignKey(
        Organization, models.CASCADE, related_name="rollups", db_index=False, db_constraint=False
    )
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    chain = models.CharField(max_length=8, choices=Chain.choices)
    sector = models.CharField(max_length=20, choices=Sector.choices)
    organizations = models.PositiveIntegerField(default=0)
    locals().update(_columns("due", "done", "carried_due", "carried_done"))

    class Meta:
        verbose_name = "汇总"
        verbose_name_plural = "汇总"

    def __str__(self):
        return f"{self.run_id}/{self.scope_id}/{self.level}"
