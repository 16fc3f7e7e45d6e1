"""Whom a round would evaluate, by which scheme: what fits, what fits twice, and what nothing fits."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from accountability.choices import Subject
from accountability.models import Scheme
from branches.choices import COMMITTEE_POSTS, OrganizationKind, Post
from branches.models import Appointment, Organization

from .schemes import is_for

#: Kinds that are never evaluated by themselves.
NEVER = (OrganizationKind.GROUP, OrganizationKind.DISCIPLINE_COMMISSION, OrganizationKind.DISCIPLINE_TEAM)
NAMED = 8
#: Units that one round takes in at most; more are evaluated by the committees in between.
MOST_UNITS = 20_000
#: What stands for "none of these" among the choices for units that several schemes fit.
NONE = 0


@dataclass(frozen=True)
class Target:
    """A unit, or one of its officers, with the scheme it is to be evaluated by."""

    scheme: Scheme
    unit: Organization
    appointment: Appointment | None = None

    def __str__(self):
        return str(self.appointment or self.unit)


@dataclass(frozen=True)
class Clash:
    """Units that the same several schemes fit; `chosen` is the key of the one that was picked, `NONE`, or None yet."""

    key: str
    schemes: tuple[Scheme, ...]
    units: list[Organization]
    chosen: int | None = None

    @property
    def sample(self) -> list[str]:
        return [str(unit) for unit in self.units[:NAMED]]


@dataclass(frozen=True)
class Share:
    """What one scheme would evaluate."""

    scheme: Scheme
    targets: list[Target]

    @property
    def sample(self) -> list[str]:
        return [str(target) for target in self.targets[:NAMED]]


@dataclass(frozen=True)
class RoundPlan:
    """Everything that a choice of schemes and levels comes to. `vacant` are units without an officer in the posts."""

    shares: list[Share]
    clashes: list[Clash]
    without: list[Organization]
    vacant: list[Organization] = field(default_factory=list)

    @property
    def targets(self) -> list[Target]:
        return [target for share in self.shares for target in share.targets]

    @property
    def open_clashes(self) -> list[Clash]:
        return [clash for clash in self.clashes if clash.chosen is None]

    @property
    def number(self) -> int:
        return sum(len(share.targets) for share in self.shares)

    @property
    def sample_without(self) -> list[str]:
        return [str(unit) for unit in self.without[:NAMED]]

    @property
    def sample_vacant(self) -> list[str]:
        return [str(unit) for unit in self.vacant[:NAMED]]


def usable_schemes(organization: Organization, year: int, day: date):
    """The schemes of a year that the committee may score by: its own and those of the committees above it, unless
    they have ended before `day`."""
    step = organization.steplen
    above = [organization.path[:end] for end in range(step, len(organization.path) + 1, step)]
    return (
        Scheme.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day), organization__path__in=above, year=year
        )
        .select_related("organization")
        .order_by("organization__path", "code")
    )


def units_below(organization: Organization, levels: Collection[int], day: date):
    """The units strictly below that can be evaluated, at some of the levels (all for none), in the order of the tree."""
    units = Organization.objects.below(organization).active_on(day).exclude(kind__in=NEVER).order_by("path")
    return units.filter(level__in=levels) if levels else units


def is_too_wide(units) -> bool:
    """Whether there are more units than one round takes in. One query, which counts no further."""
    return units.order_by().values("pk")[: MOST_UNITS + 1].count() > MOST_UNITS


def levels_below(organization: Organization, day: date) -> list[int]:
    """The levels at which there is anybody to evaluate, from the top."""
    rows = units_below(organization, (), day).order_by("level").values_list("level", flat=True)
    return list(rows.distinct())


def plan_round(
    units: Iterable[Organization],
    schemes: Sequence[Scheme],
    posts: Collection[str],
    day: date,
    choices: Mapping[str, int] | None = None,
) -> RoundPlan:
    """Match units with schemes. `choices` pick, by the key of a `Clash`, one of its schemes or none. One query."""
    choices = choices or {}
    targets: dict[int, list[Organization]] = {scheme.pk: [] for scheme in schemes}
    clashing: dict[tuple[int, ...], list[Organization]] = defaultdict(list)
    without = []
    for unit in units:
        fitting = [scheme for scheme in schemes if is_for(scheme, unit.kind, unit.level, unit.sector)]
        if not fitting:
            without.append(unit)
        for subject in Subject.values:
            same = [scheme.pk for scheme in fitting if scheme.subject == subject]
            if len(same) > 1:
                clashing[tuple(same)].append(unit)
            elif same:
                targets[same[0]].append(unit)
    by_pk = {scheme.pk: scheme for scheme in schemes}
    clashes = []
    for keys, several in clashing.items():
        key = "-".join(map(str, keys))
        chosen = choices.get(key)
        if chosen in keys:
            targets[chosen] += several
        elif chosen != NONE:
            chosen = None
        clashes.append(Clash(key, tuple(by_pk[pk] for pk in keys), several, chosen))
    personal = [unit for scheme in schemes if scheme.subject == Subject.PERSON for unit in targets[scheme.pk]]
    officers = officers_of(personal, posts, day) if personal else {}
    shares, vacant = [], []
    for scheme in schemes:
        ordered = sorted(targets[scheme.pk], key=lambda unit: unit.path)
        if scheme.subject == Subject.PERSON:
            vacant += [unit for unit in ordered if unit.pk not in officers]
            found = [Target(scheme, unit, each) for unit in ordered for each in officers.get(unit.pk, ())]
        else:
            found = [Target(scheme, unit) for unit in ordered]
        shares.append(Share(scheme, found))
    return RoundPlan(shares, clashes, without, vacant)


def officers_of(
    units: Iterable[Organization], posts: Collection[str], day: date
) -> dict[int, list[Appointment]]:
    """Who holds the posts at the units on `day`, once each, in the order of the posts. One query."""
    wanted = [post for post in COMMITTEE_POSTS if post in posts]
    keys = [unit.pk for unit in units]
    rows = (
        Appointment.objects.on(day)
        .filter(Q(organization__in=keys), post__in=wanted)
        .select_related("user", "organization")
    )
    found: dict[int, dict[int, Appointment]] = defaultdict(dict)
    for each in sorted(rows, key=lambda row: (wanted.index(Post(row.post)), row.pk)):
        found[each.organization_id].setdefault(each.user_id, each)
    return {unit: list(people.values()) for unit, people in found.items()}
