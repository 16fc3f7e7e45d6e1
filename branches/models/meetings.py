import uuid

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from ..choices import AbsenceReason, Decision, MeetingKind, MeetingStatus
from ..querysets.meetings import MeetingDraftQuerySet, MeetingQuerySet
from ..votes import VoteRule
from .organizations import Organization
from .people import Member


class MeetingCounts(models.Model):
    """What of a meeting the sums above are built from; integers, frozen when it is submitted and again when corrected.

    `kinds` is a bit mask of `MeetingKind`, `period` the month key (202610) of `held_on`, the day that counts.
    `expected` are the persons of the roster on that day, `excused` those absent with a recognised reason, so that
    attendance is present of (expected − excused). `key_*` and `dual_*` are the same, already net of excused, for
    关键少数 and for leading cadres who attend as ordinary members (双重组织生活).
    """

    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="党组织", db_index=False)
    group = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="党小组",
        db_index=False,
    )
    kinds = models.PositiveIntegerField("会议类型")
    held_on = models.DateField("召开日期")
    period = models.PositiveIntegerField("所在月")
    expected = models.PositiveIntegerField("应到", default=0)
    present = models.PositiveIntegerField("实到", default=0)
    excused = models.PositiveIntegerField("请假", default=0)
    key_due = models.PositiveIntegerField(default=0)
    key_done = models.PositiveIntegerField(default=0)
    dual_due = models.PositiveIntegerField(default=0)
    dual_done = models.PositiveIntegerField(default=0)
    counted_from = models.DateTimeField("计入时间", null=True, blank=True)

    class Meta:
        abstract = True

    COUNTED = (
        "organization",
        "group",
        "kinds",
        "held_on",
        "period",
        "expected",
        "present",
        "excused",
        "key_due",
        "key_done",
        "dual_due",
        "dual_done",
        "counted_from",
    )


class Meeting(MeetingCounts):
    """会议记录: one event, which may satisfy several obligations."""

    entry_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField("会议名称", max_length=120)
    started_at = models.DateTimeField("开始时间")
    ended_at = models.DateTimeField("结束时间")
    place = models.CharField("地点", max_length=120)
    chair = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name="主持人")
    recorder = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name="记录人")
    lecturer = models.CharField("授课人", max_length=60, blank=True)
    lecture_topic = models.CharField("党课内容", max_length=200, blank=True)
    lecture_hours = models.DecimalField("学时", max_digits=4, decimal_places=1, null=True, blank=True)
    expected_full = models.PositiveIntegerField("应到正式党员", default=0)
    present_full = models.PositiveIntegerField("实到正式党员", default=0)
    entitled = models.PositiveIntegerField("应到有表决权", default=0)
    status = models.CharField(
        "状态", max_length=10, choices=MeetingStatus.choices, default=MeetingStatus.DRAFT
    )
    version = models.PositiveIntegerField(default=1)
    author = models.ForeignKey("branches.User", models.PROTECT, related_name="+", verbose_name="填报人")
    entered_on = models.DateField("填报日期")
    is_late_entry = models.BooleanField("补录", default=False)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    history = HistoricalRecords()
    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = "会议"
        verbose_name_plural = "会议"
        ordering = ["-held_on", "-pk"]
        indexes = [
            models.Index(fields=["organization", "-held_on", "-id"], name="meeting_of_organization"),
            # The list of a committee walks from the newest day down, whatever the size of the tree.
            models.Index(fields=["-held_on", "-id"], name="meeting_by_day"),
            # Everything a reading sums, so that a period is read from the index alone.
            models.Index(
                fields=[
                    "period",
                    "organization",
                    "kinds",
                    "group",
                    "expected",
                    "present",
                    "excused",
                    "key_due",
                    "key_done",
                    "dual_due",
                    "dual_done",
                    "counted_from",
                ],
                condition=Q(status=MeetingStatus.CONFIRMED),
                name="meeting_reading",
            ),
            models.Index(
                fields=["organization", "submitted_at"],
                condition=Q(status=MeetingStatus.SUBMITTED),
                name="meeting_waiting",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gt=F("started_at")),
                name="meeting_ends_after_start",
                violation_error_message="结束时间须晚于开始时间。",
            ),
            models.CheckConstraint(
                condition=Q(present__lte=F("expected")),
                name="meeting_present_within_expected",
                violation_error_message="实到人数不能多于应到人数。",
            ),
            models.CheckConstraint(
                condition=Q(kinds__gt=0),
                name="meeting_has_a_kind",
                violation_error_message="请至少选择一种会议类型。",
            ),
            models.CheckConstraint(
                condition=Q(
                    status=MeetingStatus.CONFIRMED, counted_from__isnull=False, confirmed_at__isnull=False
                )
                | (~Q(status=MeetingStatus.CONFIRMED) & Q(counted_from__isnull=True)),
                name="meeting_counts_when_confirmed",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def kind_labels(self) -> list[str]:
        return [kind.label for kind in MeetingKind.unpack(self.kinds)]

    @property
    def is_locked(self) -> bool:
        return self.status == MeetingStatus.CONFIRMED

    @property
    def is_editable(self) -> bool:
        return self.status in (MeetingStatus.DRAFT, MeetingStatus.RETURNED)


class FormerMeeting(MeetingCounts):
    """What a confirmed meeting counted until a correction replaced it: [counted_from, counted_until).

    Lets a period be computed again as of its own cut-off after later corrections.
    """

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="former")
    counted_until = models.DateTimeField()

    class Meta:
        verbose_name = "更正前计数"
        verbose_name_plural = "更正前计数"
        indexes = [models.Index(fields=["period", "organization"], name="former_meeting_reading")]

    def __str__(self):
        return f"{self.meeting_id} 至 {self.counted_until}"


class Absence(models.Model):
    """Only who was absent is stored; who was expected follows from the roster of the day."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="absences")
    member = models.ForeignKey(Member, models.PROTECT, related_name="absences", verbose_name="缺席人")
    reason = models.CharField("原因", max_length=10, choices=AbsenceReason.choices)
    note = models.CharField("说明", max_length=100, blank=True)

    class Meta:
        verbose_name = "缺席"
        verbose_name_plural = "缺席"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["meeting", "member"], name="absence_once")]

    def __str__(self):
        return f"{self.member}（{self.get_reason_display()}）"


class Participant(models.Model):
    """Who took part in an event that has no roster (谈心谈话): those named are the ones expected."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="participants")
    member = models.ForeignKey(Member, models.PROTECT, related_name="participations", verbose_name="参加人")

    class Meta:
        verbose_name = "参加人"
        verbose_name_plural = "参加人"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["meeting", "member"], name="participant_once")]

    def __str__(self):
        return str(self.member)


class Guest(models.Model):
    """列席人员, typed in."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="guests")
    name = models.CharField("姓名", max_length=60)
    title = models.CharField("单位及职务", max_length=120, blank=True)

    class Meta:
        verbose_name = "列席人员"
        verbose_name_plural = "列席人员"
        ordering = ["pk"]

    def __str__(self):
        return self.name


class AgendaItem(models.Model):
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="agenda")
    number = models.PositiveSmallIntegerField("序号")
    topic = models.CharField("议题", max_length=300)
    discussion = models.TextField("发言要点", blank=True)

    class Meta:
        verbose_name = "议题"
        verbose_name_plural = "议题"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["meeting", "number"], name="agenda_number_once")]

    def __str__(self):
        return self.topic


class Resolution(models.Model):
    """决议: who does it, by when; it appears in that person's 待办 until done."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="resolutions")
    number = models.PositiveSmallIntegerField("序号")
    text = models.CharField("决议内容", max_length=500)
    owner = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="resolutions", verbose_name="责任人"
    )
    due_on = models.DateField("完成期限", null=True, blank=True)
    done_on = models.DateField("完成日期", null=True, blank=True)

    class Meta:
        verbose_name = "决议"
        verbose_name_plural = "决议"
        ordering = ["number"]

    def __str__(self):
        return self.text


class Vote(models.Model):
    """表决: the counts as they were taken; `passed` is what `branches.votes.judge` says of them."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="votes")
    number = models.PositiveSmallIntegerField("序号")
    subject = models.CharField("表决事项", max_length=200)
    rule = models.CharField("表决方式", max_length=16, choices=VoteRule.choices())
    entitled = models.PositiveIntegerField("应到有表决权")
    present = models.PositiveIntegerField("到会有表决权")
    in_favour = models.PositiveIntegerField("赞成", default=0)
    against = models.PositiveIntegerField("反对", default=0)
    abstained = models.PositiveIntegerField("弃权", default=0)
    written_in_favour = models.PositiveIntegerField("书面赞成", default=0)
    written_against = models.PositiveIntegerField("书面反对", default=0)
    invalid = models.PositiveIntegerField("无效票", default=0)
    issued = models.PositiveIntegerField("发出选票", null=True, blank=True)
    returned = models.PositiveIntegerField("收回选票", null=True, blank=True)
    seats = models.PositiveIntegerField("应选名额", null=True, blank=True)
    candidates = models.PositiveIntegerField("候选人数", null=True, blank=True)
    is_differential = models.BooleanField("差额选举", default=True, help_text="选举书记、副书记为等额")
    passed = models.BooleanField("是否通过", null=True)

    class Meta:
        verbose_name = "表决"
        verbose_name_plural = "表决"
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(present__lte=F("entitled")),
                name="vote_present_within_entitled",
                violation_error_message="到会人数不能多于应到有表决权人数。",
            )
        ]

    def __str__(self):
        return self.subject


class Attachment(models.Model):
    """Optional; stored outside the web root under its SHA-256 and served through the door."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attachments")
    file = models.FileField("附件", upload_to="attachments/%Y/%m/")
    file_name = models.CharField("文件名", max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("大小（字节）")
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "附件"
        verbose_name_plural = "附件"
        ordering = ["pk"]

    def __str__(self):
        return self.file_name


class MeetingReview(models.Model):
    """确认 or 退回 by the level above, with its note."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="reviews")
    decision = models.CharField("意见", max_length=10, choices=Decision.choices)
    note = models.CharField("说明", max_length=500, blank=True)
    reviewer = models.ForeignKey("branches.User", models.PROTECT, related_name="+", verbose_name="审核人")
    appointment = models.ForeignKey("branches.Appointment", models.PROTECT, related_name="+")
    decided_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "会议审核"
        verbose_name_plural = "会议审核"
        ordering = ["-decided_at", "-pk"]

    def __str__(self):
        return f"{self.meeting} {self.get_decision_display()}"


class Correction(models.Model):
    """更正: the only way a confirmed record changes, dated and with its reason."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="corrections")
    reason = models.CharField("更正原因", max_length=300)
    before = models.JSONField("更正前")
    after = models.JSONField("更正后")
    author = models.ForeignKey("branches.User", models.PROTECT, related_name="+", verbose_name="更正人")
    corrected_at = models.DateTimeField("更正时间")

    class Meta:
        verbose_name = "更正"
        verbose_name_plural = "更正"
        ordering = ["corrected_at", "pk"]

    def __str__(self):
        return f"{self.meeting} {self.corrected_at:%Y-%m-%d}"


class MeetingDraft(models.Model):
    """What somebody has typed so far, as typed: kept even while it is not valid, until it is submitted."""

    author = models.ForeignKey("branches.User", models.CASCADE, related_name="meeting_drafts")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="meeting_drafts")
    meeting = models.ForeignKey(Meeting, models.CASCADE, null=True, blank=True, related_name="drafts")
    entry_key = models.UUIDField(default=uuid.uuid4)
    typed = models.JSONField(default=dict)
    saved_at = models.DateTimeField("保存时间", auto_now=True)

    objects = MeetingDraftQuerySet.as_manager()

    class Meta:
        verbose_name = "会议草稿"
        verbose_name_plural = "会议草稿"
        ordering = ["-saved_at"]
        constraints = [models.UniqueConstraint(fields=["author", "entry_key"], name="draft_once")]

    def __str__(self):
        return self.label

    @property
    def label(self) -> str:
        """Its title if one was typed, else its kinds and day; the typed values are lists of strings, as sent."""
        kinds = {str(int(kind)): kind.label for kind in MeetingKind}
        title = "".join(self._typed("title")).strip()
        chosen = "、".join(kinds[each] for each in self._typed("kinds") if each in kinds)
        return title or " ".join([*self._typed("held_on"), chosen]).strip() or "未命名草稿"

    def _typed(self, name) -> list[str]:
        texts = self.typed.get(name)
        return [text for text in texts if isinstance(text, str)] if isinstance(texts, list) else []
