from django.db import models

from branches.models import User

from ..choices import NoticeKind


class NoticeWording(models.Model):
    """提醒文本: what a kind of notice says, with the placeholders named in `accountability.wording`; editable."""

    kind = models.CharField("类别", max_length=12, choices=NoticeKind.choices, unique=True)
    subject = models.CharField("标题", max_length=120)
    body = models.TextField("正文", max_length=1000)
    is_active = models.BooleanField("启用", default=True)
    updated_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField("修改时间", auto_now=True)

    class Meta:
        verbose_name = "提醒文本"
        verbose_name_plural = "提醒文本"
        ordering = ["kind"]

    def __str__(self):
        return self.get_kind_display()


class Notice(models.Model):
    """提醒: why, which record, and where; once per person, kind and row, taken back when the thing is done.

    `row` names what it is about ("record:17", "poll:4", "handover:4:0:261120"); `ended_at` is when there was nothing left to do.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name="收件人")
    kind = models.CharField("类别", max_length=12, choices=NoticeKind.choices)
    row = models.CharField(max_length=40)
    subject = models.CharField("标题", max_length=160)
    body = models.TextField("正文")
    link = models.CharField(max_length=200)
    due_on = models.DateField("期限", null=True, blank=True)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True, blank=True)
    mailed_at = models.DateTimeField("邮件时间", null=True, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta:
        verbose_name = "提醒"
        verbose_name_plural = "提醒"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notice_of_user"),
            models.Index(
                fields=["user"],
                condition=models.Q(read_at__isnull=True, ended_at__isnull=True),
                name="notice_unread",
            ),
            models.Index(fields=["row"], condition=models.Q(ended_at__isnull=True), name="notice_going"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "kind", "row"], name="notice_once")]

    def __str__(self):
        return self.subject

    @property
    def thing(self) -> tuple[str, int]:
        """("record", 17) of "record:17"; what follows a second colon only keeps handovers of one list apart."""
        thing, key = self.row.split(":")[:2]
        return thing, int(key)
