import uuid

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from branches.choices import TaskState
from branches.models import Appointment, Organization, User

from ..choices import DeploymentKind, DeploymentState, IssueReach
from ..querysets import OrganizationRowQuerySet


class Deployment(models.Model):
    """部署: a document, a theme or a campaign that a committee hands down; `organization` is the committee.

    Its duties hang on `DutyList.deployment`: one list for the committee itself, whose duties are the roots, and one
    for every unit or officer they were decomposed to, as far down as it went. A direct one (`is_direct`) is decomposed
    down to the last branch by the committee itself.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="deployments", verbose_name="部署单位"
    )
    title = models.CharField("名称", max_length=120)
    number = models.CharField("文号", max_length=60, blank=True)
    kind = models.CharField("类别", max_length=10, choices=DeploymentKind.choices)
    theme = models.CharField("主题", max_length=60, blank=True)
    source = models.CharField("依据", max_length=200)
    issued_on = models.DateField("部署日期")
    due_on = models.DateField("总期限")
    state = models.CharField(
        "状态", max_length=10, choices=DeploymentState.choices, default=DeploymentState.ISSUED
    )
    is_direct = models.BooleanField("直达末级", default=False)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="经办人")
    created_at = models.DateTimeField("登记时间")

    history = HistoricalRecords()
    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "部署"
        verbose_name_plural = "部署"
        ordering = ["-issued_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__gte=models.F("issued_on")),
                name="deployment_due_after_issue",
                violation_error_message="总期限不能早于部署日期。",
            )
        ]

    def __str__(self):
        return self.title


class IssueBatch(models.Model):
    """下发批次: one press of the button for a filtered set of units, worked off in steps that can be repeated.

    `filters` are those of the page (kind, level, sector, chain, unit: words of a name; chosen: keys of the units or
    officers that were ticked); a template or a deployment is what is handed down. The lists it made point back to it,
    so that it can be withdrawn as one: `withdrawn_at` is when that was asked for, `total` and `done` then count what
    is taken back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.ForeignKey(
        "accountability.DutyTemplate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="batches",
        verbose_name="模板",
    )
    deployment = models.ForeignKey(
        Deployment, models.PROTECT, null=True, blank=True, related_name="batches", verbose_name="部署"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="issue_batches", verbose_name="下发范围"
    )
    reach = models.CharField("到哪一级", max_length=8, choices=IssueReach.choices)
    filters = models.JSONField("筛选", default=dict, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="下发人")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="+", verbose_name="任职")
    issued_on = models.DateField("下发日期")
    state = models.CharField("状态", max_length=8, choices=TaskState.choices, default=TaskState.WAITING)
    total = models.PositiveIntegerField("应下发", default=0)
    done = models.PositiveIntegerField("已下发", default=0)
    message = models.CharField("说明", max_length=300, blank=True)
    created_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="撤回人"
    )
    withdraw_reason = models.CharField("撤回原因", max_length=100, blank=True)

    objects = OrganizationRowQuerySet.as_manager()

    class Meta:
        verbose_name = "下发批次"
        verbose_name_plural = "下发批次"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(template__isnull=False, deployment__isnull=True)
                | Q(template__isnull=True, deployment__isnull=False),
                name="issue_batch_hands_down_one_thing",
            )
        ]

    def __str__(self):
        return str(self.template or self.deployment)

    @property
    def is_busy(self) -> bool:
        return self.state in (TaskState.WAITING, TaskState.RUNNING)
