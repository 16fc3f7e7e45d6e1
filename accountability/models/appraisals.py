from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from branches.models import Meeting, Member, Organization, User

from ..choices import (
    AdjustmentKind,
    AppraisalGrade,
    AppraisalStep,
    DispositionKind,
    DispositionState,
    DispositionStepKind,
)
from ..querysets import AppraisalProgrammeQuerySet, OrganizationRowQuerySet
from .evaluations import Fact
from .polls import Poll, PollSubject
from .schemes import SchemeVersion


class AppraisalProgramme(models.Model):
    """民主评议党员 of one branch in one year: 自评 → 互评 → 测评 → 综合 → 反馈.

    `version`: the scheme by which base, plus, minus and veto are counted (类型化), where the branch uses one.
    `reasons`: why it went on although something was missing, {step that was left: words}; under EXCELLENT, why more
    than one in three are 优秀. One that was cancelled counts nowhere, and its year may be started anew.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="appraisal_programmes", verbose_name="党支部"
    )
    year = models.PositiveSmallIntegerField("年度")
    step = models.CharField(
        "进行到", max_length=10, choices=AppraisalStep.choices, default=AppraisalStep.SELF
    )
    version = models.ForeignKey(
        SchemeVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="programmes",
        verbose_name="评议办法",
    )
    poll = models.OneToOneField(Poll, models.PROTECT, null=True, blank=True, related_name="programme")
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="评议会议"
    )
    reasons = models.JSONField("缺项说明", default=dict, blank=True)
    starts_on = models.DateField("开始日期")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    cancelled_at = models.DateTimeField("取消时间", null=True, blank=True)
    cancelled_for = models.CharField("取消原因", max_length=200, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="经办人")
    created_at = models.DateTimeField("登记时间")

    history = HistoricalRecords()
    objects = AppraisalProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = "民主评议党员"
        verbose_name_plural = "民主评议党员"
        ordering = ["-year", "organization"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "year"],
                condition=Q(cancelled_at__isnull=True),
                name="appraisal_once_a_year",
                violation_error_message="本年度的民主评议党员已经开始。",
            )
        ]

    def __str__(self):
        return f"{self.organization} {self.year}年度民主评议党员"


class MemberAppraisal(models.Model):
    """One member in a programme; a probationary member takes part and gets no grade.

    `result` is what the engine says of the entries, where the branch uses a scheme. The grade is decided by people.
    """

    programme = models.ForeignKey(
        AppraisalProgramme, models.PROTECT, related_name="appraisals", verbose_name="民主评议党员"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="member_appraisals", verbose_name="党支部"
    )
    member = models.ForeignKey(Member, models.PROTECT, related_name="appraisals", verbose_name="党员")
    is_graded = models.BooleanField("评定等次", default=True, help_text="预备党员参加评议，不评定等次")
    subject = models.OneToOneField(
        PollSubject, models.PROTECT, null=True, blank=True, related_name="appraisal"
    )
    self_text = models.TextField("自评", blank=True)
    self_grade = models.CharField("自评等次", max_length=12, choices=AppraisalGrade.choices, blank=True)
    self_at = models.DateTimeField("自评时间", null=True, blank=True)
    self_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="自评录入人"
    )
    peer_notes = models.TextField("互评意见", blank=True)
    result = models.JSONField("计分", null=True, blank=True)
    total = models.DecimalField("得分", max_digits=16, decimal_places=6, null=True, blank=True)
    suggested = models.CharField("计分等次", max_length=40, blank=True)
    grade = models.CharField("评定等次", max_length=12, choices=AppraisalGrade.choices, blank=True)
    opinion = models.CharField("组织意见", max_length=500, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField("评定时间", null=True, blank=True)
    told_at = models.DateTimeField("反馈时间", null=True, blank=True)
    told_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="反馈人"
    )
    told_how = models.CharField("反馈方式", max_length=100, blank=True)
    seen_at = models.DateTimeField("本人阅知时间", null=True, blank=True)
    version = models.PositiveIntegerField("版次", default=1)

    history = HistoricalRecords(excluded_fields=["result"])
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "党员评议"
        verbose_name_plural = "党员评议"
        ordering = ["programme", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "member"], name="member_appraised_once"),
            models.CheckConstraint(
                condition=Q(is_graded=True) | Q(grade=""),
                name="probationary_member_has_no_grade",
                violation_error_message="预备党员参加评议，不评定等次。",
            ),
        ]

    def __str__(self):
        return f"{self.member} {self.programme.year}"


class AppraisalEntry(Fact):
    """评议事实 of a member: what the scheme of the programme counts, with its reason.

    With an `adjustment` (一票否决, 加分 …) it is no fact of an item; `fact` then is the condition of the scheme.
    """

    appraisal = models.ForeignKey(
        MemberAppraisal, models.PROTECT, related_name="entries", verbose_name="党员评议"
    )
    adjustment = models.CharField("调整", max_length=10, choices=AdjustmentKind.choices, blank=True)
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField("登记时间")
    withdrawn_at = models.DateTimeField("撤销时间", null=True, blank=True)

    class Meta:
        verbose_name = "评议事实"
        verbose_name_plural = "评议事实"
        ordering = ["appraisal", "pk"]

    def __str__(self):
        return f"{self.appraisal_id} {self.item}"


class DispositionCase(models.Model):
    """组织处置 of a member who does not qualify: step by step, by people; the program never decides."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="disposition_cases", verbose_name="党支部"
    )
    member = models.ForeignKey(Member, models.PROTECT, related_name="disposition_cases", verbose_name="党员")
    appraisal = models.ForeignKey(
        MemberAppraisal, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="评议"
    )
    kind = models.CharField("处置方式", max_length=10, choices=DispositionKind.choices)
    grounds = models.TextField("事由")
    state = models.CharField(
        "状态", max_length=10, choices=DispositionState.choices, default=DispositionState.RUNNING
    )
    opened_on = models.DateField("启动日期")
    improve_until = models.DateField("改正期限", null=True, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="经办人")
    created_at = models.DateTimeField("登记时间")

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "组织处置"
        verbose_name_plural = "组织处置"
        ordering = ["-opened_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(state=DispositionState.RUNNING),
                name="disposition_one_at_a_time",
                violation_error_message="该党员已有一件正在办理的组织处置。",
            )
        ]

    def __str__(self):
        return f"{self.member} {self.get_kind_display()}"


class DispositionStep(models.Model):
    """One step that was taken: when, by whom, with which result; a vote points to its meeting.

    `ballot`: the counts of the vote as they were then, {"subject", "entitled", "present", "in_favour"}.
    """

    case = models.ForeignKey(DispositionCase, models.PROTECT, related_name="steps", verbose_name="组织处置")
    kind = models.CharField("步骤", max_length=12, choices=DispositionStepKind.choices)
    on = models.DateField("日期")
    passed = models.BooleanField("同意")
    words = models.CharField("情况", max_length=1000)
    meeting = models.ForeignKey(Meeting, models.PROTECT, null=True, blank=True, related_name="+")
    ballot = models.JSONField("表决", null=True, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    taken_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "处置步骤"
        verbose_name_plural = "处置步骤"
        ordering = ["case", "pk"]

    def __str__(self):
        return f"{self.case_id} {self.get_kind_display()}"
