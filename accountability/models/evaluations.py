from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from branches.choices import TaskState
from branches.models import Appointment, Meeting, Organization, User

from .. import scoring
from ..choices import (
    AdjustmentKind,
    AssessorRole,
    EntryOrigin,
    ObjectionState,
    PlanState,
    Quarter,
    RoundState,
)
from ..querysets import EvaluationManager, EvaluationQuerySet, OrganizationRowQuerySet
from ..written import WrittenJSONEncoder
from .duties import DutyRecord
from .files import StoredFile
from .polls import Poll
from .schemes import Scheme, SchemeVersion


class EvaluationRound(models.Model):
    """考核轮次: one evaluation of the units below `organization` over the facts of [starts_on, ends_on].

    Facts are gathered while it is COLLECTING; SHOWN to the units it may be objected to until `objections_until`;
    PUBLISHED once every objection is answered, from when on nothing changes. `run_*`: the task that computes it.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="evaluation_rounds", verbose_name="考核单位"
    )
    title = models.CharField("名称", max_length=120)
    year = models.PositiveSmallIntegerField("年度")
    starts_on = models.DateField("考核期起")
    ends_on = models.DateField("考核期止")
    fill_until = models.DateField("填报截止")
    objections_until = models.DateField("异议截止", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=RoundState.choices, default=RoundState.COLLECTING)
    run_state = models.CharField("计算", max_length=8, choices=TaskState.choices, blank=True)
    run_message = models.CharField("计算说明", max_length=300, blank=True)
    run_asked_at = models.DateTimeField("请求计算时间", null=True, blank=True)
    evaluated_at = models.DateTimeField("计算时间", null=True, blank=True)
    shown_at = models.DateTimeField("反馈时间", null=True, blank=True)
    published_at = models.DateTimeField("公布时间", null=True, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="经办人")
    created_at = models.DateTimeField("登记时间")

    history = HistoricalRecords(excluded_fields=["run_state", "run_message", "run_asked_at"])
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "考核"
        verbose_name_plural = "考核"
        ordering = ["-year", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="evaluation_round_ends_after_start",
                violation_error_message="考核期止不能早于考核期起。",
            )
        ]

    def __str__(self):
        return self.title


class RoundScheme(models.Model):
    """Which version of which scheme a round scores by: it stays so when the scheme is changed in mid-cycle."""

    round = models.ForeignKey(EvaluationRound, models.PROTECT, related_name="schemes", verbose_name="考核")
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="rounds", verbose_name="考核办法")
    version = models.ForeignKey(SchemeVersion, models.PROTECT, related_name="rounds", verbose_name="版次")

    history = HistoricalRecords()

    class Meta:
        verbose_name = "所用办法"
        verbose_name_plural = "所用办法"
        ordering = ["round", "pk"]
        constraints = [models.UniqueConstraint(fields=["round", "scheme"], name="round_scheme_once")]

    def __str__(self):
        return f"{self.round} {self.version}"


class Evaluation(models.Model):
    """考核结果 of one unit, or of one officer (`appointment`), in a round.

    `changed_at`: when its facts were last touched; later than `evaluated_at`, the total is out of date. What the total
    came from is in its `ResultSheet`. `agreed_at`: when the unit said that it has no objection (无异议). `numbers`:
    sizes that rules multiply by and the system does not know. `faults`: why no total could be computed, in words.
    What was taken out of the round (`removed_at`) is kept with its facts, and only `everything` finds it.
    """

    held_by, about = "round__organization", "appointment__user"

    round = models.ForeignKey(
        EvaluationRound, models.PROTECT, related_name="evaluations", verbose_name="考核"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="evaluations", verbose_name="被考核单位"
    )
    appointment = models.ForeignKey(
        Appointment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="evaluations",
        verbose_name="被考核人",
    )
    scheme = models.ForeignKey(
        RoundScheme, models.PROTECT, related_name="evaluations", verbose_name="所用办法"
    )
    group = models.CharField("组别", max_length=40, blank=True)
    coefficient = models.DecimalField("难度系数", max_digits=9, decimal_places=6, null=True, blank=True)
    in_charge_of = models.ManyToManyField(
        Organization, blank=True, related_name="+", verbose_name="分管（联系）单位"
    )
    numbers = models.JSONField("数目", default=dict, blank=True)
    total = models.DecimalField("总分", max_digits=16, decimal_places=6, null=True, blank=True)
    grade = models.CharField("等次", max_length=40, blank=True)
    faults = models.JSONField("不能计算的原因", default=list, blank=True)
    changed_at = models.DateTimeField("事实变动时间")
    evaluated_at = models.DateTimeField("计算时间", null=True, blank=True)
    removed_at = models.DateTimeField("移出时间", null=True, blank=True)
    agreed_at = models.DateTimeField("确认无异议时间", null=True, blank=True)
    agreed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人"
    )

    objects = EvaluationManager()
    everything = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = "考核结果"
        verbose_name_plural = "考核结果"
        ordering = ["round", "organization", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "organization"],
                condition=Q(appointment__isnull=True),
                name="evaluation_once_a_unit",
            ),
            models.UniqueConstraint(
                fields=["round", "appointment"],
                condition=Q(appointment__isnull=False),
                name="evaluation_once_a_person",
            ),
        ]

    def __str__(self):
        return str(self.appointment or self.organization)

    @property
    def is_outdated(self) -> bool:
        return self.evaluated_at is None or self.changed_at > self.evaluated_at


class ResultSheet(models.Model):
    """What a total came from: the facts as they were and the explanation of every point, as the engine wrote them.

    `facts` is a unit in the format of docs/scoring.md, from which `version` gives the same `result` at any time.
    """

    evaluation = models.OneToOneField(
        Evaluation, models.CASCADE, primary_key=True, related_name="sheet", verbose_name="考核结果"
    )
    version = models.ForeignKey(SchemeVersion, models.PROTECT, related_name="+", verbose_name="办法版次")
    facts = models.JSONField("事实", encoder=WrittenJSONEncoder)
    result = models.JSONField("结果", encoder=WrittenJSONEncoder)

    class Meta:
        verbose_name = "评分明细"
        verbose_name_plural = "评分明细"

    def __str__(self):
        return str(self.evaluation_id)


class Fact(models.Model):
    """What one entry says, the columns of `scoring.Entry`."""

    item = models.CharField("评价项", max_length=500)
    fact = models.CharField("事实", max_length=500, blank=True)
    count = models.PositiveIntegerField("数量", null=True, blank=True)
    due = models.PositiveIntegerField("应有", null=True, blank=True)
    value = models.DecimalField("数值", max_digits=16, decimal_places=6, null=True, blank=True)
    level = models.CharField("档次", max_length=500, blank=True)
    points = models.DecimalField("分值", max_digits=16, decimal_places=6, null=True, blank=True)
    yes = models.BooleanField("是否达到", null=True, blank=True)
    applies = models.BooleanField("适用", default=True)
    matter = models.CharField("事项", max_length=500, blank=True)
    flags = models.JSONField("情形", default=list, blank=True)
    by = models.CharField("评价主体", max_length=60, blank=True)
    of = models.CharField("对象", max_length=120, blank=True)
    on = models.DateField("日期", null=True, blank=True)
    reason = models.CharField("理由", max_length=500, blank=True)
    note = models.CharField("说明", max_length=500, blank=True)

    #: The fields above that a `scoring.Entry` has under the same name.
    SAID = (
        "item", "fact", "count", "due", "value", "level", "points", "yes", "applies", "matter",
        "by", "of", "on", "reason", "note",
    )  # fmt: skip

    class Meta:
        abstract = True

    def as_entry(self, evidence=()) -> scoring.Entry:
        """The same as a plain value for the engine."""
        said = {name: getattr(self, name) for name in self.SAID}
        return scoring.Entry(**said, flags=tuple(self.flags), evidence=tuple(evidence))


class AssessorWindow(models.Model):
    """评价窗口: from when to when one body of assessors scores the items of source `assessor`; `by` is its name in
    the rule ASSESSORS, empty where there is only one."""

    round = models.ForeignKey(EvaluationRound, models.PROTECT, related_name="windows", verbose_name="考核")
    role = models.CharField("评价主体", max_length=10, choices=AssessorRole.choices)
    by = models.CharField("办法中的名称", max_length=60, blank=True)
    opens_on = models.DateField("开始")
    closes_on = models.DateField("截止")
    closed_at = models.DateTimeField("提前结束时间", null=True, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="经办人")

    history = HistoricalRecords()

    class Meta:
        verbose_name = "评价窗口"
        verbose_name_plural = "评价窗口"
        ordering = ["round", "opens_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "by"],
                name="assessor_window_once",
                violation_error_message="这个评价主体已经有评价窗口。",
            ),
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")),
                name="assessor_window_closes_after_opening",
                violation_error_message="截止不能早于开始。",
            ),
        ]

    def __str__(self):
        return f"{self.by or self.get_role_display()}"


class AssessorSheet(models.Model):
    """评价表: what one assessor gave one unit in a window; a draft until it is handed in, when its entries are made.

    `answers` is {"item|fact": {datum: what was typed}}. Of a unit that scores itself there is one, whoever writes it.
    """

    window = models.ForeignKey(AssessorWindow, models.PROTECT, related_name="sheets", verbose_name="评价窗口")
    evaluation = models.ForeignKey(
        Evaluation, models.PROTECT, related_name="assessments", verbose_name="考核结果"
    )
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="评价人")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="+", verbose_name="任职")
    answers = models.JSONField("评价", default=dict, blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    saved_at = models.DateTimeField("保存时间", null=True, blank=True)
    return_reason = models.CharField("退回原因", max_length=200, blank=True)
    version = models.PositiveIntegerField("版次", default=1)

    class Meta:
        verbose_name = "评价表"
        verbose_name_plural = "评价表"
        ordering = ["window", "evaluation", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["window", "evaluation", "author"], name="assessor_sheet_once")
        ]

    def __str__(self):
        return f"{self.window} {self.evaluation}"


class AssessorPoll(models.Model):
    """测评 of one unit in a window of many assessors: secret ballots on its items, taken up as entries when it closes."""

    window = models.ForeignKey(AssessorWindow, models.PROTECT, related_name="polls", verbose_name="评价窗口")
    evaluation = models.ForeignKey(Evaluation, models.PROTECT, related_name="polls", verbose_name="考核结果")
    poll = models.OneToOneField(Poll, models.PROTECT, related_name="assessment", verbose_name="测评")
    taken_up_at = models.DateTimeField("计入时间", null=True, blank=True)

    class Meta:
        verbose_name = "评价测评"
        verbose_name_plural = "评价测评"
        ordering = ["window", "evaluation"]
        constraints = [models.UniqueConstraint(fields=["window", "evaluation"], name="assessor_poll_once")]

    def __str__(self):
        return f"{self.window} {self.evaluation}"


class EvaluationEntry(Fact):
    """考核事实: entered by hand, filled in by the system, or given by an assessor; never overwritten, but withdrawn.

    `datum`: what of the system's knowledge filled it in. `origin` CORRECTED: what a dispute put in its place.
    """

    evaluation = models.ForeignKey(
        Evaluation, models.PROTECT, related_name="entries", verbose_name="考核结果"
    )
    origin = models.CharField("来源", max_length=10, choices=EntryOrigin.choices)
    datum = models.CharField("系统数据", max_length=60, blank=True)
    sheet = models.ForeignKey(
        AssessorSheet, models.PROTECT, null=True, blank=True, related_name="entries", verbose_name="评价表"
    )
    author = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="填报人"
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="填报人任职"
    )
    created_at = models.DateTimeField("填报时间")
    withdrawn_at = models.DateTimeField("撤销时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="撤销人"
    )
    withdraw_reason = models.CharField("撤销原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "考核事实"
        verbose_name_plural = "考核事实"
        ordering = ["evaluation", "item", "pk"]
        indexes = [models.Index(fields=["evaluation", "item"], name="entry_of_item")]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "item", "fact", "of"],
                condition=Q(origin=EntryOrigin.SYSTEM, withdrawn_at__isnull=True),
                name="entry_filled_in_once",
            )
        ]

    def __str__(self):
        return f"{self.evaluation_id} {self.item} {self.fact}"


class EntryEvidence(models.Model):
    """What an entry rests on: a record that exists (meeting, duty record), or words that say where to look."""

    entry = models.ForeignKey(
        EvaluationEntry, models.CASCADE, related_name="evidence", verbose_name="考核事实"
    )
    words = models.CharField("佐证", max_length=200)
    meeting = models.ForeignKey(Meeting, models.PROTECT, null=True, blank=True, related_name="+")
    record = models.ForeignKey(DutyRecord, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "佐证"
        verbose_name_plural = "佐证"
        ordering = ["entry", "pk"]

    def __str__(self):
        return self.words


class EntryFile(StoredFile):
    """佐证文件 of an entry, optional."""

    entry = models.ForeignKey(EvaluationEntry, models.PROTECT, related_name="files", verbose_name="考核事实")

    class Meta(StoredFile.Meta):
        verbose_name = "考核佐证文件"
        verbose_name_plural = "考核佐证文件"
        constraints = [
            models.UniqueConstraint(fields=["entry", "file_name", "version"], name="entry_file_version_once")
        ]


class Objection(models.Model):
    """异议: to a figure the system filled in while facts are gathered (`entry`), or to the result that was shown.

    Answered by the committee before anything is published; `entry` upheld is withdrawn and corrected.
    """

    held_by, about = "evaluation__round__organization", "evaluation__appointment__user"

    evaluation = models.ForeignKey(
        Evaluation, models.PROTECT, related_name="objections", verbose_name="考核结果"
    )
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="提出单位")
    item = models.CharField("评价项", max_length=500, blank=True)
    entry = models.ForeignKey(
        EvaluationEntry, models.PROTECT, null=True, blank=True, related_name="objections", verbose_name="事实"
    )
    reason = models.CharField("理由", max_length=1000)
    state = models.CharField(
        "状态", max_length=10, choices=ObjectionState.choices, default=ObjectionState.OPEN
    )
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="提出人")
    raised_at = models.DateTimeField("提出时间")
    answer = models.CharField("答复", max_length=1000, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="答复人"
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "异议"
        verbose_name_plural = "异议"
        ordering = ["raised_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ObjectionState.OPEN) | Q(answered_at__isnull=False),
                name="objection_settled_is_answered",
            ),
            models.UniqueConstraint(
                fields=["evaluation", "item", "entry"],
                condition=Q(state=ObjectionState.OPEN, entry__isnull=False),
                name="objection_open_once",
                violation_error_message="对这项数据已有一条未答复的异议。",
            ),
        ]

    def __str__(self):
        return f"{self.organization} {self.item}"


class Adjustment(models.Model):
    """考核调整: 加分, 扣分, 称号, 一票否决 or 降档 with its cause, done to a unit or to one of its officers.

    Every round whose period holds `on` takes it up. `source`: where it was pushed from, in words a reader can follow.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="adjustments", verbose_name="单位"
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="adjustments", verbose_name="任职人"
    )
    kind = models.CharField("类别", max_length=10, choices=AdjustmentKind.choices)
    points = models.DecimalField("分值", max_digits=12, decimal_places=6, null=True, blank=True)
    condition = models.CharField("情形", max_length=500, blank=True, help_text="与考核办法中写明的情形一致")
    steps = models.PositiveSmallIntegerField("降几档", null=True, blank=True)
    reason = models.CharField("原因", max_length=500)
    on = models.DateField("发生日期")
    evidence = models.JSONField("佐证", default=list, blank=True)
    source = models.CharField("来源", max_length=120)
    source_url = models.CharField("来源链接", max_length=200, blank=True)
    author = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登记人"
    )
    created_at = models.DateTimeField("登记时间")
    withdrawn_at = models.DateTimeField("撤销时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdraw_reason = models.CharField("撤销原因", max_length=200, blank=True)

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "考核调整"
        verbose_name_plural = "考核调整"
        ordering = ["organization", "on", "pk"]
        indexes = [models.Index(fields=["organization", "on"], name="adjustment_of_unit")]

    def __str__(self):
        return f"{self.organization} {self.get_kind_display()} {self.reason}"

    def as_adjustment(self) -> scoring.Adjustment:
        """The same as a plain value for the engine."""
        return scoring.Adjustment(
            kind=scoring.AdjustmentKind(self.kind),
            reason=self.reason,
            points=self.points,
            condition=self.condition,
            steps=self.steps,
            on=self.on,
            evidence=tuple(self.evidence),
        )


class ImprovementPlan(models.Model):
    """抓两头带中间: what a unit of the first quarter passes on, and one of the last quarter puts right.

    Written and reported by the unit, accepted or returned with a `note` by somebody else of the committee.
    """

    evaluation = models.OneToOneField(
        Evaluation, models.PROTECT, related_name="plan", verbose_name="考核结果"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="improvement_plans", verbose_name="单位"
    )
    quarter = models.CharField("类别", max_length=6, choices=Quarter.choices)
    goal = models.CharField("目标", max_length=500, blank=True)
    owner = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任人"
    )
    due_on = models.DateField("完成期限", null=True, blank=True)
    partner = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="结对单位"
    )
    state = models.CharField("状态", max_length=10, choices=PlanState.choices, default=PlanState.ASKED)
    version = models.PositiveIntegerField("版次", default=1)
    outcome = models.CharField("结果", max_length=500, blank=True)
    reported_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="报告人"
    )
    note = models.CharField("验收意见", max_length=500, blank=True)
    reviewed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="验收人"
    )
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    created_at = models.DateTimeField("登记时间")

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "提升计划"
        verbose_name_plural = "提升计划"
        ordering = ["organization", "pk"]

    def __str__(self):
        return f"{self.organization} {self.get_quarter_display()}"


class PlanStep(models.Model):
    """One measure of a plan: what, by when, and what came of it."""

    plan = models.ForeignKey(ImprovementPlan, models.PROTECT, related_name="steps", verbose_name="提升计划")
    number = models.PositiveSmallIntegerField("序号")
    content = models.CharField("措施", max_length=300)
    due_on = models.DateField("完成期限")
    done_on = models.DateField("完成日期", null=True, blank=True)
    result = models.CharField("完成情况", max_length=500, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "提升措施"
        verbose_name_plural = "提升措施"
        ordering = ["plan", "number"]
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="plan_step_number_once")]

    def __str__(self):
        return self.content
