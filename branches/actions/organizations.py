"""Found and change organisations; how they move, merge and end is in `reshaping`."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from branches.access import Right
from branches.actions.audit import record_event
from branches.actions.history import check_version, save_with_trail
from branches.actions.placements import check_day, close_stretches
from branches.actions.refresh import mark_months_dirty
from branches.actions.tree import lock_organization, plant, search_keys
from branches.choices import Chain, EventKind, Level, OrganizationKind
from branches.hierarchy import chain_under, level_under, same_family, standing_problem
from branches.models import Organization, OrganizationEvent
from branches.norms import term_ends_on
from branches.querysets.organizations import JUDGED

#: What `change_organization` takes.
CHANGEABLE = (
    "name",
    "short_name",
    "kind",
    "level",
    "sector",
    "has_committee",
    "unit_name",
    "term_started_on",
    "election_due_on",
)


def require_structure(actor, organization: Organization, kind: str = "") -> None:
    """Raise PermissionDenied unless `actor` may shape the tree there; whoever keeps a branch's members forms its
    groups. `actor` None is the shell or a task."""
    if actor is None or actor.may(Right.MANAGE_ORGANIZATIONS, organization):
        return
    if kind == OrganizationKind.GROUP and actor.may(Right.MANAGE_MEMBERS, organization):
        return
    raise PermissionDenied(f"您当前的任职没有“{Right.MANAGE_ORGANIZATIONS.value}”的权限。")


def next_code(parent: Organization) -> str:
    """A free code for a new child of `parent`: its own code and the next number."""
    number = Organization.objects.filter(parent=parent).count() + 1
    while Organization.objects.filter(code=f"{parent.code}{number:02d}").exists():
        number += 1
    return f"{parent.code}{number:02d}"


@transaction.atomic
def create_organization(
    *,
    actor,
    now,
    parent: Organization | None,
    name: str,
    kind: str,
    founded_on: date,
    short_name: str = "",
    code: str = "",
    level: int | None = None,
    chain: str | None = None,
    reason: str = "",
    **facts,
) -> Organization:
    """Found an organisation below `parent` (None: at the top, by the shell alone) and return it.

    Level and chain follow from kind and parent unless given; `facts` are further fields (sector, has_committee,
    unit_name, term_started_on, election_due_on). ValidationError when it cannot stand there.
    """
    if parent is not None:
        parent = lock_organization(parent.pk)
        require_structure(actor, parent, kind)
        if parent.dissolved_on is not None:
            raise ValidationError(f"“{parent}”已撤销，不能在其下设立组织。")
    elif actor is not None:
        raise PermissionDenied("最上一级党组织由系统部署时设立。")
    today = timezone.localdate(now)
    if founded_on > today:
        raise ValidationError("成立日期不能晚于今天。")
    organization = Organization(
        code=code or (next_code(parent) if parent else ""),
        name=name,
        short_name=short_name or name[:60],
        kind=kind,
        level=level
        or level_under(kind, parent.level if parent else None, parent_kind=parent.kind if parent else ""),
        chain=chain or chain_under(kind, parent.chain if parent else Chain.LOCAL),
        founded_on=founded_on,
        **facts,
    )
    if "sector" not in facts and parent is not None:
        organization.sector = parent.sector
    _fill_term(organization)
    check_standing(organization, parent)
    organization.full_clean(exclude=["path", "depth", "numchild", "parent"])
    organization._history_user = actor.user if actor else None
    organization._history_date = now
    organization._change_reason = reason[:100]
    plant(organization, parent)
    record_change(organization, EventKind.FOUNDED, actor, founded_on, reason, to=parent)
    mark_months_dirty(organizations=[organization], since=founded_on, until=today)
    record_event(actor=actor, event="设立党组织", row=organization, summary=organization.name, at=now)
    return organization


@transaction.atomic
def change_organization(
    *,
    actor,
    now,
    organization: Organization,
    effective_on: date,
    reason: str,
    seen: int | None = None,
    **changes,
) -> Organization:
    """Change facts of an organisation (`CHANGEABLE`) from `effective_on` on and return it.

    `seen` is the version that was shown (`history.version_of`). What a period is judged by is kept as it stood
    before. ValidationError when the day, the kind or the level does not fit, `ChangedMeanwhile` when somebody else
    was faster.
    """
    organization = lock_organization(organization.pk)
    require_structure(actor, organization, organization.kind)
    check_version(organization, seen)
    today = timezone.localdate(now)
    check_day(organization, effective_on, today)
    changed = {key: value for key, value in changes.items() if getattr(organization, key) != value}
    if unknown := set(changes) - set(CHANGEABLE):
        raise TypeError(f"change_organization does not change {sorted(unknown)}")
    if not changed:
        return organization
    if "kind" in changed and not same_family(organization.kind, changed["kind"]):
        raise ValidationError(
            f"{organization.get_kind_display()}不能改设为{OrganizationKind(changed['kind']).label}。"
        )
    is_judged = bool(set(changed) & set(JUDGED))
    if is_judged:
        close_stretches([organization], effective_on)
    before = organization.name
    for key, value in changed.items():
        setattr(organization, key, value)
    if "term_started_on" in changed and "election_due_on" not in changed:
        organization.election_due_on = None
    _fill_term(organization)
    if {"kind", "level"} & set(changed):
        check_standing(organization, organization.parent)
        for child in organization.children.filter(dissolved_on__isnull=True):
            check_standing(child, organization)
    if "name" in changed:
        organization.pinyin, organization.initials = search_keys(organization.name)
    organization.full_clean(exclude=["path", "depth", "numchild", "parent"])
    save_with_trail(organization, actor=actor, now=now, reason=reason)
    if is_judged or "name" in changed:
        words = reason if "name" not in changed else f"由“{before}”更名；{reason}"
        record_change(organization, EventKind.CHANGED, actor, effective_on, words)
    if is_judged:
        mark_months_dirty(organizations=[organization], since=effective_on, until=today)
    record_event(
        actor=actor,
        event="变更党组织",
        row=organization,
        summary=f"{organization.name}：{'、'.join(changed)}",
        at=now,
    )
    return organization


def check_standing(organization: Organization, parent: Organization | None) -> None:
    """Raise ValidationError when the organisation cannot stand below `parent` by its kind or level."""
    problem = standing_problem(
        OrganizationKind(organization.kind),
        Level(organization.level),
        OrganizationKind(parent.kind) if parent else None,
        Level(parent.level) if parent else None,
        parent_name=str(parent or ""),
    )
    if problem:
        raise ValidationError(problem)


def record_change(organization, kind, actor, happened_on, reason, *, former=None, to=None) -> None:
    """Write one event of the tree's story."""
    OrganizationEvent.objects.create(
        organization=organization,
        kind=kind,
        happened_on=happened_on,
        from_parent=former,
        to_organization=to,
        reason=reason[:300],
        author=actor.user if actor else None,
    )


def _fill_term(organization: Organization) -> None:
    if organization.term_started_on and not organization.election_due_on:
        organization.election_due_on = term_ends_on(
            organization.term_started_on, organization.kind, organization.sector
        )
