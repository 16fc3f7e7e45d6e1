from functools import cached_property, lru_cache

from django.db import models
from simple_history.models import HistoricalRecords

from branches.choices import Level, OrganizationKind, Sector
from branches.models import Organization, User

from .. import scoring
from ..choices import Subject
from ..querysets import OrganizationRowQuerySet


@lru_cache(maxsize=64)
def _read(document: str) -> scoring.Scheme:
    """A table that is in force: never changed by who has it, and asked for again and again."""
    return scoring.read_scheme(document)


class Scheme(models.Model):
    """考核办法: a scoring table of a committee for a year; where units differ there is one for each sector (类型化).

    `document` is the table as of `version`, in the format of docs/scoring.md; the other columns repeat what lists and
    filters ask for. `organization` is the committee that made it: it may score by it, and so may every committee below.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="schemes", verbose_name="制定单位"
    )
    code = models.CharField("编号", max_length=40)
    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("名称", max_length=120)
    document = models.TextField("办法")
    version = models.PositiveIntegerField("版次", default=1)
    subject = models.CharField("考核对象", max_length=8, choices=Subject.choices, default=Subject.UNIT)
    full = models.DecimalField("满分", max_digits=12, decimal_places=6)
    kinds = models.JSONField("适用组织类别", default=list, blank=True)
    levels = models.JSONField("适用层级", default=list, blank=True)
    sectors = models.JSONField("适用领域", default=list, blank=True)
    starts_on = models.DateField("起用日期", null=True, blank=True)
    ends_on = models.DateField("停用日期", null=True, blank=True)
    is_starter = models.BooleanField("系统示例", default=False, help_text="可自由修改，不是文件原文")
    created_at = models.DateTimeField("登记时间")

    history = HistoricalRecords(excluded_fields=["document"])
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "考核办法"
        verbose_name_plural = "考核办法"
        ordering = ["-year", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code", "year"],
                name="scheme_once_a_year",
                violation_error_message="该单位本年度已有同编号的考核办法。",
            )
        ]

    def __str__(self):
        return f"{self.title}（{self.year}）"

    @cached_property
    def table(self) -> scoring.Scheme:
        """The table as plain values."""
        return _read(self.document)

    @property
    def kind_labels(self) -> list[str]:
        return [OrganizationKind(kind).label for kind in self.kinds]

    @property
    def level_labels(self) -> list[str]:
        return [Level(level).label for level in self.levels]

    @property
    def sector_labels(self) -> list[str]:
        return [Sector(sector).label for sector in self.sectors]


class SchemeVersion(models.Model):
    """What a scheme said in one version: never changed, so that a result can be computed again years later."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="versions", verbose_name="考核办法")
    number = models.PositiveIntegerField("版次")
    document = models.TextField("办法")
    reason = models.CharField("修改原因", max_length=200, blank=True)
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "考核办法版次"
        verbose_name_plural = "考核办法版次"
        ordering = ["scheme", "-number"]
        constraints = [models.UniqueConstraint(fields=["scheme", "number"], name="scheme_version_once")]

    def __str__(self):
        return f"{self.scheme} 第{self.number}版"

    @cached_property
    def table(self) -> scoring.Scheme:
        """The table as plain values."""
        return _read(self.document)


class SchemeDraft(models.Model):
    """A scoring table being written or changed: kept piece by piece, in force only once it is saved as a version.

    `scheme` is what it will be the next version of, None for a new one; `base` the version it began from. `number` counts
    the changes. A table has one draft, which all who may change it share.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="scheme_drafts", verbose_name="制定单位"
    )
    scheme = models.OneToOneField(
        Scheme, models.CASCADE, null=True, blank=True, related_name="draft", verbose_name="考核办法"
    )
    base = models.PositiveIntegerField("起自版次", default=0)
    document = models.TextField("草稿")
    number = models.PositiveIntegerField("修改次数", default=1)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="最近修改人")
    changed_at = models.DateTimeField("最近修改时间")

    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "考核办法草稿"
        verbose_name_plural = "考核办法草稿"
        ordering = ["-changed_at"]

    def __str__(self):
        return self.table.title

    @cached_property
    def table(self) -> scoring.Scheme:
        """The table as plain values; it may lack its lines."""
        return scoring.read_scheme(self.document, is_finished=False)
