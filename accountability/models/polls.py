import uuid

from django.db import models
from django.db.models import F, Q

from branches.models import Member, Organization, User

from ..choices import PollPurpose, PollState
from ..querysets import OrganizationRowQuerySet


class Poll(models.Model):
    """测评: who is entitled gives each subject one of `choices` (from the best to the lowest), once.

    The vote and the voter are stored apart: a `Ballot` knows no voter and no time, a `PollVoter` no choice. Each
    ballot is put in together with others that are written anew in an order of chance; closing does so with all.
    Results are shown from `LEAST_BALLOTS` of a category up.
    `most`: {choice: the most subjects of a ballot it may be given to}.
    """

    #: Fewer ballots would tell who gave them.
    LEAST_BALLOTS = 5

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="polls", verbose_name="组织单位"
    )
    purpose = models.CharField("用途", max_length=10, choices=PollPurpose.choices)
    title = models.CharField("名称", max_length=120)
    choices = models.JSONField("等次")
    categories = models.JSONField("参评人类别", default=dict, help_text="类别: 权重")
    most = models.JSONField("限额", default=dict, blank=True)
    opens_at = models.DateTimeField("开始")
    closes_at = models.DateTimeField("截止")
    state = models.CharField("状态", max_length=10, choices=PollState.choices, default=PollState.OPEN)
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="经办人")
    created_at = models.DateTimeField("登记时间")

    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "测评"
        verbose_name_plural = "测评"
        ordering = ["-opens_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="poll_closes_after_opening",
                violation_error_message="截止时间要晚于开始时间。",
            )
        ]

    def __str__(self):
        return self.title


class PollSubject(models.Model):
    """Who or what is rated in a poll."""

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="subjects", verbose_name="测评")
    number = models.PositiveSmallIntegerField("序号")
    label = models.CharField("测评对象", max_length=120)

    class Meta:
        verbose_name = "测评对象"
        verbose_name_plural = "测评对象"
        ordering = ["poll", "number"]
        constraints = [models.UniqueConstraint(fields=["poll", "number"], name="poll_subject_number_once")]

    def __str__(self):
        return self.label


class PollVoter(models.Model):
    """参评人: who may vote, and whether they have; not when, not how."""

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="voters", verbose_name="测评")
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="poll_voters", verbose_name="账号"
    )
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="党员"
    )
    category = models.CharField("类别", max_length=20, blank=True)
    has_voted = models.BooleanField("已参评", default=False)

    class Meta:
        verbose_name = "参评人"
        verbose_name_plural = "参评人"
        ordering = ["poll", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "user"], condition=Q(user__isnull=False), name="poll_voter_once"
            ),
            models.UniqueConstraint(
                fields=["poll", "member"], condition=Q(member__isnull=False), name="poll_member_votes_once"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(member__isnull=False), name="poll_voter_is_somebody"
            ),
        ]

    def __str__(self):
        return str(self.user or self.member)


class Ballot(models.Model):
    """选票 without a name and without a time: `answers` is {number of the subject: choice}."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    poll = models.ForeignKey(Poll, models.PROTECT, related_name="ballots", verbose_name="测评")
    category = models.CharField("类别", max_length=20, blank=True)
    answers = models.JSONField("评价")

    class Meta:
        verbose_name = "选票"
        verbose_name_plural = "选票"
        ordering = ["poll", "id"]

    def __str__(self):
        return str(self.pk)


class PaperCount(models.Model):
    """纸质票计票: two persons enter the counts apart from each other; they count when both say the same.

    `numbers` is {number of the subject: {choice: ballots}}.
    """

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="paper_counts", verbose_name="测评")
    category = models.CharField("类别", max_length=20, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="录入人")
    issued = models.PositiveIntegerField("发出")
    returned = models.PositiveIntegerField("收回")
    valid = models.PositiveIntegerField("有效")
    numbers = models.JSONField("计票")
    entered_at = models.DateTimeField("录入时间")

    class Meta:
        verbose_name = "纸质票计票"
        verbose_name_plural = "纸质票计票"
        ordering = ["poll", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["poll", "category", "author"], name="paper_count_once_a_person"),
            models.CheckConstraint(
                condition=Q(returned__lte=F("issued"), valid__lte=F("returned")),
                name="paper_count_adds_up",
                violation_error_message="收回不能多于发出，有效不能多于收回。",
            ),
        ]

    def __str__(self):
        return f"{self.poll} {self.author}"
