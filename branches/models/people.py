from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from ..choices import Gender, MemberCategory, Post, Standing, VotingRight
from ..fields import EncryptedCharField
from ..identity import mask, mask_phone
from ..querysets.people import AppointmentQuerySet, MemberQuerySet, MembershipQuerySet
from .organizations import Organization


class Member(models.Model):
    """党员. Where a member belongs, and since when, is in `Membership`; `organization` is where that is today."""

    name = models.CharField("姓名", max_length=60)
    pinyin = models.CharField("拼音", max_length=200, blank=True, db_index=True)
    initials = models.CharField("拼音首字母", max_length=30, blank=True, db_index=True)
    id_number = EncryptedCharField("公民身份证号", blank=True)
    id_number_index = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    gender = models.CharField("性别", max_length=6, choices=Gender.choices, blank=True)
    ethnicity = models.CharField("民族", max_length=20, blank=True)
    born_on = models.DateField("出生日期", null=True, blank=True)
    education = models.CharField("学历", max_length=30, blank=True)
    category = models.CharField(
        "人员类别", max_length=12, choices=MemberCategory.choices, default=MemberCategory.FULL
    )
    joined_on = models.DateField("加入党组织日期", null=True, blank=True)
    full_on = models.DateField("转为正式党员日期", null=True, blank=True)
    occupation = models.CharField("工作岗位", max_length=60, blank=True)
    mobile = models.CharField("手机号", max_length=20, blank=True)
    landline = models.CharField("固定电话", max_length=20, blank=True)
    address = models.CharField("家庭住址", max_length=200, blank=True)
    standing = models.CharField("党籍状态", max_length=10, choices=Standing.choices, default=Standing.NORMAL)
    voting_right = models.CharField(
        "表决权", max_length=10, choices=VotingRight.choices, default=VotingRight.FULL
    )
    is_lost = models.BooleanField("是否为失联党员", default=False)
    lost_on = models.DateField("失去联系日期", null=True, blank=True)
    is_floating = models.BooleanField("是否为流动党员", default=False)
    floating_to = models.CharField("外出流向", max_length=200, blank=True)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="members", verbose_name="所在党支部"
    )

    history = HistoricalRecords(excluded_fields=["id_number", "id_number_index", "pinyin", "initials"])
    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = "党员"
        verbose_name_plural = "党员"
        ordering = ["organization", "pk"]

    def __str__(self):
        return self.name

    @property
    def masked_id_number(self) -> str:
        return mask(self.id_number or "")

    @property
    def masked_mobile(self) -> str:
        return mask_phone(self.mobile)


class Membership(models.Model):
    """A stretch [starts_on, ends_on) during which a member belongs to a branch, and to one of its groups if any.

    `starts_on` null means "since before records begin".
    """

    member = models.ForeignKey(Member, models.PROTECT, related_name="memberships", verbose_name="党员")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="memberships", verbose_name="党支部"
    )
    group = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="group_memberships",
        verbose_name="党小组",
    )
    starts_on = models.DateField("起始日期", null=True, blank=True)
    ends_on = models.DateField("终止日期", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "组织关系"
        verbose_name_plural = "组织关系"
        ordering = ["member", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(ends_on__isnull=True),
                name="membership_one_current",
                violation_error_message="同一党员同时只能隶属一个党支部。",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="membership_ends_after_start",
                violation_error_message="终止日期不能早于起始日期。",
            ),
        ]

    def __str__(self):
        return f"{self.member}@{self.organization}"


class User(AbstractUser):
    """Account 账号; what it may do follows from its current appointments, never from itself."""

    first_name = None
    last_name = None
    name = models.CharField("姓名", max_length=60)
    member = models.OneToOneField(
        Member, models.PROTECT, null=True, blank=True, related_name="user", verbose_name="对应党员"
    )
    must_change_password = models.BooleanField("下次登录须改密码", default=False)
    wants_mail = models.BooleanField("接收提醒邮件", default=True, help_text="每个工作日最多一封")

    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = "账号"
        verbose_name_plural = "账号"

    def __str__(self):
        return self.name or self.username

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name


class Appointment(models.Model):
    """任职: a post at an organisation during [starts_on, ends_on). Power flows from here down the tree."""

    user = models.ForeignKey(User, models.PROTECT, related_name="appointments", verbose_name="任职人")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="appointments", verbose_name="党组织"
    )
    post = models.CharField("职务", max_length=24, choices=Post.choices)
    starts_on = models.DateField("任职日期")
    ends_on = models.DateField("免职日期", null=True, blank=True)
    in_charge_of = models.CharField("分管工作", max_length=200, blank=True)

    history = HistoricalRecords()
    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = "任职"
        verbose_name_plural = "任职"
        ordering = ["organization", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="appointment_ends_after_start",
                violation_error_message="免职日期不能早于任职日期。",
            ),
            models.UniqueConstraint(
                fields=["user", "organization", "post"],
                condition=Q(ends_on__isnull=True),
                name="appointment_once_at_a_time",
                violation_error_message="此人已在该组织担任同一职务。",
            ),
        ]

    def __str__(self):
        return f"{self.organization}{self.get_post_display()} {self.user}"
