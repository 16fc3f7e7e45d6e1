"""What the pages of issuing show: whom it would reach and what it adds; what has become of a batch."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q

from accountability.burden import Burden, burden_of
from accountability.choices import IssueReach, ListStatus
from accountability.models import DutyList, DutyRecord, DutyTemplate, IssueBatch
from accountability.querysets import targets_of, without_list
from accountability.windows import terms
from branches.choices import Level, TaskState
from branches.models import Organization
from branches.paging import Slice, slice_after

#: Units whose present burden is looked at; more would say the same and take long.
SAMPLED = 200
NAMED = 5
BATCHES_SHOWN = 30


@dataclass(frozen=True)
class IssuePreview:
    """What issuing would do: whom it reaches, what it opens, and what it adds to what they already bear."""

    levels: list[tuple[str, int]]
    matching: int
    new: int
    records_each: int
    added: Burden
    borne: float
    sample: list[str]

    @property
    def already(self) -> int:
        return self.matching - self.new

    @property
    def records(self) -> int:
        return self.new * self.records_each

    @property
    def is_sampled(self) -> bool:
        return self.matching > SAMPLED


def issue_preview(
    template: DutyTemplate, scope: Organization, reach: str, today: date, filters: dict | None = None
) -> IssuePreview:
    """Five queries, whatever the size of the subtree; `reach` and `filters` as in `querysets.targets_of`."""
    items = list(template.items.all())
    rows = targets_of(template, scope, reach, today, filters)
    new = without_list(rows, template)
    level = "organization__level" if template.posts else "level"
    levels = [
        (Level(number).label, count)
        for number, count in new.order_by()
        .values(stood=F(level))
        .annotate(number=Count("pk"))
        .order_by("stood")
        .values_list("stood", "number")
    ]
    matching = rows.count()
    units = rows.order_by("pk").values("organization" if template.posts else "pk")[:SAMPLED]
    opened = (
        DutyRecord.objects.in_force()
        .filter(organization__in=units, duty__duty_list__year=template.year)
        .aggregate(records=Count("pk"), units=Count("organization", distinct=True))
    )
    return IssuePreview(
        levels=levels,
        matching=matching,
        new=sum(count for _, count in levels),
        records_each=sum(
            len(terms(item.interval, template.year, today, item.sunset_on, item.deadline))
            for item in items
            if not item.is_negative
        ),
        added=burden_of(items),
        borne=opened["records"] / opened["units"] / 12 if opened["units"] else 0,
        sample=[label_of(row) for row in _along(new, template).order_by("pk")[:NAMED]],
    )


def issue_targets(
    template: DutyTemplate, scope: Organization, reach: str, today: date, filters: dict, after: str
) -> Slice:
    """One page of the units or officers that have no list yet, to tick some of them."""
    rows = without_list(targets_of(template, scope, reach, today, filters), template)
    if template.posts:
        return slice_after(_along(rows, template), "pk", after if after.isdecimal() else "")
    return slice_after(rows.select_related("parent"), "path", after)


def label_of(row) -> str:
    """A unit by its name, an officer with post and unit."""
    return row.name if isinstance(row, Organization) else str(row)


def _along(rows, template):
    return rows.select_related("organization", "user") if template.posts else rows


@dataclass(frozen=True)
class BatchLine:
    """A batch as a list shows it."""

    batch: IssueBatch
    label: str
    tone: str

    @property
    def percent(self) -> int:
        return 100 * self.batch.done // self.batch.total if self.batch.total else 100

    @property
    def words(self) -> str:
        """How far it is: 正在下发 400/10000份."""
        return f"{self.label} {self.batch.done}/{self.batch.total}份"


def batch_line(batch: IssueBatch) -> BatchLine:
    """Where a batch stands, in a word and a tone."""
    back = batch.withdrawn_at is not None
    match batch.state:
        case TaskState.FAILED:
            return BatchLine(batch, "没有撤完" if back else "没有下发完", "late")
        case TaskState.DONE:
            return BatchLine(batch, "已撤回" if back else "已下发", "plain" if back else "done")
        case TaskState.WAITING:
            return BatchLine(batch, "等待撤回" if back else "等待下发", "plain")
    return BatchLine(batch, "正在撤回" if back else "正在下发", "note")


def reach_words(batch: IssueBatch) -> str:
    """Whom it was meant for: 望川县委及以下."""
    return {
        IssueReach.OWN: f"{batch.organization}",
        IssueReach.CHILDREN: f"{batch.organization}的直接下级",
        IssueReach.SUBTREE: f"{batch.organization}及以下",
    }[IssueReach(batch.reach)]


def batch_lines(organization: Organization) -> list[BatchLine]:
    """The latest batches whose scope lies in a subtree. One query."""
    batches = IssueBatch.objects.in_subtree(organization).select_related(
        "template", "deployment", "organization", "author"
    )
    return [batch_line(each) for each in batches.order_by("-created_at")[:BATCHES_SHOWN]]


@dataclass(frozen=True)
class Tab:
    """One state of the lists: its word in the address, its label, how many."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class BatchPage:
    """What a batch made: how many of its lists are signed, and one page of those of one state."""

    line: BatchLine
    tabs: list[Tab]
    status: str
    lists: list[DutyList]
    after: str | None


def batch_page(batch: IssueBatch, status: str, after: str) -> BatchPage:
    """Three queries; `status` is a value of `ListStatus` or empty."""
    batch = IssueBatch.objects.select_related(
        "template",
        "deployment",
        "organization",
        "author",
        "appointment__organization",
        "withdrawn_by__user",
    ).get(pk=batch.pk)
    made = DutyList.objects.filter(batch=batch)
    counts = made.aggregate(
        **{each.value: Count("pk", filter=Q(status=each)) for each in ListStatus}, every=Count("pk")
    )
    tabs = [
        Tab("", "全部", counts["every"]),
        Tab(ListStatus.ISSUED, "未签收", counts[ListStatus.ISSUED]),
        Tab(ListStatus.SIGNED, "已签收", counts[ListStatus.SIGNED]),
        Tab(ListStatus.WITHDRAWN, "已撤回", counts[ListStatus.WITHDRAWN]),
    ]
    status = status if status in ListStatus.values else ""
    if status:
        made = made.filter(status=status)
    page = slice_after(
        made.select_related("organization__parent", "appointment__user", "signed_by"),
        "pk",
        after if after.isdecimal() else "",
    )
    return BatchPage(batch_line(batch), tabs, status, page.rows, page.after)
