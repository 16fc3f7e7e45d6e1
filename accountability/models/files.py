from django.db import models

from branches.models import Organization, User

from ..querysets import OrganizationRowQuerySet


class StoredFile(models.Model):
    """A file stored outside the web root under its SHA-256, versioned, served through the door.

    A newer file of the same name replaces the older one, which stays readable: `replaced_by` names it.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    file = models.FileField("文件", upload_to="evidence/%Y/%m/")
    file_name = models.CharField("文件名", max_length=200)
    version = models.PositiveIntegerField("版次", default=1)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("大小（字节）")
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间")
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    removed_at = models.DateTimeField("移除时间", null=True, blank=True)
    removed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="移除人"
    )

    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["file_name", "-version"]

    def __str__(self):
        return self.file_name
