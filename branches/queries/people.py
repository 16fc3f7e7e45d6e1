"""What the pages of members, groups and appointments show."""

from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from branches.access import Actor, Right
from branches.models import Appointment, Member, Membership, Organization, User
from branches.periods import add_months
from branches.queries.organizations import GONE
from branches.querysets.organizations import MOST_LETTERS


def member_rows(organization: Organization, actor: Actor) -> QuerySet:
    """The members the actor may see at or below the organisation, each with `group_name`."""
    if organization.is_group:
        inside = Q(
            pk__in=Membership.objects.filter(group=organization, ends_on__isnull=True).values("member")
        )
    else:
        inside = actor.within(Right.VIEW_MEMBERS, organization)
    group = Membership.objects.filter(member=OuterRef("pk"), ends_on__isnull=True).values(
        "group__short_name"
    )[:1]
    return (
        Member.objects.filter(inside)
        .select_related("organization")
        .annotate(group_name=Subquery(group))
        .order_by("organization__path", "pk")
    )


@dataclass(frozen=True)
class MemberPage:
    member: Member
    memberships: list[Membership]
    appointments: list[Appointment]
    warnings: list[str]


def member_page(member: Member, actor: Actor) -> MemberPage:
    """One member: where they belonged since when, what they hold, what the rules say about being out of touch."""
    return MemberPage(
        member=member,
        memberships=list(
            member.memberships.select_related("organization", "group").order_by(
                F("starts_on").asc(nulls_first=True), "pk"
            )
        ),
        appointments=list(
            Appointment.objects.filter(user__member=member)
            .select_related("organization", "user")
            .order_by("-starts_on")
        ),
        warnings=_warnings(member, actor.today),
    )


@dataclass(frozen=True)
class GroupPage:
    groups: list[Organization]
    members: list[Member]


def group_page(branch: Organization, today) -> GroupPage:
    """The groups of a branch and all its members, each with `group_id` and `group_name`."""
    current = Membership.objects.filter(member=OuterRef("pk"), ends_on__isnull=True)
    return GroupPage(
        groups=list(branch.children.groups().active_on(today).order_by("path")),
        members=list(
            Member.objects.filter(organization=branch)
            .exclude(standing__in=GONE)
            .annotate(
                group_id=Subquery(current.values("group")[:1]),
                group_name=Subquery(current.values("group__short_name")[:1]),
            )
            .order_by("group_id", "pinyin", "pk")
        ),
    )


@dataclass(frozen=True)
class AppointmentPage:
    current: list[Appointment]
    former: list[Appointment]


def appointment_page(organization: Organization, today) -> AppointmentPage:
    """Who serves at an organisation, who will, and who did last."""
    rows = organization.appointments.select_related("user", "organization")
    return AppointmentPage(
        current=list(rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today)).order_by("starts_on", "pk")),
        former=list(rows.filter(ends_on__lte=today).order_by("-ends_on", "-pk")[:30]),
    )


def find_accounts(text: str, limit: int = 20) -> list[User]:
    """The open accounts whose name contains, or whose login begins with `text`; each with its current posts."""
    text = text.strip()[:MOST_LETTERS]
    if not text:
        return []
    return list(
        User.objects.filter(Q(name__contains=text) | Q(username__startswith=text.lower()), is_active=True)
        .select_related("member__organization")
        .order_by("name", "pk")[:limit]
    )


def account_rows(actor: Actor, text: str = "") -> QuerySet:
    """The accounts whose posts lie where the actor keeps accounts, or that hold none."""
    held = Appointment.objects.on(actor.today).filter(user=OuterRef("pk"))
    inside = held.filter(actor.within(Right.MANAGE_ACCOUNTS))
    rows = User.objects.annotate(
        has_post=Subquery(held.values("pk")[:1]), has_post_inside=Subquery(inside.values("pk")[:1])
    ).filter(Q(has_post__isnull=True) | Q(has_post_inside__isnull=False))
    if text := text.strip()[:MOST_LETTERS]:
        rows = rows.filter(Q(name__contains=text) | Q(username__startswith=text.lower()))
    return rows.order_by("username")


def _warnings(member: Member, today) -> list[str]:
    """失联 warned of at 3, 5 and 6 months; the program never decides."""
    if not member.is_lost or member.lost_on is None:
        return []
    for months, words in (
        (6, "已满六个月：按规定应研究停止党籍，请支部核实后报上级党组织决定"),
        (5, "将满六个月，请抓紧查找并做好记录"),
        (3, "已满三个月，请继续查找并做好记录"),
    ):
        if add_months(member.lost_on, months) <= today:
            return [f"自 {member.lost_on:%Y年%m月%d日} 失去联系，{words}。"]
    return []
