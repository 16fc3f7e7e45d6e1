from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from branches.choices import Chain, Level, MeetingKind, OrganizationKind, Post
from branches.models import Appointment, Meeting, Organization, User
from branches.periods import Interval, Period, window_of

from ..choices import COUNTED_BY_ITSELF, CountedBy, Decision, DutyKind, EvidenceKind, ListStatus, RecordStatus
from ..querysets import DutyListQuerySet, DutyQuerySet, DutyRecordQuerySet, OrganizationRowQuerySet
from .files import StoredFile


class Requirement(models.Model):
    """What an item asks for: its words, how often or by which day, what it counts, and on which article it stands.

    `deadline` replaces the end of the window where one day is named. `target` is how many times or persons a term
    asks for, counted as `counted_by` says over the meetings of `meeting_kinds` (a mask of `MeetingKind`).
    A negative item (负面清单) is a trigger and opens no records.
    """

    heading = models.CharField("条目", max_length=80)
    content = models.CharField("责任内容", max_length=500)
    measure = models.CharField("落实要求", max_length=500, blank=True)
    interval = models.CharField("周期", max_length=8, choices=Interval.choices())
    deadline = models.DateField(
        "完成期限", null=True, blank=True, help_text="只做一次的填具体日期，周期选“年”"
    )
    counted_by = models.CharField("计数方式", max_length=8, choices=CountedBy.choices, blank=True, default="")
    target = models.PositiveSmallIntegerField("每期至少", null=True, blank=True)
    meeting_kinds = models.PositiveIntegerField("计入的会议类型", default=0)
    evidence = models.CharField(
        "佐证", max_length=8, choices=EvidenceKind.choices, default=EvidenceKind.OPTIONAL
    )
    is_common = models.BooleanField("共性条目", default=True, help_text="个性条目只属于这个单位或这个人")
    is_negative = models.BooleanField("负面清单", default=False, help_text="发生了才登记，不是要完成的任务")
    legal_basis = models.CharField("依据条款", max_length=200, blank=True)

    #: The fields above, copied as they stand from template to duty and from duty to share.
    REQUIRED = (
        "heading",
        "content",
        "measure",
        "interval",
        "deadline",
        "counted_by",
        "target",
        "meeting_kinds",
        "evidence",
        "is_common",
        "is_negative",
        "legal_basis",
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(counted_by="", target__isnull=True) | (~Q(counted_by="") & Q(target__gte=1)),
                name="%(app_label)s_%(class)s_counts_to_a_target",
                violation_error_message="选了计数方式就要写每期至少多少，没选就不要写。",
            ),
        ]

    def requirement(self) -> dict:
        """The fields of `REQUIRED` with their values."""
        return {name: getattr(self, name) for name in self.REQUIRED}

    @property
    def counts_by_itself(self) -> bool:
        return self.counted_by in COUNTED_BY_ITSELF

    @property
    def asks(self) -> str:
        """How much by when in words: 每半年, 每半年不少于2次, 6月30日前."""
        often = f"{self.deadline:%Y-%m-%d}前" if self.deadline else f"每{Interval(self.interval).label}"
        if not self.counted_by:
            return often
        unit = "人" if self.counted_by == CountedBy.PERSONS else "次"
        return f"{often}不少于{self.target}{unit}"

    @property
    def meeting_kind_labels(self) -> list[str]:
        return [kind.label for kind in MeetingKind.unpack(self.meeting_kinds)]


class DutyTemplate(models.Model):
    """清单模板: a yearly edition of what a kind of body or post answers for; an editable starter, not a quotation."""

    code = models.CharField("编号", max_length=40)
    title = models.CharField("名称", max_length=120)
    kind = models.CharField("责任类别", max_length=16, choices=DutyKind.choices)
    year = models.PositiveSmallIntegerField("年度")
    organization_kinds = models.JSONField("适用组织类别", default=list, blank=True)
    levels = models.JSONField("适用层级", default=list, blank=True)
    chain = models.CharField(
        "适用链条", max_length=8, choices=Chain.choices, blank=True, default="", help_text="留空即不限"
    )
    posts = models.JSONField("适用职务", default=list, blank=True, help_text="留空表示由组织整体承担")
    source = models.CharField("依据", max_length=200, blank=True)
    is_starter = models.BooleanField("系统示例", default=False, help_text="可自由修改，不是文件原文")
    version = models.PositiveIntegerField("版次", default=1)
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


class DutyTemplateItem(Requirement):
    """One item: what to do, how it shows, how often, by which article, until when."""

    template = models.ForeignKey(DutyTemplate, models.CASCADE, related_name="items", verbose_name="模板")
    number = models.PositiveSmallIntegerField("序号")
    sunset_on = models.DateField("日落日期", null=True, blank=True)

    history = HistoricalRecords()

    class Meta(Requirement.Meta):
        verbose_name = "模板条目"
        verbose_name_plural = "模板条目"
        ordering = ["template", "number"]
        constraints = [
            *Requirement.Meta.constraints,
            models.UniqueConstraint(fields=["template", "number"], name="template_item_number_once"),
        ]

    def __str__(self):
        return f"{self.number} {self.heading}"


class DutyTemplateVersion(models.Model):
    """What a template said in one version: never changed, so that two can be laid side by side years later.

    `facts` and each of `items` are the template's and the items' fields with dates as ISO text.
    """

    template = models.ForeignKey(DutyTemplate, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField("版次")
    facts = models.JSONField("模板")
    items = models.JSONField("条目")
    reason = models.CharField("修改原因", max_length=200, blank=True)
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "模板版次"
        verbose_name_plural = "模板版次"
        ordering = ["template", "-number"]
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="template_version_once")]

    def __str__(self):
        return f"{self.template} 第{self.number}版"


class DutyList(models.Model):
    """责任清单: a year's duties of an organisation, or of one of its officers."""

    template = models.ForeignKey(
        DutyTemplate, models.PROTECT, null=True, blank=True, related_name="lists", verbose_name="模板"
    )
    template_version = models.PositiveIntegerField("模板版次", null=True, blank=True)
    deployment = models.ForeignKey(
        "accountability.Deployment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lists",
        verbose_name="部署",
    )
    batch = models.ForeignKey(
        "accountability.IssueBatch",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lists",
        verbose_name="批次",
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
                condition=Q(template__isnull=True, deployment__isnull=True, appointment__isnull=True)
                & ~Q(status=ListStatus.WITHDRAWN),
                name="duty_list_decomposed_once",
                violation_error_message="该单位本年度已有同类分解清单。",
            ),
            models.UniqueConstraint(
                fields=["appointment", "year", "kind"],
                condition=Q(template__isnull=True, deployment__isnull=True, appointment__isnull=False)
                & ~Q(status=ListStatus.WITHDRAWN),
                name="duty_list_personal_once",
                violation_error_message="此人本年度已有同类分解清单。",
            ),
            models.UniqueConstraint(
                fields=["deployment", "organization"],
                condition=Q(deployment__isnull=False, appointment__isnull=True)
                & ~Q(status=ListStatus.WITHDRAWN),
                name="duty_list_deployed_once",
                violation_error_message="该部署已下达给此单位。",
            ),
            models.UniqueConstraint(
                fields=["deployment", "appointment"],
                condition=Q(deployment__isnull=False, appointment__isnull=False)
                & ~Q(status=ListStatus.WITHDRAWN),
                name="duty_list_deployed_once_a_post",
                violation_error_message="该部署已下达给此人。",
            ),
        ]

    def __str__(self):
        return self.title


class Duty(Requirement):
    """责任项: one item of a list; `parent` is the duty it was decomposed from.

    `is_personal`: a share of the unit's own duty, borne by its officer `owner`. `arranged_at`: when an owner was
    named, or the duty decomposed, for the first time. `continues`: the duty of a merged unit that it goes on with.
    `item_key`: the item of the template it was issued from, whose later versions it follows; no foreign key, as items
    go. `added_by`: the body that added this 个性 item to the list after it was issued.
    """

    duty_list = models.ForeignKey(DutyList, models.PROTECT, related_name="duties", verbose_name="责任清单")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="duties", verbose_name="责任单位"
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="分解自"
    )
    continues = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="continued_by",
        verbose_name="承接自",
        db_index=False,
    )
    owner = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="duties", verbose_name="责任人"
    )
    number = models.PositiveSmallIntegerField("序号")
    item_key = models.PositiveBigIntegerField("模板条目", null=True, blank=True, editable=False)
    added_by = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="增列单位",
        db_index=False,
    )
    is_personal = models.BooleanField("由个人承担", default=False)
    arranged_at = models.DateTimeField("落实到人时间", null=True, blank=True)
    is_withdrawn = models.BooleanField("已撤回", default=False)

    history = HistoricalRecords()
    objects = DutyQuerySet.as_manager()

    class Meta(Requirement.Meta):
        verbose_name = "责任项"
        verbose_name_plural = "责任项"
        ordering = ["duty_list", "number"]
        constraints = [
            *Requirement.Meta.constraints,
            models.UniqueConstraint(fields=["duty_list", "number"], name="duty_number_once"),
            # Decomposing twice makes one child a unit, and one an officer.
            models.UniqueConstraint(
                fields=["parent", "organization"],
                condition=Q(parent__isnull=False, is_personal=False, is_withdrawn=False),
                name="duty_decomposed_once",
                violation_error_message="该责任项已分解给此单位。",
            ),
            models.UniqueConstraint(
                fields=["parent", "owner"],
                condition=Q(parent__isnull=False, is_personal=True, is_withdrawn=False),
                name="duty_shared_once",
                violation_error_message="该责任项已分给此人。",
            ),
            models.CheckConstraint(
                condition=Q(is_personal=False) | Q(owner__isnull=False),
                name="duty_personal_has_an_owner",
            ),
        ]

    def __str__(self):
        return f"{self.heading}：{self.content}"


class DutyHandover(models.Model):
    """交接: who passed a duty on to whom, and since when; what was done before stays with who did it.

    Between officers when a post is handed over, between organisations when one is merged into another.
    """

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="handovers", verbose_name="责任项")
    from_organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    to_organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    from_appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="+")
    to_appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="+")
    effective_on = models.DateField("移交日期")
    open_records = models.PositiveIntegerField("未完成期数", default=0)
    reason = models.CharField("原因", max_length=200)
    passed_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "职责移交"
        verbose_name_plural = "职责移交"
        ordering = ["-passed_at", "-pk"]

    def __str__(self):
        return f"{self.duty_id} {self.reason}"


class DutyTrigger(models.Model):
    """触发: something on the 负面清单 happened; people look at it and say what was done, nothing follows by itself."""

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="triggers", verbose_name="负面清单条目")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="duty_triggers", verbose_name="单位"
    )
    happened_on = models.DateField("发生日期")
    note = models.CharField("情况", max_length=500)
    reporter = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    reported_at = models.DateTimeField("登记时间")
    answer = models.CharField("处理情况", max_length=500, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField("处理时间", null=True, blank=True)

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "负面清单触发"
        verbose_name_plural = "负面清单触发"
        ordering = ["-happened_on", "-pk"]

    def __str__(self):
        return f"{self.happened_on} {self.note[:20]}"


class DutyRecord(models.Model):
    """履责纪实: one term of a duty, opened with the list and closed only when what was done is accepted.

    `period` is the month key (202610) in which it is judged, `due_on` its last day. `parent` is the term of the
    parent duty whose window holds this one: the pair on which retention is measured. `is_deployment` says the same as
    its list, so that a period is read from one index alone. `counted` is what was done of a countable item: typed, or
    frozen from the confirmed meetings when the term is handed in; `is_settled_by_count` that it reached its target by
    meetings which the level above had already confirmed.
    """

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="records", verbose_name="责任项")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="duty_records", verbose_name="责任单位", db_index=False
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级履责"
    )
    is_deployment = models.BooleanField("部署任务", default=False)
    period = models.PositiveIntegerField("期")
    due_on = models.DateField("期限")
    status = models.CharField("状态", max_length=10, choices=RecordStatus.choices, default=RecordStatus.OPEN)
    done_on = models.DateField("完成日期", null=True, blank=True)
    summary = models.TextField("履责情况", blank=True)
    counted = models.PositiveIntegerField("完成次数", null=True, blank=True)
    is_settled_by_count = models.BooleanField("自动计数达标", default=False)
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
                    "is_deployment",
                ],
                name="duty_record_reading",
            ),
            models.Index(fields=["organization", "due_on"], name="duty_record_of_org"),
            # What waits at a unit, and for whom: counted from the index alone, without what its reader wrote.
            models.Index(
                fields=["organization", "submitted_at", "author", "id"],
                condition=Q(status=RecordStatus.SUBMITTED) & Q(withdrawn_at__isnull=True),
                name="duty_record_waiting",
            ),
            # The queue of a large subtree, longest waiting first, page by page.
            models.Index(
                fields=["submitted_at", "id"],
                condition=Q(status=RecordStatus.SUBMITTED) & Q(withdrawn_at__isnull=True),
                name="duty_record_queue",
            ),
            # The list of what is left to do, soonest first, page by page.
            models.Index(
                fields=["due_on", "id"],
                condition=~Q(status=RecordStatus.ACCEPTED) & Q(withdrawn_at__isnull=True),
                name="duty_record_unfinished",
            ),
        ]
        constraints = [
            # A deadline that moves inside its month ends one term and opens another.
            models.UniqueConstraint(
                fields=["duty", "period"],
                condition=Q(withdrawn_at__isnull=True),
                name="duty_record_once_a_period",
            ),
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
    def starts_on(self) -> date:
        """The first day on which it can have been done; a deployment may run from one year into the next."""
        first = self.window.starts_on
        return min(first, timezone.localdate(self.opened_at)) if self.is_deployment else first

    @property
    def term(self) -> str:
        """The window without its year: 10月, 第四季度, 上半年, 全年."""
        return self.window.label.partition("年")[2] or "全年"

    @property
    def is_short(self) -> bool:
        """Whether less was counted, when it was handed in, than a countable item asks for."""
        return self.counted is not None and self.duty.target is not None and self.counted < self.duty.target

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


class EvidenceFile(StoredFile):
    """佐证文件 of a record, optional."""

    record = models.ForeignKey(DutyRecord, models.PROTECT, related_name="files", verbose_name="履责纪实")

    class Meta(StoredFile.Meta):
        verbose_name = "佐证文件"
        verbose_name_plural = "佐证文件"
        constraints = [
            models.UniqueConstraint(fields=["record", "file_name", "version"], name="evidence_version_once")
        ]


class QualityCheck(models.Model):
    """质量抽查 of an accepted record: drawn by chance, judged by a person, answered by the unit if it did not pass."""

    record = models.OneToOneField(
        DutyRecord, models.PROTECT, related_name="quality_check", verbose_name="履责纪实"
    )
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="单位")
    drawn_at = models.DateTimeField("抽取时间")
    drawn_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="抽取人")
    passed = models.BooleanField("是否合格", null=True)
    note = models.CharField("抽查意见", max_length=500, blank=True)
    checker = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    checked_at = models.DateTimeField("抽查时间", null=True, blank=True)
    answer = models.CharField("反馈整改", max_length=500, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField("反馈时间", null=True, blank=True)

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "质量抽查"
        verbose_name_plural = "质量抽查"
        ordering = ["-drawn_at", "-pk"]

    def __str__(self):
        return f"抽查 {self.record_id}"
