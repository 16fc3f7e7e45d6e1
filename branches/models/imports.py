import uuid

from django.db import models

from ..choices import ImportKind, ImportStep, RowState, TaskState
from ..querysets.imports import ImportJobQuerySet
from .organizations import Organization


class ImportJob(models.Model):
    """A spreadsheet on its way in: stored encrypted, previewed row by row, applied only on request.

    `organization` is the subtree the rows must lie in; `counts` holds the numbers of the preview and of the result.
    The file is erased once it is applied or given up.
    """

    Kind = ImportKind

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("类别", max_length=16, choices=ImportKind.choices)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="导入范围")
    author = models.ForeignKey("branches.User", models.PROTECT, related_name="+", verbose_name="经办人")
    appointment = models.ForeignKey(
        "branches.Appointment", models.PROTECT, related_name="+", verbose_name="任职"
    )
    file = models.FileField("文件", upload_to="imports/%Y/%m/", blank=True)
    file_name = models.CharField("文件名", max_length=200)
    step = models.CharField("步骤", max_length=8, choices=ImportStep.choices, default=ImportStep.CHECK)
    state = models.CharField("状态", max_length=8, choices=TaskState.choices, default=TaskState.WAITING)
    message = models.CharField("说明", max_length=300, blank=True)
    counts = models.JSONField("计数", default=dict, blank=True)
    partial = models.BooleanField("仅导入正确的行", default=False)
    accepts_corrections = models.BooleanField("采用自动更正", default=False)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    checked_at = models.DateTimeField("检查时间", null=True, blank=True)
    applied_at = models.DateTimeField("导入时间", null=True, blank=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = "导入"
        verbose_name_plural = "导入"
        ordering = ["-created_at"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.file_name}"

    @property
    def is_busy(self) -> bool:
        return self.state in (TaskState.WAITING, TaskState.RUNNING)

    @property
    def can_be_applied(self) -> bool:
        return self.step == ImportStep.CHECK and self.state == TaskState.DONE and bool(self.file)


class PreviewPage(models.Model):
    """Some rows of a preview, all in one state, as a page shows them: forty thousand rows are eight hundred of these.

    `rows` holds dictionaries of number, label, place, changes [[heading, before, after], …] and problems
    (`imports.problems.Problem.as_dict`); nothing in them holds a full id number.
    """

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="pages")
    state = models.CharField("结果", max_length=9, choices=[*RowState.choices, ("WARNED", "有提醒")])
    number = models.PositiveIntegerField("页", help_text="自 1 起")
    rows = models.JSONField("行", default=list)

    class Meta:
        verbose_name = "导入预览"
        verbose_name_plural = "导入预览"
        ordering = ["job", "state", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "state", "number"], name="preview_page_once")]

    def __str__(self):
        return f"{self.job_id} {self.get_state_display()} {self.number}"
