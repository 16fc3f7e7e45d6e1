"""关键少数: what 一把手 and 班子成员 of the units below did of what they owe, as done of due; never a league table."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Count, F, Q, QuerySet

from accountability.choices import RecordStatus
from accountability.models import DutyRecord
from branches.choices import KEY_POSTS, Level, OrganizationKind, Post
from branches.models import Appointment, Organization
from branches.paging import Count as RowCount
from branches.paging import capped_count
from branches.periods import Period
from branches.tally import NOTHING_DUE, Tally

from .coverage import units_below

PAGE = 50


class Who(StrEnum):
    """Which of the key posts."""

    HEADS = "heads"
    OTHERS = "others"

    @property
    def label(self) -> str:
        return {"heads": "一把手", "others": "其他班子成员"}[self.value]


#: 一把手: the secretary, and of a discipline body its own secretary.
HEADS = Q(post=Post.SECRETARY) | Q(
    post=Post.DISCIPLINE_SECRETARY,
    organization__kind__in=(OrganizationKind.DISCIPLINE_COMMISSION, OrganizationKind.DISCIPLINE_TEAM),
)


@dataclass(frozen=True)
class Owed:
    """What came of the records of a period that can be judged by now: accepted of due, and in time of accepted."""

    tally: Tally = NOTHING_DUE
    timely: int = 0

    @property
    def overdue(self) -> int:
        """What is past its day and not accepted: all that is due and not done."""
        return self.tally.shortfall


@dataclass(frozen=True)
class OfficerRow:
    appointment: Appointment
    is_head: bool
    owed: Owed


@dataclass(frozen=True)
class LevelRow:
    """One level of the subtree: its key posts beside everybody, themselves included."""

    level: Level
    key_posts: Owed
    everybody: Owed


@dataclass(frozen=True)
class KeyPosts:
    """One page of officers in the order of the tree and of the posts; `after` is the key of the next page."""

    rows: list[OfficerRow]
    after: str
    total: RowCount
    levels: list[LevelRow]


def key_posts(
    scope: Organization, level: int, who: str, period: Period, today: date, after: str = "", size: int = PAGE
) -> KeyPosts:
    """The key posts of the units just below `scope` (or of a level below it) in `period`. Four queries."""
    units = units_below(scope, level, today)
    rows = Appointment.objects.on(today).key_posts().filter(organization__in=units.order_by().values("pk"))
    if who:
        rows = rows.filter(HEADS if who == Who.HEADS else ~HEADS)
    page = list(rows.by_post().after_key(after).select_related("organization", "user")[: size + 1])
    following = rows.key_of(page[size - 1]) if len(page) > size else ""
    page = page[:size]
    judged = DutyRecord.objects.judged_by(today).in_subtree(scope).judged_in(period)
    owed = {
        owner: _owed(*numbers)
        for owner, *numbers in _sums(judged.filter(duty__owner__in=page), "duty__owner")
    }
    return KeyPosts(
        rows=[OfficerRow(each, _is_head(each), owed.get(each.pk, Owed())) for each in page],
        after=following,
        total=capped_count(rows),
        levels=_levels(judged),
    )


def _is_head(appointment) -> bool:
    return appointment.post == Post.SECRETARY or (
        appointment.post == Post.DISCIPLINE_SECRETARY
        and appointment.organization.kind
        in (OrganizationKind.DISCIPLINE_COMMISSION, OrganizationKind.DISCIPLINE_TEAM)
    )


def _sums(judged: QuerySet, key: str, among: Q | None = None) -> QuerySet:
    """Rows (key, due, done, timely) over records that can be judged, of those that meet `among`."""
    among = among or Q()
    done = Q(status=RecordStatus.ACCEPTED)
    return (
        judged.order_by()
        .values(key)
        .annotate(
            due=Count("pk", filter=among) if among else Count("pk"),
            done=Count("pk", filter=among & done),
            timely=Count("pk", filter=among & done & Q(done_on__lte=F("due_on"))),
        )
        .values_list(key, "due", "done", "timely")
    )


def _owed(due, done, timely) -> Owed:
    return Owed(Tally(done, due), timely)


def _levels(judged) -> list[LevelRow]:
    """From the top level down, where anything was due. Two queries."""
    everybody = {level: _owed(*numbers) for level, *numbers in _sums(judged, "organization__level")}
    posts = _sums(judged, "organization__level", Q(duty__owner__post__in=KEY_POSTS))
    key = {level: _owed(*numbers) for level, *numbers in posts}
    return [LevelRow(Level(level), key[level], everybody[level]) for level in sorted(everybody)]
