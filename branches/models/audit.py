from django.db import models


class AuditEntry(models.Model):
    """One line of the append-only log: 时间 用户 事件 对象 结果, as 等保 asks.

    Written inside the transaction of what it tells of, by a plain insert, so that nobody waits for anybody.
    Nothing updates or deletes a line; on PostgreSQL a trigger refuses.
    """

    at = models.DateTimeField("时间")
    username = models.CharField("用户", max_length=150, blank=True)
    appointment = models.CharField("任职", max_length=200, blank=True)
    address = models.GenericIPAddressField("来源地址", null=True, blank=True)
    event = models.CharField("事件", max_length=60)
    object_type = models.CharField("对象类别", max_length=60, blank=True)
    object_id = models.CharField("对象编号", max_length=64, blank=True)
    summary = models.CharField("摘要", max_length=300, blank=True)
    result = models.CharField("结果", max_length=20, default="成功")
    request_id = models.CharField("请求号", max_length=64, blank=True)

    class Meta:
        verbose_name = "审计记录"
        verbose_name_plural = "审计记录"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_object")]

    def __str__(self):
        return f"{self.pk} {self.event}"


class AuditLink(models.Model):
    """The chain over the log: each link holds the digest of its entry and of the link before it.

    Links are added seconds later by one task at a time, so the chain costs the writers nothing; an entry that
    commits late is simply linked late. Append-only as well.
    """

    number = models.PositiveBigIntegerField("序号", primary_key=True)
    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="link")
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "审计链"
        verbose_name_plural = "审计链"
        ordering = ["number"]

    def __str__(self):
        return f"{self.number} {self.digest[:8]}"
