"""Which posts, units, duties, secretaries and lists have a gap: one queryset a kind, in a search."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import DateField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from accountability.choices import ListStatus
from accountability.models import Duty, DutyList, DutyTemplate
from branches.choices import BRANCH_KINDS, OrganizationKind, Post
from branches.models import Appointment, Organization

from .coverage import day_of, made_for, owned, unfinished

#: Days within which a list is signed for. [default]
DAYS_TO_SIGN = 7
#: A duty with one of these words is about Party work.
PARTY_WORK = (
    "党建",
    "党的建设",
    "从严治党",
    "党组织",
    "党支部",
    "党员",
    "组织生活",
    "三会一课",
    "意识形态",
    "党风廉政",
)


@dataclass(frozen=True)
class Search:
    """Where gaps are looked for; `templates` are those of the year."""

    scope: Organization
    year: int
    templates: list[DutyTemplate]
    today: date

    @property
    def day(self) -> date:
        return day_of(self.year, self.today)

    @property
    def lists(self) -> QuerySet:
        return DutyList.objects.in_force().in_subtree(self.scope).filter(year=self.year)

    @property
    def duties(self) -> QuerySet:
        return (
            Duty.objects.in_force()
            .in_subtree(self.scope)
            .filter(duty_list__year=self.year)
            .exclude(duty_list__status=ListStatus.WITHDRAWN)
        )

    def makers(self, *, posts: bool) -> list[DutyTemplate]:
        return [each for each in self.templates if bool(each.posts) == posts]


def posts_without_list(search: Search) -> QuerySet:
    """Appointments that a template of the year is made for and that have no list of it."""
    lacking = _lacking(search.makers(posts=True), "appointment")
    return Appointment.objects.on(search.day).filter(
        lacking, organization__in=_standing(search).order_by().values("pk")
    )


def units_without_list(search: Search) -> QuerySet:
    """Organisations that a template of the year is made for and that have no list of it."""
    return _standing(search).filter(_lacking(search.makers(posts=False), "organization"))


def unowned_duties(search: Search) -> QuerySet:
    """Duties with something left to do that are neither handed on nor have an owner who is still in the post."""
    return search.duties.filter(unfinished()).exclude(owned(search.day))


def secretaries_without_party_work(search: Search) -> QuerySet:
    """Secretaries none of whose duties of the year is about Party work; a branch's own list is its secretary's."""
    words = Q()
    for word in PARTY_WORK:
        words |= Q(heading__contains=word) | Q(content__contains=word) | Q(measure__contains=word)
    about = search.duties.filter(words)
    # One question an index: a single one with three alternatives reads every duty for every secretary.
    theirs = (
        about.filter(owner=OuterRef("pk")),
        about.filter(duty_list__appointment=OuterRef("pk")),
        about.filter(
            organization=OuterRef("organization"),
            organization__kind__in=BRANCH_KINDS,
            duty_list__appointment__isnull=True,
        ),
    )
    found = Appointment.objects.on(search.day).filter(
        post=Post.SECRETARY, organization__in=_standing(search).order_by().values("pk")
    )
    for duties in theirs:
        found = found.exclude(Exists(duties))
    return found


def lists_signed_late(search: Search) -> QuerySet:
    """Lists not signed for within `DAYS_TO_SIGN` days, or signed for later than that."""
    last = ExpressionWrapper(F("issued_on") + timedelta(days=DAYS_TO_SIGN), output_field=DateField())
    return search.lists.filter(
        Q(status=ListStatus.ISSUED, issued_on__lt=search.today - timedelta(days=DAYS_TO_SIGN))
        | Q(status=ListStatus.SIGNED, signed_at__date__gt=last)
    )


def handed_down_lists(search: Search) -> QuerySet:
    """Lists with duties that come from a unit above: those that may have been copied."""
    return search.lists.filter(Exists(handed_down().filter(duty_list=OuterRef("pk"))))


def handed_down() -> QuerySet:
    """Duties that another unit handed down; an officer's share of the own unit's duty is no step down."""
    return Duty.objects.in_force().filter(parent__isnull=False, is_personal=False)


def _standing(search) -> QuerySet:
    return (
        Organization.objects.in_subtree(search.scope)
        .active_on(search.day)
        .exclude(kind=OrganizationKind.GROUP)
    )


def _lacking(templates, key) -> Q:
    """The condition "one of `templates` is made for this row, and there is no list of it in force"."""
    found = Q(pk__in=[])
    for template in templates:
        theirs = template.lists.in_force().filter(**{key: OuterRef("pk")})
        found |= made_for(template) & ~Exists(theirs)
    return found
