from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import TruncDate

from accountability.choices import NoticeKind
from accountability.models import (
    DutyList,
    DutyRecord,
    Evaluation,
    ImprovementPlan,
    Notice,
    NoticeWording,
    ReviewProblem,
    WorkReport,
)
from accountability.wording import STARTERS, Wording
from branches.access import POWERS, Right
from branches.models import Appointment, User

#: What is most pressing comes first.
ORDER = (
    NoticeKind.OVERDUE,
    NoticeKind.RETURNED,
    NoticeKind.DUE_1,
    NoticeKind.RESULT,
    NoticeKind.VOTE,
    NoticeKind.REPORT,
    NoticeKind.PROBLEM,
    NoticeKind.HANDED_OVER,
    NoticeKind.TO_SIGN,
    NoticeKind.PLAN,
    NoticeKind.APPRAISED,
    NoticeKind.DUE_7,
    NoticeKind.DUE_30,
)
#: The number in the bar counts no further.
UNREAD_CAP = 99


@dataclass(frozen=True)
class Said:
    """How one kind of notice is worded now: the administrator's text, or the starter (`row` is None)."""

    kind: NoticeKind
    wording: Wording
    is_active: bool
    row: NoticeWording | None


def wordings() -> dict[str, Said]:
    """Every kind of notice with its wording. One query."""
    own = {row.kind: row for row in NoticeWording.objects.select_related("updated_by")}
    return {kind: _said(kind, own.get(kind)) for kind in NoticeKind}


def _said(kind, row) -> Said:
    if row is None:
        return Said(kind, STARTERS[kind], True, None)
    return Said(kind, Wording(row.subject, row.body), row.is_active, row)


def inbox(user: User, only: str = "") -> QuerySet:
    """The notices of a user, unread first, then the newest, of one day the most pressing.

    `only` is "unread", "ended", or "" for what still goes on.
    """
    notices = Notice.objects.filter(user=user, ended_at__isnull=only != "ended")
    if only == "unread":
        notices = notices.filter(read_at__isnull=True)
    return notices.order_by(
        Case(When(read_at__isnull=True, then=Value(0)), default=Value(1)),
        TruncDate("created_at").desc(),
        Case(*(When(kind=kind, then=Value(rank)) for rank, kind in enumerate(ORDER))),
        "due_on",
        "-pk",
    )


def unread(user: User) -> QuerySet:
    """What the number in the bar counts."""
    return Notice.objects.filter(user=user, read_at__isnull=True, ended_at__isnull=True)


def unread_words(user: User) -> str:
    """The number in the bar, "99+" above 99, "" for none. One query, which stops counting there."""
    number = unread(user).order_by().values("pk")[: UNREAD_CAP + 1].count()
    return f"{UNREAD_CAP}+" if number > UNREAD_CAP else str(number or "")


#: What concerns somebody as a person, whatever post they act in.
PERSONAL = ("poll", "appraisal")
_MODELS = {
    "record": DutyRecord,
    "result": Evaluation,
    "plan": ImprovementPlan,
    "report": WorkReport,
    "problem": ReviewProblem,
}


def post_for(notice: Notice, user: User, today: date) -> Appointment | None:
    """In which of the user's current posts what the notice is about can be seen: the nearest one; None for none."""
    thing, key = notice.thing
    model = _MODELS.get(thing, DutyList)
    path = model.objects.filter(pk=key).values_list("organization__path", flat=True).first()
    held = user.appointments.on(today).select_related("organization")
    reaching = [
        each
        for each in held
        if path and path.startswith(each.organization.path) and Right.VIEW in POWERS.get(each.post, {})
    ]
    return max(reaching, key=lambda each: (len(each.organization.path), each.pk), default=None)


def by_urgency(notices) -> list[tuple[NoticeKind, list[Notice]]]:
    """Notices grouped by kind, the most pressing kind first, within one the earliest day first."""
    groups = defaultdict(list)
    for notice in sorted(notices, key=lambda each: (each.due_on is None, each.due_on, each.pk)):
        groups[notice.kind].append(notice)
    return [(kind, groups[kind]) for kind in ORDER if groups[kind]]
