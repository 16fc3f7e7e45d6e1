from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from branches.choices import Level, OrganizationKind, Post
from branches.models import Appointment, Meeting, Organization, User
from branches.periods import Interval, Period, window_of

from ..choices import Decision, DutyKind, ListStatus, RecordStatus
from ..querysets import DutyListQuerySet, DutyQuerySet, DutyRecordQuerySet


class DutyTemplate(models.Model):
    """清单模板: a yearly edition of what a kind of body or post answers for; an editable starter, not a quotation."""

    code = models.CharField("编号", max_length=40)
    title = models.CharField("名称", max_length=120)
    kind = models.CharField("责任类别", max_length=16, choices=DutyKind.choices)
    year = models.PositiveSmallIntegerField("年度")
    organization_kinds = models.JSONField("适用组织类别", default=list, blank=True)
    levels = models.JSONField("适用层级", default=list, blank=True)
    posts = models.JSONField("适用职务", default=list, blank=True, help_text="留空表示由组织整体承担")
    source = models.CharField("依据", max_length=200, blank=True)
    is_starter = models.BooleanField("系统示例", default=False, help_text="可自由修改，不是文件原文")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "清单模板"
        verbose_name_plural = "清单模板"
        ordering = ["-year", "kind", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "year"],
                name="template_once_a_year",
                violation_error_message="该年度已有同编号模板。",
            )
        ]

    def __str__(self):
        return f"{self.title}（{self.year}）"

    @property
    def organization_kind_labels(self) -> list[str]:
        return [OrganizationKind(kind).label for kind in self.organization_kinds]

    @property
    def level_labels(self) -> list[str]:
        return [Level(level).label for level in self.levels]

    @property
    def post_labels(self) -> list[str]:
        return [Post(post).label for post in self.posts]


class DutyTemplateItem(models.Model):
    """One item: what to do, how it shows, how often, by which article, until when."""

    template = models.ForeignKey(DutyTemplate, models.CASCADE, related_name="items", verbose_name="模板")
    number = models.PositiveSmallIntegerField("序号")
    heading = models.CharField("条目", max_length=80)
    content = models.CharField("责任内容", max_length=500)
    measure = models.CharField("落实要求", max_length=500, blank=True)
    interval = models.CharField("周期", max_length=8, choices=Interval.choices())
    is_common = models.BooleanField("共性条目", default=True)
    legal_basis = models.CharField("依据条款", max_length=200, blank=True)
    sunset_on = models.DateField("日落日期", null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "模板条目"
        verbose_name_plural = "模板条目"
        ordering = ["template", "number"]
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_item_number_once")
        ]

    def __str__(self):
        return f"{self.number} {self.heading}"


class DutyList(models.Model):
    """责任清单: a year's duties of an organisation, or of one of its officers."""

    template = models.ForeignKey(
        DutyTemplate, models.PROTECT, null=True, blank=True, related_name="lists", verbose_name="模板"
    )
    title = models.CharField("名称", max_length=160)
    kind = models.CharField("责任类别", max_length=16, choices=DutyKind.choices)
    year = models.PositiveSmallIntegerField("年度")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="duty_lists", verbose_name="责任单位"
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="duty_lists", verbose_name="责任人"
    )
    issuer = models.ForeignKey(
        Organization,
        models.PROTECT,
        related_name="issued_duty_lists",
        verbose_name="下发单位",
        db_index=False,
    )
    status = models.CharField("状态", max_length=10, choices=ListStatus.choices, default=ListStatus.ISSUED)
    issued_on = models.DateField("下发日期")
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField("签收时间", null=True, blank=True)
    signed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    history = HistoricalRecords()
    objects = DutyListQuerySet.as_manager()

    class Meta:
        verbose_name = "责任清单"
        verbose_name_plural = "责任清单"
        ordering = ["-year", "organization", "kind"]
        constraints = [
            # Three conditions instead of "nulls are equal", which SQLite does not know.
            models.UniqueConstraint(
                fields=["template", "organization"],
                condition=Q(template__isnull=False, appointment__isnull=True)
                & ~Q(status=ListStatus.WITHDRAWN),
                name="duty_list_once_a_unit",
                violation_error_message="该清单已下发给此单位。",
            ),
            models.UniqueConstraint(
                fields=["template", "appointment"],
                condition=Q(template__isnull=False, appointment__isnull=False)
                & ~Q(status=ListStatus.WITHDRAWN),
                name="duty_list_once_a_post",
                violation_error_message="该清单已下发给此人。",
            ),
            models.UniqueConstraint(
                fields=["organization", "year", "kind"],
                condition=Q(template__isnull=True) & ~Q(status=ListStatus.WITHDRAWN),
                name="duty_list_decomposed_once",
                violation_error_message="该单位本年度已有同类分解清单。",
            ),
        ]

    def __str__(self):
        return self.title


class Duty(models.Model):
    """责任项: one item of a list; `parent` is the duty it was decomposed from."""

    duty_list = models.ForeignKey(DutyList, models.PROTECT, related_name="duties", verbose_name="责任清单")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="duties", verbose_name="责任单位"
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="分解自"
    )
    owner = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="duties", verbose_name="责任人"
    )
    number = models.PositiveSmallIntegerField("序号")
    heading = models.CharField("条目", max_length=80)
    content = models.CharField("责任内容", max_length=500)
    measure = models.CharField("落实要求", max_length=500, blank=True)
    interval = models.CharField("周期", max_length=8, choices=Interval.choices())
    legal_basis = models.CharField("依据条款", max_length=200, blank=True)
    is_withdrawn = models.BooleanField("已撤回", default=False)

    history = HistoricalRecords()
    objects = DutyQuerySet.as_manager()

    class Meta:
        verbose_name = "责任项"
        verbose_name_plural = "责任项"
        ordering = ["duty_list", "number"]
        constraints = [
            models.UniqueConstraint(fields=["duty_list", "number"], name="duty_number_once"),
            # Decomposing twice makes one child a unit.
            models.UniqueConstraint(
                fields=["parent", "organization"],
                condition=Q(parent__isnull=False, is_withdrawn=False),
                name="duty_decomposed_once",
                violation_error_message="该责任项已分解给此单位。",
            ),
        ]

    def __str__(self):
        return f"{self.heading}：{self.content}"


class DutyRecord(models.Model):
    """履责纪实: one term of a duty, opened with the list and closed only when what was done is accepted.

    `period` is the month key (202610) in which it is judged, `due_on` its last day. `parent` is the term of the
    parent duty whose window holds this one: the pair on which retention is measured.
    """

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="records", verbose_name="责任项")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="duty_records", verbose_name="责任单位", db_index=False
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级履责"
    )
    period = models.PositiveIntegerField("期")
    due_on = models.DateField("期限")
    status = models.CharField("状态", max_length=10, choices=RecordStatus.choices, default=RecordStatus.OPEN)
    done_on = models.DateField("完成日期", null=True, blank=True)
    summary = models.TextField("履责情况", blank=True)
    meetings = models.ManyToManyField(
        Meeting, blank=True, related_name="duty_records", verbose_name="佐证会议"
    )
    author = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="填报人"
    )
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField("下发时间")
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    accepted_at = models.DateTimeField("认可时间", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)

    history = HistoricalRecords()
    objects = DutyRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "履责纪实"
        verbose_name_plural = "履责纪实"
        ordering = ["due_on", "pk"]
        indexes = [
            # Everything a reading sums, so that a period is read from the index alone.
            models.Index(
                fields=[
                    "period",
                    "organization",
                    "due_on",
                    "done_on",
                    "accepted_at",
                    "opened_at",
                    "withdrawn_at",
                    "parent",
                ],
                name="duty_record_reading",
            ),
            models.Index(fields=["organization", "due_on"], name="duty_record_of_org"),
            models.Index(
                fields=["organization", "submitted_at"],
                condition=Q(status=RecordStatus.SUBMITTED),
                name="duty_record_waiting",
            ),
            # The list of what is left to do, soonest first, page by page.
            models.Index(
                fields=["due_on", "id"],
                condition=~Q(status=RecordStatus.ACCEPTED) & Q(withdrawn_at__isnull=True),
                name="duty_record_unfinished",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["duty", "period"], name="duty_record_once_a_period"),
            models.CheckConstraint(
                condition=Q(status=RecordStatus.ACCEPTED, accepted_at__isnull=False, done_on__isnull=False)
                | (~Q(status=RecordStatus.ACCEPTED) & Q(accepted_at__isnull=True)),
                name="duty_record_accepted_is_dated",
            ),
        ]

    def __str__(self):
        return f"{self.duty.heading} {self.period}"

    @property
    def is_editable(self) -> bool:
        return self.status in (RecordStatus.OPEN, RecordStatus.RETURNED) and self.withdrawn_at is None

    @property
    def window(self) -> Period:
        """The month, quarter, half-year or year in which it is owed."""
        return window_of(self.duty.interval, self.due_on)

    @property
    def term(self) -> str:
        """The window without its year: 10月, 第四季度, 上半年, 全年."""
        return self.window.label.partition("年")[2] or "全年"

    @property
    def is_timely(self) -> bool | None:
        return None if self.done_on is None else self.done_on <= self.due_on


class DutyReview(models.Model):
    """认可 or 退回 by the level above, with its note."""

    record = models.ForeignKey(DutyRecord, models.PROTECT, related_name="reviews")
    decision = models.CharField("意见", max_length=10, choices=Decision.choices)
    note = models.CharField("说明", max_length=500, blank=True)
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="审核人")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "履责审核"
        verbose_name_plural = "履责审核"
        ordering = ["-decided_at", "-pk"]

    def __str__(self):
        return f"{self.record_id} {self.get_decision_display()}"
