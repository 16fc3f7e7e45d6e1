import uuid

from django.db import models

from ..choices import TaskState
from .organizations import Organization


class ImportJob(models.Model):
    """A spreadsheet on its way in: stored, previewed row by row, applied only on request."""

    class Kind(models.TextChoices):
        ORGANIZATIONS = "ORGANIZATIONS", "党组织"
        ROSTER = "ROSTER", "党员名册"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("类别", max_length=16, choices=Kind.choices)
    scope = models.ForeignKey(Organization, models.PROTECT, null=True, blank=True, related_name="+")
    author = models.ForeignKey("branches.User", models.PROTECT, null=True, blank=True, related_name="+")
    file = models.FileField("文件", upload_to="imports/%Y/%m/")
    file_name = models.CharField("文件名", max_length=200)
    state = models.CharField("状态", max_length=8, choices=TaskState.choices, default=TaskState.WAITING)
    progress = models.PositiveSmallIntegerField("进度", default=0, help_text="0 至 100")
    message = models.CharField("说明", max_length=300, blank=True)
    preview = models.JSONField("预览", default=dict, blank=True)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    applied_at = models.DateTimeField("导入时间", null=True, blank=True)

    class Meta:
        verbose_name = "导入"
        verbose_name_plural = "导入"
        ordering = ["-created_at"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.file_name}"
