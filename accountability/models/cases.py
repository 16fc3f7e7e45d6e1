from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from branches.models import Appointment, Organization, User

from ..choices import CaseState, LeadershipPart, Situation
from ..querysets import AccountabilityCaseQuerySet
from .evaluations import Evaluation


class AccountabilityCase(models.Model):
    """问责: drafted and decided by people, of a unit or of one of its officers; nothing opens or closes it by itself.

    `measures` are codes of `choices.CaseMeasure`. Confidential: only the body that handles it and `readers` see it.
    """

    handler = models.ForeignKey(
        Organization, models.PROTECT, related_name="handled_cases", verbose_name="承办单位"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="accountability_cases", verbose_name="被问责单位"
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="被问责人"
    )
    evaluation = models.ForeignKey(
        Evaluation, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="相关考核"
    )
    number = models.CharField("文号", max_length=60, blank=True)
    situation = models.CharField("问责情形", max_length=16, choices=Situation.choices)
    part = models.CharField("责任划分", max_length=10, choices=LeadershipPart.choices, blank=True)
    facts = models.TextField("事实")
    basis = models.CharField("依据条款", max_length=200)
    measures = models.JSONField("问责方式", default=list)
    state = models.CharField("状态", max_length=10, choices=CaseState.choices, default=CaseState.DRAFT)
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="起草人")
    drafted_at = models.DateTimeField("起草时间")
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="决定人"
    )
    decided_on = models.DateField("决定日期", null=True, blank=True)
    decision_note = models.CharField("决定意见", max_length=500, blank=True)
    announced_on = models.DateField("宣布日期", null=True, blank=True)
    appeal_until = models.DateField("申诉截止", null=True, blank=True)
    readers = models.ManyToManyField(Appointment, blank=True, related_name="+", verbose_name="知悉人")
    version = models.PositiveIntegerField("版次", default=1)

    history = HistoricalRecords(m2m_fields=[readers])
    objects = AccountabilityCaseQuerySet.as_manager()

    class Meta:
        verbose_name = "问责"
        verbose_name_plural = "问责"
        ordering = ["-drafted_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("drafted_by")),
                name="case_decided_by_somebody_else",
                violation_error_message="起草人不能自己作出决定。",
            )
        ]

    def __str__(self):
        return f"{self.appointment or self.organization} {self.get_situation_display()}"


class CaseAppeal(models.Model):
    """申诉 within a month of the announcement, and what was decided about it.

    `measures` are what is left of the decision when it was upheld: none when the decision is withdrawn.
    """

    case = models.ForeignKey(AccountabilityCase, models.PROTECT, related_name="appeals", verbose_name="问责")
    filed_on = models.DateField("申诉日期")
    reason = models.TextField("申诉理由")
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    upheld = models.BooleanField("申诉成立", null=True, blank=True)
    measures = models.JSONField("复查后的问责方式", default=list, blank=True)
    answer = models.TextField("复查决定", blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="复查人"
    )
    answered_on = models.DateField("复查日期", null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "申诉"
        verbose_name_plural = "申诉"
        ordering = ["case", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(upheld__isnull=True),
                name="case_one_open_appeal",
                violation_error_message="已有一件未答复的申诉。",
            )
        ]

    def __str__(self):
        return f"{self.case_id} {self.filed_on}"
