"""What bringing issued lists up to the current version of their template would do; the action does exactly that."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accountability.choices import RecordStatus
from accountability.editions import ITEM, TIMING, Difference, compare, edition_of, match, thaw
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate
from accountability.windows import Term, terms
from branches.access import Actor, Right
from branches.periods import window_of
from branches.querysets.organizations import subtree

#: Handed in or accepted: whatever changes, nobody is asked for it again.
HANDED_IN = (RecordStatus.SUBMITTED, RecordStatus.ACCEPTED)


@dataclass(frozen=True)
class Amendment:
    """What becomes of one item in lists of an earlier version: None before for a new one, None after for one gone."""

    before: dict | None
    after: dict | None
    changed: frozenset[str] = frozenset()

    @property
    def changes_timing(self) -> bool:
        return bool(self.changed & set(TIMING))

    def wanted(self, year: int, today: date) -> list[Term]:
        """The terms that the item asks for from today on."""
        item = self.after
        if item is None or item["is_negative"]:
            return []
        return terms(item["interval"], year, today, item["sunset_on"], item["deadline"])


def amendments(before: dict, after: dict) -> list[Amendment]:
    """What is different in the later of two editions of one template, item by item."""
    found = []
    for old, new in match(before["items"], after["items"]):
        old, new = thaw(old) if old else None, thaw(new) if new else None
        if old is None or new is None:
            found.append(Amendment(old, new))
            continue
        changed = frozenset(name for name in ("key", *ITEM) if old[name] != new[name])
        if changed:
            found.append(Amendment(old, new, changed))
    return found


def updatable_lists(actor: Actor, template: DutyTemplate) -> QuerySet[DutyList]:
    """The lists of earlier versions that the actor may bring up to date: issued from where they stand, or below."""
    return (
        template.lists.in_force()
        .filter(actor.within(Right.ISSUE_DUTIES))
        .filter(subtree(actor.organization, "issuer"))
        .filter(template_version__lt=template.version)
    )


def duties_of(lists, item: dict) -> QuerySet[Duty]:
    """The duties in force in these lists that were issued from an item."""
    return Duty.objects.in_force().filter(duty_list__in=lists, item_key=item["key"])


def ending_records(duties, amendment: Amendment, wanted: list[Term], today: date) -> QuerySet[DutyRecord]:
    """The terms that a changed item asks for no more: those to come, and the one of a day that was moved."""
    unfinished = DutyRecord.objects.unfinished().exclude(status=RecordStatus.SUBMITTED)
    ending = unfinished.filter(duty__in=duties)
    if amendment.before["deadline"] is None:
        ending = ending.filter(due_on__gte=today)
    for term in wanted:
        ending = ending.exclude(period=term.period, due_on=term.due_on)
    return ending


def lacking(duties, amendment: Amendment, term: Term, ending) -> QuerySet[Duty]:
    """Those of `duties` that have no record for a wanted term: none of that month stays, none handed in covers it."""
    stands = Q(period=term.period)
    window = window_of(amendment.before["interval"], term.due_on)
    if window.starts_on <= term.window.starts_on and window.ends_on >= term.window.ends_on:
        stands |= Q(status__in=HANDED_IN, due_on__range=(window.starts_on, window.ends_on))
    kept = DutyRecord.objects.in_force().filter(duty=OuterRef("pk")).filter(stands)
    return duties.exclude(Exists(kept.exclude(pk__in=ending.values("pk"))))


@dataclass
class Effect:
    """How much an update changes."""

    lists: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    opened: int = 0
    ended: int = 0

    def __add__(self, other: "Effect") -> "Effect":
        return Effect(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Group:
    """The lists of one earlier version, how the current one differs, and what that changes."""

    version: int
    difference: Difference
    effect: Effect


@dataclass(frozen=True)
class UpdatePreview:
    groups: list[Group]
    shared: int
    unknown: int
    sample: list[str] = field(default_factory=list)

    @property
    def effect(self) -> Effect:
        return sum((group.effect for group in self.groups), Effect())


def update_preview(actor: Actor, template: DutyTemplate) -> UpdatePreview:
    """What `update_lists` would do now; the queries follow the changed items, whatever the number of lists."""
    lists = updatable_lists(actor, template)
    after = edition_of(template, template.items.all())
    groups, changed = [], set()
    for version, number, before in versions_of(lists, template):
        group = lists.filter(template_version=version)
        effect = Effect(lists=number)
        for amendment in amendments(before, after):
            effect += _effect(group, amendment, number, template.year, actor.today)
            if amendment.before:
                changed.add(amendment.before["key"])
        groups.append(Group(version, compare(before, after), effect))
    shares = Duty.objects.in_force().filter(parent__duty_list__in=lists, parent__item_key__in=changed)
    return UpdatePreview(
        groups,
        shared=shares.count() if changed else 0,
        unknown=template.lists.in_force()
        .filter(actor.within(Right.ISSUE_DUTIES), template_version__isnull=True)
        .count(),
        sample=[
            str(each.appointment or each.organization)
            for each in lists.select_related(
                "organization", "appointment__user", "appointment__organization"
            )[:5]
        ],
    )


def versions_of(lists, template: DutyTemplate) -> Iterator[tuple[int, int, dict]]:
    """Each earlier version of which there are lists, how many, and what it said."""
    counted = lists.order_by("template_version").values_list("template_version").annotate(number=Count("pk"))
    numbers = dict(counted)
    stored = template.versions.filter(number__in=numbers).values("number", "facts", "items")
    for each in stored.order_by("number"):
        yield each["number"], numbers[each["number"]], each


def _effect(lists, amendment, number, year, today) -> Effect:
    wanted = amendment.wanted(year, today)
    if amendment.before is None:
        return Effect(added=number, opened=number * len(wanted))
    duties = duties_of(lists, amendment.before)
    if amendment.after is None:
        unfinished = DutyRecord.objects.unfinished().filter(duty__in=duties)
        return Effect(removed=duties.count(), ended=unfinished.count())
    effect = Effect(changed=duties.count())
    if amendment.changes_timing:
        ending = ending_records(duties, amendment, wanted, today)
        effect.ended = ending.count()
        effect.opened = sum(lacking(duties, amendment, term, ending).count() for term in wanted)
    return effect
