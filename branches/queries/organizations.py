"""What the pages of the organisation tree show."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from branches.access import Actor, Right
from branches.choices import COMMITTEE_POSTS, MemberCategory, OrganizationKind, Post, Standing
from branches.models import Appointment, Member, Membership, Organization, OrganizationEvent
from branches.norms import structure_warnings, term_problem
from branches.paging import Slice, capped_count, slice_after
from branches.periods import Period
from branches.votes import Problem

#: Kinds whose size is judged by the members below them; small ones, so that counting below them is cheap.
_JUDGED_BY_SIZE = (OrganizationKind.GENERAL_BRANCH, OrganizationKind.OFFICE_COMMITTEE)
_ORDER = {post: number for number, post in enumerate(Post)}


@dataclass(frozen=True)
class OrganizationPage:
    organization: Organization
    officers: list[Appointment]
    others: list[Appointment]
    term: Problem | None
    warnings: list[Problem]
    members: int
    probationary: int
    groups: list[Organization]
    children: Slice
    events: list[OrganizationEvent]


def organization_page(organization: Organization, actor: Actor) -> OrganizationPage:
    """Everything the page of one organisation shows, in a constant number of queries."""
    today = actor.today
    serving = sorted(
        Appointment.objects.on(today).filter(organization=organization).select_related("user__member"),
        key=lambda each: (_ORDER[each.post], each.starts_on),
    )
    officers = [each for each in serving if each.post in COMMITTEE_POSTS]
    people = (
        Member.objects.in_subtree(organization)
        if organization.kind in _JUDGED_BY_SIZE
        else Member.objects.filter(organization=organization)
    )
    if organization.is_group:
        people = Member.objects.filter(
            pk__in=Membership.objects.on(today).filter(group=organization).values("member")
        )
    sizes = people.in_standing().aggregate(
        members=Count("pk"), probationary=Count("pk", filter=Q(category=MemberCategory.PROBATIONARY))
    )
    groups = (
        list(
            organization.children.filter(kind=OrganizationKind.GROUP)
            .active_on(today)
            .annotate(
                size=Count(
                    "group_memberships",
                    filter=Q(group_memberships__ends_on__isnull=True, group_memberships__starts_on__lte=today)
                    | Q(group_memberships__ends_on__isnull=True, group_memberships__starts_on__isnull=True),
                )
            )
            .order_by("path")
        )
        if organization.is_branch
        else []
    )
    ended = organization.dissolved_on is not None
    return OrganizationPage(
        organization=organization,
        officers=officers,
        others=[each for each in serving if each not in officers and each.post != Post.MEMBER],
        term=term_problem(organization.election_due_on, today)
        if organization.election_due_on and not ended
        else None,
        warnings=[] if ended else _warnings(organization, serving, officers, **sizes),
        groups=groups,
        children=Slice([], None) if organization.is_branch else children_of(organization, today, size=20),
        events=list(
            OrganizationEvent.objects.filter(Q(organization=organization) | Q(to_organization=organization))
            .select_related("organization", "from_parent", "to_organization", "author")
            .order_by("-happened_on", "-pk")[:20]
        ),
        **sizes,
    )


def children_of(
    node: Organization, today: date, *, after: str = "", size: int = 50, ended: bool = False
) -> Slice:
    """One page of the children of `node` in the order of the tree, each with `has_children`; walked by path."""
    standing = Q(dissolved_on__isnull=True) | Q(dissolved_on__gt=today)
    rows = Organization.objects.filter(parent=node)
    below = Organization.objects.filter(parent=OuterRef("pk"))
    if not ended:
        rows, below = rows.filter(standing), below.filter(standing)
    return slice_after(rows.annotate(has_children=Exists(below)), "path", after, size)


def search_organizations(actor: Actor, text: str, *, node: Organization | None = None, limit: int = 20):
    """The organisations the actor may see whose name, code or pinyin fits; nothing for an empty text."""
    if not text.strip() or actor.organization is None:
        return []
    today = actor.today
    rows = Organization.objects.filter(actor.within(Right.VIEW, node, "")).named(text).active_on(today)
    # In the order of the tree: both databases stop reading at the limit.
    return list(rows.select_related("parent").order_by("path")[:limit])


@dataclass(frozen=True)
class Affected:
    """What a change of the tree touches: shown before it is confirmed."""

    organizations: str
    members: str
    appointments: str
    waiting: list[tuple[str, int]] = field(default_factory=list)
    months: int = 0

    @property
    def lines(self) -> list[str]:
        found = [
            f"其下共 {self.organizations} 个党组织、{self.members} 名党员、{self.appointments} 项现任职务。"
        ]
        found += [
            f"未办结的{label}：{count} 项，随组织一并转由新的上级审核。" for label, count in self.waiting
        ]
        if self.months:
            found.append(f"生效日期至今的 {self.months} 个月将按变动后的隶属重新计算；已封存的月份不变。")
        return found


def affected_by(organization: Organization, effective_on: date, today: date) -> Affected:
    """Count what hangs on an organisation and on everything below it."""
    below = Organization.objects.below(organization).active_on(today)
    months, month = 0, Period.month_of(effective_on)
    while month.starts_on <= today:
        months, month = months + 1, month.next()
    return Affected(
        organizations=str(capped_count(below)),
        members=str(capped_count(Member.objects.in_subtree(organization).exclude(standing__in=GONE))),
        appointments=str(capped_count(Appointment.objects.on(today).in_subtree(organization))),
        waiting=waiting_below(organization),
        months=months,
    )


#: Standings of those who are no longer members.
GONE = (Standing.LEFT, Standing.DECEASED)


def waiting_below(organization: Organization) -> list[tuple[str, int]]:
    """What waits for somebody in the subtree, by kind of record: (label, count), without the empty ones.

    Asks every kind of record that belongs to an organisation and knows what is unfinished or waiting; higher
    floors take part by having such a queryset.
    """
    found = []
    for relation in Organization._meta.related_objects:
        rows = relation.related_model._default_manager.all()
        if relation.field.name != "organization" or not hasattr(rows, "in_subtree"):
            continue
        for verb in ("unfinished", "waiting"):
            if hasattr(rows, verb):
                count = getattr(rows, verb)().in_subtree(organization).count()
                if count:
                    found.append((str(relation.related_model._meta.verbose_name), count))
                break
    return found


def _warnings(organization, serving, officers, *, members, probationary) -> list[Problem]:
    return structure_warnings(
        organization.kind,
        members - probationary,
        members,
        len({each.user_id for each in officers}),
        has_secretary=any(each.post in (Post.SECRETARY, Post.DISCIPLINE_SECRETARY) for each in serving),
        has_leader=any(each.post == Post.GROUP_LEADER for each in serving),
        units=2,
    )
