"""Who may: power comes from current appointments, flows down the tree, never up or sideways.

`POWERS` is the whole policy. A reach says where a right holds, seen from the organisation of the appointment:
OWN there alone (its groups included), BELOW strictly beneath it, SUBTREE both. A superuser is no shortcut.
"""

import enum
import functools
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404

from .choices import COMMITTEE_POSTS, OrganizationKind, Post
from .models import Appointment, Organization, User
from .querysets.organizations import subtree


class Reach(enum.Enum):
    OWN = "own"
    BELOW = "below"
    SUBTREE = "subtree"


class Right(enum.Enum):
    """What may be done; the value is what the refusal page calls it."""

    VIEW = "查看组织与支部生活"
    VIEW_COCKPIT = "查看传导总览"
    VIEW_MEMBERS = "查看党员名册"
    REVEAL_ID = "查看完整身份证号"
    LOG_MEETINGS = "记录会议"
    CONFIRM_MEETINGS = "确认会议"
    RECORD_DUTIES = "填写履责纪实"
    REVIEW_DUTIES = "审核履责纪实"
    DECOMPOSE_DUTIES = "分解责任"
    ISSUE_DUTIES = "下发责任清单"
    VIEW_EVALUATIONS = "查看考核"
    FILL_EVALUATIONS = "填报考核"
    EVALUATE = "组织考核"
    APPRAISE = "组织民主评议党员"
    VIEW_APPRAISALS = "查看民主评议党员"
    HANDLE_CASES = "办理问责"
    MANAGE_MEMBERS = "维护党员信息"
    MANAGE_ORGANIZATIONS = "维护党组织"
    MANAGE_APPOINTMENTS = "维护任职"
    MANAGE_ACCOUNTS = "维护账号"
    IMPORT = "导入导出"
    CONFIGURE = "配置规则"
    VIEW_AUDIT = "查看审计记录"


_OFFICE = {
    Right.VIEW: Reach.SUBTREE,
    Right.VIEW_COCKPIT: Reach.SUBTREE,
    Right.VIEW_MEMBERS: Reach.SUBTREE,
    Right.CONFIRM_MEETINGS: Reach.BELOW,
    Right.REVIEW_DUTIES: Reach.BELOW,
    Right.LOG_MEETINGS: Reach.OWN,
    Right.RECORD_DUTIES: Reach.OWN,
    Right.VIEW_EVALUATIONS: Reach.SUBTREE,
    Right.FILL_EVALUATIONS: Reach.OWN,
    Right.APPRAISE: Reach.OWN,
    Right.VIEW_APPRAISALS: Reach.OWN,
}
_LEADER = _OFFICE | {
    Right.REVEAL_ID: Reach.SUBTREE,
    Right.MANAGE_MEMBERS: Reach.OWN,
    Right.DECOMPOSE_DUTIES: Reach.OWN,
    Right.ISSUE_DUTIES: Reach.SUBTREE,
    Right.EVALUATE: Reach.SUBTREE,
    Right.VIEW_APPRAISALS: Reach.SUBTREE,
}
_DISCIPLINE = {
    Right.VIEW: Reach.SUBTREE,
    Right.VIEW_COCKPIT: Reach.SUBTREE,
    Right.REVIEW_DUTIES: Reach.BELOW,
    Right.RECORD_DUTIES: Reach.OWN,
    Right.VIEW_EVALUATIONS: Reach.SUBTREE,
    Right.FILL_EVALUATIONS: Reach.OWN,
    Right.HANDLE_CASES: Reach.BELOW,
}

#: The whole policy: post → right → reach.
POWERS: dict[str, dict[Right, Reach]] = {
    **dict.fromkeys(COMMITTEE_POSTS, _OFFICE),
    Post.SECRETARY: _LEADER | {Right.HANDLE_CASES: Reach.BELOW},
    Post.DEPUTY_SECRETARY: _LEADER,
    Post.ORGANIZATION_OFFICER: _LEADER | {Right.MANAGE_MEMBERS: Reach.SUBTREE, Right.IMPORT: Reach.SUBTREE},
    Post.BRANCH_CLERK: {
        Right.VIEW: Reach.OWN,
        Right.VIEW_MEMBERS: Reach.OWN,
        Right.LOG_MEETINGS: Reach.OWN,
        Right.RECORD_DUTIES: Reach.OWN,
        Right.MANAGE_MEMBERS: Reach.OWN,
        Right.VIEW_EVALUATIONS: Reach.OWN,
        Right.FILL_EVALUATIONS: Reach.OWN,
        Right.APPRAISE: Reach.OWN,
        Right.VIEW_APPRAISALS: Reach.OWN,
    },
    Post.LIAISON: {
        Right.VIEW: Reach.OWN,
        Right.VIEW_MEMBERS: Reach.OWN,
        Right.LOG_MEETINGS: Reach.OWN,
        Right.RECORD_DUTIES: Reach.OWN,
        Right.VIEW_EVALUATIONS: Reach.OWN,
        Right.FILL_EVALUATIONS: Reach.OWN,
    },
    Post.GROUP_LEADER: {Right.VIEW: Reach.OWN},
    Post.MEMBER: {Right.VIEW: Reach.OWN},
    Post.DISCIPLINE_SECRETARY: _DISCIPLINE,
    Post.DISCIPLINE_OFFICER: _DISCIPLINE,
    Post.ADMINISTRATOR: {
        Right.VIEW: Reach.SUBTREE,
        Right.VIEW_COCKPIT: Reach.SUBTREE,
        Right.VIEW_MEMBERS: Reach.SUBTREE,
        Right.MANAGE_MEMBERS: Reach.SUBTREE,
        Right.MANAGE_ORGANIZATIONS: Reach.SUBTREE,
        Right.MANAGE_APPOINTMENTS: Reach.SUBTREE,
        Right.IMPORT: Reach.SUBTREE,
        Right.ISSUE_DUTIES: Reach.SUBTREE,
        Right.VIEW_EVALUATIONS: Reach.SUBTREE,
        Right.CONFIGURE: Reach.SUBTREE,
    },
    # 三员: mutually exclusive, and none of them sees or edits business records.
    Post.SYSTEM_ADMINISTRATOR: {Right.MANAGE_ACCOUNTS: Reach.SUBTREE},
    Post.SECURITY_ADMINISTRATOR: {Right.MANAGE_ACCOUNTS: Reach.SUBTREE},
    Post.SECURITY_AUDITOR: {Right.VIEW_AUDIT: Reach.SUBTREE},
}


@dataclass(frozen=True)
class Actor:
    """Somebody in one of their posts, today. Without an appointment an actor may do nothing.

    `held` are all the posts between which somebody signed in may switch.
    """

    user: User
    appointment: Appointment | None
    today: date
    held: tuple[Appointment, ...] = ()

    @property
    def organization(self) -> Organization | None:
        return self.appointment.organization if self.appointment else None

    @property
    def powers(self) -> dict[Right, Reach]:
        return POWERS.get(self.appointment.post, {}) if self.appointment else {}

    def has(self, right: Right) -> bool:
        """Whether the post bears the right at all, wherever it reaches."""
        return right in self.powers

    def may(self, right: Right, organization: Organization) -> bool:
        """Whether the right holds at `organization`."""
        reach, own = self.powers.get(right), self.organization
        if reach is None or not organization.path.startswith(own.path):
            return False
        if organization.path == own.path:
            return reach is not Reach.BELOW
        return reach is not Reach.OWN or organization.is_group

    def within(self, right: Right, node: Organization | None = None, prefix: str = "organization") -> Q:
        """The condition "where the right holds at or below `node`" (everywhere it holds for None), for the rows of a
        list; `prefix` is the relation to the organisation, "" for organisations themselves."""
        own, reach = self.organization, self.powers.get(right)
        top = node or own
        if reach is None or not top.path.startswith(own.path):
            return Q(pk__in=[])
        inside = subtree(top, prefix)
        key = f"{prefix}__" if prefix else ""
        if reach is Reach.OWN:
            inside &= Q(**{f"{key}path": own.path}) | Q(**{f"{key}kind": OrganizationKind.GROUP})
        if reach is Reach.BELOW:
            inside &= Q(**{f"{key}path__gt": own.path})
        return inside

    def may_everywhere(self, right: Right) -> bool:
        """Whether the right holds for what belongs to everybody (rules, templates): at the top of the tree only."""
        return self.has(right) and self.organization.is_root()

    def require_everywhere(self, right: Right) -> None:
        """Raise `PermissionDenied` unless the right holds for what belongs to everybody."""
        if not self.may_everywhere(right):
            raise PermissionDenied("全系统通用的配置只能由最上级党组织的管理员更改。")

    def require(self, right: Right, organization: Organization) -> None:
        """Raise `PermissionDenied` unless the right holds; actions ask again what the door has asked."""
        if not self.may(right, organization):
            raise PermissionDenied(f"您当前的任职没有“{right.value}”的权限。")


def door(right: Right, model=None, *, name: str | None = None):
    """Guard a view: find the row inside the actor's subtree (else 404), ask the right (else 403), hand the row over.

    With a model the view is called as view(request, row, …) and its address carries `pk`; the row is an
    organisation or has one; a row that has none is everybody's (a rule, a template) and the right itself is asked.
    Without a model the right itself is asked and the view is called as view(request, …).
    `name` picks another address argument, for pages that carry several.
    """

    def guard(view):
        @functools.wraps(view)
        def guarded(request, *args, **kwargs):
            actor = request.actor
            if model is None or not _is_placed(model):
                if not actor.has(right):
                    raise PermissionDenied(f"您当前的任职没有“{right.value}”的权限。")
                if model is None:
                    return view(request, *args, **kwargs)
                return view(request, get_object_or_404(model, pk=kwargs.pop(name or "pk")), *args, **kwargs)
            row = find_row(model, actor, kwargs.pop(name or "pk"))
            actor.require(right, row if model is Organization else _place_of(row, actor))
            return view(request, row, *args, **kwargs)

        guarded.door = right
        return guarded

    return guard


def _is_placed(model) -> bool:
    """Whether rows of `model` are an organisation or have one."""
    return model is Organization or any(field.name == "organization" for field in model._meta.get_fields())


def find_row(model, actor: Actor, pk):
    """Return the row with its organisation, if it lies inside the actor's subtree; else raise `Http404`.

    Of a model with `held_by`, the relation to the organisation that holds a row beside its own, that one's subtree
    counts as well: a unit that moves away in mid-cycle leaves its evaluation with the committee that conducts it. So
    do the rows `about` the actor (the relation to a person), wherever they serve now.
    """
    if model is Organization and actor.organization and actor.organization.pk == pk:
        return actor.organization  # read with the appointment a moment ago
    held_by = getattr(model, "held_by", "")
    related = ["organization", *([held_by] if held_by else [])]
    rows = model.objects.all() if model is Organization else model.objects.select_related(*related)
    if actor.organization is None:
        rows = rows.none()
    elif held_by:
        rows = rows.filter(
            subtree(actor.organization, "organization")
            | subtree(actor.organization, held_by)
            | Q(**{model.about: actor.user})
        )
    else:
        rows = rows.in_subtree(actor.organization)
    return get_object_or_404(rows, pk=pk)


def _place_of(row, actor: Actor) -> Organization:
    """The organisation through which the actor reaches a row: its own, the one that holds it, or where they serve."""
    own, held_by = row.organization, getattr(row, "held_by", "")
    if not held_by or own.path.startswith(actor.organization.path):
        return own
    holder = functools.reduce(getattr, held_by.split("__"), row)
    return holder if holder.path.startswith(actor.organization.path) else actor.organization


def open_to_signed_in(view):
    """Mark a view that anybody signed in may use in their own name (help, switching posts, own inbox)."""

    @functools.wraps(view)
    def guarded(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    guarded.door = "signed in"
    return guarded


def open_to_all(view):
    """Mark a view that needs no account (signing in, health)."""

    @functools.wraps(view)
    def guarded(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    guarded.door = "everybody"
    return login_not_required(guarded)
