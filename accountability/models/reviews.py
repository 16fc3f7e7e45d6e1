from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from branches.models import Appointment, Meeting, Organization, User

from ..choices import CycleState, ProblemState, ReviewGrade, SessionState
from ..querysets import OrganizationRowQuerySet
from .polls import Poll, PollSubject


class ReviewCycle(models.Model):
    """三级联述联评联考: one year's reports of secretaries to the level above, at every committee of the subtree.

    `organization` starts it; each committee below holds a `ReviewSession` of its own on the secretaries right below.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="review_cycles", verbose_name="发起单位"
    )
    title = models.CharField("名称", max_length=120)
    year = models.PositiveSmallIntegerField("年度")
    starts_on = models.DateField("事实期起")
    ends_on = models.DateField("事实期止")
    reports_due_on = models.DateField("述职报告截止")
    sessions_due_on = models.DateField("评议会截止")
    state = models.CharField("状态", max_length=10, choices=CycleState.choices, default=CycleState.RUNNING)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="经办人")
    created_at = models.DateTimeField("登记时间")

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "述职评议"
        verbose_name_plural = "述职评议"
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "year"],
                condition=~Q(state=CycleState.WITHDRAWN),
                name="review_cycle_once_a_year",
                violation_error_message="该单位本年度已发起述职评议。",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on"), sessions_due_on__gte=F("reports_due_on")),
                name="review_cycle_days_in_order",
                violation_error_message="事实期止不能早于起，评议会截止不能早于报告截止。",
            ),
        ]

    def __str__(self):
        return self.title


class ReviewSession(models.Model):
    """评议会 of one committee: the secretaries right below report, those entitled rate them by `poll`."""

    cycle = models.ForeignKey(ReviewCycle, models.PROTECT, related_name="sessions", verbose_name="述职评议")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="review_sessions", verbose_name="评议单位"
    )
    state = models.CharField(
        "状态", max_length=10, choices=SessionState.choices, default=SessionState.PREPARING
    )
    held_on = models.DateField("评议会日期", null=True, blank=True)
    is_remote = models.BooleanField("书面述职", default=False)
    meeting = models.ForeignKey(Meeting, models.PROTECT, null=True, blank=True, related_name="+")
    poll = models.OneToOneField(Poll, models.PROTECT, null=True, blank=True, related_name="session")
    published_at = models.DateTimeField("通报时间", null=True, blank=True)

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "评议会"
        verbose_name_plural = "评议会"
        ordering = ["cycle", "organization"]
        constraints = [models.UniqueConstraint(fields=["cycle", "organization"], name="review_session_once")]

    def __str__(self):
        return f"{self.organization} {self.cycle}"


class WorkReport(models.Model):
    """述: one secretary's report with the facts the system prepared, what was said to it, and its grade.

    `organization` is the unit whose secretary reports; `facts` are prepared by the system (述前) and never typed.
    """

    session = models.ForeignKey(ReviewSession, models.PROTECT, related_name="reports", verbose_name="评议会")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="work_reports", verbose_name="单位"
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="work_reports", verbose_name="述职人"
    )
    subject = models.OneToOneField(PollSubject, models.PROTECT, null=True, blank=True, related_name="report")
    facts = models.JSONField("述前事实", default=dict, blank=True)
    facts_at = models.DateTimeField("事实截止", null=True, blank=True)
    achievements = models.TextField("履职情况", blank=True)
    shortcomings = models.TextField("存在问题及原因", blank=True)
    intentions = models.TextField("下一步打算", blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    return_note = models.CharField("退回意见", max_length=500, blank=True)
    comment = models.TextField("点评", blank=True)
    commented_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="点评人"
    )
    grade = models.CharField("综合等次", max_length=10, choices=ReviewGrade.choices, blank=True)
    grade_reason = models.CharField("定等理由", max_length=300, blank=True)
    graded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="定等人"
    )
    seen_at = models.DateTimeField("本人阅知时间", null=True, blank=True)
    version = models.PositiveIntegerField("版次", default=1)

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "述职报告"
        verbose_name_plural = "述职报告"
        ordering = ["session", "organization"]
        constraints = [models.UniqueConstraint(fields=["session", "organization"], name="work_report_once")]

    def __str__(self):
        return f"{self.organization}书记述职"


class ReviewProblem(models.Model):
    """问题清单 of a report: what to put right, by whom, until when; closed by a second person's check."""

    report = models.ForeignKey(WorkReport, models.PROTECT, related_name="problems", verbose_name="述职报告")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="review_problems", verbose_name="整改单位"
    )
    content = models.CharField("问题", max_length=500)
    owner = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任人"
    )
    due_on = models.DateField("整改期限")
    state = models.CharField("状态", max_length=10, choices=ProblemState.choices, default=ProblemState.OPEN)
    result = models.CharField("整改情况", max_length=1000, blank=True)
    done_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="报送人"
    )
    done_at = models.DateTimeField("报送时间", null=True, blank=True)
    checked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="核实人"
    )
    checked_at = models.DateTimeField("核实时间", null=True, blank=True)
    check_note = models.CharField("核实意见", max_length=300, blank=True)

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "述职评议问题"
        verbose_name_plural = "述职评议问题"
        ordering = ["due_on", "pk"]

    def __str__(self):
        return self.content
