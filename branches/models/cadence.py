from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from ..choices import Applicability, Chain, Level, MeetingKind, OrganizationKind, Quantity, Sector
from ..periods import Interval
from ..querysets.cadence import CadenceRuleQuerySet
from .organizations import Organization


class CadenceRule(models.Model):
    """How often something is owed, by whom, from when: dated data, never code.

    A change closes the row (`effective_until`) and opens the next, so a record of 2025 is judged by the rules of 2025.
    Empty lists of kinds, levels and sectors mean "no restriction".
    """

    code = models.CharField("编号", max_length=12)
    label = models.CharField("名称", max_length=60)
    meeting_kind = models.PositiveIntegerField("会议类型", choices=MeetingKind.choices)
    quantity = models.CharField("计量", max_length=10, choices=Quantity.choices, default=Quantity.TIMES)
    interval = models.CharField("周期", max_length=8, choices=Interval.choices())
    at_least = models.PositiveSmallIntegerField("至少", default=1, validators=[MinValueValidator(1)])
    is_usual = models.BooleanField("“一般”规定", default=False, help_text="未达到时可说明原因，不视为违规")
    organization_kinds = models.JSONField("适用组织类别", default=list, blank=True)
    levels = models.JSONField("适用层级", default=list, blank=True)
    sectors = models.JSONField("适用领域", default=list, blank=True)
    chain = models.CharField("责任链条", max_length=8, choices=Chain.choices, blank=True)
    applies_when = models.CharField(
        "适用条件", max_length=16, choices=Applicability.choices, default=Applicability.ALWAYS
    )
    is_per_group = models.BooleanField("按党小组计", default=False)
    counts_as_core = models.BooleanField("计入三会一课与主题党日", default=False)
    counts_as_study = models.BooleanField("计入专题研究与中心组", default=False)
    source = models.CharField("依据", max_length=200, blank=True)
    effective_from = models.DateField("生效日期")
    effective_until = models.DateField("失效日期", null=True, blank=True)
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    history = HistoricalRecords()
    objects = CadenceRuleQuerySet.as_manager()

    class Meta:
        verbose_name = "频次规则"
        verbose_name_plural = "频次规则"
        ordering = ["code", "effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "effective_from"],
                name="cadence_one_version_a_day",
                violation_error_message="同一规则同一天只能有一个版本。",
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(effective_until__isnull=True),
                name="cadence_one_open_version",
                violation_error_message="同一规则只能有一个现行版本。",
            ),
            models.CheckConstraint(condition=Q(at_least__gte=1), name="cadence_at_least_one"),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True) | Q(effective_until__gt=F("effective_from")),
                name="cadence_has_length",
                violation_error_message="失效日期须晚于生效日期。",
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.label}"

    @property
    def requirement(self) -> str:
        """What it asks for, as a phrase: 每季度至少1次."""
        groups = "每个党小组" if self.is_per_group else ""
        return f"{groups}每{Interval(self.interval).label}至少{self.at_least}{self.get_quantity_display()}"

    @property
    def organization_kind_labels(self) -> list[str]:
        return [OrganizationKind(kind).label for kind in self.organization_kinds]

    @property
    def level_labels(self) -> list[str]:
        return [Level(level).label for level in self.levels]

    @property
    def sector_labels(self) -> list[str]:
        return [Sector(sector).label for sector in self.sectors]


class ShortfallReason(models.Model):
    """Why a branch fell short of a rule that says 一般; shown beside the shortfall, lowers and raises nothing."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="shortfall_reasons")
    rule_code = models.CharField("规则", max_length=12)
    period = models.CharField("期", max_length=8)
    reason = models.CharField("原因", max_length=300)
    author = models.ForeignKey("branches.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "未达原因"
        verbose_name_plural = "未达原因"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "rule_code", "period"], name="shortfall_reason_once"
            )
        ]

    def __str__(self):
        return f"{self.organization_id} {self.rule_code} {self.period}"
