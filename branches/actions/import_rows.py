"""Writing what an import plan says: members with their memberships, organisations with their history."""

from collections.abc import Callable
from functools import lru_cache

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from ..choices import EventKind, RowState, Standing
from ..fields import blind_index
from ..identity import pinyin_of
from ..imports.organization_changes import OrganizationPlan
from ..imports.organizations import short_name_of
from ..imports.plans import RosterPlan
from ..imports.roster_changes import COMPARED
from ..imports.steps import Step
from ..models import Member, Membership, Organization, OrganizationEvent
from ..querysets.organizations import JUDGED
from .history import ChangedMeanwhile
from .placements import close_stretches
from .refresh import mark_months_dirty
from .tree import bulk_plant, search_keys

BATCH = 2_000
#: Whose membership has ended.
GONE = (Standing.LEFT, Standing.DECEASED)


@transaction.atomic
def apply_roster(
    *, plan: RosterPlan, author, reason: str, now, progress: Callable[[int], None]
) -> dict[str, int]:
    """Write the new and changed rows of a roster and return how many of each; rows with errors are left out.

    `author` is the user who appears in the history (None in the shell). ChangedMeanwhile when somebody else was
    faster with a row.
    """
    trail = {"default_user": author, "default_change_reason": reason[:100], "default_date": now}
    today = timezone.localdate(now)
    new = [step for step in plan.steps() if step.state == RowState.NEW]
    changed = [step for step in plan.steps() if step.state == RowState.CHANGED]
    total = len(new) + len(changed) or 1
    for start in range(0, len(new), BATCH):
        _enrol(new[start : start + BATCH], trail, today)
        progress(100 * min(start + BATCH, len(new)) // total)
    for start in range(0, len(changed), BATCH):
        _change_members(changed[start : start + BATCH], trail, today)
        progress(100 * (len(new) + min(start + BATCH, len(changed))) // total)
    touched = {step.values["organization_id"] for step in (*new, *changed)}
    mark_months_dirty(organizations=[Organization(pk=pk) for pk in sorted(touched)], since=today, until=today)
    return {"new": len(new), "changed": len(changed)}


def _enrol(steps: list[Step], trail: dict, today) -> None:
    members = []
    for step in steps:
        values = step.values
        member = Member(
            organization_id=values["organization_id"],
            id_number=values["id_number"],
            id_number_index=blind_index(values["id_number"]),
            **{name: values[name] for name in COMPARED if values.get(name) is not None},
        )
        member.pinyin, member.initials = name_keys(member.name)
        members.append(member)
    bulk_create_with_history(members, Member, batch_size=500, **trail)
    # Nobody belonged to a branch before joining the Party; earlier moves are not in a roster.
    Membership.objects.bulk_create(
        [
            Membership(member=member, organization_id=member.organization_id, starts_on=member.joined_on)
            for member in members
            if member.standing not in GONE
        ],
        batch_size=1000,
    )


def _change_members(steps: list[Step], trail: dict, today) -> None:
    by_pk = {step.target: step for step in steps}
    members = list(
        Member.objects.select_for_update(of=("self",)).defer("id_number").filter(pk__in=by_pk).order_by("pk")
    )
    if len(members) != len(steps):
        raise ChangedMeanwhile("检查之后有党员记录被删除，请重新检查。")
    fields = set()
    for member in members:
        for change in by_pk[member.pk].changes:
            if change.field == "id_number":
                if member.id_number_index is not None:
                    raise ChangedMeanwhile(f"检查之后“{member.name}”的记录被他人修改，请重新检查。")
                member.id_number_index = blind_index(change.after)
                fields.add("id_number_index")
            elif getattr(member, change.field) != change.before:
                raise ChangedMeanwhile(f"检查之后“{member.name}”的记录被他人修改，请重新检查。")
            setattr(member, change.field, change.after)
            fields.add(change.field)
        if any(change.field == "name" for change in by_pk[member.pk].changes):
            member.pinyin, member.initials = name_keys(member.name)
            fields |= {"pinyin", "initials"}
    if "id_number" in fields:
        # Those whose number is not filled in now keep theirs: what is deferred is not written.
        filled = [member for member in members if "id_number" not in member.get_deferred_fields()]
        Member.objects.bulk_update(filled, ["id_number"], batch_size=200)
        fields.remove("id_number")
    bulk_update_with_history(members, Member, sorted(fields), batch_size=200, **trail)
    _follow_standing([member for member in members if _has_new_standing(by_pk[member.pk])], today)


def _has_new_standing(step: Step) -> bool:
    return any(change.field == "standing" for change in step.changes)


def _follow_standing(members: list[Member], today) -> None:
    """End the membership of those who have left or died; open one for those who are back."""
    gone = [member.pk for member in members if member.standing in GONE]
    back = [member for member in members if member.standing not in GONE]
    Membership.objects.filter(member__in=gone, ends_on__isnull=True).update(ends_on=today)
    current = set(
        Membership.objects.filter(member__in=back, ends_on__isnull=True).values_list("member", flat=True)
    )
    Membership.objects.bulk_create(
        Membership(member=member, organization_id=member.organization_id, starts_on=today)
        for member in back
        if member.pk not in current
    )


@lru_cache(maxsize=20_000)
def name_keys(name: str) -> tuple[str, str]:
    """Pinyin and initials of a person's name, cut to their columns."""
    pinyin, initials = pinyin_of(name)
    return pinyin[:200], initials[:30]


@transaction.atomic
def apply_organizations(
    *, plan: OrganizationPlan, steps: list[Step], author, reason: str, now, progress: Callable[[int], None]
) -> dict[str, int]:
    """Plant the new organisations of a plan and write the changed `steps`; return how many of each.

    Every row gets its first line of history, which costs a twentieth of the time. Into an empty tree no month is
    marked dirty: nothing has been read of it yet.
    """
    trail = {"default_user": author, "default_change_reason": reason[:100], "default_date": now}
    today = timezone.localdate(now)
    total = len(plan.lines) or 1
    planted = bulk_plant(
        plan.planting(),
        author=author,
        reason=reason[:100],
        progress=lambda count: progress(min(99, 100 * count // total)),
    )
    changed = [step for step in steps if step.state == RowState.CHANGED]
    for start in range(0, len(changed), BATCH):
        _change_organizations(changed[start : start + BATCH], trail, author, reason, today)
    if plan.has_stored_rows and planted:
        mark_months_dirty(
            organizations=[Organization(pk=pk) for pk in sorted(planted.values())], since=today, until=today
        )
    return {"new": len(planted), "changed": len(changed)}


def _change_organizations(steps: list[Step], trail: dict, author, reason: str, today) -> None:
    by_pk = {step.target: step for step in steps}
    rows = list(
        Organization.objects.select_for_update(of=("self",))
        .select_related("parent")
        .filter(pk__in=by_pk)
        .order_by("pk")
    )
    judged = [row for row in rows if any(change.field in JUDGED for change in by_pk[row.pk].changes)]
    close_stretches(judged, today)
    fields, events = set(), []
    for row in rows:
        changes = by_pk[row.pk].changes
        was = row.name
        for change in changes:
            if getattr(row, change.field) != change.before:
                raise ChangedMeanwhile(f"检查之后“{row.name}”被他人修改，请重新检查。")
            setattr(row, change.field, change.after)
            fields.add(change.field)
        if row.name != was:
            parent = row.parent.name if row.parent else ""
            if row.short_name in (short_name_of(was, parent), was):
                row.short_name = short_name_of(row.name, parent)
            row.pinyin, row.initials = search_keys(row.name)
            fields |= {"short_name", "pinyin", "initials"}
        if row in judged or row.name != was:
            words = reason if row.name == was else f"由“{was}”更名；{reason}"
            events.append(
                OrganizationEvent(
                    organization=row,
                    kind=EventKind.CHANGED,
                    happened_on=today,
                    reason=words[:300],
                    author=author,
                )
            )
    bulk_update_with_history(rows, Organization, sorted(fields), batch_size=200, **trail)
    OrganizationEvent.objects.bulk_create(events, batch_size=1000)
    if judged:
        mark_months_dirty(organizations=judged, since=today, until=today)
