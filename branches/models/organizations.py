from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords
from treebeard.mp_tree import MP_Node

from ..choices import BRANCH_KINDS, COMMITTEE_KINDS, Chain, EventKind, Level, OrganizationKind, Sector
from ..querysets.organizations import OrganizationManager


class Organization(MP_Node):
    """党组织: a node of the tree as it stands today; how it stood before is in `Placement`.

    `parent` repeats what `path` says so that sums fold upward by a plain join; only `actions.organizations`
    and the importer write either, always together.
    """

    code = models.CharField("组织编码", max_length=64, unique=True)
    name = models.CharField("组织全称", max_length=200)
    short_name = models.CharField("简称", max_length=60)
    pinyin = models.CharField("拼音", max_length=400, blank=True, db_index=True)
    initials = models.CharField("拼音首字母", max_length=100, blank=True, db_index=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级党组织"
    )
    kind = models.CharField("组织类别", max_length=24, choices=OrganizationKind.choices)
    level = models.PositiveSmallIntegerField("层级", choices=Level.choices)
    chain = models.CharField("责任链条", max_length=8, choices=Chain.choices, default=Chain.LOCAL)
    sector = models.CharField("领域", max_length=20, choices=Sector.choices, default=Sector.OTHER)
    has_committee = models.BooleanField("设有支委会", default=False)
    unit_name = models.CharField("所在单位", max_length=200, blank=True)
    founded_on = models.DateField("成立日期", null=True, blank=True)
    dissolved_on = models.DateField("撤销日期", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="absorbed", verbose_name="并入"
    )
    term_started_on = models.DateField("本届起始日期", null=True, blank=True)
    election_due_on = models.DateField("届满日期", null=True, blank=True, help_text="换届应在此日前完成")

    history = HistoricalRecords(excluded_fields=["path", "depth", "numchild"])
    objects = OrganizationManager()

    class Meta:
        verbose_name = "党组织"
        verbose_name_plural = "党组织"
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                condition=Q(dissolved_on__isnull=True)
                | Q(founded_on__isnull=True)
                | Q(dissolved_on__gte=F("founded_on")),
                name="organization_dissolved_after_founded",
                violation_error_message="撤销日期不能早于成立日期。",
            ),
        ]

    def __str__(self):
        return self.short_name

    @property
    def is_branch(self) -> bool:
        return self.kind in BRANCH_KINDS

    @property
    def is_committee(self) -> bool:
        return self.kind in COMMITTEE_KINDS

    @property
    def is_group(self) -> bool:
        return self.kind == OrganizationKind.GROUP


class OrganizationEvent(models.Model):
    """What happened to an organisation on a day: the dated story of the tree."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="events", verbose_name="党组织"
    )
    kind = models.CharField("事项", max_length=12, choices=EventKind.choices)
    happened_on = models.DateField("生效日期")
    from_parent = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="原上级"
    )
    to_organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="现上级或并入单位"
    )
    reason = models.CharField("原因", max_length=300, blank=True)
    author = models.ForeignKey(
        "branches.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办人"
    )
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = "组织变动"
        verbose_name_plural = "组织变动"
        ordering = ["happened_on", "pk"]

    def __str__(self):
        return f"{self.happened_on} {self.organization} {self.get_kind_display()}"


class Placement(models.Model):
    """How an organisation stood during a past stretch [starts_on, ends_on); the present stretch is on the organisation.

    A row exists only where something that a period is judged by has changed: most organisations have none.
    `starts_on` null means "since its founding".
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="placements")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField()
    parent = models.ForeignKey(Organization, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=24, choices=OrganizationKind.choices)
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    chain = models.CharField(max_length=8, choices=Chain.choices)
    sector = models.CharField(max_length=20, choices=Sector.choices)
    has_committee = models.BooleanField()

    class Meta:
        verbose_name = "历史隶属"
        verbose_name_plural = "历史隶属"
        ordering = ["organization", "ends_on"]
        indexes = [models.Index(fields=["ends_on", "organization"], name="placement_ends_on")]
        constraints = [
            models.UniqueConstraint(fields=["organization", "ends_on"], name="placement_one_end"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="placement_has_length",
            ),
        ]

    def __str__(self):
        return f"{self.organization_id} 至 {self.ends_on}"
